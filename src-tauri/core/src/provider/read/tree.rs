//! A TOML document as a tree that remembers where everything stands and which keys were asked for.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::provider::fault::Fault;
use crate::provider::mistake::{Mistake, nearest};
use crate::time::parse_duration;

/// A place in the text, in bytes.
pub(crate) type Span = Range<usize>;

/// A file being read; gathers all its mistakes.
pub(crate) struct Source<'t> {
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Source<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, mistakes: RefCell::default() }
    }

    /// Notes a mistake and goes on.
    pub fn fail(&self, span: &Span, fault: Fault) {
        self.mistakes.borrow_mut().push(Mistake::at(self.text, span, fault));
    }

    /// Whether nothing is wrong so far.
    pub fn is_clean(&self) -> bool {
        self.mistakes.borrow().is_empty()
    }

    /// What was read, or all mistakes in the order of the file.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Mistake>> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        mistakes.dedup();
        match read {
            Some(read) if mistakes.is_empty() => Ok(read),
            _ => Err(mistakes),
        }
    }
}

/// A table, and which of its keys mean something.
pub(crate) struct Table<'r> {
    pub source: &'r Source<'r>,
    map: &'r DeTable<'r>,
    pub span: Span,
    known: RefCell<Vec<&'static str>>,
}

/// A value, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Value<'r> {
    pub source: &'r Source<'r>,
    de: &'r Spanned<DeValue<'r>>,
}

impl<'r> Table<'r> {
    pub fn root(source: &'r Source<'r>, document: &'r Spanned<DeTable<'r>>) -> Self {
        // What is missing in the document as a whole is missing at its start.
        Self { source, map: document.get_ref(), span: 0..0, known: RefCell::default() }
    }

    /// The value of a key that means something here.
    pub fn get(&self, key: &'static str) -> Option<Value<'r>> {
        self.known.borrow_mut().push(key);
        self.map.get(key).map(|de| Value { source: self.source, de })
    }

    /// The value of a key that must be there.
    pub fn need(&self, key: &'static str) -> Option<Value<'r>> {
        if let Some(value) = self.get(key) {
            return Some(value);
        }
        let mistyped = self.map.keys().find(|other| nearest(other.get_ref(), [key]).is_some());
        match mistyped {
            Some(other) => {
                let fault = Fault::MistypedKey { key: other.get_ref().to_string(), near: key.to_owned() };
                self.source.fail(&other.span(), fault);
            }
            None => self.source.fail(&self.span, Fault::MissingKey { key: key.to_owned() }),
        }
        None
    }

    pub fn text(&self, key: &'static str) -> Option<Text<'r>> {
        self.get(key)?.text()
    }

    pub fn flag(&self, key: &'static str) -> Option<bool> {
        self.get(key)?.flag()
    }

    pub fn table(&self, key: &'static str) -> Option<Table<'r>> {
        self.get(key)?.table()
    }

    /// The elements of an array, none if it is not there.
    pub fn list(&self, key: &'static str) -> Vec<Value<'r>> {
        self.get(key).and_then(|value| value.list()).unwrap_or_default()
    }

    /// A duration; zero is none.
    pub fn duration(&self, key: &'static str) -> Option<(std::time::Duration, Span)> {
        let text = self.text(key)?;
        Some((text.duration()?, text.span))
    }

    /// All keys and values, in the file's order, for tables whose keys are names.
    pub fn entries(&self) -> impl Iterator<Item = (Text<'r>, Value<'r>)> {
        let source = self.source;
        self.map.iter().map(move |(key, de)| {
            let text = Text { source, text: key.get_ref(), span: key.span() };
            (text, Value { source, de })
        })
    }

    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Notes every key that was never asked for, if the table was read to its end: else not all were asked for.
    pub fn finish<T>(self, read: Option<T>) -> Option<T> {
        if read.is_some() {
            self.note_unknown();
        }
        read
    }

    fn note_unknown(self) {
        let known = self.known.into_inner();
        for key in self.map.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().to_string();
            let fault = match nearest(&name, known.iter().copied()) {
                Some(near) => Fault::MistypedKey { key: name, near: near.to_owned() },
                None => Fault::UnknownKey { key: name, known: list_of(&known) },
            };
            self.source.fail(&key.span(), fault);
        }
    }
}

fn list_of(known: &[&str]) -> String {
    let mut once: Vec<&str> = Vec::new();
    for key in known {
        if !once.contains(key) {
            once.push(key);
        }
    }
    once.join(", ")
}

/// A text, and where it stands.
#[derive(Clone)]
pub(crate) struct Text<'r> {
    pub source: &'r Source<'r>,
    pub text: &'r str,
    pub span: Span,
}

impl<'r> Text<'r> {
    pub fn fail<T>(&self, fault: Fault) -> Option<T> {
        self.source.fail(&self.span, fault);
        None
    }

    /// The text itself, which must say something.
    pub fn filled(&self) -> Option<&'r str> {
        if self.text.trim().is_empty() { self.fail(Fault::EmptyText {}) } else { Some(self.text) }
    }

    pub fn duration(&self) -> Option<std::time::Duration> {
        let duration = parse_duration(self.text).filter(|duration| !duration.is_zero());
        if duration.is_none() {
            self.source.fail(&self.span, Fault::BadDuration { text: self.text.to_owned() });
        }
        duration
    }

    /// One of a few words, as what it stands for.
    pub fn choose<T: Clone>(&self, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(word, _)| *word == self.text).map(|(_, meaning)| meaning.clone());
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let (value, choices) = (self.text.to_owned(), words.join(", "));
            self.source.fail(&self.span, Fault::NotOneOf { value, choices });
        }
        found
    }

    /// A checked name.
    pub fn name<T: std::str::FromStr>(&self) -> Option<T> {
        let name = self.text.parse().ok();
        if name.is_none() {
            self.source.fail(&self.span, Fault::BadName { name: self.text.to_owned() });
        }
        name
    }
}

impl<'r> Value<'r> {
    pub fn span(&self) -> Span {
        self.de.span()
    }

    pub fn fail<T>(&self, fault: Fault) -> Option<T> {
        self.source.fail(&self.span(), fault);
        None
    }

    fn wrong<T>(&self, wanted: &str, wanted_fr: &str) -> Option<T> {
        self.fail(Fault::WrongType { wanted: wanted.to_owned(), wanted_fr: wanted_fr.to_owned() })
    }

    pub fn text(&self) -> Option<Text<'r>> {
        match self.de.get_ref() {
            DeValue::String(text) => Some(Text { source: self.source, text, span: self.span() }),
            _ => self.wrong("a text in quotes", "un texte entre guillemets"),
        }
    }

    pub fn flag(&self) -> Option<bool> {
        match self.de.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.wrong("true or false", "true ou false"),
        }
    }

    pub fn number(&self) -> Option<i64> {
        match self.de.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
        .or_else(|| self.wrong("a whole number", "un nombre entier"))
    }

    pub fn is_text(&self) -> bool {
        self.de.get_ref().is_str()
    }

    pub fn is_array(&self) -> bool {
        self.de.get_ref().is_array()
    }

    pub fn is_table(&self) -> bool {
        self.de.get_ref().is_table()
    }

    pub fn table(&self) -> Option<Table<'r>> {
        match self.de.get_ref() {
            DeValue::Table(map) => {
                Some(Table { source: self.source, map, span: self.span(), known: RefCell::default() })
            }
            _ => self.wrong("a table", "une table"),
        }
    }

    pub fn list(&self) -> Option<Vec<Value<'r>>> {
        match self.de.get_ref() {
            DeValue::Array(items) => Some(items.iter().map(|de| Value { source: self.source, de }).collect()),
            _ => self.wrong("an array", "un tableau"),
        }
    }

    /// A list of texts.
    pub fn texts(&self) -> Option<Vec<Text<'r>>> {
        Some(self.list()?.iter().filter_map(Value::text).collect())
    }

    /// A plain JSON value: text, number, boolean, arrays and tables of them.
    pub fn json(&self) -> Option<serde_json::Value> {
        use serde_json::Value as J;
        Some(match self.de.get_ref() {
            DeValue::String(text) => J::String(text.to_string()),
            DeValue::Boolean(flag) => J::Bool(*flag),
            DeValue::Integer(_) => J::from(self.number()?),
            DeValue::Float(float) => match float.as_str().replace('_', "").parse::<f64>() {
                Ok(number) if number.is_finite() => J::from(number),
                _ => return self.wrong("a finite number", "un nombre fini"),
            },
            DeValue::Array(_) => J::Array(self.list()?.iter().filter_map(Value::json).collect()),
            DeValue::Table(_) => {
                let table = self.table()?;
                let member = |(key, value): (Text<'_>, Value<'_>)| Some((key.text.to_owned(), value.json()?));
                J::Object(table.entries().map(member).collect::<Option<_>>()?)
            }
            DeValue::Datetime(_) => return self.wrong("a text in quotes", "un texte entre guillemets"),
        })
    }
}
