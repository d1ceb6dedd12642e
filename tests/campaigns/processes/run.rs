//! The campaign as a whole: expiry after expiry.

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::common::options::Options;
use crate::common::random::Random;
use crate::common::table::Table;
use crate::crowd::{ALL, Crowd, PROGRAMS};
use crate::roles::ASKERS;
use crate::round::{Round, Scene, run};

const USAGE: &str = "\
campaign processes [--expiries N] [--minutes M] [--seed S]
--expiries N  how often the token expires, 4 without
--minutes M   or for how long
--seed S      which expiry has which scene, 1 without";

/// Those of a short campaign: seconds each, but for the one that waits for a stopped engine.
const SHORT: [Scene; 4] = [Scene::Running, Scene::Nobody, Scene::Killed, Scene::Replaced];

#[derive(Default)]
struct Row {
    rounds: usize,
    served: usize,
    requests: usize,
    most: usize,
}

/// Runs it.
pub fn campaign() -> ExitCode {
    let options = Options::read(USAGE, &["expiries", "minutes", "seed"]);
    let seed: u64 = options.get("seed").unwrap_or(1);
    let minutes: Option<i64> = options.get("minutes");
    let until = minutes.map(|minutes| testkit::clock::wall_ms() + minutes * 60_000);
    let expiries = options.get("expiries").unwrap_or(if until.is_some() { usize::MAX } else { SHORT.len() });
    let mut random = Random::new(seed, 0);
    let mut crowd = Crowd::gather();
    let mut rows: BTreeMap<Scene, Row> = BTreeMap::new();
    for expiry in 0..expiries {
        if until.is_some_and(|until| testkit::clock::wall_ms() >= until) {
            break;
        }
        let scene = if options.is_short() { SHORT[expiry % SHORT.len()] } else { scene(expiry, &mut random) };
        match run(&mut crowd, scene) {
            Ok(Round { served, requests }) => {
                let row = rows.entry(scene).or_default();
                row.rounds += 1;
                row.served += served;
                row.requests += requests;
                row.most = row.most.max(requests);
            }
            Err(what) => {
                println!("{}", table(&rows));
                println!("expiry {expiry}, {scene:?}: {what}");
                println!("cargo xtask campaign processes --seed {seed} --expiries {}", expiry + 1);
                return ExitCode::FAILURE;
            }
        }
        println!("expiry {expiry}: {scene:?}");
    }
    println!("\n{}", table(&rows));
    tell(&rows, seed);
    ExitCode::SUCCESS
}

/// The first ones show each scene once; then one holder in a hundred is killed, and the rest is drawn.
fn scene(expiry: usize, random: &mut Random) -> Scene {
    if let Some((scene, _)) = Scene::ALL.get(expiry) {
        return *scene;
    }
    match expiry % 100 {
        50 => Scene::Killed,
        _ => *random.pick(&[
            Scene::Running,
            Scene::Running,
            Scene::Running,
            Scene::Running,
            Scene::Nobody,
            Scene::Nobody,
            Scene::Deleted,
            Scene::Replaced,
        ]),
    }
}

fn table(rows: &BTreeMap<Scene, Row>) -> String {
    let mut table =
        Table::new(["during the expiry", "expiries", "askers served", "requests", "most in one", "allowed"]);
    for (scene, name) in Scene::ALL {
        if let Some(row) = rows.get(&scene) {
            table.counts(name, [row.rounds, row.served, row.requests, row.most, scene.allowed()]);
        }
    }
    table.text()
}

fn tell(rows: &BTreeMap<Scene, Row>, seed: u64) {
    let sum = |of: fn(&Row) -> usize| -> usize { rows.values().map(of).sum() };
    let (rounds, requests) = (sum(|row| row.rounds), sum(|row| row.requests));
    let of = |scene| rows.get(&scene).map_or((0, 0), |row: &Row| (row.rounds, row.requests - row.rounds));
    let ((killed, extra), (stopped, extra_of_stopped)) = (of(Scene::Killed), of(Scene::Stopped));
    println!(
        "{} processes, {ALL} askers at once ({PROGRAMS} programs of {ASKERS}, two lamp, one without a session): \
         {rounds} expiries, {requests} requests with a credential, {} tokens served\n\
         {} expiries without a kill or a stop: exactly one request each; {killed} holders killed: {extra} requests \
         more; {stopped} stopped for longer than a request may take: {extra_of_stopped} more",
        PROGRAMS + 4,
        sum(|row| row.served),
        rounds - killed - stopped,
    );
    println!("test result: ok. {rounds} expiries, seed {seed}");
}
