//! What is new since an earlier run: a night compares the pairs that have a side which is newer.
//!
//! What: of every record that takes part, whether it took part then: committed by that generation, and neither
//! blocked nor expired on that day. A pair of two such records was compared then and is not compared again. A
//! family is old if it had the same relatives with the same words and the same pedigree. Thresholds, chances and
//! the screen of fingerprints are those of the whole search, so the hits of a night are those of a full run that
//! have a newer side, and no others.
//!
//! Limits: the earlier run must have been made by the same comparators with the same parameters; who asks checks
//! that. When not to use it: after a change of either, everything is compared again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

use super::census::{RowCounts, Side, TypedRelative};
use super::finger_side::FingerSide;
use super::job::Comparator;
use super::search::{ReadySearch, Sides};
use super::tile::Tile;
use crate::domain::family::{FamilyMember, FamilyPedigrees, PedigreePerson};
use crate::domain::relation::Kinship;
use crate::gallery::status::StatusTable;
use crate::gallery::{absence, memory};

/// The state of a gallery that an earlier run compared.
#[derive(Debug)]
pub struct Watermark {
    /// Its generation.
    pub generation: u64,
    /// Day on which records had to be alive.
    pub as_of: Date,
    /// Status of its records.
    pub statuses: StatusTable,
    /// Members of its families.
    pub family_members: Vec<FamilyMember>,
    /// Pedigrees of its families.
    pub family_pedigrees: FamilyPedigrees,
}

impl Watermark {
    /// Whether a record of a segment took part.
    fn took_part(&self, (id, generation): (&str, u64), retain_until: Option<Date>) -> bool {
        generation <= self.generation
            && absence(id, retain_until, &self.statuses, self.as_of).is_none()
    }

    /// Marks what of a search is old.
    pub fn mark(&self, search: &mut ReadySearch, sides: &Sides) {
        let probes = Arc::new(OldRows::of(&search.probes, self));
        let gallery = if search.spec.triangle {
            Arc::clone(&probes)
        } else {
            Arc::new(OldRows::of(&search.gallery, self))
        };
        let asked = match search.spec.comparator {
            Comparator::Identity { .. } => Vec::new(),
            Comparator::Kinship => self.old_relatives(search, &gallery),
            Comparator::Pedigree => self.old_families(search, sides, &gallery),
        };
        let is_of_families = search.spec.comparator.is_of_families();
        let generation = self.generation;
        let mut old = Old { generation, probes, gallery, asked, comparisons: 0 };
        let bodies = old.probes.records;
        let others = if is_of_families {
            old.asked.iter().filter(|is_old| **is_old).count() as u64
        } else {
            old.gallery.records
        };
        old.comparisons = if search.spec.triangle {
            bodies * bodies.saturating_sub(1) / 2
        } else {
            bodies * others
        };
        search.old = Some(old);
    }

    /// Which relatives, or questions of one relative each, are old: the record and the line of the family.
    fn old_relatives(&self, search: &ReadySearch, rows: &OldRows) -> Vec<bool> {
        let mut lines: BTreeMap<(&str, &str), Kinship> = BTreeMap::new();
        for member in self.family_members.iter().filter(|m| m.consent && m.case_open) {
            lines.insert((&member.family_id, &member.relative_record_id), member.kinship);
        }
        let is_old = |relative: &TypedRelative| {
            let id = search.gallery.segments[relative.segment].record_id(relative.row);
            rows.is_old(relative.segment, relative.row)
                && lines.get(&(relative.family_id.as_str(), id)) == Some(&relative.kinship)
        };
        if search.is_by_genotype {
            let questions = search.pedigrees.families.iter();
            questions.map(|question| is_old(&search.relatives[question.relative])).collect()
        } else {
            search.relatives.iter().map(is_old).collect()
        }
    }

    /// Which families are old: the same relatives took part, by the same words, in the same pedigree.
    fn old_families(&self, search: &ReadySearch, sides: &Sides, rows: &OldRows) -> Vec<bool> {
        let mut now: BTreeMap<&str, Vec<(&str, Kinship)>> = BTreeMap::new();
        let mut has_newer: BTreeMap<&str, bool> = BTreeMap::new();
        for relative in &search.relatives {
            let id = search.gallery.segments[relative.segment].record_id(relative.row);
            now.entry(&relative.family_id).or_default().push((id, relative.kinship));
            *has_newer.entry(&relative.family_id).or_default() |=
                !rows.is_old(relative.segment, relative.row);
        }
        let alive = self.alive_then(&search.gallery);
        let mut then: BTreeMap<&str, Vec<(&str, Kinship)>> = BTreeMap::new();
        for member in self.family_members.iter().filter(|m| m.consent && m.case_open) {
            let is_placed = member.kinship.relation().is_some()
                || pedigree(&self.family_pedigrees, &member.family_id)
                    .iter()
                    .any(|person| person.person == member.relative_record_id);
            if is_placed && alive.contains(member.relative_record_id.as_str()) {
                let line = (member.relative_record_id.as_str(), member.kinship);
                then.entry(&member.family_id).or_default().push(line);
            }
        }
        now.values_mut().chain(then.values_mut()).for_each(|lines| lines.sort_unstable());
        let is_old = |family: &str| {
            has_newer.get(family) == Some(&false)
                && now.get(family) == then.get(family)
                && pedigree(&sides.family_pedigrees, family)
                    == pedigree(&self.family_pedigrees, family)
        };
        search.pedigrees.families.iter().map(|question| is_old(&question.family_id)).collect()
    }

    /// Identifiers of the records of `side` that took part then, whether they do now or not.
    fn alive_then<'s>(&self, side: &'s Side) -> std::collections::HashSet<&'s str> {
        let of_segment = |segment: &'s Arc<crate::gallery::segment::Segment>| {
            let took_part = |row: &usize| {
                memory::keep_each_group(*row);
                let id = segment.record_id(*row);
                self.took_part((id, segment.entry().generation), segment.retain_until(*row))
            };
            (0..segment.rows()).filter(took_part).map(|row| segment.record_id(row))
        };
        side.segments.iter().flat_map(of_segment).collect()
    }

    /// A side of fingerprints with its old records first, and how many they are.
    pub fn part(&self, side: &FingerSide) -> (FingerSide, usize) {
        side.partitioned(|id, segment, row| {
            self.took_part((id, segment.entry().generation), segment.retain_until(row))
        })
    }
}

fn pedigree<'p>(pedigrees: &'p FamilyPedigrees, family: &str) -> &'p [PedigreePerson] {
    pedigrees.get(family).map_or(&[], Vec::as_slice)
}

/// What of a search is old.
#[derive(Debug)]
pub struct Old {
    /// Generation that was compared.
    pub generation: u64,
    /// Records searched.
    pub probes: Arc<OldRows>,
    /// Records searched in.
    pub gallery: Arc<OldRows>,
    /// Of searches of families: relatives or families by their number.
    pub asked: Vec<bool>,
    /// Pairs that were compared then.
    pub comparisons: u64,
}

impl Old {
    /// Whether a tile of rows has a pair with a newer side. Its "probes" are rows of the searched side, or of
    /// searches of families relatives or families.
    pub fn is_new_in(&self, search: &ReadySearch, tile: &Tile) -> bool {
        let rows = tile.rows.clone();
        if search.spec.comparator.is_of_families() {
            let bodies = search.probes.living_within(tile.gallery_segment, rows.clone());
            let asked = self.asked.get(tile.probes.clone());
            return !asked.is_some_and(|asked| asked.iter().all(|old| *old))
                || self.probes.within(tile.gallery_segment, rows) < bodies;
        }
        let probes = tile.probes.clone();
        let living = search.probes.living_within(tile.probe_segment, probes.clone());
        let enrolled = search.gallery.living_within(tile.gallery_segment, rows.clone());
        self.probes.within(tile.probe_segment, probes) < living
            || self.gallery.within(tile.gallery_segment, rows) < enrolled
    }
}

/// Which rows of a side take part and took part then.
#[derive(Debug)]
pub struct OldRows {
    is_old: Vec<Vec<bool>>,
    /// Per segment.
    counts: Vec<RowCounts>,
    /// Old rows.
    pub records: u64,
}

impl OldRows {
    fn of(side: &Side, watermark: &Watermark) -> OldRows {
        let mut rows = OldRows { is_old: Vec::new(), counts: Vec::new(), records: 0 };
        for (segment, alive) in side.segments.iter().zip(&side.alive) {
            let generation = segment.entry().generation;
            let is_old = |(row, alive): (usize, &bool)| {
                memory::keep_each_group(row);
                let id = segment.record_id(row);
                *alive && watermark.took_part((id, generation), segment.retain_until(row))
            };
            let is_old: Vec<bool> = alive.iter().enumerate().map(is_old).collect();
            let counts = RowCounts::of(&is_old);
            rows.records += counts.within(&is_old, 0..is_old.len());
            rows.is_old.push(is_old);
            rows.counts.push(counts);
        }
        rows
    }

    /// Whether a row is old.
    pub fn is_old(&self, segment: usize, row: usize) -> bool {
        self.is_old[segment][row]
    }

    /// Old rows among `rows` of a segment.
    pub fn within(&self, segment: usize, rows: Range<usize>) -> u64 {
        self.counts[segment].within(&self.is_old[segment], rows)
    }
}
