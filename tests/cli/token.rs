//! `lamp token`: S4.1 and P4, from the consumer's side.

use lamplighter_core::api::TokenGrant;
use lamplighter_core::id::hex;
use lamplighter_core::secret::Secret;

use crate::fake::{Fake, grant};
use crate::world::World;

#[test]
fn p4_a_token_comes_as_a_line_as_a_header_and_as_json() {
    let world = World::new(Fake::new());
    assert_eq!(world.lamp(&["token", "a"]).out, "t-1\n");
    assert_eq!(world.lamp(&["token", "a", "--header"]).out, "Authorization: Bearer t-1\n");
    let json = world.lamp(&["token", "a", "--json"]).out;
    assert_eq!(
        json,
        concat!(
            r#"{"answer":"token","token":"t-1","name":"access","ends":1900000000000,"left_ms":600000,"generation":3,"#,
            r#""headers":[{"name":"Authorization","value":"Bearer t-1"}],"still_good":false,"warning":null}"#,
            "\n"
        )
    );
}

#[test]
fn s4_1_every_wish_reaches_the_engine() {
    let world = World::new(Fake::new());
    world.lamp(&["token", "work-slack", "--name", "user", "--min-valid", "5m", "--wait", "2s", "--stale"]);
    world.lamp(&["token", "work-slack"]);
    assert_eq!(
        world.fake.words(),
        [
            "token work-slack Some(\"user\") Some(300000) Some(2000) true None",
            "token work-slack None None Some(30000) false None"
        ]
    );
}

#[test]
fn t10_a_rejected_token_is_read_from_standard_input_and_only_its_digest_leaves() {
    let world = World::new(Fake::new());
    for input in ["t-old", "t-old\n", "  t-old\r\n"] {
        assert_eq!(world.typed(&["token", "a", "--rejected", "-"], input).exit, 0);
    }
    let digest = hex(&Secret::from("t-old").digest());
    let expected = format!("token a None None Some(30000) false Some(\"{digest}\")");
    assert_eq!(world.fake.words(), [expected.clone(), expected.clone(), expected]);
    let ran = world.typed(&["token", "a", "--rejected", "-"], "\n");
    assert!(ran.exit == 2 && ran.err.contains("No rejected token"), "{ran:?}");
}

#[test]
fn f58_still_good_and_warnings_are_said_beside_the_token() {
    let world = World::new(Fake::new().on_token(|_| {
        Ok(TokenGrant { still_good: true, warning: Some("Lives only 10 min.".into()), ..grant("t-2") })
    }));
    let ran = world.lamp(&["token", "a"]);
    assert_eq!(ran.out, "t-2\n");
    assert!(ran.err.contains("Lives only 10 min.") && ran.err.contains("still good"), "{}", ran.err);
    let json = world.lamp(&["token", "a", "--json"]);
    assert_eq!(json.err, "");
    assert!(json.out.contains("\"still_good\":true,\"warning\":\"Lives only 10 min.\""), "{}", json.out);
}

#[test]
fn t13_a_token_with_a_line_end_never_becomes_two_lines() {
    for evil in ["t\nX-Evil: 1", "t\r1", "t\0", "t\x1b[2J"] {
        let world = World::new(Fake::new().on_token(move |_| Ok(grant(evil))));
        for args in [&["token", "a"][..], &["token", "a", "--header"]] {
            let ran = world.lamp(args);
            assert_eq!((ran.exit, ran.out.as_str()), (7, ""), "{evil:?}");
        }
        let json = world.lamp(&["token", "a", "--json"]).out;
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((read["token"].as_str(), json.lines().count()), (Some(evil), 1));
    }
}

#[test]
fn a_token_without_headers_says_so() {
    let world = World::new(Fake::new().on_token(|_| Ok(TokenGrant { headers: Vec::new(), ..grant("t-3") })));
    let ran = world.lamp(&["token", "a", "--header"]);
    assert_eq!((ran.exit, ran.out.as_str()), (2, ""));
}

#[test]
fn t7_the_engine_is_told_which_program_asks() {
    let world = World::new(Fake::new());
    world.lamp(&["token", "a"]);
    let callers = world.fake.callers.lock().unwrap();
    assert_eq!(callers[0].program, format!("lamp{}", std::env::consts::EXE_SUFFIX));
    // Users have no such numbers on Windows.
    assert!(callers[0].pid.is_some() && callers[0].uid.is_some() == cfg!(unix));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let world = World::new(Fake::new());
    let mut command = world.command(&["token", "a"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}
