//! `tanba import`: files of other systems into a gallery.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use serde::Serialize;

use super::common::{grouped, parse_index, today};
use super::ui::{Outcome, Ui};
use crate::domain::category::Index;
use crate::domain::locus::Locus;
use crate::error::{Error, Position, Rejection, Result};
use crate::gallery::commit::{self, Clash, Committed, ImportOutcome, Intake};
use crate::import::{ImportOptions, Imported, import_file, quarantine};

/// Arguments of `tanba import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba import --gallery registry --index convict convicts.csv\n  \
tanba import --gallery registry --index trace --partial stains.xml\n  \
tanba import --gallery registry --index relative relatives.csv families.csv\n\n\
Formats are recognised by content: wide and long tables, CODIS CMF and CSV, GeneMapper, family\n\
tables, Familias. A file with a bad record brings nothing unless --partial is given; every rejected\n\
record goes to GALLERY/quarantine with its reason.")]
pub(super) struct ImportArgs {
    /// Directory of the gallery; made if it does not exist
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
    /// Legal category of the records: convict, trace, corpse or relative
    #[arg(long, value_parser = parse_index)]
    index: Index,
    /// Authority that owns the records
    #[arg(long, default_value = "agis")]
    owner: String,
    /// Day of registration where a file states none [default: today]
    #[arg(long, value_name = "DATE")]
    registered_on: Option<Date>,
    /// A laboratory's own name of a locus, such as STR7=D7S820; may be repeated
    #[arg(long, value_name = "NAME=LOCUS", value_parser = parse_alias)]
    alias: Vec<(String, Locus)>,
    /// Keep the good records of a file that also has bad ones
    #[arg(long)]
    partial: bool,
    /// Files to import
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Reads NAME=LOCUS.
pub(super) fn parse_alias(text: &str) -> std::result::Result<(String, Locus), String> {
    let (name, locus) = text.split_once('=').ok_or("is NAME=LOCUS")?;
    let locus = Locus::parse(locus).ok_or_else(|| format!("{locus} is not a known locus"))?;
    Ok((name.to_owned(), locus))
}

#[derive(Debug, Serialize)]
struct FileReport {
    file: String,
    format: Option<&'static str>,
    records: u64,
    family_members: u64,
    rejected: u64,
    warnings: Vec<String>,
    quarantine: Option<String>,
}

#[derive(Debug, Serialize)]
struct ImportReport {
    r#type: &'static str,
    gallery: String,
    generation: u64,
    added: u64,
    already_present: u64,
    family_members: u64,
    retention_updates: u64,
    retention_kept: u64,
    files: Vec<FileReport>,
}

/// Runs the verb.
pub(super) fn run(args: &ImportArgs, ui: &Ui) -> Result<Outcome> {
    if let Some(absent) = args.files.iter().find(|path| matches!(path.try_exists(), Ok(false))) {
        return Err(Error::usage(
            format!("{} does not exist", absent.display()),
            "check the path of the file to import",
        ));
    }
    let options = ImportOptions {
        index: args.index,
        owner: args.owner.clone(),
        registered_on: args.registered_on.unwrap_or_else(today),
        aliases: args.alias.iter().cloned().collect::<BTreeMap<_, _>>(),
        partial: args.partial,
    };
    let mut intakes = Vec::new();
    let mut reports = Vec::new();
    let mut first_rejection = None;
    for path in &args.files {
        let imported = match import_file(path, &options) {
            Ok(imported) => imported,
            Err(Error::Rejected(rejection)) => {
                // The first rejection is shown as the error this command ends with.
                if first_rejection.is_some() {
                    ui.rejection(&rejection);
                }
                reports.push(refuse_whole(args, &rejection, ui)?);
                first_rejection.get_or_insert(*rejection);
                continue;
            }
            Err(error) => return Err(error),
        };
        let is_error = !args.partial && first_rejection.is_none();
        reports.push(take_in(args, path, &imported, usize::from(is_error), ui)?);
        if is_error {
            first_rejection = imported.rejections.first().cloned();
        }
        intakes.push(Intake {
            file_hash: imported.file_hash,
            file_name: file_name(path),
            rejected: imported.rejections.len() as u64,
            records: imported.records,
            family_members: imported.family_members,
        });
    }
    intakes.retain(|i| args.partial || i.rejected == 0);
    let committed = match commit::import(&args.gallery, args.index, &args.owner, &intakes)? {
        ImportOutcome::Committed(committed) => committed,
        ImportOutcome::Clashes(clashes) => return Err(clash_error(args, &clashes, ui)),
    };
    tell(args, &committed, &reports, ui);
    ui.document(&ImportReport {
        r#type: "import",
        gallery: args.gallery.display().to_string(),
        generation: committed.generation,
        added: committed.added,
        already_present: committed.already_present,
        family_members: committed.family_members,
        retention_updates: committed.retention_updates,
        retention_kept: committed.retention_kept.len() as u64,
        files: reports,
    });
    match first_rejection {
        Some(rejection) => Err(rejection.into()),
        None => Ok(Outcome::Done),
    }
}

/// Name of a file without its directories.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// Rejections shown on the terminal; all of them are in the quarantine file.
const SHOWN: usize = 5;

fn take_in(
    args: &ImportArgs,
    path: &Path,
    imported: &Imported,
    shown_already: usize,
    ui: &Ui,
) -> Result<FileReport> {
    for warning in &imported.warnings {
        ui.warn(format!("{}: {warning}", path.display()));
    }
    for rejection in imported.rejections.iter().take(SHOWN).skip(shown_already) {
        ui.rejection(rejection);
    }
    let quarantine = if imported.rejections.is_empty() {
        None
    } else {
        Some(set_aside(args, &imported.file_hash, &imported.rejections, ui)?)
    };
    Ok(FileReport {
        file: path.display().to_string(),
        format: Some(imported.format.name()),
        records: imported.records.len() as u64,
        family_members: imported.family_members.len() as u64,
        rejected: imported.rejections.len() as u64,
        warnings: imported.warnings.clone(),
        quarantine,
    })
}

fn refuse_whole(args: &ImportArgs, rejection: &Rejection, ui: &Ui) -> Result<FileReport> {
    let id = refusal_id(&rejection.file);
    let quarantine = set_aside(args, &id, std::slice::from_ref(rejection), ui)?;
    Ok(FileReport {
        file: rejection.file.display().to_string(),
        format: None,
        records: 0,
        family_members: 0,
        rejected: 1,
        warnings: Vec::new(),
        quarantine: Some(quarantine),
    })
}

/// Identity of a file that was refused whole: its content, so that a later refusal of another file
/// under the same path keeps the earlier reasons; the path where the content cannot be read.
fn refusal_id(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let read = std::fs::File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
    match read {
        Ok(()) => crate::ident::content_id("refused-content", [&hasher.finalize().as_bytes()[..]]),
        Err(_) => crate::ident::content_id("refused-path", [path.as_os_str().as_encoded_bytes()]),
    }
}

/// Writes the rejections of one file to the gallery's quarantine.
fn set_aside(args: &ImportArgs, id: &str, rejections: &[Rejection], ui: &Ui) -> Result<String> {
    let directory = args.gallery.join("quarantine");
    std::fs::create_dir_all(&directory).map_err(Error::io(&directory))?;
    let short: String = id.chars().take(32).collect();
    let path = directory.join(format!("{}-{short}.parquet", args.index));
    quarantine::write(&path, rejections)?;
    let more = rejections.len().saturating_sub(SHOWN);
    if more > 0 {
        ui.note(format!("… and {more} more"));
    }
    Ok(path.display().to_string())
}

fn clash_error(args: &ImportArgs, clashes: &[Clash], ui: &Ui) -> Error {
    let help = "a record id names one profile for ever; give the record a new id, or leave it out";
    let rejections: Vec<Rejection> = clashes
        .iter()
        .map(|clash| {
            let file = PathBuf::from(&clash.file_name);
            let rule = "a record id already in the gallery comes with the same content";
            Rejection::new(&file, Position::File, rule, &clash.record_id, help)
                .of_record(&clash.record_id)
        })
        .collect();
    for rejection in rejections.iter().take(SHOWN) {
        ui.rejection(rejection);
    }
    let id = crate::ident::content_id("clash", clashes.iter().map(|c| c.record_id.as_bytes()));
    if let Err(error) = set_aside(args, &id, &rejections, ui) {
        return error;
    }
    match rejections.into_iter().next() {
        Some(first) => first.into(),
        None => Error::usage("ids clash", help),
    }
}

fn tell(args: &ImportArgs, committed: &Committed, reports: &[FileReport], ui: &Ui) {
    for report in reports {
        let format = report.format.unwrap_or("not recognised");
        let mut line = format!("{}: {format}, {} records", report.file, grouped(report.records));
        if report.family_members > 0 {
            line += &format!(", {} family members", grouped(report.family_members));
        }
        if report.rejected > 0 {
            line += &format!(", {} rejected", grouped(report.rejected));
        }
        ui.say(line);
        if let Some(quarantine) = &report.quarantine {
            ui.say(format!("  reasons: {quarantine}"));
        }
    }
    for name in &committed.known_files {
        ui.say(format!("{name}: imported before; nothing to do"));
    }
    if committed.already_present > 0 {
        ui.say(format!("{} records were already there", grouped(committed.already_present)));
    }
    if committed.family_members > 0 {
        let lines = grouped(committed.family_members);
        ui.say(format!("{lines} lines of families are new or changed"));
    }
    if committed.retention_updates > 0 {
        let records = grouped(committed.retention_updates);
        ui.say(format!("{records} records already there are kept until another day from now on"));
    }
    if let Some(first) = committed.retention_kept.first() {
        ui.warn(format!(
            "{} records already there keep their retention: what the files state does not \
supersede it (the first is {first})",
            grouped(committed.retention_kept.len() as u64)
        ));
    }
    ui.say(format!(
        "gallery {} is at generation {}: {} {} records added",
        args.gallery.display(),
        committed.generation,
        grouped(committed.added),
        args.index,
    ));
}
