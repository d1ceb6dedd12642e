//! Reading a `.env` file as bytes: where the values of its assignments lie.
//!
//! Nothing is interpreted but what has to be: which bytes are the value of which key. Where shells and `.env`
//! libraries would disagree about that, the file is refused with the line.

use std::ops::Range;

use super::SinkError;
use super::value::Quotes;

/// One `KEY=value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub key: String,
    /// The value, quotes included.
    pub value: Range<usize>,
    pub quotes: Quotes,
    /// Counted from 1.
    pub line: usize,
    /// Whether the value can be replaced; not so where it is computed, or glued from pieces.
    pub is_plain: bool,
}

/// What is known of a file.
#[derive(Debug)]
pub(super) struct Layout {
    pub assignments: Vec<Assignment>,
    /// How its lines end.
    pub line_end: &'static [u8],
    /// Whether the last line is ended.
    pub is_ended: bool,
    /// Whether a shell would join another line to the last one.
    pub is_joined: bool,
    /// How many lines there are.
    pub lines: usize,
}

/// Takes the file apart.
///
/// # Errors
/// [`SinkError::NotText`], or [`SinkError::Unclear`] where a value's end depends on the reader.
pub(super) fn read(bytes: &[u8]) -> Result<Layout, SinkError> {
    if bytes.contains(&0) || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(SinkError::NotText);
    }
    // A carriage return that ends no line ends one for some readers.
    let lone =
        (0..bytes.len()).find(|at| bytes.get(*at) == Some(&b'\r') && bytes.get(at + 1) != Some(&b'\n'));
    if let Some(at) = lone {
        let before = bytes.get(..at).unwrap_or_default();
        return Err(SinkError::Unclear { line: 1 + before.iter().filter(|byte| **byte == b'\n').count() });
    }
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut reader = Reader { bytes, at: start, line: 1 };
    let mut assignments = Vec::new();
    let mut is_joined = false;
    while reader.at < bytes.len() {
        let begin = reader.at;
        let was_joined = is_joined;
        if let Some(mut found) = reader.assignment()? {
            found.is_plain &= !was_joined;
            assignments.push(found);
        }
        reader.end_of_line();
        let line = bytes.get(begin..reader.at).unwrap_or_default();
        is_joined = is_continued(line);
    }
    let line_end: &[u8] = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) if at > 0 && bytes.get(at - 1) == Some(&b'\r') => b"\r\n",
        _ => b"\n",
    };
    let is_ended = bytes.len() == start || bytes.ends_with(b"\n");
    Ok(Layout { assignments, line_end, is_ended, is_joined, lines: reader.line })
}

/// Whether a shell reads the next line as part of this one. A comment is never continued.
fn is_continued(line: &[u8]) -> bool {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let is_comment = text.trim_ascii_start().starts_with(b"#");
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\').count();
    !is_comment && !backslashes.is_multiple_of(2)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Up to and over the next line end.
    fn end_of_line(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                return;
            }
        }
    }

    /// The assignment at the beginning of this line, if it is one. Stands behind its value then.
    fn assignment(&mut self) -> Result<Option<Assignment>, SinkError> {
        self.skip_blanks();
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"export")) {
            let after = self.bytes.get(self.at + 6);
            if matches!(after, Some(b' ' | b'\t')) {
                self.at += 6;
                self.skip_blanks();
            }
        }
        let key = self.key();
        self.skip_blanks();
        // `KEY+=value` adds to the value: it is an assignment, but none that can be replaced.
        let adds = self.peek() == Some(b'+') && self.bytes.get(self.at + 1) == Some(&b'=');
        self.at += usize::from(adds);
        if key.is_empty() || self.peek() != Some(b'=') {
            return Ok(None);
        }
        self.at += 1;
        let start = self.at;
        self.skip_blanks();
        let line = self.line;
        let (value, quotes, is_plain) = match self.peek() {
            Some(b'\'') => self.quoted(b'\'', Quotes::Single)?,
            Some(b'"') => self.quoted(b'"', Quotes::Double)?,
            Some(b'`') => {
                // Node's third kind of quotes, a command for shells.
                let (value, _, _) = self.quoted(b'`', Quotes::None)?;
                (value, Quotes::None, false)
            }
            _ => self.unquoted(start),
        };
        Ok(Some(Assignment { key, value, quotes, line, is_plain: is_plain && !adds }))
    }

    fn key(&mut self) -> String {
        let begin = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')) {
            self.at += 1;
        }
        self.bytes
            .get(begin..self.at)
            .map(|key| String::from_utf8_lossy(key).into_owned())
            .unwrap_or_default()
    }

    /// A quoted value, over several lines if need be. Plain if only blanks or a comment follow.
    fn quoted(&mut self, mark: u8, quotes: Quotes) -> Result<(Range<usize>, Quotes, bool), SinkError> {
        let unclear = SinkError::Unclear { line: self.line };
        let begin = self.at;
        let rest = self.bytes.get(begin + 1..).unwrap_or_default();
        // Shells end single quotes at the next one, python-dotenv at the next one without a backslash.
        let for_shells = ends(rest, mark, mark != b'\'').ok_or_else(|| unclear.clone())?;
        let for_others = ends(rest, mark, true).ok_or_else(|| unclear.clone())?;
        let value = rest.get(..for_others).unwrap_or_default();
        if for_shells != for_others && value.contains(&b'\n') {
            return Err(unclear);
        }
        self.line += value.iter().filter(|byte| **byte == b'\n').count();
        self.at = begin + 1 + for_others + 1;
        let end = self.at;
        let tail = self.bytes.get(end..).unwrap_or_default();
        let tail = tail.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let tail = tail.strip_suffix(b"\r").unwrap_or(tail);
        let is_alone = tail.trim_ascii().is_empty()
            || (tail.starts_with(b" ") || tail.starts_with(b"\t")) && tail.trim_ascii().starts_with(b"#");
        if !is_alone && tail.iter().any(|byte| matches!(byte, b'\'' | b'"' | b'`')) {
            // More quotes follow, and one of them may reach over the line's end.
            return Err(SinkError::Unclear { line: self.line });
        }
        Ok((begin..end, quotes, is_alone && for_shells == for_others))
    }

    /// Up to a comment or the line's end, without blanks around. `start` is right behind the `=`.
    fn unquoted(&mut self, start: usize) -> (Range<usize>, Quotes, bool) {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_blank = |at: usize| matches!(line.get(at), Some(b' ' | b'\t'));
        let comment = (1..line.len()).find(|at| line.get(*at) == Some(&b'#') && is_blank(at - 1));
        let text = line.get(..comment.unwrap_or(line.len())).unwrap_or_default().trim_ascii_end();
        // Nothing there: the value goes right behind the `=`, in front of blanks and comment.
        let begin = if text.is_empty() { start } else { start + text.len() - text.trim_ascii_start().len() };
        let value = begin..start + text.len();
        self.at = value.end;
        let is_computed = text.contains(&b'`') || text.windows(2).any(|two| two == b"$(" || two == b"${");
        let is_glued = text.iter().any(|byte| matches!(byte, b'\'' | b'"' | b'\\'));
        // `KEY=#x` is a comment for some and a value for others.
        let is_clear = text.first() != Some(&b'#');
        (value, Quotes::None, is_clear && !is_computed && !is_glued)
    }
}

/// Where the closing `mark` is.
fn ends(bytes: &[u8], mark: u8, backslash_escapes: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'\\' if backslash_escapes => at += 2,
            byte if byte == mark => return Some(at),
            _ => at += 1,
        }
    }
}
