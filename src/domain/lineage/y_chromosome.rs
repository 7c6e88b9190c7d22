//! Y-STR haplotypes: differences in repeats, marker by marker.
//!
//! Markers with two copies (DYS385, DYF387S1) are compared as unordered pairs, because peaks do not say
//! which copy they are of. DYS389II contains DYS389I, so where both are typed on both sides the second
//! is compared by its own part, II − I: one mutation must not count twice. A change by something other
//! than whole repeats, or in the number of copies, has no number of steps and excludes.
//!
//! Limits: the tolerated number of steps is a rule of thumb, not a likelihood: mutation rates differ
//! between markers a hundredfold, and rapidly mutating ones (DYS449, DYS518, DYS570, DYS576, DYS627,
//! DYF387S1) change between father and son in one of fifty transmissions or more.

use std::collections::{BTreeMap, BTreeSet};

use super::Conclusion;
use crate::domain::allele::{Allele, AlleleKind};
use crate::domain::apart::{ApartMarkers, MARKERS, is_y_str, marker_number, parse_marker};
use crate::error::{Error, Result};

/// Markers that are there twice on the chromosome: a single call is both copies with one length.
const TWO_COPIES: [&str; 2] = ["DYS385", "DYF387S1"];

/// The part of DYS389II that DYS389I does not contain.
pub(super) const DYS389II_OWN: &str = "DYS389II-I";

/// A Y-STR haplotype: repeat lengths by marker, ascending, tenths of a repeat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct YHaplotype {
    /// `None` where a call names no allele.
    markers: BTreeMap<&'static str, Option<Vec<u16>>>,
}

/// One marker at which two haplotypes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YDifference {
    /// Name of the marker; `DYS389II-I` for that part.
    pub marker: &'static str,
    /// Whole repeats between them; `None` if it is something else.
    pub steps: Option<u32>,
}

/// Two haplotypes compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YComparison {
    /// Markers typed in both, ascending by name.
    pub compared: Vec<&'static str>,
    /// Those that differ.
    pub differences: Vec<YDifference>,
    /// Markers typed on one side only, or with a call that names no allele.
    pub not_compared: Vec<&'static str>,
}

impl YHaplotype {
    /// The Y-STR among the markers of a record that are kept apart.
    ///
    /// # Errors
    /// A call cannot be read, or one of DYS385A and DYS385B comes without the other.
    pub fn from_apart(apart: &ApartMarkers) -> Result<YHaplotype> {
        YHaplotype::read(apart, Err)
    }

    /// The same of a stored record, which keeps calls as typed: a marker that cannot be read is not compared, like
    /// one whose call names no allele.
    pub fn of_stored(apart: &ApartMarkers) -> YHaplotype {
        YHaplotype::read(apart, |_| Ok(None)).unwrap_or_default()
    }

    /// Reads the markers; `fault` decides what becomes of one that cannot be read.
    fn read(
        apart: &ApartMarkers,
        fault: impl Fn(Error) -> Result<Option<Vec<u16>>>,
    ) -> Result<YHaplotype> {
        let mut haplotype = YHaplotype::default();
        let mut halves = Vec::new();
        for (name, calls) in apart {
            // Records keep canonical names; this gives them back with their lifetime.
            let Some(marker) = parse_marker(name).filter(|marker| is_y_str(marker)) else {
                continue;
            };
            let lengths = lengths(marker, calls).or_else(&fault)?;
            if lengths.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            match marker {
                "DYS385A" | "DYS385B" => halves.push(lengths),
                _ => drop(haplotype.markers.insert(marker, lengths)),
            }
        }
        match halves.as_slice() {
            [] => {}
            [a, b] if !haplotype.markers.contains_key("DYS385") => {
                let both = a.as_ref().zip(b.as_ref()).map(|(a, b)| {
                    let mut both = [a.as_slice(), b].concat();
                    both.sort_unstable();
                    both
                });
                haplotype.markers.insert("DYS385", both);
            }
            _ => {
                let unread = fault(Error::usage(
                    "DYS385 is typed as one marker with two alleles, or as DYS385A and DYS385B",
                    "give both halves, and no third column",
                ))?;
                haplotype.markers.insert("DYS385", unread);
            }
        }
        Ok(haplotype)
    }

    /// The haplotype without the markers that have more calls than copies: they may be of several men, or a
    /// duplication, and are then compared no more than a call that names no allele.
    pub fn of_one_man(mut self) -> YHaplotype {
        for (name, lengths) in &mut self.markers {
            let copies = if TWO_COPIES.contains(name) { 2 } else { 1 };
            if lengths.as_ref().is_some_and(|lengths| lengths.len() > copies) {
                *lengths = None;
            }
        }
        self
    }

    /// Each marker's lengths as one number, by [`marker_number`], 0 where there are none: what a database of
    /// haplotypes of one man counts by.
    pub fn codes(&self) -> [u32; MARKERS] {
        let mut codes = [0; MARKERS];
        for (name, lengths) in &self.markers {
            let (Some(code), Some(lengths)) =
                (marker_number(name).and_then(|n| codes.get_mut(n)), lengths)
            else {
                continue;
            };
            *code = match lengths.as_slice() {
                [one] => u32::from(*one) + 1,
                [a, b] => (u32::from(*a) + 1) << 16 | (u32::from(*b) + 1),
                _ => 0,
            };
        }
        codes
    }

    /// Number of markers typed.
    pub fn len(&self) -> usize {
        self.markers.len()
    }

    /// Whether no marker is typed.
    pub fn is_empty(&self) -> bool {
        self.markers.is_empty()
    }

    /// Compares two haplotypes; who is asked first does not matter.
    pub fn compare(&self, other: &YHaplotype) -> YComparison {
        let single = |haplotype: &YHaplotype, name: &str| match haplotype.markers.get(name) {
            Some(Some(lengths)) if lengths.len() == 1 => lengths.first().copied(),
            _ => None,
        };
        let own_part = |haplotype: &YHaplotype| {
            single(haplotype, "DYS389II")?.checked_sub(single(haplotype, "DYS389I")?)
        };
        let own_parts = own_part(self).zip(own_part(other));
        let mut comparison =
            YComparison { compared: Vec::new(), differences: Vec::new(), not_compared: Vec::new() };
        let names: BTreeSet<&'static str> =
            self.markers.keys().chain(other.markers.keys()).copied().collect();
        for name in names {
            let sides = (self.markers.get(name), other.markers.get(name));
            let (Some(Some(a)), Some(Some(b))) = sides else {
                comparison.not_compared.push(name);
                continue;
            };
            match own_parts.filter(|_| name == "DYS389II") {
                Some((a, b)) => comparison.add(DYS389II_OWN, &[a], &[b]),
                None => comparison.add(name, a, b),
            }
        }
        comparison
    }
}

impl YComparison {
    fn add(&mut self, marker: &'static str, a: &[u16], b: &[u16]) {
        self.compared.push(marker);
        if a != b {
            self.differences.push(YDifference { marker, steps: steps(a, b) });
        }
    }

    /// Repeats between them in all; `None` where a difference is not whole repeats.
    pub fn steps(&self) -> Option<u32> {
        self.differences.iter().map(|difference| difference.steps).sum()
    }

    /// The conclusion where up to `tolerated_steps` whole repeats in all, over all markers, can be
    /// mutation.
    pub fn conclusion(&self, tolerated_steps: u32) -> Conclusion {
        if self.compared.is_empty() {
            return Conclusion::NotCompared;
        }
        if self.differences.is_empty() {
            return Conclusion::NotExcluded;
        }
        match self.steps() {
            Some(steps) if steps <= tolerated_steps => Conclusion::Inconclusive,
            _ => Conclusion::Excluded,
        }
    }
}

/// The lengths of a marker's calls; `None` if one names no allele.
fn lengths(marker: &'static str, calls: &[String]) -> Result<Option<Vec<u16>>> {
    let mut lengths = Vec::with_capacity(calls.len());
    for call in calls {
        let allele = Allele::parse(call).map_err(|error| {
            Error::usage(format!("{marker} has the call {call:?}: {error}"), "correct the file")
        })?;
        match allele.map(Allele::kind) {
            Some(AlleleKind::Repeat(tenths)) => lengths.push(tenths),
            Some(_) => return Ok(None),
            None => {}
        }
    }
    lengths.sort_unstable();
    if !TWO_COPIES.contains(&marker) {
        lengths.dedup();
    } else if let [one] = lengths[..] {
        lengths.push(one);
    }
    Ok(Some(lengths))
}

/// Least number of whole repeats that turns the copies `a` into `b`; `None` if none does.
fn steps(a: &[u16], b: &[u16]) -> Option<u32> {
    let whole = |a: u16, b: u16| {
        let tenths = u32::from(a.abs_diff(b));
        tenths.is_multiple_of(10).then_some(tenths / 10)
    };
    match (a, b) {
        ([a], [b]) => whole(*a, *b),
        ([a, c], [b, d]) => {
            let pairing = |b: u16, d: u16| Some(whole(*a, b)? + whole(*c, d)?);
            [pairing(*b, *d), pairing(*d, *b)].into_iter().flatten().min()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn haplotype(text: &str) -> YHaplotype {
        let apart: ApartMarkers = text
            .split_whitespace()
            .map(|marker| {
                let (name, calls) = marker.split_once('=').unwrap();
                (name.to_owned(), calls.split(',').map(str::to_owned).collect())
            })
            .collect();
        YHaplotype::from_apart(&apart).unwrap()
    }

    fn differences(a: &str, b: &str) -> Vec<(&'static str, Option<u32>)> {
        let comparison = haplotype(a).compare(&haplotype(b));
        comparison.differences.iter().map(|d| (d.marker, d.steps)).collect()
    }

    #[test]
    fn differences_are_counted_in_whole_repeats() {
        assert_eq!(
            differences("DYS390=24 DYS391=10", "DYS390=24 DYS391=12"),
            [("DYS391", Some(2))]
        );
        assert_eq!(differences("DYS458=17.2", "DYS458=18"), [("DYS458", None)]);
        assert_eq!(differences("DYS458=17.2", "DYS458=18.2"), [("DYS458", Some(1))]);
        assert_eq!(differences("DYS19=15", "DYS19=15,16"), [("DYS19", None)]);
    }

    #[test]
    fn copies_have_no_order_and_one_call_is_both() {
        assert_eq!(differences("DYS385=11,14", "DYS385=14,11"), []);
        assert_eq!(differences("DYS385A=14 DYS385B=11", "DYS385=11,14"), []);
        assert_eq!(differences("DYS385=11", "DYS385=11,11"), []);
        assert_eq!(differences("DYS385=11,14", "DYS385=12,14"), [("DYS385", Some(1))]);
        assert_eq!(differences("DYF387S1=35,38", "DYF387S1=37,36"), [("DYF387S1", Some(2))]);
        let halves = [("DYS385A".to_owned(), vec!["11".to_owned()])].into();
        assert!(YHaplotype::from_apart(&halves).is_err());
        assert_eq!(YHaplotype::of_stored(&halves).codes(), [0; MARKERS]);
    }

    #[test]
    fn a_mutation_of_the_shared_part_of_dys389_counts_once() {
        let (father, son) = ("DYS389I=13 DYS389II=29", "DYS389I=14 DYS389II=30");
        assert_eq!(differences(father, son), [("DYS389I", Some(1))]);
        assert_eq!(differences(father, "DYS389I=13 DYS389II=30"), [("DYS389II-I", Some(1))]);
        assert_eq!(differences("DYS389II=29", "DYS389II=30"), [("DYS389II", Some(1))]);
    }

    #[test]
    fn markers_with_more_calls_than_copies_are_of_nobody_alone() {
        let mixed = haplotype("DYS19=14,15 DYS385=11,14 DYS390=24").of_one_man();
        let comparison = mixed.compare(&haplotype("DYS19=16 DYS385=11,14 DYS390=24"));
        assert_eq!(comparison.compared, ["DYS385", "DYS390"]);
        assert_eq!(comparison.not_compared, ["DYS19"]);
        let codes = |text| haplotype(text).codes();
        assert_eq!(codes("DYS385=14,11"), codes("DYS385=11,14"));
        assert_ne!(codes("DYS385=11,11"), codes("DYS385=11,14"));
        assert_eq!(codes("DYS390=OL"), [0; MARKERS]);
    }

    #[test]
    fn conclusions_follow_the_steps_over_all_markers() {
        let conclusion = |a: &str, b: &str| haplotype(a).compare(&haplotype(b)).conclusion(3);
        assert_eq!(conclusion("DYS390=24", "DYS390=24"), Conclusion::NotExcluded);
        assert_eq!(
            conclusion("DYS390=24 DYS19=14", "DYS390=26 DYS19=15"),
            Conclusion::Inconclusive
        );
        assert_eq!(conclusion("DYS390=24 DYS19=14", "DYS390=26 DYS19=16"), Conclusion::Excluded);
        assert_eq!(conclusion("DYS458=17.2", "DYS458=17"), Conclusion::Excluded);
        assert_eq!(conclusion("DYS390=24", "DYS391=10"), Conclusion::NotCompared);
        let wild = haplotype("DYS390=OL DYS19=14").compare(&haplotype("DYS390=24 DYS19=14"));
        assert_eq!((wild.compared, wild.not_compared), (vec!["DYS19"], vec!["DYS390"]));
        assert!(haplotype("AMEL=X,Y YINDEL=2").is_empty());
    }

    proptest! {
        #[test]
        fn the_comparison_is_the_same_whoever_is_asked_first(
            a in prop::collection::vec(5u16..40, 1..4), b in prop::collection::vec(5u16..40, 1..4),
            marker in 0usize..3,
        ) {
            let marker = ["DYS385", "DYS19", "DYS389II"][marker];
            let text = |calls: &[u16]| {
                let calls: Vec<String> = calls.iter().map(u16::to_string).collect();
                format!("{marker}={}", calls.join(","))
            };
            let (a, b) = (haplotype(&text(&a)), haplotype(&text(&b)));
            prop_assert_eq!(a.compare(&b), b.compare(&a));
            prop_assert!(a.compare(&a).differences.is_empty());
        }
    }
}
