//! Logins against the practice site, over real HTTP.

mod device;
mod exchange;
mod fields;
mod kept;
#[cfg(unix)]
mod killed;
mod locked;
mod loopback;
mod oauth;
mod sealed;
mod setting;
// Its windows are shell scripts.
#[cfg(unix)]
mod window;
