//! What comes back: sealed first (I4), then classified, then applied to the material in the making.

use std::sync::Arc;

use url::Url;

use super::attempt::{Ask, Attempt, Phase};
use super::ladder::{Verdict, spends, steps_of};
use super::visit::apply_visit;
use super::work::Work;
use super::{Appended, Effect, Way};
use crate::classify::{Cause, Outcome, classify};
use crate::exchange::{BrowserEnd, Exchange, Sent};
use crate::journal::{self, Back, Entry, JournalError, Place};
use crate::provider::conditions::Scene;
use crate::provider::model::{Auth, Field, Save, Source, Step, Strategy};
use crate::provider::{Answer, Bound, ExtractError, Saved};
use crate::record::Material;
use crate::time::Now;

/// Redirects that a GET step with cookies follows.
const MOST_HOPS: u8 = 5;

/// A request that is out.
pub(super) struct Asked {
    pub place: Place,
    pub way: Way,
    pub url: Url,
    pub hops: u8,
}

/// What a reply did.
pub(super) enum Applied {
    /// Go on there.
    Hop(Url),
    /// The step is done.
    Step,
    /// The rung brought nothing.
    Verdict(Verdict),
}

impl Asked {
    pub fn at(place: Place, way: Way) -> Self {
        // Replaced by the real address before anything is sent; a page that is read later has none.
        let nowhere = Url::parse("about:blank").expect("a constant address parses");
        Self { place, way, url: nowhere, hops: 0 }
    }

    /// The same with the address that it goes to.
    pub fn to(mut self, ask: &Ask) -> Self {
        self.url = match ask {
            Ask::Http(request) => request.url.clone(),
            Ask::Visit(visit) => visit.url.clone(),
        };
        self
    }
}

impl Back {
    /// When it came.
    pub(super) fn at(&self) -> Now {
        match self {
            Self::Http(exchange) => exchange.at,
            Self::Browser(result) => result.at,
        }
    }

    /// Nothing left this machine, so nothing was spent.
    fn is_not_sent(&self) -> bool {
        match self {
            Self::Http(exchange) => matches!(exchange.sent, Sent::No(_)),
            Self::Browser(result) => matches!(result.end, BrowserEnd::CannotRun(_)),
        }
    }

    /// No service has seen it, so it costs none of the account's budget.
    fn has_not_left(&self) -> bool {
        let is_unreachable = |end| matches!(end, BrowserEnd::Unreachable(_));
        self.is_not_sent() || matches!(self, Self::Browser(result) if is_unreachable(result.end))
    }

    /// There is something to seal.
    fn is_there(&self) -> bool {
        match self {
            Self::Http(exchange) => exchange.reply.is_ok(),
            Self::Browser(result) => result.cookies.is_some() || result.storage.is_some(),
        }
    }
}

impl Attempt {
    /// The request of `place` as it was sent, made again from what was held then.
    pub(super) fn asked_at(
        &self,
        bound: &Bound<'_>,
        place: &Place,
        work: &Work,
        hop: Option<Url>,
        at: Now,
    ) -> Option<Asked> {
        let mut asked = Asked::at(place.clone(), self.way_of(place.rung));
        let material = &work.record.current;
        asked.url = match (hop, steps_of(bound, place.rung).get(place.step)) {
            (Some(hop), _) => hop,
            (None, Some(step)) => bound.request(step, material, &work.scratch, None, at).ok()?.url,
            (None, None) => match &bound.provider.rungs.get(place.rung)?.strategy {
                Strategy::OAuth => bound.oauth_refresh_request(&place.chain, material).ok()?.url,
                Strategy::Browser { .. } => {
                    bound
                        .visit(&bound.provider.rungs[place.rung], material, std::time::Duration::ZERO)
                        .ok()?
                        .url
                }
                _ => return None,
            },
        };
        Some(asked)
    }

    pub(super) fn came_back(&mut self, asked: Asked, back: Back, now: Now) -> Effect {
        let (service, Some(stored)) = (Arc::clone(&self.service), self.stored.clone()) else {
            return self.done(super::End::Broken);
        };
        let Ok(bound) = service.bind(&stored) else { return self.done(super::End::Broken) };
        if back.has_not_left() {
            self.requests = self.requests.saturating_sub(1);
        }
        if !spends(&bound, &asked.place) || back.is_not_sent() || !back.is_there() {
            return self.judge(asked, back, now);
        }
        // I4: before anything else. The next step's mark goes along if that one spends, too.
        let next = if self.is_hop(&bound, &asked, &back) {
            Some(asked.place.step)
        } else {
            let after = Place { step: asked.place.step + 1, ..asked.place.clone() };
            spends_after(&bound, &after).then_some(after.step)
        };
        let answer = journal::Answer { place: asked.place.clone(), back, next };
        let entry = Entry::Answer(answer);
        let bytes = entry.encode();
        let Entry::Answer(journal::Answer { back, .. }) = entry else { return self.done(super::End::Broken) };
        self.ladder.marked = next;
        self.phase = Phase::Sealing(asked, back);
        Effect::Append { what: Appended::Answer, entry: bytes }
    }

    pub(super) fn sealed(
        &mut self,
        asked: Asked,
        back: Back,
        written: Result<(), JournalError>,
        now: Now,
    ) -> Effect {
        if written.is_err() {
            // The disk failed between mark and reply. The reply is in our hands; the store is the place left.
            self.ladder.marked = None;
        }
        self.judge(asked, back, now)
    }

    /// Classifies and applies.
    fn judge(&mut self, asked: Asked, back: Back, now: Now) -> Effect {
        let (service, Some(stored)) = (Arc::clone(&self.service), self.stored.clone()) else {
            return self.done(super::End::Broken);
        };
        let (Ok(bound), Some(work)) = (service.bind(&stored), &mut self.work) else {
            return self.done(super::End::Broken);
        };
        let is_spending = spends(&bound, &asked.place);
        let not_sent = back.is_not_sent();
        let applied = apply(&bound, work, &asked, &back);
        let warnings = std::mem::take(&mut work.warnings);
        if not_sent && is_spending && !self.is_replay {
            work.has_spent = work.is_dirty;
        }
        let is_unknown = matches!(applied, Applied::Verdict(Verdict::Unknown { .. }));
        let is_repeated = is_spending && self.ladder.replays > 0 && !not_sent;
        let leaves_open = matches!(&applied, Applied::Verdict(verdict) if verdict.leaves_open(&back, work));
        let is_still_lost = is_repeated && leaves_open;
        let is_open = is_unknown || is_still_lost || (not_sent && self.is_replay);
        if is_spending && !is_open {
            self.settled = Some(asked.place.clone());
        }
        self.note(warnings);
        match applied {
            Applied::Hop(to) => self.hop(&bound, asked, to, now),
            Applied::Step => {
                self.ladder.step = asked.place.step + 1;
                self.run_step(now)
            }
            // A replay that did not leave changes nothing: the first one is still lost.
            Applied::Verdict(Verdict::Transient { cause, .. }) if not_sent && self.is_replay => {
                let replays = self.ladder.replays.saturating_sub(1);
                self.lost.push((self.chain.clone(), replays));
                self.done(super::End::Unknown { replays, cause, host_down: true })
            }
            Applied::Verdict(verdict) if is_still_lost => self.still_lost(verdict),
            Applied::Verdict(Verdict::Unknown { cause }) if !is_spending => {
                // Nothing was spent, so nothing is lost: a page in the answer's place is an answer without the
                // token, everything else passes.
                let verdict = match cause {
                    Cause::Page { status } => Verdict::Nothing { status, cause },
                    cause => Verdict::Transient { retry_after: None, cause },
                };
                self.verdict(verdict, now)
            }
            Applied::Verdict(verdict) => self.verdict(verdict, now),
        }
    }

    fn hop(&mut self, bound: &Bound<'_>, asked: Asked, to: Url, now: Now) -> Effect {
        let Some(work) = &self.work else { return self.done(super::End::Broken) };
        match bound.follow(to.clone(), &work.record.current, now) {
            Ok(request) => {
                let asked = Asked { url: to, hops: asked.hops + 1, ..asked };
                self.send_ask(asked, Ask::Http(request))
            }
            // `apply` has looked at the address already.
            Err(error) => self.verdict(Verdict::CannotRun { missing: Some(error.to_string()) }, now),
        }
    }

    fn is_hop(&self, bound: &Bound<'_>, asked: &Asked, back: &Back) -> bool {
        let (Back::Http(exchange), Some(work)) = (back, &self.work) else { return false };
        redirect_of(bound, work, asked, exchange).is_some()
    }
}

fn spends_after(bound: &Bound<'_>, place: &Place) -> bool {
    place.step < steps_of(bound, place.rung).len() && spends(bound, place)
}

/// Applies a reply to the material in the making: the same for a fresh one and one from the journal.
pub(super) fn apply(bound: &Bound<'_>, work: &mut Work, asked: &Asked, back: &Back) -> Applied {
    let applied = match back {
        Back::Http(exchange) => apply_exchange(bound, work, asked, exchange),
        Back::Browser(result) => apply_visit(bound, work, asked, result),
    };
    if spends(bound, &asked.place) {
        work.note_spent(&applied);
    }
    applied
}

fn apply_exchange(bound: &Bound<'_>, work: &mut Work, asked: &Asked, exchange: &Exchange) -> Applied {
    let before = work.record.current.jar.digest();
    let mut after = work.record.current.duplicate();
    if let Ok(reply) = &exchange.reply {
        let set = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
        set.for_each(|(_, value)| _ = after.jar.receive(&asked.url, value.expose(), exchange.at.wall));
    }
    let has_moved = after.jar.digest() != before;
    if let Some(to) = redirect_of(bound, work, asked, exchange) {
        work.record.current = after;
        work.is_dirty |= has_moved;
        work.hop_moved |= has_moved;
        if has_moved {
            work.note_answer(None);
        }
        return Applied::Hop(to);
    }
    let saves = saves_of(bound, &asked.place);
    // Cookies of an answer that is no success are not taken over: a page that says "logged out" often brings
    // the cookie of a new, empty session, and that must not replace one that may still be good (I2).
    let verdict = match classify(bound, &asked.url, &after, saves, exchange) {
        Outcome::Renewed => None,
        Outcome::Transient { retry_after, cause } => Some(Verdict::Transient { retry_after, cause }),
        Outcome::Rejected { last, cause } => Some(Verdict::Rejected { last, cause }),
        Outcome::Refused { status, cause } => Some(Verdict::Refused { status, cause }),
        Outcome::AppRejected { .. } => Some(Verdict::AppRejected),
        Outcome::Unknown { cause } => Some(Verdict::Unknown { cause }),
    };
    let (None, Ok(reply)) = (&verdict, &exchange.reply) else {
        return Applied::Verdict(verdict.unwrap_or(Verdict::CannotRun { missing: None }));
    };
    let answer = Answer::read(reply, Some(asked.url.clone()));
    // A page that brings nothing of the service's is as likely a network's own (F1). One that says nothing is not.
    let has_brought = has_moved || work.hop_moved || reply.body.expose().trim_ascii().is_empty();
    let is_foreign = answer.is_html() && !has_brought;
    let is_spending = spends(bound, &asked.place);
    match bound.save_from_answer(saves, &answer, &after, &work.scratch, exchange.at) {
        // What the jar held before is no answer of the service either (F1).
        Ok(_) if is_foreign && is_spending && brings_no_cookie(saves, &answer) => {
            Applied::Verdict(Verdict::Unknown { cause: Cause::Page { status: reply.status } })
        }
        Ok(saved) => {
            work.warnings.extend(saved.warnings.iter().cloned());
            // What spends was noted as lost, or its file says that such a page is good.
            let tells = is_spending || !is_foreign || brings_own(saves, &saved);
            work.note_answer((!tells).then_some(reply.status));
            if is_token_end_point(bound, &asked.place) {
                work.warnings.extend(bound.oauth_warnings(&answer));
            }
            work.is_dirty |= has_moved
                || (tells && saved.values.iter().any(|value| !matches!(value.field, Field::Step(_))));
            saved.apply(bound, &mut after, &mut work.scratch, exchange.at);
            work.record.current = after;
            work.hop_moved = false;
            Applied::Step
        }
        Err(ExtractError::Unreadable) => {
            Applied::Verdict(Verdict::Unknown { cause: Cause::Page { status: reply.status } })
        }
        Err(ExtractError::Missing(_) | ExtractError::NotNewer(_)) if is_foreign => {
            Applied::Verdict(Verdict::Unknown { cause: Cause::Page { status: reply.status } })
        }
        Err(ExtractError::Missing(field) | ExtractError::NotNewer(field)) => {
            work.note_answer(None);
            work.has_brought = has_moved && sends_cookies(bound, &asked.place);
            if is_spending {
                let found = bound.found_in_answer(saves, &answer, &after, &work.scratch, exchange.at);
                work.keep(found, bound, &mut after, exchange.at);
            }
            work.record.current = after;
            work.is_dirty |= has_moved;
            let cause = Cause::Missing { field: field.to_string() };
            Applied::Verdict(Verdict::Nothing { status: reply.status, cause })
        }
    }
}

/// Whether the jar is what the request spends.
fn sends_cookies(bound: &Bound<'_>, place: &Place) -> bool {
    steps_of(bound, place.rung).get(place.step).is_some_and(|step| step.auth == Auth::Cookies)
}

/// Whether cookies alone had to come, and none came.
fn brings_no_cookie(saves: &[Save], answer: &Answer<'_>) -> bool {
    let is_missing = |save: &Save| {
        !save.optional && matches!(&save.source, Source::Cookie(name) if !answer.sets_cookie(name))
    };
    !saves.is_empty() && saves.iter().all(is_missing)
}

/// Whether something of the answer itself was found where the file says: a page of the service's, not a network's.
fn brings_own(saves: &[Save], saved: &Saved) -> bool {
    let is_own = |save: &Save| {
        let is_of_answer = matches!(save.source, Source::Json(_) | Source::Header(_) | Source::Text(_));
        is_of_answer && saved.has(&save.field)
    };
    saves.iter().any(is_own)
}

/// Whether the answer is one of an OAuth token end point (RFC 6749 section 5.1).
fn is_token_end_point(bound: &Bound<'_>, place: &Place) -> bool {
    bound.provider.rungs.get(place.rung).is_some_and(|rung| matches!(rung.strategy, Strategy::OAuth))
}

/// What the answer to `place` should bring.
fn saves_of<'a>(bound: &Bound<'a>, place: &Place) -> &'a [Save] {
    match steps_of(bound, place.rung).get(place.step) {
        Some(step) => &step.save,
        None => bound.provider.rungs.get(place.rung).map_or(&[], |rung| rung.save.as_slice()),
    }
}

/// Where a GET step with cookies goes on: within `hosts`, not to a page that says "logged out", five times.
pub(super) fn redirect(
    bound: &Bound<'_>,
    material: &Material,
    step: &Step,
    from: &Url,
    hops: u8,
    exchange: &Exchange,
) -> Option<Url> {
    let reply = exchange.reply.as_ref().ok()?;
    let may = step.method == "GET" && step.auth == Auth::Cookies && hops < MOST_HOPS;
    if !may || !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let answer = Answer::read(reply, Some(from.clone()));
    let to = answer.location()?;
    let is_dead = Scene::new(bound, &answer, material).holds_any(&bound.provider.dead);
    (!is_dead && bound.allows(&to)).then_some(to)
}

fn redirect_of(bound: &Bound<'_>, work: &Work, asked: &Asked, exchange: &Exchange) -> Option<Url> {
    let step = steps_of(bound, asked.place.rung).get(asked.place.step)?;
    redirect(bound, &work.record.current, step, &asked.url, asked.hops, exchange)
}
