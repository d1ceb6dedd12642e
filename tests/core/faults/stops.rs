//! The engine, its database or the whole machine stops, or is stopped: F36, F37, F43, F64.

use std::cell::Cell;
use std::rc::Rc;

use lamplighter_core::account::Event;
use lamplighter_core::api::Standing;
use lamplighter_core::exchange::NoReply;
use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use testkit::memory_store::Fault;

use super::line::{Line, MIN, has_a_time};
use crate::machines::rig::{body, cut, json, minted};
use crate::machines::{COOKIES, OAUTH};

/// Longer than any refresh has steps.
const MOST_STEPS: usize = 12;

/// A service that rotates with each use and still knows the one before.
fn rotating() -> Line {
    rotating_with(Rc::default())
}

/// The same, whose answers get lost on the way while `is_lost`.
fn rotating_with(is_lost: Rc<Cell<bool>>) -> Line {
    let mut line = Line::new(OAUTH);
    let mut current = 1;
    line.rig.answers = Box::new(move |request, now| {
        if is_lost.get() {
            return cut(NoReply::Cut, now);
        }
        let body = body(request);
        if body.contains(&format!("r{current}")) {
            current += 1;
            minted(current, now)
        } else if body.contains(&format!("r{}", current - 1)) {
            minted(current, now)
        } else {
            json(400, r#"{"error":"invalid_grant"}"#, now)
        }
    });
    line
}

/// It heals to exactly the next generation without anybody being disturbed.
fn heals(line: &mut Line, after: &str) {
    line.pass(35 * MIN);
    if line.rig.token() == "canary-a1" {
        // Nothing had been sent: it is as if nothing had been begun.
        line.record_is_unchanged();
        line.refresh();
    }
    assert_eq!(line.rig.token(), "canary-a2", "{after}: {:?}", line.rig.trace);
    line.record_is_one_newer();
    assert!(line.rig.stored().current.spent.is_empty(), "{after}");
    line.is_fine();
}

#[test]
fn f36_a_kill_after_any_step_is_nothing_or_one_generation_and_says_when_it_goes_on() {
    let (mut told, mut killed) = (0, 0);
    for (has_state, is_away) in [(true, false), (false, false), (true, true), (false, true)] {
        for steps in 0..MOST_STEPS {
            let is_lost = Rc::new(Cell::new(false));
            let mut line = rotating_with(Rc::clone(&is_lost));
            if !line.is_killed_after(steps) {
                break;
            }
            killed += 1;
            // The service answers the next start, or not yet.
            is_lost.set(is_away);
            line.restart(has_state);
            if line.told(Lang::En).is_some() {
                told += 1;
                line.record_is_unchanged();
                let notice = line.waits("got lost");
                assert_eq!(notice.code, Code::Temporary, "{steps}");
                assert!(notice.safe.is_some_and(|safe| safe.contains("is kept")), "{steps}");
            } else {
                line.is_fine();
            }
            is_lost.set(false);
            heals(&mut line, &format!("killed after {steps} steps"));
        }
    }
    assert!(killed >= 24 && told >= 4, "{killed} kills, and {told} times there was something to tell");
}

#[test]
fn f37_power_lost_at_any_write_is_the_old_record_or_the_next_and_heals_or_says_when() {
    // What was being written at that moment comes torn, or what the store had said to be saved never came.
    for is_torn in [true, false] {
        let mut lost = 0;
        for steps in 1..MOST_STEPS {
            let mut line = rotating();
            let before = line.rig.store.backup();
            if !line.is_killed_after(steps) {
                break;
            }
            let step = line.rig.trace.last().cloned().unwrap_or_default();
            let is_write = matches!(step.as_str(), "mark" | "seal" | "create");
            if is_torn && is_write {
                // A torn entry is left out when the journal is read.
                line.rig.journal.entries.iter_mut().for_each(|entries| drop(entries.pop()));
                lost += 1;
            } else if !is_torn && step == "save" {
                line.rig.store.restore(before);
                lost += 1;
            }
            line.restart(false);
            heals(&mut line, &format!("power lost after {step}"));
        }
        assert!(lost >= 1, "torn: {is_torn}");
    }
}

#[test]
fn f37_a_journal_that_is_damaged_by_a_power_cut_is_a_lost_reply_and_no_logout() {
    let is_lost = Rc::new(Cell::new(false));
    let mut line = rotating_with(Rc::clone(&is_lost));
    assert!(line.is_killed_after(4), "sent, and the answer not written down");
    line.rig.journal.is_damaged = true;
    is_lost.set(true);
    line.restart(false);
    line.record_is_unchanged();
    let told = line.waits("got lost");
    assert!(told.cure.is_some_and(|cure| cure.contains("have a valid token")));
    is_lost.set(false);
    heals(&mut line, "a damaged journal");
}

#[test]
fn f43_without_its_database_no_login_is_lost_and_what_counts_is_found_out_anew() {
    let mut line = rotating();
    line.refresh();
    line.record_is_one_newer();
    let sent = line.rig.requests.len();
    line.restart(false);
    line.record_is_unchanged();
    line.is_fine();
    line.pass(20 * MIN);
    assert_eq!(line.rig.requests.len(), sent, "its token is good: nothing is due");
    line.goes_on();

    // With a probe that comes first.
    let mut line = Line::new(COOKIES);
    line.rig.answers = Box::new(|_, now| json(200, r#"{"email":"ana@example.com"}"#, now));
    let account = line.rig.account.clone();
    line.event(Event::CheckAsked { account });
    line.pass(MIN);
    line.compare_from_here();
    line.restart(false);
    line.record_is_unchanged();
    line.is_fine();
    assert!(line.rig.requests.iter().all(|request| request.ends_with("/me")), "{:?}", line.rig.requests);

    // That a session was over is forgotten with it, and told again when the service has said so again.
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(|_, now| json(400, r#"{"error":"invalid_grant"}"#, now));
    line.refresh();
    line.pass(6 * MIN);
    line.tells("ended the session");
    let sent = line.rig.requests.len();
    line.restart(false);
    line.record_is_unchanged();
    assert_eq!(line.told(Lang::En), None);
    line.refresh();
    line.pass(6 * MIN);
    line.record_is_unchanged();
    assert_eq!(line.tells("ended the session").code, Code::NeedsLogin);
    assert_eq!(line.rig.requests.len(), sent + 2, "the request and its confirmation");
    // With the database it is not even asked.
    line.restart(true);
    line.record_is_unchanged();
    assert_eq!(line.tells("ended the session").code, Code::NeedsLogin);
    assert_eq!(line.rig.requests.len(), sent + 2);
}

#[test]
fn f64_what_runs_when_the_machine_ends_is_saved_and_nothing_more_is_begun() {
    let mut line = rotating();
    line.ask();
    line.event(Event::Stopping);
    line.perform();
    line.record_is_one_newer();
    line.is_fine();
    let sent = line.rig.requests.len();
    line.ask();
    line.perform();
    line.pass(120 * MIN);
    assert_eq!(line.rig.requests.len(), sent, "no new spends");
    line.record_is_unchanged();
}

#[test]
fn f64_a_keyring_that_ends_first_finds_the_new_login_sealed_at_the_next_start() {
    let mut line = rotating();
    line.ask();
    line.event(Event::Stopping);
    line.rig.store.fail_next(Fault::Refuses(StoreError::Absent("the daemon has ended".to_owned())));
    line.perform();
    line.record_is_unchanged();
    let told = line.tells("No keyring is running");
    assert_eq!((told.code, line.standing()), (Code::StoreAbsent, Standing::Waiting));
    assert!(told.safe.is_some_and(|safe| safe.contains("sealed")), "where it is meanwhile");
    assert!(told.next.is_some_and(|next| has_a_time(&next)));
    assert_eq!(line.rig.published.len(), 1, "programs have the new token");
    for has_state in [true, false] {
        line.restart(has_state);
    }
    line.record_is_one_newer();
    assert_eq!((line.rig.credential().as_str(), line.rig.requests.len()), ("canary-r2", 1));
    assert_eq!(line.told(Lang::En), None);
    assert!(line.rig.store.load(&line.rig.account).is_ok_and(|record| record.is_some()));
}
