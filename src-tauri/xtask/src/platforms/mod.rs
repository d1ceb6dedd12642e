//! Windows and macOS, checked on whatever machine this is: both are type-checked, tests and desktop app included, and
//! what can run under wine runs there. What that leaves out is in docs/platforms.md.

mod toolchain;
mod types;
mod wine;

use crate::setup;
use crate::shell::{Done, command, run};
use crate::stages::Stages;
use toolchain::{System, Toolchain};

/// What building and running for other systems needs, by Debian's names.
const PACKAGES: [&str; 3] = ["gcc-mingw-w64-x86-64", "wine", "wine64"];
/// Debian's newest compiler and the sources of its standard library: there where its security suite is.
const RUST: [&str; 2] = ["rust-web-src", "rustc-web"];

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
    let is_debian = cfg!(target_os = "linux") && crate::shell::has("dpkg-query");
    if is_debian {
        setup::install(PACKAGES)?;
    }
    if !Toolchain::is_rustups() {
        if is_debian && Toolchain::may_be_debians() {
            setup::install(RUST)?;
            if Toolchain::is_old() {
                setup::fetch(&RUST)?;
            }
        } else if crate::shell::has("rustup") {
            // Without a network this says so, and what is missing is said below.
            _ = run(&mut command(
                "rustup",
                &["target", "add", System::Windows.triple(), System::Mac.triple()],
            ));
        }
    }
    Toolchain::find()
}
