//! Logins against the practice site, over real HTTP.

mod fields;
mod loopback;
mod oauth;
mod setting;
mod window;
