//! The API's types in TypeScript, as one file (`ui/src/lib/bindings.ts`).
//!
//! Only built with the feature `bindings`, for xtask and for the test below; nothing of it is shipped.

use std::collections::BTreeMap;

use ts_rs::{Config, TS, TypeVisitor};

use crate::api::{ErrorBody, Event, Request, Response};

const HEAD: &str =
    "// Generated from src-tauri/core/src/api. Do not edit: `cargo xtask generate` writes it anew.\n";

/// The whole file. The same types give the same bytes: declarations are sorted by name.
pub fn typescript() -> String {
    let mut found = Declarations::default();
    found.visit::<Request>();
    found.visit::<Response>();
    found.visit::<Event>();
    found.visit::<ErrorBody>();
    let mut file = HEAD.to_owned();
    for declaration in found.by_name.values() {
        file.push('\n');
        file.push_str(declaration);
    }
    file
}

/// Declarations by name, so that a type which is used twice is declared once.
#[derive(Default)]
struct Declarations {
    config: Config,
    by_name: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Types without an output path are TypeScript's own, such as `string`: they have no declaration.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(&self.config);
        if self.by_name.contains_key(&name) {
            return;
        }
        let declaration = format!("{}export {}\n", T::docs().unwrap_or_default(), T::decl(&self.config));
        self.by_name.insert(name, declaration);
        T::visit_dependencies(self);
    }
}

#[cfg(test)]
mod tests {
    /// `LAMPLIGHTER_GENERATE=1` writes the file instead, as `cargo xtask generate` does.
    #[test]
    fn the_window_is_compiled_against_the_current_api() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/lib/bindings.ts");
        if std::env::var_os("LAMPLIGHTER_GENERATE").is_some() {
            std::fs::write(path, super::typescript()).expect("the checkout is writable");
        }
        let file = std::fs::read_to_string(path).expect("ui/src/lib/bindings.ts is part of the project");
        assert_eq!(file.replace("\r\n", "\n"), super::typescript(), "run: cargo xtask generate");
    }
}
