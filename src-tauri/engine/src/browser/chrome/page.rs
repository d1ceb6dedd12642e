//! What Chrome's events tell of the page: where its frames are, whether it loads, what it sends.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lamplighter_core::exchange::NotSent;
use lamplighter_core::provider::hosts::Hosts;
use lamplighter_core::secret::Secret;
use serde::Deserialize;
use url::Url;

use super::failure;
use super::headers::RequestHeaders;
use super::pipe::Frame;

/// How many requests are remembered to tell their late parts by.
const MOST_REQUESTS: usize = 2_000;

/// Why the visit cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Chrome, or the page's renderer, is gone.
    Gone,
    /// The page could not be loaded, and nothing was sent.
    NotSent(NotSent),
    /// The page could not be loaded, and nobody knows what the server saw.
    Unknown,
}

/// The page in the first tab.
pub(super) struct Page {
    hosts: Hosts,
    main_frame: String,
    frames: HashMap<String, String>,
    visited: BTreeSet<String>,
    main_request: Option<String>,
    has_answer: bool,
    ours: HashMap<String, bool>,
    headers: RequestHeaders,
    trouble: Option<Trouble>,
}

#[derive(Deserialize)]
struct FrameNavigated {
    frame: FrameInfo,
}

#[derive(Deserialize)]
struct FrameInfo {
    id: String,
    #[serde(rename = "securityOrigin", default)]
    origin: String,
}

#[derive(Deserialize)]
struct FrameDetached {
    #[serde(rename = "frameId")]
    frame: String,
}

#[derive(Deserialize)]
struct WillBeSent {
    #[serde(rename = "requestId")]
    id: String,
    #[serde(rename = "frameId")]
    frame: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    request: Request,
    #[serde(rename = "redirectResponse")]
    redirect: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Request {
    url: String,
    headers: BTreeMap<String, Secret>,
}

#[derive(Deserialize)]
struct ExtraInfo {
    #[serde(rename = "requestId")]
    id: String,
    headers: BTreeMap<String, Secret>,
}

#[derive(Deserialize)]
struct Id {
    #[serde(rename = "requestId")]
    id: String,
}

#[derive(Deserialize)]
struct LoadingFailed {
    #[serde(rename = "requestId")]
    id: String,
    #[serde(rename = "errorText")]
    error: String,
}

impl Page {
    /// A tab that has been nowhere yet.
    pub(super) fn new(hosts: Hosts, main_frame: String) -> Self {
        Self {
            hosts,
            main_frame,
            frames: HashMap::new(),
            visited: BTreeSet::new(),
            main_request: None,
            has_answer: false,
            ours: HashMap::new(),
            headers: RequestHeaders::default(),
            trouble: None,
        }
    }

    /// The provider's hosts.
    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Why the visit cannot go on, if so.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// Chrome is gone.
    pub(super) fn lose(&mut self) {
        self.trouble.get_or_insert(Trouble::Gone);
    }

    /// What `Page.navigate` or the network said of the document. An aborted one was replaced by another.
    pub(super) fn fail(&mut self, error: &str) {
        if error.ends_with("ERR_ABORTED") {
            return;
        }
        let trouble = match failure::not_sent(error) {
            Some(reason) if !self.has_answer => Trouble::NotSent(reason),
            _ => Trouble::Unknown,
        };
        self.trouble.get_or_insert(trouble);
    }

    /// Origins of the provider that frames of the page are at now.
    pub(super) fn live_origins(&self) -> BTreeSet<&str> {
        self.frames.values().map(String::as_str).filter(|origin| self.visited.contains(*origin)).collect()
    }

    /// Where the page itself is; nothing before its first document.
    pub(super) fn origin(&self) -> Option<&str> {
        self.frames.get(&self.main_frame).map(String::as_str)
    }

    /// The page is on its way to a document that counts as arrived when its frame says so again.
    pub(super) fn leave(&mut self) {
        self.frames.clear();
    }

    /// Whatever was visited up to now was us, putting things back.
    pub(super) fn forget_visits(&mut self) {
        self.visited.clear();
        self.frames.clear();
        self.main_request = None;
        self.has_answer = false;
    }

    /// Origins of the provider that were visited.
    pub(super) fn visited(&self) -> &BTreeSet<String> {
        &self.visited
    }

    /// The request headers seen.
    pub(super) fn into_headers(self) -> Vec<(String, Secret)> {
        self.headers.into_seen()
    }

    /// Takes an event in. Returns whether conditions are worth another look at once.
    pub(super) fn observe(&mut self, event: &Frame) -> bool {
        match event.method.as_str() {
            "Page.frameNavigated" => self.moved(event),
            "Page.navigatedWithinDocument" | "Page.loadEventFired" | "Page.domContentEventFired" => true,
            "Page.frameDetached" => {
                if let Some(FrameDetached { frame }) = event.params() {
                    self.frames.remove(&frame);
                }
                false
            }
            "Network.requestWillBeSent" => self.sends(event),
            "Network.requestWillBeSentExtraInfo" => {
                let extra: Option<ExtraInfo> = event.params();
                if let Some(ExtraInfo { id, headers }) = extra
                    && self.ours.get(&id) == Some(&true)
                {
                    self.headers.add(headers);
                }
                false
            }
            "Network.responseReceived" => {
                let is_main = event.params().is_some_and(|Id { id }| self.main_request == Some(id));
                self.has_answer |= is_main;
                false
            }
            "Network.loadingFailed" => {
                if let Some(LoadingFailed { id, error }) = event.params()
                    && self.main_request == Some(id)
                {
                    self.fail(&error);
                }
                self.trouble.is_some()
            }
            "Inspector.targetCrashed" | "Target.targetCrashed" => {
                self.lose();
                true
            }
            _ => false,
        }
    }

    fn moved(&mut self, event: &Frame) -> bool {
        let Some(FrameNavigated { frame }) = event.params() else { return false };
        if self.hosts.allow_origin(&frame.origin) {
            self.visited.insert(frame.origin.clone());
        }
        let is_main = frame.id == self.main_frame;
        self.frames.insert(frame.id, frame.origin);
        is_main
    }

    fn sends(&mut self, event: &Frame) -> bool {
        let sent: Option<WillBeSent> = event.params();
        let Some(sent) = sent else { return false };
        let is_document = sent.kind.as_deref() == Some("Document");
        if is_document && sent.frame.as_ref() == Some(&self.main_frame) {
            self.main_request = Some(sent.id.clone());
            self.has_answer |= sent.redirect.is_some();
        }
        let is_ours = Url::parse(&sent.request.url).is_ok_and(|url| self.hosts.allow(&url));
        if self.ours.len() >= MOST_REQUESTS {
            self.ours.clear();
        }
        self.ours.insert(sent.id, is_ours);
        if is_ours {
            self.headers.add(sent.request.headers);
        }
        false
    }
}
