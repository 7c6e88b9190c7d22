//! Where shared test data lies. Tests that need it say so when it is absent.

use std::path::{Path, PathBuf};

/// The shared file or folder `path`, or `None` after saying which test was skipped.
///
/// # Panics
/// When it is absent and `TANBA_REQUIRE_SHARED=1`.
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TANBA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let full = root.join(path);
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    if full.exists() {
        // scripts/test counts these lines.
        println!("SHARED DATA ({path}): {test}");
        return Some(full);
    }
    let is_required = std::env::var("TANBA_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(!is_required, "shared data is required and absent: {}", full.display());
    println!("SKIPPED (no shared data): {test}");
    None
}
