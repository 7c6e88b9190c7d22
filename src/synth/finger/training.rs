//! Impressions of many fingers with true correspondence, for learning and testing descriptors.

use rayon::prelude::*;

use super::impression::TracedImpression;
use super::parameters::ImpressionOptions;
use super::person::Person;
use crate::domain::finger::Position;

/// Several impressions of one finger. Two minutiae of different impressions are the same minutia of the
/// finger where their [`TracedImpression::sources`] are equal and not `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingFinger {
    /// Number of the person.
    pub person: u32,
    /// Which finger.
    pub position: Position,
    /// Impressions, in the order of their streams.
    pub impressions: Vec<TracedImpression>,
}

impl TrainingFinger {
    /// Places of corresponding minutiae in impressions `a` and `b`; empty where there is no such
    /// impression. Both places ascend with the place in `a`.
    pub fn correspondences(&self, a: usize, b: usize) -> Vec<(usize, usize)> {
        let (Some(a), Some(b)) = (self.impressions.get(a), self.impressions.get(b)) else {
            return Vec::new();
        };
        let mut place_of = std::collections::HashMap::new();
        for (place, source) in b.sources.iter().enumerate() {
            if let Some(source) = source {
                place_of.insert(*source, place);
            }
        }
        let pair =
            |(place, source): (usize, &Option<u32>)| Some((place, *place_of.get(&(*source)?)?));
        a.sources.iter().enumerate().filter_map(pair).collect()
    }
}

/// `impressions` impressions of each of the ten fingers of persons `0..persons` under `seed`. The same
/// arguments give the same prints whatever the number of threads; use a seed of its own for training,
/// or the registry of the same seed holds the training fingers.
pub fn training_prints(
    seed: u64,
    persons: u32,
    impressions: u64,
    options: &ImpressionOptions,
) -> Vec<TrainingFinger> {
    (0..persons)
        .into_par_iter()
        .flat_map_iter(|number| {
            let person = Person::new(seed, number);
            Position::FINGERS.into_iter().filter_map(move |position| {
                let master = person.master(position)?;
                let impressions =
                    (0..impressions).map(|n| master.traced_impression(options, n)).collect();
                Some(TrainingFinger { person: number, position, impressions })
            })
        })
        .collect()
}
