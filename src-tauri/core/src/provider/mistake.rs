//! What can be wrong in a provider or configuration file: where, what, and the cure.

use std::ops::Range;

use super::fault::Fault;
use crate::text::Lang;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: Fault,
}

impl Mistake {
    /// A mistake at a span of bytes in `text`.
    pub(crate) fn at(text: &str, span: &Range<usize>, fault: Fault) -> Self {
        let before = text.get(..span.start.min(text.len())).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line, column, fault }
    }

    /// What is wrong, as a sentence.
    pub fn what(&self, lang: Lang) -> String {
        self.fault.what(lang)
    }

    /// What to do about it, as a sentence.
    pub fn cure(&self, lang: Lang) -> String {
        self.fault.cure(lang)
    }

    /// `12:5: what`, for lists.
    pub fn line_text(&self, lang: Lang) -> String {
        format!("{}:{}: {}", self.line, self.column, self.what(lang))
    }
}

/// Of `known` the one that `word` was probably meant to be: at most two letters away, and a third of its length.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.into_iter().map(|known| (distance(word, known), known)).min_by_key(|(far, _)| *far)?;
    let most = (near.1.len() / 3).clamp(1, 2);
    (near.0 <= most).then_some(near.1)
}

/// Levenshtein distance, a swap of neighbours counting as one; words here are short.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(ca != cb)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *cb && b[j - 1] == *ca {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
