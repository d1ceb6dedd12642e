//! What is said while more is stored, or in memory, than a login that is done.

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use super::notice::Notices;
use super::steps::StepFailure;

impl Notices {
    /// What a login spent, or brought, could not be proven now: it is kept, and tried first the next time.
    pub(super) fn left_waits(&self, failure: &StepFailure) -> Notice {
        let because = self.step_failed(failure);
        let cure = match failure {
            StepFailure::Refused { .. } | StepFailure::Incomplete(_) => because.cure.unwrap_or_default(),
            _ => self
                .lang
                .pick("Try again later: log in again.", "Réessayez plus tard\u{a0}: reconnectez-vous.")
                .to_owned(),
        };
        let code = match because.code {
            Code::BadFile => Code::BadFile,
            _ => Code::Temporary,
        };
        kept(Notice::new(code, because.what).of(&self.account), self.lang).cure(cure)
    }

    /// What came of a step that spends cannot be stored now: it has been sealed on the disk.
    pub(super) fn unsaved(&self, store: Notice) -> Notice {
        unsaved(store, true, self.lang)
    }
}

/// Of a login that ended with something stored of it: for the same words wherever that is told.
///
/// What a form asked for is never among it, so nothing is said of what the person entered.
pub fn kept(notice: Notice, lang: Lang) -> Notice {
    notice
        .safe(lang.pick(
            "What the login has so far is kept.",
            "Ce que la connexion a réuni jusqu’ici est conservé.",
        ))
        .next(
            lang.pick(
                "The next login goes on from there.",
                "La prochaine connexion reprendra à cet endroit.",
            ),
        )
}

/// A login waits for the keychain, which said `store`: with what it has so far kept already, or in memory alone.
pub fn unsaved(store: Notice, is_kept: bool, lang: Lang) -> Notice {
    let cure = match store.code {
        Code::StoreLocked => lang
            .pick("Unlock it and the login is saved.", "Déverrouillez-le et la connexion est enregistrée.")
            .to_owned(),
        _ => store.cure.clone().unwrap_or_default(),
    };
    if is_kept {
        let next = lang.pick(
            "Saving is tried again for ten minutes; the next login goes on from there.",
            "L’enregistrement est retenté pendant dix minutes\u{a0}; la prochaine connexion reprendra à cet endroit.",
        );
        return kept(store, lang).next(next).cure(cure);
    }
    store
        .safe(lang.pick(
            "The login went through; it waits in memory.",
            "La connexion a réussi\u{a0}; elle attend en mémoire.",
        ))
        .next(lang.pick(
            "Saving is tried again for ten minutes.",
            "L’enregistrement est retenté pendant dix minutes.",
        ))
        .cure(cure)
}

/// The keychain, which said `store`, did not take a login in time.
pub fn not_saved(store: Notice, has_before: bool, is_kept: bool, lang: Lang) -> Notice {
    let cure = match store.code {
        Code::StoreLocked => {
            lang.pick("Unlock it, then log in again.", "Déverrouillez-le, puis reconnectez-vous.").to_owned()
        }
        _ => store.cure.clone().unwrap_or_default(),
    };
    if is_kept {
        return kept(store, lang).cure(cure);
    }
    let safe = if has_before {
        lang.pick("The login from before is untouched.", "La connexion précédente est intacte.")
    } else {
        lang.pick("Nothing was stored.", "Rien n’a été enregistré.")
    };
    store
        .safe(safe)
        .next(lang.pick("Nothing more happens by itself.", "Rien d’autre ne se fera tout seul."))
        .cure(cure)
}
