//! A home that outlives the engines in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::paths::Env;
use lamplighter_engine::start::{Observer, Start};
use lamplighter_engine::{Engine, Holder};
use serde::{Deserialize, Serialize};
use testkit::clock::ManualClock;

use super::store::Keeps;
use crate::whole::world::{Handed, Running};

/// Who logs in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    pub email: String,
    pub password: String,
    pub code: String,
}

/// A new home that knows the practice site's provider file.
pub fn make(home: &Path) {
    let providers = home.join("config/providers");
    std::fs::create_dir_all(&providers).expect("a folder");
    std::fs::write(providers.join("practice-json.toml"), testkit::practice::JSON_PROVIDER).expect("a file");
}

/// Starts an engine in it.
pub async fn start(home: &Path, keeps: Keeps, clock: &ManualClock, observer: Observer) -> Running {
    let start = Start {
        env: Env { root: Some(home.to_owned()), ..Env::default() },
        holder: Holder::Desktop,
        desktop: None,
        lang: Lang::En,
        clock: Arc::new(Handed(clock.clone())),
        store: Some(keeps.stores(home)),
        passphrase: None,
        observer: Some(observer),
    };
    Running::new(Engine::start(start).await.expect("the engine starts"))
}

impl Running {
    /// Logs in as `person`, as account `work`; to the end of the trial refresh.
    pub async fn log_in_as(&self, base: &str, person: &Person) -> LoginStage {
        let login = self.begin_login_at(base, "work").await;
        self.give(&login, person).await
    }

    /// The same for an account that is there.
    pub async fn log_in_again(&self, person: &Person, account: &str) -> LoginStage {
        let request = Request::Login { account: account.to_owned(), way: None };
        let Ok(Response::Login { login }) = self.call(request).await else { panic!("no login") };
        self.give(&login.id, person).await
    }

    async fn give(&self, login: &str, person: &Person) -> LoginStage {
        let values = [("email", &person.email), ("password", &person.password), ("code", &person.code)];
        let values: BTreeMap<String, Secret> =
            values.map(|(field, value)| (field.to_owned(), Secret::from(value.as_str()))).into();
        self.answer(login, LoginAnswer::Fields { values }).await;
        self.login_ends(login).await
    }
}
