//! The local API under load: programs that ask for tokens over kept connections, as fast as they get them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Done;
use super::figures::{Times, millis, short};
use super::table::Row;
use super::world::{HANGS, World, socket};

/// Accounts that the engine has.
const ACCOUNTS: usize = 1000;
/// Programs that log them in, at once.
const HANDS: usize = 8;
/// Programs that ask, at once.
const ASKING: usize = 8;
/// How long they ask before it counts, and while it counts.
const WARM_UP: Duration = Duration::from_secs(1);
const LASTS: Duration = Duration::from_secs(10);

/// An engine with its records in memory and a thousand accounts.
///
/// # Errors
/// If it does not start, or refuses.
pub fn measure(world: &World) -> Done<Row> {
    let home = world.home("many")?;
    let _engine = world.engine(world.again(&home)?.args(["engine", "memory"]), &home)?;
    together(HANDS, |hand| {
        (hand..ACCOUNTS).step_by(HANDS).try_for_each(|n| world.log_in(&home, "bare", &name(n)))
    })?;
    let start = Instant::now();
    let all = together(ASKING, |asking| ask(&home, asking, start))?;
    let mut times = Times::default();
    all.into_iter().for_each(|those| times.extend(those));
    let rate = times.count() as f64 / LASTS.as_secs_f64();
    let (median, p99) = (millis(times.median()), millis(times.p99()));
    Ok(Row::alone(
        "local API `token`, 1,000 accounts, 8 connections",
        format!("{rate:.0}/s, {} ms (p99 {}, n {})", short(median), short(p99), times.count()),
        "≥ 20,000/s, p99 ≤ 2 ms",
        Some(rate >= 20_000.0 && p99 <= 2.0),
    ))
}

fn name(number: usize) -> String {
    format!("account-{number}")
}

/// The same on so many threads at once.
fn together<T: Send>(threads: usize, work: impl Fn(usize) -> Done<T> + Sync) -> Done<Vec<T>> {
    let work = &work;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        all.into_iter().map(|one| one.join().map_err(|_| "a thread panicked".to_owned())?).collect()
    })
}

/// Asks for one account after the other, over one connection.
fn ask(home: &Path, asking: usize, start: Instant) -> Done<Times> {
    let words = |error: std::io::Error| format!("local API: {error}");
    let mut replies = dial(home)?;
    let mut times = Times::default();
    for number in (0..ACCOUNTS).cycle().skip(asking * ACCOUNTS / ASKING) {
        let request = format!(
            "POST /v1/accounts/{}/token HTTP/1.1\r\nHost: lamplighter\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\n\r\n{{}}",
            name(number)
        );
        let begun = Instant::now();
        replies.get_ref().write_all(request.as_bytes()).map_err(words)?;
        if !reply(&mut replies)? {
            // A server may close a kept connection between two calls: that call is not counted.
            if start.elapsed() > WARM_UP + LASTS {
                break;
            }
            replies = dial(home)?;
            continue;
        }
        let since = start.elapsed();
        if since > WARM_UP + LASTS {
            break;
        }
        if since > WARM_UP {
            times.add(begun.elapsed());
        }
    }
    Ok(times)
}

fn dial(home: &Path) -> Done<BufReader<UnixStream>> {
    let words = |error: std::io::Error| format!("local API: {error}");
    let stream = UnixStream::connect(socket(home)).map_err(words)?;
    stream.set_read_timeout(Some(HANGS)).map_err(words)?;
    Ok(BufReader::with_capacity(16 * 1024, stream))
}

/// Reads one reply, which has to be a token; `false` if the connection had been closed.
fn reply(replies: &mut BufReader<UnixStream>) -> Done<bool> {
    let words = |error: std::io::Error| format!("local API: {error}");
    let (mut line, mut length, mut status) = (String::new(), 0, String::new());
    loop {
        line.clear();
        if replies.read_line(&mut line).map_err(words)? == 0 {
            return if status.is_empty() { Ok(false) } else { Err("local API: half a reply".to_owned()) };
        }
        match line.trim_end() {
            "" => break,
            first if status.is_empty() => status = first.to_owned(),
            header => {
                if let Some(value) = header.strip_prefix("content-length: ") {
                    length = value.parse().unwrap_or(0);
                }
            }
        }
    }
    let mut body = vec![0; length];
    replies.read_exact(&mut body).map_err(words)?;
    if status.ends_with("200 OK") && length > 0 { Ok(true) } else { Err(format!("local API: {status}")) }
}
