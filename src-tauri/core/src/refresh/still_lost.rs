//! A lost request that was sent again, and an answer that says nothing of what became of it: it is as lost as before.

use super::attempt::Attempt;
use super::ladder::Verdict;
use super::work::Work;
use super::{Effect, End};
use crate::journal::Back;

impl Verdict {
    /// Whether this answer to the repetition of a lost request leaves open what the first one did: it is neither a
    /// success nor a no, and who gave it has perhaps not looked at the credential. One without the token that brought
    /// something else of the session's is what became of it.
    pub(super) fn leaves_open(&self, back: &Back, work: &Work) -> bool {
        let is_silent = match self {
            Self::Transient { .. } | Self::Refused { .. } | Self::AppRejected => true,
            Self::Nothing { .. } => !work.has_brought,
            _ => false,
        };
        // What a visit has left behind is here, whatever page it ended at.
        is_silent && matches!(back, Back::Http(_))
    }
}

impl Attempt {
    /// Ends the attempt; the mark stays, so that only the lost-reply rule sends it again (I6).
    pub(super) fn still_lost(&mut self, verdict: Verdict) -> Effect {
        let replays = self.ladder.replays;
        self.lost.push((self.chain.clone(), replays));
        let end = match verdict {
            Verdict::AppRejected => End::AppRejected,
            Verdict::Transient { retry_after, cause } => {
                End::StillLost { replays, retry_after, refused: None, cause }
            }
            Verdict::Refused { status, cause } | Verdict::Nothing { status, cause } => {
                End::StillLost { replays, retry_after: None, refused: Some(status), cause }
            }
            // They leave nothing open.
            Verdict::Rejected { .. }
            | Verdict::Unknown { .. }
            | Verdict::NoChrome(_)
            | Verdict::CannotRun { .. } => End::Broken,
        };
        self.done(end)
    }
}
