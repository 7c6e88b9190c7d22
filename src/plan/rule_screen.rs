//! A rule set on bitmaps: what `str_screen` is asked so that it drops no pair the rule keeps.
//!
//! The screen asks the weakest stringency of any locus. Where neighbouring microvariants are the same and the
//! gallery has a neighbour of a probe's allele, equality of planes would be too strict: at high stringency an
//! allele without neighbours is asked for together with a wildcard, and elsewhere the locus is not asked at all
//! and the least number of loci falls by one. Every other condition is left to the exact rule.
//!
//! Limits: rows that the rules read otherwise than they are typed ([`RuleSet::rewrites`]) are not for any
//! screen; a search lists them apart.

use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;
use crate::domain::rule_set::{Microvariants, RuleSet, SearchKind, neighbours};
use crate::domain::stringency::Stringency;
use crate::kernel::planes::PlaneMap;
use crate::kernel::str_screen::{Params, Query};

/// Compiles the probes of one search against the rows of one plane map.
#[derive(Debug)]
pub struct RuleScreen<'a> {
    rules: &'a RuleSet,
    map: &'a PlaneMap,
    stringency: Stringency,
    /// Most loci of a probe compiled so far that were not asked.
    most_omitted: u32,
}

impl<'a> RuleScreen<'a> {
    /// A screen of a search of `kind` over rows under `map`.
    pub fn new(rules: &'a RuleSet, kind: SearchKind, map: &'a PlaneMap) -> RuleScreen<'a> {
        RuleScreen { rules, map, stringency: rules.weakest_stringency(kind), most_omitted: 0 }
    }

    /// Compiles a probe, which the rules need not have read.
    pub fn compile(&mut self, probe: &Profile) -> Query {
        let read = self.rules.read_profile(probe);
        if self.rules.microvariants == Microvariants::Exact {
            return Query::compile(self.map, &read);
        }
        let asked: Profile = read
            .iter()
            .filter_map(|(locus, typing)| Some((locus, self.asked(locus, typing)?)))
            .collect();
        self.most_omitted = self.most_omitted.max((read.len() - asked.len()) as u32);
        Query::compile(self.map, &asked)
    }

    /// The parameters for every probe compiled so far.
    pub fn params(&self) -> Params {
        Params {
            stringency: self.stringency,
            max_failing: self.rules.most_failing,
            min_compared: self.rules.least_loci.saturating_sub(self.most_omitted),
        }
    }

    /// What is asked of a locus; none where nothing can be.
    fn asked(&self, locus: Locus, typing: &Typing) -> Option<Typing> {
        let planes = self.map.slot(locus).and_then(|slot| self.map.loci().get(slot));
        let has_neighbour = |allele: &Allele| {
            let is_there = |near| planes.is_some_and(|planes| planes.allele_plane(near).is_some());
            neighbours(locus, *allele).any(is_there)
        };
        if !typing.known().any(|allele| has_neighbour(&allele)) {
            return Some(*typing);
        }
        let mut alone = typing.known().filter(|allele| !has_neighbour(allele));
        match (self.stringency, alone.next(), typing.unknown()) {
            // Whatever stands for the other allele, a row that agrees has this one.
            (Stringency::High, Some(allele), None) => Typing::new(&[allele, Allele::WILDCARD]).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "rule_screen_tests.rs"]
mod tests;
