//! A disk whose power fails: names that were not synced come or not, in any order; the last file may be torn.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use lamplighter_engine::store::sealed::Disk;

use super::common::random::Random;
use super::tally::Came;

const SECTOR: usize = 512;

/// When the power fails, and what it hit.
pub struct Power {
    pub random: Random,
    /// Writes until then; never if absent.
    pub left: Option<u64>,
    /// What was being done.
    pub hit: Option<(&'static str, Came)>,
}

impl Power {
    pub fn is_off(&self) -> bool {
        self.hit.is_some()
    }

    /// Whether the power fails during this; if so, how much of it comes.
    pub fn fails(&mut self, what: &'static str) -> Option<Came> {
        let left = self.left.as_mut()?;
        if *left > 0 {
            *left -= 1;
            return None;
        }
        let came = *self.random.pick(&[Came::Nothing, Came::Part, Came::All]);
        self.hit = Some((what, came));
        Some(came)
    }
}

pub type Shared<T> = Arc<Mutex<T>>;

pub fn held<T>(shared: &Shared<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// `before`, with some sectors of `after` in it: those that had come when the power failed.
pub fn torn(before: &[u8], after: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = before.to_vec();
    // What was not there is zeroes, or the file did not grow yet.
    if random.below(4) > 0 {
        bytes.resize(after.len().max(before.len()), 0);
    }
    for start in (0..bytes.len()).step_by(SECTOR) {
        let end = (start + SECTOR).min(bytes.len());
        let new = after.get(start..end.min(after.len())).unwrap_or_default();
        if random.below(2) == 0 {
            bytes[start..start + new.len()].copy_from_slice(new);
        }
    }
    bytes
}

/// A change of names that is not synced yet.
enum Change {
    /// This name leads to a file with these bytes; another one does not any more.
    Named(String, Vec<u8>, Option<String>),
    Removed(String),
}

/// What is on the disk for certain, and what is not yet.
#[derive(Default)]
pub struct Image {
    synced: BTreeMap<String, Vec<u8>>,
    now: BTreeMap<String, Vec<u8>>,
    pending: Vec<Change>,
}

impl Image {
    /// The power is back: of the names that were not synced any may be there.
    pub fn crash(&mut self, random: &mut Random) {
        let mut left = std::mem::take(&mut self.synced);
        let pending = std::mem::take(&mut self.pending);
        // All, none, the first few, or any of them.
        let (way, first) = (random.below(4), random.below(pending.len() as u64 + 1));
        for (number, change) in pending.into_iter().enumerate() {
            let comes = match way {
                0 => true,
                1 => false,
                2 => (number as u64) < first,
                _ => random.below(2) == 0,
            };
            if comes {
                change.apply(&mut left);
            }
        }
        self.synced.clone_from(&left);
        self.now = left;
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.now);
        self.pending.push(change);
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, Vec<u8>>) {
        match self {
            Self::Named(name, bytes, old) => {
                if let Some(old) = old {
                    names.remove(old);
                }
                names.insert(name.clone(), bytes.clone());
            }
            Self::Removed(name) => _ = names.remove(name),
        }
    }
}

/// The image as the sealed store sees it.
#[derive(Clone)]
pub struct SimDisk {
    pub image: Shared<Image>,
    pub power: Shared<Power>,
}

impl SimDisk {
    fn step(&self, what: &'static str) -> io::Result<Option<Came>> {
        let mut power = held(&self.power);
        if power.is_off() { Err(off()) } else { Ok(power.fails(what)) }
    }
}

fn off() -> io::Error {
    io::Error::other("the power is off")
}

impl Disk for SimDisk {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(held(&self.image).now.get(name).cloned())
    }

    /// Its bytes are synced when this returns; its name is not.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let hit = self.step("sealed: a file is written")?;
        let bytes = match hit {
            None | Some(Came::All) => bytes.to_vec(),
            Some(Came::Nothing) => Vec::new(),
            Some(Came::Part) => torn(&[], bytes, &mut held(&self.power).random),
        };
        held(&self.image).change(Change::Named(name.to_owned(), bytes, None));
        if hit.is_some() { Err(off()) } else { Ok(()) }
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let hit = self.step("sealed: a file is renamed")?;
        if hit != Some(Came::Nothing) {
            let mut image = held(&self.image);
            let bytes = image.now.get(from).cloned().ok_or(io::ErrorKind::NotFound)?;
            image.change(Change::Named(to.to_owned(), bytes, Some(from.to_owned())));
        }
        if hit.is_some() { Err(off()) } else { Ok(()) }
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let hit = self.step("sealed: a file is removed")?;
        if hit != Some(Came::Nothing) {
            held(&self.image).change(Change::Removed(name.to_owned()));
        }
        if hit.is_some() { Err(off()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let hit = self.step("sealed: the folder is synced")?;
        if !matches!(hit, Some(Came::Nothing | Came::Part)) {
            let mut image = held(&self.image);
            image.synced = image.now.clone();
            image.pending.clear();
        }
        if hit.is_some() { Err(off()) } else { Ok(()) }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(held(&self.image).now.keys().cloned().collect())
    }
}
