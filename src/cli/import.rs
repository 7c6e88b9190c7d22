//! `tanba import`: files of other systems into a gallery.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use serde::Serialize;

use super::audit::{event, in_log};
use super::check::{self, CheckArgs};
use super::common::{grouped, parse_index, parse_register, today};
use super::import_finger;
use super::place::place;
use super::set_aside::SetAside;
use super::ui::{Outcome, Ui};
use crate::audit::pseudonym::Named;
use crate::audit::{Account, Asker};
use crate::domain::category::Index;
use crate::domain::locus::Locus;
use crate::domain::register::Register;
use crate::error::{Error, Rejection, Result};
use crate::gallery::commit::{self, Committed, ImportOutcome, Intake};
use crate::gallery::remote::shown;
use crate::gallery::words::file_stem;
use crate::import::mitochondrial::{HaplotypeAccount, HaplotypeTables};
use crate::import::{ImportOptions, Imported, import_file};
use crate::language::{Message, category, message};

/// Arguments of `tanba import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
tanba import --gallery registry --index convict convicts.csv\n  \
tanba import --gallery registry --index trace --partial stains.xml\n  \
tanba import --gallery registry --index relative relatives.csv families.csv\n  \
tanba import --gallery registry --index corpse corpses.csv mitochondrial.csv\n  \
tanba import --gallery registry --register citizen --owner mvd fingers.csv\n  \
tanba import --check finger.fmr\n\n\
Formats are recognised by content. Genomic records (--index): wide and long tables, CODIS CMF and\n\
CSV, GeneMapper, family tables, Familias, tables of mitochondrial haplotypes. Fingerprints (--register): a list with the columns\n\
record_id and file that says whose files are; or a file of templates by itself (ISO 19794-2,\n\
ANSI 378, ANSI/NIST-ITL, .xyt), which is one record, named by its transaction or its file name.\n\
A file with a bad record brings nothing unless --partial is given; every rejected record goes to\n\
GALLERY/quarantine with its reason.")]
#[command(group(clap::ArgGroup::new("category").required(true).args(["index", "register", "check"])))]
pub(super) struct ImportArgs {
    /// Directory of the gallery; made if it does not exist
    #[arg(long, value_name = "DIR|URL", value_parser = place(), required_unless_present = "check")]
    gallery: Option<PathBuf>,
    /// Legal category of genomic records: convict, trace, corpse or relative
    #[arg(long, value_parser = parse_index)]
    index: Option<Index>,
    /// Legal category of fingerprint records: citizen, seafarer, resident, refugee, expelled, visa,
    /// convict, trace or corpse
    #[arg(long, value_parser = parse_register)]
    register: Option<Register>,
    /// Authority that owns the records [default: agis for genomic records, afis for fingerprints,
    /// transport for those of seafarers]
    #[arg(long)]
    owner: Option<String>,
    /// Day of registration where a file states none [default: today]
    #[arg(long, value_name = "DATE")]
    pub(super) registered_on: Option<Date>,
    /// A laboratory's own name of a locus, such as STR7=D7S820; may be repeated
    #[arg(long, conflicts_with = "register", value_name = "NAME=LOCUS", value_parser = parse_alias)]
    alias: Vec<(String, Locus)>,
    /// Keep the good records of a file that also has bad ones
    #[arg(long)]
    pub(super) partial: bool,
    #[command(flatten)]
    pub(super) finger: CheckArgs,
    /// Files to import
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
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
    pedigree_persons: u64,
    haplotypes: u64,
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
    pedigrees: u64,
    retention_updates: u64,
    retention_kept: u64,
    files: Vec<FileReport>,
}

/// Runs the verb.
pub(super) fn run(args: &ImportArgs, ui: &Ui) -> Result<Outcome> {
    if let Some(absent) = args.files.iter().find(|path| matches!(path.try_exists(), Ok(false))) {
        return Err(Error::input(absent)(std::io::ErrorKind::NotFound.into()));
    }
    if args.finger.check {
        return check::run(&args.finger, &args.files, ui);
    }
    let owner = |default: &str| args.owner.clone().unwrap_or_else(|| default.to_owned());
    let mut event = event("import", Asker::default());
    if args.register.is_some() {
        // A file of one card may be named by its record, which no gallery holds before it.
        let cards =
            args.files.iter().filter(|file| file.extension().is_none_or(|end| end != "csv"));
        let stems = cards.filter_map(|file| file_stem(file.to_str()?));
        event.names.extend(stems.map(|stem| (Named::Record, stem.to_owned())));
    }
    match (&args.gallery, args.index, args.register) {
        (Some(gallery), Some(index), None) => in_log(gallery, event, |account| {
            import_dna(args, (gallery, index, owner("agis")), account, ui)
        }),
        (Some(gallery), None, Some(register)) => in_log(gallery, event, |account| {
            let owner = owner(register.default_owner());
            import_finger::run(args, (gallery, register, owner), account, ui)
        }),
        _ => Err(Error::usage(
            "an import is of genomic records or of fingerprints, into a gallery",
            "give --gallery, and --index for genomic records or --register for fingerprints",
        )),
    }
}

fn import_dna(
    args: &ImportArgs,
    (gallery, index, owner): (&Path, Index, String),
    account: &mut Account,
    ui: &Ui,
) -> Result<Outcome> {
    let set_aside = SetAside { gallery, category: index.name(), ui };
    let tables = match HaplotypeTables::read(&args.files) {
        Ok(tables) => tables,
        Err(Error::Rejected(rejection)) => {
            set_aside.whole_file(&rejection, &mut None)?;
            return Err(Error::Rejected(rejection));
        }
        Err(error) => return Err(error),
    };
    let options = ImportOptions {
        index,
        owner,
        registered_on: args.registered_on.unwrap_or_else(today),
        today: today(),
        aliases: args.alias.iter().cloned().collect::<BTreeMap<_, _>>(),
        partial: args.partial,
        lineage_only: true,
        haplotypes: tables.by_id(),
    };
    let mut read = Read::default();
    for path in args.files.iter().filter(|path| !tables.holds(path)) {
        let imported = match import_file(path, &options) {
            Ok(imported) => imported,
            Err(Error::Rejected(rejection)) => {
                let quarantine = set_aside.whole_file(&rejection, &mut read.first_rejection)?;
                read.reports.push(FileReport::refused(path, quarantine));
                continue;
            }
            Err(error) => return Err(error),
        };
        read.take_in(path, imported, 0, args, &set_aside)?;
    }
    read.take_in_haplotypes(args, &tables, &options, &set_aside)?;
    let Read { mut intakes, reports, first_rejection } = read;
    intakes.retain(|i| args.partial || i.rejected == 0);
    let committed = match commit::import(gallery, index, &options.owner, &intakes)? {
        ImportOutcome::Committed(committed) => committed,
        ImportOutcome::Clashes(clashes) => return Err(set_aside.clashes(&clashes)),
    };
    account_of_import(&committed, intakes.len(), account);
    tell(gallery, index, &committed, &reports, ui);
    ui.document(&ImportReport {
        r#type: "import",
        gallery: shown(gallery),
        generation: committed.generation,
        added: committed.added,
        already_present: committed.already_present,
        family_members: committed.family_members,
        pedigrees: committed.pedigrees,
        retention_updates: committed.retention_updates,
        retention_kept: committed.retention_kept.len() as u64,
        files: reports,
    });
    match first_rejection {
        Some(rejection) => Err(rejection.into()),
        None => Ok(Outcome::Done),
    }
}

/// What the files of an import brought so far.
#[derive(Default)]
struct Read {
    intakes: Vec<Intake>,
    reports: Vec<FileReport>,
    first_rejection: Option<Rejection>,
}

impl Read {
    /// Takes in what a file brought; its rejections go to the quarantine.
    fn take_in(
        &mut self,
        path: &Path,
        imported: Imported,
        haplotypes: u64,
        args: &ImportArgs,
        set_aside: &SetAside<'_>,
    ) -> Result<()> {
        let quarantine = set_aside.of_file(
            &imported.file_hash,
            &imported.rejections,
            args.partial,
            &mut self.first_rejection,
        )?;
        for warning in &imported.warnings {
            set_aside.ui.warn(format!("{}: {warning}", path.display()));
        }
        self.reports.push(FileReport {
            file: path.display().to_string(),
            format: Some(imported.format.name()),
            records: imported.records.len() as u64,
            family_members: imported.family_members.len() as u64,
            pedigree_persons: imported.pedigree_persons.len() as u64,
            haplotypes,
            rejected: imported.rejections.len() as u64,
            warnings: imported.warnings,
            quarantine,
        });
        self.intakes.push(Intake {
            file_hash: imported.file_hash,
            file_name: file_name(path),
            rejected: imported.rejections.len() as u64,
            records: imported.records,
            family_members: imported.family_members,
            pedigree_persons: imported.pedigree_persons,
        });
        Ok(())
    }

    /// Accounts for the tables of haplotypes. One that is refused takes every file with it: a record that goes in
    /// without its haplotype could not be given it later.
    fn take_in_haplotypes(
        &mut self,
        args: &ImportArgs,
        tables: &HaplotypeTables,
        options: &ImportOptions,
        set_aside: &SetAside<'_>,
    ) -> Result<()> {
        let kept = self.intakes.iter().filter(|i| args.partial || i.rejected == 0);
        let ids = kept.flat_map(|i| &i.records).map(|record| record.record_id.clone());
        let ids: HashSet<String> = ids.collect();
        let mut is_refused = false;
        for path in &args.files {
            let account = tables.account(path, options, |id| ids.contains(id))?;
            let Some(HaplotypeAccount { imported, haplotypes }) = account else { continue };
            is_refused |= !imported.rejections.is_empty() && !args.partial;
            self.take_in(path, imported, haplotypes, args, set_aside)?;
        }
        if is_refused && self.intakes.iter().any(|intake| !intake.records.is_empty()) {
            set_aside.ui.warn(message!("import-haplotypes-refused"));
        }
        if is_refused {
            self.intakes.clear();
        }
        Ok(())
    }
}

/// Fills in what an import of `files` brought.
pub(super) fn account_of_import(committed: &Committed, files: usize, account: &mut Account) {
    account.count("files", files as u64);
    account.count("added", committed.added);
    account.count("generation", committed.generation);
}

/// Name of a file without its directories.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

impl FileReport {
    /// A file that was refused as a whole.
    fn refused(path: &Path, quarantine: String) -> FileReport {
        FileReport {
            file: path.display().to_string(),
            format: None,
            records: 0,
            family_members: 0,
            pedigree_persons: 0,
            haplotypes: 0,
            rejected: 1,
            warnings: Vec::new(),
            quarantine: Some(quarantine),
        }
    }
}

fn tell(gallery: &Path, index: Index, committed: &Committed, reports: &[FileReport], ui: &Ui) {
    for report in reports {
        let file = message!("import-file", file = &report.file, format = format_of(report.format));
        let counts = [
            ("import-family-members", report.family_members),
            ("import-pedigree-persons", report.pedigree_persons),
            ("import-haplotypes", report.haplotypes),
            ("import-rejected", report.rejected),
        ];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let counts = counts.map(|(id, count)| message!(id, count = grouped(count)));
        let file = file.with("records", grouped(report.records));
        ui.say(Message::List(std::iter::once(file).chain(counts).collect(), ", "));
        if let Some(quarantine) = &report.quarantine {
            ui.say(format!("  {}", message!("import-reasons", file = quarantine)));
        }
    }
    tell_present(committed, ui);
    if committed.family_members > 0 {
        ui.say(message!("import-family-lines", lines = grouped(committed.family_members)));
    }
    if committed.pedigrees > 0 {
        ui.say(message!("import-pedigrees", count = grouped(committed.pedigrees)));
    }
    tell_committed(gallery, committed, category(index.name(), false), ui);
}

/// The format of a file in words.
pub(super) fn format_of(format: Option<&str>) -> Message {
    format.map_or_else(|| message!("import-not-recognised"), Message::from)
}

/// Says what was there already.
pub(super) fn tell_present(committed: &Committed, ui: &Ui) {
    for name in &committed.known_files {
        ui.say(message!("import-known", file = name));
    }
    if committed.already_present > 0 {
        ui.say(message!("import-present", records = grouped(committed.already_present)));
    }
}

/// Says what happened to retentions, and how many records of `category` were added.
pub(super) fn tell_committed(gallery: &Path, committed: &Committed, category: Message, ui: &Ui) {
    if committed.retention_updates > 0 {
        let records = grouped(committed.retention_updates);
        ui.say(message!("import-retention-updates", records = records));
    }
    if let Some(first) = committed.retention_kept.first() {
        let records = grouped(committed.retention_kept.len() as u64);
        ui.warn(message!("import-retention-kept", records = records, first = first.to_string()));
    }
    ui.say(message!(
        "import-added",
        gallery = shown(gallery).to_string(),
        generation = committed.generation.to_string(),
        count = grouped(committed.added),
        category = category,
    ));
}
