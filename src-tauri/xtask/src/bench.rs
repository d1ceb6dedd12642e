//! `cargo xtask bench`.

use crate::runner::Place;
use crate::setup;
use crate::shell::{Done, cargo, on_ci, run, target};

/// Builds what is shipped as it is shipped, and measures it: the engine's parts (tests/bench), then the whole app on a
/// virtual desktop (tests/support/src/bench). With `--debug` what is built anyway, only to see that it runs.
///
/// # Errors
/// If it does not build, or something that is measured fails.
pub fn bench(words: &[String]) -> Done {
    setup::everything()?;
    if on_ci() {
        println!("On a machine that is shared the ratios tell something, the times do not.");
    }
    let debug = words.iter().any(|word| word == "--debug");
    let (profile, folder) = if debug { ("dev", "debug") } else { ("release", "release") };
    run(&mut cargo(&["build", "--quiet", "--workspace", "--bins", "--profile", profile]))?;
    let built = |name: &str| target().join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let parts = [
        "bench",
        "--quiet",
        "--package",
        "lamplighter-engine",
        "--bench",
        "side_by_side",
        "--profile",
        profile,
    ];
    run(cargo(&parts).arg("--").arg(built("lamp")))?;
    println!("\nThe whole app, with the real keychain:");
    let place = Place::new()?;
    run(&mut place.command(&built("bench"), None)?)
}
