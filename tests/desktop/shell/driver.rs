//! A page driven from outside by the W3C's WebDriver, through WebKit's own driver: whatever script could do in it is
//! done, without a line of it in the product.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::desktop::Proc;
use testkit::wait;

use super::world::{SOON, World};

/// The name under which answers carry an element (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Longest that a page may take to load that is not to come at all. What is on its way after a script is waited for no
/// longer either.
const PAGE_WITHIN: Duration = Duration::from_secs(2);

/// A browser or app under a driver. Dropping it ends both.
pub struct Driver {
    // Its group holds what it started.
    _driver: Proc,
    port: u16,
    session: String,
}

impl Driver {
    /// The app with its window, driven; nothing of it was started before.
    pub fn of_app(world: &World) -> Self {
        let mut command = world.command_of("WebKitWebDriver".as_ref());
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        Self::start(&mut command, Some(&testkit::program("lamplighter")))
    }

    /// Starts `program`, or the driver's own browser, under the driver that `command` starts, and waits for it.
    pub fn start(command: &mut Command, program: Option<&Path>) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let driver = Proc::spawn(command.arg(format!("--port={port}"))).expect("it starts");
        let mut this = Self { _driver: driver, port, session: String::new() };
        let listens = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        assert!(wait::until_true(SOON, listens), "the driver does not listen");
        let mut wanted = json!({
            "timeouts": { "pageLoad": millis(PAGE_WITHIN), "script": millis(SOON) },
            "unhandledPromptBehavior": "dismiss",
        });
        if let Some(program) = program {
            wanted["webkitgtk:browserOptions"] = json!({ "binary": program, "args": [] });
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let session = this.ask("POST", "/session", &wanted).expect("a session");
        session["sessionId"].as_str().expect("an id").clone_into(&mut this.session);
        this
    }

    /// Runs the body of a function in the page; the error if it throws.
    pub fn run(&self, script: &str, arguments: &Value) -> Result<Value, Value> {
        self.session("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The same for one that answers by calling its last argument.
    pub fn run_async(&self, script: &str, arguments: &Value) -> Result<Value, Value> {
        self.session("POST", "/execute/async", &json!({ "script": script, "args": arguments }))
    }

    /// Goes to an address, as if it were typed, and waits for its page.
    pub fn go(&self, address: &str) -> Result<Value, Value> {
        let within = |time| self.session("POST", "/timeouts", &json!({ "pageLoad": millis(time) }));
        within(SOON)?;
        let gone = self.try_to_go(address);
        within(PAGE_WITHIN)?;
        gone
    }

    /// The same where no page is to come.
    pub fn try_to_go(&self, address: &str) -> Result<Value, Value> {
        self.session("POST", "/url", &json!({ "url": address }))
    }

    /// Asks for another window.
    pub fn new_window(&self) -> Result<Value, Value> {
        self.session("POST", "/window/new", &json!({ "type": "window" }))
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        let address = self.session("GET", "/url", &Value::Null).expect("an address");
        address.as_str().unwrap_or_default().to_owned()
    }

    /// Presses the first element that `selector` finds, by the mouse.
    pub fn click(&self, selector: &str) -> Result<Value, Value> {
        let found =
            self.session("POST", "/element", &json!({ "using": "css selector", "value": selector }))?;
        self.press(&found)
    }

    /// Presses an element that a script found, by the mouse; it is brought into sight first.
    pub fn press(&self, element: &Value) -> Result<Value, Value> {
        self.element(element, "click", &json!({}))
    }

    /// Puts text into a field that a script found, by the keyboard, in the place of what was in it.
    pub fn fill(&self, field: &Value, text: &str) -> Result<Value, Value> {
        self.element(field, "clear", &json!({}))?;
        self.element(field, "value", &json!({ "text": text }))
    }

    fn element(&self, element: &Value, what: &str, body: &Value) -> Result<Value, Value> {
        let id = element[ELEMENT].as_str().expect("an element");
        self.session("POST", &format!("/element/{id}/{what}"), body)
    }

    fn session(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        self.ask(method, &format!("/session/{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let answer = self.exchange(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"));
        let value = answer["value"].clone();
        if value.get("error").is_some() { Err(value) } else { Ok(value) }
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(SOON * 2))?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all((head + &body).as_bytes())?;
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body)?;
        serde_json::from_slice(&body).map_err(std::io::Error::other)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
