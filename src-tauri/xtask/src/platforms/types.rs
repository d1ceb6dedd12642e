//! Everything type-checks for another system, and no warning of ours is left.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::Value;

use super::toolchain::{System, Toolchain};
use crate::shell::{Done, root};

/// All crates, with programs, tests and benches.
const WORDS: [&str; 5] = ["check", "--workspace", "--all-targets", "--keep-going", "--message-format=json"];

/// Checks them.
///
/// # Errors
/// If something does not compile, or one of our own files brings a warning.
pub fn check(toolchain: &Toolchain, system: System) -> Done<Vec<String>> {
    let output = toolchain
        .cargo(system, &WORDS)?
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for rendered in messages.iter().filter_map(|message| message["message"]["rendered"].as_str()) {
        eprint!("{rendered}");
    }
    let own = root().display().to_string();
    let warned: BTreeSet<&str> = messages.iter().filter_map(|message| warning(message, &own)).collect();
    if !output.status.success() {
        return Err(format!("it does not compile for {}", system.name()));
    }
    if !warned.is_empty() {
        let list = warned.into_iter().collect::<Vec<_>>().join("\n");
        return Err(format!("there are warnings for {}:\n{list}", system.name()));
    }
    let crates: BTreeSet<&str> = messages
        .iter()
        .filter(|message| message["reason"] == "compiler-artifact" && is_ours(message, &own))
        .filter_map(|message| message["package_id"].as_str())
        .collect();
    Ok(vec![format!("{} crates with all their targets for {}, no warning", crates.len(), system.triple())])
}

/// A warning in one of our files. Warnings cannot be made errors by a flag: the standard library, where it is built
/// along, would get it, too.
fn warning<'a>(message: &'a Value, own: &str) -> Option<&'a str> {
    let is_one = message["reason"] == "compiler-message" && message["message"]["level"] == "warning";
    let text = message["message"]["message"].as_str().filter(|_| is_one && is_ours(message, own))?;
    // The count of warnings at the end, and nothing to mend.
    (!message["message"]["spans"].as_array()?.is_empty()).then_some(text)
}

fn is_ours(message: &Value, own: &str) -> bool {
    message["package_id"].as_str().is_some_and(|id| id.starts_with("path+file://") && id.contains(own))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::warning;

    #[test]
    fn only_warnings_of_our_own_files_count() {
        let of = |package: &str, level: &str, spans: usize| {
            let spans = vec![json!({}); spans];
            json!({
                "reason": "compiler-message",
                "package_id": package,
                "message": { "level": level, "message": "unused", "spans": spans },
            })
        };
        let ours = "path+file:///home/ana/lamplighter/src-tauri/core#lamplighter-core@0.1.0";
        let own = "/home/ana/lamplighter";
        assert_eq!(warning(&of(ours, "warning", 1), own), Some("unused"));
        assert_eq!(warning(&of(ours, "warning", 0), own), None, "the count at the end");
        assert_eq!(warning(&of(ours, "error", 1), own), None);
        let standard = "path+file:///usr/lib/rustlib/src/rust/library/std#0.0.0";
        assert_eq!(warning(&of(standard, "warning", 1), own), None);
    }
}
