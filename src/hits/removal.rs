//! Takes destroyed records out of the directory of a run.
//!
//! Of a finished run the hits of the records go, clusters are made again from the hits that stay, and `run.json` counts
//! what is left; ranks keep their gaps, and the histogram, which names nobody, counts the comparisons that were made. Of
//! an unfinished run everything that is needed to go on goes: the generation it began with is gone. Other files that
//! name a record lose the lines that do, or go as a whole where they are no lines.

use std::fs;
use std::path::{Path, PathBuf};

use super::cluster::{cluster_count, clusters};
use super::output::{self, RUN_FILE, is_claimed, read_hits, read_report};
use crate::error::{Error, Result};
use crate::gallery::absence::files;
use crate::gallery::file::write_new;
use crate::gallery::purge::remove;
use crate::score::Millibans;

/// What an unfinished run needs to go on; of a finished one a crash may have left the first two.
const UNFINISHED: [&str; 4] = ["shards", "quarantine", "journal", "job.json"];

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
}

/// Refuses a directory in which a run is at work.
///
/// # Errors
/// [`Error::Usage`] then.
pub fn check_idle(out: &Path) -> Result<()> {
    if is_claimed(out)? {
        return Err(Error::usage(
            format!("a run is writing into {}", out.display()),
            "wait for it to end, or stop it, and give the act again",
        ));
    }
    Ok(())
}

/// Takes every record that `is_named` finds in a text out of the run in `out`.
///
/// # Errors
/// A file of the run cannot be read, or the operating system refuses.
pub fn remove_records(out: &Path, is_named: impl Fn(&str) -> bool) -> Result<Removed> {
    let mut done = Removed::default();
    if out.join(RUN_FILE).exists() {
        done.hits = remove_hits(out, &is_named)?;
    }
    let is_finished = out.join(RUN_FILE).exists();
    let useless = if is_finished { &UNFINISHED[..2] } else { &UNFINISHED[..] };
    for name in useless {
        let path = out.join(name);
        if path.is_dir() {
            fs::remove_dir_all(&path).map_err(Error::io(&path))?;
        } else if !path.exists() || !remove(&path)? {
            continue;
        }
        done.was_unfinished |= !is_finished;
        done.removed.push(path);
    }
    for path in files(out)? {
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        if !is_named(text) {
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let relative = path.strip_prefix(out).ok().and_then(Path::to_str);
        if let (true, Some(relative)) = (LINE_FILES.contains(&ending), relative) {
            let kept: String = text.split_inclusive('\n').filter(|line| !is_named(line)).collect();
            write_new(out, relative, kept.as_bytes())?;
            done.shortened.push(path);
        } else {
            remove(&path)?;
            done.removed.push(path);
        }
    }
    Ok(done)
}

/// Writes the hits of a finished run again without those of the records; returns how many went.
fn remove_hits(out: &Path, is_named: &impl Fn(&str) -> bool) -> Result<u64> {
    let mut report = read_report(out)?;
    let (gone, hits): (Vec<_>, Vec<_>) = read_hits(out)?
        .into_iter()
        .partition(|hit| is_named(&hit.probe_id) || is_named(&hit.gallery_id));
    // After a crash between the list and the account only the account is left to be written.
    if gone.is_empty() && report.hits == hits.len() as u64 {
        return Ok(0);
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
    let in_themselves: Vec<String> = report
        .searches
        .iter()
        .filter(|search| search.probe_index == search.gallery_index)
        .map(|search| search.search.clone())
        .collect();
    let members = clusters(&hits, &in_themselves);
    report.hits = hits.len() as u64;
    report.clusters = cluster_count(&members);
    output::rewrite(out, &hits, &members, &report)?;
    Ok(gone.len() as u64)
}
