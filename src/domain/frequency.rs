//! Allele frequencies of a population, and the rule for rare and unseen alleles.
//!
//! When not to trust it: a table of another population than the case's. Every result names its table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::allele::Allele;
use super::locus::Locus;

/// Frequency given to an unseen allele of a table without sample sizes (the floor of norSTR's tables).
const FLOOR_WITHOUT_SAMPLE_SIZE: f64 = 0.001;

/// Least frequency accepted, in tables and as a minimum: far below one observation in any sample, far
/// above where a product over all loci could leave the range of `f64`.
pub const LEAST_FREQUENCY: f64 = 1e-6;

/// What frequency a rare or unseen allele gets.
///
/// Source: NRC II (1996), recommendation of at least five observations: 5/(2N), N persons sampled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule", content = "value")]
pub enum MinimumFrequency {
    /// Seen alleles as tabulated; unseen ones get 5/(2N).
    UnseenOnly,
    /// Every frequency is raised to 5/(2N).
    FiveObservations,
    /// Every frequency is raised to the value.
    Fixed(f64),
}

impl MinimumFrequency {
    /// How the rule is written in results.
    pub fn name(self) -> String {
        match self {
            MinimumFrequency::UnseenOnly => "unseen-5/2N".into(),
            MinimumFrequency::FiveObservations => "5/2N".into(),
            MinimumFrequency::Fixed(value) => format!("fixed {value}"),
        }
    }
}

const FREQUENCY_RULE: &str = "a frequency is at least 0.000001 and at most 1";
const SAMPLE_RULE: &str = "a sample has at least two alleles";

/// Frequencies of one locus.
#[derive(Debug, Clone, PartialEq)]
pub struct LocusFrequencies {
    /// Frequency per allele, ascending by allele.
    pub alleles: BTreeMap<Allele, f64>,
    /// Alleles sampled (2N), where the source states it.
    pub sampled_alleles: Option<u32>,
}

/// A frequency table with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct FrequencyTable {
    name: String,
    loci: BTreeMap<Locus, LocusFrequencies>,
}

/// Why a text is not a frequency table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}; found {found:?}")]
pub struct FrequencyError {
    /// Line, from 1.
    pub line: u64,
    /// The rule broken.
    pub rule: &'static str,
    /// What was found.
    pub found: String,
}

#[derive(Deserialize)]
struct Row {
    locus: String,
    allele: String,
    frequency: String,
    #[serde(default)]
    n_alleles: Option<u32>,
}

impl FrequencyTable {
    /// Reads the layout `locus,allele,frequency,count,n_alleles` (the last two may be empty or
    /// absent). Loci the program does not know are passed over: published tables carry more than
    /// any kit types. Lines starting with `#` are comments.
    ///
    /// # Errors
    /// A column is missing, an allele or frequency cannot be read, a frequency is below [`LEAST_FREQUENCY`] or above 1,
    /// an allele occurs twice, or no known locus is present.
    pub fn from_csv(name: &str, text: &str) -> Result<Self, FrequencyError> {
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let mut loci: BTreeMap<Locus, LocusFrequencies> = BTreeMap::new();
        let mut rows = reader.deserialize::<Row>();
        loop {
            let line = rows.reader().position().line();
            let Some(row) = rows.next() else { break };
            let row = row.map_err(|e| FrequencyError {
                line,
                rule: "a row has the columns locus, allele, frequency, count, n_alleles",
                found: e.to_string(),
            })?;
            let Some(locus) = Locus::parse(&row.locus) else { continue };
            let fail = |rule, found: &str| FrequencyError {
                line,
                rule,
                found: format!("{} {found}", row.locus),
            };
            let allele = Allele::parse(&row.allele)
                .ok()
                .flatten()
                .filter(|a| a.is_known())
                .ok_or_else(|| fail("an allele is a repeat number", &row.allele))?;
            let frequency: f64 = row
                .frequency
                .replace(',', ".")
                .parse()
                .ok()
                .filter(|f: &f64| (LEAST_FREQUENCY..=1.0).contains(f))
                .ok_or_else(|| fail(FREQUENCY_RULE, &row.frequency))?;
            if row.n_alleles.is_some_and(|n| n < 2) {
                return Err(fail(SAMPLE_RULE, ""));
            }
            let entry = loci.entry(locus).or_insert_with(|| LocusFrequencies {
                alleles: BTreeMap::new(),
                sampled_alleles: row.n_alleles,
            });
            if entry.alleles.insert(allele, frequency).is_some() {
                return Err(fail("an allele occurs once per locus", &row.allele));
            }
        }
        if loci.is_empty() {
            return Err(FrequencyError {
                line: 1,
                rule: "a table has at least one known locus",
                found: String::new(),
            });
        }
        Ok(FrequencyTable { name: name.to_owned(), loci })
    }

    /// A table from frequencies that an importer read.
    ///
    /// # Errors
    /// No locus is given, a frequency is below [`LEAST_FREQUENCY`] or above 1, or a
    /// sample has fewer than two alleles. The line of the error is 1: a table in
    /// memory has none.
    pub fn from_loci(
        name: &str,
        loci: BTreeMap<Locus, LocusFrequencies>,
    ) -> Result<Self, FrequencyError> {
        let fail = |rule, found| FrequencyError { line: 1, rule, found };
        if loci.is_empty() {
            return Err(fail("a table has at least one known locus", String::new()));
        }
        for (locus, entry) in &loci {
            if entry.sampled_alleles.is_some_and(|n| n < 2) {
                return Err(fail(SAMPLE_RULE, locus.to_string()));
            }
            if let Some((allele, f)) =
                entry.alleles.iter().find(|(_, f)| !(LEAST_FREQUENCY..=1.0).contains(*f))
            {
                let found = format!("{locus} {allele} {f}");
                return Err(fail(FREQUENCY_RULE, found));
            }
        }
        Ok(FrequencyTable { name: name.to_owned(), loci })
    }

    /// The table's name, as results state it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hash of the content (name, loci, alleles, frequencies, sample sizes), hexadecimal: two tables
    /// with equal hashes give equal likelihood ratios.
    pub fn content_id(&self) -> String {
        let mut bytes = Vec::new();
        for (locus, entry) in &self.loci {
            bytes.push(locus.number());
            bytes.extend_from_slice(&entry.sampled_alleles.unwrap_or(0).to_le_bytes());
            for (allele, frequency) in &entry.alleles {
                bytes.extend_from_slice(&allele.code().to_le_bytes());
                bytes.extend_from_slice(&frequency.to_bits().to_le_bytes());
            }
        }
        crate::ident::content_id("frequencies", [self.name.as_bytes(), &bytes])
    }

    /// The table in the layout that [`Self::from_csv`] reads: the same content id comes back.
    pub fn to_csv(&self) -> String {
        let mut text = String::from("locus,allele,frequency,count,n_alleles\n");
        for (locus, entry) in &self.loci {
            let sampled = entry.sampled_alleles.map_or_else(String::new, |n| n.to_string());
            for (allele, frequency) in &entry.alleles {
                text.push_str(&format!("{locus},{allele},{frequency},,{sampled}\n"));
            }
        }
        text
    }

    /// Whether the table covers `locus`.
    pub fn covers(&self, locus: Locus) -> bool {
        self.loci.contains_key(&locus)
    }

    /// The loci covered, ascending.
    pub fn loci(&self) -> impl Iterator<Item = (Locus, &LocusFrequencies)> {
        self.loci.iter().map(|(l, f)| (*l, f))
    }

    /// Sum of the squared frequencies of the alleles at `locus` that `counts` accepts: how often two
    /// draws give the same one of them. 0 where the table lacks the locus.
    pub fn sum_of_squares(&self, locus: Locus, counts: impl Fn(Allele) -> bool) -> f64 {
        let alleles = self.loci.get(&locus).into_iter().flat_map(|entry| &entry.alleles);
        alleles.filter(|(allele, _)| counts(**allele)).map(|(_, f)| f * f).sum()
    }

    /// Frequency of a known `allele` at `locus` under `rule`; `None` if the table lacks the locus.
    pub fn frequency(&self, locus: Locus, allele: Allele, rule: MinimumFrequency) -> Option<f64> {
        let entry = self.loci.get(&locus)?;
        let five_observations =
            entry.sampled_alleles.map_or(FLOOR_WITHOUT_SAMPLE_SIZE, |n| 5.0 / f64::from(n.max(10)));
        let seen = entry.alleles.get(&allele).copied();
        Some(match rule {
            MinimumFrequency::UnseenOnly => seen.unwrap_or(five_observations),
            MinimumFrequency::FiveObservations => seen.unwrap_or(0.0).max(five_observations),
            MinimumFrequency::Fixed(minimum) => seen.unwrap_or(0.0).max(minimum),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "locus,allele,frequency,count,n_alleles\nTH01,9.3,0.3,30,100\nTH01,6,0.01,1,100\nD99,1,0.5,,\n";

    #[test]
    fn the_rare_allele_rules_differ_as_documented() {
        let table = FrequencyTable::from_csv("t", TEXT).unwrap();
        let th01 = Locus::parse("TH01").unwrap();
        let f =
            |tenths, rule| table.frequency(th01, Allele::repeat(tenths).unwrap(), rule).unwrap();
        assert_eq!(f(60, MinimumFrequency::UnseenOnly), 0.01);
        assert_eq!(f(70, MinimumFrequency::UnseenOnly), 0.05);
        assert_eq!(f(60, MinimumFrequency::FiveObservations), 0.05);
        assert_eq!(f(93, MinimumFrequency::FiveObservations), 0.3);
        assert_eq!(f(60, MinimumFrequency::Fixed(0.02)), 0.02);
        assert_eq!(
            table.frequency(
                Locus::parse("FGA").unwrap(),
                Allele::repeat(200).unwrap(),
                MinimumFrequency::UnseenOnly
            ),
            None
        );
    }

    #[test]
    fn a_table_written_and_read_has_the_same_content() {
        for name in crate::domain::builtin_frequencies::NAMES {
            let table = crate::domain::builtin_frequencies::builtin(name).unwrap().unwrap();
            let read = FrequencyTable::from_csv(name, &table.to_csv()).unwrap();
            assert_eq!(read.content_id(), table.content_id(), "{name}");
            assert_eq!(read, table);
        }
    }

    #[test]
    fn broken_tables_name_the_rule() {
        for (text, rule) in [
            ("locus,allele,frequency\nTH01,x,0.1\n", "an allele is a repeat number"),
            ("locus,allele,frequency\nTH01,6,1.5\n", FREQUENCY_RULE),
            ("locus,allele,frequency\nTH01,6,0.5\nTHO1,6,0.5\n", "an allele occurs once per locus"),
            ("locus,allele,frequency\n", "a table has at least one known locus"),
            ("a,b\n1,2\n", "a row has the columns locus, allele, frequency, count, n_alleles"),
        ] {
            assert_eq!(FrequencyTable::from_csv("t", text).unwrap_err().rule, rule);
        }
    }
}
