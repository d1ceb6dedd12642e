//! Refreshes that somebody asked for and waits for (S3.4).

use std::time::Duration;

use lamplighter_core::account::{Event, Job};
use lamplighter_core::api::{RefreshReport, RefreshRow, Response, Standing};
use lamplighter_core::id::AccountId;
use lamplighter_core::refresh::End;
use lamplighter_core::text::{Lang, Why};

use super::actor::Actor;
use super::message::Reply;
use super::tokens::{Waiting, answer};

/// Longest wait for a refresh of any number of accounts, through Chrome two at a time.
const REFRESH_WAIT: Duration = Duration::from_secs(600);

/// Somebody who waits for refreshes.
pub(crate) struct RefreshWait {
    pub(super) open: Vec<AccountId>,
    pub(super) rows: Vec<RefreshRow>,
    pub(super) lang: Lang,
    pub(super) reply: Reply<Response>,
}

impl RefreshWait {
    pub(crate) fn concerns(&self, account: &AccountId) -> bool {
        self.open.contains(account)
    }
}

impl Actor {
    /// S3.4.
    pub(super) fn refresh(
        &mut self,
        names: &[String],
        force: bool,
        dry_run: bool,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let ids = if names.is_empty() {
            // "Nothing to do" would be a wrong answer.
            self.why_none(lang).map_or_else(|| Ok(self.entries.keys().cloned().collect()), Err)
        } else {
            names.iter().map(|name| self.find(name, lang)).collect::<Result<Vec<_>, _>>()
        };
        let ids = match ids {
            Ok(ids) => ids,
            Err(notice) => return answer(reply, Err(notice)),
        };
        let mut wait = RefreshWait { open: Vec::new(), rows: Vec::new(), lang, reply };
        for id in ids {
            if let Some(row) = self.row_without_refresh(&id, force, dry_run, lang) {
                wait.rows.push(row);
            } else {
                wait.open.push(id);
            }
        }
        let open = wait.open.clone();
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::Refresh(wait));
        for id in open {
            self.on_event(Event::Asked { account: id, chain: None, force: true });
        }
        match self.waiting.remove(&ticket) {
            Some(Waiting::Refresh(wait)) if wait.open.is_empty() => finish_refresh(wait),
            Some(waiting) => {
                self.waiting.insert(ticket, waiting);
                self.expire(ticket, REFRESH_WAIT);
            }
            None => {}
        }
    }

    /// "Try once", said to a lost reply.
    pub(super) fn try_once(&mut self, account: &str, lang: Lang, reply: Reply<Response>) {
        let id = match self.find(account, lang) {
            Ok(id) => id,
            Err(notice) => return answer(reply, Err(notice)),
        };
        let mut wait = RefreshWait { open: vec![id.clone()], rows: Vec::new(), lang, reply };
        if !self.accounts.may_try_once(&id) {
            wait.open.clear();
            wait.rows.extend(self.skipped(&id, lang));
            return finish_refresh(wait);
        }
        let ticket = self.ticket();
        self.waiting.insert(ticket, Waiting::Refresh(wait));
        self.on_event(Event::TryOnce { account: id });
        self.expire(ticket, REFRESH_WAIT);
    }

    /// Nothing of it was lost, so nothing is sent.
    fn skipped(&self, id: &AccountId, lang: Lang) -> Option<RefreshRow> {
        let view = self.account_view(id, lang)?;
        let ends = view.tokens.first().and_then(|token| token.ends);
        Some(RefreshRow { account: view.name, result: "skipped".to_owned(), notice: view.notice, ends })
    }

    /// The row of an account that is not refreshed by this call; `None` if it is.
    pub(super) fn row_without_refresh(
        &self,
        id: &AccountId,
        force: bool,
        dry_run: bool,
        lang: Lang,
    ) -> Option<RefreshRow> {
        let now = self.now();
        let view = self.account_view(id, lang)?;
        let is_due = view.next_refresh.is_some_and(|next| next <= now.wall)
            || view.tokens.iter().any(|token| token.ends.is_some_and(|ends| ends <= now.wall));
        let row = |result: &str, notice| {
            let ends = view.tokens.first().and_then(|token| token.ends);
            Some(RefreshRow { account: view.name.clone(), result: result.to_owned(), notice, ends })
        };
        let is_read = self.accounts.get(id).is_none_or(|account| account.no_record.is_none());
        match view.standing {
            // Whether it is due stands in the record.
            Standing::Waiting if !force && !is_read => row("failed", view.notice.clone()),
            Standing::Paused => row("skipped", view.notice.clone()),
            Standing::NeedsYou => row("failed", view.notice.clone()),
            _ if !force && !is_due => row("skipped", None),
            _ if dry_run => row("would_refresh", None),
            // Somebody asks in a loop (S2.5): the service is spared.
            _ => {
                let limited = self.accounts.limited(id, now)?;
                row("failed", Some(self.notice_for(id, &limited, lang)))
            }
        }
    }

    /// The account's state changed: perhaps its refresh cannot come now. Then the answer is why, at once.
    pub(crate) fn look_at_refresh(&mut self, ticket: u64, mut wait: RefreshWait, account: &AccountId) {
        if self.ending.as_ref() != Some(account) && self.is_stuck(account) {
            self.close_row(&mut wait, account, None);
        }
        if wait.open.is_empty() {
            finish_refresh(wait);
        } else {
            self.waiting.insert(ticket, Waiting::Refresh(wait));
        }
    }

    /// Nothing runs for this account, and nothing is about to: something is in the way, or there is no way to
    /// refresh it at all. What is free to start has started by now, unless its host is busy.
    pub(super) fn is_stuck(&self, account: &AccountId) -> bool {
        let Some(state) = self.accounts.get(account) else { return true };
        let can_refresh = self
            .accounts
            .rules(account)
            .is_some_and(|rules| rules.chains.values().any(|chain| chain.can_refresh));
        state.running.is_none() && (!can_refresh || self.accounts.why(account, self.now()).is_some())
    }

    /// A refresh of this account runs, or is about to.
    pub(crate) fn is_refreshing(&self, account: &AccountId) -> bool {
        let running = self.accounts.get(account).and_then(|state| state.running.as_ref());
        running
            .is_some_and(|running| matches!(running.job, Job::Refresh | Job::Confirm(_) | Job::Replay { .. }))
    }

    /// A check's probe failed, and a refresh is to tell whether the login is over or only its token.
    pub(super) fn is_refreshed_next(&self, account: &AccountId, end: &End) -> bool {
        let is_asked = || {
            let state = self.accounts.get(account);
            state.is_some_and(|state| state.chains.values().any(|chain| chain.asked))
        };
        *end == End::ProbeFailed && (self.is_refreshing(account) || is_asked())
    }

    pub(super) fn close_row(&self, wait: &mut RefreshWait, account: &AccountId, end: Option<&End>) {
        wait.open.retain(|open| open != account);
        let Some(entry) = self.entries.get(account) else { return };
        let is_fine = end.is_some_and(is_fine);
        let notice = (!is_fine).then(|| {
            let why = self.accounts.why(account, self.now()).unwrap_or(Why::TooSlow);
            self.notice_for(account, &why, wait.lang)
        });
        wait.rows.push(RefreshRow {
            account: entry.name.clone(),
            result: if is_fine { "success" } else { "failed" }.to_owned(),
            notice,
            ends: self.accounts.tokens_until(account, self.now()),
        });
    }

    pub(crate) fn refresh_took_too_long(&mut self, mut wait: RefreshWait) {
        for account in wait.open.clone() {
            self.close_row(&mut wait, &account, None);
        }
        finish_refresh(wait);
    }
}

/// Whether an attempt's end is what a person hopes for.
pub(super) fn is_fine(end: &End) -> bool {
    matches!(end, End::Renewed { .. } | End::Newer | End::Proven)
}

/// Answers with what all refreshes did.
pub(super) fn finish_refresh(wait: RefreshWait) {
    let count = |result: &str| {
        let rows = wait.rows.iter().filter(|row| row.result == result).count();
        u32::try_from(rows).unwrap_or(u32::MAX)
    };
    let report = RefreshReport {
        total: u32::try_from(wait.rows.len()).unwrap_or(u32::MAX),
        success: count("success"),
        failed: count("failed"),
        skipped: count("skipped"),
        rows: wait.rows,
    };
    answer(wait.reply, Ok(Response::Refresh { report }));
}
