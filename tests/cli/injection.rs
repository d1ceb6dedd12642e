//! T13: no byte of a name or a value crosses a line or a terminal that it should not.

use lamplighter_core::api::{Request, Response};
use lamplighter_core::report::{Code, Notice};

use crate::fake::{Fake, account};
use crate::world::{World, post};

/// Control characters that JSON and URLs can carry.
fn controls() -> impl Iterator<Item = char> {
    (0..0x20u8).chain([0x7f]).map(char::from).chain(['\u{85}', '\u{9b}'])
}

#[test]
fn t13_control_characters_in_any_field_are_refused_before_the_engine_sees_them() {
    let world = World::new(Fake::new());
    for c in controls() {
        let escaped = format!("\\u{:04x}", u32::from(c));
        for (path, body) in [
            ("/v1/refresh", format!(r#"{{"accounts":["a{escaped}b"]}}"#)),
            ("/v1/logins", format!(r#"{{"provider":"a{escaped}b"}}"#)),
            ("/v1/logins", format!(r#"{{"provider":"slack","name":"a{escaped}b"}}"#)),
            ("/v1/logins", format!(r#"{{"provider":"slack","vars":{{"v":"a{escaped}b"}}}}"#)),
            ("/v1/logins", format!(r#"{{"provider":"slack","vars":{{"v{escaped}":"a"}}}}"#)),
            ("/v1/logins/x", format!(r#"{{"answer":"address","url":"a{escaped}b"}}"#)),
            ("/v1/logins/x", format!(r#"{{"answer":"fields","values":{{"a{escaped}":"b"}}}}"#)),
            ("/v1/accounts/a/token", format!(r#"{{"name":"a{escaped}b"}}"#)),
            (
                "/v1/accounts/a/sinks",
                format!(r#"{{"sink":{{"kind":"env","path":"a{escaped}b","set":{{}}}}}}"#),
            ),
        ] {
            let reply = world.raw(post(path, &body));
            assert!(reply.starts_with("HTTP/1.1 400"), "{c:?} in {body}: {reply}");
        }
        let mut utf8 = [0; 4];
        let percent: String = c.encode_utf8(&mut utf8).bytes().map(|byte| format!("%{byte:02x}")).collect();
        let reply = world.raw(post(&format!("/v1/accounts/a{percent}b/check"), ""));
        assert!(reply.starts_with("HTTP/1.1 400"), "{c:?} in the path: {reply}");
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn t13_every_single_byte_in_a_path_gives_one_clean_answer() {
    let world = World::new(Fake::new());
    for byte in 0..=255u8 {
        let mut request = b"GET /v1/accounts/a".to_vec();
        request.push(byte);
        request.extend_from_slice(b"b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let reply = world.raw(&request);
        assert!(reply.matches("HTTP/1.1 ").count() <= 1, "{byte:#x}: {reply}");
    }
    assert!(
        world.fake.words().iter().all(|words| !words.contains(char::is_control)),
        "{:?}",
        world.fake.words()
    );
}

#[test]
fn t13_a_path_that_is_no_text_is_refused_in_the_words_of_the_contract() {
    let world = World::new(Fake::new());
    for path in ["/v1/accounts/%ff/try-once", "/v1/logins/a%80b", "/v1/accounts/%c3%28/check"] {
        let reply = world.raw(post(path, "{}"));
        assert!(reply.starts_with("HTTP/1.1 400") && reply.contains("\"code\":\"usage\""), "{path}: {reply}");
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn t13_line_ends_stay_possible_in_secrets_and_other_control_bytes_do_not() {
    let world = World::new(Fake::new());
    assert_eq!(world.typed(&["secret", "set", "a", "key"], "-----BEGIN\nabc\n-----END\n").exit, 0);
    assert_eq!(world.fake.words(), ["set_secret a key -----BEGIN\nabc\n-----END"]);
    assert_eq!(world.typed(&["secret", "set", "a", "key"], "a\u{1b}[0mb").exit, 2);
    assert_eq!(world.typed(&["secret", "set", "a", "key"], "").exit, 2);
    assert_eq!(world.fake.words().len(), 1);
}

#[test]
fn t13_what_services_and_people_name_cannot_drive_the_terminal() {
    let evil = "Ana\u{1b}]0;owned\u{7}\u{202e}\r\nfake line";
    let world = World::new(Fake::new().on_call(move |request| match request {
        Request::Accounts => {
            let mut view = account("a");
            view.service = evil.into();
            Ok(Response::Accounts { accounts: vec![view] })
        }
        Request::Account { .. } => {
            let mut view = account("a");
            view.identity = Some(evil.into());
            Ok(Response::Account { account: Box::new(view) })
        }
        _ => Err(Notice::new(Code::Temporary, evil).cure(evil)),
    }));
    for args in [&["list"][..], &["status", "a"], &["check", "a"]] {
        let ran = world.lamp(args);
        let shown = format!("{}{}", ran.out, ran.err);
        assert!(shown.contains("Ana"), "{args:?}: {shown}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{args:?}: {shown:?}");
    }
    assert_eq!(
        world.lamp(&["list"]).out.lines().count(),
        2,
        "a name cannot make a line of its own in a table"
    );
}
