//! `cargo xtask bench`: what Lamplighter takes, beside another program that does the same, in one run on one machine.
//! Its only word is the path of `lamp`. No test fails on a time.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

mod rig;

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lamplighter_core::exchange::HttpRequest;
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::http::HttpClient;

use rig::{ACCOUNT, Rig};

/// How often a program is started.
const STARTS: usize = 200;
/// How often an address is asked.
const EXCHANGES: usize = 200;
/// How often the account is refreshed.
const REFRESHES: usize = 50;

type Done<T> = Result<T, String>;

fn main() -> ExitCode {
    // Cargo adds a word of its own.
    let lamp = std::env::args().skip(1).find(|word| !word.starts_with("--")).map(PathBuf::from);
    let Some(lamp) = lamp else {
        eprintln!("the path of `lamp` is missing: cargo xtask bench");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(measure(lamp)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(lamp: PathBuf) -> Done<()> {
    if cfg!(debug_assertions) {
        println!("A debug build: nothing below means anything.\n");
    }
    let rig = Rig::start().await?;
    let home = rig.home().to_owned();
    let starts = tokio::task::spawn_blocking(move || {
        side_by_side(
            STARTS,
            || timed(Command::new(&lamp).args(["token", ACCOUNT]).env("LAMPLIGHTER_HOME", &home)),
            || timed(&mut Command::new("/bin/true")),
        )
    });
    let (ours, theirs) = starts.await.map_err(|error| error.to_string())??;
    report(&format!("`lamp token` as a whole process, engine running ({STARTS} times)"), ours);
    beside("/bin/true, which is what starting any program costs", ours, theirs);

    let (ours, theirs) = exchanges(&rig).await?;
    report(&format!("one exchange over HTTP with the practice site ({EXCHANGES} times)"), ours);
    beside("curl, its own start not counted", ours, theirs);

    let mut whole = Vec::new();
    for _ in 0..REFRESHES {
        let start = Instant::now();
        rig.refresh().await?;
        whole.push(start.elapsed());
    }
    report(
        &format!("one refresh as a whole, journal included, keychain in memory ({REFRESHES} times)"),
        median(whole),
    );
    println!("\nNot measured here: memory, wake-ups, refreshing through Chrome, many accounts.");
    rig.stop().await;
    Ok(())
}

/// In turns, so that what else the machine does meets both alike.
fn side_by_side(
    times: usize,
    mut ours: impl FnMut() -> Done<Duration>,
    mut theirs: impl FnMut() -> Done<Duration>,
) -> Done<(Duration, Duration)> {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..times {
        own.push(ours()?);
        other.push(theirs()?);
    }
    Ok((median(own), median(other)))
}

fn timed(command: &mut Command) -> Done<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?}: {status}")) }
}

/// The same request by our client and by curl; the answer is a refusal, which takes both the same way.
async fn exchanges(rig: &Rig) -> Done<(Duration, Duration)> {
    let client = HttpClient::new(Arc::new(SystemClock::new()));
    let address = format!("{}/api/me", rig.base());
    let url: url::Url = address.parse().map_err(|_| format!("{address} is no address"))?;
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..EXCHANGES {
        let request =
            HttpRequest { method: "GET".to_owned(), url: url.clone(), headers: Vec::new(), body: None };
        let start = Instant::now();
        let exchange = client.perform(request).await;
        own.push(start.elapsed());
        exchange.reply.map_err(|no_reply| format!("{address}: {no_reply:?}"))?;
        let address = address.clone();
        let curl = tokio::task::spawn_blocking(move || curl(&address));
        other.push(curl.await.map_err(|error| error.to_string())??);
    }
    Ok((median(own), median(other)))
}

fn curl(address: &str) -> Done<Duration> {
    let words = ["--silent", "--output", "/dev/null", "--write-out", "%{time_total}", address];
    let output = Command::new("curl").args(words).output().map_err(|error| format!("curl: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let seconds = said.trim().parse().map_err(|_| format!("curl: {} {said}", output.status))?;
    Ok(Duration::from_secs_f64(seconds))
}

/// Not the mean: one start that met a busy disk says nothing.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn report(what: &str, time: Duration) {
    println!("{:>9.3} ms  {what}", time.as_secs_f64() * 1000.0);
}

fn beside(what: &str, ours: Duration, theirs: Duration) {
    report(what, theirs);
    println!("{:>9.2} times as long\n", ours.as_secs_f64() / theirs.as_secs_f64().max(1e-9));
}
