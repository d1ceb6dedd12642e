//! The practice site does what a real service does; tests that lean on it would mean nothing otherwise.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A client with a jar that knows names and values, which is enough for one site.
#[derive(Default)]
struct Client {
    jar: BTreeMap<String, String>,
}

impl Client {
    fn send(&mut self, site: &Site, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let raw = exchange(site, method, path, headers, body, &self.jar).expect("an answer");
        for (name, line) in &raw.headers {
            if name == "set-cookie" {
                let pair = line.split(';').next().expect("a pair");
                let (key, value) = pair.split_once('=').expect("a pair");
                self.jar.insert(key.to_owned(), value.to_owned());
            }
        }
        raw
    }

    fn get(&mut self, site: &Site, path: &str) -> Reply {
        self.send(site, "GET", path, &[], "")
    }

    fn form(&mut self, site: &Site, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(site, "POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], &body)
    }

    fn log_in(&mut self, site: &Site, remember: bool) {
        let ana = site.person().clone();
        let reply = self.form(site, "/login", &[("email", &ana.email), ("password", &ana.password)]);
        if reply.header("location").starts_with("/login/totp") {
            let code = site.totp_code(&ana.email);
            let mut fields = vec![("code", code.as_str())];
            fields.extend(remember.then_some(("remember", "yes")));
            assert_eq!(self.form(site, "/login/totp", &fields).header("location"), "/");
        }
    }
}

fn exchange(
    site: &Site,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    jar: &BTreeMap<String, String>,
) -> std::io::Result<Reply> {
    let host = site.base().strip_prefix("http://").expect("plain http");
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let cookies: Vec<String> = jar.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if !cookies.is_empty() {
        head += &format!("Cookie: {}\r\n", cookies.join("; "));
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    parse(&String::from_utf8_lossy(&raw)).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn parse(raw: &str) -> Option<Reply> {
    let (head, body) = raw.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.to_lowercase(), value.to_owned()))
        .collect();
    Some(Reply { status, headers, body: body.to_owned() })
}

#[test]
fn session_cookie_is_set_before_the_second_factor_and_proves_nothing() {
    let site = Site::start(Settings::default());
    let ana = site.person().clone();
    let mut client = Client::default();
    client.form(&site, "/login", &[("email", &ana.email), ("password", &ana.password)]);
    assert!(client.jar.contains_key("sid"));
    assert_eq!(client.get(&site, "/api/session").status, 401);
    assert_eq!(client.get(&site, "/").header("location"), "/login/totp");
    client.form(&site, "/login/totp", &[("code", &site.totp_code(&ana.email))]);
    assert_eq!(client.get(&site, "/api/session").status, 200);
}

#[test]
fn remembered_device_is_not_asked_for_a_code_again() {
    let site = Site::start(Settings::default());
    let mut client = Client::default();
    client.log_in(&site, true);
    site.end_session("ana@example.com");
    assert_eq!(client.get(&site, "/").header("location"), "/login");
    let ana = site.person().clone();
    let reply = client.form(&site, "/login", &[("email", &ana.email), ("password", &ana.password)]);
    assert_eq!(reply.header("location"), "/");
}

#[test]
fn wrong_password_and_wrong_code_are_refused() {
    let site = Site::start(Settings::default());
    let ana = site.person().clone();
    let mut client = Client::default();
    assert_eq!(client.form(&site, "/login", &[("email", &ana.email), ("password", "no")]).status, 401);
    client.form(&site, "/login", &[("email", &ana.email), ("password", &ana.password)]);
    assert_eq!(client.form(&site, "/login/totp", &[("code", "000000")]).status, 401);
    assert_eq!(site.sessions(), 0);
}

#[test]
fn token_runs_out_by_the_sites_clock_and_can_be_revoked() {
    let site = Site::start(Settings::default());
    let opened = site.open_session("ana@example.com");
    assert_eq!(site.owner_of(&opened.access).as_deref(), Some("ana@example.com"));
    let life = claims(&opened.access).expect("a JWT");
    assert_eq!(life["exp"].as_i64().expect("exp") - life["iat"].as_i64().expect("iat"), 900);
    site.clock().advance(Duration::from_secs(901));
    assert_eq!(site.owner_of(&opened.access), None);
    let other = site.open_session("ana@example.com").access;
    site.revoke_token(&other);
    assert_eq!(site.owner_of(&other), None);
}

#[test]
fn page_script_needs_session_and_readable_cookie() {
    let site = Site::start(Settings::default());
    let mut client = Client::default();
    assert_eq!(client.send(&site, "POST", "/app/mint", &[], "").status, 401);
    client.log_in(&site, false);
    assert_eq!(client.send(&site, "POST", "/app/mint", &[], "").status, 403);
    let csrf = client.jar["csrftoken"].clone();
    let reply = client.send(&site, "POST", "/app/mint", &[("X-CSRF-Token", &csrf)], "");
    let token = reply.json()["access_token"].as_str().expect("a token").to_owned();
    let bearer = format!("Bearer {token}");
    let me = client.send(&site, "GET", "/api/me", &[("Authorization", &bearer)], "");
    assert_eq!(me.json()["email"], "ana@example.com");
}

#[test]
fn reuse_of_a_refresh_token_after_the_grace_kills_its_family() {
    let site = Site::start(Settings::default());
    let first = site.open_grant("ana@example.com", PUBLIC_CLIENT).refresh;
    let mut client = Client::default();
    let mut refresh = |token: &str| {
        let fields =
            [("grant_type", "refresh_token"), ("client_id", PUBLIC_CLIENT), ("refresh_token", token)];
        client.form(&site, "/oauth/token", &fields)
    };
    let second = refresh(&first).json()["refresh_token"].as_str().expect("rotated").to_owned();
    assert_ne!(first, second);
    assert_eq!(refresh(&first).status, 200, "a replay within the grace heals a lost reply");
    site.clock().advance(Duration::from_secs(31));
    assert_eq!(refresh(&first).json()["error"], "invalid_grant");
    assert_eq!(refresh(&second).json()["error"], "invalid_grant", "theft: the whole family is dead");
}

#[test]
fn authorization_code_is_bound_to_the_verifier_and_good_once() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let site = Site::start(Settings::default());
    let mut client = Client::default();
    client.log_in(&site, false);
    let verifier = "v".repeat(64);
    let challenge =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier.as_bytes()));
    let redirect = "http://127.0.0.1:1/callback";
    let allow = |client: &mut Client| {
        let fields = [
            ("client_id", PUBLIC_CLIENT),
            ("redirect_uri", redirect),
            ("state", "s1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("decision", "allow"),
        ];
        let back = client.form(&site, "/oauth/authorize", &fields).header("location").to_owned();
        let back: BTreeMap<String, String> =
            url::Url::parse(&back).expect("an address").query_pairs().into_owned().collect();
        assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("s1", site.base()));
        back["code"].clone()
    };
    let redeem = |client: &mut Client, code: &str, verifier: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", PUBLIC_CLIENT),
            ("redirect_uri", redirect),
            ("code", code),
            ("code_verifier", verifier),
        ];
        client.form(&site, "/oauth/token", &fields).status
    };
    let code = allow(&mut client);
    assert_eq!(redeem(&mut client, &code, "wrong"), 400);
    assert_eq!(redeem(&mut client, &code, &verifier), 400, "a code is good for one try");
    let code = allow(&mut client);
    assert_eq!(redeem(&mut client, &code, &verifier), 200);
}

#[test]
fn cookie_only_refresh_rotates_and_sets_the_token_as_a_cookie() {
    let site = Site::start(Settings::default());
    let mut client = Client::default();
    client.log_in(&site, false);
    let before = client.jar["refresh_cookie"].clone();
    assert_eq!(client.send(&site, "POST", "/api/auth/cookie-refresh", &[], "").status, 204);
    assert_ne!(client.jar["refresh_cookie"], before);
    assert_eq!(site.owner_of(&client.jar["access_cookie"]).as_deref(), Some("ana@example.com"));
}

#[test]
fn faults_come_in_the_order_of_the_script_and_then_all_is_well() {
    let site = Site::start(Settings::default());
    let script = [Fault::Json(500, r#"{"error":"oops"}"#.into()), Fault::ResetBefore, Fault::CutAfter(12)];
    site.script("/health", script);
    let jar = BTreeMap::new();
    let ask = || exchange(&site, "GET", "/health", &[], "", &jar);
    assert_eq!(ask().expect("an answer").status, 500);
    assert_eq!(
        ask().map(|reply| reply.status).map_err(|e| e.kind()),
        Err(std::io::ErrorKind::ConnectionReset)
    );
    assert!(ask().is_err(), "twelve bytes are no answer");
    assert_eq!(ask().expect("an answer").body, "ok");
    let statuses: Vec<u16> = site.requests().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [500, 0, 0, 200]);
}

#[test]
fn every_secret_that_was_given_out_is_known_to_the_scan() {
    let site = Site::start(Settings::default());
    let mut client = Client::default();
    client.log_in(&site, true);
    let known: Vec<String> = site.secrets().into_iter().map(|issued| issued.value).collect();
    for (name, value) in client.jar.iter().filter(|(name, _)| *name != "theme") {
        assert!(known.contains(value), "{name} is not known");
    }
    assert!(known.contains(&site.person().password));
}
