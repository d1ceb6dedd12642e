//! Accounts as state machines: what is believed of each login, what is due, what a person is told.
//!
//! [`Accounts::on_event`] is a function of state, event and time; it returns what the engine has to do.
//! [`Accounts::next_wakeup`] says when to come back if nothing happens before.

mod accounts;
mod agenda;
mod alerts;
mod ask;
mod due;
mod ended;
mod event;
mod events;
mod facts;
mod forecast;
mod hosts;
mod likely;
mod list;
mod prompts;
mod rules;
mod settings;
mod standing;
mod state;
mod toast;
mod verdicts;
mod wishes;

pub use accounts::Accounts;
pub use alerts::Alerts;
pub use ask::{Answer, Ask, Hint};
pub use event::{Effect, Event, Work};
pub use facts::{Facts, MOST_OF_A_HEADER, ValueFacts};
pub use forecast::KnownEnd;
pub use likely::Likely;
pub use rules::{ChainRule, Rules};
pub use state::{Account, Block, Chain, ChainState, Death, Job, Running, Session, Unsaved};
pub use toast::Prompts;
