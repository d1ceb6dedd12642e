//! A login step that spends what the person gave: the record comes first, hidden and unproven (I3, I6).

use std::sync::{Arc, Mutex, PoisonError};

use lamplighter_core::id::{AccountId, Generation, ProviderId, VarName, WriteId};
use lamplighter_core::provider::Bound;
use lamplighter_core::record::{Material, Record};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{self, Lang, Why, notice};

use super::effects::random;
use super::perform::Ports;
use crate::login::{BeforeSpend, LoginJob, Waiting};

/// Stores what a login is about to spend, and what it brought, under a name of its own: the account's record is
/// not touched before probe and identity passed.
pub(crate) struct Spending {
    ports: Arc<Ports>,
    account: AccountId,
    provider: ProviderId,
    /// Where the login's secrets may go: what is left over is good for the very same hosts only (T23).
    hosts: Vec<String>,
    secrets: std::collections::BTreeMap<VarName, Secret>,
    name: String,
    service: String,
    lang: Lang,
    last: Mutex<Option<WriteId>>,
}

impl Spending {
    /// For a login of `account`; an account that is not there yet is known by its provider and name, so that the
    /// next try finds what this one stored.
    pub(crate) fn new(ports: &Arc<Ports>, account: &AccountId, is_new: bool, job: &LoginJob) -> Self {
        let whose = if is_new { format!("{} {}", job.provider.id, job.account) } else { account.to_string() };
        Self {
            ports: ports.clone(),
            account: hidden(&whose),
            provider: job.provider.id.clone(),
            // A login whose variables do not fit is refused before it spends anything.
            hosts: Bound::new(&job.provider, &job.vars, &job.secrets)
                .map(|bound| bound.hosts().texts())
                .unwrap_or_default(),
            secrets: job.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            name: job.account.to_string(),
            service: job.provider.name.clone(),
            lang: job.lang,
            last: Mutex::new(None),
        }
    }

    /// The login's material is in the account's own record now.
    pub(crate) async fn forget(&self) {
        if self.last.lock().unwrap_or_else(PoisonError::into_inner).take().is_none() {
            return;
        }
        if let Err(error) = self.ports.store.delete(&self.account).await {
            tracing::warn!(%error, "what a login spent beforehand stays in the keychain until the next one");
        }
    }

    async fn keep(&self, material: &Material) -> Result<(), Notice> {
        let tz = jiff::tz::TimeZone::system();
        let say = |store| {
            let clock = text::Clock { now: self.ports.clock.now().wall, tz: &tz };
            let subject =
                text::Subject { account: &self.name, service: &self.service, lang: self.lang, clock };
            notice(&Why::Store { store }, &subject)
        };
        let there = self.ports.store.load(&self.account).await.map_err(say)?;
        let key = crate::seal::new_key().map_err(|_| super::calls::internal(self.lang))?;
        let mut current = material.duplicate();
        current.is_proven = false;
        current.generation = there.as_ref().map_or(Generation(0), |there| there.current.generation).next();
        let write_id = WriteId(random());
        let record = Record {
            account: self.account.clone(),
            write_id,
            provider: self.provider.clone(),
            hosts: self.hosts.clone(),
            identity: None,
            journal_key: key,
            secrets: self.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            current,
            proven: None,
        };
        let expected = there.map(|there| there.write_id);
        self.ports.store.save(&self.account, expected, record).await.map_err(say)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(write_id);
        Ok(())
    }
}

impl BeforeSpend for Spending {
    fn about_to_spend<'a>(&'a self, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(self.keep(material))
    }

    fn has_spent<'a>(&'a self, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(self.keep(material))
    }

    fn left(&self) -> Waiting<'_, Option<Material>> {
        Box::pin(async move {
            let record = self.ports.store.load(&self.account).await.ok().flatten()?;
            if record.provider != self.provider || record.hosts != self.hosts {
                return None;
            }
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(record.write_id);
            Some(record.current.duplicate())
        })
    }
}

/// The keychain entry of a login that has spent something and is not proven yet: the same at the next try.
pub(super) fn hidden(whose: &str) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("login of {whose}"));
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    AccountId::from_random(id)
}
