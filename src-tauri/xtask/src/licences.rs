//! Every package that is built in, Rust's and npm's, has a licence that lets us.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::checks::way;
use crate::shell::{Done, cargo, read, root};

/// Licences that ask for no more than to be named. MPL-2.0 binds its own files only.
const ALLOWED: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CC-BY-4.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that only run while building and are not part of what is built, with what they are.
const BUILD_ONLY: [(&str, &str); 1] = [
    // GPL-3.0. headless_chrome's build script runs it to write Rust from Chromium's own protocol files (BSD).
    ("auto_generate_cdp", ""),
];

/// All are allowed, and those that only build are not linked.
pub fn check() -> Done<Vec<String>> {
    let mut found = crates()?;
    let rust = found.len();
    found.extend(npm_packages()?);
    let mut wrong: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, licence) in &found {
        if !allowed(licence) && !BUILD_ONLY.contains(&(name.as_str(), licence.as_str())) {
            wrong.entry(licence).or_default().push(name);
        }
    }
    for (name, _) in BUILD_ONLY {
        if !way(&["--workspace"], name)?.is_empty() {
            return Err(format!("{name} is linked, but may only run while building"));
        }
    }
    if wrong.is_empty() {
        return Ok(vec![format!("{rust} crates, {} npm packages: all allowed", found.len() - rust)]);
    }
    let lines: Vec<String> =
        wrong.into_iter().map(|(licence, names)| format!("  {licence}: {}", names.join(", "))).collect();
    Err(format!("licences that nobody looked at:\n{}", lines.join("\n")))
}

type Named = BTreeSet<(String, String)>;

fn crates() -> Done<Named> {
    let text = read(&mut cargo(&["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let named = |package: &Value| {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        (text("name"), text("license"))
    };
    // Our own have no source.
    Ok(packages.filter(|package| !package["source"].is_null()).map(named).collect())
}

/// The lock file that npm writes beside what it installed knows their licences.
fn npm_packages() -> Done<Named> {
    let path = root().join("ui/node_modules/.package-lock.json");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lock: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let packages = lock["packages"].as_object().into_iter().flatten();
    let named = |(path, package): (&String, &Value)| {
        let name = path.rsplit("node_modules/").next().unwrap_or(path).to_owned();
        (name, package["license"].as_str().unwrap_or_default().to_owned())
    };
    Ok(packages.map(named).collect())
}

/// SPDX expressions as they occur: `A OR B`, `A AND B`, brackets, and the old `A/B`.
fn allowed(expression: &str) -> bool {
    let flat = expression.replace('/', " OR ");
    let flat = flat.trim();
    if let Some(inner) = flat.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
        && balanced(inner)
    {
        return allowed(inner);
    }
    if let Some((left, right)) = split(flat, " OR ") {
        return allowed(left) || allowed(right);
    }
    if let Some((left, right)) = split(flat, " AND ") {
        return allowed(left) && allowed(right);
    }
    ALLOWED.contains(&flat)
}

/// Splits at the first `word` outside brackets.
fn split<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let places = text.match_indices(word).map(|(at, _)| (&text[..at], &text[at + word.len()..]));
    places.into_iter().find(|(left, _)| balanced(left))
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    }) && depth == 0
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        for good in ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "(MIT OR GPL-2.0) AND Unicode-3.0", "((MIT))"]
        {
            assert!(allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND SSPL-1.0", "UNLICENSED", "MIT)("] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
