//! Why a pair is a hit, or is none: the pair compared again by the definitions, with everything that was counted.
//!
//! What: [`explain`] takes a hit of a finished run, compares its records once more with the parameters of the run and
//! the code that made the list, and refuses to explain a score that does not come out again. It gives each locus
//! with its genotypes, frequencies and likelihood ratio, or each finger with its paired minutiae, as data
//! ([`Explanation`]) and as pictures. [`why_not::why_not`] says of two records what kept them out of the list.
//!
//! Limits: what depends on the whole search and not on the pair (rank, expected chance hits, posterior, how often a
//! lineage is found) is given as the list has it. When not to use it: as an examiner's report; it shows what the
//! program counted, and a person must look at the evidence.

pub mod account;
pub mod dna;
pub mod family;
pub mod finger;
pub mod loci;
pub mod picture;
mod records;
pub mod why_not;
mod why_not_dna;
mod why_not_finger;

use serde::Serialize;

use crate::column::hit::{DnaEvidence, FingerEvidence, FingerPair, Hit};
use crate::column::lineage::LineageEvidence;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::hits::output::HITS_FILE;
use crate::language::Message;
use crate::run::since::other_versions;
use account::FinishedRun;
use dna::DnaExplanation;
use finger::FingerExplanation;
pub use picture::Picture;
use records::Records;

/// One side of a hit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordFacts {
    /// The record.
    pub record_id: String,
    /// Its index or register.
    pub category: String,
    /// Authority that owns it.
    pub owner: String,
    /// Day of registration, ISO 8601.
    pub registered_on: String,
    /// Typing kit, where the record names one.
    pub kit: Option<String>,
    /// The laboratory marks the profile as partial.
    pub is_partial: bool,
}

/// A value of the list and the one that came out again; they are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Column of the hit list, or what was summed.
    pub what: Message,
    /// As the list has it.
    pub stored: String,
    /// As it came out.
    pub recomputed: String,
}

/// What a number rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Convention {
    /// What is laid down.
    pub name: Message,
    /// How.
    pub value: Message,
}

/// What the score is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "modality", rename_all = "snake_case")]
pub enum Evidence {
    /// Loci.
    Dna(DnaExplanation),
    /// Impressions.
    Finger(FingerExplanation),
}

/// A hit with everything that was counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The hit.
    pub hit_id: String,
    /// The run that lists it.
    pub run_id: String,
    /// Its search.
    pub search: String,
    /// Article that allows the comparison.
    pub purpose: String,
    /// Rule it satisfied.
    pub rule: String,
    /// How the chance is known.
    pub calibration: String,
    /// Searched record.
    pub probe: RecordFacts,
    /// Enrolled record.
    pub gallery: RecordFacts,
    /// Family searched for.
    pub family_id: Option<String>,
    /// What the gallery record's person is to the missing person.
    pub kinship: Option<String>,
    /// Place among the hits of the probe, as the list has it.
    pub rank: u32,
    /// Score, millibans: that of the list, which came out again.
    pub score_mban: i32,
    /// Least score of a hit of this search, log10.
    pub threshold_log10: f64,
    /// Chance hits to expect at this score in the whole search, as the list has it.
    pub expected_chance_hits: f64,
    /// Probability after the search, as the list has it.
    pub posterior: Option<f64>,
    /// What lineage markers say, as the list has it; no part of the score.
    pub lineage: Option<LineageEvidence>,
    /// What was compared with the list.
    pub checks: Vec<Check>,
    /// What the numbers rest on.
    pub conventions: Vec<Convention>,
    /// What the score is made of.
    pub evidence: Evidence,
}

/// Explains a hit of `run`, by the records of `gallery`.
///
/// # Errors
/// The run is of another gallery, or does not say what made its scores; a record is not in the gallery; one may not be
/// shown today ([`Error::Refused`]); or what comes out is not what the list says ([`Error::Integrity`]).
pub fn explain(gallery: &Gallery, run: &FinishedRun, hit: &Hit) -> Result<Explanation> {
    let records = Records::of(gallery, run)?;
    let Some(search) = run.search(&hit.search) else {
        let message = format!("the account of the run has no search {}", hit.search);
        return Err(Error::integrity(&run.directory, message, "give the run that lists the hit"));
    };
    let Explained { probe, gallery: enrolled, conventions, evidence, checks } =
        match hit.modality.as_str() {
            "finger" => finger::explained(&records, run, search, hit)?.map(Evidence::Finger),
            _ => dna::explained(&records, run, search, hit)?.map(Evidence::Dna),
        };
    Ok(Explanation {
        hit_id: hit.hit_id.clone(),
        run_id: hit.run_id.clone(),
        search: hit.search.clone(),
        purpose: hit.purpose.clone(),
        rule: hit.rule.clone(),
        calibration: hit.calibration.clone(),
        probe,
        gallery: enrolled,
        family_id: hit.family_id.clone(),
        kinship: hit.kinship.clone(),
        rank: hit.rank,
        score_mban: hit.score_mban,
        threshold_log10: search.threshold_log10,
        expected_chance_hits: hit.expected_chance_hits,
        posterior: hit.posterior,
        lineage: hit.lineage.as_deref().cloned(),
        checks,
        conventions,
        evidence,
    })
}

/// What an explanation adds to its hit.
pub(crate) struct Explained<E> {
    probe: RecordFacts,
    gallery: RecordFacts,
    conventions: Vec<Convention>,
    evidence: E,
    checks: Vec<Check>,
}

impl<E> Explained<E> {
    fn map<F>(self, of: impl FnOnce(E) -> F) -> Explained<F> {
        let Explained { probe, gallery, conventions, evidence, checks } = self;
        Explained { probe, gallery, conventions, evidence: of(evidence), checks }
    }
}

/// The first version of the hit list that has a class.
const FIRST_WITH_CLASS: u32 = 3;

/// What a hit of the list says beside what came out again.
///
/// # Errors
/// The comparison is no hit now.
fn compared(run: &FinishedRun, hit: &Hit, found: Option<Hit>) -> Result<Vec<Check>> {
    let Some(found) = found else {
        let score = hit.score_mban;
        let rule = format!(
            "hit {}: the list gives it {score} millibans, and compared again the pair is no hit",
            hit.hit_id
        );
        return Err(not_reproduced(run, rule));
    };
    let mut checks = Vec::new();
    let mut add = |what: &str, of: &dyn Fn(&Hit) -> String| {
        checks.push(Check { what: Message::data(what), stored: of(hit), recomputed: of(&found) });
    };
    add("hit_id", &|h| h.hit_id.clone());
    add("score_mban", &|h| h.score_mban.to_string());
    add("rule", &|h| h.rule.clone());
    add("calibration", &|h| h.calibration.clone());
    add("purpose", &|h| h.purpose.clone());
    if hit.dna.is_some() || found.dna.is_some() {
        let dna = |h: &Hit, of: &dyn Fn(&DnaEvidence) -> String| {
            h.dna.as_ref().map_or_else(|| "none".to_owned(), of)
        };
        add("log10_lr", &|h| dna(h, &|d| format!("{:.9}", d.log10_lr)));
        add("loci_compared", &|h| dna(h, &|d| d.loci_compared.to_string()));
        add("loci_full", &|h| dna(h, &|d| d.loci_full.to_string()));
        add("loci_partial", &|h| dna(h, &|d| d.loci_partial.to_string()));
        add("loci_mismatched", &|h| dna(h, &|d| d.loci_mismatched.to_string()));
        add("loci_excluding", &|h| dna(h, &|d| d.loci_excluding.to_string()));
        add("relation", &|h| dna(h, &|d| d.relation.clone()));
        if run.report.hit_schema_version >= FIRST_WITH_CLASS {
            add("rule_class", &|h| {
                dna(h, &|d| d.rule_class.clone().unwrap_or_else(|| "none".into()))
            });
        }
    }
    if hit.finger.is_some() || found.finger.is_some() {
        let fingers = |h: &Hit, of: &dyn Fn(&FingerEvidence) -> String| {
            h.finger.as_ref().map_or_else(|| "none".to_owned(), of)
        };
        add("minutiae_paired", &|h| fingers(h, &|f| f.minutiae_paired.to_string()));
        add("fingers", &|h| {
            fingers(h, &|f| {
                let one = |p: &FingerPair| {
                    format!("{}/{} {}", p.probe_position, p.gallery_position, p.score_mban)
                };
                f.fingers.iter().map(one).collect::<Vec<_>>().join(", ")
            })
        });
    }
    Ok(checks)
}

/// Refuses an explanation of what did not come out again.
///
/// # Errors
/// A value of the list is not the one that came out.
fn assert_equal(run: &FinishedRun, hit: &Hit, checks: &[Check]) -> Result<()> {
    let differs = checks.iter().find(|check| check.stored != check.recomputed);
    differs.map_or(Ok(()), |Check { what, stored, recomputed }| {
        let (id, what) = (&hit.hit_id, what.english());
        let rule =
            format!("hit {id}: {what} is {stored} in the list and {recomputed} compared again");
        Err(not_reproduced(run, rule))
    })
}

fn not_reproduced(run: &FinishedRun, rule: String) -> Error {
    let other = other_versions(&run.report, &run.parameters);
    let help = match other.is_empty() {
        true => "do not use this list: it is not what the run wrote, or the gallery is not; make the run again".into(),
        false => format!(
            "release {} made the run with other comparators (now: {}): explain it with that release, or make it again",
            run.report.tanba_version,
            other.join(", ")
        ),
    };
    Error::integrity(&run.directory.join(HITS_FILE), rule, help)
}
