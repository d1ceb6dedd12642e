//! What is paused, and what is said of all logins then.

use lamplighter_core::api::{Request, Response};

use super::world::{Running, World};

async fn words(engine: &Running) -> String {
    let Ok(Response::Engine { engine }) = engine.call(Request::Engine).await else { panic!("no engine") };
    engine.words
}

#[tokio::test]
async fn the_one_sentence_counts_only_what_is_kept_alive() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "home").await;
    engine.log_in(&world, "work").await;
    assert!(words(&engine).await.starts_with("All 2 logins are fine."), "{}", words(&engine).await);
    let pause = |account: &str| engine.call(Request::Pause { account: account.to_owned() });
    pause("work").await.expect("paused");
    assert!(words(&engine).await.starts_with("Your login is fine."), "{}", words(&engine).await);
    pause("home").await.expect("paused");
    assert_eq!(words(&engine).await, "All logins are paused.");
    engine.engine.stop().await;
}
