//! A keychain that is closed when the engine starts.

use lamplighter_core::api::{Request, TokenRequest};
use lamplighter_core::record::StoreError;
use lamplighter_core::report::Code;

use super::world::World;

#[tokio::test]
async fn f39_an_engine_that_met_a_locked_keychain_serves_as_soon_as_it_is_unlocked() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let before = engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.engine.stop().await;

    world.store.lock().refuses = Some(StoreError::Locked);
    let engine = world.start().await;
    let check = || engine.call(Request::Check { account: "work".to_owned() });
    for _ in 0..2 {
        let refused = engine.token("work", TokenRequest::default()).await.err().expect("no token");
        assert_eq!((refused.code, refused.code.exit()), (Code::StoreLocked, 5));
        assert_eq!(check().await.expect_err("no check").code, Code::StoreLocked);
    }
    world.store.lock().refuses = None;
    // No time passes: whoever asks makes it look again.
    let after = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(after.value == before.value);
    check().await.expect("it works");
    engine.engine.stop().await;
}
