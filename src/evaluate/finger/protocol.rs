//! Which impressions are compared, and which of the comparisons are mated.

use std::collections::BTreeMap;

use serde::Serialize;

use super::dataset::Dataset;

/// A list of comparisons to make of a dataset; none crosses from one database to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Every pair of impressions of one finger, every pair of impressions of two fingers: 280 and 2,880
    /// comparisons for 10 fingers of 8 impressions.
    All,
    /// The verification protocol of FVC2000 to FVC2004 (Maio et al., PAMI 24, 2002): every pair of
    /// impressions of one finger; of two fingers the first impressions only: 280 and 45 comparisons.
    Fvc,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Protocol; 2] = [Protocol::All, Protocol::Fvc];

    /// Word used on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Protocol::All => "all",
            Protocol::Fvc => "fvc",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.word() == word)
    }
}

/// Two impressions to compare, by number in [`Dataset::prints`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    /// The lower number.
    pub first: usize,
    /// The higher number.
    pub second: usize,
    /// Whether they are of one finger.
    pub is_mated: bool,
}

/// The comparisons of `protocol`, ascending by impression.
pub fn comparisons(dataset: &Dataset, protocol: Protocol) -> Vec<Comparison> {
    let prints = &dataset.prints;
    let mut leading: BTreeMap<(usize, u32), u32> = BTreeMap::new();
    for print in prints {
        let least = leading.entry((print.database, print.finger)).or_insert(print.impression);
        *least = print.impression.min(*least);
    }
    let is_leading = |print: usize| {
        let print = &prints[print];
        leading.get(&(print.database, print.finger)) == Some(&print.impression)
    };
    let mut list = Vec::new();
    for first in 0..prints.len() {
        for second in first + 1..prints.len() {
            if prints[first].database != prints[second].database {
                continue;
            }
            let is_mated = prints[first].finger == prints[second].finger;
            let is_made = match protocol {
                Protocol::All => true,
                Protocol::Fvc => is_mated || (is_leading(first) && is_leading(second)),
            };
            if is_made {
                list.push(Comparison { first, second, is_mated });
            }
        }
    }
    list
}
