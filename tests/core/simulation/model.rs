//! Services as they behave: what they believe, what they forgive. Shares no code with the classifier.

use std::fmt;
use std::time::Duration;

use lamplighter_core::exchange::{BrowserEnd, BrowserResult, BrowserVisit, Exchange, HttpRequest};
use lamplighter_core::jar::Cookie;
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::time::Now;

use super::services::Kind;
use crate::machines::rig::{body, json, reply, shown};

/// A credential as the service numbers it: which login, which of its chains, how often rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub login: usize,
    pub chain: usize,
    pub turn: u32,
}

impl Key {
    /// The first credential that a text holds.
    pub fn within(text: &str) -> Option<Self> {
        let rest = text.split("canary-r").nth(1)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let mut parts = rest[..end].split('.');
        let login = parts.next()?.parse().ok()?;
        let chain = parts.next()?.parse().ok()?;
        Some(Self { login, chain, turn: parts.next()?.parse().ok()? })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "canary-r{}.{}.{}", self.login, self.chain, self.turn)
    }
}

/// Why the service ended a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// By its own rule: a credential came a second time, because an answer was lost.
    Reuse,
    /// The person changed the password elsewhere, or the like.
    Revoked,
}

/// One login, seen from the service.
pub struct Login {
    pub over: Option<Over>,
    pub lines: Vec<Line>,
}

/// One chain of it.
#[derive(Clone, Copy)]
pub struct Line {
    current: u32,
    /// When the current credential was given out, in milliseconds of the service's own clock.
    rotated: u64,
    /// The newest credential that a sealed reply has brought: nothing older may be presented.
    pub sealed: u32,
}

/// All logins of one person at one service.
pub struct Model {
    pub kind: Kind,
    pub logins: Vec<Login>,
    pub used: u32,
    /// The service lets no robots in: only a browser gets a token.
    pub wants_browser: bool,
}

/// What the service makes of a request that presents a credential.
enum Verdict {
    Good(Key),
    Bad,
}

impl Model {
    pub fn new(kind: Kind) -> Self {
        Self { kind, logins: Vec::new(), used: 0, wants_browser: false }
    }

    /// The person logs in: another session, beside the one that may be there.
    pub fn log_in(&mut self) -> usize {
        let line = Line { current: 1, rotated: 0, sealed: 0 };
        self.logins.push(Login { over: None, lines: vec![line; self.kind.chains().len()] });
        self.logins.len() - 1
    }

    pub fn is_alive(&self, login: usize) -> bool {
        self.logins.get(login).is_some_and(|login| login.over.is_none())
    }

    /// The credential that the service would take now, if any.
    pub fn takes(&self, key: Key) -> bool {
        let Some(line) = self.logins.get(key.login).and_then(|login| login.lines.get(key.chain)) else {
            return false;
        };
        let is_old_good = self.kind.grace() == Duration::MAX;
        self.is_alive(key.login)
            && key.turn <= line.current
            && (key.turn == line.current || (is_old_good && key.turn >= 1))
    }

    /// Presents a credential; rotates, or ends the login, by the service's rule.
    fn present(&mut self, key: Option<Key>, at: u64) -> Verdict {
        self.used += 1;
        let Some(key) = key else { return Verdict::Bad };
        let (kind, Some(login)) = (self.kind, self.logins.get_mut(key.login)) else { return Verdict::Bad };
        let Some(line) = login.lines.get_mut(key.chain) else { return Verdict::Bad };
        assert!(key.turn >= line.sealed, "never the old token again: {key} after {} was sealed", line.sealed);
        if login.over.is_some() || key.turn == 0 || key.turn > line.current {
            return Verdict::Bad;
        }
        let age = Duration::from_millis(at.saturating_sub(line.rotated));
        let is_before = key.turn + 1 == line.current && age <= kind.grace();
        if key.turn != line.current && !is_before && kind.grace() < Duration::MAX {
            // Reuse: the family is revoked. Only a lost answer can bring an honest client here.
            login.over = Some(Over::Reuse);
            return Verdict::Bad;
        }
        if key.turn == line.current && kind.rotates() {
            line.current += 1;
            line.rotated = at;
        }
        Verdict::Good(Key { turn: line.current, ..key })
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &HttpRequest, at: u64, now: Now) -> Exchange {
        match request.url.path() {
            "/api/me" => self.person(self.is_known(&header(request, "Cookie")), now),
            "/auth.test" => self.person(self.is_known(&header(request, "Authorization")), now),
            "/token" => match self.present(Key::within(&body(request)), at) {
                Verdict::Good(key) => json(200, &self.minted(key), now),
                Verdict::Bad => self.refuse(now),
            },
            _ if self.wants_browser => json(401, "{}", now),
            _ => match self.present(Key::within(&header(request, "Cookie")), at) {
                Verdict::Good(key) => {
                    let sid = ("set-cookie", &*format!("sid={key}; Path=/; Secure; HttpOnly"));
                    let token_cookie =
                        ("set-cookie", &*format!("access_token={}; Path=/; Secure", token(key)));
                    let json = ("content-type", "application/json");
                    let text = format!(r#"{{"access_token":"{}"}}"#, token(key));
                    reply(200, &[json, sid, token_cookie], &text, now)
                }
                Verdict::Bad => json(401, "{}", now),
            },
        }
    }

    /// A page in a browser that mints a token.
    pub fn page(&mut self, visit: &BrowserVisit, at: u64, now: Now) -> BrowserResult {
        let mut cookies: Vec<Cookie> = visit.cookies.iter().map(Cookie::duplicate).collect();
        let sid = cookies.iter_mut().find(|cookie| cookie.name == "sid");
        let key = sid.as_ref().and_then(|sid| Key::within(&shown(&sid.value)));
        let (end, storage) = match (self.present(key, at), sid) {
            (Verdict::Good(key), Some(sid)) => {
                sid.value = key.to_string().as_str().into();
                let item = StorageItem {
                    origin: visit.url.origin().ascii_serialization(),
                    area: StorageArea::Local,
                    key: "access_token".to_owned(),
                    value: token(key).as_str().into(),
                };
                (BrowserEnd::Ready, vec![item])
            }
            _ => (BrowserEnd::Dead, Vec::new()),
        };
        BrowserResult {
            end,
            url: Some(visit.url.clone()),
            cookies: Some(cookies),
            storage: Some(storage),
            request_headers: Vec::new(),
            user_agent: None,
            took: Duration::from_secs(2),
            at: now,
        }
    }

    fn is_known(&self, text: &str) -> bool {
        Key::within(&text.replace("canary-a", "canary-r")).is_some_and(|key| self.is_alive(key.login))
    }

    fn person(&self, is_known: bool, now: Now) -> Exchange {
        match (is_known, self.kind) {
            (true, _) => json(200, r#"{"ok":true,"email":"ana@example.com"}"#, now),
            (false, Kind::Pairs(_)) => json(200, r#"{"ok":false,"error":"invalid_auth"}"#, now),
            (false, _) => json(401, "{}", now),
        }
    }

    fn minted(&self, key: Key) -> String {
        let (token, life) = (token(key), self.kind.life().as_secs());
        format!(r#"{{"ok":true,"access_token":"{token}","refresh_token":"{key}","expires_in":{life}}}"#)
    }

    fn refuse(&self, now: Now) -> Exchange {
        match self.kind {
            Kind::Dialect(_) => json(200, r#"{"ok":false,"error":"invalid_grant"}"#, now),
            Kind::Pairs(_) => json(200, r#"{"ok":false,"error":"invalid_refresh_token"}"#, now),
            _ => json(400, r#"{"error":"invalid_grant"}"#, now),
        }
    }
}

/// The token that came with this credential.
pub fn token(key: Key) -> String {
    key.to_string().replace("canary-r", "canary-a")
}

/// Something that stands in the service's place.
pub fn in_its_place(which: u64, now: Now) -> Exchange {
    match which % 5 {
        0 => reply(503, &[("retry-after", "30")], "", now),
        1 => json(429, "{}", now),
        2 => reply(403, &[("content-type", "text/html")], "<html>WAF</html>", now),
        3 => reply(302, &[("location", "https://portal.example.net/")], "", now),
        _ => json(500, r#"{"error":"server_error"}"#, now),
    }
}

fn header(request: &HttpRequest, name: &str) -> String {
    let header = request.headers.iter().find(|(known, _)| known == name);
    header.map(|(_, value)| shown(value)).unwrap_or_default()
}
