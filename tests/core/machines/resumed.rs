//! What an attempt finds when it begins: work that somebody else did, lost replies of several chains, what the steps
//! before a lost one had brought.

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{Exchange, HttpRequest, NoReply};
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::journal::{Entry, Mark, Place, Scratch, fold};
use lamplighter_core::refresh::{Attempt, Effect, End, Purpose};
use lamplighter_core::time::Now;

use super::rig::{Rig, body, cut, held, json, minted, reply, shown};
use super::{OAUTH, PAIRS};

fn chain(name: &str) -> ChainName {
    name.parse().unwrap()
}

#[test]
fn i1_a_refresh_that_somebody_else_has_made_sends_nothing() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| minted(2, now));
    rig.refresh();
    assert_eq!(rig.run(Purpose::Refresh { basis: Generation(1) }).end, End::Newer);
    assert_eq!(rig.requests.len(), 1);
    let basis = rig.stored().current.generation;
    rig.answers = Box::new(|_, now| minted(3, now));
    assert_eq!(rig.run(Purpose::Refresh { basis }).end, End::Renewed { probe: None });
}

#[test]
fn i6_a_replay_of_what_is_not_lost_any_more_sends_nothing() {
    let mut rig = Rig::new(OAUTH);
    assert_eq!(rig.run(Purpose::Replay { asked: true }).end, End::Newer);
    assert!(rig.requests.is_empty());
}

/// [`PAIRS`] with a credential for each chain.
fn pairs() -> Rig {
    let mut rig = Rig::new(PAIRS);
    let now = rig.clock.now();
    let mut record = rig.stored();
    record.current.tokens.clear();
    record.current.credentials.clear();
    for name in ["bot", "user"] {
        let credential = held(&format!("canary-r-{name}"), 36000, now);
        record.current.credentials.insert(chain(name), credential);
        record.current.tokens.insert(name.parse().unwrap(), held("canary-t", 3600, now));
    }
    rig.put(&record);
    rig
}

fn mark(rig: &mut Rig, name: &str, rung: usize, replays: u32) {
    let generation = rig.stored().current.generation;
    let place = Place { chain: chain(name), generation, rung, step: 0 };
    let mark =
        Mark { place, replays, was_rejected: false, way: None, work: Scratch::default(), stored: None };
    rig.journal.entries.get_or_insert_default().push(Entry::Mark(mark).encode().to_vec());
}

fn spent(rig: &mut Rig, name: &str, replays: u32) {
    let mut record = rig.stored();
    record.current.spent.insert(chain(name));
    record.current.replays.insert(chain(name), replays);
    rig.put(&record);
}

#[test]
fn i6_a_loss_that_the_material_remembers_is_told_beside_one_of_the_journal() {
    let mut rig = pairs();
    spent(&mut rig, "user", 3);
    mark(&mut rig, "bot", 0, 1);
    let summary = rig.run(Purpose::Recover);
    assert_eq!(summary.lost, [(chain("bot"), 1), (chain("user"), 3)]);
    // And one that both know is one.
    mark(&mut rig, "user", 1, 4);
    let summary = rig.run(Purpose::Recover);
    assert_eq!(summary.lost, [(chain("bot"), 1), (chain("user"), 4)]);
}

#[test]
fn i6_what_the_material_remembers_is_replayed_by_its_own_chains_rung() {
    let mut rig = pairs();
    spent(&mut rig, "user", 0);
    rig.chain = chain("user");
    rig.answers = Box::new(|request, now| {
        assert!(body(request).contains("canary-r-user"), "{}", body(request));
        let answer = r#"{"ok":true,"authed_user":{},"access_token":"canary-t2","refresh_token":"canary-r2"}"#;
        json(200, answer, now)
    });
    let summary = rig.run(Purpose::Replay { asked: false });
    assert_eq!((summary.end, summary.lost), (End::Renewed { probe: None }, Vec::new()));
    assert_eq!(shown(&rig.stored().current.credentials[&chain("user")].value), "canary-r2");
}

#[test]
fn f07_before_a_replay_the_host_of_its_own_chain_is_checked() {
    let step = |chain: &str| {
        format!(
            "[[refresh]]\nchain = \"{chain}\"\nstrategy = \"http\"\n[[refresh.steps]]\nmethod = \"POST\"\n\
             url = \"https://{chain}.example.com/{chain}\"\njson = {{ key = \"{{{{refresh.{chain}}}}}\" }}\n\
             save = {{ \"refresh.{chain}\" = \"json:key\", \"token.{chain}\" = \"json:token\" }}\n"
        )
    };
    let head = "format = 1\nname = \"Test\"\nhosts = [\"bot.example.com\", \"user.example.com\"]\n\
                [[login]]\nkind = \"paste\"\n[login.fields]\n\"refresh.bot\" = { label = \"Key\", secret = true }\n\
                \"refresh.user\" = { label = \"Key\", secret = true }\n[tokens.bot]\nchain = \"bot\"\nexpires = [\"1h\"]\n\
                [tokens.user]\nchain = \"user\"\nexpires = [\"1h\"]\n";
    let mut rig = Rig::new(&format!("{head}{}{}", step("bot"), step("user")));
    let now = rig.clock.now();
    let mut record = rig.stored();
    record.current.tokens.clear();
    record.current.credentials = [(chain("user"), held("canary-r", 36000, now))].into();
    rig.put(&record);
    spent(&mut rig, "user", 2);
    rig.chain = chain("user");
    let plan = rig.plan(Purpose::Replay { asked: false });
    let (mut attempt, mut effect) = Attempt::start(plan, rig.service.clone(), [1; 32]);
    for _ in 0..10 {
        if let Effect::HostCheck { origin } = &effect {
            assert_eq!(origin.host_str(), Some("user.example.com"));
            return;
        }
        let Ok((input, _)) = rig.perform(effect) else { break };
        effect = attempt.step(input, rig.clock.now());
    }
    panic!("no host was checked: {:?}", rig.trace);
}

#[test]
fn f07_a_replay_that_worked_leaves_the_other_chains_loss_told() {
    let mut rig = pairs();
    mark(&mut rig, "bot", 0, 0);
    mark(&mut rig, "user", 1, 0);
    rig.chain = chain("bot");
    rig.answers = Box::new(|_, now| {
        json(200, r#"{"ok":true,"access_token":"canary-t2","refresh_token":"canary-r2"}"#, now)
    });
    let summary = rig.run(Purpose::Replay { asked: false });
    assert_eq!((summary.end, summary.lost), (End::Renewed { probe: None }, vec![(chain("user"), 0)]));
    assert!(rig.stored().current.spent.contains(&chain("user")), "its mark is older than the record now");
    // Its turn comes, and it is sent as what it is: the repetition of a lost request.
    rig.chain = chain("user");
    let summary = rig.run(Purpose::Replay { asked: false });
    assert_eq!((summary.end, summary.lost), (End::Renewed { probe: None }, vec![]));
    assert!(rig.stored().current.spent.is_empty());
}

#[test]
fn i4_a_lost_journal_doubts_every_chain_at_its_own_rung() {
    let mut rig = pairs();
    rig.journal.entries = None;
    rig.run(Purpose::Recover);
    let entries = rig.journal.decoded().iter().map(Entry::encode).collect::<Vec<_>>();
    let open = fold(&entries, Generation(1)).open;
    let rungs: Vec<(ChainName, usize)> =
        open.into_iter().map(|(chain, last)| (chain, last.mark.place.rung)).collect();
    assert_eq!(rungs, [(chain("bot"), 0), (chain("user"), 1)]);
}

#[test]
fn a_refusal_that_is_sealed_is_told_once_and_the_next_wish_asks_again() {
    for (purpose, is_asked) in [(Purpose::Recover, false), (Purpose::Refresh { basis: Generation(1) }, true)]
    {
        let mut rig = Rig::new(OAUTH);
        rig.answers = Box::new(|_, now| json(400, r#"{"error":"invalid_grant"}"#, now));
        // load, read, mark, send, seal: the mark was not taken back.
        assert!(rig.run_at_most(Purpose::Refresh { basis: Generation(1) }, 5).is_none());
        rig.answers = Box::new(|_, now| minted(2, now));
        let end = rig.run(purpose).end;
        let told = End::Rejected { last: false, lost: false };
        assert_eq!(end, if is_asked { End::Renewed { probe: None } } else { told });
        assert_eq!(rig.requests.len(), 1 + usize::from(is_asked));
    }
}

#[test]
fn i4_a_good_answer_is_kept_though_another_chains_answer_said_no() {
    let mut rig = pairs();
    // Nothing is swept while it is not proven.
    let mut record = rig.stored();
    record.current.is_proven = false;
    record.proven = Some(record.current.duplicate());
    rig.put(&record);
    let basis = record.current.generation;
    rig.chain = chain("user");
    rig.answers = Box::new(|_, now| json(200, r#"{"ok":false,"error":"invalid_auth"}"#, now));
    // load, read, mark, send, seal: the mark was not taken back.
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 5).is_none());
    rig.chain = chain("bot");
    rig.answers = Box::new(|_, now| {
        json(200, r#"{"ok":true,"access_token":"canary-t2","refresh_token":"canary-r2"}"#, now)
    });
    assert!(rig.run_at_most(Purpose::Refresh { basis }, 5).is_none());
    assert_eq!(rig.trace.last().map(String::as_str), Some("seal"));
    rig.answers = Box::new(|_, now| json(502, "", now));
    for name in ["bot", "user"] {
        let mut next = Rig::new(PAIRS);
        next.put(&record);
        next.journal = rig.journal.clone();
        next.chain = chain(name);
        next.run(Purpose::Refresh { basis });
        let kept = shown(&next.stored().current.credentials[&chain("bot")].value);
        let seen = (kept.as_str(), next.requests.len());
        assert_eq!(seen, ("canary-r2", 0), "{name}: {:?}", next.trace);
    }
}

#[test]
fn f53_what_a_newer_version_left_in_the_journal_is_neither_spent_on_nor_swept() {
    let newer = br#"{"entry":"lease","generation":1}"#.to_vec();
    for is_damaged in [false, true] {
        for purpose in [
            Purpose::Recover,
            Purpose::Probe,
            Purpose::Refresh { basis: Generation(1) },
            Purpose::Replay { asked: true },
        ] {
            let mut rig = Rig::new(OAUTH);
            rig.journal.entries = Some(vec![newer.clone()]);
            rig.journal.is_damaged = is_damaged;
            assert!(matches!(rig.run(purpose).end, End::NewerFormat(_)), "{:?}", rig.trace);
            assert_eq!(rig.trace, ["load", "read", "done"]);
            assert_eq!(rig.journal.entries, Some(vec![newer.clone()]));
        }
    }
}

#[test]
fn f53_what_a_newer_version_left_of_a_generation_that_is_gone_is_swept_like_ours() {
    let mut rig = Rig::new(OAUTH);
    rig.journal.entries = Some(vec![br#"{"entry":"lease","generation":0}"#.to_vec()]);
    rig.answers = Box::new(|_, now| minted(2, now));
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert!(rig.trace.contains(&"sweep".to_owned()));
}

/// A request that brings a code and may move a cookie, then one that spends the code.
const CODE: &str = r#"
format = 1
name = "Test"
hosts = ["app.example.com"]
[[login]]
kind = "webview"
url = "https://app.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "local_storage:access_token" }
[tokens.access]
expires = ["15m"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url = "https://app.example.com/code"
auth = "cookies"
save = { "step.code" = "json:code" }
[[refresh.steps]]
method = "POST"
url = "https://app.example.com/redeem"
json = { code = "{{step.code}}" }
save = { "token.access" = "json:access_token" }
"#;

fn with_code(request: &HttpRequest, cookie: Option<&str>, now: Now) -> Option<Exchange> {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(cookie.map(|cookie| ("set-cookie", cookie)));
    (request.method == "GET").then(|| reply(200, &headers, r#"{"code":"canary-7"}"#, now))
}

#[test]
fn i3_a_mark_keeps_what_the_steps_before_it_brought_and_a_replay_sends_that() {
    for cookie in [None, Some("sid=canary-1; Path=/")] {
        let mut rig = Rig::new(CODE);
        rig.answers = Box::new(move |request, now| {
            with_code(request, cookie, now).unwrap_or_else(|| cut(NoReply::Cut, now))
        });
        let lost = Cause::NoReply { why: NoReply::Cut };
        assert_eq!(rig.refresh().end, End::Unknown { replays: 1, cause: lost, host_down: false });
        rig.answers = Box::new(|request, now| {
            assert!(body(request).contains("canary-7"), "{}", body(request));
            json(200, r#"{"access_token":"canary-a2"}"#, now)
        });
        assert_eq!(rig.run(Purpose::Replay { asked: false }).end, End::Renewed { probe: None });
        assert_eq!(rig.requests, ["GET /code", "POST /redeem", "POST /redeem", "POST /redeem"]);
        assert_eq!(rig.stored().current.jar.cookies.len(), usize::from(cookie.is_some()));
    }
}

#[test]
fn i4_an_answer_on_top_of_steps_that_a_mark_keeps_is_applied_to_them() {
    let mut rig = Rig::new(CODE);
    rig.answers = Box::new(|request, now| {
        with_code(request, Some("sid=canary-1; Path=/"), now)
            .unwrap_or_else(|| json(200, r#"{"access_token":"canary-a2"}"#, now))
    });
    // load, read, send, mark, send, seal.
    assert!(rig.run_at_most(Purpose::Refresh { basis: Generation(1) }, 6).is_none());
    assert_eq!(rig.run(Purpose::Recover).end, End::Renewed { probe: None });
    assert_eq!((rig.token().as_str(), rig.requests.len()), ("canary-a2", 2));
    assert_eq!(rig.stored().current.jar.cookies.len(), 1);
}
