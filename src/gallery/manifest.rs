//! Manifests: what a generation consists of, and how the next one comes into being.
//!
//! Each holds the BLAKE3 of its own content, checked whenever it is read, and that of the manifest
//! before it. Limit: whoever can write into the gallery can compute both again; they find decayed bits
//! and careless edits, not an attacker.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{ObjectStore, PutMode, PutOptions};
use serde::{Deserialize, Serialize};

use super::file::{FileEntry, RESTORE_HELP};
use super::{keys, remote};
use crate::domain::category::Index;
use crate::domain::register::Register;
use crate::error::{Error, Result};

/// Layout version of a gallery directory: manifests hold their own hash.
pub const GALLERY_VERSION: u32 = 3;

/// First layout version: without fingerprints. The second had them, and no hash of the manifest itself.
const FIRST_VERSION: u32 = 1;

/// What `format` says in every manifest.
const FORMAT: &str = "tanba-gallery";

/// Folder of the manifests below the gallery.
pub(super) const MANIFEST_DIRECTORY: &str = "manifest";

/// Everything a generation consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `tanba-gallery`.
    pub format: String,
    /// [`GALLERY_VERSION`]; of releases before it 1, or 2 as soon as there were fingerprints.
    pub version: u32,
    /// Number of this generation, from 1.
    pub generation: u64,
    /// BLAKE3 of the previous manifest; none for the first.
    pub parent: Option<String>,
    /// When it was committed, RFC 3339 in UTC.
    pub committed_at: String,
    /// Segments of genomic records, in commit order.
    pub segments: Vec<SegmentEntry>,
    /// Segments of fingerprint records, in commit order; a manifest of version 1 has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finger_segments: Vec<FingerSegmentEntry>,
    /// Family files, in commit order.
    pub families: Vec<FileEntry>,
    /// Files of pedigrees, in commit order; none where no family was given one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pedigrees: Vec<FileEntry>,
    /// Status files, in commit order.
    pub statuses: Vec<FileEntry>,
    /// Files of genomic records and families imported so far.
    pub imports: Vec<ImportEntry>,
    /// Files of fingerprint records imported so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finger_imports: Vec<FingerImportEntry>,
    /// Destructions by an act, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destructions: Vec<Destruction>,
    /// Whether it was committed with keys; what follows it must be, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encrypted: bool,
    /// BLAKE3 of everything above: of the manifest without this key as JSON without white space, in the
    /// order of these fields. Versions 1 and 2 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_blake3: Option<String>,
}

/// What tells a manifest of a gallery from other files and from those of other releases.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u32>,
}

/// What is left of records destroyed by an act: that it happened, and which generations went with them. It holds no
/// identifier; who has the key, which is in the act's report, can tell whether a record was among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destruction {
    /// First generation without the records.
    pub generation: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Articles.
    pub rule: String,
    /// BLAKE3 of each record identifier under the key of the act, ascending.
    pub records: Vec<String>,
    /// Generations that held them and cannot be opened any more.
    pub purged: Vec<PurgedGeneration>,
}

/// A generation whose manifest and files were removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurgedGeneration {
    /// Its number.
    pub generation: u64,
    /// BLAKE3 of its manifest, so that the chain can still be followed.
    pub blake3: String,
}

/// A segment of one index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentEntry {
    /// Identity of the segment, from its content.
    pub id: String,
    /// Legal category of every record in it.
    pub index: Index,
    /// Records.
    pub rows: u64,
    /// Generation that brought it.
    pub generation: u64,
    /// Portable truth.
    pub records: FileEntry,
    /// Kernel-ready planes.
    pub planes: FileEntry,
}

/// A segment of one register and one owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerSegmentEntry {
    /// Identity of the segment, from its content.
    pub id: String,
    /// Register of every record in it.
    pub register: Register,
    /// Owner of every record in it: what it may be compared with depends on it (L40 8(2)).
    pub owner: String,
    /// Records.
    pub rows: u64,
    /// Prints: templates that can be matched.
    pub print_rows: u64,
    /// Generation that brought it.
    pub generation: u64,
    /// Version of the descriptors of its prints.
    pub descriptor_version: u32,
    /// Identity of the projection behind the descriptors.
    pub projection: String,
    /// Portable truth.
    pub records: FileEntry,
    /// Kernel-ready prints.
    pub prints: FileEntry,
}

/// A file of fingerprint records that was imported and was new or changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerImportEntry {
    /// BLAKE3 of what was imported: of a list, over the list and every file it names.
    pub blake3: String,
    /// Its name, without directories.
    pub file_name: String,
    /// Register it was imported into.
    pub register: Register,
    /// Owner given.
    pub owner: String,
    /// Records it brought.
    pub records: u64,
    /// Records and files rejected (only with `--partial` does such a file bring any).
    pub rejected: u64,
    /// Generation of the commit.
    pub generation: u64,
}

/// A file that was imported and was new or changed something; the same file may come again after
/// another one has said something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportEntry {
    /// BLAKE3 of the file imported.
    pub blake3: String,
    /// Its name, without directories.
    pub file_name: String,
    /// Index it was imported into.
    pub index: Index,
    /// Owner given.
    pub owner: String,
    /// Records it brought.
    pub records: u64,
    /// Family members it brought.
    pub family_members: u64,
    /// Records rejected (only with `--partial` does such a file bring any).
    pub rejected: u64,
    /// Generation of the commit.
    pub generation: u64,
}

impl Manifest {
    /// The manifest before the first import: generation 0.
    pub fn empty() -> Manifest {
        Manifest {
            format: FORMAT.into(),
            version: GALLERY_VERSION,
            generation: 0,
            parent: None,
            committed_at: String::new(),
            segments: Vec::new(),
            finger_segments: Vec::new(),
            families: Vec::new(),
            pedigrees: Vec::new(),
            statuses: Vec::new(),
            imports: Vec::new(),
            finger_imports: Vec::new(),
            destructions: Vec::new(),
            encrypted: false,
            body_blake3: None,
        }
    }

    /// The manifest of [`GALLERY_VERSION`] with the hash of its content.
    ///
    /// # Errors
    /// It has no form as JSON.
    pub fn sealed(mut self) -> serde_json::Result<Manifest> {
        self.version = GALLERY_VERSION;
        self.body_blake3 = Some(self.body_hash()?);
        Ok(self)
    }

    fn body_hash(&self) -> serde_json::Result<String> {
        let body = Manifest { body_blake3: None, ..self.clone() };
        Ok(blake3::hash(&serde_json::to_vec(&body)?).to_hex().to_string())
    }

    /// Refuses where the process has no keys and the gallery at `root` is encrypted.
    ///
    /// # Errors
    /// [`Error::Usage`] then.
    pub fn check_keys(&self, root: &Path) -> Result<()> {
        if self.encrypted && keys::present().is_none() {
            let what = format!("the gallery {} is encrypted", remote::shown(root));
            return Err(Error::usage(what, keys::KEYS_HELP));
        }
        Ok(())
    }

    /// The generations that destructions have purged, with the BLAKE3 of their manifests.
    pub fn purged(&self) -> BTreeMap<u64, &str> {
        let all = self.destructions.iter().flat_map(|destruction| &destruction.purged);
        all.map(|purged| (purged.generation, purged.blake3.as_str())).collect()
    }

    /// Every file named.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let segments = self.segments.iter().flat_map(|s| [&s.records, &s.planes]);
        let fingers = self.finger_segments.iter().flat_map(|s| [&s.records, &s.prints]);
        segments.chain(fingers).chain(&self.families).chain(&self.pedigrees).chain(&self.statuses)
    }
}

fn file_name(generation: u64) -> String {
    format!("g{generation:010}.json")
}

/// Generation that a file of this name holds, `None` for the name of anything but a manifest.
fn generation_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix('g')?.strip_suffix(".json")?;
    let is_number = digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Paths of the manifests at `root` by generation; empty where there is no gallery.
pub(super) fn paths(root: &Path) -> Result<BTreeMap<u64, PathBuf>> {
    let directory = root.join(MANIFEST_DIRECTORY);
    let mut paths = BTreeMap::new();
    if let Some((mirror, _)) = remote::of(root) {
        for object in mirror.bucket().list(MANIFEST_DIRECTORY)? {
            let name = object.path.rsplit('/').next().unwrap_or_default();
            if let Some(generation) = generation_of(name) {
                paths.insert(generation, root.join(&object.path));
            }
        }
        return Ok(paths);
    }
    if !directory.exists() {
        return Ok(paths);
    }
    for entry in fs::read_dir(&directory).map_err(Error::io(&directory))? {
        let entry = entry.map_err(Error::io(&directory))?;
        if let Some(generation) = entry.file_name().to_str().and_then(generation_of) {
            paths.insert(generation, entry.path());
        }
    }
    Ok(paths)
}

/// The bytes of a manifest; of a gallery in a bucket always those of the bucket.
fn content(path: &Path) -> Result<Vec<u8>> {
    let Some((mirror, place)) = remote::of(path) else {
        return fs::read(path).map_err(Error::io(path));
    };
    match mirror.bucket().get(&place)? {
        Some(bytes) => Ok(bytes.into()),
        None => Err(Error::integrity(path, "the manifest is missing in the bucket", RESTORE_HELP)),
    }
}

/// Understands the manifest of `generation` at `path`.
fn parse(path: &Path, generation: u64, bytes: &[u8]) -> Result<Manifest> {
    let broken = |rule: String| Error::integrity(path, rule, RESTORE_HELP);
    let unreadable = |e: serde_json::Error| broken(format!("the manifest cannot be read: {e}"));
    let header: Header = serde_json::from_slice(bytes).map_err(unreadable)?;
    if header.format.as_deref() != Some(FORMAT) {
        let found = header.format.map_or("no `format`".into(), |f| format!("`format` {f:?}"));
        return Err(broken(format!("a manifest says `format` {FORMAT:?}; this one has {found}")));
    }
    if !header.version.is_some_and(|v| (FIRST_VERSION..=GALLERY_VERSION).contains(&v)) {
        let found = header.version.map_or("none".into(), |version| version.to_string());
        return Err(Error::integrity(
            path,
            format!(
                "this program reads gallery versions {FIRST_VERSION} to {GALLERY_VERSION}; this is \
                 version {found}"
            ),
            "use the release of tanba that wrote this gallery, or import the source files again",
        ));
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(unreadable)?;
    let is_sealed = manifest.body_blake3.is_some();
    if is_sealed && manifest.body_blake3 != Some(manifest.body_hash().map_err(unreadable)?) {
        return Err(broken("the manifest differs from what was committed (`body_blake3`)".into()));
    }
    if !is_sealed && manifest.version >= GALLERY_VERSION {
        return Err(broken("a manifest of version 3 has `body_blake3`".into()));
    }
    if manifest.generation != generation {
        let found = manifest.generation;
        return Err(broken(format!("this file is generation {generation} and holds {found}")));
    }
    Ok(manifest)
}

/// The latest manifest of the gallery at `root` with its BLAKE3, or `None` where there is none.
///
/// # Errors
/// The directory cannot be read, or the latest manifest cannot be understood.
pub fn latest(root: &Path) -> Result<Option<(Manifest, String)>> {
    let Some((generation, path)) = paths(root)?.pop_last() else { return Ok(None) };
    read(&path, generation).map(Some)
}

/// The manifest of `generation` of the gallery at `root`, or `None` where there is none, as [`latest`].
///
/// # Errors
/// As [`latest`].
pub fn at(root: &Path, generation: u64) -> Result<Option<(Manifest, String)>> {
    if latest(root)?.is_some_and(|(newest, _)| newest.purged().contains_key(&generation)) {
        return Err(Error::usage(
            format!("generation {generation} held records that an act destroyed (L40 17, 23(4))"),
            "it cannot be opened any more; begin the run again with the present generation",
        ));
    }
    paths(root)?.get(&generation).map(|path| read(path, generation)).transpose()
}

pub(super) fn read(path: &Path, generation: u64) -> Result<(Manifest, String)> {
    let bytes = content(path)?;
    let manifest = parse(path, generation, &bytes)?;
    Ok((manifest, blake3::hash(&bytes).to_hex().to_string()))
}

/// Walks every manifest from the first and returns each one that does not follow from the one
/// before: a number left out, or a parent that is not the BLAKE3 of that manifest as it is now. Of a generation that
/// the newest manifest says was purged, the BLAKE3 stated there stands for the manifest.
///
/// # Errors
/// The directory cannot be read.
pub fn broken_links(root: &Path) -> Result<Vec<(PathBuf, Error)>> {
    let mut broken = Vec::new();
    let mut before: (u64, Option<String>) = (0, None);
    let paths = paths(root)?;
    // A newest manifest that cannot be read is reported below, in its place.
    let newest = paths.last_key_value().and_then(|(generation, path)| read(path, *generation).ok());
    let purged = newest.as_ref().map(|(manifest, _)| manifest.purged()).unwrap_or_default();
    for (generation, path) in paths {
        if purged.contains_key(&generation) {
            let rule = "this generation was purged by a destruction that did not end";
            let help = "give the act to `tanba gallery destroy` again";
            broken.push((path.clone(), Error::integrity(&path, rule, help)));
        }
        while let Some(hash) = purged.get(&(before.0 + 1)).filter(|_| before.0 + 1 < generation) {
            before = (before.0 + 1, Some((*hash).to_owned()));
        }
        let follows = generation == before.0 + 1;
        if !follows {
            let rule = format!("generation {} is followed by {generation}", before.0);
            broken.push((path.clone(), Error::integrity(&path, rule, RESTORE_HELP)));
        }
        before.0 = generation;
        let bytes = match content(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                before.1 = None;
                broken.push((path, error));
                continue;
            }
        };
        let parent = before.1.replace(blake3::hash(&bytes).to_hex().to_string());
        match parse(&path, generation, &bytes) {
            Ok(manifest) if follows && manifest.parent != parent => {
                let rule = "the manifest before it is not the one it was committed after";
                broken.push((path.clone(), Error::integrity(&path, rule, RESTORE_HELP)));
            }
            Ok(_) => {}
            Err(error) => broken.push((path, error)),
        }
    }
    Ok(broken)
}

/// Commits `manifest`, sealed, as its generation.
///
/// # Errors
/// [`Error::Conflict`] if another process committed that generation first; nothing was changed.
pub fn commit(root: &Path, manifest: &Manifest) -> Result<()> {
    let directory = root.join(MANIFEST_DIRECTORY);
    let name = file_name(manifest.generation);
    let location = format!("{MANIFEST_DIRECTORY}/{name}");
    let failed = |source| Error::Store { location: location.clone(), source };
    let sealed = manifest.clone().sealed();
    let bytes = sealed
        .and_then(|sealed| serde_json::to_vec_pretty(&sealed))
        .map_err(|e| Error::integrity(&directory.join(&name), e.to_string(), RESTORE_HELP))?;
    let conflict = || Error::Conflict {
        what: format!("the gallery {} (generation {})", remote::shown(root), manifest.generation),
    };
    if let Some((mirror, _)) = remote::of(root) {
        if !mirror.create(&location, &bytes)? {
            return Err(conflict());
        }
        tracing::info!(generation = manifest.generation, "generation committed");
        return Ok(());
    }
    super::file::create_directory(&directory)?;
    let store = LocalFileSystem::new_with_prefix(root).map_err(failed)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().build().map_err(Error::io(&directory))?;
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let path = StorePath::from(location.as_str());
    match runtime.block_on(store.put_opts(&path, bytes.into(), options)) {
        Ok(_) => {
            // The store does not flush what it writes.
            let path = directory.join(&name);
            File::open(&path).and_then(|file| file.sync_all()).map_err(Error::io(&path))?;
            super::file::sync_directory(&directory)?;
            tracing::info!(generation = manifest.generation, "generation committed");
            Ok(())
        }
        Err(object_store::Error::AlreadyExists { .. }) => Err(conflict()),
        Err(source) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(root: &Path, generations: u64) {
        chain_from(root, 1..=generations);
    }

    fn chain_from(root: &Path, generations: std::ops::RangeInclusive<u64>) {
        for generation in generations {
            let parent = latest(root).unwrap().map(|(_, hash)| hash);
            commit(root, &Manifest { generation, parent, ..Manifest::empty() }).unwrap();
        }
    }

    fn names(broken: &[(PathBuf, Error)]) -> Vec<&str> {
        broken.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect()
    }

    #[test]
    fn only_ten_digits_between_g_and_json_name_a_manifest() {
        assert_eq!(generation_of("g0000000012.json"), Some(12));
        for name in ["g12.json", "g00000000012.json", "g+000000012.json", "g0000000012.json#1"] {
            assert_eq!(generation_of(name), None, "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        chain(folder.path(), 1);
        for name in ["gzz.json", "g0000000002.json#1", "g0000000003 (copy).json"] {
            fs::write(folder.path().join("manifest").join(name), "{}").unwrap();
        }
        assert_eq!(latest(folder.path()).unwrap().unwrap().0.generation, 1);
        assert!(broken_links(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn a_manifest_of_the_versions_before_the_hash_is_read_and_the_next_one_has_it() {
        let folder = tempfile::tempdir().unwrap();
        chain(folder.path(), 1);
        let path = folder.path().join("manifest").join(file_name(1));
        for version in [1, 2] {
            let old = Manifest { generation: 1, version, ..Manifest::empty() };
            fs::write(&path, serde_json::to_vec_pretty(&old).unwrap()).unwrap();
            assert_eq!(latest(folder.path()).unwrap().unwrap().0, old);
        }
        chain_from(folder.path(), 2..=2);
        let next = latest(folder.path()).unwrap().unwrap().0;
        assert!(next.version == 3 && next.body_blake3.is_some());
        assert!(broken_links(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn a_changed_value_anywhere_in_the_newest_manifest_is_found() {
        let folder = tempfile::tempdir().unwrap();
        chain(folder.path(), 2);
        let path = folder.path().join("manifest").join(file_name(2));
        let text = fs::read_to_string(&path).unwrap();
        let sealed: Manifest = serde_json::from_str(&text).unwrap();
        let unsealed = Manifest { body_blake3: None, ..sealed.clone() };
        let unsealed = serde_json::to_string(&unsealed).unwrap();
        let hash = sealed.body_blake3.unwrap();
        for (changed, word) in [
            (text.replace("\"committed_at\": \"\"", "\"committed_at\": \"2026\""), "body_blake3"),
            (text.replace("\"version\": 3", "\"version\": 2"), "body_blake3"),
            (text.replace(&hash, &hash.to_uppercase()), "body_blake3"),
            (unsealed, "has `body_blake3`"),
            (
                text.replace("\"version\": 3", "\"version\": 4"),
                "versions 1 to 3; this is version 4",
            ),
            (text.replace("tanba-gallery", "zip"), "this one has `format` \"zip\""),
            ("{\"owner\": 1}".into(), "this one has no `format`"),
            ("[]".into(), "cannot be read"),
        ] {
            assert_ne!(changed, text, "{word}");
            fs::write(&path, &changed).unwrap();
            let error = latest(folder.path()).unwrap_err();
            assert_eq!(error.kind().exit_code(), 6);
            assert!(error.to_string().contains(word), "{error}");
            assert_eq!(names(&broken_links(folder.path()).unwrap()), ["g0000000002.json"]);
        }
        // White space says nothing.
        fs::write(&path, format!("{text}\n")).unwrap();
        assert!(latest(folder.path()).is_ok());
        fs::rename(&path, path.with_file_name(file_name(3))).unwrap();
        let error = latest(folder.path()).unwrap_err().to_string();
        assert!(error.contains("generation 3 and holds 2"), "{error}");
    }

    #[test]
    fn every_broken_link_of_the_chain_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        chain(folder.path(), 5);
        assert!(broken_links(folder.path()).unwrap().is_empty());
        let path = |n: u64| folder.path().join("manifest").join(file_name(n));
        let text = fs::read_to_string(path(2)).unwrap();
        fs::write(path(2), format!("{text}\n")).unwrap();
        assert_eq!(names(&broken_links(folder.path()).unwrap()), ["g0000000003.json"]);
        fs::remove_file(path(4)).unwrap();
        let broken = broken_links(folder.path()).unwrap();
        assert_eq!(names(&broken), ["g0000000003.json", "g0000000005.json"]);
        fs::remove_file(path(1)).unwrap();
        assert_eq!(names(&broken_links(folder.path()).unwrap())[0], "g0000000002.json");
    }
}
