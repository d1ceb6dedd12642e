//! `cargo xtask bench`.

use crate::shell::{Done, cargo, on_ci, run, target};

/// Builds what is shipped as it is shipped, and measures it (tests/bench).
///
/// # Errors
/// If it does not build, or something that is measured fails.
pub fn bench() -> Done {
    if on_ci() {
        println!("On a machine that is shared the ratios tell something, the times do not.");
    }
    run(&mut cargo(&["build", "--quiet", "--release", "--package", "lamplighter-cli"]))?;
    let lamp = target().join("release").join(format!("lamp{}", std::env::consts::EXE_SUFFIX));
    let words = ["bench", "--quiet", "--package", "lamplighter-engine", "--bench", "side_by_side", "--"];
    run(cargo(&words).arg(lamp))
}
