//! Takes destroyed records out of the directory of a run.
//!
//! Of a finished run the hits of the records go, clusters are made again from the hits that stay, and `run.json` counts
//! what is left; ranks keep their gaps, and the histogram, which names nobody, counts the comparisons that were made; the
//! page of `tanba report` goes, and can be made again. Of an unfinished run everything that is needed to go on goes: the generation it began with is gone. Other files that
//! name a record lose the lines that do, or go as a whole where they are no lines.

use std::fs;
use std::path::{Path, PathBuf};

use super::cluster::{cluster_count, clusters};
use super::commit;
use super::lock::is_claimed;
use super::output::{self, HITS_FILE, REPORT_FILE, RUN_FILE, read_hits, read_report};
use super::part;
use super::report::count_lineage;
use crate::column::hit::Hit;
use crate::error::{Error, Result};
use crate::gallery::absence::files;
use crate::gallery::file::write_new;
use crate::gallery::purge::{Condemned, remove_file};
use crate::score::Millibans;

/// What an unfinished run needs to go on; of a finished one a crash may have left the first three.
const UNFINISHED: [&str; 5] = ["shards", "quarantine", commit::DIRECTORY, "journal", "job.json"];

/// Endings of the names of files whose lines stand for themselves.
const LINE_FILES: [&str; 5] = ["csv", "tsv", "log", "jsonl", "txt"];

/// What was taken out of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Hits.
    pub hits: u64,
    /// Whether the run had not ended and cannot go on.
    pub was_unfinished: bool,
    /// Files that were removed.
    pub removed: Vec<PathBuf>,
    /// Files that lost lines.
    pub shortened: Vec<PathBuf>,
    /// BLAKE3 of the hit list before and after, if it was written again.
    pub list: Option<(String, String)>,
}

/// Refuses a directory in which a run is at work.
///
/// # Errors
/// [`Error::Usage`] then.
pub fn check_idle(out: &Path) -> Result<()> {
    for directory in std::iter::once(out.to_owned()).chain(part::directories(out)?) {
        if is_claimed(&directory)? {
            return Err(Error::usage(
                format!("a run is writing into {}", directory.display()),
                "wait for it to end, or stop it, and give the act again",
            ));
        }
    }
    Ok(())
}

/// Whether `out` is the folder of a run: finished, interrupted, or in parts; or an empty one.
///
/// # Errors
/// The operating system refuses.
pub fn is_run(out: &Path) -> Result<bool> {
    let has = |name: &&str| out.join(name).exists();
    let is_one = UNFINISHED.iter().chain([&RUN_FILE, &HITS_FILE]).any(has);
    Ok(is_one || !part::directories(out)?.is_empty() || files(out)?.is_empty())
}

/// Identities of the hits of the condemned records in the run in `out`, if it has ended.
///
/// # Errors
/// The hit list cannot be read.
pub fn hit_ids(out: &Path, condemned: &Condemned) -> Result<Vec<String>> {
    if !out.join(RUN_FILE).exists() {
        return Ok(Vec::new());
    }
    let hits = read_hits(out)?.into_iter().filter(|hit| is_of(hit, condemned));
    Ok(hits.map(|hit| hit.hit_id).collect())
}

fn is_of(hit: &Hit, condemned: &Condemned) -> bool {
    condemned.records.contains(&hit.probe_id) || condemned.records.contains(&hit.gallery_id)
}

/// Takes the condemned records out of the run in `out`.
///
/// # Errors
/// A file of the run cannot be read, or the operating system refuses.
pub fn remove_records(out: &Path, condemned: &Condemned) -> Result<Removed> {
    let is_named = |text: &str| condemned.are_in(text);
    let mut done = Removed::default();
    if out.join(RUN_FILE).exists() {
        remove_hits(out, condemned, &mut done)?;
    }
    let is_finished = out.join(RUN_FILE).exists();
    let useless = if is_finished { &UNFINISHED[..3] } else { &UNFINISHED[..] };
    // Parts of a run go with it: their shards hold hits, and the generation they began with is gone.
    let parts = part::directories(out)?;
    // The job first: whoever does a tile of it elsewhere sees that it is gone, and removes what it wrote.
    for path in useless.iter().rev().map(|name| out.join(name)).chain(parts) {
        if path.is_dir() {
            fs::remove_dir_all(&path).map_err(Error::io(&path))?;
        } else if !path.exists() || !remove_file(&path)? {
            continue;
        }
        done.was_unfinished |= !is_finished;
        done.removed.push(path);
    }
    for path in files(out)? {
        // Nobody writes here: what has such a name was left by a crash, and may be cut short.
        if path.extension().is_some_and(|ending| ending == "staged") {
            remove_file(&path)?;
            done.removed.push(path);
            continue;
        }
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        if !is_named(text) || path == out.join(RUN_FILE) {
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let relative = path.strip_prefix(out).ok().and_then(Path::to_str);
        if let (true, Some(relative)) = (LINE_FILES.contains(&ending), relative) {
            let kept: String = text.split_inclusive('\n').filter(|line| !is_named(line)).collect();
            write_new(out, relative, kept.as_bytes())?;
            done.shortened.push(path);
        } else {
            remove_file(&path)?;
            done.removed.push(path);
        }
    }
    Ok(done)
}

/// Writes the hits of a finished run again without those of the records.
fn remove_hits(out: &Path, condemned: &Condemned, done: &mut Removed) -> Result<()> {
    let list = out.join(HITS_FILE);
    let mut report = read_report(out)?;
    let before = (read_hits(out)?, report.clone());
    let mut hits = before.0.clone();
    hits.retain(|hit| !is_of(hit, condemned));
    hits.iter_mut().for_each(|hit| without_lineage(hit, condemned));
    if let Some(purpose) = report.case.as_mut().and_then(|case| case.purpose.as_mut()) {
        *purpose = condemned.words.taken_out_of(purpose);
    }
    // After a crash between the list and the account only the account is left to be written.
    let is_counted = report.hits == hits.len() as u64;
    if hits == before.0 && report == before.1 && is_counted {
        return Ok(());
    }
    for search in &mut report.searches {
        let own = hits.iter().filter(|hit| hit.search == search.search);
        let scores: Vec<i32> = own.map(|hit| hit.score_mban).collect();
        search.hits = scores.len() as u64;
        let count_from = |edge: f64| {
            let least = Millibans::from_log10(edge).0;
            scores.iter().filter(|score| **score >= least).count() as u64
        };
        for band in &mut search.bands {
            band.hits = count_from(band.from_log10) - band.to_log10.map_or(0, count_from);
        }
    }
    count_lineage(&hits, &mut report.searches);
    let in_themselves: Vec<String> = report
        .searches
        .iter()
        .filter(|search| search.probe_index == search.gallery_index)
        .map(|search| search.search.clone())
        .collect();
    let members = clusters(&hits, &in_themselves);
    report.hits = hits.len() as u64;
    report.clusters = cluster_count(&members);
    let hash = |path: &Path| -> Result<String> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        Ok(blake3::hash(&bytes).to_hex().to_string())
    };
    let old = hash(&list)?;
    // The page shows the list as it was, with pictures that need not name whom they are of.
    let page = out.join(REPORT_FILE);
    if remove_file(&page)? {
        done.removed.push(page);
    }
    output::rewrite(out, &hits, &members, &report)?;
    done.hits = (before.0.len() - hits.len()) as u64;
    done.list = Some((old, hash(&list)?));
    Ok(())
}

/// Takes what the lineage markers of a condemned record say out of a hit of others.
fn without_lineage(hit: &mut Hit, condemned: &Condemned) {
    let Some(lineage) = &mut hit.lineage else { return };
    lineage.y = lineage.y.take().filter(|y| !condemned.records.contains(&y.y_record));
    let mitochondrial = lineage.mitochondrial.take();
    lineage.mitochondrial = mitochondrial.filter(|mt| !condemned.records.contains(&mt.mt_record));
    if lineage.y.is_none() && lineage.mitochondrial.is_none() && lineage.amelogenin.is_none() {
        hit.lineage = None;
    }
}
