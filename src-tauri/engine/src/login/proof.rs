//! The probe: the only thing that proves a login (design 5).

use lamplighter_core::provider::model::Probe;
use lamplighter_core::provider::{Answer, RenderError, Verdict};
use lamplighter_core::record::Material;

use super::attempt::{Attempt, Draft};

/// What the probes say together.
pub enum Proof {
    /// Logged in.
    Passed {
        /// As whom; the first probe that names somebody decides.
        identity: Option<String>,
    },
    /// At least one says: not logged in.
    Failed,
    /// At least one got no answer that says anything, and none says no (I6, I9).
    Unclear {
        /// Whom it did not reach.
        host: String,
        /// It was reached, and answered well with something else than who is logged in.
        is_answered: bool,
    },
    /// A probe cannot be sent as the file describes it.
    Impossible(RenderError),
}

impl Attempt<'_> {
    /// Asks every probe of the chains that this login brought. A provider without probes has nothing to ask.
    pub async fn prove(&self, draft: &mut Draft) -> Proof {
        let mut identity = None;
        let mut unclear = None;
        for probe in &self.job.provider.probes {
            if !concerns(self, probe, &draft.material) {
                continue;
            }
            let request = match self.bound.request(
                &probe.request,
                &draft.material,
                &draft.scratch,
                None,
                self.means.clock.now(),
            ) {
                Ok(request) => request,
                Err(error) => return Proof::Impossible(error),
            };
            let host = request.url.host_str().unwrap_or_default().to_owned();
            let (exchange, url) = self.exchange(&probe.request, request, &mut draft.material).await;
            let (verdict, is_answered) = match &exchange.reply {
                Ok(reply) => {
                    let answer = Answer::read(reply, Some(url));
                    (self.bound.probe_verdict(probe, &answer, &draft.material), answer.is_2xx())
                }
                Err(_) => (Verdict::SaysNothing, false),
            };
            match verdict {
                Verdict::Passed { identity: found } => {
                    identity = identity.or_else(|| Some(found).filter(|found| !found.is_empty()));
                }
                Verdict::Failed => return Proof::Failed,
                Verdict::SaysNothing => unclear = unclear.or(Some((host, is_answered))),
            }
        }
        match unclear {
            Some((host, is_answered)) => Proof::Unclear { host, is_answered },
            None => Proof::Passed { identity },
        }
    }
}

/// A probe of one chain is asked only if the login brought that chain something: a chain exists once it has
/// saved something.
fn concerns(attempt: &Attempt<'_>, probe: &Probe, material: &Material) -> bool {
    let Some(chain) = &probe.chain else { return true };
    let mut tokens = attempt.job.provider.tokens.iter().filter(|(_, token)| token.chain == *chain);
    material.credentials.contains_key(chain) || tokens.any(|(name, _)| material.tokens.contains_key(name))
}
