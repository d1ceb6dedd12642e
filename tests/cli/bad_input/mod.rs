//! `lamp` with nothing faked: the real engine in its own process, a real keyring on a bus of its own, the
//! practice site; and everything that can be in its way. What is shown each time: the words, the exit code, the
//! stable code, and that nothing is lost.

#![cfg(target_os = "linux")]

mod certificates;
pub mod ended;
mod files;
mod keyring;
mod modes;
mod one_shots;
mod places;
pub mod rig;
mod stores;
mod traces;
