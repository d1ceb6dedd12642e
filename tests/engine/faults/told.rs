//! Faults of files and callers around a login (F55, F59, F63), each with its outcome, what becomes of the record (the
//! same bytes, or exactly the next generation), and what the person is told.

use std::fs;

use lamplighter_core::api::{AccountView, Request, Response, Standing, TokenRequest};
use lamplighter_core::report::{Code, Notice};

use super::world::{MINUTE, logged_in};
use crate::whole::world::{Running, World};

/// What happened, whether the login is safe, what comes next, what can be done. Which account it is about stands where
/// it is told: at the account itself, or in the words.
fn has_its_parts(notice: &Notice) {
    for part in [Some(&notice.what), notice.safe.as_ref(), notice.next.as_ref(), notice.cure.as_ref()] {
        assert!(part.is_some_and(|part| part.len() > 3), "{notice:?}");
    }
}

async fn notices(engine: &Running) -> Vec<Notice> {
    match engine.call(Request::Engine).await {
        Ok(Response::Engine { engine }) => engine.notices,
        other => panic!("no engine: {other:?}"),
    }
}

/// What each state of the file is called, what it holds, and whether a token may be written into it.
const FILES: [(&str, &str, bool); 5] = [
    ("line ends of Windows, and none at the end", "A=1\r\nTOKEN=old\r\nB=2", true),
    ("export and quotes", "export TOKEN='old'\nB=\"x\"\n", true),
    ("our key twice, as readers differ in which counts", "TOKEN=old\nTOKEN=old\n", true),
    ("a value that a shell would compute", "TOKEN=$(pass show x)\n", false),
    ("no text", "TOKEN=a\0b\n", false),
];

#[tokio::test]
async fn f55_a_file_in_any_state_costs_no_login_and_is_written_in_place_or_left_with_a_word() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    for (state, before, is_fit) in FILES {
        let path = world.path("bot.env");
        fs::write(&path, before).expect("a file");
        let generation = engine.generation().await;
        engine.sink("work", &path, "TOKEN").await;
        assert_eq!(engine.refresh().await.success, 1, "{state}");
        let grant =
            engine.token("work", TokenRequest::default()).await.expect("programs get it all the same");
        let token = grant.value.expose_str().expect("text");
        let is_settled = |view: &AccountView| {
            let is_written = fs::read_to_string(&path).is_ok_and(|text| text.contains(token));
            is_written || view.sinks.first().is_some_and(|sink| sink.notice.is_some())
        };
        let view = engine.until("work", "written, or told", is_settled).await;
        assert_eq!(view.generation, generation.next(), "{state}: exactly one generation");
        assert_eq!(view.standing, Standing::Fine, "{state}: the login is fine");
        let after = fs::read_to_string(&path).expect("the file");
        let notice = view.sinks[0].notice.clone();
        if is_fit {
            assert_eq!(notice, None, "{state}");
            let left = |text: &str| text.replace(token, "old").replace(['"', '\''], "");
            assert_eq!(left(&after), left(before), "{state}: nothing but the value changed");
            assert!(after.contains(token), "{state}");
        } else {
            assert_eq!(after, before, "{state}: not a byte is touched");
            has_its_parts(&notice.expect("it is told"));
        }
    }
    engine.engine.stop().await;
}

#[tokio::test]
#[cfg(unix)]
async fn f59_what_two_readers_would_read_in_two_ways_touches_no_record_and_is_told_to_nobody() {
    use std::io::{Read as _, Write as _};

    let world = World::new();
    let (engine, screen) = logged_in(&world).await;
    let (before, sent) = (world.store.lock().backup(), world.site.requests().len());
    let socket = world.path("runtime/api.sock");
    let asked = [
        "POST /v1/refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/accounts/work/logout HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /v1/accounts/work/token HTTP/1.1\nHost: x\n\n",
    ];
    for request in asked {
        let socket = socket.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = std::os::unix::net::UnixStream::connect(socket).expect("it listens");
            stream.write_all(request.as_bytes()).expect("sent");
            let mut answer = String::new();
            _ = stream.read_to_string(&mut answer);
            answer
        });
        let answer = answer.await.expect("no panic");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{request:?}: {answer}");
    }
    world.pass(&engine, MINUTE).await;
    assert!(world.store.lock().backup() == before, "the record is the same, byte for byte");
    assert_eq!(world.site.requests().len(), sent, "and nothing was sent");
    let view = engine.account("work").await;
    assert_eq!((view.standing, view.notice), (Standing::Fine, None));
    assert!(screen.toasts().is_empty() && notices(&engine).await.is_empty());
    engine.engine.stop().await;
}

#[tokio::test]
async fn f63_files_with_mistakes_touch_no_record_are_told_with_their_place_and_the_rest_goes_on() {
    let world = World::new();
    let (engine, _) = logged_in(&world).await;
    let before = world.store.lock().backup();
    let path = world.path("config/config.toml");
    let good = fs::read_to_string(&path).expect("the file");
    fs::write(&path, format!("{good}\n[accounts.work.nonsense]\nx = 1\n")).expect("written");
    // A provider file of somebody else’s, wrong in its third line.
    world.provider("broken", "format = 1\nname = \"Broken\"\nhosts = [\"http://broken.test/#x\"\n");
    world.pass(&engine, MINUTE).await;
    let told = notices(&engine).await;
    assert_eq!(told.len(), 1, "{told:?}");
    has_its_parts(&told[0]);
    let line = good.lines().count() + 2;
    assert_eq!(told[0].code, Code::BadFile);
    assert!(told[0].what.contains(&format!("config.toml:{line}:")), "its line: {told:?}");
    let Ok(Response::Providers { providers }) = engine.call(Request::Providers).await else { panic!("none") };
    let broken = providers.iter().find(|one| one.id.as_str() == "broken").expect("it is listed");
    let notice = broken.notice.as_ref().expect("with its mistake");
    assert!(notice.what.contains("broken.toml:3:"), "{notice:?}");
    assert!(notice.cure.is_some(), "{notice:?}");
    assert!(providers.iter().any(|one| one.notice.is_none()), "other providers load");
    // Nothing of the login is touched, and it goes on by what was in force before.
    assert!(world.store.lock().backup() == before, "the record is the same, byte for byte");
    let generation = engine.generation().await;
    assert_eq!(engine.refresh().await.success, 1);
    assert_eq!(engine.generation().await, generation.next(), "exactly one generation");
    engine.engine.stop().await;

    // At a start nothing is in force; nothing is touched either, and that is said.
    let before = world.store.lock().backup();
    let engine = world.start().await;
    let told = notices(&engine).await;
    has_its_parts(&told[0]);
    assert!(told[0].next.as_ref().is_some_and(|next| next.contains("until it is corrected")), "{told:?}");
    world.pass(&engine, 20 * MINUTE).await;
    assert!(world.store.lock().backup() == before);
    fs::write(&path, good).expect("corrected");
    world.pass(&engine, MINUTE).await;
    engine.until("work", "there again", |view| view.standing == Standing::Fine).await;
    assert!(notices(&engine).await.is_empty());
    engine.engine.stop().await;
}
