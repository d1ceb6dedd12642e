//! `docs/errors.md`: everything that is said of an account when something is not as it should be, in both languages
//! side by side, to be read in one go. Written by `cargo xtask generate`, from the code that says it.

mod told;

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use lamplighter_core::classify::{Means, TABLE};
use lamplighter_core::report::Notice;
use lamplighter_core::text::{Clock, Lang, Subject, Why, notice, toast};
use lamplighter_core::time::Timestamp;

use told::{Told, all, elsewhere};

/// 2026-01-01 03:00 UTC, a Thursday: when nobody wants to read long.
const NOW: i64 = 1_767_225_600_000 + 3 * 3_600_000;

/// What the engine says comes after this, by a test of its own (`src-tauri/engine/src/told.rs`).
#[cfg(unix)]
const ENGINE: &str = "\n<!-- From here on: src-tauri/engine. -->\n";

const HEAD: &str = "\
# What is said when something is wrong
<!-- Generated from src-tauri/core/src/text. Do not edit: `cargo xtask generate` writes it anew. -->

Every text has five parts: which account, what happened, whether the login is safe, what happens next and when, and what
can be done. Programs read the code, people the rest; both languages stand side by side, as at 03:00 of a Thursday, for an
account `work-slack` of the service Slack. The ids are those of `tests/faults.md`.
";

/// A moment today.
pub fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp(NOW - 3 * 3_600_000 + (hour * 60 + minute) * 60_000)
}

fn subject(tz: &TimeZone, lang: Lang) -> Subject<'_> {
    Subject { account: "work-slack", service: "Slack", lang, clock: Clock { now: Timestamp(NOW), tz } }
}

fn page() -> String {
    let tz = TimeZone::UTC;
    let mut page = HEAD.to_owned();
    for Told { faults, when, why } in all() {
        let [en, fr] = [Lang::En, Lang::Fr].map(|lang| notice(&why, &subject(&tz, lang)));
        let code = serde_json::to_value(en.code).expect("a code is a word");
        let code = code.as_str().unwrap_or_default();
        let faults = if faults.is_empty() { String::new() } else { format!("{faults}: ") };
        let exit = if is_remark(&why) { 0 } else { en.code.exit() };
        _ = write!(page, "\n## {faults}{when}\n`{code}`, `lamp` exits with {exit}.\n\n");
        page.push_str("| | English | Français |\n|---|---|---|\n");
        for (part, en, fr) in parts(&en, &fr) {
            _ = writeln!(page, "| {part} | {en} | {fr} |");
        }
        if why.matter().is_some() {
            let shown = [Lang::En, Lang::Fr]
                .map(|lang| toast(String::new(), None, &why, &subject(&tz, lang)))
                .map(|toast| format!("**{}** {}", toast.title, toast.body));
            _ = writeln!(page, "| notification | {} | {} |", shown[0], shown[1]);
        }
    }
    page.push_str(
        "\n## How an answer is read\nFrom the top; the first row that fits counts. The codes are those of \
         `[answers]` in the provider file, and RFC 6749’s.\n\n| seen | faults | means |\n|---|---|---|\n",
    );
    for row in &TABLE {
        _ = writeln!(page, "| {} | {} | {} |", row.seen, row.faults, means(row.means));
    }
    page.push_str(
        "\n## Faults without a text of their own here\n| fault | what is said, and where |\n|---|---|\n",
    );
    for (fault, said) in elsewhere() {
        _ = writeln!(page, "| {fault} | {said} |");
    }
    page
}

/// Said beside a login that works.
fn is_remark(why: &Why) -> bool {
    matches!(why, Why::HeavyCookies { .. } | Why::WillEnd { .. })
}

fn means(means: Means) -> &'static str {
    match means {
        Means::Renewed => "good: what it brings is read",
        Means::Transient => "passes: tried again, 5 s to 30 min later or when the service says",
        Means::Throttled => "passes: tried again when the service says, or after a minute",
        Means::Rejected => "no: asked once more before the session is over",
        Means::Final => "no: the session is over",
        Means::Refused => "refused without a word about the session: tried again, and told after a day",
        Means::AppRejected => "the app’s own settings: nothing is tried until they change",
        Means::Unknown => "the answer is lost: asked for again, each time written down first",
    }
}

fn parts(en: &Notice, fr: &Notice) -> [(&'static str, String, String); 4] {
    let text = |part: &Option<String>| part.clone().unwrap_or_else(|| "**missing**".to_owned());
    [
        ("what happened", en.what.clone(), fr.what.clone()),
        ("is the login safe", text(&en.safe), text(&fr.safe)),
        ("what comes next", text(&en.next), text(&fr.next)),
        ("what you can do", text(&en.cure), text(&fr.cure)),
    ]
}

/// `LAMPLIGHTER_GENERATE=1` writes the file instead, as `cargo xtask generate` does. Windows has other numbers for what
/// the system says, and so other words in the samples of that.
#[test]
#[cfg(unix)]
fn the_page_of_errors_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let file = std::fs::read_to_string(path).expect("docs/errors.md is part of the project");
    let (own, engines) = file.split_once(ENGINE).unwrap_or((&file, ""));
    if std::env::var_os("LAMPLIGHTER_GENERATE").is_some() {
        std::fs::write(path, format!("{}{ENGINE}{engines}", page())).expect("the checkout is writable");
        return;
    }
    assert!(own == page(), "docs/errors.md is old: cargo xtask generate");
}

#[test]
fn every_text_has_five_parts_and_says_when_and_blames_nobody() {
    let tz = TimeZone::UTC;
    for Told { when, why, .. } in all() {
        let [en, fr] = [Lang::En, Lang::Fr].map(|lang| notice(&why, &subject(&tz, lang)));
        assert_ne!(en.what, fr.what, "{when}: it is translated");
        for told in [&en, &fr] {
            assert_eq!(told.account.as_deref(), Some("work-slack"));
            for part in [Some(&told.what), told.safe.as_ref(), told.next.as_ref(), told.cure.as_ref()] {
                let part = part.unwrap_or_else(|| panic!("{when} lacks a part: {told:?}"));
                assert!(part.ends_with('.') && !part.contains('!'), "{when}: {part}");
                for blame in [
                    "check the network",
                    "your network",
                    "your connection",
                    "votre réseau",
                    "your fault",
                    "you must",
                    "vous devez",
                ] {
                    assert!(!part.to_lowercase().contains(blame), "{when}: {part}");
                }
            }
        }
        let safe = en.safe.unwrap_or_default();
        let safety = [
            "safe",
            "kept",
            "still here",
            "lost",
            "damaged",
            "overwritten",
            "deleted nothing",
            "stay where",
            "works until",
        ];
        assert!(safety.iter().any(|words| safe.contains(words)), "{when}: is the login safe? {safe}");
        let next = en.next.unwrap_or_default();
        let whens = [
            "at 03:",
            "every minute",
            "until",
            "as soon as",
            "next token",
            "goes on now",
            "asked again every minute",
            "tried again every minute",
            "as before",
            "first login on",
        ];
        assert!(whens.iter().any(|words| next.contains(words)), "{when}: when is the next try? {next}");
    }
}

#[test]
fn every_fault_of_the_list_has_a_text_or_says_where_it_is() {
    let list = include_str!("../../faults.md");
    let page = page();
    for line in list.lines().filter(|line| line.starts_with("| F")) {
        let id = line.trim_start_matches("| ").split(' ').next().unwrap_or_default();
        let mut words = page.split(|letter: char| !letter.is_ascii_alphanumeric());
        assert!(words.any(|word| word == id), "{id} is not in docs/errors.md");
    }
}
