//! Logins against the practice site, over real HTTP.

mod device;
mod exchange;
mod fields;
mod kept;
mod killed;
mod locked;
mod loopback;
mod oauth;
mod setting;
mod window;
