//! `cargo xtask bench`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::peers;
use crate::release::Build;
use crate::runner::Place;
use crate::setup;
use crate::shell::{Done, on_ci, root, run, target};

/// Builds what is shipped as it is shipped, and measures it beside other programs that do the same (tests/bench).
///
/// `--debug` takes what is built anyway, only to see that it runs. `--peers` first installs those other programs that
/// a package manager has. Other words name what is measured: `tokens`, `idle`, `refresh`, `api`, `size`; without any,
/// everything.
///
/// # Errors
/// If it does not build, or something that is measured fails.
pub fn bench(words: &[String]) -> Done {
    setup::everything()?;
    if words.iter().any(|word| word == "--peers") {
        setup::install(["oidc-agent-cli", "chromium-driver", "python3-venv"])?;
        peers::python_with(&root().join("tests/bench/requirements.txt"), &python())?;
    }
    if on_ci() {
        println!("On a machine that is shared the ratios tell something, the times do not.");
    }
    let build = Build::of(words);
    run(build.cargo("build").arg("--bins"))?;
    let (ours, tray) = (built(build, "side_by_side")?, built(build, "empty_tray")?);
    let place = Place::new()?;
    // Its programs are looked for beside it, and below `deps` cargo keeps it.
    let mut bench = place.command(&ours, None)?;
    bench.args(words.iter().filter(|word| !word.starts_with("--")));
    bench.env("LAMPLIGHTER_BENCH_EMPTY_TRAY", tray);
    if let Some(package) = package() {
        bench.env("LAMPLIGHTER_BENCH_DEB", package);
    }
    let python = python().join("bin/python");
    if python.is_file() {
        bench.env("LAMPLIGHTER_BENCH_SELENIUM", python);
    }
    run(&mut bench)
}

/// Builds one of the programs of tests/bench, and says where it is.
fn built(build: Build, name: &str) -> Done<PathBuf> {
    let mut cargo = build.cargo("bench");
    cargo.args(["--no-run", "--bench", name, "--message-format=json-render-diagnostics"]);
    let output = cargo.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == name);
    let program = programs.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.filter(|_| output.status.success()).ok_or_else(|| format!("{name} does not build"))
}

/// The newest package for people, if one was built: `cargo xtask package`.
fn package() -> Option<PathBuf> {
    let is_ours = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".deb") && !name.contains("-debug")
    };
    let packages = fs::read_dir(target().join("package")).ok()?.flatten().map(|entry| entry.path());
    packages
        .filter(|path| is_ours(path))
        .max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
}

/// The Python that has Selenium.
fn python() -> PathBuf {
    target().join("bench/venv")
}
