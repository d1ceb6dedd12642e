//! Logging in: for the first time, and again.

use std::time::Duration;

use testkit::desktop::Proc;
use testkit::wait;

use super::ended::reconnect;
use super::{Seen, expect};
use crate::app::find;
use crate::kill::{Again, Victim};
use crate::world::{ACCOUNT, World};

pub(super) fn first_login(world: &mut World) -> Seen {
    // Killed after it was stored: it is there again, and that is all there is to see.
    let words = match world.token() {
        Ok(_) => "as before the kill".to_owned(),
        Err(_) => new_login(world)?,
    };
    world.kill_point("captured", Victim::App)?;
    let token = world.token().map_err(Again::Failed)?;
    let owner = world.site.owner_of(&token);
    expect(owner.as_deref() == Some("ana@example.com"), "the token is not one of Ana's")?;
    Ok(words)
}

fn new_login(world: &mut World) -> Seen {
    // One that was killed half-way leaves nothing behind (look.md, "Adding a login").
    let clean = || find(&world.lamp(&["list"]).json, "accounts")?.as_array()?.is_empty().then_some(());
    let clean = wait::until_every(Duration::from_millis(300), Duration::from_secs(10), clean);
    expect(clean.is_some(), "a login that was killed half-way left an account behind")?;
    let base = format!("base={}", world.site.base());
    let words = ["practice", "--as", ACCOUNT, "--set", &base];
    begin_login(world, &words)?;
    // The app may not have noticed yet that the login before was killed.
    let free = || {
        let taken = world.login_words().contains("name_taken");
        let again = if taken { begin_login(world, &words) } else { Ok(()) };
        (again.is_err() || world.login_child().is_some()).then_some(())
    };
    let free = wait::until_every(Duration::from_millis(500), Duration::from_secs(15), free);
    expect(free.is_some(), &format!("no login window: {}", world.login_words()))?;
    world.sign_in(true)?;
    let ended = login_ends(world)?;
    expect(find(&ended, "renewable").is_none_or(|renewable| renewable == true), "not renewable")?;
    expect(world.login_window_closes(), "the login window stays open")?;
    Ok(find(&ended, "words").and_then(|words| words.as_str()).unwrap_or("done").to_owned())
}

/// Starts a login as the command line does; the app opens the window.
fn begin_login(world: &mut World, words: &[&str]) -> Result<(), Again> {
    let mut lamp = world.command("lamp");
    lamp.arg("--json").arg("login").args(words);
    let out = std::fs::File::create(world.home.with_file_name("login.json")).map_err(Again::error)?;
    let err = out.try_clone().map_err(Again::error)?;
    world.login = Some(Proc::spawn(lamp.stdout(out).stderr(err)).map_err(Again::error)?);
    Ok(())
}

/// How `lamp login` ended.
fn login_ends(world: &mut World) -> Result<serde_json::Value, Again> {
    let patience = world.patience();
    let ended = world.login.as_mut().and_then(|login| login.wait(patience));
    let text = world.login_words();
    match ended {
        None => Err(Again::failed("the login did not come to an end")),
        Some(status) if !status.success() => {
            Err(Again::Failed(format!("lamp login: {status} {}", text.trim())))
        }
        Some(_) => Ok(serde_json::from_str(text.trim()).unwrap_or_default()),
    }
}

pub(super) fn in_the_keychain(world: &mut World) -> Seen {
    let Some(desktop) = &world.desktop else {
        let said = world.lamp(&["status", ACCOUNT]);
        let cookies = find(&said.json, "cookies").and_then(serde_json::Value::as_u64).unwrap_or(0);
        return Ok(format!("one entry, {cookies} cookies (look with your keyring's program)"));
    };
    let labels = desktop.keyring_labels().map_err(Again::error)?;
    expect(!labels.is_empty(), "the keyring is empty")?;
    world.kill_point("in the keychain", Victim::App)?;
    Ok(format!("{} entry: “{}”", labels.len(), labels.join("”, “")))
}

pub(super) fn second_login(world: &mut World) -> Seen {
    let asked = world.site.second_factors_asked();
    if world.desktop.is_some() && world.login_child().is_none() {
        // Killed in the last try: opened again from the tray.
        reconnect(world)?;
    }
    world.sign_in(false)?;
    expect(world.becomes("fine", world.patience()), "the account is not fine again")?;
    expect(world.login_window_closes(), "the login window stays open")?;
    expect(world.site.second_factors_asked() == asked, "the second factor was asked for again")?;
    Ok("password only: the service knows the device".to_owned())
}
