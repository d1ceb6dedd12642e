//! What was covered: fault × step × service.

use super::faults::{FAULTS, Fault, STEPS, Step};
use super::random::Random;
use super::services::{KINDS, Kind};

/// Every seed of 30 days wants each possible cell this often; the twenty and more of a long run make a hundred.
const WANTED: u64 = 13;
/// So often, of a hundred thousand, something strikes where nothing is missing.
const AT_LEAST: u64 = 300;
/// And so often where much is: the rest has to come through.
const AT_MOST: u64 = 40_000;
/// How often, of a hundred thousand, what leads to a rare step strikes.
pub const LEADING: u64 = 30_000;

/// Hits of every cell.
pub struct Covered {
    hits: Vec<u32>,
    visits: Vec<u32>,
    /// Faults that can strike, by step and service.
    possible: Vec<Vec<Fault>>,
}

impl Default for Covered {
    fn default() -> Self {
        let mut possible = vec![Vec::new(); STEPS.len() * KINDS.len()];
        for step in STEPS {
            for kind in KINDS {
                // Two copies come of other faults.
                let can = |fault: &Fault| fault.why_not(step, kind).is_none() && *fault != Fault::TwoCopies;
                possible[place(step, kind)] = FAULTS.iter().map(|row| row.0).filter(can).collect();
            }
        }
        Self {
            hits: vec![0; FAULTS.len() * STEPS.len() * KINDS.len()],
            visits: vec![0; STEPS.len() * KINDS.len()],
            possible,
        }
    }
}

fn place(step: Step, kind: Kind) -> usize {
    step.index() * KINDS.len() + kind.index()
}

fn cell(fault: Fault, step: Step, kind: Kind) -> usize {
    fault.index() * STEPS.len() * KINDS.len() + place(step, kind)
}

/// Which fault leads to a step that is rarely taken without, and which step that is.
fn leads_to(step: Step) -> Option<(Fault, Step)> {
    match step {
        Step::Save => Some((Fault::StoreShut, Step::Spill)),
        Step::Probe => Some((Fault::Lag, Step::Wait)),
        Step::Send => Some((Fault::Reset, Step::HostCheck)),
        _ => None,
    }
}

impl Covered {
    pub fn hit(&mut self, fault: Fault, step: Step, kind: Kind) {
        self.hits[cell(fault, step, kind)] += 1;
    }

    pub fn hits(&self, fault: Fault, step: Step, kind: Kind) -> u32 {
        self.hits[cell(fault, step, kind)]
    }

    pub fn visits(&self, step: Step, kind: Kind) -> u32 {
        self.visits[place(step, kind)]
    }

    pub fn add(&mut self, other: &Self) {
        self.hits.iter_mut().zip(&other.hits).for_each(|(mine, theirs)| *mine += theirs);
        self.visits.iter_mut().zip(&other.visits).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Whether something strikes at this step: where much is missing, more often. `lived` is the part of the story
    /// that is over, in thousandths.
    pub fn is_struck(&mut self, step: Step, kind: Kind, lived: u64, random: &mut Random) -> bool {
        let place = place(step, kind);
        self.visits[place] += 1;
        let of = |fault: &Fault| WANTED.saturating_sub(u64::from(self.hits(*fault, step, kind)));
        let missing: u64 = self.possible[place].iter().map(of).sum();
        let lived = lived.clamp(50, 950);
        let to_come = u64::from(self.visits[place]) * (1000 - lived) / lived;
        random.chance((100_000 * missing / to_come.max(1)).clamp(AT_LEAST, AT_MOST))
    }

    /// What struck least of all that `may` strike here now; which of those is up to `dice`.
    pub fn rarest(&self, step: Step, kind: Kind, dice: u64, may: impl Fn(Fault) -> bool) -> Option<Fault> {
        let can = self.possible[place(step, kind)].iter().copied().filter(|fault| may(*fault));
        let can: Vec<(u32, Fault)> = can.map(|fault| (self.hits(fault, step, kind), fault)).collect();
        let least = can.iter().map(|(hits, _)| *hits).min()?;
        let rarest: Vec<Fault> = can.into_iter().filter(|(hits, _)| *hits == least).map(|it| it.1).collect();
        rarest.get(usize::try_from(dice % rarest.len() as u64).unwrap_or(0)).copied()
    }

    /// The fault that leads from here to a step that was taken too rarely so far.
    pub fn lead(&self, step: Step, kind: Kind, lived: u64) -> Option<Fault> {
        let (fault, to) = leads_to(step)?;
        (self.is_behind(to, kind, lived) && fault.why_not(step, kind).is_none()).then_some(fault)
    }

    /// Whether a step was taken too rarely so far for all that shall strike there.
    pub fn is_behind(&self, step: Step, kind: Kind, lived: u64) -> bool {
        let place = place(step, kind);
        let wanted = WANTED * 3 * self.possible[place].len() as u64;
        !self.possible[place].is_empty()
            && u64::from(self.visits[place]) * 1000 < wanted * lived.clamp(50, 950)
    }

    /// Possible cells with fewer hits than `least`.
    pub fn too_few(&self, least: u32) -> Vec<(Fault, Step, Kind, u32)> {
        let mut few = Vec::new();
        for (fault, _, _) in FAULTS {
            for step in STEPS {
                for kind in KINDS {
                    let hits = self.hits(fault, step, kind);
                    if fault.why_not(step, kind).is_none() && hits < least {
                        few.push((fault, step, kind, hits));
                    }
                }
            }
        }
        few.sort_by_key(|(_, _, _, hits)| *hits);
        few
    }
}
