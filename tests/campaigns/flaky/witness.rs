//! What the engine did with credentials, counted as it does it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use lamplighter_core::account::Job;
use lamplighter_core::exchange::Sent;
use lamplighter_core::journal::Entry;
use lamplighter_core::refresh::{Appended, Effect, Input};
use lamplighter_engine::start::{Observed, Observer};

/// Where the request goes that spends.
const SPENDING: &str = "/api/auth/refresh";

/// Counts of one engine's life.
#[derive(Default)]
pub struct Witness {
    /// Marks of any kind.
    marks: AtomicUsize,
    /// Those of replays.
    replays: AtomicUsize,
    /// Those that confirm a rejection.
    confirmations: AtomicUsize,
    /// Requests with a credential that can have left.
    sends: AtomicUsize,
    /// Good answers to them that were sealed.
    sealed: AtomicUsize,
    is_spending: AtomicBool,
    is_good: AtomicBool,
    /// What is appended: 1 mark, 2 of a replay, 3 of a confirmation, 4 answer, 0 else.
    appends: AtomicUsize,
}

/// What was counted so far.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub marks: usize,
    pub replays: usize,
    pub confirmations: usize,
    pub sends: usize,
    pub sealed: usize,
}

impl Witness {
    /// One, and the observer that tells it.
    pub fn new() -> (Arc<Self>, Observer) {
        let witness = Arc::new(Self::default());
        let told = witness.clone();
        let observer: Observer = Arc::new(move |observed| match observed {
            Observed::Before(job, effect) => told.before(job, effect),
            Observed::After(_, input) => told.after(input),
        });
        (witness, observer)
    }

    /// So far.
    pub fn seen(&self) -> Seen {
        let get = |count: &AtomicUsize| count.load(SeqCst);
        Seen {
            marks: get(&self.marks),
            replays: get(&self.replays),
            confirmations: get(&self.confirmations),
            sends: get(&self.sends),
            sealed: get(&self.sealed),
        }
    }

    fn before(&self, job: Job, effect: &Effect) {
        let spends = matches!(effect, Effect::Send(request) if request.url.path() == SPENDING);
        self.is_spending.store(spends, SeqCst);
        let appends = match effect {
            Effect::Append { what: Appended::Mark, entry } => match Entry::decode(entry) {
                Some(Entry::Mark(mark)) if mark.replays > 0 => 2,
                _ if matches!(job, Job::Confirm(_)) => 3,
                _ => 1,
            },
            Effect::Append { what: Appended::Answer, .. } => 4,
            _ => 0,
        };
        self.appends.store(appends, SeqCst);
    }

    fn after(&self, input: &Input) {
        match input {
            Input::Exchanged(exchange) if self.is_spending.load(SeqCst) => {
                let is_good = exchange.reply.as_ref().is_ok_and(|reply| reply.status == 200);
                self.is_good.store(is_good, SeqCst);
                self.sends.fetch_add(usize::from(exchange.sent == Sent::Maybe), SeqCst);
            }
            Input::Written(Ok(())) => {
                let appended = self.appends.swap(0, SeqCst);
                self.marks.fetch_add(usize::from((1..=3).contains(&appended)), SeqCst);
                self.replays.fetch_add(usize::from(appended == 2), SeqCst);
                self.confirmations.fetch_add(usize::from(appended == 3), SeqCst);
                let sealed = appended == 4 && self.is_good.swap(false, SeqCst);
                self.sealed.fetch_add(usize::from(sealed), SeqCst);
            }
            _ => {}
        }
    }
}
