//! Destruction of records by an act: out of the gallery, its earlier generations, its quarantine, its decisions and the
//! runs given, with a proof that nothing is left and a report beside the act (L40 17, 23(4)).
//!
//! The report is begun before anything is changed. Until the end it holds what a destruction that was interrupted needs
//! to be completed by giving the same act again: hashes of the biometric values, and the numbers that only these
//! records bore. The finished report names records by pseudonym; the act, which is the agency's paper, names them in
//! clear.
//!
//! Limits: runs, exports and copies that are not named are not touched; removing a file does not overwrite the medium.

mod proof;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::column::dna::{encode_apart, encode_profile};
use crate::column::finger::encode_templates;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::absence;
use crate::gallery::purge::{self, Condemned};
use crate::gallery::status::StatusTable;
use crate::gallery::words::Words;
use crate::hits::decision::rewrite::rewrites;
use crate::hits::removal;
use crate::import::act::{Ground, Line};
use crate::import::quarantine;
use crate::law::finger_retention::archived_until;
use crate::law::retention::{Retention, is_alive};

pub use report::{ActReport, DestroyedRecord, RunReport, SearchReport, report_path};

/// What is to be destroyed, and where.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Directory of the gallery.
    pub gallery: &'a Path,
    /// The act.
    pub act: &'a Path,
    /// What it says.
    pub lines: &'a [Line],
    /// Head of the unit who approved it (L40 23(4)).
    pub approved_by: &'a str,
    /// Directories of runs that may name the records.
    pub runs: &'a [PathBuf],
    /// The day.
    pub today: Date,
    /// What the audit log calls a record.
    pub pseudonym: &'a dyn Fn(&str) -> String,
}

impl Order<'_> {
    fn ids(&self) -> BTreeSet<String> {
        self.lines.iter().map(|line| line.record_id.clone()).collect()
    }
}

/// Destroys the records of an act, or completes a destruction that was interrupted.
///
/// # Errors
/// A record is not there, blocked, or its ground does not hold ([`Error::Refused`]); a run is at work in a directory;
/// something is left ([`Error::Incomplete`]); or the operating system refuses. Nothing is changed before every record of
/// the act was checked.
pub fn destroy(order: &Order<'_>) -> Result<ActReport> {
    check_places(order)?;
    let path = report_path(order.act);
    let gallery = Gallery::open(order.gallery)?;
    let ids = order.ids();
    let held = held(&gallery, &ids)?;
    let mut report = match report::begun(order, &gallery, &path)? {
        // Given again after it was done, with no run that it did not know: there is nothing to do and nothing to prove.
        Some(done) if done.is_done() && held.is_empty() && done.knows_all(order.runs) => {
            return Ok(done);
        }
        Some(mut begun) => {
            begun.begin_again();
            begun
        }
        None => new_report(order, &gallery, &held)?,
    };
    check_runs(order, &report)?;
    check_records(order, &gallery, &held, &mut report)?;
    report.write(&path)?;
    let biometrics: Vec<Vec<u8>> = held.values().flat_map(|held| held.biometrics.clone()).collect();
    let condemned =
        Condemned { words: Words::new(ids.iter().chain(&report.numbers).cloned())?, records: ids };
    if !held.is_empty() {
        purge::commit(order.gallery, &condemned, &report.key(&path)?)?;
    }
    let removed = purge::finish(order.gallery)?;
    report.files_removed.extend(removed.iter().map(|path| path.display().to_string()));
    remove_from_decisions(order, &condemned, &mut report, &path)?;
    report.quarantine_lines += expunge_quarantine(order.gallery, &condemned)?;
    for run in order.runs {
        let removed = removal::remove_records(run, &condemned)?;
        report.runs.entry(run.display().to_string()).or_default().add(removed);
        // What a kill after this would leave unsaid is never found again.
        report.write(&path)?;
    }
    proof::remove_orphans(order.gallery, &condemned, &mut report)?;
    let gallery = Gallery::open(order.gallery)?;
    report.after = Some((gallery.manifest().generation, gallery.manifest_hash().to_owned()));
    let search = proof::prove(order, &gallery, &condemned, &report, &biometrics)?;
    let left = search.found_in.first().cloned();
    report.search = Some(search);
    if let Some(first) = left {
        report.write(&path)?;
        return Err(Error::Incomplete {
            what: format!("something of the destroyed records is left, first in {first}"),
            help: format!(
                "{} lists every such file; remove them, or name their run with --runs, and give the act again",
                path.display()
            ),
        });
    }
    report.finish();
    report.write(&path)?;
    Ok(report)
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
    let gallery = fs::canonicalize(order.gallery).map_err(Error::input(order.gallery))?;
    for run in order.runs {
        let place = fs::canonicalize(run).map_err(Error::input(run))?;
        if place.starts_with(&gallery) || gallery.starts_with(&place) {
            let rule = "holds the gallery, or lies in it, and is not the folder of a run";
            return Err(Error::usage(format!("{} {rule}", run.display()), RUNS_HELP));
        }
        removal::check_idle(run)?;
    }
    Ok(())
}

const RUNS_HELP: &str =
    "name the --out folders of runs and searches, one by one; nothing was destroyed";

/// Refuses a folder that is no run's: its files would be cut. One that this act has emptied before may be.
fn check_runs(order: &Order<'_>, report: &ActReport) -> Result<()> {
    for run in order.runs {
        if !report.runs.contains_key(&run.display().to_string()) && !removal::is_run(run)? {
            return Err(Error::usage(format!("{} holds no run", run.display()), RUNS_HELP));
        }
    }
    Ok(())
}

/// The report of an act that begins now, whose records are all held.
fn new_report(
    order: &Order<'_>,
    gallery: &Gallery,
    held: &BTreeMap<String, Held>,
) -> Result<ActReport> {
    if let Some(line) = order.lines.iter().find(|line| !held.contains_key(&line.record_id)) {
        let (act, id) = (order.act.display(), &line.record_id);
        return Err(Error::usage(
            format!("{act}:{}: the gallery holds no record {id}", line.number),
            "correct the act; nothing was destroyed",
        ));
    }
    ActReport::new(order, gallery)
}

/// Checks every record that is still there, and enters it into the report.
fn check_records(
    order: &Order<'_>,
    gallery: &Gallery,
    held: &BTreeMap<String, Held>,
    report: &mut ActReport,
) -> Result<()> {
    let statuses = gallery.statuses()?;
    for line in order.lines {
        let Some(held) = held.get(&line.record_id) else { continue };
        let record = checked(line, held, &statuses, order)?;
        report.records.retain(|other| other.record != record.record);
        report.records.push(record);
        let hash = |value: &Vec<u8>| blake3::hash(value).to_hex().to_string();
        report.biometric_blake3.extend(held.biometrics.iter().map(hash));
    }
    if !held.is_empty() {
        report.numbers.extend(gallery.numbers_of_these_alone(&order.ids())?);
    }
    Ok(())
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
            biometrics.push(encode_apart(&record.apart).map_err(|e| {
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

/// The record as the report states it, if its ground holds today.
fn checked(
    line: &Line,
    held: &Held,
    statuses: &StatusTable,
    order: &Order<'_>,
) -> Result<DestroyedRecord> {
    let id = &line.record_id;
    if statuses.is_blocked(id) {
        return Err(purge::blocked_refusal(id));
    }
    let stated = Retention { until: held.retain_until, rule: &held.retain_rule };
    let kept = statuses.in_force(id, stated);
    // Cards in the archive are kept forty years more.
    let last = archived_until(kept).or(kept.until);
    if line.ground == Ground::TermEnded && is_alive(last, order.today) {
        let until = last.map_or("with no date".to_owned(), |day| format!("until {day}"));
        return Err(Error::Refused {
            what: format!("the destruction of record {id}"),
            rule: format!("the record is kept {until}: {}", kept.rule),
            article: "L40 15, 17, 23, 29",
            help: "wait for the end of the term, or state the ground court:REFERENCE; nothing was destroyed".into(),
        });
    }
    Ok(DestroyedRecord {
        record: (order.pseudonym)(id),
        category: held.category.clone(),
        ground: match &line.ground {
            Ground::TermEnded => "term-ended".to_owned(),
            Ground::Court(reference) => format!("court:{reference}"),
        },
        kept_until: last,
        rule: kept.rule.to_owned(),
    })
}

/// Writes the files of decisions again that name the records; the report knows of each before it changes.
fn remove_from_decisions(
    order: &Order<'_>,
    condemned: &Condemned,
    report: &mut ActReport,
    path: &Path,
) -> Result<()> {
    let mut hits = BTreeSet::new();
    for run in order.runs {
        hits.extend(removal::hit_ids(run, condemned)?);
    }
    let rewrites = rewrites(order.gallery, condemned, &hits)?;
    for rewrite in &rewrites {
        let old = rewrite.old_blake3.clone();
        // Entered before, by a destruction that was killed before the file changed: it is counted.
        if report.decisions_replaced.insert(old, rewrite.new_blake3()).is_none() {
            report.decisions += rewrite.decisions;
        }
    }
    report.write(path)?;
    rewrites.iter().try_for_each(|rewrite| rewrite.apply(order.gallery))
}

fn expunge_quarantine(gallery: &Path, condemned: &Condemned) -> Result<u64> {
    let folder = gallery.join("quarantine");
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut lines = 0;
    for path in absence::files(&folder)? {
        if path.extension().is_some_and(|ending| ending == "parquet") {
            lines += quarantine::expunge(&path, condemned)?;
        }
    }
    Ok(lines)
}
