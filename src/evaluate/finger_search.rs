//! One search of fingerprints against the truth of a synthetic registry: the pairs it should find, and
//! what each of its hits is.
//!
//! Every pair of living records of one person in the registers of the search is mated. Those that show no
//! finger in common (two marks of different fingers) cannot be found by anybody and are counted apart, as
//! twins are of profiles. Limit: the truth knows no owners, so the registers of a gallery must be of one owner, or the run must be
//! allowed to compare across owners.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::curve::operating_points;
use super::search::{unknown, wrong_pair};
use super::{Pair, SearchEvaluation, SearchTruthInput, poisson};
use crate::column::hit::Hit;
use crate::domain::finger::Position;
use crate::domain::register::Register;
use crate::error::Result;
use crate::synth::finger::FingerTruthRecord;

/// Kind of a pair of one person that shows no finger in common.
const NO_COMMON_FINGER: &str = "no_common_finger";

/// Two records by place in the truth, the smaller first.
type Mates = (usize, usize);

/// The truth, prepared for looking up.
pub(super) struct FingerKey<'a> {
    truth: &'a [FingerTruthRecord],
    places: HashMap<&'a str, usize>,
}

impl<'a> FingerKey<'a> {
    pub(super) fn new(truth: &'a [FingerTruthRecord]) -> FingerKey<'a> {
        let ids = truth.iter().map(|record| record.record_id.as_str());
        FingerKey { truth, places: ids.zip(0..).collect() }
    }

    /// Evaluates the hits of one search of `registers`.
    ///
    /// # Errors
    /// A hit names a record that the truth does not know.
    pub(super) fn evaluate(
        &self,
        input: &SearchTruthInput,
        registers: (Register, Register),
        hits: &[&Hit],
    ) -> Result<SearchEvaluation> {
        let mut result = SearchEvaluation::of(input, hits.len());
        let mut found: BTreeMap<Mates, i32> = BTreeMap::new();
        let mut chance_mban = Vec::new();
        for hit in hits {
            let (probe, gallery) =
                (self.place(&hit.probe_id, hit)?, self.place(&hit.gallery_id, hit)?);
            if let Some(reason) = self.unlawful(registers, (probe, gallery)) {
                result.hits_unlawful += 1;
                result.wrong_pairs.push(wrong_pair(hit, reason));
            } else if self.truth[probe].person == self.truth[gallery].person {
                result.hits_true += 1;
                let best = found.entry((probe.min(gallery), probe.max(gallery)));
                let best = best.or_insert(hit.score_mban);
                *best = hit.score_mban.max(*best);
            } else {
                result.hits_chance += 1;
                chance_mban.push(hit.score_mban);
                result.wrong_pairs.push(wrong_pair(hit, "chance"));
            }
        }
        let mates = self.mates(registers);
        let kind_of = |pair: &Mates| kind(&self.truth[pair.0], &self.truth[pair.1]);
        let own = |pair: &Mates| mates.contains(pair) && kind_of(pair) != NO_COMMON_FINGER;
        let found_mban = found.iter().filter(|(pair, _)| own(pair)).map(|(_, score)| *score);
        result.operating_points = operating_points(found_mban, chance_mban);
        for pair in &mates {
            let (a, b) = (&self.truth[pair.0], &self.truth[pair.1]);
            let kind = kind(a, b).to_owned();
            let is_found = found.contains_key(pair);
            let count = result.by_kind.entry(kind.clone()).or_default();
            count.mated += 1;
            count.found += u64::from(is_found);
            if !is_found {
                let (probe_id, gallery_id) = (a.record_id.clone(), b.record_id.clone());
                result.missed_pairs.push(Pair { probe_id, gallery_id, kind });
            }
        }
        let findable = result.by_kind.iter().filter(|(kind, _)| *kind != NO_COMMON_FINGER);
        (result.mated, result.found) = findable
            .fold((0, 0), |(mated, found), (_, count)| (mated + count.mated, found + count.found));
        (result.probability_of_at_least, result.probability_of_at_most) =
            poisson::tails(result.hits_chance, result.expected_chance_hits);
        Ok(result)
    }

    /// Every mated pair of two registers, or of one; expired records have none.
    fn mates(&self, (probe, gallery): (Register, Register)) -> BTreeSet<Mates> {
        let alive = |register: Register| {
            let mut persons: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            let records = self.truth.iter().enumerate();
            for (place, record) in records.filter(|(_, r)| r.register == register && !r.expired) {
                persons.entry(record.person).or_default().push(place);
            }
            persons
        };
        let (probes, galleries) = (alive(probe), alive(gallery));
        let mut mates = BTreeSet::new();
        for (person, left) in &probes {
            for a in left {
                let others = galleries.get(person).into_iter().flatten();
                mates.extend(others.filter(|b| a != *b).map(|b| (*a.min(b), *a.max(b))));
            }
        }
        mates
    }

    fn place(&self, id: &str, hit: &Hit) -> Result<usize> {
        self.places.get(id).copied().ok_or_else(|| unknown(hit, format!("the record {id}")))
    }

    /// Why a hit must not exist, if it must not.
    fn unlawful(
        &self,
        registers: (Register, Register),
        (probe, gallery): Mates,
    ) -> Option<&'static str> {
        let (a, b) = (&self.truth[probe], &self.truth[gallery]);
        let own = (a.register, b.register);
        if probe == gallery {
            Some("a record against itself")
        } else if a.expired || b.expired {
            Some("expired")
        } else if own != registers && (own.1, own.0) != registers {
            Some("registers other than the search's")
        } else {
            None
        }
    }
}

/// Kind of a mated pair: that of the record which is harder to find.
fn kind(a: &FingerTruthRecord, b: &FingerTruthRecord) -> &'static str {
    let shows = |own: &Position| b.fingers.0.iter().any(|(_, other)| other == own);
    if a.fingers.0.iter().any(|(_, own)| shows(own)) {
        a.kind.max(b.kind).name()
    } else {
        NO_COMMON_FINGER
    }
}
