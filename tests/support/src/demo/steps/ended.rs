//! The session ends, the person is told, and one click brings it back.

use std::time::Duration;

use testkit::desktop::{Role, VirtualDesktop};
use testkit::wait;

use super::refresh::env_updated;
use super::{Seen, expect};
use crate::act::PATIENCE;
use crate::kill::{Again, Victim};
use crate::world::{ACCOUNT, SHORT, World};

/// Longest until an ended session is told: rejected, confirmed after a minute, told.
const AN_ALERT: Duration = Duration::from_secs(240);

pub(super) fn session_ended(world: &mut World) -> Seen {
    if world.site.sessions() > 0 {
        world.site.set_token_life(SHORT);
        world.lamp(&["refresh", ACCOUNT, "--force"]);
        world.site.end_session("ana@example.com");
    }
    world.kill_point("session ended", Victim::App)?;
    expect(world.becomes("needs_you", AN_ALERT), "the app never noticed")?;
    let said = world.lamp(&["token", ACCOUNT]);
    expect(said.exit == 3 || said.exit == 0, &format!("lamp token ended with {}", said.exit))?;
    Ok(format!("noticed and confirmed; lamp token: exit code {}", said.exit))
}

pub(super) fn notification(world: &mut World) -> Seen {
    let Ok(desktop) = world.virtual_desktop() else {
        return Ok("you should see it now".to_owned());
    };
    // One that outlived its app is a picture of a button: the app that runs now has to have sent its own.
    let shown = || world.was_told_by_this_app() && desktop.notification_windows().len() == 1;
    expect(wait::until_true(Duration::from_secs(30), shown), "not one notification on the screen")?;
    let button = desktop.element(Role::Button, reconnect_label(world), Duration::from_secs(10));
    expect(button.is_some(), "it has no button to reconnect")?;
    world.kill_point("notification on screen", Victim::App)?;
    Ok(format!("with a button “{}”", reconnect_label(world)))
}

fn reconnect_label(world: &World) -> &'static str {
    let french = world.desktop.as_ref().is_some_and(|desktop| {
        desktop.env().iter().any(|(name, value)| name == "LANG" && value.starts_with("fr"))
    });
    if french { "Se reconnecter" } else { "Reconnect" }
}

pub(super) fn reconnect(world: &mut World) -> Seen {
    let label = reconnect_label(world);
    let Ok(desktop) = world.virtual_desktop() else {
        println!("\n  Please press “{label}” on the notification.");
        let opened = wait::until_true(PATIENCE, || world.login_child().is_some());
        expect(opened, "no login window opened")?;
        return Ok("pressed by you".to_owned());
    };
    // Pressed once already, for a login window that was killed: then the tray, which carries the same actions.
    let by_toast = world.was_told_by_this_app() && !desktop.notification_windows().is_empty();
    if by_toast {
        desktop.press(Role::Button, label, Duration::from_secs(10)).map_err(Again::error)?;
    } else {
        press_in_tray(world)?;
    }
    world.open_login_window()?;
    Ok(format!(
        "one click in the {}, the login window is open",
        if by_toast { "notification" } else { "tray" }
    ))
}

/// The account's entry in the tray: "practice: needs you. Reconnect…", "practice : à reconnecter…". A person whose
/// click did nothing clicks again.
fn press_in_tray(world: &World) -> Result<(), Again> {
    let desktop = world.virtual_desktop()?;
    let label = if reconnect_label(world) == "Reconnect" { "Reconnect" } else { "à reconnecter" };
    for _ in 0..3 {
        let item = desktop.tray_item_named("lamplighter", Duration::from_secs(20));
        let item = item.ok_or_else(|| Again::failed("no icon in the tray"))?;
        desktop.tray_choose(&item, label).map_err(Again::error)?;
        if wait::until_true(Duration::from_secs(8), || world.login_child().is_some()) {
            return Ok(());
        }
        println!("          note  “{label}” in the tray opened nothing");
    }
    Err(Again::failed("three clicks in the tray opened nothing"))
}

pub(super) fn valid_again(world: &mut World) -> Seen {
    world.kill_point("valid again", Victim::App)?;
    let token = world.token().map_err(Again::Failed)?;
    expect(world.site.owner_of(&token).is_some(), "the token is not good")?;
    env_updated(world)?;
    let quiet = || world.desktop.as_ref().is_none_or(|desktop| desktop.notification_windows().is_empty());
    expect(wait::until_true(Duration::from_secs(20), quiet), "the notification is still there")?;
    let said = || world.desktop.as_ref().is_none_or(tray_says_fine);
    expect(wait::until_true(Duration::from_secs(20), said), "the tray does not say that it is fine")?;
    Ok("lamp token and .env have good tokens, the notification is gone".to_owned())
}

/// The account's line in the tray's menu.
fn tray_says_fine(desktop: &VirtualDesktop) -> bool {
    let Some(item) = desktop.tray_item_named("lamplighter", Duration::from_secs(5)) else { return false };
    let lines = desktop.tray_menu(&item).unwrap_or_default();
    let own = lines.iter().find(|line| line.text.starts_with(ACCOUNT));
    own.is_some_and(|line| line.text.contains("fine") || line.text.contains("en ordre"))
}
