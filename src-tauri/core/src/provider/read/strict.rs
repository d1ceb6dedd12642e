//! TOML 1.0 and nothing newer: the parser takes 1.1 too, which other programs that read these files do not.

use toml::Spanned;
use toml::de::DeTable;
use toml_parser::decoder::Encoding;
use toml_parser::parser::{Event, EventKind, parse_document};

use super::tree::Source;
use crate::provider::fault::Fault;

/// No provider and no configuration comes near this.
const LARGEST: usize = 256 * 1024;

/// The document, if it is TOML 1.0; what is not is noted in `source`.
pub(crate) fn document<'t>(text: &'t str, source: &Source<'_>) -> Option<Spanned<DeTable<'t>>> {
    if text.len() > LARGEST {
        source.fail(&(0..0), Fault::TooLarge {});
        return None;
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let why = error.message().trim().replace('\n', ", ");
        source.fail(&error.span().unwrap_or(0..0), Fault::NotToml { why });
    }
    if errors.is_empty() {
        check_version(text, source);
        Some(document)
    } else {
        None
    }
}

fn check_version(text: &str, source: &Source<'_>) {
    let tokens = toml_parser::Source::new(text).lex().into_vec();
    let mut events: Vec<Event> = Vec::with_capacity(tokens.len());
    // Errors were noted already by the parser proper.
    parse_document(&tokens, &mut events, &mut ());
    let mut open: Vec<Open> = Vec::new();
    for event in events {
        let span = event.span().start()..event.span().end();
        match event.kind() {
            EventKind::InlineTableOpen => open.push(Open { is_inline: true, comma: None, has_line: false }),
            EventKind::ArrayOpen => open.push(Open { is_inline: false, comma: None, has_line: false }),
            EventKind::InlineTableClose | EventKind::ArrayClose => {
                if let Some(Open { is_inline: true, comma: Some(comma), .. }) = open.pop() {
                    source.fail(&comma, Fault::InlineTableComma {});
                }
            }
            EventKind::Newline => {
                if let Some(table) = open.last_mut().filter(|table| table.is_inline && !table.has_line) {
                    table.has_line = true;
                    source.fail(&span, Fault::InlineTableLines {});
                }
            }
            EventKind::ValueSep => {
                if let Some(table) = open.last_mut() {
                    table.comma = Some(span);
                }
            }
            EventKind::Whitespace | EventKind::Comment => {}
            kind => {
                if let Some(table) = open.last_mut() {
                    table.comma = None;
                }
                let is_basic =
                    matches!(event.encoding(), Some(Encoding::BasicString | Encoding::MlBasicString));
                if is_basic && matches!(kind, EventKind::Scalar | EventKind::SimpleKey) {
                    check_escapes(text, span, source);
                }
            }
        }
    }
}

struct Open {
    is_inline: bool,
    comma: Option<std::ops::Range<usize>>,
    has_line: bool,
}

/// `\e` and `\xHH` came with 1.1.
fn check_escapes(text: &str, span: std::ops::Range<usize>, source: &Source<'_>) {
    let raw = text.get(span.clone()).unwrap_or_default();
    let mut bytes = raw.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte != b'\\' {
            continue;
        }
        if let Some((_, escape @ (b'e' | b'x'))) = bytes.next() {
            let at = span.start + at;
            source.fail(&(at..at + 2), Fault::NewEscape { escape: format!("\\{}", char::from(escape)) });
        }
    }
}
