//! Whoever watches from elsewhere is told by web hooks, through real connections, without any desktop.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplighter_core::api::{AlertView, LoginAnswer, Request, Response, Standing, TokenRequest};
use lamplighter_core::report::Code;
use lamplighter_core::secret::Secret;
use serde_json::Value;

use super::world::{HANGS, Running, World};

pub const MINUTE: Duration = Duration::from_secs(60);

/// A chat's web hook: answers as the test says, 200 after that, and notes what was posted.
pub struct Chat {
    pub port: u16,
    posted: Arc<Mutex<Vec<(u16, String)>>>,
}

impl Chat {
    pub fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let posted = Arc::new(Mutex::new(Vec::new()));
        let noted = posted.clone();
        std::thread::spawn(move || {
            let mut answers = answers.iter();
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&stream);
                let mut length = 0;
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                let answer = answers.next().unwrap_or(&"200 OK");
                let status = answer.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0);
                noted.lock().expect("no panic").push((status, String::from_utf8_lossy(&body).into_owned()));
                let reply = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                // Who asked may be gone.
                _ = (&stream).write_all(reply.as_bytes());
            }
        });
        Self { port, posted }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks/1/canary-of-the-address", self.port)
    }

    fn posted(&self) -> Vec<(u16, String)> {
        self.posted.lock().expect("no panic").clone()
    }

    /// Time passes until so many were posted.
    async fn until(&self, world: &World, engine: &Running, count: usize) -> Vec<(u16, String)> {
        let waits = async {
            while self.posted().len() < count {
                world.pass(engine, Duration::from_secs(10)).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(HANGS, waits).await.expect("it is posted");
        self.posted()
    }
}

pub fn configure(world: &World, text: &str) {
    let file = world.path("config/config.toml");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(file, format!("{text}\n{before}")).expect("a file");
}

pub async fn end_session(world: &World, engine: &Running) {
    let email = world.site.person().email.clone();
    world.site.end_session(&email);
    world.site.revoke_grants(&email);
    world.pass(engine, 40 * MINUTE).await;
    engine.until("work", "needing the person", |view| view.standing == Standing::NeedsYou).await;
}

async fn log_in_again(world: &World, engine: &Running) {
    let request = Request::Login { account: "work".to_owned(), way: None };
    let Ok(Response::Login { login }) = engine.call(request).await else { panic!("no login") };
    let (email, password) = (world.site.person().email.clone(), world.site.person().password.clone());
    let code = world.site.totp_code(&email);
    let values = [("email", email), ("password", password), ("code", code)];
    let values = values.map(|(field, value)| (field.to_owned(), value.into())).into();
    engine.answer(&login.id, LoginAnswer::Fields { values }).await;
    engine.login_ends(&login.id).await;
}

pub async fn alerts(engine: &Running, request: Request) -> Vec<AlertView> {
    match engine.call(request).await {
        Ok(Response::Alerts { alerts }) => alerts,
        other => panic!("no alerts: {other:?}"),
    }
}

#[tokio::test]
async fn s0_4_a_login_that_ended_is_posted_once_without_a_secret_and_so_is_that_it_works_again() {
    let (world, chat) = (World::new(), Chat::start(&[]));
    let url = chat.url();
    configure(
        &world,
        &format!("[[alerts]]\nkind = \"webhook\"\nurl = \"{url}\"\non = [\"needs-login\", \"recovered\"]\n"),
    );
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let token = engine.token("work", TokenRequest::default()).await.expect("a token");
    end_session(&world, &engine).await;
    let posted = chat.until(&world, &engine, 1).await;
    let json: Value = serde_json::from_str(&posted[0].1).expect("JSON");
    assert_eq!((&json["event"], &json["account"]), (&"needs-login".into(), &"work".into()));
    for part in ["what", "safe", "next", "cure"] {
        assert!(json["notice"][part].is_string(), "{part}: {json}");
    }
    assert!(!posted[0].1.contains(&text(&token.value)), "a token is in it");
    world.pass(&engine, 30 * MINUTE).await;
    assert_eq!(chat.posted().len(), 1, "i8: once");
    log_in_again(&world, &engine).await;
    let posted = chat.until(&world, &engine, 2).await;
    let json: Value = serde_json::from_str(&posted[1].1).expect("JSON");
    assert_eq!((&json["event"], &json["title"]), (&"recovered".into(), &"work works again.".into()));
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_4_i8_a_hook_that_is_away_is_tried_again_and_holds_up_nothing() {
    let world = World::new();
    let chat = Chat::start(&["503 No", "429 Slow\r\nRetry-After: 30", "500 No", "204 Yes"]);
    configure(&world, &format!("[[alerts]]\nkind = \"discord\"\nurl = \"{}\"\n", chat.url()));
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    end_session(&world, &engine).await;
    let posted = chat.until(&world, &engine, 4).await;
    let answers: Vec<u16> = posted.iter().map(|(status, _)| *status).collect();
    assert_eq!(answers, [503, 429, 500, 204]);
    assert!(posted.iter().all(|(_, body)| *body == posted[0].1), "the same message each time");
    assert!(posted[0].1.contains("**work needs you"), "{}", posted[0].1);
    world.pass(&engine, 30 * MINUTE).await;
    assert_eq!(chat.posted().len(), 4, "taken is taken");
    let view = alerts(&engine, Request::Alerts).await.remove(0);
    assert!(view.told.is_some() && view.notice.is_none() && view.waiting == 0, "{view:?}");
    assert!(!format!("{view:?}").contains("canary-of-the-address"), "t22: the address is a secret, too");
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_4_t12_a_hook_that_sends_on_elsewhere_is_not_followed_and_a_sample_says_so() {
    let world = World::new();
    let other = Chat::start(&[]);
    let location: &'static str = format!("307 Gone\r\nLocation: {}", other.url()).leak();
    let chat = Chat::start(vec![location].leak());
    configure(&world, &format!("[[alerts]]\nkind = \"ntfy\"\nurl = \"{}\"\n", chat.url()));
    let engine = world.start().await;
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    let notice = tried[0].notice.as_ref().expect("it was not taken");
    assert!(notice.what.contains("307") && notice.safe.is_some() && notice.cure.is_some(), "{notice:?}");
    assert_eq!((chat.posted().len(), other.posted().len()), (1, 0));
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    assert!(tried[0].notice.is_none() && tried[0].told.is_some());
    assert!(chat.posted()[1].1.contains("Nothing is wrong"), "a sample is marked as one");
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_4_an_address_that_is_a_secret_lies_in_the_keychain_and_has_to_be_a_safe_one() {
    let (world, chat) = (World::new(), Chat::start(&[]));
    configure(&world, "[[alerts]]\nkind = \"slack\"\nurl = \"keychain:ops-room\"\n");
    let engine = world.start().await;
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    let notice = tried[0].notice.as_ref().expect("there is no address");
    assert!(
        notice.cure.as_ref().is_some_and(|cure| cure.contains("lamp secret set alerts ops_room")),
        "{notice:?}"
    );
    let set = |value: &str| Request::SetSecret {
        account: "alerts".to_owned(),
        name: "ops_room".parse().expect("a name"),
        value: Secret::from(value),
    };
    let refused = engine.call(set("http://chat.example.com/hook")).await.expect_err("not over plain http");
    assert_eq!(refused.code, Code::Usage);
    assert!(matches!(engine.call(set(&chat.url())).await, Ok(Response::Done)));
    let names = engine.call(Request::Secrets { account: "alerts".to_owned() }).await;
    let Ok(Response::Secrets { names }) = names else { panic!("no names") };
    assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["ops_room"]);
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    assert_eq!((tried[0].notice.as_ref(), tried[0].to.as_str()), (None, "keychain:ops_room"));
    assert_eq!(chat.posted().len(), 1);
    let config = std::fs::read_to_string(world.path("config/config.toml")).expect("a file");
    assert!(!config.contains("canary-of-the-address"));
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_4_what_a_hook_refused_for_good_is_told_once_it_is_mended_or_after_the_next_start() {
    let (world, chat) = (World::new(), Chat::start(&["404 Gone"]));
    configure(&world, "[[alerts]]\nkind = \"slack\"\nurl = \"keychain:ops-room\"\n");
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    end_session(&world, &engine).await;
    missed(&world, &engine, "ops_room").await;
    let request = Request::SetSecret {
        account: "alerts".to_owned(),
        name: "ops_room".parse().expect("a name"),
        value: Secret::from(chat.url()),
    };
    assert!(matches!(engine.call(request).await, Ok(Response::Done)));
    let posted = chat.until(&world, &engine, 1).await;
    assert!(posted[0].0 == 404 && posted[0].1.contains("*work needs you"), "{posted:?}");
    missed(&world, &engine, "404").await;
    world.pass(&engine, 30 * MINUTE).await;
    assert_eq!(chat.posted().len(), 1, "refused for good: not tried again by itself");
    engine.engine.stop().await;
    let engine = world.start().await;
    let posted = chat.until(&world, &engine, 2).await;
    assert!(posted[1].0 == 200 && posted[1].1.contains("*work needs you"), "{posted:?}");
    world.pass(&engine, 30 * MINUTE).await;
    assert_eq!(chat.posted().len(), 2, "i8: taken once");
    engine.engine.stop().await;
}

#[tokio::test]
async fn s0_4_samples_go_out_at_once_and_whoever_does_not_answer_holds_up_no_other() {
    let world = World::new();
    let (slow, second) = (TcpListener::bind("127.0.0.1:0").expect("a port"), Chat::start(&[]));
    let port = slow.local_addr().expect("an address").port();
    let entry = |url: &str| format!("[[alerts]]\nkind = \"ntfy\"\nurl = \"{url}\"\n");
    configure(&world, &(entry(&format!("http://127.0.0.1:{port}/")) + &entry(&second.url())));
    let posted = second.posted.clone();
    // Answers only once the other has been told.
    std::thread::spawn(move || {
        let (mut stream, _) = slow.accept().expect("it is told");
        while posted.lock().expect("no panic").is_empty() {
            std::thread::yield_now();
        }
        _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        // Until whoever asked hangs up.
        _ = stream.read_to_end(&mut Vec::new());
    });
    let engine = world.start().await;
    let tried = alerts(&engine, Request::TestAlerts { account: None }).await;
    assert_eq!(tried.len(), 2);
    assert!(tried.iter().all(|alert| alert.told.is_some() && alert.notice.is_none()), "{tried:?}");
    engine.engine.stop().await;
}

/// Waits until the hook has given up a message, and says why.
async fn missed(world: &World, engine: &Running, why: &str) {
    let waits = async {
        loop {
            let view = alerts(engine, Request::Alerts).await.remove(0);
            if view.waiting == 0 && view.notice.is_some_and(|notice| notice.what.contains(why)) {
                break;
            }
            world.pass(engine, Duration::from_secs(10)).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(HANGS, waits).await.expect("it gives up");
}

#[tokio::test]
async fn s2_5_who_forces_a_refresh_in_a_loop_is_told_when_and_the_token_is_still_given() {
    let world = World::new();
    let engine = world.start().await;
    engine.log_in(&world, "work").await;
    let refresh = || Request::Refresh { accounts: vec!["work".to_owned()], force: true, dry_run: false };
    let before = world.site.count("POST /api/auth/refresh");
    let mut refused = None;
    for _ in 0..30 {
        let Ok(Response::Refresh { report }) = engine.call(refresh()).await else { panic!("no report") };
        if report.failed == 1 {
            refused = report.rows.into_iter().next().and_then(|row| row.notice);
            break;
        }
    }
    let notice = refused.expect("not for ever");
    assert_eq!(notice.code, Code::Temporary);
    assert!(notice.next.is_some_and(|next| next.contains("at ")), "it says when");
    assert!(world.site.count("POST /api/auth/refresh") - before <= 20);
    assert!(engine.token("work", TokenRequest::default()).await.is_ok());
    let Ok(Response::History { rows }) =
        engine.call(Request::History { account: "work".to_owned(), limit: None }).await
    else {
        panic!("no history")
    };
    let refreshes = rows.iter().filter(|row| row.kind == "refresh").count();
    assert!(refreshes >= world.site.count("POST /api/auth/refresh") - before, "every one is in the history");
    world.pass(&engine, MINUTE).await;
    let Ok(Response::Refresh { report }) = engine.call(refresh()).await else { panic!("no report") };
    assert_eq!(report.success, 1, "and later it goes on");
    engine.engine.stop().await;
}

fn text(secret: &Secret) -> String {
    secret.expose_str().expect("a token is text").to_owned()
}
