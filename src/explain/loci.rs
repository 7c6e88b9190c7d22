//! The loci of a comparison as rows: what was typed, frequencies, ratio, running sum, and why a locus does not agree.

use serde::Serialize;

use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::identity::{ChanceOf, IdentityScore, LocusIdentity};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::rule_set::{RuleSet, SearchKind};
use crate::domain::stringency::{Stringency, agreement};
use crate::language::{Message, word};

/// An allele with its frequency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlleleFrequency {
    /// The allele.
    pub allele: String,
    /// Frequency used, 0 to 1.
    pub frequency: f64,
    /// The table has a lower one or none: the rule for rare alleles says this one.
    pub is_minimum: bool,
}

/// One locus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LocusRow {
    /// The locus.
    pub locus: &'static str,
    /// What was typed, by person; empty where nothing was.
    pub typings: Vec<String>,
    /// Strictest stringency the two typings reach: `high`, `moderate`, `low` or `none`; null where they are not
    /// compared and in pedigrees.
    pub agreement: Option<&'static str>,
    /// Frequencies of the alleles typed, ascending by allele.
    pub frequencies: Vec<AlleleFrequency>,
    /// Likelihood ratio; null where the locus says nothing.
    pub likelihood_ratio: Option<f64>,
    /// What the locus adds to the score, log10; null where it says nothing and where it excludes by kinship.
    pub score_log10: Option<f64>,
    /// The score up to this locus, log10.
    pub running_log10: Option<f64>,
    /// What the ratio is made by.
    pub formula: Option<Message>,
    /// Why a locus disagrees, is not compared, or is read otherwise than typed.
    pub note: Option<Message>,
    /// Whether it fails under the rules.
    #[serde(skip)]
    pub fails: bool,
}

/// The alleles of a typing in the order of the record.
pub(super) fn calls(typing: Option<&Typing>) -> String {
    let alleles = typing.map(Typing::alleles).unwrap_or_default();
    alleles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The score of a comparison of identity, as a search reads both profiles.
pub(super) fn identity_score(
    [probe, gallery]: [&Profile; 2],
    (rules, kind): (&RuleSet, SearchKind),
    population: &Population,
) -> IdentityScore {
    let (a, b) = (rules.read_profile(probe), rules.read_profile(gallery));
    population.identity_score(&a, &b, rules, kind)
}

/// The rows of a comparison of identity.
pub(super) fn identity_rows(
    [probe, gallery]: [&Profile; 2],
    (rules, kind): (&RuleSet, SearchKind),
    population: &Population,
) -> Vec<LocusRow> {
    let (a, b) = (rules.read_profile(probe), rules.read_profile(gallery));
    let compared: Vec<LocusIdentity> = population.identity_loci(&a, &b, rules, kind).collect();
    let mut running = 0.0;
    let mut rows = Vec::new();
    for locus in typed_loci(&[probe, gallery]) {
        let typed = [probe.get(locus), gallery.get(locus)];
        let read = [a.get(locus), b.get(locus)];
        let mut row = row(locus, &typed, population);
        let mut notes = Vec::new();
        for (typed, read) in typed.iter().zip(read) {
            match (typed, read) {
                (Some(_), None) => notes.push(Message::new("explain-passed-over")),
                (Some(typed), Some(read)) if **typed != *read => {
                    notes.push(
                        Message::new("explain-read-as")
                            .with("typed", calls(Some(typed)))
                            .with("read", calls(Some(read))),
                    );
                }
                _ => {}
            }
        }
        notes.dedup();
        match compared.iter().find(|of| of.locus == locus) {
            Some(of) => {
                running += of.score_log10;
                row.agreement = Some(of.judged.reached.map_or("none", Stringency::name));
                // As the comparison counts it: a locus that is no more than shared excludes one person.
                let excludes = !of.judged.passes || of.judged.reached < Some(Stringency::Moderate);
                let ratio = of.chance.map_or(1.0, |chance| 1.0 / chance);
                row.likelihood_ratio = Some(if excludes { 0.0 } else { ratio });
                row.score_log10 = Some(of.score_log10);
                row.running_log10 = Some(running);
                row.formula = of.judged.passes.then(|| Message::new(formula(of.chance_of)));
                row.fails = of.judged.lacks_required || !of.judged.passes;
                notes.extend(disagreement(of, rules.stringency(kind, locus)));
            }
            None => notes.extend(not_compared(read)),
        }
        row.note = (!notes.is_empty()).then_some(Message::List(notes, "; "));
        rows.push(row);
    }
    rows
}

/// The rows of a comparison by likelihood ratios, the body first.
pub(super) fn ratio_rows(
    profiles: &[&Profile],
    ratios: &[(Locus, f64)],
    population: &Population,
    formula: &'static str,
) -> Vec<LocusRow> {
    let mut running = 0.0;
    let mut rows = Vec::new();
    for locus in typed_loci(profiles) {
        let typed: Vec<Option<&Typing>> = profiles.iter().map(|p| p.get(locus)).collect();
        let mut row = row(locus, &typed, population);
        if let [Some(body), Some(relative)] = typed[..] {
            row.agreement = Some(agreement(body, relative).map_or("none", Stringency::name));
        }
        let ratio = ratios.iter().find(|(of, _)| *of == locus).map(|(_, ratio)| *ratio);
        match ratio {
            Some(ratio) => {
                let log10 = ratio.log10();
                running += log10;
                row.likelihood_ratio = Some(ratio);
                row.score_log10 = log10.is_finite().then_some(log10);
                row.running_log10 = running.is_finite().then_some(running);
                row.formula = Some(Message::new(formula));
                if ratio == 0.0 {
                    row.note = Some(Message::new("explain-excludes"));
                }
            }
            None => row.note = Some(without_ratio(locus, &typed, population)),
        }
        rows.push(row);
    }
    rows
}

fn typed_loci<'p>(profiles: &'p [&Profile]) -> impl Iterator<Item = Locus> + 'p {
    Locus::all().filter(|locus| profiles.iter().any(|profile| profile.get(*locus).is_some()))
}

/// A row that nothing is counted in yet.
fn row(locus: Locus, typed: &[Option<&Typing>], population: &Population) -> LocusRow {
    let known = typed.iter().flatten().flat_map(|typing| typing.known());
    let mut alleles: Vec<Allele> = known.collect();
    alleles.sort_unstable();
    alleles.dedup();
    let entry = population.frequencies.loci().find(|(of, _)| *of == locus).map(|(_, entry)| entry);
    let frequency = |allele: &Allele| {
        let frequency = population.weigh(locus, *allele)?.frequency;
        let tabulated = entry.and_then(|entry| entry.alleles.get(allele));
        let is_minimum = tabulated != Some(&frequency);
        Some(AlleleFrequency { allele: allele.to_string(), frequency, is_minimum })
    };
    LocusRow {
        locus: locus.name(),
        typings: typed.iter().map(|typing| calls(*typing)).collect(),
        agreement: None,
        frequencies: alleles.iter().filter_map(frequency).collect(),
        likelihood_ratio: None,
        score_log10: None,
        running_log10: None,
        formula: None,
        note: None,
        fails: false,
    }
}

fn formula(of: ChanceOf) -> &'static str {
    match of {
        ChanceOf::Match => "explain-match",
        ChanceOf::Inclusion => "explain-inclusion",
        ChanceOf::Sharing => "explain-sharing",
        ChanceOf::Neighbours => "explain-neighbours",
    }
}

/// Why a compared locus does not agree as it should, or counts otherwise than it seems.
fn disagreement(of: &LocusIdentity, demanded: Stringency) -> Option<Message> {
    let judged = &of.judged;
    let reached = judged.reached.map_or("explain-no-allele-shared", |reached| match reached {
        Stringency::High => "explain-sets-equal",
        Stringency::Moderate => "explain-contains",
        Stringency::Low => "explain-share",
    });
    if judged.lacks_required {
        return Some(Message::new("explain-lacks-required"));
    }
    if !judged.passes {
        let fails = if judged.above_floor { "explain-fails" } else { "explain-fails-floor" };
        let demanded = word("stringency", demanded.name());
        let fails = Message::new(fails).with("stringency", demanded);
        return Some(fails.with("reached", Message::new(reached)));
    }
    let id = if of.chance.is_none() {
        "explain-table-lacks-adds"
    } else if judged.by_microvariant {
        "explain-by-microvariant"
    } else if judged.has_wildcard {
        "explain-wildcard"
    } else {
        return None;
    };
    Some(Message::new(id))
}

/// Why a locus is not compared.
fn not_compared(read: [Option<&Typing>; 2]) -> Option<Message> {
    match read {
        [Some(_), Some(_)] => Some(Message::new("explain-no-known")),
        [None, None] => None,
        _ => Some(Message::new("explain-one-side")),
    }
}

/// Why a locus has no ratio.
fn without_ratio(locus: Locus, typed: &[Option<&Typing>], population: &Population) -> Message {
    let is_genotype = |typing: &Option<&Typing>| typing.is_some_and(|t| t.genotype().is_some());
    Message::new(if !population.frequencies.covers(locus) {
        "explain-table-lacks"
    } else if typed.first().is_none_or(Option::is_none) {
        "explain-not-in-body"
    } else if typed.iter().skip(1).all(Option::is_none) {
        "explain-body-alone"
    } else if !typed.first().is_some_and(is_genotype) {
        "explain-body-mixed"
    } else {
        "explain-relatives-mixed"
    })
}
