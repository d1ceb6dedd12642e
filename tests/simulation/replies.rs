//! What the services write: good answers in each one's form, with whatever is odd about them, and their noes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lamplighter_core::exchange::{Exchange, NoReply, NotSent, Reply, Sent};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{Now, Timestamp};

use super::faults::Fault;
use super::model::{Key, Model, Token, millis};
use super::services::Kind;

/// The wall clock that is right, at the start: 2026-01-01 00:00:00 UTC.
const START: i64 = 1_767_225_600_000;

/// When something is answered: on the clock that nobody touches, and on the machine's own.
#[derive(Clone, Copy)]
pub struct When {
    pub at: u64,
    pub now: Now,
}

impl When {
    /// The wall clock that is right.
    pub fn right(self) -> i64 {
        START + i64::try_from(self.at).unwrap_or(0)
    }
}

pub fn not_sent(why: NotSent, when: When) -> Exchange {
    let took = Duration::from_millis(3);
    Exchange { sent: Sent::No(why), reply: Err(NoReply::NotSent), took, at: when.now }
}

pub fn lost(why: NoReply, when: When) -> Exchange {
    Exchange { sent: Sent::Maybe, reply: Err(why), took: Duration::from_millis(900), at: when.now }
}

pub fn reply(status: u16, headers: &[(&str, &[u8])], body: &[u8], when: When) -> Exchange {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
    let reply = Reply { status, headers, body: Secret::new(body), date: Some(Timestamp(when.right())) };
    Exchange { sent: Sent::Maybe, reply: Ok(reply), took: Duration::from_millis(90), at: when.now }
}

pub fn json(status: u16, body: &str, when: When) -> Exchange {
    reply(status, &[("content-type", b"application/json")], body.as_bytes(), when)
}

pub fn html(status: u16, body: &str, when: When) -> Exchange {
    reply(status, &[("content-type", b"text/html")], body.as_bytes(), when)
}

pub fn away(to: &str, when: When) -> Exchange {
    reply(302, &[("location", to.as_bytes())], b"", when)
}

fn jwt(ends: u64, last: &str) -> String {
    let exp = (START + i64::try_from(ends).unwrap_or(0)) / 1000;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{last}", part(r#"{"alg":"HS256"}"#), part(&format!(r#"{{"exp":{exp},"user_id":7}}"#)))
}

impl Model {
    /// A credential as it is handed out at `at`.
    pub fn credential(&self, key: Key, at: u64) -> String {
        match self.kind.is_jwt() {
            true => jwt(at + millis(self.kind.idle()), &key.to_string()),
            false => key.to_string(),
        }
    }

    /// A token as it is handed out.
    pub fn token_text(&self, token: Token) -> String {
        match (self.kind.is_jwt(), self.token_ends(token)) {
            (true, Some(ends)) => jwt(ends, &token.to_string()),
            _ => token.to_string(),
        }
    }

    /// The good answer to a refresh, with what is odd about it.
    pub fn minted(&mut self, key: Key, odd: Option<Fault>, which: u64, when: When) -> Exchange {
        let token = self.mint(key, when.at, odd == Some(Fault::SameToken));
        let (token, credential) = (self.token_text(token), self.credential(key, when.at));
        match self.kind {
            Kind::Site => {
                let cookie = match odd {
                    Some(Fault::CookieDeleted) => "sid=; Path=/; Max-Age=0; Secure; HttpOnly".to_owned(),
                    _ => format!("sid={key}; Path=/; Secure; HttpOnly"),
                };
                let body = format!(r#"{{"access_token":"{token}"}}"#);
                with_cookies(&body, &[&cookie], odd, when)
            }
            Kind::Alone => {
                let sid = format!("sid={key}; Path=/; Secure; HttpOnly");
                with_cookies("{}", &[&sid, &format!("access_token={token}; Path=/; Secure")], odd, when)
            }
            Kind::Steps => {
                let code = self.code(key);
                json(200, &format!(r#"{{"key":"{key}","code":"{code}"}}"#), when)
            }
            Kind::Jwt | Kind::Blacklist => {
                let refresh = credential_field("refresh", &credential, odd, which);
                json(200, &format!(r#"{{"access":"{token}"{refresh}}}"#), when)
            }
            _ => self.minted_by_standard(key, &token, &credential, odd, which, when),
        }
    }

    fn minted_by_standard(
        &self,
        key: Key,
        token: &str,
        credential: &str,
        odd: Option<Fault>,
        which: u64,
        when: When,
    ) -> Exchange {
        let life = self.manner.life.as_secs();
        if odd == Some(Fault::Form) {
            let body = format!("access_token={token}&refresh_token={credential}&expires_in={life}&scope=");
            let kind: &[u8] = b"application/x-www-form-urlencoded; charset=utf-8";
            return reply(200, &[("content-type", kind)], body.as_bytes(), when);
        }
        let mut body = format!(r#"{{"ok":true,"access_token":"{token}""#);
        if self.kind != Kind::Slack {
            body = body.replace(r#""ok":true,"#, "");
        }
        body += &credential_field("refresh_token", credential, odd, which);
        body += &match odd {
            Some(Fault::NoExpiry) => String::new(),
            Some(Fault::OddExpiry) => {
                let odd = [format!("\"{life}\""), format!("{life}.0"), "null".to_owned(), "[]".to_owned()];
                format!(r#","expires_in":{}"#, odd[usize::try_from(which % 4).unwrap_or(0)])
            }
            Some(Fault::EndedExpiry) => {
                let odd = ["0", "-1", "1e18", "9223372036854775807", "\"NaN\""];
                format!(r#","expires_in":{}"#, odd[usize::try_from(which % 5).unwrap_or(0)])
            }
            _ => format!(r#","expires_in":{life}"#),
        };
        body += match (odd, which % 5) {
            (Some(Fault::TokenType), 0) => r#","token_type":"BEARER""#,
            (Some(Fault::TokenType), 1) => r#","token_type":"bot""#,
            (Some(Fault::TokenType), 2) => r#","token_type":"mac""#,
            (Some(Fault::TokenType), 3) => r#","token_type":"""#,
            (Some(Fault::TokenType), _) => "",
            _ => r#","token_type":"bearer""#,
        };
        body += match (odd, which % 3) {
            (Some(Fault::Scope), 0) => r#","scope":"a""#,
            (Some(Fault::Scope), 1) => r#","scope":["a","b"]"#,
            (Some(Fault::Scope), _) => r#","scope":null"#,
            _ => r#","scope":"a b c""#,
        };
        if self.kind == Kind::Google
            && let Some(ends) = self.grant_ends(key.login)
        {
            body += &format!(r#","refresh_token_expires_in":{}"#, ends.saturating_sub(when.at) / 1000);
        }
        json(200, &(body + "}"), when)
    }

    /// The service says no to a credential, in its own words.
    pub fn refuses(&self, when: When) -> Exchange {
        match self.kind {
            Kind::Slack => json(200, r#"{"ok":false,"error":"invalid_refresh_token"}"#, when),
            Kind::Twitch => json(400, r#"{"status":400,"message":"Invalid refresh token"}"#, when),
            Kind::Microsoft => json(400, r#"{"error":"invalid_grant","error_codes":[700082]}"#, when),
            Kind::GitHub => json(200, r#"{"error":"bad_refresh_token"}"#, when),
            Kind::Auth0 => json(403, r#"{"error":"invalid_grant"}"#, when),
            Kind::Google | Kind::Okta => json(400, r#"{"error":"invalid_grant"}"#, when),
            Kind::Jwt | Kind::Blacklist => {
                json(401, r#"{"detail":"Token is invalid","code":"token_not_valid"}"#, when)
            }
            Kind::Site | Kind::Alone | Kind::Steps => json(401, "{}", when),
        }
    }

    /// The service does not know the app.
    pub fn refuses_app(&self, when: When) -> Exchange {
        match self.kind {
            Kind::Slack => json(200, r#"{"ok":false,"error":"bad_client_secret"}"#, when),
            Kind::Twitch => json(403, r#"{"status":403,"message":"invalid client secret"}"#, when),
            Kind::Microsoft => json(401, r#"{"error":"invalid_client","error_codes":[7000222]}"#, when),
            Kind::GitHub => json(200, r#"{"error":"incorrect_client_credentials"}"#, when),
            Kind::Auth0 => json(401, r#"{"error":"access_denied"}"#, when),
            Kind::Okta => json(401, r#"{"errorCode":"invalid_client"}"#, when),
            _ => json(401, r#"{"error":"invalid_client"}"#, when),
        }
    }

    /// Too much at once, said like a no.
    pub fn throttles_as_no(&self, when: When) -> Exchange {
        match self.kind {
            Kind::Slack => json(200, r#"{"ok":false,"error":"ratelimited"}"#, when),
            Kind::Google => json(403, r#"{"error":"rate_limit_exceeded"}"#, when),
            _ => json(400, r#"{"error":"invalid_grant","error_codes":[50196]}"#, when),
        }
    }

    /// What a probe gets: who is known, and for how many seconds.
    pub fn person(&self, known: Option<u64>, odd: Option<Fault>, when: When) -> Exchange {
        match (known, self.kind) {
            (Some(_), Kind::Slack) => json(200, r#"{"ok":true,"team_id":"T1","user_id":"U1"}"#, when),
            (Some(left), Kind::Twitch) => {
                json(200, &format!(r#"{{"user_id":"7","expires_in":{left}}}"#), when)
            }
            (Some(_), Kind::Site | Kind::Alone) => {
                with_cookies(r#"{"email":"ana@example.com"}"#, &[], odd, when)
            }
            (Some(_), _) => json(200, r#"{"email":"ana@example.com"}"#, when),
            (None, Kind::Slack) => json(200, r#"{"ok":false,"error":"invalid_auth"}"#, when),
            (None, Kind::Jwt | Kind::Blacklist) => json(401, r#"{"code":"token_not_valid"}"#, when),
            (None, _) => json(401, "{}", when),
        }
    }
}

fn credential_field(name: &str, credential: &str, odd: Option<Fault>, which: u64) -> String {
    match odd {
        Some(Fault::NoCredential) => String::new(),
        Some(Fault::EmptyCredential) if which.is_multiple_of(2) => format!(r#","{name}":"""#),
        Some(Fault::EmptyCredential) => format!(r#","{name}":null"#),
        _ => format!(r#","{name}":"{credential}""#),
    }
}

fn with_cookies(body: &str, set: &[&str], odd: Option<Fault>, when: When) -> Exchange {
    let mut cookies: Vec<Vec<u8>> = set.iter().map(|cookie| cookie.as_bytes().to_vec()).collect();
    match odd {
        Some(Fault::CookieBytes) => cookies.push(b"odd=\xff\xfe; Path=/".to_vec()),
        Some(Fault::CookieTooLong) => {
            cookies.push(format!("sid={}; Path=/", "x".repeat(5000)).into_bytes());
            cookies.push(format!("long=1; Path=/{}", "y".repeat(1100)).into_bytes());
        }
        Some(Fault::ManyCookies) => {
            let many = |n| format!("many{n}={}; Path=/; Max-Age=30", "z".repeat(100)).into_bytes();
            cookies.extend((0..300).map(many));
        }
        Some(Fault::CookieRules) => {
            cookies.push(b"si\x01d=1; Path=/".to_vec());
            cookies.push(b"__Host-sid=1; Path=/x; Secure".to_vec());
            cookies.push(b"__SECURE-sid=1; Path=/".to_vec());
        }
        Some(Fault::CookieForYears) => cookies.push(b"years=1; Path=/; Max-Age=315360000".to_vec()),
        _ => {}
    }
    let mut headers: Vec<(&str, &[u8])> = vec![("content-type", b"application/json")];
    headers.extend(cookies.iter().map(|cookie| ("set-cookie", cookie.as_slice())));
    reply(200, &headers, body.as_bytes(), when)
}
