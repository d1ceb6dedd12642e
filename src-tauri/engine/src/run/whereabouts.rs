//! Where an account's record is, if not where it is looked for.

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{StoreError, StoreKind};
use lamplighter_core::report::Notice;
use lamplighter_core::text::{self, Lang, Why, notice};

use super::actor::Actor;
use super::perform::Ports;

/// Another store that holds a record of `account`, readable or not. One that is locked or absent tells nothing:
/// nobody is disturbed for a store that is not in use.
pub(crate) async fn left_elsewhere(ports: &Ports, account: &AccountId) -> Option<StoreKind> {
    for (kind, store) in ports.elsewhere() {
        match store.load(account).await {
            // Sealed files are asked for their key only if there is one of the account.
            Ok(Some(_)) | Err(StoreError::Corrupt(_) | StoreError::NewerFormat(_) | StoreError::Key(_)) => {
                return Some(*kind);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%account, %error, "whether another store has it is not known");
            }
        }
    }
    None
}

impl Actor {
    /// `why`, told by who knows which stores there are.
    pub(super) fn with_whereabouts(&self, account: &AccountId, why: &Why) -> Why {
        let entry = self.entries.get(account);
        let Some(here) = self.ports.kind() else { return why.clone() };
        match (why, entry.and_then(|entry| entry.elsewhere)) {
            (Why::NeverLoggedIn | Why::RecordGone, Some(there)) => Why::Elsewhere { there, here },
            (Why::RecordGone, None) if here.forgets() => Why::Forgotten,
            (other, _) => other.clone(),
        }
    }

    /// The setting was changed and is not in force yet.
    pub(super) fn other_store(&self, lang: Lang) -> Option<Notice> {
        let named = self.configuration.config.settings.store;
        (self.ports.kind().is_some_and(|here| here != named) && self.has_choice).then(|| {
            let clock = text::Clock { now: self.now().wall, tz: &self.time_zone };
            notice(&Why::OtherStore { named }, &text::Subject { account: "", service: "", lang, clock })
        })
    }
}
