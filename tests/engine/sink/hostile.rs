//! Hostile values come back exactly or are refused (T19), in bash and in the way python-dotenv reads.

#[cfg(unix)]
use std::process::Command;

use lamplighter_engine::sink::SinkError;

use super::write;

fn values() -> Vec<String> {
    let fixed = [
        "plain",
        "",
        " ",
        " lead",
        "trail ",
        "two words",
        "it's",
        "say \"hi\"",
        "it's \"both\"",
        "$HOME",
        "${HOME}",
        "$(touch pwned)",
        "`touch pwned`",
        "a;touch pwned",
        "a && touch pwned",
        "a | b",
        "> pwned",
        "# no comment",
        "a # b",
        "a\\",
        "a\\b",
        "a\\\\b",
        "a\\'b",
        "a\\nb",
        "line\nbreak",
        "cr\rhere",
        "tab\there",
        "nul\0here",
        "\u{1b}[31m",
        "*",
        "~",
        "~root",
        "!history",
        "a=b=c",
        "=",
        "'",
        "\"",
        "''",
        "\u{e9}\u{1f56f}",
        "\u{2028}",
        "\u{feff}x",
        "%s%n",
        "{a,b}",
        "[x]",
        "\\",
        "'; touch pwned; '",
        "\"; touch pwned; \"",
        "\u{85}",
        "$",
        "a$",
        "-n",
        "--help",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_",
        "xoxb-1/2+3==",
    ];
    let mut values: Vec<String> = fixed.map(str::to_owned).to_vec();
    values.push("x".repeat(100_000));
    values.push("x".repeat(1024 * 1024));
    values
}

#[test]
fn t19_hostile_values_round_trip_exactly_or_are_refused() {
    let world = tempfile::tempdir().expect("folder");
    let folder = world.path().join("inside");
    std::fs::create_dir(&folder).expect("folder");
    let outside = world.path().join("outside");
    std::fs::write(&outside, "untouched").expect("file");
    let values = values();
    assert!(values.len() >= 40);
    let mut refused = Vec::new();
    for old in ["TOKEN=old\nLAST=1\n", "TOKEN='old'\nLAST=1\n", "export TOKEN=\"old\"\nLAST=1\n"] {
        for value in &values {
            let path = folder.join(".env");
            std::fs::write(&path, old).expect("old");
            match write(&path, &[("TOKEN", value)]) {
                Ok(_) => {
                    #[cfg(unix)]
                    assert_eq!(in_bash(&path), format!("{value}|1"), "bash reads something else");
                    assert_eq!(as_python_dotenv(&path), *value, "python-dotenv reads something else");
                }
                Err(SinkError::BadValue { .. }) => refused.push(value.clone()),
                Err(other) => panic!("{value:?}: {other}"),
            }
        }
    }
    for must in ["line\nbreak", "nul\0here", "cr\rhere", "it's \"both\"", "${HOME}"] {
        assert!(refused.iter().any(|value| value == must), "{must:?} has to be refused");
    }
    for must_not in ["plain", "$HOME", "it's", "say \"hi\"", "a # b", "$(touch pwned)", "\u{e9}\u{1f56f}"] {
        assert!(!refused.iter().any(|value| value == must_not), "{must_not:?} can be written");
    }
    let names: Vec<_> =
        std::fs::read_dir(&folder).expect("readable").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, [".env"], "nothing was run and nothing is left");
    assert_eq!(std::fs::read_to_string(outside).expect("file"), "untouched");
}

/// What a real shell makes of it.
#[cfg(unix)]
fn in_bash(path: &std::path::Path) -> String {
    let output = Command::new("bash")
        .args([
            "--norc",
            "--noprofile",
            "-c",
            "set -a; . ./.env; set +a; printf '%s|%s' \"$TOKEN\" \"$LAST\"",
        ])
        .current_dir(path.parent().expect("folder"))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("bash");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// As python-dotenv documents it: quotes, escapes within them, comments, and `${NAME}` everywhere.
fn as_python_dotenv(path: &std::path::Path) -> String {
    let text = std::fs::read_to_string(path).expect("text");
    let line =
        text.lines().find(|line| line.trim_start_matches("export ").starts_with("TOKEN=")).expect("a line");
    let value = line.split_once('=').expect("=").1;
    let unescape = |text: &str, escapes: &[(char, char)]| {
        let mut out = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match chars.peek().and_then(|next| escapes.iter().find(|(from, _)| from == next)) {
                Some((_, to)) if c == '\\' => {
                    out.push(*to);
                    chars.next();
                }
                _ => out.push(c),
            }
        }
        out
    };
    let value = if let Some(inner) = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        unescape(inner, &[('\\', '\\'), ('\'', '\'')])
    } else if let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        unescape(inner, &[('\\', '\\'), ('\'', '\''), ('"', '"'), ('n', '\n'), ('t', '\t'), ('r', '\r')])
    } else {
        value.split(" #").next().unwrap_or_default().trim().to_owned()
    };
    assert!(!value.contains("${"), "it would be expanded");
    value
}
