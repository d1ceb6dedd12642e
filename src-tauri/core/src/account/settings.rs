//! What is blocked because of an account's settings, and when that is looked at anew: once they are other ones, be
//! that while the engine runs or while it does not.

use super::{Account, Block, Session};
use crate::schedule::Timer;
use crate::time::Now;

impl Account {
    /// New settings or files: what they blocked is tried again, proof first.
    pub(super) fn settings_changed(&mut self, now: Now) {
        if let Session::Blocked { why, .. } = &self.session {
            let is_cured = matches!(
                why,
                Block::AppSettings
                    | Block::HostChanged { .. }
                    | Block::Incomplete { .. }
                    | Block::ReminderOnly
            );
            if is_cured {
                self.unblock(now);
                // What blocked it can have kept record and journal apart.
                self.recovered = false;
            }
        }
    }

    /// The engine starts with these settings. Those that somebody changed while it did not run are new to what they
    /// blocked; which hosts the person agreed to is in the record, so [`Self::hosts_are_agreed`] judges that.
    pub(super) fn start_under(&mut self, settings: u64, now: Now) {
        let has_changed = self.settings.replace(settings) != Some(settings);
        if has_changed && !self.is_about_hosts() {
            self.settings_changed(now);
        }
    }

    /// Record and settings were compared: the account's secrets go nowhere that the person did not agree to.
    pub(super) fn hosts_are_agreed(&mut self, now: Now) {
        if self.is_about_hosts() {
            self.unblock(now);
        }
    }

    fn is_about_hosts(&self) -> bool {
        matches!(self.session, Session::Blocked { why: Block::HostChanged { .. }, .. })
    }

    fn unblock(&mut self, now: Now) {
        self.session = Session::None;
        self.probe = Some(Timer::due(now));
    }
}
