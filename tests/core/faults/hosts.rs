//! A provider file whose end points move: F62.

use std::sync::Arc;

use lamplighter_core::account::{Account, Accounts, Block, Event, Rules, Session};
use lamplighter_core::refresh::{End, Service};
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{minted, provider};

/// A service of which a probe tells whether the login lives, too.
const ASKED: &str = r#"
[[probe]]
request = { method = "GET", url = "https://id.example.com/me", auth = "token:access" }
identity = ["json:email"]
"#;

/// From here on the service is what `toml` says.
fn moves(line: &mut Line, toml: &str) -> Box<Rules> {
    let provider = Arc::new(provider(toml));
    let rules = Rules::of(&provider, &Default::default(), "work".parse().unwrap(), None, false);
    line.rig.service = Arc::new(Service { provider, vars: Default::default() });
    Box::new(rules)
}

/// The provider file of a line that runs is another one now.
fn changed(line: &mut Line, toml: &str) {
    let rules = moves(line, toml);
    let account = line.rig.account.clone();
    line.event(Event::RulesChanged { account, rules });
}

/// The engine ended, and starts again with this provider file; what it knew comes from its database.
fn starts_again_with(line: &mut Line, toml: &str) {
    let rules = moves(line, toml);
    let kept = serde_json::to_vec(line.accounts.get(&line.rig.account).unwrap()).unwrap();
    let account: Account = serde_json::from_slice(&kept).unwrap();
    line.accounts = Accounts::new(1);
    line.event(Event::Known { account: Box::new(account), rules });
    line.perform();
}

fn is_blocked(line: &Line) -> bool {
    matches!(line.session(), Session::Blocked { why: Block::HostChanged { .. }, .. })
}

#[test]
fn f62_t23_a_token_end_point_on_another_host_gets_nothing_until_the_person_agrees() {
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(|request, now| {
        assert_eq!(request.url.host_str(), Some("id.example.com"), "nothing goes elsewhere");
        minted(2, now)
    });
    changed(&mut line, &OAUTH.replace("id.example.com", "id.example.net"));
    let end = line.refresh();
    assert!(matches!(&end, End::HostChanged { hosts } if hosts == &["id.example.net"]), "{end:?}");
    assert!(line.rig.requests.is_empty());
    line.record_is_unchanged();
    assert!(matches!(line.session(), Session::Blocked { why: Block::HostChanged { .. }, .. }));
    let told = line.tells("id.example.net");
    assert_eq!(told.code, Code::Blocked);
    line.pass(24 * 60 * MIN);
    assert!(line.rig.requests.is_empty());
    // The change is undone.
    changed(&mut line, OAUTH);
    line.goes_on_with(2);
}

#[test]
fn t23_other_hosts_are_judged_anew_at_each_start_and_the_agreed_ones_end_the_block() {
    let moved = |toml: &str| toml.replace("id.example.com", "id.example.net");
    for agreed in [OAUTH.to_owned(), format!("{OAUTH}{ASKED}")] {
        for is_changed_while_it_runs in [true, false] {
            let mut line = Line::new(&agreed);
            line.rig.answers = Box::new(|request, now| {
                assert_eq!(request.url.host_str(), Some("id.example.com"), "nothing goes elsewhere");
                minted(2, now)
            });
            let asked = line.rig.requests.len();
            if is_changed_while_it_runs {
                changed(&mut line, &moved(&agreed));
                line.refresh();
                assert!(is_blocked(&line), "{:?}", line.session());
            }
            for _ in 0..3 {
                starts_again_with(&mut line, &moved(&agreed));
                assert!(is_blocked(&line), "{:?}", line.session());
                assert_eq!(line.told(Lang::En).unwrap().code, Code::Blocked);
                line.refresh();
                line.pass(60 * MIN);
            }
            assert_eq!(line.rig.requests.len(), asked, "nothing is sent, not even to the hosts of old");
            assert_eq!(line.toasts.len(), 1, "and it is told once: {:?}", line.toasts);
            line.record_is_unchanged();
            // The change is undone while nothing runs.
            starts_again_with(&mut line, &agreed);
            assert!(!is_blocked(&line), "{:?}", line.session());
            line.goes_on_with(2);
        }
    }
}

#[test]
fn t23_what_an_older_version_has_blocked_for_its_hosts_ends_as_well() {
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(|_, now| minted(2, now));
    changed(&mut line, &OAUTH.replace("id.example.com", "id.example.net"));
    line.refresh();
    assert!(is_blocked(&line));
    let mut kept = serde_json::to_value(line.accounts.get(&line.rig.account).unwrap()).unwrap();
    kept.as_object_mut().unwrap().remove("settings").expect("it is kept now");
    let rules = moves(&mut line, OAUTH);
    line.accounts = Accounts::new(1);
    let account: Account = serde_json::from_value(kept).unwrap();
    line.event(Event::Known { account: Box::new(account), rules });
    line.perform();
    assert!(!is_blocked(&line), "{:?}", line.session());
    line.goes_on_with(2);
}

#[test]
fn t23_what_is_said_of_other_hosts_names_the_account_and_blames_no_file() {
    let mut line = Line::new(OAUTH);
    changed(&mut line, &OAUTH.replace("id.example.com", "id.example.net"));
    line.refresh();
    let told = line.tells("The settings of work now name other hosts: id.example.net.");
    assert_eq!(told.cure.as_deref(), Some("Reconnect to agree to them, or undo the change."));
    let french = line.told(Lang::Fr).unwrap();
    assert!(french.what.starts_with("Les réglages du compte work nomment maintenant d’autres hôtes"));
}
