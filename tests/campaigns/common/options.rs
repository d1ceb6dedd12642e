//! The words of a campaign: `--name value`, and nothing else.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::process::exit;
use std::str::FromStr;

/// What the campaign was started with.
pub struct Options {
    given: BTreeMap<String, String>,
    usage: &'static str,
}

impl Options {
    /// Reads the process's own words. Ends it with `usage` if one is not among `known` (without dashes).
    pub fn read(usage: &'static str, known: &[&str]) -> Self {
        let mut words = std::env::args().skip(1);
        let mut given = BTreeMap::new();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").filter(|name| known.contains(name));
            let Some((name, value)) = name.zip(words.next()) else { refuse(&format!("{word}?"), usage) };
            given.insert(name.to_owned(), value);
        }
        Self { given, usage }
    }

    /// Whether there were no words at all: then the campaign is short.
    pub fn is_short(&self) -> bool {
        self.given.is_empty()
    }

    /// A value, if it was given. Ends the process if it is none.
    pub fn get<T: FromStr>(&self, name: &str) -> Option<T>
    where
        T::Err: Display,
    {
        let text = self.given.get(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(why) => refuse(&format!("--{name} {text}: {why}"), self.usage),
        }
    }
}

fn refuse(what: &str, usage: &str) -> ! {
    eprintln!("{what}\n\n{usage}");
    exit(2)
}
