//! Which store is used, what it forgets, and what lies in the other one.

use lamplighter_core::api::{EngineView, Request, Response, TokenRequest};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::{SessionStore, StoreError, StoreKind};
use lamplighter_core::report::{Code, Notice};
use lamplighter_engine::store::Stores;

use super::world::{Running, SharedStore, World};

/// Every notice is complete, and says that nothing is lost.
fn five_parts(notice: &Notice) {
    assert_eq!(notice.account.as_deref(), Some("work"));
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
}

async fn refusal(engine: &Running) -> Notice {
    engine.token("work", TokenRequest::default()).await.err().expect("no token")
}

pub async fn view(engine: &Running) -> EngineView {
    match engine.call(Request::Engine).await {
        Ok(Response::Engine { engine }) => *engine,
        other => panic!("no engine: {other:?}"),
    }
}

fn stores(kind: StoreKind, here: &SharedStore, there: &SharedStore) -> Option<Stores> {
    let other = match kind {
        StoreKind::Keyring => StoreKind::Keyutils,
        StoreKind::Keyutils | StoreKind::Sealed => StoreKind::Keyring,
    };
    let here: Box<dyn SessionStore> = Box::new(here.clone());
    Some(Stores { kind, here, elsewhere: vec![(other, Box::new(there.clone()))] })
}

#[tokio::test]
async fn i2_a_login_in_the_other_store_says_where_it_is_and_works_when_the_setting_is_back() {
    let world = World::new();
    let (keyring, keyutils) = (SharedStore::default(), SharedStore::default());
    let engine = world.start_with(stores(StoreKind::Keyring, &keyring, &keyutils)).await;
    engine.log_in(&world, "work").await;
    let before = engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.engine.stop().await;
    let there = keyring.lock().backup();

    let engine = world.start_with(stores(StoreKind::Keyutils, &keyutils, &keyring)).await;
    let said = refusal(&engine).await;
    assert_eq!(said.code, Code::Blocked);
    assert_eq!(
        said.what,
        "The login of Practice JSON is in your system’s keyring, and Lamplighter now uses the kernel’s keyring."
    );
    five_parts(&said);
    assert!(said.cure.as_ref().is_some_and(|cure| cure.contains("store = \"keyring\"")), "{said:?}");
    assert_eq!(engine.account("work").await.notice.map(|notice| notice.what), Some(said.what));
    assert_eq!(view(&engine).await.store, Some(StoreKind::Keyutils));
    engine.engine.stop().await;
    assert!(keyring.lock().backup() == there, "what is not used is not touched");
    assert!(keyutils.is_empty());

    let engine = world.start_with(stores(StoreKind::Keyring, &keyring, &keyutils)).await;
    let after = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(after.value == before.value);
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_a_logout_leaves_nothing_in_the_other_store_either() {
    let world = World::new();
    let (keyring, keyutils) = (SharedStore::default(), SharedStore::default());
    let engine = world.start_with(stores(StoreKind::Keyring, &keyring, &keyutils)).await;
    engine.log_in(&world, "work").await;
    engine.log_in(&world, "other").await;
    engine.engine.stop().await;

    let engine = world.start_with(stores(StoreKind::Keyutils, &keyutils, &keyring)).await;
    assert_eq!(refusal(&engine).await.code, Code::Blocked);
    let logout = |name: &str| engine.call(Request::Logout { account: name.to_owned() });
    logout("work").await.expect("logged out");
    assert!(!keyring.is_empty(), "the other login is untouched");
    // Without its account nobody would ever find it there again.
    logout("other").await.expect("logged out");
    assert!(keyring.is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_a_logout_leaves_nothing_that_was_set_aside_or_typed_in_any_store() {
    let world = World::new();
    let (keyring, keyutils) = (SharedStore::default(), SharedStore::default());
    // In both stores an entry that nobody could read, a login after it, and all that a login keeps beside it.
    for (kind, here, there) in
        [(StoreKind::Keyring, &keyring, &keyutils), (StoreKind::Keyutils, &keyutils, &keyring)]
    {
        let engine = world.start_with(stores(kind, here, there)).await;
        if kind == StoreKind::Keyring {
            engine.log_in(&world, "work").await;
        }
        let id = engine.account("work").await.id;
        engine.engine.stop().await;
        let mut store = here.lock();
        for name in ["secrets of", "login of", ""] {
            let slot = if name.is_empty() { id.clone() } else { entry(&format!("{name} {id}")) };
            store.corrupt(&slot);
            store.set_aside(&slot).expect("set aside");
            store.corrupt(&slot);
        }
        for number in 0..2 {
            store.corrupt(&entry(&format!("login of {id} set aside {number}")));
        }
    }
    let engine = world.start_with(stores(StoreKind::Keyutils, &keyutils, &keyring)).await;
    engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    engine.engine.stop().await;
    for store in [keyring, keyutils] {
        assert!(store.is_empty() && store.lock().aside.is_empty(), "{:?}", store.lock().backup().keys());
    }
    let left: Vec<_> = std::fs::read_dir(world.path("data/journals")).expect("the folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

/// An entry that lies beside an account’s.
fn entry(name: &str) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(name);
    AccountId::from_random(digest[..16].try_into().expect("16 bytes"))
}

#[tokio::test]
async fn a_locked_store_that_is_not_used_disturbs_nobody() {
    let world = World::new();
    let (keyring, keyutils) = (SharedStore::default(), SharedStore::default());
    keyring.lock().refuses = Some(StoreError::Locked);
    let engine = world.start_with(stores(StoreKind::Keyutils, &keyutils, &keyring)).await;
    engine.log_in(&world, "work").await;
    engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(view(&engine).await.notices.is_empty());
    engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    engine.engine.stop().await;
}

#[tokio::test]
async fn i2_a_logout_tells_where_it_could_not_look_and_can_be_repeated_by_the_id() {
    let closed = [
        StoreError::Locked,
        StoreError::Declined,
        StoreError::Denied("no".to_owned()),
        StoreError::Slow,
        StoreError::Key(lamplighter_core::record::KeyTrouble::NoPassphrase),
    ];
    for closed in closed {
        let world = World::new();
        let (keyring, keyutils) = (SharedStore::default(), SharedStore::default());
        let engine = world.start_with(stores(StoreKind::Keyring, &keyring, &keyutils)).await;
        engine.log_in(&world, "work").await;
        let id = engine.account("work").await.id.to_string();
        engine.engine.stop().await;

        let engine = world.start_with(stores(StoreKind::Keyutils, &keyutils, &keyring)).await;
        keyring.lock().refuses = Some(closed.clone());
        let logout = |account: &str| engine.call(Request::Logout { account: account.to_owned() });
        let Ok(Response::LoggedOut { left: Some(left), .. }) = logout("work").await else {
            panic!("{closed:?}: nobody is told")
        };
        five_parts(&left);
        assert!(left.what.ends_with("your system’s keyring."), "{left:?}");
        assert!(left.cure.as_ref().is_some_and(|cure| cure.ends_with(&format!("lamp logout {id}"))));
        let still = logout(&id).await.expect_err("it is closed still");
        assert_eq!(still.what, left.what);

        keyring.lock().refuses = None;
        assert!(!keyring.is_empty(), "the control");
        logout(&id).await.expect("now it can be looked at");
        assert!(keyring.is_empty());
        engine.engine.stop().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_the_kernel_forgot_at_a_restart_is_no_damage_and_a_login_brings_it_back() {
    use lamplighter_engine::store::{Keychain, Keyutils, Slots as _};

    use crate::storage::keyutils;

    let _alone = keyutils::ALONE.lock().await;
    let Some(service) = keyutils::kernel("forgets") else { return };
    let world = World::new();
    let kernel = || {
        let here = Box::new(Keychain::new(Keyutils::new(&service)));
        Some(Stores { kind: StoreKind::Keyutils, here, elsewhere: Vec::new() })
    };
    let engine = world.start_with(kernel()).await;
    assert_eq!(
        view(&engine).await.store_words,
        "Logins are kept in the kernel’s keyring; a restart of this machine forgets them."
    );
    engine.log_in(&world, "work").await;
    let id = engine.account("work").await.id;
    let before = engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.engine.stop().await;
    let engine = world.start_with(kernel()).await;
    let after = engine.token("work", TokenRequest::default()).await.expect("the engine's end is no restart");
    assert!(after.value == before.value);
    engine.engine.stop().await;

    Keyutils::new(&service).remove(id.as_str()).expect("as a restart of the machine does");
    let engine = world.start_with(kernel()).await;
    let said = refusal(&engine).await;
    assert_eq!((said.code, said.code.exit()), (Code::NeedsLogin, 3));
    assert!(said.what.starts_with("The kernel’s keyring has forgotten the login of "), "{said:?}");
    assert!(said.safe.as_ref().is_some_and(|safe| safe.starts_with("Nothing is damaged")), "{said:?}");
    five_parts(&said);
    let login = match engine.call(Request::Login { account: "work".to_owned(), way: None }).await {
        Ok(Response::Login { login }) => login.id,
        other => panic!("no login: {other:?}"),
    };
    engine.fill_in(&world, &login).await;
    engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    engine.engine.stop().await;
}

#[tokio::test]
async fn the_setting_says_which_store_and_a_change_of_it_waits_for_the_next_start() {
    let world = World::new();
    let file = world.path("config/config.toml");
    let engine = world.start_with(None).await;
    assert_eq!(view(&engine).await.store, Some(StoreKind::Keyring));
    std::fs::write(&file, "[settings]\nstore = \"keyutils\"\n").expect("written");
    let seen = view(&engine).await;
    assert_eq!(seen.store, Some(StoreKind::Keyring), "not under the feet of what runs");
    let [notice] = seen.notices.as_slice() else { panic!("{:?}", seen.notices) };
    assert!(notice.what.ends_with("that is so from the next start on."), "{notice:?}");
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some());
    engine.engine.stop().await;
    let engine = world.start_with(None).await;
    let seen = view(&engine).await;
    assert_eq!(seen.store, Some(StoreKind::Keyutils));
    assert!(seen.notices.is_empty(), "{:?}", seen.notices);
    engine.engine.stop().await;
}

/// A server: the settings name sealed files and their key; a login, a refresh, a restart, and a key that is gone.
#[cfg(unix)]
#[tokio::test]
async fn t18_with_sealed_files_a_login_is_refreshed_and_outlives_a_restart_and_a_missing_key() {
    let world = World::new();
    let key = world.path("elsewhere.key");
    lamplighter_engine::store::sealed::key::make_key_file(&key).expect("a key");
    let settings = format!("[settings]\nstore = \"sealed\"\nstore_key = \"{}\"\n", key.display());
    std::fs::write(world.path("config/config.toml"), settings).expect("written");
    let engine = world.start_with(None).await;
    let seen = view(&engine).await;
    assert_eq!(seen.store_words, "Logins are kept in sealed files, and their key elsewhere.");
    engine.log_in(&world, "work").await;
    let first = engine.token("work", TokenRequest::default()).await.expect("a token");
    let request = Request::Refresh { accounts: vec!["work".to_owned()], force: true, dry_run: false };
    let Ok(Response::Refresh { report }) = engine.call(request).await else { panic!("no report") };
    assert_eq!((report.success, report.total), (1, 1), "{report:?}");
    let second = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(second.value != first.value, "it was refreshed");
    engine.engine.stop().await;

    let engine = world.start_with(None).await;
    let after = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(after.value == second.value, "it is there after a restart");
    engine.engine.stop().await;

    std::fs::rename(&key, world.path("aside.key")).expect("gone");
    let engine = world.start_with(None).await;
    let said = refusal(&engine).await;
    assert_eq!(said.what, format!("The key file {} is not there.", key.display()));
    five_parts(&said);
    engine.engine.stop().await;
    std::fs::rename(world.path("aside.key"), &key).expect("back");

    let engine = world.start_with(None).await;
    let after = engine.token("work", TokenRequest::default()).await.expect("a token");
    assert!(after.value == second.value, "nothing was lost meanwhile");
    engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    engine.engine.stop().await;
    let left: Vec<_> = std::fs::read_dir(world.path("data/sealed")).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing but what tells the key: {left:?}");
}

/// Nothing says which store it is: none is opened, no account is touched, and no wrong one is named.
#[cfg(unix)]
#[tokio::test]
async fn f63_a_configuration_that_is_broken_at_the_start_names_no_store_and_goes_on_once_mended() {
    let world = World::new();
    let (key, file) = (world.path("elsewhere.key"), world.path("config/config.toml"));
    lamplighter_engine::store::sealed::key::make_key_file(&key).expect("a key");
    let settings = format!("[settings]\nstore = \"sealed\"\nstore_key = \"{}\"\n", key.display());
    std::fs::write(&file, settings).expect("written");
    let engine = world.start_with(None).await;
    engine.log_in(&world, "work").await;
    let token = engine.token("work", TokenRequest::default()).await.expect("a token");
    engine.engine.stop().await;

    let good = std::fs::read_to_string(&file).expect("it is there");
    let broken = format!("{good}\n[accounts.two]\nprovider = \"slack\"\nid = 3\n");
    std::fs::write(&file, &broken).expect("written");
    let engine = world.start_with(None).await;
    let seen = view(&engine).await;
    assert_eq!(seen.store, None, "it is not guessed");
    assert!(seen.store_words.starts_with("Where logins are kept is not known"), "{}", seen.store_words);
    let line = format!("config.toml:{}:", broken.lines().count());
    let [notice] = seen.notices.as_slice() else { panic!("{:?}", seen.notices) };
    assert!(notice.code == Code::BadFile && notice.what.contains(&line), "{notice:?}");
    assert_eq!(notice.safe.as_deref(), Some("Your logins are safe."));
    assert!(notice.next.as_ref().is_some_and(|next| next.ends_with("without a restart.")), "{notice:?}");
    let set = Request::SetSecret {
        account: "alerts".to_owned(),
        name: "ops".parse().expect("a name"),
        value: "https://example.com/hook".into(),
    };
    let said = [
        engine.call(set).await.expect_err("no store"),
        engine.call(Request::Secrets { account: "alerts".to_owned() }).await.expect_err("no store"),
        engine.call(Request::Alerts).await.expect_err("who is told is not known"),
        engine.call(Request::Logout { account: "work".to_owned() }).await.expect_err("no account"),
        refusal(&engine).await,
    ];
    assert!(said.iter().all(|said| said.code == Code::BadFile && said.what.contains(&line)), "{said:?}");
    engine.call(Request::RetryStore).await.expect("nobody is asked to unlock what is not known");
    assert_eq!(view(&engine).await.notices.len(), 1, "and no store is said to be closed");

    std::fs::write(&file, &good).expect("written");
    let same = engine.token("work", TokenRequest::default()).await.expect("a token, without a restart");
    assert!(same.value == token.value);
    let seen = view(&engine).await;
    assert!(seen.store == Some(StoreKind::Sealed) && seen.notices.is_empty(), "{:?}", seen.notices);
    engine.engine.stop().await;
}
