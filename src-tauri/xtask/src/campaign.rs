//! `cargo xtask campaign`: long, random, reproducible attacks on what must never happen, one program each.
//!
//! A campaign is a test target without a harness, `campaign-NAME` in `tests/campaigns/NAME`. Without words it is short;
//! so runs `cargo xtask test faults`, and with it every run of all tests.

use crate::mutants;
use crate::setup;
use crate::shell::{Done, cargo};
use crate::stages::Stages;
use crate::suites::{self, Suite};

/// How the targets of campaigns begin.
const PREFIX: &str = "campaign-";

/// The campaign that computes instead of waiting: worth a build that is optimised, with all assertions left in.
const OPTIMISED: (&str, &str) = ("simulate", "lamplighter-core");

/// `cargo xtask campaign NAME WORDS…`.
///
/// # Errors
/// If there is no such campaign, it does not build, or it found something.
pub fn campaign(words: &[String]) -> Done {
    let Some((name, words)) = words.split_first() else {
        return Err("campaign needs a name: simulate, kill, power, processes, flaky, mutants".to_owned());
    };
    if name == "mutants" {
        return mutants::mutants(words);
    }
    setup::everything()?;
    let suites = if name == OPTIMISED.0 {
        let target = format!("{PREFIX}{name}");
        let of = ["test", "--profile", "campaign", "--package", OPTIMISED.1, "--test", &target];
        let mut cargo = cargo(&of);
        cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
        suites::built(cargo)?
    } else {
        setup::programs()?;
        suites::build()?
    };
    let found = suites.iter().find(|suite| name_of(suite) == Some(name));
    let suite = found.ok_or_else(|| {
        let names: Vec<&str> = suites.iter().filter_map(name_of).collect();
        format!("there is no campaign {name}: {}", names.join(", "))
    })?;
    suite.run(words).map(|_| ())
}

/// The short version of each, as stages.
pub fn short(stages: &mut Stages, suites: &[Suite]) {
    for suite in suites {
        if let Some(name) = name_of(suite) {
            stages.stage(&format!("campaign {name}"), || suite.run(&[]).map(|line| vec![line]));
        }
    }
}

/// The campaign that this is, if it is one.
pub fn name_of(suite: &Suite) -> Option<&str> {
    suite.target.strip_prefix(PREFIX)
}
