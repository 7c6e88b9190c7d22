//! What a run needs to go on after it was interrupted: `job.json`, written before the first tile.
//!
//! Why the command line and not its meaning: what the arguments mean is decided in one place, which reads them
//! again; that the run is still the same is checked by its identity. The file holds its own hash.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bucket;
use super::part::Division;
use crate::error::{Error, Result};
use crate::gallery::file::{create_directory, sync_directory, write_new};

/// Name of the file.
pub(super) const JOB_FILE: &str = "job.json";

/// Layout version of the file.
const VERSION: u32 = 2;

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
    /// Whether its tiles are those of a run under a limit of memory.
    #[serde(default)]
    pub is_memory_limited: bool,
    /// Searches in order.
    pub searches: Vec<JobSearch>,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// How it is divided into parts, if it is; the job of a part has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<Division>,
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
    /// BLAKE3 of where they begin and end: a tile that was done is known by its number alone.
    #[serde(default)]
    pub tiles_blake3: String,
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
            is_memory_limited: false,
            searches: Vec::new(),
            started_at: String::new(),
            division: None,
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

    /// The bytes of the file, with their hash.
    fn sealed(&self, out: &Path) -> Result<Vec<u8>> {
        let broken = |e: serde_json::Error| {
            Error::integrity(&out.join(JOB_FILE), e.to_string(), "report this")
        };
        let body_blake3 = Some(self.body_hash().map_err(broken)?);
        let sealed = Job { body_blake3, ..self.clone() };
        serde_json::to_vec_pretty(&sealed).map_err(broken)
    }

    /// Writes the job into `out`; from then on the run can go on.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn write(&self, out: &Path) -> Result<()> {
        write_new(out, JOB_FILE, &self.sealed(out)?).map(drop)
    }

    /// Writes the job into `out` unless a job is there; of several processes that do so at once one alone does.
    /// Whether it was this one.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn write_first(&self, out: &Path) -> Result<bool> {
        create_directory(out)?;
        let path = out.join(JOB_FILE);
        let content = self.sealed(out)?;
        if let Some(results) = bucket::of(out)
            && !results.create_job(&content)?
        {
            return Ok(false);
        }
        let staged = tempfile::Builder::new()
            .suffix(".staged")
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(out);
        let mut staged = staged.map_err(Error::io(out))?;
        let written = staged.write_all(&content);
        written.and_then(|()| staged.as_file().sync_all()).map_err(Error::io(&path))?;
        match staged.persist_noclobber(&path) {
            Ok(_) => sync_directory(out).map(|()| true),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(Error::io(&path)(error.error)),
        }
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
        Job::parse(&path, &bytes).map(Some)
    }

    /// The job whose bytes were read at `path`.
    ///
    /// # Errors
    /// They are not what was written, or of another version.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Job> {
        let help = "start the run again with --overwrite";
        let broken = |rule: String| Error::integrity(path, rule, help);
        let job: Job = serde_json::from_slice(bytes).map_err(|e| broken(e.to_string()))?;
        if job.version != VERSION {
            let rule = format!("this program reads jobs of version {VERSION}, not {}", job.version);
            return Err(broken(rule));
        }
        if job.body_blake3 != Some(job.body_hash().map_err(|e| broken(e.to_string()))?) {
            return Err(broken("the job differs from what was written (`body_blake3`)".into()));
        }
        Ok(job)
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
    fn of_many_who_write_the_first_job_one_does_and_the_others_find_it_whole() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let wrote = std::thread::scope(|scope| {
            let write = |number: u32| {
                let out = &out;
                scope.spawn(move || {
                    let day = jiff::civil::date(2026, 11, 21);
                    let mut job = Job::new("r".into(), Vec::new(), "/".into(), day);
                    job.division = Some(Division { of: number, tile_probes: 1, tile_rows: 2 });
                    let is_first = job.write_first(out).unwrap();
                    let found = Job::read(out).unwrap().unwrap();
                    (is_first && found.division == job.division, found.division)
                })
            };
            let threads: Vec<_> = (1..=8).map(write).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(wrote.iter().filter(|(is_first, _)| *is_first).count(), 1);
        assert!(wrote.iter().all(|(_, division)| *division == wrote[0].1));
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "nothing staged is left");
    }

    #[test]
    fn a_job_comes_back_and_every_flipped_bit_of_it_is_found() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Job::read(folder.path()).unwrap(), None);
        let arguments = vec!["tanba".to_owned(), "run".to_owned()];
        let day = jiff::civil::date(2026, 11, 21);
        let mut job = Job::new("r".into(), arguments, "/somewhere".into(), day);
        job.searches = vec![JobSearch {
            search: "a/b".into(),
            way: None,
            tiles: 3,
            tiles_blake3: String::new(),
        }];
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
