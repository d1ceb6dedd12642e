//! `tests/faults.md`: what can go wrong, and the tests that show what then happens.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{Done, root};

/// Where the list and the table are.
const LIST: &str = "tests/faults.md";
/// Faults, attackers, invariants: how many there are of each. An id that goes missing is noticed.
const IDS: [(char, usize); 3] = [('F', 64), ('T', 26), ('I', 9)];
/// What stands before the reason where no test can be named yet.
const LATER: &str = "Later: ";
/// How the attribute ends that leaves a test out of all stages but one.
const IN_A_STAGE: &str = "a stage of `cargo xtask test`\"]";

/// Every row is in the table once, names tests that exist and carry its id, or says which later work owns it.
pub fn check() -> Done<Vec<String>> {
    let list = fs::read_to_string(root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let tests = tests()?;
    let (mistakes, told) = judged(&list, &tests);
    if mistakes.is_empty() { Ok(vec![told]) } else { Err(mistakes.join("\n")) }
}

/// One row: its id, the tests that it names, and the later work.
struct Row<'a> {
    id: &'a str,
    tests: Vec<&'a str>,
    later: Option<&'a str>,
}

fn rows(list: &str) -> impl Iterator<Item = Row<'_>> {
    list.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.trim_end_matches('|').split(" | ");
        let (id, _name, shown) = (cells.next()?.trim(), cells.next()?, cells.next()?);
        let is_id = id.starts_with(|letter| IDS.iter().any(|(known, _)| *known == letter))
            && id[1..].bytes().all(|byte| byte.is_ascii_digit());
        let later = shown.split_once(LATER).map(|(_, reason)| reason.trim());
        let tests = shown.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
        (is_id && id.len() > 1).then_some(Row { id, tests, later })
    })
}

fn judged(list: &str, tests: &BTreeMap<String, BTreeSet<String>>) -> (Vec<String>, String) {
    let mut mistakes = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named = BTreeSet::new();
    let mut later = 0;
    for row in rows(list) {
        *seen.entry(row.id).or_default() += 1;
        if row.tests.is_empty() && row.later.is_none_or(str::is_empty) {
            mistakes.push(format!("{LIST}: {} names neither a test nor later work", row.id));
        }
        later += usize::from(row.tests.is_empty());
        for full in row.tests {
            named.insert(full);
            let (place, name) = full.rsplit_once("::").unwrap_or(("", full));
            if !tests.get(place).is_some_and(|names| names.contains(name)) {
                mistakes.push(format!("{LIST}: {}: there is no test {full}", row.id));
            } else if !carries(name, row.id) {
                mistakes.push(format!("{LIST}: {}: {name} does not carry this id", row.id));
            }
        }
    }
    for (letter, count) in IDS {
        for number in 1..=count {
            let id = format!("{letter}{number}");
            match seen.get(id.as_str()) {
                Some(1) => {}
                Some(_) => mistakes.push(format!("{LIST}: {id} is there twice")),
                None => mistakes.push(format!("{LIST}: {id} is in no row")),
            }
        }
    }
    (mistakes, format!("{} rows, {} tests, {later} rows of later work", seen.len(), named.len()))
}

/// Whether a test's name carries the id: `f07_…`, `f05_f07_…`, `i1_to_i9_…`; attackers also without the nought.
fn carries(name: &str, id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    let (letter, number) = id.split_at(1);
    let number: usize = number.parse().unwrap_or_default();
    let words: Vec<&str> = name.split('_').collect();
    let of = |word: &str| -> Option<usize> { word.strip_prefix(letter)?.parse().ok() };
    words.iter().any(|word| of(word) == Some(number))
        || words.windows(3).any(|three| {
            let [from, "to", to] = three else { return false };
            matches!((of(from), of(to)), (Some(from), Some(to)) if (from..=to).contains(&number))
        })
}

/// All tests in the sources by their place: `engine::faults::fate` for `tests/engine/faults/fate.rs`.
fn tests() -> Done<BTreeMap<String, BTreeSet<String>>> {
    let mut found = BTreeMap::new();
    for folder in ["tests", "src-tauri"] {
        let top = root().join(folder);
        collect(&top, &top, &mut found).map_err(|error| format!("{folder}: {error}"))?;
    }
    Ok(found)
}

fn collect(top: &Path, folder: &Path, found: &mut BTreeMap<String, BTreeSet<String>>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("target") {
                collect(top, &path, found)?;
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let names: BTreeSet<String> = functions(&fs::read_to_string(&path)?).map(str::to_owned).collect();
            let place = place(path.strip_prefix(top).unwrap_or(&path), top.ends_with("src-tauri"));
            found.entry(place).or_default().extend(names);
        }
    }
    Ok(())
}

/// The name of a file as a test's place. What lies in `src-tauri/src` is the app.
fn place(path: &Path, is_source: bool) -> String {
    let path: PathBuf = path.with_extension("");
    let mut words: Vec<&str> = path.iter().filter_map(|word| word.to_str()).collect();
    if is_source && words.first() == Some(&"src") {
        words[0] = "app";
    }
    words.retain(|word| !matches!(*word, "src" | "tests" | "mod" | "main" | "lib"));
    words.join("::")
}

/// The functions that are run: those with the attribute of a test right above them, unless it is left out.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("fn ").filter_map(|(at, _)| {
        let rest = &text[at + 3..];
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))?;
        let above = text[..at].rsplit('\n').skip(1).map(str::trim);
        let attributes = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        let (mut is_test, mut is_left_out) = (false, false);
        for line in attributes {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            is_left_out |= line.starts_with("#[ignore") && !line.ends_with(IN_A_STAGE);
        }
        (is_test && !is_left_out && end > 0 && rest[end..].starts_with('(')).then_some(&rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of all ids but the last fault, which `last` is.
    fn list(last: &str) -> String {
        let mut list = String::new();
        for (letter, count) in IDS {
            for number in 1..=count {
                if (letter, number) != ('F', 64) {
                    list += &format!("| {letter}{number} | x | Later: not yet |\n");
                }
            }
        }
        list + last
    }

    fn mistakes(last: &str) -> Vec<String> {
        let names = ["f64_it_ends", "f63_it_reads", "f63_f64_both", "f01_to_f64_all"].map(str::to_owned);
        let tests = BTreeMap::from([("engine::ends".to_owned(), BTreeSet::from(names))]);
        judged(&list(last), &tests).0
    }

    #[test]
    fn a_row_needs_a_test_that_exists_and_carries_its_id_or_a_reason() {
        for good in [
            "`engine::ends::f64_it_ends`",
            "`engine::ends::f63_f64_both`",
            "`engine::ends::f01_to_f64_all`",
            "Later: the proxy",
        ] {
            assert_eq!(mistakes(&format!("| F64 | x | {good} |\n")), Vec::<String>::new(), "{good}");
        }
        for bad in [
            "",
            "`engine::ends::f64_gone`",
            "`engine::ends::f63_it_reads`",
            "`engine::fate::f64_it_ends`",
            "Later: ",
        ] {
            assert_eq!(mistakes(&format!("| F64 | x | {bad} |\n")).len(), 1, "{bad}");
        }
        assert_eq!(mistakes("").len(), 1, "a row is missing");
        let row = "| F64 | x | Later: y |\n";
        assert_eq!(mistakes(&format!("{row}{row}")).len(), 1, "a row is there twice");
    }

    #[test]
    fn the_list_of_this_project_is_whole() {
        if let Err(mistakes) = check() {
            panic!("{mistakes}");
        }
    }

    #[test]
    fn a_place_is_the_files_and_only_what_is_run_as_a_test_counts() {
        assert_eq!(place(Path::new("engine/faults/fate.rs"), false), "engine::faults::fate");
        assert_eq!(place(Path::new("engine/crash/mod.rs"), false), "engine::crash");
        assert_eq!(place(Path::new("sys/src/windows/pipe.rs"), true), "sys::windows::pipe");
        assert_eq!(place(Path::new("src/window.rs"), true), "app::window");
        assert_eq!(place(Path::new("sys/tests/hardened.rs"), true), "sys::hardened");
        let text = "#[test]\nfn a() {}\n/// B.\n#[cfg(unix)]\n#[tokio::test]\n// b\nasync fn b2_c() {}\n\
                    fn no() {}\n#[allow(x)]\nfn nor_this() {}\n#[test]\n#[ignore = \"slow\"]\nfn nor_that() {}\n\
                    #[test]\n#[ignore = \"needs root: a stage of `cargo xtask test`\"]\nfn d() {}\n#[test] // fn\n";
        assert_eq!(functions(text).collect::<Vec<_>>(), ["a", "b2_c", "d"]);
    }
}
