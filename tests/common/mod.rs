//! Where tests find the reference data that is not committed.

use std::path::{Path, PathBuf};

/// The shared file or folder at `path`; `None`, with a line saying so, where the data is absent.
///
/// # Panics
/// The data is absent and `TANBA_REQUIRE_SHARED=1`.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TANBA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let wanted = root.join(path);
    if wanted.exists() {
        return Some(wanted);
    }
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(
        std::env::var_os("TANBA_REQUIRE_SHARED").is_none_or(|value| value != "1"),
        "{} is required by {test}",
        wanted.display()
    );
    println!("SKIPPED (no shared data): {test}");
    None
}
