//! Disks and keychains: F38, F40.

use lamplighter_core::api::{Standing, TokenRequest};
use lamplighter_core::record::StoreError;
use testkit::memory_store::Fault as StoreFault;

use super::world::{MINUTE, POSTED, logged_in};
use crate::whole::world::World;

#[tokio::test]
async fn f38_without_a_journal_nothing_is_sent_and_the_token_is_still_served() {
    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    let folder = world.path("data/journals");
    let aside = world.path("data/aside");
    // Nothing can be opened below a file: as a disk that went read-only, and root feels it as well.
    std::fs::rename(&folder, &aside).expect("moved");
    std::fs::write(&folder, "").expect("a file");
    let sent = world.site.count(POSTED);
    let report = engine.refresh().await;
    assert_eq!(report.failed, 1, "{report:?}");
    assert!(engine.token("work", TokenRequest::default()).await.is_ok(), "what is valid is served");
    world.pass(&engine, 10 * MINUTE).await;
    assert_eq!(world.site.count(POSTED), sent, "I3: nothing was sent");
    engine.until("work", "waiting", |view| view.standing == Standing::Waiting).await;
    std::fs::remove_file(&folder).expect("removed");
    std::fs::rename(&aside, &folder).expect("moved back");
    world.pass(&engine, 5 * MINUTE).await;
    engine.is_alive(&world).await;
    assert!(screen.toasts().len() <= 1, "{:?}", screen.toasts());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f38_after_the_folder_of_the_journals_was_removed_it_is_made_anew_and_the_login_goes_on() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let folder = world.path("data/journals");
    std::fs::remove_dir_all(&folder).expect("removed");
    engine.refresh().await;
    for _ in 0..30 {
        if folder.exists() {
            break;
        }
        world.pass(&engine, MINUTE).await;
    }
    assert!(folder.exists(), "it is made anew");
    engine.is_alive(&world).await;
    assert_eq!(world.site.presented(&world.site.person().email).again, 0);
    engine.engine.stop().await;
}

#[tokio::test]
async fn f38_a_keychain_that_is_gone_after_spending_loses_nothing() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    world.store.lock().refuses = Some(StoreError::Locked);
    engine.refresh().await;
    let view = engine.until("work", "unsaved", |view| view.unsaved).await;
    let granted = engine.token("work", TokenRequest::default()).await.expect("the new token");
    assert_eq!(granted.generation, view.generation);
    // It stays away for long: nothing is spent meanwhile.
    let sent = world.site.count(POSTED);
    world.pass(&engine, 12 * MINUTE).await;
    assert_eq!(world.site.count(POSTED), sent);
    engine.engine.stop().await;
    // And the process ends: the journal has it.
    world.store.lock().refuses = None;
    let engine = world.start().await;
    engine.until("work", "saved", |saved| !saved.unsaved && saved.generation >= view.generation).await;
    engine.is_alive(&world).await;
    assert_eq!(world.site.presented(&world.site.person().email).again, 0);
    engine.engine.stop().await;
}

#[tokio::test]
async fn f40_a_write_that_lands_late_is_recognised() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    world.store.lock().fail_next(StoreFault::LandsLate);
    engine.refresh().await;
    world.pass(&engine, MINUTE).await;
    engine.until("work", "saved", |view| !view.unsaved).await;
    engine.is_alive(&world).await;
    assert_eq!(world.site.presented(&world.site.person().email).again, 0);
    engine.engine.stop().await;
}
