//! `lamp login` at the terminal's end.

#[cfg(unix)]
use std::io::{BufRead as _, BufReader};
#[cfg(unix)]
use std::process::Command;
use std::sync::Mutex;

use lamplighter_core::api::{FieldView, LoginAnswer, LoginStage, ProviderView, Request, Response};
use lamplighter_core::report::{Code, Notice};

use crate::fake::{Fake, login, usual};
use crate::world::{Ran, World, start};

fn field(name: &str, secret: bool) -> FieldView {
    FieldView {
        name: name.into(),
        label: name.to_uppercase(),
        secret,
        optional: false,
        default: None,
        kind: "text".into(),
        help: None,
    }
}

fn slack() -> ProviderView {
    ProviderView {
        id: "slack".into(),
        name: "Slack".into(),
        built_in: true,
        path: None,
        hosts: vec!["slack.com".into()],
        vars: vec![field("team", false), field("client_secret", true)],
        logins: vec!["oauth".into()],
        refreshes: vec!["oauth".into()],
        notice: None,
    }
}

fn done() -> LoginStage {
    let words = "Signed in as ana@example.com. Lamplighter can keep this alive.".into();
    LoginStage::Done { identity: Some("ana@example.com".into()), renewable: true, ends: None, words }
}

/// A login that goes through `stages`, one with each look or answer.
fn going_through(stages: Vec<LoginStage>) -> Fake {
    let left = Mutex::new(stages.into_iter());
    let last = Mutex::new(LoginStage::Opening);
    Fake::new().on_call(move |request| match request {
        Request::Providers => Ok(Response::Providers { providers: vec![slack()] }),
        Request::LoginAnswer { answer: LoginAnswer::Cancel, .. } => {
            Ok(Response::Login { login: Box::new(login(LoginStage::Cancelled)) })
        }
        Request::NewLogin { .. }
        | Request::Login { .. }
        | Request::LoginState { .. }
        | Request::LoginAnswer { .. } => {
            let mut last = last.lock().unwrap();
            if let Some(next) = left.lock().unwrap().next() {
                *last = next;
            }
            Ok(Response::Login { login: Box::new(login(last.clone())) })
        }
        other => Ok(usual(&other)),
    })
}

#[test]
fn a_form_is_filled_from_the_terminal_and_secrets_stay_out_of_the_output() {
    let fields = LoginStage::Fields { fields: vec![field("user", false), field("password", true)] };
    let world = World::new(going_through(vec![fields, LoginStage::Proving, done()]));
    let ran = world.typed(&["login", "work-slack", "--way", "1"], "ana\ns3cret pass\n");
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(ran.out, "Signed in as ana@example.com. Lamplighter can keep this alive.\n");
    assert!(ran.err.contains("Checking the login") && !ran.err.contains("s3cret"), "{}", ran.err);
    let words = world.fake.words();
    assert!(words.contains(&"login work-slack Some(1)".to_owned()), "{words:?}");
    let answer = "login_answer login-1 [(\"password\", \"s3cret pass\"), (\"user\", \"ana\")]";
    assert!(words.contains(&answer.to_owned()), "{words:?}");
}

#[test]
fn a_new_login_takes_settings_and_asks_for_what_is_missing() {
    let world = World::new(going_through(vec![done()]));
    let args = ["login", "slack", "--as", "new-one", "--set", "team=acme"];
    let ran = world.typed(&args, "s3cret\n");
    assert_eq!(ran.exit, 0, "{ran:?}");
    let expected = "new_login slack Some(AccountName(\"new-one\")) {VarName(\"team\"): \"acme\"} [(VarName(\"client_secret\"), \"s3cret\")] None";
    assert!(world.fake.words().contains(&expected.to_owned()), "{:?}", world.fake.words());
}

#[test]
fn t10_a_secret_setting_is_not_taken_from_the_command_line() {
    let world = World::new(going_through(vec![done()]));
    let ran = world.lamp(&["login", "slack", "--set", "client_secret=s3cret"]);
    assert!(ran.exit == 2 && !ran.err.contains("s3cret"), "{ran:?}");
    let args = ["login", "slack", "--set", "client_secret=-", "--set", "team=acme"];
    assert_eq!(world.typed(&args, "s3cret\n").exit, 0);
    let unknown = world.lamp(&["login", "slack", "--set", "tem=x"]);
    assert!(unknown.exit == 2 && unknown.err.contains("team"), "{unknown:?}");
    assert_eq!(world.lamp(&["login", "nothing"]).exit, 4);
}

#[test]
fn a_setting_is_for_new_accounts_and_says_so_of_one_that_is_there() {
    let world = World::new(going_through(vec![done()]));
    let ran = world.lamp(&["login", "work-slack", "--set", "client_secret=s3cret"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("--set is for new accounts, and `work-slack` is there already."), "{ran:?}");
    assert!(
        ran.err.contains("lamp secret set work-slack client_secret") && !ran.err.contains("s3cret"),
        "{ran:?}"
    );
}

#[test]
fn an_oauth_login_prints_its_address_and_waits() {
    let url = "https://slack.com/oauth/v2/authorize?state=x".to_owned();
    let world = World::new(going_through(vec![LoginStage::Opening, LoginStage::Browser { url }, done()]));
    let ran = world.lamp(&["login", "work-slack"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.err.contains("  https://slack.com/oauth/v2/authorize?state=x\n"), "{}", ran.err);
}

#[test]
fn p1_a_device_login_prints_code_and_address_in_both_languages() {
    let url = || "https://id.example/device".to_owned();
    let complete = || Some("https://id.example/device?user_code=WDJB-MJHT".to_owned());
    for (lang, words, or) in [
        ("C.UTF-8", "Open this address, here or on another device, and type the code:", "Or this one"),
        (
            "fr_FR.UTF-8",
            "Ouvrez cette adresse, ici ou sur un autre appareil, et saisissez le code\u{a0}:",
            "Ou celle-ci",
        ),
    ] {
        for complete in [None, complete()] {
            let has_complete = complete.is_some();
            let stage = LoginStage::Device { url: url(), complete, code: "WDJB-MJHT".into() };
            let world = World::new(going_through(vec![LoginStage::Opening, stage, done()]));
            let mut command = world.command(&["login", "work-slack", "--no-open"]);
            command.env("LANG", lang);
            let ran = Ran::from(start(command).wait_with_output().expect("it was started"));
            assert_eq!(ran.exit, 0, "{ran:?}");
            let shown = format!("{words}\n  {}\n  WDJB-MJHT\n", url());
            assert!(ran.err.contains(&shown), "{}", ran.err);
            assert_eq!(ran.err.contains(or), has_complete, "{}", ran.err);
        }
    }
}

#[test]
fn f61_a_login_that_waits_for_the_keyring_says_so_and_goes_on() {
    let notice = Notice::new(Code::StoreLocked, "Your keyring is locked.")
        .of("work-slack")
        .safe("The login went through; it waits in memory.")
        .cure("Unlock it and the login is saved.");
    let world = World::new(going_through(vec![LoginStage::Unsaved { notice }, done()]));
    let ran = world.lamp(&["login", "work-slack"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.err.contains("work-slack: Your keyring is locked.\n"), "{}", ran.err);
    assert!(ran.err.contains("Unlock it and the login is saved."), "{}", ran.err);
}

#[test]
fn a_pasted_address_is_an_answer_and_nothing_pasted_gives_up() {
    let ask = || LoginStage::PasteAddress { url: "https://slack.com/".into() };
    let world = World::new(going_through(vec![ask(), done()]));
    let ran = world.typed(&["login", "work-slack"], "http://127.0.0.1/?code=c0de&state=x\n");
    assert!(ran.exit == 0 && !ran.err.contains("c0de"), "{ran:?}");
    let answer = "login_answer login-1 http://127.0.0.1/?code=c0de&state=x".to_owned();
    assert!(world.fake.words().contains(&answer), "{:?}", world.fake.words());
    let world = World::new(going_through(vec![ask(), done()]));
    let ran = world.typed(&["login", "work-slack"], "");
    assert!(ran.exit == 3 && ran.err.contains("still there"), "{ran:?}");
}

#[test]
fn another_person_is_kept_only_if_that_is_said() {
    let wrong = || LoginStage::WrongPerson { before: "ana".into(), now: "bob".into() };
    for (input, answer, exit) in [("y\n", "accept_person", 0), ("\n", "cancel", 3), ("", "cancel", 3)] {
        let world = World::new(going_through(vec![wrong(), done()]));
        assert_eq!(world.typed(&["login", "work-slack"], input).exit, exit, "{input:?}");
        assert!(world.fake.words().contains(&format!("login_answer login-1 {answer}")));
    }
}

#[test]
fn a_login_that_fails_says_why_and_ends_with_its_code() {
    let notice = Notice::new(Code::NoDisplay, "There is no display.").of("work-slack").cure("Use a desktop.");
    let world = World::new(going_through(vec![LoginStage::Failed { notice }]));
    let ran = world.lamp(&["login", "work-slack"]);
    assert_eq!(
        (ran.exit, ran.err.as_str()),
        (6, "lamp: work-slack: There is no display.\n      Use a desktop.\n")
    );
    let json = world.lamp(&["login", "work-slack", "--json"]);
    assert!(json.exit == 6 && json.out.contains("\"code\":\"no_display\""), "{json:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_login_at_the_engine() {
    let open = || LoginStage::Open { host: Some("slack.com".into()) };
    let world = World::new(going_through(vec![open()]));
    let mut child = start(world.command(&["login", "work-slack"]));
    let mut said = String::new();
    BufReader::new(child.stderr.as_mut().expect("piped")).read_line(&mut said).expect("it says something");
    assert!(said.contains("slack.com"), "{said}");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(kill.success());
    let ran = Ran::from(child.wait_with_output().expect("it was started"));
    assert_eq!((ran.exit, ran.out.as_str()), (130, ""), "{ran:?}");
    // A look at the login may still have been on its way.
    assert!(
        world.fake.words().contains(&"login_answer login-1 cancel".to_owned()),
        "{:?}",
        world.fake.words()
    );
}
