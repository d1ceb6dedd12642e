//! Exit codes and closed error codes, for each kind of trouble.

use lamplighter_core::api::{RefreshReport, RefreshRow, Response};
use lamplighter_core::report::{Code, Notice};

use crate::fake::{Fake, account, needs_login};
use crate::world::World;

/// Every code, its name in JSON, and the exit code of design 7.
const CODES: [(Code, &str, i32); 22] = [
    (Code::Internal, "internal", 1),
    (Code::Usage, "usage", 2),
    (Code::BadFile, "bad_file", 2),
    (Code::NeedsLogin, "needs_login", 3),
    (Code::UnknownAccount, "unknown_account", 4),
    (Code::UnknownProvider, "unknown_provider", 4),
    (Code::UnknownLogin, "unknown_login", 2),
    (Code::UnknownToken, "unknown_token", 2),
    (Code::NameTaken, "name_taken", 2),
    (Code::StoreLocked, "store_locked", 5),
    (Code::StoreAbsent, "store_absent", 5),
    (Code::Temporary, "temporary", 6),
    (Code::Disk, "disk", 6),
    (Code::NotAllowed, "not_allowed", 7),
    (Code::Blocked, "blocked", 8),
    (Code::Paused, "paused", 8),
    (Code::Ended, "ended", 8),
    (Code::NoDisplay, "no_display", 6),
    (Code::NoChrome, "no_chrome", 6),
    (Code::Busy, "busy", 6),
    (Code::AddressTaken, "address_taken", 6),
    (Code::Refused, "refused", 7),
];

#[test]
fn every_code_ends_lamp_with_its_exit_code_and_its_name_in_json() {
    for (code, name, exit) in CODES {
        let world = World::new(
            Fake::new()
                .on_call(move |_| Err(Notice::new(code, "It is so.").of("a")))
                .on_token(move |_| Err(Notice::new(code, "It is so.").of("a"))),
        );
        for args in [&["status", "a"][..], &["token", "a"], &["check", "a"], &["pause", "a"], &["login", "a"]]
        {
            let ran = world.lamp(args);
            assert_eq!((ran.exit, ran.out.as_str()), (exit, ""), "{code:?} {args:?}");
            assert_eq!(ran.err, "lamp: a: It is so.\n", "{args:?}");
            let json = world.lamp(&[args, &["--json"]].concat());
            let text =
                format!("{{\"error\":{{\"code\":\"{name}\",\"account\":\"a\",\"what\":\"It is so.\"}}}}\n");
            assert_eq!((json.exit, json.out, json.err.as_str()), (exit, text, ""), "{code:?} {args:?}");
        }
    }
}

#[test]
fn wrong_command_lines_end_with_2_and_repeat_no_value() {
    let world = World::new(Fake::new());
    for args in [
        &["frobnicate", "s3cret"][..],
        &["token"],
        &["token", "a", "--min-valid", "s3cret"],
        &["token", "a", "--rejected", "s3cret"],
        &["token", "a", "--s3cret=s3cret"],
        &["token", "a", "s3cret"],
        &["rename", "a", "S3cret"],
        &["login", "x", "--set", "s3cret"],
        &["login", "x", "--way", "s3cret"],
        &["pause"],
        &["secret", "set", "a", "B"],
    ] {
        let ran = world.lamp(args);
        assert_eq!((ran.exit, ran.out.as_str()), (2, ""), "{args:?}");
        let value_shown =
            ran.err.contains("s3cret") && !args.contains(&"--s3cret=s3cret") || ran.err.contains("=s3cret");
        assert!(ran.err.starts_with("lamp: ") && !value_shown, "{args:?}: {}", ran.err);
        let json = world.lamp(&[args, &["--json"]].concat());
        assert!(
            json.exit == 2 && json.out.starts_with("{\"error\":{\"code\":\"usage\""),
            "{args:?}: {json:?}"
        );
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
fn status_ends_with_the_worst_of_all_accounts_and_list_does_not() {
    let mut paused = account("b");
    paused.standing = lamplighter_core::api::Standing::Paused;
    paused.notice = Some(Notice::new(Code::Paused, "You paused it."));
    let accounts = vec![account("a"), paused, needs_login("c")];
    let world = World::new(Fake::new().on_call(move |request| match request {
        lamplighter_core::api::Request::Accounts => Ok(Response::Accounts { accounts: accounts.clone() }),
        other => Ok(crate::fake::usual(&other)),
    }));
    assert_eq!(world.lamp(&["status"]).exit, 3);
    assert_eq!(world.lamp(&["list"]).exit, 0);
}

#[test]
fn s3_4_refresh_reports_and_ends_with_the_worst_that_failed() {
    let row = |name: &str, result: &str, code: Option<Code>| RefreshRow {
        account: name.parse().unwrap(),
        result: result.into(),
        notice: code.map(|code| Notice::new(code, "Because.")),
        ends: None,
    };
    let rows = vec![
        row("a", "success", None),
        row("b", "failed", Some(Code::Temporary)),
        row("c", "failed", Some(Code::StoreLocked)),
        row("d", "skipped", Some(Code::Paused)),
    ];
    let report = RefreshReport { total: 4, success: 1, failed: 2, skipped: 1, rows };
    let answer = report.clone();
    let world = World::new(Fake::new().on_call(move |_| Ok(Response::Refresh { report: answer.clone() })));
    let ran = world.lamp(&["refresh"]);
    assert_eq!(ran.exit, 5);
    assert!(ran.out.ends_with("4 accounts: 1 refreshed, 2 failed, 1 skipped.\n"), "{}", ran.out);
    assert_eq!(world.lamp(&["refresh", "a", "--force", "--dry-run"]).exit, 5);
    assert_eq!(world.fake.words(), ["refresh [] false false", "refresh [\"a\"] true true"]);

    let skipped = RefreshReport { rows: report.rows[3..].to_vec(), ..report };
    let world = World::new(Fake::new().on_call(move |_| Ok(Response::Refresh { report: skipped.clone() })));
    assert_eq!(world.lamp(&["refresh"]).exit, 0, "a paused account is no failure of a scheduler's run");
    assert_eq!(world.lamp(&["refresh", "d"]).exit, 8, "but it is one for who asked for it");
}
