//! CODIS stringency: how far two typings of a locus agree.
//!
//! For allele sets A and B: **high** A = B; **moderate** one contains the other; **low** they share
//! an allele. High implies moderate implies low. A call that names no allele (wildcard, off-ladder)
//! is read in the way most favourable to agreement: drop-out must never hide a hit. A locus missing
//! or without information on either side is not compared.
//!
//! Source: the CODIS definitions as in `research/dna.md` 2.2; the wildcard reading is that of Prüm
//! (Council Decision 2008/616/JHA, annex, chapter 1: `12,*` agrees with `12,14` and with `9,12`).

use super::allele::{Allele, AlleleKind};
use super::dna::{Profile, Typing};

/// The strictest stringency at which two typings agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stringency {
    /// They share an allele.
    Low,
    /// One contains the other.
    Moderate,
    /// They are equal.
    High,
}

impl Stringency {
    /// Lower-case name, as in hit lists and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Stringency::Low => "low",
            Stringency::Moderate => "moderate",
            Stringency::High => "high",
        }
    }
}

/// The strictest stringency at which two comparable typings agree, `None` if they share nothing.
pub fn agreement(a: &Typing, b: &Typing) -> Option<Stringency> {
    let mut best = None;
    for reading_a in readings(a, b) {
        for reading_b in readings(b, a) {
            best = best.max(plain_agreement(&reading_a, &reading_b));
        }
    }
    best
}

/// Stands for an allele that neither side names; the two differ when the two unknown calls cannot
/// be the same allele.
const FRESH: [u16; 2] = [1, 2];

/// The sets of alleles that `typing` can stand for, as far as a comparison with `other` can tell.
fn readings(typing: &Typing, other: &Typing) -> Vec<Vec<u16>> {
    let known: Vec<u16> = typing.known().map(Allele::code).collect();
    let Some(unknown) = typing.unknown() else { return vec![known] };
    let mut candidates: Vec<u16> = other
        .known()
        .chain(typing.known())
        .filter(|a| unknown.admits(*a))
        .map(Allele::code)
        .collect();
    candidates.push(fresh_code(unknown, other.unknown()));
    candidates
        .into_iter()
        .map(|candidate| {
            let mut reading = known.clone();
            if !reading.contains(&candidate) {
                reading.push(candidate);
            }
            reading
        })
        .collect()
}

/// One fresh allele serves both sides unless one lies below the ladder and the other above it.
fn fresh_code(unknown: Allele, other: Option<Allele>) -> u16 {
    match (unknown.kind(), other.map(Allele::kind)) {
        (AlleleKind::Above(above), Some(AlleleKind::Below(below))) if below <= above + 1 => {
            FRESH[1]
        }
        _ => FRESH[0],
    }
}

fn plain_agreement(a: &[u16], b: &[u16]) -> Option<Stringency> {
    let shared = a.iter().filter(|x| b.contains(x)).count();
    if shared == a.len() && shared == b.len() {
        Some(Stringency::High)
    } else if shared == a.len() || shared == b.len() {
        Some(Stringency::Moderate)
    } else if shared > 0 {
        Some(Stringency::Low)
    } else {
        None
    }
}

/// Whether `other` may carry every allele that `typing` marks as required (CMF `ALLELEREQUIRED`);
/// an unnamed call of `other` may stand for one of them.
pub fn carries_required(typing: &Typing, other: &Typing) -> bool {
    let missing: Vec<Allele> = typing
        .alleles()
        .iter()
        .enumerate()
        .filter(|(place, _)| typing.required() >> place & 1 == 1)
        .map(|(_, allele)| *allele)
        .filter(|allele| allele.is_known() && !other.alleles().contains(allele))
        .collect();
    match missing.as_slice() {
        [] => true,
        [allele] => other.unknown().is_some_and(|unknown| unknown.admits(*allele)),
        _ => false,
    }
}

/// How two profiles agree, counted over the loci compared. The counts are nested:
/// `high <= moderate <= low <= compared`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Agreement {
    /// Loci comparable on both sides.
    pub compared: u32,
    /// Loci with equal sets.
    pub high: u32,
    /// Loci where one set contains the other.
    pub moderate: u32,
    /// Loci that share an allele.
    pub low: u32,
}

impl Agreement {
    /// Counts one compared locus that reached `reached`.
    pub(super) fn count(&mut self, reached: Option<Stringency>) {
        self.compared += 1;
        self.high += u32::from(reached >= Some(Stringency::High));
        self.moderate += u32::from(reached >= Some(Stringency::Moderate));
        self.low += u32::from(reached >= Some(Stringency::Low));
    }

    /// Loci agreeing at `stringency` or stricter.
    pub fn at(&self, stringency: Stringency) -> u32 {
        match stringency {
            Stringency::High => self.high,
            Stringency::Moderate => self.moderate,
            Stringency::Low => self.low,
        }
    }
}

/// Compares two profiles locus by locus.
pub fn compare(a: &Profile, b: &Profile) -> Agreement {
    let mut counts = Agreement::default();
    for (locus, typing_a) in a.iter() {
        let Some(typing_b) = b.get(locus) else { continue };
        if !typing_a.is_comparable() || !typing_b.is_comparable() {
            continue;
        }
        counts.count(agreement(typing_a, typing_b));
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(text: &str) -> Typing {
        let alleles: Vec<Allele> =
            text.split(',').map(|t| Allele::parse(t).unwrap().unwrap()).collect();
        Typing::new(&alleles).unwrap()
    }

    #[test]
    fn a_required_allele_must_be_carried_or_admitted() {
        let alleles = |text: &str| typing(text).alleles().to_vec();
        let stain = Typing::with_required(&alleles("12,14,16"), &alleles("16")).unwrap();
        assert!(carries_required(&stain, &typing("14,16")));
        assert!(!carries_required(&stain, &typing("12,14")));
        assert!(carries_required(&stain, &typing("14,*")));
        assert!(!carries_required(&stain, &typing("14,<12")));
        assert!(carries_required(&typing("12,14"), &typing("9")));
    }

    #[test]
    fn the_codis_examples_reach_the_stringency_they_should() {
        use Stringency::{High, Low, Moderate};
        for (a, b, expected) in [
            ("12,14", "12,14", Some(High)),
            ("12", "12,14", Some(Moderate)),
            ("12,14", "12,15", Some(Low)),
            ("12,14", "15,16", None),
            ("8,9,10", "9,10", Some(Moderate)),
            ("12,*", "12,14", Some(High)),
            ("12,*", "9,12", Some(High)),
            ("12,*", "9,14", Some(Low)),
            ("12,*", "12", Some(High)),
            ("12,*", "14", Some(Moderate)),
            ("9,<8", "7,9", Some(High)),
            ("9,<8", "9,10", Some(Low)),
            ("9,<8", "9,>8", Some(Moderate)),
            ("9,<8", "9,>17", Some(Low)),
            ("9,*", "9,*", Some(High)),
            ("9,*", "10,*", Some(High)),
        ] {
            assert_eq!(agreement(&typing(a), &typing(b)), expected, "{a} / {b}");
            assert_eq!(agreement(&typing(b), &typing(a)), expected, "{b} / {a}");
        }
    }
}
