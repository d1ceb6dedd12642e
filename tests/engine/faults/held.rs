//! Neither disk nor keychain takes what a refresh brought: F38.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lamplighter_core::account::Job;
use lamplighter_core::api::TokenRequest;
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::{Appended, Effect};
use lamplighter_core::text::Lang;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::{Observed, Start};
use lamplighter_engine::store::Stores;
use lamplighter_engine::{Engine, Holder};
use testkit::memory_store::Fault as StoreFault;

use super::world::{MINUTE, POSTED};
use crate::whole::world::{Handed, Running, World};

/// An engine of which, while `broken` is set, each disk and each save fails once something has come back.
async fn start(world: &World, broken: &Arc<AtomicBool>) -> Running {
    let (broken, journals, store) = (Arc::clone(broken), world.path("data/journals"), world.store.clone());
    let start = Start {
        env: Env { root: Some(world.path("")), ..Env::default() },
        holder: Holder::Desktop,
        clock: Arc::new(Handed(world.clock.clone())),
        store: Some(Stores::only(world.store.clone())),
        observer: Some(Arc::new(move |observed| match observed {
            Observed::Before(Job::Refresh, Effect::Append { what: Appended::Answer, .. })
                if broken.load(Ordering::Acquire) =>
            {
                // A file without a name takes no entry: as a disk that is gone.
                std::fs::remove_dir_all(&journals).expect("removed");
                std::fs::write(&journals, "").expect("no folder");
            }
            Observed::Before(_, Effect::Save { .. }) if broken.load(Ordering::Acquire) => {
                store.lock().fail_next(StoreFault::Refuses(StoreError::Disk("gone".to_owned())));
            }
            _ => {}
        })),
        ..Start::one_shot(Lang::En)
    };
    Running::new(Engine::start(start).await.expect("the engine starts"))
}

#[tokio::test]
async fn f38_what_neither_disk_nor_keychain_takes_is_served_from_memory_and_nothing_is_sent_again() {
    for is_mended_by_quitting in [false, true] {
        let world = World::new();
        let broken = Arc::new(AtomicBool::new(false));
        let engine = start(&world, &broken).await;
        engine.log_in(&world, "work").await;
        broken.store(true, Ordering::Release);
        engine.refresh().await;
        let view = engine.until("work", "unsaved", |view| view.unsaved).await;
        let told = view.notice.expect("something to tell");
        assert!(told.safe.as_ref().expect("told").contains("kept only in Lamplighter’s memory"), "{told:?}");
        let sent = world.site.count(POSTED);
        world.pass(&engine, 12 * MINUTE).await;
        engine.refresh().await;
        let granted = engine.token("work", TokenRequest::default()).await.expect("the new token");
        assert_eq!(granted.generation, view.generation);
        assert_eq!(world.site.count(POSTED), sent, "nothing is sent meanwhile");
        // The disk is there again.
        broken.store(false, Ordering::Release);
        let journals = world.path("data/journals");
        std::fs::remove_file(&journals).expect("removed");
        std::fs::create_dir(&journals).expect("made");
        let engine = if is_mended_by_quitting {
            engine.engine.stop().await;
            world.start().await
        } else {
            world.pass(&engine, 6 * MINUTE).await;
            engine
        };
        engine.until("work", "saved", |saved| !saved.unsaved && saved.generation >= view.generation).await;
        engine.is_alive(&world).await;
        assert_eq!(
            world.site.presented(&world.site.person().email).again,
            0,
            "the old one is not shown again"
        );
        engine.engine.stop().await;
    }
}
