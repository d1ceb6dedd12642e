//! The line of the demo, step by step, each with what must be observed.

use std::time::Duration;

use testkit::desktop::{Proc, Role};
use testkit::practice::Fault;
use testkit::wait;

use crate::act::PATIENCE;
use crate::app::find;
use crate::consumer;
use crate::kill::{Again, Victim};
use crate::options::Options;
use crate::report::{Report, Row};
use crate::world::{ACCOUNT, SHORT, World, now};

/// What a step saw.
type Seen = Result<String, Again>;
type Step = (&'static str, fn(&mut World) -> Seen);

/// A token's life with room for a report of a 401: one younger than a minute is not believed.
const LONG: Duration = Duration::from_secs(240);
/// Longest until a refresh that is due by the clock.
const A_REFRESH: Duration = Duration::from_secs(90);
/// Longest until an ended session is told: rejected, confirmed after a minute, told.
const AN_ALERT: Duration = Duration::from_secs(240);

/// A point to kill at: the site was asked, and has not answered yet.
const IN_HTTP: &str = "in the middle of an HTTP refresh";

const STEPS: [Step; 13] = [
    ("app started", start),
    ("signed in, captured", first_login),
    ("in the keychain", in_the_keychain),
    ("refreshed over HTTP", refreshed_over_http),
    (".env updated", env_updated),
    ("refreshed through Chrome", refreshed_through_chrome),
    (".env updated again", env_updated),
    ("401 reported, one refresh", one_refresh_for_a_401),
    ("session ended by the site", session_ended),
    ("notification on screen", notification),
    ("Reconnect pressed", reconnect),
    ("signed in, device remembered", second_login),
    ("valid again", valid_again),
];

/// Runs them until one fails, or the one that is asked for is done.
pub fn run(world: &mut World, options: &Options) -> Report {
    let last = options.until.as_deref().map_or(STEPS.len(), last_step);
    let mut report = Report::default();
    report.plan(last);
    for (name, step) in STEPS.iter().take(last) {
        let begun = now();
        let seen = persist(world, *step);
        let took = begun.elapsed();
        world.picture(&name.replace([' ', ','], "-").replace("--", "-").replace(".env", "env"));
        let (mut leaks, scanned) = world.scan();
        leaks.append(&mut world.leaks);
        let fine = seen.is_ok();
        report.add(Row { name, at: world.elapsed(), took, seen, leaks, scanned });
        if !fine {
            break;
        }
    }
    world.keep_log();
    report.note(format!("Secret scans: {}.", world.scans));
    if world.killer.is_on() {
        report.note(format!("Killed with -9 and started again {} times.", world.killer.count()));
    }
    report
}

/// A step is done again after each kill in it; each of its points kills once, so that there is an end.
fn persist(world: &mut World, step: fn(&mut World) -> Seen) -> Result<String, String> {
    for _ in 0..20 {
        match step(world) {
            Ok(seen) => return Ok(seen),
            Err(Again::Failed(why)) => return Err(why),
            Err(Again::Killed) => {}
        }
    }
    Err("killed without an end".to_owned())
}

fn last_step(until: &str) -> usize {
    let named = STEPS.iter().position(|(name, _)| name.contains(until)).map(|index| index + 1);
    until.parse().ok().or(named).unwrap_or(STEPS.len()).min(STEPS.len())
}

fn expect(so: bool, why: &str) -> Result<(), Again> {
    if so { Ok(()) } else { Err(Again::failed(why)) }
}

fn start(world: &mut World) -> Seen {
    if world.app.is_none() {
        world.start_app().map_err(Again::Failed)?;
    }
    let tray = match &world.desktop {
        Some(desktop) => desktop.tray_item_named("lamplighter", Duration::from_secs(20)).is_some(),
        None => true,
    };
    expect(tray, "no icon in the tray")?;
    Ok("in the tray, and answers".to_owned())
}

/// Starts a login as the command line does; the app opens the window.
fn begin_login(world: &mut World, words: &[&str]) -> Result<(), Again> {
    let mut lamp = world.command("lamp");
    lamp.arg("--json").arg("login").args(words);
    let out = std::fs::File::create(world.home.with_file_name("login.json")).map_err(Again::error)?;
    let err = out.try_clone().map_err(Again::error)?;
    world.login = Some(Proc::spawn(lamp.stdout(out).stderr(err)).map_err(Again::error)?);
    Ok(())
}

/// How `lamp login` ended.
fn login_ends(world: &mut World) -> Result<serde_json::Value, Again> {
    let patience = world.patience();
    let ended = world.login.as_mut().and_then(|login| login.wait(patience));
    let text = world.login_words();
    match ended {
        None => Err(Again::failed("the login did not come to an end")),
        Some(status) if !status.success() => {
            Err(Again::Failed(format!("lamp login: {status} {}", text.trim())))
        }
        Some(_) => Ok(serde_json::from_str(text.trim()).unwrap_or_default()),
    }
}

fn first_login(world: &mut World) -> Seen {
    // Killed after it was stored: it is there again, and that is all there is to see.
    let words = match world.token() {
        Ok(_) => "as before the kill".to_owned(),
        Err(_) => new_login(world)?,
    };
    world.kill_point("captured", Victim::App)?;
    let token = world.token().map_err(Again::Failed)?;
    let owner = world.site.owner_of(&token);
    expect(owner.as_deref() == Some("ana@example.com"), "the token is not one of Ana's")?;
    Ok(words)
}

fn new_login(world: &mut World) -> Seen {
    // One that was killed half-way leaves nothing behind (look.md, "Adding a login").
    let clean = || find(&world.lamp(&["list"]).json, "accounts")?.as_array()?.is_empty().then_some(());
    let clean = wait::until_every(Duration::from_millis(300), Duration::from_secs(10), clean);
    expect(clean.is_some(), "a login that was killed half-way left an account behind")?;
    let base = format!("base={}", world.site.base());
    let words = ["practice", "--as", ACCOUNT, "--set", &base];
    begin_login(world, &words)?;
    // The app may not have noticed yet that the login before was killed.
    let free = || {
        let taken = world.login_words().contains("name_taken");
        let again = if taken { begin_login(world, &words) } else { Ok(()) };
        (again.is_err() || world.login_child().is_some()).then_some(())
    };
    let free = wait::until_every(Duration::from_millis(500), Duration::from_secs(15), free);
    expect(free.is_some(), &format!("no login window: {}", world.login_words()))?;
    world.sign_in(true)?;
    let ended = login_ends(world)?;
    expect(find(&ended, "renewable").is_none_or(|renewable| renewable == true), "not renewable")?;
    expect(world.login_window_closes(), "the login window stays open")?;
    Ok(find(&ended, "words").and_then(|words| words.as_str()).unwrap_or("done").to_owned())
}

fn in_the_keychain(world: &mut World) -> Seen {
    let Some(desktop) = &world.desktop else {
        let said = world.lamp(&["status", ACCOUNT]);
        let cookies = find(&said.json, "cookies").and_then(serde_json::Value::as_u64).unwrap_or(0);
        return Ok(format!("one entry, {cookies} cookies (look with your keyring's program)"));
    };
    let labels = desktop.keyring_labels().map_err(Again::error)?;
    expect(!labels.is_empty(), "the keyring is empty")?;
    world.kill_point("in the keychain", Victim::App)?;
    Ok(format!("{} entry: “{}”", labels.len(), labels.join("”, “")))
}

fn refreshed_over_http(world: &mut World) -> Seen {
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

fn env_updated(world: &mut World) -> Seen {
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

fn refreshed_through_chrome(world: &mut World) -> Seen {
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

fn one_refresh_for_a_401(world: &mut World) -> Seen {
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

fn session_ended(world: &mut World) -> Seen {
    if world.site.sessions() > 0 {
        world.site.set_token_life(SHORT);
        world.lamp(&["refresh", ACCOUNT, "--force"]);
        world.site.end_session("ana@example.com");
    }
    world.kill_point("session ended", Victim::App)?;
    expect(world.becomes("needs_you", AN_ALERT), "the app never noticed")?;
    let said = world.lamp(&["token", ACCOUNT]);
    expect(said.exit == 3 || said.exit == 0, &format!("lamp token ended with {}", said.exit))?;
    Ok(format!("noticed and confirmed; lamp token: exit code {}", said.exit))
}

fn notification(world: &mut World) -> Seen {
    let Ok(desktop) = world.virtual_desktop() else {
        return Ok("you should see it now".to_owned());
    };
    let shown = wait::until_true(Duration::from_secs(30), || !desktop.notification_windows().is_empty());
    if !shown && world.killer.is_on() {
        // The app that had sent it was killed, and tells the same thing only once.
        return Ok("gone with the app that was killed; the tray still says it".to_owned());
    }
    expect(shown, "no notification on the screen")?;
    let button = desktop.element(Role::Button, reconnect_label(world), Duration::from_secs(10));
    expect(button.is_some(), "it has no button to reconnect")?;
    world.kill_point("notification on screen", Victim::App)?;
    Ok(format!("with a button “{}”", reconnect_label(world)))
}

fn reconnect_label(world: &World) -> &'static str {
    let french = world.desktop.as_ref().is_some_and(|desktop| {
        desktop.env().iter().any(|(name, value)| name == "LANG" && value.starts_with("fr"))
    });
    if french { "Se reconnecter" } else { "Reconnect" }
}

fn reconnect(world: &mut World) -> Seen {
    let label = reconnect_label(world);
    let Ok(desktop) = world.virtual_desktop() else {
        println!("\n  Please press “{label}” on the notification.");
        let opened = wait::until_true(PATIENCE, || world.login_child().is_some());
        expect(opened, "no login window opened")?;
        return Ok("pressed by you".to_owned());
    };
    // A notification that outlived its app is a picture of a button: then the tray, which carries the same actions.
    let by_toast = !world.app_was_killed() && !desktop.notification_windows().is_empty();
    if by_toast {
        desktop.press(Role::Button, label, Duration::from_secs(10)).map_err(Again::error)?;
    } else {
        let item = desktop.tray_item_named("lamplighter", Duration::from_secs(20));
        let item = item.ok_or_else(|| Again::failed("no icon in the tray"))?;
        desktop.tray_choose(&item, label).map_err(Again::error)?;
    }
    world.open_login_window()?;
    Ok(format!(
        "one click in the {}, the login window is open",
        if by_toast { "notification" } else { "tray" }
    ))
}

fn second_login(world: &mut World) -> Seen {
    let asked = world.site.second_factors_asked();
    if world.desktop.is_some() && world.login_child().is_none() {
        // Killed in the last try: opened again from the tray.
        reconnect(world)?;
    }
    world.sign_in(false)?;
    expect(world.becomes("fine", world.patience()), "the account is not fine again")?;
    expect(world.login_window_closes(), "the login window stays open")?;
    expect(world.site.second_factors_asked() == asked, "the second factor was asked for again")?;
    Ok("password only: the service knows the device".to_owned())
}

fn valid_again(world: &mut World) -> Seen {
    world.kill_point("valid again", Victim::App)?;
    let token = world.token().map_err(Again::Failed)?;
    expect(world.site.owner_of(&token).is_some(), "the token is not good")?;
    env_updated(world)?;
    let quiet = || world.desktop.as_ref().is_none_or(|desktop| desktop.notification_windows().is_empty());
    let quiet = wait::until_true(Duration::from_secs(20), quiet) || world.app_was_killed();
    expect(quiet, "the notification is still there")?;
    Ok("lamp token and .env have good tokens, the notification is gone".to_owned())
}
