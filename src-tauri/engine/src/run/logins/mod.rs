//! Logins: started, followed, committed, tried. What was stored before stays in force until the new material is
//! proven (F61); a new account is there only once something is stored for it.

mod begin;
mod commit;
mod end;
mod follow;
mod trial;

use std::sync::Arc;

use lamplighter_core::api::{self, LoginAnswer, LoginStage, LoginView, Response};
use lamplighter_core::config::AccountSettings;
use lamplighter_core::id::{AccountId, ProviderId};
use lamplighter_core::record::Record;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use tokio::sync::mpsc;

use super::actor::Actor;
use super::message::Reply;
use super::spending::Spending;
use crate::login::LoginInput;

pub(crate) use begin::name_taken;
pub(crate) use end::unfinished;

/// One login, under way or lately over.
pub(crate) struct LoginEntry {
    view: LoginView,
    account: AccountId,
    /// A new account, not in the configuration yet.
    new: Option<AccountSettings>,
    /// This login put the account into the configuration.
    has_added: bool,
    /// Something was stored of the account when it began.
    has_before: bool,
    provider: ProviderId,
    /// Which of its ways.
    way: usize,
    /// Where steps that spend have put what they brought.
    spending: Arc<Spending>,
    inputs: mpsc::Sender<LoginInput>,
    task: Option<tokio::task::JoinHandle<()>>,
    lang: Lang,
    phase: Phase,
    /// What was won, until the store has it.
    record: Option<Box<Record>>,
    tries: u32,
    /// The commit was asked for and has not ended.
    is_asked: bool,
    /// The person gave up while that was so.
    is_given_up: bool,
    /// Who logs the account out as soon as this login has ended.
    logouts: Vec<(Lang, Reply<Response>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The person is at it.
    Person,
    /// The material is being stored.
    Commit,
    /// The trial refresh runs (N2).
    Trial,
    /// Nothing more will happen.
    Over,
}

impl Actor {
    pub(crate) fn answer_login(
        &mut self,
        login: &str,
        answer: LoginAnswer,
        lang: Lang,
    ) -> Result<Response, Notice> {
        let entry = self.logins.get_mut(login).ok_or_else(|| unknown_login(lang))?;
        let is_answered = is_answer_to(&answer, &entry.view.stage);
        if entry.phase == Phase::Commit && matches!(answer, LoginAnswer::Cancel) {
            self.give_up_commit(login);
            return self.login_answer(login, lang);
        }
        if entry.phase == Phase::Person {
            if entry.inputs.try_send(answer.into()).is_err() {
                return Err(Notice::new(
                    Code::Busy,
                    lang.pick("The login is busy; try again.", "La connexion est occupée\u{a0}; réessayez."),
                )
                .safe(lang.pick("Nothing is lost.", "Rien n’est perdu.")));
            }
            if is_answered {
                // Else whoever looks before the login goes on sees the same question once more.
                entry.view.stage = LoginStage::Proving;
                self.tell(api::Event::Login { id: login.to_owned() });
            }
        }
        self.login_answer(login, lang)
    }

    pub(crate) fn login_answer(&self, login: &str, lang: Lang) -> Result<Response, Notice> {
        let entry = self.logins.get(login).ok_or_else(|| unknown_login(lang))?;
        Ok(Response::Login { login: Box::new(entry.view.clone()) })
    }

    /// The login of this account that is under way.
    pub(crate) fn login_of(&self, account: &AccountId) -> Option<String> {
        let under_way =
            self.logins.iter().find(|(_, entry)| entry.account == *account && entry.phase != Phase::Over);
        under_way.map(|(id, _)| id.clone())
    }
}

/// Whether `answer` is what this stage asks for.
fn is_answer_to(answer: &LoginAnswer, stage: &LoginStage) -> bool {
    matches!(
        (answer, stage),
        (LoginAnswer::Fields { .. }, LoginStage::Fields { .. })
            | (LoginAnswer::Address { .. }, LoginStage::PasteAddress { .. })
            | (LoginAnswer::AcceptPerson, LoginStage::WrongPerson { .. })
    )
}

fn unknown_login(lang: Lang) -> Notice {
    Notice::new(
        Code::UnknownLogin,
        lang.pick("There is no such login any more.", "Cette connexion n’existe plus."),
    )
    .cure(lang.pick("Start it again.", "Recommencez-la."))
}
