//! The state database remembers, and whatever happens to it, goes on (F43).

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use lamplighter_core::id::AccountId;
use lamplighter_core::time::Timestamp;
use lamplighter_engine::state::{Delivery, Entry, Lifetime, StateDb};

const HOUR: i64 = 3_600_000;

fn account(number: u8) -> AccountId {
    AccountId::from_random([number; 16])
}

fn open(folder: &Path) -> StateDb {
    StateDb::open(folder.join("state.db"), Timestamp(0)).expect("a thread")
}

fn refresh(at: i64, outcome: &str) -> Entry {
    Entry {
        at: Timestamp(at),
        kind: "refresh".to_owned(),
        way: Some("http".to_owned()),
        outcome: outcome.to_owned(),
        reason: None,
        took_ms: 120,
    }
}

#[tokio::test]
async fn what_was_told_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    state.put_session(&account(1), r#"{"alive":1}"#.to_owned());
    state.put_session(&account(1), r#"{"alive":2}"#.to_owned());
    state.add(&account(1), refresh(5, "renewed"));
    state.add(&account(2), refresh(7, "transient"));
    state.flush().await.expect("written");
    drop(state);

    let state = open(folder.path());
    let sessions = state.sessions().await.expect("answers");
    assert_eq!(sessions.get(&account(1)).map(String::as_str), Some(r#"{"alive":2}"#));
    let all = state.history(None, 10).await.expect("answers");
    assert_eq!(all, [(account(2), refresh(7, "transient")), (account(1), refresh(5, "renewed"))]);
}

#[tokio::test]
async fn history_is_newest_first_and_as_much_as_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    for at in 0..10 {
        state.add(&account(1), refresh(at, "renewed"));
    }
    let newest = state.history(Some(&account(1)), 3).await.expect("answers");
    assert_eq!(newest.iter().map(|(_, entry)| entry.at.0).collect::<Vec<_>>(), [9, 8, 7]);
    assert!(state.history(Some(&account(2)), 3).await.expect("answers").is_empty());
}

#[tokio::test]
async fn the_strip_has_every_slot_and_counts_refreshes_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    let at =
        [(0, "renewed"), (HOUR - 1, "rejected"), (HOUR, "renewed"), (3 * HOUR, "renewed"), (-1, "renewed")];
    for (at, outcome) in at {
        state.add(&account(1), refresh(1_000 * HOUR + at, outcome));
    }
    state.add(&account(1), Entry { kind: "probe".to_owned(), ..refresh(1_000 * HOUR, "failed") });
    let strip = state.strip(&account(1), Timestamp(1_000 * HOUR), HOUR, 3).await.expect("answers");
    assert_eq!(
        strip.iter().map(|slot| (slot.fine, slot.failed)).collect::<Vec<_>>(),
        [(1, 1), (1, 0), (0, 0)]
    );
    assert_eq!(strip[2].from, Timestamp(1_002 * HOUR));
}

#[tokio::test]
async fn a_new_session_ends_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    state.session_began(&account(1), Timestamp(1));
    state.session_ended(&account(1), Timestamp(5), "rejected".to_owned());
    state.session_began(&account(1), Timestamp(6));
    state.session_began(&account(1), Timestamp(8));
    let life = |began, ended: Option<i64>, why: Option<&str>| Lifetime {
        began: Timestamp(began),
        ended: ended.map(Timestamp),
        why: why.map(str::to_owned),
    };
    let expected =
        [life(8, None, None), life(6, Some(8), Some("replaced")), life(1, Some(5), Some("rejected"))];
    assert_eq!(state.lifetimes(&account(1)).await.expect("answers"), expected);
}

#[tokio::test]
async fn a_delivery_that_succeeds_settles_the_failure_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    let sink = || "env:/home/ada/.env".to_owned();
    state.delivery(&account(1), sink(), Timestamp(1), None);
    state.delivery(&account(1), sink(), Timestamp(2), Some("read-only".to_owned()));
    let failed =
        Delivery { delivered: Some(Timestamp(1)), failed: Some((Timestamp(2), "read-only".to_owned())) };
    assert_eq!(state.deliveries(&account(1)).await.expect("answers").get(&sink()), Some(&failed));
    state.delivery(&account(1), sink(), Timestamp(3), None);
    let fine = Delivery { delivered: Some(Timestamp(3)), failed: None };
    assert_eq!(state.deliveries(&account(1)).await.expect("answers").get(&sink()), Some(&fine));
}

#[tokio::test]
async fn t26_who_read_what_is_counted_by_program_and_minute() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    for (program, at, times) in [("bot", 0, 2), ("bot", 59_999, 3), ("bot", 60_000, 1), ("curl", 120_000, 7)]
    {
        state.read(&account(1), program.to_owned(), Timestamp(at), times);
    }
    let readers = state.readers(&account(1), Timestamp(0)).await.expect("answers");
    let told: Vec<_> =
        readers.iter().map(|reader| (reader.program.as_str(), reader.at.0, reader.count)).collect();
    assert_eq!(told, [("curl", 120_000, 7), ("bot", 60_000, 6)]);
    let later = state.readers(&account(1), Timestamp(60_000)).await.expect("answers");
    assert_eq!(later[1].count, 1);
}

#[tokio::test]
async fn a_forgotten_account_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    for number in [1, 2] {
        state.put_session(&account(number), "{}".to_owned());
        state.add(&account(number), refresh(1, "renewed"));
        state.session_began(&account(number), Timestamp(1));
        state.delivery(&account(number), "s".to_owned(), Timestamp(1), None);
        state.read(&account(number), "bot".to_owned(), Timestamp(1), 1);
    }
    state.forget(&account(1));
    assert_eq!(state.sessions().await.expect("answers").len(), 1);
    assert_eq!(state.history(None, 9).await.expect("answers").len(), 1);
    assert!(state.lifetimes(&account(1)).await.expect("answers").is_empty());
    assert!(state.deliveries(&account(1)).await.expect("answers").is_empty());
    assert!(state.readers(&account(1), Timestamp(0)).await.expect("answers").is_empty());
}

#[tokio::test]
async fn what_is_too_old_is_dropped_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    state.add(&account(1), refresh(10, "renewed"));
    state.add(&account(1), refresh(20, "renewed"));
    state.flush().await.expect("written");
    drop(state);
    let state = StateDb::open(folder.path().join("state.db"), Timestamp(15)).expect("a thread");
    assert_eq!(state.history(None, 9).await.expect("answers").len(), 1);
}

#[tokio::test]
async fn a_database_of_version_1_keeps_its_history_and_loses_the_table_that_nobody_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.db");
    let state = open(folder.path());
    state.add(&account(1), refresh(5, "renewed"));
    state.flush().await.expect("written");
    drop(state);
    let older = rusqlite::Connection::open(&file).expect("opens");
    let as_it_was = "CREATE TABLE toasts (key TEXT PRIMARY KEY); PRAGMA user_version = 1";
    older.execute_batch(as_it_was).expect("made older");
    drop(older);

    let history = open(folder.path()).history(None, 9).await.expect("answers");
    assert_eq!(history, [(account(1), refresh(5, "renewed"))]);
    let newer = rusqlite::Connection::open(&file).expect("opens");
    assert!(newer.prepare("SELECT * FROM toasts").is_err(), "dropped");
    let version: i64 = newer.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a version");
    assert_eq!(version, 2);
    assert!(!file.with_extension("damaged").exists());
}

#[tokio::test]
async fn f43_a_database_of_a_newer_version_is_put_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.db");
    let newer = rusqlite::Connection::open(&file).expect("opens");
    newer.execute_batch("PRAGMA user_version = 3").expect("made newer");
    drop(newer);
    assert!(open(folder.path()).sessions().await.expect("made anew").is_empty());
    assert!(file.with_extension("damaged").exists());
}

#[tokio::test]
async fn f43_a_damaged_database_is_put_aside_and_made_anew() {
    for damage in
        [&b"this is no database, and never was one, however long one looks at it"[..], &[0x55; 8192]]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state.db");
        fs::write(&file, damage).expect("written");
        let state = open(folder.path());
        assert!(state.sessions().await.expect("made anew").is_empty());
        state.put_session(&account(1), "{}".to_owned());
        assert_eq!(state.sessions().await.expect("answers").len(), 1);
        assert_eq!(fs::read(file.with_extension("damaged")).expect("kept"), damage);
    }
}

#[tokio::test]
async fn f43_one_that_is_damaged_or_deleted_while_it_is_open_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.db");
    let state = open(folder.path());
    state.put_session(&account(1), "{}".to_owned());
    state.flush().await.expect("written");
    // Windows lets nobody delete it.
    if cfg!(unix) {
        fs::remove_file(&file).expect("deleted");
        assert!(state.sessions().await.expect("made anew").is_empty());
    }
    state.put_session(&account(2), "{}".to_owned());
    state.flush().await.expect("written");
    assert!(file.exists(), "what is told now is found again");

    let other = rusqlite::Connection::open(&file).expect("opens");
    other.execute_batch("DROP TABLE sessions").expect("dropped");
    drop(other);
    assert!(state.sessions().await.expect("made anew").is_empty());
}

#[tokio::test]
async fn f43_a_locked_database_fails_what_is_asked_and_then_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    state.put_session(&account(1), "{}".to_owned());
    state.flush().await.expect("written");
    let other = rusqlite::Connection::open(folder.path().join("state.db")).expect("opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    state.put_session(&account(2), "{}".to_owned());
    assert_eq!(state.sessions().await.expect("readers do not wait for a writer").len(), 1);
    other.execute_batch("ROLLBACK").expect("unlocked");
    state.put_session(&account(3), "{}".to_owned());
    assert_eq!(state.sessions().await.expect("answers").len(), 2, "only what was told meanwhile is lost");
}

#[tokio::test]
async fn f43_a_folder_that_is_gone_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = StateDb::open(folder.path().join("gone/state.db"), Timestamp(0)).expect("a thread");
    state.put_session(&account(1), "{}".to_owned());
    assert!(state.sessions().await.is_err());
    fs::create_dir(folder.path().join("gone")).expect("made");
    assert!(state.sessions().await.expect("goes on").is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_open_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = open(folder.path());
    state.put_session(&account(1), "{}".to_owned());
    state.flush().await.expect("written");
    for found in fs::read_dir(folder.path()).expect("a folder") {
        let found = found.expect("readable");
        let mode = found.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", found.path().display());
    }
}
