//! Alleles one base apart, which laboratories may call differently.
//!
//! A repeat of four bases has the microvariants x.1, x.2 and x.3, one of five also x.4. Neighbours are one base
//! apart: x.1 matches x, x.1 and x.2; x.2 matches x.1, x.2 and x.3; x.3 matches x.2, x.3 and the next repeat
//! (with five bases x.4). The relation holds in both directions.
//!
//! Source: Council Decision 2008/616/JHA, annex, chapter 1, 1.1, which has one table for the pentanucleotides
//! (Penta D, Penta E, CD4) and one for all other loci; the values are from the concept as commonly stated, the
//! tables were not read. Limits: at most two calls a typing. D22S1045, a repeat of three bases, counts as one of
//! four, as in that text.

use super::super::allele::{Allele, AlleleKind};
use super::super::dna::Typing;
use super::super::locus::Locus;
use super::super::stringency::Stringency;

/// Loci with repeats of five bases.
const PENTANUCLEOTIDES: [&str; 4] = ["PentaC", "PentaD", "PentaE", "CD4"];

/// Bases of a repeat of `locus`.
fn repeat_bases(locus: Locus) -> u16 {
    if PENTANUCLEOTIDES.contains(&locus.name()) { 5 } else { 4 }
}

/// Length of a known allele in bases, where its decimal is a number of bases.
fn bases(locus: Locus, allele: Allele) -> Option<u16> {
    let AlleleKind::Repeat(tenths) = allele.kind() else { return None };
    let repeat = repeat_bases(locus);
    (tenths % 10 < repeat).then(|| tenths / 10 * repeat + tenths % 10)
}

/// Whether two known alleles of `locus` are one base apart.
pub fn are_neighbours(locus: Locus, a: Allele, b: Allele) -> bool {
    match (bases(locus, a), bases(locus, b)) {
        (Some(a), Some(b)) => a.abs_diff(b) == 1,
        _ => false,
    }
}

/// The alleles of `locus` one base from `allele`.
pub fn neighbours(locus: Locus, allele: Allele) -> impl Iterator<Item = Allele> {
    let repeat = repeat_bases(locus);
    let length = bases(locus, allele);
    let places = [length.and_then(|n| n.checked_sub(1)), length.and_then(|n| n.checked_add(1))];
    places
        .into_iter()
        .flatten()
        .filter_map(move |bases| Allele::repeat(bases / repeat * 10 + bases % repeat))
}

/// Whether `typing` covers `other`: each of its known alleles has an equal or a neighbour there, but for one
/// that a call of `typing` without a name may stand for.
fn covers(locus: Locus, typing: &Typing, other: &Typing) -> bool {
    let mut missing = other.known().filter(|allele| {
        !typing.known().any(|own| own == *allele || are_neighbours(locus, own, *allele))
    });
    match (missing.next(), missing.next()) {
        (None, _) => true,
        (Some(allele), None) => typing.unknown().is_some_and(|unknown| unknown.admits(allele)),
        _ => false,
    }
}

/// The strictest stringency at which two comparable typings agree when neighbours are the same, `None` if they
/// share nothing by name.
pub(super) fn agreement(locus: Locus, x: &Typing, y: &Typing) -> Option<Stringency> {
    let shares = x.known().any(|a| y.known().any(|b| a == b || are_neighbours(locus, a, b)));
    match (covers(locus, x, y), covers(locus, y, x)) {
        (true, true) => Some(Stringency::High),
        (true, false) | (false, true) => Some(Stringency::Moderate),
        (false, false) => shares.then_some(Stringency::Low),
    }
}
