//! Memory maps of committed files, and of files without a name that this process wrote. The only room of this layer
//! with `unsafe`.
#![allow(unsafe_code, reason = "a memory map is the one way to read planes without copying them")]

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use memmap2::{Mmap, UncheckedAdvice};

use super::file::RESTORE_HELP;
use crate::error::{Error, Result};

/// Read-only content of a file; cheap to clone.
#[derive(Debug, Clone)]
pub struct Mapped(Arc<Content>);

#[derive(Debug)]
enum Content {
    Mapped(Mmap),
    Empty,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        match &*self.0 {
            Content::Mapped(map) => map,
            Content::Empty => &[],
        }
    }
}

impl std::ops::Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_ref()
    }
}

/// Every map of the process that may still be in use.
static MAPS: Mutex<Vec<Weak<Content>>> = Mutex::new(Vec::new());

/// Gives back the resident pages of every map; they come back from their files when they are read.
pub(super) fn release_all() {
    let mut maps = MAPS.lock().unwrap_or_else(PoisonError::into_inner);
    maps.retain(|map| map.strong_count() > 0);
    for content in maps.iter().filter_map(Weak::upgrade) {
        if let Content::Mapped(map) = &*content {
            // SAFETY: the map is read-only and of a file that nobody changes, so no page of it has content that the
            // file does not have: a page given back is read again with the same bytes, also while another thread
            // reads it. Where the system refuses, the pages stay.
            let _ = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
        }
    }
}

/// Maps `file`, which nobody else can open and nobody writes any more, read-only; errors name `path`.
///
/// # Errors
/// It cannot be mapped.
pub(super) fn map_file(path: &Path, file: &File) -> Result<Mapped> {
    if file.metadata().map_err(Error::io(path))?.len() == 0 {
        return Ok(Mapped(Arc::new(Content::Empty)));
    }
    // SAFETY: the callers' files are committed files, below, or have no name and are not written after this.
    let map = unsafe { Mmap::map(file) }.map_err(Error::io(path))?;
    let content = Arc::new(Content::Mapped(map));
    MAPS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&content));
    Ok(Mapped(content))
}

/// Maps the committed file `path` read-only. Files of a gallery are created under another name, renamed into place
/// and never changed afterwards; no Tanba process truncates one. A foreign process that truncates a file while it is
/// mapped can end this process with SIGBUS, which loses no committed data.
///
/// # Errors
/// The file is missing, or cannot be opened or mapped.
pub fn map(path: &Path) -> Result<Mapped> {
    map_file(path, &open(path)?)
}

/// Opens the committed file `path`.
///
/// # Errors
/// The file is missing, or cannot be opened.
pub(super) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::integrity(path, "a committed file is missing", RESTORE_HELP),
        _ => Error::io(path)(source),
    })
}
