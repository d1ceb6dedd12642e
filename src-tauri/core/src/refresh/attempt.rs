//! The attempt itself: what it knows, and which function takes which answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::Digest as _;

use super::answer::Asked;
use super::finish::After;
use super::ladder::Ladder;
use super::probe::Probing;
use super::resume::Lost;
use super::work::Work;
use super::{AttemptEnd, AttemptSummary, Effect, End, Input, Plan, Purpose, Way};
use crate::exchange::{BrowserVisit, HttpRequest};
use crate::id::{ChainName, Generation, VarName, WriteId};
use crate::journal::{Back, Fold, Place};
use crate::provider::{BindError, Bound, Provider, Warning};
use crate::record::{Record, StoreError};
use crate::time::Now;

/// How the account's service works, as it was when the attempt began: an edit on the way changes nothing.
pub struct Service {
    /// The provider.
    pub provider: Arc<Provider>,
    /// The account's variables that are no secrets.
    pub vars: BTreeMap<VarName, String>,
}

impl Service {
    /// Provider, variables and a record's secrets together, limited to the hosts that were agreed to.
    pub(super) fn bind<'a>(&'a self, record: &'a Record) -> Result<Bound<'a>, BindError> {
        Ok(Bound::new(&self.provider, &self.vars, &record.secrets)?.agreed(&record.hosts))
    }
}

/// What is waited for.
pub(super) enum Phase {
    /// [`Input::Loaded`].
    Loading,
    /// [`Input::SetAside`] of an entry that cannot be read; then as if there were none.
    SettingAside,
    /// [`Input::Journal`].
    Opening,
    /// [`Input::Written`]: a journal that was lost is made anew, and says this.
    Restoring(Box<Fold>),
    /// [`Input::Swept`], then the work begins.
    Sweeping,
    /// [`Input::HostChecked`], before a lost request is sent again.
    CheckingHost(Box<Lost>),
    /// [`Input::Written`] of a mark, then this is sent.
    Marking(Asked, Ask),
    /// [`Input::Exchanged`] or [`Input::Browsed`].
    Asking(Asked),
    /// [`Input::Written`] of a reply.
    Sealing(Asked, Back),
    /// [`Input::Written`] of an unmark, then the attempt goes on to end.
    Unmarking(After),
    /// [`Input::Saved`].
    Saving(Arc<Record>, After),
    /// [`Input::Loaded`] after a conflict.
    Reloading(Arc<Record>, After),
    /// [`Input::Written`] of the record that the store did not take.
    Spilling(Arc<Record>, After),
    /// [`Input::Published`].
    Publishing(After),
    /// [`Input::Exchanged`] of a probe.
    Probing(Probing),
    /// [`Input::Woken`], then the probe again.
    Resting(Probing),
    /// [`Input::Loaded`], [`Input::Written`], [`Input::Saved`], [`Input::Swept`] of a login or an amendment.
    Replacing(super::login::Replacing),
    /// [`Input::Exchanged`] of a revocation, or [`Input::Deleted`].
    LoggingOut(super::logout::LoggingOut),
    /// [`Effect::Done`] was given.
    Over,
}

/// What is to be sent.
pub(super) enum Ask {
    /// A request.
    Http(HttpRequest),
    /// A visit.
    Visit(BrowserVisit),
}

/// One piece of work on an account's record.
pub struct Attempt {
    pub(super) purpose: Purpose,
    pub(super) service: Arc<Service>,
    pub(super) chain: ChainName,
    pub(super) phase: Phase,
    /// As the store has it.
    pub(super) stored: Option<Arc<Record>>,
    /// What programs should be served.
    pub(super) latest: Option<Arc<Record>>,
    pub(super) work: Option<Work>,
    pub(super) ladder: Ladder,
    /// A mark is in the journal that an answer has settled: taken back unless a new generation makes it stale.
    pub(super) settled: Option<Place>,
    /// Other chains whose reply was lost, and this one's if that is how it stays.
    pub(super) lost: Vec<(ChainName, u32)>,
    /// The request that is out is the replay of a lost reply.
    pub(super) is_replay: bool,
    pub(super) unsaved: Option<StoreError>,
    /// The newest record is in the memory of this process alone.
    pub(super) is_held: bool,
    pub(super) conflicts: u32,
    /// The store's entry could not be read and is out of the way.
    pub(super) has_set_aside: bool,
    /// The newest generation of which the journal holds a whole record.
    pub(super) kept: Option<Generation>,
    /// The store was behind the journal and was given what it had lost.
    pub(super) has_restored: bool,
    /// Those that left; what carries no credential is not among them.
    pub(super) requests: u32,
    way: Option<Way>,
    took: Duration,
    host: Option<String>,
    warnings: Vec<Warning>,
    seed: [u8; 32],
    ids: u32,
}

impl Attempt {
    /// Begins `plan`; perform the effect and hand its answer to [`Self::step`]. `seed` is 32 random bytes, from
    /// which the write ids are made.
    pub fn start(plan: Plan, service: Arc<Service>, seed: [u8; 32]) -> (Self, Effect) {
        let attempt = Self {
            purpose: plan.purpose,
            service,
            chain: plan.chain,
            phase: Phase::Loading,
            stored: None,
            latest: None,
            work: None,
            ladder: Ladder::default(),
            settled: None,
            lost: Vec::new(),
            is_replay: false,
            unsaved: None,
            is_held: false,
            conflicts: 0,
            has_set_aside: false,
            kept: None,
            has_restored: false,
            requests: 0,
            way: None,
            took: Duration::ZERO,
            host: None,
            warnings: Vec::new(),
            seed,
            ids: 0,
        };
        (attempt, Effect::Load)
    }

    /// Takes the answer to the last effect and says what to do next. An answer to something else ends the
    /// attempt with [`End::Broken`]; the journal then tells the next one what was open.
    pub fn step(&mut self, input: Input, now: Now) -> Effect {
        match (std::mem::replace(&mut self.phase, Phase::Over), input) {
            (Phase::Loading, Input::Loaded(loaded)) => self.loaded(loaded),
            (Phase::SettingAside, Input::SetAside(done)) => self.loaded(done.map(|()| None)),
            (Phase::Opening, Input::Journal(read)) => self.opened(read, now),
            (Phase::Restoring(fold), Input::Written(written)) => self.restored(*fold, written, now),
            (Phase::Sweeping, Input::Swept) => self.begin(now),
            (Phase::CheckingHost(lost), Input::HostChecked(up)) => self.host_checked(*lost, up, now),
            (Phase::Marking(asked, ask), Input::Written(written)) => self.marked(asked, ask, written),
            (Phase::Asking(asked), Input::Exchanged(exchange)) => {
                self.took += exchange.took;
                self.came_back(asked, Back::Http(exchange), now)
            }
            (Phase::Asking(asked), Input::Browsed(result)) => {
                self.took += result.took;
                self.came_back(asked, Back::Browser(result), now)
            }
            (Phase::Sealing(asked, back), Input::Written(written)) => self.sealed(asked, back, written, now),
            (Phase::Unmarking(after), Input::Written(_)) => self.unmarked(after, now),
            (Phase::Saving(record, after), Input::Saved(saved)) => self.saved(record, after, saved),
            (Phase::Reloading(record, after), Input::Loaded(loaded)) => self.reloaded(record, after, loaded),
            (Phase::Spilling(record, after), Input::Written(written)) => {
                self.spilled(record, after, &written)
            }
            (Phase::Publishing(after), Input::Published) => self.after(after, now),
            (Phase::Probing(probing), Input::Exchanged(exchange)) => {
                self.took += exchange.took;
                self.probed(probing, &exchange, now)
            }
            (Phase::Resting(probing), Input::Woken) => self.probe(probing, now),
            (Phase::Replacing(replacing), input) => self.replace(replacing, input, now),
            (Phase::LoggingOut(logging_out), input) => self.log_out(logging_out, input, now),
            _ => self.done(End::Broken),
        }
    }

    /// The last effect.
    pub(super) fn done(&mut self, end: End) -> Effect {
        self.phase = Phase::Over;
        Effect::Done(Box::new(AttemptEnd {
            record: self.latest.clone(),
            summary: AttemptSummary {
                end,
                chain: self.chain.clone(),
                lost: self.lost.clone(),
                unsaved: self.unsaved.clone(),
                is_held: self.is_held && self.unsaved.is_some(),
                requests: self.requests,
                way: self.way,
                took: self.took,
                host: self.host.clone(),
                warnings: std::mem::take(&mut self.warnings),
            },
        }))
    }

    /// Remembers what was odd; the same only once.
    pub(super) fn note(&mut self, warnings: Vec<Warning>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    /// Sends a request; counts what carries a credential.
    pub(super) fn send(&mut self, request: HttpRequest) -> Effect {
        self.requests += 1;
        self.host = request.url.host_str().map(str::to_owned);
        Effect::Send(request)
    }

    /// Sends what was asked for.
    pub(super) fn send_ask(&mut self, asked: Asked, ask: Ask) -> Effect {
        self.way = Some(asked.way);
        self.phase = Phase::Asking(asked);
        match ask {
            Ask::Http(request) => self.send(request),
            Ask::Visit(visit) => {
                self.requests += 1;
                self.host = visit.url.host_str().map(str::to_owned);
                Effect::Browse(visit)
            }
        }
    }

    /// A write id that nobody else makes.
    pub(super) fn write_id(&mut self) -> WriteId {
        self.ids += 1;
        let mut hash = sha2::Sha256::new();
        hash.update(self.seed);
        hash.update(self.ids.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        WriteId(id)
    }
}
