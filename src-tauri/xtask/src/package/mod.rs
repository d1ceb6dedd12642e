//! `cargo xtask package`: the package for Debian and Ubuntu. Those of other systems are built by the workflow.

mod clean_root;
mod contents;
mod control;
pub mod proof;
mod third_party;

use std::fs;
use std::path::{Path, PathBuf};

use crate::release::Build;
use crate::setup;
use crate::shell::{Done, command, has, read, target};

/// What is in it, and named like this in /usr/bin.
const PROGRAMS: [&str; 2] = ["lamplighter", "lamp"];
/// Largest that the package may be (design 10): 12 MB.
const LARGEST: u64 = 12_000_000;

/// Builds it, and prints its path and size. With `--debug` of what is built anyway, only to see that it is packed right.
///
/// # Errors
/// If this is not Debian or something like it, or something does not build.
pub fn package(words: &[String]) -> Done {
    let build = Build::of(words);
    let path = pack(build)?;
    println!("{}\n{}", path.display(), size(&path, build)?);
    Ok(())
}

/// Why there can be none here, for people; none if there can.
fn unavailable() -> Option<&'static str> {
    (!has("dpkg-query")).then_some("a .deb is made on Debian or Ubuntu alone")
}

/// Builds it.
fn pack(build: Build) -> Done<PathBuf> {
    if let Some(why) = unavailable() {
        return Err(why.to_owned());
    }
    // The tools that pack come with those that build.
    setup::to_build()?;
    build.programs(&PROGRAMS)?;
    let folder = target().join("package");
    let tree = folder.join("tree");
    // Files of an earlier run would end up in the package.
    if tree.exists() {
        fs::remove_dir_all(&tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    }
    contents::lay_out(&tree, build)?;
    control::write(&tree)?;
    let debug = if build == Build::Debug { "-debug" } else { "" };
    let name = format!("lamplighter_{}{debug}_{}.deb", env!("CARGO_PKG_VERSION"), architecture()?);
    let path = folder.join(name);
    let mut deb = command("dpkg-deb", &["--root-owner-group"]);
    deb.args(compression(build))
        .arg("--build")
        .arg(&tree)
        .arg(&path)
        .env("SOURCE_DATE_EPOCH", last_commit()?);
    read(&mut deb)?;
    Ok(path)
}

/// As small as can be for people: in xz, because not every dpkg knows what Ubuntu's takes if nothing is said. What only
/// proves something is packed in no time.
fn compression(build: Build) -> [&'static str; 2] {
    match build {
        Build::Debug => ["-Zgzip", "-z1"],
        Build::Release => ["-Zxz", "-z9"],
    }
}

fn size(path: &Path, build: Build) -> Done<String> {
    let bytes = path.metadata().map_err(|error| format!("{}: {error}", path.display()))?.len();
    let judged = match build {
        Build::Debug => "a debug build, of which the size says nothing",
        Build::Release if bytes <= LARGEST => "within the bar of 12 MB",
        Build::Release => "MORE than the bar of 12 MB",
    };
    let sha = read(command("sha256sum", &[]).arg(path))?;
    let sha = sha.split_whitespace().next().unwrap_or_default().to_owned();
    let tenths = (bytes + 50_000) / 100_000;
    Ok(format!("{bytes} bytes ({}.{} MB): {judged}\nsha256 {sha}", tenths / 10, tenths % 10))
}

/// As Debian calls it, such as `amd64`.
fn architecture() -> Done<String> {
    Ok(read(&mut command("dpkg", &["--print-architecture"]))?.trim().to_owned())
}

/// When the last commit was made: the newest time in the package, so that the same sources give the same package.
fn last_commit() -> Done<String> {
    Ok(read(&mut command("git", &["log", "-1", "--format=%ct"]))?.trim().to_owned())
}
