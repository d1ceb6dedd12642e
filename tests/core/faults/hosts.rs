//! A provider file whose end points move: F62.

use std::sync::Arc;

use lamplighter_core::account::{Block, Event, Rules, Session};
use lamplighter_core::refresh::{End, Service};
use lamplighter_core::report::Code;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{minted, provider};

/// The provider file of a line that runs is another one now.
fn changed(line: &mut Line, toml: &str) {
    let provider = Arc::new(provider(toml));
    let rules = Rules::of(&provider, &Default::default(), "work".parse().unwrap(), None, false);
    line.rig.service = Arc::new(Service { provider, vars: Default::default() });
    let account = line.rig.account.clone();
    line.event(Event::RulesChanged { account, rules: Box::new(rules) });
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
