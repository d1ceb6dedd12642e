//! What a logout left, and where it found nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Lang;
use crate::id::AccountId;
use crate::record::StoreKind;
use crate::report::{Code, Notice};

/// A logout could not look into these stores, which are not in use: a copy may be there. If it `is_noted`, it goes as soon
/// as they open.
pub fn left_behind(account: &AccountId, stores: &[StoreKind], is_noted: bool, lang: Lang) -> Notice {
    let names = names(stores, lang);
    let (what, by_hand) = match lang {
        Lang::En => (
            format!("A copy of this login may remain where Lamplighter could not look: {names}."),
            format!("Once that can be opened, run: lamp logout {account}"),
        ),
        Lang::Fr => (
            format!(
                "Une copie de cette connexion peut rester là où Lamplighter n’a pas pu regarder\u{a0}: {names}."
            ),
            format!("Dès que l’accès y est possible, lancez\u{a0}: lamp logout {account}"),
        ),
    };
    let notice = Notice::new(Code::StoreLocked, what).safe(gone(lang));
    if !is_noted {
        return notice
            .next(lang.pick(
                "Lamplighter does not look there again by itself.",
                "Lamplighter n’y regarde plus de lui-même.",
            ))
            .cure(by_hand);
    }
    let cure = match lang {
        Lang::En => format!(
            "Nothing has to be done. To have it done at once, when that can be opened: lamp logout {account}"
        ),
        Lang::Fr => format!(
            "Rien n’est à faire. Pour le faire aussitôt, dès que l’accès y est possible\u{a0}: lamp logout {account}"
        ),
    };
    notice.next(goes_by_itself(lang)).cure(cure)
}

/// What logouts still owe, in one notice; `None` if that is nothing.
pub fn still_to_erase(owed: &BTreeMap<AccountId, Vec<StoreKind>>, lang: Lang) -> Option<Notice> {
    if owed.is_empty() {
        return None;
    }
    let kinds: BTreeSet<&str> = owed.values().flatten().map(|kind| kind.name(lang)).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let accounts: Vec<&str> = owed.keys().map(AccountId::as_str).collect();
    let (kinds, accounts) = (kinds.join(", "), accounts.join(", "));
    let what = match lang {
        Lang::En => format!("Still to be erased after a logout, from {kinds}: {accounts}."),
        Lang::Fr => format!("Encore à effacer après une déconnexion, dans {kinds}\u{a0}: {accounts}."),
    };
    Some(Notice::new(Code::StoreLocked, what).safe(gone(lang)).next(goes_by_itself(lang)).cure(lang.pick(
        "Open it, by unlocking it for example. If it is gone for good, nothing is left to be done.",
        "Rendez-le accessible, en le déverrouillant par exemple. S’il n’existe plus du tout, il n’y a rien à faire.",
    )))
}

/// A logout by an id of which nothing was found anywhere.
pub fn nothing_of(account: &AccountId, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => {
            format!("There is no account with the id {account}, and nothing of one was found in any store.")
        }
        Lang::Fr => format!(
            "Il n’y a pas de compte avec l’identifiant {account}, et rien n’en a été trouvé nulle part."
        ),
    };
    Notice::new(Code::UnknownAccount, what)
        .safe(lang.pick(
            "Nothing was erased; your logins are safe.",
            "Rien n’a été effacé\u{a0}; vos connexions ne sont pas perdues.",
        ))
        .next(lang.pick(
            "If it was logged out before, that is done.",
            "S’il a été déconnecté auparavant, c’est fait.",
        ))
        .cure(lang.pick(
            "See `lamp list` for the accounts that there are.",
            "Voyez dans `lamp list` les comptes qui existent.",
        ))
}

/// The account `name` is logged out, and could not be taken out of the configuration.
pub fn section_stays(name: &str, why: &Notice, lang: Lang) -> Notice {
    let said = &why.what;
    let (what, cure) = match lang {
        Lang::En => (
            format!("The account is logged out, and its section stays in config.toml: {said}"),
            format!(
                "Put that right, then take [accounts.{name}] out of config.toml, or run: lamp logout {name}"
            ),
        ),
        Lang::Fr => (
            format!("Le compte est déconnecté, et sa section reste dans config.toml\u{a0}: {said}"),
            format!(
                "Corrigez cela, puis retirez [accounts.{name}] de config.toml, ou lancez\u{a0}: lamp logout {name}"
            ),
        ),
    };
    Notice::new(why.code, what)
        .safe(lang.pick(
            "Its login is deleted; all others are untouched.",
            "Sa connexion est effacée\u{a0}; toutes les autres sont intactes.",
        ))
        .next(lang.pick(
            "It is listed as never logged in until its section is gone.",
            "Il est affiché comme jamais connecté tant que sa section est là.",
        ))
        .cure(cure)
}

fn names(stores: &[StoreKind], lang: Lang) -> String {
    let names: Vec<_> = stores.iter().map(|store| store.name(lang)).collect();
    names.join(", ")
}

fn gone(lang: Lang) -> &'static str {
    lang.pick(
        "The account is logged out, and nothing of it is left where logins are kept now.",
        "Le compte est déconnecté, et il n’en reste rien là où les connexions sont gardées maintenant.",
    )
}

fn goes_by_itself(lang: Lang) -> &'static str {
    lang.pick(
        "Lamplighter looks there again by itself, and erases it once that opens; until then `lamp store` names it.",
        "Lamplighter y regarde de nouveau de lui-même et l’efface dès que l’accès y est possible\u{a0}; d’ici là, `lamp store` l’indique.",
    )
}
