//! A keychain that is closed when the engine starts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use lamplighter_core::api::{Request, Response, TokenRequest};
use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError};
use lamplighter_core::report::{Code, Notice};
use lamplighter_engine::store::Stores;

use super::world::{Running, SharedStore, World};

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

/// A keychain whose question stays open until the test answers it.
struct Asking {
    store: SharedStore,
    asked: Arc<AtomicUsize>,
    answers: mpsc::Receiver<Result<(), StoreError>>,
}

impl SessionStore for Asking {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        self.store.load(account)
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        self.store.save(account, expected, record)
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.store.delete(account)
    }

    fn unlock(&mut self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answers.recv().expect("the test answers")
    }
}

/// Waits until the engine as a whole tells `is_so`.
async fn told(engine: &Running, is_so: impl Fn(&[Notice]) -> bool) -> Vec<Notice> {
    let looking = async {
        loop {
            match engine.call(Request::Engine).await {
                Ok(Response::Engine { engine }) if is_so(&engine.notices) => return engine.notices,
                Ok(_) => tokio::task::yield_now().await,
                Err(notice) => panic!("{notice:?}"),
            }
        }
    };
    tokio::time::timeout(super::world::HANGS, looking).await.expect("it is told")
}

#[tokio::test]
async fn f39_who_refuses_the_prompt_is_asked_again_only_when_they_say_so() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let before = engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.engine.stop().await;

    world.store.lock().refuses = Some(StoreError::Locked);
    let (answer, answers) = mpsc::channel();
    let asked = Arc::new(AtomicUsize::new(0));
    let store = Asking { store: world.store.clone(), asked: asked.clone(), answers };
    let engine = world.start_with(Some(Stores::only(store))).await;
    let refused = engine.token("work", TokenRequest::default()).await.err().expect("no token");
    assert_eq!(refused.code, Code::StoreLocked);
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody is asked by itself");

    for _ in 0..3 {
        engine.call(Request::RetryStore).await.expect("the button works");
    }
    // What the keychain says from now on is what it says after a refused prompt.
    world.store.lock().refuses = Some(StoreError::Declined);
    answer.send(Err(StoreError::Declined)).expect("it waits");
    let said = told(&engine, |notices| notices.iter().any(|notice| notice.what.contains("asked for"))).await;
    let [said] = said.as_slice() else { panic!("one notice for all: {said:?}") };
    assert_eq!(said.code, Code::StoreLocked);
    assert_eq!(said.safe.as_deref(), Some("Your login is safe."));
    assert!(said.next.as_ref().is_some_and(|next| next.starts_with("You are not asked again until")));
    assert!(said.cure.is_some(), "{said:?}");
    for _ in 0..10 {
        world.pass(&engine, Duration::from_secs(60)).await;
        let refused = engine.token("work", TokenRequest::default()).await.err().expect("no token");
        assert_eq!(refused.code, Code::StoreLocked);
    }
    assert_eq!(
        asked.load(Ordering::SeqCst),
        1,
        "three presses while it asks are one question, time asks none"
    );

    engine.call(Request::RetryStore).await.expect("the button works");
    world.store.lock().refuses = None;
    answer.send(Ok(())).expect("it waits");
    told(&engine, <[Notice]>::is_empty).await;
    let after = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(after.value.len(), before.value.len());
    engine.engine.stop().await;
}
