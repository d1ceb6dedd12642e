//! Between the machine and the services: what becomes of a request, or of a visit of the browser.

use std::time::Duration;

use lamplighter_core::exchange::{
    BrowserEnd, BrowserResult, BrowserVisit, Exchange, HttpRequest, NoChrome, NoReply, NotSent,
};
use lamplighter_core::id::AccountId;
use lamplighter_core::jar::Cookie;
use lamplighter_core::record::{StorageArea, StorageItem};

use super::faults::Fault;
use super::model::{Key, Token, Verdict};
use super::replies::{When, away, html, json, lost, not_sent, reply};
use super::services::Kind;
use super::world::World;

/// What a 503 says, in seconds.
const TOLD_TO_WAIT: u64 = 30;
/// How long a service whose session is a cookie takes the one before, in seconds.
const GRACE_OF_COOKIES: u64 = 300;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Refresh,
    Second,
    Probe,
    /// Revoking, or a page that a redirect led to.
    Other,
}

impl Call {
    pub fn of(request: &HttpRequest) -> Self {
        match request.url.path() {
            "/token"
            | "/oauth2/token"
            | "/api/oauth.v2.access"
            | "/api/auth/token/refresh/"
            | "/auth/refresh"
            | "/rotate"
            | "/api/session" => Self::Refresh,
            "/redeem" => Self::Second,
            "/me" | "/api/me" | "/api/auth.test" | "/oauth2/validate" | "/api/auth/token/verify/" => {
                Self::Probe
            }
            _ => Self::Other,
        }
    }

    /// A one-time credential leaves with it.
    pub fn spends(self, request: &HttpRequest) -> bool {
        matches!(self, Self::Refresh | Self::Second) && request.method != "GET"
    }
}

/// What it carries: its body, or the header that a service looks into.
fn carried(request: &HttpRequest) -> String {
    let header = |name: &str| {
        let header = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        header.map(|(_, value)| shown(value)).unwrap_or_default()
    };
    let body = request.body.as_ref().map(shown).unwrap_or_default();
    format!("{body}{}{}", header("authorization"), header("cookie"))
}

pub fn shown(secret: &lamplighter_core::secret::Secret) -> String {
    String::from_utf8_lossy(secret.expose()).into_owned()
}

impl World {
    pub fn when(&self) -> When {
        When { at: self.elapsed, now: self.clock.now() }
    }

    /// What becomes of a request.
    pub fn exchange(&mut self, id: &AccountId, request: &HttpRequest, fault: Option<Fault>) -> Exchange {
        let (when, which) = (self.when(), self.random.roll(u64::MAX));
        let host = request.url.origin().ascii_serialization();
        if let Some(outage) = self.weather.outage_of(&host, self.elapsed) {
            return self.exchange_in_outage(id, request, outage, which, when);
        }
        let never_left = match (fault, which % 3) {
            (Some(Fault::Tls), _) => Some(NotSent::Tls),
            (Some(Fault::NoRoute), 0) => Some(NotSent::Dns),
            (Some(Fault::NoRoute), 1) => Some(NotSent::Connect),
            (Some(Fault::NoRoute), _) => Some(NotSent::Proxy),
            (Some(Fault::Hangs), 0) => Some(NotSent::Deadline),
            _ => None,
        };
        if let Some(why) = never_left {
            return not_sent(why, when);
        }
        self.note_request(id, request);
        // Something stands in the service's place, or the service does not get to it.
        match (fault, which % 4) {
            (Some(Fault::Portal), _) => return html(200, "<html><form action=\"/login\">sign in", when),
            (Some(Fault::Elsewhere), _) => return away("https://portal.example.net/", when),
            (Some(Fault::Hangs), 1) => return lost(NoReply::Deadline, when),
            (Some(Fault::Reset), 0 | 1) => return lost(NoReply::Cut, when),
            (Some(Fault::Throttled), _) => {
                let seconds = (which / 4 % 900 + 1).to_string();
                return reply(429, &[("retry-after", seconds.as_bytes())], b"{}", when);
            }
            (Some(Fault::OddRetryAfter), _) => {
                const ODD: [&str; 6] = [
                    "Thu, 01 Jan 1970 00:00:00 GMT",
                    "-5",
                    "soon",
                    "1e9",
                    "",
                    "Fri, 31 Dec 2027 23:59:59 GMT",
                ];
                let odd = ODD[usize::try_from(which / 4 % 6).unwrap_or(0)];
                return reply(429, &[("retry-after", odd.as_bytes())], b"{}", when);
            }
            (Some(Fault::Firewall), 0 | 1) => return html(403, "<html>WAF</html>", when),
            (Some(Fault::Firewall), 2) => return html(451, "<html>not here</html>", when),
            (Some(Fault::Firewall), _) => return html(405, "<html>", when),
            (Some(Fault::Storm), 0 | 1) => return storm(which / 4, when),
            _ => {}
        }
        let exchange = self.served(id, request, fault, which, when);
        match fault {
            Some(Fault::Storm) => self.told_to_wait(id, storm(which / 4, when)),
            Some(Fault::Hangs | Fault::Drips) => lost(NoReply::Deadline, when),
            Some(Fault::Reset | Fault::CutShort) => lost(NoReply::Cut, when),
            Some(Fault::Endless) => lost(NoReply::TooLarge, when),
            Some(Fault::Garbled) => {
                // Where only cookies are to come a body is not read, and one without them is believed to keep them.
                if self.models.get(id).is_some_and(|model| model.kind == Kind::Alone) {
                    self.hamper(id, GRACE_OF_COOKIES * 1000);
                }
                garbled(exchange, which, when)
            }
            _ => exchange,
        }
    }

    /// The service has acted, says that it has not, and when to come again: that can be too late for its own grace.
    fn told_to_wait(&mut self, id: &AccountId, exchange: Exchange) -> Exchange {
        let reply = exchange.reply.as_ref().ok();
        if reply.is_some_and(|it| it.headers.iter().any(|(name, _)| name == "retry-after")) {
            self.hamper(id, TOLD_TO_WAIT * 1000);
        }
        exchange
    }

    fn note_request(&mut self, id: &AccountId, request: &HttpRequest) {
        let carries = carried(request).contains("canary");
        if let Some(model) = self.models.get_mut(id) {
            model.requests += u64::from(carries);
        }
    }

    /// The service gets it.
    pub fn served(
        &mut self,
        id: &AccountId,
        request: &HttpRequest,
        fault: Option<Fault>,
        which: u64,
        when: When,
    ) -> Exchange {
        let (fair, app_is_wrong) = (self.fair(), self.is_app_wrong(id));
        let Some(model) = self.models.get_mut(id) else { return lost(NoReply::Cut, when) };
        let (text, says_no) = (carried(request), when.at < model.says_no);
        match Call::of(request) {
            Call::Probe => {
                let is_cookie = model.kind.lives_on_cookies();
                let ends = Token::within(&text).and_then(|token| model.token_ends(token));
                let left = ends.map_or(0, |ends| ends.saturating_sub(when.at) / 1000);
                let is_known = match is_cookie {
                    true => Key::within(&text).is_some_and(|key| model.is_alive(key.login, when.at)),
                    false => model.knows(Token::within(&text), when.at),
                };
                match fault {
                    Some(Fault::LoginPage) => away("/login?next=me", when),
                    Some(Fault::Lag) => model.person(None, None, when),
                    _ => model.person((is_known && !says_no).then_some(left), fault, when),
                }
            }
            Call::Refresh if model.wants_browser => json(401, "{}", when),
            Call::Refresh => match fault {
                Some(Fault::LoginPage) => away("/login?next=session", when),
                Some(Fault::NoIsThrottle) => model.throttles_as_no(when),
                _ if app_is_wrong => {
                    model.refused_app = true;
                    model.refuses_app(when)
                }
                _ if says_no => model.refuses(when),
                _ => {
                    model.refused_app = false;
                    let keeps = matches!(
                        fault,
                        Some(Fault::NoCredential | Fault::EmptyCredential | Fault::CookieDeleted)
                    );
                    let is_spoilt = fault == Some(Fault::CookieDeleted);
                    model.is_spoilt |= is_spoilt;
                    match model.present(Key::within(&text), when.at, !keeps, fair) {
                        Verdict::Good(key) => {
                            // Whoever still has what is good has got over what an answer deleted.
                            model.is_spoilt = is_spoilt;
                            model.minted(key, fault, which, when)
                        }
                        Verdict::Bad => model.refuses(when),
                    }
                }
            },
            Call::Second if says_no => json(401, "{}", when),
            Call::Second => match model.redeem(&text, when.at) {
                Some(key) => {
                    let token = model.mint(key, when.at, fault == Some(Fault::SameToken));
                    json(200, &format!(r#"{{"access_token":"{token}"}}"#), when)
                }
                None => json(401, "{}", when),
            },
            Call::Other if request.url.path() == "/login" => html(200, "<html><form>log in", when),
            Call::Other => json(200, r#"{"ok":true}"#, when),
        }
    }

    /// What becomes of a visit.
    pub fn visit(&mut self, id: &AccountId, visit: &BrowserVisit, fault: Option<Fault>) -> BrowserResult {
        let (when, which) = (self.when(), self.random.roll(u64::MAX));
        let nothing = |end| BrowserResult {
            end,
            url: None,
            cookies: None,
            storage: None,
            request_headers: Vec::new(),
            user_agent: None,
            took: Duration::from_secs(1),
            at: when.now,
        };
        let host = visit.url.origin().ascii_serialization();
        match self.weather.outage_of(&host, self.elapsed) {
            Some(Outage::NoRoute) => return nothing(BrowserEnd::Unreachable(NotSent::Connect)),
            Some(Outage::NoName) => return nothing(BrowserEnd::Unreachable(NotSent::Dns)),
            // Its cookies have left, and a page came that never is ready, or the page that says that none came.
            Some(outage) => {
                if let Some(model) = self.models.get_mut(id) {
                    model.requests += 1;
                }
                let is_page = outage != Outage::Reset;
                let cookies = Some(visit.cookies.iter().map(Cookie::duplicate).collect());
                let storage = is_page.then(|| visit.storage.iter().map(StorageItem::duplicate).collect());
                return BrowserResult { cookies, storage, ..nothing(BrowserEnd::TimedOut) };
            }
            None => {}
        }
        match (fault, which % 4) {
            (Some(Fault::Tls), _) => return nothing(BrowserEnd::Unreachable(NotSent::Tls)),
            (Some(Fault::NoRoute), _) => return nothing(BrowserEnd::Unreachable(NotSent::Dns)),
            (Some(Fault::Portal), _) => {
                let cookies = Some(visit.cookies.iter().map(Cookie::duplicate).collect());
                return BrowserResult { cookies, storage: Some(Vec::new()), ..nothing(BrowserEnd::TimedOut) };
            }
            (Some(Fault::Chrome), 0) => return nothing(BrowserEnd::CannotRun(NoChrome::Missing)),
            (Some(Fault::Chrome), 1) => return nothing(BrowserEnd::CannotRun(NoChrome::NoSandbox)),
            (Some(Fault::Chrome), 2) => return nothing(BrowserEnd::CannotRun(NoChrome::Silent)),
            _ => {}
        }
        self.tally.visits += 1;
        let result = self.page(id, visit, fault, when);
        match fault {
            Some(Fault::Chrome) => nothing(BrowserEnd::Crashed),
            Some(Fault::Drips) => {
                BrowserResult { end: BrowserEnd::TimedOut, storage: Some(Vec::new()), ..result }
            }
            _ => result,
        }
    }

    /// A page in a browser that mints a token.
    pub fn page(
        &mut self,
        id: &AccountId,
        visit: &BrowserVisit,
        fault: Option<Fault>,
        when: When,
    ) -> BrowserResult {
        let fair = self.fair();
        let mut cookies: Vec<Cookie> = visit.cookies.iter().map(Cookie::duplicate).collect();
        let sid = cookies.iter_mut().find(|cookie| cookie.name == "sid");
        let key = sid.as_ref().and_then(|sid| Key::within(&shown(&sid.value)));
        let (mut end, mut storage) = (BrowserEnd::Dead, Vec::new());
        if let Some(model) = self.models.get_mut(id)
            && fault != Some(Fault::LoginPage)
            && when.at >= model.says_no
            && let Verdict::Good(key) = model.present(key, when.at, true, fair)
            && let Some(sid) = sid
        {
            sid.value = key.to_string().as_str().into();
            let token = model.mint(key, when.at, fault == Some(Fault::SameToken));
            storage.push(StorageItem {
                origin: visit.url.origin().ascii_serialization(),
                area: StorageArea::Local,
                key: "access_token".to_owned(),
                value: token.to_string().as_str().into(),
            });
            end = BrowserEnd::Ready;
        }
        BrowserResult {
            end,
            url: Some(visit.url.clone()),
            cookies: Some(cookies),
            storage: Some(storage),
            request_headers: Vec::new(),
            user_agent: None,
            took: Duration::from_secs(2),
            at: when.now,
        }
    }
}

/// 5xx of every kind.
pub fn storm(which: u64, when: When) -> Exchange {
    match which % 8 {
        0 => json(500, r#"{"error":"server_error"}"#, when),
        1 => html(500, "<h1>Server Error</h1>", when),
        2 => html(502, "<html>", when),
        3 => reply(503, &[("retry-after", TOLD_TO_WAIT.to_string().as_bytes())], b"", when),
        4 => html(504, "<html>", when),
        5 => html(520, "<html>", when),
        6 => html(522, "<html>", when),
        _ => html(503, "<html>", when),
    }
}

/// A good answer that nobody can read; the service has done what it was asked.
fn garbled(exchange: Exchange, which: u64, when: When) -> Exchange {
    let Ok(good) = &exchange.reply else { return exchange };
    // What nobody can read brings nobody a credential.
    let good = String::from_utf8_lossy(good.body.expose()).replace("canary-r", "canary-x").into_bytes();
    let body: Vec<u8> = match which % 6 {
        0 => good.iter().flat_map(|byte| [*byte, 0]).collect(),
        1 => [b"{\"a\":1,".as_slice(), &good, b"trailing"].concat(),
        2 => "[".repeat(10_000).into_bytes(),
        3 => good[..good.len() / 2].to_vec(),
        4 => b"{\"access_token\":\"\\ud800".to_vec(),
        _ => Vec::new(),
    };
    reply(200, &[("content-type", b"application/json")], &body, when)
}

/// An outage that the scripts of a day know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    NoRoute,
    NoName,
    Unavailable,
    BadGateway,
    Portal,
    Reset,
}

/// All of them.
pub const OUTAGES: [Outage; 6] =
    [Outage::NoRoute, Outage::NoName, Outage::Unavailable, Outage::BadGateway, Outage::Portal, Outage::Reset];

impl World {
    fn exchange_in_outage(
        &mut self,
        id: &AccountId,
        request: &HttpRequest,
        outage: Outage,
        which: u64,
        when: When,
    ) -> Exchange {
        match outage {
            Outage::NoRoute => return not_sent(NotSent::Connect, when),
            Outage::NoName => return not_sent(NotSent::Dns, when),
            _ => self.note_request(id, request),
        }
        match outage {
            Outage::Unavailable => html(503, "<html>", when),
            Outage::BadGateway if which.is_multiple_of(2) => html(502, "<html>", when),
            Outage::BadGateway => html(504, "<html>", when),
            Outage::Portal => html(200, "<html>sign in", when),
            _ => lost(NoReply::Cut, when),
        }
    }
}

impl Outage {
    /// What a request to the host's root without any secret tells: the engine takes any answer but 429 and 5xx.
    pub fn root_answers(self) -> bool {
        self == Self::Portal
    }
}
