//! What is written into the journal comes back, and says what is open.

use lamplighter_core::exchange::{BrowserEnd, BrowserResult, NoReply};
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::journal::{Answer, Back, Entry, Mark, Place, Scratch, fold};
use testkit::clock::ManualClock;
use zeroize::Zeroizing;

use super::rig::{cut, reply, shown};

fn place(generation: u64, step: usize) -> Place {
    Place { chain: ChainName::main(), generation: Generation(generation), rung: 0, step }
}

fn mark(generation: u64, step: usize, replays: u32) -> Entry {
    Entry::Mark(Mark {
        place: place(generation, step),
        replays,
        was_rejected: false,
        way: None,
        work: Scratch::default(),
        stored: None,
    })
}

fn answer(generation: u64, step: usize, next: Option<usize>) -> Entry {
    let back = Back::Http(reply(200, &[("x", "\"y\n")], "body\u{0}", ManualClock::new().now()));
    Entry::Answer(Answer { place: place(generation, step), back, next })
}

fn bytes(entries: &[Entry]) -> Vec<Zeroizing<Vec<u8>>> {
    entries.iter().map(Entry::encode).collect()
}

#[test]
fn an_answer_comes_back_byte_by_byte() {
    let Some(Entry::Answer(back)) = Entry::decode(&answer(3, 1, Some(2)).encode()) else {
        panic!("no answer")
    };
    assert_eq!((back.place.generation, back.place.step, back.next), (Generation(3), 1, Some(2)));
    let Back::Http(exchange) = back.back else { panic!("no exchange") };
    let reply = exchange.reply.expect("a reply");
    assert_eq!((reply.status, shown(&reply.body)), (200, "body\u{0}".to_owned()));
    assert_eq!(shown(&reply.headers[0].1), "\"y\n");
}

#[test]
fn a_visit_and_a_missing_reply_come_back() {
    let now = ManualClock::new().now();
    let visit = BrowserResult {
        end: BrowserEnd::TimedOut,
        url: "https://app.example.com/x".parse().ok(),
        cookies: None,
        storage: Some(Vec::new()),
        request_headers: vec![("authorization".to_owned(), "Bearer canary".into())],
        user_agent: Some("UA".to_owned()),
        took: std::time::Duration::from_secs(9),
        at: now,
    };
    let entry = Entry::Answer(Answer { place: place(1, 0), back: Back::Browser(visit), next: None });
    let Some(Entry::Answer(Answer { back: Back::Browser(visit), .. })) = Entry::decode(&entry.encode())
    else {
        panic!("no visit")
    };
    assert_eq!((visit.end, visit.at, visit.cookies.is_none()), (BrowserEnd::TimedOut, now, true));
    let entry =
        Entry::Answer(Answer { place: place(1, 0), back: Back::Http(cut(NoReply::Cut, now)), next: None });
    assert!(matches!(Entry::decode(&entry.encode()), Some(Entry::Answer(_))));
}

#[test]
fn entries_of_older_generations_are_stale() {
    let fold = fold(&bytes(&[mark(1, 0, 0), answer(1, 0, None), mark(1, 0, 3)]), Generation(2));
    assert!(fold.open.is_empty() && fold.record.is_none());
}

#[test]
fn the_last_mark_counts_and_a_settled_one_is_closed() {
    let open = fold(&bytes(&[mark(1, 0, 0), mark(1, 0, 1)]), Generation(1));
    assert_eq!(open.open[&ChainName::main()].mark.replays, 1);
    let settled =
        fold(&bytes(&[mark(1, 0, 0), answer(1, 0, None), Entry::Unmark(place(1, 0))]), Generation(1));
    assert!(settled.open.is_empty());
}

#[test]
fn an_answer_that_carries_the_next_mark_leaves_that_step_open() {
    let fold = fold(&bytes(&[mark(1, 0, 0), answer(1, 0, Some(1))]), Generation(1));
    assert_eq!(fold.open[&ChainName::main()].lost_step(), Some(1));
}

#[test]
fn f53_an_entry_of_a_newer_version_is_known_as_that_unless_it_is_stale() {
    let newer = [
        (r#"{"entry":"something_new","x":1}"#, true),
        (r#"{"entry":"something_new","generation":2}"#, true),
        (r#"{"entry":"something_new","generation":1}"#, false),
        (r#"{"entry":"mark","generation":2,"chain":"main","rung":"oauth"}"#, true),
        (r#"{"x":1}"#, false),
        ("not json", false),
    ];
    for (entry, is_newer) in newer {
        let mut all = bytes(&[mark(2, 0, 0)]);
        all.push(Zeroizing::new(entry.as_bytes().to_vec()));
        let fold = fold(&all, Generation(2));
        assert_eq!((fold.open.len(), fold.newer.is_some()), (1, is_newer), "{entry}");
    }
}

#[test]
fn f53_a_record_of_a_newer_format_in_the_journal_is_known_as_that() {
    let stored = Entry::Record(r#"{"format":99,"other":true}"#.into());
    assert_eq!(fold(&bytes(&[stored]), Generation(1)).newer, Some(99));
}

/// The record of this generation, as a journal keeps it.
fn record(generation: u64) -> Entry {
    let mut record = super::rig::Rig::new(super::OAUTH).record();
    record.current.generation = Generation(generation);
    Entry::Record(lamplighter_core::secret::Secret::new(lamplighter_core::record::encode(&record).as_slice()))
}

#[test]
fn i4_only_a_word_of_the_same_generation_takes_a_mark_back() {
    for (generation, is_open) in [(1, true), (2, false)] {
        let fold = fold(&bytes(&[mark(2, 0, 0), Entry::Unmark(place(generation, 0))]), Generation(2));
        assert_eq!(fold.open.contains_key(&ChainName::main()), is_open, "{generation}");
    }
}

#[test]
fn i2_a_record_in_the_journal_counts_if_it_is_newer_and_settles_what_is_older() {
    let same = fold(&bytes(&[mark(2, 0, 0), record(2)]), Generation(2));
    assert!(same.record.is_none() && same.open.len() == 1);
    let newer = fold(&bytes(&[mark(2, 0, 0), record(3)]), Generation(2));
    assert_eq!(newer.record.map(|record| record.current.generation), Some(Generation(3)));
    assert!(newer.open.is_empty(), "what it came from is in it");
    let before = fold(&bytes(&[mark(3, 0, 0), record(3)]), Generation(2));
    assert_eq!(before.open.len(), 1, "spent from it already");
}

#[test]
fn i4_an_answer_to_another_step_than_the_one_that_is_waited_for_stands_by_itself() {
    let fold = fold(&bytes(&[mark(1, 0, 3), answer(1, 1, None)]), Generation(1));
    let last = &fold.open[&ChainName::main()];
    assert_eq!((last.mark.place.step, last.mark.replays, last.answers.len()), (1, 0, 1));
}

#[test]
fn f53_a_login_behind_what_a_newer_version_wrote_is_ours_to_use() {
    let newer = r#"{"entry":"mark","generation":2,"chain":"main","rung":"oauth"}"#;
    let newer = || Zeroizing::new(newer.as_bytes().to_vec());
    let nameless = || Zeroizing::new(br#"{"entry":"something_new","x":1}"#.to_vec());
    let format = || bytes(&[Entry::Record(r#"{"format":99,"other":true}"#.into())]).remove(0);
    for before in [newer(), nameless(), format()] {
        let mut all = vec![before];
        all.extend(bytes(&[record(3)]));
        let spilled = fold(&all, Generation(2));
        assert!(spilled.newer.is_none() && spilled.record.is_some());
        // Once the store has it, too.
        assert!(fold(&all, Generation(3)).newer.is_none());
    }
    // What comes after it, or is as new, is not settled by it.
    for all in [[bytes(&[record(3)]).remove(0), nameless()], [newer(), bytes(&[record(2)]).remove(0)]] {
        assert!(fold(&all, Generation(2)).newer.is_some());
    }
}
