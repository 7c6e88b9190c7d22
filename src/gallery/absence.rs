//! Proof that nothing of a record is left: a search of every file of a folder for its identifier and its biometrics.
//!
//! Every file is searched byte by byte; columns of Parquet files are decoded as well, because compression hides what
//! they hold, and encrypted files are decrypted. An identifier counts where it stands as a whole word, a biometric value
//! where a cell is equal to it or its bytes stand in a file. A file that cannot be decoded counts as one in which
//! everything was found: nobody can tell what it holds.
//!
//! Limit: an identifier of fewer than [`LEAST_RAW_BYTES`] bytes is looked for in compressed files only after decoding:
//! so few bytes occur there by chance.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use arrow::array::{Array, AsArray, BinaryArray, LargeBinaryArray, LargeStringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::file::{keys_for, read_parquet};
use super::words::Words;
use super::{map, seal};
use crate::error::{Error, Result};

/// Least length of what is looked for in compressed bytes.
pub const LEAST_RAW_BYTES: usize = 8;

/// What must not be there any more.
#[derive(Debug)]
pub struct Sentinels {
    /// Identifiers of records.
    pub records: Words,
    /// Numbers of persons and cases that only those records bore.
    pub numbers: Words,
    /// BLAKE3 of each biometric value as it was stored.
    pub biometric_hashes: BTreeSet<String>,
    /// The values themselves, where they are known: those of an interrupted destruction are known by hash alone.
    biometrics: AhoCorasick,
}

impl Sentinels {
    /// What to look for. Biometric values of fewer than [`LEAST_RAW_BYTES`] bytes are looked for by hash alone.
    ///
    /// # Errors
    /// There is too much of it.
    pub fn new(
        records: Words,
        numbers: Words,
        biometric_hashes: BTreeSet<String>,
        biometrics: &[Vec<u8>],
    ) -> Result<Sentinels> {
        let values = biometrics.iter().filter(|value| value.len() >= LEAST_RAW_BYTES);
        let biometrics = AhoCorasick::new(values).map_err(|e| Error::Limit {
            what: format!("the biometrics of one act ({e})"),
            limit: u64::from(u32::MAX),
            help: "divide the act into several".into(),
        })?;
        Ok(Sentinels { records, numbers, biometric_hashes, biometrics })
    }
}

/// A file in which something was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// The identifier of a record stands in it, or in its name.
    pub record: bool,
    /// A number stands in it.
    pub number: bool,
    /// A biometric value stands in it.
    pub biometrics: bool,
    /// It cannot be decoded, or its key is not here: what it holds cannot be told.
    pub is_unreadable: bool,
}

impl Finding {
    fn is_any(&self) -> bool {
        self.record || self.number || self.biometrics || self.is_unreadable
    }
}

/// First bytes of Parquet files, plain and with an encrypted footer.
const PARQUET: [&[u8]; 2] = [b"PAR1", b"PARE"];

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
    let mapped = map::map(path)?;
    let mut found = Finding { path: path.to_owned(), ..Finding::default() };
    let opened = seal::is_sealed(&mapped).then(|| keys_for(path).map(|k| seal::open(k, &mapped)));
    let opened = opened.map(|opened| opened.ok().and_then(std::result::Result::ok));
    found.is_unreadable = matches!(opened, Some(None));
    let opened = opened.flatten();
    let content = opened.as_deref().unwrap_or(&mapped);
    let is_parquet = PARQUET.iter().any(|magic| content.starts_with(magic));
    let is_compressed = is_parquet || content.starts_with(b"ARROW1") || found.is_unreadable;
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let stands = |words: &Words| match std::str::from_utf8(content) {
        Ok(text) if !is_compressed => words.are_in(text),
        _ => words.are_in_bytes(content, if is_compressed { LEAST_RAW_BYTES } else { 0 }),
    };
    found.record = sentinels.records.are_in_bytes(name, 0) || stands(&sentinels.records);
    found.number = stands(&sentinels.numbers);
    found.biometrics = sentinels.biometrics.is_match(content);
    if is_parquet {
        let batches = read_parquet(path, None);
        found.is_unreadable |= batches.is_err();
        for batch in batches.unwrap_or_default() {
            for column in batch.columns() {
                found.record |= holds_word(column.as_ref(), &sentinels.records);
                found.number |= holds_word(column.as_ref(), &sentinels.numbers);
                found.biometrics |= holds_biometrics(column.as_ref(), sentinels);
            }
        }
    }
    Ok(found.is_any().then_some(found))
}

/// Whether a column of texts, of whatever type other programs write, or one inside lists and structures, holds a word.
fn holds_word(column: &dyn Array, words: &Words) -> bool {
    match column.data_type() {
        DataType::List(_) => holds_word(column.as_list::<i32>().values(), words),
        DataType::LargeList(_) => holds_word(column.as_list::<i64>().values(), words),
        DataType::Struct(_) => column.as_struct().columns().iter().any(|c| holds_word(c, words)),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            let Ok(texts) = cast(column, &DataType::LargeUtf8) else { return false };
            let texts = texts.as_any().downcast_ref::<LargeStringArray>();
            let texts = texts.into_iter().flat_map(|texts| texts.iter().flatten());
            texts.into_iter().any(|text| words.has(text) || words.are_in(text))
        }
        _ => false,
    }
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
