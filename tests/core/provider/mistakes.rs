//! Every mistake that a file can hold has a sample named after it, and is told with its place and its cure.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lamplighter_core::provider::{Fault, Mistake, parse};
use lamplighter_core::text::Lang;

fn samples(part: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/core").join(part).join("wrong");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn told(mistakes: &[Mistake]) -> String {
    let mut text = String::new();
    for mistake in mistakes {
        let (line, column) = (mistake.line, mistake.column);
        for lang in [Lang::En, Lang::Fr] {
            writeln!(text, "{line}:{column}: {}\n  {}", mistake.what(lang), mistake.cure(lang))
                .expect("writing to a String cannot fail");
        }
    }
    text
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// One sample: exactly the mistake that it is named after, in the words of its `.expect` file.
fn check(path: &Path, mistakes: &[Mistake]) {
    let name = stem(path);
    assert_eq!(mistakes.len(), 1, "{name} has one mistake:\n{}", told(mistakes));
    assert_eq!(mistakes[0].fault.name(), name, "{}", told(mistakes));
    let expected = std::fs::read_to_string(path.with_extension("expect"))
        .unwrap_or_else(|_| panic!("{name}.expect is missing; it should say:\n{}", told(mistakes)));
    assert_eq!(told(mistakes), expected, "{name}");
}

#[test]
fn f63_every_sample_tells_line_column_mistake_and_cure_in_both_languages() {
    for path in samples("provider") {
        let text = std::fs::read_to_string(&path).expect("a sample can be read");
        let id = "sample".parse().expect("a valid id");
        let mistakes = parse(id, &text).expect_err(&stem(&path));
        check(&path, &mistakes);
    }
    for path in samples("config") {
        let text = std::fs::read_to_string(&path).expect("a sample can be read");
        let mistakes = lamplighter_core::config::Config::parse(&text).expect_err(&stem(&path));
        check(&path, &mistakes);
    }
}

#[test]
fn f63_every_mistake_has_a_sample() {
    let mut named: Vec<String> =
        samples("provider").iter().chain(&samples("config")).map(|path| stem(path)).collect();
    named.sort();
    // Made on the spot: see below.
    named.push("too-large".to_owned());
    let missing: Vec<_> =
        Fault::NAMES.iter().filter(|name| !named.iter().any(|have| have == *name)).collect();
    assert!(missing.is_empty(), "no sample for {missing:?}");
}

#[test]
fn f63_all_mistakes_of_a_file_are_told_at_once_in_its_order() {
    let text = "format = 1\nname = \"\"\nhosts = [\"co.uk\"]\nhome = 1\n[[login]]\nkind = \"magic\"\n";
    let mistakes = parse("sample".parse().expect("valid"), text).expect_err("four mistakes");
    let names: Vec<_> = mistakes.iter().map(|mistake| (mistake.line, mistake.fault.name())).collect();
    assert_eq!(names, [(2, "empty-text"), (3, "public-suffix"), (4, "unknown-key"), (6, "not-one-of")]);
}

#[test]
fn f63_a_file_larger_than_any_provider_is_refused_before_it_is_read() {
    let text = format!("format = 1\n{}", "# filler\n".repeat(30_000));
    let mistakes = parse("sample".parse().expect("valid"), &text).expect_err("too large");
    let names: Vec<_> = mistakes.iter().map(|mistake| mistake.fault.name()).collect();
    assert_eq!(names, ["too-large"]);
}

#[test]
fn f63_a_mistyped_key_that_must_be_there_is_told_once_as_mistyped() {
    let text = "format = 1\nnmae = \"Sample\"\nhosts = [\"example.com\"]\n[[login]]\nkind = \"paste\"\n[login.fields]\n\"var.key\" = {}\n";
    let mistakes = parse("sample".parse().expect("valid"), text).expect_err("one mistake");
    assert_eq!(told(&mistakes[..1]).lines().next(), Some("2:1: `nmae` means nothing here."));
    let names: Vec<_> = mistakes.iter().map(|mistake| mistake.fault.name()).collect();
    assert_eq!(names, ["mistyped-key"], "{}", told(&mistakes));
}

#[test]
fn f63_a_file_that_nests_without_end_is_refused_and_does_not_overflow() {
    let deep = 50_000;
    for text in [
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]\nb = 1", "a.".repeat(deep)),
        format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}1{}", "{a=".repeat(deep), "}".repeat(deep)),
    ] {
        let mistakes = parse("sample".parse().expect("valid"), &text).expect_err("too deep");
        assert_eq!(mistakes[0].fault.name(), "not-toml");
    }
}
