//! For tests and the demo: a practice site that plays any service, a clock that is moved by hand, a virtual
//! desktop. Nothing of this is shipped.

mod certificates;
pub mod clock;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod hosts;
pub mod memory_store;
pub mod practice;
#[cfg(target_os = "linux")]
pub mod processes;
mod program;
#[cfg(target_os = "linux")]
pub mod scan;
pub mod wait;

pub use program::program;
