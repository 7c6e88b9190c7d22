//! Committing changes: imports and status events. Each is one new generation or nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use super::manifest::{self, ImportEntry, Manifest};
use super::{file, segment};
use crate::column::family::{encode_family_members, family_schema};
use crate::column::status::{StatusEvent, encode_status_events, status_schema};
use crate::domain::category::Index;
use crate::domain::family::FamilyMember;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::limits::MAX_ROWS_PER_SEGMENT;

/// Attempts at committing before a conflict is reported.
const COMMIT_ATTEMPTS: usize = 5;

/// What one input file brings.
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
    /// Records rejected while reading.
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
    /// Family members added.
    pub family_members: u64,
    /// Files whose content had been imported before.
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
    std::fs::create_dir_all(root).map_err(Error::io(root))?;
    let mut last = None;
    for _ in 0..COMMIT_ATTEMPTS {
        match try_import(root, index, owner, intakes) {
            Err(conflict @ Error::Conflict { .. }) => last = Some(conflict),
            done => return done,
        }
    }
    Err(last.unwrap_or(Error::Conflict { what: root.display().to_string() }))
}

fn try_import(root: &Path, index: Index, owner: &str, intakes: &[Intake]) -> Result<ImportOutcome> {
    let (mut next, parent) = next_generation(root)?;
    let is_known = |intake: &Intake| {
        next.imports.iter().any(|i| {
            i.blake3 == intake.file_hash && i.index == index && i.owner == owner && i.rejected == 0
        })
    };
    let known_files: Vec<String> =
        intakes.iter().filter(|i| is_known(i)).map(|i| i.file_name.clone()).collect();
    let fresh: Vec<&Intake> = intakes.iter().filter(|i| !is_known(i)).collect();
    let mut committed = Committed {
        generation: parent,
        added: 0,
        already_present: 0,
        family_members: 0,
        known_files,
    };
    let incoming: HashSet<&str> =
        fresh.iter().flat_map(|i| i.records.iter().map(|r| r.record_id.as_str())).collect();
    let existing = segment::find_records(root, &next.segments, &incoming)?;
    let sorted = match sort_out(&existing, &fresh) {
        Ok(sorted) => sorted,
        Err(clashes) => return Ok(ImportOutcome::Clashes(clashes)),
    };
    committed.added = sorted.records.len() as u64;
    committed.already_present = sorted.already_present;
    let members: Vec<FamilyMember> =
        fresh.iter().flat_map(|i| i.family_members.iter().cloned()).collect();
    committed.family_members = members.len() as u64;
    if sorted.records.is_empty() && members.is_empty() {
        return Ok(ImportOutcome::Committed(committed));
    }
    for chunk in sorted.records.chunks(MAX_ROWS_PER_SEGMENT) {
        next.segments.push(segment::write(root, index, chunk, next.generation)?);
    }
    if !members.is_empty() {
        next.families.push(write_families(root, &members, next.generation)?);
    }
    for intake in fresh {
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

/// Commits status events as one generation; returns its number.
///
/// # Errors
/// A record is not in the gallery, or the gallery cannot be read or written.
pub fn record_status(root: &Path, events: &[StatusEvent]) -> Result<u64> {
    let (mut next, _) = next_generation(root)?;
    let mut unknown: BTreeSet<&str> = events.iter().map(|e| e.record_id.as_str()).collect();
    for entry in &next.segments {
        let ids = segment::record_ids(root, entry)?;
        unknown.retain(|id| !ids.contains(*id));
    }
    if let Some(id) = unknown.first() {
        return Err(Error::usage(
            format!("the gallery holds no record {id}"),
            "`tanba gallery info` shows what the gallery holds",
        ));
    }
    let invalid = |e: String| Error::usage(e, "check the identifiers and the reason");
    let batch = encode_status_events(events).map_err(|e| invalid(e.to_string()))?;
    let bytes =
        file::encode_parquet(status_schema(), &[batch], &[]).map_err(|e| invalid(e.to_string()))?;
    let id = content_id("status", [&next.generation.to_le_bytes()[..], &bytes]);
    next.statuses.push(file::write_new(root, &format!("status/{id}.parquet"), &bytes)?);
    manifest::commit(root, &next)?;
    Ok(next.generation)
}

/// The manifest to be filled and committed next, and the number of the present generation.
fn next_generation(root: &Path) -> Result<(Manifest, u64)> {
    let (mut next, parent) = match manifest::latest(root)? {
        Some((manifest, hash)) => (manifest, Some(hash)),
        None => (Manifest::empty(), None),
    };
    let present = next.generation;
    next.generation += 1;
    next.parent = parent;
    next.committed_at = jiff::Timestamp::now().to_string();
    Ok((next, present))
}

struct Sorted {
    records: Vec<DnaRecord>,
    already_present: u64,
}

/// Separates what is new from what is already there; an id with two contents is a clash.
fn sort_out(
    existing: &HashMap<String, DnaRecord>,
    intakes: &[&Intake],
) -> std::result::Result<Sorted, Vec<Clash>> {
    let mut sorted = Sorted { records: Vec::new(), already_present: 0 };
    let mut seen: HashMap<&str, &DnaRecord> =
        existing.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let mut clashes = Vec::new();
    for intake in intakes {
        for record in &intake.records {
            match seen.get(record.record_id.as_str()) {
                Some(present) if is_same(present, record) => sorted.already_present += 1,
                Some(_) => clashes.push(Clash {
                    file_name: intake.file_name.clone(),
                    record_id: record.record_id.clone(),
                }),
                None => {
                    seen.insert(&record.record_id, record);
                    sorted.records.push(record.clone());
                }
            }
        }
    }
    if clashes.is_empty() { Ok(sorted) } else { Err(clashes) }
}

/// Whether two records say the same. The day of registration may differ: a file without dates gets
/// the day of the import.
fn is_same(a: &DnaRecord, b: &DnaRecord) -> bool {
    a.index == b.index
        && a.owner == b.owner
        && a.person_id == b.person_id
        && a.case_id == b.case_id
        && a.profile == b.profile
        && a.apart == b.apart
}

fn write_families(
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
