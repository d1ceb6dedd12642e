//! What the service manager is told, if it asked to hear it: the protocol of systemd (sd_notify(3)), which others speak
//! too. A datagram each; losing one is no failure of ours.

use std::time::Duration;

/// Whoever started us, if that wants to know how we are.
pub struct Manager {
    #[cfg(unix)]
    line: Option<Line>,
    watchdog: Option<Duration>,
}

/// The way to it.
#[cfg(unix)]
struct Line {
    socket: std::os::unix::net::UnixDatagram,
    address: std::os::unix::net::SocketAddr,
}

impl Manager {
    /// As the environment says: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` if it is meant for this process.
    pub fn of_process() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|within| *within > 0 && is_ours);
        Self {
            #[cfg(unix)]
            line: std::env::var_os("NOTIFY_SOCKET").and_then(|address| Line::to(&address)),
            watchdog: watchdog.map(Duration::from_micros),
        }
    }

    /// Within which time it wants to hear [`Self::is_alive`], again and again.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The socket is bound: others may ask.
    pub fn is_ready(&self) {
        self.tell("READY=1");
    }

    /// The engine answers.
    pub fn is_alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// It ends in order.
    pub fn is_stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// One line for people who ask the manager.
    pub fn says(&self, status: &str) {
        self.tell(&format!("STATUS={}", status.replace('\n', " ")));
    }

    fn tell(&self, text: &str) {
        #[cfg(unix)]
        if let Some(line) = &self.line
            && let Err(error) = line.socket.send_to_addr(text.as_bytes(), &line.address)
        {
            tracing::debug!(%error, "the service manager does not hear us");
        }
        #[cfg(not(unix))]
        let _nobody_asks = text;
    }
}

#[cfg(unix)]
impl Line {
    /// A path, or with `@` in front a name that is no file (Linux).
    fn to(address: &std::ffi::OsStr) -> Option<Self> {
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::net::{SocketAddr, UnixDatagram};
        let address = match address.as_bytes() {
            [b'/', ..] => SocketAddr::from_pathname(address),
            #[cfg(target_os = "linux")]
            [b'@', name @ ..] => {
                use std::os::linux::net::SocketAddrExt as _;
                SocketAddr::from_abstract_name(name)
            }
            _ => return None,
        };
        let socket = UnixDatagram::unbound().ok()?;
        // A manager that does not read must not keep logins waiting.
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, address: address.ok()? })
    }
}
