//! The proof that nothing of destroyed records is left, and what a killed command left of them.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{ActReport, Order, SearchReport};
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::absence::{self, Finding, Sentinels};
use crate::gallery::purge::{self, Condemned};
use crate::gallery::words::Words;
use crate::hits::output::RUN_FILE;

/// Folders of the gallery in which files lie that manifests name.
const COMMITTED: [&str; 4] = ["segments", "families", "status", "manifest"];

/// Folders besides in which a killed command leaves half files.
const BESIDE: [&str; 2] = ["quarantine", "decisions"];

/// Files of the gallery in which a number may stand as that of a request or of who asked.
const OF_REQUESTS: [&str; 3] = ["audit", "policy.toml", "cases.csv"];

fn top<'a>(root: &Path, path: &'a Path) -> Option<&'a OsStr> {
    Some(path.strip_prefix(root).ok()?.components().next()?.as_os_str())
}

/// Removes files of the gallery that no manifest names and that hold something of the records, and half files, whose
/// content nobody can tell: commands that were killed left them. Of a segment all files go.
pub(super) fn remove_orphans(
    root: &Path,
    condemned: &Condemned,
    report: &mut ActReport,
) -> Result<()> {
    let sentinels = Sentinels::new(
        Words::new(condemned.records.iter().cloned())?,
        Words::new([])?,
        report.biometric_blake3.clone(),
        &[],
    )?;
    let named: HashSet<PathBuf> =
        Gallery::open(root)?.files_of_all_generations()?.iter().map(|p| root.join(p)).collect();
    let files = absence::files(root)?;
    let orphans = files.iter().filter(|path| !named.contains(*path));
    let mut doomed = BTreeSet::new();
    for path in orphans.clone() {
        let of =
            |folders: &[&str]| top(root, path).is_some_and(|top| folders.iter().any(|f| top == *f));
        let is_half = path.extension().is_some_and(|end| end == "staged" || end == "unfinished");
        if is_half && (of(&COMMITTED) || of(&BESIDE)) {
            doomed.insert(path.clone());
        } else if of(&COMMITTED) && absence::search_file(path, &sentinels)?.is_some() {
            doomed.insert(path.clone());
            if of(&COMMITTED[..1]) {
                let beside = |other: &&PathBuf| other.parent() == path.parent();
                doomed.extend(orphans.clone().filter(beside).cloned());
            }
        }
    }
    for path in doomed {
        if purge::remove(&path)? {
            report.files_removed.push(path.display().to_string());
        }
    }
    Ok(())
}

/// Searches the gallery and the runs for what may be left, and checks that planes and prints are those of the records
/// that stay.
pub(super) fn prove(
    order: &Order<'_>,
    gallery: &Gallery,
    condemned: &Condemned,
    report: &ActReport,
    biometrics: &[Vec<u8>],
) -> Result<SearchReport> {
    if let Some((path, error)) = gallery.verify().into_iter().next() {
        return Err(match error {
            Error::Integrity { .. } => error,
            other => Error::integrity(&path, other.to_string(), "give the act again"),
        });
    }
    let sentinels = Sentinels::new(
        Words::new(condemned.records.iter().cloned())?,
        Words::new(report.numbers.iter().cloned())?,
        report.biometric_blake3.clone(),
        biometrics,
    )?;
    let folders: Vec<&Path> =
        [order.gallery].into_iter().chain(order.runs.iter().map(PathBuf::as_path)).collect();
    let files = gallery.manifest().files();
    let present: HashSet<PathBuf> = files.map(|f| order.gallery.join(&f.path)).collect();
    let mut done = SearchReport {
        directories: folders.iter().map(|folder| folder.display().to_string()).collect(),
        files: 0,
        bytes: 0,
        identifiers: sentinels.records.len() as u64,
        numbers: sentinels.numbers.len() as u64,
        biometrics_by_bytes: biometrics.len() as u64,
        same_in_other_records: Vec::new(),
        numbers_of_requests_in: Vec::new(),
        found_in: Vec::new(),
    };
    for folder in folders {
        let (files, bytes, findings) = absence::search(folder, &sentinels)?;
        done.files += files;
        done.bytes += bytes;
        for Finding { path, record, number, biometrics, is_unreadable } in findings {
            let text = path.display().to_string();
            let is_of_request = path == folder.join(RUN_FILE)
                || top(order.gallery, &path)
                    .is_some_and(|top| OF_REQUESTS.iter().any(|f| top == *f));
            let is_of_others = biometrics && !present.contains(&path);
            if record || is_unreadable || number && !is_of_request || is_of_others {
                done.found_in.push(text);
                continue;
            }
            if number {
                done.numbers_of_requests_in.push(text.clone());
            }
            if biometrics {
                done.same_in_other_records.push(text);
            }
        }
    }
    Ok(done)
}
