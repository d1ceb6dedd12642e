//! A login that spends what is pasted: a one-time credential is exchanged for one that is kept.

use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage, LoginView, Request, Response};
use lamplighter_core::report::Notice;
use lamplighter_core::secret::Secret;
use testkit::practice::JSON_PROVIDER;

use crate::whole::world::{Running, World};

/// Where the exchange goes, and what proves it.
pub const EXCHANGE: &str = "/api/auth/refresh";
pub const PROBE: &str = "/api/me";
/// The field that is pasted.
const FIELD: &str = "refresh.main";

/// The practice site's provider with such a login alone. Its client secret is there to be kept, too.
pub fn exchanging() -> String {
    let (head, tail) = JSON_PROVIDER.split_once("[[login]]").expect("a login");
    let (_, tail) = tail.split_once("[tokens.access]").expect("tokens");
    format!(
        "{head}[vars.key]\nlabel = \"Key\"\nsecret = true\n\n[[login]]\nkind = \"paste\"\n[login.fields]\n\
         \"refresh.main\" = {{ label = \"Credential\", secret = true }}\n\
         [[login.steps]]\nspends = true\nmethod = \"POST\"\nurl = \"{{{{base}}}}/api/auth/refresh\"\n\
         json = {{ refresh = \"{{{{refresh.main}}}}\" }}\n\
         save = {{ \"token.access\" = \"json:access\", \"refresh.main\" = \"json:refresh?\" }}\n\n[tokens.access]{tail}"
    )
}

/// What a person has from the service's page, good for one exchange.
pub fn credential(world: &World) -> String {
    world.site.open_session(&world.site.person().email).refresh
}

/// A world with that provider.
pub fn world() -> World {
    let world = World::new();
    world.provider("practice-json", &exchanging());
    world
}

impl Running {
    /// Begins to log in to `work`, as a new account.
    pub async fn new_login(&self, world: &World, name: Option<&str>) -> Result<LoginView, Notice> {
        self.new_login_at(world.site.base(), name).await
    }

    /// The same of a service at `base`.
    pub async fn new_login_at(&self, base: &str, name: Option<&str>) -> Result<LoginView, Notice> {
        let request = Request::NewLogin {
            provider: "practice-json".parse().expect("an id"),
            name: name.map(|name| name.parse().expect("a name")),
            vars: [("base".parse().expect("a name"), base.to_owned())].into(),
            secrets: [("key".parse().expect("a name"), Secret::from("k-1"))].into(),
            way: None,
        };
        match self.call(request).await? {
            Response::Login { login } => Ok(*login),
            other => panic!("no login: {other:?}"),
        }
    }

    /// Begins to log in again.
    pub async fn again(&self) -> String {
        match self.call(Request::Login { account: "work".to_owned(), way: None }).await {
            Ok(Response::Login { login }) => login.id,
            other => panic!("no login: {other:?}"),
        }
    }

    /// Pastes `credential` once it is asked for.
    pub async fn paste(&self, login: &str, credential: &str) {
        self.until_stage(login, |stage| matches!(stage, LoginStage::Fields { .. })).await;
        let values = [(FIELD.to_owned(), Secret::from(credential))].into();
        self.answer(login, LoginAnswer::Fields { values }).await;
    }

    /// The notice with which a login ends; time passes until it does.
    pub async fn fails(&self, world: &World, login: &str) -> Notice {
        match self.ends_in_time(world, login).await {
            LoginStage::Failed { notice } => notice,
            other => panic!("{other:?}"),
        }
    }

    /// The end of a login that waits for something in between: time passes until it comes, ten minutes at most.
    pub async fn ends_in_time(&self, world: &World, login: &str) -> LoginStage {
        self.ends_by(world, login, Duration::from_secs(10)).await
    }

    /// The same in other steps. Between two of them the login gets ever more real time for what is on its way: a
    /// machine that is fast loses none by that, one that is slow does not run out of the login's ten minutes.
    pub async fn ends_by(&self, world: &World, login: &str, step: Duration) -> LoginStage {
        let mut ends = std::pin::pin!(self.login_ends(login));
        let mut a_moment = Duration::from_millis(50);
        for _ in 0..55 {
            if let Ok(stage) = tokio::time::timeout(a_moment, &mut ends).await {
                return stage;
            }
            world.clock.advance(step);
            a_moment += a_moment / 12;
        }
        panic!("it does not end")
    }
}
