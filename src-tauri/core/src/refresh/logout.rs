//! Logging out: revoke at the service, then delete here, and say if revoking failed (I2).

use std::sync::Arc;

use super::attempt::{Attempt, Phase};
use super::begin::newer_than;
use super::resume::Resumed;
use super::{Effect, End, Input};
use crate::classify::{Cause, Outcome, classify};
use crate::exchange::Exchange;
use crate::journal::{JournalRead, fold};
use crate::provider::Scratch;
use crate::record::Record;
use crate::time::Now;

/// Where logging out stands.
pub(super) enum LoggingOut {
    /// A revocation is out: index of its step, its address, what failed before.
    Revoking(usize, url::Url, Option<Cause>),
    /// The store is asked.
    Deleting(Option<Cause>),
}

impl Attempt {
    /// What is revoked is the newest material, wherever it is: the store can be behind the journal (F38), and a
    /// service forgets only the session that it is shown.
    pub(super) fn revoke_newest(&mut self, read: Option<JournalRead>, stored: &Record, now: Now) -> Effect {
        if let Some(
            JournalRead::Entries(entries)
            | JournalRead::Held { entries }
            | JournalRead::Lost { readable: entries },
        ) = read
        {
            let mut fold = fold(&entries, stored.current.generation);
            let lost = fold.record.take().map(|record| newer_than(stored, record));
            let base = lost.as_ref().unwrap_or(stored);
            let answered = fold.open.values().find_map(|last| match self.resume(last, base) {
                Resumed::Next(_, work) | Resumed::Bad(_, _, work) => work.is_dirty.then_some(work.record),
                Resumed::Lost(lost) => lost.work.is_dirty.then_some(lost.work.record),
            });
            if let Some(newest) = answered.or(lost) {
                self.stored = Some(Arc::new(newest));
            }
        }
        self.revoke(0, None, now)
    }

    /// Sends the revocation of this index, or of the first after it that is wanted.
    pub(super) fn revoke(&mut self, from: usize, failed: Option<Cause>, now: Now) -> Effect {
        let (service, Some(stored)) = (Arc::clone(&self.service), self.stored.clone()) else {
            return self.delete(failed);
        };
        let Ok(bound) = service.bind(&stored) else {
            // Without its variables nothing can be revoked; the person wants it gone all the same.
            return self.delete(Some(Cause::Unreadable));
        };
        let mut failed = failed;
        let (material, scratch) = (&stored.current, Scratch::default());
        for (index, step) in bound.provider.revoke.iter().enumerate().skip(from) {
            if !bound.is_wanted(step, material, &scratch) {
                continue;
            }
            match bound.request(step, material, &scratch, None, now) {
                Ok(request) => {
                    self.phase = Phase::LoggingOut(LoggingOut::Revoking(index, request.url.clone(), failed));
                    return self.send(request);
                }
                Err(error) => failed = failed.or(Some(Cause::Missing { field: error.to_string() })),
            }
        }
        self.delete(failed)
    }

    pub(super) fn log_out(&mut self, logging_out: LoggingOut, input: Input, now: Now) -> Effect {
        match (logging_out, input) {
            (LoggingOut::Revoking(index, url, failed), Input::Exchanged(exchange)) => {
                let this = self.revoke_failure(&url, &exchange);
                self.revoke(index + 1, failed.or(this), now)
            }
            (LoggingOut::Deleting(revoke_failed), Input::Deleted(Ok(()))) => {
                self.latest = None;
                self.done(End::LoggedOut { revoke_failed })
            }
            (LoggingOut::Deleting(_), Input::Deleted(Err(error))) => self.done(End::NotDeleted(error)),
            _ => self.done(End::Broken),
        }
    }

    pub(super) fn delete(&mut self, failed: Option<Cause>) -> Effect {
        self.phase = Phase::LoggingOut(LoggingOut::Deleting(failed));
        Effect::Delete
    }

    /// A token that is unknown or no longer good is revoked enough (RFC 7009 section 2.2).
    fn revoke_failure(&self, url: &url::Url, exchange: &Exchange) -> Option<Cause> {
        let (service, Some(stored)) = (Arc::clone(&self.service), self.stored.clone()) else { return None };
        let bound = service.bind(&stored).ok()?;
        match classify(&bound, url, &stored.current, &[], exchange) {
            Outcome::Renewed | Outcome::Rejected { .. } => None,
            Outcome::Transient { cause, .. }
            | Outcome::Refused { cause, .. }
            | Outcome::AppRejected { cause }
            | Outcome::Unknown { cause } => Some(cause),
        }
    }
}
