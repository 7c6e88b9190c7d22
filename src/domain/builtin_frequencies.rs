//! The allele-frequency tables that travel inside the program.
//!
//! Why built in: a likelihood ratio is only as portable as its table, and a run must not depend on
//! a file that happened to lie beside it. The files are `datasets/frequencies/<name>.csv`; their
//! comment lines name source, year and sample. All cover the 23 core loci.
//!
//! When not to use them: in casework of a population none of them describes. `norstr-mid-asia` is a
//! stand-in for Central Asia of unstated origin and is there to exercise the program, no more.

use super::frequency::{FrequencyError, FrequencyTable};

/// Table used where none is named, by the synthetic registry and by runs alike, so that the model
/// of a demonstration agrees with its truth.
pub const DEFAULT_NAME: &str = "nist1036-caucasian";

/// Name and content of every table, in the order of lists.
const TABLES: [(&str, &str); 5] = [
    (DEFAULT_NAME, include_str!("../../datasets/frequencies/nist1036-caucasian.csv")),
    (
        "nist1036-african-american",
        include_str!("../../datasets/frequencies/nist1036-african-american.csv"),
    ),
    ("nist1036-asian", include_str!("../../datasets/frequencies/nist1036-asian.csv")),
    ("nist1036-hispanic", include_str!("../../datasets/frequencies/nist1036-hispanic.csv")),
    ("norstr-mid-asia", include_str!("../../datasets/frequencies/norstr-mid-asia.csv")),
];

/// Names of the built-in tables, in the order of lists.
pub const NAMES: [&str; TABLES.len()] =
    [TABLES[0].0, TABLES[1].0, TABLES[2].0, TABLES[3].0, TABLES[4].0];

/// The built-in table called `name`; `None` if there is none of that name.
///
/// # Errors
/// The embedded text is not a frequency table (a damaged build; a test reads them all).
pub fn builtin(name: &str) -> Option<Result<FrequencyTable, FrequencyError>> {
    TABLES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(known, text)| FrequencyTable::from_csv(known, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locus::Locus;

    #[test]
    fn every_builtin_table_covers_the_core_loci_and_each_locus_sums_to_one() {
        for name in NAMES {
            let table = builtin(name).unwrap().unwrap();
            assert_eq!(table.name(), name);
            assert!(Locus::core().all(|locus| table.covers(locus)), "{name}");
            for (locus, frequencies) in table.loci() {
                let sum: f64 = frequencies.alleles.values().sum();
                assert!((sum - 1.0).abs() < 1e-9, "{name} {locus} sums to {sum}");
            }
        }
        assert!(builtin("nist1036").is_none());
    }

    #[test]
    fn the_stand_in_says_that_it_is_one() {
        let text = TABLES.iter().find(|(name, _)| *name == "norstr-mid-asia").unwrap().1;
        assert!(text.contains("STAND-IN") && text.contains("NOT FOR CASEWORK"));
    }

    #[test]
    fn only_the_nist_tables_state_their_sample_sizes() {
        let sampled = |name: &str| {
            let table = builtin(name).unwrap().unwrap();
            table.loci().next().unwrap().1.sampled_alleles
        };
        assert_eq!(sampled("nist1036-caucasian"), Some(722));
        assert_eq!(sampled("norstr-mid-asia"), None);
    }
}
