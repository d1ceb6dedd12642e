//! Where the API is reached: a socket file in a folder of our own, or a named pipe. Both ends prove here that
//! they belong to the same user before a byte is sent or read.

#[cfg(unix)]
mod file;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{Listener, Stream, connect, server};
#[cfg(windows)]
pub use windows::pipe_of;
#[cfg(windows)]
pub(crate) use windows::{Listener, Stream, connect, server};

/// Who is at the other end of an accepted connection.
pub(crate) struct Peer {
    /// File name of its executable, printable and short.
    pub program: String,
    /// Its process.
    pub pid: Option<u32>,
    /// Its user.
    pub uid: Option<u32>,
}

/// Why no connection came about.
#[derive(Debug)]
pub(crate) enum NoWay {
    /// Nobody listens there.
    Nobody,
    /// Somebody listens, but is another user: nothing was sent (T8).
    Stranger {
        /// Who it is, in words; `None` if the system does not say.
        owner: Option<String>,
    },
    /// The system refused.
    Failed(std::io::Error),
}

/// What is shown of a program's file name: no control characters, and not endless.
fn printable(name: &str) -> String {
    const LONGEST: usize = 64;
    name.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect()
}
