//! A configuration that was broken at the start and is good now, while no store can be used yet.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lamplighter_core::api::{Event, Request};
use lamplighter_core::record::StoreKind;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;

use super::stores::view;
use super::world::{HANGS, Running, World};

const MINUTE: Duration = Duration::from_secs(60);
const SETTINGS: &str = "[settings]\nstore = \"sealed\"\nstore_key = \"ask\"\n";

/// What everything of all accounts is answered with.
async fn refused(engine: &Running) -> Vec<Notice> {
    let refresh = Request::Refresh { accounts: Vec::new(), force: false, dry_run: false };
    let mut said = Vec::new();
    for request in [refresh, Request::PauseAll { paused: true }] {
        said.push(engine.call(request).await.expect_err("nothing to do is not known"));
    }
    said
}

/// An engine that began on a broken file which is mended by now.
async fn mended(world: &World, ask: impl Fn(bool) -> Option<Secret> + Send + Sync + 'static) -> Running {
    let file = world.path("config/config.toml");
    std::fs::write(&file, format!("{SETTINGS}\n[accounts.two]\nprovider = 3\n")).expect("written");
    let engine = world.start_asking(Box::new(ask)).await;
    assert!(refused(&engine).await.iter().all(|said| said.code == Code::BadFile));
    std::fs::write(&file, SETTINGS).expect("written");
    engine
}

async fn until_named(engine: &Running) {
    let mut events = engine.events();
    let naming = async {
        while view(engine).await.store.is_none() {
            _ = events.recv().await;
        }
    };
    tokio::time::timeout(HANGS, naming).await.expect("it is named");
}

/// A file where the folder of the sealed files would be.
fn in_the_way(world: &World) -> PathBuf {
    let folder = world.path("data/sealed");
    std::fs::create_dir_all(world.path("data")).expect("a folder");
    std::fs::write(&folder, "in the way").expect("written");
    folder
}

#[tokio::test]
async fn f63_while_the_passphrase_is_awaited_nobody_is_told_that_there_is_nothing_to_do() {
    let world = World::new();
    let (give, given) = std::sync::mpsc::channel::<()>();
    let given = std::sync::Mutex::new(given);
    let engine = mended(&world, move |_| {
        _ = given.lock().expect("no panic").recv();
        Some("an old lamp in a harbour".into())
    })
    .await;
    for said in refused(&engine).await {
        assert_eq!(said.what, "Lamplighter waits for the passphrase of the sealed files.");
    }
    give.send(()).expect("it waits");
    until_named(&engine).await;
    let refresh = Request::Refresh { accounts: Vec::new(), force: false, dry_run: false };
    engine.call(refresh).await.expect("now there is nothing to do");
    assert_eq!(view(&engine).await.store, Some(StoreKind::Sealed));
    engine.engine.stop().await;
}

/// Looked at with every tick, told once; and nobody types a passphrase that could not be used.
#[tokio::test]
async fn f63_where_the_sealed_files_cannot_be_it_is_said_once_and_no_passphrase_is_asked_for() {
    let world = World::new();
    let folder = in_the_way(&world);
    let asked = Arc::new(AtomicU32::new(0));
    let engine = mended(&world, {
        let asked = asked.clone();
        move |_| {
            asked.fetch_add(1, Ordering::SeqCst);
            Some("an old lamp in a harbour".into())
        }
    })
    .await;
    for said in refused(&engine).await {
        assert!(said.what.contains("is not a folder"), "{said:?}");
    }
    let mut events = engine.events();
    world.pass(&engine, 5 * MINUTE).await;
    refused(&engine).await;
    while let Ok(event) = events.try_recv() {
        assert!(!matches!(event, Event::Engine), "nothing changed");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);

    std::fs::remove_file(folder).expect("out of the way");
    world.pass(&engine, MINUTE).await;
    until_named(&engine).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    engine.engine.stop().await;
}

#[tokio::test]
async fn f63_a_passphrase_that_was_given_is_kept_until_it_can_be_used() {
    let world = World::new();
    let folder = world.path("data/sealed");
    let asked = Arc::new(AtomicU32::new(0));
    let engine = mended(&world, {
        let (asked, folder) = (asked.clone(), folder.clone());
        move |_| {
            // Something comes in its way while the person types.
            if asked.fetch_add(1, Ordering::SeqCst) == 0 {
                std::fs::remove_dir_all(&folder).expect("it was made before they were asked");
                std::fs::write(&folder, "in the way").expect("written");
            }
            Some("an old lamp in a harbour".into())
        }
    })
    .await;
    let mut events = engine.events();
    let failing = async {
        while !refused(&engine).await[0].what.contains("is not a folder") {
            _ = events.recv().await;
        }
    };
    tokio::time::timeout(HANGS, failing).await.expect("it cannot be used");
    world.pass(&engine, 5 * MINUTE).await;
    std::fs::remove_file(folder).expect("out of the way");
    world.pass(&engine, MINUTE).await;
    until_named(&engine).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1, "nobody types it twice");
    engine.engine.stop().await;
}
