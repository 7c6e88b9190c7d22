//! Named, versioned rules of searches of identity between profiles.
//!
//! What: which loci are compared, how far they must agree, how many may fail, what becomes of calls that name
//! no allele, of three alleles and of mixtures, which profiles take part, and what class a hit has. Why data
//! and not code: databases that exchange profiles each state such a rule, and a hit list must say which one
//! made it. A rule set is a TOML file ([`RuleSet::parse`]); the built-in ones are files of the same form.
//!
//! Sources: `docs/rules.md` names the text behind each built-in set. Limits: searches by kinship have no such
//! rule; a rule set never allows what the law forbids. When not to use another than the default: where
//! nobody asks for that exchange's rule; a lenient rule finds more chance pairs and no better ones.

mod builtin;
mod chance;
mod class;
mod file;
mod microvariant;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

pub use builtin::{NAMES, builtin};
pub use chance::LocusOutcomes;
pub use class::RuleClasses;
pub use file::RuleSetError;
pub use microvariant::{are_neighbours, neighbours};

use super::allele::Allele;
use super::category::Index;
use super::dna::{Profile, Typing};
use super::identity::IdentityScore;
use super::locus::{Locus, LocusSet};
use super::stringency::{Agreement, Stringency, agreement, carries_required};

/// What a search of identity compares; a rule set has a stringency for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKind {
    /// Persons with persons: reference profiles on both sides.
    Persons,
    /// Any other search: a trace or a body on one side at least.
    Traces,
}

/// What a call that names no allele stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wildcards {
    /// Any allele, read in the way most favourable to agreement (`12,*` agrees with `12,14` and with `9,12`).
    #[default]
    AnyAllele,
    /// The locus is passed over.
    NotCompared,
}

/// What a locus of three alleles stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriAlleles {
    /// Three alleles.
    #[default]
    AsTyped,
    /// The first allele and a wildcard; of a set of alleles the first is the lowest.
    FirstAndWildcard,
    /// The locus is passed over.
    NotCompared,
}

/// What becomes of a locus of four alleles or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mixtures {
    /// It is compared as a set.
    #[default]
    Compared,
    /// The locus is passed over.
    NotCompared,
}

/// When two alleles are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Microvariants {
    /// When they are equal.
    #[default]
    Exact,
    /// Also when they are one base apart ([`are_neighbours`]).
    Neighbouring,
}

/// Whose profiles a condition of inclusion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Records {
    /// Every profile.
    All,
    /// Reference profiles of persons.
    Persons,
    /// Traces and unidentified bodies.
    Traces,
}

/// A condition a profile satisfies to take part: at least `least` of `loci` fully designated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    /// Whose profiles.
    pub records: Records,
    /// Loci that count.
    pub loci: LocusSet,
    /// Least number of them where every call names an allele.
    pub least: u32,
}

/// Least number of loci that agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeastAgreeing {
    /// At high stringency, microvariants as the rule reads them, every call of both sides named.
    pub designated: u32,
    /// With equal sets.
    pub high: u32,
    /// Where one set contains the other, or closer.
    pub moderate: u32,
    /// Sharing an allele, or closer.
    pub low: u32,
}

/// A set of rules. Its identity is the BLAKE3 of the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    /// Name, as in hit lists.
    pub name: String,
    /// Version, from 1.
    pub version: u32,
    /// The text the rules come from.
    pub source: String,
    /// BLAKE3 of the TOML text, hexadecimal.
    pub blake3: String,
    /// The TOML text.
    pub text: String,
    /// How the class of a hit is named.
    pub classes: RuleClasses,
    /// Loci compared.
    pub loci: LocusSet,
    /// Least number of loci compared.
    pub least_loci: u32,
    /// Most loci that fail their stringency.
    pub most_failing: u32,
    /// What a failing locus reaches at least; none: nothing.
    pub failing_agree_at: Option<Stringency>,
    /// Whether required alleles count (CMF `ALLELEREQUIRED`).
    pub required_alleles: bool,
    /// Calls that name no allele.
    pub wildcards: Wildcards,
    /// Loci of three alleles.
    pub tri_alleles: TriAlleles,
    /// Loci of four alleles or more.
    pub mixtures: Mixtures,
    /// When two alleles are the same.
    pub microvariants: Microvariants,
    /// Least score of a hit, log10.
    pub least_score_log10: Option<f64>,
    /// Stringency of searches of persons.
    pub persons: Stringency,
    /// Stringency of the other searches.
    pub traces: Stringency,
    /// Loci with a stringency of their own.
    pub own_stringency: BTreeMap<Locus, Stringency>,
    /// Least number of loci that agree.
    pub least_agreeing: LeastAgreeing,
    /// Conditions of taking part.
    pub inclusion: Vec<Inclusion>,
}

/// The identity alone: name, version and hash stand for the rest.
impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut identity = serializer.serialize_struct("RuleSet", 3)?;
        identity.serialize_field("name", &self.name)?;
        identity.serialize_field("version", &self.version)?;
        identity.serialize_field("blake3", &self.blake3)?;
        identity.end()
    }
}

/// What the rule says of one locus of two profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocusJudgement {
    /// Strictest stringency reached as typed, microvariants apart.
    pub reached: Option<Stringency>,
    /// The locus satisfies its stringency, and required alleles where they count.
    pub passes: bool,
    /// One side lacks an allele that the other marks as required, and that counts.
    pub lacks_required: bool,
    /// It does so only because neighbouring microvariants are the same.
    pub by_microvariant: bool,
    /// It is nowhere below what a failing locus must reach.
    pub above_floor: bool,
    /// A call of either side names no allele.
    pub has_wildcard: bool,
    /// It agrees at high stringency as the rule reads alleles, with every call named.
    pub designated: bool,
}

impl RuleSet {
    /// Stringency of a locus in a search.
    pub fn stringency(&self, kind: SearchKind, locus: Locus) -> Stringency {
        let general = match kind {
            SearchKind::Persons => self.persons,
            SearchKind::Traces => self.traces,
        };
        self.own_stringency.get(&locus).copied().unwrap_or(general)
    }

    /// The weakest stringency of any locus: what a screen may ask of every one.
    pub fn weakest_stringency(&self, kind: SearchKind) -> Stringency {
        let compared = Locus::all().filter(|locus| self.loci.contains(*locus));
        compared.map(|locus| self.stringency(kind, locus)).min().unwrap_or(Stringency::Low)
    }

    /// The rule as a hit states it: stringency and loci that may fail, after the name and version of a rule
    /// set other than the default.
    pub fn statement(&self, kind: SearchKind) -> String {
        let general = match kind {
            SearchKind::Persons => self.persons,
            SearchKind::Traces => self.traces,
        };
        let rule = format!("{}<={}", general.name(), self.most_failing);
        if self.name == NAMES[0] { rule } else { format!("{}/{} {rule}", self.name, self.version) }
    }

    /// The typing of a locus as the rule reads it; none where the locus is passed over.
    fn read(&self, locus: Locus, typing: &Typing) -> Option<Typing> {
        let calls = typing.alleles();
        let is_passed_over = !self.loci.contains(locus)
            || (self.wildcards == Wildcards::NotCompared && calls.iter().any(|a| !a.is_known()))
            || (self.mixtures == Mixtures::NotCompared && calls.len() > 3)
            || (self.tri_alleles == TriAlleles::NotCompared && calls.len() == 3);
        if is_passed_over {
            return None;
        }
        if self.tri_alleles == TriAlleles::FirstAndWildcard && calls.len() == 3 {
            let first = typing.known().next()?;
            return Typing::new(&[first, Allele::WILDCARD]).ok();
        }
        Some(*typing)
    }

    /// The profile as the rule reads it: other loci are left out, calls rewritten. Borrowed where that changes
    /// nothing.
    pub fn read_profile<'a>(&self, profile: &'a Profile) -> Cow<'a, Profile> {
        if self.reads_as_typed() && profile.iter().all(|(locus, _)| self.loci.contains(locus)) {
            return Cow::Borrowed(profile);
        }
        let read = profile.iter().filter_map(|(locus, t)| Some((locus, self.read(locus, t)?)));
        Cow::Owned(read.collect())
    }

    /// Whether no profile is read otherwise than it is typed.
    pub fn reads_as_typed(&self) -> bool {
        self.wildcards == Wildcards::AnyAllele
            && self.tri_alleles == TriAlleles::AsTyped
            && self.mixtures == Mixtures::Compared
    }

    /// Whether a locus of `profile` that takes part is read otherwise than it is typed; a screen over what was
    /// typed may then drop a pair that the rule keeps.
    pub fn rewrites(&self, profile: &Profile) -> bool {
        !self.reads_as_typed()
            && profile.iter().filter(|(locus, _)| self.loci.contains(*locus)).any(
                |(locus, typing)| {
                    let read = self.read(locus, typing);
                    let takes_part =
                        typing.is_comparable() || read.is_some_and(|t| t.is_comparable());
                    takes_part && read != Some(*typing)
                },
            )
    }

    /// Whether a profile of `index` takes part.
    pub fn includes(&self, index: Index, profile: &Profile) -> bool {
        let is_person = matches!(index, Index::Convict | Index::Relative);
        self.inclusion.iter().all(|condition| {
            let applies = match condition.records {
                Records::All => true,
                Records::Persons => is_person,
                Records::Traces => !is_person,
            };
            let designated = profile.iter().filter(|(locus, typing)| {
                condition.loci.contains(*locus)
                    && self.loci.contains(*locus)
                    && typing.alleles().iter().all(|allele| allele.is_known())
            });
            !applies || designated.count() >= condition.least as usize
        })
    }

    /// Compares two comparable typings of a locus, as the rule reads them.
    pub fn judge(&self, kind: SearchKind, locus: Locus, x: &Typing, y: &Typing) -> LocusJudgement {
        let reached = agreement(x, y);
        let read = match self.microvariants {
            Microvariants::Exact => reached,
            Microvariants::Neighbouring => reached.max(microvariant::agreement(locus, x, y)),
        };
        let demanded = Some(self.stringency(kind, locus));
        let lacks_required =
            self.required_alleles && !(carries_required(x, y) && carries_required(y, x));
        let passes = read >= demanded && !lacks_required;
        let has_wildcard = x.unknown().is_some() || y.unknown().is_some();
        LocusJudgement {
            reached,
            passes,
            lacks_required,
            by_microvariant: passes && reached < demanded,
            above_floor: passes || self.failing_agree_at.is_none_or(|floor| read >= Some(floor)),
            has_wildcard,
            designated: passes && read == Some(Stringency::High) && !has_wildcard,
        }
    }

    /// Whether a comparison satisfies the rule; score and inclusion are asked elsewhere.
    pub fn is_satisfied(&self, score: &IdentityScore) -> bool {
        let Agreement { compared, high, moderate, low } = score.agreement;
        let least = &self.least_agreeing;
        score.failing <= self.most_failing
            && score.below_floor == 0
            && compared >= self.least_loci
            && score.designated >= least.designated
            && high >= least.high
            && moderate >= least.moderate
            && low >= least.low
    }
}
