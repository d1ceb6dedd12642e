//! All measurements, in one run.

use testkit::desktop::Proc;

use super::table::{Row, print};
use super::world::World;
use super::{Done, api, idle, peers, process, refresh, size, tokens};

/// Logins of the tray app and of the engine without a desktop.
const LOGINS: usize = 10;

/// All of them; with `names` among them, only `tokens`, `refresh`, `api`, `idle`, `size`.
///
/// # Errors
/// If something that is measured does not work.
pub fn all(names: &[&str]) -> Done {
    if cfg!(debug_assertions) {
        println!("A debug build: nothing below means anything.\n");
    }
    let world = World::start()?;
    let mut rows = Vec::new();
    let wanted = |name: &str| names.is_empty() || names.contains(&name);
    if wanted("refresh") {
        rows.extend(refresh::measure(&world)?);
    }
    if wanted("api") {
        rows.push(api::measure(&world)?);
    }
    if wanted("tokens") || wanted("idle") {
        rows.splice(0..0, beside(&world, wanted("tokens"), wanted("idle"))?);
    }
    if wanted("size") {
        rows.push(size::measure());
    }
    print(&rows);
    Ok(())
}

/// What needs the app, an engine without a desktop, and other keepers of tokens at the same time.
fn beside(world: &World, tokens: bool, idle: bool) -> Done<Vec<Row>> {
    let (home, other) = (world.home("tray")?, world.home("headless")?);
    let app = world.engine(world.ours("lamplighter", &home).arg("--autostarted"), &home)?;
    let engine = world.engine(world.again(&other)?.args(["engine", "keychain"]), &other)?;
    for login in 0..LOGINS {
        // One has the name by which all are asked for a token.
        let name = if login == 0 { peers::ACCOUNT.to_owned() } else { format!("account-{login}") };
        world.log_in(&home, "practice-json", &name)?;
        world.log_in(&other, "practice-json", &name)?;
    }
    let (pizauth, oidc) = (peers::pizauth(world), peers::oidc_agent(world));
    let mut rows = Vec::new();
    if tokens {
        let peers = [("`pizauth show`", &pizauth), ("`oidc-token`", &oidc)];
        rows.extend(tokens::measure(world, &home, &peers)?);
    }
    if idle {
        let empty =
            Proc::spawn(&mut world.desktop.command(empty_tray()?)).map_err(|error| error.to_string())?;
        let idlers =
            idle::Idlers { headless: engine.pid(), tray: app.pid(), empty: empty.pid(), pizauth: &pizauth };
        rows.extend(idle::measure(&idlers));
    }
    if let Ok(agent) = &oidc {
        // It has left for the background, and belongs to nobody.
        _ = process::timed(std::process::Command::new("kill").arg(agent.pid.to_string()));
    }
    Ok(rows)
}

/// A Tauri app with a tray icon and nothing else, which `cargo xtask bench` builds beside this program.
fn empty_tray() -> Done<std::path::PathBuf> {
    std::env::var_os("LAMPLIGHTER_BENCH_EMPTY_TRAY")
        .map(Into::into)
        .ok_or_else(|| "the empty tray is missing: cargo xtask bench".to_owned())
}
