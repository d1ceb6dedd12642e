//! Checks, logouts and changes of a record: asked for, queued behind what runs, waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::account::{Event, Job, Work};
use lamplighter_core::api::{Response, Standing};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::End;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{self, Lang, Why, notice};

use super::actor::Actor;
use super::effects::Ticket;
use super::erase;
use super::message::{Message, Reply};
use super::perform::Performer;
use super::refreshes::{finish_refresh, is_fine};
use super::tokens::{Waiting, answer};

/// Longest wait for a check, or for work on one record: a Chrome may be under way first.
const WORK_WAIT: Duration = Duration::from_secs(180);

/// Somebody who waits for a check or for work on a record.
pub(crate) struct WorkWait {
    pub(super) account: AccountId,
    pub(super) job: WorkKind,
    /// A check whose probe failed: the refresh that follows decides.
    pub(super) refreshes: bool,
    pub(super) lang: Lang,
    pub(super) reply: Reply<Response>,
}

impl WorkWait {
    pub(crate) fn concerns(&self, account: &AccountId) -> bool {
        self.account == *account
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkKind {
    Check,
    Amend,
    Logout,
}

impl WorkKind {
    pub(super) fn is(self, job: Job) -> bool {
        match self {
            Self::Check => matches!(job, Job::Probe { .. }),
            Self::Amend => job == Job::Amend,
            Self::Logout => job == Job::Logout,
        }
    }
}

impl Actor {
    pub(super) fn check(&mut self, account: &str, lang: Lang, reply: Reply<Response>) {
        let id = match self.find(account, lang) {
            Ok(id) => id,
            Err(notice) => return answer(reply, Err(notice)),
        };
        if matches!(self.accounts.standing(&id), Standing::NeedsYou | Standing::Paused) {
            return answer(reply, Err(self.notice_of(&id, lang)));
        }
        if self.accounts.rules(&id).is_some_and(|rules| !rules.has_probe) {
            return answer(reply, Err(no_probe(account, lang)));
        }
        self.on_event(Event::RecordAsked { account: id.clone() });
        self.wait_for_work(id.clone(), WorkKind::Check, lang, reply);
        self.on_event(Event::CheckAsked { account: id });
    }

    /// The account's state changed: perhaps its check cannot come now.
    pub(crate) fn look_at_work(&mut self, ticket: u64, wait: WorkWait) {
        let account = &wait.account;
        let is_stuck = wait.job == WorkKind::Check
            && self.ending.as_ref() != Some(account)
            && self.accounts.get(account).is_none_or(|state| state.running.is_none())
            && self.accounts.why(account, self.now()).is_some();
        if is_stuck {
            answer(wait.reply, Err(self.notice_of(account, wait.lang)));
        } else {
            self.waiting.insert(ticket, Waiting::Work(wait));
        }
    }

    /// Nothing can be done for this account any more: who waits for work that has not begun is told.
    pub(crate) fn fail_work_of(&mut self, account: &AccountId) {
        let running = self.at_work.get(account).copied();
        let waiting = std::mem::take(&mut self.waiting);
        for (ticket, waiting) in waiting {
            match waiting {
                Waiting::Work(wait)
                    if wait.account == *account && running.is_none_or(|job| !wait.job.is(job)) =>
                {
                    answer(wait.reply, Err(self.notice_of(account, wait.lang)));
                }
                other => _ = self.waiting.insert(ticket, other),
            }
        }
    }

    pub(super) fn logout(&mut self, account: &str, lang: Lang, reply: Reply<Response>) {
        match self.find(account, lang) {
            Ok(id) => {
                // Who logs out does not want the login that is still open.
                if let Some(reply) = self.log_out_after_login(&id, lang, reply) {
                    self.log_out(id, lang, reply);
                }
            }
            Err(notice) if notice.code == Code::UnknownAccount => match account.parse() {
                // What is being erased for an earlier logout can be erased twice.
                Ok(id) if !self.at_work.contains_key(&id) || self.paying.has_seen(&id) => {
                    self.log_out_again(id, lang, reply)
                }
                _ => answer(reply, Err(notice)),
            },
            Err(notice) => answer(reply, Err(notice)),
        }
    }

    pub(super) fn log_out(&mut self, id: AccountId, lang: Lang, reply: Reply<Response>) {
        self.work_on(id, Ticket::Logout, WorkKind::Logout, lang, reply);
    }

    /// Without its provider's file nobody knows how to end a session at the service; what is here goes all the same.
    pub(super) fn log_out_here(&mut self, account: AccountId, lang: Lang, reply: Reply<Response>) {
        self.at_work.insert(account.clone(), Job::Logout);
        self.wait_for_work(account.clone(), WorkKind::Logout, lang, reply);
        let performer = Performer::new(self.ports.clone(), account.clone(), Job::Logout);
        let messages = self.ports.messages.clone();
        tokio::spawn(async move {
            let end = performer.delete_alone().await;
            let chain = ChainName::main();
            let ended = Message::Ended {
                account,
                job: Job::Logout,
                chain,
                end: Box::new(end),
                stored: None,
                beside: None,
            };
            if messages.send(ended).await.is_err() {
                tracing::debug!("a record was deleted after the engine ended");
            }
        });
    }

    pub(super) fn work_on(
        &mut self,
        id: AccountId,
        ticket: Ticket,
        kind: WorkKind,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let is_idle = !self.at_work.contains_key(&id);
        let has_no_provider = |entry: &super::actor::Entry| entry.provider.is_none();
        if kind == WorkKind::Logout && is_idle && self.entries.get(&id).is_some_and(has_no_provider) {
            return self.log_out_here(id, lang, reply);
        }
        if self.entries.get(&id).is_none_or(|entry| entry.provider.is_none()) {
            return answer(reply, Err(self.notice_of(&id, lang)));
        }
        let job = match kind {
            WorkKind::Check => Job::Probe { reported: false },
            WorkKind::Amend => Job::Amend,
            WorkKind::Logout => Job::Logout,
        };
        let number = self.ticket();
        self.tickets.insert(number, ticket);
        self.wait_for_work(id.clone(), kind, lang, reply);
        self.on_event(Event::Wanted { account: id, work: Work { job, ticket: number } });
    }

    pub(super) fn wait_for_work(
        &mut self,
        account: AccountId,
        job: WorkKind,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::Work(WorkWait { account, job, refreshes: false, lang, reply }));
        self.expire(ticket, WORK_WAIT);
    }

    pub(crate) fn work_took_too_long(&mut self, wait: WorkWait) {
        let why = self.accounts.why(&wait.account, self.now()).unwrap_or(Why::TooSlow);
        let notice = notice(&why, &self.subject(&wait.account, wait.lang));
        answer(wait.reply, Err(notice));
    }

    /// An attempt ended: who waited for it is told.
    pub(crate) fn after_work(&mut self, account: &AccountId, job: Job, end: &End) {
        let waiting = std::mem::take(&mut self.waiting);
        let (concerned, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            waiting.into_iter().partition(|(_, waiting)| is_over(waiting, account, job, end));
        self.waiting = others;
        let mut logouts = Vec::new();
        for (ticket, waiting) in concerned {
            match waiting {
                Waiting::Refresh(mut wait) => {
                    // Another chain of the account goes on where this one ended well.
                    if !(is_fine(end) && self.is_refreshing(account)) {
                        self.close_row(&mut wait, account, Some(end));
                    }
                    if wait.open.is_empty() {
                        finish_refresh(wait);
                    } else {
                        self.waiting.insert(ticket, Waiting::Refresh(wait));
                    }
                }
                Waiting::Work(wait)
                    if wait.job == WorkKind::Check && self.is_refreshed_next(account, end) =>
                {
                    let wait = WorkWait { refreshes: true, ..wait };
                    self.waiting.insert(ticket, Waiting::Work(wait));
                }
                Waiting::Work(wait) if wait.job == WorkKind::Logout => logouts.push(wait),
                Waiting::Work(wait) => self.finish_work(wait, end),
                other => _ = self.waiting.insert(ticket, other),
            }
        }
        self.login_step_ended(account, job, end);
        self.finish_logouts(account, logouts, end);
    }

    /// Who logged out is told once the account is gone, or why it is not.
    fn finish_logouts(&mut self, account: &AccountId, logouts: Vec<WorkWait>, end: &End) {
        let End::LoggedOut { revoke_failed } = end else {
            return logouts.into_iter().for_each(|wait| self.finish_work(wait, end));
        };
        let name = self.entries.get(account).map_or(account.to_string(), |entry| entry.name.to_string());
        let lang = logouts.first().map_or(self.lang(), |wait| wait.lang);
        let stays = self.forget(account, lang).err();
        let unseen = erase::take_unseen(&self.ports, account);
        for WorkWait { lang, reply, .. } in logouts {
            let stores = unseen.as_ref().map(|left| {
                // Of an account that is still listed nothing is done by itself.
                let is_noted = left.is_noted && stays.is_none();
                text::left_behind(account, &left.stores, is_noted, lang)
            });
            let stays = stays.as_ref().map(|why| text::section_stays(&name, why, lang));
            let left = match (stays, stores) {
                (Some(stays), Some(stores)) => {
                    let what = format!("{} {}", stays.what, stores.what);
                    Some(Notice { what, ..stays })
                }
                (stays, stores) => stays.or(stores),
            };
            let revoke_failed = revoke_failed.as_ref().map(|cause| text::cause(cause, lang));
            let left = left.map(|left| Box::new(left.of(name.as_str())));
            answer(reply, Ok(Response::LoggedOut { revoke_failed, left }));
        }
    }

    pub(super) fn finish_work(&mut self, wait: WorkWait, end: &End) {
        let WorkWait { account, job, refreshes: _, lang, reply } = wait;
        let done = match (job, end) {
            (WorkKind::Check, End::Proven | End::Renewed { probe: None | Some(true) }) => {
                self.account_answer(account.as_str(), lang)
            }
            (WorkKind::Check, _) => Err(self.notice_of(&account, lang)),
            (WorkKind::Amend, End::Amended) => Ok(Response::Done),
            (_, End::NoStore(store) | End::NotDeleted(store)) => {
                Err(self.store_notice(&account, store, lang))
            }
            _ => Err(self.notice_of(&account, lang)),
        };
        answer(reply, done);
    }

    /// An account that is logged out already, by its id: another store may be open by now.
    fn log_out_again(&self, account: AccountId, lang: Lang, reply: Reply<Response>) {
        let ports = self.ports.clone();
        let is_known = self.paying.has_seen(&account) || !ports.owed.of(&account).is_empty();
        tokio::spawn(async move {
            let is_known = is_known || erase::is_anywhere(&ports, &account).await;
            // An id that was mistyped is not looked for again and again.
            let done = erase::secrets(&ports, &account, is_known).await;
            let done = match (done, erase::take_unseen(&ports, &account)) {
                (Ok(()), Some(left)) => {
                    Err(text::left_behind(&account, &left.stores, left.is_noted, lang).of(account.as_str()))
                }
                (Ok(()), None) if is_known => Ok(Response::LoggedOut { revoke_failed: None, left: None }),
                (Ok(()), None) => Err(text::nothing_of(&account, lang)),
                (Err(store), _) => {
                    let clock = text::Clock { now: ports.clock.now().wall, tz: &jiff::tz::TimeZone::UTC };
                    let subject = text::Subject { account: account.as_str(), service: "", lang, clock };
                    Err(notice(&Why::Store { store }, &subject))
                }
            };
            answer(reply, done);
        });
    }

    pub(super) fn store_notice(&self, account: &AccountId, store: &StoreError, lang: Lang) -> Notice {
        notice(&Why::Store { store: store.clone() }, &self.subject(account, lang))
    }
}

fn is_over(waiting: &Waiting, account: &AccountId, job: Job, end: &End) -> bool {
    match waiting {
        Waiting::Refresh(wait) => {
            wait.concerns(account) && matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. })
        }
        Waiting::Work(wait) => {
            // A refresh that went through proves the login, too.
            let proves = wait.job == WorkKind::Check && matches!(end, End::Renewed { .. } | End::Proven);
            let decides = match wait.refreshes {
                true => matches!(job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. }),
                false => wait.job.is(job),
            };
            wait.account == *account && (proves || decides)
        }
        Waiting::Token(_) | Waiting::Trial { .. } | Waiting::StoreAgain { .. } => false,
    }
}

fn no_probe(account: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("{account} cannot be checked: its provider has no probe."),
        Lang::Fr => format!("{account} ne peut pas être vérifié\u{a0}: son fournisseur n’a pas de sonde."),
    };
    Notice::new(Code::Usage, what).of(account).cure(lang.pick(
        "Add a [[probe]] to the provider file, or refresh it: lamp refresh --force",
        "Ajoutez une [[probe]] au fichier du fournisseur, ou rafraîchissez\u{a0}: lamp refresh --force",
    ))
}
