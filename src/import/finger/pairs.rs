//! Lists of pairs of template files for `tanba score finger`: columns `probe` and `gallery`, each the
//! path of a file, relative to the folder of the list. Other columns are passed over. Files named many
//! times are read once; nothing is stored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{FingerFormat, read_bytes_as};
use crate::domain::finger::Template;
use crate::error::{Error, Position, Rejection, Result};
use crate::limits::MAX_FINGER_FILE_BYTES;

/// A list of pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerPairs {
    /// The list itself.
    pub path: PathBuf,
    /// Files named, without repeats, in the order of their paths, each with the first line that names it.
    pub files: Vec<(PathBuf, u64)>,
    /// Rows: the two paths as the list has them, and their places in `files`.
    pub pairs: Vec<FingerPairRow>,
}

/// One row of a list of pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerPairRow {
    /// First path as written.
    pub probe: String,
    /// Second path as written.
    pub gallery: String,
    /// Places of both in [`FingerPairs::files`].
    pub places: (usize, usize),
}

/// Reads a list of pairs.
///
/// # Errors
/// The file cannot be read, or lacks a column or a cell.
pub fn read_finger_pairs(path: &Path) -> Result<FingerPairs> {
    let bytes = crate::import::read_bounded(path)?;
    let text = crate::import::text::decode(path, &bytes)?;
    let reject = |line: u64, rule: &str, found: &str| -> Error {
        let help = "columns: probe, gallery; each cell the path of a file of templates";
        Rejection::new(path, Position::Line(line), rule, found, help).into()
    };
    let line_of = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header =
        reader.headers().map_err(|e| reject(1, "the list has a header", &e.to_string()))?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
        let all = || header.iter().collect::<Vec<_>>().join(",");
        found.ok_or_else(|| reject(1, &format!("the list has a column `{name}`"), &all()))
    };
    let columns = (column("probe")?, column("gallery")?);
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut files: BTreeMap<PathBuf, (usize, u64)> = BTreeMap::new();
    let folder = path.parent().unwrap_or(Path::new(""));
    for row in reader.records() {
        let row = row.map_err(|e| {
            reject(line_of(&e), "every row has the header's columns", &e.to_string())
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |column: usize| match row.get(column).map(str::trim) {
            Some(cell) if !cell.is_empty() => Ok(cell.to_owned()),
            _ => Err(reject(line, "every row names two files", "an empty cell")),
        };
        let (probe, gallery) = (cell(columns.0)?, cell(columns.1)?);
        for name in [&probe, &gallery] {
            files.entry(folder.join(name)).or_insert((0, line));
        }
        rows.push((probe, gallery));
    }
    for (place, (number, _)) in files.values_mut().enumerate() {
        *number = place;
    }
    let place = |name: &str| files.get(&folder.join(name)).map_or(0, |(place, _)| *place);
    let pairs = rows.into_iter().map(|(probe, gallery)| {
        let places = (place(&probe), place(&gallery));
        FingerPairRow { probe, gallery, places }
    });
    Ok(FingerPairs {
        path: path.to_owned(),
        pairs: pairs.collect(),
        files: files.into_iter().map(|(file, (_, line))| (file, line)).collect(),
    })
}

/// The templates of each file of a list, read in parallel.
///
/// # Errors
/// The first file, in the order of their paths, that cannot be read or holds something that is refused; one
/// that does not exist is a rejection of the line that names it.
pub fn read_template_files(
    list: &FingerPairs,
    format: Option<FingerFormat>,
) -> Result<Vec<Vec<Template>>> {
    let one = |(path, line): &(PathBuf, u64)| {
        if matches!(path.try_exists(), Ok(false)) {
            return Err(Rejection::new(
                &list.path,
                Position::Line(*line),
                "a list names files that exist",
                path.display().to_string(),
                "paths are relative to the folder of the list",
            )
            .into());
        }
        read_templates(path, format)
    };
    let read: Vec<Result<Vec<Template>>> = list.files.par_iter().map(one).collect();
    read.into_iter().collect()
}

/// The templates of one file.
///
/// # Errors
/// The file cannot be read, is too large, or something in it is refused.
pub fn read_templates(path: &Path, format: Option<FingerFormat>) -> Result<Vec<Template>> {
    let size = std::fs::metadata(path).map_err(Error::input(path))?.len();
    if size > MAX_FINGER_FILE_BYTES {
        return Err(Error::Limit {
            what: format!("the size of {} ({size} bytes)", path.display()),
            limit: MAX_FINGER_FILE_BYTES,
            help: "check that it is a file of templates, not of images".into(),
        });
    }
    let file = read_bytes_as(path, &crate::import::read_bounded(path)?, format)?;
    match file.rejections.into_iter().next() {
        Some(first) => Err(first.into()),
        None => Ok(file.templates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(content: &str) -> Result<FingerPairs> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.csv");
        std::fs::write(&path, content).unwrap();
        read_finger_pairs(&path)
    }

    #[test]
    fn a_file_named_often_is_listed_once_and_rows_keep_their_order() {
        let pairs = list("note,gallery,probe\nx,b.iso,a.iso\ny,a.iso,a.iso\n").unwrap();
        assert_eq!(pairs.files.len(), 2);
        let places: Vec<(usize, usize)> = pairs.pairs.iter().map(|row| row.places).collect();
        assert_eq!(places, [(0, 1), (0, 0)]);
        assert_eq!(pairs.pairs[0].gallery, "b.iso");
        let error = read_template_files(&pairs, None).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::InputRejected);
        assert!(
            error.to_string().contains("pairs.csv:2: a list names files that exist"),
            "{error}"
        );
    }

    #[test]
    fn a_list_without_its_columns_or_with_an_empty_cell_is_refused_with_the_line() {
        for (content, line) in [("a,b\n", ":1"), ("probe,gallery\na,\n", ":2")] {
            let error = list(content).unwrap_err().to_string();
            assert!(error.contains(line), "{content:?}: {error}");
        }
    }
}
