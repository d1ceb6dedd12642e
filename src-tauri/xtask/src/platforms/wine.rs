//! Tests of core, sys, engine and command line as Windows programs, under wine: named pipes, the Credential Manager,
//! locks, files and the registry are real enough there to find what types cannot tell.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::toolchain::{System, Toolchain, folder};
use crate::campaign;
use crate::runner::Place;
use crate::shell::{Done, command, run};
use crate::stages::Stages;
use crate::suites::{self, Suite};

/// The crates whose tests run there. The desktop app does not start under wine: there is no WebView2.
const CRATES: [&str; 4] = ["lamplighter-core", "lamplighter-sys", "lamplighter-engine", "lamplighter-cli"];

/// What wine itself cannot do, by the names of tests, and why. What makes no sense on Windows at all is left out where
/// it stands, by `cfg`.
const NOT_THERE: [(&str, &str); 5] = [
    ("t08_whoever_comes_second_serves_no_pipe_of_that_name", FIRST),
    ("t08_a_pipe_that_somebody_serves_is_served_by_nobody_else", FIRST),
    ("i3_a_journal_deleted_while_it_is_open_takes_no_mark", DELETED),
    ("f42_a_damaged_journal_is_kept_aside", DELETED),
    ("readers_see_the_old_file_or_the_new_one_and_never_a_part", OPEN),
];
const FIRST: &str = "wine 8 lets a second server make the first instance of a pipe";
const OPEN: &str = "wine lets nobody replace a file that anybody has open at that moment; Windows does";
const DELETED: &str =
    "wine does not tell that an open file was deleted, and keeps its name until it is closed";

/// Programs that start other systems' standard library need `ProcessPrng`, which wine 8 does not have yet.
const RANDOM: &str = "\
#include <windows.h>
#include <ntsecapi.h>
BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T length) { return RtlGenRandom(to, (ULONG)length); }
";

/// Builds and runs them, each program in a stage of its own.
pub fn stages(stages: &mut Stages, toolchain: &Toolchain, filter: &[String]) {
    let mut ready = None;
    stages.stage("wine: build", || {
        let suites = build(toolchain)?;
        let wine = wine()?;
        let place = Place::new()?;
        start(&place, &wine)?;
        ready = Some((suites, wine, place));
        Ok(Vec::new())
    });
    let Some((suites, wine, place)) = ready else { return };
    // Campaigns attack what is the same everywhere, or what only Unix has.
    for suite in suites.into_iter().filter(|suite| campaign::name_of(suite).is_none()) {
        let name = format!("wine: {} {}", suite.package.trim_start_matches("lamplighter-"), suite.target);
        stages.stage(&name, || {
            let mut program = place.through(&wine, suite.program(), Some(suite.folder()))?;
            environment(&mut program, &place);
            program.args(filter);
            for (test, _) in NOT_THERE {
                program.args(["--skip", test]);
            }
            suite.follow(program).map(|line| vec![line])
        });
    }
    for (test, why) in NOT_THERE {
        println!("not under wine: {test}: {why}");
    }
}

fn build(toolchain: &Toolchain) -> Done<Vec<Suite>> {
    let mut words = vec!["test", "--no-run", "--message-format=json-render-diagnostics"];
    words.extend(CRATES.iter().flat_map(|name| ["--package", name]));
    let suites = suites::built(toolchain.cargo(System::Windows, &words)?)?;
    let debug = folder().join(System::Windows.triple()).join("debug");
    random(&debug.join("deps"))?;
    // Programs look for libraries beside themselves.
    let (made, beside) = (debug.join("deps").join(LIBRARY), debug.join(LIBRARY));
    std::fs::copy(&made, &beside).map_err(|error| format!("{}: {error}", beside.display()))?;
    Ok(suites)
}

const LIBRARY: &str = "bcryptprimitives.dll";

fn random(folder: &Path) -> Done {
    let source = folder.join("bcryptprimitives.c");
    std::fs::write(&source, RANDOM).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut compiler = command("x86_64-w64-mingw32-gcc", &["-shared", "-o"]);
    run(compiler.arg(folder.join(LIBRARY)).arg(source).arg("-ladvapi32"))
}

/// Debian's wrapper asks for the 32-bit half each time; we need the other alone.
fn wine() -> Done<PathBuf> {
    let direct = PathBuf::from("/usr/lib/wine/wine64");
    if direct.is_file() {
        return Ok(direct);
    }
    ["wine64", "wine"].into_iter().find_map(on_path).ok_or_else(|| "wine is not installed".to_owned())
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Makes the folder in which wine keeps its Windows.
fn start(place: &Place, wine: &Path) -> Done {
    let mut boot = place.command(wine, None)?;
    boot.args(["wineboot", "--init"]).stdout(Stdio::null()).stderr(Stdio::null());
    environment(&mut boot, place);
    run(&mut boot)?;
    // Its server stays for some seconds, opens files for whoever comes next, and sees only what is shown to itself: not
    // a checkout in a closed folder, which is shown to each program of tests alone.
    let beside = wine.with_file_name("wineserver64");
    let server = if beside.is_file() { beside } else { on_path("wineserver").ok_or("wine has no server")? };
    let mut wait = place.command(&server, None)?;
    wait.arg("-w");
    environment(&mut wait, place);
    run(&mut wait)
}

fn environment(program: &mut Command, place: &Place) {
    // Neither .NET nor a browser engine, which it would ask to install, and nobody's desktop or browser.
    program
        .env("WINEDEBUG", "-all")
        .env("WINEDLLOVERRIDES", "mscoree,mshtml,winemenubuilder.exe,winebrowser.exe=");
    program.env("WINEPREFIX", place.home().join("wine")).env("WINEARCH", "win64");
    // What chance finds is looked for at length elsewhere: here the system is what is new.
    program.env("PROPTEST_CASES", "16");
    program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
}
