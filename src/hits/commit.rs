//! Tiles done by several processes, each counted once: attempts are staged, and one of them is committed.
//!
//! Below the folder of the run lies `attempts/SEAL`, SEAL being the first digits of the hash of its job: what was
//! tried for another job is never looked at. An attempt writes its hits to `staging/TILE/ATTEMPT.parquet` and then
//! creates `commit/tile-TILE.json`, which only the first can. The commit names the shard with its BLAKE3, its length
//! and the number of hits, so that a shard that is not what was committed is found and its tile is done again. Whoever
//! comes second removes what it staged. `submission` names who may still try: an attempt asks before it begins, so late
//! ones stop. Readers look at commits alone.
//!
//! Where the result is to lie in a bucket ([`super::bucket`]), `attempts` lies there too, with a copy of the job, and the
//! machine that began the run fetches the shards that were committed into its own folder.
//!
//! Limits: nothing is flushed here; a power cut can leave commits or shards that are not what was written, and what
//! is read later is checked. When not to use it: a run in one process has its journal ([`super::journal`]).

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use super::bucket;
use super::job::{JOB_FILE, Job};
use super::journal::TileEntry;
use crate::error::{Error, Kind, Result};
use crate::gallery::file::{FileEntry, create_directory};
use crate::gallery::objects::{Listed, Objects, Put};
use crate::gallery::store::is_url;

/// Folder of all attempts below that of the run.
pub(super) const DIRECTORY: &str = "attempts";
/// Digits of a job's hash that name its folder.
const SEAL_DIGITS: usize = 16;
/// Times a folder is removed in which a late attempt may be writing.
const REMOVALS: usize = 10;

/// Commits that are read at the same time.
const READS_AT_ONCE: usize = 16;

/// What did a tile, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Identity of the process.
    pub executor: String,
    /// Threads of that process that take tiles.
    pub threads: u64,
    /// Level of its processor.
    pub simd_level: String,
    /// The device, and the host it is of.
    pub device: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Why a device of the process takes no part any more, by its name.
    pub put_out: BTreeMap<String, String>,
}

/// A tile that was done, by the attempt that was first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its line in the journal, with its shard.
    pub entry: TileEntry,
    /// What did it.
    pub made: Made,
    /// BLAKE3 of everything above under the seal of the job, as JSON.
    body_blake3: Option<String>,
}

/// Something that kept a tile from being done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Tile.
    pub tile: u64,
    /// Search it is of; empty where that is not known.
    pub search: String,
    /// Process that tried.
    pub executor: String,
    /// Whether another one may succeed.
    pub can_retry: bool,
    /// Exit code that the error has on one machine.
    pub exit_code: u8,
    /// The error.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

impl Problem {
    /// What `error` says of a tile. Another process may succeed where work was not ended: a device was lost, memory
    /// was short, a file could not be read. A broken rule is broken everywhere.
    pub fn of(error: &Error, tile: u64, search: &str, executor: &str) -> Problem {
        Problem {
            tile,
            search: search.into(),
            executor: executor.into(),
            can_retry: error.kind() == Kind::Incomplete,
            exit_code: error.kind().exit_code(),
            what: error.to_string(),
            help: error.help(),
        }
    }

    /// The error again, of the same kind.
    pub fn error(&self) -> Error {
        let (what, help) = (self.what.clone(), self.help.clone());
        let is = |kind: Kind| self.exit_code == kind.exit_code();
        if is(Kind::Refused) {
            let what = "to go on with this run".into();
            return Error::Refused { what, rule: self.what.clone(), article: "L40", help };
        }
        if is(Kind::Integrity) {
            return Error::integrity(Path::new("cluster"), what, help);
        }
        match self.can_retry {
            true => Error::Incomplete { what, help },
            false => Error::Usage { message: what, help },
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { tile, search, executor, what, .. } = self;
        write!(f, "tile {tile} of {search} on executor {executor}: {what}")
    }
}

/// Commits that were found.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// Those that are what was written.
    pub commits: Vec<Commit>,
    /// Tiles of those that are not.
    pub broken: Vec<u64>,
}

/// Tiles whose commits are looked for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// All but these.
    AllBut(HashSet<u64>),
    /// These.
    These(HashSet<u64>),
}

impl Wanted {
    /// Whether a tile was wanted; it is no longer.
    fn take(&mut self, tile: u64) -> bool {
        match self {
            Wanted::AllBut(found) => found.insert(tile),
            Wanted::These(left) => left.remove(&tile),
        }
    }
}

/// The attempts at the tiles of one job.
#[derive(Debug, Clone)]
pub struct Attempts {
    /// The folder of the run, or its bucket. What else runs can lie on is decided here.
    objects: Objects,
    /// Folder of the run on the machine that began it; elsewhere where that is found.
    out: PathBuf,
    folder: String,
    seal: String,
}

impl Attempts {
    /// Those of the job in `out`, a folder or a URL, whose hash is `seal`. Makes no request.
    ///
    /// # Errors
    /// The folder is not there, or the URL cannot be understood.
    pub fn of(out: &Path, seal: &str) -> Result<Attempts> {
        let objects = match (bucket::of(out), out.to_str().filter(|out| is_url(out))) {
            (Some(results), _) => results.objects().clone(),
            (None, Some(url)) => Objects::open(url)?,
            (None, None) => Objects::folder(out)?,
        };
        let digits = seal.get(..SEAL_DIGITS).unwrap_or(seal);
        let folder = format!("{DIRECTORY}/{digits}");
        Ok(Attempts { objects, out: out.to_owned(), folder, seal: seal.to_owned() })
    }

    /// Where other machines find the run: its folder, or its URL.
    pub fn place(&self) -> PathBuf {
        self.objects.url().into()
    }

    /// Whether they lie in a bucket.
    pub fn is_in_bucket(&self) -> bool {
        is_url(self.objects.url())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn commit_path(&self, tile: u64) -> String {
        self.path(&format!("commit/tile-{tile:08}.json"))
    }

    fn staged_path(&self, tile: u64, attempt: &str) -> String {
        self.path(&format!("staging/{tile:08}/{attempt}.parquet"))
    }

    /// The job: that of the folder, or in a bucket the copy that was announced.
    fn job_path(&self) -> String {
        if self.is_in_bucket() { self.path(JOB_FILE) } else { JOB_FILE.to_owned() }
    }

    fn json<T: Serialize>(&self, value: &T) -> Result<Bytes> {
        serde_json::to_vec(value).map(Bytes::from).map_err(|e| {
            Error::integrity(&self.out.join(&self.folder), e.to_string(), "report this")
        })
    }

    /// Lets attempts of `submission` try, and no other's.
    ///
    /// # Errors
    /// The store refuses; the job cannot be read.
    pub async fn announce(&self, submission: &str) -> Result<()> {
        if self.is_in_bucket() {
            // The folder says which attempts there may be in the bucket: `remove` goes by it.
            create_directory(&self.out.join(&self.folder))?;
            let path = self.out.join(JOB_FILE);
            let job = fs::read(&path).map_err(Error::io(&path))?;
            self.objects.put(&self.job_path(), &job.into()).await?;
        }
        let submission = Bytes::copy_from_slice(submission.as_bytes());
        self.objects.put(&self.path("submission"), &submission).await
    }

    /// The job, if it is still to be done: it is where it was, as it was.
    ///
    /// # Errors
    /// The store refuses; the job is of another release.
    pub async fn job(&self) -> Result<Option<Job>> {
        let path = self.job_path();
        let Some(bytes) = self.objects.get(&path).await? else { return Ok(None) };
        let job = Job::parse(Path::new(&self.objects.url_of(&path)), &bytes)?;
        Ok(Some(job).filter(|job| job.body_blake3.as_deref() == Some(&self.seal)))
    }

    /// Lets nobody try any more.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn withdraw(&self) -> Result<()> {
        self.objects.remove(&self.path("submission")).await
    }

    /// Whether attempts of `submission` may still try.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn is_current(&self, submission: &str) -> Result<bool> {
        let current = self.objects.get(&self.path("submission")).await?;
        Ok(current.is_some_and(|current| current == submission.as_bytes()))
    }

    /// Whether the job is still to be done.
    async fn is_wanted(&self) -> Result<bool> {
        let job = self.objects.get(&self.job_path()).await?;
        let job = job.and_then(|bytes| serde_json::from_slice::<Job>(&bytes).ok());
        Ok(job.is_some_and(|job| job.body_blake3.as_deref() == Some(&self.seal)))
    }

    /// Whether a tile was done.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn is_committed(&self, tile: u64) -> Result<bool> {
        Ok(self.objects.length(&self.commit_path(tile)).await?.is_some())
    }

    /// Commits what `attempt` brought: the line of a tile, and its shard if it has hits. Whether it was the first; if
    /// not, or if the job has ended meanwhile, nothing of it stays.
    ///
    /// # Errors
    /// The store refuses; the tile may have been committed all the same.
    pub async fn commit(
        &self,
        attempt: &str,
        mut entry: TileEntry,
        shard: Option<Vec<u8>>,
        made: Made,
    ) -> Result<bool> {
        let staged = self.staged_path(entry.tile, attempt);
        let path = self.commit_path(entry.tile);
        let has_shard = shard.is_some();
        if let Some(bytes) = shard {
            entry.shard = Some(FileEntry {
                path: staged.clone(),
                blake3: blake3::hash(&bytes).to_hex().to_string(),
                bytes: bytes.len() as u64,
            });
            self.objects.put(&staged, &bytes.into()).await?;
        }
        let mut commit = Commit { entry, made, body_blake3: None };
        commit.body_blake3 = Some(self.body_hash(&commit)?);
        let is_first = self.objects.create(&path, &self.json(&commit)?).await? == Put::Written;
        let is_wanted = self.is_wanted().await?;
        if is_first && !is_wanted {
            self.objects.remove(&path).await?;
        }
        if has_shard && !(is_first && is_wanted) {
            self.objects.remove(&staged).await?;
        }
        Ok(is_first && is_wanted)
    }

    fn body_hash(&self, commit: &Commit) -> Result<String> {
        let body = self.json(&Commit { body_blake3: None, ..commit.clone() })?;
        let key = blake3::derive_key("tanba 2026 commit of a tile", self.seal.as_bytes());
        Ok(blake3::keyed_hash(&key, &body).to_hex().to_string())
    }

    /// The commits of `wanted` tiles; those found are wanted no longer.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn committed(&self, wanted: &mut Wanted) -> Result<Found> {
        let mut found = Found::default();
        let mut new = Vec::new();
        let folder = self.path("commit");
        for Listed { path, .. } in self.objects.list(&folder).await? {
            let number = path.strip_prefix(&folder).and_then(|name| name.strip_prefix("/tile-"));
            let number = number.and_then(|rest| rest.strip_suffix(".json")?.parse::<u64>().ok());
            new.extend(number.filter(|tile| wanted.take(*tile)).map(|tile| (tile, path)));
        }
        let read = |(tile, path): (u64, String)| async move {
            Ok::<_, Error>((tile, self.objects.get(&path).await?))
        };
        let mut read = futures_util::stream::iter(new).map(read).buffered(READS_AT_ONCE);
        while let Some((tile, bytes)) = read.try_next().await? {
            let Some(bytes) = bytes else { continue };
            match serde_json::from_slice::<Commit>(&bytes) {
                Ok(commit) if self.is_as_written(&commit, tile)? => found.commits.push(commit),
                _ => found.broken.push(tile),
            }
        }
        found.commits.sort_by_key(|commit| commit.entry.tile);
        Ok(found)
    }

    /// Whether a commit is that of `tile`, is what was written, and names a shard of these attempts.
    fn is_as_written(&self, commit: &Commit, tile: u64) -> Result<bool> {
        let staged = format!("{}/staging/{tile:08}/", self.folder);
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let is_staged = |shard: &FileEntry| {
            let name = shard.path.strip_prefix(&staged);
            name.and_then(|name| name.strip_suffix(".parquet")).is_some_and(is_name)
        };
        Ok(commit.entry.tile == tile
            && commit.body_blake3 == Some(self.body_hash(commit)?)
            && commit.entry.shard.as_ref().is_none_or(is_staged))
    }

    /// Whether a shard is one of these attempts.
    pub fn hold(&self, shard: &FileEntry) -> bool {
        shard.path.starts_with(&self.folder)
    }

    /// Fetches a shard that was committed into the folder of the run, if it lies in a bucket. One that is not what was
    /// committed is left away.
    ///
    /// # Errors
    /// The store does not answer or denies access; the operating system refuses.
    pub fn bring(&self, shard: &FileEntry) -> Result<()> {
        match bucket::of(&self.out) {
            Some(results) => match results.bring(shard) {
                Err(Error::Integrity { .. }) => Ok(()),
                done => done,
            },
            None => Ok(()),
        }
    }

    /// Takes back the commit of a tile whose shard or commit is not what was written: the tile is to be done again.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn take_back(&self, tile: u64) -> Result<()> {
        self.objects.remove(&self.commit_path(tile)).await
    }

    /// Notes what kept a tile from being done.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn note(&self, submission: &str, attempt: &str, problem: &Problem) -> Result<()> {
        let path = self.path(&format!("problems/{submission}-{attempt}.json"));
        self.objects.put(&path, &self.json(problem)?).await
    }

    /// What kept tiles of a submission from being done: first what no other process can do either.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn problems(&self, submission: &str) -> Result<Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        let of_submission = self.path(&format!("problems/{submission}"));
        for object in self.objects.list(&self.path("problems")).await? {
            if object.path.starts_with(&of_submission) {
                problems.extend(self.objects.get(&object.path).await?.as_deref().and_then(parsed));
            }
        }
        problems.sort_by_key(|problem| (problem.can_retry, problem.tile));
        Ok(problems)
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

/// Waits for what a store is asked, where no asynchronous code runs.
///
/// # Errors
/// The operating system gives no way to wait; or as what is waited for.
pub fn wait<T>(asked: impl Future<Output = Result<T>>) -> Result<T> {
    // One for all: connections that are kept open belong to the runtime they were opened in.
    static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
    });
    match &*RUNTIME {
        Ok(runtime) => runtime.block_on(asked),
        Err(error) => Err(Error::io(Path::new("."))(std::io::Error::from(error.kind()))),
    }
}

/// Removes all attempts below `out`, also those of other jobs; in its bucket, if it has one, those of jobs that were
/// begun here.
///
/// # Errors
/// The operating system refuses; the store does not answer or denies access.
pub fn remove(out: &Path) -> Result<()> {
    let directory = out.join(DIRECTORY);
    if let Some(results) = bucket::of(out).filter(|_| directory.is_dir()) {
        for found in fs::read_dir(&directory).map_err(Error::io(&directory))? {
            let name = found.map_err(Error::io(&directory))?.file_name();
            let folder = format!("{DIRECTORY}/{}", name.to_string_lossy());
            // The job first: who writes a commit after it looks for it and removes what it wrote.
            results.remove(&format!("{folder}/{JOB_FILE}"))?;
            results.remove_below(&folder)?;
        }
    }
    for left in (0..REMOVALS).rev() {
        match fs::remove_dir_all(&directory) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            // A late attempt wrote into a folder that was being removed.
            Err(_) if left > 0 => continue,
            Err(error) => return Err(Error::io(&directory)(error)),
        }
        break;
    }
    Ok(())
}

#[cfg(test)]
#[path = "commit_tests.rs"]
mod tests;
