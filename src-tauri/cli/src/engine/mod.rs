//! Where the engine is: one that runs, over its socket, or one of our own for this command.

mod found;

use std::time::Duration;

use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use lamplighter_engine::Engine as OwnEngine;
use lamplighter_engine::api::{Client, Trouble};
use lamplighter_engine::clock::{Clock as _, SystemClock};
use lamplighter_engine::lock::{Holder, holder_of};
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::start::{Start, StartError};

pub use found::Engine;

/// How long apart an engine is knocked at that holds the lock and does not listen.
const BETWEEN: Duration = Duration::from_millis(50);
/// How often, if it stays: it begins, and listens in a moment.
const KNOCKS: u32 = 60;
/// How often, if it is there for one command: it may be ending, and has to finish a refresh through Chrome.
const KNOCKS_AT_A_ONE_SHOT: u32 = 3000;

/// How an engine is asked.
enum Way {
    /// Over its socket.
    There(Client),
    /// It is in this process.
    Own(OwnEngine),
}

/// The ways to an engine that may run, likeliest first: the socket of this session, and the one that the
/// lock's holder wrote down, which may be another session's.
///
/// # Errors
/// If there is no home folder or the profile's name is wrong.
pub fn clients(lang: Lang) -> Result<impl Iterator<Item = Client>, Notice> {
    let paths = Paths::resolve(&Env::of_process(), lang)?;
    let here = paths.socket();
    // Looked up when there is nobody here, which is seldom.
    let elsewhere = {
        let here = here.clone();
        move || holder_of(&paths).map(|holder| holder.socket).filter(|socket| *socket != here)
    };
    let all = std::iter::once(here).chain(std::iter::once_with(elsewhere).flatten());
    Ok(all.map(move |socket| Client::new(socket, lang)))
}

/// The engine that runs, or else one of our own.
///
/// # Errors
/// Why there is neither.
pub async fn reach(lang: Lang) -> Result<Engine, Notice> {
    Ok(Engine::new(seek(lang).await?))
}

/// The way to the engine that runs, or else to one of our own.
async fn seek(lang: Lang) -> Result<Way, Notice> {
    for client in clients(lang)? {
        match client.hold() {
            Ok(()) => return Ok(Way::There(client)),
            Err(Trouble::Nobody | Trouble::Gone) => {}
            Err(Trouble::Said(notice)) => return Err(*notice),
        }
    }
    one_shot(lang).await
}

async fn one_shot(lang: Lang) -> Result<Way, Notice> {
    forbid_debugging();
    let clock = SystemClock::new();
    let mut knocks = 0;
    loop {
        let mut start = Start::one_shot(lang);
        start.passphrase = Some(Box::new(move |is_new| crate::store::passphrase(is_new, lang)));
        let holder = match OwnEngine::start(start).await {
            Ok(own) => return Ok(Way::Own(own)),
            Err(StartError::Held(holder)) => holder,
            Err(StartError::Notice(notice)) => return Err(notice),
        };
        // It began between our knock and now, or ends just now: then the lock is free in a moment.
        let client = Client::new(&holder.socket, lang);
        match client.hold() {
            Ok(()) => return Ok(Way::There(client)),
            Err(Trouble::Nobody | Trouble::Gone) => {}
            Err(Trouble::Said(notice)) => return Err(*notice),
        }
        knocks += 1;
        let enough = if holder.holder == Holder::OneShot { KNOCKS_AT_A_ONE_SHOT } else { KNOCKS };
        if knocks >= enough || holder.is_stopped() {
            return Err(StartError::Held(holder).notice(lang));
        }
        clock.sleep(BETWEEN).await;
    }
}

/// A process that holds everybody's secrets is closed to debuggers (T21). Where that cannot be, the rest of
/// the protection still holds.
pub fn forbid_debugging() {
    #[cfg(unix)]
    if let Err(error) = lamplighter_sys::forbid_debugging() {
        tracing::warn!(%error, "this process can be looked into");
    }
}
