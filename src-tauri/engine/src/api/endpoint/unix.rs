//! Unix sockets.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;

use super::{NoWay, Peer, file};

/// The client's end of a connection.
pub(crate) type Stream = std::os::unix::net::UnixStream;

/// How long a socket may take to accept us when it is asked only whether it lives.
const KNOCK: Duration = Duration::from_secs(2);

/// The server's end, listening.
pub(crate) struct Listener {
    inner: tokio::net::UnixListener,
    path: PathBuf,
    /// Device and inode of the file that we made, so that only that one is ever removed.
    file: (u64, u64),
}

impl Listener {
    /// Listens at `path`. Only for whoever holds the engine's lock: a stale file is removed.
    ///
    /// # Errors
    /// `address_taken` if the folder or the file is somebody else's, or the system's refusal.
    pub(crate) fn bind(path: &Path, lang: Lang) -> Result<Self, Notice> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        crate::paths::ensure(parent, crate::paths::Kind::Own, lang)?;
        file::clear(path, || listening(path), lang)?;
        Self::listen(path).map_err(|error| file::failed(path, &error, lang))
    }

    fn listen(path: &Path) -> io::Result<Self> {
        let reach = Reach::new(path)?;
        let inner = tokio::net::UnixListener::bind(reach.path())?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let made = std::fs::symlink_metadata(path)?;
        Ok(Self { inner, path: path.to_owned(), file: (made.dev(), made.ino()) })
    }

    /// The next connection of our own user. Others are closed before they can say or read anything (T6).
    pub(crate) async fn accept(&mut self) -> io::Result<(tokio::net::UnixStream, Peer)> {
        loop {
            let (stream, _) = self.inner.accept().await?;
            if let Some(peer) = ours(&stream) {
                return Ok((stream, peer));
            }
        }
    }

    /// The next of those who have connected already. The system itself is asked: the runtime hears of a connection
    /// only when it looks for news, and a server that ends does not look again.
    pub(crate) fn accept_waiting(&mut self) -> Option<(tokio::net::UnixStream, Peer)> {
        // The same socket, which never blocks.
        let socket = std::os::unix::net::UnixListener::from(self.inner.as_fd().try_clone_to_owned().ok()?);
        loop {
            let (stream, _) = socket.accept().ok()?;
            stream.set_nonblocking(true).ok()?;
            let stream = tokio::net::UnixStream::from_std(stream).ok()?;
            if let Some(peer) = ours(&stream) {
                return Some((stream, peer));
            }
        }
    }

    /// Takes the file away, so that the next caller finds nobody. Connections that were made live on.
    pub(crate) fn withdraw(&self) {
        let ours =
            std::fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "the socket file could not be removed");
        }
    }
}

/// Who is at the other end, if that is our own user.
fn ours(stream: &tokio::net::UnixStream) -> Option<Peer> {
    match stream.peer_cred() {
        Ok(cred) if cred.uid() == rustix::process::geteuid().as_raw() => {
            let pid = cred.pid().and_then(|pid| u32::try_from(pid).ok());
            return Some(Peer { program: program(pid), pid, uid: Some(cred.uid()) });
        }
        Ok(cred) => tracing::warn!(uid = cred.uid(), "another user’s connection was closed"),
        Err(error) => tracing::warn!(%error, "a connection whose user is unknown was closed"),
    }
    None
}

/// Connects to `path`, and proves that its server is our own user.
pub(crate) fn connect(path: &Path, within: Duration) -> Result<Stream, NoWay> {
    match dial(path, within) {
        Ok(socket) => {
            let owner = lamplighter_sys::peer(&socket).map_err(NoWay::Failed)?.uid;
            if owner == rustix::process::geteuid().as_raw() {
                Ok(socket)
            } else {
                Err(NoWay::Stranger { owner: Some(file::user(owner)) })
            }
        }
        Err(error) => match error.kind() {
            // What is no socket, or lies in no folder, is told by whoever wants to listen there.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::ConnectionRefused => {
                Err(NoWay::Nobody)
            }
            // The file or its folder is somebody else's.
            io::ErrorKind::PermissionDenied => Err(NoWay::Stranger { owner: owner_of(path) }),
            _ => Err(NoWay::Failed(error)),
        },
    }
}

/// Who listens at `path`; `None` if nobody does.
fn listening(path: &Path) -> Option<file::Listening> {
    match connect(path, KNOCK) {
        Err(NoWay::Nobody) => None,
        Err(_) => Some(file::Listening::Unknown),
        Ok(socket) => {
            let pid = lamplighter_sys::peer(&socket).ok().and_then(|peer| peer.pid);
            Some(match pid {
                Some(pid) => file::Listening::Process { pid, program: program(Some(pid)) },
                None => file::Listening::Unknown,
            })
        }
    }
}

/// Which process listens at `path`, where the system tells.
pub(crate) fn server(path: &Path, within: Duration) -> Option<u32> {
    let socket = dial(path, within).ok()?;
    lamplighter_sys::peer(&socket).ok()?.pid
}

#[cfg(target_os = "linux")]
fn dial(path: &Path, within: Duration) -> io::Result<Stream> {
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with, sockopt,
    };
    let reach = Reach::new(path)?;
    let address = SocketAddrUnix::new(reach.path())?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // A server whose queue is full lets `connect` wait; this bounds it.
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(within))?;
    connect(&socket, &address)?;
    Ok(Stream::from(socket))
}

/// Other systems refuse at once when the server's queue is full.
#[cfg(not(target_os = "linux"))]
fn dial(path: &Path, _within: Duration) -> io::Result<Stream> {
    Stream::connect(Reach::new(path)?.path())
}

/// Who owns a socket that may not be entered: of the file, or else of the nearest folder that can be seen.
fn owner_of(path: &Path) -> Option<String> {
    path.ancestors()
        .find_map(|part| std::fs::symlink_metadata(part).ok())
        .map(|found| file::user(found.uid()))
}

/// A path that fits into a socket address: they hold about 100 bytes, homes can be deeper. On Linux the
/// folder is then reached by its descriptor.
struct Reach {
    path: PathBuf,
    _folder: Option<OwnedFd>,
}

impl Reach {
    fn new(path: &Path) -> io::Result<Self> {
        // Addresses hold 108 bytes, the closing NUL included.
        #[cfg(target_os = "linux")]
        if path.as_os_str().len() > 107
            && let (Some(parent), Some(name)) = (path.parent(), path.file_name())
        {
            use rustix::fs::{Mode, OFlags};
            use std::os::fd::AsRawFd as _;
            let folder =
                rustix::fs::open(parent, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
            let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
            return Ok(Self { path: short.join(name), _folder: Some(folder) });
        }
        Ok(Self { path: path.to_owned(), _folder: None })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// File name of a process's executable; of one that may not be looked into, as an engine, what it calls itself.
fn program(pid: Option<u32>) -> String {
    let exe = pid.and_then(|pid| std::fs::read_link(format!("/proc/{pid}/exe")).ok());
    let file = exe.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let itself = || {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", pid?)).ok()?;
        Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
    };
    match file.or_else(itself) {
        // What Linux appends once the file was replaced, by an update for example.
        Some(name) => super::printable(name.trim_end_matches(" (deleted)")),
        None => "unknown".to_owned(),
    }
}
