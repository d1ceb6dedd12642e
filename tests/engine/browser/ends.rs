//! How a visit ends, and that nothing is left of it then (F60).

use std::io::{Read as _, Write as _};
use std::time::Duration;

use lamplighter_core::exchange::{
    BrowserCondition, BrowserEnd, BrowserResult, BrowserVisit, NoChrome, NotSent,
};
use lamplighter_engine::browser::sweep;

use super::site::{SESSION, Site};
use super::user::is_unprivileged;
use super::world::{World, stat, visit};

#[tokio::test]
async fn f60_the_login_page_means_dead_and_the_jar_is_still_read() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    for path in ["/", "/moved"] {
        let mut plan = visit(&site, path);
        plan.cookies.clear();
        let result = world.chrome.visit(plan).await;
        assert_eq!(result.end, BrowserEnd::Dead, "{path}");
        assert_eq!(result.url.expect("an address").path(), "/login");
        assert!(result.cookies.is_some() && result.storage.is_some());
        world.assert_gone();
    }
}

#[tokio::test]
async fn f02_i9_a_gateways_login_page_ends_no_login_unless_the_file_names_its_host() {
    if !is_unprivileged() {
        return;
    }
    let (world, site, gateway) = (World::new(), Site::start().await, Site::start().await);
    let sent_on = |dead: Vec<BrowserCondition>| {
        let url = site.url(&format!("/away?{}", gateway.url("/login"))).parse().expect("an address");
        BrowserVisit { url, dead, ..visit(&site, "/") }
    };
    let signs = || {
        let form = BrowserCondition::Selector("#login".to_owned());
        sent_on(vec![BrowserCondition::Url("*/login*".to_owned()), form])
    };
    let result = ended_by_the_deadline(&world, &gateway, "/login", signs).await;
    assert_eq!(result.end, BrowserEnd::TimedOut);
    let named = BrowserCondition::Url(gateway.url("/login*"));
    assert_eq!(world.chrome.visit(sent_on(vec![named])).await.end, BrowserEnd::Dead);
    let form = BrowserCondition::Selector("#login".to_owned());
    let own = BrowserVisit { dead: vec![form], ..visit(&site, "/login") };
    assert_eq!(world.chrome.visit(own).await.end, BrowserEnd::Dead, "the service's own form");
    world.assert_gone();
}

#[tokio::test]
async fn f60_a_page_that_never_gets_ready_ends_with_the_deadline() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    for path in ["/empty", "/busy"] {
        let result = ended_by_the_deadline(&world, &site, path, || visit(&site, path)).await;
        assert_eq!(result.end, BrowserEnd::TimedOut, "{path}");
        let cookies = result.cookies.expect("the jar does not need the page");
        assert!(cookies.iter().any(|cookie| cookie.value.expose_str() == Some(SESSION)), "{path}");
        world.assert_gone();
    }
}

/// Visits a page that never gets ready. The deadline is short, and longer where Chrome did not come as far as to load
/// the page by then: a machine may be slow.
pub async fn ended_by_the_deadline(
    world: &World,
    site: &Site,
    path: &str,
    plan: impl Fn() -> BrowserVisit,
) -> BrowserResult {
    let mut deadline = Duration::from_secs(8);
    loop {
        let result = world.chrome.visit(BrowserVisit { deadline, ..plan() }).await;
        let has_loaded = !site.asked(path).is_empty() && result.cookies.is_some();
        if has_loaded || deadline > Duration::from_secs(240) {
            return result;
        }
        world.assert_gone();
        deadline *= 3;
    }
}

#[tokio::test]
async fn a_dialog_stops_nothing() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    assert_eq!(world.chrome.visit(visit(&site, "/asks")).await.end, BrowserEnd::Ready);
}

#[tokio::test]
async fn f60_a_chrome_that_dies_on_the_way_is_told_from_a_dead_login() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let chrome = world.chrome.clone();
    let plan = visit(&site, "/gate");
    let task = tokio::spawn(async move { chrome.visit(plan).await });
    site.until_asked("/open").await;
    let leader = rustix::process::Pid::from_raw(world.leader().cast_signed()).expect("a pid");
    rustix::process::kill_process(leader, rustix::process::Signal::KILL).expect("kill");
    let result = task.await.expect("visit");
    assert_eq!(result.end, BrowserEnd::Crashed);
    assert!(result.cookies.is_none());
    world.assert_gone();
}

#[tokio::test]
async fn f60_no_chrome_is_said_as_such() {
    let site = Site::start().await;
    let world = World::with(Some("/nonexistent/chrome".into()));
    assert_eq!(world.chrome.visit(visit(&site, "/")).await.end, BrowserEnd::CannotRun(NoChrome::Missing));
    world.assert_gone();
    let world = World::with(Some("/bin/false".into()));
    assert_eq!(world.chrome.visit(visit(&site, "/")).await.end, BrowserEnd::CannotRun(NoChrome::Silent));
    world.assert_gone();
}

#[tokio::test]
async fn i9_a_certificate_that_is_not_trusted_says_nothing_about_the_login() {
    if !is_unprivileged() {
        return;
    }
    let world = World::new();
    let site = Site::start().await;
    let mut plan = visit(&site, "/");
    plan.url = format!("https://127.0.0.1:{}/", self_signed()).parse().expect("url");
    assert_eq!(world.chrome.visit(plan).await.end, BrowserEnd::Unreachable(NotSent::Tls));

    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let mut plan = visit(&site, "/");
    plan.url = format!("http://127.0.0.1:{free}/").parse().expect("url");
    assert_eq!(world.chrome.visit(plan).await.end, BrowserEnd::Unreachable(NotSent::Connect));
    world.assert_gone();
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_not_called_unsent() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    let port = listener.local_addr().expect("address").port();
    // Chrome tries again by itself, a few times.
    std::thread::spawn(move || {
        for stream in listener.incoming().take(20).flatten() {
            _ = (&stream).read(&mut [0; 4096]);
        }
    });
    let mut plan = visit(&site, "/");
    plan.url = format!("http://127.0.0.1:{port}/").parse().expect("url");
    plan.deadline = Duration::from_secs(60);
    assert_eq!(world.chrome.visit(plan).await.end, BrowserEnd::TimedOut);
}

/// A TLS server with a certificate that nobody vouches for. Returns its port.
fn self_signed() -> u16 {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("certificate");
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("config");
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    let port = listener.local_addr().expect("address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(20).flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).expect("connection");
            let mut stream = rustls::StreamOwned::new(connection, stream);
            let mut request = [0; 1024];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                // Only a client that ignores the certificate gets here.
                _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
            }
        }
    });
    port
}

#[tokio::test]
async fn a_visit_that_nobody_waits_for_ends_at_once() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let chrome = world.chrome.clone();
    let plan = visit(&site, "/gate");
    let task = tokio::spawn(async move { chrome.visit(plan).await });
    site.until_asked("/open").await;
    assert!(!world.processes().is_empty(), "it runs");
    task.abort();
    // Two places: a third visit gets one only when the first is gone.
    let others =
        [visit(&site, "/"), visit(&site, "/"), visit(&site, "/")].map(|plan| world.chrome.visit(plan));
    for end in futures_util::future::join_all(others).await {
        assert_eq!(end.end, BrowserEnd::Ready);
    }
    world.assert_gone();
}

#[test]
fn f60_what_a_dead_engine_left_is_swept_and_a_living_ones_is_not() {
    let temp = tempfile::tempdir().expect("folder");
    let folder = |name: &str, owner: &str| {
        let path = temp.path().join(name);
        std::fs::create_dir_all(path.join("profile")).expect("folder");
        std::fs::write(path.join("owner"), owner).expect("owner");
        path
    };
    let started = |pid: u32| format!("{pid} {}", stat(pid, 22).expect("a start"));
    let mut left = {
        use std::os::unix::process::CommandExt as _;
        std::process::Command::new("sleep").arg("60").process_group(0).spawn().expect("sleep")
    };
    let dead = folder("chrome-dead", &format!("4194303 1\n{}\n", started(left.id())));
    let reused = folder("chrome-reused", &format!("4194303 1\n{} 1\n", std::process::id()));
    let living = folder("chrome-living", &format!("{}\n\n", started(std::process::id())));
    let foreign = folder("other", "");
    sweep(temp.path());
    assert!(!dead.exists() && !reused.exists(), "dead engines' folders are removed");
    assert!(living.exists() && foreign.exists(), "others are left alone");
    let status = left.wait().expect("wait");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "its Chrome is killed");
}
