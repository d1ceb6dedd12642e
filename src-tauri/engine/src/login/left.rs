//! Goes on with what an earlier login had spent and did not come to prove.
//!
//! What the person gave then may be used up, and what it brought may be stored here and nowhere else. So nobody is
//! asked for anything new before this is settled: proven, or refused for good. A service that does not answer
//! settles nothing (I9); what is stored stays (I2).

use lamplighter_core::api::LoginStage;
use lamplighter_core::provider::model::Login;

use super::attempt::{Attempt, Draft, Stop, spends};
use super::proof::Proof;
use super::steps::StepFailure;

/// How it went.
enum Went {
    /// It is a login.
    Well(Option<String>),
    /// Certainly not.
    Nowhere,
}

impl Attempt<'_> {
    /// `None` if nothing is left, or nothing of use: then the person is asked.
    pub async fn by_what_is_left(&mut self, login: &Login) -> Result<Option<(Draft, Option<String>)>, Stop> {
        if !spends(login) {
            return Ok(None);
        }
        let Some(left) = self.means.spending.left().await? else { return Ok(None) };
        self.say(LoginStage::Proving);
        let mut draft = Draft { material: left.material, ..Draft::empty() };
        match self.go_on(login, left.next, &mut draft).await? {
            Went::Well(identity) => {
                self.same_person(identity.as_deref()).await;
                Ok(Some((draft, identity)))
            }
            Went::Nowhere => {
                self.means.spending.set_aside().await?;
                self.say(LoginStage::Opening);
                Ok(None)
            }
        }
    }

    async fn go_on(&self, login: &Login, next: usize, draft: &mut Draft) -> Result<Went, Stop> {
        match self.take_steps(login, next, draft, None).await {
            Ok(()) => {}
            // What a step needs of the steps before it, or of the form, is not there any more.
            Err(StepFailure::Refused { for_good: true, .. } | StepFailure::Impossible(_)) => {
                return Ok(Went::Nowhere);
            }
            Err(failure @ StepFailure::NotStored(_)) => {
                return Err(self.notices.step_failed(&failure).into());
            }
            Err(failure) => return Err(self.notices.left_waits(&failure).into()),
        }
        match self.prove_patiently(draft).await {
            Proof::Passed { identity } => Ok(Went::Well(identity)),
            Proof::Failed => Ok(Went::Nowhere),
            Proof::Unclear { host, .. } => {
                Err(self.notices.left_waits(&StepFailure::Unreachable { host, has_left: true }).into())
            }
            Proof::Impossible(error) => Err(self.notices.bad_file(&error.to_string()).into()),
        }
    }
}
