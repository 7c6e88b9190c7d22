//! The Python that scripts/test makes, with DuckDB, Polars and pandas.

use std::path::PathBuf;

/// Its program, or `None` after saying what was skipped.
///
/// # Panics
/// When it is absent and `TANBA_REQUIRE_PYTHON=1`.
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn python(test: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("TANBA_CACHE").map(PathBuf::from).or_else(|| {
        let home = |name| std::env::var_os(name).map(PathBuf::from);
        Some(home("XDG_CACHE_HOME").or_else(|| Some(home("HOME")?.join(".cache")))?.join("tanba"))
    });
    let python = cache.map(|cache| cache.join("venv/bin/python")).filter(|path| path.exists());
    let is_required = std::env::var("TANBA_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    assert!(python.is_some() || !is_required, "the environment of scripts/test is absent");
    if python.is_none() {
        println!("SKIPPED (no Python environment; scripts/test makes it): {test}");
    }
    python
}
