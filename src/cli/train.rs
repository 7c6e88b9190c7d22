//! `tanba train`: learns the projection of the minutia descriptor.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::evaluate::finger::{Dataset, LabelledPrint};
use crate::evaluate::train::{Provenance, learn};
use crate::kernel::minutia::descriptor::DESCRIPTOR_VERSION;

/// Arguments of `tanba train`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tanba train --data practice --out projection.bin
  tanba train --data practice --without db0001 --out fold.bin

A folder of --data holds databases, and a database files named <finger>_<impression>.iso; `tanba synth
finger-prints --out practice` makes one.
Beside FILE.bin stands FILE.json: what it was learned from, and the hashes of both.")]
pub(super) struct TrainArgs {
    /// Folder of labelled impressions; may be given several times
    #[arg(long, value_name = "DIR", required = true)]
    data: Vec<PathBuf>,
    /// Leave out the databases of this name, to test on them
    #[arg(long, value_name = "DATABASE")]
    without: Vec<String>,
    /// File to write
    #[arg(long, value_name = "FILE.bin")]
    out: PathBuf,
}

/// What stands beside a projection.
#[derive(Debug, Serialize)]
struct Document {
    format: &'static str,
    tanba_version: &'static str,
    descriptor_version: u32,
    /// BLAKE3 of the projection file.
    blake3: String,
    /// Data sets, with the databases used.
    data: Vec<DataSet>,
    provenance: Provenance,
}

#[derive(Debug, Serialize)]
struct DataSet {
    name: String,
    databases: Vec<String>,
    /// BLAKE3 over the minutiae of all impressions, in order.
    blake3: String,
}

/// Runs the verb.
pub(super) fn run(args: &TrainArgs, ui: &Ui) -> Result<Outcome> {
    let mut sets = Vec::new();
    let mut data = Vec::new();
    for folder in &args.data {
        let dataset = Dataset::read(folder)?;
        let used = |database: usize| !args.without.contains(&dataset.databases[database]);
        let prints: Vec<LabelledPrint> =
            dataset.prints.iter().filter(|p| used(p.database)).cloned().collect();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let databases = (0..dataset.databases.len()).filter(|d| used(*d));
        let databases = databases.map(|d| dataset.databases[d].clone()).collect();
        ui.note(format!("{name}: {} impressions of {databases:?}", prints.len()));
        data.push(DataSet { name, databases, blake3: hash(&prints) });
        sets.push(prints);
    }
    if sets.iter().all(Vec::is_empty) {
        return Err(Error::usage(
            format!("--without {} leaves nothing to train on", args.without.join(" --without ")),
            "keep at least one database of --data, or give another folder",
        ));
    }
    let (projection, provenance) = learn(&sets)?;
    let bytes = projection.to_bytes();
    let document = Document {
        format: "tanba-projection",
        tanba_version: env!("CARGO_PKG_VERSION"),
        descriptor_version: DESCRIPTOR_VERSION,
        blake3: blake3::hash(&bytes).to_hex().to_string(),
        data,
        provenance,
    };
    std::fs::write(&args.out, bytes).map_err(Error::io(&args.out))?;
    let beside = args.out.with_extension("json");
    let mut text = serde_json::to_string_pretty(&document)
        .map_err(|e| Error::usage(e.to_string(), "report this"))?;
    text.push('\n');
    std::fs::write(&beside, text).map_err(Error::io(&beside))?;
    ui.say(format!(
        "{}: learned from {} corresponding minutiae of {} mated pairs; {}",
        args.out.display(),
        document.provenance.corresponding_minutiae,
        document.provenance.mated_pairs,
        document.blake3,
    ));
    ui.document_of("training", &document);
    Ok(Outcome::Done)
}

fn hash(prints: &[LabelledPrint]) -> String {
    let mut hasher = blake3::Hasher::new();
    for print in prints {
        hasher.update(&print.finger.to_le_bytes());
        hasher.update(&print.impression.to_le_bytes());
        for m in &print.minutiae {
            hasher.update(&m.x_px.to_le_bytes());
            hasher.update(&m.y_px.to_le_bytes());
            hasher.update(&[m.direction, m.quality]);
        }
    }
    hasher.finalize().to_hex().to_string()
}
