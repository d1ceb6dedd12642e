//! One piece of work on an account's record, as a machine without I/O: refresh, confirm, replay, recover,
//! probe, save, commit a login, amend, log out.
//!
//! ```text
//! reload record and journal (did another do it already?) → mark → send → seal reply into journal → classify
//!   → save N+1 in the store → deliver and publish, together; the journal is swept at the next proven generation
//! ```
//! [`Attempt::start`] gives the first [`Effect`]; perform it, hand the answer to [`Attempt::step`], perform
//! what that returns, and so on until [`Effect::Done`]. Between any two effects everything in memory may be
//! lost: the next attempt finds in record and journal what was open and goes on from there.
//!
//! What is swept leaves the stored record itself behind, sealed in the first mark of its generation: a keychain can take
//! a record, give it back, and lose it hours later (F37). Then the newest of record and journal wins, as ever.
//!
//! Only one attempt of an account runs at a time (I1); [`crate::account::Accounts`] sees to that.

mod answer;
mod attempt;
mod begin;
mod doubt;
mod effect;
mod finish;
mod held;
mod ladder;
mod login;
mod logout;
mod older;
mod outcome;
mod probe;
mod resume;
mod save;
mod still_lost;
mod visit;
mod work;

pub use attempt::{Attempt, Service};
pub use effect::{Appended, Effect, Input};
pub use held::{newest, with_held};
pub use outcome::{Amendment, AttemptEnd, AttemptSummary, Doubt, End, Plan, Purpose, Way};
