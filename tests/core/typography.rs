//! French is set as French is: ’ and no « ' », and a no-break space before : ; ? ! and inside « ». All texts for
//! people stand in the sources, so these are read.

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

#[test]
fn french_texts_have_french_apostrophes_and_spaces() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder");
    let mut files = Vec::new();
    for folder in ["core/src/text", "core/src/provider", "core/src/config", "engine/src", "cli/src", "src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "the sources are there");
    let mut wrong = Vec::new();
    // The state database speaks SQL.
    for file in files.iter().filter(|file| !file.to_string_lossy().contains("state")) {
        let text = fs::read_to_string(file).expect("a source");
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let bad = |literal: &String| is_elided(literal) || breaks(literal);
            if literals(line).iter().any(bad) {
                wrong.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "write ’ for ', and \\u{{a0}} for the space:\n{}", wrong.join("\n"));
    assert!(is_elided("pas d'accès") && !is_elided("its name; it's"), "it would be seen");
    assert!(breaks("erreur : x") && !breaks("error: x"), "it would be seen");
}
