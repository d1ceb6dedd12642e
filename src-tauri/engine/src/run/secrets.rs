//! Secret variables: set and removed in the record, or kept for the login that will make one.

use lamplighter_core::api::Response;
use lamplighter_core::id::{AccountId, VarName};
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::Amendment;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use super::actor::Actor;
use super::calls::internal;
use super::effects::Ticket;
use super::message::{Message, Reply};
use super::tokens::answer;
use super::typed::{self, Typed};
use super::work::WorkKind;

impl Actor {
    pub(super) fn amend(
        &mut self,
        account: &str,
        name: &VarName,
        change: Amendment,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let found = self.find(account, lang).and_then(|id| {
            let provider = self.entries.get(&id).and_then(|entry| entry.provider.clone());
            let known = provider
                .is_some_and(|provider| provider.vars.iter().any(|(var, rules)| var == name && rules.secret));
            if known { Ok(id) } else { Err(no_such_secret(account, name, lang)) }
        });
        match found {
            Ok(id) if self.has_no_record(&id) => self.keep_typed(id, change, lang, reply),
            Ok(id) => self.work_on(id, Ticket::Amend(change), WorkKind::Amend, lang, reply),
            Err(notice) => answer(reply, Err(notice)),
        }
    }

    pub(super) fn has_no_record(&self, id: &AccountId) -> bool {
        self.accounts.get(id).is_some_and(|account| account.recovered && !account.has_record)
    }

    /// There is no record yet: what the person set is kept in the keychain for the login that will make one.
    pub(super) fn keep_typed(
        &self,
        account: AccountId,
        change: Amendment,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let provider = self.entries.get(&account).map(|entry| entry.settings.provider.clone());
        let Some(provider) = provider else { return answer(reply, Err(internal(lang))) };
        let ports = self.ports.clone();
        tokio::spawn(async move {
            let kept = typed::change(&ports, &account, provider, change).await;
            if ports.messages.send(Message::Typed { account, kept, lang, reply }).await.is_err() {
                tracing::debug!("a secret was kept after the engine ended");
            }
        });
    }

    pub(crate) fn on_typed(
        &mut self,
        account: &AccountId,
        kept: Result<Typed, StoreError>,
        lang: Lang,
        reply: Reply<Response>,
    ) {
        let done = match kept {
            Ok(typed) => {
                if let Some(entry) = self.entries.get_mut(account) {
                    entry.typed = typed;
                }
                Ok(Response::Done)
            }
            Err(store) => Err(self.store_notice(account, &store, lang)),
        };
        answer(reply, done);
    }

    pub(super) fn secret_names(&self, id: &AccountId) -> Vec<VarName> {
        let Some(entry) = self.entries.get(id) else { return Vec::new() };
        let stored = entry.record.iter().flat_map(|record| record.secrets.keys());
        let names: std::collections::BTreeSet<_> = stored.chain(entry.typed.keys()).cloned().collect();
        names.into_iter().collect()
    }
}

fn no_such_secret(account: &str, name: &VarName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The provider of {account} has no secret “{name}”."),
        Lang::Fr => format!("Le fournisseur de {account} n’a pas de secret «\u{a0}{name}\u{a0}»."),
    };
    Notice::new(Code::Usage, what)
        .of(account)
        .cure(lang.pick("See `lamp provider show`.", "Voyez `lamp provider show`."))
}
