//! Tiles done by several processes, each counted once: attempts are staged, and one of them is committed.
//!
//! Below the folder of the run lies `attempts/SEAL`, SEAL being the first digits of the hash of its job: what was
//! tried for another job is never looked at. An attempt writes its hits to `staging/TILE/ATTEMPT.parquet` and then
//! creates `commit/tile-TILE.json`, which only the first can. The commit names the shard with its BLAKE3, its length
//! and the number of hits, so that a shard that is not what was committed is found and its tile is done again. Whoever
//! comes second removes what it staged. `submission` names who may still try: an attempt asks before it begins, so late
//! ones stop. Readers look at commits alone.
//!
//! Limits: nothing is flushed here; a power cut can leave commits or shards that are not what was written, and what
//! is read later is checked. When not to use it: a run in one process has its journal ([`super::journal`]).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::job::{JOB_FILE, Job};
use super::journal::TileEntry;
use super::report::DeviceReport;
use crate::error::{Error, Kind, Result};
use crate::gallery::file::FileEntry;

/// Folder of all attempts below that of the run.
pub(super) const DIRECTORY: &str = "attempts";
/// Digits of a job's hash that name its folder.
const SEAL_DIGITS: usize = 16;
/// Times a folder is removed in which a late attempt may be writing.
const REMOVALS: usize = 10;

/// The store that the folder of a run lies in. What else runs can lie on is decided here.
///
/// # Errors
/// The folder is not there.
pub fn store_of(out: &Path) -> Result<Arc<dyn ObjectStore>> {
    let store = LocalFileSystem::new_with_prefix(out);
    let store = store.map_err(|source| Error::Store { location: location(out), source })?;
    Ok(Arc::new(store.with_automatic_cleanup(true)))
}

fn location(path: &Path) -> String {
    path.display().to_string()
}

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

/// The attempts at the tiles of one job.
#[derive(Debug, Clone)]
pub struct Attempts {
    store: Arc<dyn ObjectStore>,
    out: PathBuf,
    folder: String,
    seal: String,
}

impl Attempts {
    /// Those of the job in `out` whose hash is `seal`.
    ///
    /// # Errors
    /// The folder is not there.
    pub fn of(out: &Path, seal: &str) -> Result<Attempts> {
        let digits = seal.get(..SEAL_DIGITS).unwrap_or(seal);
        let folder = format!("{DIRECTORY}/{digits}");
        Ok(Attempts { store: store_of(out)?, out: out.to_owned(), folder, seal: seal.to_owned() })
    }

    fn path(&self, name: &str) -> StorePath {
        StorePath::from(format!("{}/{name}", self.folder))
    }

    fn commit_path(&self, tile: u64) -> StorePath {
        self.path(&format!("commit/tile-{tile:08}.json"))
    }

    fn staged_path(&self, tile: u64, attempt: &str) -> StorePath {
        self.path(&format!("staging/{tile:08}/{attempt}.parquet"))
    }

    fn failed(&self, path: &StorePath) -> impl FnOnce(object_store::Error) -> Error + use<> {
        let location = location(&self.out.join(path.as_ref()));
        move |source| Error::Store { location, source }
    }

    async fn get(&self, path: &StorePath) -> Result<Option<Vec<u8>>> {
        match self.store.get(path).await {
            Ok(found) => {
                let bytes = found.bytes().await.map_err(self.failed(path))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.failed(path)(source)),
        }
    }

    /// Writes an object; whether it was not there before. Without `first` it may replace another.
    async fn put(&self, path: &StorePath, bytes: Vec<u8>, first: bool) -> Result<bool> {
        let mode = if first { PutMode::Create } else { PutMode::Overwrite };
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.store.put_opts(path, bytes.into(), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(source) => Err(self.failed(path)(source)),
        }
    }

    async fn delete(&self, path: &StorePath) -> Result<()> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(self.failed(path)(source)),
        }
    }

    fn json<T: Serialize>(&self, value: &T) -> Result<Vec<u8>> {
        serde_json::to_vec(value).map_err(|e| {
            Error::integrity(&self.out.join(&self.folder), e.to_string(), "report this")
        })
    }

    /// Lets attempts of `submission` try, and no other's.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn announce(&self, submission: &str) -> Result<()> {
        self.put(&self.path("submission"), submission.into(), false).await.map(drop)
    }

    /// Lets nobody try any more.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn withdraw(&self) -> Result<()> {
        self.delete(&self.path("submission")).await
    }

    /// Whether attempts of `submission` may still try.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn is_current(&self, submission: &str) -> Result<bool> {
        let current = self.get(&self.path("submission")).await?;
        Ok(current.is_some_and(|current| current == submission.as_bytes()))
    }

    /// Whether the job is still to be done: it is in its folder as it was.
    async fn is_wanted(&self) -> Result<bool> {
        let job = self.get(&StorePath::from(JOB_FILE)).await?;
        let job = job.and_then(|bytes| serde_json::from_slice::<Job>(&bytes).ok());
        Ok(job.is_some_and(|job| job.body_blake3.as_deref() == Some(&self.seal)))
    }

    /// Whether a tile was done.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn is_committed(&self, tile: u64) -> Result<bool> {
        let path = self.commit_path(tile);
        match self.store.head(&path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(self.failed(&path)(source)),
        }
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
                path: staged.as_ref().to_owned(),
                blake3: blake3::hash(&bytes).to_hex().to_string(),
                bytes: bytes.len() as u64,
            });
            self.put(&staged, bytes, false).await?;
        }
        let mut commit = Commit { entry, made, body_blake3: None };
        commit.body_blake3 = Some(self.body_hash(&commit)?);
        let is_first = self.put(&path, self.json(&commit)?, true).await?;
        let is_wanted = self.is_wanted().await?;
        if is_first && !is_wanted {
            self.delete(&path).await?;
        }
        if has_shard && !(is_first && is_wanted) {
            self.delete(&staged).await?;
        }
        Ok(is_first && is_wanted)
    }

    fn body_hash(&self, commit: &Commit) -> Result<String> {
        let body = self.json(&Commit { body_blake3: None, ..commit.clone() })?;
        let key = blake3::derive_key("tanba 2026 commit of a tile", self.seal.as_bytes());
        Ok(blake3::keyed_hash(&key, &body).to_hex().to_string())
    }

    /// The names of what lies in a folder of these attempts.
    async fn names(&self, folder: &str) -> Result<Vec<StorePath>> {
        let folder = self.path(folder);
        match self.store.list_with_delimiter(Some(&folder)).await {
            Ok(found) => Ok(found.objects.into_iter().map(|object| object.location).collect()),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(source) => Err(self.failed(&folder)(source)),
        }
    }

    /// The commits that are not in `seen`, which they are added to.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn committed(&self, seen: &mut HashSet<u64>) -> Result<Found> {
        let mut found = Found::default();
        for path in self.names("commit").await? {
            let number = path.filename().and_then(|name| name.strip_prefix("tile-"));
            let number = number.and_then(|rest| rest.strip_suffix(".json")?.parse::<u64>().ok());
            let Some(tile) = number.filter(|tile| seen.insert(*tile)) else { continue };
            let Some(bytes) = self.get(&path).await? else { continue };
            match serde_json::from_slice::<Commit>(&bytes) {
                Ok(commit)
                    if commit.entry.tile == tile
                        && commit.body_blake3 == Some(self.body_hash(&commit)?) =>
                {
                    found.commits.push(commit);
                }
                _ => found.broken.push(tile),
            }
        }
        found.commits.sort_by_key(|commit| commit.entry.tile);
        Ok(found)
    }

    /// Takes back the commit of a tile whose shard or commit is not what was written: the tile is to be done again.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn take_back(&self, tile: u64) -> Result<()> {
        self.delete(&self.commit_path(tile)).await
    }

    /// Notes what kept a tile from being done.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn note(&self, submission: &str, attempt: &str, problem: &Problem) -> Result<()> {
        let path = self.path(&format!("problems/{submission}-{attempt}.json"));
        self.put(&path, self.json(problem)?, false).await.map(drop)
    }

    /// What kept tiles of a submission from being done: first what no other process can do either.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn problems(&self, submission: &str) -> Result<Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        for path in self.names("problems").await? {
            if path.filename().is_some_and(|name| name.starts_with(submission)) {
                problems.extend(self.get(&path).await?.as_deref().and_then(parsed));
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
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map_err(Error::io(Path::new(".")))?.block_on(asked)
}

/// Removes all attempts below `out`, also those of other jobs.
///
/// # Errors
/// The operating system refuses.
pub fn remove(out: &Path) -> Result<()> {
    let directory = out.join(DIRECTORY);
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

/// What processes elsewhere did for a run.
#[derive(Debug, Default)]
pub struct Account {
    devices: BTreeMap<String, DeviceReport>,
    threads: BTreeMap<String, u64>,
    levels: BTreeSet<String>,
}

impl Account {
    /// Adds a tile.
    pub fn add(&mut self, commit: &Commit) {
        let made = &commit.made;
        let of_name = |name: &String| DeviceReport {
            device: name.clone(),
            tiles: 0,
            comparisons: 0,
            put_out: None,
        };
        let device = self.devices.entry(made.device.clone());
        let device = device.or_insert_with_key(of_name);
        device.tiles += 1;
        device.comparisons += commit.entry.comparisons;
        for (name, reason) in &made.put_out {
            let device = self.devices.entry(name.clone()).or_insert_with_key(of_name);
            device.put_out.get_or_insert_with(|| reason.clone());
        }
        self.threads.insert(made.executor.clone(), made.threads);
        self.levels.insert(made.simd_level.clone());
    }

    /// Whether nothing was done elsewhere.
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    /// What each device did.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceReport> {
        self.devices.values()
    }

    /// Threads of all processes.
    pub fn threads(&self) -> usize {
        self.threads.values().sum::<u64>() as usize
    }

    /// Levels of the processors, joined by commas.
    pub fn simd_levels(&self) -> String {
        self.levels.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hits::histogram::Histogram;

    /// A folder with a job, and the attempts at its tiles.
    fn world() -> (tempfile::TempDir, Attempts) {
        let folder = tempfile::tempdir().unwrap();
        let day = jiff::civil::date(2026, 11, 22);
        Job::new("r".into(), Vec::new(), "/".into(), day).write(folder.path()).unwrap();
        let seal = Job::read(folder.path()).unwrap().unwrap().body_blake3.unwrap();
        let attempts = Attempts::of(folder.path(), &seal).unwrap();
        (folder, attempts)
    }

    fn entry(tile: u64) -> TileEntry {
        TileEntry {
            tile,
            shard: None,
            comparisons: 10 + tile,
            survivors: 3,
            written: 1,
            splits: 0,
            stages: [0; 2],
            histogram: Histogram::default(),
        }
    }

    fn try_tile(attempts: &Attempts, attempt: &str, tile: u64, bytes: &[u8]) -> bool {
        let shard = (!bytes.is_empty()).then(|| bytes.to_vec());
        wait(attempts.commit(attempt, entry(tile), shard, Made::default())).unwrap()
    }

    fn staged(out: &Path) -> usize {
        fn files(folder: &Path) -> usize {
            let Ok(entries) = fs::read_dir(folder) else { return 0 };
            let paths = entries.map(|entry| entry.unwrap().path());
            paths.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
        }
        let jobs = fs::read_dir(out.join(DIRECTORY)).unwrap();
        jobs.map(|job| files(&job.unwrap().path().join("staging"))).sum()
    }

    #[test]
    fn of_many_attempts_at_one_tile_one_counts_and_nothing_of_the_others_stays() {
        let (folder, attempts) = world();
        let wins = std::thread::scope(|scope| {
            let tries = |number: u64| {
                let attempts = &attempts;
                scope.spawn(move || {
                    let bytes = vec![number as u8; 1000];
                    (0..5)
                        .filter(|tile| try_tile(attempts, &format!("a{number}"), *tile, &bytes))
                        .count()
                })
            };
            let threads: Vec<_> = (1..=6).map(tries).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        let found = wait(attempts.committed(&mut HashSet::new())).unwrap();
        assert_eq!((wins, found.commits.len(), found.broken.len()), (5, 5, 0));
        assert_eq!(staged(folder.path()), 5);
        for commit in &found.commits {
            let shard = commit.entry.shard.as_ref().unwrap();
            crate::gallery::file::verified(folder.path(), shard).unwrap();
            assert_eq!(TileEntry { shard: None, ..commit.entry.clone() }, entry(commit.entry.tile));
        }
        // A late attempt changes nothing.
        assert!(!try_tile(&attempts, "late", 2, b"other bytes"));
        assert_eq!(wait(attempts.committed(&mut HashSet::new())).unwrap(), found);
        assert_eq!(staged(folder.path()), 5);
        let mut seen = HashSet::from([0, 1, 2, 3]);
        assert_eq!(wait(attempts.committed(&mut seen)).unwrap().commits.len(), 1);
        remove(folder.path()).unwrap();
        remove(folder.path()).unwrap();
    }

    #[test]
    fn an_attempt_at_a_job_that_has_ended_or_was_begun_anew_leaves_nothing() {
        let (folder, attempts) = world();
        Job::remove(folder.path()).unwrap();
        assert!(!try_tile(&attempts, "late", 1, b"bytes"));
        assert!(!folder.path().join(DIRECTORY).exists());
        let day = jiff::civil::date(2026, 11, 23);
        Job::new("r".into(), Vec::new(), "/".into(), day).write(folder.path()).unwrap();
        assert!(!try_tile(&attempts, "late", 1, b"bytes"));
        assert!(!folder.path().join(DIRECTORY).exists());
    }

    #[test]
    fn only_the_announced_submission_may_try_and_nobody_when_it_is_withdrawn() {
        let (_folder, attempts) = world();
        let is_current = |name: &str| wait(attempts.is_current(name)).unwrap();
        assert!(!is_current("a"));
        wait(attempts.announce("a")).unwrap();
        assert!(is_current("a"));
        wait(attempts.announce("b")).unwrap();
        assert!(!is_current("a") && is_current("b"));
        wait(attempts.withdraw()).unwrap();
        wait(attempts.withdraw()).unwrap();
        assert!(!is_current("b"));
    }

    #[test]
    fn a_commit_that_is_not_what_was_written_is_found_and_its_tile_can_be_done_again() {
        let (folder, attempts) = world();
        assert!(try_tile(&attempts, "a", 4, b""));
        let path = folder.path().join(attempts.commit_path(4).as_ref());
        let bytes = fs::read(&path).unwrap();
        for place in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            fs::write(&path, &flipped).unwrap();
            let found = wait(attempts.committed(&mut HashSet::new())).unwrap();
            assert_eq!((found.commits.len(), found.broken), (0, vec![4]), "bit {place}");
        }
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(!try_tile(&attempts, "b", 4, b""));
        wait(attempts.take_back(4)).unwrap();
        assert!(!wait(attempts.is_committed(4)).unwrap());
        assert!(try_tile(&attempts, "b", 4, b""));
        assert_eq!(wait(attempts.committed(&mut HashSet::new())).unwrap().commits.len(), 1);
    }

    #[test]
    fn what_no_process_can_do_comes_before_what_another_may() {
        let (_folder, attempts) = world();
        let problem = |tile, error: &Error| Problem::of(error, tile, "a/b", "e");
        let full = Error::Incomplete { what: "full".into(), help: String::new() };
        let broken = Error::integrity(Path::new("x"), "broken", "restore it");
        wait(attempts.note("s", "1", &problem(1, &full))).unwrap();
        wait(attempts.note("s", "2", &problem(9, &broken))).unwrap();
        wait(attempts.note("t", "3", &problem(0, &broken))).unwrap();
        let found = wait(attempts.problems("s")).unwrap();
        assert_eq!(found.iter().map(|problem| problem.tile).collect::<Vec<_>>(), [9, 1]);
        assert_eq!(found[0].error().kind(), broken.kind());
    }
}
