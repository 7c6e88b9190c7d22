//! The gallery: immutable segments, numbered generations, one manifest per generation.
//!
//! ```text
//! GALLERY/manifest/g0000000001.json      complete list of files at generation 1; created, never changed
//!         segments/<id>/records.parquet  portable truth, one index or register per segment
//!         segments/<id>/planes.arrow     kernel-ready bit planes of profiles, memory-mapped
//!         segments/<id>/prints.arrow     kernel-ready prints of fingers and palms, memory-mapped
//!         families/<id>.parquet          family members as imported
//!         status/<id>.parquet            append-only events (blocked, unblocked, retention)
//!         quarantine/<category>-<id>.parquet  rejected records with reasons; in no manifest
//! ```
//!
//! A commit writes new files first and then creates the next manifest with create-if-absent: a crash
//! leaves files nobody refers to, never half a generation, and of two concurrent commits one is
//! redone. Every file a manifest names carries its BLAKE3 hash and is checked before use.
//!
//! Limits: record ids are checked for uniqueness against the whole gallery in memory; segments of one
//! import are at most [`crate::limits::MAX_ROWS_PER_SEGMENT`] rows, or
//! [`crate::limits::MAX_PRINTS_PER_SEGMENT`] prints.

pub mod absence;
pub mod bucket;
mod change;
mod ids;
mod ipc;
mod prints;
mod seal;

pub mod commit;
pub mod enrol;
pub mod feed;
pub mod file;
pub mod finger_segment;
pub mod keys;
pub mod manifest;
pub mod map;
pub mod memory;
pub mod objects;
pub mod purge;
pub mod remote;
pub mod segment;
pub mod set_aside;
pub mod status;
pub mod store;
pub mod words;

#[cfg(test)]
mod finger_tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, FamilyPedigrees};
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use finger_segment::FingerSegment;
use manifest::{FingerSegmentEntry, Manifest, SegmentEntry};
use segment::Segment;
use status::StatusTable;

/// An opened gallery at its latest generation.
#[derive(Debug)]
pub struct Gallery {
    root: PathBuf,
    manifest: Manifest,
    manifest_hash: String,
}

impl Gallery {
    /// Opens the latest generation.
    ///
    /// # Errors
    /// The directory holds no gallery, its manifest cannot be read or understood, or it is encrypted and the process
    /// has no keys.
    pub fn open(root: &Path) -> Result<Gallery> {
        match manifest::latest(root)? {
            Some((manifest, manifest_hash)) => {
                manifest.check_keys(root)?;
                let gallery = Gallery { root: root.to_owned(), manifest, manifest_hash };
                gallery.forget_destroyed()?;
                Ok(gallery)
            }
            None => {
                let root = remote::shown(root);
                Err(Error::usage(
                    format!("{root} holds no gallery"),
                    format!("make one with `tanba import --gallery {root} --index convict FILE`"),
                ))
            }
        }
    }

    /// Opens a generation of the past; its files are never changed.
    ///
    /// # Errors
    /// The gallery has no such generation; or as [`Self::open`].
    pub fn open_at(root: &Path, generation: u64) -> Result<Gallery> {
        match manifest::at(root, generation)? {
            Some((manifest, manifest_hash)) => {
                manifest.check_keys(root)?;
                Ok(Gallery { root: root.to_owned(), manifest, manifest_hash })
            }
            None => Err(Error::usage(
                format!("{} has no generation {generation}", remote::shown(root)),
                "give the gallery the run was begun with",
            )),
        }
    }

    /// Of a gallery in a bucket, where an act has destroyed records: removes from the cache what no manifest names.
    fn forget_destroyed(&self) -> Result<()> {
        match remote::of(&self.root) {
            Some((mirror, _)) if !self.manifest.destructions.is_empty() => {
                mirror.prune(&self.files_of_all_generations()?)
            }
            _ => Ok(()),
        }
    }

    /// Whether a folder, or the bucket it stands for, holds a gallery or what is left of one.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn is_at(root: &Path) -> Result<bool> {
        match remote::of(root) {
            Some(_) => Ok(!manifest::paths(root)?.is_empty()),
            None => Ok(root.join(manifest::MANIFEST_DIRECTORY).is_dir()),
        }
    }

    /// Directory of the gallery.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The manifest of the generation opened.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// BLAKE3 of the manifest, hexadecimal: the identity of everything in the gallery.
    pub fn manifest_hash(&self) -> &str {
        &self.manifest_hash
    }

    /// Whether `generation` of this gallery has, or had before it was purged, a manifest of BLAKE3 `hash`.
    ///
    /// # Errors
    /// The manifest of that generation cannot be read.
    pub fn had(&self, generation: u64, hash: &str) -> Result<bool> {
        if let Some(purged) = self.manifest.purged().get(&generation) {
            return Ok(*purged == hash);
        }
        let path = manifest::paths(&self.root)?.remove(&generation);
        let found = path.map(|path| manifest::read(&path, generation)).transpose()?;
        Ok(found.is_some_and(|(_, blake3)| blake3 == hash))
    }

    /// Paths below the gallery of every file that a manifest of any generation names, and of the manifests.
    ///
    /// # Errors
    /// A manifest cannot be read.
    pub fn files_of_all_generations(&self) -> Result<BTreeSet<PathBuf>> {
        let mut named = BTreeSet::new();
        for (generation, path) in manifest::paths(&self.root)? {
            let (manifest, _) = manifest::read(&path, generation)?;
            named.extend(manifest.files().map(|file| PathBuf::from(&file.path)));
            named.extend(path.strip_prefix(&self.root).map(Path::to_owned));
        }
        Ok(named)
    }

    /// Segments of `index`, in commit order.
    pub fn segments(&self, index: Index) -> Vec<&SegmentEntry> {
        self.manifest.segments.iter().filter(|s| s.index == index).collect()
    }

    /// Opens one segment after checking its files against the manifest.
    ///
    /// # Errors
    /// A file is missing, changed or cannot be understood.
    pub fn open_segment(&self, entry: &SegmentEntry) -> Result<Segment> {
        Segment::open(&self.root, entry)
    }

    /// Segments of `register`, in commit order. They may be of several owners.
    pub fn finger_segments(&self, register: Register) -> Vec<&FingerSegmentEntry> {
        self.manifest.finger_segments.iter().filter(|s| s.register == register).collect()
    }

    /// Opens one segment of fingerprints after checking its files against the manifest.
    ///
    /// # Errors
    /// A file is missing, changed or cannot be understood, or its descriptors are not of this
    /// program's version and projection.
    pub fn open_finger_segment(&self, entry: &FingerSegmentEntry) -> Result<FingerSegment> {
        FingerSegment::open(&self.root, entry)
    }

    /// The status of every record that has one.
    ///
    /// # Errors
    /// A status file is missing, changed or cannot be understood.
    pub fn statuses(&self) -> Result<StatusTable> {
        status::read(&self.root, &self.manifest)
    }

    /// Every status event, oldest first.
    ///
    /// # Errors
    /// As [`Self::statuses`].
    pub fn status_events(&self) -> Result<Vec<crate::column::status::StatusEvent>> {
        status::events(&self.root, &self.manifest)
    }

    /// Generation that brought the record, if the gallery holds it.
    ///
    /// # Errors
    /// A segment is missing, changed or cannot be understood.
    pub fn generation_of(&self, record_id: &str) -> Result<Option<u64>> {
        let (root, wanted) = (&self.root, [record_id].into());
        let dna = ids::holding(root, &self.manifest.segments, |s| &s.records, &wanted)?;
        let fingers = ids::holding(root, &self.manifest.finger_segments, |s| &s.records, &wanted)?;
        let fingers = fingers.first().map(|segment| segment.generation);
        Ok(dna.first().map(|segment| segment.generation).or(fingers))
    }

    /// The numbers of persons and cases that `records` bear and no other record does, nor a family that looks for that
    /// person.
    ///
    /// # Errors
    /// A segment or a family file is missing, changed or cannot be understood.
    pub fn numbers_of_these_alone(&self, records: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let dna = self.manifest.segments.iter().map(|s| &s.records);
        let fingers = self.manifest.finger_segments.iter().map(|s| &s.records);
        let mut numbers = ids::numbers_of_these_alone(&self.root, dna.chain(fingers), records)?;
        for member in self.family_members()? {
            numbers.remove(&member.missing_person_id);
            if !records.contains(&member.relative_record_id) {
                numbers.remove(&member.relative_record_id);
            }
        }
        Ok(numbers)
    }

    /// Identifiers of the records of any kind that bear the personal identifier `person`.
    ///
    /// # Errors
    /// A segment is missing, changed or cannot be understood.
    pub fn records_of_person(&self, person: &str) -> Result<Vec<String>> {
        let dna = self.manifest.segments.iter().map(|s| &s.records);
        let fingers = self.manifest.finger_segments.iter().map(|s| &s.records);
        let found = ids::of_persons(&self.root, dna.chain(fingers), &[person].into())?;
        Ok(found.into_iter().map(|(id, _)| id).collect())
    }

    /// Those of `words` that are identifiers of records of the gallery, and those that are of their persons; for
    /// texts that must not show them. Files that cannot be read are passed over.
    pub fn identifiers_among(&self, words: &HashSet<&str>) -> (HashSet<String>, HashSet<String>) {
        let dna = self.manifest.segments.iter().map(|s| &s.records);
        let fingers = self.manifest.finger_segments.iter().map(|s| &s.records);
        ids::among(&self.root, dna.chain(fingers), words)
    }

    /// The records of any index that bear one of `ids`, by id, as they were committed; what happened
    /// to them since is in [`Self::statuses`]. Whole records are read only from segments that hold
    /// such an id.
    ///
    /// # Errors
    /// A segment is missing, changed or cannot be understood.
    pub fn find_records(&self, ids: &HashSet<&str>) -> Result<HashMap<String, DnaRecord>> {
        segment::find_records(&self.root, &self.manifest.segments, ids)
    }

    /// The fingerprint records of any register that bear one of `ids`; as [`Self::find_records`].
    ///
    /// # Errors
    /// A segment is missing, changed or cannot be understood.
    pub fn find_finger_records(
        &self,
        ids: &HashSet<&str>,
    ) -> Result<HashMap<String, FingerRecord>> {
        finger_segment::find_records(&self.root, &self.manifest.finger_segments, ids)
    }

    /// Every family member imported, in import order; a later line about the same relative of the
    /// same family replaces the earlier one.
    ///
    /// # Errors
    /// A family file is missing, changed or cannot be understood.
    pub fn family_members(&self) -> Result<Vec<FamilyMember>> {
        Ok(latest_members(&self.root, &self.manifest)?.into_values().collect())
    }

    /// The pedigrees of the families that were given one; a later pedigree of a family replaces the earlier.
    ///
    /// # Errors
    /// A file of pedigrees is missing, changed or cannot be understood.
    pub fn family_pedigrees(&self) -> Result<FamilyPedigrees> {
        latest_pedigrees(&self.root, &self.manifest)
    }

    /// Checks every file of the generation and the chain of manifests up to it; returns each broken
    /// one with its reason.
    pub fn verify(&self) -> Vec<(PathBuf, Error)> {
        let mut broken = manifest::broken_links(&self.root)
            .unwrap_or_else(|error| vec![(self.root.clone(), error)]);
        for entry in self.manifest.files() {
            if let Err(error) = file::verified(&self.root, entry) {
                broken.push((self.root.join(&entry.path), error));
            }
        }
        if broken.is_empty() {
            for entry in &self.manifest.segments {
                if let Err(error) = self.open_segment(entry).and_then(|s| s.check_content()) {
                    broken.push((self.root.join(&entry.records.path), error));
                }
            }
            for entry in &self.manifest.finger_segments {
                let opened = self.open_finger_segment(entry);
                if let Err(error) = opened.and_then(|s| s.check_content(&self.root)) {
                    broken.push((self.root.join(&entry.records.path), error));
                }
            }
        }
        broken
    }
}

/// Family and relative's record: what a line of a family is about.
type MemberKey = (String, String);

fn member_key(member: &FamilyMember) -> MemberKey {
    (member.family_id.clone(), member.relative_record_id.clone())
}

/// The latest line about each relative of each family.
fn latest_members(root: &Path, manifest: &Manifest) -> Result<BTreeMap<MemberKey, FamilyMember>> {
    let mut latest = BTreeMap::new();
    for entry in &manifest.families {
        let path = file::verified(root, entry)?;
        for batch in file::read_parquet(&path, None)? {
            let members = crate::column::family::decode_family_members(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), file::RESTORE_HELP))?;
            latest.extend(members.into_iter().map(|member| (member_key(&member), member)));
        }
    }
    Ok(latest)
}

/// The latest pedigree of each family that has one.
fn latest_pedigrees(root: &Path, manifest: &Manifest) -> Result<FamilyPedigrees> {
    let mut latest = FamilyPedigrees::new();
    for entry in &manifest.pedigrees {
        let path = file::verified(root, entry)?;
        let mut of_file = FamilyPedigrees::new();
        for batch in file::read_parquet(&path, None)? {
            let persons = crate::column::family::decode_pedigree_persons(&batch)
                .map_err(|e| Error::integrity(&path, e.to_string(), file::RESTORE_HELP))?;
            for person in persons {
                of_file.entry(person.family_id.clone()).or_default().push(person);
            }
        }
        latest.extend(of_file);
    }
    Ok(latest)
}

/// Why a record takes part in no search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// Its retention has ended.
    Expired,
    /// It is blocked (L40 1(7)).
    Blocked,
}

/// Whether a record takes part in searches on `day`. `retain_until` is the day the record was
/// committed with; a later retention event replaces it.
pub fn absence(
    record_id: &str,
    retain_until: Option<Date>,
    statuses: &StatusTable,
    day: Date,
) -> Option<Absence> {
    let retain_until = statuses.retention(record_id).unwrap_or(retain_until);
    if statuses.is_blocked(record_id) {
        Some(Absence::Blocked)
    } else if !crate::law::retention::is_alive(retain_until, day) {
        Some(Absence::Expired)
    } else {
        None
    }
}
