//! The practice site, a virtual desktop with a keyring, and profiles with logins in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage, Request, Response};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::Client;
use testkit::desktop::{Options, Proc, VirtualDesktop};
use testkit::practice::{self, Person, Settings, Site};
use testkit::{program, wait};

use super::Done;

/// Nothing here takes longer, unless it hangs.
pub const HANGS: Duration = Duration::from_secs(60);
/// Longer than any measurement: nothing is refreshed unless it is asked for.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// Everything that is around the programs that are measured.
pub struct World {
    /// The service.
    pub site: Site,
    /// Where they run; dropped last.
    pub desktop: VirtualDesktop,
}

impl World {
    /// Starts site and desktop.
    ///
    /// # Errors
    /// If a part does not start; says which.
    pub fn start() -> Done<Self> {
        // Refresh tokens are good for many uses: all programs here refresh with their own, again and again. The
        // person has no second factor, so that a thousand logins need no thousand codes.
        let ana = Person { totp: None, ..Person::new("Ana") };
        let settings = Settings {
            people: vec![ana],
            rotation: false,
            token_life: LIFE,
            oauth_life: LIFE,
            ..Settings::default()
        };
        let desktop = VirtualDesktop::start(&Options::default()).map_err(|error| error.to_string())?;
        Ok(Self { site: Site::start(settings), desktop })
    }

    /// A new profile that knows the practice site: `LAMPLIGHTER_HOME`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn home(&self, name: &str) -> Done<PathBuf> {
        let home = self.desktop.home().join(name);
        let providers = home.join("config/providers");
        let put = |name: &str, text: &str| fs::write(providers.join(name), text);
        fs::create_dir_all(&providers)
            .and_then(|()| put("practice-json.toml", practice::JSON_PROVIDER))
            .and_then(|()| put("bare.toml", &bare()))
            .and_then(|()| put("page.toml", &page()))
            .map_err(|error| format!("{}: {error}", providers.display()))?;
        Ok(home)
    }

    /// A program of ours with that profile.
    pub fn ours(&self, name: &str, home: &Path) -> Command {
        let mut command = self.desktop.command(program(name));
        command.env("LAMPLIGHTER_HOME", home);
        command
    }

    /// This program again, in another part, with that profile.
    ///
    /// # Errors
    /// If it does not know where it is.
    pub fn again(&self, home: &Path) -> Done<Command> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = self.desktop.command(own);
        command.env("LAMPLIGHTER_HOME", home);
        Ok(command)
    }

    /// Starts a program that holds the profile's engine, and waits until that can be asked.
    ///
    /// # Errors
    /// If it ends, or cannot be asked in time.
    pub fn engine(&self, command: &mut Command, home: &Path) -> Done<Proc> {
        let mut engine = Proc::spawn(command.stdin(Stdio::piped())).map_err(|error| error.to_string())?;
        let client = Client::new(socket(home), Lang::En);
        if wait::until_true(HANGS, || !engine.is_alive() || client.knock().is_ok()) && engine.is_alive() {
            return Ok(engine);
        }
        Err(format!("{} cannot be asked: {}", engine.name(), self.words_of(engine.name())))
    }

    fn words_of(&self, program: &str) -> String {
        // Its first words tell more than the end of a backtrace.
        let log = self.desktop.logs().join(Path::new(program).file_name().unwrap_or_default());
        let text = fs::read_to_string(log.with_extension("log")).unwrap_or_default();
        text.lines().take(3).collect::<Vec<_>>().join(" / ")
    }

    /// Logs the site's person in as `name`, by a form of ours or a window that is a script.
    ///
    /// # Errors
    /// If it does not come to a login.
    pub fn log_in(&self, home: &Path, provider: &str, name: &str) -> Done {
        let client = Client::new(socket(home), Lang::En);
        let call = |request| client.call(&request).map_err(|trouble| format!("{name}: {trouble:?}"));
        let request = Request::NewLogin {
            provider: provider.parse().map_err(|error| format!("{error:?}"))?,
            name: Some(name.parse().map_err(|error| format!("{error:?}"))?),
            vars: BTreeMap::from([(
                "base".parse().map_err(|error| format!("{error:?}"))?,
                self.site.base().to_owned(),
            )]),
            secrets: BTreeMap::new(),
            way: None,
        };
        let Response::Login { login } = call(request)? else { return Err("no login".to_owned()) };
        let (mut is_filled_in, mut last) = (false, String::new());
        let ended = wait::until_every(Duration::from_millis(5), HANGS, || {
            let state = call(Request::LoginState { login: login.id.clone() });
            let login = match state {
                Ok(Response::Login { login }) => login,
                Ok(_) => return Some(Err("no login".to_owned())),
                // Of many that have ended the engine remembers the last ones. Whether this one has brought an
                // account is seen when that is asked for.
                Err(_) if is_filled_in => return Some(Ok(None)),
                Err(why) => return Some(Err(why)),
            };
            last = format!("{:?}", login.stage);
            match login.stage {
                LoginStage::Fields { .. } if !is_filled_in => {
                    is_filled_in = true;
                    call(self.filled_in(login.id)).err().map(Err)
                }
                stage if stage.is_over() => Some(Ok(Some(stage))),
                _ => None,
            }
        });
        match ended {
            Some(Ok(None | Some(LoginStage::Done { .. }))) => Ok(()),
            Some(Ok(Some(stage))) => Err(format!("{name}: the login did not succeed: {stage:?}")),
            Some(Err(why)) => Err(why),
            None => Err(format!("{name}: the login does not come to an end: {last}")),
        }
    }

    fn filled_in(&self, login: String) -> Request {
        let person = self.site.person();
        let values = [("email", person.email.as_str()), ("password", &person.password), ("code", "0")];
        let values = values.map(|(field, value)| (field.to_owned(), Secret::from(value))).into();
        Request::LoginAnswer { login, answer: LoginAnswer::Fields { values } }
    }
}

/// The local API's socket of a profile.
pub fn socket(home: &Path) -> PathBuf {
    home.join("runtime/api.sock")
}

/// The practice site's JSON interface without a probe, which would be a second exchange.
fn bare() -> String {
    let probe = practice::JSON_PROVIDER.find("[[probe]]").unwrap_or(practice::JSON_PROVIDER.len());
    practice::JSON_PROVIDER[..probe].to_owned()
}

/// A session that only a browser can renew, without a probe.
fn page() -> String {
    let without = |text: &str, from: &str, to: &str| match (text.find(from), text.rfind(to)) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to..]),
        _ => text.to_owned(),
    };
    without(&without(practice::PROVIDER, "[[refresh]]", "[[refresh]]"), "[[probe]]", "[dead]")
}
