//! Memory maps of committed files. The only room of this layer with `unsafe`.
#![allow(unsafe_code, reason = "a memory map is the one way to read planes without copying them")]

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

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

/// Maps the committed file `path` read-only.
///
/// # Errors
/// The file is missing, or cannot be opened or mapped.
pub fn map(path: &Path) -> Result<Mapped> {
    let file = File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::integrity(path, "a committed file is missing", RESTORE_HELP),
        _ => Error::io(path)(source),
    })?;
    if file.metadata().map_err(Error::io(path))?.len() == 0 {
        return Ok(Mapped(Arc::new(Content::Empty)));
    }
    // SAFETY: files of a gallery are created under another name, renamed into place and never
    // changed afterwards; no Tanba process truncates one. A foreign process that truncates a file
    // while it is mapped can end this process with SIGBUS, which loses no committed data.
    let map = unsafe { Mmap::map(&file) }.map_err(Error::io(path))?;
    Ok(Mapped(Arc::new(Content::Mapped(map))))
}
