//! With no app running: every command is an engine of its own, for a moment.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lamplighter_core::api::{Request, TokenRequest};
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Timeouts, Trouble};
use testkit::practice::Fault;
use testkit::processes::Still;

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

/// Tells a program of the next test where the engine is.
const SOCKET: &str = "LAMPLIGHTER_TEST_ASKERS";

#[test]
fn f48_sixteen_programs_of_64_askers_cause_one_request() {
    let rig = Rig::with(SHORT);
    assert_eq!(rig.log_in("practice-json", "work").exit, 0);
    let in_force = rig.config();
    assert_eq!(rig.lamp(&["pause", "work"]).exit, 0);
    until("it expires", || rig.lamp(&["list"]).out.contains("expired"));
    rig.set_config(&in_force);
    rig.site.set_token_life(Duration::from_secs(3600));
    let before = rig.refreshes();
    // The answer is held back until all have asked.
    let (gate, held) = tokio::sync::watch::channel(false);
    rig.site.always("/api/auth/refresh", Fault::Held(held));
    let _engine = rig.engine();
    let mut programs: Vec<_> = (0..16).map(|_| start(program(&rig))).collect();
    let mut said: Vec<_> = programs
        .iter_mut()
        .map(|child| BufReader::new(child.stdout.take().expect("piped")).lines())
        .collect();
    for lines in &mut said {
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("all ask"))), "a program ended");
    }
    gate.send_replace(true);
    for mut lines in said {
        let served = lines.find_map(|line| line.ok()?.strip_prefix("served ").map(str::to_owned));
        assert_eq!(served.as_deref(), Some("64 with 1 token"), "every asker has the same token");
        // It still has to say how its test ended.
        lines.for_each(drop);
    }
    for mut child in programs {
        assert!(child.wait().expect("ours").success());
    }
    assert_eq!(rig.refreshes(), before + 1);
}

fn program(rig: &Rig) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "bad_input::one_shots::a_program_of_64_askers", "--nocapture"]);
    command.env(SOCKET, rig.path("runtime/api.sock"));
    command
}

/// Does nothing but in a process of the test above.
#[test]
fn a_program_of_64_askers() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let (all, asking) = (Barrier::new(64), AtomicUsize::new(0));
    let request = TokenRequest { wait_ms: Some(170_000), ..TokenRequest::default() };
    let ask = || {
        all.wait();
        if asking.fetch_add(1, Ordering::SeqCst) == 63 {
            println!("\nall ask");
        }
        let granted = Client::new(&socket, Lang::En).token("work", &request);
        granted.map_err(|trouble| trouble.notice(Lang::En).what).map(|grant| grant.value.digest())
    };
    let tokens: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let refused: Vec<_> = tokens.iter().filter_map(|token| token.as_ref().err()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let different: BTreeSet<_> = tokens.iter().flatten().collect();
    println!("served {} with {} token", tokens.len(), different.len());
}

#[test]
fn f49_who_asks_a_stopped_engine_is_told_which_process_it_is() {
    let rig = Rig::logged_in();
    let engine = rig.engine();
    let pid = engine.0.id();
    let still = Still::hold([pid].into());
    let timeouts = Timeouts { quick: Duration::from_secs(2), ..Timeouts::default() };
    let asked =
        |lang| Client::new(rig.path("runtime/api.sock"), lang).with(timeouts).call(&Request::Accounts);
    let Err(Trouble::Said(notice)) = asked(Lang::En) else { panic!("a stopped engine has answered") };
    assert_eq!(notice.code, Code::Busy);
    assert_eq!(notice.what, format!("Lamplighter (process {pid}) is stopped and does not answer."));
    assert_eq!(notice.cure, Some(format!("Let it go on with `kill -CONT {pid}`.")));
    assert!(notice.safe.is_some() && notice.next.is_some(), "{notice:?}");
    let Err(Trouble::Said(notice)) = asked(Lang::Fr) else { panic!("a stopped engine has answered") };
    assert_eq!(notice.what, format!("Lamplighter (processus {pid}) est suspendu et ne répond pas."));
    drop(still);
    assert_eq!(rig.lamp(&["list"]).exit, 0, "it goes on");
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
