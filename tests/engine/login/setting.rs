//! What the tests of logins share: the practice site, a job, and a login under way.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::exchange::{Exchange, HttpRequest, NoReply, NotSent, Sent};
use lamplighter_core::provider::parse;
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Now;
use lamplighter_engine::clock::{Clock, SystemClock};
use lamplighter_engine::http::HttpClient;
use lamplighter_engine::login::{
    Ended, Http, Line, LoginInput, LoginJob, Means, NothingToSpend, Waiting, Won, run,
};
use testkit::clock::ManualClock;
use testkit::practice::{Person, Settings, Site};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Everything here takes milliseconds; a slow machine under load takes longer.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A site with Ana, who has a second factor, and Bo.
pub fn site() -> Site {
    Site::start(Settings { people: vec![Person::new("Ana"), Person::new("Bo")], ..Settings::default() })
}

/// A login of `provider` (text of its file) at `site`.
pub fn job(provider: &str, site: &Site) -> LoginJob {
    let id = "practice".parse().expect("an id");
    let provider = parse(id, provider).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    LoginJob {
        account: "work".parse().expect("a name"),
        provider: Arc::new(provider),
        vars: BTreeMap::from([("base".parse().expect("a name"), site.base().to_owned())]),
        secrets: BTreeMap::new(),
        way: 0,
        lang: Lang::En,
        before: None,
        app: None,
    }
}

/// Real HTTP and real time.
pub fn means() -> Means {
    let clock = Arc::new(SystemClock::new());
    let http = HttpClient::new(clock.clone());
    Means { http: Arc::new(http), clock, spending: Arc::new(NothingToSpend) }
}

/// Real HTTP and a clock that is moved by hand.
pub fn means_by_hand() -> (Means, ManualClock) {
    let clock = ManualClock::new();
    (Means { clock: Arc::new(ByHand(clock.clone())), ..means() }, clock)
}

struct ByHand(ManualClock);

impl Clock for ByHand {
    fn now(&self) -> Now {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep(duration)
    }
}

/// Real HTTP that does not come through for a while, as a network that is down.
#[cfg_attr(windows, expect(dead_code, reason = "its tests need shell scripts"))]
pub struct Down {
    /// How many requests still fail.
    pub left: AtomicU32,
    /// What carries out the others.
    pub through: Arc<dyn Http>,
}

impl Http for Down {
    fn perform(&self, request: HttpRequest) -> Waiting<'_, Exchange> {
        let is_down =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if !is_down {
            return self.through.perform(request);
        }
        let at = SystemClock::new().now();
        let took = Duration::ZERO;
        let exchange = Exchange { sent: Sent::No(NotSent::Dns), reply: Err(NoReply::NotSent), took, at };
        Box::pin(std::future::ready(exchange))
    }
}

/// A login under way.
pub struct UnderWay {
    task: JoinHandle<Ended>,
    stage: watch::Receiver<LoginStage>,
    inputs: mpsc::Sender<LoginInput>,
}

impl UnderWay {
    pub fn start(job: LoginJob, means: Means) -> Self {
        let (stage_in, stage) = watch::channel(LoginStage::Opening);
        let (inputs, inputs_out) = mpsc::channel(4);
        let line = Line { stage: stage_in, inputs: inputs_out };
        Self { task: tokio::spawn(run(job, means, line)), stage, inputs }
    }

    /// Waits for a stage that `wanted` finds something in.
    pub async fn stage<T>(&mut self, mut wanted: impl FnMut(&LoginStage) -> Option<T>) -> T {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(found) = wanted(&self.stage.borrow_and_update()) {
                    return found;
                }
                self.stage.changed().await.expect("the login ended before that stage");
            }
        });
        found.await.unwrap_or_else(|_| panic!("the stage never came; it is {:?}", self.stage.borrow()))
    }

    pub async fn answer(&self, answer: LoginAnswer) {
        self.tell(LoginInput::Answer(answer)).await;
    }

    pub async fn tell(&self, input: LoginInput) {
        self.inputs.send(input).await.expect("the login listens");
    }

    pub async fn ended(self) -> Ended {
        tokio::time::timeout(PATIENCE, self.task).await.expect("the login ends").expect("without a panic")
    }

    pub async fn won(self) -> Won {
        match self.ended().await {
            Ended::Won(won) => *won,
            Ended::Failed(notice) => panic!("{notice:?}"),
            Ended::Cancelled => panic!("cancelled"),
        }
    }

    pub async fn failed(self) -> Notice {
        match self.ended().await {
            Ended::Failed(notice) => notice,
            Ended::Won(_) => panic!("won"),
            Ended::Cancelled => panic!("cancelled"),
        }
    }
}
