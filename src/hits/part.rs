//! Parts of a run: its tiles divided among several processes, each with a folder below the run's own.
//!
//! `DIR/part-2-of-8` is laid out as the folder of a run: lock, job, journal, shards. `part.json` is written last and
//! says that every tile of the part is done. Why by the number of the tile: neighbours cost about the same, so every
//! n-th tile makes parts of like size, and no part has to know the others. Limits: the folders lie on one file
//! system that all parts and the assembly see.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::lock::is_claimed;
use super::report::DeviceReport;
use crate::error::{Error, Result};
use crate::gallery::file::write_new;
use crate::limits::MAX_PARTS;

/// Name of the file that ends a part.
const PART_FILE: &str = "part.json";

/// One of several parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    number: u32,
    of: u32,
}

impl Part {
    /// Part `number`, from 1, of `of`; none where there is no such part.
    pub fn new(number: u32, of: u32) -> Option<Part> {
        (of <= MAX_PARTS && (1..=of).contains(&number)).then_some(Part { number, of })
    }

    /// Every part of a run in `of` parts.
    pub fn all(of: u32) -> impl Iterator<Item = Part> {
        (1..=of).filter_map(move |number| Part::new(number, of))
    }

    /// Number of the part, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many parts the run has.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether the tile of this number in the run is one of the part's.
    pub fn takes(self, tile: u64) -> bool {
        tile % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// Folder of the part of the run in `out`.
    pub fn directory(self, out: &Path) -> PathBuf {
        out.join(format!("part-{}-of-{}", self.number, self.of))
    }

    /// Whether the part of the run in `out` has ended.
    pub fn is_done(self, out: &Path) -> bool {
        self.directory(out).join(PART_FILE).is_file()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Part, String> {
        let (number, of) = text.split_once('/').ok_or("is a part and their number, such as 2/8")?;
        let whole = |text: &str| text.parse::<u32>().map_err(|e| format!("{text:?}: {e}"));
        let part = Part::new(whole(number)?, whole(of)?);
        part.ok_or_else(|| format!("parts are numbered from 1, and there are at most {MAX_PARTS}"))
    }
}

/// How a run is divided; part of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Division {
    /// Parts.
    pub of: u32,
    /// Probes per tile.
    pub tile_probes: u64,
    /// Gallery rows per tile.
    pub tile_rows: u64,
}

/// What a part that has ended says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartReport {
    /// Identity of the run.
    pub run_id: String,
    /// Number of the part.
    pub number: u32,
    /// How many parts there are.
    pub of: u32,
    /// Tiles of the part.
    pub tiles: u64,
    /// Comparisons of these.
    pub comparisons: u64,
    /// Hits written, before the final order is made.
    pub hits: u64,
    /// Wall-clock seconds of each search, in order.
    pub search_seconds: Vec<f64>,
    /// What each device did.
    pub devices: Vec<DeviceReport>,
}

impl PartReport {
    /// Writes the report into the folder of the part; from then on the part is done.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::integrity(directory, e.to_string(), "report this"))?;
        write_new(directory, PART_FILE, &bytes).map(drop)
    }

    /// The report of `part` of the run `run_id` in `out`; none where the part has not ended.
    ///
    /// # Errors
    /// The file cannot be read, or is of another run or part.
    pub fn read(out: &Path, part: Part, run_id: &str) -> Result<Option<PartReport>> {
        let path = part.directory(out).join(PART_FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let help = "remove the folder of this part and run the part again";
        let report: PartReport = serde_json::from_slice(&bytes)
            .map_err(|e| Error::integrity(&path, e.to_string(), help))?;
        if (&*report.run_id, report.number, report.of) != (run_id, part.number, part.of) {
            let rule = format!(
                "this is part {}/{} of run {}, not part {part} of run {run_id}",
                report.number, report.of, report.run_id
            );
            return Err(Error::integrity(&path, rule, help));
        }
        Ok(Some(report))
    }
}

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Every tile is done.
    Done,
    /// A process works on it.
    Running,
    /// It was begun and nobody works on it.
    Interrupted,
    /// It was not begun.
    NotBegun,
}

impl PartState {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            PartState::Done => "done",
            PartState::Running => "running",
            PartState::Interrupted => "interrupted",
            PartState::NotBegun => "not begun",
        }
    }

    /// Where `part` of the run in `out` stands.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn of(out: &Path, part: Part) -> Result<PartState> {
        let directory = part.directory(out);
        Ok(match (part.is_done(out), directory.is_dir()) {
            (true, _) => PartState::Done,
            (false, true) if is_claimed(&directory)? => PartState::Running,
            (false, true) => PartState::Interrupted,
            (false, false) => PartState::NotBegun,
        })
    }
}

/// Checks that every one of the `of` parts of the run in `out` has ended.
///
/// # Errors
/// [`Error::Incomplete`] names those that have not.
pub fn all_done(out: &Path, of: u32) -> Result<()> {
    let mut missing = Vec::new();
    for part in Part::all(of) {
        let state = PartState::of(out, part)?;
        if state != PartState::Done {
            missing.push(format!("{part} is {}", state.name()));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Incomplete {
        what: format!("{} of {of} parts have not ended: {}", missing.len(), missing.join(", ")),
        help: format!(
            "`tanba run` with --part I/{of} and its own arguments does a part, also one that was interrupted; \
             then `tanba finish --out {}` puts the list together",
            super::bucket::shown(out).display()
        ),
    })
}

/// Folders of parts in `out`, whatever they are parts of.
///
/// # Errors
/// The operating system refuses.
pub fn directories(out: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(out).map_err(Error::io(out))? {
        let path = entry.map_err(Error::io(out))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let numbers = name.strip_prefix("part-").and_then(|rest| rest.split_once("-of-"));
        let part = numbers.and_then(|(n, of)| Part::new(n.parse().ok()?, of.parse().ok()?));
        if part.is_some_and(|part| part.directory(out) == path) && path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

/// Removes the parts in `out`.
///
/// # Errors
/// A part is being run now, or the operating system refuses.
pub fn remove(out: &Path) -> Result<()> {
    let directories = directories(out)?;
    for directory in &directories {
        if is_claimed(directory)? {
            return Err(Error::usage(
                format!("a part of a run is being run in {}", directory.display()),
                "wait for it to end, or choose another --out",
            ));
        }
    }
    for directory in &directories {
        fs::remove_dir_all(directory).map_err(Error::io(directory))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_parts_that_exist_can_be_named() {
        let parse = |text: &str| text.parse::<Part>();
        let part = parse("2/8").unwrap();
        assert_eq!((part.number(), part.of(), part.to_string()), (2, 8, "2/8".to_owned()));
        for wrong in ["", "2", "0/8", "9/8", "1/0", "-1/2", "1/2/3", "a/b", "1/4294967295"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_report_of_another_run_or_part_is_not_taken_for_the_one_asked() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part::new(2, 3).unwrap();
        assert!(PartReport::read(folder.path(), part, "run").unwrap().is_none());
        let report = PartReport {
            run_id: "run".into(),
            number: 2,
            of: 3,
            tiles: 5,
            comparisons: 7,
            hits: 1,
            search_seconds: vec![0.5],
            devices: Vec::new(),
        };
        report.write(&part.directory(folder.path())).unwrap();
        assert!(part.is_done(folder.path()));
        assert_eq!(PartReport::read(folder.path(), part, "run").unwrap(), Some(report));
        let error = PartReport::read(folder.path(), part, "other").unwrap_err();
        assert_eq!(error.kind().exit_code(), 6);
        fs::create_dir(folder.path().join("part-of-something")).unwrap();
        remove(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    proptest! {
        #[test]
        fn every_tile_belongs_to_exactly_one_part(of in 1u32..50, tile: u64) {
            prop_assert_eq!(Part::all(of).filter(|part| part.takes(tile)).count(), 1);
        }
    }
}
