//! One visit from beginning to end, on the thread that it is called on.

use headless_chrome::protocol::cdp::{Browser, Page as Pages, Target};
use lamplighter_core::exchange::{BrowserEnd, BrowserVisit};
use lamplighter_core::jar::Cookie;
use lamplighter_core::provider::hosts::Hosts;
use lamplighter_core::secret::JsonWriter;
use serde::Deserialize;
use url::Url;

use super::identity::Identity;
use super::launch::Running;
use super::page::{Page, Trouble};
use super::session::{FOR_READING, NoAnswer, Patience, Session};
use super::{condition, harvest, restore};
use crate::browser::ChromeSettings;
use crate::browser::found::{Found, Stop};

/// Chrome may take thirty seconds to say its first word, on a machine that is busy starting up.
const FOR_STARTING: Patience = Patience::Ticks(1_200);

/// Starts Chrome, restores, opens the page, waits for `ready` or `dead`, reads everything, ends Chrome. When this
/// returns, its processes and files are gone.
pub(in crate::browser) fn run(visit: &BrowserVisit, settings: &ChromeSettings, stop: &Stop) -> Found {
    let (running, pipe) = match Running::start(settings, visit.deadline, stop) {
        Ok(started) => started,
        Err(error) => {
            tracing::warn!(%error, "no Chrome");
            return Found::nothing(BrowserEnd::CannotRun(error.kind()));
        }
    };
    // Patterns that do not parse were refused with the provider file; none at all reads no storage.
    let hosts = Hosts::parse(&visit.hosts).unwrap_or_default();
    let mut session = Session::new(pipe, Page::new(hosts.clone(), String::new()), stop.clone());
    let identity = match attach(&mut session, hosts, visit) {
        Ok(identity) => identity,
        Err(why) => {
            let complaint = running.complaint();
            tracing::warn!(?why, complaint = complaint.words(), "Chrome does not run");
            return Found::nothing(BrowserEnd::CannotRun(complaint.kind()));
        }
    };
    let mut found = match prepare(&mut session, visit) {
        Ok(kept) => {
            let end = watch(&mut session, visit).unwrap_or_else(|why| end_of(&session, why));
            read(&mut session, visit, &kept, end)
        }
        Err(why) => Found::nothing(end_of(&session, why)),
    };
    found.request_headers = session.page.into_headers();
    found.user_agent = Some(identity.user_agent);
    drop(running);
    found
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    user_agent: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    target_infos: Vec<TargetInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetInfo {
    target_id: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
}

/// Attaches to the first tab: with `--incognito` that one, and only that one, is off the record.
fn attach(session: &mut Session, hosts: Hosts, visit: &BrowserVisit) -> Result<Identity, NoAnswer> {
    let version: Version = session.ask(Browser::GetVersion(None), FOR_STARTING)?;
    let identity =
        Identity::new(visit.user_agent.as_deref(), visit.languages.as_deref(), &version.user_agent);
    let target = loop {
        let targets: Targets = session.ask(Target::GetTargets { filter: None }, FOR_STARTING)?;
        match targets.target_infos.into_iter().find(|target| target.kind == "page") {
            Some(target) => break target.target_id,
            None if session.is_stopped() => return Err(NoAnswer::Late),
            None => session.wait(),
        }
    };
    let attach = Target::AttachToTarget { target_id: target.clone(), flatten: Some(true) };
    let Attached { session_id } = session.ask(attach, FOR_STARTING)?;
    // A tab's id is its main frame's.
    session.attach(session_id, Page::new(hosts, target), identity.clone());
    Ok(identity)
}

/// Everything before the first page. Returns the places of the cookies that Chrome does not take.
fn prepare(session: &mut Session, visit: &BrowserVisit) -> Result<Vec<usize>, NoAnswer> {
    session.tell(&Pages::Enable { enable_file_chooser_opened_event: None });
    session.tell(&Target::SetAutoAttach {
        auto_attach: true,
        wait_for_debugger_on_start: true,
        flatten: Some(true),
        filter: None,
    });
    let kept = restore::cookies(session, &visit.cookies)?;
    restore::storage(session, &visit.url.origin().ascii_serialization(), &visit.storage)?;
    session.introduce()?;
    session.page.forget_visits();
    Ok(kept)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Navigated {
    error_text: Option<String>,
}

/// Opens the page and looks until one of the ends is there.
fn watch(session: &mut Session, visit: &BrowserVisit) -> Result<BrowserEnd, NoAnswer> {
    // By hand: the address may hold a secret, and `headless_chrome`'s type can be printed.
    let open = |json: &mut JsonWriter| json.object_at("params", |json| json.text("url", visit.url.as_str()));
    let navigated: Navigated = session.call("Page.navigate", open, Patience::UntilStop)?;
    if let Some(error) = navigated.error_text {
        session.page.fail(&error);
    }
    loop {
        if let Some(trouble) = session.page.trouble() {
            return Ok(match trouble {
                Trouble::Gone => BrowserEnd::Crashed,
                Trouble::NotSent(reason) => BrowserEnd::Unreachable(reason),
                Trouble::Unknown => BrowserEnd::TimedOut,
            });
        }
        if let Some(end) = condition::look(session, visit)? {
            return Ok(end);
        }
        if session.is_stopped() {
            return Ok(BrowserEnd::TimedOut);
        }
        session.wait();
    }
}

fn end_of(session: &Session, why: NoAnswer) -> BrowserEnd {
    match why {
        NoAnswer::Gone => BrowserEnd::Crashed,
        _ if session.page.trouble() == Some(Trouble::Gone) => BrowserEnd::Crashed,
        NoAnswer::Late | NoAnswer::Refused => BrowserEnd::TimedOut,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FrameTree {
    frame_tree: Top,
}

#[derive(Deserialize)]
struct Top {
    frame: TopFrame,
}

#[derive(Deserialize)]
struct TopFrame {
    url: String,
}

/// What there is at the end, however it came. Cookies first: they are Chrome's own and answer even if the page
/// hangs.
fn read(session: &mut Session, visit: &BrowserVisit, kept: &[usize], end: BrowserEnd) -> Found {
    let mut found = Found::nothing(end);
    found.cookies = harvest::cookies(session, FOR_READING).ok();
    if let Some(cookies) = &mut found.cookies {
        give_back(cookies, &visit.cookies, kept);
    }
    let tree: Option<FrameTree> = session.ask(Pages::GetFrameTree(None), FOR_READING).ok();
    found.url = tree.and_then(|tree| Url::parse(&tree.frame_tree.frame.url).ok());
    found.storage = harvest::storage(session, &visit.storage).ok();
    found
}

/// Cookies that Chrome did not take are still ours, unless the page set them anew.
fn give_back(cookies: &mut Vec<Cookie>, restored: &[Cookie], kept: &[usize]) {
    for cookie in kept.iter().filter_map(|index| restored.get(*index)) {
        let is_same = |other: &Cookie| {
            (&other.name, &other.domain, &other.path) == (&cookie.name, &cookie.domain, &cookie.path)
        };
        if !cookies.iter().any(is_same) {
            cookies.push(Cookie {
                name: cookie.name.clone(),
                value: cookie.value.duplicate(),
                domain: cookie.domain.clone(),
                path: cookie.path.clone(),
                ..*cookie
            });
        }
    }
}
