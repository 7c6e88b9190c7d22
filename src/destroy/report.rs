//! The report of an act, beside it: what was destroyed, and the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Order;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::file::write_new;
use crate::gallery::purge;
use crate::hits::removal::Removed;

const RESTORE: &str = "restore the report from a backup";

/// The report of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActReport {
    /// `begun`, then `done`.
    pub state: String,
    /// BLAKE3 of the act.
    pub act_blake3: String,
    /// Who approved it.
    pub approved_by: String,
    /// The article.
    pub rule: String,
    /// Day of the destruction.
    pub on: String,
    /// Key of the hashes of identifiers in the manifest, hexadecimal.
    pub key: String,
    /// The records.
    pub records: Vec<DestroyedRecord>,
    /// BLAKE3 of each biometric value as it was stored; empty once the act is done.
    pub biometric_blake3: BTreeSet<String>,
    /// Numbers of persons and cases that only these records bore; empty once the act is done.
    pub numbers: BTreeSet<String>,
    /// Generation before, with the BLAKE3 of its manifest.
    pub before: (u64, String),
    /// First generation without the records and the newest now, with the BLAKE3 of its manifest.
    pub after: Option<(u64, String)>,
    /// Files removed from the gallery.
    pub files_removed: Vec<String>,
    /// Lines taken out of the quarantine.
    pub quarantine_lines: u64,
    /// Decisions of examiners taken out.
    pub decisions: u64,
    /// Files of decisions written again: BLAKE3 before, and after or none if nothing was left.
    pub decisions_replaced: BTreeMap<String, Option<String>>,
    /// What was taken out of each run.
    pub runs: BTreeMap<String, RunReport>,
    /// The proof.
    pub search: Option<SearchReport>,
}

/// A destroyed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestroyedRecord {
    /// What the audit log calls it.
    pub record: String,
    /// Its index or register.
    pub category: String,
    /// Why it was destroyed.
    pub ground: String,
    /// Its last day kept, in the archive included.
    pub kept_until: Option<Date>,
    /// The rule of that day.
    pub rule: String,
}

/// What was taken out of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunReport {
    /// Hits.
    pub hits: u64,
    /// The run had not ended and cannot go on.
    pub was_unfinished: bool,
    /// BLAKE3 of the hit list before and after, if it was written again.
    pub hit_list: Option<(String, String)>,
    /// Files removed.
    pub files_removed: Vec<String>,
    /// Files that lost lines.
    pub files_shortened: Vec<String>,
}

/// The search for what may be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchReport {
    /// Directories searched.
    pub directories: Vec<String>,
    /// Files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Identifiers looked for.
    pub identifiers: u64,
    /// Numbers of persons and cases looked for.
    pub numbers: u64,
    /// Biometric values looked for by their bytes; by their hash all are.
    pub biometrics_by_bytes: u64,
    /// Files of the present generation in which another record has the same biometric value, as a person registered
    /// twice has.
    pub same_in_other_records: Vec<String>,
    /// Files in which a number stands as that of a request, of who asked, or of the registry of cases, and stays.
    pub numbers_of_requests_in: Vec<String>,
    /// Files in which something of the records was found: none, or the destruction is not complete.
    pub found_in: Vec<String>,
}

/// Where the report of `act` goes.
pub fn report_path(act: &Path) -> PathBuf {
    let mut name = act.file_name().unwrap_or_default().to_owned();
    name.push(".report.json");
    act.with_file_name(name)
}

/// The report of the same act that was begun before.
pub(super) fn begun(
    order: &Order<'_>,
    gallery: &Gallery,
    path: &Path,
) -> Result<Option<ActReport>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let report: ActReport = serde_json::from_slice(&bytes)
        .map_err(|e| Error::integrity(path, e.to_string(), RESTORE))?;
    if report.act_blake3 != hash_of(order.act)? {
        return Err(Error::usage(
            format!("{} is the report of another act", path.display()),
            "give each act a file name of its own",
        ));
    }
    let (generation, hash) = &report.before;
    if !gallery.had(*generation, hash)? {
        return Err(Error::usage(
            format!("{} is the report of this act in another gallery", path.display()),
            "give the gallery it was begun in; an act about two galleries is given as two files",
        ));
    }
    Ok(Some(report))
}

const BEGUN: &str = "begun";
const DONE: &str = "done";

fn hash_of(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

impl ActReport {
    pub(super) fn new(order: &Order<'_>, gallery: &Gallery) -> Result<ActReport> {
        Ok(ActReport {
            state: BEGUN.to_owned(),
            act_blake3: hash_of(order.act)?,
            approved_by: order.approved_by.to_owned(),
            rule: purge::RULE.to_owned(),
            on: order.today.to_string(),
            key: blake3::Hash::from_bytes(rand::random()).to_hex().to_string(),
            records: Vec::new(),
            biometric_blake3: BTreeSet::new(),
            numbers: BTreeSet::new(),
            before: (gallery.manifest().generation, gallery.manifest_hash().to_owned()),
            after: None,
            files_removed: Vec::new(),
            quarantine_lines: 0,
            decisions: 0,
            decisions_replaced: BTreeMap::new(),
            runs: BTreeMap::new(),
            search: None,
        })
    }

    pub(super) fn key(&self, path: &Path) -> Result<[u8; 32]> {
        let key = blake3::Hash::from_hex(&self.key)
            .map_err(|e| Error::integrity(path, e.to_string(), RESTORE))?;
        Ok(*key.as_bytes())
    }

    /// Whether the destruction was complete.
    pub(super) fn is_done(&self) -> bool {
        self.state == DONE
    }

    /// Whether it has looked through all of `runs`.
    pub(super) fn knows_all(&self, runs: &[PathBuf]) -> bool {
        runs.iter().all(|run| self.runs.contains_key(&run.display().to_string()))
    }

    /// The same act is given again.
    pub(super) fn begin_again(&mut self) {
        self.state = BEGUN.to_owned();
    }

    /// The destruction is complete: what was kept to complete it goes too.
    pub(super) fn finish(&mut self) {
        self.state = DONE.to_owned();
        self.biometric_blake3.clear();
        self.numbers.clear();
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::integrity(path, e.to_string(), "give the act again"))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        write_new(folder, &name, &bytes).map(drop)
    }
}

impl RunReport {
    pub(super) fn add(&mut self, removed: Removed) {
        let text = |paths: Vec<PathBuf>| -> Vec<String> {
            paths.into_iter().map(|path| path.display().to_string()).collect()
        };
        self.hits += removed.hits;
        self.was_unfinished |= removed.was_unfinished;
        self.hit_list = removed.list.or(self.hit_list.take());
        self.files_removed.extend(text(removed.removed));
        self.files_shortened.extend(text(removed.shortened));
    }
}
