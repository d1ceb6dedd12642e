//! What the login window is called, for a person and for every program that lists windows.

use lamplighter_core::text::Lang;
use testkit::desktop::VirtualDesktop;

use super::child::{Login, SOON, host, options, plan, site};

#[test]
fn t14_a_title_beyond_ascii_is_found_in_a_language_whose_locale_is_not_installed() {
    // There GTK cannot write such a title the old way (ICCCM 4.1.2.1, WM_NAME): only _NET_WM_NAME has it.
    let desktop = VirtualDesktop::start(&options("xx_XX.UTF-8")).expect("a desktop");
    let site = site();
    let _login = Login::start(&desktop, &plan_in_french(&site));
    let title = format!("{} – connexion à Practice (work)", host(site.base()));
    assert!(desktop.window(&title, SOON).is_some(), "no {title:?} in {:?}", desktop.windows());
}

fn plan_in_french(site: &testkit::practice::Site) -> lamplighter_core::login::Plan {
    lamplighter_core::login::Plan { lang: Lang::Fr, ..plan(site, "/") }
}
