//! Who takes part: the living records of an index, and those left out with the reason.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::chance::LocusSetCounts;
use crate::domain::category::Index;
use crate::domain::dna::Profile;
use crate::domain::family::{FamilyMember, FamilyPedigrees};
use crate::domain::relation::Kinship;
use crate::domain::rule_set::RuleSet;
use crate::error::Result;
use crate::gallery::segment::Segment;
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence, memory};

/// Rows that are counted together: a number for each row would take more memory than all else about it.
const ROWS_PER_COUNT: usize = 64;

/// How many rows of a segment bear a mark before every [`ROWS_PER_COUNT`]-th, and in all.
#[derive(Debug)]
pub(super) struct RowCounts(Vec<u32>);

impl RowCounts {
    /// Counts the marks of every row.
    pub(super) fn of(marks: &[bool]) -> RowCounts {
        let mut counts = Vec::with_capacity(marks.len() / ROWS_PER_COUNT + 2);
        let mut marked = 0;
        counts.push(marked);
        for rows in marks.chunks(ROWS_PER_COUNT) {
            marked += count_marked(rows);
            counts.push(marked);
        }
        RowCounts(counts)
    }

    /// Marked rows among `rows`; `marks` are those that were counted.
    pub(super) fn within(&self, marks: &[bool], rows: Range<usize>) -> u64 {
        let before = |row: usize| {
            let counted = row / ROWS_PER_COUNT;
            self.0[counted] + count_marked(&marks[counted * ROWS_PER_COUNT..row])
        };
        u64::from(before(rows.end).saturating_sub(before(rows.start)))
    }
}

fn count_marked(marks: &[bool]) -> u32 {
    marks.iter().map(|mark| u32::from(*mark)).sum()
}

/// Records of one side that take part in nothing, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LeftOut {
    /// Retention has ended.
    pub expired: u64,
    /// Blocked (L40 1(7)).
    pub blocked: u64,
}

/// The records of one side of a search.
#[derive(Debug)]
pub struct Side {
    /// Segments, in commit order.
    pub segments: Vec<Arc<Segment>>,
    /// Per segment and row: takes part.
    pub alive: Vec<Vec<bool>>,
    /// Per segment.
    living: Vec<RowCounts>,
    /// Number of records that take part.
    pub records: u64,
    /// Those that do not.
    pub left_out: LeftOut,
    /// Records of the gallery whose personal identifier is not shown (L40 9(1)).
    depersonalised: HashSet<String>,
}

impl Side {
    /// The side made of `segments` on `day`.
    pub fn new(
        segments: Vec<Arc<Segment>>,
        statuses: &StatusTable,
        day: jiff::civil::Date,
    ) -> Side {
        let mut side = Side {
            segments,
            alive: Vec::new(),
            living: Vec::new(),
            records: 0,
            left_out: LeftOut::default(),
            depersonalised: statuses.depersonalised().clone(),
        };
        for segment in &side.segments {
            let mut alive = vec![true; segment.rows()];
            for (row, alive) in alive.iter_mut().enumerate() {
                memory::keep_each_group(row);
                match absence(segment.record_id(row), segment.retain_until(row), statuses, day) {
                    None => side.records += 1,
                    Some(reason) => {
                        *alive = false;
                        match reason {
                            Absence::Expired => side.left_out.expired += 1,
                            Absence::Blocked => side.left_out.blocked += 1,
                        }
                    }
                }
            }
            side.living.push(RowCounts::of(&alive));
            side.alive.push(alive);
        }
        side
    }

    /// Opens the records of `index` in the gallery.
    ///
    /// # Errors
    /// A segment is missing, changed or cannot be understood.
    pub fn open(
        gallery: &Gallery,
        index: Index,
        statuses: &StatusTable,
        day: jiff::civil::Date,
    ) -> Result<Side> {
        let segments = gallery
            .segments(index)
            .into_iter()
            .map(|entry| gallery.open_segment(entry).map(Arc::new))
            .collect::<Result<_>>()?;
        Ok(Side::new(segments, statuses, day))
    }

    /// Living rows as (segment place, row).
    pub fn living(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.alive.iter().enumerate().flat_map(|(segment, alive)| {
            alive
                .iter()
                .enumerate()
                .inspect(|(row, _)| memory::keep_each_group(*row))
                .filter(|(_, alive)| **alive)
                .map(move |(row, _)| (segment, row))
        })
    }

    /// The personal identifier that a hit of the record at `row` of `segment` shows.
    pub fn shown_person<'s>(&self, segment: &'s Segment, row: usize) -> Option<&'s str> {
        let is_hidden = self.depersonalised.contains(segment.record_id(row));
        segment.person_id(row).filter(|_| !is_hidden)
    }

    /// The first record that takes part and would not, or not with its personal identifier, on `day` with
    /// `statuses`.
    pub fn first_ended(&self, statuses: &StatusTable, day: jiff::civil::Date) -> Option<&str> {
        let ended = self.living().find(|(place, row)| {
            let segment = &self.segments[*place];
            let (id, until) = (segment.record_id(*row), segment.retain_until(*row));
            absence(id, until, statuses, day).is_some()
                || statuses.is_depersonalised(id) && !self.depersonalised.contains(id)
        });
        ended.map(|(place, row)| self.segments[place].record_id(row))
    }

    /// Number of living records among `rows` of a segment.
    pub fn living_within(&self, segment: usize, rows: Range<usize>) -> u64 {
        self.living[segment].within(&self.alive[segment], rows)
    }

    /// The profile of a row.
    ///
    /// # Errors
    /// The stored bytes are not a profile.
    pub fn profile(&self, segment: usize, row: usize) -> Result<Profile> {
        self.segments[segment].profile(row)
    }

    /// Profiles by segment and row; records that take part in nothing are empty.
    ///
    /// # Errors
    /// The stored bytes are not a profile.
    pub fn living_profiles(&self) -> Result<Vec<Vec<Profile>>> {
        let of_segment = |place: usize| {
            let alive = self.alive[place].iter().enumerate();
            let read = |(row, alive): (usize, &bool)| {
                if *alive { self.profile(place, row) } else { Ok(Profile::new()) }
            };
            alive.map(read).collect::<Result<Vec<_>>>()
        };
        (0..self.segments.len()).into_par_iter().map(of_segment).collect()
    }

    /// Living records per set of comparable loci as `rules` read them, and per segment the rows that are read
    /// otherwise than typed and still have loci enough.
    ///
    /// # Errors
    /// A stored profile cannot be read.
    pub fn read_by(&self, rules: &RuleSet) -> Result<(LocusSetCounts, Vec<Vec<u32>>)> {
        let mut counts = LocusSetCounts::new();
        let mut rewritten = vec![Vec::new(); self.segments.len()];
        if rules.reads_as_typed() {
            for (loci, records) in self.locus_sets()? {
                *counts.entry(loci.intersection(rules.loci)).or_insert(0) += records;
            }
            return Ok((counts, rewritten));
        }
        for (segment, row) in self.living() {
            let typed = self.profile(segment, row)?;
            let loci = rules.read_profile(&typed).comparable_loci();
            *counts.entry(loci).or_insert(0) += 1;
            if loci.len() >= rules.least_loci as usize && rules.rewrites(&typed) {
                rewritten[segment].push(row as u32);
            }
        }
        Ok((counts, rewritten))
    }

    /// Living records per set of comparable loci.
    ///
    /// # Errors
    /// A stored profile cannot be read.
    pub fn locus_sets(&self) -> Result<LocusSetCounts> {
        let mut counts = LocusSetCounts::new();
        for (segment, row) in self.living() {
            *counts.entry(self.profile(segment, row)?.comparable_loci()).or_insert(0) += 1;
        }
        Ok(counts)
    }
}

/// A relative that takes part in a kinship search.
#[derive(Debug, Clone)]
pub struct TypedRelative {
    /// Family searched for.
    pub family_id: String,
    /// Whom it looks for.
    pub missing_person_id: String,
    /// What the relative is to the missing person.
    pub kinship: Kinship,
    /// Segment place of the relative's record.
    pub segment: usize,
    /// Its row.
    pub row: usize,
}

/// Family members left out of a kinship search, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FamiliesLeftOut {
    /// No written consent (L40 18(2)).
    pub without_consent: u64,
    /// The missing person is found or the case is closed (L40 29(3)).
    pub case_closed: u64,
    /// Expired or blocked record.
    pub record_left_out: u64,
    /// The record named is not in the gallery.
    pub record_missing: u64,
    /// Not a biological relative of L40 1(2).
    pub not_a_relative: u64,
    /// Not in the pedigree that is made of the family's words (searches of pedigrees).
    pub beside_the_pedigree: u64,
    /// Of a family without a likelihood as a pedigree (searches of pedigrees).
    pub family_left_out: u64,
}

/// The relatives that take part, ordered by family and record. Who is no biological relative of L40 1(2), such
/// as a spouse, takes part only where a pedigree of `pedigrees` has a place for the record: beside common children.
pub fn typed_relatives(
    members: &[FamilyMember],
    relatives: &Side,
    pedigrees: &FamilyPedigrees,
) -> (Vec<TypedRelative>, FamiliesLeftOut) {
    let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
    for (place, segment) in relatives.segments.iter().enumerate() {
        for row in 0..segment.rows() {
            memory::keep_each_group(row);
            places.insert(segment.record_id(row), (place, row));
        }
    }
    let is_placed = |member: &FamilyMember| {
        let persons = pedigrees.get(&member.family_id).into_iter().flatten();
        persons.into_iter().any(|person| person.person == member.relative_record_id)
    };
    let mut left_out = FamiliesLeftOut::default();
    let mut list = Vec::new();
    for member in members {
        let place = places.get(member.relative_record_id.as_str()).copied();
        let reason = match place {
            _ if !member.consent => Some(&mut left_out.without_consent),
            _ if !member.case_open => Some(&mut left_out.case_closed),
            _ if member.kinship.relation().is_none() && !is_placed(member) => {
                Some(&mut left_out.not_a_relative)
            }
            None => Some(&mut left_out.record_missing),
            Some((segment, row)) if !relatives.alive[segment][row] => {
                Some(&mut left_out.record_left_out)
            }
            Some(_) => None,
        };
        if let Some(count) = reason {
            *count += 1;
        } else if let Some((segment, row)) = place {
            list.push(TypedRelative {
                family_id: member.family_id.clone(),
                missing_person_id: member.missing_person_id.clone(),
                kinship: member.kinship,
                segment,
                row,
            });
        }
    }
    (list, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_marked_rows_of_any_range_are_those_counted_one_by_one(
            marks in proptest::collection::vec(any::<bool>(), 0..200),
            ends in any::<[prop::sample::Index; 2]>(),
        ) {
            let counts = RowCounts::of(&marks);
            let [a, b] = ends.map(|end| end.index(marks.len() + 1));
            for rows in [a.min(b)..a.max(b), 0..marks.len(), marks.len()..marks.len()] {
                let one_by_one = marks[rows.clone()].iter().filter(|mark| **mark).count();
                prop_assert_eq!(counts.within(&marks, rows), one_by_one as u64);
            }
        }
    }
}
