//! What programs hold, and how often they wake up, while nothing is asked of them.

use std::time::Duration;

use super::Done;
use super::figures::short;
use super::peers::Peer;
use super::process::{Held, held, waits};
use super::table::Row;

/// After the last thing that was asked of anybody.
const SETTLES: Duration = Duration::from_secs(30);
/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(180);

/// A megabyte more than the tray of others and our engine together is what our tray may hold.
const MORE: f64 = 3.0;

/// Those that idle.
pub struct Idlers<'a> {
    /// The engine without a desktop, with ten accounts.
    pub headless: u32,
    /// The tray app, after ten logins.
    pub tray: u32,
    /// A Tauri app that has a tray icon and nothing else.
    pub empty: u32,
    /// Another keeper of tokens, with one account.
    pub pizauth: &'a Done<Peer>,
}

/// How one of them idles.
struct Idling {
    held: Held,
    wakes: f64,
}

impl std::fmt::Display for Idling {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Held { resident, anonymous } = self.held;
        let wakes = short(self.wakes);
        write!(out, "{} MB resident, {} MB private, {wakes} wake-ups/min", short(resident), short(anonymous))
    }
}

/// All at the same time: they idle.
pub fn measure(idlers: &Idlers<'_>) -> Vec<Row> {
    std::thread::sleep(SETTLES);
    let theirs = idlers.pizauth.as_ref().map(|peer| peer.pid).ok();
    let pids = [Some(idlers.headless), Some(idlers.tray), Some(idlers.empty), theirs];
    let before = pids.map(|pid| pid.map(waits));
    std::thread::sleep(WATCHED);
    let minutes = WATCHED.as_secs_f64() / 60.0;
    let mut idling = pids.iter().zip(before).map(|(pid, before)| {
        let (pid, before) = ((*pid)?, before?);
        let wakes = waits(pid).saturating_sub(before) as f64 / minutes;
        Some(Idling { held: held(pid), wakes })
    });
    let mut next = || idling.next().flatten();
    let (Some(headless), Some(tray), Some(empty)) = (next(), next(), next()) else { return Vec::new() };
    rows(&headless, &tray, &empty, next().as_ref().ok_or(idlers.pizauth))
}

fn rows(headless: &Idling, tray: &Idling, empty: &Idling, pizauth: Result<&Idling, &Done<Peer>>) -> Vec<Row> {
    let (peer, ratio) = match pizauth {
        Ok(idling) => {
            (format!("pizauth server: {idling}"), Some(headless.held.resident / idling.held.resident))
        }
        Err(peer) => (format!("pizauth server: {}", peer.as_ref().err().map_or("–", String::as_str)), None),
    };
    let most = empty.held.anonymous + headless.held.anonymous + MORE;
    vec![
        Row {
            what: "engine without a desktop, idle, 10 accounts".to_owned(),
            ours: headless.to_string(),
            peer,
            ratio,
            bar: "≤ 12 MB resident, ≤ 2 wake-ups/min".to_owned(),
            met: Some(headless.held.resident <= 12.0 && headless.wakes <= 2.0),
        },
        Row {
            what: "tray app, idle, after ten logins".to_owned(),
            ours: tray.to_string(),
            peer: format!("empty Tauri tray: {empty}"),
            ratio: Some(tray.held.anonymous / empty.held.anonymous),
            bar: format!("private ≤ empty tray + engine + 3 MB = {} MB", short(most)),
            met: Some(tray.held.anonymous <= most),
        },
    ]
}
