//! Changing it as a person would.

use std::collections::BTreeMap;

use lamplighter_core::api::{Settings, SinkSettings};
use lamplighter_core::config::{AccountSettings, Config, Document};
use lamplighter_core::id::AccountName;
use lamplighter_core::record::StoreKind;
use lamplighter_core::text::Lang;

const FILE: &str = r#"# My accounts

[accounts.work]   # the one for work
id = "00000000000000000000000000000001"
provider = "slack"
vars = { client_id = "1" } # from the app's page

# where the bot reads it
[[accounts.work.sinks]]
kind = "env"
path = "~/bot/.env"   # do not move
set  = { TOKEN = "{{token.bot}}" }

[[accounts.work.sinks]]
kind = "sql"
run  = "UPDATE t SET a = :token"

# at home
[accounts.home]
id = "00000000000000000000000000000002"
provider = "twitch"
"#;

fn name(text: &str) -> AccountName {
    text.parse().expect("a name")
}

fn open(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|_| panic!("valid"))
}

fn env(path: &str, key: &str) -> SinkSettings {
    let set = BTreeMap::from([(key.to_owned(), "{{token.bot}}".to_owned())]);
    SinkSettings::Env { path: path.into(), set, allow_tracked: false }
}

/// Lines of `new` that are not in `old`, and the other way round.
fn difference(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let only = |a: &str, b: &str| {
        a.lines().filter(|line| !b.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    (only(old, new), only(new, old))
}

#[test]
fn an_unchanged_document_is_the_same_text() {
    assert_eq!(open(FILE).text(), FILE);
    let windows = FILE.replace('\n', "\r\n");
    assert_eq!(open(&windows).text(), windows);
}

#[test]
fn a_new_account_is_added_at_the_end_and_nothing_else_changes() {
    let mut document = open(FILE);
    let vars = BTreeMap::from([("base".parse().expect("a name"), "https://flex.example.com".to_owned())]);
    let id = "00000000000000000000000000000003".parse().expect("an id");
    let settings = AccountSettings::new(id, "oneflex".parse().expect("an id"), vars);
    assert!(document.add_account(&name("my.flex"), &settings));
    assert!(!document.add_account(&name("home"), &settings), "the name is taken");
    let text = document.text();
    assert!(text.starts_with(FILE), "{text}");
    assert_eq!(Config::parse(&text).expect("valid").accounts[&name("my.flex")], settings);
}

#[test]
fn the_first_account_of_an_empty_file_is_written_too() {
    let mut document = open("");
    let id = "00000000000000000000000000000003".parse().expect("an id");
    let mut settings = AccountSettings::new(id, "oneflex".parse().expect("an id"), BTreeMap::new());
    settings.sinks = vec![env("~/.env", "A")];
    assert!(document.add_account(&name("a"), &settings));
    assert_eq!(Config::parse(&document.text()).expect("valid").accounts[&name("a")], settings);
    assert!(!document.text().contains("[accounts]"), "{}", document.text());
}

#[test]
fn an_account_is_renamed_in_its_place_with_its_comments() {
    let mut document = open(FILE);
    assert!(document.rename_account(&name("work"), &name("office")));
    assert!(!document.rename_account(&name("home"), &name("office")), "the name is taken");
    assert!(!document.rename_account(&name("nobody"), &name("x")));
    let (gone, new) = difference(FILE, &document.text());
    let lines = |name: &str| {
        let sinks = format!("[[accounts.{name}.sinks]]");
        [format!("[accounts.{name}]   # the one for work"), sinks.clone(), sinks]
    };
    assert_eq!(gone, lines("work"));
    assert_eq!(new, lines("office"));
    let text = document.text();
    assert!(text.find("office") < text.find("accounts.home"), "{text}");
}

#[test]
fn a_removed_account_takes_its_own_lines_only() {
    let mut document = open(FILE);
    assert!(document.remove_account(&name("work")));
    assert!(!document.remove_account(&name("work")));
    let text = document.text();
    assert!(text.contains("# at home\n[accounts.home]"), "{text}");
    assert_eq!(Config::parse(&text).expect("valid").accounts.len(), 1);
}

#[test]
fn sinks_are_replaced_and_those_of_a_later_version_stay() {
    let mut document = open(FILE);
    assert!(document.set_sinks(&name("work"), &[env("~/bot/.env", "SLACK"), env("~/other/.env", "TOKEN")]));
    let text = document.text();
    assert!(text.contains("path = \"~/bot/.env\"   # do not move"), "{text}");
    assert!(text.contains("run  = \"UPDATE t SET a = :token\""), "{text}");
    let account = &Config::parse(&text).expect("valid").accounts[&name("work")];
    assert_eq!(account.sinks, [env("~/bot/.env", "SLACK"), env("~/other/.env", "TOKEN")]);
    assert_eq!(account.later.len(), 1);
    assert!(document.set_sinks(&name("work"), &[]));
    let account = &Config::parse(&document.text()).expect("valid").accounts[&name("work")];
    assert_eq!((account.sinks.len(), account.later.len()), (0, 1));
}

#[test]
fn a_variable_and_the_pause_change_their_own_line() {
    let mut document = open(FILE);
    assert!(document.set_var(&name("work"), &"client_id".parse().expect("a name"), "2"));
    let (gone, new) = difference(FILE, &document.text());
    assert_eq!(gone, ["vars = { client_id = \"1\" } # from the app's page"]);
    assert_eq!(new, ["vars = { client_id = \"2\" } # from the app's page"]);
    assert!(document.set_paused(&name("home"), true));
    assert!(Config::parse(&document.text()).expect("valid").accounts[&name("home")].paused);
    assert!(document.set_paused(&name("home"), false));
    assert!(!document.text().contains("paused"));
    assert!(!document.set_var(&name("nobody"), &"a".parse().expect("a name"), "1"));
}

#[test]
fn settings_come_back_as_they_were_set() {
    let mut document = open(FILE);
    let settings = Settings {
        lang: Some(Lang::Fr),
        theme: Some("dark".into()),
        start_at_login: true,
        chrome: Some("/opt/chrome".into()),
        chrome_without_sandbox: false,
        store: StoreKind::Sealed,
        store_key: Some("/etc/lamplighter/key".into()),
        told_tray: true,
    };
    document.set_settings(&settings);
    assert_eq!(Config::parse(&document.text()).expect("valid").settings, settings);
    assert!(document.text().starts_with(FILE), "{}", document.text());
    document.set_settings(&Settings::default());
    assert_eq!(Config::parse(&document.text()).expect("valid").settings, Settings::default());
}

#[test]
fn f63_a_broken_file_is_not_edited() {
    assert!(Document::parse("[accounts.work]\nid = 1\n").is_err());
}
