//! Hooks that answer oddly, addresses with a password, samples, and the name under which addresses are kept.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplighter_core::api::{Request, Response, TokenRequest};
use lamplighter_core::report::Code;
use lamplighter_core::secret::Secret;

use super::alerts::{Chat, MINUTE, alerts, configure, end_session};
use super::world::{HANGS, World};

/// What a hook says beside its status is not waited for: it may drip for ever, and a message that is taken is not sent again.
#[tokio::test]
async fn s0_4_f27_a_hook_whose_answer_has_no_end_is_told_once_and_named_without_its_password() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let noted = heads.clone();
    std::thread::spawn(move || {
        for (count, mut stream) in listener.incoming().flatten().enumerate() {
            let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
            let lines = std::iter::from_fn(|| {
                let mut line = String::new();
                reader.read_line(&mut line).ok().filter(|read| *read > 2).map(|_| line)
            });
            noted.lock().expect("no panic").push(lines.collect::<String>());
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
            // The first drips for as long as somebody listens, the next pours.
            let part = if count == 0 { vec![b'.'] } else { vec![b'.'; 1 << 16] };
            while stream.write_all(&part).is_ok() {
                std::thread::yield_now();
            }
        }
    });
    configure(
        &world,
        &format!("[[alerts]]\nkind = \"ntfy\"\nurl = \"http://ana:pass%20word@127.0.0.1:{port}/ops\"\n"),
    );
    let engine = world.start().await;
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    assert!(tried[0].told.is_some() && tried[0].notice.is_none(), "{tried:?}");
    engine.log_in(&world, "work").await;
    end_session(&world, &engine).await;
    let taken = async {
        while alerts(&engine, Request::Alerts).await[0].told.is_none() {
            world.pass(&engine, Duration::from_secs(10)).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(HANGS, taken).await.expect("it is taken");
    world.pass(&engine, 30 * MINUTE).await;
    let view = alerts(&engine, Request::Alerts).await.remove(0);
    assert!(view.waiting == 0 && view.notice.is_none() && view.to == "127.0.0.1", "{view:?}");
    let heads = heads.lock().expect("no panic").clone();
    assert_eq!(heads.len(), 2, "the sample, and one message once: {heads:?}");
    for head in &heads {
        assert!(head.starts_with("POST /ops HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("authorization: Basic YW5hOnBhc3Mgd29yZA==\r\n"), "as curl sends it: {head}");
        assert!(head.contains(&format!("host: 127.0.0.1:{port}\r\n")), "{head}");
    }
    engine.engine.stop().await;
}

/// A sample is not tried again, and no message is missed by it: nobody is told so.
#[tokio::test]
async fn s0_4_a_sample_that_is_not_taken_says_nothing_of_another_try_and_shows_no_password() {
    let world = World::new();
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port").port();
    let refuses = Chat::start(&["404 Gone"]);
    let entry = |port: u16| {
        format!(
            "[[alerts]]\nkind = \"ntfy\"\nurl = \"http://ana:canary-word@127.0.0.1:{port}/canary-path\"\n"
        )
    };
    configure(&world, &(entry(port) + &entry(refuses.port)));
    let engine = world.start().await;
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    let notices: Vec<_> = tried.iter().filter_map(|alert| alert.notice.as_ref()).collect();
    assert_eq!(notices.len(), 2);
    assert!(notices.iter().all(|notice| notice.next.is_none()), "{notices:?}");
    let cures: Vec<_> = notices.iter().filter_map(|notice| notice.cure.as_deref()).collect();
    assert!(
        cures.iter().all(|cure| cure.contains("lamp alert test") && !cure.contains("tried again")),
        "{cures:?}"
    );
    // Both are of one host: whoever reads what went wrong has to know which is meant.
    let names: Vec<_> = tried.iter().map(|alert| alert.to.as_str()).collect();
    assert_eq!(names, ["127.0.0.1 (1)", "127.0.0.1 (2)"]);
    assert!(notices[1].what.contains("127.0.0.1 (2)"), "{notices:?}");
    let listed = alerts(&engine, Request::Alerts).await;
    assert!(!format!("{tried:?} {listed:?}").contains("canary"), "t22: {tried:?} {listed:?}");
    engine.engine.stop().await;
}

/// `lamp secret set alerts NAME` means one thing, whatever accounts are called.
#[tokio::test]
async fn s0_4_no_account_stands_before_the_addresses_of_alerts() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let reserved = || "alerts".parse().expect("a name");
    let rename = Request::Rename { account: "work".to_owned(), name: reserved() };
    let refused = engine.call(rename).await.expect_err("it is no name for an account");
    assert!(refused.code == Code::NameTaken && refused.what.contains("lamp secret"), "{refused:?}");
    let login = Request::NewLogin {
        provider: "practice-json".parse().expect("an id"),
        name: Some(reserved()),
        vars: [("base".parse().expect("a name"), world.site.base().to_owned())].into(),
        secrets: Default::default(),
        way: None,
    };
    assert_eq!(engine.call(login).await.expect_err("nor for a new one").code, Code::NameTaken);
    // One that was called so by hand, or by an earlier version, keeps working; its secrets are reached by its id.
    let file = world.path("config/config.toml");
    let text = std::fs::read_to_string(&file).expect("a file").replace("accounts.work", "accounts.alerts");
    std::fs::write(&file, text).expect("a file");
    assert!(engine.token("alerts", TokenRequest::default()).await.is_ok());
    let set = Request::SetSecret {
        account: "alerts".to_owned(),
        name: "ops_room".parse().expect("a name"),
        value: Secret::from("https://example.com/hook"),
    };
    assert!(matches!(engine.call(set).await, Ok(Response::Done)));
    let names = |account: &str| Request::Secrets { account: account.to_owned() };
    let Ok(Response::Secrets { names: set }) = engine.call(names("alerts")).await else { panic!("no names") };
    assert_eq!(set.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["ops_room"]);
    let id = engine.account("alerts").await.id;
    let Ok(Response::Secrets { names }) = engine.call(names(id.as_str())).await else { panic!("no names") };
    assert!(!names.iter().any(|name| name.as_str() == "ops_room"), "{names:?}");
    engine.engine.stop().await;
}
