//! One search against the truth: the pairs it should find, and what each of its hits is.

use std::collections::{BTreeMap, HashMap};

use super::curve::operating_points;
use super::pedigree::Kin;
use super::poisson;
use super::{KindCount, Pair, SearchEvaluation, SearchTruthInput};
use crate::column::hit::Hit;
use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, by_family};
use crate::error::{Error, Result};
use crate::law::purpose::{Verdict, verdict};
use crate::synth::{Truth, TruthRecord};

/// Kind of a pair of monozygotic twins.
const TWIN: &str = "twin";

/// What a search compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Records of two indexes (or of one) for identity.
    Pair(Index, Index),
    /// Corpses with the families of missing persons.
    Family,
}

impl Shape {
    /// The shape of a search called `name`: `dedup/convict`, `cold-case/trace-corpse`,
    /// `missing-person/corpse-family`.
    pub(super) fn of(name: &str) -> Option<Shape> {
        let words = name.rsplit('/').next()?;
        match words.split_once('-') {
            None => Index::parse(words).map(|index| Shape::Pair(index, index)),
            Some(("corpse", "family" | "pedigree")) => Some(Shape::Family),
            Some((probe, gallery)) => {
                Some(Shape::Pair(Index::parse(probe)?, Index::parse(gallery)?))
            }
        }
    }

    fn indexes(self) -> (Index, Index) {
        match self {
            Shape::Pair(probe, gallery) => (probe, gallery),
            Shape::Family => (Index::Corpse, Index::Relative),
        }
    }
}

/// The truth, prepared for looking up.
pub(super) struct Key<'a> {
    truth: &'a Truth,
    kin: Kin<'a>,
    places: HashMap<&'a str, usize>,
    families: BTreeMap<&'a str, Vec<&'a FamilyMember>>,
    /// The missing person of each family.
    missing: BTreeMap<&'a str, u32>,
}

/// Two records by place, the smaller first; or a corpse and a family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Mates<'a> {
    Records(usize, usize),
    Family(usize, &'a str),
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Same,
    Twin,
    Relative(&'static str),
    Chance,
    Unlawful(&'static str),
}

impl<'a> Key<'a> {
    pub(super) fn new(truth: &'a Truth, families: &'a [FamilyMember]) -> Key<'a> {
        Key {
            truth,
            kin: Kin::new(&truth.persons),
            places: truth
                .records
                .iter()
                .enumerate()
                .map(|(p, r)| (r.record_id.as_str(), p))
                .collect(),
            families: by_family(families),
            missing: truth.missing.iter().map(|m| (m.family_id.as_str(), m.person)).collect(),
        }
    }

    /// Evaluates the hits of one search.
    ///
    /// # Errors
    /// A hit names a record or family that the truth does not know.
    pub(super) fn evaluate(
        &self,
        input: &SearchTruthInput,
        shape: Shape,
        hits: &[&Hit],
    ) -> Result<SearchEvaluation> {
        let mates = self.mates(shape);
        let mut found: BTreeMap<Mates, i32> = BTreeMap::new();
        let mut chance_mban = Vec::new();
        let mut result = SearchEvaluation::of(input, hits.len());
        for hit in hits {
            let (class, pair) = self.classify(shape, hit)?;
            match class {
                Class::Same => result.hits_true += 1,
                Class::Twin => result.hits_twin += 1,
                Class::Relative(relation) => {
                    *result.hits_relative.entry(relation.to_owned()).or_default() += 1;
                }
                Class::Chance => {
                    result.hits_chance += 1;
                    chance_mban.push(hit.score_mban);
                    result.wrong_pairs.push(wrong_pair(hit, "chance"));
                }
                Class::Unlawful(reason) => {
                    result.hits_unlawful += 1;
                    result.wrong_pairs.push(wrong_pair(hit, reason));
                }
            }
            if matches!(class, Class::Same | Class::Twin) {
                let best = found.entry(pair).or_insert(hit.score_mban);
                *best = hit.score_mban.max(*best);
            }
        }
        let own = |pair: &Mates| mates.get(pair).is_some_and(|kind| kind.as_str() != TWIN);
        let found_mban = found.iter().filter(|(pair, _)| own(pair)).map(|(_, score)| *score);
        result.operating_points = operating_points(found_mban, chance_mban);
        for (pair, kind) in &mates {
            let is_found = found.contains_key(pair);
            let count = result.by_kind.entry(kind.clone()).or_default();
            count.mated += 1;
            count.found += u64::from(is_found);
            if !is_found {
                result.missed_pairs.push(self.describe(pair, kind));
            }
        }
        let identical = |(kind, _): &(&String, &KindCount)| kind.as_str() != TWIN;
        result.mated = result.by_kind.iter().filter(identical).map(|(_, c)| c.mated).sum();
        result.found = result.by_kind.iter().filter(identical).map(|(_, c)| c.found).sum();
        (result.probability_of_at_least, result.probability_of_at_most) =
            poisson::tails(result.hits_chance, result.expected_chance_hits);
        Ok(result)
    }

    /// Every mated pair of a search with its kind; expired records have none.
    fn mates(&self, shape: Shape) -> BTreeMap<Mates<'a>, String> {
        let alive = |index: Index| {
            let mut persons: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for (place, record) in self.truth.records.iter().enumerate() {
                if record.index == index && !record.expired {
                    persons.entry(self.kin.genetic(record.person)).or_default().push(place);
                }
            }
            persons
        };
        let (probe, gallery) = shape.indexes();
        let probes = alive(probe);
        let mut mates = BTreeMap::new();
        if shape == Shape::Family {
            for (family, members) in &self.families {
                let Some((missing, kind)) = self.searched(family, members) else { continue };
                for place in probes.get(&self.kin.genetic(missing)).into_iter().flatten() {
                    let same = self.truth.records[*place].person == missing;
                    let kind = if same { kind } else { TWIN };
                    mates.insert(Mates::Family(*place, family), kind.to_owned());
                }
            }
            return mates;
        }
        let galleries = alive(gallery);
        for (person, left) in &probes {
            for a in left {
                for b in galleries.get(person).into_iter().flatten() {
                    if a != b {
                        mates.insert(records(*a, *b), self.kind(*a, *b));
                    }
                }
            }
        }
        mates
    }

    /// The missing person of a family that may be searched for, with the closest relative's word.
    fn searched(&self, family: &str, members: &[&FamilyMember]) -> Option<(u32, &'static str)> {
        let usable = members.iter().filter(|m| m.case_open && m.consent);
        let closest = usable.map(|m| m.kinship).filter(|k| k.relation().is_some()).min()?;
        Some((*self.missing.get(family)?, closest.name()))
    }

    fn kind(&self, a: usize, b: usize) -> String {
        let (a, b) = (&self.truth.records[a], &self.truth.records[b]);
        if a.person == b.person { a.kind.max(b.kind).name().to_owned() } else { TWIN.to_owned() }
    }

    fn classify(&self, shape: Shape, hit: &Hit) -> Result<(Class, Mates<'a>)> {
        let (probe, probe_record) = self.record(&hit.probe_id, hit)?;
        let (gallery, gallery_record) = self.record(&hit.gallery_id, hit)?;
        let (wanted, mates) = match shape {
            Shape::Pair(..) => (gallery_record.person, records(probe, gallery)),
            Shape::Family => {
                let family = hit.family_id.as_deref().unwrap_or_default();
                let (family, missing) = self
                    .missing
                    .get_key_value(family)
                    .ok_or_else(|| unknown(hit, format!("the family {family:?}")))?;
                // The body leads, whichever side the search put it on.
                let body = if probe_record.index == Index::Relative { gallery } else { probe };
                (*missing, Mates::Family(body, family))
            }
        };
        let body = match mates {
            Mates::Family(body, _) => &self.truth.records[body],
            Mates::Records(..) => probe_record,
        };
        let class = if let Some(reason) = self.unlawful(shape, hit, probe_record, gallery_record) {
            Class::Unlawful(reason)
        } else if body.person == wanted {
            Class::Same
        } else if self.kin.genetic(body.person) == self.kin.genetic(wanted) {
            Class::Twin
        } else {
            match self.kin.relation(probe_record.person, gallery_record.person) {
                Some(relation) => Class::Relative(relation),
                None => Class::Chance,
            }
        };
        Ok((class, mates))
    }

    fn record(&self, id: &str, hit: &Hit) -> Result<(usize, &'a TruthRecord)> {
        self.places
            .get(id)
            .and_then(|place| Some((*place, self.truth.records.get(*place)?)))
            .ok_or_else(|| unknown(hit, format!("the record {id}")))
    }

    /// Why a hit must not exist, if it must not.
    fn unlawful(
        &self,
        shape: Shape,
        hit: &Hit,
        probe: &TruthRecord,
        gallery: &TruthRecord,
    ) -> Option<&'static str> {
        if probe.record_id == gallery.record_id {
            return Some("a record against itself");
        }
        if probe.expired || gallery.expired {
            return Some("expired");
        }
        let (a, b) = shape.indexes();
        let indexes = (probe.index, gallery.index);
        if indexes != (a, b) && indexes != (b, a) {
            return Some("indexes other than the search's");
        }
        if matches!(verdict(probe.index, gallery.index), Verdict::Forbidden { .. }) {
            return Some("forbidden by L40 28(2)");
        }
        if shape != Shape::Family {
            return None;
        }
        let relative = if probe.index == Index::Relative { probe } else { gallery };
        let members = self.families.get(hit.family_id.as_deref().unwrap_or_default());
        let member =
            members.into_iter().flatten().find(|m| m.relative_record_id == relative.record_id);
        match member {
            None => Some("not a relative of this family"),
            Some(member) if !member.consent => Some("no consent"),
            Some(member) if !member.case_open => Some("closed case"),
            Some(_) => None,
        }
    }

    fn describe(&self, pair: &Mates<'_>, kind: &str) -> Pair {
        let id = |place: usize| self.truth.records[place].record_id.clone();
        let (probe_id, gallery_id) = match pair {
            Mates::Records(a, b) => (id(*a), id(*b)),
            Mates::Family(body, family) => (id(*body), (*family).to_owned()),
        };
        Pair { probe_id, gallery_id, kind: kind.to_owned() }
    }
}

fn records(a: usize, b: usize) -> Mates<'static> {
    Mates::Records(a.min(b), a.max(b))
}

pub(super) fn wrong_pair(hit: &Hit, kind: &str) -> Pair {
    Pair {
        probe_id: hit.probe_id.clone(),
        gallery_id: hit.gallery_id.clone(),
        kind: kind.to_owned(),
    }
}

pub(super) fn unknown(hit: &Hit, what: String) -> Error {
    Error::usage(
        format!("the hit {} names {what}, which the truth does not know", hit.hit_id),
        "evaluate a run over the registry that `tanba synth` wrote, with that registry's truth",
    )
}
