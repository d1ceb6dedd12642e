//! How it ends (F64): what has begun is finished and saved, then it is gone, and nothing is in the way of the next one.

use std::path::Path;

use rustix::process::Signal;
use testkit::practice::Fault;
use testkit::processes::Still;
use tokio::sync::watch;

use super::server::{ASKED_AT, Served};
use crate::bad_input::rig::{Rig, until};
use crate::world::start;

/// The refresh's address at the service.
const REFRESH: &str = "/api/auth/refresh";
/// What it says when it was asked to end.
const ENDING: &str = "Ending: what has begun is finished and saved.";

#[test]
fn f64_serve_that_is_terminated_during_a_refresh_finishes_and_keeps_it() {
    let rig = Rig::logged_in();
    let served = Served::start(&rig);
    let old = rig.lamp(&["token", "work"]).out;
    let before = rig.site.arrived(&format!("POST {REFRESH}"));
    let (answer, held) = watch::channel(false);
    rig.site.script(REFRESH, [Fault::Held(held)]);
    let asking = start(rig.command(&["refresh", "work", "--force"]));
    until("the refresh is at the service", || rig.site.arrived(&format!("POST {REFRESH}")) == before + 1);
    served.signal(Signal::TERM);
    served.await_said(ENDING);
    answer.send_replace(true);
    let (code, said) = served.ended();
    assert_eq!(code, Some(0), "{said}");
    _ = asking.wait_with_output().expect("it was started");
    assert!(!rig.path("runtime/api.sock").exists(), "no socket is left behind");

    let served = Served::start(&rig);
    let new = rig.lamp(&["token", "work"]).out;
    assert_ne!(new, old, "what the refresh brought was kept");
    assert!(rig.site.owner_of(new.trim()).is_some(), "and is good");
    assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0, "and so is its refresh token");
    assert_eq!(rig.site.presented(&rig.site.person().email).again, 0, "none was spent twice");
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn f64_serve_ends_in_order_by_each_signal_and_an_ignored_hangup_is_none() {
    let rig = Rig::new();
    let lamp = rig.command(&[]);
    // What is ignored is inherited: as from a terminal first, even where these tests themselves are run by nohup.
    let by = |program: &str, words: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(words).arg(env!("CARGO_BIN_EXE_lamp")).arg("serve");
        command.env_clear().envs(lamp.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let served = Served::spawn(command);
        served.await_said(ASKED_AT);
        served
    };
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let served = by("env", &["--default-signal=HUP"]);
        served.signal(signal);
        let (code, said) = served.ended();
        assert!(code == Some(0) && said.contains(ENDING), "{signal:?}: {code:?} {said}");
    }
    let served = by("nohup", &[]);
    served.signal(Signal::HUP);
    assert_eq!(rig.lamp(&["list"]).exit, 0, "it answers");
    assert!(!served.said().contains(ENDING), "{}", served.said());
    assert_eq!(served.terminated().0, Some(0));
}

#[test]
fn f64_serve_that_is_terminated_while_it_waits_for_a_one_shot_ends_at_once() {
    let rig = Rig::new();
    let one_shot = rig.engine();
    let (manager, address) = super::manager::listening(rig.path("notify"));
    let mut command = rig.command(&["serve"]);
    command.env("NOTIFY_SOCKET", address);
    let served = Served::spawn(command);
    assert_eq!(super::manager::heard(&manager), "STATUS=Starting");
    let (code, said) = served.terminated();
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(rig.lamp(&["list"]).exit, 0, "the one-shot has the lock as before");
    drop(one_shot);
}

#[test]
fn f64_serve_that_was_killed_leaves_nothing_that_keeps_the_next_one_out() {
    let rig = Rig::logged_in();
    let served = Served::start(&rig);
    let token = rig.lamp(&["token", "work"]).out;
    served.signal(Signal::KILL);
    assert_eq!(served.ended().0, None);
    assert!(Path::new(&rig.path("runtime/api.sock")).exists(), "a killed one cannot tidy up");
    let served = Served::start(&rig);
    assert_eq!(rig.lamp(&["token", "work"]).out, token);
    assert_eq!(served.terminated().0, Some(0));
}

/// A store that hangs must not keep the machine from going down.
#[test]
fn f64_serve_ends_though_its_keyring_hangs() {
    let rig = Rig::logged_in();
    let served = Served::start(&rig);
    let token = rig.lamp(&["token", "work"]).out;
    let before = rig.site.arrived(&format!("POST {REFRESH}"));
    let (answer, held) = watch::channel(false);
    rig.site.script(REFRESH, [Fault::Held(held)]);
    let asking = start(rig.command(&["refresh", "work", "--force"]));
    until("the refresh is at the service", || rig.site.arrived(&format!("POST {REFRESH}")) == before + 1);
    let hangs = Still::hold([rig.keyring_process()].into());
    answer.send_replace(true);
    until("it was answered", || rig.refreshes() == before + 1);
    let (code, said) = served.terminated();
    assert_eq!(code, Some(0), "{said}");
    _ = asking.wait_with_output().expect("it was started");
    drop(hangs);

    let served = Served::start(&rig);
    let new = rig.lamp(&["token", "work"]);
    let is_good = rig.site.owner_of(new.out.trim()).is_some();
    assert!(new.out != token && is_good, "the journal had it: {new:?}, {said}, then {}", served.said());
    assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0);
    assert_eq!(rig.site.presented(&rig.site.person().email).again, 0, "none was spent twice");
    assert_eq!(served.terminated().0, Some(0));
}
