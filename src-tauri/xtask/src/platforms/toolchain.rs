//! Compilers for other systems: rustup's, where its targets are installed, else Debian's own, which builds the standard
//! library from the sources that Debian has packaged.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Done, cargo, command, has, read, target};

/// A system that is not this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Windows, by the compiler that links without Microsoft's tools.
    Windows,
    /// macOS: nothing here links for it, so that types are all that is checked.
    Mac,
}

impl System {
    /// What rustc calls it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::Windows => "x86_64-pc-windows-gnu",
            Self::Mac => "aarch64-apple-darwin",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::Mac => "macOS",
        }
    }
}

/// Where the compilers come from.
pub struct Toolchain {
    /// `None`: the one that runs us.
    rustc: Option<PathBuf>,
}

/// Debian's compiler, in a version that it keeps current for its browsers.
const DEBIANS: &str = "/usr/bin/rustc";

/// A C compiler that compiles nothing: types can be checked without what it would have made, and there is no other for
/// macOS here. Build scripts ask it which family it is of (`-E`; `-?` is
/// known to Microsoft's kind alone), and pack what it writes into libraries.
const NO_COMPILER: &str = r#"#!/bin/sh
for word; do
  case $word in
    -E) echo '"clang"'; exit 0 ;;
    "-?") exit 1 ;;
  esac
done
while [ $# -gt 0 ]; do
  if [ "$1" = -o ]; then : > "$2"; fi
  shift
done
"#;

impl Toolchain {
    /// Whether rustup has installed all targets.
    pub fn is_rustups() -> bool {
        let sysroot = read(&mut command("rustc", &["--print", "sysroot"])).unwrap_or_default();
        let installed = |system: System| {
            Path::new(sysroot.trim()).join("lib/rustlib").join(system.triple()).join("lib").is_dir()
        };
        [System::Windows, System::Mac].into_iter().all(installed)
    }

    /// Whether Debian's packages here have a compiler that is new enough.
    pub fn may_be_debians() -> bool {
        let policy = read(&mut command("apt-cache", &["policy", super::RUST[1]])).unwrap_or_default();
        policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:")).is_some_and(is_new_enough)
    }

    /// Whether a compiler of Debian's is there that is too old for us.
    pub fn is_old() -> bool {
        let version = version();
        !version.is_empty() && !version.strip_prefix("rustc").is_some_and(is_new_enough)
    }

    /// The one to use here.
    ///
    /// # Errors
    /// If there is none, with what has to be installed.
    pub fn find() -> Done<Self> {
        if !has("x86_64-w64-mingw32-gcc") && !cfg!(windows) {
            return Err(needed("x86_64-w64-mingw32-gcc"));
        }
        if Self::is_rustups() {
            return Ok(Self { rustc: None });
        }
        if Self::is_old() {
            let (wanted, found) = (env!("CARGO_PKG_RUST_VERSION"), version());
            return Err(needed(&format!("Rust {wanted} or newer, and {DEBIANS} is {}", found.trim())));
        }
        let sysroot = read(&mut command(DEBIANS, &["--print", "sysroot"])).unwrap_or_default();
        let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
        if !sysroot.is_empty() && sources.is_dir() {
            return Ok(Self { rustc: Some(PathBuf::from(DEBIANS)) });
        }
        Err(needed("a compiler with the standard library for both"))
    }

    /// Cargo for `system`. What it makes lies in a folder of its own: another compiler's work is of no use to the
    /// usual builds, and they need not wait for it.
    pub fn cargo(&self, system: System, words: &[&str]) -> Done<Command> {
        let mut cargo = cargo(words);
        cargo.args(["--target", system.triple()]).env("CARGO_TARGET_DIR", folder());
        // Set for the tests of this system; the tests of others are run by hand.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
        if let Some(rustc) = &self.rustc {
            // The one way to a standard library from sources on a stable compiler; nothing of ours uses what it allows.
            cargo.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        if system == System::Mac && !cfg!(target_os = "macos") {
            cargo.env("CC_aarch64_apple_darwin", no_compiler()?).env("AR_aarch64_apple_darwin", "ar");
        }
        Ok(cargo)
    }
}

/// Where everything for other systems is built.
pub fn folder() -> PathBuf {
    target().join("platforms")
}

fn no_compiler() -> Done<PathBuf> {
    let path = folder().join("no-cc");
    let written = std::fs::create_dir_all(folder()).and_then(|()| std::fs::write(&path, NO_COMPILER));
    written.map_err(|error| format!("{}: {error}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(path)
}

fn needed(missing: &str) -> String {
    format!(
        "Checking other systems needs {missing}. On Debian this installs, with its security suite among the sources: \
         {} {}.\nElsewhere: rustup target add {} {}, the \
         mingw-w64 compiler for x86_64, and wine (64 bit) for the tests that run there.",
        super::PACKAGES.join(" "),
        super::RUST.join(" "),
        System::Windows.triple(),
        System::Mac.triple(),
    )
}

/// What Debian's compiler says of itself; nothing if there is none.
fn version() -> String {
    read(&mut command(DEBIANS, &["--version"])).unwrap_or_default()
}

/// Whether a version such as ` 1.96.0+dfsg1` is that of this workspace or later.
fn is_new_enough(version: &str) -> bool {
    let parts = |text: &str| {
        let mut numbers = text.trim().split(|other: char| !other.is_ascii_digit()).map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    parts(version).is_some_and(|found| Some(found) >= parts(env!("CARGO_PKG_RUST_VERSION")))
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn a_compiler_that_is_too_old_is_told_from_one_that_will_do() {
        for fine in [" 1.96.0+dfsg1-1~deb12u2", " 1.95.0 (59807616e 2026-04-14)", "2.0.0"] {
            assert!(is_new_enough(fine), "{fine}");
        }
        for old in [" 1.85.0+dfsg3-1~deb12u3", " (none)", "", "1.9.0"] {
            assert!(!is_new_enough(old), "{old}");
        }
    }
}
