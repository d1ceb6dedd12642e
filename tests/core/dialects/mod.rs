//! What real services answer, as data: one file for each, with its `[answers]` and what each answer means.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod properties;
mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::classify::{Outcome, classify};
use lamplighter_core::exchange::Exchange;
use lamplighter_core::id::{Generation, VarName};
use lamplighter_core::provider::{Bound, Provider, built_in};
use lamplighter_core::record::Material;
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Now;
use serde::Deserialize;
use testkit::clock::ManualClock;

use crate::machines::rig::{provider, reply};

const FILES: [(&str, &str); 8] = [
    ("slack", include_str!("slack.toml")),
    ("twitch", include_str!("twitch.toml")),
    ("google", include_str!("google.toml")),
    ("microsoft", include_str!("microsoft.toml")),
    ("github", include_str!("github.toml")),
    ("auth0", include_str!("auth0.toml")),
    ("okta", include_str!("okta.toml")),
    ("simplejwt", include_str!("simplejwt.toml")),
];

/// RFC 6749 with a place for a dialect.
const STANDARD: &str = r#"
format = 1
name = "Test"
hosts = ["id.example.com"]
[oauth]
authorize = "https://id.example.com/authorize"
token = "https://id.example.com/token"
client_id = "lamp"
client_auth = "none"
[[login]]
kind = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token" }
[tokens.access]
expires = ["json:expires_in", "1h"]
[[refresh]]
strategy = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token?" }
[answers]
"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    built_in: Option<String>,
    answers: Option<String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    seen: String,
    status: u16,
    #[serde(default = "json")]
    content_type: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
    means: String,
    wait_s: Option<u64>,
}

fn json() -> String {
    "application/json".to_owned()
}

impl Case {
    fn exchange(&self) -> Exchange {
        let own = [("content-type", self.content_type.as_str())];
        let rest = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<(&str, &str)> = own.into_iter().chain(rest).collect();
        reply(self.status, &headers, &self.body, now())
    }
}

/// A service: its provider file bound to an account, and what it answers.
pub struct Dialect {
    pub name: &'static str,
    provider: Provider,
    vars: BTreeMap<VarName, String>,
    secrets: BTreeMap<VarName, Secret>,
    cases: Vec<Case>,
}

impl Dialect {
    pub fn all() -> Vec<Self> {
        FILES.into_iter().map(|(name, text)| Self::read(name, text)).collect()
    }

    fn read(name: &'static str, text: &str) -> Self {
        let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = match (file.built_in, file.answers) {
            (Some(id), None) => {
                let (_, text) = built_in::FILES.iter().find(|(known, _)| *known == id).expect("a built-in");
                (*text).to_owned()
            }
            (None, Some(answers)) => format!("{STANDARD}{answers}"),
            _ => panic!("{name}: either a built-in or its own answers"),
        };
        let named = |pairs: &[(&str, &str)]| -> Vec<(VarName, String)> {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), (*value).to_owned())).collect()
        };
        let provider = provider(&text);
        let has = |name: &VarName| provider.vars.iter().any(|(have, _)| have == name);
        let plain = [("client_id", "1"), ("scopes", ""), ("base", "https://jwt.example.com")];
        let vars = named(&plain).into_iter().filter(|(name, _)| has(name)).collect();
        let secret = named(&[("client_secret", "canary-secret")]).into_iter().filter(|(name, _)| has(name));
        let secrets = secret.map(|(name, value)| (name, Secret::from(value.as_str()))).collect();
        Self { name, vars, secrets, cases: file.case, provider }
    }

    pub fn means(&self, exchange: &Exchange) -> Outcome {
        let bound = Bound::new(&self.provider, &self.vars, &self.secrets).unwrap();
        let rung = &self.provider.rungs[0];
        let save = rung.steps().first().map_or(rung.save.as_slice(), |step| step.save.as_slice());
        let url = "https://id.example.com/token".parse().unwrap();
        classify(&bound, &url, &Material::empty(Generation(1)), save, exchange)
    }
}

pub fn now() -> Now {
    ManualClock::new().now()
}

pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Renewed => "renewed",
        Outcome::Transient { retry_after: Some(_), .. } => "throttled",
        Outcome::Transient { .. } => "transient",
        Outcome::Rejected { last: true, .. } => "final",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Refused { .. } => "refused",
        Outcome::AppRejected { .. } => "app",
        Outcome::Unknown { .. } => "unknown",
    }
}

#[test]
fn every_answer_of_the_eight_services_means_what_their_files_say() {
    for dialect in Dialect::all() {
        for case in &dialect.cases {
            let outcome = dialect.means(&case.exchange());
            assert_eq!(word(&outcome), case.means, "{}: {}: {outcome:?}", dialect.name, case.seen);
            if let (Some(wait), Outcome::Transient { retry_after, .. }) = (case.wait_s, &outcome) {
                assert_eq!(*retry_after, Some(Duration::from_secs(wait)), "{}: {}", dialect.name, case.seen);
            }
        }
    }
}

#[test]
fn every_service_has_a_good_answer_a_no_wrong_settings_and_trouble_that_passes() {
    for dialect in Dialect::all() {
        let has = |words: &[&str]| dialect.cases.iter().any(|case| words.contains(&case.means.as_str()));
        assert!(has(&["renewed"]) && has(&["rejected", "final"]), "{}", dialect.name);
        assert!(has(&["app"]) || dialect.name == "simplejwt", "{}: it has no client", dialect.name);
        assert!(has(&["transient", "throttled"]), "{}", dialect.name);
        assert!(has(&["unknown"]) || has(&["transient"]), "{}", dialect.name);
    }
}
