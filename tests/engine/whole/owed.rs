//! What a logout could not erase goes later by itself, and never takes a login that is wanted.

use std::time::Duration;

use lamplighter_core::api::{Request, Response, TokenRequest};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::{SessionStore, StoreError, StoreKind};
use lamplighter_core::report::{Code, Notice};
use lamplighter_engine::store::Stores;

use super::stores::view;
use super::world::{HANGS, Running, SharedStore, World};

/// Where a login of "work" lies in the keyring, while the kernel's keyring is used.
struct Scene {
    world: World,
    keyring: SharedStore,
    keyutils: SharedStore,
    id: AccountId,
}

impl Scene {
    /// The keyring is locked, and an engine runs that does not use it.
    async fn locked() -> (Self, Running) {
        let world = World::new();
        let (keyring, keyutils) = (SharedStore::default(), SharedStore::default());
        let engine = world.start_with(stores(StoreKind::Keyring, &keyring, &keyutils)).await;
        engine.log_in(&world, "work").await;
        let id = engine.account("work").await.id;
        engine.engine.stop().await;
        let scene = Self { world, keyring, keyutils, id };
        scene.keyring.lock().refuses = Some(StoreError::Locked);
        let engine = scene.start().await;
        (scene, engine)
    }

    async fn start(&self) -> Running {
        self.world.start_with(stores(StoreKind::Keyutils, &self.keyutils, &self.keyring)).await
    }

    fn unlock(&self) {
        self.keyring.lock().refuses = None;
    }

    fn config(&self) -> String {
        std::fs::read_to_string(self.world.path("config/config.toml")).expect("the file")
    }

    fn set_config(&self, text: &str) {
        std::fs::write(self.world.path("config/config.toml"), text).expect("the file");
    }

    fn note(&self) -> Option<String> {
        std::fs::read_to_string(self.world.path("data/to-erase.json")).ok()
    }

    /// Lets time pass until nothing is owed any more: a look that an earlier one is in the way of comes ten minutes later.
    async fn paid(&self, engine: &Running) {
        let paid = async {
            while self.note().is_some() {
                self.world.pass(engine, Duration::from_secs(60)).await;
            }
        };
        tokio::time::timeout(HANGS, paid).await.expect("it is erased");
    }
}

fn stores(kind: StoreKind, here: &SharedStore, there: &SharedStore) -> Option<Stores> {
    let other = if kind == StoreKind::Keyring { StoreKind::Keyutils } else { StoreKind::Keyring };
    let here: Box<dyn SessionStore> = Box::new(here.clone());
    Some(Stores { kind, here, elsewhere: vec![(other, Box::new(there.clone()))] })
}

async fn logout(engine: &Running, account: &str) -> Result<Option<Box<Notice>>, Notice> {
    match engine.call(Request::Logout { account: account.to_owned() }).await? {
        Response::LoggedOut { left, .. } => Ok(left),
        other => panic!("no logout: {other:?}"),
    }
}

async fn refusal(engine: &Running) -> Code {
    engine.token("work", TokenRequest::default()).await.err().expect("no token").code
}

fn is_complete(notice: &Notice) {
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
}

#[tokio::test]
async fn i2_what_a_logout_could_not_erase_is_named_and_goes_with_the_start_after_its_store_opens() {
    let (scene, engine) = Scene::locked().await;
    let left = logout(&engine, "work").await.expect("logged out").expect("it is told");
    is_complete(&left);
    assert!(left.next.as_ref().is_some_and(|next| next.contains("by itself, and erases it")), "{left:?}");
    let note = scene.note().expect("it is written down");
    assert_eq!(note, format!("{{\"{}\":[\"keyring\"]}}", scene.id), "ids and stores, and nothing else");
    engine.engine.stop().await;

    // Locked still: it is named, and nothing else changes.
    let engine = scene.start().await;
    let warnings = view(&engine).await.warnings;
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    is_complete(warning);
    assert!(warning.what.contains(scene.id.as_str()) && warning.what.contains("keyring"), "{warning:?}");
    engine.engine.stop().await;
    assert_eq!(scene.note(), Some(note));

    scene.unlock();
    assert!(!scene.keyring.is_empty(), "the control");
    let engine = scene.start().await;
    scene.paid(&engine).await;
    assert!(scene.keyring.is_empty());
    assert!(view(&engine).await.warnings.is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_an_engine_that_runs_erases_it_some_minutes_after_its_store_opens() {
    let (scene, engine) = Scene::locked().await;
    logout(&engine, "work").await.expect("logged out").expect("it is told");
    scene.unlock();
    scene.paid(&engine).await;
    assert!(scene.keyring.is_empty());
    // By the id it is known to be done; and an id that nobody ever had is none.
    assert!(logout(&engine, scene.id.as_str()).await.expect("logged out").is_none());
    let unknown = logout(&engine, "0123456789abcdef0123456789abcdef").await.expect_err("there is none");
    assert_eq!(unknown.code, Code::UnknownAccount);
    assert!(unknown.what.contains("nothing of one was found"), "{unknown:?}");
    is_complete(&unknown);
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_i5_an_account_that_is_back_in_the_configuration_keeps_its_login_wherever_that_lies() {
    let (scene, engine) = Scene::locked().await;
    let config = scene.config();
    logout(&engine, "work").await.expect("logged out").expect("it is told");
    let without = scene.config();
    engine.engine.stop().await;

    // Put back by hand, and the store opens: the login there may be wanted, and a newer one may come.
    scene.set_config(&config);
    scene.unlock();
    let engine = scene.start().await;
    assert_eq!(refusal(&engine).await, Code::Blocked);
    assert_eq!(scene.note(), None, "it is void");
    engine.engine.stop().await;
    // Taken out by hand once more: what is stored stays, as it always does.
    scene.set_config(&without);
    let engine = scene.start().await;
    scene.world.pass(&engine, Duration::from_secs(11 * 60)).await;
    engine.engine.stop().await;
    assert!(scene.keyring.lock().load(&scene.id).expect("it opens").is_some());

    // And by its id it can be logged out.
    let engine = scene.start().await;
    assert!(logout(&engine, scene.id.as_str()).await.expect("logged out").is_none());
    assert!(scene.keyring.is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_whoever_dies_between_writing_it_down_and_the_end_of_the_logout_has_lost_nothing() {
    let (scene, engine) = Scene::locked().await;
    engine.engine.stop().await;
    // The account is there still, and so is the note.
    std::fs::write(scene.world.path("data/to-erase.json"), format!("{{\"{}\":[\"keyring\"]}}", scene.id))
        .expect("a file");
    scene.unlock();
    let engine = scene.start().await;
    assert_eq!(refusal(&engine).await, Code::Blocked);
    scene.world.pass(&engine, Duration::from_secs(11 * 60)).await;
    assert!(scene.keyring.lock().load(&scene.id).expect("it opens").is_some());
    assert!(logout(&engine, "work").await.expect("logged out").is_none());
    assert!(scene.keyring.is_empty() && scene.note().is_none());
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_a_logout_that_fails_owes_nothing_and_one_whose_note_cannot_be_written_says_what_to_do() {
    let (scene, engine) = Scene::locked().await;
    scene.keyutils.lock().refuses = Some(StoreError::Locked);
    logout(&engine, "work").await.expect_err("the store in use is closed");
    assert_eq!(scene.note(), None, "the account is there still");
    scene.keyutils.lock().refuses = None;

    std::fs::create_dir(scene.world.path("data/to-erase.json")).expect("a folder in its place");
    let left = logout(&engine, "work").await.expect("logged out").expect("it is told");
    assert!(left.next.as_ref().is_some_and(|next| next.contains("not look there again")), "{left:?}");
    engine.engine.stop().await;
}

#[tokio::test]
async fn a_logout_while_the_configuration_is_broken_says_that_the_section_stays() {
    let (scene, engine) = Scene::locked().await;
    let config = scene.config();
    let broken = format!("{config}\n[settings\n");
    scene.set_config(&broken);
    let left = logout(&engine, "work").await.expect("logged out").expect("it is told");
    assert_eq!((left.code, left.account.as_deref()), (Code::BadFile, Some("work")));
    assert!(left.what.contains("its section stays in config.toml"), "{left:?}");
    assert!(left.what.contains("A copy of this login may remain"), "both are told: {left:?}");
    is_complete(&left);
    assert_eq!(scene.config(), broken, "nobody writes into a broken file");
    engine.engine.stop().await;
}
