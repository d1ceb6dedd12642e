//! Refreshing, delivering, and a consumer's report of a 401.

use std::time::Duration;

use testkit::practice::Fault;
use testkit::wait;

use super::{Seen, expect};
use crate::consumer;
use crate::kill::{Again, Victim};
use crate::world::{ACCOUNT, World, now};

/// A token's life with room for a report of a 401: one younger than a minute is not believed.
const LONG: Duration = Duration::from_secs(240);
/// Longest until a refresh that is due by the clock.
const A_REFRESH: Duration = Duration::from_secs(90);
/// A point to kill at: the site was asked, and has not answered yet.
const IN_HTTP: &str = "in the middle of an HTTP refresh";

pub(super) fn refreshed_over_http(world: &mut World) -> Seen {
    configure_sink(world)?;
    if world.killer.will(IN_HTTP, Victim::App) {
        // In the middle of it: the site has been asked and takes its time.
        world.site.script("/api/session", [Fault::Delay(Duration::from_secs(5))]);
    }
    let (asked, good) = (world.site.arrived("GET /api/session"), world.site.count_good("GET /api/session"));
    let came = world.site.wait_for_arrival("GET /api/session", asked + 1, A_REFRESH);
    expect(came, "no refresh came when it was due")?;
    world.kill_point(IN_HTTP, Victim::App)?;
    let done = || {
        world.site.count_good("GET /api/session") > good
            && world.ways().first().is_some_and(|way| way == "http")
    };
    expect(wait::until_true(Duration::from_secs(30), done), "the history tells of no refresh over HTTP")?;
    Ok("by itself, before the token ended".to_owned())
}

/// What a person would write into `config.toml`; it is taken over while the app runs.
fn configure_sink(world: &World) -> Result<(), Again> {
    let path = world.home.join("config/config.toml");
    let mut text = std::fs::read_to_string(&path).map_err(Again::error)?;
    if text.contains("kind = \"env\"") {
        return Ok(());
    }
    text.push_str(&format!(
        "\n[[accounts.{ACCOUNT}.sinks]]\nkind = \"env\"\npath = \"{}\"\nset = {{ {} = \"{{{{token.access}}}}\" }}\n",
        world.env_file.display(),
        consumer::KEY
    ));
    std::fs::write(&path, text).map_err(Again::error)
}

pub(super) fn env_updated(world: &mut World) -> Seen {
    let good = || {
        let token = consumer::token(&world.env_file)?;
        (world.site.owner_of(&token)? == "ana@example.com").then_some(token)
    };
    let token =
        wait::until(A_REFRESH, good).ok_or_else(|| Again::failed("no good token in the .env file"))?;
    let status = consumer::fetch(world.site.base(), &token).map_err(Again::error)?;
    expect(status == 200, "the service does not take the token in the .env file")?;
    let text = std::fs::read_to_string(&world.env_file).map_err(Again::error)?;
    let rest = ["# The bot's settings", "PORT=8080", "LOG_LEVEL=info"];
    expect(
        rest.iter().all(|line| text.lines().any(|have| have == *line)),
        "other lines of the .env file changed",
    )?;
    world.kill_point("env updated", Victim::App)?;
    Ok("its token works, the other lines are as before".to_owned())
}

pub(super) fn refreshed_through_chrome(world: &mut World) -> Seen {
    world.site.set_session_endpoint(false);
    // Long enough to look at everything while the browser is there.
    world.site.script("/app/mint", [Fault::Delay(Duration::from_secs(5))]);
    let asked = world.site.arrived("POST /app/mint");
    let came = world.site.wait_for_arrival("POST /app/mint", asked + 1, A_REFRESH);
    expect(came, "no browser came to mint a token")?;
    world.scan_midway("while Chrome refreshed");
    world.kill_point("in the middle of a Chrome refresh", Victim::App)?;
    let done = || world.ways().first().is_some_and(|way| way == "browser");
    expect(
        wait::until_true(Duration::from_secs(60), done),
        "the history tells of no refresh through Chrome",
    )?;
    let chrome_gone = || {
        let names = world.app_processes().into_iter().filter_map(testkit::processes::name);
        !names.into_iter().any(|name| name.contains("chrom"))
    };
    expect(wait::until_true(Duration::from_secs(20), chrome_gone), "Chrome is still there")?;
    world.site.set_session_endpoint(true);
    Ok("page script minted it, Chrome is gone again".to_owned())
}

pub(super) fn one_refresh_for_a_401(world: &mut World) -> Seen {
    world.site.set_token_life(LONG);
    world.lamp(&["refresh", ACCOUNT, "--force"]);
    println!("          wait  a token younger than a minute is not doubted");
    // The site's own count says when: its clock is the one that matters.
    let begun = now();
    wait::until_true(Duration::from_secs(70), || begun.elapsed() > Duration::from_secs(62));
    let token = consumer::token(&world.env_file).ok_or_else(|| Again::failed("no token in the .env file"))?;
    world.site.revoke_all_tokens();
    let status = consumer::fetch(world.site.base(), &token).map_err(Again::error)?;
    expect(status == 401, "the site still takes a revoked token")?;
    let before = world.site.count("GET /api/session");
    let reports: Vec<i32> = std::thread::scope(|scope| {
        let world = &*world;
        let ask = || world.lamp_with(&["token", ACCOUNT, "--rejected", "-"], &token).exit;
        let all: Vec<_> = (0..5).map(|_| scope.spawn(ask)).collect();
        all.into_iter().map(|one| one.join().unwrap_or(-1)).collect()
    });
    expect(reports.iter().all(|exit| *exit == 0), &format!("reports of the 401 ended with {reports:?}"))?;
    let refreshes = world.site.count("GET /api/session") - before;
    expect(refreshes == 1, &format!("{refreshes} refreshes for five reports"))?;
    let works = || {
        let fresh = consumer::token(&world.env_file).filter(|fresh| *fresh != token)?;
        (consumer::fetch(world.site.base(), &fresh).ok()? == 200).then_some(())
    };
    expect(wait::until(A_REFRESH, works).is_some(), "the .env file has no token that works")?;
    world.kill_point("401 reported", Victim::App)?;
    Ok("five programs reported it, one refresh, all have the new token".to_owned())
}
