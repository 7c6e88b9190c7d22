//! Records taken out of a gallery for ever, by an act (L40 17, 23(4)).
//!
//! First a generation without the records is committed, like any other: segments, families and statuses that named
//! them are written again without them. Its manifest says which earlier generations held them. Then the manifests and
//! files of those are removed. A crash in between leaves either the state before or a generation whose manifest says
//! what is still to be removed; [`finish`] does that and may be repeated.
//!
//! Limit: removing a file does not overwrite the medium. Where that matters, the file system must be encrypted.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::commit::{next_generation, retried, write_events, write_families, write_pedigrees};
use super::file::{self, FileEntry, RESTORE_HELP};
use super::manifest::{self, Destruction, Manifest, PurgedGeneration};
use super::words::Words;
use super::{finger_segment, ids, segment, status};
use crate::column::family::{decode_family_members, decode_pedigree_persons};
use crate::column::status::decode_status_events;
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};

/// The articles behind every destruction.
pub const RULE: &str = "destroyed by an act (L40 17, 23(4))";

/// The refusal of a destruction because the record is blocked.
pub fn blocked_refusal(record_id: &str) -> Error {
    Error::Refused {
        what: format!("the destruction of record {record_id}"),
        rule: "the record is blocked, which suspends destruction too (L40 1(7), 9(2))".into(),
        article: "L40 1(7), 9(2)",
        help: "unblock it first, or take it out of the act; nothing was destroyed".into(),
    }
}

/// The keyed BLAKE3 of a record identifier, hexadecimal.
pub fn keyed_hash(key: &[u8; 32], record_id: &str) -> String {
    blake3::keyed_hash(key, record_id.as_bytes()).to_hex().to_string()
}

/// What is to go: records, and the numbers of persons and cases that only they bear.
#[derive(Debug)]
pub struct Condemned {
    /// Identifiers of the records.
    pub records: BTreeSet<String>,
    /// These, and the numbers: what no text may show any more.
    pub words: Words,
}

impl Condemned {
    fn wanted(&self) -> HashSet<&str> {
        self.records.iter().map(String::as_str).collect()
    }

    /// Whether a text names one of them.
    pub fn are_in(&self, text: &str) -> bool {
        self.words.are_in(text)
    }
}

/// Commits a generation without the records `condemned`, all of which the gallery holds; returns its number. `key`
/// hashes their identifiers in the manifest.
///
/// # Errors
/// A record is blocked ([`Error::Refused`]); the gallery cannot be read or written, or other processes kept committing
/// first.
pub fn commit(root: &Path, condemned: &Condemned, key: &[u8; 32]) -> Result<u64> {
    retried(|| try_commit(root, condemned, key))
}

fn try_commit(root: &Path, condemned: &Condemned, key: &[u8; 32]) -> Result<u64> {
    let (mut next, _) = next_generation(root)?;
    // Asked of the generation that is replaced: a record may have been blocked since the act was checked.
    let statuses = status::read(root, &next)?;
    if let Some(blocked) = condemned.records.iter().find(|id| statuses.is_blocked(id)) {
        return Err(blocked_refusal(blocked));
    }
    let before: HashSet<String> = next.files().map(|file| file.path.clone()).collect();
    rewrite_segments(root, &mut next, condemned)?;
    rewrite_finger_segments(root, &mut next, condemned)?;
    rewrite_families(root, &mut next, condemned, key)?;
    rewrite_statuses(root, &mut next, condemned)?;
    for name in next.imports.iter_mut().map(|i| &mut i.file_name) {
        *name = condemned.words.taken_out_of(name);
    }
    for name in next.finger_imports.iter_mut().map(|i| &mut i.file_name) {
        *name = condemned.words.taken_out_of(name);
    }
    let after: HashSet<String> = next.files().map(|file| file.path.clone()).collect();
    let gone: HashSet<&String> = before.difference(&after).collect();
    let mut purged = Vec::new();
    for (generation, path) in manifest::paths(root)? {
        let (manifest, blake3) = manifest::read(&path, generation)?;
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        let holds = manifest.files().any(|file| gone.contains(&file.path));
        if holds || condemned.are_in(&text) {
            purged.push(PurgedGeneration { generation, blake3 });
        }
    }
    let mut records: Vec<String> = condemned.records.iter().map(|id| keyed_hash(key, id)).collect();
    records.sort_unstable();
    next.destructions.push(Destruction {
        generation: next.generation,
        at: next.committed_at.clone(),
        rule: RULE.to_owned(),
        records,
        purged,
    });
    manifest::commit(root, &next)?;
    Ok(next.generation)
}

fn rewrite_segments(root: &Path, next: &mut Manifest, condemned: &Condemned) -> Result<()> {
    next.segments = without(
        &condemned.records,
        ids::holding(root, &next.segments, |s| &s.records, &condemned.wanted())?,
        &next.segments,
        |entry| segment::read_records(root, entry),
        |record: &DnaRecord| &record.record_id,
        |entry, kept| segment::write(root, entry.index, kept, entry.generation),
    )?;
    Ok(())
}

fn rewrite_finger_segments(root: &Path, next: &mut Manifest, condemned: &Condemned) -> Result<()> {
    next.finger_segments = without(
        &condemned.records,
        ids::holding(root, &next.finger_segments, |s| &s.records, &condemned.wanted())?,
        &next.finger_segments,
        |entry| finger_segment::read_records(root, entry),
        |record: &FingerRecord| &record.record_id,
        |entry, kept| {
            finger_segment::write(root, entry.register, &entry.owner, kept, entry.generation)
        },
    )?;
    Ok(())
}

/// The segments of one kind with those of them that hold condemned records written again without these. The records
/// that stay came with the generation of the old segment, whatever the file is.
fn without<S: Clone + PartialEq, R>(
    condemned: &BTreeSet<String>,
    holding: Vec<&S>,
    all: &[S],
    read: impl Fn(&S) -> Result<Vec<R>>,
    id: impl Fn(&R) -> &String,
    write: impl Fn(&S, &[&R]) -> Result<S>,
) -> Result<Vec<S>> {
    let mut segments = Vec::with_capacity(all.len());
    for entry in all {
        if !holding.contains(&entry) {
            segments.push(entry.clone());
            continue;
        }
        let records = read(entry)?;
        let kept: Vec<&R> = records.iter().filter(|r| !condemned.contains(id(r))).collect();
        if !kept.is_empty() {
            segments.push(write(entry, &kept)?);
        }
    }
    Ok(segments)
}

/// Every batch of a committed file as `decode` understands it.
fn decoded<T, E: std::fmt::Display>(
    root: &Path,
    entry: &FileEntry,
    decode: impl Fn(&arrow::array::RecordBatch) -> std::result::Result<Vec<T>, E>,
) -> Result<Vec<T>> {
    let path = file::verified(root, entry)?;
    let mut all = Vec::new();
    for batch in file::read_parquet(&path, None)? {
        let rows =
            decode(&batch).map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))?;
        all.extend(rows);
    }
    Ok(all)
}

/// Families without the lines about the records. In a pedigree the person stays, untyped, under a code: its parents
/// and children are related through it.
fn rewrite_families(
    root: &Path,
    next: &mut Manifest,
    condemned: &Condemned,
    key: &[u8; 32],
) -> Result<()> {
    let mut families = Vec::with_capacity(next.families.len());
    for entry in std::mem::take(&mut next.families) {
        let mut members = decoded(root, &entry, decode_family_members)?;
        let size = members.len();
        members.retain(|member| !condemned.records.contains(&member.relative_record_id));
        if members.len() == size {
            families.push(entry);
        } else if !members.is_empty() {
            families.push(write_families(root, &members, next.generation)?);
        }
    }
    next.families = families;
    let mut pedigrees = Vec::with_capacity(next.pedigrees.len());
    for entry in std::mem::take(&mut next.pedigrees) {
        let mut persons = decoded(root, &entry, decode_pedigree_persons)?;
        let mut is_changed = false;
        for person in &mut persons {
            let parents = [&mut person.father, &mut person.mother].into_iter().flatten();
            for name in parents.chain([&mut person.person]) {
                if condemned.records.contains(name) {
                    let code: String = keyed_hash(key, name).chars().take(16).collect();
                    *name = format!("untyped-{code}");
                    is_changed = true;
                }
            }
        }
        if is_changed {
            let persons: Vec<_> = persons.iter().collect();
            pedigrees.push(write_pedigrees(root, &persons, next.generation)?);
        } else {
            pedigrees.push(entry);
        }
    }
    next.pedigrees = pedigrees;
    Ok(())
}

fn rewrite_statuses(root: &Path, next: &mut Manifest, condemned: &Condemned) -> Result<()> {
    let mut statuses = Vec::with_capacity(next.statuses.len());
    for entry in std::mem::take(&mut next.statuses) {
        let before = decoded(root, &entry, decode_status_events)?;
        let mut events = before.clone();
        events.retain(|event| !condemned.records.contains(&event.record_id));
        for event in &mut events {
            event.reason = condemned.words.taken_out_of(&event.reason);
            if let Some(news) = &mut event.news {
                news.source = condemned.words.taken_out_of(&news.source);
            }
        }
        if events == before {
            statuses.push(entry);
        } else if !events.is_empty() {
            statuses.push(write_events(root, &events, next.generation)?);
        }
    }
    next.statuses = statuses;
    Ok(())
}

/// Removes the manifests and files of purged generations that are still there; returns what was removed. May be
/// repeated.
///
/// # Errors
/// The gallery cannot be read, or the operating system refuses.
pub fn finish(root: &Path) -> Result<Vec<PathBuf>> {
    let Some((newest, _)) = manifest::latest(root)? else { return Ok(Vec::new()) };
    let purged = newest.purged();
    let (mut kept, mut doomed, mut manifests) = (HashSet::new(), BTreeSet::new(), Vec::new());
    for (generation, path) in manifest::paths(root)? {
        let (manifest, _) = manifest::read(&path, generation)?;
        let files = manifest.files().map(|file| file.path.clone());
        if purged.contains_key(&generation) {
            doomed.extend(files);
            manifests.push(path);
        } else {
            kept.extend(files);
        }
    }
    let doomed = doomed.into_iter().filter(|path| !kept.contains(path)).map(|path| root.join(path));
    // Manifests last: while one is there, it says what is to be removed.
    let mut removed = Vec::new();
    for path in doomed.chain(manifests) {
        if remove(&path)? {
            removed.push(path);
        }
    }
    Ok(removed)
}

/// Removes a file, and its folder if that is empty then; whether it was there.
///
/// # Errors
/// The operating system refuses.
pub fn remove(path: &Path) -> Result<bool> {
    let was_there = remove_file(path)?;
    if let Some(folder) = path.parent().filter(|_| was_there) {
        // Not empty is no fault: other files of the folder stay.
        let _ = fs::remove_dir(folder);
    }
    Ok(was_there)
}

/// Removes a file; whether it was there.
///
/// # Errors
/// The operating system refuses.
pub fn remove_file(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io(path)(error)),
    }
    path.parent().map(file::sync_directory).transpose()?;
    Ok(true)
}
