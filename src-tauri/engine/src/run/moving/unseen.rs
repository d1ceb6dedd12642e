//! A store that is not the one of the settings, and could not be looked at: what that means for a move.

use lamplighter_core::record::{StoreError, StoreKind};
use lamplighter_core::text::{self, Lang, Why, notice};

use super::Moved;
use crate::clock::Clock;

/// A store that could not be looked at for an entry.
pub(super) struct Unseen {
    pub owner: String,
    pub kind: StoreKind,
    pub error: StoreError,
    /// Nothing of the owner is in the new store: it may all be there.
    pub is_missing: bool,
}

impl Unseen {
    pub fn new(kind: StoreKind, error: StoreError) -> Self {
        Self { owner: String::new(), kind, error, is_missing: false }
    }
}

/// A system without the kernel's keyring has nothing in it.
pub(super) fn is_to_be_told(error: &StoreError) -> bool {
    !matches!(error, StoreError::NoKernel(_))
}

/// Says in `moved` what was not seen: what is missing, or else what may have been left.
pub(super) fn tell(all: &[Unseen], moved: &mut Moved, to: StoreKind, clock: &dyn Clock, lang: Lang) {
    for unseen in all {
        // No keyring at all is what servers have: it is no news there, unless something is missing.
        let is_news = unseen.is_missing || !matches!(unseen.error, StoreError::Absent(_));
        if is_news && !moved.unread.contains(&unseen.kind) {
            moved.unread.push(unseen.kind);
        }
    }
    let Some(first) = all.iter().find(|unseen| unseen.is_missing) else { return };
    let time_zone = jiff::tz::TimeZone::system();
    let clock = text::Clock { now: clock.now().wall, tz: &time_zone };
    let subject = text::Subject { account: &first.owner, service: "", lang, clock };
    let mut said = notice(&Why::Store { store: first.error.clone() }, &subject);
    let (name, why, word) = (first.kind.name(lang), &said.what, to.word());
    said.what = match lang {
        Lang::En => {
            format!("This login was found nowhere. It may lie in {name}, which was not readable: {why}")
        }
        Lang::Fr => {
            format!(
                "Cette connexion n’a été trouvée nulle part. Elle est peut-être dans {name}, illisible pour l’instant\u{a0}: {why}"
            )
        }
    };
    moved.missing = Some(said.safe(lang.pick("Nothing was removed of it.", "Rien n’en a été supprimé.")).next(
        match lang {
            Lang::En => format!("Run `lamp store move {word}` again then. If it was never logged in there, nothing is to be done."),
            Lang::Fr => format!("Relancez ensuite `lamp store move {word}`. Si elle n’y a jamais été ouverte, il n’y a rien à faire."),
        },
    ));
}
