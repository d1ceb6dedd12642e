//! OAuth in the system browser, against the practice site's server.

use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, LoginStage};
use lamplighter_core::report::Code;
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::login::{Ended, LoginInput, LoginJob};
use testkit::practice::OAUTH_PROVIDER;
use url::Url;

use super::loopback::{decide, visit, with};
use super::setting::{UnderWay, job, means, means_by_hand, site};

async fn browser(login: &mut UnderWay) -> String {
    login
        .stage(|stage| match stage {
            LoginStage::Browser { url } | LoginStage::PasteAddress { url } => Some(url.clone()),
            _ => None,
        })
        .await
}

fn query(url: &str, name: &str) -> Option<String> {
    let url: Url = url.parse().expect("an address");
    url.query_pairs().find(|(have, _)| have == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_login_in_the_system_browser_is_won_and_the_browser_told_in_the_persons_language() {
    for (lang, words) in
        [(Lang::En, "You can close this window"), (Lang::Fr, "Vous pouvez fermer cette fenêtre")]
    {
        let site = site();
        let mut login = UnderWay::start(LoginJob { lang, ..job(OAUTH_PROVIDER, &site) }, means());
        let authorize = browser(&mut login).await;
        let back = decide(&site, &authorize, "allow").await;
        let page = visit("GET", back.as_str(), "", None).await.expect("listens");
        assert_eq!(page.status, 200);
        assert!(page.body.contains(words) && !page.body.contains("<script"), "{}", page.body);
        let won = login.won().await;
        assert!(won.identity.is_some() && won.material.credentials.len() == 1);
        let token = won.material.tokens.values().next().expect("a token");
        assert_eq!(
            site.owner_of(token.value.expose_str().expect("text")).as_deref(),
            Some("ana@example.com")
        );
    }
}

#[tokio::test]
async fn t17_state_and_challenge_are_256_bits_new_each_time_and_the_port_is_random_on_127_0_0_1() {
    let site = site();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut login = UnderWay::start(job(OAUTH_PROVIDER, &site), means());
        let authorize = browser(&mut login).await;
        assert_eq!(query(&authorize, "code_challenge_method").as_deref(), Some("S256"));
        let redirect: Url = query(&authorize, "redirect_uri").expect("there").parse().expect("an address");
        assert_eq!((redirect.host_str(), redirect.path()), (Some("127.0.0.1"), "/callback"));
        for name in ["state", "code_challenge"] {
            let value = query(&authorize, name).expect("there");
            assert_eq!(value.len(), 43, "256 bits as base64url: {value}");
            seen.push(value);
        }
        login.answer(LoginAnswer::Cancel).await;
        login.ended().await;
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn t17_forged_callbacks_are_refused_and_the_right_one_still_works() {
    let site = site();
    let mut login = UnderWay::start(job(OAUTH_PROVIDER, &site), means());
    let authorize = browser(&mut login).await;
    let back = decide(&site, &authorize, "allow").await;
    let state = query(back.as_str(), "state").expect("there");
    let mut forged = vec![
        with(&back, "state", Some("forged")),
        with(&back, "state", None),
        with(&back, "iss", Some("https://evil.example")),
        with(&back, "code", None),
        format!("{back}&state={state}"),
        with(&back, "error", Some("access_denied")),
    ];
    let mut elsewhere = back.clone();
    elsewhere.set_path("/other");
    forged.push(elsewhere.to_string());
    for url in forged {
        let page = visit("GET", &url, "", None).await.expect("still listens");
        assert!(matches!(page.status, 400 | 404), "{url}: {}", page.status);
        assert!(page.body.contains("belongs to no login"));
    }
    let page = visit("POST", back.as_str(), "", Some(String::new())).await.expect("still listens");
    assert_eq!(page.status, 404, "an authorization comes back by GET");
    let rebound = back.as_str().replacen("127.0.0.1", "localhost", 1);
    if let Some(page) = visit("GET", &rebound, "", None).await {
        assert_eq!(page.status, 404, "another host name is another page's doing");
    }
    assert_eq!(visit("GET", back.as_str(), "", None).await.expect("listens").status, 200);
    login.won().await;
}

#[tokio::test]
async fn t17_a_second_or_replayed_callback_finds_nobody() {
    let site = site();
    let mut login = UnderWay::start(job(OAUTH_PROVIDER, &site), means());
    let authorize = browser(&mut login).await;
    let back = decide(&site, &authorize, "allow").await;
    assert_eq!(visit("GET", back.as_str(), "", None).await.expect("listens").status, 200);
    let second = visit("GET", back.as_str(), "", None).await;
    assert!(second.is_none_or(|page| page.status != 200), "one good answer only");
    login.won().await;
    assert!(visit("GET", back.as_str(), "", None).await.is_none(), "the listener is gone");
    assert_eq!(site.count("POST /oauth/token"), 1);
}

#[tokio::test]
async fn t17_a_callback_after_five_minutes_is_too_late() {
    let site = site();
    let (means, clock) = means_by_hand();
    let mut login = UnderWay::start(job(OAUTH_PROVIDER, &site), means);
    let authorize = browser(&mut login).await;
    let back = decide(&site, &authorize, "allow").await;
    clock.advance(Duration::from_secs(5 * 60));
    let notice = login.failed().await;
    assert!(notice.what.contains("5 minutes"), "{notice:?}");
    assert!(visit("GET", back.as_str(), "", None).await.is_none());
    assert_eq!(site.count("POST /oauth/token"), 0);
}

#[tokio::test]
async fn f61_a_login_that_was_asked_for_many_times_can_still_be_given_up() {
    let site = site();
    let mut login = UnderWay::start(job(OAUTH_PROVIDER, &site), means());
    browser(&mut login).await;
    for _ in 0..40 {
        login.tell(LoginInput::Raise).await;
    }
    login.answer(LoginAnswer::Cancel).await;
    assert!(matches!(login.ended().await, Ended::Cancelled));
}

#[tokio::test]
async fn f61_a_person_who_refuses_is_told_that_nothing_changed() {
    let site = site();
    let mut login = UnderWay::start(job(OAUTH_PROVIDER, &site), means());
    let authorize = browser(&mut login).await;
    let back = decide(&site, &authorize, "deny").await;
    let page = visit("GET", back.as_str(), "", None).await.expect("listens");
    assert!(page.body.contains("Nothing was changed"), "{}", page.body);
    let notice = login.failed().await;
    assert_eq!(notice.code, Code::NeedsLogin);
    assert!(notice.what.contains("access_denied"), "{notice:?}");
}

fn registered(port: u16) -> String {
    OAUTH_PROVIDER.replacen(
        "kind = \"oauth\"",
        &format!("kind = \"oauth\"\nredirect = \"localhost:{port}/cb\""),
        1,
    )
}

#[tokio::test]
async fn a_registered_port_is_used_and_one_that_is_taken_is_named() {
    let site = site();
    let squatter = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = squatter.local_addr().expect("bound").port();
    let notice = UnderWay::start(job(&registered(port), &site), means()).failed().await;
    assert_eq!(notice.code, Code::AddressTaken);
    assert!(notice.what.contains(&port.to_string()), "{notice:?}");
    drop(squatter);
    let mut login = UnderWay::start(job(&registered(port), &site), means());
    let authorize = browser(&mut login).await;
    let redirect = query(&authorize, "redirect_uri").expect("there");
    assert_eq!(redirect, format!("http://localhost:{port}/cb"));
    let back = decide(&site, &authorize, "allow").await;
    assert_eq!(visit("GET", back.as_str(), "", None).await.expect("listens").status, 200);
    login.won().await;
}

#[tokio::test]
async fn a_squatter_on_the_other_localhost_is_noticed() {
    let Ok(squatter) = std::net::TcpListener::bind("[::1]:0") else { return };
    let port = squatter.local_addr().expect("bound").port();
    let site = site();
    let notice = UnderWay::start(job(&registered(port), &site), means()).failed().await;
    assert_eq!(notice.code, Code::AddressTaken);
}

#[tokio::test]
async fn a_pasted_address_is_judged_as_a_callback_is() {
    let provider = OAUTH_PROVIDER.replacen(
        "kind = \"oauth\"",
        "kind = \"oauth\"\nredirect = \"paste:http://localhost/done\"",
        1,
    );
    for is_right in [true, false] {
        let site = site();
        let mut login = UnderWay::start(job(&provider, &site), means());
        let authorize = browser(&mut login).await;
        let back = decide(&site, &authorize, "allow").await;
        let pasted = if is_right { format!("  {back}\n") } else { with(&back, "state", Some("old")) };
        login.answer(LoginAnswer::Address { url: Secret::from(pasted) }).await;
        if is_right {
            login.won().await;
        } else {
            let notice = login.failed().await;
            assert!(notice.what.contains("http://localhost/done"), "{notice:?}");
        }
    }
}
