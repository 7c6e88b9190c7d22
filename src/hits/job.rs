//! What a run needs to go on after it was interrupted: `job.json`, written before the first tile.
//!
//! Why the command line and not its meaning: what the arguments mean is decided in one place, which reads them
//! again; that the run is still the same is checked by its identity. The file holds its own hash.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::gallery::file::{sync_directory, write_new};

/// Name of the file.
const JOB_FILE: &str = "job.json";

/// Layout version of the file.
const VERSION: u32 = 1;

/// A run that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Layout version.
    pub version: u32,
    /// Identity of the run's inputs.
    pub run_id: String,
    /// Release of the program.
    pub tanba_version: String,
    /// The command line; empty if it is not text.
    pub arguments: Vec<String>,
    /// Directory it was given in.
    pub directory: PathBuf,
    /// Day on which records must be alive.
    pub as_of: Date,
    /// Generation of the gallery.
    pub gallery_generation: u64,
    /// Searches in order.
    pub searches: Vec<JobSearch>,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// BLAKE3 of everything above, as JSON.
    pub body_blake3: Option<String>,
}

/// One search of a run that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSearch {
    /// Its name.
    pub search: String,
    /// How it finds its survivors, if there was a choice.
    pub way: Option<String>,
    /// Tiles it has.
    pub tiles: u64,
}

impl Job {
    /// A job of this release, to be filled and written.
    pub fn new(run_id: String, arguments: Vec<String>, directory: PathBuf, as_of: Date) -> Job {
        Job {
            version: VERSION,
            run_id,
            tanba_version: env!("CARGO_PKG_VERSION").into(),
            arguments,
            directory,
            as_of,
            gallery_generation: 0,
            searches: Vec::new(),
            started_at: String::new(),
            body_blake3: None,
        }
    }

    /// Tiles of all searches.
    pub fn tiles(&self) -> u64 {
        self.searches.iter().map(|search| search.tiles).sum()
    }

    fn body_hash(&self) -> serde_json::Result<String> {
        let body = Job { body_blake3: None, ..self.clone() };
        Ok(blake3::hash(&serde_json::to_vec(&body)?).to_hex().to_string())
    }

    /// Writes the job into `out`; from then on the run can go on.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn write(&self, out: &Path) -> Result<()> {
        let broken = |e: serde_json::Error| {
            Error::integrity(&out.join(JOB_FILE), e.to_string(), "report this")
        };
        let body_blake3 = Some(self.body_hash().map_err(broken)?);
        let sealed = Job { body_blake3, ..self.clone() };
        let bytes = serde_json::to_vec_pretty(&sealed).map_err(broken)?;
        write_new(out, JOB_FILE, &bytes).map(drop)
    }

    /// The job of the interrupted run in `out`; none where there is no such run.
    ///
    /// # Errors
    /// The file cannot be read, or is not what was written.
    pub fn read(out: &Path) -> Result<Option<Job>> {
        let path = out.join(JOB_FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let help = "start the run again with --overwrite";
        let broken = |rule: String| Error::integrity(&path, rule, help);
        let job: Job = serde_json::from_slice(&bytes).map_err(|e| broken(e.to_string()))?;
        if job.version != VERSION {
            let rule = format!("this program reads jobs of version {VERSION}, not {}", job.version);
            return Err(broken(rule));
        }
        if job.body_blake3 != Some(job.body_hash().map_err(|e| broken(e.to_string()))?) {
            return Err(broken("the job differs from what was written (`body_blake3`)".into()));
        }
        Ok(Some(job))
    }

    /// Removes the job in `out`, if there is one.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn remove(out: &Path) -> Result<()> {
        let path = out.join(JOB_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io(&path)(error)),
            Ok(()) => sync_directory(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_comes_back_and_every_flipped_bit_of_it_is_found() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Job::read(folder.path()).unwrap(), None);
        let arguments = vec!["tanba".to_owned(), "run".to_owned()];
        let day = jiff::civil::date(2026, 11, 21);
        let mut job = Job::new("r".into(), arguments, "/somewhere".into(), day);
        job.searches = vec![JobSearch { search: "a/b".into(), way: None, tiles: 3 }];
        job.write(folder.path()).unwrap();
        let read = Job::read(folder.path()).unwrap().unwrap();
        assert_eq!(Job { body_blake3: None, ..read }, job);
        let path = folder.path().join(JOB_FILE);
        let bytes = fs::read(&path).unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for place in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            fs::write(&path, &flipped).unwrap();
            // White space between the fields says nothing.
            let says_the_same =
                serde_json::from_slice::<serde_json::Value>(&flipped).is_ok_and(|v| v == whole);
            assert!(Job::read(folder.path()).is_err() || says_the_same, "bit {place}");
        }
        Job::remove(folder.path()).unwrap();
        assert_eq!(Job::read(folder.path()).unwrap(), None);
    }
}
