//! What was covered: fault × step × service.

use super::faults::{FAULTS, Fault, STEPS, Step};
use super::random::Random;
use super::services::{KINDS, Kind};

/// Every seed of a long run wants each possible cell this often; twenty of them make a hundred and more.
const WANTED: u64 = 12;

/// Hits of every cell.
pub struct Covered {
    hits: Vec<u32>,
    visits: Vec<u32>,
    /// Faults that can strike, by step and service.
    possible: Vec<Vec<Fault>>,
}

impl Default for Covered {
    fn default() -> Self {
        let mut possible = Vec::new();
        for step in STEPS {
            for kind in KINDS {
                // Two copies come of other faults.
                let can = |fault: &Fault| fault.why_not(step, kind).is_none() && *fault != Fault::TwoCopies;
                possible.push((place(step, kind), FAULTS.iter().map(|row| row.0).filter(can).collect()));
            }
        }
        possible.sort_by_key(|(place, _)| *place);
        Self {
            hits: vec![0; FAULTS.len() * STEPS.len() * KINDS.len()],
            visits: vec![0; STEPS.len() * KINDS.len()],
            possible: possible.into_iter().map(|(_, faults)| faults).collect(),
        }
    }
}

fn place(step: Step, kind: Kind) -> usize {
    step.index() * KINDS.len() + kind.index()
}

fn cell(fault: Fault, step: Step, kind: Kind) -> usize {
    fault.index() * STEPS.len() * KINDS.len() + place(step, kind)
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

    /// Whether something strikes at this step, and what: rarely visited steps are struck more often, and what
    /// struck least there comes first. `lived` is the part of the story that is over, in thousandths.
    pub fn pick(&mut self, step: Step, kind: Kind, lived: u64, random: &mut Random) -> Option<Fault> {
        let place = place(step, kind);
        self.visits[place] += 1;
        let faults = &self.possible[place];
        let of = |fault: &Fault| u64::from(self.hits[cell(*fault, step, kind)]);
        let so_far: u64 = faults.iter().map(of).sum();
        let missing = (WANTED * faults.len() as u64).saturating_sub(so_far);
        let lived = lived.clamp(50, 950);
        let to_come = u64::from(self.visits[place]) * (1000 - lived) / lived;
        let weight = (100_000 * missing / to_come.max(1)).clamp(600, 33_000);
        if !random.chance(weight) {
            return None;
        }
        let some = (0..4).map(|_| faults[usize::try_from(random.roll(faults.len() as u64)).unwrap_or(0)]);
        some.collect::<Vec<_>>().into_iter().min_by_key(of)
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
