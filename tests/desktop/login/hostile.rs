//! T14: a page in the login window finds no way to the app, in no kind of frame.

use std::time::Duration;

use testkit::practice::FRAMES;
use testkit::wait;

use super::child::{Login, SOON, Sight, desktop, host, picture, plan, site};

#[test]
fn t14_a_hostile_page_finds_no_bridge_in_any_frame() {
    let (desktop, site) = (desktop(), site());
    let login = Login::start(&desktop, &plan(&site, "/hostile"));
    login.shows(host(site.base()));
    let reported = |frame: &str| site.hostile_reports().iter().any(|report| report["frame"] == frame);
    assert!(wait::until_true(SOON, || reported("top")), "the page never reported");
    Sight::of_window(&desktop, host(site.base())).await_new_page(&desktop);
    // The page is painted a moment before it takes keys: a person would press once more.
    let all_reported = (0..12).any(|_| {
        desktop.key("Return").expect("the button has the focus");
        wait::until_true(Duration::from_secs(15), || FRAMES.into_iter().all(reported))
    });
    assert!(all_reported, "not each of {FRAMES:?} reported: {:?}", site.hostile_reports());
    picture(&desktop, "login-hostile");
    for report in site.hostile_reports() {
        assert_eq!(report["found"].as_array().map(Vec::len), Some(0), "{report}");
        assert!(report["tried"].as_u64().is_some_and(|tried| tried > 20), "{report}");
    }
}
