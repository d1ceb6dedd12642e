//! A link that is dragged out of a browser and dropped on the app's window: a browser would follow it (T14).

use std::fs;
use std::time::Duration;

use testkit::desktop::{Role, Window};
use testkit::wait;

use super::listener::Listener;
use super::world::{SOON, WINDOW, World, options};

/// What nobody should see is waited for this long.
const A_WHILE: Duration = Duration::from_secs(3);

/// Starts WebKit's own small browser on a page of this title, at a place on the screen.
fn browse(world: &mut World, title: &str, body: &str, place: [i32; 4]) -> Window {
    let page = world.desktop.home().join(format!("{title}.html"));
    fs::write(&page, format!("<!doctype html><title>{title}</title>{body}")).expect("written");
    let browser = format!("/usr/lib/{}-linux-gnu/webkit2gtk-4.1/MiniBrowser", std::env::consts::ARCH);
    let mut browser = world.desktop.command(browser);
    // Each is to be a program of its own.
    browser.env_remove("DBUS_SESSION_BUS_ADDRESS").arg(format!("file://{}", page.display()));
    world.desktop.start_program(&mut browser).expect("a browser");
    world.desktop.window(title, SOON).expect("its window");
    put(world, title, place)
}

/// Moves and sizes a window as far as it lets itself be sized, and waits until it is there.
fn put(world: &World, title: &str, [x, y, width, height]: [i32; 4]) -> Window {
    let found = world.desktop.window(title, SOON).expect("a window");
    let mut xdotool = world.desktop.command("xdotool");
    xdotool.arg("windowsize").args([found.id.to_string(), width.to_string(), height.to_string()]);
    xdotool.arg("windowmove").args([found.id.to_string(), x.to_string(), y.to_string()]);
    assert!(xdotool.status().expect("xdotool").success());
    // Its frame moves it a little further.
    let is_near = |window: &Window| (x..x + 30).contains(&window.x) && (y..y + 60).contains(&window.y);
    let is_there = || world.desktop.window(title, Duration::ZERO).filter(is_near);
    let put = wait::until(SOON, is_there);
    put.unwrap_or_else(|| panic!("it is not there: {:?}", world.desktop.windows()))
}

fn middle(window: &Window) -> [String; 2] {
    [(window.x + window.width / 2).to_string(), (window.y + window.height * 2 / 3).to_string()]
}

/// As fast as a hand: toolkits take what is faster for a click.
fn drag(world: &World, from: &Window, to: &Window) {
    let ([from_x, from_y], [to_x, to_y]) = (middle(from), middle(to));
    let mut xdotool = world.desktop.command("xdotool");
    xdotool.args(["mousemove", &from_x, &from_y, "sleep", "0.3", "mousedown", "1", "sleep", "0.3"]);
    for _ in 0..8 {
        xdotool.args(["mousemove_relative", "6", "4", "sleep", "0.05"]);
    }
    xdotool.args(["mousemove", &to_x, &to_y, "sleep", "0.3", "mousemove_relative", "5", "5", "sleep", "0.5"]);
    assert!(xdotool.args(["mouseup", "1"]).status().expect("xdotool").success());
}

#[test]
fn t14_a_link_that_is_dropped_on_the_window_is_not_followed() {
    let mut world = World::new(&options());
    let elsewhere = Listener::start();
    let link = |name: &str| {
        let to = elsewhere.base("http");
        format!(
            "<a href='{to}/{name}' style='position:fixed;inset:0;font-size:40px'>a way out, a way out</a>"
        )
    };
    let target = browse(&mut world, "Target", "<p>Here", [0, 480, 400, 350]);
    let source = browse(&mut world, "Source", &link("on-a-browser"), [0, 20, 400, 300]);
    drag(&world, &source, &target);
    let came = |name: &str| elsewhere.seen().contains(name);
    assert!(wait::until_true(SOON, || came("on-a-browser")), "not even a browser follows it");

    let source = browse(&mut world, "Other", &link("on-the-app"), [0, 20, 400, 300]);
    world.start(&[]);
    world.await_window();
    world.desktop.element(Role::Link, "Settings", SOON).expect("its page");
    let app = put(&world, WINDOW, [620, 20, 650, 600]);
    world.picture("before-the-drop");
    drag(&world, &source, &app);
    assert!(!wait::until_true(A_WHILE, || came("on-the-app")), "the window followed it");
    world.picture("after-the-drop");
    world.desktop.press(Role::Link, "Settings", SOON).expect("a link");
    world.await_text("Start when I log in");
}
