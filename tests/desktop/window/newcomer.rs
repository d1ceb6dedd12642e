//! Somebody sees the window for the first time, adds a login, and does all that the window offers for it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lamplighter_core::api::Standing;
use testkit::wait;

use super::hand::{SOON, Window};
use crate::login::child::{Sight, host};
use crate::login::person::{type_code, type_password};
use crate::shell::world::{World, options};

/// A provider file with a mistake in its third line.
const BROKEN: &str = "format = 1\nname = \"Broken\"\nhosts = [\"broken.test\"\n";

#[test]
fn m8_somebody_new_adds_a_login_and_does_all_that_the_window_offers() {
    let world = World::new(&options());
    let window = Window::open(&world);
    adds_the_first_login(&world, &window);
    has_it_in_a_file_that_git_knows(&world, &window);
    renames_pauses_and_refreshes(&world, &window);
    changes_settings(&world, &window);
    reconnects_one_that_needs_it(&world, &window);
    sees_a_mistake_in_a_file(&world, &window);
    logs_out(&world, &window);
    closes_and_comes_back(&world, &window);
}

fn adds_the_first_login(world: &World, window: &Window) {
    window.says("Log in once, and your programs always have a fresh token.");
    window.is_accessible("empty");
    world.picture("new-1-empty");
    window.press("Add your first login");
    window.has_focus_on("Search a service");
    window.is_accessible("services");
    world.picture("new-2-services");
    window.fill("Search a service", "practice");
    window.press("Practice ");
    world.picture("new-3-needs");
    window.has_focus_on("Address of the practice site");
    window.is_accessible("what the service needs");
    window.fill("Address of the practice site", world.site.base());
    window.press("Sign in");
    window.says("in the window that is open");
    window.is_accessible("signing in");
    world.picture("new-4-window");

    let desktop = &world.desktop;
    let mut sight = Sight::of_window(desktop, host(world.site.base()));
    type_password(desktop, &world.site, "/login", &mut sight);
    type_code(desktop, &world.site, &mut sight);
    window.says("Signed in as ana@example.com.");
    world.picture("new-5-proof");
    window.is_accessible("proof");
    window.press("Continue");
    window.says("Where should the token go?");
    world.picture("new-6-token");
    window.is_accessible("where to");
}

/// Where the token is to go: a file in somebody's repository.
fn env_file(world: &World) -> PathBuf {
    world.desktop.home().join("bot/.env")
}

fn has_it_in_a_file_that_git_knows(world: &World, window: &Window) {
    let file = env_file(world);
    let folder = file.parent().expect("a folder");
    fs::create_dir(folder).expect("a folder");
    let made = Command::new("git").arg("-C").arg(folder).args(["init", "-q"]).status();
    assert!(made.is_ok_and(|status| status.success()), "git");
    window.press("An .env file");
    window.fill("Path of the .env file", &file.to_string_lossy());
    window.press("Test");
    window.says("git");
    assert!(!file.exists(), "not without consent");
    world.picture("new-7-tracked");
    window.is_accessible("a file that git knows");
    window.press("Write even if git tracks this file");
    window.press("Finish");

    // The page of the new login.
    window.says("signed in as ana@example.com");
    window.says(" left");
    let written = || Some(fs::read_to_string(&file).ok()?.split_once('=')?.1.trim().to_owned());
    let token = wait::until(SOON, written).expect("the file is written");
    assert_eq!(world.site.owner_of(&token).as_deref(), Some("ana@example.com"));
    assert!(
        fs::read_to_string(world.home().join("config/config.toml"))
            .is_ok_and(|text| text.contains("bot/.env"))
    );
    window.is_accessible("the first login");
    world.picture("new-8-account");
}

fn renames_pauses_and_refreshes(world: &World, window: &Window) {
    window.press("More");
    window.is_accessible("menu");
    window.press("Rename");
    // As a person writes it; programs get what they can use.
    window.fill("Name", "Home");
    window.press("Rename");
    assert!(wait::until_true(SOON, || world.has_account("home")), "renamed");
    window.says("home");

    window.press("More");
    window.press("Pause");
    window.says("Paused");
    assert_eq!(world.account("home").standing, Standing::Paused);
    window.is_accessible("paused");
    window.press("Resume");
    window.says_no_more("Paused");

    let before = world.account("home").last_refresh;
    window.press("Refresh");
    assert!(wait::until_true(SOON, || world.account("home").last_refresh > before), "refreshed");
    window.says("Fine");
    window.press("History");
    window.says("What happened");
    window.is_accessible("history");
    world.picture("new-9-history");
}

fn changes_settings(world: &World, window: &Window) {
    let saved = |part: &str| {
        let config = || fs::read_to_string(world.home().join("config/config.toml")).unwrap_or_default();
        assert!(wait::until_true(SOON, || config().contains(part)), "no {part:?} in {}", config());
    };
    window.press("Settings");
    window.choose("Français");
    window.says("Réglages");
    window.choose("Sombre");
    window.is_in("fr", "dark");
    window.press("Démarrer à l’ouverture de ma session");
    window.says("Enregistré");
    saved("lang = \"fr\"");
    saved("theme = \"dark\"");
    saved("start_at_login = true");
    let autostart = world.desktop.home().join(".config/autostart");
    let has_entry = || fs::read_dir(&autostart).is_ok_and(|entries| entries.count() == 1);
    assert!(wait::until_true(SOON, has_entry), "the desktop starts it");
    window.is_accessible("settings, dark, in French");
    world.picture("new-10-settings");
    window.press("home");
    window.says("En ordre");
    window.is_accessible("a login, dark, in French");
    window.press("Réglages");
    window.choose("English");
    window.choose("Light");
    window.is_in("en", "light");
}

/// Its service refuses for good, and it is logged in again here, by the fields of a form.
fn reconnects_one_that_needs_it(world: &World, window: &Window) {
    world.write_provider("practice-json", &crate::shell::world::json_provider());
    world.log_in("work");
    window.says("work");
    world.end_session("work");
    window.press("work");
    // All five parts: of whom, what, whether the login is safe, what comes next, and what to do.
    let notice = world.account("work").notice.expect("there is a reason");
    window.says("Needs you");
    for part in [Some(notice.what), notice.safe, notice.next, notice.cure].into_iter().flatten() {
        window.says(&part);
    }
    window.is_accessible("needs you");
    world.picture("new-11-needs-you");
    window.press("Reconnect");
    let ana = world.site.person().clone();
    window.has_focus_on("E-mail");
    window.is_accessible("fields");
    window.fill("E-mail", &ana.email);
    window.fill("Password", &ana.password);
    window.fill("Code", &world.site.totp_code(&ana.email));
    world.picture("new-12-fields");
    window.press("Continue");
    window.says("Signed in as ana@example.com.");
    assert!(wait::until_true(SOON, || world.account("work").standing == Standing::Fine), "it is fine again");
    window.press("Close");
}

fn sees_a_mistake_in_a_file(world: &World, window: &Window) {
    world.write_provider("broken", BROKEN);
    window.press("Add a login");
    window.fill("Search a service", "broken");
    window.says("Its file has a mistake");
    // The file, its line and column, what is wrong.
    window.says("broken.toml:3:23: This is not TOML");
    world.picture("new-13-mistake");
    window.is_accessible("a file with a mistake");
}

fn logs_out(world: &World, window: &Window) {
    window.press("work");
    window.press("More");
    window.press("Log out");
    window.says("Log out of work?");
    window.is_accessible("are you sure");
    window.press("Cancel");
    window.says_no_more("Log out of work?");
    assert!(world.has_account("work"), "nothing is done that was not confirmed");
    window.press("More");
    window.press("Log out");
    window.says("Log out of work?");
    window.press("Log out");
    assert!(wait::until_true(SOON, || !world.has_account("work")), "it is gone");
    window.says("home");
    window.says_no_more("work");
}

/// Half-way through another login; what was done stays, and of what was begun there is no account.
fn closes_and_comes_back(world: &World, window: &Window) {
    window.press("Add a login");
    window.fill("Search a service", "practice json");
    window.press("Practice JSON");
    window.fill("Address of the practice site", world.site.base());
    window.fill("Name", "begun");
    window.press("Sign in");
    window.says("Sign in to Practice JSON");
    world.desktop.close(&world.await_window()).expect("closed");
    world.await_no_window();
    assert!(wait::until_true(SOON, || !world.has_account("begun")), "what was begun is no account");
    world.choose("Open Lamplighter");
    world.await_window();
    world.await_text("ana@example.com");
    world.await_text("home");
    world.picture("new-14-again");
    let account = world.account("home");
    assert_eq!((account.standing, account.sinks.len()), (Standing::Fine, 1));
}
