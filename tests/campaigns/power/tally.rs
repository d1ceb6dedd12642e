//! What was cut, where, and what came of it.

use std::collections::BTreeMap;

use super::common::table::Table;

/// How much of what was being written came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    Nothing,
    Part,
    All,
}

/// What was found after the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing yet: the login was not stored.
    Nothing,
    /// The record from before the write.
    Old,
    /// The one that was being written.
    New,
}

#[derive(Default)]
struct Row {
    nothing: usize,
    part: usize,
    all: usize,
    none: usize,
    old: usize,
    new: usize,
    replayed: usize,
    ended: usize,
}

/// The table that is printed.
#[derive(Default)]
pub struct Tally {
    rows: BTreeMap<&'static str, Row>,
    cuts: usize,
    refreshes: usize,
    forgot_late: usize,
}

impl Tally {
    pub fn cut(&mut self, what: &'static str, came: Came, found: Found) {
        self.cuts += 1;
        let row = self.rows.entry(what).or_default();
        *match came {
            Came::Nothing => &mut row.nothing,
            Came::Part => &mut row.part,
            Came::All => &mut row.all,
        } += 1;
        *match found {
            Found::Nothing => &mut row.none,
            Found::Old => &mut row.old,
            Found::New => &mut row.new,
        } += 1;
    }

    /// The request whose reply was lost by that cut was sent once more, marked.
    pub fn replayed(&mut self, what: &'static str) {
        self.rows.entry(what).or_default().replayed += 1;
    }

    /// A service without a grace did not take the replay of a reply that was lost with the power.
    pub fn ended(&mut self, what: &'static str) {
        self.rows.entry(what).or_default().ended += 1;
    }

    /// A keyring lost more than its last write.
    pub fn forgot_late(&mut self) {
        self.forgot_late += 1;
    }

    pub fn refreshed(&mut self) {
        self.refreshes += 1;
    }

    pub fn text(&self) -> String {
        let mut table = Table::new([
            "power cut while",
            "nothing came",
            "a part",
            "all",
            "no login yet",
            "old",
            "new",
            "replayed",
            "ended",
        ]);
        for (what, row) in &self.rows {
            let counts =
                [row.nothing, row.part, row.all, row.none, row.old, row.new, row.replayed, row.ended];
            table.counts(*what, counts);
        }
        table.text()
    }

    pub fn sum(&self) -> String {
        let (replayed, ended) = self
            .rows
            .values()
            .fold((0, 0), |(replayed, ended), row| (replayed + row.replayed, ended + row.ended));
        format!(
            "{} power cuts, {} refreshes, {} times a keyring lost several writes that it had given back; {replayed} lost replies replayed under a mark, {ended} of them refused by a service without a grace; no other login was lost, nothing was spent blindly",
            self.cuts, self.refreshes, self.forgot_late
        )
    }
}
