//! A provider as it is once its file was read and found valid. Built only by the parser, so that everything
//! here can be relied on: names refer to things that exist, addresses are https or loopback, sources fit the
//! place that they stand in.

mod chain;
mod condition;
mod login;
mod oauth;
mod refresh;
mod rules;
mod step;
mod template;

pub use chain::{ChainRules, ExpirySource, LostReply, Token};
pub use condition::Condition;
pub use login::{FormField, Login, LoginKind, Redirect};
pub use oauth::{ClientAuth, OAuth};
pub use refresh::{Probe, Rung, Strategy};
pub use rules::{Answers, Policy, Provider, Usage, Var, WebSocketUse};
pub use step::{Auth, Body, Save, Source, Step};
pub use template::{Field, JsonPath, JsonTemplate, Part, Place, Template};
