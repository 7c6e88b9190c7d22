//! Manifests: what a generation consists of, and how the next one comes into being.

use std::fs;
use std::path::Path;

use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{ObjectStore, PutMode, PutOptions};
use serde::{Deserialize, Serialize};

use super::file::{FileEntry, RESTORE_HELP};
use crate::domain::category::Index;
use crate::error::{Error, Result};

/// Layout version of a gallery directory.
pub const GALLERY_VERSION: u32 = 1;

const MANIFEST_DIRECTORY: &str = "manifest";

/// Everything a generation consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `tanba-gallery`.
    pub format: String,
    /// [`GALLERY_VERSION`].
    pub version: u32,
    /// Number of this generation, from 1.
    pub generation: u64,
    /// BLAKE3 of the previous manifest; none for the first.
    pub parent: Option<String>,
    /// When it was committed, RFC 3339 in UTC.
    pub committed_at: String,
    /// Segments, in commit order.
    pub segments: Vec<SegmentEntry>,
    /// Family files, in commit order.
    pub families: Vec<FileEntry>,
    /// Status files, in commit order.
    pub statuses: Vec<FileEntry>,
    /// Files imported so far.
    pub imports: Vec<ImportEntry>,
}

/// A segment of one index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A file that was imported: importing the same content into the same index again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
            format: "tanba-gallery".into(),
            version: GALLERY_VERSION,
            generation: 0,
            parent: None,
            committed_at: String::new(),
            segments: Vec::new(),
            families: Vec::new(),
            statuses: Vec::new(),
            imports: Vec::new(),
        }
    }

    /// Every file named.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let segments = self.segments.iter().flat_map(|s| [&s.records, &s.planes]);
        segments.chain(&self.families).chain(&self.statuses)
    }
}

fn file_name(generation: u64) -> String {
    format!("g{generation:010}.json")
}

/// The latest manifest of the gallery at `root` with its BLAKE3, or `None` where there is none.
///
/// # Errors
/// The directory cannot be read, or the latest manifest cannot be understood.
pub fn latest(root: &Path) -> Result<Option<(Manifest, String)>> {
    let directory = root.join(MANIFEST_DIRECTORY);
    if !directory.exists() {
        return Ok(None);
    }
    let mut newest: Option<String> = None;
    for entry in fs::read_dir(&directory).map_err(Error::io(&directory))? {
        let name = entry.map_err(Error::io(&directory))?.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with('g') && name.ends_with(".json") && newest.as_deref() < Some(name) {
            newest = Some(name.to_owned());
        }
    }
    let Some(name) = newest else { return Ok(None) };
    let path = directory.join(&name);
    let bytes = fs::read(&path).map_err(Error::io(&path))?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| {
        Error::integrity(&path, format!("the manifest cannot be read: {e}"), RESTORE_HELP)
    })?;
    if manifest.version != GALLERY_VERSION || file_name(manifest.generation) != name {
        return Err(Error::integrity(
            &path,
            format!(
                "this program reads gallery version {GALLERY_VERSION} with one generation per file"
            ),
            "use the release of tanba that wrote this gallery, or import the source files again",
        ));
    }
    Ok(Some((manifest, blake3::hash(&bytes).to_hex().to_string())))
}

/// Commits `manifest` as its generation.
///
/// # Errors
/// [`Error::Conflict`] if another process committed that generation first; nothing was changed.
pub fn commit(root: &Path, manifest: &Manifest) -> Result<()> {
    let directory = root.join(MANIFEST_DIRECTORY);
    fs::create_dir_all(&directory).map_err(Error::io(&directory))?;
    let name = file_name(manifest.generation);
    let location = format!("{MANIFEST_DIRECTORY}/{name}");
    let failed = |source| Error::Store { location: location.clone(), source };
    let bytes = serde_json::to_vec_pretty(manifest)
        .map_err(|e| Error::integrity(&directory.join(&name), e.to_string(), RESTORE_HELP))?;
    let store = LocalFileSystem::new_with_prefix(root).map_err(failed)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().build().map_err(Error::io(&directory))?;
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let path = StorePath::from(location.as_str());
    match runtime.block_on(store.put_opts(&path, bytes.into(), options)) {
        Ok(_) => super::file::sync_directory(&directory),
        Err(object_store::Error::AlreadyExists { .. }) => Err(Error::Conflict {
            what: format!("the gallery {} (generation {})", root.display(), manifest.generation),
        }),
        Err(source) => Err(failed(source)),
    }
}
