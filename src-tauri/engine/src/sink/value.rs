//! How a value is written so that shells and the common `.env` libraries all read the same bytes.
//!
//! They agree on little: bash expands `$` in double quotes, python-dotenv expands `${` everywhere and unescapes
//! `\\` and `\'` in single quotes, Node's dotenv unescapes nothing but `\n`. What they do not agree on is refused.

use lamplighter_core::secret::Secret;

/// Longer values cannot be handed to a program's environment (Linux: 128 KiB with the name).
const LONGEST: usize = 120_000;

/// How a value is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// `KEY=value`.
    None,
    /// `KEY='value'`.
    Single,
    /// `KEY="value"`.
    Double,
}

impl Quotes {
    /// The bytes at both ends.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Single => b"'",
            Self::Double => b"\"",
        }
    }

    /// Whether all readers take `text` as it is in these quotes.
    fn carry(self, text: &str) -> bool {
        match self {
            Self::None => text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:@%+=,".contains(&b)),
            Self::Single => {
                !text.contains('\'')
                    && !text.contains("\\\\")
                    && !text.ends_with('\\')
                    && !text.contains("${")
            }
            Self::Double => !text.contains(['"', '\\', '$', '`']),
        }
    }
}

/// The quotes to write `value` in, those that are there already if they can carry it. `None`: no way is safe.
pub(super) fn quotes(value: &Secret, there: Option<Quotes>) -> Option<Quotes> {
    let text = value.expose_str().filter(|text| text.len() <= LONGEST && !text.chars().any(is_break))?;
    let ways = [there.unwrap_or(Quotes::None), Quotes::None, Quotes::Single, Quotes::Double];
    ways.into_iter().find(|quotes| quotes.carry(text))
}

/// Control characters, and what some reader takes for the end of a line.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
