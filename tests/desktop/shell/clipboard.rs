//! "Copy token": there for half a minute, then gone, and never at the cost of what the person copied since.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use lamplighter_core::api::TokenRequest;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use testkit::desktop::Role;
use testkit::wait;

use super::world::{SOON, World};

/// How long a copied token stays, and a little.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
/// Seeing that it is there may take this much of it, on a machine that is busy.
const SEEN: Duration = Duration::from_secs(20);

/// What is in the clipboard, if it is text.
fn clipboard(world: &World) -> Option<Secret> {
    let mut xclip = world.desktop.command("xclip");
    let output =
        xclip.args(["-selection", "clipboard", "-out"]).stdout(Stdio::piped()).output().expect("xclip");
    output.status.success().then(|| Secret::new(output.stdout))
}

/// The kinds of content that are offered.
fn kinds(world: &World) -> String {
    let mut xclip = world.desktop.command("xclip");
    let xclip = xclip.args(["-selection", "clipboard", "-out", "-target", "TARGETS"]);
    String::from_utf8_lossy(&xclip.stdout(Stdio::piped()).output().expect("xclip").stdout).into_owned()
}

/// Presses "Copy token" and waits until it is done.
fn copy_token(world: &World) -> Secret {
    let request = TokenRequest { stale: true, ..TokenRequest::default() };
    let grant = world.client(Lang::En).token("work-json", &request);
    let token = grant.unwrap_or_else(|trouble| panic!("{:?}", trouble.notice(Lang::En))).value;
    world.desktop.press(Role::Button, "Copy token", SOON).expect("a button");
    let is_there = || clipboard(world).is_some_and(|text| text.digest() == token.digest());
    assert!(wait::until_true(SOON, is_there), "the clipboard does not hold the token: {}", world.log());
    token
}

/// Somebody else copies something.
fn copy_other(world: &mut World, text: &str) {
    let path = world.desktop.home().join("copied");
    fs::write(&path, text).expect("written");
    let mut xclip = world.desktop.command("xclip");
    world.desktop.start_program(xclip.args(["-selection", "clipboard", "-in"]).arg(path)).expect("xclip");
    assert!(wait::until_true(SOON, || holds(world, text)), "xclip does not offer it");
}

fn holds(world: &World, text: &str) -> bool {
    clipboard(world).is_some_and(|found| found.expose() == text.as_bytes())
}

fn at_the_account() -> World {
    let world = World::running();
    world.log_in("work-json");
    world.desktop.press(Role::Link, "work-json", SOON).expect("a link");
    world
}

#[test]
fn t22_a_copied_token_is_gone_after_half_a_minute_but_what_was_copied_since_is_not() {
    let mut world = at_the_account();
    copy_token(&world);
    let gone = || clipboard(&world).is_none();
    assert!(!wait::until_true(HALF_A_MINUTE - SEEN, gone), "it stays as long as the window says");
    world.picture("token-copied-en");
    assert!(wait::until_true(SOON, gone), "it is still there");

    copy_token(&world);
    assert!(kinds(&world).contains("x-kde-passwordManagerHint"), "{}", kinds(&world));
    copy_other(&mut world, "a shopping list");
    let lost = || !holds(&world, "a shopping list");
    assert!(!wait::until_true(HALF_A_MINUTE + SEEN / 2, lost), "it was taken away from the person");
}

#[test]
fn t22_a_copied_token_does_not_outlive_the_app_and_what_was_copied_since_does() {
    let mut world = at_the_account();
    copy_token(&world);
    assert!(world.quit().success());
    assert!(clipboard(&world).is_none());

    world.start(&[]);
    world.desktop.press(Role::Link, "work-json", SOON).expect("a link");
    copy_token(&world);
    copy_other(&mut world, "a shopping list");
    assert!(world.quit().success());
    assert!(holds(&world, "a shopping list"));
}
