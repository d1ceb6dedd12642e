//! `cargo xtask campaign mutants`: one small change in the code after the other, and whether a test notices.
//!
//! cargo-mutants makes the changes and runs the tests in a copy. What no test notices has to be in `tests/survivors.md`
//! with the reason why that does not matter; a row that is noticed by now has to go.

use std::collections::BTreeMap;
use std::fs;

use crate::shell::{Done, cargo, read, root, run, target};

/// The kept list.
const LIST: &str = "tests/survivors.md";
/// The version whose names of mutants the list uses.
const VERSION: &str = "25.3.1";
/// What is changed and which tests must notice: by default, and with `--engine`.
const CONFIGS: [&str; 2] = [".cargo/mutants.toml", ".cargo/mutants-engine.toml"];

/// How many mutants have this name: they are told apart by their places only, which move with every edit.
type Counts = BTreeMap<String, usize>;

/// `cargo xtask campaign mutants [--engine] [--shard K/N] [WORDS…]`: further words go to cargo-mutants, such as
/// `--file src-tauri/core/src/classify/*.rs`.
///
/// # Errors
/// If cargo-mutants is missing, the code as it is fails its tests, or the survivors are not those of the list.
pub fn mutants(words: &[String]) -> Done {
    if read(&mut cargo(&["mutants", "--version"])).is_err() {
        return Err(format!("cargo-mutants is missing: cargo install --locked cargo-mutants@{VERSION}"));
    }
    let is_engine = words.iter().any(|word| word == "--engine");
    let config = CONFIGS[usize::from(is_engine)];
    let output = target().join("mutants").join(if is_engine { "engine" } else { "core" });
    fs::create_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let of = |more: &[&str]| {
        let mut mutants = cargo(&["mutants", "--workspace", "--config", config]);
        mutants.args(more);
        mutants
    };
    let all = counted(&read(&mut of(&["--list", "--line-col=false"]))?);
    let mut mutants = of(&["--no-times", "--colors=never", "--output"]);
    mutants.arg(&output).args(words.iter().filter(|word| *word != "--engine"));
    // It fails if anything survives, which is for us to judge, and if it could not even begin.
    let ended = run(&mut mutants);
    let said = |name: &str| fs::read_to_string(output.join("mutants.out").join(name)).unwrap_or_default();
    let [caught, missed, slow, unviable] =
        ["caught.txt", "missed.txt", "timeout.txt", "unviable.txt"].map(|name| counted(&said(name)));
    let ran: usize = [&caught, &missed, &slow, &unviable].iter().flat_map(|counts| counts.values()).sum();
    if ran == 0 {
        return ended.and(Err("no mutant was tried".to_owned()));
    }
    let mut noticed = caught.clone();
    for (name, count) in slow.iter().chain(&unviable) {
        *noticed.entry(name.clone()).or_default() += count;
    }
    let list = fs::read_to_string(root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let mistakes = judged(&kept(&list, is_engine), &all, &missed, &noticed);
    let count = |counts: &Counts| counts.values().sum::<usize>();
    println!(
        "\n{ran} mutants of {}: {} noticed by a test, {} by never ending, {} do not build, {} survive",
        count(&all),
        count(&caught),
        count(&slow),
        count(&unviable),
        count(&missed)
    );
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n")) }
}

/// Names by line, without their places: `FILE:12:5: replace …` is `FILE: replace …`.
fn counted(lines: &str) -> Counts {
    let mut counts = Counts::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        *counts.entry(without_place(line)).or_default() += 1;
    }
    counts
}

fn without_place(line: &str) -> String {
    let Some((place, change)) = line.split_once(": ") else { return line.to_owned() };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts: Vec<&str> = place.split(':').collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| is_number(part)) {
        parts.pop();
    }
    format!("{}: {change}", parts.join(":"))
}

/// The rows of the list: `| file below src-tauri | change | how many | why |`.
fn kept(list: &str, is_engine: bool) -> Counts {
    let rows = list.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let file = cells.next()?.trim_matches('`');
        let change = cells.next()?.trim_matches('`').replace("\\|", "|");
        let count: usize = cells.next()?.trim().parse().ok()?;
        let why = cells.next()?.trim_end_matches('|').trim();
        (!why.is_empty() && file.starts_with("engine/") == is_engine)
            .then(|| (format!("src-tauri/{file}: {change}"), count))
    });
    let mut counts = Counts::new();
    for (name, count) in rows {
        *counts.entry(name).or_default() += count;
    }
    counts
}

/// What is wrong with the list, after all or some of the mutants were tried.
fn judged(kept: &Counts, all: &Counts, missed: &Counts, noticed: &Counts) -> Vec<String> {
    let of = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or(0);
    let mut mistakes = Vec::new();
    for (name, count) in missed {
        let known = of(kept, name);
        if *count > known {
            mistakes.push(format!("no test notices: {name} ({count} times, {known} known)"));
        }
    }
    for (name, known) in kept {
        let (there, noticed) = (of(all, name), of(noticed, name));
        if *known > there {
            mistakes.push(format!("{LIST}: there is no such mutant any more: {name} ({there} of {known})"));
        } else if noticed > there - known {
            mistakes.push(format!("{LIST}: noticed by now: {name} ({noticed} of {there})"));
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
| file | change | times | why |
|---|---|---|---|
| `core/src/a.rs` | `replace \\|\\| with && in f` | 2 | the same |
| `core/src/a.rs` | `replace + with - in g` | 1 | |
| `engine/src/b.rs` | `replace g -> bool with true` | 1 | a cache |
";
    const OR: &str = "src-tauri/core/src/a.rs: replace || with && in f";

    fn counts(rows: &[(&str, usize)]) -> Counts {
        rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn a_name_has_no_place() {
        let lines =
            "a.rs:1:2: replace x -> A: B with 1\na.rs:11:3: replace x -> A: B with 1\n\nb.rs: delete !\n";
        let expected = counts(&[("a.rs: replace x -> A: B with 1", 2), ("b.rs: delete !", 1)]);
        assert_eq!(counted(lines), expected);
    }

    #[test]
    fn a_row_counts_for_its_part_and_only_with_a_reason() {
        assert_eq!(kept(LIST, false), counts(&[(OR, 2)]));
        let of_engine = "src-tauri/engine/src/b.rs: replace g -> bool with true";
        assert_eq!(kept(LIST, true), counts(&[(of_engine, 1)]));
    }

    #[test]
    fn a_survivor_is_in_the_list_and_a_row_survives() {
        let (kept, all) = (counts(&[(OR, 2)]), counts(&[(OR, 3)]));
        let mistakes =
            |missed, noticed| judged(&kept, &all, &counts(&[(OR, missed)]), &counts(&[(OR, noticed)]));
        assert_eq!(mistakes(2, 1), Vec::<String>::new());
        assert_eq!(mistakes(1, 0), Vec::<String>::new(), "a shard");
        assert_eq!(mistakes(0, 1), Vec::<String>::new(), "another one");
        assert_eq!(mistakes(3, 0).len(), 1, "one too many");
        assert_eq!(mistakes(1, 2).len(), 1, "one is noticed by now");
        assert_eq!(judged(&kept, &counts(&[(OR, 1)]), &counts(&[]), &counts(&[])).len(), 1, "gone");
        assert_eq!(judged(&counts(&[]), &all, &counts(&[(OR, 1)]), &counts(&[])).len(), 1, "unknown");
    }

    #[test]
    fn every_row_of_this_projects_list_has_a_file_a_count_and_a_reason() {
        let list = fs::read_to_string(root().join(super::LIST)).expect("the list is there");
        let rows = list.lines().filter(|line| line.starts_with("| `")).count();
        let (core, engine) = (kept(&list, false), kept(&list, true));
        assert_eq!(core.len() + engine.len(), rows, "no row is there twice, and all can be read");
        for name in core.keys().chain(engine.keys()) {
            let file = name.split(": ").next().expect("a file");
            assert!(root().join(file).is_file(), "{file}");
        }
    }
}
