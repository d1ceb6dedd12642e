//! Django with django-allauth and a second factor, in the login window; kept alive by cookies over HTTP and through
//! Chrome. Allauth sets its session cookie before the second factor: only the probe tells that a login is done.

use std::time::Duration;

use lamplighter_core::api::LoginStage;
use testkit::desktop::Role;
use testkit::practice::totp;
use testkit::wait;

use super::day;
use super::peer::{Asked, Peer};
use super::world::{SOON, World, hosts};

const LIFE: Duration = Duration::from_secs(14);

#[test]
fn n2_n4_allauth_is_done_when_the_probe_says_so_and_kept_over_http_and_through_chrome() {
    let Some(hosts) = hosts() else { return };
    let mut peer = Peer::django(&hosts, "web.peers.test", LIFE);
    let world = World::start(&hosts);
    let login = world.new_login("django-allauth", &[("base", peer.base())]);
    sign_in(&world, &peer, &login.id);
    let (identity, words) = world.login_is_done(&login.id);
    assert_eq!(identity.as_deref(), Some(peer.person().email.as_str()));
    assert_eq!(words, "Signed in as ana@example.com. Lamplighter can keep this alive.");

    let works = |session: &str| answers(&world, &peer, session) == "200";
    let begun = refreshes(&peer).len();
    day::passes(&world, 24, LIFE, works);
    day::one_each(&refreshes(&peer)[begun..], LIFE);
    assert!(world.history().iter().all(|row| row.kind != "refresh" || row.way.as_deref() == Some("http")));

    // From now on the service lets only browsers in: Chrome takes over, with the same session.
    peer.set_shield(true);
    day::passes(&world, 6, LIFE, works);
    let by_chrome = world.history().iter().filter(|row| row.way.as_deref() == Some("browser")).count();
    assert!(by_chrome >= 4, "{:?}", world.history());
    peer.set_shield(false);
    day::passes(&world, 2, LIFE, works);
    assert_eq!(world.history()[0].way.as_deref(), Some("http"), "the cheap way again, as soon as it works");

    day::is_ended(&world, &mut peer);
    let login = world.login_again();
    sign_in(&world, &peer, &login.id);
    world.login_is_done(&login.id);
    day::is_reconnected(&world, |session| answers(&world, &peer, session) == "200");
}

/// Types as a person does. Between password and code the window is asked for its session, which proves nothing.
fn sign_in(world: &World, peer: &Peer, login: &str) {
    let window = world.desktop.window(&format!("{} – ", peer.host()), SOON);
    let window = window.unwrap_or_else(|| panic!("no window: {:?} {}", world.desktop.windows(), world.log()));
    world.desktop.focus(&window).expect("it takes the keyboard");
    let probed = refused_probes(peer);
    let person = peer.person();
    world.type_into("Email", &person.email);
    world.type_into("Password", &person.password);
    world.desktop.key("Return").expect("pressed");
    assert!(world.desktop.element(Role::Field, "Code", SOON).is_some(), "no second factor");
    let asked = wait::until_true(SOON, || refused_probes(peer) > probed);
    assert!(asked, "the session cookie is there, and the probe was asked: {}", world.log());
    // It was not believed: the person goes on signing in.
    world.login_comes_to(login, |stage| matches!(stage, LoginStage::Open { .. }));
    let words = world.desktop.element(Role::Any, "cannot be reached", Duration::ZERO);
    assert!(words.is_none(), "it was reached: {words:?}");
    world.picture("allauth-second-factor");
    world.type_into("Code", &totp(person.totp.as_ref().expect("a second factor")));
    world.desktop.key("Return").expect("pressed");
}

/// Probes that said "not logged in": nothing but the engine asks this.
fn refused_probes(peer: &Peer) -> usize {
    peer.asked("GET", "/me").iter().filter(|asked| asked.status == 302).count()
}

/// What the engine itself asked for over HTTP.
fn refreshes(peer: &Peer) -> Vec<Asked> {
    peer.asked("GET", "/").into_iter().filter(|asked| asked.line["browser"] == false).collect()
}

/// What the service answers to a program that has this session.
fn answers(world: &World, peer: &Peer, session: &str) -> String {
    // As a browser would say it: the shield is another matter.
    let headers = [format!("Cookie: sessionid={session}"), "Sec-Fetch-Mode: navigate".to_owned()];
    world.curl(&format!("{}/", peer.base()), &headers)
}
