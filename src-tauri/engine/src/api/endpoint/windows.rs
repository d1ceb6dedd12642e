//! Named pipes. Windows is written for and not yet run, and this is where it falls short: a Unix socket lies in a
//! folder of the person's own and both ends ask the kernel who is at the other; here neither end asks. What holds:
//! the pipe's default security lets other people read at most, and a caller opens it for writing; the first instance
//! is ours or the server does not start; programs of other machines are refused. Still to be written: a security
//! descriptor that names the owner alone, and comparing the user (SID) of the other end on both sides.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

use super::{NoWay, Peer};

/// The client's end of a connection.
pub(crate) type Stream = File;

/// The server's end: the instance that the next client will get.
pub(crate) struct Listener {
    next: NamedPipeServer,
    path: PathBuf,
}

impl Listener {
    /// Listens at the pipe `path`; fails if anybody else made it first (T8).
    pub(crate) fn bind(path: &Path, lang: Lang) -> Result<Self, Notice> {
        let path = &pipe(path);
        let next = options(true).create(path).map_err(|error| {
            let what = match lang {
                Lang::En => format!("{} cannot be used: {error}.", path.display()),
                Lang::Fr => format!("{} n’est pas utilisable\u{a0}: {error}.", path.display()),
            };
            Notice::new(Code::AddressTaken, what)
        })?;
        Ok(Self { next, path: path.to_owned() })
    }

    /// The next connection.
    pub(crate) async fn accept(&mut self) -> io::Result<(NamedPipeServer, Peer)> {
        self.next.connect().await?;
        let next = options(false).create(&self.path)?;
        let stream = std::mem::replace(&mut self.next, next);
        Ok((stream, Peer { program: super::printable("unknown"), pid: None, uid: None }))
    }

    /// Pipes go with their last handle.
    pub(crate) fn withdraw(&self) {}
}

fn options(first: bool) -> ServerOptions {
    let mut options = ServerOptions::new();
    // Remote clients are refused last, because setting the mode once lifted that (T9).
    options.first_pipe_instance(first).reject_remote_clients(true);
    options
}

/// The pipe that stands for the socket at `path`, which lies in the person's own profile folder.
fn pipe(path: &Path) -> PathBuf {
    use sha2::Digest as _;
    let digest: [u8; 32] = sha2::Sha256::digest(path.as_os_str().as_encoded_bytes()).into();
    PathBuf::from(format!(r"\\.\pipe\lamplighter-{}", lamplighter_core::id::hex(&digest[..16])))
}

/// Connects to the pipe `path`. Files have no time-outs, so `within` is not kept: a server that is there and does
/// not answer is waited for. Whose server it is is not asked, either.
pub(crate) fn connect(path: &Path, _within: Duration) -> Result<Stream, NoWay> {
    OpenOptions::new().read(true).write(true).open(pipe(path)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NoWay::Nobody,
        io::ErrorKind::PermissionDenied => NoWay::Stranger { owner: None },
        _ => NoWay::Failed(error),
    })
}
