//! Whatever is in a file, a reply or a value: no panic, and nothing leaves its place.

use lamplighter_core::provider::conditions::matches_pattern;
use lamplighter_core::provider::hosts::HostPattern;
use lamplighter_core::provider::json::Json;
use lamplighter_core::provider::model::JsonPath;
use lamplighter_core::provider::{Answer, Scratch, built_in, parse};
use proptest::prelude::*;
use url::Url;

use super::support::{self, Account, json, jwt, now};

fn simplejwt(access: &str) -> Account {
    Account::new(support::provider("simplejwt"), &[("base", "https://jwt.example.com")], &[])
        .token("access", access)
        .credential("main", "r")
}

proptest! {
    #[test]
    fn a_file_of_anything_is_refused_with_places(text in "\\PC{0,200}") {
        for mistake in parse("sample".parse().expect("valid"), &text).expect_err("no provider") {
            prop_assert!(mistake.line >= 1 && mistake.column >= 1);
        }
    }

    #[test]
    fn a_built_in_with_a_piece_cut_out_is_read_or_refused(file in 0..4_usize, from in 0..3000_usize, len in 1..40_usize) {
        let (_, text) = built_in::FILES[file];
        let chars: Vec<char> = text.chars().collect();
        let cut: String =
            chars.iter().enumerate().filter(|(at, _)| *at < from || *at >= from + len).map(|(_, c)| *c).collect();
        let lines = cut.lines().count().max(1) + 1;
        if let Err(mistakes) = parse("sample".parse().expect("valid"), &cut) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(mistake.line <= lines, "{}:{}", mistake.line, mistake.column);
            }
        }
    }

    #[test]
    fn f28_json_of_any_bytes_is_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Some(json) = Json::read(&bytes) {
            _ = json.at(&JsonPath(vec!["a".into(), "0".into()]));
        }
    }

    #[test]
    fn f21_any_exp_and_iat_give_a_life_of_at_most_400_days(iat in any::<f64>(), exp in any::<i64>(), wall in any::<i64>()) {
        let claims = serde_json::json!({ "iat": iat, "exp": exp }).to_string();
        let account = simplejwt("old");
        let reply = json(200, &format!(r#"{{"access":"{}"}}"#, jwt(&claims)));
        let mut at = now();
        at.wall = lamplighter_core::time::Timestamp(wall);
        let save = &account.provider.rungs[0].steps()[0].save;
        let answer = Answer::read(&reply, None);
        let saved = account.bound().save_from_answer(save, &answer, &account.material, &Scratch::default(), at);
        let saved = saved.unwrap_or_else(|error| panic!("{error}"));
        let life = saved.values[0].expiry.map(|expiry| expiry.life().as_secs());
        prop_assert!(life.is_some_and(|life| life <= 400 * 86_400));
    }

    #[test]
    fn any_text_survives_the_way_into_json_and_into_a_form(value in "\\PC{1,80}|[\\x00-\\x1f\"\\\\]{1,8}") {
        let account = simplejwt(&value).credential("main", &value);
        let step = &account.provider.rungs[0].steps()[0];
        let request = account.bound().request(step, &account.material, &Scratch::default(), None, now());
        let body = request.ok().and_then(|request| request.body).expect("a body");
        let read: serde_json::Value = serde_json::from_slice(body.expose()).expect("JSON");
        prop_assert_eq!(read["refresh"].as_str(), Some(value.as_str()));

        let slack = Account::new(support::provider("slack"), &[("client_id", "1"), ("scopes", "")], &[("client_secret", "s")])
            .credential("bot", &value);
        let request = slack.bound().oauth_refresh_request(&"bot".parse().expect("a name"), &slack.material);
        let body = request.ok().and_then(|request| request.body).expect("a body");
        let pairs: Vec<_> = url::form_urlencoded::parse(body.expose()).into_owned().collect();
        prop_assert_eq!(&pairs[1], &("refresh_token".to_owned(), value));
    }

    #[test]
    fn t13_no_variable_moves_a_request_to_another_host(tenant in "\\PC{1,30}|[./\\\\@:#?%a-z]{1,20}") {
        let file = "format = 1\nname = \"T\"\nhosts = [\"*.example.com\", \"example.com\"]\n[vars.tenant]\n\
            [[login]]\nkind = \"paste\"\n[login.fields]\n\"token.access\" = {}\n[tokens.access]\n\
            [[refresh]]\nstrategy = \"http\"\n[[refresh.steps]]\nmethod = \"GET\"\n\
            url = \"https://{{tenant}}.example.com/a/{{tenant}}?b={{tenant}}\"\nsave = { \"token.access\" = \"json:a\" }\n";
        let account = Account::new(support::read(file), &[("tenant", &tenant)], &[]);
        let step = &account.provider.rungs[0].steps()[0];
        if let Ok(request) = account.bound().request(step, &account.material, &Scratch::default(), None, now()) {
            prop_assert!(request.url.host_str().is_some_and(|host| host.ends_with(".example.com")));
            prop_assert_eq!(request.url.path().matches('/').count(), 2);
            prop_assert_eq!(request.url.port(), None);
        }
    }

    #[test]
    fn a_host_pattern_covers_what_it_says_and_no_neighbour(label in "[a-z]{1,8}", text in "\\PC{0,40}") {
        _ = text.parse::<HostPattern>();
        let pattern: HostPattern = format!("{label}.example.com").parse().expect("a host");
        let reaches = |host: String| Url::parse(&format!("https://{host}/")).is_ok_and(|url| pattern.covers(&url));
        let host = format!("{label}.example.com");
        let (before, behind) = (format!("x{host}"), format!("{host}.evil.test"));
        prop_assert!(reaches(host));
        prop_assert!(!reaches(before), "a prefix is another host");
        prop_assert!(!reaches(behind), "a suffix too");
    }

    #[test]
    fn a_pattern_of_pieces_matches_the_text_they_were_cut_from(pieces in proptest::collection::vec("[a-z/]{0,4}", 1..6)) {
        prop_assert!(matches_pattern(&pieces.join("*"), &pieces.concat()));
        prop_assert!(matches_pattern(&pieces.join("*"), &pieces.join("xyz")));
    }
}
