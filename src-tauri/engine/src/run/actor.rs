//! The loop: everything that happens is a message, everything that is decided is decided in core, everything
//! that takes time is a task that reports back.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::account::{Accounts, Event, Job};
use lamplighter_core::api;
use lamplighter_core::config::AccountSettings;
use lamplighter_core::id::{AccountId, AccountName};
use lamplighter_core::provider::Provider;
use lamplighter_core::record::{Record, StoreError, StoreKind};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Clock as TextClock, Lang, Subject};
use lamplighter_core::time::Now;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::alerts::Watcher;
use super::configuration::Configuration;
use super::delivery::Delivery;
use super::effects::{Ticket, is_of_the_store};
use super::ledger::Ledger;
use super::lives::Lives;
use super::logins::LoginEntry;
use super::message::{Message, Reply};
use super::naming::Unnamed;
use super::paying::Paying;
use super::perform::Ports;
use super::providers::Providers;
use super::tokens::Waiting;
use super::typed::Typed;
use super::warned::Warned;
use crate::desktop::Desktop;
use crate::lock::Holder;
use crate::network::Check;
use crate::paths::Paths;
use crate::store::Late;

/// What is due this soon is looked at together.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Until when the loop rests, on the boot clock (milliseconds), if nothing happens.
struct Rest {
    until: u64,
    sleep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Everything that the loop owns.
pub(crate) struct Actor {
    pub ports: Arc<Ports>,
    pub accounts: Accounts,
    pub entries: BTreeMap<AccountId, Entry>,
    pub configuration: Configuration,
    pub providers: Providers,
    pub state: Ledger,
    /// The person's own check of the network runs: one is enough, however many services cannot be reached.
    pub judging: Option<Check>,
    /// Who is told elsewhere.
    pub watchers: Vec<Watcher>,
    /// How long sessions lived.
    pub lives: Lives,
    pub desktop: Option<Arc<dyn Desktop>>,
    pub events: broadcast::Sender<api::Event>,
    pub logins: BTreeMap<String, LoginEntry>,
    /// Who waits for what.
    pub waiting: BTreeMap<u64, Waiting>,
    /// What work on records carries, by ticket.
    pub tickets: BTreeMap<u64, Ticket>,
    pub next_ticket: u64,
    /// What runs, by account: one that leaves the configuration and comes back while its attempt runs must not
    /// get a second one (I1).
    pub at_work: BTreeMap<AccountId, Job>,
    /// Whose attempt is being taken account of: who waits for it is told after that.
    pub ending: Option<AccountId>,
    /// What the Chrome in force was made of: executable, and whether without its sandbox.
    pub chrome_settings: Option<(Option<String>, bool)>,
    /// Calls that came before the records had been read.
    pub too_early: Vec<(api::Request, Lang, Reply<api::Response>)>,
    /// When to look again, on the boot clock (milliseconds).
    pub look_again: u64,
    pub stopping: Option<oneshot::Sender<()>>,
    /// Who holds the machine awake until nothing runs any more.
    pub to_bed: Option<oneshot::Sender<()>>,
    pub warned: Warned,
    /// What the store said last, if it was no.
    pub store: Option<StoreError>,
    /// The keychain asks the person at this moment: once is enough, however often they press.
    pub is_unlocking: bool,
    /// What is still open of where logins are kept.
    pub unnamed: Unnamed,
    pub paying: Paying,
    /// Whether the settings say which store is used.
    pub has_choice: bool,
    pub paths: Paths,
    pub holder: Holder,
    /// The kind of network file system that the data folder is on, if it is on one.
    pub network: Option<&'static str>,
    pub system_lang: Lang,
    pub time_zone: jiff::tz::TimeZone,
    /// Address of the practice site, in development builds.
    pub practice: Option<String>,
}

/// One account, beside its state in core.
pub(crate) struct Entry {
    pub name: AccountName,
    pub settings: AccountSettings,
    /// `None` if its file is missing or broken: then nothing is known of how it works, and nothing is done.
    pub provider: Option<Arc<Provider>>,
    /// The newest record: what is served. It can be newer than what the store has taken.
    pub record: Option<Arc<Record>>,
    /// The record that the store held last, for when it cannot be read (F39).
    pub stored: Option<Arc<Record>>,
    /// Secret variables that the person set before there was a record: for the next login. The keychain has them.
    pub typed: Typed,
    /// A login has spent something and is not done: the next one goes on with it.
    pub is_unfinished: bool,
    /// Its record is not in the store that is used, but in this one.
    pub elsewhere: Option<StoreKind>,
    /// One for each sink of the settings.
    pub deliveries: Vec<Delivery>,
}

impl Actor {
    /// Runs until [`Message::Stop`] is answered.
    pub(crate) async fn run(
        mut self,
        mut messages: mpsc::Receiver<Message>,
        mut late: UnboundedReceiver<Late>,
    ) {
        self.on_event(Event::Tick);
        let mut rest: Option<Rest> = None;
        loop {
            // The time to look again was set by the last event: a storm of messages must not put it off.
            let now = self.now().boot.ms;
            let wait = self.look_again.saturating_sub(now);
            if wait == 0 {
                self.on_tick();
                continue;
            }
            // One that ends too early is good enough: nothing is set anew for every message.
            let sleep = match &mut rest {
                Some(rest) if rest.until > now && rest.until <= self.look_again => &mut rest.sleep,
                _ => {
                    let sleep = self.ports.clock.rest(Duration::from_millis(wait));
                    &mut rest.insert(Rest { until: self.look_again, sleep }).sleep
                }
            };
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.on_message(message),
                    None => return,
                },
                Some(late) = late.recv() => self.on_late(late),
                () = sleep => {
                    rest = None;
                    self.on_tick();
                }
            }
            self.answer_early_calls();
            let is_quiet = self.at_work.is_empty() && !self.accounts.is_busy() && !self.ports.store.is_busy();
            // With very many logins something runs all the time: once the machine has slept nobody has to wait.
            if self.to_bed.is_some() && (is_quiet || !self.accounts.is_resting(self.now())) {
                // Whoever asked may be gone.
                _ = self.to_bed.take().map(|done| done.send(()));
            }
            if self.stopping.is_some() && self.is_done() {
                self.finish().await;
                return;
            }
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.ports.clock.now()
    }

    /// The language of notifications and logs: as set, else the system's.
    pub(crate) fn lang(&self) -> Lang {
        self.configuration.config.settings.lang.unwrap_or(self.system_lang)
    }

    /// Lets core decide, and does what it says.
    pub(crate) fn on_event(&mut self, event: Event) {
        let now = self.now();
        for effect in self.accounts.on_event(event, now) {
            self.perform(effect);
        }
        let wait = self.accounts.next_wakeup(now).since(now.wall).max(SHORTEST_WAIT);
        self.look_again = now.boot.ms.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    }

    fn on_tick(&mut self) {
        self.take_over_files();
        self.pay_if_due();
        self.on_event(Event::Tick);
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Call { request, lang, reply } => self.on_call(request, lang, reply),
            Message::Token { caller, account, request, lang, reply } => {
                self.on_token(caller, account, request, lang, reply);
            }
            Message::Expired { ticket } => self.on_expired(ticket),
            Message::Publish { account, record, done } => {
                self.on_publish(&account, record);
                // The attempt has ended if nobody waits.
                _ = done.send(());
            }
            Message::Typed { account, kept, lang, reply } => self.on_typed(&account, kept, lang, reply),
            Message::Ended { account, job, chain, end, stored, beside } => {
                self.at_work.remove(&account);
                if let (Some(beside), Some(entry)) = (beside, self.entries.get_mut(&account)) {
                    (entry.typed, entry.is_unfinished) = (beside.typed, beside.unfinished);
                    entry.elsewhere = beside.elsewhere;
                }
                self.on_ended(account.clone(), job, chain, *end, stored);
                self.take_back(&account);
            }
            Message::Paid { account } => self.on_paid(&account),
            Message::Alerted(tried) => self.on_alerted(tried),
            Message::PassphraseGiven { key } => self.on_passphrase_given(key),
            Message::AlertsMended => self.on_alerts_mended(),
            Message::HostChecked { host, up } => {
                self.on_event(Event::HostChecked { host, up });
                if !up {
                    self.judge_network();
                }
            }
            Message::NetworkJudged { up } => {
                self.judging = None;
                self.on_event(Event::NetworkJudged { up });
            }
            Message::LoginStage { login, stage } => self.on_login_stage(&login, stage),
            Message::LoginSpends { login, done } => {
                let placed = self.on_login_spends(&login);
                // The login has ended if nobody waits.
                _ = done.send(placed);
            }
            Message::LoginEnded { login, ended } => self.on_login_ended(&login, *ended),
            Message::Delivered { account, sink, digest, failed } => {
                self.on_delivered(&account, sink, digest, failed);
            }
            Message::Past { account, shown } => {
                self.state.remember(account.clone(), shown);
                self.tell(api::Event::Account { id: account });
            }
            Message::Unlocked { said } => {
                self.is_unlocking = false;
                self.on_store(said);
                self.pay();
            }
            Message::Screen { locked } => self.on_event(Event::Screen { locked }),
            Message::Sleeps { done } => {
                self.to_bed = Some(done);
                self.on_event(Event::Sleeps);
            }
            Message::Woke => {
                self.to_bed = None;
                self.take_over_files();
                self.on_event(Event::Woke);
            }
            Message::Stop { done } => {
                self.stopping = Some(done);
                self.cancel_logins();
                self.on_event(Event::Stopping);
            }
        }
    }

    /// A keychain call ended that nobody waited for any more: the keychain answers again.
    fn on_late(&mut self, late: Late) {
        tracing::info!(call = ?late.call, ok = late.result.is_ok(), "the keychain answered late");
        self.on_store(late.result.or_else(|error| if is_of_the_store(&error) { Err(error) } else { Ok(()) }));
    }

    /// The store said something that concerns all accounts.
    pub(crate) fn on_store(&mut self, said: Result<(), StoreError>) {
        self.store = said.clone().err();
        self.on_event(Event::Store(said));
    }

    fn is_done(&self) -> bool {
        !self.is_logging_in()
            && self.at_work.is_empty()
            && !self.accounts.is_busy()
            && !self.ports.store.is_busy()
            && !self.is_alerting()
    }

    async fn finish(&mut self) {
        self.abort_logins();
        self.judging = None;
        self.waiting.clear();
        self.too_early.clear();
        for id in self.entries.keys() {
            let unsaved = self.accounts.get(id).and_then(|account| account.unsaved.as_ref());
            if unsaved.is_some_and(|unsaved| unsaved.is_held) {
                tracing::error!(account = %id, "its newest session was in memory alone and is lost: neither keyring nor disk took it, perhaps it needs a new login");
            }
        }
        if let Err(error) = self.state.database().flush().await {
            tracing::warn!(%error, "the last states may not be remembered");
        }
        if let Some(done) = self.stopping.take() {
            // Nobody waits if the 5 s are over.
            _ = done.send(());
        }
    }

    /// The account of this name or id.
    pub(crate) fn find(&self, account: &str, lang: Lang) -> Result<AccountId, Notice> {
        // Both are looked up and not searched for: every call of every program comes by here.
        let named = account
            .parse()
            .ok()
            .and_then(|name| self.configuration.config.accounts.get::<AccountName>(&name));
        let by_name = named.map(|settings| settings.id.clone()).filter(|id| self.entries.contains_key(id));
        let by_id = || account.parse().ok().filter(|id| self.entries.contains_key(id));
        by_name.or_else(by_id).ok_or_else(|| {
            if let Some(notice) = self.configuration.notice(lang).or_else(|| self.no_store_yet(lang)) {
                // It may well stand in the file that cannot be read.
                return notice.of(account);
            }
            let what = match lang {
                Lang::En => format!("There is no account “{account}”."),
                Lang::Fr => format!("Il n’y a pas de compte «\u{a0}{account}\u{a0}»."),
            };
            Notice::new(Code::UnknownAccount, what).of(account).cure(lang.pick(
                "See `lamp list`, or log in: lamp login SERVICE.",
                "Voyez `lamp list`, ou connectez-vous\u{a0}: lamp login SERVICE.",
            ))
        })
    }

    /// About whom something is said, and to whom.
    pub(crate) fn subject<'a>(&'a self, id: &AccountId, lang: Lang) -> Subject<'a> {
        let entry = self.entries.get(id);
        let service =
            entry.and_then(|entry| entry.provider.as_ref()).map_or("", |provider| provider.name.as_str());
        Subject {
            account: entry.map_or("", |entry| entry.name.as_str()),
            service,
            lang,
            clock: TextClock { now: self.now().wall, tz: &self.time_zone },
        }
    }

    pub(crate) fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    pub(crate) fn tell(&self, event: api::Event) {
        // Nobody listens: no window is open, no stream either.
        _ = self.events.send(event);
    }
}
