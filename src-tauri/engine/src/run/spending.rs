//! A login step that spends what the person gave: the record comes first, hidden and unproven (I3, I6).

use std::sync::{Arc, Mutex, PoisonError};

use lamplighter_core::id::{AccountId, Generation, ProviderId, VarName, WriteId};
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
    secrets: std::collections::BTreeMap<VarName, Secret>,
    name: String,
    service: String,
    lang: Lang,
    last: Mutex<Option<WriteId>>,
}

impl Spending {
    pub(crate) fn new(ports: &Arc<Ports>, account: &AccountId, job: &LoginJob) -> Self {
        Self {
            ports: ports.clone(),
            account: hidden(account),
            provider: job.provider.id.clone(),
            secrets: job.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            name: job.account.to_string(),
            service: job.provider.name.clone(),
            lang: job.lang,
            last: Mutex::new(None),
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
            hosts: Vec::new(),
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
}

/// The keychain entry of an account's login that has spent something and is not proven yet: the account's id
/// with its first half turned round, so that it is the same at the next try.
pub(crate) fn hidden(account: &AccountId) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("login of {account}"));
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    AccountId::from_random(id)
}
