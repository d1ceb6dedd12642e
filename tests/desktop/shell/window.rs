//! The window through the real engine: both languages, both themes, and what a hostile service can make it say.

use lamplighter_core::api::{Request, Response};
use lamplighter_core::text::Lang;
use testkit::desktop::{Options, Role};
use testkit::practice::Person;

use super::world::{SOON, World, json_provider, options};

/// Words of one language.
struct Words {
    lang: &'static str,
    settings: &'static str,
    start_at_login: &'static str,
    time_left: &'static str,
    tray: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en_US.UTF-8",
    settings: "Settings",
    start_at_login: "Start when I log in",
    time_left: " left",
    tray: "Open Lamplighter",
};
const FRENCH: Words = Words {
    lang: "fr_FR.UTF-8",
    settings: "Réglages",
    start_at_login: "Démarrer à l’ouverture de ma session",
    time_left: "encore ",
    tray: "Ouvrir Lamplighter",
};

/// A look at window and tray in the system's language.
fn tour(words: &Words, dark: bool) -> World {
    let mut world = World::new(&Options { dark, ..options() });
    let mut command = world.command();
    world.start_by(command.env("LANG", words.lang));
    world.await_window();
    world.await_entry(words.tray);
    world.log_in("work-json");
    world.await_entry(words.time_left);
    world.await_text("Practice JSON");
    let name = format!("{}-{}", &words.lang[..2], if dark { "dark" } else { "light" });
    world.picture(&format!("window-{name}"));
    world.desktop.press(Role::Link, words.settings, SOON).expect("a link");
    world.await_text(words.start_at_login);
    world.picture(&format!("settings-{name}"));
    world
}

#[test]
fn m8_window_and_tray_speak_english_and_change_to_french_at_once() {
    let world = tour(&ENGLISH, false);
    let Response::Settings { mut settings } = world.ask(&Request::Settings) else { panic!("no settings") };
    settings.lang = Some(Lang::Fr);
    world.ask(&Request::SetSettings { settings });
    world.await_text(FRENCH.start_at_login);
    world.await_entry(FRENCH.tray);
}

#[test]
fn m8_window_and_tray_speak_french_on_a_french_desktop_in_the_dark() {
    tour(&FRENCH, true);
}

#[test]
fn t14_what_a_hostile_service_says_is_text_and_nothing_else() {
    let mut ana = Person::new("Ana");
    let attack =
        "<img src=x onerror=location='http://evil.test'><a href='http://evil.test'>a</a>@example.com";
    ana.email = attack.to_owned();
    let mut world = World::with_person(&options(), ana);
    let name = "<script>location='http://evil.test'</script><b>Practice</b>";
    world.write_provider("practice-json", &json_provider().replace("Practice JSON", name));
    world.start(&[]);
    world.await_window();
    let account = world.log_in("work-json");
    assert_eq!(account.identity.as_deref(), Some(attack));
    assert_eq!(account.service, name);
    world.await_text(name);
    world.await_text(attack);
    world.picture("hostile-en");

    world.desktop.press(Role::Link, "Add", SOON).expect("a link");
    world.await_text(name);
    // The page is still ours.
    world.desktop.press(Role::Link, "Settings", SOON).expect("a link");
    world.await_text("Start when I log in");

    // A toast is read as markup by notification servers.
    world.end_session("work-json");
    let shown = || !world.desktop.notification_windows().is_empty();
    assert!(testkit::wait::until_true(SOON, shown), "{}", world.desktop.notification_log());
    let log = world.desktop.notification_log();
    assert!(!log.contains("<b>") && !log.contains("<a "), "{log}");
    world.picture("hostile-toast-en");
}
