//! Object storage: one way from a URL to a store, and a client that goes on trying.
//!
//! `s3://BUCKET/PREFIX` is S3, MinIO or what speaks like them (feature `object-storage`); `file:///DIR` is a folder.
//! Region, endpoint and credentials come from the environment (`AWS_*`) or from the role of the machine. A URL that holds
//! a name and a password is refused, so that none comes into a job, a log or a list of processes.
//!
//! Requests are tried again inside the client library, and here once more around it: that signs them anew and sees bodies
//! that broke off. What says that trying again is no use (denied, missing, no such bucket) ends at once.
//!
//! Limits: an upload is not flushed or locked as a file is; what was written is read back by whoever must be sure.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{
    Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};

use super::file::{self, FileEntry, RESTORE_HELP};
use crate::error::{Error, Result};
use crate::limits::{OBJECT_FETCHES, OBJECT_PART_BYTES, OBJECT_READS_AT_ONCE, STORE_PATIENCE};

/// What to do where a store does not answer.
pub const NO_ANSWER_HELP: &str =
    "check the network and AWS_ENDPOINT_URL, then give the command again";

/// What to do where a store denies access.
const DENIED_HELP: &str = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what this account may do in the bucket";

static PATIENCE: OnceLock<Duration> = OnceLock::new();

/// How long the process goes on trying where a store does not answer; the first call counts.
pub fn use_patience(patience: Duration) {
    let _ = PATIENCE.set(patience);
}

fn patience() -> Duration {
    PATIENCE.get().copied().unwrap_or(STORE_PATIENCE)
}

/// Whether a word of the command line names a store and not a path.
pub fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// The folder that a `file:///DIR` names.
pub fn folder_of(url: &str) -> Option<&str> {
    url.strip_prefix("file://").filter(|folder| folder.starts_with('/'))
}

/// Bucket and prefix of an `s3://` URL.
fn bucket_and_prefix(url: &str) -> Result<(&str, StorePath)> {
    let help = "write s3://BUCKET/PREFIX; credentials belong into the environment (docs/object_storage.md)";
    // A URL that may hold a password is not repeated.
    if url.contains('@') {
        return Err(Error::usage("a URL with a name or password is refused", help));
    }
    let wrong = |what: String| Error::usage(what, help);
    let Some(rest) = url.strip_prefix("s3://") else {
        return Err(wrong(format!("{url} is neither s3://BUCKET/PREFIX nor file:///FOLDER")));
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_named = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_named) {
        return Err(wrong(format!("{url} does not name a bucket")));
    }
    if prefix.contains(['?', '#', '%', '\\']) {
        return Err(wrong(format!("{url} has a prefix with ?, #, % or \\")));
    }
    let prefix = StorePath::parse(prefix.trim_matches('/'))
        .map_err(|e| wrong(format!("{url} has no usable prefix: {e}")))?;
    Ok((bucket, prefix))
}

/// The store that a URL names, and the place in it. Makes no request yet.
///
/// # Errors
/// The URL cannot be understood or holds credentials, this program was built without object storage, or a setting of
/// the environment is wrong.
pub fn open(url: &str) -> Result<(Arc<dyn ObjectStore>, StorePath)> {
    if let Some(folder) = folder_of(url) {
        let path = StorePath::from_absolute_path(folder)
            .map_err(|e| Error::usage(format!("{url}: {e}"), "write file:///FOLDER"))?;
        return Ok((Arc::new(LocalFileSystem::new()), path));
    }
    let (bucket, prefix) = bucket_and_prefix(url)?;
    Ok((s3(bucket)?, prefix))
}

#[cfg(not(feature = "object-storage"))]
fn s3(_: &str) -> Result<Arc<dyn ObjectStore>> {
    Err(Error::usage(
        "this program was built without object storage",
        "build it with `cargo build --release --features object-storage`",
    ))
}

#[cfg(feature = "object-storage")]
fn s3(bucket: &str) -> Result<Arc<dyn ObjectStore>> {
    use object_store::aws::AmazonS3Builder;
    use object_store::{BackoffConfig, RetryConfig};

    use crate::limits::{STORE_BACKOFF, STORE_TRY};
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: STORE_BACKOFF.0,
            max_backoff: STORE_BACKOFF.1,
            base: 2.0,
        },
        max_retries: usize::MAX,
        retry_timeout: STORE_TRY.min(patience()),
    };
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build();
    let help = "check the AWS_ variables of the environment (docs/object_storage.md)";
    match store {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(Error::usage(format!("bucket {bucket}: {}", told(&error)), help)),
    }
}

/// What a store said, short: an answer as XML may be long, and may repeat the request.
fn told(error: &StoreError) -> String {
    let text = error.to_string();
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
    };
    if let Some(code) = element("Code") {
        return format!("{code}: {}", element("Message").unwrap_or_default());
    }
    let mut source: &dyn std::error::Error = error;
    while let Some(below) = source.source() {
        source = below;
    }
    let deepest = source.to_string();
    let said = if text.contains(&deepest) || deepest.is_empty() { text } else { deepest };
    crate::error::shortened(said)
}

/// Whether asking again may bring another answer.
fn is_transient(error: &StoreError) -> bool {
    let StoreError::Generic { .. } = error else {
        return matches!(error, StoreError::JoinError { .. });
    };
    let text = error.to_string();
    let is_final = ["status code: 4", "status code: 3", "without LOCATION"];
    !is_final.iter().any(|part| text.contains(part))
        || ["status code: 408", "status code: 429"].iter().any(|part| text.contains(part))
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

    /// The URL, which holds no credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of a path below it.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    fn location(&self, path: &str) -> StorePath {
        path.split('/').fold(self.prefix.clone(), |place, part| place.join(part))
    }

    /// The error of the program for one of the store about `path`.
    fn failed(&self, path: &str, error: &StoreError) -> Error {
        let url = self.url_of(path);
        let (what, help) = match error {
            StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
                (format!("{url}: access denied ({})", told(error)), DENIED_HELP)
            }
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
