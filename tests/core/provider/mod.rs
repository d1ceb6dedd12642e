//! Provider files, and what is done with them.

mod built_ins;
mod cookie_session;
mod examples;
mod extract;
mod hosts;
mod mistakes;
mod never_panics;
mod oneflex;
mod restore;
mod simplejwt;
mod slack;
mod support;
mod twitch;
