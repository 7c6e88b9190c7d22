//! Lineage markers of synthetic persons: amelogenin, Y-STR and mitochondrial haplotypes, inherited by their lines.
//!
//! Why: true pairs must agree where the law of inheritance says so, and others must not. Each person has a stream of
//! random numbers of its own purpose, so that nothing else of a registry depends on these markers.
//! Limits: founders draw each marker by itself around a common length, and each position by itself with a made-up
//! frequency; real haplotypes hang together in lineages, so real ones repeat more often than these.

use rand::Rng;

use super::pedigree::{Pedigree, Person};
use super::stream::{Purpose, stream};
use super::truth::RecordKind;
use crate::domain::apart::ApartMarkers;
use crate::domain::category::Index;
use crate::domain::lineage::mitochondrial::MitochondrialHaplotype;
use crate::domain::lineage::statement::keep_mitochondrial;
use crate::error::{Error, Result};

/// Y-STR with the length founders vary around, in repeats. Two rows of one name are its two copies; DYS389II is
/// kept by what DYS389I does not contain.
const Y_MARKERS: [(&str, u8); 17] = [
    ("DYS19", 14),
    ("DYS385", 11),
    ("DYS385", 14),
    ("DYS389I", 13),
    ("DYS389II", 16),
    ("DYS390", 24),
    ("DYS391", 10),
    ("DYS392", 13),
    ("DYS393", 13),
    ("DYS437", 15),
    ("DYS438", 12),
    ("DYS439", 12),
    ("DYS448", 19),
    ("DYS456", 16),
    ("DYS458", 17),
    ("DYS635", 23),
    ("YGATAH4", 12),
];

/// Probability that a Y-STR gains or loses a repeat from father to son.
const Y_MUTATION: f64 = 0.003;

/// Markers of a degraded body that are not typed.
const Y_LOSS_DEGRADED: f64 = 0.4;

/// Variants a haplotype may have.
const VARIANTS: [&str; 30] = [
    "73G", "146C", "150T", "152C", "185A", "189G", "195C", "199C", "204C", "207A", "228A", "263G",
    "295T", "315.1C", "16069T", "16126C", "16129A", "16145A", "16172C", "16189C", "16192T",
    "16223T", "16224C", "16270T", "16278T", "16294T", "16304C", "16311C", "16356C", "16362C",
];

/// Ranges sequenced.
const RANGES: &str = "16024-16365 73-340";

/// Probability that a founder has a variant.
const VARIANT_SHARE: f64 = 0.2;

/// Probability that a child has a variant more or less than its mother.
const MITOCHONDRIAL_MUTATION: f64 = 0.003;

/// Haplotypes of everybody.
pub(super) struct Lineages {
    /// Repeats by marker, of men.
    y: Vec<Option<[u8; Y_MARKERS.len()]>>,
    /// Bit n: variant n.
    mitochondrial: Vec<u32>,
    female: Vec<bool>,
    seed: u64,
}

impl Lineages {
    /// Lets everybody inherit; parents and elder twins come before their own.
    pub(super) fn new(seed: u64, pedigree: &Pedigree) -> Lineages {
        let mut lineages =
            Lineages { y: Vec::new(), mitochondrial: Vec::new(), female: Vec::new(), seed };
        for (number, person) in (0_u64..).zip(&pedigree.people) {
            let mut rng = stream(seed, Purpose::Lineage, number);
            let (y, mitochondrial) = match person.twin_of.map(|elder| elder as usize) {
                Some(elder) => (lineages.y[elder], lineages.mitochondrial[elder]),
                None => lineages.inherited(person, &mut rng),
            };
            lineages.y.push(y);
            lineages.mitochondrial.push(mitochondrial);
            lineages.female.push(person.female);
        }
        lineages
    }

    fn inherited(
        &self,
        person: &Person,
        rng: &mut impl Rng,
    ) -> (Option<[u8; Y_MARKERS.len()]>, u32) {
        let mut y = match person.father.and_then(|father| self.y[father as usize]) {
            Some(of_father) => of_father.map(|length| match rng.random_bool(Y_MUTATION) {
                true if rng.random() => length + 1,
                true => length - 1,
                false => length,
            }),
            None => Y_MARKERS
                .map(|(_, common)| common + rng.random_range(0..3) - rng.random_range(0..3)),
        };
        // A call that shows the shorter copy first.
        y[1..3].sort_unstable();
        let mut mitochondrial = match person.mother {
            Some(mother) => self.mitochondrial[mother as usize],
            None => (0..VARIANTS.len())
                .filter(|_| rng.random_bool(VARIANT_SHARE))
                .fold(0, |variants, place| variants | 1 << place),
        };
        if person.mother.is_some() && rng.random_bool(MITOCHONDRIAL_MUTATION) {
            mitochondrial ^= 1 << rng.random_range(0..VARIANTS.len());
        }
        ((!person.female).then_some(y), mitochondrial)
    }

    /// What a laboratory keeps apart of a sample of `person`, record `number` of the registry: amelogenin of
    /// all, Y-STR of all but traces, and mitochondrial DNA of bodies and relatives.
    ///
    /// # Errors
    /// Never: the variants here are in the notation.
    pub(super) fn typed(
        &self,
        person: u32,
        (index, kind): (Index, RecordKind),
        number: u64,
    ) -> Result<ApartMarkers> {
        let mut rng = stream(self.seed, Purpose::LineageTyping, number);
        let person = person as usize;
        let second = if self.female[person] { "X" } else { "Y" };
        let mut apart = ApartMarkers::new();
        apart.insert("AMEL".into(), vec!["X".into(), second.into()]);
        let loss = if kind == RecordKind::CorpseDegraded { Y_LOSS_DEGRADED } else { 0.0 };
        if let Some(lengths) = self.y[person].filter(|_| index != Index::Trace) {
            let contained = lengths[3];
            for ((name, _), length) in Y_MARKERS.iter().zip(lengths) {
                let length = if *name == "DYS389II" { length + contained } else { length };
                apart.entry((*name).to_owned()).or_default().push(length.to_string());
            }
            apart.retain(|name, _| name == "AMEL" || !rng.random_bool(loss));
        }
        if matches!(index, Index::Corpse | Index::Relative) {
            let found = (0..VARIANTS.len()).filter(|n| self.mitochondrial[person] >> n & 1 == 1);
            let words: Vec<&str> = found.map(|place| VARIANTS[place]).collect();
            let haplotype =
                MitochondrialHaplotype::parse(RANGES, &words.join(" ")).map_err(|error| {
                    Error::usage(error.to_string(), "report this; it is a fault of the program")
                })?;
            keep_mitochondrial(&haplotype, &mut apart);
        }
        Ok(apart)
    }
}
