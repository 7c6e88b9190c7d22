//! Objects of a place in a store: requests that are made again until there is an answer.
//!
//! Requests are tried again inside the client library, and here once more around it: that signs them anew, sees bodies
//! that broke off, and repeats what the library does not (a removal, a conditional write; who wrote what is there is then
//! looked up). What says that trying again is no use (denied, missing, no such bucket) ends at once.
//!
//! Limits: a folder of this machine ([`Objects::folder`]) is asked once. Files that are fetched and compared are
//! [`super::bucket`]'s.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{
    Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};

use super::store::{folder_of, is_transient, is_url, open, patience, told};
use crate::error::{Error, Result};
use crate::limits::OBJECT_PART_BYTES;

/// What to do where a store does not answer.
const NO_ANSWER_HELP: &str = "check the network and AWS_ENDPOINT_URL, then give the command again";

/// What to do where a store denies access.
const DENIED_HELP: &str = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and what this account may do in the bucket";

/// What S3 calls a bucket that is not there.
const NO_BUCKET: &str = "NoSuchBucket";

/// What S3 calls a denial.
const DENIALS: [&str; 5] =
    ["AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken"];

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

/// A place in a store.
#[derive(Debug, Clone)]
pub struct Objects {
    /// Its URL, or the path of its folder.
    url: String,
    store: Arc<dyn ObjectStore>,
    prefix: StorePath,
    patience: Duration,
}

/// The error of the program for one of the store of `bucket` about `url`, which lies in it.
fn error_of(bucket: &str, url: &str, error: &StoreError) -> Error {
    if told(error).starts_with(NO_BUCKET) {
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
            "check the bucket and the prefix; tanba removes no object of a gallery",
        ),
        StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => (
            format!("{url}: {}", told(error)),
            "the store must honour If-None-Match and If-Match on PUT; docs/object_storage.md names such stores",
        ),
        _ => (format!("{url}: {}", told(error)), NO_ANSWER_HELP),
    };
    Error::Incomplete { what, help: help.into() }
}

impl Objects {
    /// The place of a URL, as [`open`].
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(url: &str) -> Result<Objects> {
        let (store, prefix) = open(url)?;
        Ok(Objects::new(url.trim_end_matches('/'), store, prefix, patience()))
    }

    /// A folder of this machine.
    ///
    /// # Errors
    /// It is not there.
    pub fn folder(path: &Path) -> Result<Objects> {
        let location = path.display().to_string();
        let store = LocalFileSystem::new_with_prefix(path);
        let store = store.map_err(|source| Error::Store { location: location.clone(), source })?;
        let store = Arc::new(store.with_automatic_cleanup(true));
        Ok(Objects::new(&location, store, StorePath::default(), Duration::ZERO))
    }

    pub(super) fn new(
        url: &str,
        store: Arc<dyn ObjectStore>,
        prefix: StorePath,
        patience: Duration,
    ) -> Objects {
        Objects { url: url.to_owned(), store, prefix, patience }
    }

    /// The URL, which holds no credentials; of a folder its path.
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

    fn is_folder(&self) -> bool {
        !is_url(&self.url)
    }

    fn location(&self, path: &str) -> StorePath {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.fold(self.prefix.clone(), |place, part| place.join(part))
    }

    /// The error of the program for one of the store about `path`.
    pub(super) fn failed(&self, path: &str, source: StoreError) -> Error {
        let location = self.url_of(path);
        match self.is_folder() {
            true => Error::Store { location, source },
            false => error_of(&self.url, &location, &source),
        }
    }

    /// Makes a request until there is an answer, or patience is at an end.
    async fn patiently<T, F: Future<Output = object_store::Result<T>>>(
        &self,
        path: &str,
        request: impl Fn() -> F,
    ) -> std::result::Result<T, StoreError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(200);
        loop {
            match request().await {
                Err(error) if is_transient(&error) && begun.elapsed() < self.patience => {
                    tracing::warn!(url = self.url_of(path), fault = told(&error), "asked again");
                    let left = self.patience.saturating_sub(begun.elapsed());
                    tokio::time::sleep(pause.min(left)).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                done => return done,
            }
        }
    }

    /// None where there is no such object, of a bucket that there is.
    fn if_found<T>(&self, path: &str, answer: object_store::Result<T>) -> Result<Option<T>> {
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(error @ StoreError::NotFound { .. }) if !told(&error).starts_with(NO_BUCKET) => {
                Ok(None)
            }
            Err(error) => Err(self.failed(path, error)),
        }
    }

    /// The content of a small object; none where there is none.
    ///
    /// # Errors
    /// The store does not answer or denies access, or there is no such bucket.
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>> {
        let place = &self.location(path);
        let request = || async move { self.store.get(place).await?.bytes().await };
        let answer = self.patiently(path, request).await;
        self.if_found(path, answer)
    }

    /// The content of a small object with its version, for [`Objects::replace`]; none where there is none.
    ///
    /// # Errors
    /// As [`Objects::get`].
    pub async fn get_version(&self, path: &str) -> Result<Option<(Bytes, UpdateVersion)>> {
        let place = &self.location(path);
        let request = || async move {
            let found = self.store.get(place).await?;
            let version = UpdateVersion {
                e_tag: found.meta.e_tag.clone(),
                version: found.meta.version.clone(),
            };
            Ok((found.bytes().await?, version))
        };
        let answer = self.patiently(path, request).await;
        self.if_found(path, answer)
    }

    /// Length of an object in bytes; none where there is none.
    ///
    /// # Errors
    /// As [`Objects::get`].
    pub async fn length(&self, path: &str) -> Result<Option<u64>> {
        let place = self.location(path);
        let answer = self.patiently(path, || self.store.head(&place)).await;
        Ok(self.if_found(path, answer)?.map(|object| object.size))
    }

    /// A range of an object.
    pub(super) async fn get_range(
        &self,
        path: &str,
        range: Range<u64>,
    ) -> object_store::Result<Bytes> {
        let place = self.location(path);
        self.patiently(path, || self.store.get_range(&place, range.clone())).await
    }

    /// Writes an object, whatever was there; large ones in several parts.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub async fn put(&self, path: &str, content: &Bytes) -> Result<()> {
        let place = &self.location(path);
        let part_bytes = usize::try_from(OBJECT_PART_BYTES).unwrap_or(usize::MAX);
        let request = || async move {
            if content.len() <= 2 * part_bytes || self.is_folder() {
                return self.store.put(place, content.clone().into()).await.map(drop);
            }
            // At least 5 MiB a part, and at most 10,000 parts, says S3.
            let part_bytes = (2 * part_bytes).max(content.len() / 9_000);
            let mut upload = self.store.put_multipart(place).await?;
            for start in (0..content.len()).step_by(part_bytes) {
                let part = content.slice(start..(start + part_bytes).min(content.len()));
                if let Err(error) = upload.put_part(PutPayload::from(part)).await {
                    // The error of the part is the one to report.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
            upload.complete().await.map(drop)
        };
        let answer = self.patiently(path, request).await;
        answer.map_err(|error| self.failed(path, error))
    }

    /// Writes an object where there is none. If an answer was lost on the way, what is there tells who wrote it.
    ///
    /// # Errors
    /// The store does not answer or denies access, or does not know create-if-absent.
    pub async fn create(&self, path: &str, content: &Bytes) -> Result<Put> {
        self.conditional(path, content, PutMode::Create).await
    }

    /// Writes an object in place of the version given.
    ///
    /// # Errors
    /// As [`Objects::create`].
    pub async fn replace(
        &self,
        path: &str,
        content: &Bytes,
        version: UpdateVersion,
    ) -> Result<Put> {
        self.conditional(path, content, PutMode::Update(version)).await
    }

    async fn conditional(&self, path: &str, content: &Bytes, mode: PutMode) -> Result<Put> {
        let place = self.location(path);
        let options = PutOptions { mode, ..PutOptions::default() };
        let request = || self.store.put_opts(&place, content.clone().into(), options.clone());
        match self.patiently(path, request).await {
            Ok(_) => Ok(Put::Written),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {
                let is_ours = self.get(path).await?.is_some_and(|present| present == *content);
                Ok(if is_ours { Put::Written } else { Put::Taken })
            }
            Err(error) => Err(self.failed(path, error)),
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub async fn remove(&self, path: &str) -> Result<()> {
        let place = self.location(path);
        let answer = self.patiently(path, || self.store.delete(&place)).await;
        self.if_found(path, answer).map(drop)
    }

    /// Removes all objects below a folder, many with one request.
    ///
    /// # Errors
    /// The store does not answer, or denies access.
    pub async fn remove_below(&self, folder: &str) -> Result<()> {
        let place = &self.location(folder);
        let request = || async move {
            let places: Vec<StorePath> =
                self.store.list(Some(place)).map_ok(|object| object.location).try_collect().await?;
            let places = futures_util::stream::iter(places.into_iter().map(Ok)).boxed();
            let removed = self.store.delete_stream(places).map(|done| match done {
                Err(StoreError::NotFound { .. }) => Ok(()),
                done => done.map(drop),
            });
            removed.try_for_each(|()| async { Ok(()) }).await
        };
        let answer = self.patiently(folder, request).await;
        self.if_found(folder, answer).map(drop)
    }

    /// The objects below `folder` whose path comes after `path`, by path.
    ///
    /// # Errors
    /// As [`Objects::list`].
    pub async fn list_after(&self, folder: &str, path: &str) -> Result<Vec<Listed>> {
        let (place, after) = (&self.location(folder), &self.location(path));
        let request = || async move {
            self.store.list_with_offset(Some(place), after).try_collect::<Vec<_>>().await
        };
        let found = self.patiently(folder, request).await;
        found.map(|found| self.sorted(&found)).map_err(|error| self.failed(folder, error))
    }

    /// The objects directly below `folder` (empty: below the URL), by path.
    ///
    /// # Errors
    /// The store does not answer, denies access, or there is no such bucket.
    pub async fn list(&self, folder: &str) -> Result<Vec<Listed>> {
        let place = if folder.is_empty() { self.prefix.clone() } else { self.location(folder) };
        let answer = self.patiently(folder, || self.store.list_with_delimiter(Some(&place))).await;
        match answer {
            Ok(found) => Ok(self.sorted(&found.objects)),
            // A folder that is not there, of a store that has folders.
            Err(StoreError::NotFound { .. })
                if self.is_folder() || folder_of(&self.url).is_some() =>
            {
                Ok(Vec::new())
            }
            Err(error) => Err(self.failed(folder, error)),
        }
    }

    /// Objects as paths below the URL.
    fn sorted(&self, found: &[ObjectMeta]) -> Vec<Listed> {
        let listed = |object: &ObjectMeta| {
            let parts: Vec<_> = object.location.prefix_match(&self.prefix)?.collect();
            let path = parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/");
            Some(Listed { path, bytes: object.size })
        };
        let mut listed: Vec<Listed> = found.iter().filter_map(listed).collect();
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        listed
    }
}
