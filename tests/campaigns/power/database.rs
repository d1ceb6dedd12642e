//! The state database: what SQLite wrote last is torn, and it opens to the state before or after, never to damage.

use std::fs;
use std::path::Path;

use lamplighter_core::id::AccountId;
use lamplighter_core::time::Timestamp;
use lamplighter_engine::state::StateDb;

use super::common::random::Random;
use super::disk::torn;
use super::tally::{Came, Found, Tally};

/// Writes of one life.
const MOST: u64 = 6;
const FILES: [&str; 2] = ["state.db", "state.db-wal"];

/// Some writes, each of which is certain when the next one begins; the last one is cut.
pub fn live(random: &mut Random, tally: &mut Tally) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let home = tempfile::tempdir().expect("a folder");
    let (account, writes) = (AccountId::from_random([7; 16]), 1 + random.below(MOST));
    let state = StateDb::open(home.path().join(FILES[0]), Timestamp(0)).expect("a thread");
    let padding = "s".repeat(random.below(6000) as usize);
    let text = |number: u64| format!("{number}{padding}");
    for number in 0..writes {
        state.put_session(&account, text(number));
        runtime.block_on(state.flush()).expect("written");
    }
    let before = image(home.path());
    state.put_session(&account, text(writes));
    runtime.block_on(state.flush()).expect("written");
    let after = image(home.path());
    let came = *random.pick(&[Came::Nothing, Came::Part, Came::All]);
    let other = tempfile::tempdir().expect("a folder");
    for ((name, before), after) in FILES.iter().zip(before).zip(after) {
        let bytes = match came {
            Came::Nothing => before,
            Came::All => after,
            Came::Part => torn(&before, &after, random),
        };
        fs::write(other.path().join(name), bytes).expect("written");
    }
    let reopened = StateDb::open(other.path().join(FILES[0]), Timestamp(0)).expect("a thread");
    let sessions = runtime.block_on(reopened.sessions()).expect("it opens");
    let there = sessions.get(&account).cloned().unwrap_or_default();
    let found = if there == text(writes) { Found::New } else { Found::Old };
    assert!(found == Found::New || there == text(writes - 1), "neither old nor new: {} bytes", there.len());
    assert!(!other.path().join("state.damaged").exists(), "a power cut never looks like damage");
    assert!(came != Came::All || found == Found::New, "what was synced is there");
    tally.cut("database: a transaction", came, found);
}

fn image(folder: &Path) -> [Vec<u8>; 2] {
    FILES.map(|name| fs::read(folder.join(name)).unwrap_or_default())
}
