//! The list that says whose fingerprint files are: `record_id, file` and, where known, `person_id,
//! case_id, registered_on, born_on, died_on, acquitted_on, position`.
//!
//! `file` is relative to the folder of the list. A record may have several rows, one file each; what
//! one row says of the record, another may leave empty but not contradict. `position` says where on
//! the hands the impressions of a file come from, where the file leaves it open. Dates compute the
//! retention and check the age of registration; only the day of registration is stored.
//!
//! Limits: files are read in parallel, one per thread at a time; the rows and the templates of a list
//! are in memory together, about 0.6 kB per finger.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;

use super::intake::{Draft, FingerImport, FingerOptions, ReadFile, Tallies, Tally};
use super::notes::{Sayings, Warning};
use super::{FingerFormat, read_bytes_as};
use crate::domain::finger::{Position as FingerPosition, Template};
use crate::domain::finger_record::FingerRecord;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{identifier_fault, parse_date};
use crate::import::table::{Header, Row, Rows, fold, unstored_warnings};
use crate::import::text;
use crate::limits::{MAX_FINGER_FILE_BYTES, MAX_RECORDS_PER_FILE, MAX_REJECTIONS_PER_FILE};

/// Files read between two looks at what they held: enough to keep every thread busy.
const FILES_PER_STEP: usize = 1024;

/// Longest start of a file that is looked at for the header of a list, bytes.
const HEADER_BYTES: usize = 1 << 16;

/// Names of each column, folded; the first is the one documented.
const COLUMNS: [&[&str]; 9] = [
    &["record id"],
    &["file"],
    &["position"],
    &["person id"],
    &["case id"],
    &["registered on"],
    &["born on", "birth date"],
    &["died on", "death date"],
    &["acquitted on"],
];

/// Whether the first line of `bytes` names the columns of a list.
pub(super) fn is_list(path: &Path, bytes: &[u8]) -> bool {
    let start = bytes.get(..HEADER_BYTES).unwrap_or(bytes);
    // Whole lines, so that no character is cut in two; in UTF-16 the byte of a line end is half a
    // unit, and the even start does.
    let end = start.iter().rposition(|b| *b == b'\n').map_or(start.len(), |end| end + 1);
    let lines = start.get(..end).unwrap_or(start);
    let Ok(text) = text::decode(path, lines).or_else(|_| text::decode(path, start)) else {
        return false;
    };
    let header = Rows::new(path, &text).header();
    header.is_ok_and(|header| COLUMNS.iter().take(2).all(|names| header.find(names).is_some()))
}

/// Where the columns are.
struct Layout {
    record: usize,
    file: usize,
    position: Option<usize>,
    /// Personal and case identifier.
    texts: [Option<usize>; 2],
    /// Registration, birth, death, acquittal.
    dates: [Option<usize>; 4],
    warnings: Vec<String>,
}

fn layout(path: &Path, header: &Header) -> Result<Layout> {
    let refuse = |rule: &str, found: &str, help: &str| -> Error {
        Rejection::new(path, Position::Line(header.line), rule, found, help).into()
    };
    let mut places: [Option<usize>; COLUMNS.len()] = Default::default();
    let mut passed_over = Vec::new();
    for (column, name) in header.names.iter().enumerate() {
        let folded = fold(name);
        let known = COLUMNS.iter().position(|names| names.contains(&folded.as_str()));
        match known.and_then(|known| places.get_mut(known)) {
            Some(place) if place.is_some() => {
                return Err(refuse("a column occurs once", name, "remove one of the two"));
            }
            Some(place) => *place = Some(column),
            None => passed_over.extend(Some(name.as_str()).filter(|name| !name.is_empty())),
        }
    }
    let [record, file, position, person, case, registered, born, died, acquitted] = places;
    let (Some(record), Some(file)) = (record, file) else {
        return Err(refuse(
            "a list of fingerprint files has the columns record_id and file",
            &header.names.join(","),
            "name the columns as docs/import.md shows",
        ));
    };
    Ok(Layout {
        record,
        file,
        position,
        texts: [person, case],
        dates: [registered, born, died, acquitted],
        warnings: unstored_warnings(&passed_over),
    })
}

/// A record of the list.
#[derive(Default)]
struct Listed {
    /// Line it is first named on.
    line: u64,
    draft: Draft,
    is_refused: bool,
}

/// A file of a row.
struct ListedFile {
    line: u64,
    path: PathBuf,
    position: Option<FingerPosition>,
    /// Place of its record.
    record: usize,
}

/// What is known of a list while it is read.
struct Reading<'a> {
    path: &'a Path,
    folder: &'a Path,
    records: Vec<Listed>,
    places: HashMap<String, usize>,
    files: Vec<ListedFile>,
    rejections: Vec<Rejection>,
}

impl Reading<'_> {
    /// Notes a rejection; the record it concerns, if one is known, is refused.
    fn reject(&mut self, rejection: Rejection, record: Option<usize>) -> Result<()> {
        if self.rejections.len() >= MAX_REJECTIONS_PER_FILE {
            return Err(Error::Limit {
                what: format!("the number of rejections of {}", self.path.display()),
                limit: MAX_REJECTIONS_PER_FILE as u64,
                help: "correct the first ones and import again; they probably share a cause".into(),
            });
        }
        let listed = record.and_then(|record| self.records.get_mut(record));
        self.rejections.push(match listed {
            Some(listed) => {
                listed.is_refused = true;
                rejection.of_record(&listed.draft.record_id)
            }
            None => rejection,
        });
        Ok(())
    }

    /// The place of the record that a row names.
    fn record(&mut self, id: &str, line: u64) -> Result<usize> {
        if let Some(place) = self.places.get(id) {
            return Ok(*place);
        }
        if self.records.len() >= MAX_RECORDS_PER_FILE {
            return Err(Error::Limit {
                what: format!("the number of records in {}", self.path.display()),
                limit: MAX_RECORDS_PER_FILE as u64,
                help: "split the list".into(),
            });
        }
        let draft = Draft { record_id: id.to_owned(), ..Draft::default() };
        self.records.push(Listed { line, draft, is_refused: false });
        self.places.insert(id.to_owned(), self.records.len() - 1);
        Ok(self.records.len() - 1)
    }

    /// Takes in a row: its record, what it says of it, and its file.
    fn row(&mut self, layout: &Layout, row: &Row<'_>) -> Result<()> {
        let at = Position::Line(row.line);
        let id = row.cell(layout.record);
        if let Some((rule, help)) = identifier_fault(id) {
            return self.reject(Rejection::new(self.path, at, rule, id, help), None);
        }
        let record = self.record(id, row.line)?;
        if let Err((rule, found, help)) = self.say(record, layout, row) {
            return self.reject(Rejection::new(self.path, at, rule, found, help), Some(record));
        }
        let position = row.optional(layout.position);
        let stated = FingerPosition::parse(position);
        if stated.is_none() && !position.is_empty() {
            let rule = "a position is a code from 0 to 36 of ANSI/NIST-ITL table 8 or its name";
            let help = "write for example 2 or right-index, or leave the cell empty";
            let rejection = Rejection::new(self.path, at, rule, position, help);
            return self.reject(rejection, Some(record));
        }
        let file = row.cell(layout.file);
        if file.is_empty() {
            let rule = "every row names a file";
            let help = "write the path of the file, relative to the folder of the list";
            return self.reject(Rejection::new(self.path, at, rule, file, help), Some(record));
        }
        self.files.push(ListedFile {
            line: row.line,
            path: self.folder.join(file),
            position: stated.filter(|position| *position != FingerPosition::UNKNOWN),
            record,
        });
        Ok(())
    }

    /// Takes in what a row says of its record besides the file.
    fn say(
        &mut self,
        record: usize,
        layout: &Layout,
        row: &Row<'_>,
    ) -> std::result::Result<(), (&'static str, String, &'static str)> {
        let Some(Listed { draft, .. }) = self.records.get_mut(record) else { return Ok(()) };
        let texts = [&mut draft.person_id, &mut draft.case_id];
        for (slot, column) in texts.into_iter().zip(layout.texts) {
            let text = row.optional(column);
            if text.is_empty() {
                continue;
            }
            if let Some((rule, help)) = identifier_fault(text) {
                return Err((rule, text.to_owned(), help));
            }
            agree(slot, text.to_owned())?;
        }
        let dates = [
            &mut draft.registered_on,
            &mut draft.born_on,
            &mut draft.died_on,
            &mut draft.acquitted_on,
        ];
        for (slot, column) in dates.into_iter().zip(layout.dates) {
            let date = parse_date(row.optional(column)).map_err(|found| {
                let rule = "a date is YYYY-MM-DD, from 1850 to 2200";
                (rule, found, "write the date as year, month, day: 2024-03-31")
            })?;
            if let Some(date) = date {
                agree::<Date>(slot, date)?;
            }
        }
        Ok(())
    }
}

/// Takes over what a row says unless an earlier row of the record says otherwise.
fn agree<T: PartialEq + std::fmt::Display>(
    slot: &mut Option<T>,
    said: T,
) -> std::result::Result<(), (&'static str, String, &'static str)> {
    match slot {
        Some(earlier) if *earlier != said => Err((
            "the rows of a record say the same of it",
            format!("{said}, and {earlier} on an earlier row"),
            "correct one of the rows, or give them records of their own",
        )),
        _ => {
            *slot = Some(said);
            Ok(())
        }
    }
}

/// Reads a list and every file it names.
///
/// # Errors
/// The list as a whole is refused: header, quotes or a limit; or a file cannot be read for a reason
/// that is not its own, such as a failing disk.
pub(super) fn read(path: &Path, bytes: &[u8], options: &FingerOptions) -> Result<FingerImport> {
    let content = text::decode(path, bytes)?;
    let mut rows = Rows::new(path, &content);
    let layout = layout(path, &rows.header()?)?;
    let mut reading = Reading {
        path,
        folder: path.parent().unwrap_or(Path::new("")),
        records: Vec::new(),
        places: HashMap::new(),
        files: Vec::new(),
        rejections: Vec::new(),
    };
    let mut row = Row::default();
    while rows.read(&mut row)? {
        match rows.ragged(&row) {
            Some(rejection) => {
                let id = row.cell(layout.record);
                let record = identifier_fault(id).is_none().then(|| reading.record(id, row.line));
                reading.reject(rejection, record.transpose()?)?;
            }
            None => reading.row(&layout, &row)?,
        }
    }
    if reading.files.is_empty() && reading.rejections.is_empty() {
        let help = "check that the export finished";
        let rule = "a list names at least one file";
        return Err(Rejection::new(path, Position::File, rule, "a header alone", help).into());
    }
    let mut warnings = layout.warnings;
    warnings.extend(text::unfinished_line_warning(&content));
    read_files(reading, blake3::Hasher::new().update(bytes).clone(), warnings, options)
}

/// Reads the files of a list in parallel and makes the records.
fn read_files(
    mut reading: Reading<'_>,
    mut hasher: blake3::Hasher,
    mut warnings: Vec<String>,
    options: &FingerOptions,
) -> Result<FingerImport> {
    let files = std::mem::take(&mut reading.files);
    let (mut said, mut conventions) = (Sayings::default(), Sayings::default());
    let mut owners: HashMap<[u8; 32], usize> = HashMap::new();
    let mut shared = Tally::default();
    let mut total = 0;
    for step in files.chunks(FILES_PER_STEP) {
        let read: Vec<Result<ReadFile>> =
            step.par_iter().map(|listed| read_file(reading.path, listed, options.format)).collect();
        for (listed, read) in step.iter().zip(read) {
            let read = read?;
            hasher.update(&read.hash);
            let file = match read.file {
                Ok(file) => file,
                Err(rejection) => {
                    reading.reject(*rejection, Some(listed.record))?;
                    continue;
                }
            };
            total += 1;
            if *owners.entry(read.hash).or_insert(listed.record) != listed.record {
                shared.note(&format!("{}, line {}", listed.path.display(), listed.line));
            }
            said.note(&listed.path, &file.warnings);
            conventions.note(&listed.path, &file.conventions);
            for rejection in file.rejections {
                reading.reject(rejection, Some(listed.record))?;
            }
            match placed(reading.path, listed, file.templates) {
                Ok(templates) => {
                    if let Some(record) = reading.records.get_mut(listed.record) {
                        record.draft.templates.extend(templates);
                    }
                }
                Err(rejection) => reading.reject(*rejection, Some(listed.record))?,
            }
        }
    }
    let mut tallies = Tallies::default();
    let records = finish(&mut reading, options, &mut tallies)?;
    let of_files = said.into_warnings();
    warnings.extend(tallies.into_warnings(options.register));
    warnings.extend(shared.warning("files are the same as a file of another record of the list"));
    let of_list = warnings.into_iter().map(|text| Warning::at(reading.path, text));
    let warnings = of_list.chain(of_files).collect();
    Ok(FingerImport {
        format: "list of fingerprint files".into(),
        records,
        files: total,
        rejections: reading.rejections,
        conventions: conventions.into_lines(),
        warnings,
        file_hash: hasher.finalize().to_hex().to_string(),
    })
}

/// The records of which nothing was refused.
fn finish(
    reading: &mut Reading<'_>,
    options: &FingerOptions,
    tallies: &mut Tallies,
) -> Result<Vec<FingerRecord>> {
    let mut records = Vec::with_capacity(reading.records.len());
    for place in 0..reading.records.len() {
        let Some(listed) = reading.records.get_mut(place).filter(|l| !l.is_refused) else {
            continue;
        };
        let at = Position::Line(listed.line);
        match listed.draft.finish(reading.path, at, options, tallies) {
            Ok(record) => records.push(record),
            Err(rejection) => reading.reject(*rejection, Some(place))?,
        }
    }
    Ok(records)
}

/// Reads one file; a file that is absent or no file of templates is a rejection of its row.
fn read_file(list: &Path, listed: &ListedFile, format: Option<FingerFormat>) -> Result<ReadFile> {
    let refuse = |rule: &str, found: String, help: &str| {
        let rejection = Rejection::new(list, Position::Line(listed.line), rule, found, help);
        Ok(ReadFile { hash: [0; 32], file: Err(Box::new(rejection)) })
    };
    let bytes = match read_whole(&listed.path) {
        Ok(bytes) => bytes,
        Err(error) if is_of_the_path(error.kind()) => {
            return refuse(
                "a list names files that can be read",
                format!("{}: {error}", listed.path.display()),
                "paths are relative to the folder of the list",
            );
        }
        Err(error) => return Err(Error::io(&listed.path)(error)),
    };
    let file = read_bytes_as(&listed.path, &bytes, format);
    let hash = *blake3::hash(&bytes).as_bytes();
    match file {
        Ok(file) => Ok(ReadFile { hash, file: Ok(file) }),
        Err(Error::Rejected(rejection)) => Ok(ReadFile { hash, file: Err(rejection) }),
        Err(error @ Error::Limit { .. }) => {
            refuse("a file of templates keeps to its limits", error.to_string(), &error.help())
        }
        Err(error) => Err(error),
    }
}

/// The bytes of a file, one more than the limit at most: the reader refuses a longer one.
fn read_whole(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FINGER_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether an error comes from what the list says rather than from the machine.
fn is_of_the_path(kind: ErrorKind) -> bool {
    use ErrorKind::{
        InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied,
    };
    matches!(
        kind,
        NotFound | PermissionDenied | IsADirectory | NotADirectory | InvalidInput | InvalidFilename
    )
}

/// The templates of a file at the position its row states.
fn placed(
    list: &Path,
    listed: &ListedFile,
    mut templates: Vec<Template>,
) -> std::result::Result<Vec<Template>, Box<Rejection>> {
    let Some(position) = listed.position else { return Ok(templates) };
    for template in &mut templates {
        if template.position == FingerPosition::UNKNOWN {
            template.position = position;
        } else if template.position != position {
            return Err(Box::new(Rejection::new(
                list,
                Position::Line(listed.line),
                "the position of a row is that of its file, where the file states one",
                format!("{position}, and {} in {}", template.position, listed.path.display()),
                "leave the cell empty, or correct the one that is wrong",
            )));
        }
    }
    Ok(templates)
}
