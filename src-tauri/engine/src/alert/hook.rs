//! One web hook: what waits for it, tried with back-off until it is taken. It holds up nobody.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lamplighter_core::api::{AlertKind, Occasion};
use lamplighter_core::config::AlertSettings;
use lamplighter_core::id::AccountId;
use lamplighter_core::report::Notice;
use lamplighter_core::schedule::full_jitter;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use tokio::sync::Notify;

use super::body::together;
use super::post::{Refusal, post};
use super::{Alert, Told};
use crate::run::Ports;

/// So many messages wait at most; the oldest goes.
const MOST: usize = 100;
/// What nobody took for so long is no news any more.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// Chats refuse who posts more often.
const APART: Duration = Duration::from_secs(1);
/// A hook that asks for patience gets this much of it at most.
const PATIENCE: Duration = Duration::from_secs(3600);

/// One entry of `alerts`.
pub(crate) struct Hook {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    open: VecDeque<Told>,
    /// So many of the first are on their way now.
    sending: usize,
    told: Option<Timestamp>,
    failed: Option<Notice>,
    /// Nobody has heard of these, and trying again now is in vain.
    missed: BTreeSet<Matter>,
    is_closed: bool,
}

/// Of which account, and what.
pub(crate) type Matter = (AccountId, Occasion);

/// What became of messages.
#[derive(Default)]
pub(crate) struct Tried {
    /// They were taken: nobody has to ask again for these.
    pub settled: Vec<Matter>,
    /// Nobody has heard of these; what is still so is to be told anew.
    pub unheard: Vec<Matter>,
}

impl Hook {
    /// Begins to pass on what it is told; `to` is how people are told of it, `tried` hears of each try. Ends when it is dropped.
    pub(crate) fn start(
        settings: AlertSettings,
        to: String,
        ports: Arc<Ports>,
        lang: Lang,
        tried: impl Fn(Tried) + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Notify::new() });
        tokio::spawn(run(shared.clone(), (settings, to), ports, lang, tried));
        Self { shared }
    }

    /// What waits of this account is settled; whether anything did that nobody has heard of yet.
    pub(crate) fn settle(&self, account: &AccountId) -> bool {
        let mut queue = self.shared.lock();
        let (before, sending) = (queue.open.len(), queue.sending);
        let mut at = 0;
        queue.open.retain(|told| {
            at += 1;
            at <= sending || told.of() != Some(account)
        });
        queue.open.len() < before
    }

    /// What nobody has heard of through this hook: it may take it now, for something was mended.
    pub(crate) fn missed(&self) -> BTreeSet<Matter> {
        std::mem::take(&mut self.shared.lock().missed)
    }

    /// The same of a hook that is not used any more, and all that waits for it.
    pub(crate) fn unheard(self) -> BTreeSet<Matter> {
        let open: Vec<Matter> = self.shared.lock().open.iter().filter_map(matter).collect();
        self.missed().into_iter().chain(open).collect()
    }

    /// When a message was last taken, how many wait, and why the last one was not taken.
    pub(crate) fn state(&self) -> (Option<Timestamp>, usize, Option<Notice>) {
        let queue = self.shared.lock();
        (queue.told, queue.open.len(), queue.failed.clone())
    }

    /// Whether a message is on its way at this moment, or about to be.
    pub(crate) fn is_busy(&self) -> bool {
        let queue = self.shared.lock();
        queue.sending > 0 || (!queue.open.is_empty() && queue.failed.is_none())
    }
}

impl Alert for Hook {
    fn tell(&self, told: &Told) {
        let mut queue = self.shared.lock();
        // It waits already: somebody else did not hear of it.
        let last = queue.open.iter().rev().find(|open| open.of() == told.of());
        if last.is_some_and(|last| last.occasion == told.occasion) {
            return;
        }
        queue.push(told.clone());
        drop(queue);
        self.shared.changed.notify_one();
    }

    // What was said to others stays said; that it works again is a message of its own.
    fn take_back(&self, _key: &str) {}
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, told: Told) {
        while self.open.len() >= MOST {
            // What is on its way stays; it is far less than all.
            let Some(dropped) = self.open.remove(self.sending) else { break };
            self.missed.extend(matter(&dropped));
        }
        self.open.push_back(told);
    }

    /// The first messages were tried at this time.
    fn tried(&mut self, result: &Result<(), Refusal>, now: Timestamp) -> Tried {
        let count = std::mem::take(&mut self.sending);
        match result {
            Ok(()) => {
                (self.told, self.failed) = (Some(now), None);
                let settled = self.open.drain(..count).filter_map(|told| matter(&told)).collect();
                // It takes messages: it may take those, too, that it did not take before.
                Tried { settled, unheard: std::mem::take(&mut self.missed).into_iter().collect() }
            }
            Err(refusal) => {
                self.failed = Some(refusal.notice.clone());
                if refusal.is_final {
                    self.missed.extend(self.open.drain(..count).filter_map(|told| matter(&told)));
                    return Tried::default();
                }
                let old = self.open.iter().take(count).take_while(|told| now.since(told.at) >= STALE);
                let old = old.count();
                let unheard = self.open.drain(..old).filter_map(|told| matter(&told)).collect();
                Tried { settled: Vec::new(), unheard }
            }
        }
    }
}

/// `None` for a sample.
fn matter(told: &Told) -> Option<Matter> {
    Some((told.of()?.clone(), told.occasion?))
}

async fn run(
    shared: Arc<Shared>,
    (settings, to): (AlertSettings, String),
    ports: Arc<Ports>,
    lang: Lang,
    tried: impl Fn(Tried) + Send,
) {
    let mut failures = 0;
    while let Some(batch) = next(&shared, settings.kind).await {
        let result = post(&ports, &settings, &to, &batch, lang).await;
        let now = ports.clock.now().wall;
        let wait = match &result {
            Ok(()) => APART,
            Err(refusal) => {
                tracing::warn!(kind = ?settings.kind, what = %refusal.notice.what, "an alert was not taken");
                failures += 1;
                let wait = full_jitter(failures, u64::from_le_bytes(crate::run::random()));
                wait.max(refusal.wait.min(PATIENCE))
            }
        };
        if result.as_ref().map_or_else(|refusal| refusal.is_final, |()| true) {
            failures = 0;
        }
        let became = shared.lock().tried(&result, now);
        tried(became);
        ports.clock.sleep(wait).await;
    }
}

/// The next messages that go together; `None` once nobody uses the hook any more.
async fn next(shared: &Shared, kind: AlertKind) -> Option<Vec<Told>> {
    loop {
        {
            let mut queue = shared.lock();
            if queue.is_closed {
                return None;
            }
            if !queue.open.is_empty() {
                queue.sending = together(kind, &queue.open);
                return Some(queue.open.iter().take(queue.sending).cloned().collect());
            }
        }
        shared.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_core::api::Toast;

    use super::super::post::{final_refusal, passing};
    use super::super::words;
    use super::*;

    fn told(number: u8, at: i64) -> Told {
        Told {
            toast: Toast {
                key: String::new(),
                title: "needs you".to_owned(),
                body: String::new(),
                buttons: Vec::new(),
                account: Some(of(number)),
            },
            account: "work".to_owned(),
            service: "Slack".to_owned(),
            occasion: Some(Occasion::NeedsLogin),
            notice: None,
            at: Timestamp(at),
        }
    }

    fn of(number: u8) -> AccountId {
        AccountId::from_random([number; 16])
    }

    fn numbers(matters: impl IntoIterator<Item = Matter>) -> Vec<AccountId> {
        matters.into_iter().map(|(account, _)| account).collect()
    }

    #[test]
    fn s0_4_what_a_full_queue_drops_is_the_oldest_that_is_not_on_its_way_and_is_not_forgotten() {
        let mut queue = Queue::default();
        let most = u8::try_from(MOST).unwrap_or(u8::MAX);
        (0..most).for_each(|number| queue.push(told(number, 0)));
        queue.sending = 2;
        (most..most + 5).for_each(|number| queue.push(told(number, 0)));
        assert_eq!(queue.open.len(), MOST);
        assert_eq!(numbers(queue.open.iter().take(3).filter_map(matter)), [of(0), of(1), of(7)]);
        assert_eq!(numbers(queue.missed.clone()), [2, 3, 4, 5, 6].map(of));
        let tried = queue.tried(&Ok(()), Timestamp(1));
        assert_eq!((numbers(tried.settled), tried.unheard.len()), (vec![of(0), of(1)], 5));
        assert!(queue.missed.is_empty() && queue.open.len() == MOST - 2);
    }

    #[test]
    fn s0_4_only_what_was_taken_is_settled() {
        let mut queue = Queue::default();
        let later = i64::try_from(STALE.as_millis()).unwrap_or(0);
        (0..3).for_each(|number| queue.push(told(number, i64::from(number) * later)));
        let away = || Err(passing(words::unreachable("host", false, Lang::En), Duration::ZERO));
        queue.sending = 3;
        let tried = queue.tried(&away(), Timestamp(later - 1));
        assert_eq!((tried.settled.len(), tried.unheard.len(), queue.open.len()), (0, 0, 3), "tried again");
        queue.sending = 3;
        let tried = queue.tried(&away(), Timestamp(later));
        assert_eq!(
            (tried.settled.len(), numbers(tried.unheard)),
            (0, vec![of(0)]),
            "what is no news is told anew"
        );
        queue.sending = 2;
        let tried =
            queue.tried(&Err(final_refusal(words::said("host", 404, Lang::En), Lang::En)), Timestamp(later));
        assert_eq!((tried.settled.len(), tried.unheard.len()), (0, 0), "not at once");
        assert_eq!((numbers(queue.missed.clone()), queue.open.len()), (vec![of(1), of(2)], 0));
    }
}
