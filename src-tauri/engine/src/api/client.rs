//! A small blocking client: no runtime, one connection per call, so that `lamp token` costs about a
//! millisecond as a whole process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lamplighter_core::api::{ErrorBody, Request, Response, TokenGrant, TokenRequest};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use zeroize::Zeroizing;

use super::encode::{Outgoing, encode, encode_events, encode_token};
use super::endpoint::{self, NoWay, Stream, connect};
use super::events::Frames;
use super::grant::read_grant;
use super::http1::{Reply, read_reply, write_request};
use crate::lock::is_stopped;

/// How long a client waits.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the server to accept.
    pub connect: Duration,
    /// For replies that need no work.
    pub quick: Duration,
    /// For replies that may need refreshes, Chrome included.
    pub work: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            quick: Duration::from_secs(30),
            // Several accounts may go through Chrome one after another, two minutes each.
            work: Duration::from_secs(1800),
        }
    }
}

/// Why a call has no answer.
#[derive(Debug)]
pub enum Trouble {
    /// No engine listens there.
    Nobody,
    /// The engine went away before it replied: it is ending. The call may or may not have been done.
    Gone,
    /// What to tell the person.
    Said(Box<Notice>),
}

impl From<Notice> for Trouble {
    fn from(notice: Notice) -> Self {
        Self::Said(Box::new(notice))
    }
}

impl Trouble {
    /// As a notice, for callers that can do nothing else about it.
    pub fn notice(self, lang: Lang) -> Notice {
        match self {
            Self::Said(notice) => *notice,
            Self::Nobody => Notice::new(
                Code::Temporary,
                lang.pick("Lamplighter is not running.", "Lamplighter n’est pas en marche."),
            )
            .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
            .cure(lang.pick("Start Lamplighter.", "Démarrez Lamplighter.")),
            Self::Gone => Notice::new(
                Code::Temporary,
                lang.pick(
                    "Lamplighter ended before it answered.",
                    "Lamplighter s’est arrêté avant de répondre.",
                ),
            )
            .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
            .cure(lang.pick("Try again.", "Réessayez.")),
        }
    }
}

/// The way to an engine in another process.
#[derive(Debug, Clone)]
pub struct Client {
    path: PathBuf,
    lang: Lang,
    timeouts: Timeouts,
    held: Arc<Mutex<Option<Stream>>>,
}

impl Client {
    /// A client of the engine at `path`; texts come in `lang`. Connects with each call only.
    pub fn new(path: impl Into<PathBuf>, lang: Lang) -> Self {
        Self { path: path.into(), lang, timeouts: Timeouts::default(), held: Arc::default() }
    }

    /// The same with other time limits.
    #[must_use]
    pub fn with(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The same in another language.
    #[must_use]
    pub fn speaking(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Where the engine is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an engine listens there; sends nothing.
    ///
    /// # Errors
    /// [`Trouble::Nobody`], or why it cannot be told.
    pub fn knock(&self) -> Result<(), Trouble> {
        self.dial().map(drop)
    }

    /// As [`Self::knock`], and keeps the connection for the next call: an engine that ends meanwhile still serves
    /// whoever has connected.
    ///
    /// # Errors
    /// As [`Self::knock`].
    pub fn hold(&self) -> Result<(), Trouble> {
        let stream = self.dial()?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
        Ok(())
    }

    /// Does one call.
    ///
    /// # Errors
    /// Whatever the engine says, or why it could not be asked.
    pub fn call(&self, request: &Request) -> Result<Response, Trouble> {
        let call = encode(request).ok_or_else(|| self.desktop_only())?;
        let body = self.ask(&call, self.patience(request))?;
        serde_json::from_slice(&body).map_err(|_| self.unreadable().into())
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// Whatever the engine says, or why it could not be asked.
    pub fn token(&self, account: &str, request: &TokenRequest) -> Result<TokenGrant, Trouble> {
        let wait = Duration::from_millis(request.wait_ms.unwrap_or(30_000));
        let body = self.ask(&encode_token(account, request), wait.saturating_add(self.timeouts.quick))?;
        read_grant(&body).ok_or_else(|| self.unreadable().into())
    }

    /// Opens the stream of events. It gives a sign of life every 15 s, so a reader that waits for longer
    /// than the quick time-out gets an error.
    ///
    /// # Errors
    /// Whatever the engine says, or why it could not be asked.
    pub fn events(&self) -> Result<Frames<impl io::BufRead + Send + use<>>, Trouble> {
        Ok(Frames::new(self.open(&encode_events(), self.timeouts.quick)?.body))
    }

    fn ask(&self, call: &Outgoing, patience: Duration) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        self.open(call, patience)?.whole().map_err(|error| self.failed(&error).into())
    }

    /// Sends a call and reads the head of the reply; a reply that is an error becomes one.
    fn open(&self, call: &Outgoing, patience: Duration) -> Result<Reply<Stream>, Trouble> {
        let stream = self.connect(patience)?;
        match write_request(&stream, call, self.lang) {
            Ok(()) => {}
            // The engine closed without reading, or before it read all: a reply may be there all the same.
            Err(error) if is_end(&error) => {}
            Err(error) => return Err(self.failed(&error).into()),
        }
        let reply = match read_reply(stream) {
            Ok(Some(reply)) => reply,
            Ok(None) => return Err(Trouble::Gone),
            Err(error) if is_end(&error) => return Err(Trouble::Gone),
            Err(error) => return Err(self.failed(&error).into()),
        };
        if (200..300).contains(&reply.status) { Ok(reply) } else { Err(self.refusal(reply, call).into()) }
    }

    fn refusal(&self, reply: Reply<Stream>, call: &Outgoing) -> Notice {
        let status = reply.status;
        let body = reply.whole().ok().and_then(|body| serde_json::from_slice::<ErrorBody>(&body).ok());
        match body {
            // An account that is not there has another code: it is the call that the engine does not know. An empty
            // name makes a path that no version knows.
            Some(body) if status == 404 && body.error.code == Code::Usage && !call.path.contains("//") => {
                self.unknown_call()
            }
            Some(body) => body.error,
            None => self.unreadable().next(format!("HTTP {status}")),
        }
    }

    fn connect(&self, patience: Duration) -> Result<Stream, Trouble> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = match held.filter(is_open) {
            Some(stream) => stream,
            None => self.dial()?,
        };
        #[cfg(unix)]
        stream
            .set_read_timeout(Some(patience))
            .and_then(|()| stream.set_write_timeout(Some(self.timeouts.quick)))
            .map_err(|error| Trouble::from(self.failed(&error)))?;
        #[cfg(windows)]
        let stream = {
            let mut stream = stream;
            stream.set_timeouts(patience, self.timeouts.quick);
            stream
        };
        Ok(stream)
    }

    fn dial(&self) -> Result<Stream, Trouble> {
        connect(&self.path, self.timeouts.connect).map_err(|no_way| match no_way {
            NoWay::Nobody => Trouble::Nobody,
            NoWay::Stranger { owner } => self.stranger(owner).into(),
            NoWay::Failed(error) => self.failed(&error).into(),
        })
    }

    fn patience(&self, request: &Request) -> Duration {
        match request {
            Request::Refresh { .. }
            | Request::TryOnce { .. }
            | Request::Check { .. }
            | Request::Logout { .. }
            // They wait for the attempt that runs, too.
            | Request::SetSecret { .. }
            | Request::RemoveSecret { .. }
            | Request::TestSink { .. }
            | Request::TestAlerts { .. }
            | Request::SetSinks { .. } => self.timeouts.work,
            _ => self.timeouts.quick,
        }
    }

    fn stranger(&self, owner: Option<String>) -> Notice {
        let path = self.path.display();
        let what = match (self.lang, owner) {
            (Lang::En, Some(owner)) => format!("{path} belongs to {owner}, not to you. Nothing was sent."),
            (Lang::En, None) => format!("{path} belongs to somebody else. Nothing was sent."),
            (Lang::Fr, Some(owner)) => {
                format!("{path} appartient à {owner}, pas à vous. Rien n’a été envoyé.")
            }
            (Lang::Fr, None) => format!("{path} appartient à quelqu’un d’autre. Rien n’a été envoyé."),
        };
        let cure = match self.lang {
            Lang::En => format!("Have {path} removed, then start Lamplighter again."),
            Lang::Fr => format!("Faites supprimer {path}, puis redémarrez Lamplighter."),
        };
        Notice::new(Code::AddressTaken, what)
            .safe(self.lang.pick("Your logins are untouched.", "Vos connexions sont intactes."))
            .cure(cure)
    }

    fn desktop_only(&self) -> Notice {
        let what =
            self.lang.pick("Only the desktop app does this.", "Seule l’application de bureau fait cela.");
        Notice::new(Code::NotAllowed, what)
    }

    fn unknown_call(&self) -> Notice {
        self.of_another_version(self.lang.pick(
            "The running Lamplighter is of another version and does not know this call.",
            "Le Lamplighter en marche est d’une autre version et ne connaît pas cet appel.",
        ))
        .safe(self.lang.pick("Nothing was changed.", "Rien n’a été modifié."))
    }

    fn unreadable(&self) -> Notice {
        self.of_another_version(self.lang.pick(
            "The running Lamplighter gave an answer that this version does not understand.",
            "Le Lamplighter en marche a donné une réponse que cette version ne comprend pas.",
        ))
    }

    fn of_another_version(&self, what: &str) -> Notice {
        let cure = self.lang.pick(
            "Quit Lamplighter and start it again; it may have been updated meanwhile.",
            "Quittez Lamplighter et redémarrez-le\u{a0}; il a peut-être été mis à jour entre-temps.",
        );
        Notice::new(Code::Internal, what).cure(cure)
    }

    fn failed(&self, error: &io::Error) -> Notice {
        let safe = self.lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues.");
        let cure = self.lang.pick(
            "Try again; if this stays, quit Lamplighter and start it again.",
            "Réessayez\u{a0}; si cela persiste, quittez Lamplighter et redémarrez-le.",
        );
        // Sockets report a time-out as one or the other, depending on the system.
        let notice = if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            match endpoint::server(&self.path, self.timeouts.connect) {
                Some(pid) if is_stopped(pid) => return stopped(pid, self.lang).safe(safe),
                server => silent(server, self.lang),
            }
        } else {
            let what = match self.lang {
                Lang::En => format!("Lamplighter is running but cannot be asked: {error}."),
                Lang::Fr => format!("Lamplighter est en marche mais injoignable\u{a0}: {error}."),
            };
            Notice::new(Code::Temporary, what)
        };
        notice.safe(safe).cure(cure)
    }
}

/// Whether the other end is gone.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::UnexpectedEof
    )
}

/// Whether the engine still waits for a call: it closes a connection on which none comes.
#[cfg(unix)]
fn is_open(stream: &Stream) -> bool {
    use rustix::net::{RecvFlags, recv};
    // Nothing is there to be read, and that is not the end.
    let seen = recv(stream, &mut [0_u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    seen.is_err_and(|error| error == rustix::io::Errno::WOULDBLOCK)
}

/// As above.
#[cfg(windows)]
fn is_open(stream: &Stream) -> bool {
    stream.is_open()
}

/// The system has stopped the engine (F49): it goes on when somebody lets it.
fn stopped(pid: u32, lang: Lang) -> Notice {
    let (what, cure) = match lang {
        Lang::En => (
            format!("Lamplighter (process {pid}) is stopped and does not answer."),
            format!("Let it go on with `kill -CONT {pid}`."),
        ),
        Lang::Fr => (
            format!("Lamplighter (processus {pid}) est suspendu et ne répond pas."),
            format!("Laissez-le continuer avec `kill -CONT {pid}`."),
        ),
    };
    Notice::new(Code::Busy, what)
        .next(lang.pick(
            "Nothing is refreshed until it goes on.",
            "Rien n’est rafraîchi tant qu’il ne continue pas.",
        ))
        .cure(cure)
}

/// It runs and does not answer.
fn silent(server: Option<u32>, lang: Lang) -> Notice {
    let what = match (lang, server) {
        (Lang::En, Some(pid)) => format!("Lamplighter (process {pid}) is running but does not answer."),
        (Lang::En, None) => "Lamplighter is running but does not answer.".to_owned(),
        (Lang::Fr, Some(pid)) => format!("Lamplighter (processus {pid}) est en marche mais ne répond pas."),
        (Lang::Fr, None) => "Lamplighter est en marche mais ne répond pas.".to_owned(),
    };
    Notice::new(Code::Busy, what)
}

#[cfg(test)]
mod tests {
    use super::{Client, Lang, Request};

    #[test]
    fn who_has_samples_of_alerts_sent_waits_for_hooks_that_are_slow() {
        let client = Client::new("api.sock", Lang::En);
        let patience = client.patience(&Request::TestAlerts { account: None });
        assert_eq!(patience, client.timeouts.work);
        assert_eq!(client.patience(&Request::Alerts), client.timeouts.quick);
    }
}
