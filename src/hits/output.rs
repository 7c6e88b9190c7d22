//! The files of a finished run: `hits.parquet`, `clusters.parquet`, `histogram.parquet`, `run.json`.
//! `run.json` is written last; a directory without it holds no finished run.

use std::fs;
use std::path::Path;

use arrow::array::RecordBatch;
use parquet::errors::ParquetError;

use super::bucket::shown;
use super::cluster::{ClusterMember, cluster_schema, decode_clusters, encode_clusters};
use super::histogram::{
    Histogram, HistogramRow, decode_histograms, encode_histograms, histogram_schema,
};
use super::report::RunReport;
use crate::column::ColumnError;
use crate::column::hit::{Hit, decode_hits, encode_hits, hit_schema};
use crate::error::{Error, Result};
use crate::gallery::file::{encode_parquet, encode_parquet_with, read_parquet, write_new};

/// Name of the hit list.
pub const HITS_FILE: &str = "hits.parquet";
/// Name of the run's own account.
pub const RUN_FILE: &str = "run.json";

/// Name of the clusters.
pub const CLUSTERS_FILE: &str = "clusters.parquet";
/// Name of the histograms.
pub const HISTOGRAM_FILE: &str = "histogram.parquet";
/// Name of the page that `tanba report` makes of a run; it goes when the list it was made of changes.
pub const REPORT_FILE: &str = "report.html";

/// Rows encoded at a time.
const ROWS_PER_BATCH: usize = 1 << 16;

/// Everything a finished run writes.
#[derive(Debug)]
pub struct Finished<'a> {
    /// Hits in final order.
    pub hits: &'a [Hit],
    /// Clusters of duplicates.
    pub clusters: &'a [ClusterMember],
    /// Per search: name, comparisons, exact scores.
    pub histograms: &'a [(String, u64, Histogram)],
    /// The run's own account.
    pub report: &'a RunReport,
}

/// Key of the expected and observed hits in the metadata of the hit list's footer.
pub const EXPECTED_KEY: &str = "tanba.expected_and_observed";

/// What the footer of the hit list says of it: rules, population model and, search by search, expected and
/// observed hits. Nothing in it depends on how the run was executed.
fn header(report: &RunReport) -> Vec<(String, String)> {
    let searches = report.searches.iter().filter(|search| !search.bands.is_empty());
    let searches = searches.map(|search| {
        serde_json::json!({
            "search": search.search,
            "threshold_log10": search.threshold_log10,
            "expected_chance_hits": search.expected_chance_hits,
            "hits": search.hits,
            "bands": search.bands,
        })
    });
    let parameter = |key: &str| report.parameters.get(key).cloned().unwrap_or_default();
    let document = serde_json::json!({
        "rules": parameter("rules"),
        "frequencies": parameter("frequencies"),
        "theta": parameter("theta"),
        "note": "expected: unrelated persons with complete typings; relatives and twins raise the numbers",
        "searches": searches.collect::<Vec<_>>(),
    });
    vec![(EXPECTED_KEY.to_owned(), document.to_string())]
}

/// Writes the files of a finished run.
///
/// # Errors
/// The operating system refuses.
pub fn write(out: &Path, finished: &Finished) -> Result<()> {
    write_lists(out, finished.hits, finished.clusters, finished.report)?;
    let batch = encode_histograms(finished.histograms)
        .map_err(|e| Error::integrity(out, e.to_string(), "run again"))?;
    let histogram = encode_parquet(histogram_schema(), &[batch], &[])
        .map_err(|e| Error::integrity(out, e.to_string(), "run again"))?;
    write_new(out, HISTOGRAM_FILE, &histogram)?;
    write_report(out, finished.report)
}

/// Writes the lists and the account of a finished run again, after hits were taken out of it.
///
/// # Errors
/// The operating system refuses.
pub fn rewrite(
    out: &Path,
    hits: &[Hit],
    clusters: &[ClusterMember],
    report: &RunReport,
) -> Result<()> {
    write_lists(out, hits, clusters, report)?;
    write_report(out, report)
}

fn write_lists(
    out: &Path,
    hits: &[Hit],
    clusters: &[ClusterMember],
    report: &RunReport,
) -> Result<()> {
    let column = |e: ColumnError| Error::integrity(out, e.to_string(), "run again");
    let parquet = |e: ParquetError| Error::integrity(out, e.to_string(), "run again");
    let batches = hits
        .chunks(ROWS_PER_BATCH)
        .map(encode_hits)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(column)?;
    let header = header(report);
    let hits = encode_parquet_with(hit_schema(), &batches, &[], &header).map_err(parquet)?;
    write_new(out, HITS_FILE, &hits)?;
    let batch = encode_clusters(clusters).map_err(column)?;
    let clusters = encode_parquet(cluster_schema(), &[batch], &[]).map_err(parquet)?;
    write_new(out, CLUSTERS_FILE, &clusters).map(drop)
}

fn write_report(out: &Path, report: &RunReport) -> Result<()> {
    let report = serde_json::to_vec_pretty(report)
        .map_err(|e| Error::integrity(out, e.to_string(), "run again"))?;
    write_new(out, RUN_FILE, &report).map(drop)
}

/// Reads the hit list of a finished run.
///
/// # Errors
/// The directory holds no finished run, or its list cannot be read.
pub fn read_hits(out: &Path) -> Result<Vec<Hit>> {
    read_report(out)?;
    let path = out.join(HITS_FILE);
    let mut hits = Vec::new();
    for batch in read_parquet(&path, None)? {
        hits.extend(
            decode_hits(&batch).map_err(|e| Error::integrity(&path, e.to_string(), "run again"))?,
        );
    }
    Ok(hits)
}

/// Reads the clusters of a finished run.
///
/// # Errors
/// The file cannot be read or is not of its schema.
pub fn read_clusters(out: &Path) -> Result<Vec<ClusterMember>> {
    rows(&out.join(CLUSTERS_FILE), decode_clusters)
}

/// Reads the histograms of a finished run.
///
/// # Errors
/// The file cannot be read or is not of its schema.
pub fn read_histograms(out: &Path) -> Result<Vec<HistogramRow>> {
    rows(&out.join(HISTOGRAM_FILE), decode_histograms)
}

/// The rows of a file, decoded batch by batch.
fn rows<T>(path: &Path, decode: impl Fn(&RecordBatch) -> Option<Vec<T>>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    for batch in read_parquet(path, None)? {
        rows.extend(decode(&batch).ok_or_else(|| {
            Error::integrity(path, "the file has the columns of docs/hits.md", "run again")
        })?);
    }
    Ok(rows)
}

/// Reads the account of a finished run.
///
/// # Errors
/// The directory holds no finished run, or its account cannot be read.
pub fn read_report(out: &Path) -> Result<RunReport> {
    let path = out.join(RUN_FILE);
    if !path.exists() {
        return Err(Error::usage(
            format!("{} holds no finished run", shown(out).display()),
            "give the --out directory of a `tanba run` that ended",
        ));
    }
    let bytes = fs::read(&path).map_err(Error::io(&path))?;
    serde_json::from_slice(&bytes).map_err(|e| Error::integrity(&path, e.to_string(), "run again"))
}
