//! Galleries in a bucket: a folder of this machine, the mirror, that stands for `s3://BUCKET/PREFIX`.
//!
//! Everything above this layer works on folders. A mirror is laid out as a gallery on disk, and four places know that
//! it is none: manifests are always read from the bucket and created there; a committed file is fetched when it is
//! first needed, compared with its length and BLAKE3 before it gets its name, and compared again at each use, as on disk;
//! a new file is written to the bucket and read back before anything names it; the audit log lies there entry by
//! entry. Policy, registry of cases, decisions and quarantine are brought in line with the bucket when it is opened.
//!
//! Why a mirror and not reads over the network: kernels read memory maps, and of a gallery that grows every night only
//! what is new has to travel.
//!
//! Limits: a mirror holds records, as plain or as encrypted as the gallery, in a folder that only its user may read. What
//! an act destroyed is removed from it when the bucket is next opened. A search needs room on disk for the files it
//! opens.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::bucket::Bucket;
use super::file::{self, FileEntry};
use super::objects::{Listed, Put};
use crate::error::{Error, Result};

/// Folders whose files are few, are not named by a manifest, and are brought in line when the bucket is opened.
const LOOSE_FOLDERS: [&str; 3] = ["", "decisions", "quarantine"];

/// A gallery in a bucket, and the folder that stands for it.
#[derive(Debug)]
pub struct Mirror {
    bucket: Bucket,
    folder: PathBuf,
}

/// What the command line has named, and what of it was opened.
#[derive(Debug)]
struct Known {
    named: Vec<(PathBuf, String)>,
    open: Vec<Arc<Mirror>>,
    cache: Option<PathBuf>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { named: Vec::new(), open: Vec::new(), cache: None });

fn known() -> std::sync::MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where mirrors lie, instead of below the user's cache.
pub fn use_cache(folder: PathBuf) {
    let mut known = known();
    // What was named before it was known where mirrors lie is named again.
    known.named.clear();
    known.cache = Some(absolute(folder));
}

/// A folder that stays where it is when the process goes into another.
fn absolute(folder: PathBuf) -> PathBuf {
    std::path::absolute(&folder).unwrap_or(folder)
}

/// Where mirrors lie.
fn cache() -> PathBuf {
    let below =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let users =
        || below("XDG_CACHE_HOME").or_else(|| below("HOME").map(|home| home.join(".cache")));
    let default =
        || absolute(users().unwrap_or_else(std::env::temp_dir).join("tanba").join("galleries"));
    known().cache.get_or_insert_with(default).clone()
}

/// The folder that stands for a URL. Makes no request; [`open_named`] does.
pub fn name(url: &str) -> PathBuf {
    let url = url.trim_end_matches('/');
    let folder = folder_of("gallery", url);
    let mut known = known();
    if !known.named.iter().any(|(at, _)| *at == folder) {
        known.named.push((folder.clone(), url.to_owned()));
    }
    folder
}

/// The folder below the cache of what a URL names, of this kind.
pub fn folder_of(kind: &str, url: &str) -> PathBuf {
    let url = url.trim_end_matches('/');
    // Two servers may have buckets of one name.
    let endpoint = std::env::var_os("AWS_ENDPOINT_URL").unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(url.as_bytes()).update(&[0]).update(endpoint.as_encoded_bytes());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    // A name or password that does not belong into a URL does not come into the name of a folder.
    let place = if place.contains('@') { "" } else { place };
    let words: String = place.chars().map(|c| if is_plain(c) { c } else { '_' }).take(80).collect();
    cache().join(format!("{kind}-{words}-{}", &hasher.finalize().to_hex()[..16]))
}

/// Opens what [`name`] has named: makes the folders and brings them in line with their buckets, again if they were open.
///
/// # Errors
/// A URL cannot be understood, or a store does not answer or denies access.
pub fn open_named() -> Result<()> {
    let named = std::mem::take(&mut known().named);
    for (folder, url) in named {
        if let Some((mirror, _)) = of(&folder) {
            mirror.align()?;
            continue;
        }
        let mirror = Mirror { bucket: Bucket::open(&url)?, folder };
        mirror.align()?;
        known().open.push(Arc::new(mirror));
    }
    Ok(())
}

/// The mirror that holds `path`, and the place of the path in it.
pub fn of(path: &Path) -> Option<(Arc<Mirror>, String)> {
    let known = known();
    known.open.iter().find_map(|mirror| {
        let place = path.strip_prefix(&mirror.folder).ok()?.to_str()?;
        Some((Arc::clone(mirror), place.to_owned()))
    })
}

/// A path as people know it: of a mirror the URL.
pub fn shown(path: &Path) -> String {
    match of(path) {
        Some((mirror, place)) if place.is_empty() => mirror.bucket.url().to_owned(),
        Some((mirror, place)) => mirror.bucket.url_of(&place),
        None => path.display().to_string(),
    }
}

/// Refuses what cannot be done to a gallery in a bucket.
///
/// # Errors
/// [`Error::Usage`] if `gallery` is one.
pub fn refuse(gallery: &Path, what: &str, help: &str) -> Result<()> {
    match of(gallery) {
        Some((mirror, _)) => {
            Err(Error::usage(format!("{what} {}, which is in a bucket", mirror.bucket.url()), help))
        }
        None => Ok(()),
    }
}

/// Writes a file of a mirror, which was made without this layer, to its bucket; of other files nothing is to be done.
///
/// # Errors
/// It cannot be read, or the store does not answer or denies access.
pub fn push(path: &Path) -> Result<()> {
    let Some((mirror, place)) = of(path) else { return Ok(()) };
    mirror.upload(&place, &fs::read(path).map_err(Error::io(path))?)
}

impl Mirror {
    /// The bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Brings the files that no manifest names in line with the bucket.
    fn align(&self) -> Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(Error::io(&self.folder))?;
        for folder in LOOSE_FOLDERS {
            let listed = self.bucket.list(folder)?;
            for object in &listed {
                let path = self.folder.join(&object.path);
                let is_there = path.metadata().is_ok_and(|file| file.len() == object.bytes);
                // Those below have names made of their content; those beside the manifests may change.
                if folder.is_empty() || !is_there {
                    self.bring(object)?;
                }
            }
            let named: BTreeSet<&str> = listed.iter().map(|object| object.path.as_str()).collect();
            self.remove_others(folder, &named)?;
        }
        Ok(())
    }

    /// Brings one small object.
    fn bring(&self, object: &Listed) -> Result<()> {
        let path = self.folder.join(&object.path);
        match self.bucket.get(&object.path)? {
            Some(bytes) => file::write_here(&path, &bytes),
            None => Ok(()),
        }
    }

    /// Removes the files directly in `folder` of the mirror that `named` does not name.
    fn remove_others(&self, folder: &str, named: &BTreeSet<&str>) -> Result<()> {
        let directory = self.folder.join(folder);
        if !directory.is_dir() {
            return Ok(());
        }
        for found in fs::read_dir(&directory).map_err(Error::io(&directory))? {
            let path = found.map_err(Error::io(&directory))?.path();
            let place = path.strip_prefix(&self.folder).ok().and_then(Path::to_str);
            let is_other = place.is_none_or(|place| !named.contains(place));
            if path.is_file() && is_other && !file::is_staged(&path) {
                fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(())
    }

    /// The path in the mirror of a committed file that is as the manifest says, fetched where it is not.
    ///
    /// # Errors
    /// The file is missing in the bucket or is another one, also when it is fetched again; or the store does not answer.
    pub(super) fn verified(&self, entry: &FileEntry) -> Result<PathBuf> {
        let path = self.folder.join(&entry.path);
        if path.exists() {
            match file::compare_file(&path, entry) {
                Ok(()) => return Ok(path),
                Err(Error::Integrity { .. }) => {
                    tracing::warn!(file = %path.display(), "a cached file is not as committed; it is fetched again");
                }
                Err(error) => return Err(error),
            }
        }
        let directory = path.parent().unwrap_or(&self.folder);
        file::create_directory(directory)?;
        self.bucket.fetch_checked(entry, &path).map_err(|error| match error {
            // The path that who goes on without a segment knows.
            Error::Integrity { rule, help, .. } => {
                Error::Integrity { path: path.clone(), rule, help }
            }
            other => other,
        })?;
        Ok(path)
    }

    /// Writes `bytes` to the bucket and reads them back.
    ///
    /// # Errors
    /// The store does not answer or denies access, or what comes back is not what was written.
    pub(super) fn upload(&self, place: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(place);
        let entry = FileEntry {
            path: place.to_owned(),
            blake3: blake3::hash(bytes).to_hex().to_string(),
            bytes: bytes.len() as u64,
        };
        self.bucket.put_checked(&entry, &Bytes::copy_from_slice(bytes), &self.folder).map_err(|e| {
            match e {
                Error::Integrity { rule, help, .. } => Error::Integrity { path, rule, help },
                other => other,
            }
        })
    }

    /// Writes `bytes` where nothing is; whether it did.
    ///
    /// # Errors
    /// The store does not answer or denies access.
    pub fn create(&self, place: &str, bytes: &[u8]) -> Result<bool> {
        Ok(self.bucket.create(place, &Bytes::copy_from_slice(bytes))? == Put::Written)
    }

    /// Removes from the mirror what no manifest of the bucket names, after an act has destroyed records there.
    pub(super) fn prune(&self, named: &BTreeSet<PathBuf>) -> Result<()> {
        for folder in ["segments", "families", "status"] {
            self.prune_below(&self.folder.join(folder), named)?;
        }
        Ok(())
    }

    fn prune_below(&self, directory: &Path, named: &BTreeSet<PathBuf>) -> Result<()> {
        if !directory.is_dir() {
            return Ok(());
        }
        for found in fs::read_dir(directory).map_err(Error::io(directory))? {
            let path = found.map_err(Error::io(directory))?.path();
            if path.is_dir() {
                self.prune_below(&path, named)?;
            } else if path.strip_prefix(&self.folder).is_ok_and(|place| !named.contains(place)) {
                fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(())
    }
}
