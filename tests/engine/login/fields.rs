//! Logins by our own form, and by pasting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::record::Material;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_engine::login::{BeforeSpend, Means, Waiting};
use testkit::practice::{JSON_PROVIDER, Site};

use super::setting::{UnderWay, job, means, site};

async fn fill(login: &mut UnderWay, values: &[(&str, String)]) {
    let names = login
        .stage(|stage| match stage {
            LoginStage::Fields { fields } => {
                Some(fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>())
            }
            _ => None,
        })
        .await;
    assert_eq!(names, values.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    let values: BTreeMap<String, Secret> =
        values.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(value.as_str()))).collect();
    login.answer(LoginAnswer::Fields { values }).await;
}

fn typed(site: &Site, password: &str) -> Vec<(&'static str, String)> {
    let person = site.person();
    vec![
        ("email", person.email.clone()),
        ("password", password.to_owned()),
        ("code", site.totp_code(&person.email)),
    ]
}

#[tokio::test]
async fn a_form_logs_in_and_what_was_typed_is_nowhere_afterwards() {
    let site = site();
    let mut login = UnderWay::start(job(JSON_PROVIDER, &site), means());
    let password = site.person().password.clone();
    fill(&mut login, &typed(&site, &password)).await;
    let won = login.won().await;
    assert_eq!(won.identity.as_deref(), Some("ana@example.com"));
    assert_eq!((won.material.tokens.len(), won.material.credentials.len()), (1, 1));
    assert!(won.material.vars.is_empty() && won.secrets.is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_said_and_stores_nothing() {
    let site = site();
    let mut login = UnderWay::start(job(JSON_PROVIDER, &site), means());
    fill(&mut login, &typed(&site, "wrong-canary")).await;
    let notice = login.failed().await;
    assert_eq!((notice.code, notice.safe.as_deref()), (Code::NeedsLogin, Some("Nothing was stored.")));
    assert!(!format!("{notice:?}").contains("canary"));
}

#[tokio::test]
async fn a_field_left_empty_is_named() {
    let site = site();
    let mut login = UnderWay::start(job(JSON_PROVIDER, &site), means());
    fill(&mut login, &typed(&site, "")).await;
    let notice = login.failed().await;
    assert!(notice.what.contains("Password"), "{notice:?}");
    assert_eq!(site.requests().len(), 0);
}

/// A pasted one-time credential is exchanged by a login step that spends it.
fn exchanging() -> String {
    let (head, tail) = JSON_PROVIDER.split_once("[[login]]").expect("a login");
    let (_, tail) = tail.split_once("[tokens.access]").expect("tokens");
    format!(
        "{head}[[login]]\nkind = \"paste\"\n[login.fields]\n\"refresh.main\" = {{ label = \"Credential\", secret = true }}\n\
         [[login.steps]]\nspends = true\nmethod = \"POST\"\nurl = \"{{{{base}}}}/api/auth/refresh\"\n\
         json = {{ refresh = \"{{{{refresh.main}}}}\" }}\n\
         save = {{ \"token.access\" = \"json:access\", \"refresh.main\" = \"json:refresh?\" }}\n\n[tokens.access]{tail}"
    )
}

/// Writes down what it was asked to store, and when.
struct Ledger {
    site: Arc<Site>,
    lines: Mutex<Vec<String>>,
    refuses: bool,
}

impl Ledger {
    fn note(&self, what: &str, material: &Material) {
        let has_token = !material.tokens.is_empty();
        let sent = self.site.count("POST /api/auth/refresh");
        self.lines.lock().expect("not poisoned").push(format!("{what} token={has_token} sent={sent}"));
    }
}

impl BeforeSpend for Ledger {
    fn about_to_spend<'a>(&'a self, _: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        self.note("before", material);
        let refused = Err(Notice::new(Code::StoreLocked, "locked"));
        Box::pin(std::future::ready(if self.refuses { refused } else { Ok(()) }))
    }

    fn has_spent<'a>(&'a self, _: usize, material: &'a Material) -> Waiting<'a, Result<(), Notice>> {
        self.note("after", material);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test]
async fn i3_i6_a_login_step_that_spends_is_stored_before_and_after_and_not_sent_if_it_cannot_be() {
    for refuses in [false, true] {
        let site = Arc::new(site());
        let credential = site.open_session("ana@example.com").refresh;
        site.forget_requests();
        let ledger = Arc::new(Ledger { site: site.clone(), lines: Mutex::default(), refuses });
        let means = Means { spending: ledger.clone(), ..means() };
        let mut login = UnderWay::start(job(&exchanging(), &site), means);
        fill(&mut login, &[("refresh.main", format!(" {credential}\n"))]).await;
        if refuses {
            assert_eq!(login.failed().await.code, Code::StoreLocked);
            assert_eq!(site.count("POST /api/auth/refresh"), 0);
        } else {
            assert_eq!(login.won().await.identity.as_deref(), Some("ana@example.com"));
            let lines = ledger.lines.lock().expect("not poisoned");
            assert_eq!(*lines, ["before token=false sent=0", "after token=true sent=1"]);
        }
    }
}
