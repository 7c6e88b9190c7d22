//! Proof that nothing of a record is left: a search of every file of a folder for its identifier and its biometrics.
//!
//! Every file is searched byte by byte; columns of Parquet and Arrow files are decoded as well, because compression
//! hides what they hold. An identifier counts where it stands as a whole word, a biometric value where a cell is equal
//! to it or its bytes stand in a file.
//!
//! Limit: an identifier of fewer than [`LEAST_RAW_BYTES`] bytes is looked for in compressed files only after decoding:
//! so few bytes occur there by chance.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array, BinaryArray, LargeBinaryArray, StringArray};

use super::file::read_parquet;
use super::map;
use super::purge::names;
use crate::error::{Error, Result};

/// Least length of what is looked for in compressed bytes.
pub const LEAST_RAW_BYTES: usize = 8;

/// What must not be there any more.
#[derive(Debug, Clone, Default)]
pub struct Sentinels {
    /// Identifiers of records.
    pub record_ids: BTreeSet<String>,
    /// BLAKE3 of each biometric value as it was stored.
    pub biometric_hashes: BTreeSet<String>,
    /// The values themselves, where they are known: those of an interrupted destruction are known by hash alone.
    pub biometrics: Vec<Vec<u8>>,
}

/// A file in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// An identifier stands in it, or in its name.
    pub identifier: bool,
    /// A biometric value stands in it.
    pub biometrics: bool,
}

/// Every file below `folder`, in order; links are not followed.
///
/// # Errors
/// The operating system refuses.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let kind = entry.file_type().map_err(Error::io(&entry.path()))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Searches every file of `folder`; the number of files and of their bytes, and where something was found.
///
/// # Errors
/// The operating system refuses.
pub fn search(folder: &Path, sentinels: &Sentinels) -> Result<(u64, u64, Vec<Finding>)> {
    let (mut bytes, mut findings) = (0, Vec::new());
    let files = files(folder)?;
    for path in &files {
        bytes += fs::metadata(path).map_err(Error::io(path))?.len();
        findings.extend(search_file(path, sentinels)?);
    }
    Ok((files.len() as u64, bytes, findings))
}

/// What of the sentinels is in one file.
///
/// # Errors
/// The operating system refuses.
pub fn search_file(path: &Path, sentinels: &Sentinels) -> Result<Option<Finding>> {
    let content = map::map(path)?;
    let is_parquet = content.starts_with(b"PAR1");
    let is_compressed = is_parquet || content.starts_with(b"ARROW1");
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let mut identifier = sentinels.record_ids.iter().any(|id| {
        let is_certain = !is_compressed || id.len() >= LEAST_RAW_BYTES;
        names(name, id.as_bytes()) || is_certain && names(&content, id.as_bytes())
    });
    let mut biometrics = sentinels.biometrics.iter().any(|value| {
        value.len() >= LEAST_RAW_BYTES
            && content.windows(value.len()).any(|part| part == &value[..])
    });
    if is_parquet {
        // A file that cannot be decoded was searched as bytes; `tanba gallery verify` reports committed ones.
        for batch in read_parquet(path, None).unwrap_or_default() {
            for column in batch.columns() {
                identifier |= holds_identifier(column.as_ref(), sentinels);
                biometrics |= holds_biometrics(column.as_ref(), sentinels);
            }
        }
    }
    let is_found = identifier || biometrics;
    Ok(is_found.then(|| Finding { path: path.to_owned(), identifier, biometrics }))
}

fn holds_identifier(column: &dyn Array, sentinels: &Sentinels) -> bool {
    let Some(texts) = column.as_any().downcast_ref::<StringArray>() else { return false };
    let mut texts = texts.iter().flatten();
    texts.any(|text| {
        sentinels.record_ids.contains(text)
            || sentinels.record_ids.iter().any(|id| names(text.as_bytes(), id.as_bytes()))
    })
}

fn holds_biometrics(column: &dyn Array, sentinels: &Sentinels) -> bool {
    let is_one = |value: &[u8]| {
        let hash = blake3::hash(value).to_hex();
        sentinels.biometric_hashes.contains(hash.as_str())
    };
    let any = column.as_any();
    let small = any.downcast_ref::<BinaryArray>();
    let large = any.downcast_ref::<LargeBinaryArray>();
    small.is_some_and(|values| values.iter().flatten().any(is_one))
        || large.is_some_and(|values| values.iter().flatten().any(is_one))
}
