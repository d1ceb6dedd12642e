//! What a visit of Chrome leaves behind, and what its end says.

use std::time::Duration;

use super::answer::{Applied, Asked};
use super::attempt::Attempt;
use super::ladder::Verdict;
use super::work::Work;
use crate::classify::Cause;
use crate::exchange::{BrowserEnd, BrowserResult};
use crate::provider::model::{Field, Rung, Save, Source};
use crate::provider::{Bound, ExtractError};
use crate::record::{Material, Record};
use crate::secret::Secret;
use crate::time::Now;

/// Only a page that is signed in says what is gone. One that is not has often thrown the session away, which may be
/// good again when the service's bad moment is over (I2, F35).
pub(super) fn apply_visit(
    bound: &Bound<'_>,
    work: &mut Work,
    asked: &Asked,
    result: &BrowserResult,
) -> Applied {
    let Some(rung) = bound.provider.rungs.get(asked.place.rung) else {
        return Applied::Verdict(Verdict::CannotRun { missing: None });
    };
    let before = work.record.current.duplicate();
    if let Ok(given) = bound.visit(rung, &before, Duration::ZERO) {
        let has_replaced = bound.has_replaced(result, &given);
        match result.end {
            BrowserEnd::Ready => work.is_dirty |= bound.take_page(&mut work.record.current, result, &given),
            _ if has_replaced && work.has_room(&asked.place.chain) => {
                // A new session, or the next one of a service that rotates: the confirming try asks with both.
                bound.take_new(&mut work.record.current, result);
                take_credentials(bound, work, rung, &before, result.at);
                work.is_dirty = true;
                work.is_doubtful = true;
            }
            BrowserEnd::Dead => {}
            _ if has_replaced && work.is_full(&asked.place.chain) => {}
            _ => work.is_dirty |= bound.take_new(&mut work.record.current, result),
        }
    }
    let was_read = result.cookies.is_some() && result.storage.is_some();
    if let Some(verdict) = verdict_of_visit(result.end, was_read) {
        return Applied::Verdict(verdict);
    }
    match bound.save_from_visit(&rung.save, result, &work.record.current, &before, result.at) {
        Ok(saved) => {
            work.warnings.extend(saved.warnings.iter().cloned());
            saved.apply(bound, &mut work.record.current, &mut work.scratch, result.at);
            work.is_dirty = true;
            Applied::Step
        }
        Err(error) => {
            let field = match error {
                ExtractError::Missing(field) | ExtractError::NotNewer(field) => field.to_string(),
                ExtractError::Unreadable => String::new(),
            };
            Applied::Verdict(Verdict::Nothing { status: 200, cause: Cause::Missing { field } })
        }
    }
}

impl Attempt {
    /// The next rung sends what is held and not what a page that is not signed in has put in its place; but a
    /// credential that the page has rotated is spent.
    pub(super) fn put_aside(&mut self) {
        let (Some(stored), Some(work)) = (&self.stored, &mut self.work) else { return };
        let credential = |of: &Record| of.current.credentials.get(&self.chain).map(|it| it.value.duplicate());
        if !work.is_doubtful || credential(&work.record) != credential(stored) {
            return;
        }
        let mut held = Work::on(stored);
        held.remember(&self.lost);
        held.scratch = std::mem::take(&mut work.scratch);
        self.ladder.aside = self.work.replace(held);
    }

    /// No other rung has brought anything: it is kept beside what is held.
    pub(super) fn take_up(&mut self) {
        let (Some(aside), Some(stored)) = (self.ladder.aside.take(), &self.stored) else { return };
        let is_newest = aside.record.write_id == stored.write_id;
        if is_newest && self.work.as_ref().is_some_and(|work| !work.is_dirty) {
            self.work = Some(aside);
        }
    }
}

/// A credential that the page has rotated is what the next request sends, not the one that it has spent.
fn take_credentials(bound: &Bound<'_>, work: &mut Work, rung: &Rung, before: &Material, at: Now) {
    let is_credential = |save: &&Save| {
        matches!((&save.field, &save.source), (Field::Refresh(_), Source::Storage { .. } | Source::Cookie(_)))
    };
    for save in rung.save.iter().filter(is_credential) {
        let read = |material: &Material| {
            bound.save_from_page(std::slice::from_ref(save), &[], material, &work.scratch, at).ok()
        };
        let value = |saved: &Option<crate::provider::Saved>| -> Option<Secret> {
            saved.as_ref()?.values.first().map(|value| value.value.duplicate())
        };
        let (old, new) = (read(before), read(&work.record.current));
        if let (true, Some(new)) = (value(&old) != value(&new), new) {
            new.apply(bound, &mut work.record.current, &mut work.scratch, at);
        }
    }
}

/// What a visit's end says, once what it left behind is taken over.
fn verdict_of_visit(end: BrowserEnd, was_read: bool) -> Option<Verdict> {
    let cause = Cause::Browser { end };
    match end {
        BrowserEnd::Ready if was_read => None,
        BrowserEnd::Dead => Some(Verdict::Rejected { last: false, cause: Cause::LoggedOut }),
        BrowserEnd::CannotRun(why) => Some(Verdict::NoChrome(why)),
        BrowserEnd::Unreachable(why) => {
            Some(Verdict::Transient { retry_after: None, cause: Cause::NotSent { why } })
        }
        // I9: a time-out never makes a session Dead.
        BrowserEnd::TimedOut if was_read => Some(Verdict::Transient { retry_after: None, cause }),
        BrowserEnd::Ready | BrowserEnd::TimedOut | BrowserEnd::Crashed => Some(Verdict::Unknown { cause }),
    }
}
