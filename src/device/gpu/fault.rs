//! Faults put in on purpose, so that tests can show that none loses or doubles a hit.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::kernel::Spec;

/// What goes wrong with one call of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device is given up.
    Lost,
    /// A buffer cannot be had.
    OutOfMemory,
    /// The answer is not the right one.
    WrongAnswer,
    /// There is room for a single survivor at first, or a dispatch may compare a single pair of prints.
    RoomOfOne,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 4] =
        [Fault::Lost, Fault::OutOfMemory, Fault::WrongAnswer, Fault::RoomOfOne];
}

/// Which calls go wrong, drawn from a seed.
#[derive(Debug)]
pub struct FaultPlan {
    random: ChaCha8Rng,
    injected: u64,
    faults: Vec<Fault>,
    chance: f64,
    kernel: Option<Spec>,
}

impl FaultPlan {
    /// Each call goes wrong with `chance`, in one of the ways of `faults`.
    pub fn new(seed: u64, chance: f64, faults: &[Fault]) -> FaultPlan {
        FaultPlan {
            random: ChaCha8Rng::seed_from_u64(seed),
            injected: 0,
            faults: faults.to_vec(),
            chance: chance.clamp(0.0, 1.0),
            kernel: None,
        }
    }

    /// The same for calls of one kernel alone.
    pub fn of(self, kernel: Spec) -> FaultPlan {
        FaultPlan { kernel: Some(kernel), ..self }
    }

    /// What goes wrong with the next call, which is of `kernel`.
    pub(super) fn next(&mut self, kernel: &Spec) -> Option<Fault> {
        let is_other = self.kernel.is_some_and(|only| only != *kernel);
        if is_other || self.faults.is_empty() || !self.random.random_bool(self.chance) {
            return None;
        }
        let place = self.random.random_range(0..self.faults.len());
        self.injected += 1;
        self.faults.get(place).copied()
    }

    /// Calls that went wrong so far.
    pub fn injected(&self) -> u64 {
        self.injected
    }
}

/// What was put into one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Injected(pub(super) Option<Fault>);

impl Injected {
    /// Survivors or comparisons there is room for at first, of `otherwise` ones.
    pub(super) fn first_room(self, otherwise: usize) -> usize {
        if self.0 == Some(Fault::RoomOfOne) { 1 } else { otherwise }
    }

    pub(super) fn is_wrong(self) -> bool {
        self.0 == Some(Fault::WrongAnswer)
    }
}
