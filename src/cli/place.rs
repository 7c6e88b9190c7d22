//! Places that the command line names: folders, and buckets of object storage.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::error::Result;
use crate::gallery::{remote, store};

/// Reads a folder, `file:///FOLDER`, or `s3://BUCKET/PREFIX`, of which it gives the folder that stands for it.
pub(super) fn place() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| match path.to_str() {
        Some(text) if store::is_url(text) => {
            store::folder_of(text).map_or_else(|| remote::name(text), PathBuf::from)
        }
        _ => path,
    })
}

/// Takes `--gallery-cache` from a command line that is about to be parsed: where mirrors lie must be known before.
pub(super) fn use_cache_of(arguments: &[OsString]) {
    const FLAG: &str = "--gallery-cache";
    let mut is_value = false;
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        if is_value {
            remote::use_cache(argument.into());
        } else if let Some(folder) = text.strip_prefix(FLAG).and_then(|rest| rest.strip_prefix('='))
        {
            remote::use_cache(folder.into());
        }
        is_value = text == FLAG;
    }
}

/// Opens the buckets that the command line names.
///
/// # Errors
/// As [`remote::open_named`].
pub(super) fn open() -> Result<()> {
    remote::open_named()
}
