//! From files of templates to fingerprint records: a list that says whose files they are
//! ([`super::list`]), or one file that is one record.
//!
//! A file given by itself is one record: its identifier is the transaction control number of an
//! ANSI/NIST-ITL file, else the file's name without extension, and nothing says whose it is. A record
//! is all or nothing: a fault in one of its files refuses the record, and without `--partial` the
//! whole import.

use std::path::Path;

use jiff::civil::Date;

use super::notes::{Sayings, Warning};
use super::{FingerFile, FingerFormat, is_finger, list, read_bytes_as};
use crate::domain::finger::Template;
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{identifier_fault, registration_fault};
use crate::import::{read_bounded, sniff, text};
use crate::law::finger_retention::retention;
use crate::law::registration::age_fault;
use crate::law::retention::LifeDates;
use crate::limits::MAX_TEMPLATES_PER_RECORD;

/// What the operator says of fingerprint files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerOptions {
    /// Legal category of every record.
    pub register: Register,
    /// Authority that owns the records.
    pub owner: String,
    /// Day of registration of records of which nothing states one.
    pub registered_on: Date,
    /// Day of the import: nothing has been registered after it.
    pub today: Date,
    /// Format of every file of templates, where content does not tell it.
    pub format: Option<FingerFormat>,
    /// Keep the good records beside bad ones.
    pub partial: bool,
}

/// What a list or a file held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerImport {
    /// What it was, for people: a format, or a list.
    pub format: String,
    /// Records in the order of the list; empty when something was rejected and `partial` was not set.
    pub records: Vec<FingerRecord>,
    /// Files of templates read.
    pub files: u64,
    /// Everything that was refused: rows of the list first, then files, both in their order.
    pub rejections: Vec<Rejection>,
    /// What the formats' readers recognised or assumed, each said once.
    pub conventions: Vec<String>,
    /// What the operator should know but need not act on: each kind of warning once, with its files.
    pub warnings: Vec<Warning>,
    /// BLAKE3 of the file, hexadecimal; of a list, over the list and every file it names.
    pub file_hash: String,
}

/// Reads a list of fingerprint files, or one file of templates as one record.
///
/// # Errors
/// [`Error::Usage`] for a file of genomic profiles; [`Error::Io`] when it cannot be read;
/// [`Error::Limit`] or [`Error::Rejected`] when it is refused as a whole. Faults of single records and
/// of files of a list are not errors: they are in [`FingerImport::rejections`].
pub fn import_fingers(path: &Path, options: &FingerOptions) -> Result<FingerImport> {
    let bytes = read_bounded(path)?;
    let mut imported = if list::is_list(path, &bytes) {
        list::read(path, &bytes, options)?
    } else if is_finger(&bytes) || options.format.is_some() {
        one_file(path, &bytes, options)?
    } else {
        return Err(neither(path, &bytes));
    };
    if !imported.rejections.is_empty() && !options.partial {
        imported.records.clear();
    }
    Ok(imported)
}

/// The error of a file that is neither templates nor a list of them.
fn neither(path: &Path, bytes: &[u8]) -> Error {
    let format = text::decode(path, bytes).and_then(|text| sniff::recognise(path, &text));
    match format {
        Ok(format) => Error::usage(
            format!("{} is a {format}, and --register is for fingerprints", path.display()),
            "give the category of genomic records with --index instead of --register",
        ),
        Err(_) => match read_bytes_as(path, bytes, None) {
            Err(error) => error,
            Ok(_) => Error::usage(
                format!("{} holds no fingerprints", path.display()),
                "docs/import.md names the formats that are read",
            ),
        },
    }
}

/// The usage error of fingerprints given as genomic records, if `bytes` are fingerprints.
pub(in crate::import) fn not_profiles(path: &Path, bytes: &[u8]) -> Option<Error> {
    let what = if is_finger(bytes) {
        "holds fingerprint templates"
    } else if list::is_list(path, bytes) {
        "is a list of fingerprint files"
    } else {
        return None;
    };
    Some(Error::usage(
        format!("{} {what}, and --index is for genomic records", path.display()),
        "give the register of fingerprints with --register instead of --index",
    ))
}

fn one_file(path: &Path, bytes: &[u8], options: &FingerOptions) -> Result<FingerImport> {
    let file = read_bytes_as(path, bytes, options.format)?;
    let mut said = Sayings::default();
    said.note(path, &file.warnings);
    let mut imported = FingerImport {
        format: file.format.to_string(),
        records: Vec::new(),
        files: 1,
        rejections: file.rejections,
        conventions: file.conventions,
        warnings: said.into_warnings(),
        file_hash: blake3::hash(bytes).to_hex().to_string(),
    };
    let stem = || path.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let transaction = file.subject.transaction.map(|number| number.trim().to_owned());
    let mut draft = Draft {
        record_id: transaction.filter(|number| !number.is_empty()).unwrap_or_else(stem),
        templates: file.templates,
        ..Draft::default()
    };
    if let Some((rule, help)) = identifier_fault(&draft.record_id) {
        let rejection = Rejection::new(path, Position::File, rule, &draft.record_id, help);
        imported.rejections.push(rejection);
    }
    if imported.rejections.is_empty() {
        let mut tallies = Tallies::default();
        match draft.finish(path, Position::File, options, &mut tallies) {
            Ok(record) => imported.records.push(record),
            Err(rejection) => imported.rejections.push(*rejection),
        }
        let more = tallies.into_warnings(options.register).into_iter();
        imported.warnings.extend(more.map(|text| Warning::at(path, text)));
    }
    Ok(imported)
}

/// A record while its files are read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) record_id: String,
    pub(super) person_id: Option<String>,
    pub(super) case_id: Option<String>,
    pub(super) registered_on: Option<Date>,
    pub(super) born_on: Option<Date>,
    pub(super) died_on: Option<Date>,
    pub(super) acquitted_on: Option<Date>,
    pub(super) templates: Vec<Template>,
}

impl Draft {
    /// The record, checked against the rules that concern it as a whole; `position` is where the
    /// record stands in `file`.
    pub(super) fn finish(
        &mut self,
        file: &Path,
        position: Position,
        options: &FingerOptions,
        tallies: &mut Tallies,
    ) -> std::result::Result<FingerRecord, Box<Rejection>> {
        let registered_on = self.registered_on.unwrap_or(options.registered_on);
        let refuse = |rule: &str, found: String, help: &str| {
            let rejection = Rejection::new(file, position, rule, found, help);
            Box::new(rejection.of_record(&self.record_id))
        };
        if let Some((rule, found, help)) = registration_fault(registered_on, options.today) {
            return Err(refuse(rule, found, help));
        }
        if let Some(born_on) = self.born_on
            && let Some(fault) = age_fault(options.register, born_on, registered_on)
        {
            let found = format!("born {born_on}, registered {registered_on}");
            let help = "leave the record out; check both dates if the person is older";
            return Err(refuse(fault.rule, found, help));
        }
        if let (Register::Trace, Some(person_id)) = (options.register, &self.person_id) {
            return Err(refuse(
                "a mark from a scene names no person (register trace)",
                person_id.clone(),
                "leave person_id empty, or import prints of a known person into that person's register",
            ));
        }
        if self.templates.is_empty() {
            return Err(refuse(
                "a fingerprint record has at least one template",
                "none".into(),
                "check that the templates were exported with the images",
            ));
        }
        if self.templates.len() > MAX_TEMPLATES_PER_RECORD {
            return Err(refuse(
                "a fingerprint record has at most 1024 templates",
                format!("{}", self.templates.len()),
                "check that the record id identifies one registration",
            ));
        }
        let mut templates = without_repeats(std::mem::take(&mut self.templates), |template| {
            tallies.repeated.note(&format!("{} of {}", template.position, self.record_id));
        });
        // Stable, so that views that bear the same number keep the order of the files.
        templates.sort_by_key(|template| (template.position, template.view));
        tallies.look_at(&self.record_id, options.register, &templates, self.acquitted_on);
        let kept = retention(
            options.register,
            LifeDates {
                registered_on,
                born_on: self.born_on,
                died_on: self.died_on,
                acquitted_on: self.acquitted_on,
            },
        );
        Ok(FingerRecord {
            record_id: std::mem::take(&mut self.record_id),
            person_id: self.person_id.take(),
            case_id: self.case_id.take(),
            register: options.register,
            owner: options.owner.clone(),
            registered_on,
            retain_until: kept.until,
            retain_rule: kept.rule.to_owned(),
            templates,
        })
    }
}

/// `templates` without exact repeats of an earlier one, each of which is noted.
fn without_repeats(templates: Vec<Template>, mut note: impl FnMut(&Template)) -> Vec<Template> {
    let mut kept: Vec<Template> = Vec::with_capacity(templates.len());
    for template in templates {
        if kept.contains(&template) {
            note(&template);
        } else {
            kept.push(template);
        }
    }
    kept
}

/// How often something worth knowing happened, and where first.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: u64,
    first: String,
}

impl Tally {
    /// Counts one more, at `place`.
    pub(super) fn note(&mut self, place: &str) {
        if self.count == 0 {
            place.clone_into(&mut self.first);
        }
        self.count += 1;
    }

    /// The warning, if anything was counted.
    pub(super) fn warning(&self, what: &str) -> Option<String> {
        (self.count > 0).then(|| format!("{} {what} (first: {})", self.count, self.first))
    }
}

/// What an import says once, however often it happens.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    repeated: Tally,
    latent: Tally,
    slaps: Tally,
    acquitted: Tally,
}

impl Tallies {
    fn look_at(
        &mut self,
        record_id: &str,
        register: Register,
        templates: &[Template],
        acquitted_on: Option<Date>,
    ) {
        let is_of_nobody_known = matches!(register, Register::Trace | Register::Corpse);
        for template in templates {
            if template.impression.is_latent() && !is_of_nobody_known {
                self.latent.note(&format!("{} of {record_id}", template.position));
            }
            if template.position.is_slap() {
                self.slaps.note(&format!("{} of {record_id}", template.position));
            }
        }
        if acquitted_on.is_some() {
            self.acquitted.note(record_id);
        }
    }

    pub(super) fn into_warnings(self, register: Register) -> Vec<String> {
        let latent = format!(
            "templates of the register {register} are marked as latent: marks from scenes belong \
             to the register trace"
        );
        let acquitted = "records state an acquittal: the law sets no term for the fingerprints of \
                         the acquitted, so none follows; block or remove the records as decided";
        let warnings = [
            self.repeated.warning("templates repeat another of their record; one of each is kept"),
            self.latent.warning(&latent),
            self.slaps.warning(
                "templates show several fingers at once: marks are searched in them, searches by \
                 position (deduplication, corpses) do not compare them; cut slaps into fingers",
            ),
            self.acquitted.warning(acquitted),
        ];
        warnings.into_iter().flatten().collect()
    }
}

/// A file of a list, read.
#[derive(Debug)]
pub(super) struct ReadFile {
    /// BLAKE3 of its bytes.
    pub(super) hash: [u8; 32],
    /// What it held, or why it cannot be read.
    pub(super) file: std::result::Result<FingerFile, Box<Rejection>>,
}
