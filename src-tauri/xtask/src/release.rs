//! Building what is shipped.

use std::path::PathBuf;
use std::process::Command;

use crate::shell::{Done, cargo, root, run, target};

/// Which build: that of tests, which is there anyway, or that for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As everything else here is built; only to see that something runs.
    Debug,
    /// As it is shipped.
    Release,
}

impl Build {
    /// `--debug` among the words asks for the first.
    pub fn of(words: &[String]) -> Self {
        if words.iter().any(|word| word == "--debug") { Self::Debug } else { Self::Release }
    }

    /// Cargo, for one of its commands that build. All say the whole workspace, and get the same features: nothing is
    /// built twice, and what is measured is what is shipped.
    pub fn cargo(self, command: &str) -> Command {
        let mut cargo = cargo(&[command, "--quiet", "--workspace", "--locked"]);
        if self == Self::Release {
            // Without it Tauri takes this for a developer's build. Its own command line adds it, too.
            cargo.args(["--profile", "release", "--features", "tauri/custom-protocol"]);
            cargo.env("CARGO_ENCODED_RUSTFLAGS", without_paths().join("\u{1f}"));
        } else {
            cargo.args(["--profile", "dev"]);
        }
        cargo
    }

    /// Builds these programs.
    ///
    /// # Errors
    /// If they do not build.
    pub fn programs(self, names: &[&str]) -> Done {
        let mut cargo = self.cargo("build");
        for name in names {
            cargo.args(["--bin", name]);
        }
        run(&mut cargo)
    }

    /// A program that was built.
    pub fn built(self, name: &str) -> PathBuf {
        let folder = if self == Self::Debug { "debug" } else { "release" };
        target().join(folder).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// The paths of sources, which messages of panics name, say nothing of who built it, and are the same wherever that is.
fn without_paths() -> Vec<String> {
    let home = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let crates = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo")));
    // The last that fits is taken: the checkout may lie below the home folder.
    let places = [(crates, "cargo"), (Some(root()), "lamplighter")];
    let named = |(path, name): (Option<PathBuf>, &str)| {
        path.map(|path| format!("--remap-path-prefix={}=/{name}", path.display()))
    };
    places.into_iter().filter_map(named).collect()
}
