//! The accounts, and beside them, if wanted, the same ones with every one looked at: who is looked at must not matter.

use lamplighter_core::account::{Accounts, Effect, Event};

use super::world::World;

impl World {
    /// With a twin whose every account is looked at with every event.
    pub fn with_twin(mut self) -> Self {
        self.twin = Some(Accounts::new(0));
        self
    }

    /// What the accounts make of an event.
    pub fn effects_of(&mut self, event: Event) -> Vec<Effect> {
        let now = self.clock.now();
        let again = self.twin.as_ref().map(|_| event.clone());
        let effects = self.accounts.on_event(event, now);
        if let (Some(twin), Some(event)) = (&mut self.twin, again) {
            twin.look_at_all();
            let all = twin.on_event(event, now);
            assert_eq!(effects, all, "who is looked at must not change what happens, seed {}", self.seed);
            let (mine, naive) = (self.accounts.next_wakeup(now), twin.next_wakeup(now));
            assert!(mine <= naive, "nothing comes late: {mine:?} {naive:?}, seed {}", self.seed);
        }
        effects
    }
}
