//! The system browser: opened once for a login that was started here, and not for one of `lamp`'s.

use lamplighter_core::api::LoginStage;
use testkit::desktop::Role;
use testkit::wait;

use super::world::{SOON, World};

#[test]
fn m7_a_login_in_the_system_browser_opens_it_exactly_once_and_not_for_lamp() {
    let world = World::running();
    // `lamp` opens its own.
    let login = world.new_login("practice-oauth", "by-lamp");
    let in_browser = || match world.login(&login.id).stage {
        LoginStage::Browser { url } => Some(url),
        _ => None,
    };
    let address = wait::until(SOON, in_browser).expect("it comes to the browser");
    assert!(address.starts_with(world.site.base()));

    // The window does not.
    world.desktop.press(Role::Link, "Add", SOON).expect("a link");
    world.desktop.press(Role::Button, "Practice OAuth", SOON).expect("a service");
    world.desktop.press(Role::Field, "Address of the practice site", SOON).expect("a field");
    world.desktop.type_text(world.site.base()).expect("typed");
    world.picture("add-oauth-en");
    world.desktop.press(Role::Button, "Sign in", SOON).expect("a button");
    assert!(wait::until_true(SOON, || !world.opened().is_empty()), "{}", world.log());
    assert!(world.desktop.element(Role::Button, "Copy", SOON).is_some(), "the page has come to the browser");
    world.picture("add-browser-en");
    let opened = world.opened();
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert!(opened[0].starts_with(&format!("{}/oauth/authorize?", world.site.base())), "{opened:?}");
    assert_ne!(opened[0], address);
}
