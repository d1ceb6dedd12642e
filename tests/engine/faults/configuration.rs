//! Files that change while something runs.

use std::time::Duration;

use lamplighter_core::api::{Request, Standing};
use lamplighter_core::report::Code;
use testkit::practice::{Fault, Settings, Site};
use tokio::sync::watch;

use super::world::{HOUR, MINUTE, POSTED, REFRESH, STEP, logged_in};
use crate::whole::world::{Running, World};

/// Time for the engine to look at its files, while a reply is on its way.
async fn look(world: &World, engine: &Running) {
    world.sleep(Duration::from_secs(31));
    engine.call(Request::Accounts).await.expect("accounts");
}

#[tokio::test]
async fn i1_an_account_that_is_taken_out_and_put_back_during_a_refresh_gets_no_second_one() {
    for file in ["config/config.toml", "config/providers/practice-json.toml"] {
        let world = World::new();
        let (engine, _) = logged_in(&world).await;
        let (answer, gate) = watch::channel(false);
        world.site.script(REFRESH, [Fault::Held(gate)]);
        let asked = engine.call_later(Request::Refresh {
            accounts: vec!["work".to_owned()],
            force: true,
            dry_run: false,
        });
        world.arrived(2).await;
        let path = world.path(file);
        let text = std::fs::read_to_string(&path).expect("the file");
        std::fs::remove_file(&path).expect("removed");
        look(&world, &engine).await;
        std::fs::write(&path, text).expect("put back");
        look(&world, &engine).await;
        answer.send_replace(true);
        assert!(asked.await.expect("no panic").is_ok(), "{file}: who asked was answered");
        engine.until("work", "fine again", |view| view.standing == Standing::Fine).await;
        let presented = world.site.presented(&world.site.person().email);
        assert_eq!((presented.all, presented.again), (2, 0), "{file}: {presented:?}");
        engine.is_alive(&world).await;
        engine.engine.stop().await;
    }
}

#[tokio::test]
async fn i1_accounts_of_one_service_do_not_disturb_each_other() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    engine.log_in(&world, "other").await;
    let rejected = || Fault::Json(401, r#"{"error":"token_not_valid"}"#.to_owned());
    world.site.script(REFRESH, [rejected()]);
    assert_eq!(engine.refresh().await.failed, 1);
    assert_eq!(engine.account("other").await.standing, Standing::Fine);
    engine.call(Request::Logout { account: "work".to_owned() }).await.expect("logged out");
    world.pass_by(&engine, HOUR, STEP).await;
    // Its refresh may have begun a moment ago.
    engine.until("other", "fine", |view| view.standing == Standing::Fine).await;
    assert_eq!(world.store.lock().backup().len(), 1);
    engine.engine.stop().await;
}

#[tokio::test]
async fn s3_3_an_edit_by_hand_and_one_by_the_window_get_along() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let path = world.path("config/config.toml");
    let text = std::fs::read_to_string(&path).expect("the file");
    std::fs::write(&path, format!("# mine\n{text}")).expect("written");
    let rename = Request::Rename { account: "work".to_owned(), name: "office".parse().expect("a name") };
    engine.call(rename).await.expect("renamed, though the file was changed by hand a moment ago");
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.starts_with("# mine\n") && text.contains("office"), "{text}");
    world.pass(&engine, 14 * MINUTE).await;
    assert!(world.site.count_good(POSTED) >= 2, "it is refreshed under its new name");
    engine.engine.stop().await;
}

#[tokio::test]
async fn t23_undoing_a_change_of_hosts_undoes_the_block_also_while_nothing_runs() {
    let world = World::new();
    let other = Site::start(Settings::default());
    let (engine, _) = logged_in(&world).await;
    let path = world.path("config/config.toml");
    let agreed = std::fs::read_to_string(&path).expect("the file");
    std::fs::write(&path, agreed.replace(world.site.base(), other.base())).expect("written");
    look(&world, &engine).await;
    assert_eq!(engine.refresh().await.failed, 1);
    engine.engine.stop().await;
    // Each as a `lamp` of its own would have it.
    for _ in 0..2 {
        let engine = world.start().await;
        assert_eq!(engine.refresh().await.failed, 1);
        let notice = engine.account("work").await.notice.expect("it is told");
        assert!(notice.code == Code::Blocked && notice.what.contains(other.base()), "{notice:?}");
        engine.engine.stop().await;
    }
    assert!(other.requests().is_empty(), "nothing was sent there");
    let sent = world.site.requests().len();
    std::fs::write(&path, &agreed).expect("written");
    let engine = world.start().await;
    engine.until("work", "fine again", |view| view.standing == Standing::Fine).await;
    assert!(world.site.requests().len() > sent, "proof comes first");
    engine.is_alive(&world).await;
    // And while it runs.
    std::fs::write(&path, agreed.replace(world.site.base(), other.base())).expect("written");
    look(&world, &engine).await;
    assert_eq!(engine.refresh().await.failed, 1);
    assert_eq!(engine.account("work").await.standing, Standing::NeedsYou);
    std::fs::write(&path, &agreed).expect("written");
    look(&world, &engine).await;
    engine.until("work", "fine again", |view| view.standing == Standing::Fine).await;
    engine.is_alive(&world).await;
    assert!(other.requests().is_empty(), "nothing was sent there");
    engine.engine.stop().await;
}
