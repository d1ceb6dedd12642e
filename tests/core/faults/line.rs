//! One account from end to end without I/O: the machine of accounts says what to do, the machine of attempts does
//! it step by step against a scripted service, and what a person is told comes out.

use std::time::Duration;

use jiff::tz::TimeZone;
use lamplighter_core::account::{Account, Accounts, Effect, Event, Facts, Job, Rules, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::record::{SessionStore as _, encode};
use lamplighter_core::refresh::{AttemptSummary, End, Purpose};
use lamplighter_core::report::Notice;
use lamplighter_core::text::{Clock, Lang, Subject, notice};

use crate::machines::rig::Rig;

pub const MIN: Duration = Duration::from_secs(60);

/// What a record is compared by: all of its bytes.
type Bytes = Vec<u8>;

pub struct Line {
    pub rig: Rig,
    pub accounts: Accounts,
    /// How each attempt ended, oldest first.
    pub ends: Vec<AttemptSummary>,
    /// Where each check of a host looked, if not at its root.
    pub doors: Vec<Option<String>>,
    /// Keys of the notifications that were shown.
    pub toasts: Vec<String>,
    waiting: Vec<(ChainName, Job, Generation)>,
    before: (u64, Bytes),
}

impl Line {
    /// An account that has just logged in at the service that `toml` describes.
    pub fn new(toml: &str) -> Self {
        let rig = Rig::new(toml);
        let name = "work".parse().expect("a name");
        let rules = Rules::of(&rig.service.provider, &Default::default(), name, None, false);
        let account = Account::new(rig.account.clone());
        let mut line = Self {
            rig,
            accounts: Accounts::new(1),
            ends: Vec::new(),
            doors: Vec::new(),
            toasts: Vec::new(),
            waiting: Vec::new(),
            before: (0, Vec::new()),
        };
        line.event(Event::Known { account: Box::new(account), rules: Box::new(rules) });
        line.perform();
        line.ends.clear();
        line.before = line.stored();
        line
    }

    pub fn event(&mut self, event: Event) {
        for effect in self.accounts.on_event(event, self.rig.clock.now()) {
            match effect {
                Effect::Start { chain, job, basis, .. } => self.waiting.push((chain, job, basis)),
                Effect::Toast { key, .. } => self.toasts.push(key),
                _ => {}
            }
        }
    }

    /// Does what is to be done now.
    pub fn perform(&mut self) {
        self.perform_with(|_, _| {});
    }

    /// The same; `meddle` is called with each effect's name before it is performed.
    pub fn perform_with(&mut self, mut meddle: impl FnMut(&mut Rig, &str)) {
        for _ in 0..50 {
            if self.waiting.is_empty() {
                return;
            }
            let (chain, job, basis) = self.waiting.remove(0);
            let purpose = job.purpose(basis).expect("work that carries nothing");
            let summary = self.rig.run_with(purpose, &mut meddle);
            self.ends.push(summary.clone());
            let newest = self.rig.published.last().map(|record| Facts::of(record));
            let stored = self.rig.store.peek(&self.rig.account).map(|record| Facts::of(&record));
            let facts = newest.filter(|_| summary.unsaved.is_some()).or(stored);
            let is_known = !matches!(summary.end, End::NoStore(_) | End::NewerFormat(_) | End::NoRecord);
            let account = self.rig.account.clone();
            self.event(Event::Ended { account, job, chain, summary, facts: facts.filter(|_| is_known) });
        }
        panic!("it never comes to rest: {:?}", self.ends);
    }

    /// Somebody wants it refreshed now; nothing is done yet.
    pub fn ask(&mut self) {
        let account = self.rig.account.clone();
        self.event(Event::Asked { account, chain: None, force: true });
    }

    /// Somebody wants it refreshed now; what that leads to at once is done.
    pub fn refresh(&mut self) -> End {
        self.ask();
        self.perform();
        self.end()
    }

    /// How the last attempt ended.
    pub fn end(&self) -> End {
        self.ends.last().expect("something was tried").end.clone()
    }

    /// The engine is gone, however that came, and another one starts: of all that it knew it has what lies in store
    /// and journal, and, if `has_state`, what it had written into its database.
    pub fn restart(&mut self, has_state: bool) {
        let id = self.rig.account.clone();
        let kept = self.accounts.get(&id).filter(|_| has_state).map(|account| {
            let stored = serde_json::to_vec(account).expect("what is stored of an account is JSON");
            serde_json::from_slice(&stored).expect("and is read again")
        });
        let rules = self.accounts.rules(&id).expect("an account has rules").clone();
        self.accounts = Accounts::new(1);
        self.waiting.clear();
        let account = Box::new(kept.unwrap_or_else(|| Account::new(id)));
        self.event(Event::Known { account, rules: Box::new(rules) });
        self.perform();
    }

    /// A refresh that is begun, of which at most so many steps are done when the process is killed; `false` if it
    /// came to its end before.
    pub fn is_killed_after(&mut self, steps: usize) -> bool {
        let basis = self.rig.stored().current.generation;
        self.rig.run_at_most(Purpose::Refresh { basis }, steps).is_none()
    }

    /// Lets the time pass as the engine does; checks of the host get the answer of `is_host_up`.
    pub fn pass(&mut self, time: Duration) {
        let end = self.rig.clock.now().wall.plus(time);
        while self.rig.clock.now().wall < end {
            let now = self.rig.clock.now();
            let next = self.accounts.next_wakeup(now).min(end);
            self.rig.clock.advance(next.since(now.wall).max(Duration::from_millis(1)));
            let checks: Vec<String> = self
                .accounts
                .on_event(Event::Tick, self.rig.clock.now())
                .into_iter()
                .filter_map(|effect| match effect {
                    Effect::Start { chain, job, basis, .. } => {
                        self.waiting.push((chain, job, basis));
                        None
                    }
                    Effect::Toast { key, .. } => {
                        self.toasts.push(key);
                        None
                    }
                    Effect::CheckHost { host, door } => {
                        self.doors.push(door);
                        Some(host)
                    }
                    _ => None,
                })
                .collect();
            for host in checks {
                self.event(Event::HostChecked { host, up: self.rig.is_host_up });
            }
            self.perform();
        }
    }

    pub fn session(&self) -> &Session {
        &self.accounts.get(&self.rig.account).expect("an account").session
    }

    pub fn standing(&self) -> Standing {
        self.accounts.standing(&self.rig.account)
    }

    /// What is told of the account; nothing if it is fine.
    pub fn told(&self, lang: Lang) -> Option<Notice> {
        let now = self.rig.clock.now();
        let why = self.accounts.why(&self.rig.account, now)?;
        let tz = TimeZone::UTC;
        let clock = Clock { now: now.wall, tz: &tz };
        Some(notice(&why, &Subject { account: "work", service: "Test", lang, clock }))
    }

    /// What is worth knowing of it though it is fine.
    pub fn remarked(&self, lang: Lang) -> Option<Notice> {
        let why = self.accounts.remark(&self.rig.account)?;
        let tz = TimeZone::UTC;
        let clock = Clock { now: self.rig.clock.now().wall, tz: &tz };
        let told = notice(&why, &Subject { account: "work", service: "Test", lang, clock });
        five_parts(&told);
        Some(told)
    }

    fn stored(&self) -> (u64, Bytes) {
        let record = self.rig.store.peek(&self.rig.account).expect("a record");
        (record.current.generation.0, encode(&record).to_vec())
    }

    /// What is stored now is what it is compared with from here on.
    pub fn compare_from_here(&mut self) {
        self.before = self.stored();
    }

    /// The record is the same, byte for byte.
    #[track_caller]
    pub fn record_is_unchanged(&self) {
        assert!(self.stored() == self.before, "the record was touched: {:?}", self.rig.trace);
    }

    /// Exactly one generation came, and it is there.
    #[track_caller]
    pub fn record_is_one_newer(&mut self) {
        let now = self.stored();
        assert_eq!(now.0, self.before.0 + 1, "{:?}", self.rig.trace);
        assert_ne!(now.1, self.before.1);
        self.before = now;
    }

    /// The account is fine, and there is nothing to tell.
    #[track_caller]
    pub fn is_fine(&self) {
        assert_eq!(self.told(Lang::En), None);
        assert_eq!(self.standing(), Standing::Fine);
        assert!(self.toasts.is_empty(), "{:?}", self.toasts);
    }

    /// What is told has all five parts, in both languages: which account, what happened (in which `what` is said),
    /// whether the login is safe, what comes next and when, what can be done. Nobody is blamed, no secret is told.
    #[track_caller]
    pub fn tells(&self, what: &str) -> Notice {
        let said = [Lang::En, Lang::Fr].map(|lang| self.told(lang).expect("something to tell"));
        for told in &said {
            five_parts(told);
        }
        let [english, french] = said;
        assert!(english.what.contains(what), "{what}: {english:?}");
        assert_ne!(english.what, french.what);
        english
    }

    /// The same of what passes by itself: the account waits, nobody is disturbed, and the next try has a time.
    #[track_caller]
    pub fn waits(&self, what: &str) -> Notice {
        let told = self.tells(what);
        assert_eq!(self.standing(), Standing::Waiting);
        assert!(!matches!(self.session(), Session::Dead { .. } | Session::Blocked { .. }));
        let next = told.next.as_deref().unwrap_or_default();
        assert!(has_a_time(next), "when? {next}");
        told
    }

    /// Whether the service is still taken for one that has this login: the next refresh brings the next generation.
    #[track_caller]
    pub fn goes_on(&mut self) {
        self.rig.answers = Box::new(|_, now| crate::machines::rig::minted(9, now));
        self.goes_on_with(9);
    }

    /// The same with the answer that the service has: generation `n` of its tokens.
    #[track_caller]
    pub fn goes_on_with(&mut self, n: u32) {
        let credential = format!("canary-r{n}");
        self.rig.store.refuses = None;
        self.rig.journal.is_full = false;
        self.rig.is_host_up = true;
        self.pass(35 * MIN);
        if self.rig.credential() != credential {
            self.refresh();
        }
        assert_eq!(self.rig.credential(), credential, "{:?}", self.ends);
        assert_eq!(self.told(Lang::En), None);
    }

    /// Runs one attempt for itself, as the engine does for a probe or a confirmation.
    pub fn run(&mut self, purpose: Purpose) -> End {
        self.rig.run(purpose).end
    }

    /// Somebody writes another record into the store.
    pub fn replace(&mut self, record: &lamplighter_core::record::Record) {
        let account = self.rig.account.clone();
        let expected = self.rig.store.peek(&account).map(|record| record.write_id);
        self.rig.store.save(&account, expected, record).expect("the store takes it");
    }
}

/// "14:02", somewhere.
pub fn has_a_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(5).any(|at| at[2] == b':' && [0, 1, 3, 4].iter().all(|place| at[*place].is_ascii_digit()))
}

#[track_caller]
pub fn five_parts(told: &Notice) {
    assert_eq!(told.account.as_deref(), Some("work"));
    let parts = [Some(&told.what), told.safe.as_ref(), told.next.as_ref(), told.cure.as_ref()];
    for part in parts {
        let part = part.unwrap_or_else(|| panic!("a part is missing: {told:?}"));
        assert!(part.ends_with('.') && part.len() > 3, "{part}");
        assert!(!part.contains("canary"), "I7: {part}");
        for blame in ["your network", "your connection", "votre réseau", "your fault", "you must", "!"] {
            assert!(!part.contains(blame), "{blame}: {part}");
        }
    }
}
