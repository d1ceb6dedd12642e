//! npm's certified oidc-provider: code with PKCE in the person's own browser, rotating refresh tokens, revocation.

use std::time::Duration;

use lamplighter_core::api::{LoginStage, Request, Response};
use testkit::desktop::Role;

use super::day;
use super::peer::{Asked, Peer};
use super::world::{ACCOUNT, SOON, World, hosts};

const LIFE: Duration = Duration::from_secs(8);

#[test]
fn n5_an_openid_provider_is_kept_by_rotation_reconnected_in_the_browser_and_revoked_at_logout() {
    let Some(hosts) = hosts() else { return };
    let mut peer = Peer::oidc(&hosts, "oidc.peers.test", LIFE);
    let mut world = World::start(&hosts);
    let login = world.new_login("oidc-provider", &[("issuer", peer.base()), ("client_id", "lamp")]);
    sign_in(&mut world, &peer, &login.id, true);
    let (identity, words) = world.login_is_done(&login.id);
    assert_eq!(identity.as_deref(), Some("ana"));
    assert_eq!(words, "Signed in as ana. Lamplighter can keep this alive.");
    let pkce = peer.asked("GET", "/auth");
    assert!(pkce.iter().all(|asked| asked.line["pkce"] == "S256"), "{pkce:?}");

    day::passes(&world, 24, LIFE, |token| answers(&world, &peer, token) == "200");
    day::one_each(&rotations(&peer), LIFE);
    // A refresh token that is used twice ends the grant here: nobody did.
    assert!(peer.log().iter().all(|line| line["event"] != "grant.revoked"), "{:?}", peer.log());

    let asked = rotations(&peer).len();
    day::is_ended(&world, &mut peer);
    let refused: Vec<u64> =
        rotations(&peer)[asked..].iter().map(|asked| asked.status).filter(|status| *status != 200).collect();
    assert_eq!(refused, [400, 400], "rejected once, confirmed once, and not asked again");

    let login = world.login_again();
    // The browser is still signed in there: the person only agrees.
    sign_in(&mut world, &peer, &login.id, false);
    world.login_is_done(&login.id);
    day::is_reconnected(&world, |token| answers(&world, &peer, token) == "200");

    let token = world.token().unwrap_or_else(|notice| panic!("{notice:?}"));
    let token = token.value.expose_str().expect("text").to_owned();
    let answer = world.ask(&Request::Logout { account: ACCOUNT.to_owned() });
    assert!(matches!(answer, Response::LoggedOut { revoke_failed: None, left: None }), "{answer:?}");
    let revoked: Vec<u64> =
        peer.asked("POST", "/token/revocation").iter().map(|asked| asked.status).collect();
    assert_eq!(revoked, [200]);
    assert_eq!(answers(&world, &peer, &token), "401", "the grant is gone, and all that hangs on it");
    assert_eq!(
        world.desktop.keyring_labels().expect("a keyring"),
        [""; 0],
        "nothing is left in the keychain"
    );
}

/// In the browser of the desktop, by mouse and keyboard.
fn sign_in(world: &mut World, peer: &Peer, login: &str, with_password: bool) {
    let stage = world.login_comes_to(login, |stage| matches!(stage, LoginStage::Browser { .. }));
    let LoginStage::Browser { url } = stage else { unreachable!("it came to that") };
    assert!(url.starts_with(&format!("{}/auth?", peer.base())), "{url}");
    world.open_browser(&url);
    // All pages of its development interactions have this title.
    let window = world.desktop.window("Sign-in - ", SOON);
    let window = window.unwrap_or_else(|| panic!("no page: {:?}", world.desktop.windows()));
    world.desktop.focus(&window).expect("it takes the keyboard");
    if with_password {
        world.type_into("Enter any login", "ana");
        world.type_into("and password", "any will do");
        world.desktop.key("Return").expect("pressed");
    }
    let asked = world.desktop.element(Role::Button, "Continue", SOON);
    assert!(asked.is_some(), "it does not ask for consent: {:?}", world.desktop.elements());
    world.picture("oidc-consent");
    world.desktop.press(Role::Button, "Continue", SOON).expect("pressed");
}

/// The refreshes at the token end point.
fn rotations(peer: &Peer) -> Vec<Asked> {
    peer.asked("POST", "/token").into_iter().filter(|asked| asked.line["grant"] == "refresh_token").collect()
}

fn answers(world: &World, peer: &Peer, token: &str) -> String {
    world.curl(&format!("{}/me", peer.base()), &[format!("Authorization: Bearer {token}")])
}
