//! How many connections there may be, and who has to go when one more comes (T25).
//!
//! Nobody waits because others hold idle or half-finished connections: a full house shows out whoever has
//! been waiting longest without a call under way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Open files that an engine needs beside its connections: stores, journals, requests, pipes of Chromes and hooks.
#[cfg(unix)]
const OTHER_FILES: usize = 256;

/// How many of `wanted` connections can be open at once. The process may open more files from now on, as far as it may
/// decide that itself: systems begin with 256 or 1024.
pub(crate) fn room(wanted: usize) -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let files = u64::try_from(wanted + OTHER_FILES).unwrap_or(u64::MAX);
        let limit = getrlimit(Resource::Nofile);
        let mut current = limit.current.unwrap_or(u64::MAX);
        if current < files {
            let raised = limit.maximum.map_or(files, |most| most.min(files));
            match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }) {
                Ok(()) => current = raised,
                Err(error) => tracing::info!(%error, "the limit of open files stays as it is"),
            }
        }
        let left = usize::try_from(current).unwrap_or(usize::MAX).saturating_sub(OTHER_FILES);
        // With fewer files than that nothing works, and a few programs can be served all the same.
        wanted.min(left.max(wanted.min(64)))
    }
    #[cfg(not(unix))]
    wanted
}

/// All connections that are open.
pub(crate) struct Guests {
    most: usize,
    most_listeners: usize,
    seats: Mutex<Seats>,
    /// Told whenever one leaves.
    left: Notify,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Seat>,
    listeners: usize,
}

struct Seat {
    calls: usize,
    /// Since when it waits: when it came, or its last call ended. The smaller, the longer.
    since: u64,
    leave: Arc<Notify>,
}

/// One connection; gives its seat back when dropped.
pub(crate) struct Guest {
    house: Arc<Guests>,
    id: u64,
    /// Told when the connection has to close.
    pub leave: Arc<Notify>,
}

/// A call under way: while it lives, its connection is not shown out.
pub(crate) struct Busy {
    house: Arc<Guests>,
    id: u64,
    listener: bool,
}

impl Guests {
    /// A house for `most` connections, `most_listeners` of which may stay for the stream of events.
    pub(crate) fn new(most: usize, most_listeners: usize) -> Arc<Self> {
        Arc::new(Self { most, most_listeners, seats: Mutex::default(), left: Notify::new() })
    }

    /// A seat for a new connection, another's if need be; `None` if every one has a call under way.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Guest> {
        let mut seats = self.seats();
        if seats.taken.len() >= self.most && !seats.show_out() {
            return None;
        }
        let (id, leave) = (seats.turn(), Arc::new(Notify::new()));
        seats.taken.insert(id, Seat { calls: 0, since: id, leave: Arc::clone(&leave) });
        Some(Guest { house: Arc::clone(self), id, leave })
    }

    /// Makes the one that waits longest leave, if there is one.
    pub(crate) fn show_one_out(&self) {
        self.seats().show_out();
    }

    /// Resolves when somebody leaves.
    pub(crate) async fn somebody_left(&self) {
        self.left.notified().await;
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Seats> {
        // Nothing panics while it is held, and counts are good enough if something did.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    fn turn(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn show_out(&mut self) -> bool {
        let waiting = self.taken.iter().filter(|(_, seat)| seat.calls == 0);
        let idle = waiting.min_by_key(|(_, seat)| seat.since).map(|(id, _)| *id);
        let seat = idle.and_then(|id| self.taken.remove(&id));
        seat.inspect(|seat| seat.leave.notify_one()).is_some()
    }
}

impl Guest {
    /// Marks a call as under way.
    pub(crate) fn busy(&self) -> Busy {
        if let Some(seat) = self.house.seats().taken.get_mut(&self.id) {
            seat.calls += 1;
        }
        Busy { house: Arc::clone(&self.house), id: self.id, listener: false }
    }
}

impl Busy {
    /// Turns the call into a stream of events; `false` if there are too many of them already.
    pub(crate) fn listen(&mut self) -> bool {
        let mut seats = self.house.seats();
        if seats.listeners >= self.house.most_listeners {
            return false;
        }
        seats.listeners += 1;
        self.listener = true;
        true
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut seats = self.house.seats();
        if self.listener {
            seats.listeners -= 1;
        }
        let now = seats.turn();
        if let Some(seat) = seats.taken.get_mut(&self.id) {
            (seat.calls, seat.since) = (seat.calls - 1, now);
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.house.seats().taken.remove(&self.id);
        self.house.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t25_a_full_house_shows_out_whoever_waits_longest_without_a_call() {
        let house = Guests::new(2, 1);
        let first = house.enter().expect("there is room");
        let _second = house.enter().expect("there is room");
        let call = first.busy();
        let _third = house.enter().expect("the second is idle");
        assert_eq!(house.seats().taken.keys().copied().collect::<Vec<_>>(), [0, 2]);
        drop(call);
        let ids = || house.seats().taken.keys().copied().collect::<Vec<_>>();
        let fourth = house.enter().expect("both are idle now");
        let (came, stayed) = (fourth.id, ids());
        assert_eq!(stayed, [0, came], "who was just served has not waited as long as who never asked");
        let _fifth = house.enter().expect("both are idle");
        assert!(!ids().contains(&0), "its turn has come");
    }

    #[test]
    fn t25_a_house_full_of_calls_lets_nobody_in_and_streams_have_a_cap_of_their_own() {
        let house = Guests::new(1, 1);
        let guest = house.enter().expect("there is room");
        let (mut call, mut other) = (guest.busy(), guest.busy());
        assert!(house.enter().is_none());
        assert!(call.listen() && !other.listen());
        drop(call);
        assert!(other.listen());
    }
}
