//! Does what core says.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use lamplighter_core::account::{Effect, Event, Facts, Job, Session};
use lamplighter_core::api;
use lamplighter_core::id::{AccountId, ChainName, Generation};
use lamplighter_core::record::{Record, StoreError};
use lamplighter_core::refresh::{
    Amendment, Attempt, AttemptEnd, AttemptSummary, End, Plan, Purpose, Service, newest,
};
use lamplighter_core::text;

use super::actor::Actor;
use super::message::Message;
use super::perform::{Performer, Ports};
use super::typed::Beside;
use crate::alert::{Alert as _, Native, Told};
use crate::network::Check;

/// What work on a record carries: core keeps no secrets, so it keeps a number instead.
pub(crate) enum Ticket {
    /// A login's material.
    Commit(Box<Record>),
    /// A change to secret variables or hosts.
    Amend(Amendment),
    /// Nothing.
    Logout,
}

impl Actor {
    /// Does one thing.
    pub(crate) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Start { account, chain, job, basis, ticket } => {
                self.start(account, chain, job, basis, ticket)
            }
            Effect::CheckHost { host, door } => self.check_host(host, door),
            Effect::SaveState { account } => self.save_state(&account),
            Effect::Changed { account } => {
                self.tell(api::Event::Account { id: account.clone() });
                self.look_at_waiting(&account);
            }
            Effect::EngineChanged => self.tell(api::Event::Engine),
            Effect::History { account, kind, summary } => {
                let now = self.now().wall;
                self.state.add(&account, now, kind, &summary);
            }
            Effect::Toast { key, account, why } => self.toast(key, account, &why),
            Effect::CloseToast { key } => {
                if let Some(desktop) = &self.desktop {
                    Native(desktop.clone()).take_back(&key);
                }
            }
            Effect::Alert { account, occasion, why } => self.alert(&account, occasion, why.as_ref()),
        }
    }

    fn start(
        &mut self,
        account: AccountId,
        chain: ChainName,
        job: Job,
        basis: Generation,
        ticket: Option<u64>,
    ) {
        let ticket = ticket.and_then(|ticket| self.tickets.remove(&ticket));
        let Some(purpose) = purpose(job, basis, ticket) else {
            tracing::error!(%account, ?job, "work without what it needs");
            return;
        };
        let Some(entry) = self.entries.get(&account) else { return };
        let Some(provider) = entry.provider.clone() else { return };
        self.at_work.insert(account.clone(), job);
        let service = Arc::new(Service { provider, vars: entry.settings.vars.clone() });
        let (stored, served) = (entry.stored.clone(), entry.record.clone());
        let plan = Plan { account: account.clone(), chain: chain.clone(), purpose };
        let (attempt, first) = Attempt::start(plan, service, random());
        let performer = Performer::new(self.ports.clone(), account.clone(), job).with(stored, served);
        let ports = self.ports.clone();
        tokio::spawn(async move {
            // A bug in one attempt: record and journal are read anew before anything else is done with this account.
            let run = AssertUnwindSafe(performer.run(attempt, first)).catch_unwind().await;
            let (end, stored) = run.unwrap_or_else(|_| (AttemptEnd::broken(chain.clone()), None));
            let beside = around_record(&ports, &account, &end.summary.end).await;
            let messages = &ports.messages;
            let ended = Message::Ended { account, job, chain, end: Box::new(end), stored, beside };
            if messages.send(ended).await.is_err() {
                tracing::debug!("an attempt ended after the engine");
            }
        });
    }

    fn check_host(&self, host: String, door: Option<String>) {
        let (http, messages) = (self.ports.http.clone(), self.ports.messages.clone());
        tokio::spawn(async move {
            let up = match (host.parse(), door.map(|door| door.parse())) {
                (_, Some(Ok(door))) => http.is_service(&door).await,
                (Ok(origin), _) => http.is_reachable(&origin).await,
                (Err(_), _) => false,
            };
            if messages.send(Message::HostChecked { host, up }).await.is_err() {
                tracing::debug!("a host was checked after the engine ended");
            }
        });
    }

    /// Asks the person's own command, if there is one, whether the network is there (P2).
    pub(crate) fn judge_network(&mut self) {
        let Some(command) = self.configuration.config.network_check.clone() else { return };
        if self.judging.is_some() {
            return;
        }
        let judge = self.judging.insert(Check::default()).judge();
        let messages = self.ports.messages.clone();
        tokio::spawn(async move {
            let judged = tokio::task::spawn_blocking(move || judge.run(&command)).await;
            let up = judged.ok().flatten();
            if messages.send(Message::NetworkJudged { up }).await.is_err() {
                tracing::debug!("the network was checked after the engine ended");
            }
        });
    }

    /// An attempt has new material: it is served from now on, and delivered.
    pub(crate) fn on_publish(&mut self, account: &AccountId, record: Arc<Record>) {
        let Some(entry) = self.entries.get_mut(account) else { return };
        let event = api::Event::Refreshed {
            id: account.clone(),
            name: entry.name.clone(),
            generation: record.current.generation,
        };
        entry.record = Some(record);
        self.deliver(account);
        self.tell(event);
    }

    pub(crate) fn on_ended(
        &mut self,
        account: AccountId,
        job: Job,
        chain: ChainName,
        end: AttemptEnd,
        stored: Option<Arc<Record>>,
    ) {
        let AttemptEnd { summary, record } = end;
        tracing::info!(%account, ?job, %chain, end = ?summary.end, way = ?summary.way, took = ?summary.took, "an attempt ended");
        if let Some(entry) = self.entries.get_mut(&account) {
            entry.stored = stored;
        }
        self.warned.log(&account, &summary.warnings);
        let before = self.entries.get(&account).and_then(|entry| entry.record.as_ref());
        let record = record.map(|record| newest(before, record));
        let facts = record.as_deref().map(Facts::of);
        let is_new = self.hold(&account, record, matches!(summary.end, End::LoggedOut { .. }));
        let store = store_said(&summary);
        let end = summary.end.clone();
        let was_over = self.is_over(&account);
        let began = self.accounts.get(&account).and_then(|state| state.logged_in);
        self.ending = Some(account.clone());
        self.on_event(Event::Ended { account: account.clone(), job, chain, summary, facts });
        self.ending = None;
        self.note_lifetime(&account, &end, was_over, began);
        if let Some(said) = store {
            self.on_store(said);
        }
        if is_new {
            self.deliver(&account);
        }
        self.after_work(&account, job, &end);
        self.look_at_waiting(&account);
    }

    fn is_over(&self, account: &AccountId) -> bool {
        self.accounts.get(account).is_some_and(|account| matches!(account.session, Session::Dead { .. }))
    }

    /// Keeps the record of an attempt; whether it is newer than what was there.
    fn hold(&mut self, account: &AccountId, record: Option<Arc<Record>>, is_gone: bool) -> bool {
        let Some(entry) = self.entries.get_mut(account) else { return false };
        if is_gone {
            entry.record = None;
            return false;
        }
        let Some(record) = record else { return false };
        let before = entry.record.replace(record);
        let now = entry.record.as_ref().map(|record| record.current.generation);
        before.map(|before| before.current.generation) != now
    }

    pub(crate) fn save_state(&mut self, account: &AccountId) {
        let Some(state) = self.accounts.get(account) else { return };
        match serde_json::to_string(state) {
            Ok(text) => self.state.put_session(account, text),
            Err(error) => tracing::error!(%account, %error, "a state that cannot be written"),
        }
    }

    fn toast(&mut self, key: String, account: Option<AccountId>, why: &text::Why) {
        let Some(desktop) = self.desktop.clone() else { return };
        let subject = match &account {
            Some(id) => self.subject(id, self.lang()),
            None => text::Subject {
                account: "",
                service: "",
                lang: self.lang(),
                clock: text::Clock { now: self.now().wall, tz: &self.time_zone },
            },
        };
        let why = account.as_ref().map_or_else(|| why.clone(), |id| self.with_whereabouts(id, why));
        let told = Told {
            account: subject.account.to_owned(),
            service: subject.service.to_owned(),
            occasion: None,
            notice: Some(text::notice(&why, &subject)),
            at: self.now().wall,
            toast: text::toast(key, account, &why, &subject),
        };
        Native(desktop).tell(&told);
    }
}

/// Without a record there can be something that waits for one; once a login is committed, before anybody hears of
/// that, there is nothing to keep it for.
async fn around_record(ports: &Ports, account: &AccountId, end: &End) -> Option<Beside> {
    let done = match end {
        End::NoRecord => Beside::load(ports, account).await,
        End::Committed => Beside::forget(ports, account).await,
        _ => return None,
    };
    done.inspect_err(|error| {
        tracing::warn!(%account, %error, "the keychain does not say what was kept before the login");
    })
    .ok()
}

fn purpose(job: Job, basis: Generation, ticket: Option<Ticket>) -> Option<Purpose> {
    match (job, ticket) {
        (Job::Commit, Some(Ticket::Commit(record))) => Some(Purpose::commit(record, basis)),
        (Job::Amend, Some(Ticket::Amend(change))) => Some(Purpose::Amend { change }),
        (Job::Logout, Some(Ticket::Logout)) => Some(Purpose::Logout),
        (job, _) => job.purpose(basis),
    }
}

/// What this attempt learned about the store.
fn store_said(summary: &AttemptSummary) -> Option<Result<(), StoreError>> {
    match (&summary.unsaved, &summary.end) {
        (Some(error), _) | (None, End::NoStore(error) | End::NotDeleted(error)) => {
            is_of_the_store(error).then(|| Err(error.clone()))
        }
        (None, End::NoJournal(_) | End::Broken) => None,
        _ => Some(Ok(())),
    }
}

/// Whether an error concerns all accounts: what is wrong with one record says nothing about the store.
pub(super) fn is_of_the_store(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Locked
            | StoreError::Declined
            | StoreError::Absent(_)
            | StoreError::NoKernel(_)
            | StoreError::Key(_)
            | StoreError::NoFolder(_)
            | StoreError::Denied(_)
            | StoreError::Slow
    )
}

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness no write id, no state and no key can be made: nothing may go on.
    getrandom::fill(&mut bytes).unwrap_or_else(|error| {
        tracing::error!(%error, "the system gives no randomness");
        std::process::abort()
    });
    bytes
}
