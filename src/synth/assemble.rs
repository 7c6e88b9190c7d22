//! From the plan to records: identifiers, dates, typing, retention, truth.

use jiff::ToSpan;
use jiff::civil::Date;
use rayon::prelude::*;

use super::Registry;
use super::genome::{AlleleSampler, Genomes, samplers};
use super::lineage::Lineages;
use super::options::SynthOptions;
use super::pedigree::Pedigree;
use super::selection::{Draft, Selection};
use super::stream::{Purpose, stream};
use super::truth::{Truth, TruthMissing, TruthPerson, TruthRecord};
use super::typing::Source;
use crate::domain::category::Index;
use crate::domain::family::FamilyMember;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::law::retention::{LifeDates, retention};

/// Owner of every synthetic record.
const OWNER: &str = "synthetic";

/// A personal identifier that no person can have: twelve digits as an IIN, whose third and fourth
/// digits are the month of birth, here 00.
pub(super) fn person_id(number: u32) -> String {
    format!("{number:012}")
}

/// Identifier of record `place` (from 0) of `index`: `C0000001`, `T000001`, `K000001`, `R000001`.
pub(super) fn record_id(index: Index, place: usize) -> String {
    let number = place + 1;
    match index {
        Index::Convict => format!("C{number:07}"),
        Index::Trace => format!("T{number:06}"),
        Index::Corpse => format!("K{number:06}"),
        Index::Relative => format!("R{number:06}"),
    }
}

fn family_id(place: usize) -> String {
    format!("F{:06}", place + 1)
}

fn missing_person_id(place: usize) -> String {
    format!("M{:06}", place + 1)
}

/// Types every draft and puts the registry together.
///
/// # Errors
/// A date of the registry is outside the calendar.
pub(super) fn assemble(
    options: &SynthOptions,
    pedigree: &Pedigree,
    genomes: &Genomes,
    selection: &Selection,
) -> Result<Registry> {
    let lineages = Lineages::new(options.seed, pedigree);
    let workshop = Workshop { options, genomes, samplers: samplers(options), selection, lineages };
    let mut registry = Registry {
        options: options.clone(),
        records: Vec::new(),
        births: Vec::new(),
        family_members: family_members(selection),
        truth: Truth {
            records: Vec::new(),
            persons: truth_persons(pedigree),
            missing: truth_missing(selection),
        },
    };
    for index in Index::ALL {
        let made = selection
            .drafts(index)
            .par_iter()
            .enumerate()
            .map(|(place, draft)| workshop.record(index, place, draft))
            .collect::<Result<Vec<_>>>()?;
        for (record, born_on, truth) in made {
            registry.records.push(record);
            registry.births.push(born_on);
            registry.truth.records.push(truth);
        }
    }
    Ok(registry)
}

struct Workshop<'a> {
    options: &'a SynthOptions,
    genomes: &'a Genomes,
    samplers: Vec<AlleleSampler>,
    selection: &'a Selection,
    lineages: Lineages,
}

impl Workshop<'_> {
    fn record(
        &self,
        index: Index,
        place: usize,
        draft: &Draft,
    ) -> Result<(DnaRecord, Option<Date>, TruthRecord)> {
        let number = (index as u64) << 40 | place as u64;
        let mut rng = stream(self.options.seed, Purpose::Typing, number);
        let source =
            Source { genotypes: self.genomes.of(draft.person).collect(), samplers: &self.samplers };
        let sample = source.typed(draft.kind, draft.older_kit, &mut rng).map_err(|error| {
            Error::usage(
                format!("a synthetic sample cannot be typed: {error}"),
                "report this; it is a fault of the program",
            )
        })?;
        let registered_on = self.days_ago(draft.registered_days)?;
        let born_on = draft.age_days.map(|days| self.days_ago(days)).transpose()?;
        let kept = retention(
            index,
            LifeDates { registered_on, born_on, died_on: None, acquitted_on: None },
        );
        let record_id = record_id(index, place);
        let record = DnaRecord {
            record_id: record_id.clone(),
            person_id: self.person_id(index, draft),
            case_id: self.case_id(index, place),
            index,
            owner: OWNER.into(),
            registered_on,
            retain_until: kept.until,
            retain_rule: kept.rule.into(),
            kit: Some(sample.kit.into()),
            partial: sample.partial,
            profile: sample.profile,
            apart: self.lineages.typed(draft.person, (index, draft.kind), number)?,
        };
        let truth = TruthRecord {
            record_id,
            index,
            person: draft.person,
            kind: draft.kind,
            expired: draft.expired,
            note: sample.note,
        };
        Ok((record, born_on, truth))
    }

    fn days_ago(&self, days: u32) -> Result<Date> {
        self.options.as_of.checked_sub(i64::from(days).days()).map_err(|_| {
            Error::usage(
                format!("{days} days before {} is outside the calendar", self.options.as_of),
                "give a later day with --as-of",
            )
        })
    }

    /// The register knows convicts and relatives; a double registration is under a number above
    /// everybody's.
    fn person_id(&self, index: Index, draft: &Draft) -> Option<String> {
        let number = match draft.double {
            Some(double) => self.options.persons + double,
            None => draft.person,
        };
        matches!(index, Index::Convict | Index::Relative).then(|| person_id(number + 1))
    }

    fn case_id(&self, index: Index, place: usize) -> Option<String> {
        match index {
            Index::Convict => None,
            Index::Trace => Some(format!("CASE-{:06}", place + 1)),
            Index::Corpse => Some(format!("BODY-{:06}", place + 1)),
            Index::Relative => {
                // Relatives are numbered family by family.
                let family = self.selection.families.partition_point(|family| {
                    family.members.last().is_some_and(|last| last.relative < place)
                });
                Some(format!("SEARCH-{:06}", family + 1))
            }
        }
    }
}

fn family_members(selection: &Selection) -> Vec<FamilyMember> {
    let mut members = Vec::new();
    for (place, family) in selection.families.iter().enumerate() {
        members.extend(family.members.iter().map(|member| FamilyMember {
            family_id: family_id(place),
            missing_person_id: missing_person_id(place),
            relative_record_id: record_id(Index::Relative, member.relative),
            kinship: member.kinship,
            consent: member.consent,
            case_open: family.case_open,
        }));
    }
    members
}

fn truth_missing(selection: &Selection) -> Vec<TruthMissing> {
    selection
        .families
        .iter()
        .enumerate()
        .map(|(place, family)| TruthMissing {
            family_id: family_id(place),
            missing_person_id: missing_person_id(place),
            person: family.missing,
        })
        .collect()
}

fn truth_persons(pedigree: &Pedigree) -> Vec<TruthPerson> {
    (0u32..)
        .zip(&pedigree.people)
        .map(|(person, entry)| TruthPerson {
            person,
            father: entry.father,
            mother: entry.mother,
            twin_of: entry.twin_of,
        })
        .collect()
}
