//! The app's window stays at the app's own pages, whatever happens in it: script that somebody got into it, links
//! that somebody opens or drops there, commands of the framework (T14).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::desktop::Role;
use testkit::wait;

use super::driver::Driver;
use super::listener::Listener;
use super::world::{SOON, World, options};

/// Every way out that script has.
const WAYS: &str = include_str!("ways_out.js");
/// Ways on which not even a browser asks anybody for anything, or only for what the person clicked on.
const LEAD_NOWHERE: [&str; 10] = [
    "data",
    "form-blank",
    "history",
    "icon",
    "link-blank",
    "open-blank",
    "open-named",
    "preconnect",
    "prefetch",
    "service-worker",
];
/// Rules of the window's content security policy that the ways run into.
const RULES: [&str; 10] = [
    "base-uri",
    "connect-src",
    "font-src",
    "form-action",
    "frame-src",
    "img-src",
    "media-src",
    "object-src",
    "script-src-elem",
    "style-src-elem",
];
/// Every command of the framework and its plugins, as the build found them.
const COMMANDS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/gen/schemas/acl-manifests.json"));
/// What may be asked from the window: the engine, and to be told what changed.
const ALLOWED: [&str; 3] = ["call", "plugin:event|listen", "plugin:event|unlisten"];

/// What nobody should see is waited for this long.
const A_WHILE: Duration = Duration::from_secs(3);
/// The same after each of many ways; what comes later is seen at the end.
const A_MOMENT: Duration = Duration::from_millis(80);

fn driven_app(world: &World) -> Driver {
    let driver = Driver::of_app(world);
    assert!(is_ours(&driver), "{}", driver.address());
    driver
}

/// A browser of the same engine, without the app's rules.
fn driven_browser(world: &World) -> Driver {
    Driver::start(&mut world.command_of("WebKitWebDriver".as_ref()), None)
}

fn is_ours(driver: &Driver) -> bool {
    driver.address().starts_with("tauri://localhost/")
}

fn ways(driver: &Driver) -> Vec<String> {
    let names = driver.run(WAYS, &json!([])).expect("names");
    let names: Vec<String> = serde_json::from_value(names).expect("names");
    assert!(names.len() > 50, "{names:?}");
    names
}

#[test]
fn t14_no_script_in_the_window_loads_or_reaches_anything_elsewhere() {
    let world = World::new(&options());
    let elsewhere = Listener::start();
    let driver = driven_app(&world);
    let home = driver.address();
    for scheme in ["http", "https"] {
        for name in ways(&driver) {
            driver.go(&home).expect("our own page");
            // Some throw, which is as good.
            _ = driver.run(WAYS, &json!([name, format!("{}/{name}", elsewhere.base(scheme))]));
            wait::until_true(A_MOMENT, || !elsewhere.seen().is_empty());
            assert!(is_ours(&driver), "{name} led to {}", driver.address());
            assert_eq!(elsewhere.seen(), BTreeSet::new(), "by {name} over {scheme}");
        }
    }
    assert!(!wait::until_true(A_WHILE, || !elsewhere.seen().is_empty()), "{:?}", elsewhere.seen());
    // That nothing came is not for want of a network alone.
    let refused = driver.run("return Object.keys(sessionStorage)", &json!([])).expect("rules");
    let refused: BTreeSet<String> = serde_json::from_value(refused).expect("names");
    assert!(RULES.iter().all(|rule| refused.contains(*rule)), "{refused:?}");
    // The page is still the app's own, and works.
    driver.go(&home).expect("our own page");
    world.desktop.press(Role::Link, "Settings", SOON).expect("a link");
    world.await_text("Start when I log in");
}

#[test]
fn t14_the_same_ways_lead_out_of_a_browser_without_the_apps_rules() {
    let world = World::new(&options());
    let (start, elsewhere) = (Listener::start(), Listener::start());
    let driver = driven_browser(&world);
    driver.go(&start.base("http")).expect("a page");
    let mut missing = BTreeSet::new();
    for name in ways(&driver) {
        driver.go(&start.base("http")).expect("a page");
        _ = driver.run(WAYS, &json!([name, format!("{}/{name}", elsewhere.base("http"))]));
        let at_most = if LEAD_NOWHERE.contains(&name.as_str()) { A_MOMENT } else { SOON };
        if !wait::until_true(at_most, || elsewhere.seen().contains(&name)) {
            missing.insert(name);
        }
    }
    assert!(missing.iter().all(|name| LEAD_NOWHERE.contains(&name.as_str())), "{missing:?}");
}

#[test]
fn t14_no_link_in_the_window_leads_elsewhere_by_mouse_menu_or_address() {
    let world = World::new(&options());
    let elsewhere = Listener::start();
    let driver = driven_app(&world);
    let home = driver.address();
    // A link that fills the window.
    let put = "const link = document.createElement('a'); link.id = 'way'; link.textContent = 'a way';
               for (const [key, value] of Object.entries(arguments[0])) link.setAttribute(key, value);
               Object.assign(link.style, { position: 'fixed', inset: '0', background: 'white' });
               link.addEventListener('click', () => sessionStorage.setItem(arguments[0].href, ''));
               document.body.append(link);";
    for (name, more) in [
        ("plain", json!({})),
        ("blank", json!({ "target": "_blank" })),
        ("top", json!({ "target": "_top", "rel": "opener" })),
        ("download", json!({ "download": "x" })),
    ] {
        driver.go(&home).expect("our own page");
        let mut link = more;
        link["href"] = json!(format!("{}/{name}", elsewhere.base("http")));
        driver.run(put, &json!([link])).expect("a link");
        driver.click("#way").expect("clicked");
        let pressed = driver.run("return sessionStorage.getItem(arguments[0])", &json!([link["href"]]));
        assert_eq!(pressed, Ok(json!("")), "{name} was not clicked on");
        wait::until_true(A_MOMENT, || !elsewhere.seen().is_empty());
        assert!(is_ours(&driver), "{name} led to {}", driver.address());
    }
    // What is typed into an address bar, were there one. Tauri cannot read those with a port behind a file's host or a
    // broken international name, and lets them pass.
    for address in [
        format!("{}/typed", elsewhere.base("http")),
        format!("{}/typed", elsewhere.base("https")),
        "file:///etc/passwd".to_owned(),
        "file://localhost:1/etc/passwd".to_owned(),
        format!("{}/typed", elsewhere.base("file")),
        "http://xn--a.localhost/".to_owned(),
        "tauri://elsewhere.test/".to_owned(),
        "data:text/html,<p>elsewhere".to_owned(),
        "about:blank".to_owned(),
    ] {
        _ = driver.try_to_go(&address);
        let shown = driver.run("return document.title", &json!([]));
        assert_eq!((is_ours(&driver), shown), (true, Ok(json!("Lamplighter"))), "{address}");
    }
    // It may answer with the one that there is.
    _ = driver.new_window();
    assert_eq!(world.desktop.windows().iter().filter(|window| window.title == "Lamplighter").count(), 1);
    assert!(!wait::until_true(A_WHILE, || !elsewhere.seen().is_empty()), "{:?}", elsewhere.seen());
}

#[test]
fn t14_the_window_may_ask_for_nothing_but_the_engine_and_what_changed() {
    let world = World::new(&options());
    let driver = driven_app(&world);
    let commands = commands();
    let ask = "const [commands, answer] = arguments;
               const why = (error) => typeof error === 'string' ? error : JSON.stringify(error);
               const ask = (command) => window.__TAURI_INTERNALS__.invoke(command, {}).then(() => 'done', why);
               Promise.all(commands.map(async (command) => [command, await ask(command)])).then(answer);";
    let answers = driver.run_async(ask, &json!([commands])).expect("answers");
    let answers: Vec<(String, String)> = serde_json::from_value(answers).expect("pairs");
    assert_eq!(answers.len(), commands.len());
    for (command, said) in answers {
        let is_refused = said.contains("not allowed");
        assert_eq!(is_refused, !ALLOWED.contains(&command.as_str()), "{command}: {said}");
    }
    let global = driver.run("return typeof window.__TAURI__", &json!([]));
    assert_eq!(global, Ok(json!("undefined")));
}

/// All commands that there are, by the names under which a page asks for them.
fn commands() -> Vec<String> {
    let manifests: Value = serde_json::from_str(COMMANDS).expect("JSON");
    let mut commands = BTreeSet::from(["plugin:shell|open".to_owned(), "plugin:fs|read_file".to_owned()]);
    for (plugin, manifest) in manifests.as_object().expect("plugins") {
        let prefix = match plugin.as_str() {
            "__app-acl__" => String::new(),
            plugin => format!("plugin:{}|", plugin.trim_start_matches("core:")),
        };
        let permissions = manifest["permissions"].as_object().expect("permissions");
        let allowed = permissions.values().flat_map(|one| one["commands"]["allow"].as_array());
        commands.extend(allowed.flatten().filter_map(Value::as_str).map(|name| format!("{prefix}{name}")));
    }
    assert!(commands.len() > 150 && ALLOWED.iter().all(|name| commands.contains(*name)), "{commands:?}");
    commands.into_iter().collect()
}
