//! Device code (RFC 8628), against the practice site's server, on a clock that is moved by hand.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Now;
use lamplighter_engine::clock::Clock;
use lamplighter_engine::login::{Ended, LoginJob, Means};
use testkit::clock::ManualClock;
use testkit::practice::{DEVICE_PROVIDER, Fault, Settings, Site};

use super::setting::{PATIENCE, UnderWay, job, means_by_hand};

const ASKED: &str = "POST /oauth/token";
const TOKEN: &str = "/oauth/token";
const BEGIN: &str = "/oauth/device";
const SECOND: Duration = Duration::from_secs(1);

/// A login that shows its code.
struct Shown {
    site: Site,
    clock: ManualClock,
    pauses: Arc<Pauses>,
    login: UnderWay,
    url: String,
    complete: Option<String>,
    code: String,
}

impl Shown {
    async fn new(settings: Settings, lang: Lang) -> Self {
        let site = Site::start(settings);
        let (means, clock) = means_by_hand();
        let pauses = Arc::new(Pauses { clock: means.clock.clone(), seconds: Mutex::default() });
        let means = Means { clock: pauses.clone(), ..means };
        let mut login = UnderWay::start(LoginJob { lang, ..job(DEVICE_PROVIDER, &site) }, means);
        let shown = login.stage(|stage| match stage {
            LoginStage::Device { url, complete, code } => Some((url.clone(), complete.clone(), code.clone())),
            _ => None,
        });
        let (url, complete, code) = shown.await;
        Self { site, clock, pauses, login, url, complete, code }
    }

    async fn usual() -> Self {
        Self::new(Settings::default(), Lang::En).await
    }

    /// Time passes for both.
    fn pass(&self, by: Duration) {
        self.site.clock().advance(by);
        self.clock.advance(by);
    }

    /// Waits until the service was asked so often.
    async fn asked(&self, count: usize) {
        let asked = async {
            while self.site.count(ASKED) < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("it asks");
        assert_eq!(self.site.count(ASKED), count, "and no more often");
    }

    /// Time passes until the service was asked once more: as long as the login wants to wait, once it waits.
    async fn until_asked(&self) {
        let before = self.site.count(ASKED);
        self.pauses(before + 1).await;
        let seconds = *self.pauses.short().last().expect("it waits");
        self.pass(u32::try_from(seconds).expect("seconds") * SECOND);
        self.asked(before + 1).await;
    }

    /// Waits until the login has begun to wait for so many times.
    async fn pauses(&self, count: usize) {
        let waits = async {
            while self.pauses.short().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waits).await.expect("it waits again");
    }

    /// So often it was asked, and so many seconds it waited each time, the wait that is on included.
    async fn waited(&self, seconds: &[u64]) {
        for _ in 1..seconds.len() {
            self.until_asked().await;
        }
        self.pauses(seconds.len()).await;
        assert_eq!(self.pauses.short(), seconds);
    }
}

/// A clock that remembers how long somebody wanted to wait.
struct Pauses {
    clock: Arc<dyn Clock>,
    seconds: Mutex<Vec<u64>>,
}

impl Pauses {
    /// All but the life of the code and the login's deadline.
    fn short(&self) -> Vec<u64> {
        let all = self.seconds.lock().expect("nobody panicked");
        all.iter().copied().filter(|seconds| *seconds < 100).collect()
    }
}

impl Clock for Pauses {
    fn now(&self) -> Now {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.seconds.lock().expect("nobody panicked").push(duration.as_secs());
        self.clock.sleep(duration)
    }
}

#[tokio::test]
async fn p1_code_and_address_are_shown_and_the_login_is_won_once_the_code_was_typed() {
    for device_complete in [true, false] {
        let settings = Settings { device_complete, ..Settings::default() };
        let shown = Shown::new(settings, Lang::En).await;
        assert_eq!(shown.url, format!("{}/device", shown.site.base()));
        assert_eq!(shown.code.len(), 9, "{}", shown.code);
        let with_code = format!("{}?user_code={}", shown.url, shown.code);
        assert_eq!(shown.complete, device_complete.then_some(with_code));
        shown.pass(5 * SECOND);
        shown.asked(1).await;
        assert!(shown.site.answer_device(&shown.code, "ana@example.com", true));
        shown.until_asked().await;
        let won = shown.login.won().await;
        assert_eq!(won.identity.as_deref(), Some("ana@example.com"));
        assert_eq!((won.material.tokens.len(), won.material.credentials.len()), (1, 1));
    }
}

#[tokio::test]
async fn rfc8628_it_asks_every_five_seconds_and_five_more_after_each_slow_down() {
    let shown = Shown::usual().await;
    shown.site.script(TOKEN, [Fault::Nothing, slow_down(), slow_down()]);
    // The service named no interval; then it said twice that this is too often.
    shown.waited(&[5, 5, 10, 15, 15]).await;
}

#[tokio::test]
async fn rfc8628_the_service_itself_finds_nothing_to_slow_down_at_the_interval_it_names() {
    let settings = Settings { device_interval: Some(7 * SECOND), ..Settings::default() };
    let shown = Shown::new(settings, Lang::En).await;
    shown.waited(&[7, 7, 7, 7]).await;
}

#[tokio::test]
async fn rfc8628_a_connection_that_fails_or_a_service_out_of_order_is_asked_less_often() {
    let shown = Shown::usual().await;
    shown.site.script(TOKEN, [Fault::ResetBefore, Fault::Html(503)]);
    shown.waited(&[5, 10, 20]).await;
    assert!(shown.site.answer_device(&shown.code, "ana@example.com", true));
    shown.until_asked().await;
    shown.login.won().await;
}

#[tokio::test]
async fn f61_a_person_who_refuses_is_told_so_in_their_language() {
    for (lang, words) in [
        (Lang::En, "did not give access (access_denied)"),
        (Lang::Fr, "n’a pas donné l’accès (access_denied)"),
    ] {
        let shown = Shown::new(Settings::default(), lang).await;
        assert!(shown.site.answer_device(&shown.code, "ana@example.com", false));
        shown.pass(5 * SECOND);
        let notice = shown.login.failed().await;
        assert_eq!(notice.code, Code::NeedsLogin);
        assert!(notice.what.contains(words), "{notice:?}");
    }
}

#[tokio::test]
async fn rfc8628_a_code_that_ran_out_is_told_by_the_service_or_by_the_clock() {
    for (lang, words) in [(Lang::En, "has run out."), (Lang::Fr, "a expiré.")] {
        for says_so in [true, false] {
            let settings = Settings { device_life: 60 * SECOND, ..Settings::default() };
            let shown = Shown::new(settings, lang).await;
            if says_so {
                shown.site.script(TOKEN, [Fault::Json(400, "{\"error\":\"expired_token\"}".to_owned())]);
                shown.pass(5 * SECOND);
            } else {
                // Nothing can be asked any more, and the code does not live longer for that.
                shown.site.always(TOKEN, Fault::ResetBefore);
                shown.pass(60 * SECOND);
            }
            let notice = shown.login.failed().await;
            assert_eq!(notice.code, Code::NeedsLogin);
            assert!(notice.what.contains(words), "{notice:?}");
            assert!(notice.cure.is_some());
        }
    }
}

#[tokio::test]
async fn an_error_that_nobody_knows_ends_the_login() {
    let shown = Shown::usual().await;
    shown.site.script(TOKEN, [Fault::Json(400, "{\"error\":\"invalid_grant\"}".to_owned())]);
    shown.pass(5 * SECOND);
    let notice = shown.login.failed().await;
    assert!(notice.what.contains("invalid_grant"), "{notice:?}");
}

#[tokio::test]
async fn a_code_that_cannot_be_typed_or_an_address_that_is_not_safe_is_not_shown() {
    for (code, address) in [
        ("", "https://id.example/device"),
        ("AB\u{1b}[2J", "https://id.example/device"),
        ("ABCD", "http://id.example/device"),
        ("ABCD", "file:///etc/passwd"),
        ("ABCD", ""),
    ] {
        let site = Site::start(Settings::default());
        let said = serde_json::json!({
            "device_code": "d", "user_code": code, "verification_uri": address, "expires_in": 60,
        });
        site.script(BEGIN, [Fault::Json(200, said.to_string())]);
        let (means, _) = means_by_hand();
        let notice = UnderWay::start(job(DEVICE_PROVIDER, &site), means).failed().await;
        assert_eq!(notice.code, Code::Blocked, "{code:?} {address:?}: {notice:?}");
    }
}

#[tokio::test]
async fn f61_a_service_that_does_not_begin_and_a_person_who_gives_up_end_it() {
    let site = Site::start(Settings::default());
    site.always(BEGIN, Fault::Json(401, "{\"error\":\"invalid_client\"}".to_owned()));
    let (means, _) = means_by_hand();
    let notice = UnderWay::start(job(DEVICE_PROVIDER, &site), means).failed().await;
    assert!(notice.what.contains("invalid_client"), "{notice:?}");

    let shown = Shown::usual().await;
    shown.login.answer(LoginAnswer::Cancel).await;
    assert!(matches!(shown.login.ended().await, Ended::Cancelled));
}

fn slow_down() -> Fault {
    Fault::Json(400, "{\"error\":\"slow_down\"}".to_owned())
}
