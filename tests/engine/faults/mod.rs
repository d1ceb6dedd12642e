//! Faults of networks, services, disks and keychains, over real sockets, as a person and their programs would
//! notice them. The ids are those of the list of faults.

mod answers;
mod configuration;
mod ends;
mod fate;
// A folder with an open file in it goes on Unix only.
#[cfg(unix)]
mod held;
mod logins;
mod lost;
mod storage;
mod told;
mod waits;
mod world;
