//! Files and a gallery in a folder of their own; each test binary adds what it does with them.

use std::fs;
use std::path::PathBuf;

/// The folder; it goes with the test.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    /// A folder with nothing in it.
    pub(crate) fn empty() -> World {
        World { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn gallery(&self) -> PathBuf {
        self.path("gallery")
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }
}
