//! The thread that owns the store. Keychains block, some of them until a person answers; so nobody else waits
//! for one longer than a limit, and nobody waits for the thread when the process ends.

use std::borrow::Borrow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Longest wait for the store; then the answer is [`StoreError::Slow`], and the store goes on.
const LIMIT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut dyn SessionStore) + Send>;

/// What was asked of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// [`SessionStore::load`]
    Load(AccountId),
    /// [`SessionStore::save`]
    Save(AccountId),
    /// [`SessionStore::delete`]
    Delete(AccountId),
    /// [`SessionStore::erase`]
    Erase(AccountId),
    /// [`SessionStore::set_aside`]
    SetAside(AccountId),
    /// [`SessionStore::unlock`]
    Unlock,
}

/// How a call ended that nobody waited for any more.
#[derive(Debug)]
pub struct Late {
    /// Which call.
    pub call: Call,
    /// How it ended.
    pub result: Result<(), StoreError>,
}

/// The way to a store on a thread of its own. Calls are done one after the other.
#[derive(Clone)]
pub struct StoreThread {
    jobs: mpsc::Sender<Job>,
    late: UnboundedSender<Late>,
    waiting: Arc<AtomicUsize>,
    /// What keeps it from being used, as the log was told of it last.
    trouble: Arc<Mutex<Option<StoreError>>>,
    limit: Duration,
}

impl StoreThread {
    /// Starts the thread. The receiver tells of calls that ended after their caller was told
    /// [`StoreError::Slow`]: a keychain that answers again, a write that landed after all.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(store: Box<dyn SessionStore>) -> std::io::Result<(Self, UnboundedReceiver<Late>)> {
        Self::start_with_limit(store, LIMIT)
    }

    /// As [`Self::start`], with another limit.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start_with_limit(
        mut store: Box<dyn SessionStore>,
        limit: Duration,
    ) -> std::io::Result<(Self, UnboundedReceiver<Late>)> {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (late, late_calls) = unbounded_channel();
        // Never joined: one that hangs in a prompt must not keep the process from ending.
        std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
            for job in todo {
                job(&mut *store);
            }
        })?;
        let (waiting, trouble) = (Arc::default(), Arc::default());
        Ok((Self { jobs, late, waiting, trouble, limit }, late_calls))
    }

    /// Whether calls are under way or wait for their turn.
    pub fn is_busy(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// See [`SessionStore::load`].
    ///
    /// # Errors
    /// Also [`StoreError::Slow`].
    pub async fn load(&self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        let id = account.clone();
        self.call(Call::Load(id.clone()), Some(self.limit), move |store| store.load(&id)).await
    }

    /// See [`SessionStore::save`].
    ///
    /// # Errors
    /// Also [`StoreError::Slow`]: then it may land later, and saving the same record again finds that out.
    pub async fn save(
        &self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: impl Borrow<Record> + Send + 'static,
    ) -> Result<(), StoreError> {
        let id = account.clone();
        let save = move |store: &mut dyn SessionStore| store.save(&id, expected, record.borrow());
        self.call(Call::Save(account.clone()), Some(self.limit), save).await
    }

    /// See [`SessionStore::delete`].
    ///
    /// # Errors
    /// Also [`StoreError::Slow`].
    pub async fn delete(&self, account: &AccountId) -> Result<(), StoreError> {
        let id = account.clone();
        self.call(Call::Delete(id.clone()), Some(self.limit), move |store| store.delete(&id)).await
    }

    /// See [`SessionStore::erase`].
    ///
    /// # Errors
    /// Also [`StoreError::Slow`].
    pub async fn erase(&self, account: &AccountId) -> Result<(), StoreError> {
        let id = account.clone();
        self.call(Call::Erase(id.clone()), Some(self.limit), move |store| store.erase(&id)).await
    }

    /// See [`SessionStore::set_aside`].
    ///
    /// # Errors
    /// Also [`StoreError::Slow`].
    pub async fn set_aside(&self, account: &AccountId) -> Result<(), StoreError> {
        let id = account.clone();
        self.call(Call::SetAside(id.clone()), Some(self.limit), move |store| store.set_aside(&id)).await
    }

    /// See [`SessionStore::unlock`]. Waits for the person without a limit; others are told that it is slow.
    ///
    /// # Errors
    /// As [`SessionStore::unlock`].
    pub async fn unlock(&self) -> Result<(), StoreError> {
        self.call(Call::Unlock, None, |store| store.unlock()).await
    }

    async fn call<T: Send + 'static>(
        &self,
        call: Call,
        limit: Option<Duration>,
        work: impl FnOnce(&mut dyn SessionStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let asked = call.clone();
        let result = self.ask(call, limit, work).await;
        self.log(&asked, result.as_ref().err());
        result
    }

    /// People are told that there is no keyring; the log says why not, once for each reason.
    fn log(&self, call: &Call, error: Option<&StoreError>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            // Of that account, and not of the store.
            Some(
                StoreError::Corrupt(_)
                | StoreError::NewerFormat(_)
                | StoreError::Conflict
                | StoreError::TooLarge { .. },
            ) => {}
            Some(error) if trouble.as_ref() != Some(error) => {
                tracing::warn!(?call, %error, "the store of the logins does not answer as it should");
                *trouble = Some(error.clone());
            }
            Some(_) => {}
            None if trouble.take().is_some() => tracing::info!("the store of the logins answers again"),
            None => {}
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        call: Call,
        limit: Option<Duration>,
        work: impl FnOnce(&mut dyn SessionStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let (late, waiting) = (self.late.clone(), self.waiting.clone());
        waiting.fetch_add(1, Ordering::SeqCst);
        let job: Job = Box::new(move |store| {
            // A panic in a keychain's library costs this call, and not all calls for as long as the process lives.
            // What a store remembers between calls is nothing but what can be asked for again.
            let result = catch_unwind(AssertUnwindSafe(|| work(store)))
                .unwrap_or_else(|_| Err(StoreError::Absent("it broke off in the middle".to_owned())));
            waiting.fetch_sub(1, Ordering::SeqCst);
            if let Err(unheard) = answer.send(result) {
                // Nobody listens to late calls when the engine has ended, and then nobody needs to.
                _ = late.send(Late { call, result: unheard.map(drop) });
            }
        });
        let gone = || StoreError::Absent("the keychain’s thread has ended".to_owned());
        self.jobs.send(job).map_err(|_| gone())?;
        let answer = match limit {
            None => answered.await,
            Some(limit) => tokio::time::timeout(limit, answered).await.map_err(|_| StoreError::Slow)?,
        };
        answer.map_err(|_| gone())?
    }
}
