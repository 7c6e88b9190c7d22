//! Places that the command line names: folders, and buckets of object storage.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::error::{Error, Result};
use crate::gallery::{remote, store};
use crate::hits::bucket;

/// URLs that stood where one may stand.
static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Reads a folder or `file:///FOLDER`, or a URL, of which it gives the folder that stands for it.
fn folder_or(folder_of: fn(&str) -> PathBuf) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(move |path| match path.to_str() {
        Some(text) if store::is_url(text) => {
            TAKEN.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
            store::folder_of(text).map_or_else(|| folder_of(text), PathBuf::from)
        }
        _ => path,
    })
}

/// A gallery.
pub(super) fn place() -> impl TypedValueParser<Value = PathBuf> {
    folder_or(remote::name)
}

/// The result of a run that is to be made.
pub(super) fn result() -> impl TypedValueParser<Value = PathBuf> {
    folder_or(bucket::to_write)
}

/// The result of a run that has ended.
pub(super) fn finished() -> impl TypedValueParser<Value = PathBuf> {
    folder_or(bucket::to_read)
}

/// Takes `--gallery-cache` from a command line that is about to be parsed: where folders lie must be known before.
pub(super) fn use_cache_of(arguments: &[OsString]) {
    const FLAG: &str = "--gallery-cache";
    let mut is_value = false;
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        let value = text.strip_prefix(FLAG).and_then(|rest| rest.strip_prefix('='));
        if let Some(folder) = value.or(is_value.then_some(text)) {
            remote::use_cache(folder.into());
            bucket::forget_named();
        }
        is_value = text == FLAG;
    }
}

/// Opens the buckets that a command line names.
///
/// # Errors
/// A URL stands where none may, or as [`remote::open_named`] and [`bucket::open_named`].
pub(super) fn open(arguments: &[OsString]) -> Result<()> {
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for text in arguments.iter().filter_map(|argument| argument.to_str()) {
        let value =
            text.split_once('=').filter(|_| text.starts_with("--")).map_or(text, |(_, v)| v);
        if value.starts_with("s3://") && !taken.contains(value) {
            return Err(Error::usage(
                "a URL of a bucket stands where only a file or folder may",
                "docs/object_storage.md says what may lie in a bucket",
            ));
        }
    }
    remote::open_named()?;
    bucket::open_named()
}

/// Opens what a command line names that another process began: galleries and results that are read.
///
/// # Errors
/// As [`remote::open_named`] and [`bucket::open_named`].
#[cfg(feature = "distributed")]
pub(super) fn open_to_read() -> Result<()> {
    remote::open_named()?;
    bucket::forget_written();
    bucket::open_named()
}

/// Before a run: refuses where its result would replace a finished one in a bucket without leave.
///
/// # Errors
/// As [`bucket::Results::check_free`].
pub(super) fn check_free(out: &Path, overwrite: bool) -> Result<()> {
    bucket::of(out).map_or(Ok(()), |results| results.check_free(overwrite))
}

/// After a run: puts its result into the bucket, if that is where it belongs.
///
/// # Errors
/// As [`bucket::Results::publish`].
pub(super) fn publish(out: &Path) -> Result<()> {
    bucket::of(out).map_or(Ok(()), |results| results.publish())
}
