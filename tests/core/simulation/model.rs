//! Services as they behave: what they believe, what they forgive. Shares no code with the classifier.

use std::time::Duration;

use lamplighter_core::exchange::{Exchange, HttpRequest};
use lamplighter_core::time::Now;

use crate::machines::rig::{body, json, minted, reply, shown};

/// What a service does with a credential that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Never rotates (Google).
    Static,
    /// Rotates, and the older ones stay good (Microsoft).
    Forgiving,
    /// Rotates; the one before is good for this long; after that its use ends the session (Okta, Auth0).
    Grace(Duration),
    /// Rotates; no grace; the second use is refused (GitHub, SimpleJWT with a blacklist).
    Strict,
    /// A cookie session that slides with each GET; older cookies stay good for a while.
    Sliding,
    /// Rotates with grace, and answers errors with 200 and `ok: false` (Slack).
    Dialect(Duration),
}

/// One login at a service, seen from the service.
pub struct Model {
    kind: Kind,
    current: u32,
    /// When the current credential was given out, by the service's own clock in milliseconds.
    rotated: u64,
    pub is_alive: bool,
    /// Why the session ended, if the service ended it by its own rule after a lost answer.
    pub ended_by_rule: bool,
    pub used: u32,
    /// The newest credential that a sealed reply has brought.
    pub sealed: u32,
}

impl Model {
    pub fn new(kind: Kind) -> Self {
        Self { kind, current: 1, rotated: 0, is_alive: true, ended_by_rule: false, used: 0, sealed: 1 }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Answers a refresh request.
    pub fn answer(&mut self, request: &HttpRequest, at: u64, now: Now) -> Exchange {
        self.used += 1;
        let body = body(request);
        let presented = match self.kind {
            Kind::Sliding => credential_in(&cookies(request)),
            _ => credential_in(&body),
        };
        assert!(
            presented >= self.sealed,
            "never the old token again: r{presented} after r{} was sealed",
            self.sealed
        );
        if !self.is_alive || presented == 0 || presented > self.current {
            return self.refuse(now);
        }
        let age = Duration::from_millis(at - self.rotated);
        let is_good = match self.kind {
            Kind::Static | Kind::Forgiving | Kind::Sliding => true,
            Kind::Grace(grace) | Kind::Dialect(grace) => {
                presented == self.current || (presented + 1 == self.current && age <= grace)
            }
            Kind::Strict => presented == self.current,
        };
        if !is_good {
            // Reuse: the family is revoked. Only a lost answer can bring an honest client here.
            self.is_alive = false;
            self.ended_by_rule = true;
            return self.refuse(now);
        }
        let is_probe = request.url.path() == "/api/me";
        if presented == self.current && self.kind != Kind::Static && !is_probe {
            self.current += 1;
            self.rotated = at;
        }
        if self.kind == Kind::Sliding {
            return self.page(request, now);
        }
        minted(self.current, now)
    }

    fn page(&self, request: &HttpRequest, now: Now) -> Exchange {
        let kind = ("content-type", "application/json");
        if request.url.path() == "/api/me" {
            return reply(200, &[kind], r#"{"email":"ana@example.com"}"#, now);
        }
        let cookie = format!("sid=canary-r{}; Path=/; Secure; HttpOnly", self.current);
        let token = format!(r#"{{"access_token":"canary-a{}"}}"#, self.current);
        reply(200, &[kind, ("set-cookie", &cookie)], &token, now)
    }

    fn refuse(&self, now: Now) -> Exchange {
        match self.kind {
            Kind::Dialect(_) => json(200, r#"{"ok":false,"error":"invalid_grant"}"#, now),
            _ => json(400, r#"{"error":"invalid_grant"}"#, now),
        }
    }

    /// The credential that the service would take now.
    pub fn takes(&self, credential: &str) -> bool {
        let presented: u32 = credential.trim_start_matches("canary-r").parse().unwrap_or(0);
        match self.kind {
            _ if !self.is_alive => false,
            Kind::Static | Kind::Forgiving | Kind::Sliding => (1..=self.current).contains(&presented),
            Kind::Grace(_) | Kind::Strict | Kind::Dialect(_) => presented == self.current,
        }
    }
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

/// The number of the credential that a text holds; 0 if none.
pub fn credential_in(text: &str) -> u32 {
    let rest = text.split("canary-r").nth(1);
    rest.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).unwrap_or(0)
}

fn cookies(request: &HttpRequest) -> String {
    let cookie = request.headers.iter().find(|(name, _)| name == "Cookie");
    cookie.map(|(_, value)| shown(value)).unwrap_or_default()
}
