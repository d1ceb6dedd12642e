//! A login child on a virtual desktop, with its pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lamplighter_core::exchange::BrowserCondition;
use lamplighter_core::login::{Capture, Command, Event, Plan};
use lamplighter_core::record::StorageArea;
use lamplighter_core::text::Lang;
use testkit::desktop::{Keyring, Options, Proc, VirtualDesktop, Window};
use testkit::practice::{Person, Settings, Site};

/// Longest that anything here may take; a webview on a slow machine under load needs its time.
pub const SOON: Duration = Duration::from_secs(180);

/// A desktop with a window manager and nothing else, in the language of this locale.
pub fn options(lang: &str) -> Options {
    Options {
        keyring: Keyring::Absent,
        notifications: false,
        panel: false,
        lang: lang.to_owned(),
        ..Options::default()
    }
}

/// The same, started, as most tests want it.
pub fn desktop() -> VirtualDesktop {
    VirtualDesktop::start(&options("C.UTF-8")).expect("a desktop")
}

/// A site with Ana, who has a second factor.
pub fn site() -> Site {
    Site::start(Settings { people: vec![Person::new("Ana")], ..Settings::default() })
}

/// A login at the site's `path`, done when the page script has minted a token.
pub fn plan(site: &Site, path: &str) -> Plan {
    let token = BrowserCondition::Storage {
        origin: None,
        area: StorageArea::Local,
        key: "access_token".to_owned(),
        not: None,
    };
    Plan {
        account: "work".to_owned(),
        provider: "Practice".to_owned(),
        lang: Lang::En,
        url: format!("{}{path}", site.base()).parse().expect("an address"),
        hosts: vec![site.base().to_owned()],
        device: Vec::new(),
        done: vec![token],
        user_agent: None,
        offer_done_after_s: 60,
    }
}

/// The child.
pub struct Login {
    process: Proc,
    orders: Option<ChildStdin>,
    events: Receiver<Event>,
}

impl Login {
    /// Starts the child with `plan` on `desktop`.
    pub fn start(desktop: &VirtualDesktop, plan: &Plan) -> Self {
        Self::start_by(&mut desktop.command(testkit::program("lamplighter")), plan)
    }

    /// Starts it by a command that is set up already.
    pub fn start_by(command: &mut std::process::Command, plan: &Plan) -> Self {
        Self::told(command, &plan.to_line())
    }

    /// The same with a first line that need not be a plan of this version.
    pub fn told(command: &mut std::process::Command, first: &[u8]) -> Self {
        let command = command.arg("login").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Proc::spawn(command).expect("it starts");
        let mut orders = process.child().stdin.take().expect("a pipe");
        let reports = process.child().stdout.take().expect("a pipe");
        orders.write_all(first).expect("it reads its plan");
        let (sender, events) = channel();
        std::thread::spawn(move || {
            let mut reports = BufReader::new(reports);
            let mut line = Vec::new();
            while reports.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let event = Event::from_line(&line).expect("it keeps to the protocol");
                line.clear();
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self { process, orders: Some(orders), events }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The next event that `wanted` finds something in.
    pub fn event<T>(&self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(SOON).expect("the event never came");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// The next capture.
    pub fn capture(&self) -> Capture {
        self.event(|event| match event {
            Event::Captured(capture) => Some(*capture),
            _ => None,
        })
    }

    /// Waits until its page is shown.
    pub fn shows(&self, host: &str) {
        self.event(|event| match event {
            Event::At { host: at, .. } => (at == host).then_some(()),
            _ => None,
        });
    }

    /// Says something to it.
    pub fn order(&mut self, command: Command) {
        let orders = self.orders.as_mut().expect("the pipe is open");
        orders.write_all(&command.to_line()).expect("it listens");
    }

    /// Closes the pipe to it, as the death of its parent does.
    pub fn abandon(&mut self) {
        self.orders = None;
    }

    /// Waits until it has ended.
    pub fn ended(&mut self, at_most: Duration) -> ExitStatus {
        self.process.wait(at_most).expect("it ends in time")
    }
}

/// Host and port of a site's address.
pub fn host(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, host)| host)
}

/// What a person sees of a window's page. A page that is asked for is not there at once, and keys that are
/// pressed too early go nowhere.
pub struct Sight {
    crop: String,
    seen: Vec<u8>,
}

/// Height of our bar, and some.
const BAR: i32 = 70;

impl Sight {
    /// Of the window whose title begins with `host`, waited for. Nothing of its page was seen yet.
    pub fn of_window(desktop: &VirtualDesktop, host: &str) -> Self {
        let window = desktop.window(&format!("{host} – "), SOON);
        let window = window.unwrap_or_else(|| panic!("no window of {host}: {:?}", desktop.windows()));
        // Painted is not yet active: under load the window manager takes a while longer.
        desktop.focus(&window).expect("it takes the keyboard");
        let Window { x, y, width, height, .. } = window;
        let crop = format!("{}x{}+{}+{}", width - 20, height - BAR - 10, x + 10, y + BAR);
        Self { crop, seen: Vec::new() }
    }

    /// Waits until another page is painted than the one that was seen last.
    pub fn await_new_page(&mut self, desktop: &VirtualDesktop) {
        let look = || {
            let now = self.look(desktop);
            let changed =
                now.iter().zip(&self.seen).filter(|(now, before)| now.abs_diff(**before) > 16).count();
            let is_blank = now.iter().all(|dot| Some(dot) == now.first());
            // A blinking cursor is a few dots.
            (!is_blank && (self.seen.is_empty() || changed > 30)).then_some(now)
        };
        self.seen = testkit::wait::until(SOON, look).expect("another page appears");
    }

    /// The page as few grey dots.
    fn look(&self, desktop: &VirtualDesktop) -> Vec<u8> {
        let path = desktop.home().join("sight.png");
        desktop.screenshot(&path).expect("a picture");
        let mut convert = desktop.command("convert");
        let convert =
            convert.arg(&path).args(["-crop", &self.crop, "-resize", "20%", "-depth", "8", "gray:-"]);
        convert.stdout(Stdio::piped()).output().expect("ImageMagick").stdout
    }
}

/// Takes a picture if `TESTKIT_PICTURES` names a folder.
pub fn picture(desktop: &VirtualDesktop, name: &str) {
    if let Some(folder) = std::env::var_os("TESTKIT_PICTURES") {
        desktop.screenshot(&PathBuf::from(folder).join(format!("{name}.png"))).expect("a picture");
    }
}
