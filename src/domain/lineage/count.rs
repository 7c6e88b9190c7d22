//! Haplotypes of a gallery's persons, and how often one is found among them.
//!
//! What: a database holds each person's haplotype. It is asked at the markers, or in the range, that a comparison
//! was made at: its size is the number of persons typed at all of them, its count those that agree there.
//! Why per comparison: a haplotype counted at more markers than were compared would look rarer than it is.
//! Each set of markers or ranges is prepared once, so many hits cost little.
//! Limits: a database of a registry is not a sample of a population; see `docs/lineage.md`.

use std::collections::HashMap;

use super::frequency::HaplotypeCount;
use super::mitochondrial::MitochondrialHaplotype;
use super::y_chromosome::{DYS389II_OWN, YHaplotype};
use crate::domain::apart::{MARKERS, marker_number};

/// Persons typed at certain markers, and how many have each haplotype there.
#[derive(Debug, Default)]
struct YTable {
    size: u64,
    counts: HashMap<Vec<u32>, u64>,
}

/// Y-STR haplotypes of persons.
#[derive(Debug, Default)]
pub struct YDatabase {
    persons: Vec<[u32; MARKERS]>,
    /// By numbers of the markers compared.
    tables: HashMap<Vec<usize>, YTable>,
}

impl YDatabase {
    /// Adds a person; markers with more calls than copies count as not typed.
    pub fn add(&mut self, haplotype: &YHaplotype) {
        self.persons.push(haplotype.clone().of_one_man().codes());
        self.tables.clear();
    }

    /// How often `haplotype` is found among the persons typed at every marker of `compared`; `None` where
    /// there is no such person.
    pub fn count(
        &mut self,
        haplotype: &YHaplotype,
        compared: &[&'static str],
    ) -> Option<HaplotypeCount> {
        let stored = |name: &'static str| if name == DYS389II_OWN { "DYS389II" } else { name };
        let mut markers: Vec<usize> =
            compared.iter().filter_map(|name| marker_number(stored(name))).collect();
        markers.sort_unstable();
        let at = |codes: &[u32; MARKERS]| -> Vec<u32> {
            markers.iter().filter_map(|marker| codes.get(*marker)).copied().collect()
        };
        let wanted = at(&haplotype.codes());
        let persons = &self.persons;
        let table = self.tables.entry(markers.clone()).or_insert_with(|| {
            let mut table = YTable::default();
            for typed in persons.iter().map(at).filter(|codes| !codes.contains(&0)) {
                table.size += 1;
                *table.counts.entry(typed).or_default() += 1;
            }
            table
        });
        let found = table.counts.get(&wanted).copied().unwrap_or(0);
        HaplotypeCount::new(found, table.size).ok()
    }
}

/// Ranges of positions, first and last.
type Ranges = Vec<(u16, u16)>;

/// Persons sequenced in certain ranges, each different haplotype with its number.
#[derive(Debug, Default)]
struct MitochondrialTable {
    size: u64,
    counts: HashMap<MitochondrialHaplotype, u64>,
    /// Answers given before.
    found: HashMap<MitochondrialHaplotype, u64>,
}

/// Mitochondrial haplotypes of persons.
#[derive(Debug, Default)]
pub struct MitochondrialDatabase {
    persons: Vec<MitochondrialHaplotype>,
    /// By the ranges compared.
    tables: HashMap<Ranges, MitochondrialTable>,
}

impl MitochondrialDatabase {
    /// Adds a person.
    pub fn add(&mut self, haplotype: MitochondrialHaplotype) {
        self.persons.push(haplotype);
        self.tables.clear();
    }

    /// How many of the persons sequenced in all of `ranges` do not differ from `haplotype` there, by the rules of
    /// [`MitochondrialHaplotype::compare`]; `None` where there is no such person. `haplotype` covers `ranges`.
    pub fn count(
        &mut self,
        haplotype: &MitochondrialHaplotype,
        ranges: &[(u16, u16)],
    ) -> Option<HaplotypeCount> {
        let persons = &self.persons;
        let table = self.tables.entry(ranges.to_vec()).or_insert_with(|| {
            let mut table = MitochondrialTable::default();
            for person in persons.iter().filter(|person| person.covers(ranges)) {
                table.size += 1;
                *table.counts.entry(person.restricted(ranges)).or_default() += 1;
            }
            table
        });
        let counts = &table.counts;
        let found = table.found.entry(haplotype.restricted(ranges)).or_insert_with_key(|wanted| {
            let equal = counts.iter().filter(|(one, _)| one.compare(wanted).differences.is_empty());
            equal.map(|(_, number)| number).sum()
        });
        HaplotypeCount::new(*found, table.size).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn y(text: &str) -> YHaplotype {
        let markers = text.split_whitespace().map(|marker| {
            let (name, calls) = marker.split_once('=').unwrap();
            (name.to_owned(), calls.split(',').map(str::to_owned).collect())
        });
        YHaplotype::from_apart(&markers.collect()).unwrap()
    }

    #[test]
    fn y_haplotypes_are_counted_at_the_markers_compared_among_those_typed_there() {
        let mut database = YDatabase::default();
        for text in [
            "DYS19=14 DYS390=24",
            "DYS19=14 DYS390=25",
            "DYS19=14",
            "DYS390=24",
            "DYS19=14,15 DYS390=24",
        ] {
            database.add(&y(text));
        }
        let asked = y("DYS19=14 DYS390=24 DYS391=10");
        let mut count = |markers: &[&'static str]| {
            database.count(&asked, markers).map(|count| (count.found(), count.size()))
        };
        assert_eq!(count(&["DYS19", "DYS390"]), Some((1, 2)));
        assert_eq!(count(&["DYS19"]), Some((3, 3)));
        assert_eq!(count(&["DYS390"]), Some((3, 4)));
        assert_eq!(count(&["DYS391"]), None);
    }

    #[test]
    fn the_own_part_of_dys389ii_is_counted_by_the_marker_itself() {
        let mut database = YDatabase::default();
        database.add(&y("DYS389I=13 DYS389II=29"));
        database.add(&y("DYS389I=13 DYS389II=30"));
        let count = database.count(&y("DYS389I=13 DYS389II=29"), &["DYS389I", "DYS389II-I"]);
        assert_eq!(count.map(|count| (count.found(), count.size())), Some((1, 2)));
    }

    #[test]
    fn mitochondrial_haplotypes_are_counted_in_the_ranges_compared() {
        let of = |ranges, variants| MitochondrialHaplotype::parse(ranges, variants).unwrap();
        let mut database = MitochondrialDatabase::default();
        for (ranges, variants) in [
            ("73-340", "263G"),
            ("73-340 16024-16365", "263G 16126C"),
            ("73-340", "263R 309.1C"),
            ("73-340", "263G 150T"),
            ("16024-16365", ""),
        ] {
            database.add(of(ranges, variants));
        }
        let asked = of("73-340 16024-16365", "263G 16126C");
        let mut count = |ranges: &[(u16, u16)]| {
            database.count(&asked, ranges).map(|count| (count.found(), count.size()))
        };
        assert_eq!(count(&[(73, 340)]), Some((3, 4)));
        assert_eq!(count(&[(73, 340), (16_024, 16_365)]), Some((1, 1)));
        assert_eq!(count(&[(400, 500)]), None);
    }
}
