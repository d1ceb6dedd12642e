//! Whether the screen is locked. Prompts wait while it is: nobody would see them, or somebody else would (I8).

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
#[cfg(all(unix, not(target_os = "macos")))]
mod source;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What all who can know say together.
#[derive(Clone)]
struct Locks(Arc<Inner>);

struct Inner {
    locked_by: Mutex<BTreeSet<&'static str>>,
    tell: Box<dyn Fn(bool) + Send + Sync>,
}

impl Locks {
    fn new(tell: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { locked_by: Mutex::default(), tell: Box::new(tell) }))
    }

    /// `who` says that the screen is locked, or not, or cannot say any more.
    #[cfg_attr(
        not(all(unix, not(target_os = "macos"))),
        allow(dead_code, reason = "nobody can say it there yet")
    )]
    fn say(&self, who: &'static str, locked: Option<bool>) {
        let mut locked_by = self.0.locked_by.lock().unwrap_or_else(PoisonError::into_inner);
        let was_locked = !locked_by.is_empty();
        if locked == Some(true) {
            locked_by.insert(who);
        } else {
            // Unknown counts as unlocked: a prompt too many is better than a dead login that nobody hears of.
            locked_by.remove(who);
        }
        let is_locked = !locked_by.is_empty();
        if is_locked != was_locked {
            tracing::info!(who, "the screen is {}", if is_locked { "locked" } else { "unlocked" });
            // Under the lock, so that two who speak at once are passed on in the order in which they were heard.
            (self.0.tell)(is_locked);
        }
    }
}

/// Tells `tell` when the screen is locked or unlocked, from threads of its own. Until it is told it is unlocked.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn follow(tell: impl Fn(bool) + Send + Sync + 'static) {
    let locks = Locks::new(tell);
    bus::follow("screen savers", zbus::blocking::connection::Builder::session, source::SAVERS, &locks);
    bus::follow("login session", zbus::blocking::connection::Builder::system, source::SESSION, &locks);
}

/// Windows and macOS: not known yet, so always unlocked.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn follow(tell: impl Fn(bool) + Send + Sync + 'static) {
    drop(Locks::new(tell));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i8_the_screen_is_locked_as_long_as_anybody_says_so_and_a_change_is_told_once() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let notes = told.clone();
        let locks = Locks::new(move |locked| notes.lock().expect("no panic").push(locked));
        for (who, said) in [
            ("saver", Some(false)),
            ("saver", Some(true)),
            ("session", Some(true)),
            ("saver", Some(false)),
            ("session", None),
            ("saver", Some(true)),
            ("saver", None),
        ] {
            locks.say(who, said);
        }
        assert_eq!(*told.lock().expect("no panic"), [true, false, true, false]);
    }
}
