//! Results in a bucket: made in a folder of this machine, then put there, `run.json` last.
//!
//! A run works in a folder below the cache as it works in any folder: lock, journal, shards, `tanba resume`. What it
//! has finished is written to the bucket and read back, each file where none is, and `run.json` last: a prefix
//! without it holds no finished run. Then the folder goes.
//!
//! A part of a run ([`super::part`]) needs no folder that others see. The first to begin writes `job.json` where none
//! is. A part that has ended puts its files under a name of its own attempt and then creates `parts/I-of-N.json`, which
//! names them with length and BLAKE3: of two that did the same part one counts, whole.
//!
//! Limits: a lock is of one machine. What two machines begin under one URL is found at the end, not at the beginning, and
//! the second is refused. An interrupted run goes on on its own machine alone; a part that has not ended is done again on
//! another.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::commit;
use super::job::{JOB_FILE, Job};
use super::output::{CLUSTERS_FILE, HISTOGRAM_FILE, HITS_FILE, RUN_FILE};
use super::part::Part;
use crate::error::{Error, Result};
use crate::gallery::bucket::Bucket;
use crate::gallery::file::{FileEntry, create_directory, is_as, write_here};
use crate::gallery::objects::{Objects, Put};
use crate::gallery::remote;

/// The files of a finished run, in the order in which they are written.
const FILES: [&str; 4] = [HITS_FILE, CLUSTERS_FILE, HISTOGRAM_FILE, RUN_FILE];

/// Mark of a run that may replace a finished one.
const REPLACE_FILE: &str = "replace";

/// A result in a bucket, and the folder of this machine that it is made in or was fetched to.
#[derive(Debug)]
pub struct Results {
    bucket: Bucket,
    folder: PathBuf,
    is_read: bool,
}

#[derive(Debug)]
struct Known {
    named: Vec<(PathBuf, String, bool)>,
    open: Vec<Arc<Results>>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { named: Vec::new(), open: Vec::new() });

fn known() -> std::sync::MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the files that a part has left behind are: `parts/I-of-N.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommittedPart {
    run_id: String,
    attempt: String,
    files: Vec<FileEntry>,
    body_blake3: Option<String>,
}

impl CommittedPart {
    fn body_hash(&self) -> serde_json::Result<String> {
        let body = serde_json::to_vec(&(&self.run_id, &self.attempt, &self.files))?;
        Ok(blake3::hash(&body).to_hex().to_string())
    }
}

fn name(kind: &str, url: &str, is_read: bool) -> PathBuf {
    let folder = remote::folder_of(kind, url);
    let mut known = known();
    if !known.named.iter().any(|(at, ..)| *at == folder) {
        known.named.push((folder.clone(), url.trim_end_matches('/').to_owned(), is_read));
    }
    folder
}

/// The folder in which the result of a URL is made. Makes no request; [`open_named`] does.
pub fn to_write(url: &str) -> PathBuf {
    name("work", url, false)
}

/// The folder to which the finished result of a URL is fetched, until [`close`]. Makes no request; [`open_named`] does.
pub fn to_read(url: &str) -> PathBuf {
    name(&format!("read-{}", std::process::id()), url, true)
}

/// Forgets what was named before it was known where folders lie.
pub fn forget_named() {
    known().named.clear();
}

/// Forgets what was named to be written, for who only reads.
pub fn forget_written() {
    known().named.retain(|(.., is_read)| *is_read);
}

/// Opens what [`to_write`] and [`to_read`] have named, and fetches the latter, again if it was fetched before.
///
/// # Errors
/// A URL cannot be understood, a store does not answer or denies access, or there is no finished run to read.
pub fn open_named() -> Result<()> {
    let named = std::mem::take(&mut known().named);
    for (folder, url, is_read) in named {
        if let Some(results) = of(&folder) {
            if is_read {
                results.fetch()?;
            }
            continue;
        }
        let results = Results { bucket: Bucket::open(&url)?, folder, is_read };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&results.folder).map_err(Error::io(&results.folder))?;
        let results = Arc::new(results);
        known().open.push(Arc::clone(&results));
        if is_read {
            results.fetch()?;
        }
    }
    Ok(())
}

/// Removes what was fetched to be read.
pub fn close() {
    for results in known().open.drain(..).filter(|results| results.is_read) {
        // Whoever cannot remove it has been able to read it; there is nobody left to tell.
        let _ = fs::remove_dir_all(&results.folder);
    }
}

/// The folder with the finished result of a URL, fetched now.
///
/// # Errors
/// As [`open_named`].
pub fn read(url: &str) -> Result<PathBuf> {
    let folder = to_read(url);
    open_named()?;
    Ok(folder)
}

/// The result in a bucket that `folder` stands for.
pub fn of(folder: &Path) -> Option<Arc<Results>> {
    known().open.iter().find(|results| results.folder == folder).cloned()
}

/// A folder of a result as people know it: of one in a bucket the URL.
pub fn shown(folder: &Path) -> PathBuf {
    of(folder).map_or_else(|| folder.to_owned(), |results| results.bucket.url().into())
}

impl Results {
    /// The URL.
    pub fn url(&self) -> &str {
        self.bucket.url()
    }

    /// The place, for requests that are waited for elsewhere.
    pub(super) fn objects(&self) -> &Objects {
        self.bucket.objects()
    }

    /// Fetches a file into the folder, compared with its length and BLAKE3, unless it is there.
    ///
    /// # Errors
    /// [`Error::Integrity`] if it is missing or another; the store does not answer or denies access.
    pub(super) fn bring(&self, entry: &FileEntry) -> Result<()> {
        self.bring_to(entry, &self.folder.join(&entry.path))
    }

    fn bring_to(&self, entry: &FileEntry, path: &Path) -> Result<()> {
        if is_as(path, entry) {
            return Ok(());
        }
        create_directory(path.parent().unwrap_or(&self.folder))?;
        self.bucket.fetch_checked(entry, path)
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub(super) fn remove(&self, path: &str) -> Result<()> {
        self.bucket.remove(path)
    }

    /// Removes all objects below a folder.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub(super) fn remove_below(&self, folder: &str) -> Result<()> {
        self.bucket.remove_below(folder)
    }

    /// Whether the bucket holds a finished run.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub fn is_finished(&self) -> Result<bool> {
        Ok(self.bucket.list("")?.iter().any(|object| object.path == RUN_FILE))
    }

    /// Whether a run has ended on this machine that is not in the bucket yet.
    pub fn is_waiting(&self) -> bool {
        self.folder.join(RUN_FILE).exists()
    }

    /// Whether the run that was begun here may replace a finished one.
    pub fn may_replace(&self) -> bool {
        self.folder.join(REPLACE_FILE).exists()
    }

    /// Refuses a run where a finished one is that it may not replace.
    ///
    /// # Errors
    /// [`Error::Usage`] then; the store does not answer, or denies access.
    pub fn check_free(&self, overwrite: bool) -> Result<()> {
        let (url, mark) = (self.url(), self.folder.join(REPLACE_FILE));
        if overwrite {
            return write_here(&mark, b"");
        }
        if self.is_finished()? {
            return Err(Error::usage(
                format!("{url} already holds a finished run"),
                "choose another --out, or add --overwrite to replace it",
            ));
        }
        if self.is_waiting() {
            return Err(Error::usage(
                format!("the run of {url} ended on this machine and is not in the bucket yet"),
                format!("`tanba resume --out {url}` puts it there; --overwrite runs it again"),
            ));
        }
        Ok(())
    }

    /// Puts the finished run into the bucket, in place of another if it was begun with leave to replace it, and removes
    /// it here.
    ///
    /// # Errors
    /// Another run is there; the store does not answer or denies access, or gives back other bytes.
    pub fn publish(&self) -> Result<()> {
        let pending = |error: Error| match error {
            Error::Incomplete { what, help } => Error::Incomplete {
                what: format!("{what}; the run has ended and waits on this machine"),
                help: format!(
                    "{help}: `tanba resume --out {}` puts it into the bucket",
                    self.url()
                ),
            },
            other => other,
        };
        self.try_publish().map_err(pending)?;
        let left = |error: Error| match error {
            Error::Incomplete { what, help } => Error::Incomplete {
                what: format!(
                    "{what}; the run is in the bucket, and what it was made from is, too"
                ),
                help: format!("{help}: `tanba resume --out {}` removes it", self.url()),
            },
            other => other,
        };
        self.remove_parts().map_err(left)?;
        commit::remove(&self.folder).map_err(left)?;
        fs::remove_dir_all(&self.folder).map_err(Error::io(&self.folder))
    }

    fn try_publish(&self) -> Result<()> {
        if self.may_replace() {
            // The account first: what is left without it is no finished run.
            for file in FILES.iter().rev() {
                self.bucket.remove(file)?;
            }
        }
        let mut entries = Vec::new();
        for file in FILES {
            let path = self.folder.join(file);
            let content = Bytes::from(fs::read(&path).map_err(Error::io(&path))?);
            let entry = FileEntry {
                path: file.to_owned(),
                blake3: blake3::hash(&content).to_hex().to_string(),
                bytes: content.len() as u64,
            };
            if !self.bucket.create_checked(&entry, &content, &self.folder)? {
                let url = self.url();
                return Err(Error::usage(
                    format!("{url} holds {file} of another run"),
                    "remove that object if its run is not wanted, and `tanba resume` again; or run into another URL",
                ));
            }
            entries.push(entry);
        }
        // Who replaced a run at the same time may have written between: then nothing here may pass for a result.
        for entry in &entries {
            if let Err(error) = self.bucket.check(entry, &self.folder) {
                self.bucket.remove(RUN_FILE)?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Fetches the finished run.
    fn fetch(&self) -> Result<()> {
        let listed = self.bucket.list("")?;
        if !listed.iter().any(|object| object.path == RUN_FILE) {
            return Err(Error::usage(
                format!("{} holds no finished run", self.url()),
                "give the --out of a run that has ended",
            ));
        }
        for object in listed.iter().filter(|object| FILES.contains(&object.path.as_str())) {
            let path = self.folder.join(&object.path);
            let file = fs::File::create(&path).map_err(Error::io(&path))?;
            self.bucket.fetch(&object.path, object.bytes, &file)?;
        }
        Ok(())
    }

    /// Brings the job of the run in parts, as it is in the bucket.
    ///
    /// # Errors
    /// The store does not answer or denies access; the operating system refuses.
    pub fn bring_job(&self) -> Result<()> {
        match self.bucket.get(JOB_FILE)? {
            Some(bytes) => write_here(&self.folder.join(JOB_FILE), &bytes),
            // What lies here is of a run whose bucket is gone.
            None if Job::read(&self.folder)?.is_some_and(|job| job.division.is_some()) => {
                Job::remove(&self.folder)
            }
            None => Ok(()),
        }
    }

    /// Writes the job of a run in parts where none is; whether it did. If not, it brings the one that is there.
    ///
    /// # Errors
    /// As [`Results::bring_job`].
    pub(super) fn create_job(&self, content: &[u8]) -> Result<bool> {
        if self.bucket.create(JOB_FILE, &Bytes::copy_from_slice(content))? == Put::Written {
            return Ok(true);
        }
        self.bring_job()?;
        Ok(false)
    }

    fn commit_path(part: Part) -> String {
        format!("parts/{}-of-{}.json", part.number(), part.of())
    }

    /// Brings what a part has left in the bucket; whether it has ended.
    ///
    /// # Errors
    /// Its files are not what was written; the store does not answer or denies access.
    pub fn bring_part(&self, part: Part) -> Result<bool> {
        let path = Results::commit_path(part);
        let Some(bytes) = self.bucket.get(&path)? else { return Ok(false) };
        let url = PathBuf::from(self.bucket.url_of(&path));
        let help = "remove this object and do the part again";
        let broken = |rule: String| Error::integrity(&url, rule, help);
        let committed: CommittedPart =
            serde_json::from_slice(&bytes).map_err(|e| broken(e.to_string()))?;
        let hash = committed.body_hash().map_err(|e| broken(e.to_string()))?;
        if committed.body_blake3 != Some(hash) {
            return Err(broken("it differs from what was written (`body_blake3`)".into()));
        }
        let directory = part.directory(&self.folder);
        for entry in &committed.files {
            let place = entry.path.rsplit_once(&format!("{}/", committed.attempt));
            let place = place.map(|(_, place)| place).filter(|place| !place.contains(".."));
            let place =
                place.ok_or_else(|| broken(format!("{} is no file of a part", entry.path)))?;
            self.bring_to(entry, &directory.join(place))?;
        }
        Ok(true)
    }

    /// Puts the files of a part that has ended into the bucket. Where another attempt was quicker its files count.
    ///
    /// # Errors
    /// The store does not answer or denies access, or gives back other bytes.
    pub fn commit_part(&self, part: Part, run_id: &str) -> Result<()> {
        let attempt = format!("{:016x}", rand::random::<u64>());
        let directory = part.directory(&self.folder);
        let mut files = Vec::new();
        for place in files_below(&directory)? {
            let path = directory.join(&place);
            let content = Bytes::from(fs::read(&path).map_err(Error::io(&path))?);
            let entry = FileEntry {
                path: format!("parts/{}-of-{}/{attempt}/{place}", part.number(), part.of()),
                blake3: blake3::hash(&content).to_hex().to_string(),
                bytes: content.len() as u64,
            };
            self.bucket.put_checked(&entry, &content, &self.folder)?;
            files.push(entry);
        }
        let mut committed =
            CommittedPart { run_id: run_id.to_owned(), attempt, files, body_blake3: None };
        let broken =
            |e: serde_json::Error| Error::integrity(&directory, e.to_string(), "report this");
        committed.body_blake3 = Some(committed.body_hash().map_err(broken)?);
        let bytes = Bytes::from(serde_json::to_vec_pretty(&committed).map_err(broken)?);
        if self.bucket.create(&Results::commit_path(part), &bytes)? == Put::Taken {
            committed.files.iter().try_for_each(|entry| self.bucket.remove(&entry.path))?;
        }
        Ok(())
    }

    /// Brings the job and every part that has ended.
    ///
    /// # Errors
    /// As [`Results::bring_job`] and [`Results::bring_part`].
    pub fn bring_parts(&self) -> Result<()> {
        self.bring_job()?;
        let division = Job::read(&self.folder)?.and_then(|job| job.division);
        for part in Part::all(division.map_or(0, |division| division.of)) {
            self.bring_part(part)?;
        }
        Ok(())
    }

    /// Removes what parts have left, once their run is in the bucket.
    fn remove_parts(&self) -> Result<()> {
        self.remove_below("parts")?;
        self.bucket.remove(JOB_FILE)
    }
}

/// What the assembly of a part reads: its account, its journal and its shards.
fn files_below(directory: &Path) -> Result<Vec<String>> {
    let mut files = vec!["part.json".to_owned(), "journal".to_owned()];
    let shards = directory.join("shards");
    for found in fs::read_dir(&shards).map_err(Error::io(&shards))? {
        let name = found.map_err(Error::io(&shards))?.file_name();
        let name = name.to_str().filter(|name| name.ends_with(".parquet"));
        files.extend(name.map(|name| format!("shards/{name}")));
    }
    files.sort();
    Ok(files)
}
