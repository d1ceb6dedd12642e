//! The campaign as a whole: lanes side by side, and what they found.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Mutex;

use futures_util::future::join_all;
use testkit::hosts::Hosts;

use crate::common::options::Options;
use crate::count::{Counts, Policy};
use crate::lane::{Lane, Plan};

const USAGE: &str = "\
campaign flaky [--minutes M | --bytes every] [--seed S] [--lane L]
--minutes M  how long, without: some episodes of each lane
--bytes every  nothing but cuts, one after each byte of what is sent and of what is answered
--seed S     which faults, 1 without
--lane L     this lane alone: how a failure is repeated";

/// Where the certificates of this run are; tells that this is the process that believes them.
const FOLDER: &str = "LAMPLIGHTER_CAMPAIGN_FLAKY";

/// Lanes side by side, in threads of their own.
const THREADS: usize = 2;
const LANES_OF_A_THREAD: usize = 12;
const LANES: usize = THREADS * LANES_OF_A_THREAD;
/// Of a short campaign.
const SHORT: usize = 12;

/// Runs it.
pub fn campaign() -> ExitCode {
    let options = Options::read(USAGE, &["minutes", "bytes", "seed", "lane"]);
    match std::env::var_os(FOLDER) {
        Some(folder) => run(&options, &Hosts::at(&PathBuf::from(folder))),
        None => again(),
    }
}

/// The same in a process that believes the certificates of this run.
fn again() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder");
    Hosts::prepare_for(folder.path(), &["127.0.0.1", "localhost"]).expect("certificates are made");
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(std::env::args().skip(1))
        .env(FOLDER, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("ca.pem"))
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, hosts: &Hosts) -> ExitCode {
    let seed: u64 = options.get("seed").unwrap_or(1);
    let minutes: Option<f64> = options.get("minutes");
    let only: Option<usize> = options.get("lane");
    let until = testkit::clock::wall_ms().saturating_add(minutes.map_or(i64::MAX / 4, to_ms));
    let episodes = if minutes.is_some() { usize::MAX } else { SHORT };
    let is_every_byte = options.get::<String>("bytes").is_some();
    // Even lanes are http, odd ones https.
    let bytes = |lane: usize| is_every_byte.then_some([lane / 2, LANES / 2]);
    let plan = |lane: usize| Plan {
        number: lane as u64,
        seed,
        lanes: LANES,
        policy: [Policy::Grace, Policy::NoGrace, Policy::NotRotating][lane % 3],
        hosts: (lane % 2 == 1).then(|| hosts.clone()),
        episodes,
        until,
        bytes: bytes(lane),
    };
    let found: Mutex<(Counts, Vec<(usize, String)>)> = Mutex::default();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let lanes: Vec<usize> = (0..LANES)
                .filter(|lane| lane % THREADS == thread && only.is_none_or(|only| only == *lane))
                .collect();
            let (plan, found) = (&plan, &found);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let all = lanes.into_iter().map(|lane| one(lane, plan(lane), found));
                runtime.expect("a runtime").block_on(join_all(all));
            });
        }
    });
    let how = if is_every_byte { "--bytes every" } else { "--minutes 10" };
    tell(seed, how, found.into_inner().expect("nobody panicked"))
}

#[expect(clippy::cast_possible_truncation, reason = "minutes that somebody waits for")]
fn to_ms(minutes: f64) -> i64 {
    (minutes * 60_000.0) as i64
}

async fn one(number: usize, plan: Plan, found: &Mutex<(Counts, Vec<(usize, String)>)>) {
    let mut counts = Counts::default();
    let ran = Lane::start(plan).await.run(&mut counts).await;
    let mut found = found.lock().expect("nobody panicked");
    found.0.join(counts);
    if let Err(what) = ran {
        println!("lane {number}: {what}");
        found.1.push((number, what));
    }
}

fn tell(seed: u64, how: &str, (counts, mut broken): (Counts, Vec<(usize, String)>)) -> ExitCode {
    println!("\n{}", counts.text());
    broken.sort();
    let Some((lane, what)) = broken.first() else {
        println!("{}", counts.summary());
        println!("test result: ok. {} episodes, seed {seed}", counts.episodes());
        return ExitCode::SUCCESS;
    };
    println!("{} promises broken in {} episodes; the first one:\n{what}", broken.len(), counts.episodes());
    println!("cargo xtask campaign flaky {how} --seed {seed} --lane {lane}");
    ExitCode::FAILURE
}
