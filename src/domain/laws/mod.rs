//! Laws that every comparator obeys however its numbers come about: what may change without changing a score.
//!
//! One file per comparator, and here the small world they share: four loci of five alleles. Laws of one kernel or
//! formula alone are beside it; what a split of the gallery changes is tested through whole runs.

mod identity;
mod kinship;
mod lineage;
mod mixture;
mod pedigree;

use proptest::prelude::*;

use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;

/// Names of the loci.
const LOCI: [&str; 4] = ["D3S1358", "vWA", "TH01", "FGA"];

/// Frequencies of the alleles 0 to 4 at the first locus; at each next one they are the next allele's.
const P: [f64; 5] = [0.35, 0.25, 0.2, 0.15, 0.05];

/// A call that names no allele.
const WILDCARD: usize = P.len();

/// What the alleles are called: allele n has the repeat number at place n.
type Names = [u16; P.len()];

/// The names where nothing is renamed.
const NAMES: Names = [80, 90, 100, 110, 120];

/// Calls per locus; none where it is not typed.
type Calls = [Option<Vec<usize>>; LOCI.len()];

fn locus(place: usize) -> Locus {
    Locus::parse(LOCI[place]).unwrap()
}

fn frequency(locus: usize, allele: usize) -> f64 {
    P[(allele + locus) % P.len()]
}

fn allele(number: usize, names: &Names) -> Allele {
    names.get(number).map_or(Allele::WILDCARD, |tenths| Allele::repeat(*tenths).unwrap())
}

/// The table in which the alleles have `names`.
fn table(names: &Names) -> FrequencyTable {
    let listed = |place| (0..P.len()).map(move |n| (place, names[n], frequency(place, n)));
    table_of((0..LOCI.len()).flat_map(listed))
}

/// The table in which alleles 3 and 4 are one.
fn merged_table() -> FrequencyTable {
    let listed = |place| {
        let both = frequency(place, 3) + frequency(place, 4);
        let kept = (0..3).map(move |n| (place, NAMES[n], frequency(place, n)));
        kept.chain([(place, NAMES[3], both)])
    };
    table_of((0..LOCI.len()).flat_map(listed))
}

fn table_of(rows: impl Iterator<Item = (usize, u16, f64)>) -> FrequencyTable {
    let mut text = String::from("locus,allele,frequency\n");
    for (place, tenths, frequency) in rows {
        text += &format!("{},{},{frequency}\n", LOCI[place], Allele::repeat(tenths).unwrap());
    }
    FrequencyTable::from_csv("laws", &text).unwrap()
}

fn population(frequencies: &FrequencyTable, theta: f64) -> Population<'_> {
    Population { frequencies, theta, minimum: MinimumFrequency::UnseenOnly }
}

fn typing(calls: &[usize], names: &Names) -> Typing {
    let alleles: Vec<Allele> = calls.iter().map(|call| allele(*call, names)).collect();
    Typing::new(&alleles).unwrap()
}

fn profile(calls: &Calls, names: &Names) -> Profile {
    let typed = calls.iter().enumerate().filter_map(|(n, calls)| Some((n, calls.as_ref()?)));
    typed.map(|(n, calls)| (locus(n), typing(calls, names))).collect()
}

/// The same calls, loci last first and alleles in the other order.
fn turned(calls: &Calls) -> Profile {
    let mut profile = Profile::new();
    for (place, calls) in calls.iter().enumerate().rev() {
        let Some(calls) = calls else { continue };
        let calls: Vec<usize> = calls.iter().rev().copied().collect();
        profile.insert(locus(place), typing(&calls, &NAMES));
    }
    profile
}

/// One locus of `calls` alone, or all but that one.
fn only(calls: &Calls, place: usize, is_kept: bool) -> Calls {
    let mut calls = calls.clone();
    let others = calls.iter_mut().enumerate().filter(|(n, _)| (*n == place) != is_kept);
    others.for_each(|(_, calls)| *calls = None);
    calls
}

/// Typings of one person, some loci missing, of the alleles below `alleles`.
fn person(alleles: usize) -> impl Strategy<Value = Calls> {
    let genotype = prop::collection::vec(0..alleles, 1..=2);
    prop::array::uniform4(prop::option::weighted(0.85, genotype))
}

/// Typings as traces have them: wildcards, three alleles and more.
fn trace() -> impl Strategy<Value = Calls> {
    let calls = prop::collection::vec(0..=WILDCARD, 1..=4);
    prop::array::uniform4(prop::option::weighted(0.85, calls))
}

/// Other names of the alleles.
fn names() -> impl Strategy<Value = Names> {
    Just(NAMES.to_vec()).prop_shuffle().prop_map(|names| std::array::from_fn(|n| names[n]))
}

/// Equal but for rounding.
fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}
