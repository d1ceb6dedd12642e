//! A computer without certificates of authorities, as small containers are.

use std::path::Path;
use std::process::Command;

use testkit::wait;

use super::ended::finished;
use super::rig::{Ours, Rig};
use crate::world::{PATIENCE, Ran, start};

/// `lamp` where certificates are looked for in this file only.
fn lamp(rig: &Rig, certificates: &Path, args: &[&str]) -> Command {
    let mut command = rig.command(args);
    command.env("SSL_CERT_FILE", certificates).env("SSL_CERT_DIR", "/nonexistent");
    command
}

#[test]
fn f03_without_certificates_all_that_needs_no_network_works_and_the_rest_says_what_to_install() {
    let rig = Rig::logged_in();
    let missing = rig.path("authorities.pem");
    let run = |args: &[&str]| finished(lamp(&rig, &missing, args));
    for args in [
        &["list"][..],
        &["status", "work"],
        &["token", "work"],
        &["history", "work"],
        &["provider", "list"],
        &["pause", "work"],
        &["resume", "work"],
    ] {
        let ran = run(args);
        assert_eq!(ran.exit, 0, "{args:?}: {ran:?}");
    }
    let before = rig.refreshes();
    let refused = run(&["refresh", "work", "--force"]);
    assert_eq!(refused.exit, 6, "{refused:?}");
    assert!(refused.out.contains("no certificates"), "{refused:?}");
    let status = run(&["status", "work"]);
    for part in ["no certificates", "Your login is safe", "Next try", "ca-certificates"] {
        assert!(status.out.contains(part), "no {part:?}: {status:?}");
    }
    assert_eq!(rig.refreshes(), before);
    assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0, "nothing is lost");
}

#[test]
fn f03_certificates_that_are_installed_while_it_runs_are_used() {
    let rig = Rig::logged_in();
    let later = rig.path("authorities.pem");
    // An engine that runs as long as nobody answers its questions.
    let base = format!("base={}", rig.site.base());
    let words = ["login", "practice-json", "--as", "later", "--set", &base];
    let _engine = Ours(start(lamp(&rig, &later, &words)));
    let refresh = || {
        Ran::from(start(rig.command(&["refresh", "work", "--force"])).wait_with_output().expect("it ends"))
    };
    assert!(wait::until_true(PATIENCE, || rig.path("runtime/api.sock").exists()));
    assert_eq!(refresh().exit, 6);
    let pem = std::fs::read("/etc/ssl/certs/ca-certificates.crt").expect("here they are installed");
    std::fs::write(&later, pem).expect("written");
    let ran = refresh();
    assert_eq!(ran.exit, 0, "{ran:?}");
}
