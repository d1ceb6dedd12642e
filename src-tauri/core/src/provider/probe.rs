//! What a probe's answer says: still logged in, and as whom.

use super::answer::Answer;
use super::bound::Bound;
use super::conditions::Scene;
use super::model::Probe;
use crate::id::ChainName;
use crate::record::Material;

/// What a probe says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Logged in, as this person: the identity sources, joined by a space (empty if the probe has none).
    Passed {
        /// The person.
        identity: String,
    },
    /// Logged out, as 401 or `[dead]` says.
    Failed,
    /// Neither: an error, a proxy's page, an answer without the identity. It proves nothing.
    SaysNothing,
}

impl Bound<'_> {
    /// Judges a probe's answer: fails on 401 or `[dead]`, passes on a 2xx without an error and with every
    /// identity source. `material` is what the probe was sent with, the reply's cookies included.
    pub fn probe_verdict(&self, probe: &Probe, answer: &Answer<'_>, material: &Material) -> Verdict {
        if answer.reply.status == 401 || self.is_dead(answer, material) || self.is_rejected(answer) {
            return Verdict::Failed;
        }
        if !answer.is_2xx() || answer.is_error(&self.provider.answers) {
            return Verdict::SaysNothing;
        }
        let values = probe.identity.iter().map(|source| {
            let value = self.read_source(source, answer, material)?;
            value.expose_str().map(str::to_owned)
        });
        match values.collect::<Option<Vec<String>>>() {
            Some(values) => Verdict::Passed { identity: values.join(" ") },
            None => Verdict::SaysNothing,
        }
    }

    /// Whether one of `[dead]` holds for this answer.
    pub fn is_dead(&self, answer: &Answer<'_>, material: &Material) -> bool {
        Scene::new(self, answer, material).holds_any(&self.provider.dead)
    }

    /// Whether an answer that a consumer saw says that its token is no longer good (`[expired]`, else 401).
    pub fn is_expired(&self, answer: &Answer<'_>) -> bool {
        match self.provider.expired.as_slice() {
            [] => answer.reply.status == 401,
            any => Scene::of_answer(answer).holds_any(any),
        }
    }

    /// The probes that prove this chain: its own, and those of the whole account.
    pub fn probes(&self, chain: &ChainName) -> impl Iterator<Item = &Probe> {
        let chain = chain.clone();
        self.provider.probes.iter().filter(move |probe| probe.chain.as_ref().is_none_or(|own| *own == chain))
    }

    /// A service that answers with its own codes and never with 401 says "logged out" by a listed one.
    fn is_rejected(&self, answer: &Answer<'_>) -> bool {
        let answers = &self.provider.answers;
        if !answer.is_error(answers) {
            return false;
        }
        let code = answer.error_code(answers);
        code.is_some_and(|code| answers.last.contains(&code) || answers.rejected.contains(&code))
    }
}
