//! Truth-labelled impressions: a folder of databases, `<database>/<finger>_<impression>.<any>`.
//!
//! A finger's number is unique only inside its database; impressions of one finger are mates. Files of
//! any format [`crate::import::finger`] reads; the first template of a file counts.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::domain::finger::PlacedMinutia;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::finger::read_bytes;

/// One impression of a known finger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledPrint {
    /// Number of the database in [`Dataset::databases`].
    pub database: usize,
    /// Number of the finger in its database.
    pub finger: u32,
    /// Number of the impression of the finger.
    pub impression: u32,
    /// Minutiae at 500 dpi.
    pub minutiae: Vec<PlacedMinutia>,
}

/// Impressions of a folder, ascending by database, finger and impression.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dataset {
    /// Names of the databases, ascending.
    pub databases: Vec<String>,
    /// All impressions.
    pub prints: Vec<LabelledPrint>,
}

impl Dataset {
    /// Reads every file named `<finger>_<impression>` in the folders of `root`; other files are ignored.
    ///
    /// # Errors
    /// A folder or file cannot be read, a file is refused, or there is no impression at all.
    pub fn read(root: &Path) -> Result<Dataset> {
        let mut databases = Vec::new();
        let mut files: Vec<(usize, u32, u32, PathBuf)> = Vec::new();
        for folder in sorted(root)?.into_iter().filter(|path| path.is_dir()) {
            let before = files.len();
            for file in sorted(&folder)? {
                if let Some((finger, impression)) = numbers(&file) {
                    files.push((databases.len(), finger, impression, file));
                }
            }
            if files.len() > before {
                let name = folder.file_name().unwrap_or_default();
                databases.push(name.to_string_lossy().into_owned());
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(Error::usage(
                format!("{} holds no labelled impressions", root.display()),
                "name them <database>/<finger>_<impression>.iso",
            ));
        }
        let prints = files.into_par_iter().map(|(database, finger, impression, path)| {
            Ok(LabelledPrint { database, finger, impression, minutiae: minutiae(&path)? })
        });
        Ok(Dataset { databases, prints: prints.collect::<Result<_>>()? })
    }
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(Error::input(folder))?;
    let mut paths = entries
        .map(|entry| entry.map(|e| e.path()).map_err(Error::io(folder)))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Finger and impression of a file name.
fn numbers(path: &Path) -> Option<(u32, u32)> {
    let (finger, impression) = path.file_stem()?.to_str()?.split_once('_')?;
    Some((finger.parse().ok()?, impression.parse().ok()?))
}

fn minutiae(path: &Path) -> Result<Vec<PlacedMinutia>> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let file = read_bytes(path, &bytes)?;
    if let Some(rejection) = file.rejections.into_iter().next() {
        return Err(rejection.into());
    }
    let Some(template) = file.templates.first() else { return Ok(Vec::new()) };
    template.print().map_err(|error| {
        Rejection::new(
            path,
            Position::File,
            "a template is of one print",
            error.to_string(),
            "check the resolution the file states with `tanba import --check`",
        )
        .into()
    })
}
