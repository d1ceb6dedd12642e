//! The driver and a login window. The window is a small shell script that keeps to the protocol: the real one
//! is driven in the tests of the desktop app.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::exchange::{Exchange, HttpRequest};
use lamplighter_core::jar::Jar;
use lamplighter_core::login::{Capture, Event, OTHER_VERSION, Plan};
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::report::Code;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::login::{Before, Ended, Http, LoginInput, LoginJob, Waiting, find_app};
use testkit::practice::{PROVIDER, Site};
use testkit::wait;

use super::setting::{Down, PATIENCE, UnderWay, job, means, means_by_hand, site};

/// A window that behaves as its script says. `$D` is its folder.
struct Fake {
    folder: tempfile::TempDir,
}

impl Fake {
    fn new(script: &str) -> Self {
        use std::io::Write as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("window");
        let text = format!(
            "#!/bin/sh\nD={}\necho $$ > $D/pid\nread -r plan\nprintf '%s\\n' \"$plan\" > $D/plan\n\
             told() {{ read -r line || exit 0; printf '%s\\n' \"$line\" >> $D/told; }}\n{script}\n",
            folder.path().display()
        );
        // Written by another process: a file that this one has open for writing cannot be executed.
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh");
        shell.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
        assert!(shell.wait().expect("sh").success());
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file that the script writes, once `is_there` finds it complete. Waited for on another thread, so that
    /// the login goes on meanwhile.
    async fn text_once(&self, name: &str, is_there: impl Fn(&str) -> bool + Send + 'static) -> String {
        let path = self.file(name);
        let look = move || std::fs::read_to_string(&path).ok().filter(|text| is_there(text));
        let waited =
            tokio::task::spawn_blocking(move || wait::until(PATIENCE, look)).await.expect("no panic");
        waited.unwrap_or_else(|| panic!("{name} never became complete"))
    }

    async fn text(&self, name: &str) -> String {
        self.text_once(name, |text| text.ends_with('\n')).await
    }

    /// What the person's login at the site would leave in the window, as an event in a file.
    fn capture(&self, name: &str, site: &Site, email: &str, token: Option<&str>) {
        let opened = site.open_session(email);
        let token = token.unwrap_or(&opened.access);
        let capture = Capture {
            by_person: false,
            cookies: opened.cookies,
            storage: vec![StorageItem {
                origin: site.base().to_owned(),
                area: StorageArea::Local,
                key: "access_token".to_owned(),
                value: Secret::from(token),
            }],
            user_agent: Some("Fake/1".to_owned()),
            languages: Some("fr-FR".to_owned()),
            url: Some(site.base().parse().expect("an address")),
        };
        let line = Event::Captured(Box::new(capture)).to_line();
        std::fs::write(self.file(name), &*line).expect("written");
    }

    fn job(&self, site: &Site) -> LoginJob {
        LoginJob { app: Some(self.file("window")), ..job(PROVIDER, site) }
    }

    async fn is_gone(&self) -> bool {
        let pid = self.text("pid").await;
        let is_gone = move || !std::path::Path::new("/proc").join(pid.trim()).join("exe").exists();
        wait::until_true(PATIENCE, is_gone)
    }
}

const TWO_TRIES: &str = "echo '{\"event\":\"shown\"}'; cat $D/first; told; cat $D/second; told";
const ONE_TRY: &str = "echo '{\"event\":\"shown\"}'; cat $D/first; told";
const STAYS: &str = "echo '{\"event\":\"shown\"}'; while told; do :; done";

#[tokio::test]
async fn a_capture_that_the_probe_accepts_is_won() {
    let (site, fake) = (site(), Fake::new(ONE_TRY));
    fake.capture("first", &site, "ana@example.com", None);
    let won = UnderWay::start(fake.job(&site), means()).won().await;
    assert_eq!(won.identity.as_deref(), Some("ana@example.com"));
    assert_eq!(won.hosts, [site.base()]);
    assert!(won.material.is_proven);
    let token = won.material.tokens.values().next().expect("a token");
    assert_eq!(site.owner_of(token.value.expose_str().expect("text")).as_deref(), Some("ana@example.com"));
    assert!(won.material.jar.get("sid", "127.0.0.1").is_some());
    assert_eq!(won.material.user_agent.as_deref(), Some("Fake/1"));
    assert_eq!(fake.text("told").await.trim(), r#"{"command":"finish"}"#);
    assert!(fake.is_gone().await);
}

#[tokio::test]
async fn i6_a_capture_that_the_probe_does_not_accept_is_no_login() {
    let (site, fake) = (site(), Fake::new(TWO_TRIES));
    fake.capture("first", &site, "ana@example.com", Some("not-a-token"));
    fake.capture("second", &site, "ana@example.com", None);
    let won = UnderWay::start(fake.job(&site), means()).won().await;
    let told = fake.text("told").await;
    assert_eq!(told.lines().collect::<Vec<_>>(), [r#"{"command":"continue"}"#, r#"{"command":"finish"}"#]);
    assert_eq!(won.identity.as_deref(), Some("ana@example.com"));
}

#[tokio::test]
async fn i6_i9_a_probe_without_an_answer_says_nothing_and_is_tried_again() {
    let (site, fake) = (site(), Fake::new(TWO_TRIES));
    fake.capture("first", &site, "ana@example.com", None);
    fake.capture("second", &site, "ana@example.com", None);
    let mut means = means();
    means.http = Arc::new(Down { left: AtomicU32::new(1), through: means.http });
    let won = UnderWay::start(fake.job(&site), means).won().await;
    assert_eq!(fake.text("told").await.lines().next(), Some(r#"{"command":"unreachable"}"#));
    assert_eq!(won.identity.as_deref(), Some("ana@example.com"));
}

/// All goes through but the second request.
struct SecondDown {
    asked: AtomicU32,
    through: Arc<dyn Http>,
}

impl Http for SecondDown {
    fn perform(&self, request: HttpRequest) -> Waiting<'_, Exchange> {
        let is_second = self.asked.fetch_add(1, Ordering::SeqCst) == 1;
        let down = Down { left: AtomicU32::new(u32::from(is_second)), through: self.through.clone() };
        Box::pin(async move { down.perform(request).await })
    }
}

#[tokio::test]
async fn i2_what_a_capture_was_spent_for_is_proven_again_and_not_spent_again() {
    let (site, fake) = (site(), Fake::new(TWO_TRIES));
    fake.capture("first", &site, "ana@example.com", None);
    fake.capture("second", &site, "ana@example.com", None);
    let step = "[[login.steps]]\nspends = true\nmethod = \"GET\"\nurl = \"{{base}}/api/session\"\nauth = \"cookies\"\n\
                save = { \"token.access\" = \"json:access_token\" }\n\n[tokens.access]";
    let provider = PROVIDER.replacen("[tokens.access]", step, 1);
    let mut means = means();
    means.http = Arc::new(SecondDown { asked: AtomicU32::new(0), through: means.http });
    let job = LoginJob { app: Some(fake.file("window")), ..job(&provider, &site) };
    let won = UnderWay::start(job, means).won().await;
    assert_eq!(fake.text("told").await.lines().next(), Some(r#"{"command":"unreachable"}"#));
    assert_eq!(won.identity.as_deref(), Some("ana@example.com"));
    assert_eq!(site.count("GET /api/session"), 1, "once");
}

/// The practice site's file with another probe.
fn proven_by(request: &str) -> String {
    let own = r#"{ method = "GET", url = "{{base}}/api/me", auth = "token:access" }"#;
    assert!(PROVIDER.contains(own));
    PROVIDER.replace(own, request)
}

#[tokio::test]
async fn i6_a_service_that_sends_away_or_shows_another_page_was_reached_and_is_waited_for() {
    for request in [
        // Some go on from the login page to another one, which says nothing: the first word counts.
        r#"{ method = "GET", url = "{{base}}/", auth = "cookies" }"#,
        r#"{ method = "GET", url = "{{base}}/health", auth = "cookies" }"#,
    ] {
        let (site, fake) =
            (site(), Fake::new("echo '{\"event\":\"shown\"}'; cat $D/first; while told; do :; done"));
        fake.capture("first", &site, "ana@example.com", None);
        site.end_session("ana@example.com");
        let job = LoginJob { app: Some(fake.file("window")), ..job(&proven_by(request), &site) };
        let mut login = UnderWay::start(job, means());
        assert_eq!(fake.text("told").await.trim(), r#"{"command":"continue"}"#, "{request}");
        assert_eq!(site.count("GET /login"), 0, "{request}");
        login.stage(|stage| matches!(stage, LoginStage::Open { .. }).then_some(())).await;
        login.answer(LoginAnswer::Cancel).await;
        login.ended().await;
    }
}

#[tokio::test]
async fn f61_closing_the_window_cancels_and_says_nothing() {
    let (site, fake) =
        (site(), Fake::new("echo '{\"event\":\"shown\"}'; echo '{\"event\":\"closed\"}'; told"));
    assert!(matches!(UnderWay::start(fake.job(&site), means()).ended().await, Ended::Cancelled));
}

#[tokio::test]
async fn f61_cancelling_ends_the_window_too() {
    let (site, fake) = (site(), Fake::new(STAYS));
    let mut login = UnderWay::start(fake.job(&site), means());
    login.stage(|stage| matches!(stage, LoginStage::Open { .. }).then_some(())).await;
    login.answer(LoginAnswer::Cancel).await;
    assert!(matches!(login.ended().await, Ended::Cancelled));
    assert!(fake.is_gone().await);
}

#[tokio::test]
async fn f61_another_person_than_before_is_asked_about() {
    for (answer, is_won) in [(LoginAnswer::AcceptPerson, true), (LoginAnswer::Cancel, false)] {
        let (site, fake) = (site(), Fake::new(ONE_TRY));
        fake.capture("first", &site, "bo@example.com", None);
        let before = Before { identity: Some("ana@example.com".to_owned()), jar: Jar::default() };
        let mut login = UnderWay::start(LoginJob { before: Some(before), ..fake.job(&site) }, means());
        let (was, is) = login
            .stage(|stage| match stage {
                LoginStage::WrongPerson { before, now } => Some((before.clone(), now.clone())),
                _ => None,
            })
            .await;
        assert_eq!((was.as_str(), is.as_str()), ("ana@example.com", "bo@example.com"));
        assert!(!fake.file("told").exists(), "the window stays while the question is open");
        login.answer(answer).await;
        match login.ended().await {
            Ended::Won(won) => assert!(is_won && won.identity.as_deref() == Some("bo@example.com")),
            Ended::Cancelled => assert!(!is_won),
            Ended::Failed(notice) => panic!("{notice:?}"),
        }
    }
}

#[tokio::test]
async fn the_same_person_is_not_asked_about() {
    let (site, fake) = (site(), Fake::new(ONE_TRY));
    fake.capture("first", &site, "ana@example.com", None);
    let before = Before { identity: Some("ana@example.com".to_owned()), jar: Jar::default() };
    let job = LoginJob { before: Some(before), ..fake.job(&site) };
    assert_eq!(UnderWay::start(job, means()).won().await.identity.as_deref(), Some("ana@example.com"));
}

#[tokio::test]
async fn a_window_that_is_killed_says_what_happened_and_that_nothing_is_lost() {
    for (lang, what, safe) in [
        (Lang::En, "The login window ended unexpectedly.", "The login from before is untouched."),
        (
            Lang::Fr,
            "La fenêtre de connexion s’est arrêtée de façon inattendue.",
            "La connexion précédente est intacte.",
        ),
    ] {
        let (site, fake) = (site(), Fake::new("echo '{\"event\":\"shown\"}'; kill -9 $$"));
        let before = Before { identity: None, jar: Jar::default() };
        let job = LoginJob { lang, before: Some(before), ..fake.job(&site) };
        let notice = UnderWay::start(job, means()).failed().await;
        // How its process ended tells a person nothing.
        assert_eq!(notice.what, what);
        assert_eq!((notice.account.as_deref(), notice.safe.as_deref()), (Some("work"), Some(safe)));
        assert!(notice.next.is_some() && notice.cure.is_some());
    }
}

#[tokio::test]
async fn a_window_that_talks_nonsense_or_has_no_display_fails_with_its_reason() {
    let (site, fake) = (site(), Fake::new("echo 'Gtk-WARNING canary'; told"));
    let notice = UnderWay::start(fake.job(&site), means()).failed().await;
    assert!(!format!("{notice:?}").contains("canary"), "{notice:?}");
    let fake = Fake::new("echo '{\"event\":\"failed\",\"why\":\"no display\"}'; exit 1");
    let notice = UnderWay::start(fake.job(&site), means()).failed().await;
    assert_eq!(notice.code, Code::NoDisplay);
    assert_eq!(notice.safe.as_deref(), Some("Nothing was stored."));
}

#[tokio::test]
async fn f53_a_window_of_another_version_says_that_the_app_has_to_be_started_again() {
    for (lang, what, cure) in [
        (
            Lang::En,
            "Lamplighter was updated while it ran, and its login window is of another version.",
            "Quit Lamplighter and start it again, then log in.",
        ),
        (
            Lang::Fr,
            "Lamplighter a été mis à jour pendant qu’il tournait, et sa fenêtre de connexion est d’une autre version.",
            "Quittez Lamplighter et redémarrez-le, puis connectez-vous.",
        ),
    ] {
        let (site, fake) = (site(), Fake::new("cat $D/first; exit 1"));
        let said = Event::Failed { why: OTHER_VERSION.to_owned() }.to_line();
        std::fs::write(fake.file("first"), &*said).expect("written");
        let notice = UnderWay::start(LoginJob { lang, ..fake.job(&site) }, means()).failed().await;
        assert_eq!((notice.code, notice.what.as_str()), (Code::Temporary, what));
        assert_eq!(notice.cure.as_deref(), Some(cure));
        assert!(notice.safe.is_some() && notice.next.is_some());
    }
}

#[tokio::test]
async fn a_missing_desktop_app_is_named() {
    let site = site();
    let job = LoginJob { app: Some("/nonexistent/lamplighter".into()), ..job(PROVIDER, &site) };
    let notice = UnderWay::start(job, means()).failed().await;
    assert_eq!(notice.code, Code::NoDisplay);
    assert!(notice.cure.expect("a cure").contains("LAMPLIGHTER_APP"));
}

#[test]
fn the_app_is_the_named_one_else_the_one_beside_us() {
    let folder = tempfile::tempdir().expect("a folder");
    let (running, beside) = (folder.path().join("lamp"), folder.path().join("lamplighter"));
    assert_eq!(find_app(Some("/opt/x".into()), Some(&running)), Some("/opt/x".into()));
    assert_eq!(find_app(None, Some(&running)), None);
    std::fs::write(&beside, "").expect("written");
    assert_eq!(find_app(Some("".into()), Some(&running)), Some(beside));
}

#[tokio::test]
async fn a_login_that_nobody_finishes_ends_after_ten_minutes() {
    let (site, fake) = (site(), Fake::new(STAYS));
    let (means, clock) = means_by_hand();
    let mut login = UnderWay::start(fake.job(&site), means);
    login.stage(|stage| matches!(stage, LoginStage::Open { .. }).then_some(())).await;
    clock.advance(Duration::from_secs(9 * 60 + 59));
    clock.advance(Duration::from_secs(1));
    let notice = login.failed().await;
    assert!(notice.what.contains("10 minutes"), "{notice:?}");
    assert!(fake.is_gone().await);
}

#[tokio::test]
async fn the_window_gets_the_device_jar_and_nothing_else_of_what_is_stored() {
    let (site, fake) = (site(), Fake::new(STAYS));
    let mut jar: Jar = site.open_session("ana@example.com").cookies.into_iter().collect();
    let mut device = jar.get("sid", "127.0.0.1").expect("a session").duplicate();
    (device.name, device.value) = ("device_id".to_owned(), Secret::from("known-device"));
    jar.put(device);
    let before = Before { identity: None, jar };
    let login = UnderWay::start(LoginJob { before: Some(before), ..fake.job(&site) }, means());
    let plan = Plan::from_line(fake.text("plan").await.as_bytes()).expect("a plan");
    let names: Vec<&str> = plan.device.iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, ["device_id"]);
    assert_eq!(plan.device[0].value.expose(), b"known-device");
    assert_eq!((plan.url.as_str(), plan.offer_done_after_s), (format!("{}/", site.base()).as_str(), 60));
    login.answer(LoginAnswer::Cancel).await;
    login.ended().await;
}

#[tokio::test]
async fn what_the_person_says_elsewhere_reaches_the_window() {
    let (site, fake) = (site(), Fake::new(STAYS));
    let mut login = UnderWay::start(fake.job(&site), means());
    login.stage(|stage| matches!(stage, LoginStage::Open { .. }).then_some(())).await;
    login.tell(LoginInput::Raise).await;
    login.answer(LoginAnswer::SignedIn).await;
    let both = "{\"command\":\"raise\"}\n{\"command\":\"capture\"}\n";
    fake.text_once("told", move |text| text == both).await;
    login.answer(LoginAnswer::Cancel).await;
    login.ended().await;
}
