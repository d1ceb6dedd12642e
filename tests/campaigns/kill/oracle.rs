//! What must be true after a kill, from what the service says and from what the engine had written down before each
//! of its steps. It shares no code with the engine.

use std::path::Path;

use testkit::practice::Presented;

/// What the engines of a home did, step by step, over all of their lives.
pub struct Steps(Vec<String>);

impl Steps {
    /// As they wrote it.
    pub fn of(home: &Path) -> Self {
        let text = std::fs::read_to_string(home.join("steps.log")).unwrap_or_default();
        Self(text.lines().map(str::to_owned).collect())
    }

    /// The last thing that was done.
    pub fn last(&self) -> &str {
        self.0.last().map_or("before the first step", String::as_str)
    }

    /// How often something was done.
    pub fn count(&self, line: &str) -> usize {
        self.0.iter().filter(|step| *step == line).count()
    }

    /// Good answers to spending requests that were certainly sealed into the journal.
    pub fn sealed(&self) -> usize {
        let (mut sealed, mut is_good) = (0, false);
        for step in &self.0 {
            match step.as_str() {
                "got 200" => is_good = true,
                "before spend" => is_good = false,
                "after seal reply" if std::mem::take(&mut is_good) => sealed += 1,
                _ => {}
            }
        }
        sealed
    }

    /// Requests that were allowed to present a used token: each was in the journal before it left.
    pub fn allowed_again(&self) -> usize {
        // Who was killed between a rejection and telling of it asks once more: that cannot end what has been refused.
        ["after mark of a replay", "after mark of a confirmation", "after unmark"]
            .iter()
            .map(|line| self.count(line))
            .sum()
    }

    /// Marks of any kind that were certainly on the disk.
    pub fn marks(&self) -> usize {
        self.0.iter().filter(|step| step.starts_with("after mark")).count()
    }
}

/// What the service saw that nobody had written down before (I3), if anything.
pub fn unmarked(steps: &Steps, presented: Presented) -> Option<String> {
    let (marks, allowed) = (steps.marks(), steps.allowed_again());
    if presented.all > marks {
        return Some(format!("{} credentials were sent with {marks} marks", presented.all));
    }
    (presented.again > allowed).then(|| {
        format!("used credentials were sent {} times with {allowed} journalled replays", presented.again)
    })
}
