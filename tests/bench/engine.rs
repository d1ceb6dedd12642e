//! The engine without a desktop, in a process of its own: what `lamp serve` will be.

use std::io::Read as _;
use std::sync::Arc;

use lamplighter_core::text::Lang;
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::Start;
use lamplighter_engine::store::Stores;
use lamplighter_engine::{Engine, Holder};
use testkit::memory_store::MemoryStore;

use super::Done;

/// An engine with the profile of this process's environment. `keep` says where records lie: in the `keychain`, or in
/// `memory`, because a thousand new entries take a keyring minutes.
///
/// # Errors
/// Why it does not start.
pub async fn start(keep: &str) -> Done<Engine> {
    let start = Start {
        env: Env::of_process(),
        holder: Holder::Serve,
        desktop: None,
        lang: Lang::En,
        clock: Arc::new(SystemClock::new()),
        store: (keep == "memory").then(|| Stores::only(MemoryStore::default())),
        passphrase: None,
        observer: None,
    };
    Engine::start(start).await.map_err(|error| format!("{error:?}"))
}

/// Serves until standard input ends.
///
/// # Errors
/// Why it does not start.
pub fn serve(keep: &str) -> Done {
    let runtime = runtime()?;
    runtime.block_on(async {
        let engine = start(keep).await?;
        let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        // However it ends, it has ended.
        _ = ended.await;
        engine.stop().await;
        Ok(())
    })
}

/// As `lamp` and the app have theirs.
///
/// # Errors
/// If the system has none.
pub fn runtime() -> Done<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}
