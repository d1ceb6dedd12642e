//! Programs that ask for tokens: served at once where there is one, else kept until there is.

use std::time::Duration;

use lamplighter_core::account::{Answer, Ask, Chain, Event, Hint, Session};
use lamplighter_core::api::{TokenGrant, TokenRequest};
use lamplighter_core::config::Access;
use lamplighter_core::id::{AccountId, TokenName, unhex};
use lamplighter_core::provider::Bound;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{Lang, Why, notice};
use lamplighter_core::time::Timestamp;

use super::actor::Actor;
use super::calls::gone;
use super::message::{Message, Reply};
use super::refreshes::RefreshWait;
use super::work::WorkWait;
use crate::api::{Caller, CallerKind};

/// How long a program waits for a refresh unless it says otherwise.
const WAIT: Duration = Duration::from_secs(30);
/// Longest wait: past a refresh through Chrome and its confirmation.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Somebody who waits.
pub(crate) enum Waiting {
    /// For a token.
    Token(Box<TokenWait>),
    /// For refreshes.
    Refresh(RefreshWait),
    /// For a check or for work on a record.
    Work(WorkWait),
    /// A login, for its trial refresh.
    Trial { login: String },
    /// A login, for the store to take its record.
    StoreAgain { login: String },
}

/// A program that waits for a token.
pub(crate) struct TokenWait {
    account: AccountId,
    caller: Caller,
    request: TokenRequest,
    rejected: Option<[u8; 32]>,
    /// The report was passed on: now its probe or refresh is waited for.
    reported: bool,
    /// How long it waits.
    until: Timestamp,
    lang: Lang,
    reply: Reply<TokenGrant>,
}

impl Actor {
    pub(crate) fn on_token(
        &mut self,
        caller: Caller,
        account: String,
        request: TokenRequest,
        lang: Lang,
        reply: Reply<TokenGrant>,
    ) {
        if self.find(&account, lang).is_err() {
            // It may have been written into the configuration just now.
            self.take_over_files();
        }
        let account = match self.may_ask(&caller, &account, lang) {
            Ok(account) => account,
            Err(notice) => return answer(reply, Err(notice)),
        };
        if self.entries.get(&account).is_none_or(|entry| entry.provider.is_none()) {
            return answer(reply, Err(self.notice_of(&account, lang)));
        }
        self.on_event(Event::RecordAsked { account: account.clone() });
        let rejected = match request.rejected.as_deref().map(unhex::<32>) {
            None => None,
            Some(Some(digest)) => Some(digest),
            Some(None) => return answer(reply, Err(bad_digest(lang))),
        };
        let wait = request.wait_ms.map_or(WAIT, Duration::from_millis).min(LONGEST_WAIT);
        let waiting = TokenWait {
            account,
            caller,
            request,
            rejected,
            reported: false,
            until: self.now().wall.plus(wait),
            lang,
            reply,
        };
        if let Some(waiting) = self.try_serve(waiting) {
            let ticket = self.ticket();
            self.waiting.insert(ticket, Waiting::Token(Box::new(waiting)));
            self.expire(ticket, wait);
        }
    }

    /// Sends [`Message::Expired`] for `ticket` after `wait`.
    pub(crate) fn expire(&self, ticket: u64, wait: Duration) {
        let sleep = self.ports.clock.sleep(wait);
        let messages = self.ports.messages.clone();
        tokio::spawn(async move {
            sleep.await;
            if messages.send(Message::Expired { ticket }).await.is_err() {
                tracing::debug!("somebody waited longer than the engine ran");
            }
        });
    }

    /// T7: an account set to `listed` serves only consumers with a key of their own.
    fn may_ask(&self, caller: &Caller, account: &str, lang: Lang) -> Result<AccountId, Notice> {
        let id = self.find(account, lang)?;
        let is_listed = self.entries.get(&id).is_some_and(|entry| entry.settings.access == Access::Listed);
        if is_listed && caller.kind == CallerKind::Socket {
            let what = match lang {
                Lang::En => format!("{account} serves listed programs only."),
                Lang::Fr => format!("{account} ne sert que des programmes inscrits."),
            };
            return Err(Notice::new(Code::NotAllowed, what).of(account).cure(lang.pick(
                "Set `access` of the account in config.toml, if this program may have its tokens.",
                "Modifiez `access` du compte dans config.toml, si ce programme peut avoir ses jetons.",
            )));
        }
        Ok(id)
    }

    /// Looks at everybody who waits for this account.
    pub(crate) fn look_at_waiting(&mut self, account: &AccountId) {
        let concerned: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| match waiting {
                Waiting::Token(wait) => wait.account == *account,
                Waiting::Refresh(wait) => wait.concerns(account),
                Waiting::Work(wait) => wait.concerns(account),
                Waiting::Trial { .. } | Waiting::StoreAgain { .. } => false,
            })
            .map(|(ticket, _)| *ticket)
            .collect();
        for ticket in concerned {
            match self.waiting.remove(&ticket) {
                Some(Waiting::Token(wait)) => {
                    if let Some(wait) = self.try_serve(*wait) {
                        self.waiting.insert(ticket, Waiting::Token(Box::new(wait)));
                    }
                }
                Some(Waiting::Refresh(wait)) => self.look_at_refresh(ticket, wait, account),
                Some(Waiting::Work(wait)) => self.look_at_work(ticket, wait),
                Some(other) => _ = self.waiting.insert(ticket, other),
                None => {}
            }
        }
    }

    pub(crate) fn on_expired(&mut self, ticket: u64) {
        match self.waiting.remove(&ticket) {
            Some(Waiting::Token(wait)) => {
                let why = self.accounts.why(&wait.account, self.now()).unwrap_or(Why::TooSlow);
                let notice = notice(&why, &self.subject(&wait.account, wait.lang));
                answer(wait.reply, Err(notice));
            }
            Some(Waiting::Refresh(wait)) => self.refresh_took_too_long(wait),
            Some(Waiting::Work(wait)) => self.work_took_too_long(wait),
            Some(Waiting::Trial { login }) => self.finish_login(&login),
            Some(Waiting::StoreAgain { login }) => self.store_login_again(&login),
            None => {}
        }
    }

    /// Serves who waits, or gives it back to wait on.
    fn try_serve(&mut self, mut wait: TokenWait) -> Option<TokenWait> {
        if wait.reply.is_closed() {
            return None;
        }
        let now = self.now();
        let current = self.digest(&wait.account, wait.request.name.as_ref());
        if !self.entries.contains_key(&wait.account) {
            answer(wait.reply, Err(gone(wait.lang)));
            return None;
        }
        let mut is_believed = wait.reported;
        if let Some(account) = self.accounts.get(&wait.account).filter(|_| wait.reported) {
            let is_asked = account.chains.values().any(|chain| chain.asked && chain.chain == Chain::Idle);
            if account.running.is_some() || account.is_reported || is_asked {
                return Some(wait);
            }
            // Only a login that nothing speaks against: a refresh that failed for the moment proves nothing.
            is_believed = matches!(account.session, Session::Alive { .. })
                && account.chains.values().all(|chain| chain.chain == Chain::Idle);
        }
        let ask = Ask {
            name: wait.request.name.as_ref(),
            min_valid: wait.request.min_valid_ms.map(Duration::from_millis),
            stale: wait.request.stale,
            rejected: if wait.reported { None } else { wait.rejected },
            current,
        };
        match self.accounts.answer(&wait.account, &ask, now) {
            Answer::Serve { token, still_good, hint } => {
                // The probe accepts the token that was reported, or it would have been replaced.
                let still_good = still_good || (is_believed && wait.rejected == current);
                self.serve(wait, &token, still_good, hint);
                None
            }
            Answer::Refresh { chain } => {
                let account = wait.account.clone();
                self.on_event(Event::Asked { account, chain: Some(chain), force: false });
                Some(wait)
            }
            Answer::Report { chain } => {
                wait.reported = true;
                self.on_event(Event::Reported { account: wait.account.clone(), chain });
                Some(wait)
            }
            Answer::Wait => match self.comes_after(&wait) {
                Some(why) => {
                    let notice = notice(&why, &self.subject(&wait.account, wait.lang));
                    answer(wait.reply, Err(notice));
                    None
                }
                None => Some(wait),
            },
            Answer::No(why) => {
                let notice = self.notice_for(&wait.account, &why, wait.lang);
                answer(wait.reply, Err(notice));
                None
            }
        }
    }

    /// What is waited for comes too late for who waits: they need not sit it out.
    fn comes_after(&self, wait: &TokenWait) -> Option<Why> {
        if self.accounts.get(&wait.account)?.running.is_some() {
            return None;
        }
        let why = self.accounts.why(&wait.account, self.now())?;
        let next = match &why {
            Why::Waiting { next, .. } | Why::LostReply { next, .. } => *next,
            Why::Suspect { confirm_at, .. } => *confirm_at,
            _ => return None,
        };
        (next > wait.until).then_some(why)
    }

    fn serve(&mut self, wait: TokenWait, token: &TokenName, still_good: bool, hint: Option<Hint>) {
        let granted = self.grant(&wait, token, still_good, hint);
        if granted.is_ok() {
            let now = self.now().wall;
            self.state.read(&wait.account, &wait.caller.program, now);
        }
        answer(wait.reply, granted);
    }

    fn grant(
        &self,
        wait: &TokenWait,
        token: &TokenName,
        still_good: bool,
        hint: Option<Hint>,
    ) -> Result<TokenGrant, Notice> {
        let no_token = || {
            let why = Why::NoToken { name: token.to_string() };
            notice(&why, &self.subject(&wait.account, wait.lang))
        };
        let entry = self.entries.get(&wait.account).ok_or_else(no_token)?;
        let (Some(record), Some(provider)) = (&entry.record, &entry.provider) else { return Err(no_token()) };
        let held = record.current.tokens.get(token).ok_or_else(no_token)?;
        let now = self.now();
        let is_default = provider.tokens.first().is_some_and(|(first, _)| first == token);
        let bound = Bound::new(provider, &entry.settings.vars, &record.secrets);
        let headers = match bound {
            Ok(bound) if is_default => bound.usage_headers(&record.current).map_err(|_| no_token())?,
            _ => vec![("Authorization".to_owned(), bearer(&held.value))],
        };
        Ok(TokenGrant {
            value: held.value.duplicate(),
            name: token.clone(),
            ends: held.expiry.map(|expiry| expiry.at(now)),
            left_ms: held
                .expiry
                .map(|expiry| u64::try_from(expiry.left(now).as_millis()).unwrap_or(u64::MAX)),
            generation: record.current.generation,
            headers,
            still_good,
            warning: hint.map(|hint| warning(hint, wait.lang)),
        })
    }

    /// Digest of the token that would be served.
    fn digest(&self, account: &AccountId, name: Option<&TokenName>) -> Option<[u8; 32]> {
        let rules = self.accounts.rules(account)?;
        let (token, _) = rules.chain_of(name)?;
        let record = self.entries.get(account)?.record.as_ref()?;
        Some(record.current.tokens.get(token)?.value.digest())
    }
}

/// Answers who asked; one that has gone away needs no answer.
pub(crate) fn answer<T>(reply: Reply<T>, with: Result<T, Notice>) {
    if reply.send(with).is_err() {
        tracing::debug!("who asked has gone away");
    }
}

fn bearer(token: &Secret) -> Secret {
    let mut header = Vec::with_capacity(token.len() + 7);
    header.extend_from_slice(b"Bearer ");
    header.extend_from_slice(token.expose());
    Secret::new(header)
}

fn warning(hint: Hint, lang: Lang) -> String {
    let Hint::AsksTooMuch { life } = hint;
    let life = lamplighter_core::text::duration(life, lang);
    match lang {
        Lang::En => format!(
            "These tokens live {life}: this one is the newest, asking for more than 80 % of that does not help."
        ),
        Lang::Fr => format!(
            "Ces jetons vivent {life}\u{a0}: celui-ci est le plus récent, demander plus de 80 % de cette durée ne sert à rien."
        ),
    }
}

fn bad_digest(lang: Lang) -> Notice {
    Notice::new(
        Code::Usage,
        lang.pick("`rejected` is not a SHA-256 in hex.", "`rejected` n’est pas un SHA-256 en hexadécimal."),
    )
}
