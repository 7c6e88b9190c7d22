//! What kind of registry to make, and how much of each thing.

use jiff::civil::Date;

use crate::domain::builtin_frequencies;
use crate::domain::frequency::FrequencyTable;
use crate::domain::locus::Locus;
use crate::error::{Error, Result};

/// Most persons of one registry: convicts' record identifiers have seven digits, and twice as many
/// personal identifiers must keep 00 where an IIN has the month of birth.
pub const MAX_PERSONS: u32 = 9_000_000;

/// Most traces, corpse records or families of one registry: their identifiers have six digits, and a
/// family has four relatives at most.
pub const MAX_OTHERS: u32 = 249_999;

/// What kind of registry to make. Every count is exact: the registry has that many, or
/// [`super::generate`] says why it cannot.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthOptions {
    /// Seed of every random draw. Same options, same bytes, whatever the number of threads.
    pub seed: u64,
    /// Persons simulated, in families of three generations. Most have no record.
    pub persons: u32,
    /// Table the founders' alleles are drawn from.
    pub frequencies: FrequencyTable,
    /// Coancestry of the founders: 0 draws from the table itself; above 0 from one subpopulation
    /// whose frequencies differ from the table's as Balding and Nichols (1995) describe.
    pub theta: f64,
    /// Probability that an allele changes by one repeat on its way from parent to child. 0 means no
    /// mutation, which no real family tree offers.
    pub mutation_rate: f64,
    /// Share of adults who are convicts. Far above any country's: the persons simulated stand for
    /// the families that a registry knows.
    pub convict_share: f64,
    /// Share of convicts' profiles typed with the older kit of 15 loci.
    pub older_kit_share: f64,
    /// Pairs of monozygotic twins.
    pub twin_pairs: u32,
    /// Convicts registered a second time under another identifier.
    pub double_registrations: u32,
    /// Traces.
    pub traces: u32,
    /// Corpse records.
    pub corpses: u32,
    /// Families looking for a missing person.
    pub families: u32,
    /// Traces and corpse records among the above whose retention has ended (and convicts over 100
    /// in addition): none may be found.
    pub expired: u32,
    /// The day the registry is as of; no clock is read.
    pub as_of: Date,
}

impl SynthOptions {
    /// The default proportions for `persons` persons: 40 % of adults convicted, 5 % as many traces,
    /// 1 % corpse records, 1 % families, 0.5 % double registrations, 0.2 % twin pairs.
    pub fn new(persons: u32, frequencies: FrequencyTable) -> SynthOptions {
        SynthOptions {
            seed: 1,
            persons,
            frequencies,
            theta: 0.0,
            mutation_rate: 0.0,
            convict_share: 0.4,
            older_kit_share: 0.1,
            twin_pairs: persons / 500,
            double_registrations: persons / 200,
            traces: (persons / 20).min(MAX_OTHERS),
            corpses: persons / 100,
            families: persons / 100,
            expired: persons / 1000,
            as_of: jiff::civil::date(2026, 11, 21),
        }
    }

    /// The defaults over the default table ([`builtin_frequencies::DEFAULT_NAME`]).
    ///
    /// # Errors
    /// The embedded table cannot be read, which is a damaged build.
    pub fn with_default_frequencies(persons: u32) -> Result<SynthOptions> {
        let name = builtin_frequencies::DEFAULT_NAME;
        match builtin_frequencies::builtin(name) {
            Some(Ok(table)) => Ok(SynthOptions::new(persons, table)),
            Some(Err(error)) => Err(Error::usage(
                format!("the built-in frequency table {name} cannot be read: {error}"),
                "reinstall the program",
            )),
            None => Err(Error::usage(
                format!("there is no built-in frequency table {name}"),
                "reinstall the program",
            )),
        }
    }

    /// The loci typed: the core loci that the table covers, ascending.
    pub fn loci(&self) -> Vec<Locus> {
        Locus::core().filter(|locus| self.frequencies.covers(*locus)).collect()
    }

    /// Refuses values that mean nothing.
    ///
    /// # Errors
    /// A share or rate outside its range, too many persons, or a table without any core locus.
    pub fn check(&self) -> Result<()> {
        let share = |name: &str, value: f64, limit: f64| {
            if (0.0..=limit).contains(&value) {
                return Ok(());
            }
            Err(Error::usage(
                format!("{name} is from 0 to {limit}; found {value}"),
                format!("give a {name} in that range"),
            ))
        };
        share("theta", self.theta, 0.5)?;
        share("mutation rate", self.mutation_rate, 0.1)?;
        share("convict share", self.convict_share, 1.0)?;
        share("older kit share", self.older_kit_share, 1.0)?;
        for (name, count, limit) in [
            ("persons", self.persons, MAX_PERSONS),
            ("traces", self.traces, MAX_OTHERS),
            ("corpses", self.corpses, MAX_OTHERS),
            ("families", self.families, MAX_OTHERS),
        ] {
            if count > limit {
                return Err(Error::Limit {
                    what: format!("{count} {name}"),
                    limit: u64::from(limit),
                    help: "make several registries with different seeds".into(),
                });
            }
        }
        if self.loci().is_empty() {
            return Err(Error::usage(
                format!("the table {} covers none of the core loci", self.frequencies.name()),
                "use a table with at least one of the 23 core loci",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_meaning_are_refused_and_named() {
        let good = SynthOptions::with_default_frequencies(1000).unwrap();
        assert!(good.check().is_ok());
        assert_eq!(good.loci().len(), 23);
        for (bad, name) in [
            (SynthOptions { theta: -0.1, ..good.clone() }, "theta"),
            (SynthOptions { theta: f64::NAN, ..good.clone() }, "theta"),
            (SynthOptions { mutation_rate: 0.5, ..good.clone() }, "mutation rate"),
            (SynthOptions { convict_share: 1.1, ..good.clone() }, "convict share"),
            (SynthOptions { persons: MAX_PERSONS + 1, ..good.clone() }, "persons"),
        ] {
            assert!(bad.check().unwrap_err().to_string().contains(name));
        }
    }
}
