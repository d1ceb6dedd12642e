//! `ui/src/lib/bindings.ts`, written from core's types.

use crate::shell::{Done, cargo, run};

/// Writes it, or with `check` says whether it is current.
pub fn bindings(check: bool) -> Done {
    let words =
        ["test", "--quiet", "--package", "lamplighter-core", "--features", "bindings", "--lib", "bindings"];
    let mut test = cargo(&words);
    if !check {
        test.env("LAMPLIGHTER_GENERATE", "1");
    }
    run(&mut test).map_err(|why| {
        let cure = "If core builds, ui/src/lib/bindings.ts is not current: cargo xtask generate";
        if check { format!("{why}\n{cure}") } else { why }
    })
}
