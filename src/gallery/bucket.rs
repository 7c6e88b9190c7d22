//! A place in object storage, with requests that wait for their answer and go on trying.
//!
//! Requests are tried again inside the client library, and here once more around it: that signs them anew and sees bodies
//! that broke off. What says that trying again is no use (denied, missing, no such bucket) ends at once.
//!
//! Limits: an upload is not flushed or locked as a file is; what must be sure is read back.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::path::Path as StorePath;
use object_store::{
    Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};

use super::file::{self, FileEntry, RESTORE_HELP};
use super::store::{folder_of, is_transient, open, patience, told};
use crate::error::{Error, Result};
use crate::limits::{OBJECT_FETCHES, OBJECT_PART_BYTES, OBJECT_READS_AT_ONCE};

/// What to do where a store does not answer.
const NO_ANSWER_HELP: &str = "check the network and AWS_ENDPOINT_URL, then give the command again";

/// What to do where a store denies access.
const DENIED_HELP: &str = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what this account may do in the bucket";

/// What S3 calls a denial.
const DENIALS: [&str; 5] =
    ["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken"];

/// Range reads that may still begin. Many files are fetched at the same time, and each of its ranges is in memory.
static READS_LEFT: Mutex<u64> = Mutex::new(OBJECT_READS_AT_ONCE);
static READ_ENDED: Condvar = Condvar::new();

/// Leave to make one range read.
struct Reading;

impl Reading {
    fn begin() -> Reading {
        let left = READS_LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        let left = READ_ENDED.wait_while(left, |left| *left == 0);
        *left.unwrap_or_else(PoisonError::into_inner) -= 1;
        Reading
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        *READS_LEFT.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        READ_ENDED.notify_one();
    }
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Path below the bucket's prefix.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Written,
    /// Another object is there, or another version than the one it was to replace.
    Taken,
}

/// A place in a store, with requests that wait for their answer.
#[derive(Debug)]
pub struct Bucket {
    url: String,
    store: Arc<dyn ObjectStore>,
    prefix: StorePath,
    runtime: tokio::runtime::Runtime,
    patience: Duration,
}

/// The error of the program for one of the store of `bucket` about `url`, which lies in it.
pub fn error_of(bucket: &str, url: &str, error: &StoreError) -> Error {
    if told(error).starts_with("NoSuchBucket") {
        return Error::usage(
            format!("{bucket}: there is no such bucket"),
            "make the bucket, or check its name, AWS_REGION and AWS_ENDPOINT_URL",
        );
    }
    // A listing that is denied comes without its kind.
    let is_denied = DENIALS.iter().any(|code| told(error).starts_with(code))
        || matches!(
            error,
            StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. }
        );
    let (what, help) = match error {
        _ if is_denied => (format!("{url}: access denied ({})", told(error)), DENIED_HELP),
        StoreError::NotFound { .. } => (
            format!("{url} does not exist ({})", told(error)),
            "check the bucket and the prefix; objects of a gallery are never removed by tanba",
        ),
        StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => (
            format!("{url}: {}", told(error)),
            "the store must honour If-None-Match and If-Match on PUT; docs/object_storage.md names such stores",
        ),
        _ => (format!("{url}: {}", told(error)), NO_ANSWER_HELP),
    };
    Error::Incomplete { what, help: help.into() }
}

impl Bucket {
    /// The bucket of a URL, as [`open`].
    ///
    /// # Errors
    /// As [`open`]; or the operating system gives no threads.
    pub fn open(url: &str) -> Result<Bucket> {
        let (store, prefix) = open(url)?;
        Bucket::new(url.trim_end_matches('/'), store, prefix, patience())
    }

    fn new(
        url: &str,
        store: Arc<dyn ObjectStore>,
        prefix: StorePath,
        patience: Duration,
    ) -> Result<Bucket> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Error::io(Path::new(url)))?;
        Ok(Bucket { url: url.to_owned(), store, prefix, runtime, patience })
    }

    /// The store, and the place in it.
    pub fn store(&self) -> (Arc<dyn ObjectStore>, StorePath) {
        (Arc::clone(&self.store), self.prefix.clone())
    }

    /// The URL, which holds no credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of a path below it.
    pub fn url_of(&self, path: &str) -> String {
        match path {
            "" => self.url.clone(),
            path => format!("{}/{path}", self.url),
        }
    }

    fn location(&self, path: &str) -> StorePath {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.fold(self.prefix.clone(), |place, part| place.join(part))
    }

    fn failed(&self, path: &str, error: &StoreError) -> Error {
        error_of(&self.url, &self.url_of(path), error)
    }

    /// Makes a request until there is an answer, or patience is at an end.
    fn patiently<T>(
        &self,
        path: &str,
        mut request: impl AsyncFnMut() -> object_store::Result<T>,
    ) -> std::result::Result<T, StoreError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(200);
        loop {
            match self.runtime.block_on(request()) {
                Err(error) if is_transient(&error) && begun.elapsed() < self.patience => {
                    tracing::warn!(url = self.url_of(path), fault = told(&error), "asked again");
                    std::thread::sleep(pause.min(self.patience.saturating_sub(begun.elapsed())));
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                done => return done,
            }
        }
    }

    /// The content of a small object; none where there is none.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub fn get(&self, path: &str) -> Result<Option<Bytes>> {
        let place = self.location(path);
        let answer = self.patiently(path, async || self.store.get(&place).await?.bytes().await);
        match answer {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// The content of a small object with its version, for [`Bucket::replace`]; none where there is none.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    pub fn get_version(&self, path: &str) -> Result<Option<(Bytes, UpdateVersion)>> {
        let place = self.location(path);
        let answer = self.patiently(path, async || {
            let found = self.store.get(&place).await?;
            let version = UpdateVersion {
                e_tag: found.meta.e_tag.clone(),
                version: found.meta.version.clone(),
            };
            Ok((found.bytes().await?, version))
        });
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Fetches an object of `bytes` bytes into `file`, in ranges of which several are read ahead at once.
    ///
    /// # Errors
    /// The object is missing, the store does not answer or denies access, or the file cannot be written.
    pub fn fetch(&self, path: &str, bytes: u64, file: &File) -> Result<()> {
        let place = self.location(path);
        let next = AtomicU64::new(0);
        let failure = Mutex::new(None);
        let fail = |error: Error| {
            next.store(u64::MAX / 2, Ordering::Relaxed);
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        };
        let read = || {
            loop {
                let start = next.fetch_add(OBJECT_PART_BYTES, Ordering::Relaxed);
                if start >= bytes {
                    return;
                }
                let range = start..(start + OBJECT_PART_BYTES).min(bytes);
                let length = range.end - range.start;
                let _reading = Reading::begin();
                let request = async || self.store.get_range(&place, range.clone()).await;
                match self.patiently(path, request) {
                    // The hash of the whole says that something is amiss; a place outside the range must not be written.
                    Ok(part) if part.len() as u64 > length => {}
                    Ok(part) => {
                        if let Err(error) = file.write_all_at(&part, start) {
                            return fail(Error::io(Path::new("the cache"))(error));
                        }
                    }
                    Err(StoreError::NotFound { .. }) => {
                        let rule = format!("a committed file is missing: {}", self.url_of(path));
                        return fail(Error::integrity(Path::new(path), rule, RESTORE_HELP));
                    }
                    // The object ends before this range: the hash of the whole tells.
                    Err(error) if error.to_string().contains("status code: 416") => {}
                    Err(error) => return fail(self.failed(path, &error)),
                }
            }
        };
        std::thread::scope(|scope| {
            let threads = bytes.div_ceil(OBJECT_PART_BYTES).min(OBJECT_READS_AT_ONCE);
            (1..threads).for_each(|_| drop(scope.spawn(read)));
            read();
        });
        failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Writes an object, whatever was there; large ones in several parts.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub fn put(&self, path: &str, content: &Bytes) -> Result<()> {
        let place = self.location(path);
        let part_bytes = usize::try_from(OBJECT_PART_BYTES).unwrap_or(usize::MAX);
        let answer = self.patiently(path, async || {
            if content.len() <= 2 * part_bytes {
                return self.store.put(&place, content.clone().into()).await.map(drop);
            }
            // At least 5 MiB a part, and at most 10,000 parts, says S3.
            let part_bytes = (2 * part_bytes).max(content.len() / 9_000);
            let mut upload = self.store.put_multipart(&place).await?;
            for start in (0..content.len()).step_by(part_bytes) {
                let part = content.slice(start..(start + part_bytes).min(content.len()));
                if let Err(error) = upload.put_part(PutPayload::from(part)).await {
                    // The error of the part is the one to report.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
            upload.complete().await.map(drop)
        });
        answer.map_err(|error| self.failed(path, &error))
    }

    /// Fetches an object to `path` and compares it with its length and BLAKE3 before it gets that name; again where it
    /// differs.
    ///
    /// # Errors
    /// [`Error::Integrity`] where it is missing or differs each time; the store does not answer or denies access, or the
    /// file cannot be written.
    pub fn fetch_checked(&self, entry: &FileEntry, path: &Path) -> Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let mut differs = None;
        for _ in 0..OBJECT_FETCHES {
            let staged = tempfile::Builder::new().suffix(".staged").tempfile_in(directory);
            let staged = staged.map_err(Error::io(directory))?;
            self.fetch(&entry.path, entry.bytes, staged.as_file())?;
            match file::compare_file(staged.path(), entry) {
                Ok(()) => {
                    staged.as_file().sync_all().map_err(Error::io(path))?;
                    staged.persist(path).map_err(|error| Error::io(path)(error.error))?;
                    return Ok(());
                }
                Err(Error::Integrity { rule, .. }) => {
                    tracing::warn!(url = self.url_of(&entry.path), rule, "fetched again");
                    differs = Some(rule);
                }
                Err(error) => return Err(error),
            }
        }
        let (url, differs) = (self.url_of(&entry.path), differs.unwrap_or_default());
        let rule = format!("{url}: {differs}; it was fetched {OBJECT_FETCHES} times");
        Err(Error::integrity(path, rule, RESTORE_HELP))
    }

    /// Reads an object and compares it; `folder` has room for a copy.
    ///
    /// # Errors
    /// As [`Bucket::fetch_checked`].
    pub fn check(&self, entry: &FileEntry, folder: &Path) -> Result<()> {
        let copy = tempfile::TempDir::new_in(folder).map_err(Error::io(folder))?;
        self.fetch_checked(entry, &copy.path().join("copy"))
    }

    /// Writes an object where none is and reads it back; whether it did. One that is there with the same content is
    /// as good; `folder` has room for a copy.
    ///
    /// # Errors
    /// As [`Bucket::put_checked`].
    pub fn create_checked(
        &self,
        entry: &FileEntry,
        content: &Bytes,
        folder: &Path,
    ) -> Result<bool> {
        if entry.bytes <= 2 * OBJECT_PART_BYTES {
            if self.create(&entry.path, content)? == Put::Taken {
                return Ok(false);
            }
            return self.check(entry, folder).map(|()| true);
        }
        // A large object is written in parts, which know no condition.
        let place = self.location(&entry.path);
        match self.patiently(&entry.path, async || self.store.head(&place).await) {
            Ok(present) if present.size != entry.bytes => Ok(false),
            Ok(_) => Ok(self.check(entry, folder).is_ok()),
            Err(StoreError::NotFound { .. }) => {
                self.put_checked(entry, content, folder).map(|()| true)
            }
            Err(error) => Err(self.failed(&entry.path, &error)),
        }
    }

    /// Writes an object and reads it back, once more where it differs; `folder` has room for a copy.
    ///
    /// # Errors
    /// As [`Bucket::put`]; [`Error::Integrity`] where what comes back is not what was written.
    pub fn put_checked(&self, entry: &FileEntry, content: &Bytes, folder: &Path) -> Result<()> {
        let mut differs = None;
        for _ in 0..OBJECT_FETCHES {
            self.put(&entry.path, content)?;
            match self.check(entry, folder) {
                Err(Error::Integrity { rule, .. }) => differs = Some(rule),
                done => return done,
            }
        }
        let (url, differs) = (self.url_of(&entry.path), differs.unwrap_or_default());
        let rule = format!("{url} was written and read back {OBJECT_FETCHES} times: {differs}");
        Err(Error::integrity(
            Path::new(&entry.path),
            rule,
            "find out what changes bytes between here and the store",
        ))
    }

    /// Writes an object where there is none. If an answer was lost on the way, what is there tells who wrote it.
    ///
    /// # Errors
    /// The store does not answer or denies access, or does not know create-if-absent.
    pub fn create(&self, path: &str, content: &Bytes) -> Result<Put> {
        self.conditional(path, content, PutMode::Create)
    }

    /// Writes an object in place of the version given.
    ///
    /// # Errors
    /// As [`Bucket::create`].
    pub fn replace(&self, path: &str, content: &Bytes, version: UpdateVersion) -> Result<Put> {
        self.conditional(path, content, PutMode::Update(version))
    }

    fn conditional(&self, path: &str, content: &Bytes, mode: PutMode) -> Result<Put> {
        let place = self.location(path);
        let options = PutOptions { mode, ..PutOptions::default() };
        let answer = self.patiently(path, async || {
            self.store.put_opts(&place, content.clone().into(), options.clone()).await
        });
        match answer {
            Ok(_) => Ok(Put::Written),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {
                let is_ours = self.get(path)?.is_some_and(|present| present == *content);
                Ok(if is_ours { Put::Written } else { Put::Taken })
            }
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub fn remove(&self, path: &str) -> Result<()> {
        let place = self.location(path);
        match self.patiently(path, async || self.store.delete(&place).await) {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// The objects below `folder` whose path comes after `path`, by path.
    ///
    /// # Errors
    /// As [`Bucket::list`].
    pub fn list_after(&self, folder: &str, path: &str) -> Result<Vec<Listed>> {
        let (place, after) = (self.location(folder), self.location(path));
        let answer = self.patiently(folder, async || {
            self.store.list_with_offset(Some(&place), &after).try_collect::<Vec<_>>().await
        });
        let found = answer.map_err(|error| self.failed(folder, &error))?;
        let mut listed: Vec<Listed> =
            found.iter().filter_map(|object| self.listed(object)).collect();
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }

    /// An object as a path below the URL.
    fn listed(&self, object: &ObjectMeta) -> Option<Listed> {
        let parts: Vec<_> = object.location.prefix_match(&self.prefix)?.collect();
        let path = parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/");
        Some(Listed { path, bytes: object.size })
    }

    /// The objects directly below `folder` (empty: below the URL), by path.
    ///
    /// # Errors
    /// The store does not answer, denies access, or there is no such bucket.
    pub fn list(&self, folder: &str) -> Result<Vec<Listed>> {
        let place = if folder.is_empty() { self.prefix.clone() } else { self.location(folder) };
        let answer =
            self.patiently(folder, async || self.store.list_with_delimiter(Some(&place)).await);
        let found = match answer {
            Ok(found) => found,
            // A folder that is not there, of a store that has folders.
            Err(StoreError::NotFound { .. }) if folder_of(&self.url).is_some() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(self.failed(folder, &error)),
        };
        let mut listed: Vec<Listed> =
            found.objects.iter().filter_map(|object| self.listed(object)).collect();
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listed)
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn bucket() -> Bucket {
        let place = StorePath::from("pre/fix");
        Bucket::new("s3://memory/pre/fix", Arc::new(InMemory::new()), place, Duration::ZERO)
            .unwrap()
    }

    fn entry(path: &str, content: &[u8]) -> FileEntry {
        let blake3 = blake3::hash(content).to_hex().to_string();
        FileEntry { path: path.into(), blake3, bytes: content.len() as u64 }
    }

    #[test]
    fn a_large_object_comes_back_in_many_ranges_and_another_never_gets_its_name() {
        let bucket = bucket();
        let size = usize::try_from(3 * OBJECT_PART_BYTES).unwrap() + 17;
        let content: Vec<u8> = (0..size).map(|n| (n / 7 % 251) as u8).collect();
        let entry = entry("segments/a/planes.arrow", &content);
        let folder = tempfile::tempdir().unwrap();
        bucket.put_checked(&entry, &Bytes::from(content.clone()), folder.path()).unwrap();
        let path = folder.path().join("planes.arrow");
        bucket.fetch_checked(&entry, &path).unwrap();
        assert!(std::fs::read(&path).unwrap() == content);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing staged is left");
        // Another content, a shorter one, a longer one, none: never under the name.
        let other = folder.path().join("other");
        for wrong in [&content[1..], &content[..100], &[&content[..], b"x"].concat()[..]] {
            bucket.put(&entry.path, &Bytes::copy_from_slice(wrong)).unwrap();
            let error = bucket.fetch_checked(&entry, &other);
            // A longer object has the right bytes in front, which is all that is asked for.
            assert_eq!(error.is_err(), wrong.len() <= content.len(), "{}", wrong.len());
            let _ = std::fs::remove_file(&other);
        }
        bucket.remove(&entry.path).unwrap();
        let error = bucket.fetch_checked(&entry, &other).unwrap_err();
        assert!(error.kind().exit_code() == 6 && error.to_string().contains("missing"), "{error}");
        assert!(!other.exists());
    }

    #[test]
    fn of_two_who_create_or_replace_one_object_one_does() {
        let bucket = bucket();
        let [a, b] = [Bytes::from_static(b"a"), Bytes::from_static(b"b")];
        assert_eq!(bucket.create("head", &a).unwrap(), Put::Written);
        assert_eq!(bucket.create("head", &b).unwrap(), Put::Taken);
        // The same again is an answer that was lost.
        assert_eq!(bucket.create("head", &a).unwrap(), Put::Written);
        let (_, version) = bucket.get_version("head").unwrap().unwrap();
        assert_eq!(bucket.replace("head", &b, version.clone()).unwrap(), Put::Written);
        assert_eq!(bucket.replace("head", &a, version).unwrap(), Put::Taken);
        assert_eq!(bucket.get("head").unwrap().unwrap(), b);
        assert_eq!(bucket.get("other").unwrap(), None);
    }

    #[test]
    fn a_listing_is_of_one_folder_and_goes_on_after_a_path() {
        let bucket = bucket();
        for path in ["policy.toml", "audit/entries/2", "audit/entries/1", "audit/head"] {
            bucket.put(path, &Bytes::from_static(b"x")).unwrap();
        }
        let paths = |listed: Vec<Listed>| listed.into_iter().map(|o| o.path).collect::<Vec<_>>();
        assert_eq!(paths(bucket.list("").unwrap()), ["policy.toml"]);
        assert_eq!(paths(bucket.list("audit").unwrap()), ["audit/head"]);
        assert!(bucket.list("nothing").unwrap().is_empty());
        let after = bucket.list_after("audit/entries", "audit/entries/1").unwrap();
        assert_eq!(paths(after), ["audit/entries/2"]);
    }
}
