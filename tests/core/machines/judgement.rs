//! What each outcome does to session and chain: no doubt is a death, no death comes early, no other chain's word
//! counts (I9, F13, F25, F52).

use std::time::Duration;

use lamplighter_core::account::{Account, Block, Chain, Death, Event, Job, Session};
use lamplighter_core::classify::Cause;
use lamplighter_core::id::ChainName;
use lamplighter_core::record::{Record, StoreError};
use lamplighter_core::refresh::{AttemptSummary, Doubt, End};
use lamplighter_core::schedule::Timer;

use super::desk::{Desk, MIN};
use super::rig::held;
use super::{COOKIES, OAUTH, PAIRS};

const SEC: Duration = Duration::from_secs(1);

fn account(desk: &Desk) -> &Account {
    desk.accounts.get(&desk.ids[0]).unwrap()
}

fn main() -> ChainName {
    ChainName::main()
}

fn chain(name: &str) -> ChainName {
    name.parse().unwrap()
}

/// An attempt of the first account ends; whatever ran of it is over.
fn ended(desk: &mut Desk, job: Job, chain: ChainName, end: End) {
    ended_with(desk, job, chain, end, |_| {});
}

fn ended_with(
    desk: &mut Desk,
    job: Job,
    chain: ChainName,
    end: End,
    change: impl FnOnce(&mut AttemptSummary),
) {
    let account = desk.ids[0].clone();
    desk.running.retain(|(id, ..)| *id != account);
    let is_new = matches!(end, End::Renewed { .. });
    let mut summary = desk.summary(end, &chain);
    change(&mut summary);
    let facts = is_new.then(|| desk.facts());
    desk.event(Event::Ended { account, job, chain, summary, facts });
}

/// A token of an hour that is proven or not.
fn one(toml: &str, is_proven: bool) -> Desk {
    let made: fn(&mut Record, &Desk) = if is_proven {
        |record, desk| {
            let now = desk.clock.now();
            record.current.tokens.values_mut().for_each(|token| *token = held("t", 3600, now));
        }
    } else {
        |record, desk| {
            let now = desk.clock.now();
            record.current.tokens.values_mut().for_each(|token| *token = held("t", 3600, now));
            record.current.is_proven = false;
        }
    };
    Desk::with(toml, 1, made)
}

/// Two chains with a token of an hour each.
fn pairs() -> Desk {
    let mut desk = Desk::with(PAIRS, 1, |record, desk| {
        let now = desk.clock.now();
        record.current.tokens.clear();
        for name in ["bot", "user"] {
            record.current.tokens.insert(name.parse().unwrap(), held("t", 3600, now));
        }
    });
    while !desk.running.is_empty() {
        let id = desk.ids[0].clone();
        desk.end_of(&id, End::Proven);
    }
    desk
}

fn rejected() -> End {
    End::Rejected { last: false, lost: false }
}

fn transient() -> End {
    End::Transient { retry_after: None, cause: Cause::Status { status: 503 } }
}

#[test]
fn i6_only_what_is_not_proven_and_could_be_is_probed_again_in_a_minute() {
    for (toml, is_proven, is_probed) in
        [(COOKIES, true, false), (COOKIES, false, true), (OAUTH, false, false), (OAUTH, true, false)]
    {
        let mut desk = one(toml, is_proven);
        ended(&mut desk, Job::Refresh, main(), End::Renewed { probe: None });
        assert!(matches!(desk.session(), Session::Alive { .. }));
        let left = account(&desk).probe.map(|probe| probe.left(desk.clock.now()));
        assert_eq!(left, is_probed.then_some(MIN), "{is_proven}");
    }
}

#[test]
fn s3_6_a_probe_that_came_due_during_a_refresh_that_proved_more_waits_for_its_next_time() {
    let mut desk = pairs();
    desk.pass(60 * MIN);
    desk.clock.advance(7 * 60 * MIN);
    ended(&mut desk, Job::Refresh, chain("bot"), End::Renewed { probe: Some(true) });
    let left = account(&desk).probe.map(|probe| probe.left(desk.clock.now()));
    assert_eq!(left, Some(6 * 60 * MIN));
    // One that is not due stays where it was.
    desk.clock.advance(MIN);
    ended(&mut desk, Job::Refresh, chain("bot"), End::Renewed { probe: Some(true) });
    let left = account(&desk).probe.map(|probe| probe.left(desk.clock.now()));
    assert_eq!(left, Some(6 * 60 * MIN - MIN));
}

#[test]
fn f25_a_probe_that_says_no_of_a_fresh_token_doubts_the_session() {
    let mut desk = pairs();
    ended(&mut desk, Job::Probe { reported: false }, chain("bot"), End::ProbeFailed);
    assert!(matches!(desk.session(), Session::Suspect { why: Doubt::ProbeFailed, .. }));
    // The token's end changes nothing about a doubt.
    desk.clock.advance(61 * MIN);
    ended(&mut desk, Job::Probe { reported: false }, chain("bot"), End::ProbeFailed);
    assert!(matches!(desk.session(), Session::Suspect { .. }));
}

#[test]
fn f25_of_a_token_that_is_over_or_was_reported_it_asks_for_a_refresh() {
    for (is_over, reported) in [(true, false), (false, true)] {
        let mut desk = pairs();
        desk.clock.advance(if is_over { 61 * MIN } else { MIN });
        ended(&mut desk, Job::Probe { reported }, chain("bot"), End::ProbeFailed);
        assert!(matches!(desk.session(), Session::Alive { .. }), "{:?}", desk.session());
        assert_eq!(desk.running[0].1, chain("bot"));
        assert_eq!(desk.job(), Some(Job::Refresh));
    }
}

#[test]
fn f11_failures_in_a_row_are_counted_and_a_success_ends_the_count() {
    let mut desk = one(OAUTH, true);
    let failures = |desk: &Desk| match account(desk).chains[&main()].chain {
        Chain::Waiting { failures, .. } => failures,
        _ => 0,
    };
    for count in 1..=3 {
        ended(&mut desk, Job::Refresh, main(), transient());
        assert_eq!(failures(&desk), count);
    }
    ended(&mut desk, Job::Refresh, main(), End::Renewed { probe: None });
    assert_eq!(failures(&desk), 0);
}

#[test]
fn f07_unanswered_tries_in_a_row_are_counted() {
    let mut desk = one(OAUTH, true);
    for count in 0..3 {
        let end = End::Unknown { replays: 1, cause: Cause::Crash, host_down: false };
        ended(&mut desk, Job::Replay { asked: false }, main(), end);
        match &account(&desk).chains[&main()].chain {
            Chain::Unknown { tries, .. } => assert_eq!(*tries, count),
            other => panic!("{other:?}"),
        }
    }
}

fn confirm(desk: &Desk) -> Timer {
    match desk.session() {
        Session::Suspect { confirm, .. } => *confirm,
        other => panic!("{other:?}"),
    }
}

#[test]
fn f52_what_another_chain_waits_for_moves_no_confirmation() {
    let unknown = || End::Unknown { replays: 3, cause: Cause::Crash, host_down: false };
    for end in [transient, unknown] {
        let mut desk = pairs();
        ended(&mut desk, Job::Refresh, chain("bot"), rejected());
        let before = confirm(&desk);
        ended(&mut desk, Job::Refresh, chain("user"), end());
        assert_eq!(confirm(&desk), before);
        ended(&mut desk, Job::Confirm(Doubt::Rejected), chain("bot"), end());
        assert_ne!(confirm(&desk), before, "its own does");
        assert!(matches!(desk.session(), Session::Suspect { .. }), "I9");
    }
}

#[test]
fn f13_only_a_confirmation_confirms() {
    for (job, is_dead) in [
        (Job::Refresh, false),
        (Job::Probe { reported: false }, false),
        (Job::Confirm(Doubt::Rejected), true),
        (Job::Replay { asked: false }, true),
    ] {
        let mut desk = one(OAUTH, true);
        ended(&mut desk, Job::Refresh, main(), rejected());
        // Right after the first no, what a restart sends again is of the same moment.
        desk.clock.advance(61 * SEC);
        ended(&mut desk, job, main(), rejected());
        assert_eq!(matches!(desk.session(), Session::Dead { .. }), is_dead, "{job:?}");
        assert_eq!(matches!(desk.session(), Session::Suspect { .. }), !is_dead, "{job:?}");
    }
}

#[test]
fn f25_a_second_doubt_about_the_same_chain_keeps_the_first_ones_reason_and_is_settled_in_a_minute() {
    let mut desk = pairs();
    ended(&mut desk, Job::Refresh, chain("bot"), rejected());
    let Session::Suspect { since, .. } = *desk.session() else { panic!("a doubt") };
    desk.clock.advance(10 * SEC);
    ended(&mut desk, Job::Confirm(Doubt::Rejected), chain("bot"), End::Renewed { probe: Some(false) });
    match desk.session() {
        Session::Suspect { chain: doubted, why, since: then, confirm } => {
            assert_eq!((doubted, *why, *then), (&chain("bot"), Doubt::Rejected, since));
            assert_eq!(confirm.left(desk.clock.now()), MIN);
        }
        other => panic!("{other:?}"),
    }
    ended(&mut desk, Job::Refresh, chain("user"), End::Renewed { probe: Some(false) });
    match desk.session() {
        Session::Suspect { chain: doubted, why, .. } => {
            assert_eq!((doubted, *why), (&chain("user"), Doubt::ProbeFailed));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn f43_f53_a_login_that_the_database_has_not_heard_of_ends_what_it_says_and_so_does_a_record_that_can_be_read()
 {
    for end in [End::AppRejected, End::NewerFormat(9)] {
        let mut desk = one(OAUTH, true);
        ended(&mut desk, Job::Refresh, main(), end);
        assert!(matches!(desk.session(), Session::Blocked { .. }));
        desk.generation += 5;
        let facts = Some(desk.facts());
        let summary = desk.summary(End::Quiet, &main());
        let account = desk.ids[0].clone();
        desk.event(Event::Ended { account, job: Job::Recover, chain: main(), summary, facts });
        assert!(!matches!(desk.session(), Session::Blocked { .. }), "{:?}", desk.session());
    }
}

#[test]
fn a_logout_leaves_nothing_of_the_session() {
    let mut desk = one(OAUTH, true);
    ended(&mut desk, Job::Refresh, main(), transient());
    ended(&mut desk, Job::Logout, main(), End::LoggedOut { revoke_failed: None });
    let account = account(&desk);
    assert!(account.recovered && account.session == Session::None && account.facts.is_none());
    assert_eq!(account.chains[&main()].chain, Chain::Idle);
}

#[test]
fn f60_a_probes_no_that_no_way_can_check_is_the_end_and_any_other_doubt_is_not() {
    for (doubt, is_dead) in [(Doubt::ProbeFailed, true), (Doubt::Rejected, false)] {
        let mut desk = one(COOKIES, true);
        ended(&mut desk, Job::Probe { reported: false }, main(), End::ProbeFailed);
        ended(&mut desk, Job::Confirm(doubt), main(), End::CannotRun { no_chrome: None });
        let dead = matches!(desk.session(), Session::Dead { reason: Death::ProbeFailed, .. });
        assert_eq!(dead, is_dead, "{:?}", desk.session());
    }
}

#[test]
fn f15_wrong_settings_of_what_is_no_app_block_one_account() {
    let mut desk = Desk::of(COOKIES, 2);
    ended(&mut desk, Job::Refresh, main(), End::AppRejected);
    assert!(matches!(desk.session(), Session::Blocked { why: Block::AppSettings, .. }));
    let other = desk.accounts.get(&desk.ids[1]).unwrap();
    assert!(!matches!(other.session, Session::Blocked { .. }));
}

#[test]
fn f07_a_lost_reply_is_replayed_at_once_if_it_never_was_and_later_if_it_was() {
    for (replays, wait) in [(0, 0), (3, 40)] {
        let mut desk = one(OAUTH, true);
        ended_with(&mut desk, Job::Persist, main(), End::Saved, |summary| {
            summary.lost = vec![(ChainName::main(), replays)];
        });
        if wait == 0 {
            assert_eq!(desk.job(), Some(Job::Replay { asked: false }));
            continue;
        }
        match &account(&desk).chains[&main()].chain {
            Chain::Unknown { replay, .. } => assert_eq!(replay.left(desk.clock.now()), wait * SEC),
            other => panic!("{other:?}"),
        }
        ended_with(&mut desk, Job::Probe { reported: false }, main(), End::Proven, |summary| {
            summary.lost = vec![(ChainName::main(), replays)];
        });
        assert!(matches!(account(&desk).chains[&main()].chain, Chain::Unknown { .. }), "still lost");
        ended(&mut desk, Job::Probe { reported: false }, main(), End::Proven);
        assert_eq!(account(&desk).chains[&main()].chain, Chain::Idle, "not lost any more");
    }
}

#[test]
fn f38_a_store_that_goes_on_refusing_is_counted_and_what_did_nothing_settles_nothing() {
    let mut desk = one(OAUTH, true);
    let tries = |desk: &Desk| account(desk).unsaved.as_ref().map(|unsaved| unsaved.tries);
    for count in 0..3 {
        ended_with(&mut desk, Job::Persist, main(), End::Saved, |summary| {
            summary.unsaved = Some(StoreError::Locked);
        });
        assert_eq!(tries(&desk), Some(count));
    }
    ended(&mut desk, Job::Persist, main(), End::NoStore(StoreError::Locked));
    assert_eq!(tries(&desk), Some(3));
    ended(&mut desk, Job::Persist, main(), End::NoJournal("full".to_owned()));
    assert_eq!(tries(&desk), Some(3));
    ended(&mut desk, Job::Persist, main(), End::Saved);
    assert_eq!(tries(&desk), None);
}

#[test]
fn f38_f53_a_newer_versions_words_in_the_journal_save_nothing_of_what_the_store_refused() {
    let mut desk = one(OAUTH, true);
    ended_with(&mut desk, Job::Persist, main(), End::Saved, |summary| {
        summary.unsaved = Some(StoreError::Locked);
    });
    ended(&mut desk, Job::Persist, main(), End::NewerFormat(2));
    let unsaved = account(&desk).unsaved.clone().expect("it is not saved");
    assert_eq!((unsaved.tries, unsaved.store), (1, StoreError::Locked));
    assert!(!unsaved.next.is_over(desk.clock.now()), "asked again, and not at once");
}

#[test]
fn the_history_has_a_word_for_what_is_news_and_none_for_the_rest() {
    let probe = Job::Probe { reported: false };
    let confirm = Job::Confirm(Doubt::Rejected);
    let cases = [
        (Job::Refresh, End::Renewed { probe: None }, Some("refresh")),
        (Job::Refresh, transient(), Some("refresh")),
        (Job::Refresh, End::Newer, None),
        (Job::Persist, End::Saved, None),
        (Job::Persist, End::NoJournal("full".to_owned()), None),
        (Job::Amend, End::NoJournal("full".to_owned()), None),
        (probe, End::Proven, Some("probe")),
        (probe, End::ProbeSilent, Some("probe")),
        (confirm, End::Proven, Some("probe")),
        (confirm, rejected(), Some("refresh")),
        (Job::Commit, End::Committed, Some("login")),
        (Job::Logout, End::LoggedOut { revoke_failed: None }, Some("logout")),
    ];
    for (job, end, word) in cases {
        let mut desk = one(OAUTH, true);
        desk.history.clear();
        let told = format!("{job:?} {end:?}");
        ended(&mut desk, job, main(), end);
        assert_eq!(desk.history, Vec::from_iter(word), "{told}");
    }
}
