//! The local API: HTTP/1.1 and JSON over a Unix socket (a named pipe on Windows).
//!
//! The engine implements [`Service`]; [`server`] puts it on the socket, [`client`] is the small blocking
//! client of `lamp`. Routes, status codes and the printed description come from one table, [`route`].

mod service;

pub use service::{Answer, Caller, CallerKind, Service};
