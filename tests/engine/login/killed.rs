//! The process is killed while a login spends: a real process, a real `kill -9`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lamplighter_core::api::{LoginStage, Standing};
use lamplighter_core::text::Lang;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::Start;
use lamplighter_engine::{Engine, Holder};
use serde::{Deserialize, Serialize};
use testkit::clock::ManualClock;
use testkit::practice::Fault;

use super::exchange::{EXCHANGE, PROBE, credential, exchanging, world};
use crate::crash::store::FolderStore;
use crate::whole::world::{Handed, Running};

/// Tells the test binary that it is such a process, and what it does.
const PLAN: &str = "LAMPLIGHTER_TEST_SPENDING";
/// A process starts, and comes as far as this, within that.
const SOON: Duration = Duration::from_secs(180);

#[derive(Serialize, Deserialize)]
struct Plan {
    home: PathBuf,
    base: String,
    credential: String,
}

async fn start(home: &Path) -> Running {
    let start = Start {
        env: Env { root: Some(home.to_owned()), ..Env::default() },
        holder: Holder::Desktop,
        desktop: None,
        lang: Lang::En,
        clock: std::sync::Arc::new(Handed(ManualClock::new())),
        store: Some(lamplighter_engine::store::Stores::only(FolderStore::new(&home.join("keychain")))),
        passphrase: None,
        observer: None,
    };
    Running::new(Engine::start(start).await.expect("the engine starts"))
}

/// Does nothing but in a process of [`run`]: logs in, and waits to be killed.
#[tokio::test]
async fn the_process_that_is_killed() {
    let Ok(plan) = std::env::var(PLAN) else { return };
    let plan: Plan = serde_json::from_str(&plan).expect("a plan");
    let engine = start(&plan.home).await;
    let login = engine.new_login_at(&plan.base, Some("work")).await.expect("a login").id;
    engine.paste(&login, &plan.credential).await;
    engine.login_ends(&login).await;
}

fn run(plan: &Plan) -> Child {
    let this = Path::new("/proc/self/exe");
    let this = if this.exists() { this.to_owned() } else { std::env::current_exe().expect("this program") };
    Command::new(this)
        .args(["--exact", "login::killed::the_process_that_is_killed", "--nocapture"])
        .env(PLAN, serde_json::to_string(plan).expect("text"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

#[tokio::test]
async fn i3_i6_a_login_that_is_killed_after_it_spent_goes_on_where_it_stopped() {
    // While the exchange is under way, its answer lost; and while the probe is, the answer stored.
    for (silent, endpoint) in [(EXCHANGE, "POST /api/auth/refresh"), (PROBE, "GET /api/me")] {
        let world = world();
        let home = tempfile::tempdir().expect("a folder");
        let providers = home.path().join("config/providers");
        std::fs::create_dir_all(&providers).expect("a folder");
        std::fs::write(providers.join("practice-json.toml"), exchanging()).expect("a file");
        let plan = Plan {
            home: home.path().to_owned(),
            base: world.site.base().to_owned(),
            credential: credential(&world),
        };
        world.site.script(silent, [Fault::Silence]);
        let mut child = run(&plan);
        assert!(world.site.wait_for_arrival(endpoint, 1, SOON), "it comes as far as {endpoint}");
        child.kill().expect("one may kill one's own");
        child.wait().expect("it ended");
        world.site.clear_faults();

        let engine = start(home.path()).await;
        let view = engine.until("work", "read", |view| view.notice.is_some()).await;
        assert_eq!(view.standing, Standing::NeedsYou, "{endpoint}");
        assert_eq!(view.notice.expect("it says why").what, "The login is not finished.");
        let login = engine.again().await;
        let stage = engine.login_ends(&login).await;
        assert!(matches!(stage, LoginStage::Done { renewable: true, .. }), "{endpoint}: {stage:?}");
        assert_eq!(FolderStore::new(&home.path().join("keychain")).records().len(), 1, "{endpoint}");
        engine.engine.stop().await;
    }
}
