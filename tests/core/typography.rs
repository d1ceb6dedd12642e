//! Texts are set as print is: ’ and no ' in English and French, and in French a no-break space before : ; ? ! and
//! inside « ». All texts for people stand in the sources, so these are read.

use std::fs;
use std::path::{Path, PathBuf};

/// What is cut off before a vowel.
const ELIDED: [&str; 15] = [
    "l", "d", "n", "s", "c", "j", "m", "t", "qu", "jusqu", "lorsqu", "puisqu", "quelqu", "presqu", "aujourd",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in
        fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|end| end == "rs") {
            found.push(entry);
        }
    }
}

/// "l'hôte" with a typewriter's apostrophe.
fn is_elided(line: &str) -> bool {
    line.match_indices('\'').any(|(at, _)| {
        let before = &line[..at];
        let word = before.rsplit(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
        let starts = line[at + 1..].starts_with(|letter: char| letter.is_alphabetic() || letter == '«');
        starts && ELIDED.contains(&word.to_lowercase().as_str())
    })
}

/// "the host's" with a typewriter's apostrophe, wherever it stands outside of comments: a text may go on over lines.
fn is_possessive(line: &str) -> bool {
    let code = line.split(" // ").next().unwrap_or(line);
    code.match_indices('\'').any(|(at, _)| {
        let before = code[..at].chars().rev().take_while(|letter| letter.is_alphabetic()).count();
        let after: String = code[at + 1..].chars().take_while(|letter| letter.is_alphabetic()).collect();
        // One letter is a byte, as b's' is.
        before > 1 && ["s", "t", "d", "m", "re", "ve", "ll"].contains(&after.as_str())
    })
}

/// "mot :" or "« mot »" with a space where a line may break. Only French has these.
fn breaks(line: &str) -> bool {
    let before_sign = [" : ", " ; ", " ? ", " ! ", " :\"", " ;\"", " ?\"", " !\""];
    line.contains("« ") || line.contains(" »") || before_sign.iter().any(|sign| line.contains(sign))
}

/// The string literals of a line; one that goes on over lines has none of ours broken at the signs.
fn literals(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line.replace("'\"'", "");
    while let Some((_, from)) = rest.split_once('"') {
        let end = from.match_indices('"').find(|(at, _)| !from[..*at].ends_with('\\')).map(|(at, _)| at);
        let Some(end) = end else {
            found.push(from.to_owned());
            break;
        };
        found.push(from[..=end].to_owned());
        rest = from[end + 1..].to_owned();
    }
    found
}

/// The state database speaks SQL.
fn is_sql(file: &Path, root: &Path) -> bool {
    file.starts_with(root.join("engine/src/state"))
}

#[test]
fn texts_have_the_apostrophes_and_spaces_of_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder");
    let mut files = Vec::new();
    for folder in ["core/src", "engine/src", "cli/src", "src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "the sources are there");
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !is_sql(file, root)) {
        let text = fs::read_to_string(file).expect("a source");
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let bad = |literal: &String| is_elided(literal) || breaks(literal);
            if literals(line).iter().any(bad) || is_possessive(line) {
                wrong.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "write ’ for ', and \\u{{a0}} for the space:\n{}", wrong.join("\n"));
    assert!(is_elided("pas d'accès") && !is_elided("its name; it's"), "it would be seen");
    assert!(is_possessive("the host's own") && !is_possessive("&'s str, b's', 'a'"), "it would be seen");
    assert!(breaks("erreur : x") && !breaks("error: x"), "it would be seen");
}
