//! A [`Why`] in five parts: which account, what happened, is the login safe, what happens next and when, what
//! you can do.

use super::blocked::blocked;
use super::chrome::no_chrome;
use super::cookies::heavy;
use super::limited::limited;
use super::over::{gone, never, over, will_end};
use super::store::{disk, held, no_record, unsaved};
use super::waiting::{lost, suspect, waiting};
use super::when::until as until_when;
use super::{Lang, Subject, Why, place};
use crate::account::Block;
use crate::classify::Cause;
use crate::exchange::BrowserEnd;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// What to tell a person or a program.
pub fn notice(why: &Why, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let notice = match why {
        Why::NeedsLogin { reason, since, tokens_until } => over(*reason, *since, *tokens_until, subject),
        Why::Blocked { block, tokens_until } => settle(block, *tokens_until, subject),
        Why::Suspect { confirm_at, tokens_until } => suspect(*confirm_at, *tokens_until, subject),
        Why::Waiting {
            cause: Cause::Browser { end: BrowserEnd::CannotRun(why) },
            next,
            tokens_until,
            ..
        } => no_chrome(*why, *next, *tokens_until, subject),
        Why::Waiting { cause, since, next, tokens_until } => {
            waiting(cause, *since, *next, *tokens_until, subject)
        }
        Why::LostReply { cause, next, tokens_until } => lost(cause.as_ref(), *next, *tokens_until, subject),
        Why::Unsaved { store, next } => unsaved(store, *next, subject),
        Why::Held { store, next } => held(store, *next, subject),
        Why::Store { store } => no_record(store, lang),
        Why::Disk { said } => disk(said, lang),
        Why::Paused => paused(lang),
        Why::NeverLoggedIn => never(lang),
        Why::RecordGone => gone(subject),
        Why::Forgotten => place::forgotten(subject),
        Why::Elsewhere { there, here } => place::elsewhere(*there, *here, subject),
        Why::OtherStore { named } => place::other_store(*named, lang),
        Why::WillEnd { at } => will_end(*at, subject),
        Why::HeavyCookies { site, bytes } => heavy(site, *bytes, subject),
        Why::TooSlow => too_slow(lang),
        Why::Limited { next } => limited(*next, subject),
        Why::NoToken { name } => no_token(name, lang),
    };
    if subject.account.is_empty() { notice } else { notice.of(subject.account) }
}

/// What only the person can settle, with what programs have until then.
fn settle(block: &Block, tokens_until: Option<Timestamp>, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let notice = blocked(block, subject);
    if *block == Block::ReminderOnly {
        return notice.next(lang.pick(
            "Nothing is sent for it; you are reminded as before.",
            "Rien n’est envoyé pour lui\u{a0}; les rappels viennent comme avant.",
        ));
    }
    let next = lang.pick(
        "Nothing more is sent until that is settled.",
        "Plus rien n’est envoyé tant que ce n’est pas réglé.",
    );
    notice.next(format!("{} {next}", tokens(tokens_until, subject)))
}

fn paused(lang: Lang) -> Notice {
    Notice::new(Code::Paused, lang.pick("Paused by you.", "En pause, à votre demande."))
        .safe(lang.pick(
            "The login is kept, but not refreshed.",
            "La connexion est conservée, mais pas rafraîchie.",
        ))
        .next(lang.pick(
            "Nothing is sent until you resume it.",
            "Rien n’est envoyé tant que vous ne la reprenez pas.",
        ))
        .cure(lang.pick("Resume it.", "Reprenez-la."))
}

fn too_slow(lang: Lang) -> Notice {
    Notice::new(
        Code::Temporary,
        lang.pick("The refresh is not done yet.", "Le rafraîchissement n’est pas encore terminé."),
    )
    .safe(lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."))
    .next(lang.pick(
        "It goes on now, whether anybody waits for it or not.",
        "Il se poursuit maintenant, que quelqu’un l’attende ou non.",
    ))
    .cure(lang.pick(
        "Ask again in a moment, or wait longer with `--wait`.",
        "Redemandez dans un instant, ou attendez plus longtemps avec `--wait`.",
    ))
}

fn no_token(name: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("There is no token “{name}”."),
        Lang::Fr => format!("Il n’y a pas de jeton «\u{a0}{name}\u{a0}»."),
    };
    Notice::new(Code::UnknownToken, what)
        .safe(lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."))
        .next(
            lang.pick("Its other tokens are given as before.", "Ses autres jetons sont donnés comme avant."),
        )
        .cure(lang.pick(
            "Ask for one of the account’s tokens; `lamp status ACCOUNT` names them.",
            "Demandez l’un des jetons du compte\u{a0}; `lamp status COMPTE` les nomme.",
        ))
}

/// What programs have meanwhile.
pub(super) fn tokens(tokens_until: Option<Timestamp>, subject: &Subject<'_>) -> String {
    let lang = subject.lang;
    match (tokens_until.map(|until| until_when(until, subject.clock, lang)), lang) {
        (Some(until), Lang::En) => format!("Your programs have a valid token {until}."),
        (Some(until), Lang::Fr) => format!("Vos programmes ont un jeton valide {until}."),
        (None, Lang::En) => "Your programs have no valid token now.".to_owned(),
        (None, Lang::Fr) => "Vos programmes n’ont plus de jeton valide.".to_owned(),
    }
}
