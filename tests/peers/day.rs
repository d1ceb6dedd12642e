//! A day of an account, made short by tokens that live for seconds, and its end by the service.

use std::time::Duration;

use lamplighter_core::api::Standing;
use lamplighter_core::report::Code;
use testkit::wait;

use super::peer::{Asked, Peer};
use super::world::{SOON, World};

/// Longest until an ended session is told: the next refresh, and its confirmation a minute later at the earliest.
const AN_ALERT: Duration = Duration::from_secs(180);

/// Lets `hours` tokens come and go, each used by a program. `works` says whether the service takes a token.
///
/// Nobody is told anything meanwhile, and the account is never anything but fine or at work.
#[expect(clippy::print_stdout, reason = "who runs this takes long silence for a test that hangs")]
pub fn passes(world: &World, hours: u32, life: Duration, works: impl Fn(&str) -> bool) {
    let mut last = None;
    for hour in 0..hours {
        let look = || {
            let view = world.account();
            assert!(
                matches!(view.standing, Standing::Fine | Standing::Working),
                "in hour {hour} it is {:?}: {:?}\n{}",
                view.standing,
                view.notice,
                world.log()
            );
            Some(view.generation).filter(|generation| Some(*generation) != last)
        };
        last = wait::until(life * 3 + SOON, look);
        assert!(last.is_some(), "no refresh in hour {hour}: {}", world.log());
        let granted = world.token().unwrap_or_else(|notice| panic!("no token in hour {hour}: {notice:?}"));
        assert!(granted.left_ms.is_none_or(|left| left > 0));
        assert!(works(granted.value.expose_str().expect("text")), "the token of hour {hour} is not taken");
        if hour % 6 == 0 {
            println!("hour {hour} of {} is over", world.account().service);
        }
    }
    assert_eq!(world.notifications(), [""; 0], "nobody had to be told anything");
    let bad: Vec<_> =
        world.history().into_iter().filter(|row| row.kind == "refresh" && row.outcome != "renewed").collect();
    assert!(bad.is_empty(), "{bad:?}");
}

/// One request per expiry: all were granted, and no two were closer to each other than a token is to its refresh.
pub fn one_each(asked: &[Asked], life: Duration) {
    let refused: Vec<_> = asked.iter().filter(|asked| asked.status != 200).collect();
    assert!(refused.is_empty(), "{refused:?}");
    for pair in asked.windows(2) {
        let apart = pair[1].at - pair[0].at;
        // Refreshed at half of so short a life, less a tenth of that for jitter.
        assert!(apart > life.as_secs_f64() * 0.4, "two requests {apart} s apart: {pair:?}");
    }
}

/// The service ends everything; the person is told once, in these words.
pub fn is_ended(world: &World, peer: &mut Peer) {
    peer.end();
    let needs_you = || Some(world.account()).filter(|view| view.standing == Standing::NeedsYou);
    let view = wait::until(AN_ALERT, needs_you);
    let view = view.unwrap_or_else(|| panic!("never noticed: {:?}\n{}", world.account(), world.log()));
    let notice = view.notice.expect("it says why");
    let (service, what) = (&view.service, &notice.what);
    let at =
        what.strip_prefix(&format!("{service} ended the session at ")).and_then(|at| at.strip_suffix('.'));
    assert!(at.is_some_and(|at| at.len() == "10:39".len()), "{what}");
    assert_eq!(notice.code, Code::NeedsLogin);
    assert_eq!(
        notice.safe.as_deref(),
        Some("The session is over; everything that was stored is still here.")
    );
    assert_eq!(
        notice.next.as_deref(),
        Some("Your programs have no valid token now. Nothing more is sent until you reconnect.")
    );
    let cure = "Reconnect; it takes a minute. If the same login is used elsewhere, too, give each place one of its own.";
    assert_eq!(notice.cure.as_deref(), Some(cure));
    assert!(wait::until_true(SOON, || !world.notifications().is_empty()), "nobody is told");
    assert_eq!(
        world.notifications(),
        [format!("work needs you. | {what} Your programs have no valid token now.")]
    );
    let refused = world.token().err().expect("no token");
    assert_eq!((refused.code, refused.code.exit()), (Code::NeedsLogin, 3));
    assert!(world.stored().current.generation.0 > 0, "I2: nothing was deleted");
}

/// After a new login everything is as before.
pub fn is_reconnected(world: &World, works: impl Fn(&str) -> bool) {
    let fine = || world.account().standing == Standing::Fine;
    assert!(wait::until_true(SOON, fine), "{:?}", world.account());
    let granted = world.token().unwrap_or_else(|notice| panic!("{notice:?}"));
    assert!(works(granted.value.expose_str().expect("text")));
    assert_eq!(world.notifications().len(), 1, "told once: {:?}", world.notifications());
    assert!(
        wait::until_true(SOON, || world.desktop.notification_windows().is_empty()),
        "the notification stays"
    );
}
