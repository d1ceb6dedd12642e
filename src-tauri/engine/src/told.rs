//! The last part of `docs/errors.md`: what is said by the engine itself, and not of an account's state. Written by
//! `cargo xtask generate`, from the code that says it.

use std::collections::BTreeMap;
#[cfg(unix)]
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use crate::login::notice::Notices;
use crate::login::{LoginJob, kept};
use crate::run::configuration::Configuration;
use crate::sink::SinkError;
use crate::start::held;

/// What stands between the two parts of the page.
#[cfg(unix)]
const MARK: &str = "\n<!-- From here on: src-tauri/engine. -->\n";

/// One that is said, with the fault that leads to it, in both languages.
struct Told {
    #[cfg_attr(not(unix), expect(dead_code, reason = "only the page tells it, and that is written on Unix"))]
    fault: &'static str,
    when: String,
    said: [Notice; 2],
}

fn told(fault: &'static str, when: &str, say: impl Fn(Lang) -> Notice) -> Told {
    Told { fault, when: when.to_owned(), said: [Lang::En, Lang::Fr].map(say) }
}

fn all() -> Vec<Told> {
    let mut all = vec![
        told("F49", "another Lamplighter was stopped by the system", |lang| held(4711, true, lang)),
        told("F49", "another Lamplighter does not answer", |lang| held(4711, false, lang)),
    ];
    all.extend(sinks());
    all.extend(logins());
    all.extend(files());
    all
}

fn sinks() -> Vec<Told> {
    let key = || "SLACK_TOKEN".to_owned();
    let errors = [
        SinkError::BadPath,
        SinkError::NoFolder,
        SinkError::Symlink,
        SinkError::NotAFile,
        SinkError::HardLink,
        SinkError::ReadOnly,
        SinkError::Owner,
        SinkError::TooLarge,
        SinkError::NotText,
        SinkError::Unclear { line: 7 },
        SinkError::BadKey { key: key() },
        SinkError::BadValue { key: key() },
        SinkError::Tracked,
        SinkError::NotIgnored,
        SinkError::GitUnknown,
        SinkError::Changed,
        SinkError::Disk,
    ];
    let path = Path::new("/home/ana/bot/.env");
    errors
        .iter()
        .map(|error| told("F55", &error.to_string(), |lang| error.notice(path, lang).of("work-slack")))
        .collect()
}

/// Notices of a login that replaces one from before.
fn notices(lang: Lang) -> Notices {
    let text = include_str!("../../core/providers/slack.toml");
    let provider = lamplighter_core::provider::parse("slack".parse().expect("an id"), text);
    Notices::of(&LoginJob {
        account: "work-slack".parse().expect("a name"),
        provider: Arc::new(provider.expect("a provider file of ours")),
        vars: BTreeMap::new(),
        secrets: BTreeMap::new(),
        way: 0,
        lang,
        before: None,
        app: None,
    })
}

fn logins() -> Vec<Told> {
    let of = |when: &str, say: fn(&Notices) -> Notice| told("F61", when, |lang| say(&notices(lang)));
    vec![
        of("nobody finished it", |say| say.too_late(Duration::from_secs(600))),
        of("the window ended", Notices::window_ended),
        of("the person refused at the service", |say| say.access_refused("access_denied")),
        of("the service refused", |say| say.access_refused("invalid_scope")),
        of("the address is another login’s", |say| say.foreign_address("https://localhost/callback")),
        of("a field was left empty", |say| say.field_missing("Client secret")),
        of("what was entered is not accepted", Notices::not_logged_in),
        of("the service cannot be reached", |say| say.unreachable("slack.com")),
        of("there is no display", |say| say.window_failed("no display")),
        told("F61", "something had been spent when it ended", |lang| {
            let what = lang.pick("The login is not finished.", "La connexion n’est pas terminée.");
            kept(Notice::new(Code::NeedsLogin, what).of("work-slack"), lang).cure(lang.pick(
                "Log in again to finish it, or log out to give it up for good.",
                "Reconnectez-vous pour la terminer, ou déconnectez-vous pour y renoncer.",
            ))
        }),
    ]
}

fn files() -> Vec<Told> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    let here = folder.path().display().to_string();
    let broken = "[accounts.work-slack]\nid = \"0123456789abcdef0123456789abcdef\"\nprovider = \"slack\"\npausd = true\n";
    let say = |was_valid: bool| {
        std::fs::write(&path, if was_valid { "" } else { broken }).expect("a file");
        let mut read = Configuration::read(path.clone(), Lang::En).expect("it can be read");
        std::fs::write(&path, broken).expect("a file");
        read.look_again();
        told("F63", if was_valid { "a mistake while it runs" } else { "a mistake at the start" }, |lang| {
            let mut notice = read.notice(lang).expect("there is a mistake");
            notice.what = notice.what.replace(&here, "~/.config/lamplighter");
            notice
        })
    };
    vec![say(false), say(true)]
}

#[cfg(unix)]
fn page() -> String {
    let mut page = "\n## What the engine says\n".to_owned();
    for Told { fault, when, said: [en, fr] } in all() {
        let code = serde_json::to_value(en.code).expect("a code is a word");
        let code = code.as_str().unwrap_or_default();
        _ = write!(page, "\n## {fault}: {when}\n`{code}`, `lamp` exits with {}.\n\n", en.code.exit());
        page.push_str("| | English | Français |\n|---|---|---|\n");
        for (name, part) in PARTS {
            let [en, fr] = [&en, &fr].map(|notice| part(notice).unwrap_or("**missing**"));
            _ = writeln!(page, "| {name} | {en} | {fr} |");
        }
    }
    page
}

type Part = fn(&Notice) -> Option<&str>;

const PARTS: [(&str, Part); 4] = [
    ("what happened", |notice| Some(&notice.what)),
    ("is the login safe", |notice| notice.safe.as_deref()),
    ("what comes next", |notice| notice.next.as_deref()),
    ("what you can do", |notice| notice.cure.as_deref()),
];

#[test]
fn f49_f55_f61_f63_every_text_of_the_engine_has_its_parts_and_blames_nobody() {
    for Told { when, said: [en, fr], .. } in all() {
        assert_ne!(en.what, fr.what, "{when}: it is translated");
        for notice in [&en, &fr] {
            for (name, part) in PARTS {
                let text = part(notice).unwrap_or_else(|| panic!("{when} lacks {name}: {notice:?}"));
                assert!(text.len() > 3 && !text.contains('!'), "{when}: {text}");
                assert!(text.ends_with(['.', '?', ')']), "{when}: {text}");
                for blame in [
                    "your network",
                    "check the network",
                    "votre réseau",
                    "your fault",
                    "you must",
                    "vous devez",
                ] {
                    assert!(!text.to_lowercase().contains(blame), "{when}: {text}");
                }
            }
        }
    }
}

/// `LAMPLIGHTER_GENERATE=1` writes the file instead, as `cargo xtask generate` does.
#[test]
#[cfg(unix)]
fn the_engines_part_of_the_page_of_errors_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let file = std::fs::read_to_string(path).expect("docs/errors.md is part of the project");
    let (others, own) = file.split_once(MARK).unwrap_or((&file, ""));
    if std::env::var_os("LAMPLIGHTER_GENERATE").is_some() {
        std::fs::write(path, format!("{others}{MARK}{}", page())).expect("the checkout is writable");
        return;
    }
    assert!(own == page(), "docs/errors.md is old: cargo xtask generate");
}
