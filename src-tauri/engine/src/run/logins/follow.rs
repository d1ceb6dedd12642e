//! A login under way: its task, and what that reports.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use lamplighter_core::api::{self, LoginStage};
use lamplighter_core::id::AccountId;
use lamplighter_core::record::StoreError;
use lamplighter_core::report::Notice;
use lamplighter_core::text::{self, Why, notice};
use tokio::sync::{mpsc, watch};

use super::super::actor::Actor;
use super::super::calls::internal;
use super::super::message::Message;
use super::super::spending::Spending;
use super::Phase;
use crate::login::{Ended, Line, LoginJob, Means, kept, run};

impl Actor {
    /// Runs a login and reports; first the keychain is asked, because a login that cannot be kept would be asked
    /// for in vain.
    pub(super) fn follow_login(
        &self,
        login: String,
        account: AccountId,
        job: LoginJob,
        spending: Arc<Spending>,
        line: Line,
        mut stages: watch::Receiver<LoginStage>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let ports = self.ports.clone();
        let means = Means { http: ports.http.clone(), clock: ports.clock.clone(), spending };
        let tz = self.time_zone.clone();
        async move {
            if let Err(store) = ports.store.load(&account).await
                && !matches!(store, StoreError::Corrupt(_))
            {
                let subject = text::Subject {
                    account: job.account.as_str(),
                    service: &job.provider.name,
                    lang: job.lang,
                    clock: text::Clock { now: ports.clock.now().wall, tz: &tz },
                };
                let failed = Ended::Failed(notice(&Why::Store { store }, &subject));
                send(&ports.messages, Message::LoginEnded { login, ended: Box::new(failed) }).await;
                return;
            }
            // A bug in one login must neither keep its place nor leave its window waiting for ever.
            let broke = internal(job.lang).of(job.account.as_str());
            let running = AssertUnwindSafe(run(job, means, line)).catch_unwind();
            let running = running.map(|ended| ended.unwrap_or(Ended::Failed(broke)));
            tokio::pin!(running);
            let ended = loop {
                tokio::select! {
                    ended = &mut running => break ended,
                    changed = stages.changed() => if changed.is_ok() {
                        let stage = stages.borrow_and_update().clone();
                        send(&ports.messages, Message::LoginStage { login: login.clone(), stage }).await;
                    } else {
                        break running.await;
                    },
                }
            };
            send(&ports.messages, Message::LoginEnded { login, ended: Box::new(ended) }).await;
        }
    }

    pub(crate) fn on_login_stage(&mut self, login: &str, stage: LoginStage) {
        let Some(entry) = self.logins.get_mut(login) else { return };
        if entry.phase != Phase::Person || stage.is_over() {
            return;
        }
        entry.view.stage = stage;
        self.tell(api::Event::Login { id: login.to_owned() });
    }

    pub(crate) fn on_login_ended(&mut self, login: &str, ended: Ended) {
        match ended {
            Ended::Won(won) => self.commit_login(login, *won),
            Ended::Failed(notice) => {
                let notice = self.with_what_is_kept(login, notice);
                self.end_login(login, LoginStage::Failed { notice });
            }
            Ended::Cancelled => self.end_login(login, LoginStage::Cancelled),
        }
    }

    /// Nobody is told that nothing was stored of a login whose steps spent something, however it ended.
    fn with_what_is_kept(&self, login: &str, notice: Notice) -> Notice {
        match self.logins.get(login) {
            Some(entry) if entry.spending.kept().is_some() => kept(notice, entry.lang),
            _ => notice,
        }
    }
}

async fn send(messages: &mpsc::Sender<Message>, message: Message) {
    if messages.send(message).await.is_err() {
        tracing::debug!("a login went on after the engine ended");
    }
}
