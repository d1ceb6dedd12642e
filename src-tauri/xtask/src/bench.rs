//! `cargo xtask bench`.

use crate::runner::Place;
use crate::setup;
use crate::shell::{Done, cargo, run, target};

/// Builds as for a release, and measures; with `--debug` what is built anyway, to see that it runs.
pub fn bench(words: &[String]) -> Done {
    setup::everything()?;
    let debug = words.iter().any(|word| word == "--debug");
    let mut build = cargo(&["build", "--quiet", "--workspace", "--bins"]);
    if !debug {
        build.arg("--release");
    }
    run(&mut build)?;
    let folder = target().join(if debug { "debug" } else { "release" });
    let place = Place::new()?;
    run(&mut place.command(&folder.join("bench"), None)?)
}
