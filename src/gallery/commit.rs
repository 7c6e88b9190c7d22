//! Committing changes: imports and status events. Each is one new generation or nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use super::manifest::{self, ImportEntry, Manifest};
use super::status::{self, StatusTable};
use super::{MemberKey, file, segment};
use crate::column::family::{encode_family_members, family_schema};
use crate::column::status::{StatusChange, StatusEvent, encode_status_events, status_schema};
use crate::domain::category::Index;
use crate::domain::family::FamilyMember;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::law::retention::{Retention, supersedes};
use crate::limits::MAX_ROWS_PER_SEGMENT;

/// Attempts at committing before a conflict is reported. Of several commands that commit at once one
/// succeeds per round, so this is also the number that may.
const COMMIT_ATTEMPTS: u32 = 64;

/// Longest pause between two attempts.
const MAX_PAUSE_MS: u64 = 100;

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
    /// Lines of families that are new or say something else than the latest about that relative.
    pub family_members: u64,
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
fn retried<T>(attempt: impl Fn() -> Result<T>) -> Result<T> {
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
    let known = |intake: &Intake| {
        next.imports
            .iter()
            .any(|i| i.blake3 == intake.file_hash && i.index == index && i.owner == owner)
    };
    let intakes: Vec<(&Intake, bool)> = intakes.iter().map(|i| (i, known(i))).collect();
    let incoming: HashSet<&str> =
        intakes.iter().flat_map(|(i, _)| i.records.iter().map(|r| r.record_id.as_str())).collect();
    let existing = segment::find_records(root, &next.segments, &incoming)?;
    let statuses = status::read(root, &next)?;
    let members = super::latest_members(root, &next)?;
    let mut changes = Changes::new(&existing, &statuses, members, &next.committed_at);
    let mut of_note: Vec<&Intake> = Vec::new();
    for (intake, is_known) in &intakes {
        if changes.take_in(intake, *is_known) || !is_known {
            of_note.push(intake);
        }
    }
    if !changes.clashes.is_empty() {
        return Ok(ImportOutcome::Clashes(changes.clashes));
    }
    let mut committed = changes.committed(present);
    if changes.is_empty() {
        return Ok(ImportOutcome::Committed(committed));
    }
    for chunk in changes.records.chunks(MAX_ROWS_PER_SEGMENT) {
        next.segments.push(segment::write(root, index, chunk, next.generation)?);
    }
    if !changes.members.is_empty() {
        next.families.push(write_families(root, &changes.members, next.generation)?);
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

/// Commits status events as one generation; returns its number.
///
/// # Errors
/// A record is not in the gallery, the gallery cannot be read or written, or other processes kept
/// committing first.
pub fn record_status(root: &Path, events: &[StatusEvent]) -> Result<u64> {
    retried(|| try_record_status(root, events))
}

fn try_record_status(root: &Path, events: &[StatusEvent]) -> Result<u64> {
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
    next.statuses.push(write_events(root, events, next.generation)?);
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

/// What the files of one import change in the present state.
struct Changes<'a> {
    /// Records already there or brought by an earlier file, by id.
    seen: HashMap<&'a str, &'a DnaRecord>,
    statuses: &'a StatusTable,
    latest_members: BTreeMap<MemberKey, FamilyMember>,
    /// Retentions this import has moved.
    moved: HashMap<&'a str, Retention<'a>>,
    at: &'a str,
    records: Vec<DnaRecord>,
    members: Vec<FamilyMember>,
    retentions: Vec<StatusEvent>,
    retention_kept: Vec<String>,
    already_present: u64,
    clashes: Vec<Clash>,
    known_files: Vec<String>,
}

impl<'a> Changes<'a> {
    fn new(
        existing: &'a HashMap<String, DnaRecord>,
        statuses: &'a StatusTable,
        latest_members: BTreeMap<MemberKey, FamilyMember>,
        at: &'a str,
    ) -> Changes<'a> {
        Changes {
            seen: existing.iter().map(|(id, record)| (id.as_str(), record)).collect(),
            statuses,
            latest_members,
            moved: HashMap::new(),
            at,
            records: Vec::new(),
            members: Vec::new(),
            retentions: Vec::new(),
            retention_kept: Vec::new(),
            already_present: 0,
            clashes: Vec::new(),
            known_files: Vec::new(),
        }
    }

    /// Whether nothing is to be committed.
    fn is_empty(&self) -> bool {
        self.size() == 0
    }

    fn size(&self) -> usize {
        self.records.len() + self.members.len() + self.retentions.len()
    }

    fn committed(&self, generation: u64) -> Committed {
        Committed {
            generation,
            added: self.records.len() as u64,
            already_present: self.already_present,
            family_members: self.members.len() as u64,
            retention_updates: self.retentions.len() as u64,
            retention_kept: self.retention_kept.clone(),
            known_files: self.known_files.clone(),
        }
    }

    /// Compares every record and line of a file with the present state, also of a file that was
    /// imported before (`is_known`): in between another file may have said something else. Returns
    /// whether the file changes anything.
    fn take_in(&mut self, intake: &'a Intake, is_known: bool) -> bool {
        let (size, clashes, present) = (self.size(), self.clashes.len(), self.already_present);
        for record in &intake.records {
            match self.seen.get(record.record_id.as_str()) {
                Some(present) if is_same(present, record) => {
                    let present: &'a DnaRecord = present;
                    self.already_present += 1;
                    self.compare_retention(present, record, is_known);
                }
                Some(_) => self.clashes.push(Clash {
                    file_name: intake.file_name.clone(),
                    record_id: record.record_id.clone(),
                }),
                None => {
                    self.seen.insert(&record.record_id, record);
                    self.records.push(record.clone());
                }
            }
        }
        for member in &intake.family_members {
            let key = super::member_key(member);
            if self.latest_members.get(&key) != Some(member) {
                self.latest_members.insert(key, member.clone());
                self.members.push(member.clone());
            }
        }
        if is_known && (size, clashes) == (self.size(), self.clashes.len()) {
            self.known_files.push(intake.file_name.clone());
            self.already_present = present;
        }
        size != self.size()
    }

    /// Takes over the retention that a file states of a record already there, where the law lets it.
    fn compare_retention(&mut self, present: &'a DnaRecord, record: &'a DnaRecord, is_known: bool) {
        let id = present.record_id.as_str();
        let in_force = self.moved.get(id).copied().unwrap_or_else(|| Retention {
            until: self.statuses.retention(id).unwrap_or(present.retain_until),
            rule: self.statuses.retention_rule(id).unwrap_or(&present.retain_rule),
        });
        let incoming = Retention { until: record.retain_until, rule: &record.retain_rule };
        if supersedes(present.index, incoming, in_force) {
            self.moved.insert(id, incoming);
            self.retentions.push(StatusEvent {
                record_id: id.to_owned(),
                change: StatusChange::Retention(incoming.until),
                reason: incoming.rule.to_owned(),
                at: self.at.to_owned(),
            });
        } else if incoming != in_force && !is_known {
            self.retention_kept.push(id.to_owned());
        }
    }
}

/// Whether two records have the same content. The day of registration may differ: a file without
/// dates gets the day of the import. The retention may differ and is compared by itself.
fn is_same(a: &DnaRecord, b: &DnaRecord) -> bool {
    a.index == b.index
        && a.owner == b.owner
        && a.person_id == b.person_id
        && a.case_id == b.case_id
        && a.profile == b.profile
        && a.apart == b.apart
}

fn write_events(root: &Path, events: &[StatusEvent], generation: u64) -> Result<file::FileEntry> {
    let invalid = |e: String| Error::usage(e, "check the identifiers and the reason");
    let batch = encode_status_events(events).map_err(|e| invalid(e.to_string()))?;
    let bytes =
        file::encode_parquet(status_schema(), &[batch], &[]).map_err(|e| invalid(e.to_string()))?;
    let id = content_id("status", [&generation.to_le_bytes()[..], &bytes]);
    file::write_new(root, &format!("status/{id}.parquet"), &bytes)
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
