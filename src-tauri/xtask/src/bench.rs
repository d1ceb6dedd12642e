//! `cargo xtask bench`.

use crate::release::Build;
use crate::runner::Place;
use crate::setup;
use crate::shell::{Done, on_ci, run};

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
    let build = Build::of(words);
    run(build.cargo("build").arg("--bins"))?;
    run(build.cargo("bench").args(["--bench", "side_by_side", "--"]).arg(build.built("lamp")))?;
    println!("\nThe whole app, with the real keychain:");
    let place = Place::new()?;
    run(&mut place.command(&build.built("bench"), None)?)
}
