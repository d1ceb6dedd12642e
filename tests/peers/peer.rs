//! A service in a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use testkit::desktop::Proc;
use testkit::hosts::Hosts;
use testkit::practice::Person;

/// Longest that a service may take to start, on a machine that is busy with two of them.
const STARTS: Duration = Duration::from_secs(90);

/// A running service.
pub struct Peer {
    // Its standard input is closed first, which ends it.
    orders: ChildStdin,
    words: Receiver<String>,
    _process: Proc,
    folder: tempfile::TempDir,
    base: String,
    person: Person,
}

/// A request that it was sent.
#[derive(Debug)]
pub struct Asked {
    /// When it was answered, in seconds since 1970.
    pub at: f64,
    /// Status of the answer.
    pub status: u64,
    /// All that it wrote down.
    pub line: Value,
}

impl Peer {
    /// Django, as `host`, with tokens and sessions that live for `life`.
    pub fn django(hosts: &Hosts, host: &str, life: Duration) -> Self {
        let python = installed().join("venv/bin/python");
        let folder = sources().join("django");
        Self::start(Command::new(python).arg("serve.py").current_dir(folder), hosts, host, life)
    }

    /// npm's oidc-provider.
    pub fn oidc(hosts: &Hosts, host: &str, life: Duration) -> Self {
        let folder = sources().join("oidc");
        Self::start(Command::new("node").arg("serve.mjs").current_dir(folder), hosts, host, life)
    }

    fn start(command: &mut Command, hosts: &Hosts, host: &str, life: Duration) -> Self {
        let folder = tempfile::Builder::new().prefix("peer-").tempdir().expect("a folder");
        let log = fs::File::create(folder.path().join("stderr")).expect("a file");
        command
            .env("PEER_FOLDER", folder.path())
            .env("PEER_HOST", host)
            .env("PEER_LIFE", life.as_secs().to_string())
            .env("PEER_CERTIFICATE", hosts.certificate())
            .env("PEER_KEY", hosts.key())
            .env("PEER_PACKAGES", installed().join("node"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut process = Proc::spawn(command).expect("it starts");
        let person = Person::new("Ana");
        let mut orders = process.child().stdin.take().expect("a pipe");
        let introduction = serde_json::json!({
            "email": person.email, "password": person.password, "totp": person.totp,
        });
        writeln!(orders, "{introduction}").expect("it listens");
        let output = process.child().stdout.take().expect("a pipe");
        let (sender, words) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let port = words.recv_timeout(STARTS).unwrap_or_else(|_| {
            panic!(
                "{host} never listened: {}",
                fs::read_to_string(folder.path().join("stderr")).unwrap_or_default()
            )
        });
        let base = format!("https://{host}:{}", port.trim());
        Self { orders, words, _process: process, folder, base, person }
    }

    /// Its address, without a trailing slash.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.base.strip_prefix("https://").unwrap_or_default()
    }

    /// Who can log in.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Ends all sessions and grants, as "sign out everywhere" does.
    pub fn end(&mut self) {
        writeln!(self.orders, "end").expect("it listens");
        let word = self.words.recv_timeout(STARTS).expect("it obeys");
        assert!(word.starts_with("ended "), "{word}");
    }

    /// Puts up or takes away the shield against robots.
    pub fn set_shield(&self, up: bool) {
        let path = self.folder.path().join("shield");
        if up {
            fs::write(path, "").expect("written");
        } else {
            fs::remove_file(path).expect("it was up");
        }
    }

    /// Everything that it wrote down so far, oldest first.
    pub fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The requests of this kind, oldest first.
    pub fn asked(&self, method: &str, path: &str) -> Vec<Asked> {
        let is_meant = |line: &Value| line["method"] == method && line["path"] == path;
        let asked = |line: Value| Asked {
            at: line["at"].as_f64().expect("a time"),
            status: line["status"].as_u64().expect("a status"),
            line,
        };
        self.log().into_iter().filter(is_meant).map(asked).collect()
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers")
}

/// Where `cargo xtask test peers` installed what they need.
fn installed() -> PathBuf {
    PathBuf::from(std::env::var_os("TESTKIT_PEERS").expect("set by cargo xtask test peers"))
}
