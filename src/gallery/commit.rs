//! Committing changes: imports of genomic and fingerprint records, and status events. Each is one new generation or nothing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::time::Duration;

use super::change::{Changes, Source, Stored};
use super::manifest::{self, FingerImportEntry, ImportEntry, Manifest};
use super::status;
use super::{MemberKey, file, finger_segment, ids, keys, segment};
use crate::column::family::{
    encode_family_members, encode_pedigree_persons, family_schema, pedigree_schema,
};
use crate::column::status::{StatusEvent, encode_status_events, status_schema};
use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, FamilyPedigrees, PedigreePerson};
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::limits::MAX_ROWS_PER_SEGMENT;

/// Attempts at committing before a conflict is reported. Of several commands that commit at once one
/// succeeds per round, so this is also the number that may.
const COMMIT_ATTEMPTS: u32 = 64;

/// Longest pause between two attempts.
const MAX_PAUSE_MS: u64 = 100;

/// What one input file of genomic records and families brings.
#[derive(Debug, Clone)]
pub struct Intake {
    /// BLAKE3 of the file.
    pub file_hash: String,
    /// Its name, without directories.
    pub file_name: String,
    /// Records, all of the index given at commit.
    pub records: Vec<DnaRecord>,
    /// Family members.
    pub family_members: Vec<FamilyMember>,
    /// Persons of pedigrees, every family complete.
    pub pedigree_persons: Vec<PedigreePerson>,
    /// Records rejected while reading.
    pub rejected: u64,
}

/// What one input of fingerprint records brings.
#[derive(Debug, Clone)]
pub struct FingerIntake {
    /// BLAKE3 of the file; of a list, over the list and the files it names.
    pub file_hash: String,
    /// Its name, without directories.
    pub file_name: String,
    /// Records, all of the register and owner given at commit.
    pub records: Vec<FingerRecord>,
    /// Records and files rejected while reading.
    pub rejected: u64,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Generation after the commit; unchanged if nothing was new.
    pub generation: u64,
    /// Records added.
    pub added: u64,
    /// Records that were already there with the same content.
    pub already_present: u64,
    /// Lines of families that are new or say something else than the latest about that relative.
    pub family_members: u64,
    /// Pedigrees that are new or other than the latest of their family.
    pub pedigrees: u64,
    /// Records already there whose retention a file moved ([`crate::law::retention::supersedes`]).
    pub retention_updates: u64,
    /// Records already there of which a file not imported before states another retention, which
    /// does not supersede the one in force and was not taken over.
    pub retention_kept: Vec<String>,
    /// Files whose content had been imported before and brought nothing new this time.
    pub known_files: Vec<String>,
}

/// A record id that the gallery holds with other content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// File that brings it.
    pub file_name: String,
    /// The id.
    pub record_id: String,
}

/// Outcome of an import commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Committed, or nothing was new.
    Committed(Committed),
    /// Ids clash with records of other content; nothing was changed.
    Clashes(Vec<Clash>),
}

/// Commits the files of one import into `index`, as one generation.
///
/// # Errors
/// The gallery cannot be read or written, or other processes kept committing first.
pub fn import(root: &Path, index: Index, owner: &str, intakes: &[Intake]) -> Result<ImportOutcome> {
    file::create_directory(root)?;
    retried(|| try_import(root, index, owner, intakes))
}

/// Repeats `attempt` while other processes commit first, with random pauses between.
pub(super) fn retried<T>(attempt: impl Fn() -> Result<T>) -> Result<T> {
    for round in 1..COMMIT_ATTEMPTS {
        match attempt() {
            Err(Error::Conflict { .. }) => {
                let longest = (u64::from(round) * 10).min(MAX_PAUSE_MS);
                let pause = file::random_bits() % longest + 1;
                std::thread::sleep(Duration::from_millis(pause));
            }
            done => return done,
        }
    }
    attempt()
}

fn try_import(root: &Path, index: Index, owner: &str, intakes: &[Intake]) -> Result<ImportOutcome> {
    let (mut next, present) = next_generation(root)?;
    let known = |hash: &str| {
        let is_it = |i: &ImportEntry| i.blake3 == hash && i.index == index && i.owner == owner;
        next.imports.iter().any(is_it)
    };
    let incoming = ids_of(intakes.iter().map(|i| &i.records[..]));
    let existing = segment::find_records(root, &next.segments, &incoming)?;
    let taken = ids::held(root, next.finger_segments.iter().map(|s| &s.records), &incoming)?;
    let statuses = status::read(root, &next)?;
    let mut members =
        MemberChanges { latest: super::latest_members(root, &next)?, new: Vec::new() };
    let mut pedigrees =
        PedigreeChanges { latest: super::latest_pedigrees(root, &next)?, new: BTreeSet::new() };
    let mut changes = Changes::new(&existing, &statuses, &next.committed_at);
    let mut of_note: Vec<&Intake> = Vec::new();
    for intake in intakes {
        let is_known = known(&intake.file_hash);
        let brings_members = members.take_in(&intake.family_members);
        let brings_more = pedigrees.take_in(&intake.pedigree_persons) || brings_members;
        let source = Source { file_name: &intake.file_name, is_known, brings_more };
        clash_with(&taken, &mut changes, &intake.file_name, &intake.records);
        if changes.take_in(source, &intake.records) || !is_known {
            of_note.push(intake);
        }
    }
    if !changes.clashes.is_empty() {
        return Ok(ImportOutcome::Clashes(changes.clashes));
    }
    let members = members.new;
    let mut committed = changes.committed(present, members.len() as u64);
    committed.pedigrees = pedigrees.new.len() as u64;
    if changes.len() + members.len() + pedigrees.new.len() == 0 {
        return Ok(ImportOutcome::Committed(committed));
    }
    for chunk in changes.records.chunks(MAX_ROWS_PER_SEGMENT) {
        next.segments.push(segment::write(root, index, chunk, next.generation)?);
    }
    if !members.is_empty() {
        next.families.push(write_families(root, &members, next.generation)?);
    }
    if !pedigrees.new.is_empty() {
        next.pedigrees.push(write_pedigrees(root, &pedigrees.persons(), next.generation)?);
    }
    if !changes.retentions.is_empty() {
        next.statuses.push(write_events(root, &changes.retentions, next.generation)?);
    }
    for intake in of_note {
        next.imports.push(ImportEntry {
            blake3: intake.file_hash.clone(),
            file_name: intake.file_name.clone(),
            index,
            owner: owner.to_owned(),
            records: intake.records.len() as u64,
            family_members: intake.family_members.len() as u64,
            rejected: intake.rejected,
            generation: next.generation,
        });
    }
    manifest::commit(root, &next)?;
    committed.generation = next.generation;
    Ok(ImportOutcome::Committed(committed))
}

/// The lines of families that an import brings.
struct MemberChanges {
    /// The latest line about each relative, those of this import included.
    latest: BTreeMap<MemberKey, FamilyMember>,
    /// Lines to add.
    new: Vec<FamilyMember>,
}

impl MemberChanges {
    /// Takes in the lines of a file; whether one says something new.
    fn take_in(&mut self, members: &[FamilyMember]) -> bool {
        let before = self.new.len();
        for member in members {
            let key = super::member_key(member);
            if self.latest.get(&key) != Some(member) {
                self.latest.insert(key, member.clone());
                self.new.push(member.clone());
            }
        }
        self.new.len() > before
    }
}

/// The pedigrees that an import brings.
struct PedigreeChanges {
    /// The latest pedigree of each family, those of this import included.
    latest: FamilyPedigrees,
    /// Families whose pedigree is to be written.
    new: BTreeSet<String>,
}

impl PedigreeChanges {
    /// Takes in the pedigrees of a file; whether one is new or another.
    fn take_in(&mut self, persons: &[PedigreePerson]) -> bool {
        let mut of_file = FamilyPedigrees::new();
        for person in persons {
            of_file.entry(person.family_id.clone()).or_default().push(person.clone());
        }
        of_file.retain(|family, persons| self.latest.get(family) != Some(persons));
        let brings_more = !of_file.is_empty();
        self.new.extend(of_file.keys().cloned());
        self.latest.extend(of_file);
        brings_more
    }

    /// The persons of every new pedigree.
    fn persons(&self) -> Vec<&PedigreePerson> {
        self.new.iter().filter_map(|family| self.latest.get(family)).flatten().collect()
    }
}

/// Commits the fingerprint records of one import into `register` for `owner`, as one generation. The
/// prints are described on all threads.
///
/// # Errors
/// The gallery cannot be read or written, or other processes kept committing first.
pub fn import_fingers(
    root: &Path,
    register: Register,
    owner: &str,
    intakes: &[FingerIntake],
) -> Result<ImportOutcome> {
    file::create_directory(root)?;
    retried(|| try_import_fingers(root, register, owner, intakes))
}

fn try_import_fingers(
    root: &Path,
    register: Register,
    owner: &str,
    intakes: &[FingerIntake],
) -> Result<ImportOutcome> {
    let (mut next, present) = next_generation(root)?;
    let known = |hash: &str| {
        let is_it =
            |i: &FingerImportEntry| i.blake3 == hash && i.register == register && i.owner == owner;
        next.finger_imports.iter().any(is_it)
    };
    let incoming = ids_of(intakes.iter().map(|i| &i.records[..]));
    let existing = finger_segment::find_records(root, &next.finger_segments, &incoming)?;
    let taken = ids::held(root, next.segments.iter().map(|s| &s.records), &incoming)?;
    let statuses = status::read(root, &next)?;
    let mut changes = Changes::new(&existing, &statuses, &next.committed_at);
    let mut of_note: Vec<&FingerIntake> = Vec::new();
    for intake in intakes {
        let is_known = known(&intake.file_hash);
        let source = Source { file_name: &intake.file_name, is_known, brings_more: false };
        clash_with(&taken, &mut changes, &intake.file_name, &intake.records);
        if changes.take_in(source, &intake.records) || !is_known {
            of_note.push(intake);
        }
    }
    if !changes.clashes.is_empty() {
        return Ok(ImportOutcome::Clashes(changes.clashes));
    }
    let mut committed = changes.committed(present, 0);
    if changes.len() == 0 {
        return Ok(ImportOutcome::Committed(committed));
    }
    for run in finger_segment::split(&changes.records) {
        let entry = finger_segment::write(root, register, owner, run, next.generation)?;
        next.finger_segments.push(entry);
    }
    if !changes.retentions.is_empty() {
        next.statuses.push(write_events(root, &changes.retentions, next.generation)?);
    }
    for intake in of_note {
        next.finger_imports.push(FingerImportEntry {
            blake3: intake.file_hash.clone(),
            file_name: intake.file_name.clone(),
            register,
            owner: owner.to_owned(),
            records: intake.records.len() as u64,
            rejected: intake.rejected,
            generation: next.generation,
        });
    }
    manifest::commit(root, &next)?;
    committed.generation = next.generation;
    Ok(ImportOutcome::Committed(committed))
}

/// Identifiers of the records of every file.
fn ids_of<'a, R: Stored + 'a>(files: impl Iterator<Item = &'a [R]>) -> HashSet<&'a str> {
    files.flat_map(|records| records.iter().map(Stored::record_id)).collect()
}

/// Notes each record whose id a record of another kind bears: fingerprints and profiles are told
/// apart by their ids in status files and hit lists.
fn clash_with<'a, R: Stored>(
    taken: &HashSet<String>,
    changes: &mut Changes<'a, R>,
    file_name: &str,
    records: &'a [R],
) {
    for record in records.iter().filter(|record| taken.contains(record.record_id())) {
        changes.clash(file_name, record.record_id());
    }
}

/// Commits status events as one generation; returns its number.
///
/// # Errors
/// A record is not in the gallery, the gallery cannot be read or written, or other processes kept
/// committing first.
pub fn record_status(root: &Path, events: &[StatusEvent]) -> Result<u64> {
    if let Some(event) = events.iter().find(|event| event.reason.trim().is_empty()) {
        return Err(Error::usage(
            format!("the status of {} changes without a reason", event.record_id),
            "say why, such as --reason 'breach review 12/2026'; the reason is kept for ever",
        ));
    }
    retried(|| try_record_status(root, events))
}

fn try_record_status(root: &Path, events: &[StatusEvent]) -> Result<u64> {
    let (mut next, _) = next_generation(root)?;
    let mut unknown: HashSet<&str> = events.iter().map(|e| e.record_id.as_str()).collect();
    let dna = next.segments.iter().map(|s| &s.records);
    let known =
        ids::held(root, dna.chain(next.finger_segments.iter().map(|s| &s.records)), &unknown)?;
    unknown.retain(|id| !known.contains(*id));
    if let Some(id) = unknown.iter().min() {
        return Err(Error::usage(
            format!("the gallery holds no record {id}"),
            "`tanba gallery info` shows what the gallery holds",
        ));
    }
    next.statuses.push(write_events(root, events, next.generation)?);
    manifest::commit(root, &next)?;
    Ok(next.generation)
}

/// The manifest to be filled and committed next, and the number of the present generation.
pub(super) fn next_generation(root: &Path) -> Result<(Manifest, u64)> {
    let (mut next, parent) = match manifest::latest(root)? {
        Some((manifest, hash)) => (manifest, Some(hash)),
        None => (Manifest::empty(), None),
    };
    next.check_keys(root)?;
    next.encrypted |= keys::present().is_some();
    let present = next.generation;
    next.generation += 1;
    next.parent = parent;
    next.committed_at = jiff::Timestamp::now().to_string();
    Ok((next, present))
}

pub(super) fn write_events(
    root: &Path,
    events: &[StatusEvent],
    generation: u64,
) -> Result<file::FileEntry> {
    let invalid = |e: String| Error::usage(e, "check the identifiers and the reason");
    let batch = encode_status_events(events).map_err(|e| invalid(e.to_string()))?;
    let bytes =
        file::encode_parquet(status_schema(), &[batch], &[]).map_err(|e| invalid(e.to_string()))?;
    let id = content_id("status", [&generation.to_le_bytes()[..], &bytes]);
    file::write_new(root, &format!("status/{id}.parquet"), &bytes)
}

pub(super) fn write_families(
    root: &Path,
    members: &[FamilyMember],
    generation: u64,
) -> Result<file::FileEntry> {
    let invalid = |e: String| Error::usage(e, "check the family file");
    let batch = encode_family_members(members).map_err(|e| invalid(e.to_string()))?;
    let bytes =
        file::encode_parquet(family_schema(), &[batch], &[]).map_err(|e| invalid(e.to_string()))?;
    let id = content_id("family", [&generation.to_le_bytes()[..], &bytes]);
    file::write_new(root, &format!("families/{id}.parquet"), &bytes)
}

pub(super) fn write_pedigrees(
    root: &Path,
    persons: &[&PedigreePerson],
    generation: u64,
) -> Result<file::FileEntry> {
    let invalid = |e: String| Error::usage(e, "check the table of pedigrees");
    let batch = encode_pedigree_persons(persons).map_err(|e| invalid(e.to_string()))?;
    let bytes = file::encode_parquet(pedigree_schema(), &[batch], &[])
        .map_err(|e| invalid(e.to_string()))?;
    let id = content_id("pedigree", [&generation.to_le_bytes()[..], &bytes]);
    file::write_new(root, &format!("families/{id}.parquet"), &bytes)
}
