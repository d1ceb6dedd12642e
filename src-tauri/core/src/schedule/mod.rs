//! When things happen: the rules of timing, as functions.

mod backoff;
mod due;
mod rate;
mod timer;

pub use backoff::{Budget, confirm_wait, full_jitter, replay_wait};
pub use due::{ChainFacts, Due, MarginCut, margin, refresh_due};
pub use rate::{Limit, PER_ACCOUNT, PER_HOST, Rate};
pub use timer::Timer;
