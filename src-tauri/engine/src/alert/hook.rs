//! One web hook: what waits for it, tried with back-off until it is taken. It holds up nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lamplighter_core::api::{AlertKind, Occasion};
use lamplighter_core::config::{AlertSettings, AlertUrl, is_alert_address};
use lamplighter_core::exchange::HttpRequest;
use lamplighter_core::id::AccountId;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::schedule::full_jitter;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use tokio::sync::Notify;

use super::body::{body, together};
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
    is_closed: bool,
}

/// What became of messages: nobody has to ask again for these.
pub(crate) struct Tried {
    pub settled: Vec<(AccountId, Occasion)>,
}

impl Hook {
    /// Begins to pass on what it is told; `tried` hears of each try. Ends when it is dropped.
    pub(crate) fn start(
        settings: AlertSettings,
        ports: Arc<Ports>,
        lang: Lang,
        tried: impl Fn(Tried) + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Notify::new() });
        tokio::spawn(run(shared.clone(), settings, ports, lang, tried));
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
        if queue.open.len() >= MOST && queue.sending == 0 {
            queue.open.pop_front();
        }
        queue.open.push_back(told.clone());
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

async fn run(
    shared: Arc<Shared>,
    settings: AlertSettings,
    ports: Arc<Ports>,
    lang: Lang,
    tried: impl Fn(Tried) + Send,
) {
    let mut failures = 0;
    while let Some(batch) = next(&shared, settings.kind).await {
        let result = post(&ports, &settings, &batch, lang).await;
        let now = ports.clock.now().wall;
        let is_stale = batch.first().is_some_and(|told| now.since(told.at) >= STALE);
        let (is_over, wait) = match &result {
            Ok(()) => (true, APART),
            Err(refusal) => {
                failures += 1;
                let wait = full_jitter(failures, u64::from_le_bytes(crate::run::random()));
                (refusal.is_final || is_stale, wait.max(refusal.wait.min(PATIENCE)))
            }
        };
        {
            let mut queue = shared.lock();
            queue.sending = 0;
            if is_over {
                queue.open.drain(..batch.len());
            }
            match result {
                Ok(()) => (queue.told, queue.failed) = (Some(now), None),
                Err(refusal) => {
                    tracing::warn!(kind = ?settings.kind, what = %refusal.notice.what, "an alert was not taken");
                    queue.failed = Some(refusal.notice);
                }
            }
        }
        if is_over {
            failures = 0;
        }
        let settled = |told: &Told| Some((told.of()?.clone(), told.occasion?));
        let settled = if is_over { batch.iter().filter_map(settled).collect() } else { Vec::new() };
        tried(Tried { settled });
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
                queue.sending = queue.open.len().min(together(kind));
                return Some(queue.open.iter().take(queue.sending).cloned().collect());
            }
        }
        shared.changed.notified().await;
    }
}

/// Why a message was not taken.
pub(crate) struct Refusal {
    pub notice: Notice,
    /// Trying again is in vain.
    is_final: bool,
    /// The hook asked for so much patience.
    wait: Duration,
}

/// Posts messages once.
///
/// # Errors
/// Why they were not taken.
pub(crate) async fn post(
    ports: &Ports,
    settings: &AlertSettings,
    told: &[Told],
    lang: Lang,
) -> Result<(), Refusal> {
    let address = match &settings.url {
        AlertUrl::Plain(url) => url.clone(),
        AlertUrl::Secret(name) => match crate::run::alert_address(ports, name).await {
            Ok(Some(secret)) => secret.expose_str().unwrap_or_default().to_owned(),
            Ok(None) => return Err(final_refusal(no_secret(name.as_str(), lang))),
            Err(_) => return Err(passing(store_shut(lang), Duration::ZERO)),
        },
    };
    let address = zeroize::Zeroizing::new(address);
    let url = url::Url::parse(&address).ok().filter(|_| is_alert_address(&address));
    let Some(url) = url else { return Err(final_refusal(bad_address(&settings.url.shown(), lang))) };
    let (content_type, text) = body(settings.kind, told);
    let request = HttpRequest {
        method: "POST".to_owned(),
        url,
        headers: vec![("content-type".to_owned(), Secret::from(content_type))],
        body: Some(Secret::from(text)),
    };
    let to = settings.url.shown();
    match ports.http.perform(request).await.reply {
        Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
        Ok(reply) => {
            let named = reply.headers.iter().find(|(name, _)| name == "retry-after");
            let seconds = named.and_then(|(_, value)| value.expose_str()?.trim().parse().ok());
            let wait = Duration::from_secs(seconds.unwrap_or(0));
            let notice = said(&to, reply.status, lang);
            Err(match reply.status {
                408 | 425 | 429 | 500..=599 => passing(notice, wait),
                _ => final_refusal(notice.next(lang.pick(
                    "This message is not sent again; the next one is tried.",
                    "Ce message n’est pas renvoyé\u{a0}; le suivant sera tenté.",
                ))),
            })
        }
        Err(_) => Err(passing(unreachable(&to, lang), Duration::ZERO)),
    }
}

fn passing(notice: Notice, wait: Duration) -> Refusal {
    Refusal { notice, is_final: false, wait }
}

fn final_refusal(notice: Notice) -> Refusal {
    Refusal { notice, is_final: true, wait: Duration::ZERO }
}

fn notice(what: String, cure: &str, lang: Lang) -> Notice {
    Notice::new(Code::Temporary, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .cure(cure)
}

fn unreachable(to: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The alert to {to} could not be delivered: it does not answer."),
        Lang::Fr => format!("L’alerte vers {to} n’a pas pu être remise\u{a0}: pas de réponse."),
    };
    notice(
        what,
        lang.pick(
            "Nothing: it is tried again for a day.",
            "Rien\u{a0}: de nouveaux essais suivent pendant un jour.",
        ),
        lang,
    )
}

fn said(to: &str, status: u16, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The alert to {to} was not taken: status {status}."),
        Lang::Fr => format!("L’alerte vers {to} n’a pas été acceptée\u{a0}: statut {status}."),
    };
    notice(
        what,
        lang.pick(
            "Check its address under alerts in config.toml, then: lamp alert test",
            "Vérifiez son adresse sous alerts dans config.toml, puis\u{a0}: lamp alert test",
        ),
        lang,
    )
}

fn bad_address(to: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("{to} holds no address that a message could go to."),
        Lang::Fr => format!("{to} ne contient pas d’adresse à laquelle un message pourrait aller."),
    };
    notice(
        what,
        lang.pick(
            "Set it again; it begins with https://",
            "Définissez-la de nouveau\u{a0}; elle commence par https://",
        ),
        lang,
    )
}

fn no_secret(name: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The address “{name}” of an alert is not in the keyring."),
        Lang::Fr => format!("L’adresse «\u{a0}{name}\u{a0}» d’une alerte n’est pas dans le trousseau."),
    };
    let cure = match lang {
        Lang::En => format!("Set it: lamp secret set alerts {name}"),
        Lang::Fr => format!("Définissez-la\u{a0}: lamp secret set alerts {name}"),
    };
    notice(what, &cure, lang)
}

fn store_shut(lang: Lang) -> Notice {
    notice(
        lang.pick(
            "The address of an alert cannot be read from the keyring now.",
            "L’adresse d’une alerte ne peut pas être lue dans le trousseau pour l’instant.",
        )
        .to_owned(),
        lang.pick(
            "Unlock the keyring; it is tried again.",
            "Déverrouillez le trousseau\u{a0}; un nouvel essai suivra.",
        ),
        lang,
    )
}
