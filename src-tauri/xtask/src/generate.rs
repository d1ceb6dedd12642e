//! What is written from core's types and texts: `ui/src/lib/bindings.ts` and `docs/errors.md`.

use crate::shell::{Done, cargo, run};

/// Writes all of it, or with `check` says whether it is current.
pub fn everything(check: bool) -> Done {
    bindings(check)?;
    errors(check)
}

fn bindings(check: bool) -> Done {
    let words =
        ["test", "--quiet", "--package", "lamplighter-core", "--features", "bindings", "--lib", "bindings"];
    written("ui/src/lib/bindings.ts", &words, check)
}

fn errors(check: bool) -> Done {
    let words = ["test", "--quiet", "--package", "lamplighter-core", "--test", "core", "errors::"];
    written("docs/errors.md", &words, check)?;
    let words = ["test", "--quiet", "--package", "lamplighter-engine", "--lib", "told::"];
    written("docs/errors.md", &words, check)
}

/// Each file is written by a test that otherwise compares.
fn written(file: &str, words: &[&str], check: bool) -> Done {
    let mut test = cargo(words);
    if !check {
        test.env("LAMPLIGHTER_GENERATE", "1");
    }
    run(&mut test).map_err(|why| {
        let cure = format!("If core builds, {file} is not current: cargo xtask generate");
        if check { format!("{why}\n{cure}") } else { why }
    })
}
