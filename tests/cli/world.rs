//! A home of its own, the server in it, and the real `lamp`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Limits, Server, Service};

use crate::fake::Fake;

/// How long anything may take that should take no time; only broken promises wait for it. Long, because a machine
/// with one busy core runs sixteen tests at once, each with programs of its own.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A home with an engine in it.
pub struct World {
    /// `LAMPLIGHTER_HOME`.
    pub home: tempfile::TempDir,
    /// What the engine answers with.
    pub fake: Arc<Fake>,
    runtime: tokio::runtime::Runtime,
    server: Option<Server>,
}

impl World {
    /// Serves `fake`.
    pub fn new(fake: Fake) -> Self {
        Self::with(fake, Limits::default())
    }

    /// Serves `fake` with other caps.
    pub fn with(fake: Fake, limits: Limits) -> Self {
        let home = tempfile::tempdir().expect("a folder in /tmp");
        let fake = Arc::new(fake);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let service: Arc<dyn Service> = fake.clone();
        let server = {
            let _inside = runtime.enter();
            Server::start(&socket(home.path()), service, limits, Lang::En)
                .map_err(|notice| notice.what)
                .unwrap()
        };
        Self { home, fake, runtime, server: Some(server) }
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.home.path())
    }

    /// Begins to stop the server; the handle ends when it has.
    pub fn stop(&mut self, within: Duration) -> tokio::task::JoinHandle<()> {
        self.runtime.spawn(self.server.take().expect("stopped once").stop(within))
    }

    /// Runs something in the server's runtime.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.expect("in time") })
    }

    /// `lamp` in this home.
    pub fn command(&self, args: &[&str]) -> Command {
        lamp(self.home.path(), args)
    }

    /// Runs `lamp` to its end.
    pub fn lamp(&self, args: &[&str]) -> Ran {
        self.typed(args, "")
    }

    /// Runs `lamp` with something on standard input.
    pub fn typed(&self, args: &[&str], input: &str) -> Ran {
        let mut child = start(self.command(args));
        // `lamp` may end without reading it.
        _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        Ran::from(child.wait_with_output().expect("it was started"))
    }

    /// Sends bytes to the socket and reads until the server closes.
    pub fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        raw(&self.socket(), bytes.as_ref())
    }
}

/// A connection that no client of ours made.
#[cfg(unix)]
pub type Stream = std::os::unix::net::UnixStream;
/// A connection that no client of ours made.
#[cfg(windows)]
pub type Stream = lamplighter_sys::windows::Connection;

/// Connects as any program may.
#[cfg(unix)]
pub fn connect(socket: &Path) -> Stream {
    let stream = Stream::connect(socket).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Connects as any program may.
#[cfg(windows)]
pub fn connect(socket: &Path) -> Stream {
    let pipe = lamplighter_engine::api::pipe_of(socket).unwrap();
    let mut stream =
        lamplighter_sys::windows::connect(pipe.as_os_str(), PATIENCE).expect("the server listens");
    stream.set_timeouts(PATIENCE, PATIENCE);
    stream
}

/// Whether the server closed before it had read everything.
pub fn is_closed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    matches!(error.kind(), ConnectionReset | BrokenPipe)
}

/// Sends bytes to a socket and reads until the server closes.
pub fn raw(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = connect(socket);
    // The server may close before it has read everything.
    _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    if let Err(error) = stream.read_to_end(&mut reply) {
        assert!(is_closed(&error), "the server neither answers nor closes: {error}");
    }
    String::from_utf8_lossy(&reply).into_owned()
}

/// A request with a JSON body.
pub fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Where the socket of a home is.
pub fn socket(home: &Path) -> PathBuf {
    home.join("runtime").join("api.sock")
}

/// `lamp` with an environment of its own.
pub fn lamp(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lamp"));
    command.args(args).env_clear().env("LAMPLIGHTER_HOME", home).env("TZ", "UTC").env("LANG", "C.UTF-8");
    // Without these no program of Windows starts, and none of wine's.
    #[cfg(windows)]
    command.envs(
        ["SystemRoot", "PATH", "TEMP", "USERPROFILE", "WINEPREFIX"]
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?))),
    );
    command
}

/// Starts a program with all of its ends in our hands.
pub fn start(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it can be started")
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    /// Exit code; -1 if a signal ended it.
    pub exit: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { exit: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}
