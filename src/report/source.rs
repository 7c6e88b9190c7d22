//! What a report is made of: the files of a run, and what else was named.

use std::path::{Path, PathBuf};

use crate::column::hit::Hit;
use crate::error::{Error, Result};
use crate::gallery::file::is_encrypted;
use crate::hits::cluster::ClusterMember;
use crate::hits::decision;
use crate::hits::histogram::HistogramRow;
use crate::hits::output::{
    HITS_FILE, RUN_FILE, read_clusters, read_histograms, read_hits, read_report,
};
use crate::hits::report::RunReport;
use crate::import::quarantine;

/// What a report is asked to be of.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Directory of the run.
    pub run: PathBuf,
    /// Gallery that was searched: for rejected imports and decisions.
    pub gallery: Option<PathBuf>,
    /// Directory of the run before, for what is new since.
    pub previous: Option<PathBuf>,
    /// Directory of a synthetic registry, for accuracy.
    pub truth: Option<PathBuf>,
    /// Hits shown of each search, and clusters drawn.
    pub top: usize,
    /// Hits of each search whose records are drawn, at most `top`; none without a gallery.
    pub pictures: usize,
}

/// A file of a gallery's quarantine, as the report counts it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rejected {
    /// The file that was imported.
    pub(super) file: String,
    /// The rule it broke.
    pub(super) rule: String,
}

/// The files of a run, read.
#[derive(Debug)]
pub(super) struct Source {
    /// `run.json`.
    pub(super) report: RunReport,
    /// `run.json` as it stands there.
    pub(super) account: serde_json::Value,
    /// `hits.parquet`.
    pub(super) hits: Vec<Hit>,
    /// `clusters.parquet`.
    pub(super) clusters: Vec<ClusterMember>,
    /// `histogram.parquet`.
    pub(super) histogram: Vec<HistogramRow>,
    /// The run before, and the hits of it.
    pub(super) previous: Option<(RunReport, Vec<Hit>)>,
    /// Lines of the gallery's quarantine; none without a gallery, or where it has no quarantine.
    pub(super) rejected: Option<Vec<Rejected>>,
    /// Hits with a decision; none without a gallery, or where it has no decisions.
    pub(super) decided: Option<Vec<String>>,
}

impl Source {
    /// Reads what the request names.
    ///
    /// # Errors
    /// A folder holds no finished run, or a file cannot be read.
    pub(super) fn read(request: &Request) -> Result<Source> {
        let path = request.run.join(RUN_FILE);
        let report = read_report(&request.run)?;
        let text = std::fs::read(&path).map_err(Error::io(&path))?;
        let account = serde_json::from_slice(&text)
            .map_err(|e| Error::integrity(&path, e.to_string(), "run again"))?;
        let previous = request.previous.as_deref();
        let previous = previous.map(|run| read_report(run).and_then(|r| Ok((r, read_hits(run)?))));
        let gallery = request.gallery.as_deref();
        Ok(Source {
            report,
            account,
            hits: read_hits(&request.run)?,
            clusters: read_clusters(&request.run)?,
            histogram: read_histograms(&request.run)?,
            previous: previous.transpose()?,
            rejected: gallery.map(rejected).transpose()?.flatten(),
            decided: gallery.map(decided).transpose()?.flatten(),
        })
    }
}

/// Whether the hit list of a run is encrypted, which a report is not.
///
/// # Errors
/// The folder holds no finished run.
pub fn is_of_encrypted_hits(run: &Path) -> Result<bool> {
    read_report(run)?;
    is_encrypted(&run.join(HITS_FILE))
}

fn rejected(gallery: &Path) -> Result<Option<Vec<Rejected>>> {
    let folder = gallery.join("quarantine");
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut lines = Vec::new();
    let mut has_file = false;
    for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let path = entry.map_err(Error::io(&folder))?.path();
        if path.extension().is_some_and(|ending| ending == "parquet") {
            has_file = true;
            lines.extend(
                quarantine::read(&path)?.into_iter().map(|line| Rejected {
                    file: line.file.display().to_string(),
                    rule: line.rule,
                }),
            );
        }
    }
    Ok(has_file.then_some(lines))
}

fn decided(gallery: &Path) -> Result<Option<Vec<String>>> {
    if decision::files(gallery)?.is_empty() {
        return Ok(None);
    }
    let mut hits: Vec<String> =
        decision::read(gallery)?.into_iter().map(|decision| decision.hit_id).collect();
    hits.sort_unstable();
    hits.dedup();
    Ok(Some(hits))
}
