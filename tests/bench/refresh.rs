//! Refreshing: one exchange beside curl, a whole transaction beside the sum of its unavoidable parts, and the same
//! through Chrome beside a Selenium script.
//!
//! All of it is measured in one process that holds the engine, with the real keyring, in turns.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyring_core::api::CredentialStoreApi as _;
use lamplighter_core::api::{Request, Response};
use lamplighter_core::exchange::HttpRequest;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Caller, Service};
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::http::HttpClient;
use lamplighter_engine::paths::{Env, Paths};

use super::figures::{Times, millis, short};
use super::table::Row;
use super::world::World;
use super::{Done, chrome, engine};

/// Accounts that are refreshed: over HTTP, and through Chrome.
const BARE: &str = "bare";
const PAGE: &str = "page";
/// How often each is refreshed, after the first ones, which only warm up.
const ROUNDS: usize = 100;
const VISITS: usize = 20;
const WARM_UP: usize = 3;
/// What a transaction may take beyond its parts.
const BEYOND: Duration = Duration::from_millis(2);

/// Starts the process that measures, gives it its two logins, and reads what it found.
///
/// # Errors
/// If something does not work.
pub fn measure(world: &World) -> Done<Vec<Row>> {
    let words = |error: std::io::Error| format!("refreshes: {error}");
    let home = world.home("refreshes")?;
    let mut command = world.again(&home)?;
    command.args(["refresh", world.site.base()]).env("LAMPLIGHTER_APP", chrome::window(world)?);
    let selenium = std::env::var_os("LAMPLIGHTER_BENCH_SELENIUM");
    command.envs(selenium.map(|python| ("LAMPLIGHTER_BENCH_SELENIUM", python)));
    let mut child = world.engine(command.stdout(Stdio::piped()), &home)?;
    world.log_in(&home, "bare", BARE)?;
    world.log_in(&home, "page", PAGE)?;
    let opened = world.site.open_session(&world.site.person().email);
    let (stdin, stdout) = (child.child().stdin.take(), child.child().stdout.take());
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else { return Err("no pipes".to_owned()) };
    writeln!(stdin, "{}", opened.refresh).map_err(words)?;
    let mut found = BTreeMap::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(words)?;
        let (name, rest) = line.split_once(' ').unwrap_or((&line, ""));
        found.insert(name.to_owned(), rest.to_owned());
    }
    rows(&found)
}

fn rows(found: &BTreeMap<String, String>) -> Done<Vec<Row>> {
    if let Some(why) = found.get("failed") {
        return Err(why.clone());
    }
    let text = |name: &str| found.get(name).cloned().unwrap_or_default();
    let times = |name: &str| Times::of_line(&text(name));
    let (exchange, keychain, synced, whole) =
        (times("exchange"), times("keychain"), times("synced"), times("whole"));
    let curl = found.get("curl").map(|line| Times::of_line(line));
    let most = exchange.median() + keychain.median() + synced.median() + BEYOND;
    let parts = format!(
        "exchange {} + keychain update of {} bytes {} + two fdatasyncs {} ms",
        short(millis(exchange.median())),
        text("bytes"),
        keychain,
        short(millis(synced.median())),
    );
    let sum = most - BEYOND;
    let selenium = found.get("selenium").map(|line| Times::of_line(line));
    Ok(vec![
        Row::times(
            "refresh over HTTP: the exchange",
            &exchange,
            "curl",
            curl.as_ref().ok_or("not there: apt install curl"),
            1.3,
        ),
        Row {
            what: "refresh over HTTP: the whole transaction".to_owned(),
            ours: whole.to_string(),
            peer: parts,
            ratio: Some(millis(whole.median()) / millis(sum).max(1e-6)),
            bar: format!("≤ parts + 2 ms = {} ms", short(millis(most))),
            met: Some(whole.median() <= most),
        },
        Row::times(
            "refresh through Chrome",
            &times("visit"),
            "Selenium",
            selenium.as_ref().ok_or("not there: cargo xtask bench --peers"),
            1.0,
        ),
    ])
}

/// The process that measures. Prints a line for each series: its name, then times in microseconds.
///
/// # Errors
/// None that is not printed.
pub fn child(site: &str) -> Done {
    let runtime = engine::runtime()?;
    let done = runtime.block_on(async {
        let engine = engine::start("keychain").await?;
        let token = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line.trim().to_owned())
        });
        let token = token.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let all = Bench { service: engine.service(), site: site.to_owned(), token };
        let done = all.http().await;
        let done = if done.is_ok() { all.chrome().await } else { done };
        engine.stop().await;
        done
    });
    if let Err(why) = done {
        println!("failed {why}");
    }
    Ok(())
}

struct Bench {
    service: Arc<dyn Service>,
    site: String,
    /// A refresh token of its own, for the bare exchanges.
    token: String,
}

impl Bench {
    async fn http(&self) -> Done {
        let client = HttpClient::new(Arc::new(SystemClock::new()));
        let mut parts = Parts::new(&self.account(BARE).await?)?;
        let has_curl = super::peers::on_path("curl").is_some();
        let mut series: [Times; 5] = Default::default();
        for round in 0..WARM_UP + ROUNDS {
            let curl = if has_curl { self.curl().await? } else { Duration::ZERO };
            let exchange = self.exchange(&client).await?;
            let (synced, saved) = parts.once()?;
            let whole = self.refresh(BARE).await?;
            if round >= WARM_UP {
                let all = [exchange, curl, saved, synced, whole];
                series.iter_mut().zip(all).for_each(|(times, took)| times.add(took));
            }
        }
        println!("bytes {}", parts.entry.len());
        let names = ["exchange", "curl", "keychain", "synced", "whole"];
        for (name, times) in names.iter().zip(&series).filter(|(name, _)| has_curl || **name != "curl") {
            println!("{name} {}", times.to_line());
        }
        Ok(())
    }

    async fn chrome(&self) -> Done {
        let mut selenium = chrome::Selenium::start(&self.site)?;
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        for round in 0..1 + VISITS {
            let visit = self.refresh(PAGE).await?;
            let job = selenium.as_mut().map(chrome::Selenium::once).transpose()?;
            if round > 0 {
                ours.add(visit);
                job.into_iter().for_each(|took| theirs.add(took));
            }
        }
        println!("visit {}", ours.to_line());
        if selenium.is_some() {
            println!("selenium {}", theirs.to_line());
        }
        Ok(())
    }

    /// Refreshes an account, due or not.
    async fn refresh(&self, account: &str) -> Done<Duration> {
        let request = Request::Refresh { accounts: vec![account.to_owned()], force: true, dry_run: false };
        let start = Instant::now();
        match self.call(request).await? {
            Response::Refresh { report } if report.success == 1 => Ok(start.elapsed()),
            other => Err(format!("{account} was not refreshed: {other:?}")),
        }
    }

    async fn account(&self, name: &str) -> Done<String> {
        match self.call(Request::Account { account: name.to_owned() }).await? {
            Response::Account { account } => Ok(account.id.to_string()),
            other => Err(format!("no account: {other:?}")),
        }
    }

    async fn call(&self, request: Request) -> Done<Response> {
        let answer = self.service.call(Caller::window(std::process::id()), request, Lang::En).await;
        answer.map_err(|notice| notice.what)
    }

    fn address(&self) -> String {
        format!("{}/api/auth/refresh", self.site)
    }

    fn body(&self) -> String {
        format!("{{\"refresh\":\"{}\"}}", self.token)
    }

    async fn exchange(&self, client: &HttpClient) -> Done<Duration> {
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: self.address().parse().map_err(|_| "no address".to_owned())?,
            headers: vec![("Content-Type".to_owned(), Secret::from("application/json"))],
            body: Some(Secret::from(self.body().as_str())),
        };
        let start = Instant::now();
        let exchange = client.perform(request).await;
        let took = start.elapsed();
        match exchange.reply {
            Ok(reply) if reply.status == 200 => Ok(took),
            Ok(reply) => Err(format!("the site says {}", reply.status)),
            Err(why) => Err(format!("the site does not reply: {why:?}")),
        }
    }

    /// The same by curl, as it tells it itself: its own start does not count.
    async fn curl(&self) -> Done<Duration> {
        let mut curl = tokio::process::Command::new("curl");
        curl.args(["--silent", "--fail", "--output", "/dev/null", "--write-out", "%{time_total}"]);
        curl.args(["--header", "Content-Type: application/json", "--data", &self.body(), &self.address()]);
        let output = curl.output().await.map_err(|error| format!("curl: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let seconds = said.trim().parse().map_err(|_| format!("curl: {} {said}", output.status))?;
        Ok(Duration::from_secs_f64(seconds))
    }
}

/// What no transaction can do without: an entry of the keyring replaced, and two writes that reach the disk.
struct Parts {
    entry: Vec<u8>,
    keychain: keyring_core::Entry,
    file: File,
    at: u64,
}

impl Parts {
    /// An entry of its own, as large as that of the account, and a file beside the journals.
    fn new(account: &str) -> Done<Self> {
        let paths = Paths::resolve(&Env::of_process(), Lang::En).map_err(|notice| notice.what)?;
        let words = |error: keyring_core::Error| error.to_string();
        let store = zbus_secret_service_keyring_store::Store::new().map_err(words)?;
        let entry = store.build(&paths.keychain, account, None).and_then(|entry| entry.get_secret());
        let entry = entry.map_err(words)?;
        let keychain = store.build(&paths.keychain, "as-large", None).map_err(words)?;
        keychain.set_secret(&entry).map_err(words)?;
        let file = preallocated(&paths.journals()).map_err(|error| error.to_string())?;
        Ok(Self { entry, keychain, file, at: 0 })
    }

    /// How long two synced writes take, and one update of the keyring.
    fn once(&mut self) -> Done<(Duration, Duration)> {
        let words = |error: std::io::Error| error.to_string();
        let start = Instant::now();
        for _ in 0..2 {
            self.file.write_all_at(&self.entry, self.at).map_err(words)?;
            self.file.sync_data().map_err(words)?;
            self.at = (self.at + self.entry.len() as u64) % (1024 * 1024);
        }
        let synced = start.elapsed();
        let start = Instant::now();
        // Something new each time, as a refresh brings it.
        if let Some(byte) = self.entry.last_mut() {
            *byte = byte.wrapping_add(1);
        }
        self.keychain.set_secret(&self.entry).map_err(|error| error.to_string())?;
        Ok((synced, start.elapsed()))
    }
}

/// A file with its blocks in place, as journals are.
fn preallocated(folder: &Path) -> std::io::Result<File> {
    let file = tempfile::tempfile_in(folder)?;
    file.write_all_at(&vec![0; 2 * 1024 * 1024], 0)?;
    file.sync_all()?;
    Ok(file)
}
