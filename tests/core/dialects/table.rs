//! The table itself: complete, every row of it is met, and the ids it names are those of the list of faults.

use std::collections::BTreeSet;

use lamplighter_core::classify::{Means, Outcome, RFC6749, TABLE, listed};
use lamplighter_core::exchange::{Exchange, NoReply, NotSent};

use super::now;
use super::{Dialect, word};
use crate::machines::rig::{cut, not_sent, reply};

fn standard() -> Dialect {
    Dialect::all().into_iter().find(|dialect| dialect.name == "google").unwrap()
}

fn answer(status: u16, body: &str) -> Exchange {
    let kind = if body.starts_with('{') { "application/json" } else { "text/html" };
    reply(status, &[("content-type", kind)], body, now())
}

/// One exchange for each row, in the table's order. `[dead]` needs a provider that has it.
fn one_of_each() -> Vec<(&'static str, Option<Exchange>)> {
    vec![
        ("not sent", Some(not_sent(NotSent::Tls, now()))),
        ("no complete reply", Some(cut(NoReply::Cut, now()))),
        ("429", Some(answer(429, ""))),
        ("408, 413, 425, 503", Some(answer(503, r#"{"error":"invalid_grant"}"#))),
        ("`[dead]`", None),
        ("a code of `final`", None),
        ("a code of `rejected`, `invalid_grant`", Some(answer(400, r#"{"error":"invalid_grant"}"#))),
        (
            "a code of `app`, `invalid_client`, `unauthorized_client`",
            Some(answer(401, r#"{"error":"invalid_client"}"#)),
        ),
        ("a code of `throttled`", Some(answer(403, r#"{"error":"rate_limit_exceeded"}"#))),
        (
            "a code of `transient`, `temporarily_unavailable`, `server_error`",
            Some(answer(500, r#"{"error":"server_error"}"#)),
        ),
        ("401", Some(answer(401, ""))),
        ("500 in the service’s own error form", Some(answer(500, r#"{"error":"oops"}"#))),
        ("every other status from 500", Some(answer(500, "<html>"))),
        ("every other 4xx, with a code that no list names or without one", Some(answer(404, ""))),
        ("3xx that is not followed", Some(answer(302, ""))),
        ("2xx with a code that no list names", Some(answer(200, r#"{"error":"oops"}"#))),
        ("2xx that cannot be read", Some(answer(200, "<html>"))),
        ("every other 2xx", Some(answer(200, r#"{"access_token":"a"}"#))),
        ("what is no answer at all: 1xx", Some(answer(199, ""))),
    ]
}

fn words(means: Means) -> &'static [&'static str] {
    match means {
        Means::Renewed => &["renewed"],
        Means::Transient => &["transient", "throttled"],
        Means::Throttled => &["throttled"],
        Means::Rejected => &["rejected"],
        Means::Final => &["final"],
        Means::Refused => &["refused"],
        Means::AppRejected => &["app"],
        Means::Unknown => &["unknown"],
    }
}

#[test]
fn every_row_is_met_by_what_it_says_and_means_that() {
    let dialect = standard();
    let samples = one_of_each();
    assert_eq!(samples.len(), TABLE.len());
    for (row, (seen, exchange)) in TABLE.iter().zip(samples) {
        assert_eq!(row.seen, seen);
        let Some(exchange) = exchange else { continue };
        let outcome = dialect.means(&exchange);
        assert!(words(row.means).contains(&word(&outcome)), "{seen}: {outcome:?}");
    }
}

#[test]
fn every_status_there_is_has_one_meaning_and_only_401_is_a_no_without_a_code() {
    let dialect = standard();
    for status in 0..=999 {
        for body in ["", "<html>", "{}", r#"{"access_token":"a"}"#] {
            let outcome = dialect.means(&answer(status, body));
            let is_no = matches!(outcome, Outcome::Rejected { .. } | Outcome::AppRejected { .. });
            assert_eq!(is_no, status == 401, "{status} {body}: {outcome:?}");
            let is_good = (200..300).contains(&status) && body.starts_with('{');
            assert_eq!(outcome == Outcome::Renewed, is_good, "{status} {body}: {outcome:?}");
            if status >= 500 && status != 503 {
                assert!(matches!(outcome, Outcome::Unknown { .. }), "{status} {body}: {outcome:?}");
            }
        }
    }
}

#[test]
fn the_table_names_only_faults_that_are_in_the_list() {
    let list = include_str!("../../faults.md");
    for row in &TABLE {
        for id in row.faults.split(' ') {
            assert!(list.contains(&format!("| {id} |")), "{}: {id}", row.seen);
        }
    }
}

#[test]
fn a_providers_own_list_beats_the_standard() {
    let mut answers = standard().provider.answers;
    for (code, list) in RFC6749 {
        assert_eq!(listed(&answers, code), Some(list));
    }
    answers.transient = vec!["invalid_grant".to_owned()];
    assert_eq!(listed(&answers, "invalid_grant"), Some(lamplighter_core::classify::List::Transient));
    assert_eq!(listed(&answers, "never_heard_of"), None);
    let codes: BTreeSet<&str> = RFC6749.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), RFC6749.len());
}
