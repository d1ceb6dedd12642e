//! What an exchange means for the credential that was sent. Pure: a table, read from the top.

mod retry_after;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::exchange::{BrowserEnd, Exchange, NoReply, NotSent, Reply, Sent};
use crate::provider::conditions::Scene;
use crate::provider::model::{Answers, Save, Source};
use crate::provider::{Answer, Bound};
use crate::record::Material;

pub use retry_after::{DEFAULT as RETRY_AFTER_DEFAULT, retry_after};

/// What an exchange means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A good answer; what it brings is read next.
    Renewed,
    /// Nothing was spent and nothing is wrong with the login: try again.
    Transient {
        /// When the service said, or 60 s where it has to say and did not.
        retry_after: Option<Duration>,
        /// Why.
        cause: Cause,
    },
    /// The credential is no longer good.
    Rejected {
        /// The provider lists the code as final: no confirmation.
        last: bool,
        /// Why.
        cause: Cause,
    },
    /// Refused without a word about the session: Transient, and after 24 h the person is asked.
    Refused {
        /// HTTP status.
        status: u16,
        /// Why.
        cause: Cause,
    },
    /// The client's own settings are wrong.
    AppRejected {
        /// Why.
        cause: Cause,
    },
    /// The request can have had its effect, and the answer is lost.
    Unknown {
        /// Why.
        cause: Cause,
    },
}

/// What was seen, for the person and for the history; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// Nothing left this machine.
    NotSent {
        /// Why.
        why: NotSent,
    },
    /// No complete answer.
    NoReply {
        /// Why.
        why: NoReply,
    },
    /// An HTTP status.
    Status {
        /// Which.
        status: u16,
    },
    /// An error code of the service.
    Code {
        /// Which.
        code: String,
    },
    /// Something else than what the service answers: often a network's sign-in page (F1).
    Page {
        /// HTTP status.
        status: u16,
    },
    /// Sent elsewhere.
    Redirected {
        /// To which host.
        host: String,
    },
    /// One of the provider's signs of a dead login.
    LoggedOut,
    /// A good answer without what it should bring.
    Missing {
        /// The field.
        field: String,
    },
    /// What was needed here to ask at all could not be read.
    Unreadable,
    /// The browser's end.
    Browser {
        /// Which.
        end: BrowserEnd,
    },
    /// No rung of the ladder could run, and that is not for want of a Chrome.
    NoWay,
    /// The host does not answer at all.
    HostDown,
    /// The machine stopped between sending and receiving.
    Crash,
}

impl Cause {
    /// The way to the service is what failed, not the service: a secret-free check tells when that is over.
    pub fn is_about_the_way(&self) -> bool {
        use crate::exchange::BrowserEnd::Unreachable;
        matches!(self, Self::NotSent { .. } | Self::HostDown | Self::Browser { end: Unreachable(_) })
    }
}

/// What `exchange`, a request to `url`, means. `saves` are what its answer should bring; `material` is what is
/// held with the answer's cookies in it.
///
/// | exchange | outcome |
/// |---|---|
/// | not sent | Transient |
/// | no complete reply | Unknown |
/// | 408, 413, 425, 429, 503 | Transient |
/// | `[dead]` | Rejected |
/// | a code that the provider lists, or RFC 6749's | as listed |
/// | 401 | Rejected |
/// | 500 in the provider's own error form | Transient |
/// | 500 otherwise, 502, 504, 52x, every other 5xx | Unknown |
/// | an error code that no list names; 403, 404 and every other 4xx; 3xx | Refused |
/// | 2xx that cannot be read | Unknown |
/// | 2xx | Renewed |
pub fn classify(
    bound: &Bound<'_>,
    url: &Url,
    material: &Material,
    saves: &[Save],
    exchange: &Exchange,
) -> Outcome {
    if let Sent::No(why) = exchange.sent {
        return Outcome::Transient { retry_after: None, cause: Cause::NotSent { why } };
    }
    let reply = match &exchange.reply {
        Ok(reply) => reply,
        Err(why) => return Outcome::Unknown { cause: Cause::NoReply { why: *why } },
    };
    let answer = Answer::read(reply, Some(url.clone()));
    let answers = &bound.provider.answers;
    if matches!(reply.status, 408 | 413 | 425 | 429 | 503) {
        return transient(exchange, reply, Cause::Status { status: reply.status });
    }
    if Scene::new(bound, &answer, material).holds_any(&bound.provider.dead) {
        return Outcome::Rejected { last: false, cause: Cause::LoggedOut };
    }
    let is_error = answer.is_error(answers);
    let code = if is_error || !answer.is_2xx() { answer.error_code(answers) } else { None };
    if let Some(outcome) = code.as_deref().and_then(|code| by_code(answers, code, exchange, reply)) {
        return outcome;
    }
    let cause = match code {
        Some(code) => Cause::Code { code: showable(&code) },
        None => Cause::Status { status: reply.status },
    };
    match reply.status {
        401 => Outcome::Rejected { last: false, cause },
        500 if is_error => transient(exchange, reply, cause),
        500.. => Outcome::Unknown { cause },
        400..500 => Outcome::Refused { status: reply.status, cause },
        300..400 => Outcome::Refused { status: reply.status, cause: redirected(&answer, cause) },
        200..300 if is_error => Outcome::Refused { status: reply.status, cause },
        200..300 if answer.is_unreadable || (answer.json.is_none() && want_json(saves)) => {
            Outcome::Unknown { cause: Cause::Page { status: reply.status } }
        }
        200..300 => Outcome::Renewed,
        _ => Outcome::Unknown { cause },
    }
}

/// The lists of the provider, first match; then RFC 6749 section 5.2, and the two codes of section 4.1.2.1
/// that token end points send, too.
fn by_code(answers: &Answers, code: &str, exchange: &Exchange, reply: &Reply) -> Option<Outcome> {
    let is_in = |list: &[String]| list.iter().any(|listed| listed == code);
    let cause = Cause::Code { code: showable(code) };
    Some(match code {
        _ if is_in(&answers.last) => Outcome::Rejected { last: true, cause },
        _ if is_in(&answers.rejected) => Outcome::Rejected { last: false, cause },
        _ if is_in(&answers.app) => Outcome::AppRejected { cause },
        _ if is_in(&answers.throttled) => Outcome::Transient {
            retry_after: Some(retry_after(reply, exchange.at).unwrap_or(RETRY_AFTER_DEFAULT)),
            cause,
        },
        _ if is_in(&answers.transient) => transient(exchange, reply, cause),
        "invalid_grant" => Outcome::Rejected { last: false, cause },
        "invalid_client" | "unauthorized_client" => Outcome::AppRejected { cause },
        "temporarily_unavailable" | "server_error" => transient(exchange, reply, cause),
        _ => return None,
    })
}

fn transient(exchange: &Exchange, reply: &Reply, cause: Cause) -> Outcome {
    let said = retry_after(reply, exchange.at);
    let must_say = reply.status == 429;
    Outcome::Transient { retry_after: said.or(must_say.then_some(RETRY_AFTER_DEFAULT)), cause }
}

fn redirected(answer: &Answer<'_>, otherwise: Cause) -> Cause {
    let host = answer.location().and_then(|to| to.host_str().map(str::to_owned));
    host.map_or(otherwise, |host| Cause::Redirected { host })
}

/// Whether the answer has to be JSON (or a form) to bring anything.
fn want_json(saves: &[Save]) -> bool {
    saves.iter().any(|save| !save.optional && matches!(save.source, Source::Json(_)))
}

/// A code as it may be shown and kept: the service wrote it, and a broken one could echo what we sent.
fn showable(code: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':');
    let is_word = |word: &str| word.len() <= 40;
    if code.len() <= 80 && code.chars().all(is_plain) && code.split(' ').all(is_word) {
        code.to_owned()
    } else {
        "?".to_owned()
    }
}
