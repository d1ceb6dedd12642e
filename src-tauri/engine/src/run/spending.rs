//! A login step that spends what the person gave: the record comes first, hidden and unproven (I3, I6).
//!
//! It lies in a keychain entry of its own beside the account's, which is not touched before probe and identity
//! passed. The account itself is in the configuration by then, so that what is stored is never without an owner:
//! it is listed, a login goes on with it, a logout removes it. It is written over only by the login that wrote it,
//! and only with what came later (I2, I5); whatever else is found there is moved aside, and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lamplighter_core::id::{AccountId, Generation, ProviderId, VarName, WriteId};
use lamplighter_core::provider::Bound;
use lamplighter_core::record::{Material, Record, StoreError};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{self, Lang, Why, notice};
use tokio::sync::oneshot;

use super::effects::random;
use super::message::Message;
use super::perform::Ports;
use crate::login::{BeforeSpend, Left, LoginJob, Waiting};

/// So many old ones are kept aside for one account.
const ASIDE: u32 = 8;

/// Where one login puts what it is about to spend, and what that brought.
pub(crate) struct Spending {
    ports: Arc<Ports>,
    /// The login's id.
    login: String,
    account: AccountId,
    provider: ProviderId,
    /// Where the login's secrets may go: what is left over is good for the very same hosts only (T23).
    hosts: Vec<String>,
    secrets: BTreeMap<VarName, Secret>,
    name: String,
    service: String,
    lang: Lang,
    own: Mutex<Own>,
}

/// What this login has there.
struct Own {
    /// Stands in each of its records, and in the account's own once that is committed.
    id: WriteId,
    /// There is something of it.
    is_kept: bool,
    /// A first mark that nothing was sent on the strength of, as far as is known.
    is_first: bool,
}

impl Spending {
    /// For the login `login` of `account`.
    pub(crate) fn new(ports: &Arc<Ports>, login: &str, account: &AccountId, job: &LoginJob) -> Self {
        Self {
            ports: ports.clone(),
            login: login.to_owned(),
            account: account.clone(),
            provider: job.provider.id.clone(),
            // A login whose variables do not fit is refused before it spends anything.
            hosts: Bound::new(&job.provider, &job.vars, &job.secrets)
                .map(|bound| bound.hosts().texts())
                .unwrap_or_default(),
            secrets: job.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            name: job.account.to_string(),
            service: job.provider.name.clone(),
            lang: job.lang,
            own: Mutex::new(Own { id: WriteId(random()), is_kept: false, is_first: false }),
        }
    }

    /// What the account's record is to say of this login; `None` if it kept nothing.
    pub(crate) fn kept(&self) -> Option<WriteId> {
        let own = self.own();
        own.is_kept.then_some(own.id)
    }

    /// Secret variables that the login was given.
    pub(crate) fn secrets(&self) -> &BTreeMap<VarName, Secret> {
        &self.secrets
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, store: StoreError) -> Notice {
        let tz = jiff::tz::TimeZone::system();
        let clock = text::Clock { now: self.ports.clock.now().wall, tz: &tz };
        let subject = text::Subject { account: &self.name, service: &self.service, lang: self.lang, clock };
        notice(&Why::Store { store }, &subject)
    }

    /// The account is in the configuration before anything is stored for it.
    async fn take_a_place(&self) -> Result<(), Notice> {
        let (done, taken) = oneshot::channel();
        let wanted = Message::LoginSpends { login: self.login.clone(), done };
        let ending = || super::calls::internal(self.lang);
        self.ports.messages.send(wanted).await.map_err(|_| ending())?;
        taken.await.map_err(|_| ending())?
    }

    async fn keep(&self, mark: Mark, material: &Material) -> Result<(), Notice> {
        let slot = hidden(&self.account);
        let store = &self.ports.store;
        let id = self.own().id;
        let there = match store.load(&slot).await {
            Ok(Some(there)) if there.login == Some(id) && there.current.generation < mark.generation() => {
                Some(there.write_id)
            }
            // The same mark once more: an answer got lost, and the very same request goes out again.
            Ok(Some(there)) if there.login == Some(id) && there.current.generation == mark.generation() => {
                return Ok(());
            }
            Ok(None) => None,
            // Another login's, or later than this: nothing that may be written over.
            Ok(Some(_)) | Err(StoreError::Corrupt(_)) => {
                move_aside(&self.ports, &self.account).await.map_err(|error| self.say(error))?;
                None
            }
            Err(error) => return Err(self.say(error)),
        };
        let mut current = material.duplicate();
        (current.is_proven, current.generation) = (false, mark.generation());
        let record = Record {
            account: slot.clone(),
            write_id: WriteId(random()),
            login: Some(id),
            provider: self.provider.clone(),
            hosts: self.hosts.clone(),
            identity: None,
            journal_key: crate::seal::new_key().map_err(|_| super::calls::internal(self.lang))?,
            secrets: self.secrets.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect(),
            current,
            proven: None,
        };
        let saved = store.save(&slot, there, record).await;
        // One that is slow may land later: then it is there.
        if matches!(saved, Ok(()) | Err(StoreError::Slow)) {
            let mut own = self.own();
            own.is_first = !own.is_kept && matches!(mark, Mark::Before(_));
            own.is_kept = true;
        }
        saved.map_err(|error| self.say(error))
    }

    async fn find(&self) -> Result<Option<Left>, StoreError> {
        let store = &self.ports.store;
        let record = match store.load(&hidden(&self.account)).await {
            Ok(Some(record)) => record,
            Ok(None) | Err(StoreError::Corrupt(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        if record.provider != self.provider || record.hosts != self.hosts {
            return Ok(None);
        }
        let committed = match store.load(&self.account).await {
            Ok(own) => own.and_then(|own| own.login),
            // It cannot be what this login made, for that is there.
            Err(StoreError::Corrupt(_)) => None,
            Err(error) => return Err(error),
        };
        let Some(id) = record.login.filter(|id| Some(*id) != committed) else {
            // Its login is in the account's own record, which has gone on since.
            store.delete(&hidden(&self.account)).await?;
            return Ok(None);
        };
        *self.own() = Own { id, is_kept: true, is_first: false };
        let next = Mark::of(record.current.generation).next();
        Ok(Some(Left { material: record.current, next }))
    }
}

impl BeforeSpend for Spending {
    fn about_to_spend<'a>(&'a self, step: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(async move {
            self.take_a_place().await?;
            self.keep(Mark::Before(step), material).await
        })
    }

    fn has_spent<'a>(&'a self, step: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        Box::pin(self.keep(Mark::After(step), material))
    }

    fn not_spent(&self) -> Waiting<'_, ()> {
        Box::pin(async {
            if !self.own().is_first {
                return;
            }
            match self.ports.store.delete(&hidden(&self.account)).await {
                Ok(()) => {
                    let mut own = self.own();
                    (own.is_kept, own.is_first) = (false, false);
                }
                // It stays with its account, and the next login finds that it is good for nothing.
                Err(error) => tracing::warn!(%error, "what a login did not spend is still in the keychain"),
            }
        })
    }

    fn left(&self) -> Waiting<'_, Result<Option<Left>, Notice>> {
        Box::pin(async { self.find().await.map_err(|error| self.say(error)) })
    }

    fn set_aside(&self) -> Waiting<'_, Result<(), Notice>> {
        Box::pin(async {
            if !self.own().is_kept {
                return Ok(());
            }
            move_aside(&self.ports, &self.account).await.map_err(|error| self.say(error))?;
            *self.own() = Own { id: WriteId(random()), is_kept: false, is_first: false };
            Ok(())
        })
    }
}

/// Where a login's steps stand; kept as the generation of its hidden record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// The step is about to spend.
    Before(usize),
    /// What it brought is here.
    After(usize),
}

impl Mark {
    fn generation(self) -> Generation {
        let number = |step: usize| u64::try_from(step).unwrap_or(u64::MAX / 4);
        Generation(match self {
            Self::Before(step) => 2 * number(step) + 1,
            Self::After(step) => 2 * number(step) + 2,
        })
    }

    fn of(generation: Generation) -> Self {
        let step = usize::try_from(generation.0.saturating_sub(1) / 2).unwrap_or(usize::MAX);
        if generation.0 % 2 == 1 { Self::Before(step) } else { Self::After(step) }
    }

    /// The step to go on with.
    fn next(self) -> usize {
        match self {
            Self::Before(step) => step,
            Self::After(step) => step.saturating_add(1),
        }
    }
}

/// What a login of this account has spent, or brought, that is not done; its secret variables come with it.
///
/// # Errors
/// If the keychain cannot say.
pub(crate) async fn unfinished(ports: &Ports, account: &AccountId) -> Result<Option<Record>, StoreError> {
    match ports.store.load(&hidden(account)).await {
        Err(StoreError::Corrupt(_)) => Ok(None),
        found => found,
    }
}

/// A login of this account is committed: what it, or one before it, had kept is old.
///
/// # Errors
/// If it is not certain that it is gone. It is known for what it is all the same, by the account's own record.
pub(crate) async fn forget(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    if ports.store.load(&hidden(account)).await?.is_some() {
        ports.store.delete(&hidden(account)).await?;
    }
    Ok(())
}

/// The person logs out: nothing of any login stays.
///
/// # Errors
/// If it is not certain that all of it is gone.
pub(crate) async fn remove_all(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    ports.store.delete(&hidden(account)).await?;
    for number in 0..ASIDE {
        match ports.store.load(&aside(account, number)).await {
            Ok(None) => break,
            Ok(Some(_)) | Err(StoreError::Corrupt(_)) => ports.store.delete(&aside(account, number)).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Moves what is there to a place where it is kept until the person logs out: whole there before it goes here.
async fn move_aside(ports: &Ports, account: &AccountId) -> Result<(), StoreError> {
    let slot = hidden(account);
    let mut record = match ports.store.load(&slot).await {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(()),
        // Nobody can read it; the store keeps it as it is.
        Err(StoreError::Corrupt(_)) => return ports.store.set_aside(&slot).await,
        Err(error) => return Err(error),
    };
    for number in 0..ASIDE {
        let to = aside(account, number);
        match ports.store.load(&to).await? {
            None => {
                record.account = to.clone();
                ports.store.save(&to, None, record).await?;
                return ports.store.delete(&slot).await;
            }
            // A crash came between the two.
            Some(there) if there.write_id == record.write_id => return ports.store.delete(&slot).await,
            Some(_) => {}
        }
    }
    Err(StoreError::Conflict)
}

/// The keychain entry of a login that has spent something and is not proven yet: the same at the next try.
fn hidden(account: &AccountId) -> AccountId {
    derived(&format!("login of {account}"))
}

fn aside(account: &AccountId, number: u32) -> AccountId {
    derived(&format!("login of {account} set aside {number}"))
}

fn derived(what: &str) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(what);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    AccountId::from_random(id)
}
