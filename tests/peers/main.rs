//! The whole product against software that nobody here wrote, on hosts that are real to everything that runs.
#![cfg(target_os = "linux")]

mod allauth;
mod cookies;
mod day;
mod oidc;
mod peer;
mod simplejwt;
mod world;
