//! A person signs in: password, second factor, remembered device, a sign-on popup, and "I am signed in".

use std::time::Duration;

use lamplighter_core::jar::Cookie;
use lamplighter_core::login::{Capture, Command};
use lamplighter_core::record::StorageArea;
use lamplighter_core::text::Lang;
use testkit::desktop::{Role, VirtualDesktop};
use testkit::practice::Site;

use super::child::{Login, SOON, Sight, desktop, host, picture, plan, site};
use super::person::{type_code, type_password};

fn cookie<'a>(capture: &'a Capture, name: &str) -> &'a Cookie {
    capture.cookies.iter().find(|cookie| cookie.name == name).unwrap_or_else(|| panic!("no cookie {name}"))
}

fn stored<'a>(capture: &'a Capture, area: StorageArea, key: &str) -> &'a str {
    let item = capture.storage.iter().find(|item| item.area == area && item.key == key);
    item.and_then(|item| item.value.expose_str()).unwrap_or_else(|| panic!("no item {key}"))
}

#[test]
fn a_person_signs_in_and_the_next_time_the_device_is_known() {
    let (desktop, site) = (desktop(), site());
    let mut login = Login::start(&desktop, &plan(&site, "/"));
    login.shows(host(site.base()));
    let title = format!("{} – sign in to Practice (work)", host(site.base()));
    assert!(desktop.window(&title, SOON).is_some(), "the title names the real host: {:?}", desktop.windows());
    let mut sight = Sight::of_window(&desktop, host(site.base()));
    type_password(&desktop, &site, "/login", &mut sight);
    type_code(&desktop, &site, &mut sight);
    let capture = login.capture();
    assert!(!capture.by_person);
    let sid = cookie(&capture, "sid");
    assert!(sid.http_only && sid.host_only && !sid.value.is_empty());
    let token = stored(&capture, StorageArea::Local, "access_token");
    assert_eq!(site.owner_of(token).as_deref(), Some("ana@example.com"));
    assert!(!stored(&capture, StorageArea::Session, "nonce").is_empty());
    assert!(capture.user_agent.as_deref().is_some_and(|agent| agent.starts_with("Mozilla/5.0")));
    // What is not there yet can still come: the login goes on until the engine is content.
    login.order(Command::Continue);
    login.order(Command::Finish);
    assert!(login.ended(SOON).success());
    assert_eq!(site.second_factors_asked(), 1);
    leaves_nothing_on_disk(&desktop, &site);

    let device: Vec<Cookie> = vec![cookie(&capture, "device_id").duplicate()];
    let mut again = Login::start(&desktop, &lamplighter_core::login::Plan { device, ..plan(&site, "/") });
    again.shows(host(site.base()));
    type_password(&desktop, &site, "/login", &mut Sight::of_window(&desktop, host(site.base())));
    assert!(!stored(&again.capture(), StorageArea::Local, "access_token").is_empty());
    assert_eq!(site.second_factors_asked(), 1, "the device was remembered");
    again.order(Command::Cancel);
    assert!(again.ended(SOON).success());
}

/// T16: no cookie, token or password of the login is in any file of the home, the runtime folder or the
/// temporary one.
fn leaves_nothing_on_disk(desktop: &VirtualDesktop, site: &Site) {
    let root = desktop.home().parent().expect("it has one").to_owned();
    let secrets: Vec<String> = site.secrets().iter().map(|issued| issued.value.clone()).collect();
    assert!(secrets.len() > 3);
    let mut folders = vec![root];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files += 1;
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                for secret in &secrets {
                    let found = bytes.windows(secret.len().max(1)).any(|window| window == secret.as_bytes());
                    assert!(!found, "{} holds a secret", entry.path().display());
                }
            }
        }
    }
    assert!(files > 0, "nothing was looked at");
}

#[test]
fn a_sign_on_popup_has_its_opener_its_own_bar_and_closes_itself() {
    let (desktop, site) = (desktop(), site());
    let mut login = Login::start(&desktop, &plan(&site, "/login/sso"));
    login.shows(host(site.base()));
    let mut sight = Sight::of_window(&desktop, host(site.base()));
    sight.await_new_page(&desktop);
    let title = format!("{} – sign in to Practice", host(site.sso()));
    // The page is painted a moment before it takes keys: a person would press once more.
    let opened = (0..18).any(|_| {
        desktop.key("Return").expect("pressed");
        desktop.window(&title, Duration::from_secs(10)).is_some()
    });
    assert!(opened, "the popup names its own host: {:?}", desktop.windows());
    type_password(&desktop, &site, "/id/login", &mut Sight::of_window(&desktop, host(site.sso())));
    let capture = login.capture();
    assert!(desktop.window_gone(&title, SOON), "it closed itself");
    assert!(
        !cookie(&capture, "practice_id").value.is_empty(),
        "one context: the other host's cookie is there"
    );
    assert!(!stored(&capture, StorageArea::Local, "access_token").is_empty());
    let origins: Vec<&str> = capture.storage.iter().map(|item| item.origin.as_str()).collect();
    assert!(origins.iter().all(|origin| *origin == site.base()), "storage of the provider's hosts only");
    login.order(Command::Finish);
    assert!(login.ended(SOON).success());
}

#[test]
fn i_am_signed_in_is_offered_in_the_persons_language_and_says_if_it_is_not_so() {
    let (desktop, site) = (desktop(), site());
    let plan =
        lamplighter_core::login::Plan { lang: Lang::Fr, offer_done_after_s: 1, ..plan(&site, "/login") };
    let mut login = Login::start(&desktop, &plan);
    login.shows(host(site.base()));
    let says = |text: &str| desktop.element(Role::Any, text, SOON).is_some();
    assert!(says("Connectez-vous comme d’habitude. Cette fenêtre se ferme toute seule."));
    assert!(says("non chiffré, cet ordinateur") && says(host(site.base())));
    picture(&desktop, "login-fr");
    desktop.press(Role::Button, "Je suis connecté", SOON).expect("a button");
    assert!(login.capture().by_person, "whatever the conditions say");
    assert!(says("Vérification de la connexion…"));
    login.order(Command::Continue);
    assert!(says("Le service ne confirme pas encore la connexion."));
    picture(&desktop, "login-fr-not-yet");
    login.order(Command::Unreachable);
    assert!(says("Le service est injoignable"));
    login.order(Command::Capture);
    assert!(login.capture().by_person, "the person can also say so in our own window");
    login.order(Command::Cancel);
    assert!(login.ended(SOON).success());
}
