//! The loop: what happens in windows, pages and on the pipe, one after the other.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::rc::Rc;

use lamplighter_core::jar::Cookie;
use lamplighter_core::login::page::PageRead;
use lamplighter_core::login::watch::{Reason, Seen, Watch};
use lamplighter_core::login::{Capture, Command, Event, Plan};
use lamplighter_core::provider::hosts::Hosts;
use lamplighter_core::record::StorageItem;
use tao::event::{Event as WindowingEvent, WindowEvent};
use tao::event_loop::{ControlFlow, EventLoop, EventLoopBuilder};
use tao::platform::run_return::EventLoopExtRunReturn as _;
use tao::window::WindowId;

use super::icon;
use super::message::{Inbox, Mailbox, Message, Wake};
use super::pipe::{self, Output};
use super::text::Phase;
use super::window::{LoginWindow, Names, Popups, Shared};

/// Origins whose storage is remembered at once; a login passes through a few.
const MOST_ORIGINS: usize = 16;

/// Windows that pages may have open at once.
const MOST_POPUPS: usize = 4;

/// Whether a window can be shown at all; asked before GTK, which would end the process.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn check_display() -> Result<(), &'static str> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        return Err("no display");
    }
    gtk::init().map_err(|_| "no display")
}

/// Windows and macOS always have one.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn check_display() -> Result<(), &'static str> {
    Ok(())
}

/// Shows the login and works until it is over.
pub fn run(plan: Plan, output: Output) -> ExitCode {
    let mut events: EventLoop<Wake> = EventLoopBuilder::with_user_event().build();
    icon::set_for_all();
    let (mailbox, inbox) = Mailbox::new(events.create_proxy());
    let shared = Shared {
        mailbox: mailbox.clone(),
        target: (*events).clone(),
        names: Names::from(&plan),
        user_agent: plan.user_agent.clone(),
        opened: Rc::default(),
    };
    let mut surface = match Surface::open(plan, shared, output) {
        Ok(surface) => surface,
        Err((output, why)) => {
            output.send(&Event::Failed { why });
            return ExitCode::FAILURE;
        }
    };
    pipe::listen(mailbox.clone());
    pipe::tick(mailbox);
    events.run_return(|event, _, flow| {
        *flow = ControlFlow::Wait;
        if let WindowingEvent::WindowEvent { window_id, event: WindowEvent::CloseRequested, .. } = event {
            surface.closed(window_id);
        }
        surface.work_off(&inbox);
        if surface.end.is_some() {
            *flow = ControlFlow::Exit;
        }
    });
    surface.end.unwrap_or(ExitCode::FAILURE)
}

/// One login on the screen.
struct Surface {
    output: Output,
    mailbox: Mailbox,
    first: LoginWindow,
    popups: Popups,
    opened: Rc<RefCell<Vec<LoginWindow>>>,
    watch: Watch,
    storage: BTreeMap<String, Vec<StorageItem>>,
    user_agent: Option<String>,
    languages: Option<String>,
    phase: Phase,
    is_by_person: bool,
    seconds: u32,
    offer_done_after_s: u32,
    end: Option<ExitCode>,
}

impl Surface {
    fn open(plan: Plan, shared: Shared, output: Output) -> Result<Self, (Output, String)> {
        let opened = Hosts::parse(&plan.hosts)
            .map_err(|error| format!("the plan’s hosts: {error}"))
            .and_then(|hosts| Ok((hosts, LoginWindow::first(&shared)?)));
        let (hosts, first) = match opened {
            Ok(opened) => opened,
            Err(why) => return Err((output, why)),
        };
        plan.device.iter().for_each(|cookie| first.restore(cookie));
        first.show(Phase::SignIn, false);
        if let Err(why) = first.open(&plan.url) {
            return Err((output, why));
        }
        output.send(&Event::Shown);
        Ok(Self {
            output,
            mailbox: shared.mailbox,
            first,
            popups: Popups::new(),
            opened: shared.opened,
            watch: Watch::new(plan.done, hosts),
            storage: BTreeMap::new(),
            user_agent: None,
            languages: None,
            phase: Phase::SignIn,
            is_by_person: false,
            seconds: 0,
            offer_done_after_s: plan.offer_done_after_s,
            end: None,
        })
    }

    fn work_off(&mut self, inbox: &Inbox) {
        while self.end.is_none()
            && let Ok(message) = inbox.try_recv()
        {
            self.on(message);
        }
    }

    fn on(&mut self, message: Message) {
        match message {
            Message::Command(command) => self.obey(command),
            Message::ParentGone => self.end = Some(ExitCode::FAILURE),
            Message::Tick => self.tick(),
            Message::Committed(id) => {
                self.window(id).map(LoginWindow::committed);
                self.show();
            }
            Message::Loaded(id) => {
                self.watch.page_loaded();
                self.read(id);
                self.show();
            }
            Message::Answer(id, answer) => self.answered(id, &answer),
            Message::Opened => self.opened(),
            Message::Gone(id) => self.closed(id),
            Message::SignedIn => {
                self.watch.asked();
                self.look();
            }
            Message::Crashed(id) => self.crashed(id),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Finish | Command::Cancel => self.end = Some(ExitCode::SUCCESS),
            Command::Raise => self.first.raise(),
            Command::Continue => {
                self.watch.go_on();
                self.phase = if self.is_by_person { Phase::NotYet } else { Phase::SignIn };
                self.show();
            }
            Command::Unreachable => {
                self.watch.try_again();
                self.phase = Phase::Unreachable;
                self.show();
            }
            Command::Capture => {
                self.watch.asked();
                self.look();
            }
        }
    }

    fn tick(&mut self) {
        self.seconds = self.seconds.saturating_add(1);
        let ids: Vec<WindowId> = self.popups.keys().copied().chain([self.first.id()]).collect();
        ids.into_iter().for_each(|id| self.read(id));
        self.look();
        self.show();
    }

    /// Asks the page for its storage, if it is one of the provider's.
    fn read(&mut self, id: WindowId) {
        let mailbox = self.mailbox.clone();
        let Some(window) = self.window(id) else { return };
        let Some(url) = window.url() else { return };
        if self.watch.hosts().allow(&url)
            && let Some(window) = self.window(id)
        {
            window.read_page(&mailbox);
        }
    }

    fn answered(&mut self, id: WindowId, answer: &str) {
        let Some(url) = self.window(id).and_then(|window| window.url()) else { return };
        if !self.watch.hosts().allow(&url) {
            return;
        }
        let Some(read) = PageRead::from_answer(answer, &url) else { return };
        if self.storage.len() < MOST_ORIGINS || self.storage.contains_key(&read.origin) {
            self.storage.insert(read.origin, read.items);
        }
        self.user_agent = self.user_agent.take().or(read.user_agent);
        self.languages = self.languages.take().or(read.languages);
    }

    /// Looks at cookies and storage; a capture goes out if the login looks done.
    fn look(&mut self) {
        let cookies = match self.first.cookies() {
            Ok(cookies) => cookies,
            Err(why) => return tracing::warn!("{why}"),
        };
        let url = self.first.url();
        let storage: Vec<StorageItem> = self.storage.values().flatten().map(duplicate).collect();
        let seen = Seen { url: url.as_ref(), cookies: &cookies, storage: &storage };
        let Some(reason) = self.watch.look(&seen) else { return };
        self.capture(reason, cookies, storage, url);
    }

    fn capture(
        &mut self,
        reason: Reason,
        cookies: Vec<Cookie>,
        storage: Vec<StorageItem>,
        url: Option<url::Url>,
    ) {
        let by_person = reason == Reason::Person;
        let capture = Capture {
            by_person,
            cookies,
            storage,
            user_agent: self.user_agent.clone(),
            languages: self.languages.clone(),
            url,
        };
        self.output.send(&Event::Captured(Box::new(capture)));
        self.is_by_person = by_person;
        self.show();
    }

    fn opened(&mut self) {
        for window in self.opened.take() {
            if self.popups.len() < MOST_POPUPS {
                self.popups.insert(window.id(), window);
            }
        }
        self.show();
    }

    fn closed(&mut self, id: WindowId) {
        if id == self.first.id() {
            self.output.send(&Event::Closed);
            self.end = Some(ExitCode::SUCCESS);
        } else {
            self.popups.remove(&id);
        }
    }

    fn crashed(&mut self, id: WindowId) {
        if id == self.first.id() {
            self.output.send(&Event::Failed { why: "the page’s process ended".to_owned() });
            self.end = Some(ExitCode::FAILURE);
        } else {
            self.popups.remove(&id);
        }
    }

    /// Titles and bars say where their pages come from; the parent is told of the first window's host.
    fn show(&mut self) {
        let is_offered = self.seconds >= self.offer_done_after_s;
        let phase = if self.watch.is_waiting() { Phase::Checking } else { self.phase };
        for popup in self.popups.values() {
            popup.show(phase, false);
        }
        if let Some(place) = self.first.show(phase, is_offered)
            && let Some(host) = place.host
        {
            self.output.send(&Event::At { host, secure: place.is_secure });
        }
    }

    fn window(&mut self, id: WindowId) -> Option<&mut LoginWindow> {
        if id == self.first.id() { Some(&mut self.first) } else { self.popups.get_mut(&id) }
    }
}

fn duplicate(item: &StorageItem) -> StorageItem {
    StorageItem {
        origin: item.origin.clone(),
        area: item.area,
        key: item.key.clone(),
        value: item.value.duplicate(),
    }
}
