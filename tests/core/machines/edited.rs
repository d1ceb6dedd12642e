//! The provider file is another one when the journal is read: a person edited it, or an update brought it.

use std::sync::Arc;

use lamplighter_core::exchange::NoReply;
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::journal::Entry;
use lamplighter_core::refresh::{End, Purpose, Service};

use super::OAUTH;
use super::rig::{Rig, body, cut, json, minted, provider};

/// A request that spends the credential at `path`, and finds the new one at `field`.
fn rung(path: &str, field: &str) -> String {
    format!(
        "[[refresh]]\nstrategy = \"http\"\n[[refresh.steps]]\nmethod = \"POST\"\n\
         url = \"https://app.example.com/{path}\"\njson = {{ key = \"{{{{refresh.main}}}}\" }}\n\
         save = {{ \"refresh.main\" = \"json:{field}\", \"token.access\" = \"json:access_token\" }}\n"
    )
}

fn file(rungs: &[String]) -> String {
    let head = "format = 1\nname = \"Test\"\nhosts = [\"app.example.com\"]\n[[login]]\nkind = \"paste\"\n\
                [login.fields]\n\"refresh.main\" = { label = \"Key\", secret = true }\n\
                \"token.access\" = { label = \"Token\", secret = true, optional = true }\n\
                [tokens.access]\nexpires = [\"1h\"]\n";
    format!("{head}{}", rungs.concat())
}

/// From now on the file is this one.
fn edit(rig: &mut Rig, toml: &str) {
    rig.service = Arc::new(Service { provider: Arc::new(provider(toml)), vars: Default::default() });
}

/// A machine that loses power when the good answer of `/rotate` is sealed.
fn stopped() -> Rig {
    let mut rig = Rig::new(&file(&[rung("rotate", "key")]));
    rig.answers = Box::new(|_, now| json(200, r#"{"key":"canary-r2","access_token":"canary-a2"}"#, now));
    // load, read, mark, send, seal.
    assert!(rig.run_at_most(Purpose::Refresh { basis: Generation(1) }, 5).is_none());
    rig.answers = Box::new(|_, _| panic!("nothing has to be sent"));
    rig
}

#[test]
fn f36_i4_a_good_answer_is_read_by_its_own_rung_where_that_is_not_the_first_any_more() {
    let mut rig = stopped();
    edit(&mut rig, &file(&[rung("cheap", "cheap_key"), rung("rotate", "key")]));
    assert_eq!(rig.run(Purpose::Recover).end, End::Renewed { probe: None });
    assert_eq!((rig.credential().as_str(), rig.token().as_str()), ("canary-r2", "canary-a2"));
}

#[test]
fn f36_i4_it_is_read_by_the_newest_rules_of_that_rung_and_of_the_one_in_its_place() {
    for path in ["rotate", "v2/rotate"] {
        let mut rig = Rig::new(&file(&[rung("rotate", "old_name")]));
        rig.answers = Box::new(|_, now| json(200, r#"{"key":"canary-r2","access_token":"canary-a2"}"#, now));
        assert!(rig.run_at_most(Purpose::Refresh { basis: Generation(1) }, 5).is_none());
        edit(&mut rig, &file(&[rung(path, "key")]));
        assert_eq!(rig.run(Purpose::Recover).end, End::Renewed { probe: None }, "{path}");
        assert_eq!(rig.credential(), "canary-r2", "{path}");
    }
}

#[test]
fn f07_f36_an_answer_that_no_rung_can_read_any_more_counts_as_lost_and_is_not_taken_for_nothing() {
    let files = [
        file(&[rung("v2/rotate", "result.key").replace("json:access_token", "json:result.token")]),
        OAUTH.replace("id.example.com", "app.example.com"),
    ];
    for toml in files {
        let mut rig = stopped();
        edit(&mut rig, &toml);
        let entries = rig.journal.entries.clone();
        let summary = rig.run(Purpose::Recover);
        assert!(matches!(summary.end, End::Unknown { .. }), "{summary:?}");
        assert_eq!(summary.lost, [(ChainName::main(), 0)]);
        assert_eq!(rig.journal.entries, entries, "and it stays where it is");
    }
}

#[test]
fn f07_what_is_lost_is_sent_again_by_its_own_rung() {
    let mut rig = Rig::new(&file(&[rung("rotate", "key")]));
    rig.answers = Box::new(|_, now| cut(NoReply::Cut, now));
    assert!(matches!(rig.refresh().end, End::Unknown { .. }));
    edit(&mut rig, &file(&[rung("cheap", "cheap_key"), rung("rotate", "key")]));
    rig.answers = Box::new(|request, now| {
        assert_eq!(request.url.path(), "/rotate");
        json(200, r#"{"key":"canary-r2","access_token":"canary-a2"}"#, now)
    });
    assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::Renewed { probe: None });
}

/// What the version before wrote: marks that do not say which requests their rung makes.
#[test]
fn f53_a_mark_of_the_version_before_is_read_as_it_was() {
    let mut rig = Rig::new(OAUTH);
    let mark = br#"{"entry":"mark","chain":"main","generation":1,"rung":0,"step":0,"replays":2,"was_rejected":true,"steps":[]}"#;
    rig.journal.entries = Some(vec![mark.to_vec()]);
    let Some(Entry::Mark(read)) = Entry::decode(mark) else { panic!("it is a mark") };
    assert_eq!((read.way, read.replays, read.was_rejected), (None, 2, true));
    assert_eq!(rig.run(Purpose::Recover).lost, [(ChainName::main(), 2)]);
    rig.answers = Box::new(|request, now| {
        assert!(body(request).contains("canary-r1"));
        minted(2, now)
    });
    assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::Renewed { probe: None });
}
