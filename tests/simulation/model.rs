//! Services as they behave: what they believe, what they forgive. Shares no code with the classifier.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::services::{Kind, Manner};

/// A credential as the service numbers it: which login, which of its chains, how often rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub login: usize,
    pub chain: usize,
    pub turn: u32,
}

impl Key {
    /// The first credential that a text holds.
    pub fn within(text: &str) -> Option<Self> {
        Some(numbers(text, "canary-r")?.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "canary-r{}-{}-{}", self.login, self.chain, self.turn)
    }
}

/// An access token: which credential minted it, and its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub key: Key,
    pub mint: u32,
}

impl Token {
    pub fn within(text: &str) -> Option<Self> {
        let (key, mint) = numbers(text, "canary-a")?;
        Some(Self { key, mint: mint? })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { login, chain, turn } = self.key;
        write!(to, "canary-a{login}-{chain}-{turn}-{}", self.mint)
    }
}

fn numbers(text: &str, mark: &str) -> Option<(Key, Option<u32>)> {
    let rest = &text[text.find(mark)? + mark.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    let mut parts = rest[..end].split('-');
    let (login, chain) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let key = Key { login, chain, turn: parts.next()?.parse().ok()? };
    Some((key, parts.next().and_then(|mint| mint.parse().ok())))
}

/// Why the service ended a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// By its own rule: a credential came a second time, because an answer was lost.
    Reuse,
    /// By the same rule, because another machine had used it.
    Elsewhere,
    /// The person changed the password elsewhere, or the like.
    Revoked,
    /// It was not used for too long, or its time was over.
    Ended,
}

/// One login, seen from the service.
pub struct Login {
    pub over: Option<Over>,
    pub lines: Vec<Line>,
    /// When the grant ends, whatever happens; milliseconds of the service's clock.
    ends: u64,
}

/// When a credential was given out: in milliseconds of the service's own clock, and how much fair weather there was.
#[derive(Clone, Copy)]
struct Given {
    turn: u32,
    at: u64,
    fair: u64,
    /// How often the request that brought it had been repeated.
    replays: u32,
}

/// One chain of it.
#[derive(Clone)]
pub struct Line {
    pub current: u32,
    /// When each credential was given out, newest last.
    given: VecDeque<Given>,
    /// When it was last used.
    used: u64,
    /// Access tokens, newest last, and when each was given out.
    tokens: VecDeque<(u32, u64)>,
    minted: u32,
    /// A code for the second step.
    code: u32,
    /// The newest credential that a sealed reply has brought: nothing older may be presented.
    pub sealed: u32,
    /// The newest credential that another machine got.
    foreign: u32,
    /// Until then the newest token is not known everywhere.
    pub lags: u64,
    /// How much fair weather there was until it was last used.
    pub fair: u64,
}

/// All logins of one person at one service.
pub struct Model {
    pub kind: Kind,
    pub manner: Manner,
    pub logins: Vec<Login>,
    /// The service lets no robots in: only a browser gets a token.
    pub wants_browser: bool,
    /// Until then it says no to everything, and is wrong.
    pub says_no: u64,
    /// It is wrong like that once an hour at most.
    pub was_wrong: u64,
    /// Requests that carried a credential.
    pub requests: u64,
    /// The answer whose loss ended the login.
    pub lost: Option<Lost>,
    /// Which repetition the request is that is sent now.
    pub replays: u32,
    /// The service itself has told the browser to forget the session.
    pub is_spoilt: bool,
    /// The app's settings were called wrong by the last answer to a refresh.
    pub refused_app: bool,
}

/// An answer that was lost: when the credential was given out that it brought, and how often its request had been
/// repeated.
#[derive(Debug, Clone, Copy)]
pub struct Lost {
    pub at: u64,
    pub replays: u32,
}

/// What the service makes of a credential.
pub enum Verdict {
    Good(Key),
    Bad,
}

impl Model {
    pub fn new(kind: Kind, nth: usize) -> Self {
        Self {
            kind,
            manner: kind.manner(nth),
            logins: Vec::new(),
            wants_browser: false,
            says_no: 0,
            was_wrong: 0,
            requests: 0,
            lost: None,
            replays: 0,
            is_spoilt: false,
            refused_app: false,
        }
    }

    /// The person logs in: another session, beside the one that may be there.
    pub fn log_in(&mut self, at: u64, fair: u64) -> usize {
        let line = Line {
            current: 1,
            given: VecDeque::from([Given { turn: 1, at, fair, replays: 0 }]),
            used: at,
            tokens: VecDeque::from([(1, at)]),
            minted: 1,
            code: 0,
            sealed: 0,
            foreign: 0,
            lags: 0,
            fair,
        };
        let ends = self.manner.fixed.map_or(u64::MAX, |fixed| at + millis(fixed));
        let lines = vec![line; self.kind.chains().len()];
        self.is_spoilt = false;
        self.logins.push(Login { over: None, lines, ends });
        self.logins.len() - 1
    }

    /// Whether the service would let this login in, given the right credential.
    pub fn is_alive(&self, login: usize, at: u64) -> bool {
        let idle = millis(self.kind.idle());
        self.logins.get(login).is_some_and(|login| {
            login.over.is_none() && at < login.ends && login.lines.iter().all(|line| at < line.used + idle)
        })
    }

    /// Whether its time alone has ended it.
    pub fn has_ended(&self, login: usize, at: u64) -> bool {
        self.logins.get(login).is_some_and(|it| it.over.is_none()) && !self.is_alive(login, at)
    }

    /// Whether idleness, and not the grant, ended it, and how fair the weather was when it was last used.
    pub fn fell_asleep(&self, login: usize, at: u64) -> Option<u64> {
        let login = self.logins.get(login).filter(|login| login.over.is_none() && at < login.ends)?;
        let idle = millis(self.kind.idle());
        login.lines.iter().filter(|line| at >= line.used + idle).map(|line| line.fair).max()
    }

    /// Whether the newest credential that anybody holds is over, though the service, whose answers were lost since,
    /// has made newer ones; and how fair the weather was when it was made.
    pub fn outlived(&self, login: usize, at: u64) -> Option<u64> {
        let login = self.logins.get(login).filter(|_| self.kind == Kind::Jwt)?;
        let life = millis(self.kind.idle());
        let held = login.lines.iter().filter_map(|line| line.given.iter().find(|it| it.turn == line.sealed));
        held.filter(|given| at >= given.at + life).map(|given| given.fair).max()
    }

    /// The credential that the service would take now, if any.
    pub fn takes(&self, key: Key, at: u64) -> bool {
        let Some(line) = self.logins.get(key.login).and_then(|login| login.lines.get(key.chain)) else {
            return false;
        };
        let is_old_good = self.kind.grace() == Duration::MAX && line.is_good_still(self.kind, key.turn, at);
        self.is_alive(key.login, at) && key.turn <= line.current && (key.turn == line.current || is_old_good)
    }

    /// Presents a credential; rotates, or ends the login, by the service's rule.
    pub fn present(&mut self, key: Option<Key>, at: u64, rotates: bool, fair: u64) -> Verdict {
        let Some(key) = key else { return Verdict::Bad };
        let is_alive = self.is_alive(key.login, at);
        let (kind, Some(login)) = (self.kind, self.logins.get_mut(key.login)) else { return Verdict::Bad };
        if !is_alive {
            login.over.get_or_insert(Over::Ended);
            return Verdict::Bad;
        }
        let Some(line) = login.lines.get_mut(key.chain) else { return Verdict::Bad };
        assert!(key.turn >= line.sealed, "never the old token again: {key} after {} was sealed", line.sealed);
        if key.turn == 0 || key.turn > line.current {
            return Verdict::Bad;
        }
        if key.turn != line.current && !line.forgives(kind, key.turn, at) {
            if kind.grace() == Duration::MAX {
                return Verdict::Bad;
            }
            // Only a lost answer, or another machine, can bring an honest client here.
            let is_ours = key.turn >= line.foreign;
            login.over = Some(if is_ours { Over::Reuse } else { Over::Elsewhere });
            self.lost = line.given.back().map(|given| Lost { at: given.at, replays: given.replays });
            return Verdict::Bad;
        }
        line.used = at;
        line.fair = fair;
        // Within its leeway Auth0 makes another one; the others give the same again.
        let makes_new = key.turn == line.current || kind == Kind::Auth0;
        if makes_new && kind.rotates() && rotates {
            line.current += 1;
            line.given.push_back(Given { turn: line.current, at, fair, replays: self.replays });
            if line.given.len() > 300 {
                line.given.pop_front();
            }
        }
        Verdict::Good(Key { turn: line.current, ..key })
    }

    /// Another machine that shares the login refreshes with what it got from us.
    pub fn refresh_elsewhere(&mut self, at: u64) {
        let (kind, Some(login)) = (self.kind, self.logins.last_mut()) else { return };
        if login.over.is_some() || !kind.rotates() {
            return;
        }
        for line in &mut login.lines {
            line.current += 1;
            line.foreign = line.current;
            line.given.push_back(Given { turn: line.current, at, fair: line.fair, replays: 0 });
        }
    }

    /// A new access token, or the last one again.
    pub fn mint(&mut self, key: Key, at: u64, is_same: bool) -> Token {
        let living = self.kind.living_tokens();
        let life = millis(self.manner.life);
        let line = &mut self.logins[key.login].lines[key.chain];
        let is_good = line.tokens.back().is_some_and(|(_, given)| at < given + life);
        if !(is_same && is_good) {
            line.minted += 1;
            line.tokens.push_back((line.minted, at));
            while line.tokens.len() > living.min(300) {
                line.tokens.pop_front();
            }
        }
        Token { key: Key { turn: line.current, ..key }, mint: line.minted }
    }

    /// When a token ends, if the service knows it.
    pub fn token_ends(&self, token: Token) -> Option<u64> {
        let line = self.logins.get(token.key.login)?.lines.get(token.key.chain)?;
        let (_, given) = line.tokens.iter().find(|(mint, _)| *mint == token.mint)?;
        Some(given + millis(self.manner.life))
    }

    /// Whether an API would take this token.
    pub fn knows(&self, token: Option<Token>, at: u64) -> bool {
        let Some(token) = token else { return false };
        let is_there = self.token_ends(token).is_some_and(|ends| at < ends);
        let lags = |line: &Line| at < line.lags && token.mint == line.minted;
        let line = self.logins.get(token.key.login).and_then(|login| login.lines.get(token.key.chain));
        is_there && self.is_alive(token.key.login, at) && !line.is_some_and(lags)
    }

    /// A code for the second step: the last one is good for a while.
    pub fn code(&mut self, key: Key) -> String {
        let line = &mut self.logins[key.login].lines[key.chain];
        line.code = line.current;
        format!("canary-c{}-{}", key.login, line.code)
    }

    /// What a code stands for, if it is the last one.
    pub fn redeem(&self, text: &str, at: u64) -> Option<Key> {
        let rest = text.split("canary-c").nth(1)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
        let (login, code) = rest[..end].split_once('-')?;
        let (login, code) = (login.parse::<usize>().ok()?, code.parse::<u32>().ok()?);
        let line = self.logins.get(login)?.lines.first()?;
        (self.is_alive(login, at) && line.code == code).then_some(Key { login, chain: 0, turn: line.current })
    }
}

impl Line {
    fn given_at(&self, turn: u32) -> Option<u64> {
        self.given.iter().find(|given| given.turn == turn).map(|given| given.at)
    }

    /// An older credential, at a service that does not take them back.
    fn is_good_still(&self, kind: Kind, turn: u32, at: u64) -> bool {
        let life = if kind == Kind::Jwt { millis(kind.idle()) } else { u64::MAX };
        self.given_at(turn).is_some_and(|given| at.saturating_sub(given) < life)
    }

    fn forgives(&self, kind: Kind, turn: u32, at: u64) -> bool {
        if kind.grace() == Duration::MAX {
            return self.is_good_still(kind, turn, at);
        }
        let rotated = self.given_at(self.current).unwrap_or(0);
        turn + 1 == self.current && at.saturating_sub(rotated) <= millis(kind.grace())
    }
}

pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Model {
    /// When a grant ends that has an end.
    pub fn grant_ends(&self, login: usize) -> Option<u64> {
        self.logins.get(login).map(|login| login.ends).filter(|ends| *ends < u64::MAX)
    }
}
