//! Separated tables: rows of cells with exact lines, and the names of columns.
//!
//! Why not the `csv` crate: a rejection names the line a person sees, and whether a cell was quoted
//! decides what a decimal comma means; the crate tells neither, and reads broken quotes silently.

use std::borrow::Cow;
use std::path::Path;

use crate::error::{Error, Position, Rejection, Result};
use crate::import::marker::cut;
use crate::limits::{MAX_COLUMNS, MAX_LINE_BYTES, MAX_LISTED_NAMES};

/// One row: its first line, counted from 1, and its cells, trimmed.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) cells: Vec<Cow<'a, str>>,
}

impl Row<'_> {
    /// The text of a cell; a column the row lacks is empty.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell)
    }

    /// The text of a cell of a column that may not exist.
    pub(super) fn optional(&self, column: Option<usize>) -> &str {
        column.map_or("", |column| self.cell(column))
    }
}

/// The rows of a table, one after the other; lines without any cell text are passed over.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    file: &'a Path,
    rest: &'a str,
    line: u64,
    separator: u8,
    width: Option<usize>,
    /// Columns without a name.
    unnamed: Vec<usize>,
}

impl<'a> Rows<'a> {
    /// Starts at the first line of `text`; the separator is the one that its first line uses most.
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        let separator = separator_of(text);
        Rows { file, rest: text, line: 1, separator, width: None, unnamed: Vec::new() }
    }

    /// The header row; later rows must have as many cells.
    ///
    /// # Errors
    /// As [`Self::read`], or the table has more than [`MAX_COLUMNS`] columns.
    pub(super) fn header(&mut self) -> Result<Header> {
        let mut row = Row::default();
        self.read(&mut row)?;
        if row.cells.len() > MAX_COLUMNS {
            return Err(Error::Limit {
                what: format!("{} columns in {}", row.cells.len(), self.file.display()),
                limit: MAX_COLUMNS as u64,
                help: "export fewer columns".into(),
            });
        }
        self.width = Some(row.cells.len());
        let names = row.cells.iter().enumerate();
        self.unnamed = names.filter(|(_, name)| name.is_empty()).map(|(place, _)| place).collect();
        Ok(Header { line: row.line, names: row.cells.drain(..).map(Cow::into_owned).collect() })
    }

    /// Reads the next row with text into `row`; false at the end of the file.
    ///
    /// # Errors
    /// A quote is not closed or stands inside a cell, or a line is over the limit. Rows after that
    /// have no certain place, so the file as a whole is refused.
    pub(super) fn read(&mut self, row: &mut Row<'a>) -> Result<bool> {
        while !self.rest.is_empty() {
            row.line = self.line;
            row.cells.clear();
            self.read_line(row)?;
            if row.cells.iter().any(|cell| !cell.is_empty()) {
                return Ok(true);
            }
        }
        row.cells.clear();
        Ok(false)
    }

    /// The rejection of a row whose number of cells differs from the header's, if it does, or that
    /// has text under no name. Empty cells beyond the header are a habit of exporters and are passed
    /// over.
    pub(super) fn ragged(&self, row: &Row<'_>) -> Option<Rejection> {
        let width = self.width?;
        let extra = row.cells.iter().skip(width).any(|cell| !cell.is_empty());
        if let Some(column) = self.unnamed.iter().find(|column| !row.cell(**column).is_empty()) {
            return Some(Rejection::new(
                self.file,
                Position::Line(row.line),
                "every cell stands under the name of its column",
                row.cell(*column),
                "name the column in the header, or remove it",
            ));
        }
        (row.cells.len() < width || extra).then(|| {
            Rejection::new(
                self.file,
                Position::Line(row.line),
                format!("a row has as many cells as the header, {width}"),
                format!("{} cells", row.cells.len()),
                "check that the file was not cut, and that decimal commas stand in quotes",
            )
        })
    }

    fn read_line(&mut self, row: &mut Row<'a>) -> Result<()> {
        let start = self.rest;
        loop {
            let cell = if self.rest.starts_with('"') { self.quoted()? } else { self.plain() };
            row.cells.push(cell);
            if start.len() - self.rest.len() > MAX_LINE_BYTES {
                return Err(self.refuse(row.line, "a line is at most 1 MiB", "a longer one"));
            }
            match self.rest.as_bytes() {
                [] => return Ok(()),
                [b'\r', b'\n', ..] => {
                    self.rest = &self.rest[2..];
                    self.line += 1;
                    return Ok(());
                }
                [b'\r' | b'\n', ..] => {
                    self.rest = &self.rest[1..];
                    self.line += 1;
                    return Ok(());
                }
                [other, ..] if *other == self.separator => self.rest = &self.rest[1..],
                _ => {
                    let found: String = self.rest.chars().take(20).collect();
                    return Err(self.refuse(
                        self.line,
                        "after the closing quote of a cell comes a separator or the line end",
                        &found,
                    ));
                }
            }
        }
    }

    fn plain(&mut self) -> Cow<'a, str> {
        let is_end = |b: &u8| *b == self.separator || matches!(b, b'\n' | b'\r');
        let end = self.rest.bytes().position(|b| is_end(&b)).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        self.rest = rest;
        Cow::Borrowed(cell.trim())
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>> {
        let opened_on = self.line;
        let body = &self.rest[1..];
        let mut from = 0;
        loop {
            let Some(found) = body[from..].find('"') else {
                return Err(self.refuse(opened_on, "a quoted cell is closed", "no closing quote"));
            };
            let end = from + found;
            if body[end + 1..].starts_with('"') {
                from = end + 2;
                continue;
            }
            if end > MAX_LINE_BYTES {
                return Err(self.refuse(opened_on, "a line is at most 1 MiB", "a longer cell"));
            }
            let (text, doubled) = (&body[..end], from > 0);
            self.line += text.bytes().filter(|b| *b == b'\n').count() as u64;
            self.rest = body[end + 1..].trim_start_matches(' ');
            let text = text.trim();
            return Ok(if doubled {
                Cow::Owned(text.replace("\"\"", "\""))
            } else {
                Cow::Borrowed(text)
            });
        }
    }

    fn refuse(&self, line: u64, rule: &str, found: &str) -> Error {
        let help = "check the quotes of this line, or export the table without quotes";
        Rejection::new(self.file, Position::Line(line), rule, found, help).into()
    }
}

/// The separator of the first line with text: the one of tab, semicolon and comma that it holds most
/// often outside quotes, the comma if none.
fn separator_of(text: &str) -> u8 {
    let mut counts = [(0_usize, b'\t'), (0, b';'), (0, b',')];
    let mut quoted = false;
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(_, s)| *s == byte).for_each(|(n, _)| *n += 1),
        }
    }
    // `max_by_key` returns the last of equals, so the comma wins a tie.
    counts.iter().max_by_key(|(n, _)| *n).map_or(b',', |(_, separator)| *separator)
}

/// The names of a table's columns.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) line: u64,
    pub(super) names: Vec<String>,
}

impl Header {
    /// The first column called one of `names` (given folded); see [`fold`].
    pub(super) fn find(&self, names: &[&str]) -> Option<usize> {
        self.names.iter().position(|name| names.contains(&fold(name).as_str()))
    }
}

/// A column name for comparison: lower case, `_` and `-` as one space, runs of spaces as one.
/// Spaces inside words are not removed: `Sam pleName` is a damaged header, not a spelling.
pub(super) fn fold(name: &str) -> String {
    let words = name.to_lowercase().replace(['_', '-', '\u{a0}'], " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words in the names of columns that hold names of persons, in English, Russian and Kazakh.
const NAME_WORDS: [&str; 15] = [
    "name",
    "names",
    "surname",
    "firstname",
    "lastname",
    "fullname",
    "patronymic",
    "fio",
    "фио",
    "фамилия",
    "имя",
    "отчество",
    "тегі",
    "аты",
    "есім",
];

/// First words of columns whose name is that of a thing.
const THING_WORDS: [&str; 6] = ["sample", "file", "run", "kit", "plate", "panel"];

/// Whether a column, by its name, holds names of persons: no schema of this program has a place for
/// them.
fn is_name_column(name: &str) -> bool {
    let folded = fold(name);
    let mut words = folded.split(' ');
    let is_thing = words.clone().next().is_some_and(|first| THING_WORDS.contains(&first));
    !is_thing && words.any(|word| NAME_WORDS.contains(&word))
}

/// One warning for the columns that are not stored, and one for columns that look like names.
pub(super) fn unstored_warnings(passed_over: &[&str]) -> Vec<String> {
    let mut warnings = Vec::new();
    if !passed_over.is_empty() {
        let listed: Vec<String> =
            passed_over.iter().take(MAX_LISTED_NAMES).map(|name| cut(name)).collect();
        let more = match passed_over.len() - listed.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        warnings.push(format!("columns not stored: {}{more}", listed.join(", ")));
    }
    if let Some(name) = passed_over.iter().find(|name| is_name_column(name)) {
        warnings.push(format!(
            "the column {:?} looks like names of persons; no schema of this registry holds names: \
             leave them out of the export",
            cut(name)
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(u64, Vec<String>)>> {
        let mut rows = Rows::new(Path::new("t"), text);
        let (mut row, mut all) = (Row::default(), Vec::new());
        while rows.read(&mut row)? {
            all.push((row.line, row.cells.iter().map(|c| c.to_string()).collect()));
        }
        Ok(all)
    }

    #[test]
    fn separators_quotes_and_line_ends_of_all_kinds_are_read_with_their_lines() {
        let cells = |texts: &[&str]| texts.iter().map(|t| t.to_string()).collect::<Vec<_>>();
        assert_eq!(
            rows("a;b\r\n\r\n1;\"9,3\"\n\"x\"\"y\" ;\n").unwrap(),
            [(1, cells(&["a", "b"])), (3, cells(&["1", "9,3"])), (4, cells(&["x\"y", ""]))]
        );
        assert_eq!(rows("a\tb\tc,d\r1\t2\t").unwrap()[1], (2, cells(&["1", "2", ""])));
        assert_eq!(rows("a,b\n\"1\n2\",3\n4,5").unwrap()[2], (4, cells(&["4", "5"])));
    }

    #[test]
    fn broken_quotes_are_refused_with_the_line_they_open_on() {
        let line = |text| rows(text).unwrap_err().to_string();
        assert!(line("a,b\n1,\"2\n3").starts_with("t:2: a quoted cell is closed"));
        assert!(line("a,b\n1,\"2\"3").starts_with("t:2: after the closing quote"));
    }

    #[test]
    fn columns_of_names_are_told_from_names_of_things() {
        for name in ["Surname", "first_name", "SUSPECT NAME", "Фамилия", "Аты", "FIO"] {
            assert!(is_name_column(name), "{name}");
        }
        for name in ["Sample Name", "file_name", "remark", "rename", "case_id"] {
            assert!(!is_name_column(name), "{name}");
        }
    }

    #[test]
    fn rows_of_another_width_are_named() {
        let mut rows = Rows::new(Path::new("t"), "a,b\n1\n1,2,,\n1,2,3\n");
        rows.header().unwrap();
        let (mut row, mut ragged) = (Row::default(), Vec::new());
        while rows.read(&mut row).unwrap() {
            ragged.push(rows.ragged(&row).is_some());
        }
        assert_eq!(ragged, [true, false, true]);
    }
}
