//! Puts tokens where the person wants them. A slow or failing sink never holds up the token flow (F54).
//!
//! T19: a sink in `config.toml` is the person's consent to that absolute path, whether they wrote it there or a
//! window of ours did. It is not bound to the file's inode: editors and git replace a file whenever they save it,
//! and a sink that asked again each time would be switched off. What a hostile repository can put at that path
//! in between is refused where the file is opened: links of both kinds, other owners, files that git tracks.

use std::path::{Path, PathBuf};

use lamplighter_core::api::{self, Response, SinkSettings, SinkView};
use lamplighter_core::id::{AccountId, AccountName};
use lamplighter_core::provider::Bound;
use lamplighter_core::provider::value::ValueError;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use sha2::Digest as _;

use super::actor::Actor;
use super::calls::internal;
use super::message::{Message, Reply};
use super::tokens::answer;
use crate::sink::EnvFile;

/// How the last delivery to a sink went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delivery {
    delivered: Option<Timestamp>,
    failed: Option<Notice>,
    /// Of the values that were delivered, so that nothing is written twice.
    digest: Option<[u8; 32]>,
    under_way: bool,
    /// New values came while a delivery was under way.
    again: bool,
}

/// A sink with its values filled in.
struct Filled {
    path: PathBuf,
    values: Vec<(String, Secret)>,
    allow_tracked: bool,
    digest: [u8; 32],
}

impl Actor {
    /// Writes the account's tokens to all of its sinks whose values changed.
    pub(crate) fn deliver(&mut self, account: &AccountId) {
        let sinks = self.entries.get(account).map_or(0, |entry| entry.settings.sinks.len());
        for sink in 0..sinks {
            self.deliver_to(account, sink);
        }
    }

    fn deliver_to(&mut self, account: &AccountId, sink: usize) {
        let lang = self.lang();
        let filled = match self.fill(account, sink, lang) {
            Some(Ok(filled)) => filled,
            Some(Err(notice)) => {
                if let Some(delivery) = self.delivery(account, sink) {
                    delivery.failed = Some(notice);
                }
                return;
            }
            // No material yet.
            None => return,
        };
        let Some(delivery) = self.delivery(account, sink) else { return };
        if delivery.under_way {
            delivery.again = true;
            return;
        }
        if delivery.digest == Some(filled.digest) && delivery.failed.is_none() {
            return;
        }
        delivery.under_way = true;
        let (messages, account) = (self.ports.messages.clone(), account.clone());
        tokio::spawn(async move {
            let digest = filled.digest;
            let failed = write(filled, lang).await.err();
            if messages.send(Message::Delivered { account, sink, digest, failed }).await.is_err() {
                tracing::debug!("a sink was written after the engine ended");
            }
        });
    }

    pub(crate) fn on_delivered(
        &mut self,
        account: &AccountId,
        sink: usize,
        digest: [u8; 32],
        failed: Option<Notice>,
    ) {
        let now = self.now().wall;
        let Some(delivery) = self.delivery(account, sink) else { return };
        delivery.under_way = false;
        let again = std::mem::take(&mut delivery.again);
        let failure = failed.as_ref().map(|notice| notice.what.clone());
        match failed {
            None => {
                delivery.delivered = Some(now);
                delivery.digest = Some(digest);
                delivery.failed = None;
            }
            Some(notice) => {
                tracing::warn!(%account, sink, code = ?notice.code, what = %notice.what, "a sink was not written");
                delivery.failed = Some(notice);
            }
        }
        let settings = self.entries.get(account).and_then(|entry| entry.settings.sinks.get(sink));
        if let Some(name) = settings.map(name_of) {
            self.state.delivered(account, name, now, failure.as_deref());
        }
        self.tell(api::Event::Account { id: account.clone() });
        if again {
            self.deliver_to(account, sink);
        }
    }

    fn delivery(&mut self, account: &AccountId, sink: usize) -> Option<&mut Delivery> {
        let entry = self.entries.get_mut(account)?;
        entry.deliveries.resize_with(entry.settings.sinks.len(), Delivery::default);
        entry.deliveries.get_mut(sink)
    }

    /// The sink's values as they are now; `None` while there is nothing to deliver.
    fn fill(&self, account: &AccountId, sink: usize, lang: Lang) -> Option<Result<Filled, Notice>> {
        let entry = self.entries.get(account)?;
        let settings = entry.settings.sinks.get(sink)?;
        let (record, provider) = (entry.record.as_ref()?, entry.provider.as_ref()?);
        if record.current.tokens.is_empty() {
            return None;
        }
        let filled = Bound::new(provider, &entry.settings.vars, &record.secrets)
            .map_err(|error| Notice::new(Code::Usage, error.what(lang)).cure(error.cure(lang)))
            .and_then(|bound| fill(settings, &bound, &record.current, lang));
        Some(filled.map_err(|notice| notice.of(entry.name.as_str())))
    }

    /// Sinks as people see them.
    pub(crate) fn sink_views(&self, account: &AccountId) -> Vec<SinkView> {
        let Some(entry) = self.entries.get(account) else { return Vec::new() };
        let view = |(index, settings): (usize, &SinkSettings)| {
            let delivery = entry.deliveries.get(index).cloned().unwrap_or_default();
            let delivered =
                delivery.delivered.or_else(|| self.state.last_delivery(account, &name_of(settings)));
            SinkView { settings: settings.clone(), delivered, notice: delivery.failed }
        };
        entry.settings.sinks.iter().enumerate().map(view).collect()
    }

    /// Refuses settings whose templates cannot be filled in.
    pub(crate) fn check_sinks(
        &self,
        account: &AccountId,
        sinks: &[SinkSettings],
        lang: Lang,
    ) -> Result<(), Notice> {
        let entry = self.entries.get(account).ok_or_else(|| internal(lang))?;
        let (Some(record), Some(provider)) = (&entry.record, &entry.provider) else { return Ok(()) };
        let bound = Bound::new(provider, &entry.settings.vars, &record.secrets)
            .map_err(|error| Notice::new(Code::Usage, error.what(lang)).cure(error.cure(lang)))?;
        sinks.iter().try_for_each(|sink| fill(sink, &bound, &record.current, lang).map(drop))
    }

    /// Writes the current token to a sink that is not configured yet, as a trial.
    /// It waits for the disk, and perhaps for git: not on the loop that serves tokens.
    pub(crate) fn test_sink(&self, account: &str, sink: SinkSettings, lang: Lang, reply: Reply<Response>) {
        let (name, filled) = match self.fill_trial(account, &sink, lang) {
            Ok(filled) => filled,
            Err(notice) => return answer(reply, Err(notice)),
        };
        let clock = self.ports.clock.clone();
        tokio::spawn(async move {
            let failed = write(filled, lang).await.err().map(|notice| notice.of(name.as_str()));
            let delivered = failed.is_none().then(|| clock.now().wall);
            answer(
                reply,
                Ok(Response::Sink { sink: SinkView { settings: sink, delivered, notice: failed } }),
            );
        });
    }

    fn fill_trial(
        &self,
        account: &str,
        sink: &SinkSettings,
        lang: Lang,
    ) -> Result<(AccountName, Filled), Notice> {
        let id = self.find(account, lang)?;
        let entry = self.entries.get(&id).ok_or_else(|| internal(lang))?;
        let (Some(record), Some(provider)) = (&entry.record, &entry.provider) else {
            return Err(self.notice_of(&id, lang));
        };
        let bound = Bound::new(provider, &entry.settings.vars, &record.secrets)
            .map_err(|error| Notice::new(Code::Usage, error.what(lang)).cure(error.cure(lang)))?;
        Ok((entry.name.clone(), fill(sink, &bound, &record.current, lang)?))
    }
}

/// What the state database knows a sink by.
fn name_of(settings: &SinkSettings) -> String {
    let SinkSettings::Env { path, .. } = settings;
    format!("env {path}")
}

fn fill(
    settings: &SinkSettings,
    bound: &Bound<'_>,
    material: &lamplighter_core::record::Material,
    lang: Lang,
) -> Result<Filled, Notice> {
    let SinkSettings::Env { path, set, allow_tracked } = settings;
    let mut hash = sha2::Sha256::new();
    // The same values in another file are to be written all the same.
    hash.update(path.as_bytes());
    hash.update([0]);
    let mut values = Vec::new();
    for (key, template) in set {
        let value = bound.value(template, material).map_err(|error| not_filled(key, &error, lang))?;
        hash.update(key.as_bytes());
        hash.update([0]);
        hash.update(value.digest());
        values.push((key.clone(), value));
    }
    Ok(Filled { path: expand(path), values, allow_tracked: *allow_tracked, digest: hash.finalize().into() })
}

/// `~` is the person's home.
fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

async fn write(filled: Filled, lang: Lang) -> Result<(), Notice> {
    match tokio::task::spawn_blocking(move || write_now(&filled, lang)).await {
        Ok(written) => written,
        Err(_) => Err(internal(lang)),
    }
}

fn write_now(filled: &Filled, lang: Lang) -> Result<(), Notice> {
    let set: Vec<(String, &Secret)> = filled.values.iter().map(|(key, value)| (key.clone(), value)).collect();
    EnvFile::write(&filled.path, &set, filled.allow_tracked)
        .map(drop)
        .map_err(|error| error.notice(&filled.path, lang))
}

fn not_filled(key: &str, error: &ValueError, lang: Lang) -> Notice {
    let what = match (error, lang) {
        (ValueError::Unclosed, Lang::En) => format!("{key}: a {{{{ is not closed."),
        (ValueError::Unclosed, Lang::Fr) => format!("{key}\u{a0}: un {{{{ n’est pas fermé."),
        (ValueError::NotForSinks(place), Lang::En) => {
            format!("{key}: {{{{{place}}}}} is not something a sink is given.")
        }
        (ValueError::NotForSinks(place), Lang::Fr) => {
            format!("{key}\u{a0}: {{{{{place}}}}} n’est pas transmis aux destinations.")
        }
        (ValueError::Render(_), Lang::En) => format!("{key}: a value is not there yet."),
        (ValueError::Render(_), Lang::Fr) => format!("{key}\u{a0}: une valeur n’est pas encore là."),
    };
    Notice::new(Code::Usage, what).cure(
        lang.pick(
            "Use a token, such as {{token.access}}.",
            "Utilisez un jeton, par exemple {{token.access}}.",
        ),
    )
}
