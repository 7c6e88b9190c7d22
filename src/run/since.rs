//! A night after an earlier run: which of its searches go on from there, and from which state of the gallery.
//!
//! A search goes on if the earlier run had it, was of the same gallery, and was made by the same comparators with the
//! same parameters; otherwise all its pairs are compared again. Why by that run's own account: it is what says
//! what was compared, and it may itself be a night after another one. Limits: an account is believed as it
//! stands; whoever can write it can leave pairs out.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::hits::output::{RUN_FILE, read_report};
use crate::hits::report::RunReport;
use crate::plan::delta::Watermark;
use crate::plan::job::Parameters;

/// Parameters that may differ between a run and the night after it.
const MAY_DIFFER: [&str; 2] = ["as_of", "since"];

/// An earlier run, and what it has compared.
#[derive(Debug)]
pub struct Since {
    /// What of the gallery it compared.
    pub watermark: Watermark,
    /// Searches that go on from there; none if [`Self::changed`] says why.
    pub searches: BTreeSet<String>,
    /// What has changed since, so that everything is compared again.
    pub changed: Vec<String>,
}

/// The run id of the earlier run in `directory`.
///
/// # Errors
/// It holds no finished run.
pub fn run_id(directory: &Path) -> Result<String> {
    Ok(read_report(directory)?.run_id)
}

/// What goes on from the earlier run in `directory`.
///
/// # Errors
/// It holds no finished run, or one of another gallery; or the gallery cannot be read.
pub fn read(directory: &Path, gallery: &Gallery, parameters: &Parameters) -> Result<Since> {
    let report = read_report(directory)?;
    let generation = report.gallery_generation;
    let is_purged = gallery.manifest().purged().contains_key(&generation);
    if !gallery.had(generation, &report.gallery_manifest_blake3)?
        || generation > gallery.manifest().generation
    {
        return Err(Error::usage(
            format!("the run in {} is of another gallery", directory.display()),
            "give an earlier run of this gallery, or leave --since out",
        ));
    }
    let path = directory.join(RUN_FILE);
    let broken = |rule: &str| Error::integrity(&path, rule, "leave --since out");
    let as_of = report.parameters.get("as_of").and_then(Value::as_str);
    let as_of =
        as_of.and_then(|day| day.parse().ok()).ok_or_else(|| broken("`as_of` is a date"))?;
    let mut changed = changes(&report, parameters)?;
    // What that generation held is gone, so what of it was compared cannot be told from what is new.
    let then = match is_purged {
        true => {
            changed
                .push(format!("generation {generation}, which held records that an act destroyed"));
            Gallery::open(gallery.root())?
        }
        false => Gallery::open_at(gallery.root(), generation)?,
    };
    let searches = match changed.is_empty() {
        true => report.searches.iter().map(|search| search.search.clone()).collect(),
        false => BTreeSet::new(),
    };
    let watermark = Watermark {
        generation,
        as_of,
        statuses: then.statuses()?,
        family_members: then.family_members()?,
        family_pedigrees: then.family_pedigrees()?,
    };
    Ok(Since { watermark, searches, changed })
}

/// Parameters and versions of comparators that are not those of the earlier run.
fn changes(report: &RunReport, parameters: &Parameters) -> Result<Vec<String>> {
    let now = serde_json::to_value(parameters)
        .map_err(|e| Error::usage(e.to_string(), "check the parameters"))?;
    let empty = Map::new();
    let (then, now) =
        (report.parameters.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
    let keys: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let differs = |key: &&&String| {
        !MAY_DIFFER.contains(&key.as_str()) && then.get(key.as_str()) != now.get(key.as_str())
    };
    let mut changed: Vec<String> =
        keys.iter().filter(differs).map(|key| format!("parameter {key}")).collect();
    changed.extend(other_versions(report, parameters));
    Ok(changed)
}

/// Comparators of this program that are not of the version an earlier run was made by.
pub fn other_versions(report: &RunReport, parameters: &Parameters) -> Vec<String> {
    let name = |version: &str| version.split(' ').next().unwrap_or_default().to_owned();
    let is_other = |version: &String| {
        let of_then = report.kernels.iter().find(|other| name(other) == name(version));
        of_then.is_some_and(|other| other != version)
    };
    super::possible_versions(parameters).into_iter().filter(is_other).collect()
}
