//! Django SimpleJWT with rotation and blacklist, through a form of our own window.

use std::time::Duration;

use lamplighter_core::api::{LoginStage, Request, Response};

use super::day;
use super::peer::Peer;
use super::world::{ACCOUNT, World, hosts};

const LIFE: Duration = Duration::from_secs(8);
const REFRESH: &str = "/api/token/refresh/";
const BLACKLIST: &str = "/api/token/blacklist/";

#[test]
fn n3_simplejwt_is_kept_for_a_day_by_one_rotation_per_expiry_and_reconnected_after_its_end() {
    let Some(hosts) = hosts() else { return };
    let mut peer = Peer::django(&hosts, "jwt.peers.test", LIFE);
    let world = World::start(&hosts);
    let sign_in = |world: &World, id: &str, password: &str| {
        world.fill_in(id, &[("username", "ana"), ("password", password)]);
    };

    let wrong = world.new_login("django-simplejwt", &[("base", peer.base())]);
    sign_in(&world, &wrong.id, "wrong-canary");
    let failed = world.login_comes_to(&wrong.id, |stage| matches!(stage, LoginStage::Failed { .. }));
    let LoginStage::Failed { notice } = failed else { unreachable!("it came to that") };
    assert_eq!(notice.what, "Django SimpleJWT did not accept the login (HTTP 401).");
    assert_eq!(notice.safe.as_deref(), Some("Nothing was stored."));
    assert!(!format!("{notice:?}").contains("canary"));

    let login = world.new_login("django-simplejwt", &[("base", peer.base())]);
    sign_in(&world, &login.id, &peer.person().password);
    let (identity, words) = world.login_is_done(&login.id);
    assert_eq!(identity.as_deref(), Some("1"), "what the token itself says");
    assert_eq!(words, "Signed in as 1. Lamplighter can keep this alive.");

    let works = |token: &str| answers(&world, &peer, token) == "200";
    day::passes(&world, 24, LIFE, works);
    day::one_each(&peer.asked("POST", REFRESH), LIFE);

    let asked = peer.asked("POST", REFRESH).len();
    day::is_ended(&world, &mut peer);
    let after = peer.asked("POST", REFRESH);
    let refused: Vec<u64> =
        after[asked..].iter().map(|asked| asked.status).filter(|status| *status != 200).collect();
    assert_eq!(refused, [401, 401], "rejected once, confirmed once, and not asked again");

    let login = world.login_again();
    sign_in(&world, &login.id, &peer.person().password);
    world.login_is_done(&login.id);
    day::is_reconnected(&world, |token| answers(&world, &peer, token) == "200");

    let answer = world.ask(&Request::Logout { account: ACCOUNT.to_owned() });
    assert!(matches!(answer, Response::LoggedOut { revoke_failed: None, left: None }), "{answer:?}");
    let revoked: Vec<u64> = peer.asked("POST", BLACKLIST).iter().map(|asked| asked.status).collect();
    assert_eq!(revoked, [200], "the credential is blacklisted at the service");
    assert_eq!(
        world.desktop.keyring_labels().expect("a keyring"),
        [""; 0],
        "nothing is left in the keychain"
    );
}

fn answers(world: &World, peer: &Peer, token: &str) -> String {
    world.curl(&format!("{}/api/data", peer.base()), &[format!("Authorization: Bearer {token}")])
}
