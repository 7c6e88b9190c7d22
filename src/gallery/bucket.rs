//! A place in object storage for code that waits: its requests, and files that are fetched and compared.
//!
//! Limits: an upload is not flushed or locked as a file is; what must be sure is read back. When not to use it: in
//! asynchronous code, which has [`super::objects`].

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use bytes::Bytes;
use object_store::{Error as StoreError, UpdateVersion};

use super::file::{self, FileEntry, RESTORE_HELP};
use super::objects::{Listed, Objects, Put};
use crate::error::{Error, Result};
use crate::limits::{OBJECT_FETCHES, OBJECT_PART_BYTES, OBJECT_READS_AT_ONCE};

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

/// A place in a store, with requests that wait for their answer.
#[derive(Debug)]
pub struct Bucket {
    objects: Objects,
    runtime: tokio::runtime::Runtime,
}

impl Bucket {
    /// The bucket of a URL, as [`open`].
    ///
    /// # Errors
    /// As [`open`]; or the operating system gives no threads.
    pub fn open(url: &str) -> Result<Bucket> {
        Bucket::new(Objects::open(url)?)
    }

    fn new(objects: Objects) -> Result<Bucket> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Error::io(Path::new(objects.url())))?;
        Ok(Bucket { objects, runtime })
    }

    /// The same place, for requests that are waited for elsewhere.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The URL, which holds no credentials.
    pub fn url(&self) -> &str {
        self.objects.url()
    }

    /// The URL of a path below it.
    pub fn url_of(&self, path: &str) -> String {
        self.objects.url_of(path)
    }

    /// As [`Objects::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.runtime.block_on(self.objects.get(path))
    }

    /// As [`Objects::get_version`].
    ///
    /// # Errors
    /// As there.
    pub fn get_version(&self, path: &str) -> Result<Option<(Bytes, UpdateVersion)>> {
        self.runtime.block_on(self.objects.get_version(path))
    }

    /// Fetches an object of `bytes` bytes into `file`, in ranges of which several are read ahead at once.
    ///
    /// # Errors
    /// The object is missing, the store does not answer or denies access, or the file cannot be written.
    pub fn fetch(&self, path: &str, bytes: u64, file: &File) -> Result<()> {
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
                match self.runtime.block_on(self.objects.get_range(path, range)) {
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
                    Err(error) => return fail(self.objects.failed(path, error)),
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

    /// As [`Objects::put`].
    ///
    /// # Errors
    /// As there.
    pub fn put(&self, path: &str, content: &Bytes) -> Result<()> {
        self.runtime.block_on(self.objects.put(path, content))
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
        match self.runtime.block_on(self.objects.length(&entry.path))? {
            Some(bytes) if bytes != entry.bytes => Ok(false),
            Some(_) => Ok(self.check(entry, folder).is_ok()),
            None => self.put_checked(entry, content, folder).map(|()| true),
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

    /// As [`Objects::create`].
    ///
    /// # Errors
    /// As there.
    pub fn create(&self, path: &str, content: &Bytes) -> Result<Put> {
        self.runtime.block_on(self.objects.create(path, content))
    }

    /// As [`Objects::replace`].
    ///
    /// # Errors
    /// As there.
    pub fn replace(&self, path: &str, content: &Bytes, version: UpdateVersion) -> Result<Put> {
        self.runtime.block_on(self.objects.replace(path, content, version))
    }

    /// As [`Objects::remove`].
    ///
    /// # Errors
    /// As there.
    pub fn remove(&self, path: &str) -> Result<()> {
        self.runtime.block_on(self.objects.remove(path))
    }

    /// As [`Objects::remove_below`].
    ///
    /// # Errors
    /// As there.
    pub fn remove_below(&self, folder: &str) -> Result<()> {
        self.runtime.block_on(self.objects.remove_below(folder))
    }

    /// As [`Objects::list_after`].
    ///
    /// # Errors
    /// As there.
    pub fn list_after(&self, folder: &str, path: &str) -> Result<Vec<Listed>> {
        self.runtime.block_on(self.objects.list_after(folder, path))
    }

    /// As [`Objects::list`].
    ///
    /// # Errors
    /// As there.
    pub fn list(&self, folder: &str) -> Result<Vec<Listed>> {
        self.runtime.block_on(self.objects.list(folder))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use object_store::memory::InMemory;

    use super::*;

    fn bucket() -> Bucket {
        let store = Arc::new(InMemory::new());
        Bucket::new(Objects::new("s3://memory/pre/fix", store, "pre/fix".into(), Duration::ZERO))
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
