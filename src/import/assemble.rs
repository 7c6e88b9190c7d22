//! From calls as typed to checked records: the rules every profile format shares.
//!
//! An importer fills one [`Draft`] per specimen and hands it to the [`Collector`], which checks
//! identifiers, duplicates and the minimum a profile must say, and computes the retention.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::domain::allele::{Allele, AlleleError};
use crate::domain::apart::{ApartMarkers, is_y_str};
use crate::domain::dna::{Profile, Typing};
use crate::domain::family::{FamilyMember, PedigreePerson};
use crate::domain::lineage::statement::keep_mitochondrial;
use crate::domain::locus::Locus;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::marker::{Marker, cut};
use crate::import::{Format, ImportOptions, Imported};
use crate::law::retention::{LifeDates, retention};
use crate::limits::{
    MAX_ALLELES_PER_LOCUS, MAX_APART_CALL_BYTES, MAX_ID_BYTES, MAX_RECORDS_PER_FILE,
    MAX_REJECTIONS_PER_FILE,
};

/// One call of a marker, as the file writes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) text: &'a str,
    /// A candidate must carry the allele (CMF `ALLELEREQUIRED`).
    pub(super) required: bool,
}

impl<'a> From<&'a str> for Call<'a> {
    fn from(text: &'a str) -> Self {
        Call { text, required: false }
    }
}

/// A specimen while its file is read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Line the specimen starts on.
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) person_id: Option<String>,
    pub(super) case_id: Option<String>,
    pub(super) kit: Option<String>,
    pub(super) partial: bool,
    pub(super) registered_on: Option<Date>,
    pub(super) born_on: Option<Date>,
    pub(super) died_on: Option<Date>,
    pub(super) acquitted_on: Option<Date>,
    profile: Profile,
    apart: ApartMarkers,
    faults: Vec<Rejection>,
}

impl Draft {
    /// A specimen that starts on `line`.
    pub(super) fn new(line: u64, id: &str) -> Self {
        Draft { line, id: id.to_owned(), ..Draft::default() }
    }

    /// Marks the specimen as refused; the collector adds the identifier.
    pub(super) fn fault(&mut self, rejection: Rejection) {
        self.faults.push(rejection);
    }

    /// Adds the calls of one marker, found on `line`; empty calls are passed over, and a marker
    /// with nothing else is not typed. Returns whether an identical typing was there already.
    pub(super) fn add(
        &mut self,
        file: &Path,
        line: u64,
        marker: Marker,
        calls: &[Call<'_>],
    ) -> bool {
        let refuse = |rule: String, found: &str, help: &str| {
            Rejection::new(file, Position::Line(line), rule, found, help)
        };
        let twice = |found: String| {
            refuse(
                "a marker occurs once in a specimen".into(),
                &found,
                "import the consensus; replicates and reruns are not separate profiles",
            )
        };
        match marker {
            Marker::Apart(name) => match apart_calls(calls) {
                Err(text) => self.fault(refuse(
                    format!("a call at {name} is at most 10 letters, digits, '.', '<', '>' or '*'"),
                    &text,
                    "check that the column holds allele calls",
                )),
                Ok(texts) if texts.is_empty() => {}
                Ok(texts) => match self.apart.get(name) {
                    Some(earlier) if *earlier == texts => return true,
                    Some(_) => self.fault(twice(name.into())),
                    None => drop(self.apart.insert(name.to_owned(), texts)),
                },
            },
            Marker::Autosomal(locus) => match typing(locus, calls) {
                Err((rule, found, help)) => self.fault(refuse(rule, &found, help)),
                Ok(None) => {}
                Ok(Some(typing)) => match self.profile.insert(locus, typing) {
                    Some(earlier) if earlier == typing => return true,
                    Some(_) => self.fault(twice(locus.name().into())),
                    None => {}
                },
            },
        }
        false
    }
}

/// The calls of a marker kept apart, as typed; the text at fault if one is not a call.
fn apart_calls(calls: &[Call<'_>]) -> std::result::Result<Vec<String>, String> {
    let mut texts = Vec::new();
    for call in calls {
        let text = call.text.trim();
        if matches!(Allele::parse(text), Ok(None)) {
            continue;
        }
        let readable = |c: char| c.is_ascii_alphanumeric() || ".,<>*?".contains(c);
        if text.len() > MAX_APART_CALL_BYTES || !text.chars().all(readable) {
            return Err(text.to_owned());
        }
        texts.push(text.to_owned());
    }
    if texts.len() > MAX_ALLELES_PER_LOCUS {
        return Err(format!("{} calls", texts.len()));
    }
    Ok(texts)
}

/// Rule, found and help of a locus that is refused.
type Fault = (String, String, &'static str);

/// The typing of one locus; `None` if every call is empty.
fn typing(locus: Locus, calls: &[Call<'_>]) -> std::result::Result<Option<Typing>, Fault> {
    let mut alleles = Vec::with_capacity(calls.len());
    let mut required = Vec::new();
    for call in calls {
        match Allele::parse(call.text) {
            Ok(None) => {}
            Ok(Some(allele)) => {
                alleles.push(allele);
                if call.required {
                    required.push(allele);
                }
            }
            Err(error @ AlleleError) => {
                return Err((
                    error.to_string(),
                    format!("{:?} at {locus}", call.text),
                    if call.text.trim().parse::<u32>().is_ok_and(|number| number > 99) {
                        "an allele named by its length in base pairs is not compared: leave the \
                         locus out of the export"
                    } else {
                        "correct the call, or leave the cell empty where nothing was typed"
                    },
                ));
            }
        }
    }
    if alleles.is_empty() {
        return Ok(None);
    }
    Typing::with_required(&alleles, &required).map(Some).map_err(|error| {
        (
            error.to_string(),
            format!("{} at {locus}", error.0),
            "a specimen with more alleles is a mixture that this registry cannot compare",
        )
    })
}

/// A date as files write it, `YYYY-MM-DD`; the text at fault otherwise.
pub(super) fn parse_date(text: &str) -> std::result::Result<Option<Date>, String> {
    let text = text.trim();
    if matches!(text, "" | "NULL") {
        return Ok(None);
    }
    let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    date.filter(|date| (1850..=2200).contains(&date.year())).map(Some).ok_or(text.to_owned())
}

/// A yes or no as files write it; empty is `default`.
pub(super) fn parse_flag(text: &str, default: bool) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "null" => Some(default),
        "true" | "1" | "yes" | "y" => Some(true),
        "false" | "0" | "no" | "n" => Some(false),
        _ => None,
    }
}

/// Why a record cannot have been registered on `registered_on`, if so: rule, what was found, next step.
/// A term that counts from a day to come would keep the record longer than the law does.
pub(super) fn registration_fault(
    registered_on: Date,
    today: Date,
) -> Option<(&'static str, String, &'static str)> {
    (registered_on > today).then(|| {
        (
            "a record is registered on the day of its import at the latest",
            format!("{registered_on}, and today is {today}"),
            "correct the day of registration; check the clock of this computer if it is right",
        )
    })
}

/// Why `text` is not an identifier, if it is not: rule and help.
pub(super) fn identifier_fault(text: &str) -> Option<(&'static str, &'static str)> {
    if text.is_empty() {
        Some(("an identifier is not empty", "every record needs an identifier of its own"))
    } else if text.len() > MAX_ID_BYTES {
        Some(("an identifier has at most 256 bytes", "shorten it at the source"))
    } else if text.chars().any(char::is_control) {
        Some(("an identifier holds no control character", "remove line breaks and tabs from it"))
    } else {
        None
    }
}

/// Checks drafts and collects what a file holds.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    file: PathBuf,
    format: Format,
    options: &'a ImportOptions,
    /// Per record id: the line it was first seen on, and its place in `records` if it was good.
    seen: HashMap<String, (u64, Option<usize>)>,
    records: Vec<DnaRecord>,
    family_members: Vec<FamilyMember>,
    pedigree_persons: Vec<PedigreePerson>,
    rejections: Vec<Rejection>,
    warnings: Vec<String>,
    repeated: Tally,
    repeated_markers: Tally,
    of_lineage_alone: Tally,
}

/// How often something harmless happened, and where first.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    first: Option<(String, u64)>,
}

impl Tally {
    fn note(&mut self, id: &str, line: u64) {
        self.count += 1;
        self.first.get_or_insert_with(|| (cut(id), line));
    }

    fn warning(&self, what: &str) -> Option<String> {
        let (id, line) = self.first.as_ref()?;
        Some(format!("{} {what} (first: {id}, line {line})", self.count))
    }
}

impl<'a> Collector<'a> {
    pub(super) fn new(file: &Path, format: Format, options: &'a ImportOptions) -> Self {
        Collector {
            file: file.to_owned(),
            format,
            options,
            seen: HashMap::new(),
            records: Vec::new(),
            family_members: Vec::new(),
            pedigree_persons: Vec::new(),
            rejections: Vec::new(),
            warnings: Vec::new(),
            repeated: Tally::default(),
            repeated_markers: Tally::default(),
            of_lineage_alone: Tally::default(),
        }
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// A marker was typed twice alike in one specimen.
    pub(super) fn note_repeated_marker(&mut self, id: &str, line: u64) {
        self.repeated_markers.note(id, line);
    }

    /// Adds a rejection.
    ///
    /// # Errors
    /// More than [`MAX_REJECTIONS_PER_FILE`]: the file is of another kind than it seems.
    pub(super) fn reject(&mut self, mut rejection: Rejection) -> Result<()> {
        // An identifier over the limit is quoted shortened, or many faults would repeat it at length.
        let id = rejection.record_id.filter(|id| !id.is_empty());
        rejection.record_id = id.map(|id| if id.len() > MAX_ID_BYTES { cut(&id) } else { id });
        if self.rejections.len() >= MAX_REJECTIONS_PER_FILE {
            return Err(Error::Limit {
                what: format!("the number of rejections in {}", self.file.display()),
                limit: MAX_REJECTIONS_PER_FILE as u64,
                help: "correct the first ones and import again; they probably share a cause".into(),
            });
        }
        self.rejections.push(rejection);
        Ok(())
    }

    /// Adds a line of a family.
    pub(super) fn family_member(&mut self, member: FamilyMember) {
        self.family_members.push(member);
    }

    /// Adds a person of a pedigree.
    pub(super) fn pedigree_person(&mut self, person: PedigreePerson) {
        self.pedigree_persons.push(person);
    }

    /// Checks a finished specimen and keeps it, or its rejections; whether it is among the records.
    ///
    /// # Errors
    /// A limit of the program is reached.
    pub(super) fn add(&mut self, mut draft: Draft) -> Result<bool> {
        self.check_identifiers(&mut draft);
        self.check_registration(&mut draft);
        let haplotype = self.options.haplotypes.get(&draft.id);
        let has_y = draft.apart.keys().any(|marker| is_y_str(marker));
        let has_lineage = self.options.lineage_only && (has_y || haplotype.is_some());
        if let Some(haplotype) = haplotype {
            keep_mitochondrial(haplotype, &mut draft.apart);
        }
        if draft.faults.is_empty() && draft.profile.comparable_loci().is_empty() && !has_lineage {
            draft.fault(Rejection::new(
                &self.file,
                Position::Line(draft.line),
                "a profile has at least one locus with a named allele",
                format!("{} loci without one", draft.profile.len()),
                "leave specimens without result out of the file",
            ));
        }
        if draft.profile.comparable_loci().is_empty() && draft.faults.is_empty() {
            self.of_lineage_alone.note(&draft.id, draft.line);
        }
        if draft.id.is_empty() || !draft.faults.is_empty() {
            let line = draft.line;
            let id = draft.id;
            self.seen.entry(id.clone()).or_insert((line, None));
            for fault in draft.faults {
                self.reject(fault.of_record(&id))?;
            }
            return Ok(false);
        }
        if self.records.len() >= MAX_RECORDS_PER_FILE {
            return Err(Error::Limit {
                what: format!("the number of records in {}", self.file.display()),
                limit: MAX_RECORDS_PER_FILE as u64,
                help: "split the file".into(),
            });
        }
        let line = draft.line;
        let record = self.record(draft);
        match self.seen.entry(record.record_id.clone()) {
            Entry::Vacant(slot) => {
                slot.insert((line, Some(self.records.len())));
                self.records.push(record);
                Ok(true)
            }
            Entry::Occupied(slot) => {
                let (first, place) = *slot.get();
                if place.and_then(|place| self.records.get(place)) == Some(&record) {
                    self.repeated.note(&record.record_id, line);
                    return Ok(true);
                }
                let rejection = Rejection::new(
                    &self.file,
                    Position::Line(line),
                    "a record id occurs once in a file",
                    format!("{:?}, already on line {first} with other content", record.record_id),
                    "give each specimen an identifier of its own, or import the consensus",
                );
                self.reject(rejection.of_record(&record.record_id))?;
                Ok(false)
            }
        }
    }

    fn check_registration(&self, draft: &mut Draft) {
        let registered_on = draft.registered_on.unwrap_or(self.options.registered_on);
        if let Some((rule, found, help)) = registration_fault(registered_on, self.options.today) {
            draft.fault(Rejection::new(&self.file, Position::Line(draft.line), rule, found, help));
        }
    }

    fn check_identifiers(&self, draft: &mut Draft) {
        let optional = [&draft.person_id, &draft.case_id, &draft.kit];
        let texts = optional.into_iter().flatten().chain([&draft.id]);
        let faults: Vec<_> = texts
            .filter_map(|text| {
                identifier_fault(text).map(|(rule, help)| (rule, text.clone(), help))
            })
            .collect();
        for (rule, found, help) in faults {
            draft.fault(Rejection::new(&self.file, Position::Line(draft.line), rule, found, help));
        }
    }

    fn record(&self, draft: Draft) -> DnaRecord {
        let registered_on = draft.registered_on.unwrap_or(self.options.registered_on);
        let kept = retention(
            self.options.index,
            LifeDates {
                registered_on,
                born_on: draft.born_on,
                died_on: draft.died_on,
                acquitted_on: draft.acquitted_on,
            },
        );
        DnaRecord {
            record_id: draft.id,
            person_id: draft.person_id,
            case_id: draft.case_id,
            index: self.options.index,
            owner: self.options.owner.clone(),
            registered_on,
            retain_until: kept.until,
            retain_rule: kept.rule.to_owned(),
            kit: draft.kit,
            partial: draft.partial,
            profile: draft.profile,
            apart: draft.apart,
        }
    }

    /// Everything collected. A file without record, line of a family or rejection is refused.
    ///
    /// # Errors
    /// The file holds nothing.
    pub(super) fn finish(mut self) -> Result<Imported> {
        let has_families = !self.family_members.is_empty() || !self.pedigree_persons.is_empty();
        if self.records.is_empty() && !has_families && self.rejections.is_empty() {
            return Err(Rejection::new(
                &self.file,
                Position::File,
                "a file holds at least one record",
                format!("a {} without any", self.format),
                "check that the export finished",
            )
            .into());
        }
        let tallies = [
            self.repeated.warning("records repeat an earlier one of the file; one of each is kept"),
            self.repeated_markers
                .warning("markers repeat an earlier row of their specimen; one of each is kept"),
            self.of_lineage_alone.warning(
                "records have no autosomal locus to compare: searches of profiles find none of them",
            ),
        ];
        self.warnings.extend(tallies.into_iter().flatten());
        Ok(self.account())
    }

    /// Everything collected, also where that is nothing.
    pub(super) fn account(mut self) -> Imported {
        self.rejections.sort_by_key(|rejection| rejection.position);
        Imported {
            format: self.format,
            records: self.records,
            family_members: self.family_members,
            pedigree_persons: self.pedigree_persons,
            rejections: self.rejections,
            warnings: self.warnings,
            file_hash: String::new(),
        }
    }
}
