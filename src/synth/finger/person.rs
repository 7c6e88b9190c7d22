//! A synthetic person: ten fingers that belong together.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::arithmetic::{factor, normal};
use super::master::{Master, Plan};
use super::parameters::MasterParameters;
use super::pattern::{Pattern, patterns};
use crate::domain::finger::Position;
use crate::synth::stream::{Purpose, stream};

/// Size of each finger, thumb to little, as a multiple of the hand's average.
const FINGER_SIZES: [f64; 5] = [1.14, 1.01, 1.03, 1.0, 0.87];

/// Streams of one person: the person's own, then one per position.
const STREAMS_PER_PERSON: u64 = 16;

/// A person; the seed and the number decide everything about the fingers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Person {
    seed: u64,
    number: u32,
    patterns: [Pattern; 10],
    size: f64,
    density: f64,
    parameters: MasterParameters,
}

impl Person {
    /// Person `number` of the world `seed`, by the default [`MasterParameters`].
    pub fn new(seed: u64, number: u32) -> Person {
        Person::with_parameters(seed, number, MasterParameters::default())
    }

    /// Person `number` of the world `seed`, by `parameters`.
    pub fn with_parameters(seed: u64, number: u32, parameters: MasterParameters) -> Person {
        let mut rng = stream(seed, Purpose::FingerPerson, u64::from(number) * STREAMS_PER_PERSON);
        Person {
            seed,
            number,
            patterns: patterns(&mut rng),
            size: factor(&mut rng, parameters.size_spread),
            density: factor(&mut rng, parameters.density_spread_person),
            parameters,
        }
    }

    /// The person's number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The class of a finger; `None` for palms, slaps of four and unknown positions.
    pub fn pattern(&self, position: Position) -> Option<Pattern> {
        let finger = usize::from(position.finger()?);
        self.patterns.get(finger - 1).copied()
    }

    /// The finger at `position`; `None` for palms, slaps of four and unknown positions, which are not
    /// made.
    pub fn master(&self, position: Position) -> Option<Master> {
        let pattern = self.pattern(position)?;
        let finger = position.finger()?;
        let number = u64::from(self.number) * STREAMS_PER_PERSON + u64::from(finger);
        let mut rng = stream(self.seed, Purpose::FingerPerson, number);
        let relative = FINGER_SIZES[usize::from((finger - 1) % 5)];
        let plan = Plan {
            position: Position::FINGERS[usize::from(finger - 1)],
            pattern,
            scale: self.size * relative * (1.0 + 0.02 * normal(&mut rng)),
            density: self.density * factor(&mut rng, self.parameters.density_spread_finger),
            parameters: self.parameters,
            seed: rng.random(),
        };
        Some(Master::new(plan, &mut rng))
    }
}

/// The generator of impression `number` of a finger.
pub(super) fn impression_stream(master_seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(master_seed);
    rng.set_stream(number);
    rng
}
