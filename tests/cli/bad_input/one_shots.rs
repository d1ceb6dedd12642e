//! With no app running: every command is an engine of its own, for a moment.

use std::io::Write as _;
use std::time::Duration;

use super::rig::{Rig, SHORT, until};
use crate::world::{Ran, start};

#[test]
fn m1_s4_one_login_at_a_terminal_then_every_command_is_a_process_of_its_own() {
    let rig = Rig::new();
    let login = rig.log_in("practice-json", "work");
    assert_eq!(login.exit, 0, "{login:?}");
    assert!(login.out.contains("Lamplighter can keep this alive."), "{login:?}");
    assert_eq!(login.out.matches("E-mail:").count(), 1, "asked once: {login:?}");
    assert!(!login.out.contains("window"), "a form has none: {login:?}");
    assert!(!login.out.contains(&rig.site.person().password), "typed unseen");

    let before = rig.refreshes();
    let list = rig.lamp(&["list"]);
    assert!(list.exit == 0 && list.out.contains("Fine") && list.out.contains("min left"), "{list:?}");
    let status = rig.lamp(&["status", "work"]);
    assert!(status.exit == 0 && status.out.contains("ana@example.com"), "{status:?}");
    let token = rig.lamp(&["token", "work"]);
    assert_eq!((token.exit, rig.lamp(&["token", "work"]).out), (0, token.out.clone()), "twice the same");
    assert!(rig.site.owner_of(token.out.trim()).is_some(), "the service takes it");
    assert_eq!(rig.lamp(&["refresh"]).exit, 0);
    assert_eq!(rig.refreshes(), before, "nothing was due");

    assert_eq!(rig.lamp(&["refresh", "--force"]).exit, 0);
    assert_eq!(rig.refreshes(), before + 1);
    let check = rig.lamp(&["check", "work"]);
    assert!(
        check.exit == 0 && check.out.starts_with("work works. Signed in as ana@example.com."),
        "{check:?}"
    );
    assert_eq!(rig.lamp(&["pause", "work"]).out, "work: Paused\n");
    let paused = rig.lamp(&["check", "work"]);
    assert!(paused.exit == 8 && paused.err.ends_with("→ lamp resume work\n"), "{paused:?}");
    assert_eq!(rig.lamp(&["token", "work"]).exit, 0, "a token that is valid is served");
    assert_eq!(rig.lamp(&["resume", "work"]).out, "work: Fine\n");
    let history = rig.lamp(&["history", "work"]);
    assert!(history.out.contains("Signed in") && history.out.contains("Still signed in"), "{history:?}");

    assert_eq!(rig.lamp(&["logout", "work"]).exit, 0);
    assert_eq!(rig.site.count_good("POST /api/auth/logout"), 1, "revoked at the service");
    assert_eq!(rig.code(&["token", "work"]), "unknown_account");
    assert!(!rig.path("runtime/api.sock").exists());
}

#[test]
fn f48_eight_processes_at_expiry_cause_one_request() {
    let rig = Rig::with(SHORT);
    assert_eq!(rig.log_in("practice-json", "work").exit, 0);
    let in_force = rig.config();
    assert_eq!(rig.lamp(&["pause", "work"]).exit, 0);
    until("it expires", || rig.lamp(&["list"]).out.contains("expired"));
    rig.set_config(&in_force);
    // However long the eight take: what the first one gets is still good for the last one.
    rig.site.set_token_life(Duration::from_secs(3600));
    let before = rig.refreshes();
    let all: Vec<_> = (0..8).map(|_| start(rig.command(&["token", "work", "--wait", "3m"]))).collect();
    for child in all {
        let ran = Ran::from(child.wait_with_output().expect("it was started"));
        assert!(ran.exit == 0 && rig.site.owner_of(ran.out.trim()).is_some(), "{ran:?}");
    }
    assert_eq!(rig.refreshes(), before + 1);
}

#[test]
fn a_one_shot_listens_and_serves_others_while_it_lives() {
    let rig = Rig::logged_in();
    let mut engine = rig.engine();
    let status = rig.lamp(&["status", "--json"]);
    let pid = format!("\"pid\":{}", engine.0.id());
    assert!(status.out.contains("\"holder\":\"one-shot\"") && status.out.contains(&pid), "{status:?}");
    assert_eq!(rig.lamp(&["token", "work"]).exit, 0);
    engine.0.stdin.take().expect("piped").write_all(rig.answers().as_bytes()).expect("it reads");
    until("the login ends", || engine.0.try_wait().expect("ours").is_some());
    let list = rig.lamp(&["list"]);
    assert!(list.out.contains("later") && list.out.contains("work"), "{list:?}");
}
