//! `tanba hits export`: hits as a file for other programs.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::audit::{audited, event};
use super::common::grouped;
use super::hits_list::SelectArgs;
use super::place::{finished, place};
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::hits::export::{Format, encode};
use crate::hits::output::{read_hits, read_report};
use crate::language::{words, words_with};

/// Arguments of `tanba hits export`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tanba hits export night leads.csv --gallery registry --search cold-case\n  \
tanba hits export night strong.parquet --gallery registry --min-score 12\n\n\
The name's ending says the format: .csv, .jsonl, .arrow or .parquet; docs/hits.md describes the columns. The file is \
new, readable by its owner alone, and the export is recorded in the gallery's audit log. Destroying a record or a case \
does not reach it: keep track of where it goes. Exit code 1: no hit, and no file."
)]
pub(super) struct ExportArgs {
    /// Directory of a finished run
    #[arg(value_name = "RUN", value_parser = finished())]
    run: PathBuf,
    /// New file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Gallery that was searched; its audit log records the export
    #[arg(long, value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    #[command(flatten)]
    select: SelectArgs,
}

/// Runs the verb.
pub(super) fn run(args: &ExportArgs, ui: &Ui) -> Result<Outcome> {
    Gallery::open(&args.gallery)?;
    let report = read_report(&args.run)?;
    let bound = report.case.clone();
    let asker = Asker { case: bound.map(|bound| bound.case), ..Asker::default() };
    audited(&args.gallery, event("hits export", asker), |account| {
        let format = format(&args.file)?;
        let selection = args.select.selection();
        let mut hits = read_hits(&args.run)?;
        hits.retain(|hit| selection.picks(hit));
        account.run_id = Some(report.run_id.clone());
        account.count("hits", hits.len() as u64);
        if hits.is_empty() {
            ui.say(words("nothing-exported"));
            ui.document(&serde_json::json!({ "type": "export", "hits": 0, "out": null }));
            return Ok(Outcome::NoHits);
        }
        let bytes = encode(&hits, format)?;
        write(&args.file, &bytes)?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        account.result_blake3 = Some(hash.clone());
        let (count, file) = (grouped(hits.len() as u64), args.file.display().to_string());
        let size = grouped(bytes.len() as u64);
        ui.say(words_with("exported", &[("hits", &count), ("file", &file), ("bytes", &size)]));
        ui.document(&serde_json::json!({
            "type": "export", "hits": hits.len(), "out": file, "bytes": bytes.len(), "blake3": hash,
        }));
        Ok(Outcome::Done)
    })
}

/// Writes a file that only its owner may read, whole or not at all; it must not be there yet.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut staged = tempfile::NamedTempFile::new_in(folder).map_err(Error::io(folder))?;
    let written = staged.write_all(bytes).and_then(|()| staged.as_file().sync_all());
    written.map_err(Error::io(file))?;
    staged.persist_noclobber(file).map(drop).map_err(|e| match e.error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::usage(
            format!("{} exists", file.display()),
            "name another file; an export replaces none",
        ),
        _ => Error::io(file)(e.error),
    })
}

fn format(file: &Path) -> Result<Format> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    Format::of_ending(ending).ok_or_else(|| {
        let endings: Vec<String> =
            Format::ENDINGS.iter().map(|(ending, _)| format!(".{ending}")).collect();
        Error::usage(
            format!("{} does not say its format", file.display()),
            format!("end the name with one of {}", endings.join(", ")),
        )
    })
}
