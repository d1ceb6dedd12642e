//! What a test or the demo does to the service behind its clients' backs, and what it may know.

use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::secret::Secret;

use super::state::{Issued, Presented, SessionEndpoint};
use super::{CLIENT_SECRET, Person, Site, cookies, one_time};
use crate::clock::SiteClock;

/// A login made without a browser.
pub struct Opened {
    /// Its cookies, as a browser would hold them.
    pub cookies: Vec<Cookie>,
    /// A fresh access token.
    pub access: String,
    /// A fresh refresh token of the JSON end point, bound to the session.
    pub refresh: String,
}

/// An OAuth grant made without a browser.
pub struct Grant {
    /// Access token.
    pub access: String,
    /// Refresh token.
    pub refresh: String,
}

impl Site {
    /// The site's clock.
    pub fn clock(&self) -> &SiteClock {
        &self.shared.clock
    }

    /// The first person who can log in.
    pub fn person(&self) -> &Person {
        self.shared.person(0)
    }

    /// A person by e-mail address.
    ///
    /// # Panics
    /// If there is none.
    pub fn person_named(&self, email: &str) -> &Person {
        self.shared.person(self.index(email))
    }

    /// What that person's authenticator shows now.
    ///
    /// # Panics
    /// If there is no such person, or they have no second factor.
    pub fn totp_code(&self, email: &str) -> String {
        let secret = self.person_named(email).totp.as_ref().expect("this person has a second factor");
        one_time::code(secret, self.shared.now())
    }

    /// Ends all sessions of a person, with the refresh tokens that hang on them. Returns how many there were.
    pub fn end_session(&self, email: &str) -> usize {
        let person = self.index(email);
        let mut state = self.shared.lock();
        let before = state.sessions.len();
        state.sessions.retain(|_, session| session.person != person);
        before - state.sessions.len()
    }

    /// Number of sessions that are alive.
    pub fn sessions(&self) -> usize {
        let now = self.shared.now();
        self.shared.lock().sessions.values().filter(|session| session.ends > now && !session.half).count()
    }

    /// Forgets all remembered devices.
    pub fn forget_devices(&self) {
        self.shared.lock().devices.clear();
    }

    /// Revokes one access token; says whether it was known.
    pub fn revoke_token(&self, token: &str) -> bool {
        let mut state = self.shared.lock();
        state.access.get_mut(token).map(|access| access.revoked = true).is_some()
    }

    /// Revokes all access tokens that exist now. Sessions and refresh tokens stay good.
    pub fn revoke_all_tokens(&self) {
        self.shared.lock().access.values_mut().for_each(|access| access.revoked = true);
    }

    /// Ends all OAuth grants and JSON refresh tokens of a person, as "sign out everywhere" does.
    pub fn revoke_grants(&self, email: &str) {
        let person = self.index(email);
        let mut guard = self.shared.lock();
        let state = &mut *guard;
        let families =
            state.refresh.values().filter(|refresh| refresh.person == person).map(|refresh| refresh.family);
        state.dead_families.extend(families);
    }

    /// Tokens that are minted from now on live this long.
    pub fn set_token_life(&self, life: std::time::Duration) {
        self.shared.set_token_life(life);
    }

    /// Whether `GET /api/session` mints tokens; without it only a browser can.
    pub fn set_session_endpoint(&self, on: bool) {
        self.set_session_endpoint_to(if on { SessionEndpoint::On } else { SessionEndpoint::Rejects });
    }

    /// How `GET /api/session` behaves, in more detail.
    pub fn set_session_endpoint_to(&self, mode: SessionEndpoint) {
        self.shared.lock().session_endpoint = Some(mode);
    }

    /// Whose this access token is, if it is good now.
    pub fn owner_of(&self, token: &str) -> Option<String> {
        self.shared.check(token).map(|person| self.shared.person(person).email.clone())
    }

    /// How often refresh tokens of this person were presented, and how often used ones.
    pub fn presented(&self, email: &str) -> Presented {
        let person = self.index(email);
        self.shared.lock().presented.get(&person).copied().unwrap_or_default()
    }

    /// How often somebody was shown the page that asks for the second factor.
    pub fn second_factors_asked(&self) -> u64 {
        self.shared.lock().totp_asked
    }

    /// Every secret that the site was set up with or ever gave out.
    pub fn secrets(&self) -> Vec<Issued> {
        let mut all = self.shared.lock().issued.clone();
        all.push(Issued { kind: "client secret".to_owned(), value: CLIENT_SECRET.to_owned() });
        all
    }

    /// Logs a person in without a browser.
    pub fn open_session(&self, email: &str) -> Opened {
        let person = self.index(email);
        let sid = self.shared.open_session(person, false);
        let mut lines = cookies::session_started(&self.shared, &sid);
        cookies::session_completed(&self.shared, &sid, &mut lines);
        cookies::remember_device(&self.shared, person, &mut lines);
        let cookies = lines
            .get_all("set-cookie")
            .iter()
            .filter_map(|line| parse(line.to_str().ok()?, &self.shared.settings.host, self.shared.now()))
            .collect();
        let access = self.shared.mint(person, self.shared.token_life(), Some(&sid), None);
        let refresh = self.shared.mint_refresh(person, Some(&sid), None, "json", None).0;
        Opened { cookies, access, refresh }
    }

    /// Gives an OAuth client a grant without a browser.
    pub fn open_grant(&self, email: &str, client: &str) -> Grant {
        let person = self.index(email);
        let (refresh, family) = self.shared.mint_refresh(person, None, Some(client), "", None);
        let access = self.shared.mint(person, self.shared.settings.oauth_life, None, Some(family));
        Grant { access, refresh }
    }

    fn index(&self, email: &str) -> usize {
        self.shared.person_by_email(email).expect("the test names a person of the site")
    }
}

/// What a browser makes of one of our own `Set-Cookie` lines; only as much of RFC 6265bis as they use.
fn parse(line: &str, host: &str, now_ms: i64) -> Option<Cookie> {
    let mut parts = line.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: Secret::from(value),
        domain: host.to_owned(),
        host_only: true,
        path: "/".to_owned(),
        secure: false,
        http_only: false,
        same_site: SameSite::Unspecified,
        expires: None,
        partitioned: false,
    };
    for part in parts {
        match part.split_once('=').unwrap_or((part, "")) {
            ("Path", path) => path.clone_into(&mut cookie.path),
            ("Domain", domain) => {
                domain.clone_into(&mut cookie.domain);
                cookie.host_only = false;
            }
            ("Secure", _) => cookie.secure = true,
            ("HttpOnly", _) => cookie.http_only = true,
            ("SameSite", "Lax") => cookie.same_site = SameSite::Lax,
            ("SameSite", "Strict") => cookie.same_site = SameSite::Strict,
            ("SameSite", "None") => cookie.same_site = SameSite::None,
            ("Max-Age", seconds) => {
                cookie.expires =
                    Some(lamplighter_core::time::Timestamp(now_ms + seconds.parse::<i64>().ok()? * 1000));
            }
            // The one date that the site uses.
            ("Expires", _) => cookie.expires = Some(lamplighter_core::time::Timestamp(2_177_452_799_000)),
            _ => {}
        }
    }
    Some(cookie)
}
