//! The process ends before it has done what it began.

use std::fmt::Write as _;
use std::time::Duration;

use lamplighter_core::id::AccountId;
use lamplighter_core::refresh::Effect;

use super::trouble::Whose;
use super::world::World;

impl World {
    /// Everything in memory is gone; store, journals and states stay.
    pub fn crash(&mut self, power_lost: bool, is_polite: bool) {
        self.tally.crashes += 1;
        let begun = self.elapsed;
        self.weather.stops = None;
        // What had been handed over arrives, or does not.
        let ids: Vec<AccountId> = self.running.keys().cloned().collect();
        for id in ids {
            let Some(mut running) = self.running.remove(&id) else { continue };
            let is_on_its_way = matches!(
                running.effect,
                Some(Effect::Send(_) | Effect::Browse(_) | Effect::Save { .. } | Effect::Append { .. })
            );
            _ = writeln!(self.trace, "{} {} dies {is_on_its_way}", self.elapsed, id.as_str());
            if is_on_its_way
                && self.random.roll(2) == 0
                && let Some(effect) = running.effect.take()
            {
                self.perform(&id, effect, &mut running, None);
            }
            self.watch.touch(id);
        }
        self.queue.clear();
        self.wanted.clear();
        self.checks.clear();
        self.orphan_writes(power_lost);
        self.watch.forget_boot();
        if power_lost {
            self.lose_power();
            // Mostly a restart; sometimes somebody leaves it off for an hour or two.
            let off = if self.random.roll(50) == 0 { self.random.roll(7200) } else { self.random.roll(90) };
            self.clock.reboot(Duration::from_secs(off));
            self.elapsed += off * 1000;
        } else if !is_polite && self.random.roll(10) == 0 {
            let off = self.random.roll(300) * 1000;
            self.elapsed += off;
            self.clock.advance(Duration::from_millis(off));
        }
        self.weather.troubles.note(Whose::All, begun, self.elapsed);
        self.boot();
    }
}
