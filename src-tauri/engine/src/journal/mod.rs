//! The journal of one account: what was about to be spent, and what came back (I3, I4).
//!
//! One file per account, only ever appended to, each entry sealed and on the disk before [`Journal::append`]
//! returns. What an entry means is for the refresh machine to say; here it is bytes.
//!
//! Whether a journal *should* be there is known from the record: the file is made before a record's first save,
//! so a record without a journal has lost it.

mod file;
mod frame;
mod scan;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use lamplighter_core::id::AccountId;
use lamplighter_core::secret::Secret;
use zeroize::Zeroizing;

use crate::seal::{Sealer, Unsealable};
use file::{Ground, ROOM};
use frame::{Frame, Label};
use scan::Found;

/// So often what is kept may stand in a journal before it is made small.
const KEPT_AT_ONCE: u64 = 4;

/// What was in the journal when it was opened.
pub enum Opened {
    /// It is there, and holds nothing.
    Fresh,
    /// It is there and whole.
    Entries {
        /// What was appended, oldest first.
        entries: Vec<Secret>,
        /// The last append did not come to its end, so nobody was told that it did: nothing was sent on its
        /// strength. It is not among the entries.
        torn: bool,
    },
    /// It is not there: fresh for a record that was never saved, lost for any other (I4).
    Missing,
    /// Something in it is not what was written. Not caused by a crash: bad hardware, or somebody's hand (T18).
    Damaged {
        /// What can still be read, oldest first. There may have been more.
        readable: Vec<Secret>,
    },
    /// It was sealed with another key, or for another account (T18).
    WrongKey,
}

/// An open journal. All calls block on the disk.
pub struct Journal {
    path: PathBuf,
    label: Label,
    /// `None` until [`Journal::start_over`], where what was found cannot be appended to.
    ground: Option<Ground>,
    /// The next append drops all entries before it.
    swept: bool,
}

impl Journal {
    /// Opens the journal of `account` in `folder`; `key` is the record's `journal_key`.
    ///
    /// After [`Opened::Missing`], [`Opened::Damaged`] and [`Opened::WrongKey`] nothing can be appended until
    /// [`Journal::start_over`], so that what was found is still found after a crash: first save what follows
    /// from it.
    ///
    /// # Errors
    /// If the file is there and cannot be read, or `key` is no key.
    pub fn open(folder: &Path, account: &AccountId, key: &Secret) -> io::Result<(Self, Opened)> {
        let path = path_of(folder, account);
        let mut journal = Self { label: Label::new(account, sealer(key)?), path, ground: None, swept: false };
        let mut file = match file::open(&journal.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((journal, Opened::Missing)),
            other => other?,
        };
        let bytes = file::read(&mut file)?;
        let opened = match scan::scan(&bytes, &mut journal.label) {
            Found::Whole { entries, end, next, torn } => {
                let size = bytes.len() as u64;
                // What a torn append left is overwritten by the next one.
                journal.ground = Some(Ground { file, size, end, next, dirty: if torn { size } else { end } });
                if entries.is_empty() && !torn { Opened::Fresh } else { Opened::Entries { entries, torn } }
            }
            Found::Damaged { readable } => Opened::Damaged { readable },
            Found::WrongKey => Opened::WrongKey,
        };
        Ok((journal, opened))
    }

    /// Puts a new, empty journal there, in one piece. A bad one is kept beside it, as `….damaged`.
    ///
    /// # Errors
    /// If it cannot be written; then what was there is still there.
    pub fn start_over(&mut self) -> io::Result<()> {
        self.start_over_with(&[])
    }

    /// The same, with `entries` in it from its first moment: a crash on the way leaves the old journal with all
    /// that could be read of it, or the new one with the same.
    ///
    /// # Errors
    /// If it cannot be written; then what was there is still there.
    pub fn start_over_with(&mut self, entries: &[Zeroizing<Vec<u8>>]) -> io::Result<()> {
        if self.ground.is_none() && self.path.exists() {
            file::keep_beside(&self.path, &self.path.with_extension("damaged"))?;
        }
        self.replace(entries)
    }

    /// Appends `entry` and waits until it is on the disk.
    ///
    /// # Errors
    /// If that is not certain; then the entry counts as not there and may be tried again.
    pub fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        let ground = self.ground.as_mut().ok_or_else(not_usable)?;
        let frame = Frame { index: ground.next, drops_older: self.swept };
        let bytes = self.label.encode(frame, entry)?;
        ground.grow_to(ground.end + bytes.len() as u64)?;
        ground.write(&bytes)?;
        self.swept = false;
        Ok(())
    }

    /// Makes sure that a mark and a reply of `bytes` in all can be appended though the disk fills up
    /// meanwhile. To be called before anything is spent.
    ///
    /// # Errors
    /// If the room is not to be had: then nothing may be sent (F38).
    pub fn reserve(&mut self, bytes: usize) -> io::Result<()> {
        let ground = self.ground.as_mut().ok_or_else(not_usable)?;
        ground.grow_to(ground.end + (bytes + 4 * frame::OVERHEAD) as u64)
    }

    /// Forgets all entries: what they say is in the store, proven. Costs nothing: the next append says so, and
    /// until then a crash brings back entries that are older than the record, which loses to it anyway. Only a
    /// journal that has grown is made small again at once.
    ///
    /// # Errors
    /// If it could not be made small; it is swept and usable all the same.
    pub fn sweep(&mut self) -> io::Result<()> {
        self.sweep_all_but(&[])
    }

    /// The same; a journal that is made small at once holds `kept` from its first moment. Else what it held stays
    /// until the next append, which has to bring the same along.
    ///
    /// # Errors
    /// If it could not be made small; it is swept and usable all the same.
    pub fn sweep_all_but(&mut self, kept: &[Zeroizing<Vec<u8>>]) -> io::Result<()> {
        let Some(ground) = &self.ground else { return Err(not_usable()) };
        self.swept = true;
        // A record of many cookies is as large as all that room: several of them fit before anything is moved.
        let bytes: u64 = kept.iter().map(|entry| entry.len() as u64).sum();
        if ground.end > ROOM / 2 + KEPT_AT_ONCE * bytes { self.replace(kept) } else { Ok(()) }
    }

    /// Removes the journal of `account`, and what was kept of damaged ones; done if there is none. For logouts.
    ///
    /// # Errors
    /// If it is not certain that it is gone.
    pub fn remove(folder: &Path, account: &AccountId) -> io::Result<()> {
        let path = path_of(folder, account);
        for path in [&path, &path.with_extension("damaged"), &path.with_extension("new")] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match file::sync_folder(folder) {
            // Without its folder it is gone as well.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The same where there is one only now and then: nothing is waited for if there is none.
    ///
    /// # Errors
    /// If it is not certain that it is gone.
    pub fn remove_if_there(folder: &Path, account: &AccountId) -> io::Result<()> {
        let path = path_of(folder, account);
        let is_there = path.exists() || path.with_extension("damaged").exists();
        if is_there { Self::remove(folder, account) } else { Ok(()) }
    }

    fn replace(&mut self, entries: &[Zeroizing<Vec<u8>>]) -> io::Result<()> {
        let old = self.label.epoch();
        let left = self.ground.take().map(Ground::leave);
        match self.make(entries) {
            Ok(ground) => {
                (self.ground, self.swept) = (Some(ground), false);
                Ok(())
            }
            Err(error) => {
                // What is there still carries the old one.
                self.label.set_epoch(old);
                self.ground = left.map(|left| left.enter(&self.path)).transpose()?;
                Err(error)
            }
        }
    }

    fn make(&mut self, entries: &[Zeroizing<Vec<u8>>]) -> io::Result<Ground> {
        let mut bytes = self.label.new_head()?;
        self.label.read_head(&bytes);
        let mut next = 0;
        for entry in entries {
            bytes.extend(self.label.encode(Frame { index: next, drops_older: false }, entry)?);
            next += 1;
        }
        let end = bytes.len() as u64;
        let (file, size) = file::create(&self.path, &bytes)?;
        Ok(Ground { file, size, end, next, dirty: end })
    }
}

fn path_of(folder: &Path, account: &AccountId) -> PathBuf {
    folder.join(account.as_str()).with_extension("journal")
}

fn sealer(key: &Secret) -> io::Result<Sealer> {
    Sealer::new(key).map_err(|Unsealable| io::Error::new(ErrorKind::InvalidInput, "not a journal key"))
}

fn not_usable() -> io::Error {
    io::Error::other("the journal is missing or damaged, and was not started over")
}
