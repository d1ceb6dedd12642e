//! What of an exchange the table looks at, and the outcome with everything that belongs to it.

use url::Url;

use super::codes::{List, listed, showable};
use super::retry_after::{DEFAULT, retry_after};
use super::table::{Because, Means, TABLE};
use super::{Cause, Outcome};
use crate::exchange::{Exchange, NoReply, NotSent, Reply, Sent};
use crate::provider::conditions::Scene;
use crate::provider::model::{Answers, Save, Source};
use crate::provider::{Answer, Bound};
use crate::record::Material;

/// An exchange as the rows of the table see it.
pub struct Seen<'a> {
    exchange: &'a Exchange,
    /// The reply, unless nothing was sent: then nothing of it counts.
    reply: Option<&'a Reply>,
    /// One of the provider's signs of a dead login.
    pub(super) is_dead: bool,
    /// The service says in its own form that something went wrong.
    pub(super) is_error: bool,
    /// The list that its code is in.
    pub(super) list: Option<List>,
    /// The answer cannot be read, or is no JSON where the fields that are wanted come from JSON.
    pub(super) is_unreadable: bool,
    code: Option<String>,
    elsewhere: Option<String>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(
        bound: &Bound<'_>,
        url: &Url,
        material: &Material,
        saves: &[Save],
        exchange: &'a Exchange,
    ) -> Self {
        let reply = exchange.reply.as_ref().ok().filter(|_| exchange.sent == Sent::Maybe);
        let mut seen = Self {
            exchange,
            reply,
            is_dead: false,
            is_error: false,
            list: None,
            is_unreadable: false,
            code: None,
            elsewhere: None,
        };
        let Some(reply) = reply else { return seen };
        let answers = &bound.provider.answers;
        let answer = Answer::read(reply, Some(url.clone()));
        seen.is_dead = Scene::new(bound, &answer, material).holds_any(&bound.provider.dead);
        seen.is_error = answer.is_error(answers);
        if seen.is_error || !answer.is_2xx() {
            seen.code = answer.error_code(answers);
            seen.list = seen.code.as_deref().and_then(|code| listed(answers, code));
        }
        if seen.list.is_none() && may_be_standard(answers, seen.is_error, reply.status) {
            let standard = answer.standard_code();
            seen.list = standard.as_deref().and_then(|code| listed(answers, code));
            seen.code = if seen.list.is_some() { standard } else { seen.code };
        }
        seen.is_unreadable = answer.is_unreadable || (answer.json.is_none() && want_json(saves));
        seen.elsewhere = answer.location().and_then(|to| to.host_str().map(str::to_owned));
        seen
    }

    /// Why nothing was sent, if nothing was.
    pub(super) fn not_sent(&self) -> Option<NotSent> {
        match self.exchange.sent {
            Sent::No(why) => Some(why),
            Sent::Maybe => None,
        }
    }

    /// Why there is no reply though something was sent.
    pub(super) fn no_reply(&self) -> Option<NoReply> {
        self.exchange.reply.as_ref().err().copied()
    }

    /// The status; 0 without a reply.
    pub(super) fn status(&self) -> u16 {
        self.reply.map_or(0, |reply| reply.status)
    }

    pub(super) fn outcome(&self) -> Outcome {
        // The last row holds always.
        let row = TABLE.iter().find(|row| (row.holds)(self)).unwrap_or(&TABLE[TABLE.len() - 1]);
        let cause = self.cause(row.because);
        match row.means {
            Means::Renewed => Outcome::Renewed,
            Means::Transient | Means::Throttled => {
                let said = self.reply.and_then(|reply| retry_after(reply, self.exchange.at));
                let must_say = row.means == Means::Throttled;
                Outcome::Transient { retry_after: said.or(must_say.then_some(DEFAULT)), cause }
            }
            Means::Rejected => Outcome::Rejected { last: false, cause },
            Means::Final => Outcome::Rejected { last: true, cause },
            Means::Refused => Outcome::Refused { status: self.status(), cause },
            Means::AppRejected => Outcome::AppRejected { cause },
            Means::Unknown => Outcome::Unknown { cause },
        }
    }

    fn cause(&self, because: Because) -> Cause {
        let status = self.status();
        match (because, &self.elsewhere, &self.code) {
            (Because::Page, ..) => Cause::Page { status },
            (Because::Dead, ..) => Cause::LoggedOut,
            (Because::Redirect, Some(host), _) => Cause::Redirected { host: host.clone() },
            (Because::Way, ..) => match (self.not_sent(), self.no_reply()) {
                (Some(why), _) => Cause::NotSent { why },
                (None, Some(why)) => Cause::NoReply { why },
                (None, None) => Cause::Status { status },
            },
            (Because::Status, ..) | (_, _, None) => Cause::Status { status },
            (Because::Redirect | Because::Code, _, Some(code)) => Cause::Code { code: showable(code) },
        }
    }
}

/// Whether RFC 6749's `error` counts though the file names a place of its own: some services answer in their own
/// form from the one end point and in the standard's from the other. Not from 500 on, where whatever stands in
/// front of the service may be what answers; nor where the file says what an error is, and this is none.
fn may_be_standard(answers: &Answers, is_error: bool, status: u16) -> bool {
    answers.code.is_some() && status < 500 && (answers.error.is_none() || is_error)
}

/// Whether the answer has to be JSON (or a form) to bring anything.
fn want_json(saves: &[Save]) -> bool {
    saves.iter().any(|save| !save.optional && matches!(save.source, Source::Json(_)))
}
