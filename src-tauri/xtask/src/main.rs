//! Everything that is done with this project, by one command: `cargo xtask`.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

mod again;
mod as_root;
mod bench;
mod campaign;
mod checks;
mod clock;
mod faults;
mod generate;
mod icons;
mod licences;
mod mutants;
mod package;
mod peers;
mod platforms;
mod reach;
mod release;
mod runner;
mod setup;
mod shell;
mod show;
mod stages;
mod suites;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask setup              installs what is missing: packages (Debian, Ubuntu), npm packages, a test user when root
cargo xtask run [WORDS…]       builds and runs the app with a profile of its own and the practice site beside it
cargo xtask demo [WORDS…]      shows the whole line on this desktop, or on a virtual one with --unattended
cargo xtask test [PART]        core | engine | cli | ui | desktop | root | faults | peers | platforms | package | checks; without a word everything,
                               checks included. faults is every campaign, short. package makes a release build by name, else it packs what was built for tests
cargo xtask campaign NAME …     attacks at length, reproducible by seed: simulate | kill | power | processes | flaky;
                               mutants changes the code one place at a time (cargo-mutants), and a test must notice
cargo xtask generate [--check] writes ui/src/lib/bindings.ts and docs/errors.md from core, or says whether they are current
cargo xtask icons              writes all icons from icons/*.svg
cargo xtask bench [--peers]    measures a release build beside other programs; --peers installs those that can be
cargo xtask package            builds the package for Debian and Ubuntu, in target/package
cargo xtask runner PROGRAM…    runs a program as tests are run: as the unprivileged user when root";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rest = words.get(1..).unwrap_or_default();
    let done = match words.first().map(String::as_str) {
        Some("setup") => setup::everything(),
        Some("run") => show::run(rest),
        Some("demo") => show::demo(rest),
        Some("test") => test::test(rest),
        Some("campaign") => campaign::campaign(rest),
        Some("generate") => generate::everything(rest.iter().any(|word| word == "--check")),
        Some("icons") => icons::write(),
        Some("bench") => bench::bench(rest),
        Some("package") => package::package(rest),
        Some("runner") => return runner::main(rest),
        _ => {
            println!("{HELP}");
            return ExitCode::from(if words.is_empty() { 0 } else { 2 });
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\nxtask: {why}");
            ExitCode::FAILURE
        }
    }
}
