//! `lamp` and a running engine of another version: one of them was updated. What the other adds is passed over; what
//! it does not understand is said with what to do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixListener;

use lamplighter_core::api::{Request, Response};
use lamplighter_engine::api::write_grant;
use serde_json::{Value, json};

use crate::fake::{account, grant, usual};
use crate::world::{Ran, lamp, socket, start};

/// Answers each request line, such as `GET /v1/accounts`, with a status and a body, until the test's process ends.
fn engine(answer: impl Fn(&str) -> (u16, Vec<u8>) + Send + 'static) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let path = socket(home.path());
    std::fs::create_dir(path.parent().expect("a folder")).expect("created");
    let listener = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let (mut line, mut length, mut first) = (String::new(), 0, None);
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                let field = line.to_ascii_lowercase();
                length = field.strip_prefix("content-length:").map_or(length, |n| n.trim().parse().unwrap());
                first.get_or_insert_with(|| line.clone());
                line.clear();
            }
            // Some only look whether anybody is there.
            let Some(first) = first else { continue };
            stream.read_exact(&mut vec![0; length]).expect("a body");
            let (status, body) = answer(first.trim().trim_end_matches(" HTTP/1.1"));
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
            // `lamp` may have ended meanwhile.
            _ = stream.get_mut().write_all(&[head.as_bytes(), &body].concat());
        }
    });
    home
}

fn run(home: &tempfile::TempDir, args: &[&str], lang: &str) -> Ran {
    let mut command = lamp(home.path(), args);
    command.env("LC_ALL", lang);
    Ran::from(start(command).wait_with_output().expect("it was started"))
}

/// A member that this version does not know, in every object.
fn of_tomorrow(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(of_tomorrow);
            members.insert("of_tomorrow".into(), json!({ "kind": ["new", 1] }));
        }
        Value::Array(items) => items.iter_mut().for_each(of_tomorrow),
        _ => {}
    }
}

fn newer(response: &Response) -> (u16, Vec<u8>) {
    let mut value = serde_json::to_value(response).expect("JSON");
    of_tomorrow(&mut value);
    (200, value.to_string().into_bytes())
}

const CURE: &str = "Quit Lamplighter and start it again; it may have been updated meanwhile.";
const CURE_FR: &str =
    "Quittez Lamplighter et redémarrez-le\u{a0}; il a peut-être été mis à jour entre-temps.";

#[test]
fn f53_what_a_newer_engine_adds_to_its_answers_is_passed_over() {
    let home = engine(|line| match line {
        "GET /v1/accounts" => newer(&usual(&Request::Accounts)),
        "GET /v1/engine" => newer(&usual(&Request::Engine)),
        "GET /v1/accounts/work-slack" => {
            newer(&Response::Account { account: Box::new(account("work-slack")) })
        }
        "POST /v1/accounts/work-slack/token" => {
            let mut value: Value = serde_json::from_slice(&write_grant(&grant("t-9"))).expect("JSON");
            of_tomorrow(&mut value);
            (200, value.to_string().into_bytes())
        }
        other => panic!("{other}"),
    });
    let status = run(&home, &["status"], "C.UTF-8");
    assert!(status.exit == 0 && status.out.contains("work-slack"), "{status:?}");
    let one = run(&home, &["status", "work-slack"], "C.UTF-8");
    assert!(one.exit == 0 && one.out.contains("ana@example.com"), "{one:?}");
    let token = run(&home, &["token", "work-slack"], "C.UTF-8");
    assert_eq!((token.exit, token.out.as_str()), (0, "t-9\n"), "{token:?}");
}

#[test]
fn f53_an_older_engine_that_leaves_out_what_may_be_missing_is_understood() {
    let home = engine(|line| {
        let mut value = match line {
            "GET /v1/accounts" => serde_json::to_value(usual(&Request::Accounts)).expect("JSON"),
            _ => serde_json::to_value(usual(&Request::Engine)).expect("JSON"),
        };
        if let Some(engine) = value.get_mut("engine").and_then(Value::as_object_mut) {
            engine.retain(|_, value| !value.is_null());
        }
        (200, value.to_string().into_bytes())
    });
    let status = run(&home, &["status"], "C.UTF-8");
    assert!(status.exit == 0 && status.out.contains("work-slack"), "{status:?}");
}

#[test]
fn f53_an_answer_of_a_kind_that_this_version_does_not_know_is_said_with_what_to_do() {
    let unknown_standing = || {
        let mut value = serde_json::to_value(usual(&Request::Accounts)).expect("JSON");
        value["accounts"][0]["standing"] = json!("dreaming");
        value
    };
    let bodies = [
        (200, json!({ "answer": "hologram", "of": "work-slack" })),
        (200, unknown_standing()),
        // An error whose code came later.
        (409, json!({ "error": { "code": "asleep", "what": "It sleeps." } })),
    ];
    for (status, body) in bodies {
        let home = engine(move |_| (status, body.to_string().into_bytes()));
        for args in [&["list"][..], &["status"], &["token", "work-slack"]] {
            let ran = run(&home, args, "C.UTF-8");
            let what =
                "lamp: The running Lamplighter gave an answer that this version does not understand.\n";
            assert!(ran.exit == 1 && ran.out.is_empty(), "{args:?}: {ran:?}");
            assert!(ran.err.starts_with(what) && ran.err.contains(CURE), "{args:?}: {ran:?}");
        }
        let french = run(&home, &["list"], "fr_FR.UTF-8").err;
        assert!(
            french.contains("que cette version ne comprend pas.") && french.contains(CURE_FR),
            "{french}"
        );
    }
}

#[test]
fn f53_an_older_engine_that_does_not_know_a_call_is_named_as_that() {
    let older =
        json!({ "error": { "code": "usage", "what": "The request is wrong: there is no such call." } });
    let home = engine(move |_| (404, older.to_string().into_bytes()));
    let ran = run(&home, &["history", "work-slack"], "C.UTF-8");
    let what = "lamp: The running Lamplighter is of another version and does not know this call.\n";
    assert!(ran.exit == 1 && ran.err.starts_with(what), "{ran:?}");
    assert!(ran.err.contains("Nothing was changed.") && ran.err.contains(CURE), "{ran:?}");
    let french = run(&home, &["history", "work-slack"], "fr_FR.UTF-8").err;
    assert!(french.contains("est d’une autre version et ne connaît pas cet appel."), "{french}");
    assert!(french.contains(CURE_FR), "{french}");

    // An account that it does not have is another matter.
    let unknown = json!({ "error": { "code": "unknown_account", "what": "There is no account x." } });
    let home = engine(move |_| (404, unknown.to_string().into_bytes()));
    let ran = run(&home, &["history", "x"], "C.UTF-8");
    assert!(ran.err.starts_with("lamp: There is no account x."), "{ran:?}");
}
