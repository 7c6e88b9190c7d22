//! `tanba import --register`: fingerprints into a gallery, from lists or from files by themselves.

use std::path::Path;

use serde::Serialize;

use super::common::{grouped, today};
use super::import::{
    ImportArgs, account_of_import, file_name, format_of, tell_committed, tell_present,
};
use super::set_aside::SetAside;
use super::ui::{Outcome, Ui};
use crate::audit::Account;
use crate::domain::register::Register;
use crate::error::{Error, Rejection, Result};
use crate::gallery::commit::{self, FingerIntake, ImportOutcome};
use crate::gallery::remote::shown;
use crate::import::finger::intake::{FingerImport, FingerOptions, import_fingers};
use crate::import::finger::{Sayings, Warning};
use crate::language::{Message, category, message};

#[derive(Debug, Serialize)]
struct FileReport {
    file: String,
    format: Option<String>,
    records: u64,
    /// Files of templates read.
    files: u64,
    templates: u64,
    rejected: u64,
    conventions: Vec<String>,
    warnings: Vec<Warning>,
    quarantine: Option<String>,
}

#[derive(Debug, Serialize)]
struct FingerImportReport {
    r#type: &'static str,
    gallery: String,
    register: &'static str,
    generation: u64,
    added: u64,
    already_present: u64,
    retention_updates: u64,
    retention_kept: u64,
    files: Vec<FileReport>,
}

/// Imports the files into `register` for `owner`.
pub(super) fn run(
    args: &ImportArgs,
    (gallery, register, owner): (&Path, Register, String),
    account: &mut Account,
    ui: &Ui,
) -> Result<Outcome> {
    let set_aside = SetAside { gallery, category: register.name(), ui };
    let options = FingerOptions {
        register,
        owner,
        registered_on: args.registered_on.unwrap_or_else(today),
        today: today(),
        format: args.finger.format,
        partial: args.partial,
    };
    let mut intakes = Vec::new();
    let mut reports = Vec::new();
    let mut first_rejection: Option<Rejection> = None;
    for path in &args.files {
        let imported = match import_fingers(path, &options) {
            Ok(imported) => imported,
            Err(Error::Rejected(rejection)) => {
                let quarantine = set_aside.whole_file(&rejection, &mut first_rejection)?;
                reports.push(refused(path, quarantine));
                continue;
            }
            Err(error) => return Err(error),
        };
        let quarantine = set_aside.of_file(
            &imported.file_hash,
            &imported.rejections,
            args.partial,
            &mut first_rejection,
        )?;
        reports.push(take_in(path, &imported, quarantine));
        intakes.push(FingerIntake {
            file_hash: imported.file_hash,
            file_name: file_name(path),
            rejected: imported.rejections.len() as u64,
            records: imported.records,
        });
    }
    let mut said = Sayings::default();
    reports.iter().flat_map(|report| &report.warnings).for_each(|w| said.merge(w.clone()));
    said.into_warnings().iter().for_each(|warning| ui.warn(warning.to_string()));
    intakes.retain(|intake| args.partial || intake.rejected == 0);
    let outcome = commit::import_fingers(gallery, register, &options.owner, &intakes)?;
    let committed = match outcome {
        ImportOutcome::Committed(committed) => committed,
        ImportOutcome::Clashes(clashes) => return Err(set_aside.clashes(&clashes)),
    };
    account_of_import(&committed, intakes.len(), account);
    reports.iter().for_each(|report| tell(report, ui));
    tell_present(&committed, ui);
    tell_committed(gallery, &committed, category(register.name(), true), ui);
    ui.document(&FingerImportReport {
        r#type: "finger_import",
        gallery: shown(gallery),
        register: register.name(),
        generation: committed.generation,
        added: committed.added,
        already_present: committed.already_present,
        retention_updates: committed.retention_updates,
        retention_kept: committed.retention_kept.len() as u64,
        files: reports,
    });
    match first_rejection {
        Some(rejection) => Err(rejection.into()),
        None => Ok(Outcome::Done),
    }
}

fn refused(path: &Path, quarantine: String) -> FileReport {
    FileReport {
        file: path.display().to_string(),
        format: None,
        records: 0,
        files: 0,
        templates: 0,
        rejected: 1,
        conventions: Vec::new(),
        warnings: Vec::new(),
        quarantine: Some(quarantine),
    }
}

fn take_in(path: &Path, imported: &FingerImport, quarantine: Option<String>) -> FileReport {
    FileReport {
        file: path.display().to_string(),
        format: Some(imported.format.clone()),
        records: imported.records.len() as u64,
        files: imported.files,
        templates: imported.records.iter().map(|record| record.templates.len() as u64).sum(),
        rejected: imported.rejections.len() as u64,
        conventions: imported.conventions.clone(),
        warnings: imported.warnings.clone(),
        quarantine,
    }
}

fn tell(report: &FileReport, ui: &Ui) {
    let file = message!(
        "import-finger-file",
        file = &report.file,
        format = format_of(report.format.as_deref()),
        records = grouped(report.records),
        templates = grouped(report.templates),
        files = grouped(report.files),
    );
    let rejected = (report.rejected > 0)
        .then(|| message!("import-rejected", count = grouped(report.rejected)));
    ui.say(Message::List(std::iter::once(file).chain(rejected).collect(), ", "));
    for convention in &report.conventions {
        ui.say(format!("  {convention}"));
    }
    if let Some(quarantine) = &report.quarantine {
        ui.say(format!("  {}", message!("import-reasons", file = quarantine)));
    }
}
