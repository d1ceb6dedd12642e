//! HTTP in, [`Request`] out: path, query and body of a call become the one contract's values, or a refusal.

mod bodies;

use lamplighter_core::api::{LoginAnswer, Request, Settings, TokenRequest};
use lamplighter_core::id::VarName;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::route::Call;
use bodies::{
    HoldsSecrets, NewLoginBody, PatchBody, RefreshBody, SinkBody, TestAlertsBody, TokenBody, ValueBody,
    WayBody, control_within, has_control,
};

/// What a call came with.
pub(crate) struct Given<'a> {
    /// `{id}` of the path.
    pub id: Option<String>,
    /// `{name}` of the path.
    pub name: Option<String>,
    /// Decoded query.
    pub query: Vec<(String, String)>,
    /// The body, empty if there is none.
    pub body: &'a [u8],
}

/// What a call asks for.
pub(crate) enum Asked {
    /// One request of the contract; its answer is the reply.
    Request(Request),
    /// A token.
    Token(String, TokenRequest),
    /// The sinks of an account's view.
    Sinks(Request),
    /// Settings to lay over those that are.
    Patch(Box<Value>),
    /// The stream of events.
    Events,
}

/// Reads a call.
///
/// # Errors
/// A [`Code::Usage`] notice that never repeats a value that may be secret.
pub(crate) fn decode(call: Call, given: Given<'_>, lang: Lang) -> Result<Asked, Notice> {
    let read = Reader { given, lang };
    read.check_path()?;
    Ok(Asked::Request(match call {
        Call::Accounts => Request::Accounts,
        Call::NewLogin => read.new_login()?,
        Call::Account => Request::Account { account: read.id() },
        Call::Patch => read.patch_account()?,
        Call::Logout => Request::Logout { account: read.id() },
        Call::Token => return Ok(Asked::Token(read.id(), read.token()?)),
        Call::Pause => Request::Pause { account: read.id() },
        Call::Resume => Request::Resume { account: read.id() },
        Call::TryOnce => Request::TryOnce { account: read.id() },
        Call::Check => Request::Check { account: read.id() },
        Call::Login => Request::Login { account: read.id(), way: read.plain::<WayBody>()?.way },
        Call::Secrets => Request::Secrets { account: read.id() },
        Call::SetSecret => Request::SetSecret {
            account: read.id(),
            name: read.var()?,
            value: read.secret::<ValueBody>()?.value,
        },
        Call::RemoveSecret => Request::RemoveSecret { account: read.id(), name: read.var()? },
        Call::Sinks => return Ok(Asked::Sinks(Request::Account { account: read.id() })),
        Call::TestSink => Request::TestSink { account: read.id(), sink: read.plain::<SinkBody>()?.sink },
        Call::History => Request::History { account: read.id(), limit: read.limit()? },
        Call::Refresh => {
            let body: RefreshBody = read.plain()?;
            Request::Refresh { accounts: body.accounts, force: body.force, dry_run: body.dry_run }
        }
        Call::PauseAll => Request::PauseAll { paused: true },
        Call::ResumeAll => Request::PauseAll { paused: false },
        Call::LoginState => Request::LoginState { login: read.id() },
        Call::LoginAnswer => Request::LoginAnswer { login: read.id(), answer: read.secret()? },
        Call::LoginCancel => Request::LoginAnswer { login: read.id(), answer: LoginAnswer::Cancel },
        Call::Alerts => Request::Alerts,
        Call::TestAlerts => Request::TestAlerts { account: read.plain::<TestAlertsBody>()?.account },
        Call::Providers => Request::Providers,
        Call::Settings => Request::Settings,
        Call::SetSettings => return Ok(Asked::Patch(Box::new(read.plain()?))),
        Call::Engine => Request::Engine,
        Call::Show => Request::Show,
        Call::RetryStore => Request::RetryStore,
        Call::Events => return Ok(Asked::Events),
    }))
}

/// Lays the members of `patch` over `settings`.
///
/// # Errors
/// If a member is unknown or of the wrong type.
pub(crate) fn patch_settings(settings: &Settings, patch: Value, lang: Lang) -> Result<Settings, Notice> {
    let (Ok(Value::Object(mut whole)), Value::Object(patch)) = (serde_json::to_value(settings), patch) else {
        return Err(bad(lang, "an object is needed", "il faut un objet"));
    };
    if let Some(unknown) = patch.keys().find(|key| !whole.contains_key(*key)) {
        return Err(bad(
            lang,
            &format!("there is no setting `{unknown}`"),
            &format!("le réglage `{unknown}` n’existe pas"),
        ));
    }
    whole.extend(patch);
    serde_json::from_value(Value::Object(whole))
        .map_err(|error| bad(lang, &error.to_string(), &error.to_string()))
}

/// "This request is not understood", with what is wrong in it.
pub(crate) fn bad(lang: Lang, en: &str, fr: &str) -> Notice {
    let what = match lang {
        Lang::En => format!("This request is not understood: {en}."),
        Lang::Fr => format!("Cette requête n’est pas comprise\u{a0}: {fr}."),
    };
    Notice::new(Code::Usage, what)
        .cure(lang.pick("`lamp openapi` prints every call.", "`lamp openapi` affiche tous les appels."))
}

struct Reader<'a> {
    given: Given<'a>,
    lang: Lang,
}

impl Reader<'_> {
    fn id(&self) -> String {
        self.given.id.clone().unwrap_or_default()
    }

    fn var(&self) -> Result<VarName, Notice> {
        self.given
            .name
            .as_deref()
            .unwrap_or_default()
            .parse()
            .map_err(|error: lamplighter_core::id::InvalidId| self.said(&error.to_string()))
    }

    fn limit(&self) -> Result<Option<u32>, Notice> {
        let limit = self.given.query.iter().find(|(key, _)| key == "limit");
        limit
            .map(|(_, value)| value.parse())
            .transpose()
            .map_err(|_| bad(self.lang, "`limit` must be a number", "`limit` doit être un nombre"))
    }

    fn new_login(&self) -> Result<Request, Notice> {
        let body: NewLoginBody = self.secret()?;
        if body.vars.values().any(|value| has_control(value)) {
            return Err(self.control());
        }
        let NewLoginBody { provider, name, vars, secrets, way } = body;
        Ok(Request::NewLogin { provider, name, vars, secrets, way })
    }

    fn patch_account(&self) -> Result<Request, Notice> {
        let body: PatchBody = self.plain()?;
        match (body.name, body.sinks) {
            (Some(name), None) => Ok(Request::Rename { account: self.id(), name }),
            (None, Some(sinks)) => Ok(Request::SetSinks { account: self.id(), sinks }),
            _ => {
                Err(bad(self.lang, "either `name` or `sinks` is needed", "il faut soit `name`, soit `sinks`"))
            }
        }
    }

    fn token(&self) -> Result<TokenRequest, Notice> {
        let body: TokenBody = self.plain()?;
        let is_digest = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if body.rejected.as_ref().is_some_and(|text| !is_digest(text)) {
            return Err(bad(
                self.lang,
                "`rejected` must be a SHA-256 in hex, never the token itself",
                "`rejected` doit être un SHA-256 en hexadécimal, jamais le jeton lui-même",
            ));
        }
        Ok(TokenRequest {
            name: body.name,
            min_valid_ms: body.min_valid_ms,
            wait_ms: body.wait_ms,
            stale: body.stale,
            rejected: body.rejected.map(|text| text.to_ascii_lowercase()),
        })
    }

    /// A body without secrets. No text in it may hold control characters (T13).
    fn plain<T: DeserializeOwned>(&self) -> Result<T, Notice> {
        let body = if self.given.body.is_empty() { b"{}".as_slice() } else { self.given.body };
        let value: Value = serde_json::from_slice(body).map_err(|error| self.said(&error.to_string()))?;
        if !value.is_object() {
            return Err(bad(self.lang, "the body must be an object", "le corps doit être un objet"));
        }
        if control_within(&value) {
            return Err(self.control());
        }
        serde_json::from_value(value).map_err(|error| self.said(&error.to_string()))
    }

    /// A body that may hold secrets: of what is wrong only the place is said, for serde's messages repeat
    /// values.
    fn secret<T: DeserializeOwned + HoldsSecrets>(&self) -> Result<T, Notice> {
        // serde would also read a struct from an array of its members.
        let is_object = self.given.body.trim_ascii_start().first() == Some(&b'{');
        let body = if is_object { self.given.body } else { b"" };
        let body: T = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            bad(
                self.lang,
                &format!("the body is wrong at line {line}, column {column}"),
                &format!("le corps est incorrect à la ligne {line}, colonne {column}"),
            )
        })?;
        if body.secrets_have_control() { Err(self.control()) } else { Ok(body) }
    }

    fn check_path(&self) -> Result<(), Notice> {
        let texts = self.given.id.iter().chain(&self.given.name);
        if texts.chain(self.given.query.iter().map(|(_, value)| value)).any(|text| has_control(text)) {
            return Err(self.control());
        }
        Ok(())
    }

    fn control(&self) -> Notice {
        bad(self.lang, "control characters are not allowed", "les caractères de contrôle ne sont pas admis")
    }

    fn said(&self, text: &str) -> Notice {
        bad(self.lang, text, text)
    }
}
