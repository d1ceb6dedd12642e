//! What kind of service the practice site plays.

use std::time::Duration;

use crate::hosts::Hosts;
use crate::practice::random;

/// Everything adjustable. `Settings::default()` is a service with 15-minute tokens and two people.
#[derive(Clone)]
pub struct Settings {
    /// Name in the site's address; it always listens on 127.0.0.1 alone.
    pub host: String,
    /// Port, or 0 for any that is free.
    pub port: u16,
    /// Serve https with a certificate of its own authority ([`super::Site::ca_pem`]); then `Secure` and
    /// `__Host-` cookies are set too.
    pub https: bool,
    /// The names and the certificate that this machine believes; without it https is by an authority of its own.
    pub hosts: Option<Hosts>,
    /// Who can log in.
    pub people: Vec<Person>,
    /// How many times faster than the real one its clock runs.
    pub clock_rate: f64,
    /// Life of the tokens that page script and session end point mint.
    pub token_life: Duration,
    /// Life of a session, on the server; its cookie tells nothing.
    pub session_life: Duration,
    /// Life of a refresh token of any kind.
    pub refresh_life: Duration,
    /// Life of the OAuth server's access tokens.
    pub oauth_life: Duration,
    /// Life of a code that is typed on another device.
    pub device_life: Duration,
    /// How often its device may ask; the site does not say if absent, and means 5 s.
    pub device_interval: Option<Duration>,
    /// Whether there is an address with that code in it.
    pub device_complete: bool,
    /// Whether a refresh token is good for one use only.
    pub rotation: bool,
    /// How long after its use a refresh token may be used once more, because the reply may have been lost.
    /// After that a second use is theft: the whole family dies.
    pub grace: Duration,
    /// Whether the page script also keeps a refresh token in web storage.
    pub storage_refresh_token: bool,
    /// Whether ending a session kills the access tokens that it minted.
    pub tokens_die_with_session: bool,
}

/// Somebody with a login at the practice site.
#[derive(Clone)]
pub struct Person {
    /// Login name.
    pub email: String,
    /// For greeting.
    pub name: String,
    /// Password.
    pub password: String,
    /// TOTP secret in base32; `None` logs in with the password alone.
    pub totp: Option<String>,
}

impl Person {
    /// A person with a random password and TOTP secret.
    pub fn new(name: &str) -> Self {
        Self {
            email: format!("{}@example.com", name.to_lowercase()),
            name: name.to_owned(),
            password: format!("harbour-{}", random::letters(14)),
            totp: Some(random::base32(32)),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            https: false,
            hosts: None,
            people: vec![Person::new("Ana"), Person::new("Bo")],
            clock_rate: 1.0,
            token_life: Duration::from_secs(15 * 60),
            session_life: 14 * day,
            refresh_life: 30 * day,
            oauth_life: Duration::from_secs(3600),
            device_life: Duration::from_secs(5 * 60),
            device_interval: None,
            device_complete: true,
            rotation: true,
            grace: Duration::from_secs(30),
            storage_refresh_token: true,
            tokens_die_with_session: false,
        }
    }
}
