//! A lost reply where the person decides: "Try once" or log in.

use lamplighter_core::api::{RefreshReport, Request, Response, Standing};
use lamplighter_core::report::Code;
use testkit::practice::{Fault, JSON_PROVIDER};

use super::world::{HOUR, POSTED, REFRESH, STEP, logged_in};
use crate::whole::world::{Running, World};

impl Running {
    async fn try_once(&self) -> RefreshReport {
        match self.call(Request::TryOnce { account: "work".to_owned() }).await {
            Ok(Response::Refresh { report }) => report,
            other => panic!("no report: {other:?}"),
        }
    }
}

/// The login is shared with another machine, and an answer got lost.
async fn asked(fault: Fault) -> (World, Running) {
    let world = World::new();
    world.provider("practice-json", &format!("{JSON_PROVIDER}\n[chains.main]\nlost_reply = \"ask\"\n"));
    let (engine, _) = logged_in(&world).await;
    world.site.script(REFRESH, [fault]);
    engine.refresh().await;
    let view = engine.until("work", "asks", |view| view.standing == Standing::NeedsYou).await;
    assert!(view.can_try_once);
    let notice = view.notice.expect("it says why");
    assert_eq!(notice.code, Code::Blocked);
    assert!(notice.cure.is_some_and(|cure| cure.contains("lamp refresh work --try-once")));
    (world, engine)
}

#[tokio::test]
async fn f07_where_the_person_decides_nothing_is_sent_again_until_they_say_so_and_then_once() {
    let (world, engine) = asked(Fault::ResetAfter).await;
    assert_eq!(world.site.count(POSTED), 2, "the trial, and the one that got lost: no replay");
    let report = engine.try_once().await;
    assert_eq!((report.success, report.failed), (1, 0), "{report:?}");
    assert_eq!(world.site.count(POSTED), 3);
    let view = engine.account("work").await;
    assert!(!view.can_try_once && view.notice.is_none(), "{:?}", view.notice);
    engine.is_alive(&world).await;
    engine.engine.stop().await;
}

#[tokio::test]
async fn f07_trying_once_in_vain_is_said_and_is_no_loop() {
    let (world, engine) = asked(Fault::ResetAfter).await;
    world.site.always(REFRESH, Fault::ResetBefore);
    let report = engine.try_once().await;
    assert_eq!((report.success, report.failed), (0, 1), "{report:?}");
    let sent = world.site.count(POSTED);
    assert_eq!(sent, 3, "once");
    world.pass_by(&engine, HOUR, STEP).await;
    assert_eq!(world.site.count(POSTED), sent, "nothing more by itself");
    world.site.clear_faults();
    assert!(engine.account("work").await.can_try_once, "and the person may say it again");
    engine.engine.stop().await;
}

#[tokio::test]
async fn trying_once_what_is_fine_sends_nothing() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let report = engine.try_once().await;
    assert_eq!((report.total, report.skipped), (1, 1), "{report:?}");
    assert_eq!(world.site.count(POSTED), 1, "the trial");
    let unknown = engine.call(Request::TryOnce { account: "nobody".to_owned() }).await.expect_err("unknown");
    assert_eq!(unknown.code, Code::UnknownAccount);
    engine.engine.stop().await;
}
