//! A person's eyes and hands at the window: what is there to read, and what is pressed and filled in.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::wait;

use crate::shell::driver::Driver;
use crate::shell::world::World;

/// Longest that anything here may take; what waits for a service and a browser engine under load needs its time.
pub const SOON: Duration = Duration::from_secs(180);
/// Looks at the page.
const PAGE: &str = include_str!("page.js");
/// What of axe is asked: WCAG 2.2 AA, and what is good practice, as in the pictures' checks.
const AXE: &str = "const answer = arguments[arguments.length - 1];
    const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    window.axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(
        ({ violations, passes }) => answer({
            seen: passes.length,
            faults: violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 200))),
        }),
        (error) => answer({ seen: 0, faults: [String(error)] }),
    )";

/// Where the keyboard is.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Focus {
    /// What it is called.
    pub on: String,
    /// Its element.
    pub kind: String,
    /// Whether a person can see that it is there.
    pub is_seen: bool,
    /// What stands in it.
    pub value: String,
}

/// The app's window.
pub struct Window {
    driver: Driver,
}

impl Window {
    /// Starts the app, and waits until its window shows something.
    pub fn open(world: &World) -> Self {
        let this = Self { driver: Driver::of_app(world) };
        world.await_window();
        this
    }

    fn ask(&self, what: &str, name: &str) -> Value {
        // A page that is just being replaced answers with an error.
        self.driver.run(PAGE, &json!([what, name])).unwrap_or(Value::Null)
    }

    fn asked<T: serde::de::DeserializeOwned>(&self, what: &str) -> Option<T> {
        serde_json::from_value(self.ask(what, "")).ok()
    }

    /// All that stands in the window.
    pub fn text(&self) -> String {
        self.asked("text").unwrap_or_default()
    }

    /// Waits until the window says this.
    pub fn says(&self, part: &str) {
        assert!(wait::until_true(SOON, || self.text().contains(part)), "no {part:?} in {:?}", self.text());
    }

    /// Waits until the window does not say this any more.
    pub fn says_no_more(&self, part: &str) {
        assert!(wait::until_true(SOON, || !self.text().contains(part)), "{part:?} stays: {:?}", self.text());
    }

    /// Presses the button, link, entry or box of this name as soon as there is one.
    pub fn press(&self, name: &str) {
        self.on("pressable", name, |found| self.driver.press(found));
    }

    /// Fills in the field of this name.
    pub fn fill(&self, name: &str, text: &str) {
        self.on("field", name, |found| self.driver.fill(found, text));
    }

    /// Chooses this one of the words that a box offers.
    pub fn choose(&self, name: &str) {
        self.on("option", name, |found| self.driver.press(found));
    }

    /// What moves or is still covered cannot be pressed: a person tries once more.
    fn on(&self, what: &str, name: &str, act: impl Fn(&Value) -> Result<Value, Value>) {
        let mut last = Value::Null;
        let done = wait::until_true(SOON, || {
            let found = self.ask(what, name);
            let acted = if found.is_null() { Err(found) } else { act(&found) };
            acted.map_err(|error| last = error).is_ok()
        });
        assert!(done, "no {what} {name:?} ({last}) in {:?}", self.text());
    }

    /// Where the keyboard is.
    pub fn focus(&self) -> Focus {
        wait::until(SOON, || self.asked("focus")).expect("something has the focus")
    }

    /// Waits until the keyboard is on what is called so, and that it can be seen there.
    pub fn has_focus_on(&self, name: &str) -> Focus {
        let there = wait::until(SOON, || Some(self.focus()).filter(|focus| focus.on.contains(name)));
        let focus = there.unwrap_or_else(|| panic!("not on {name:?} but {:?}", self.focus()));
        assert!(focus.is_seen, "nobody sees the focus on {focus:?}");
        focus
    }

    /// Waits until the page has this language and this theme.
    pub fn is_in(&self, language: &str, theme: &str) {
        let is = |what: &str, wanted: &str| self.asked::<String>(what).is_some_and(|found| found == wanted);
        let there = wait::until_true(SOON, || is("language", language) && is("theme", theme));
        assert!(there, "{} {}", self.ask("language", ""), self.ask("theme", ""));
    }

    /// axe finds nothing wrong with the page as it stands, nothing is too small to be hit, and nothing cut off.
    pub fn is_accessible(&self, page: &str) {
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{}: {error}", axe.display()));
        self.driver.run(&format!("if (!window.axe) {{ {axe} }}"), &json!([])).expect("axe can be loaded");
        let found = self.driver.run_async(AXE, &json!([])).expect("axe answers");
        assert!(
            found["seen"].as_u64().is_some_and(|seen| seen > 10),
            "{page}: axe has looked at nothing: {found}"
        );
        assert_eq!(found["faults"], json!([]), "{page}");
        assert_eq!(self.ask("narrow", ""), json!([]), "{page}");
    }
}
