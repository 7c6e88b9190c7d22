//! A comparison of profiles explained: every locus with what was typed, how frequent it is and what it counts.
//!
//! Each locus is computed by the function that the score is summed from (`identity_loci`, `locus_ratios`,
//! `FamilyQuestion::ratios`), and the sum is compared with the score once more.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::account::FinishedRun;
use super::family::{PedigreeRow, rows_of};
use super::loci::{LocusRow, identity_rows, identity_score, ratio_rows};
use super::records::Records;
use super::{Check, Convention, Explained, RecordFacts, assert_equal, compared};
use crate::column::hit::Hit;
use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, FamilyPedigrees};
use crate::domain::likelihood::{Population, log10_product};
use crate::domain::locus::Locus;
use crate::domain::pedigree::kinship::of_kinships;
use crate::domain::rarity::DISCORDANCE_LOG10;
use crate::domain::record::DnaRecord;
use crate::domain::relation::{Kinship, Relation};
use crate::error::{Error, Result};
use crate::hits::report::SearchReport;
use crate::language::Message;
use crate::plan::census::TypedRelative;
use crate::plan::family_question::FamilyQuestion;
use crate::plan::job::{Comparator, SearchSpec, Sweep, ad_hoc_searches, searches};
use crate::plan::pedigree::{PEDIGREE, refused};
use crate::plan::search::{ReadySearch, Sides, ready};
use crate::run::pair;
use crate::score::Millibans;

/// Somebody whose typings are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypedPerson {
    /// The record.
    pub record_id: String,
    /// Its index, or in families what the person is to the missing one.
    pub role: String,
}

/// A comparison of profiles explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DnaExplanation {
    /// Relation tested, as the list has it (`MZ` is identity).
    pub relation: String,
    /// log10 likelihood ratio; null where it is minus infinity.
    pub log10_lr: Option<f64>,
    /// The score, log10: the sum of the loci.
    pub score_log10: f64,
    /// Whose typings the loci have, in that order; the first is the probe.
    pub persons: Vec<TypedPerson>,
    /// The loci that anybody is typed at.
    pub loci: Vec<LocusRow>,
    /// The family, in searches of families.
    pub pedigree: Vec<PedigreeRow>,
}

/// A search of two records alone.
pub(super) struct Question {
    pub(super) search: ReadySearch,
    pub(super) records: BTreeMap<String, DnaRecord>,
    pub(super) members: Vec<FamilyMember>,
    pub(super) pedigrees: FamilyPedigrees,
}

/// The search that an account names.
///
/// # Errors
/// The program knows no such search.
pub(super) fn spec_of(report: &SearchReport) -> Result<SearchSpec> {
    let unknown = || {
        Error::usage(
            format!("this release has no search {}", report.search),
            "use the release that made the run",
        )
    };
    for sweep in Sweep::NIGHTLY {
        if let Some(spec) = searches(sweep)?.into_iter().find(|spec| spec.name == report.search) {
            return Ok(spec);
        }
    }
    let probe = Index::parse(&report.probe_index).ok_or_else(unknown)?;
    let gallery = Index::parse(&report.gallery_index).ok_or_else(unknown)?;
    let mut specs = ad_hoc_searches(probe, &[gallery])?.into_iter();
    specs.find(|spec| spec.name == report.search).ok_or_else(unknown)
}

/// The records of a pair, or the error that one is not in the gallery.
pub(super) fn not_held(id: &str) -> Error {
    Error::usage(
        format!("record {id} is not in the gallery"),
        "if it was searched from a file, give the file: --probe FILE; else it has been destroyed",
    )
}

impl Question {
    /// The search that `report` is about, with the records `probe` and `gallery` and the lines of families
    /// `members`.
    ///
    /// # Errors
    /// A record is not in the gallery or may not be shown, or the gallery cannot be read.
    pub(super) fn new(
        records: &Records,
        run: &FinishedRun,
        report: &SearchReport,
        (probe, gallery): (&str, &str),
        (members, pedigrees): (Vec<FamilyMember>, FamilyPedigrees),
    ) -> Result<Question> {
        let spec = spec_of(report)?;
        let relatives = members.iter().map(|member| member.relative_record_id.as_str());
        let ids: HashSet<&str> = relatives.chain([probe, gallery]).collect();
        let found = records.profiles(&ids)?;
        for id in [probe, gallery] {
            found.get(id).ok_or_else(|| not_held(id))?;
        }
        let mut sides = Sides::default();
        let others = found.values().filter(|record| record.record_id != probe);
        if spec.triangle {
            sides.by_index.insert(spec.probe, records.side(spec.probe, found.values())?);
        } else {
            // Of a search of given probes too, which may be in the index they are searched in.
            sides.ad_hoc_probes = Some(records.side(spec.probe, found.get(probe).into_iter())?);
            sides.by_index.insert(spec.gallery, records.side(spec.gallery, others)?);
        }
        sides.family_members = members.clone();
        sides.family_pedigrees = pedigrees.clone();
        let mut search = ready(&spec, &sides, &run.parameters, &run.population())?;
        search.threshold_log10 = report.threshold_log10;
        Ok(Question { search, records: found, members, pedigrees })
    }

    fn record(&self, id: &str) -> Result<&DnaRecord> {
        self.records.get(id).ok_or_else(|| not_held(id))
    }

    /// What the comparison of `probe` with `gallery`, of the family `family_id` where it is of one, is made of.
    ///
    /// # Errors
    /// The ratio of a family cannot be had.
    pub(super) fn evidence(
        &self,
        run: &FinishedRun,
        (probe, gallery): (&str, &str),
        family_id: Option<&str>,
    ) -> Result<DnaExplanation> {
        let population = run.population();
        let (probe, gallery) = (self.record(probe)?, self.record(gallery)?);
        let pair = [&probe.profile, &gallery.profile];
        match self.search.spec.comparator {
            Comparator::Identity { kind } => {
                let loci = identity_rows(pair, (&run.parameters.rules, kind), &population);
                let score = identity_score(pair, (&run.parameters.rules, kind), &population);
                let person = |record: &DnaRecord| TypedPerson {
                    record_id: record.record_id.clone(),
                    role: record.index.name().to_owned(),
                };
                let persons = vec![person(probe), person(gallery)];
                let relation = Relation::Identity.code();
                Ok(explanation(relation, score.log10_lr, (persons, loci), Vec::new()))
            }
            Comparator::Kinship if !self.search.is_by_genotype => {
                let is_wanted = |r: &&TypedRelative| family_id.is_none_or(|id| r.family_id == id);
                let relative = self.search.relatives.iter().find(is_wanted);
                let relative = relative.ok_or_else(|| no_relative(&gallery.record_id))?;
                self.of_pair((probe, gallery), relative.kinship, &population)
            }
            Comparator::Kinship | Comparator::Pedigree => {
                let of_family = |f: &&FamilyQuestion| family_id.is_none_or(|id| f.family_id == id);
                let family = self.search.pedigrees.families.iter().find(of_family);
                let family = family.ok_or_else(|| {
                    Error::usage(
                        "the family has no likelihood as a pedigree",
                        "`tanba plan missing-person` names the families that are not searched",
                    )
                })?;
                self.of_family(family, probe, &population)
            }
        }
    }

    fn of_family(
        &self,
        family: &FamilyQuestion,
        body: &DnaRecord,
        population: &Population,
    ) -> Result<DnaExplanation> {
        let ratios = family
            .ratios(&body.profile, population)
            .map_err(|error| refused(&family.family_id, &error))?;
        let mut persons =
            vec![TypedPerson { record_id: body.record_id.clone(), role: "body".into() }];
        let mut profiles = vec![&body.profile];
        let mut placed = Vec::new();
        for (number, place) in &family.placed {
            let relative = &self.search.relatives[*number];
            let id = self.search.gallery.segments[relative.segment].record_id(relative.row);
            let role = relative.kinship.name().to_owned();
            persons.push(TypedPerson { record_id: id.to_owned(), role });
            profiles.push(&self.record(id)?.profile);
            placed.push((*place, relative.kinship, id.to_owned()));
        }
        let loci = ratio_rows(&profiles, &ratios, population, OF_PEDIGREE);
        let is_of_family = self.search.spec.comparator == Comparator::Pedigree;
        let given = self.pedigrees.get(&family.family_id).filter(|_| is_of_family);
        let figure = match family.pedigree() {
            Some(pedigree) => rows_of(pedigree, (&placed, given), &body.record_id),
            None => Vec::new(),
        };
        let representative = &self.search.relatives[family.relative];
        let relation = match representative.kinship.relation() {
            Some(relation) if !is_of_family => relation.code(),
            _ => PEDIGREE,
        };
        Ok(explanation(relation, sum_log10(&ratios), (persons, loci), figure))
    }

    fn of_pair(
        &self,
        (body, relative): (&DnaRecord, &DnaRecord),
        kinship: Kinship,
        population: &Population,
    ) -> Result<DnaExplanation> {
        let Some(relation) = kinship.relation() else {
            return Err(no_relative(&relative.record_id));
        };
        let ratios = population.locus_ratios(&relative.profile, &body.profile, relation);
        let person = |record: &DnaRecord, role: &str| TypedPerson {
            record_id: record.record_id.clone(),
            role: role.to_owned(),
        };
        let persons = vec![person(body, "body"), person(relative, kinship.name())];
        let profiles = [&body.profile, &relative.profile];
        let loci = ratio_rows(&profiles, &ratios, population, OF_PAIR);
        let words = of_kinships(&[kinship]).ok().flatten();
        let figure = words.map_or_else(Vec::new, |words| {
            let of_member =
                |(_, place): &(usize, usize)| (*place, kinship, relative.record_id.clone());
            let placed: Vec<_> = words.members.iter().map(of_member).collect();
            rows_of((&words.pedigree, words.missing), (&placed, None), &body.record_id)
        });
        Ok(explanation(relation.code(), sum_log10(&ratios), (persons, loci), figure))
    }
}

/// What the ratio of a locus is made by, in searches of families: messages.
const OF_PAIR: &str = "explain-of-pair";
const OF_PEDIGREE: &str = "explain-of-pedigree";

fn sum_log10(ratios: &[(Locus, f64)]) -> f64 {
    log10_product(ratios.iter().map(|(_, ratio)| *ratio))
}

fn no_relative(id: &str) -> Error {
    Error::usage(
        format!("{id} is no relative of a family that is searched"),
        "see the family files of the gallery, and what a plan says is left out",
    )
}

fn explanation(
    relation: &str,
    log10_lr: f64,
    (persons, loci): (Vec<TypedPerson>, Vec<LocusRow>),
    pedigree: Vec<PedigreeRow>,
) -> DnaExplanation {
    let last = loci.iter().rev().find_map(|row| row.running_log10);
    DnaExplanation {
        relation: relation.to_owned(),
        log10_lr: log10_lr.is_finite().then_some(log10_lr),
        score_log10: last.unwrap_or(0.0),
        persons,
        loci,
        pedigree,
    }
}

/// Explains a hit of profiles.
///
/// # Errors
/// As [`super::explain`].
pub(super) fn explained(
    records: &Records,
    run: &FinishedRun,
    report: &SearchReport,
    hit: &Hit,
) -> Result<Explained<DnaExplanation>> {
    let ids = (hit.probe_id.as_str(), hit.gallery_id.as_str());
    let families = match hit.family_id.as_deref() {
        Some(family) => {
            let is_alone = spec_of(report)?.comparator == Comparator::Kinship;
            records.families(|member| {
                member.family_id == family && (!is_alone || member.relative_record_id == ids.1)
            })?
        }
        None => Default::default(),
    };
    let question = Question::new(records, run, report, ids, families)?;
    let found =
        pair::profiles(&question.search, &run.parameters, &run.population(), &hit.run_id)?.hits;
    let mut checks = compared(run, hit, found.into_iter().next())?;
    let evidence = question.evidence(run, ids, hit.family_id.as_deref())?;
    checks.push(Check {
        what: Message::new("explain-sum-of-loci"),
        stored: hit.score_mban.to_string(),
        recomputed: Millibans::from_log10(evidence.score_log10).0.to_string(),
    });
    assert_equal(run, hit, &checks)?;
    let facts = |id: &str| question.record(id).map(facts_of);
    Ok(Explained {
        probe: facts(ids.0)?,
        gallery: facts(ids.1)?,
        conventions: conventions(run, &question.search.spec),
        evidence,
        checks,
    })
}

/// What is told of a record beside its profile.
pub(super) fn facts_of(record: &DnaRecord) -> RecordFacts {
    RecordFacts {
        record_id: record.record_id.clone(),
        category: record.index.name().to_owned(),
        owner: record.owner.clone(),
        registered_on: record.registered_on.to_string(),
        kit: record.kit.clone(),
        is_partial: record.partial,
    }
}

/// What the numbers of a search of profiles rest on.
fn conventions(run: &FinishedRun, spec: &SearchSpec) -> Vec<Convention> {
    let parameters = &run.parameters;
    let mut list = Vec::new();
    let mut add = |name: &'static str, value: Message| {
        list.push(Convention { name: Message::new(name), value });
    };
    let hash = Message::new("explain-hash")
        .with("name", &parameters.frequencies)
        .with("hash", &parameters.frequencies_id);
    add("report-parameter-frequencies", hash);
    add("report-parameter-theta", Message::data(parameters.theta));
    add("report-parameter-rare", parameters.minimum_frequency.name().into());
    match spec.comparator {
        Comparator::Identity { kind } => {
            let rules = &parameters.rules;
            let statement = rules.statement(kind);
            let rules = format!("{}/{}: {statement}", rules.name, rules.version);
            add("explain-rules", rules.into());
            add("explain-equal", Message::new("explain-match"));
            add("explain-contains", Message::new("explain-inclusion-commoner"));
            let penalty = Message::data(DISCORDANCE_LOG10);
            add("explain-failing", Message::new("explain-failing-adds").with("penalty", penalty));
        }
        Comparator::Kinship => {
            let transmission = parameters.of_pairs().map(|of| of.rule().into());
            let none = || Message::new("explain-no-mutation");
            add("explain-transmission", transmission.unwrap_or_else(none));
        }
        Comparator::Pedigree => {
            add("explain-transmission", parameters.of_pedigrees().rule().into());
        }
    }
    list
}
