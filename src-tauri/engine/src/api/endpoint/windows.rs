//! Named pipes. What a folder of one's own and the peer's uid are elsewhere is here the pipe itself: it belongs to the
//! user and lets nobody else in, the first instance is ours or the server does not start, programs of other machines
//! are refused, and both ends ask Windows who the other is (T8, T9).

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};
use lamplighter_sys::windows::{self, NoPipe, Sid};
use tokio::net::windows::named_pipe::NamedPipeServer;

use super::{NoWay, Peer};

/// The client's end of a connection.
pub(crate) type Stream = windows::Connection;

/// The server's end: the instance that the next client will get.
pub(crate) struct Listener {
    next: NamedPipeServer,
    pipe: PathBuf,
    user: Sid,
}

impl Listener {
    /// Listens at the pipe that stands for `path`; fails if anybody else made it first (T8).
    ///
    /// # Errors
    /// `address_taken` if somebody was first, or the system's refusal.
    pub(crate) fn bind(path: &Path, lang: Lang) -> Result<Self, Notice> {
        let listen = || {
            let user = windows::this_user()?;
            let pipe = pipe(path, &user);
            Ok(Self { next: windows::serve(pipe.as_os_str(), true)?, pipe, user })
        };
        listen().map_err(|error: io::Error| refused(path, &error, lang))
    }

    /// The next connection of our own user. Others do not get in; were one to, it would be closed before it can say or
    /// read anything (T6).
    pub(crate) async fn accept(&mut self) -> io::Result<(NamedPipeServer, Peer)> {
        loop {
            let connected = self.next.connect().await;
            // Also after an error: an instance whose client left before it was accepted is of no use any more.
            let next = windows::serve(self.pipe.as_os_str(), false)?;
            let stream = std::mem::replace(&mut self.next, next);
            if let Err(error) = connected {
                tracing::debug!(%error, "a caller left before it was heard");
                continue;
            }
            match windows::caller(&stream) {
                Ok((pid, user, program)) if user == self.user => {
                    let program = super::printable(program.rsplit('\\').next().unwrap_or_default());
                    return Ok((stream, Peer { program, pid: Some(pid), uid: None }));
                }
                Ok((_, user, _)) => tracing::warn!(%user, "another user’s connection was closed"),
                Err(error) => tracing::warn!(%error, "a connection whose user is unknown was closed"),
            }
        }
    }

    /// Pipes go with their last handle: nothing to take away before.
    pub(crate) fn withdraw(&self) {}
}

/// The pipe that stands for the socket at `path`. Names of pipes are known to all: the number of the user is in it, so
/// that two people's never meet, and of the path, so that profiles do not.
fn pipe(path: &Path, user: &Sid) -> PathBuf {
    use sha2::Digest as _;
    let digest: [u8; 32] = sha2::Sha256::digest(path.as_os_str().as_encoded_bytes()).into();
    PathBuf::from(format!(r"\\.\pipe\lamplighter-{user}-{}", lamplighter_core::id::hex(&digest[..16])))
}

/// The name of the pipe that stands for the socket at `path`, for programs that speak the API themselves.
///
/// # Errors
/// If Windows does not tell who we are.
pub fn pipe_of(path: &Path) -> io::Result<PathBuf> {
    Ok(pipe(path, &windows::this_user()?))
}

/// Which process listens at `path`: nobody is stopped here, so nobody needs to know.
pub(crate) fn server(_path: &Path, _within: Duration) -> Option<u32> {
    None
}

/// Connects to the pipe that stands for `path`, and proves that its server is our own user.
pub(crate) fn connect(path: &Path, within: Duration) -> Result<Stream, NoWay> {
    let user = windows::this_user().map_err(NoWay::Failed)?;
    windows::connect(pipe(path, &user).as_os_str(), within).map_err(|no_pipe| match no_pipe {
        NoPipe::Nobody => NoWay::Nobody,
        NoPipe::Stranger(owner) => NoWay::Stranger { owner: owner.map(|owner| named(&owner)) },
        NoPipe::Failed(error) => NoWay::Failed(error),
    })
}

/// `COMPUTER\ana (S-1-5-21-…)`, or the number alone.
fn named(owner: &Sid) -> String {
    match owner.name() {
        Some(name) => format!("{} ({owner})", super::printable(&name)),
        None => owner.to_string(),
    }
}

fn refused(path: &Path, error: &io::Error, lang: Lang) -> Notice {
    let (path, said) = (path.display(), system(&error.to_string(), lang));
    // Only for the first instance: somebody made a pipe of that name before us.
    let notice = if error.kind() == io::ErrorKind::PermissionDenied {
        let what = match lang {
            Lang::En => format!("Another program has taken the pipe of {path}."),
            Lang::Fr => format!("Un autre programme a pris le tube de {path}."),
        };
        Notice::new(Code::AddressTaken, what).cure(lang.pick(
            "End that program, or sign out and in again, then start Lamplighter.",
            "Arrêtez ce programme, ou fermez puis rouvrez votre session, puis démarrez Lamplighter.",
        ))
    } else {
        let what = match lang {
            Lang::En => format!("The pipe of {path} cannot be used: {said}."),
            Lang::Fr => format!("Le tube de {path} n’est pas utilisable\u{a0}: {said}."),
        };
        Notice::new(Code::Temporary, what)
    };
    notice.safe(lang.pick("Your logins are untouched.", "Vos connexions sont intactes."))
}
