//! Destruction of records by an act: out of the gallery, its earlier generations, its quarantine and the runs given,
//! with a proof that nothing is left and a report beside the act (L40 17, 23(4)).
//!
//! The report is begun before anything is changed. It holds the key of the hashes in the manifest and the hash of every
//! biometric value, so that a destruction that was interrupted is completed by giving the same act again.
//!
//! Limits: runs, exports and copies that are not named are not touched; removing a file does not overwrite the medium.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::column::dna::encode_profile;
use crate::column::finger::encode_templates;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::absence::{self, Finding, Sentinels};
use crate::gallery::file::write_new;
use crate::gallery::purge::{self, names};
use crate::gallery::status::StatusTable;
use crate::hits::removal::{self, Removed};
use crate::import::act::{Condemned, Ground};
use crate::import::quarantine;
use crate::law::finger_retention::archived_until;
use crate::law::retention::{Retention, is_alive};

/// What is to be destroyed, and where.
#[derive(Debug)]
pub struct Order<'a> {
    /// Directory of the gallery.
    pub gallery: &'a Path,
    /// The act.
    pub act: &'a Path,
    /// What it says.
    pub condemned: &'a [Condemned],
    /// Head of the unit who approved it (L40 23(4)).
    pub approved_by: &'a str,
    /// Directories of runs that may name the records.
    pub runs: &'a [PathBuf],
    /// The day.
    pub today: Date,
}

/// The report of an act, beside it.
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
    /// Generation before, with the BLAKE3 of its manifest.
    pub before: (u64, String),
    /// First generation without the records and the newest now, with the BLAKE3 of its manifest.
    pub after: Option<(u64, String)>,
    /// Files removed from the gallery.
    pub files_removed: Vec<String>,
    /// Lines taken out of the quarantine.
    pub quarantine_lines: u64,
    /// What was taken out of each run.
    pub runs: BTreeMap<String, RunReport>,
    /// The proof.
    pub search: Option<SearchReport>,
}

/// A destroyed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestroyedRecord {
    /// Its identifier.
    pub record_id: String,
    /// Its index or register.
    pub category: String,
    /// Why it was destroyed.
    pub ground: String,
    /// Its last day kept, in the archive included, and the rule.
    pub kept_until: Option<Date>,
    /// The rule.
    pub rule: String,
    /// BLAKE3 of each biometric value as it was stored.
    pub biometric_blake3: Vec<String>,
}

/// What was taken out of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunReport {
    /// Hits.
    pub hits: u64,
    /// The run had not ended and cannot go on.
    pub was_unfinished: bool,
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
    /// Biometric values looked for by their bytes; by their hash all are.
    pub biometrics_by_bytes: u64,
    /// Files of the present generation in which another record has the same biometric value, as a person registered
    /// twice has.
    pub same_in_other_records: Vec<String>,
    /// Files in which something of the records was found: none, or the destruction is not complete.
    pub found_in: Vec<String>,
}

/// Destroys the records of an act, or completes a destruction that was interrupted.
///
/// # Errors
/// A record is not there, blocked, or its ground does not hold ([`Error::Refused`]); a run is at work in a directory;
/// something is left ([`Error::Incomplete`]); or the operating system refuses. Nothing is changed before every record of
/// the act was checked.
pub fn destroy(order: &Order<'_>) -> Result<ActReport> {
    check_places(order)?;
    let report_path = report_path(order.act);
    let mut biometrics = Vec::new();
    let mut report = match begun(order, &report_path)? {
        Some(report) => report,
        None => {
            let report = begin(order, &mut biometrics)?;
            write_report(&report_path, &report)?;
            report
        }
    };
    let ids: BTreeSet<String> = report.records.iter().map(|r| r.record_id.clone()).collect();
    let key = key_of(&report, &report_path)?;
    let gallery = Gallery::open(order.gallery)?;
    let held = held(&gallery, &ids)?;
    if !held.is_empty() {
        biometrics = held.values().flat_map(|held| held.biometrics.clone()).collect();
        purge::commit(order.gallery, &held.into_keys().collect(), &key)?;
    }
    let removed = purge::finish(order.gallery)?;
    report.files_removed.extend(removed.iter().map(|path| path.display().to_string()));
    let is_named = |text: &str| ids.iter().any(|id| names(text.as_bytes(), id.as_bytes()));
    report.quarantine_lines += expunge_quarantine(order.gallery, is_named)?;
    for run in order.runs {
        let removed = removal::remove_records(run, is_named)?;
        report.runs.entry(run.display().to_string()).or_default().add(removed);
    }
    remove_orphans(order.gallery, &ids, &mut report)?;
    let gallery = Gallery::open(order.gallery)?;
    report.after = Some((gallery.manifest().generation, gallery.manifest_hash().to_owned()));
    let search = prove(order, &gallery, &report, biometrics)?;
    let left = search.found_in.first().cloned();
    report.search = Some(search);
    if let Some(first) = left {
        write_report(&report_path, &report)?;
        return Err(Error::Incomplete {
            what: format!("something of the destroyed records is left, first in {first}"),
            help: format!(
                "{} lists every such file; remove them, or name their run with --runs, and give the act again",
                report_path.display()
            ),
        });
    }
    report.state = "done".to_owned();
    write_report(&report_path, &report)?;
    Ok(report)
}

/// Where the report of `act` goes.
pub fn report_path(act: &Path) -> PathBuf {
    let mut name = act.file_name().unwrap_or_default().to_owned();
    name.push(".report.json");
    act.with_file_name(name)
}

fn check_places(order: &Order<'_>) -> Result<()> {
    let act = fs::canonicalize(order.act).map_err(Error::input(order.act))?;
    for folder in order.runs.iter().map(PathBuf::as_path).chain([order.gallery]) {
        let place = fs::canonicalize(folder).map_err(Error::input(folder))?;
        if act.starts_with(&place) {
            return Err(Error::usage(
                format!("the act lies in {}, which is searched for its records", folder.display()),
                "keep acts and their reports in a folder of their own",
            ));
        }
    }
    order.runs.iter().try_for_each(|run| removal::check_idle(run))
}

/// The report of the same act that was begun before.
fn begun(order: &Order<'_>, path: &Path) -> Result<Option<ActReport>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let report: ActReport = serde_json::from_slice(&bytes)
        .map_err(|e| Error::integrity(path, e.to_string(), "restore the report from a backup"))?;
    if report.act_blake3 != hash_of(order.act)? {
        return Err(Error::usage(
            format!("{} is the report of another act", path.display()),
            "give each act a file name of its own",
        ));
    }
    Ok(Some(report))
}

fn hash_of(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

fn key_of(report: &ActReport, path: &Path) -> Result<[u8; 32]> {
    let key = blake3::Hash::from_hex(&report.key)
        .map_err(|e| Error::integrity(path, e.to_string(), "restore the report from a backup"))?;
    Ok(*key.as_bytes())
}

/// Checks every record of the act and makes the report of what is to be done.
fn begin(order: &Order<'_>, biometrics: &mut Vec<Vec<u8>>) -> Result<ActReport> {
    let gallery = Gallery::open(order.gallery)?;
    let statuses = gallery.statuses()?;
    let ids: BTreeSet<String> = order.condemned.iter().map(|c| c.record_id.clone()).collect();
    let mut held = held(&gallery, &ids)?;
    let mut records = Vec::with_capacity(order.condemned.len());
    for condemned in order.condemned {
        let id = &condemned.record_id;
        let Some(held) = held.remove(id) else {
            return Err(Error::usage(
                format!(
                    "{}:{}: the gallery holds no record {id}",
                    order.act.display(),
                    condemned.line
                ),
                "correct the act; nothing was destroyed",
            ));
        };
        records.push(checked(condemned, &held, &statuses, order.today)?);
        biometrics.extend(held.biometrics);
    }
    Ok(ActReport {
        state: "begun".to_owned(),
        act_blake3: hash_of(order.act)?,
        approved_by: order.approved_by.to_owned(),
        rule: purge::RULE.to_owned(),
        on: order.today.to_string(),
        key: blake3::Hash::from_bytes(rand::random()).to_hex().to_string(),
        records,
        before: (gallery.manifest().generation, gallery.manifest_hash().to_owned()),
        after: None,
        files_removed: Vec::new(),
        quarantine_lines: 0,
        runs: BTreeMap::new(),
        search: None,
    })
}

/// A record of the gallery, as far as its destruction is concerned.
struct Held {
    category: String,
    retain_until: Option<Date>,
    retain_rule: String,
    biometrics: Vec<Vec<u8>>,
}

fn held(gallery: &Gallery, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Held>> {
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut held = BTreeMap::new();
    for (id, record) in gallery.find_records(&wanted)? {
        let mut biometrics = Vec::new();
        if !record.profile.is_empty() {
            let mut profile = Vec::new();
            encode_profile(&record.profile, &mut profile);
            biometrics.push(profile);
        }
        // One or two markers kept apart, such as amelogenin, are the same of half of all persons.
        if record.apart.len() > 2 {
            biometrics.push(serde_json::to_vec(&record.apart).map_err(|e| {
                Error::integrity(gallery.root(), e.to_string(), "run gallery verify")
            })?);
        }
        held.insert(
            id,
            Held {
                category: record.index.name().to_owned(),
                retain_until: record.retain_until,
                retain_rule: record.retain_rule,
                biometrics,
            },
        );
    }
    for (id, record) in gallery.find_finger_records(&wanted)? {
        let mut templates = Vec::new();
        encode_templates(&record.templates, &mut templates)
            .map_err(|e| Error::integrity(gallery.root(), e.to_string(), "run gallery verify"))?;
        held.insert(
            id,
            Held {
                category: record.register.name().to_owned(),
                retain_until: record.retain_until,
                retain_rule: record.retain_rule,
                biometrics: vec![templates],
            },
        );
    }
    Ok(held)
}

/// The record as the report states it, if its ground holds on `today`.
fn checked(
    condemned: &Condemned,
    held: &Held,
    statuses: &StatusTable,
    today: Date,
) -> Result<DestroyedRecord> {
    let id = &condemned.record_id;
    let refused = |rule: String, article: &'static str, help: &str| {
        Err(Error::Refused {
            what: format!("the destruction of record {id}"),
            rule,
            article,
            help: format!("{help}; nothing was destroyed"),
        })
    };
    if statuses.is_blocked(id) {
        let rule = "the record is blocked, which suspends destruction too (L40 1(7), 9(2))";
        return refused(
            rule.into(),
            "L40 1(7), 9(2)",
            "unblock it first, or take it out of the act",
        );
    }
    let kept = Retention {
        until: statuses.retention(id).unwrap_or(held.retain_until),
        rule: statuses.retention_rule(id).unwrap_or(&held.retain_rule),
    };
    // Cards in the archive are kept forty years more.
    let last = archived_until(kept).or(kept.until);
    if condemned.ground == Ground::TermEnded && is_alive(last, today) {
        let until = last.map_or("with no date".to_owned(), |day| format!("until {day}"));
        let rule = format!("the record is kept {until}: {}", kept.rule);
        let help = "wait for the end of the term, or state the ground court:REFERENCE";
        return refused(rule, "L40 15, 17, 23, 29", help);
    }
    let hash = |value: &Vec<u8>| blake3::hash(value).to_hex().to_string();
    Ok(DestroyedRecord {
        record_id: id.clone(),
        category: held.category.clone(),
        ground: match &condemned.ground {
            Ground::TermEnded => "term-ended".to_owned(),
            Ground::Court(reference) => format!("court:{reference}"),
        },
        kept_until: last,
        rule: kept.rule.to_owned(),
        biometric_blake3: held.biometrics.iter().map(hash).collect(),
    })
}

fn expunge_quarantine(gallery: &Path, is_named: impl Fn(&str) -> bool) -> Result<u64> {
    let folder = gallery.join("quarantine");
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut lines = 0;
    for path in absence::files(&folder)? {
        if path.extension().is_some_and(|ending| ending == "parquet") {
            lines += quarantine::expunge(&path, &is_named)?;
        }
    }
    Ok(lines)
}

/// Removes files of the gallery that no manifest names and that hold an identifier: an import that was killed left them.
fn remove_orphans(root: &Path, ids: &BTreeSet<String>, report: &mut ActReport) -> Result<()> {
    let sentinels = Sentinels { record_ids: ids.clone(), ..Sentinels::default() };
    let gallery = Gallery::open(root)?;
    let named: HashSet<PathBuf> = gallery.manifest().files().map(|f| root.join(&f.path)).collect();
    for path in absence::files(root)? {
        let is_manifest = path.parent() == Some(&root.join("manifest"));
        if is_manifest || named.contains(&path) {
            continue;
        }
        if absence::search_file(&path, &sentinels)?.is_some() && purge::remove(&path)? {
            report.files_removed.push(path.display().to_string());
        }
    }
    Ok(())
}

/// Searches the gallery and the runs for what may be left.
fn prove(
    order: &Order<'_>,
    gallery: &Gallery,
    report: &ActReport,
    biometrics: Vec<Vec<u8>>,
) -> Result<SearchReport> {
    let hashes = report.records.iter().flat_map(|record| record.biometric_blake3.clone());
    let sentinels = Sentinels {
        record_ids: report.records.iter().map(|record| record.record_id.clone()).collect(),
        biometric_hashes: hashes.collect(),
        biometrics,
    };
    let folders: Vec<&Path> =
        [order.gallery].into_iter().chain(order.runs.iter().map(PathBuf::as_path)).collect();
    let files = gallery.manifest().files();
    let present: HashSet<PathBuf> = files.map(|f| order.gallery.join(&f.path)).collect();
    let mut done = SearchReport {
        directories: folders.iter().map(|folder| folder.display().to_string()).collect(),
        files: 0,
        bytes: 0,
        identifiers: sentinels.record_ids.len() as u64,
        biometrics_by_bytes: sentinels.biometrics.len() as u64,
        same_in_other_records: Vec::new(),
        found_in: Vec::new(),
    };
    for folder in folders {
        let (files, bytes, findings) = absence::search(folder, &sentinels)?;
        done.files += files;
        done.bytes += bytes;
        for Finding { path, identifier, .. } in findings {
            let text = path.display().to_string();
            if identifier || !present.contains(&path) {
                done.found_in.push(text);
            } else {
                done.same_in_other_records.push(text);
            }
        }
    }
    Ok(done)
}

impl RunReport {
    fn add(&mut self, expunged: Removed) {
        let text = |paths: Vec<PathBuf>| -> Vec<String> {
            paths.into_iter().map(|path| path.display().to_string()).collect()
        };
        self.hits += expunged.hits;
        self.was_unfinished |= expunged.was_unfinished;
        self.files_removed.extend(text(expunged.removed));
        self.files_shortened.extend(text(expunged.shortened));
    }
}

fn write_report(path: &Path, report: &ActReport) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(report)
        .map_err(|e| Error::integrity(path, e.to_string(), "give the act again"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write_new(folder, &name, &bytes).map(drop)
}
