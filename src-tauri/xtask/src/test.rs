//! `cargo xtask test`.

use crate::release::Build;
use crate::shell::{Done, cargo, npm, on_ci, read, run};
use crate::stages::Stages;
use crate::suites::{self, Suite};
use crate::{as_root, campaign, checks, faults, generate, licences, package, peers, platforms, setup};

/// Everything, or one part with words for its test program.
pub fn test(words: &[String]) -> Done {
    let (part, filter) =
        words.split_first().map_or((None, words), |(part, rest)| (Some(part.as_str()), rest));
    match part {
        None => everything(),
        Some("ui") => {
            let mut stages = Stages::new();
            stages.stage("set-up", || setup::everything().map(|()| Vec::new()));
            ui(&mut stages);
            stages.finish()
        }
        Some("checks") => {
            let mut stages = Stages::new();
            let before = setup::tree()?;
            stages.stage("set-up", || setup::everything().map(|()| Vec::new()));
            stages.stage("programs", || setup::programs().map(|()| Vec::new()));
            checks_before(&mut stages);
            checks_after(&mut stages, &before);
            stages.finish()
        }
        Some("root") => {
            let mut stages = Stages::new();
            stages.stage("set-up", || setup::everything().map(|()| Vec::new()));
            stages.stage("programs", || setup::programs().map(|()| Vec::new()));
            stages.stage("tests as root", || as_root::run(&suites::build()?));
            stages.finish()
        }
        Some("faults") => {
            let mut stages = Stages::new();
            stages.stage("set-up", || setup::everything().map(|()| Vec::new()));
            stages.stage("programs", || setup::programs().map(|()| Vec::new()));
            campaign::short(&mut stages, &suites::build()?);
            stages.finish()
        }
        Some("peers") => peers::only(filter),
        Some("platforms") => {
            let mut stages = Stages::new();
            platforms::stages(&mut stages, filter);
            stages.finish()
        }
        Some("package") => package::proof::test(filter),
        Some(part @ ("core" | "engine" | "cli" | "desktop")) => one(part, filter),
        Some(other) => Err(format!(
            "there is no part {other}: core, engine, cli, ui, desktop, root, faults, peers, platforms, package, checks, or nothing for all"
        )),
    }
}

fn one(part: &str, filter: &[String]) -> Done {
    setup::everything()?;
    setup::programs()?;
    let package = if part == "desktop" { "lamplighter".to_owned() } else { format!("lamplighter-{part}") };
    let mut failed = Vec::new();
    let of_part = |suite: &&Suite| {
        suite.package == package && suite.target != "peers" && campaign::name_of(suite).is_none()
    };
    for suite in suites::build()?.iter().filter(of_part) {
        println!("\n── {} ──", suite.name());
        match suite.run(filter) {
            Ok(_) => {}
            Err(why) => failed.push(why),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Cheap and telling things first; nothing is built twice but by clippy, which cannot share.
fn everything() -> Done {
    let mut stages = Stages::new();
    let before = setup::tree()?;
    stages.stage("set-up", || setup::everything().map(|()| Vec::new()));
    if !stages.are_fine() {
        return stages.finish();
    }
    checks_before(&mut stages);
    ui(&mut stages);
    let mut suites = Vec::new();
    stages.stage("build", || {
        setup::programs()?;
        suites = suites::build()?;
        Ok(Vec::new())
    });
    run_suites(&mut stages, &suites);
    campaign::short(&mut stages, &suites);
    stages.stage("tests as root", || as_root::run(&suites));
    stages.stage("doc tests", suites::doc_tests);
    // What is built already; what is shipped takes a build of its own: `cargo xtask test package`.
    package::proof::stages(&mut stages, Build::Debug);
    platforms::stages(&mut stages, &[]);
    checks_after(&mut stages, &before);
    stages.finish()
}

/// Those that need nothing built.
fn checks_before(stages: &mut Stages) {
    stages.stage("format", || run(&mut cargo(&["fmt", "--all", "--check"])).map(|()| Vec::new()));
    stages.stage("licences", licences::check);
    stages.stage("dependencies", checks::dependencies);
    stages.stage("faults", faults::check);
    stages.stage("pictures", checks::pictures);
}

/// Those that do.
fn checks_after(stages: &mut Stages, before: &str) {
    stages.stage("generated files", || generate::everything(true).map(|()| Vec::new()));
    stages.stage("clippy", clippy);
    stages.stage("links", checks::links);
    stages.stage("tree as before", || same_tree(before));
}

fn ui(stages: &mut Stages) {
    let words = |name: &'static str, telling: &'static [&'static str]| {
        move || read(npm(&["run", "--silent", name]).env("NO_COLOR", "1")).map(|text| closing(&text, telling))
    };
    stages.stage("ui types", words("check", &["found"]));
    stages.stage("ui tests", words("test", &["Test Files", "Tests"]));
}

/// Unit tests in one stage, each program of integration tests in its own.
fn run_suites(stages: &mut Stages, suites: &[Suite]) {
    let (integration, unit): (Vec<&Suite>, Vec<&Suite>) = suites.iter().partition(|suite| suite.integration);
    stages.stage("unit tests", || {
        let results: Vec<Done<String>> = unit.iter().map(|suite| suite.run(&[])).collect();
        let failed: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        if !failed.is_empty() {
            return Err(failed.into_iter().cloned().collect::<Vec<_>>().join("\n"));
        }
        Ok(results.into_iter().flatten().filter(|line| !line.contains(" 0 passed")).collect())
    });
    for suite in integration.into_iter().filter(|suite| campaign::name_of(suite).is_none()) {
        stages.stage(&suite.name(), || match suite.target.as_str() {
            "peers" => peers::test(suite, &[]),
            _ => suite.run(&[]).map(|line| vec![line]),
        });
    }
}

fn clippy() -> Done<Vec<String>> {
    let words = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    run(&mut cargo(&words)).map(|()| Vec::new())
}

fn same_tree(before: &str) -> Done<Vec<String>> {
    let after = setup::tree()?;
    if on_ci() && !after.is_empty() {
        return Err(format!("files were changed, or are not ignored:\n{after}"));
    }
    if after == before { Ok(Vec::new()) } else { Err(format!("tests changed the checkout:\n{after}")) }
}

/// Prints all, and returns the lines that tell how it ended.
fn closing(text: &str, telling: &[&str]) -> Vec<String> {
    println!("{}", text.trim_end());
    let tells = |line: &&str| telling.iter().any(|word| line.contains(word));
    text.lines().map(str::trim).filter(tells).map(str::to_owned).collect()
}
