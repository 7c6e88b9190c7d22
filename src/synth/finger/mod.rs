//! Synthetic fingers: persons, their ten fingers, and impressions of them as minutiae.
//!
//! What: a person number and a seed give ten fingers that belong together ([`Person`]); each finger has
//! an orientation field and all its minutiae ([`Master`]); each impression shows part of them, moved,
//! turned, pulled and misread ([`Master::impression`]). Why: a registry with known truth, of a size no
//! public data has, and minutiae with true correspondence ([`training_prints`]). Numbers are fitted to
//! real templates ([`MasterParameters`]).
//!
//! Limits: minutiae only, no images; no palms, scars, warts or creases; no relatives. Chance agreement
//! of two different people is only as real as the model: error rates for a court need real prints.

mod arithmetic;
mod distortion;
mod field;
mod files;
mod impression;
mod master;
mod options;
mod parameters;
mod pattern;
mod person;
mod selection;
mod training;
mod truth;

#[cfg(test)]
mod tests;

pub use files::{
    Encoder, FINGER_REGISTERS, FingerDescription, finger_list_path, read_finger_truth,
    write_finger_registry,
};
pub use impression::TracedImpression;
pub use master::{Master, MasterMinutia};
pub use options::FingerRegistryOptions;
pub use parameters::{ImpressionOptions, MasterParameters};
pub use pattern::Pattern;
pub use person::Person;
pub use training::{TrainingFinger, training_prints};
pub use truth::{FingerRecordKind, FingerTruthRecord, RecordedFingers};
