//! The window by the keyboard alone, with the desktop's own keys: Tab, Enter, Escape, arrows.

use std::time::Duration;

use lamplighter_core::api::Standing;
use testkit::wait;

use super::hand::{Focus, SOON, Window};
use crate::shell::world::{World, options};

/// No page has more to go through.
const MOST_STOPS: usize = 30;
/// How long a key is waited for, and how often it is pressed.
const A_KEY: Duration = Duration::from_secs(10);
const KEYS: usize = 18;

/// Ten fingers on the keys, and no mouse.
struct Keys<'a> {
    world: &'a World,
    window: &'a Window,
}

impl Keys<'_> {
    fn press(&self, key: &str) {
        self.world.desktop.key(key).expect("pressed");
    }

    /// Presses a key that leads to what is called so. A key can go nowhere on a busy desktop: a person would press it
    /// again, and sees first where the keyboard is.
    fn leads_to(&self, key: &str, name: &str) {
        let is_there = || self.window.focus().on.contains(name);
        let pressed = (0..KEYS).any(|_| {
            self.press(key);
            wait::until_true(A_KEY, is_there)
        });
        assert!(pressed, "{key} does not lead to {name:?} but {:?}", self.window.focus());
        self.window.has_focus_on(name);
    }

    /// Presses a key, and waits until the keyboard is elsewhere than before.
    fn moves_on(&self, key: &str) -> Focus {
        let before = self.window.focus();
        // Past the last thing it leaves the page, and nothing has it for once.
        let moved = || wait::until(A_KEY, || Some(self.window.focus()).filter(|now| *now != before));
        // A key can go nowhere on a busy desktop: a person would press it again.
        let pressed = (0..KEYS).find_map(|_| {
            self.press(key);
            moved()
        });
        pressed.unwrap_or_else(|| panic!("{key} does not lead away from {before:?}"))
    }

    /// Tab by Tab to what is called so; wherever it comes by, it can be seen.
    fn goes_to(&self, name: &str) {
        let mut seen = vec![self.window.focus()];
        while !seen.last().is_some_and(|focus| focus.on.starts_with(name)) {
            assert!(seen.len() < MOST_STOPS, "Tab does not reach {name:?}: {seen:?}");
            let focus = self.moves_on("Tab");
            assert!(focus.is_seen || focus.kind == "body", "nobody sees the focus on {focus:?}");
            seen.push(focus);
        }
    }

    /// Types over what stands in the field where the keyboard is.
    fn types(&self, text: &str) {
        let typed = wait::until_true(SOON, || {
            self.press("ctrl+a");
            self.world.desktop.type_text(text).expect("typed");
            wait::until_true(SOON / 10, || self.window.focus().value == text)
        });
        assert!(typed, "{:?}", self.window.focus());
    }
}

#[test]
fn m8_a_login_is_added_and_looked_after_without_a_mouse() {
    let world = World::new(&options());
    let window = Window::open(&world);
    let keys = Keys { world: &world, window: &window };
    world.desktop.focus(&world.await_window()).expect("it is in front");
    window.says("Log in once");
    adds(&keys);
    uses_the_menu(&keys);
    opens_and_leaves_dialogs(&keys);
    uses_the_form_for_a_file(&keys);
}

fn adds(keys: &Keys<'_>) {
    let Keys { world, window } = keys;
    keys.goes_to("Add your first login");
    keys.leads_to("Return", "Search a service");
    keys.types("practice json");
    keys.press("Return");
    window.has_focus_on("Address of the practice site");
    keys.types(world.site.base());
    keys.goes_to("Name of this login");
    // As a person writes, not as a program wants it.
    keys.types("My Work");
    keys.press("Return");
    window.has_focus_on("E-mail");
    let ana = world.site.person().clone();
    keys.types(&ana.email);
    keys.goes_to("Password");
    keys.types(&ana.password);
    keys.goes_to("Code");
    keys.types(&world.site.totp_code(&ana.email));
    keys.press("Return");
    window.says("Signed in as ana@example.com.");
    window.has_focus_on("Continue");
    keys.press("Return");
    window.has_focus_on("A command gives it");
    keys.moves_on("Down");
    window.has_focus_on("An .env file");
    keys.moves_on("Down");
    keys.goes_to("Finish");
    keys.press("Return");
    window.says("signed in as ana@example.com");
    assert_eq!(world.account("my-work").standing, Standing::Fine);
}

fn uses_the_menu(keys: &Keys<'_>) {
    let window = keys.window;
    window.has_focus_on("my-work");
    keys.goes_to("More");
    keys.press("Return");
    window.has_focus_on("Rename");
    keys.leads_to("Up", "Log out");
    keys.leads_to("Down", "Rename");
    keys.leads_to("Escape", "More");
    keys.leads_to("Down", "Rename");
    keys.leads_to("Down", "Pause");
    keys.press("Return");
    window.says("Paused");
    window.has_focus_on("More");
    keys.goes_to("Resume");
    keys.press("space");
    window.says_no_more("Paused");
    // The button is gone with the pause.
    window.has_focus_on("my-work");
}

fn opens_and_leaves_dialogs(keys: &Keys<'_>) {
    let Keys { world, window } = keys;
    keys.goes_to("More");
    keys.leads_to("Up", "Log out");
    keys.press("Return");
    window.says("Log out of my-work?");
    // Tab stays inside.
    for _ in 0..4 {
        keys.press("Tab");
        let focus = window.focus();
        let is_inside = ["Cancel", "Log out"].contains(&focus.on.as_str());
        assert!(is_inside || ["dialog", "body"].contains(&focus.kind.as_str()), "{focus:?}");
    }
    keys.leads_to("Escape", "More");
    window.says_no_more("Log out of my-work?");
    assert!(world.has_account("my-work"));
    keys.leads_to("Down", "Rename");
    keys.press("Return");
    window.has_focus_on("Name");
    keys.types("home");
    keys.press("Return");
    assert!(wait::until_true(SOON, || world.has_account("home")), "renamed");
    window.has_focus_on("More");
}

fn uses_the_form_for_a_file(keys: &Keys<'_>) {
    let window = keys.window;
    keys.goes_to("Add an .env file");
    keys.press("Return");
    window.has_focus_on("Path of the .env file");
    keys.types("~/bot/.env");
    keys.goes_to("Cancel");
    keys.press("Return");
    window.has_focus_on("Add an .env file");
}
