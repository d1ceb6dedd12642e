//! A bug of our own in one login or one attempt: it is told, and costs nobody else anything.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lamplighter_core::account::Job;
use lamplighter_core::api::{LoginStage, Standing};
use lamplighter_core::refresh::Effect;
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Now;
use lamplighter_engine::clock::Clock;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::{Observed, Start};
use lamplighter_engine::store::Stores;
use lamplighter_engine::{Engine, Holder};

use super::world::{Handed, Running, World};

/// How long a login may take: nothing else waits so long.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// A clock whose bug shows when a login asks it for its deadline.
struct Broken {
    clock: Handed,
    is_armed: Arc<AtomicBool>,
}

impl Clock for Broken {
    fn now(&self) -> Now {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        assert!(
            duration < DEADLINE || !self.is_armed.load(Ordering::Acquire),
            "a bug, as this test wants one"
        );
        self.clock.sleep(duration)
    }
}

/// An engine with two bugs: in a login, and in the next refresh that is about to send something.
async fn start(world: &World, login: &Arc<AtomicBool>, refresh: &Arc<AtomicBool>) -> Running {
    let in_refresh = Arc::clone(refresh);
    let start = Start {
        env: Env { root: Some(world.path("")), ..Env::default() },
        holder: Holder::Desktop,
        clock: Arc::new(Broken { clock: Handed(world.clock.clone()), is_armed: Arc::clone(login) }),
        store: Some(Stores::only(world.store.clone())),
        observer: Some(Arc::new(move |observed| {
            if let Observed::Before(Job::Refresh, Effect::Send(_)) = observed {
                assert!(!in_refresh.swap(false, Ordering::AcqRel), "a bug, as this test wants one");
            }
        })),
        ..Start::one_shot(Lang::En)
    };
    Running::new(Engine::start(start).await.expect("the engine starts"))
}

#[tokio::test]
async fn a_panic_in_a_login_is_told_and_gives_its_place_of_eight_back() {
    let world = World::new();
    let (login, refresh) = (Arc::new(AtomicBool::new(true)), Arc::default());
    let engine = start(&world, &login, &refresh).await;
    for number in 0..9 {
        let id = engine.begin_login(&world, &format!("work-{number}")).await;
        let LoginStage::Failed { notice } = engine.login_ends(&id).await else { panic!("it cannot go on") };
        assert_eq!((notice.code, notice.account), (Code::Internal, Some(format!("work-{number}"))));
        assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some());
    }
    assert!(world.store.is_empty());
    login.store(false, Ordering::Release);
    engine.log_in(&world, "work").await;
    assert_eq!(engine.account("work").await.standing, Standing::Fine);
    engine.engine.stop().await;
}

#[tokio::test]
async fn a_panic_in_a_refresh_is_told_with_the_next_try_and_the_other_account_goes_on() {
    let world = World::new();
    let (login, refresh) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let engine = start(&world, &login, &refresh).await;
    engine.log_in(&world, "work").await;
    engine.log_in(&world, "other").await;
    let before = engine.account("work").await.generation;
    refresh.store(true, Ordering::Release);
    let wanted = |account: &str| lamplighter_core::api::Request::Refresh {
        accounts: vec![account.to_owned()],
        force: true,
        dry_run: false,
    };
    let report = engine.call(wanted("work")).await;
    assert!(format!("{report:?}").contains("failed: 1"), "{report:?}");
    let view = engine.account("work").await;
    assert_eq!((view.standing, view.generation), (Standing::Waiting, before));
    let notice = view.notice.expect("it is told");
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
    let report = engine.call(wanted("other")).await;
    assert!(format!("{report:?}").contains("success: 1"), "{report:?}");
    // Record and journal are read anew, and it goes on.
    world.pass_by(&engine, Duration::from_secs(35 * 60), Duration::from_secs(80)).await;
    engine.until("work", "fine again", |view| view.standing == Standing::Fine).await;
    let report = engine.call(wanted("work")).await;
    assert!(format!("{report:?}").contains("success: 1"), "{report:?}");
    engine.engine.stop().await;
}
