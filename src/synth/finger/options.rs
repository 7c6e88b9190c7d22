//! What kind of fingerprint registry to make, and how much of each thing.

use jiff::civil::Date;

use super::parameters::{ImpressionOptions, MasterParameters};
use crate::error::{Error, Result};
use crate::synth::options::{MAX_OTHERS, MAX_PERSONS};

/// What kind of fingerprint registry to make. Every count is exact: the registry has that many, or
/// [`super::write_finger_registry`] says why it cannot.
#[derive(Debug, Clone, PartialEq)]
pub struct FingerRegistryOptions {
    /// Seed of every random draw. Same options, same bytes, whatever the number of threads.
    pub seed: u64,
    /// Persons in a register.
    pub persons: u32,
    /// Share of them who are convicts.
    pub convict_share: f64,
    /// Share of convicts who have a citizen's record too.
    pub convicts_also_citizens_share: f64,
    /// Persons registered a second time in their register under another identifier.
    pub double_registrations: u32,
    /// Latent marks.
    pub traces: u32,
    /// Share of latent marks whose finger is in no register.
    pub traces_of_nobody_share: f64,
    /// Unidentified corpses, four in five of them of citizens.
    pub corpses: u32,
    /// Second records of citizens whose retention has ended, in addition: none may be found.
    pub expired: u32,
    /// The day the registry is as of; no clock is read.
    pub as_of: Date,
    /// How fingers are.
    pub master: MasterParameters,
    /// How citizens are printed.
    pub citizen: ImpressionOptions,
    /// How convicts are printed.
    pub convict: ImpressionOptions,
    /// How marks are left.
    pub trace: ImpressionOptions,
    /// How corpses are printed.
    pub corpse: ImpressionOptions,
}

impl FingerRegistryOptions {
    /// The default proportions for `persons` persons: 10 % convicts, half of them with a citizen's
    /// record too; 0.5 % double registrations, 5 % as many marks, 1 % corpses, 0.1 % expired records.
    pub fn new(persons: u32) -> FingerRegistryOptions {
        FingerRegistryOptions {
            seed: 1,
            persons,
            convict_share: 0.1,
            convicts_also_citizens_share: 0.5,
            double_registrations: persons / 200,
            traces: (persons / 20).min(MAX_OTHERS),
            traces_of_nobody_share: 0.3,
            corpses: (persons / 100).min(MAX_OTHERS),
            expired: persons / 1000,
            as_of: jiff::civil::date(2026, 11, 21),
            master: MasterParameters::default(),
            citizen: ImpressionOptions::plain(),
            convict: ImpressionOptions::rolled(),
            trace: ImpressionOptions::latent(),
            corpse: ImpressionOptions::corpse(),
        }
    }

    /// Refuses values that mean nothing.
    ///
    /// # Errors
    /// A share outside 0 to 1, or too many of something.
    pub fn check(&self) -> Result<()> {
        for (name, share) in [
            ("convict share", self.convict_share),
            ("share of convicts who are citizens too", self.convicts_also_citizens_share),
            ("share of marks of nobody", self.traces_of_nobody_share),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::usage(
                    format!("the {name} is from 0 to 1; found {share}"),
                    format!("give a {name} in that range"),
                ));
            }
        }
        for (name, count, limit) in [
            ("persons", self.persons, MAX_PERSONS),
            ("double registrations", self.double_registrations, MAX_PERSONS),
            ("traces", self.traces, MAX_OTHERS),
            ("corpses", self.corpses, MAX_OTHERS),
            ("expired records", self.expired, MAX_OTHERS),
        ] {
            if count > limit {
                return Err(Error::Limit {
                    what: format!("{count} {name}"),
                    limit: u64::from(limit),
                    help: "make several registries with different seeds".into(),
                });
            }
        }
        Ok(())
    }
}
