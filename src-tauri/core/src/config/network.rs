//! `[network]`: a command of the person's own that knows whether the network is there.

use crate::provider::Fault;
use crate::provider::read::tree::{Table, Text};

/// `[network] check = ["/absolute/path", "argument", …]`: ends with 0 if the network is there. Run without a shell.
pub(super) fn check(table: Table<'_>) -> Option<Vec<String>> {
    let value = table.get("check");
    let words = value.and_then(|value| {
        let words = value.texts()?;
        match words.first() {
            None => value.fail(Fault::EmptyList { key: "check".to_owned() }),
            Some(program) => {
                is_program(program)?;
                Some(words.iter().map(|word| word.text.to_owned()).collect())
            }
        }
    });
    let is_read = words.is_some() || value.is_none();
    table.finish(is_read.then_some(words)).flatten()
}

fn is_program(program: &Text<'_>) -> Option<()> {
    let path = program.text;
    let lower = path.to_ascii_lowercase();
    // Windows hands their arguments to a shell that reads them in its own way (CVE-2024-24576).
    if lower.ends_with(".bat") || lower.ends_with(".cmd") {
        return program.fail(Fault::CommandIsScript { path: path.to_owned() });
    }
    let drive = path.as_bytes();
    let has_drive = drive.len() > 2
        && drive[0].is_ascii_alphabetic()
        && drive[1] == b':'
        && matches!(drive[2], b'\\' | b'/');
    if path.starts_with('/') || has_drive {
        Some(())
    } else {
        program.fail(Fault::CommandNotAbsolute { path: path.to_owned() })
    }
}
