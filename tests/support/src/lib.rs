//! For tests and the demo: a practice site that plays any service, a clock that is moved by hand, a virtual
//! desktop. Nothing of this is shipped.

pub mod clock;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod practice;
mod program;
pub mod wait;

pub use program::program;
