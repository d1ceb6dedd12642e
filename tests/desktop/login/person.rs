//! A person's hands at the practice site's pages.

use std::time::Duration;

use testkit::desktop::VirtualDesktop;
use testkit::practice::Site;
use testkit::wait;

use super::child::{SOON, Sight, picture};

/// How often a form of the site was sent and found right.
fn taken(site: &Site, path: &str) -> usize {
    let right = |entry: &&testkit::practice::Entry| {
        entry.method == "POST" && entry.path == path && (200..400).contains(&entry.status)
    };
    site.requests().iter().filter(right).count()
}

/// Types until the site has taken it: a page is painted a moment before it takes keys, and a person whose keys
/// went nowhere types once more.
fn type_until_taken(site: &Site, path: &str, mut once: impl FnMut()) {
    let before = taken(site, path);
    let is_taken = (0..20).any(|_| {
        once();
        wait::until_true(Duration::from_secs(8), || taken(site, path) > before)
    });
    assert!(is_taken, "what was typed is right");
}

/// Types e-mail and password. The pages put the cursor into their first field, as good ones do.
pub fn type_password(desktop: &VirtualDesktop, site: &Site, path: &str, sight: &mut Sight) {
    sight.await_new_page(desktop);
    picture(desktop, "login-password");
    let person = site.person();
    type_until_taken(site, path, || {
        desktop.key("ctrl+a").expect("pressed");
        desktop.type_text(&person.email).expect("typed");
        desktop.key("Tab").expect("pressed");
        desktop.key("ctrl+a").expect("pressed");
        desktop.type_text(&person.password).expect("typed");
        desktop.key("Return").expect("pressed");
    });
}

/// Types the code of the second factor.
pub fn type_code(desktop: &VirtualDesktop, site: &Site, sight: &mut Sight) {
    assert!(wait::until_true(SOON, || site.second_factors_asked() >= 1), "the password was right");
    sight.await_new_page(desktop);
    picture(desktop, "login-code");
    type_until_taken(site, "/login/totp", || {
        desktop.key("ctrl+a").expect("pressed");
        desktop.type_text(&site.totp_code(&site.person().email)).expect("typed");
        desktop.key("Return").expect("pressed");
    });
}
