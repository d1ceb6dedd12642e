//! Windows and macOS, checked on whatever machine this is: both are type-checked, tests and desktop app included, and
//! what can run under wine runs there. What that leaves out is in docs/platforms.md.

mod toolchain;
mod types;
mod wine;

use crate::setup;
use crate::shell::Done;
use crate::stages::Stages;
use toolchain::{System, Toolchain};

/// What building and running for other systems needs, by Debian's names.
const PACKAGES: [&str; 5] = ["gcc-mingw-w64-x86-64", "rust-web-src", "rustc-web", "wine", "wine64"];

/// `cargo xtask test platforms`; also part of every whole run.
pub fn stages(stages: &mut Stages, filter: &[String]) {
    let mut found = None;
    stages.stage("platforms: set-up", || {
        found = Some(prepare()?);
        Ok(Vec::new())
    });
    let Some(toolchain) = found else { return };
    for system in [System::Windows, System::Mac] {
        stages.stage(&format!("platforms: {} types", system.name()), || types::check(&toolchain, system));
    }
    wine::stages(stages, &toolchain, filter);
}

fn prepare() -> Done<Toolchain> {
    if cfg!(target_os = "linux") && crate::shell::has("dpkg-query") {
        // Ubuntu has no such packages of Rust: rustup's targets do there, and if those are missing, too, that is said.
        let wanted =
            PACKAGES.into_iter().filter(|name| !name.starts_with("rust") || !Toolchain::is_rustups());
        setup::install(wanted)?;
    }
    Toolchain::find()
}
