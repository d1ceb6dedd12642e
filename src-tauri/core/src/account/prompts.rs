//! Who is told what, and when.

use std::collections::BTreeSet;
use std::time::Duration;

use super::accounts::Accounts;
use super::list::{Awake, Entry};
use super::{Chain, ChainState, Effect, Session};
use crate::classify::Cause;
use crate::exchange::BrowserEnd;
use crate::id::AccountId;
use crate::text::{Matter, Why};
use crate::time::Now;

/// During an outage a person is told when a token is this near its end (F4), or a twentieth of its life: the first try
/// comes before that, so that what passes by itself in the time that is left is no news.
const NEARLY_GONE: Duration = Duration::from_secs(10 * 60);

impl Accounts {
    /// Toasts that are due, and those that are settled. `seen` are the accounts that could have changed.
    pub(super) fn prompt(
        &mut self,
        seen: &BTreeSet<AccountId>,
        passed: Awake,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        for id in seen {
            self.prompt_account(id, now, effects);
            self.prompt_end(id, now, effects);
            self.alert(id, now, effects);
        }
        self.prompt_shared(passed, now, effects);
        self.prompt_outage(now, effects);
    }

    /// Each is shown anew in its own place, not counted once more (I8), or taken away if its matter is settled.
    pub(super) fn toasts_left(&mut self, mut keys: BTreeSet<String>, effects: &mut Vec<Effect>) {
        let ids: Vec<AccountId> = self.list.ids().cloned().collect();
        for id in ids {
            for matter in [Matter::NeedsYou, Matter::WillEnd] {
                let Some(entry) = self.list.quietly(&id) else { continue };
                let key = key(Some(&id), matter);
                if keys.contains(&key) && entry.account.prompts.is_left(matter) {
                    keys.remove(&key);
                    self.list.touch(id.clone());
                }
            }
        }
        // Of the others nothing is known yet: whatever holds still is told when it is found again.
        effects.extend(keys.into_iter().map(|key| Effect::CloseToast { key }));
    }

    fn prompt_account(&mut self, id: &AccountId, now: Now, effects: &mut Vec<Effect>) {
        let (is_locked, awake) = (self.world.is_locked, self.world.awake);
        let Some(entry) = self.list.quietly(id) else { return };
        let is_needed = entry.needs_person();
        let passed = awake.since(std::mem::replace(&mut entry.counted, awake));
        let prompts = &mut entry.account.prompts;
        let key = key(Some(id), Matter::NeedsYou);
        if !is_needed {
            if prompts.settle(Matter::NeedsYou) {
                effects.push(Effect::CloseToast { key });
                effects.push(Effect::SaveState { account: id.clone() });
            }
            return;
        }
        let is_new = prompts.wants(Matter::NeedsYou, passed, is_locked);
        if is_new || prompts.wants_again(Matter::NeedsYou, is_locked) {
            self.list.touch(id.clone());
            let Some(why) = self.why(id, now) else { return };
            tell(id, key, why, is_new, effects);
        }
    }

    /// S0.5: told once, the day before a login ends that nothing renews.
    fn prompt_end(&mut self, id: &AccountId, now: Now, effects: &mut Vec<Effect>) {
        let is_locked = self.world.is_locked;
        let Some(entry) = self.list.quietly(id) else { return };
        let near = entry.foreseen(now).filter(super::forecast::Ending::is_near);
        let account = &mut entry.account;
        let is_over = matches!(account.session, Session::Dead { .. } | Session::Blocked { .. });
        let key = key(Some(id), Matter::WillEnd);
        match near.filter(|_| !is_over) {
            // The person is at it, or does not care.
            Some(_) if account.paused || account.login.is_some() => {}
            Some(ending) => {
                let is_new = account.prompts.wants_once(Matter::WillEnd, is_locked);
                if is_new || account.prompts.wants_again(Matter::WillEnd, is_locked) {
                    tell(id, key, Why::WillEnd { at: ending.at }, is_new, effects);
                }
            }
            // Until the record is read nothing is known, and nothing is settled: a restart tells nobody again.
            None if !is_over && account.facts.is_none() => {}
            None => {
                if account.prompts.settle(Matter::WillEnd) {
                    effects.push(Effect::CloseToast { key });
                    effects.push(Effect::SaveState { account: id.clone() });
                }
            }
        }
    }

    /// One prompt for the keychain, however many accounts wait for it (F39), one for the disk, and one for a
    /// Chrome that does not run (F60): a browser is asked only when a token is nearly gone.
    fn prompt_shared(&mut self, passed: Awake, now: Now, effects: &mut Vec<Effect>) {
        for matter in [Matter::Store, Matter::Disk, Matter::Chrome] {
            let key = key(None, matter);
            let first = self.agenda.first_in(matter).cloned();
            match first.map(|id| (self.why(&id, now), id)) {
                // It is being tried again, which settles nothing yet.
                Some((None, _)) => {}
                Some((Some(why), id)) => {
                    if self.world.store_prompts.wants(matter, passed, self.world.is_locked) {
                        // What waits for a Chrome is named by its first login.
                        let account = (matter == Matter::Chrome).then_some(id);
                        effects.push(Effect::Toast { key, account, why });
                    }
                }
                None => {
                    if self.world.store_prompts.settle(matter) {
                        effects.push(Effect::CloseToast { key });
                    }
                }
            }
        }
    }

    /// F4: quiet until a token is nearly gone, then one toast per outage: of hosts that cannot be reached, and of those
    /// where something else answers (F1, F11). It is over when nobody is cut off by the host that it tells of, and
    /// nobody else's token is gone either.
    fn prompt_outage(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some(id) = self.agenda.first_pressed().cloned() else {
            if self.world.outage_shown().is_some_and(|host| !self.agenda.cuts_off(host)) {
                self.world.end_outage();
                effects.push(Effect::CloseToast { key: key(None, Matter::Network) });
            }
            return;
        };
        if !self.world.may_tell_outage(now) {
            return;
        }
        let host = self.list.get(&id).and_then(|entry| self.cut_off_by(entry, now)).map(str::to_owned);
        let told = host.and_then(|host| Some((self.outage(&id, &host, now)?, host)));
        // While it is tried again there is nothing to say yet.
        if let Some((why, host)) = told {
            self.world.tell_outage(host, now);
            effects.push(Effect::Toast { key: key(None, Matter::Network), account: Some(id), why });
        }
    }
}

impl Entry {
    /// The person is to be told. While they are logging in, they know.
    pub(super) fn needs_person(&self) -> bool {
        let account = &self.account;
        // Of a login that never was, nobody has lost anything.
        let was_there = account.logged_in.is_some() && account.running.is_none();
        let is_gone = was_there && account.recovered && !account.has_record;
        (is_gone || matches!(account.session, Session::Dead { .. } | Session::Blocked { .. }))
            && account.login.is_none()
            && !account.paused
    }

    /// What an attempt in flight would settle: whether there is a Chrome by now (F60).
    pub(super) fn matter_in_flight(&self) -> Option<Matter> {
        let is_for_chrome = |state: &ChainState| match state.before.as_deref() {
            Some(Chain::Waiting { cause: Cause::Browser { end: BrowserEnd::CannotRun(_) }, .. }) => {
                state.chain == Chain::InFlight
            }
            _ => false,
        };
        self.account.chains.values().any(is_for_chrome).then_some(Matter::Chrome)
    }

    /// How long until a token of it is nearly gone.
    pub(super) fn nearly_gone_in(&self, now: Now) -> Option<Duration> {
        let left = |chain| {
            let near = NEARLY_GONE.min(self.life_of_token(chain)? / 20);
            Some(self.left(chain, now)?.saturating_sub(near))
        };
        self.rules.chains.keys().filter_map(left).min()
    }

    /// How long until the person is reminded; `None` if they are not.
    pub(super) fn reminder(&self, awake: Awake, is_locked: bool) -> Option<Duration> {
        let is_near = self.needs_person() && !is_locked;
        is_near.then(|| self.account.prompts.next(Matter::NeedsYou, awake.since(self.counted)))?
    }
}

/// Tells the person.
fn tell(id: &AccountId, key: String, why: Why, is_new: bool, effects: &mut Vec<Effect>) {
    effects.push(Effect::Toast { key, account: Some(id.clone()), why });
    if is_new {
        effects.push(Effect::SaveState { account: id.clone() });
    }
}

/// What a toast is called: a new one of the same key replaces the old one.
fn key(account: Option<&AccountId>, matter: Matter) -> String {
    crate::text::toast_key(account, matter)
}
