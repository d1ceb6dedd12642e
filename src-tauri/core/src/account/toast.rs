//! Prompts are few (I8): one toast per matter, one reminder after 4 unlocked hours, then daily, three at most;
//! nothing while the screen is locked.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::list::Awake;
use crate::text::Matter;

/// The reminder comes after so much time at the unlocked screen.
const REMINDER: Duration = Duration::from_secs(4 * 3600);
/// And the last one a day later.
const DAILY: Duration = Duration::from_secs(24 * 3600);
const MOST: u32 = 3;

/// What was shown of each matter. Lives in the state database: a restart asks nobody again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prompts(BTreeMap<Matter, Prompt>);

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Prompt {
    shown: u32,
    /// Since the last one, all time and time at the unlocked screen.
    passed: Duration,
    unlocked: Duration,
    /// The last one is on the screen, and whoever could hear its buttons was killed.
    #[serde(skip)]
    is_dead: bool,
}

impl Prompts {
    /// `passed` since the last call; whether to show a toast of `matter` now.
    pub(super) fn wants(&mut self, matter: Matter, passed: Awake, is_locked: bool) -> bool {
        let prompt = self.0.entry(matter).or_default();
        if prompt.shown > 0 {
            prompt.passed += passed.all;
            prompt.unlocked += passed.unlocked;
        }
        if is_locked || prompt.left() != Some(Duration::ZERO) {
            return false;
        }
        *prompt = Prompt { shown: prompt.shown + 1, ..Prompt::default() };
        true
    }

    /// How long until [`Self::wants`] is true, `passed` since its last call; `None` if it will not be.
    pub(super) fn next(&self, matter: Matter, passed: Awake) -> Option<Duration> {
        let mut prompt = self.0.get(&matter).cloned().unwrap_or_default();
        prompt.passed += passed.all;
        prompt.unlocked += passed.unlocked;
        prompt.left()
    }

    /// Whether to show a toast of `matter` now, if there is one of it and no reminder.
    pub(super) fn wants_once(&mut self, matter: Matter, is_locked: bool) -> bool {
        if is_locked || self.0.get(&matter).is_some_and(|prompt| prompt.shown > 0) {
            return false;
        }
        self.0.insert(matter, Prompt { shown: 1, ..Prompt::default() });
        true
    }

    /// The toast that was shown of `matter` is dead; whether there was one.
    pub(super) fn is_left(&mut self, matter: Matter) -> bool {
        let shown = self.0.get_mut(&matter).filter(|prompt| prompt.shown > 0);
        shown.map(|prompt| prompt.is_dead = true).is_some()
    }

    /// Whether to show now, in its place, what is on the screen and dead. The person is told nothing new by that.
    pub(super) fn wants_again(&mut self, matter: Matter, is_locked: bool) -> bool {
        !is_locked && self.0.get_mut(&matter).is_some_and(|prompt| std::mem::take(&mut prompt.is_dead))
    }

    /// The matter is settled; whether a toast of it was shown.
    pub(super) fn settle(&mut self, matter: Matter) -> bool {
        self.0.remove(&matter).is_some_and(|prompt| prompt.shown > 0)
    }
}

impl Prompt {
    /// How long until it is shown again, at the unlocked screen; `None` if it never is.
    fn left(&self) -> Option<Duration> {
        match self.shown {
            0 => Some(Duration::ZERO),
            1 => Some(REMINDER.saturating_sub(self.unlocked)),
            shown if shown < MOST => Some(DAILY.saturating_sub(self.passed)),
            _ => None,
        }
    }
}
