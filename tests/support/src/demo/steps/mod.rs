//! The line of the demo, step by step, each with what must be observed.

mod ended;
mod login;
mod refresh;

use std::time::Duration;

use crate::kill::Again;
use crate::options::Options;
use crate::report::{Report, Row};
use crate::world::{World, now};

/// What a step saw.
type Seen = Result<String, Again>;
type Step = (&'static str, fn(&mut World) -> Seen);

const STEPS: [Step; 13] = [
    ("app started", start),
    ("signed in, captured", login::first_login),
    ("in the keychain", login::in_the_keychain),
    ("refreshed over HTTP", refresh::refreshed_over_http),
    (".env updated", refresh::env_updated),
    ("refreshed through Chrome", refresh::refreshed_through_chrome),
    (".env updated again", refresh::env_updated),
    ("401 reported, one refresh", refresh::one_refresh_for_a_401),
    ("session ended by the site", ended::session_ended),
    ("notification on screen", ended::notification),
    ("Reconnect pressed", ended::reconnect),
    ("signed in, device remembered", login::second_login),
    ("valid again", ended::valid_again),
];

/// Runs them until one fails, or the one that is asked for is done.
pub fn run(world: &mut World, options: &Options) -> Report {
    let last = options.until.as_deref().map_or(STEPS.len(), last_step);
    let mut report = Report::default();
    report.plan(last);
    for (name, step) in STEPS.iter().take(last) {
        let begun = now();
        let seen = persist(world, *step);
        let took = begun.elapsed();
        world.picture(&name.replace([' ', ','], "-").replace("--", "-").replace(".env", "env"));
        let (mut leaks, scanned) = world.scan();
        leaks.append(&mut world.leaks);
        let fine = seen.is_ok();
        report.add(Row { name, at: world.elapsed(), took, seen, leaks, scanned });
        if !fine {
            break;
        }
    }
    world.keep_log();
    report.note(format!("Secret scans: {}.", world.scans));
    if world.killer.is_on() {
        report.note(format!("Killed with -9 and started again {} times.", world.killer.count()));
    }
    report
}

/// A step is done again after each kill in it; each of its points kills once, so that there is an end.
fn persist(world: &mut World, step: fn(&mut World) -> Seen) -> Result<String, String> {
    for _ in 0..20 {
        match step(world) {
            Ok(seen) => return Ok(seen),
            Err(Again::Failed(why)) => return Err(why),
            Err(Again::Killed) => {}
        }
    }
    Err("killed without an end".to_owned())
}

fn last_step(until: &str) -> usize {
    let named = STEPS.iter().position(|(name, _)| name.contains(until)).map(|index| index + 1);
    until.parse().ok().or(named).unwrap_or(STEPS.len()).min(STEPS.len())
}

fn expect(so: bool, why: &str) -> Result<(), Again> {
    if so { Ok(()) } else { Err(Again::failed(why)) }
}

fn start(world: &mut World) -> Seen {
    if world.app.is_none() {
        world.start_app().map_err(Again::Failed)?;
    }
    let tray = match &world.desktop {
        Some(desktop) => desktop.tray_item_named("lamplighter", Duration::from_secs(20)).is_some(),
        None => true,
    };
    expect(tray, "no icon in the tray")?;
    Ok("in the tray, and answers".to_owned())
}
