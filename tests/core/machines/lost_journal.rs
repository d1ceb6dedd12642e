//! The journal is gone, or not all of it can be read: what it said last is not known, and no crash forgets that (I4).

use lamplighter_core::id::{ChainName, WriteId};
use lamplighter_core::journal::{Answer, Back, Entry, Mark, Place, Scratch};
use lamplighter_core::refresh::{AttemptSummary, End, Purpose};

use super::OAUTH;
use super::rig::{Rig, held, json, minted};

/// Two chains that spend, each with a key of its own.
const TWO: &str = r#"
format = 1
name = "Test"
hosts = ["app.example.com"]
[[login]]
kind = "paste"
[login.fields]
"refresh.main" = { label = "Key", secret = true }
"refresh.side" = { label = "Other key", secret = true }
[tokens.access]
expires = ["1h"]
[tokens.other]
chain = "side"
expires = ["1h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://app.example.com/main"
json = { key = "{{refresh.main}}" }
save = { "refresh.main" = "json:refresh_token", "token.access" = "json:access_token" }
[[refresh]]
chain = "side"
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://app.example.com/side"
json = { key = "{{refresh.side}}" }
save = { "refresh.side" = "json:refresh_token", "token.other" = "json:access_token" }
"#;

fn side() -> ChainName {
    "side".parse().unwrap()
}

fn place(rig: &Rig, chain: &ChainName) -> Place {
    let generation = rig.stored().current.generation;
    let rung = usize::from(*chain != ChainName::main());
    Place { chain: chain.clone(), generation, rung, step: 0 }
}

fn mark(rig: &Rig, chain: &ChainName) -> Vec<u8> {
    let mark = Mark {
        place: place(rig, chain),
        replays: 0,
        was_rejected: false,
        way: None,
        work: Scratch::default(),
        stored: None,
    };
    Entry::Mark(mark).encode().to_vec()
}

/// A reply with the tokens of generation 2, or one that says "later".
fn reply(rig: &Rig, chain: &ChainName, is_good: bool) -> Vec<u8> {
    let now = rig.clock.now();
    let exchange = if is_good { minted(2, now) } else { json(503, "{}", now) };
    let answer = Answer { place: place(rig, chain), back: Back::Http(exchange), next: None };
    Entry::Answer(answer).encode().to_vec()
}

fn damaged(toml: &str, readable: impl Fn(&Rig) -> Vec<Vec<u8>>) -> Rig {
    let mut rig = Rig::new(toml);
    rig.answers = Box::new(|_, now| minted(2, now));
    (rig.journal.entries, rig.journal.is_damaged) = (Some(readable(&rig)), true);
    rig
}

fn is_lost_reply(summary: &AttemptSummary) -> bool {
    matches!(summary.end, End::Unknown { .. }) && !summary.lost.is_empty()
}

#[test]
fn i4_no_crash_forgets_that_the_journal_was_gone() {
    for purpose in [|| Purpose::Recover, || Purpose::Refresh { basis: Default::default() }] {
        for steps in 0..=3 {
            let mut rig = damaged(OAUTH, |_| Vec::new());
            rig.journal.entries = None;
            // Load, read, create: nothing was sent yet.
            assert!(rig.run_at_most(purpose(), steps).is_none());
            let summary = rig.run(Purpose::Recover);
            assert!(is_lost_reply(&summary), "after {steps}: {summary:?} {:?}", rig.trace);
        }
    }
}

#[test]
fn i4_what_is_sent_after_the_journal_was_lost_and_a_crash_is_marked_as_a_replay() {
    let mut rig = damaged(OAUTH, |_| Vec::new());
    rig.journal.entries = None;
    assert!(rig.run_at_most(Purpose::Recover, 3).is_none());
    assert_eq!(rig.trace.last().map(String::as_str), Some("create"));
    assert!(rig.run_at_most(Purpose::Refresh { basis: rig.stored().current.generation }, 4).is_none());
    assert_eq!(rig.trace.last().map(String::as_str), Some("send"));
    let Some(Entry::Mark(mark)) = rig.journal.decoded().pop() else { panic!("no mark") };
    assert_eq!(mark.replays, 1, "only the lost-reply rule may send it");
}

#[test]
fn i4_a_login_that_crashes_before_it_is_saved_does_not_forget_that_the_journal_was_gone() {
    for steps in 0..=3 {
        let mut rig = damaged(OAUTH, |_| Vec::new());
        rig.journal.entries = None;
        let mut login = rig.record();
        login.write_id = WriteId([4; 16]);
        assert!(rig.run_at_most(Purpose::Commit { record: Box::new(login) }, steps).is_none());
        let summary = rig.run(Purpose::Recover);
        assert!(is_lost_reply(&summary), "after {steps}: {summary:?} {:?}", rig.trace);
    }
}

#[test]
fn i4_a_login_that_is_saved_needs_no_journal_of_the_one_before() {
    let mut rig = damaged(OAUTH, |_| Vec::new());
    rig.journal.entries = None;
    let mut login = rig.record();
    login.write_id = WriteId([4; 16]);
    assert_eq!(rig.run(Purpose::Commit { record: Box::new(login) }).end, End::Committed);
    assert_eq!(rig.run(Purpose::Recover).end, End::Quiet);
}

#[test]
fn i4_what_can_be_read_of_a_damaged_journal_is_never_taken_for_all_of_it() {
    let unmark = |rig: &Rig| Entry::Unmark(place(rig, &ChainName::main())).encode().to_vec();
    let main = ChainName::main();
    let settled = damaged(OAUTH, |rig| vec![mark(rig, &main), unmark(rig)]);
    let said_later = damaged(OAUTH, |rig| vec![mark(rig, &main), reply(rig, &main, false)]);
    let nothing = damaged(OAUTH, |_| Vec::new());
    let not_ours = damaged(OAUTH, |_| vec![b"{}".to_vec()]);
    let sent = damaged(OAUTH, |rig| vec![mark(rig, &main)]);
    for (what, mut rig) in
        [("settled", settled), ("503", said_later), ("nothing", nothing), ("{}", not_ours), ("mark", sent)]
    {
        let summary = rig.run(Purpose::Recover);
        assert!(is_lost_reply(&summary), "{what}: {summary:?}");
        assert!(!rig.journal.is_damaged, "{what}: the new one can be written to");
        assert!(is_lost_reply(&rig.run(Purpose::Recover)), "{what}: the suspicion is on the disk");
        assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::Renewed { probe: None }, "{what}");
        assert_eq!(rig.credential(), "canary-r2");
    }
}

#[test]
fn i4_a_good_reply_in_a_damaged_journal_is_saved_without_another_request() {
    for crash in [2, 3, 4, usize::MAX] {
        let main = ChainName::main();
        let mut rig = damaged(OAUTH, |rig| vec![mark(rig, &main), reply(rig, &main, true)]);
        rig.run_at_most(Purpose::Recover, crash);
        rig.run(Purpose::Recover);
        assert_eq!((rig.credential().as_str(), rig.requests.len()), ("canary-r2", 0), "crash after {crash}");
        assert_eq!(rig.run(Purpose::Recover).end, End::Quiet);
    }
}

#[test]
fn i6_a_reply_that_is_saved_remembers_the_other_chains_of_a_damaged_journal() {
    let main = ChainName::main();
    let mut rig = damaged(TWO, |rig| vec![mark(rig, &main), reply(rig, &main, true)]);
    let mut record = rig.stored();
    let before = record.write_id;
    record.write_id = WriteId([5; 16]);
    let key = held("canary-s1", 3600, rig.clock.now());
    record.current.credentials.insert(side(), key);
    use lamplighter_core::record::SessionStore as _;
    rig.store.save(&rig.account.clone(), Some(before), &record).unwrap();
    rig.run(Purpose::Recover);
    assert_eq!(rig.credential(), "canary-r2");
    assert!(rig.stored().current.spent.contains(&side()), "its reply may be lost");
    let summary = rig.run(Purpose::Recover);
    assert!(is_lost_reply(&summary) && summary.chain == side(), "{summary:?}");
}

#[test]
fn i6_a_resumed_reply_remembers_another_chains_lost_one() {
    let main = ChainName::main();
    let mut rig = Rig::new(TWO);
    rig.journal.entries = Some(vec![mark(&rig, &side()), mark(&rig, &main), reply(&rig, &main, true)]);
    rig.run(Purpose::Recover);
    assert_eq!(rig.credential(), "canary-r2");
    assert!(rig.stored().current.spent.contains(&side()), "the mark is older than the record now");
}
