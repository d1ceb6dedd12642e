//! The local API: HTTP/1.1 and JSON over a Unix socket (a named pipe on Windows).
//!
//! The engine implements [`Service`]; [`Server`] puts it on the socket. [`Client`] is the small blocking
//! client of `lamp`, and [`Remote`] makes an engine elsewhere look like one of ours. Routes, status codes and
//! the printed description come from one table, [`route::ROUTES`].

mod client;
mod decode;
mod encode;
mod endpoint;
mod events;
mod full;
mod grant;
mod guests;
mod handler;
mod head;
mod http1;
mod often;
mod openapi;
mod remote;
pub mod route;
mod server;
mod service;

pub use client::{Client, Timeouts, Trouble};
#[cfg(windows)]
pub use endpoint::pipe_of;
pub use events::{Frame, Frames, Told};
pub use grant::{read_grant, write_grant};
pub use handler::unfitting;
pub use openapi::openapi;
pub use remote::Remote;
pub use server::{Limits, Server};
pub use service::{Answer, Caller, CallerKind, Service};
