//! Files of a gallery: written whole, flushed, hashed; checked against their hash before use.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::keys::{self, FileKey, KEYS_HELP, Keys};
use super::{map, memory, remote, seal};
use crate::error::{Error, Result};

/// Rows of a Parquet row group: pruning by group still skips work, and a group decodes in cache.
pub const ROWS_PER_GROUP: usize = 1 << 16;

/// What to do about a file that is not what was committed.
pub const RESTORE_HELP: &str = "restore the file from a backup of this gallery; `tanba gallery verify` lists every broken file";

/// A committed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path below the gallery, with `/`.
    pub path: String,
    /// BLAKE3, hexadecimal.
    pub blake3: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// Writes `bytes` to a new file of the gallery: temporary name, flush, rename, flush the directory. Of a gallery in a
/// bucket it is then written there, and read back.
///
/// The temporary name belongs to this call alone, so that two writers of the same file do not meet;
/// it ends in `.staged`, and one left by a crash may be deleted.
///
/// # Errors
/// The operating system refuses.
pub fn write_new(root: &Path, relative: &str, bytes: &[u8]) -> Result<FileEntry> {
    let path = root.join(relative);
    write_here(&path, bytes)?;
    if let Some((mirror, place)) = remote::of(&path) {
        mirror.upload(&place, bytes)?;
    }
    Ok(FileEntry {
        path: relative.to_owned(),
        blake3: blake3::hash(bytes).to_hex().to_string(),
        bytes: bytes.len() as u64,
    })
}

/// Writes `bytes` to `path` on this machine alone: temporary name, flush, rename, flush the directory.
///
/// # Errors
/// The operating system refuses.
pub fn write_here(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new(""));
    create_directory(directory)?;
    let staged = staged_path(path);
    let mut file = File::create_new(&staged).map_err(Error::io(&staged))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Error::io(&staged))
        .and_then(|()| fs::rename(&staged, path).map_err(Error::io(path)));
    if let Err(error) = written {
        // The first error is the one to report; the staged file is harmless if it stays.
        let _ = fs::remove_file(&staged);
        return Err(error);
    }
    sync_directory(directory)
}

/// Whether a file has a temporary name that [`write_here`] gives.
pub(super) fn is_staged(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "staged")
}

/// A name beside `path` that no other call of any process uses.
fn staged_path(path: &Path) -> PathBuf {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{call}-{:016x}.staged", std::process::id(), random_bits()))
}

/// Bits that differ between calls and processes; not for secrets.
pub(super) fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Makes a directory with its parents, each flushed into the one above, so that a committed file
/// does not lose its way after a power cut.
///
/// # Errors
/// The operating system refuses.
pub fn create_directory(directory: &Path) -> Result<()> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().unwrap_or(Path::new(""));
    create_directory(parent)?;
    match fs::create_dir(directory) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && directory.is_dir() => {}
        made => made.map_err(Error::io(directory))?,
    }
    sync_directory(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
}

/// Flushes a directory, so that a rename survives a power cut.
///
/// # Errors
/// The operating system refuses.
pub fn sync_directory(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(Error::io(directory))
}

/// The path of a committed file whose length and hash are still those of the manifest. Of a gallery in a bucket it is fetched where it is not in the cache as committed.
///
/// # Errors
/// The file is missing or differs.
pub fn verified(root: &Path, entry: &FileEntry) -> Result<PathBuf> {
    let path = root.join(&entry.path);
    if let Some((mirror, _)) = remote::of(&path) {
        return mirror.verified(entry);
    }
    compare_file(&path, entry)?;
    Ok(path)
}

/// Compares a file of this machine with the manifest.
pub(super) fn compare_file(path: &Path, entry: &FileEntry) -> Result<()> {
    let file = map::open(path)?;
    let bytes = file.metadata().map_err(Error::io(path))?.len();
    let mut hasher = blake3::Hasher::new();
    // Read, not mapped: what was hashed is not to stay resident.
    hasher.update_reader(file).map_err(Error::io(path))?;
    compare(path, entry, bytes, hasher.finalize())
}

/// Whether a file is there as `entry` says.
pub fn is_as(path: &Path, entry: &FileEntry) -> bool {
    path.exists() && compare_file(path, entry).is_ok()
}

/// Checks the content of a committed file.
///
/// # Errors
/// Length or hash differ from the manifest.
pub fn check(path: &Path, entry: &FileEntry, content: &[u8]) -> Result<()> {
    compare(path, entry, content.len() as u64, blake3::hash(content))
}

/// Compares length and hash of a committed file with the manifest.
fn compare(path: &Path, entry: &FileEntry, bytes: u64, hash: blake3::Hash) -> Result<()> {
    if bytes != entry.bytes {
        return Err(Error::integrity(
            path,
            format!("the file has {bytes} bytes, {} were committed", entry.bytes),
            RESTORE_HELP,
        ));
    }
    if hash.to_hex().as_str() != entry.blake3 {
        return Err(Error::integrity(
            path,
            "the content differs from what was committed (BLAKE3)",
            RESTORE_HELP,
        ));
    }
    Ok(())
}

/// Encodes batches as one Parquet file. `opaque` columns get neither statistics nor dictionary, so
/// that no biometric content shows in the footer.
///
/// # Errors
/// Parquet refuses the batches.
pub fn encode_parquet(
    schema: SchemaRef,
    batches: &[RecordBatch],
    opaque: &[&str],
) -> std::result::Result<Vec<u8>, ParquetError> {
    encode_parquet_with(schema, batches, opaque, &[])
}

/// The same with keys and values in the metadata of the footer.
///
/// # Errors
/// As [`encode_parquet`].
pub fn encode_parquet_with(
    schema: SchemaRef,
    batches: &[RecordBatch],
    opaque: &[&str],
    metadata: &[(String, String)],
) -> std::result::Result<Vec<u8>, ParquetError> {
    let level = ZstdLevel::try_new(1)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_created_by(concat!("tanba ", env!("CARGO_PKG_VERSION")).to_owned());
    if !metadata.is_empty() {
        let pair = |(key, value): &(String, String)| KeyValue::new(key.clone(), value.clone());
        properties = properties.set_key_value_metadata(Some(metadata.iter().map(pair).collect()));
    }
    for column in opaque {
        let path = ColumnPath::from(*column);
        properties = properties
            .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
            .set_column_dictionary_enabled(path, false);
    }
    if let Some(keys) = keys::present() {
        properties = properties.with_file_encryption_properties(encryption(keys)?);
    }
    let mut writer =
        ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties.build()))?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.into_inner()
}

/// What encrypts a new Parquet file: its footer and all columns, under a key of its own.
fn encryption(keys: &Keys) -> std::result::Result<Arc<FileEncryptionProperties>, ParquetError> {
    let key = keys.new_file().map_err(|e| ParquetError::General(e.to_string()))?;
    FileEncryptionProperties::builder(key.secret.to_vec())
        .with_footer_key_metadata(key.label().into_bytes())
        .build()
}

/// Finds the key of a Parquet file by what its footer says, and remembers what it said.
struct Retriever {
    keys: &'static Keys,
    label: OnceLock<String>,
}

impl KeyRetriever for Retriever {
    fn retrieve_key(&self, label: &[u8]) -> std::result::Result<Vec<u8>, ParquetError> {
        let label = self.label.get_or_init(|| String::from_utf8_lossy(label).into_owned());
        let key = self.keys.of_label(label);
        let key = key.ok_or_else(|| ParquetError::General(seal::missing_key(label)))?;
        Ok(key.secret.to_vec())
    }
}

/// Magic number of a Parquet file with an encrypted footer.
const ENCRYPTED_MAGIC: &[u8; 4] = b"PARE";

/// Whether a file's content is encrypted.
///
/// # Errors
/// The file cannot be read.
pub fn is_encrypted(path: &Path) -> Result<bool> {
    let file = File::open(path).map_err(Error::io(path))?;
    let mut start = Vec::new();
    file.take(seal::MAGIC.len() as u64).read_to_end(&mut start).map_err(Error::io(path))?;
    Ok(start.starts_with(ENCRYPTED_MAGIC) || seal::is_sealed(&start))
}

/// Refuses an encrypted file under a limit of memory: what is decrypted must not be written to a file.
///
/// # Errors
/// It is encrypted and there is a limit.
pub(super) fn refuse_limit(path: &Path) -> Result<()> {
    if memory::is_limited() && is_encrypted(path)? {
        let what = "an encrypted gallery is decrypted into memory and has no limit there";
        return Err(Error::usage(what, "run without --memory"));
    }
    Ok(())
}

/// The keys of the process, to read an encrypted file.
///
/// # Errors
/// It has none.
pub(super) fn keys_for(path: &Path) -> Result<&'static Keys> {
    keys::present()
        .ok_or_else(|| Error::usage(format!("{} is encrypted", path.display()), KEYS_HELP))
}

/// An encrypted Parquet file ready to be read, and what it says of its key.
fn open_encrypted(path: &Path) -> Result<(ParquetRecordBatchReaderBuilder<File>, String)> {
    let keys = keys_for(path)?;
    let retriever = Arc::new(Retriever { keys, label: OnceLock::new() });
    let failed = |e: ParquetError| match retriever.label.get() {
        Some(label) if keys.of_label(label).is_none() => {
            let what = format!("{}: {}", path.display(), seal::missing_key(label));
            Error::usage(what, KEYS_HELP)
        }
        _ => Error::integrity(path, e.to_string(), RESTORE_HELP),
    };
    let decryption =
        FileDecryptionProperties::with_key_retriever(Arc::<Retriever>::clone(&retriever));
    let decryption = decryption.build().map_err(failed)?;
    let options = ArrowReaderOptions::new().with_file_decryption_properties(decryption);
    let file = File::open(path).map_err(Error::io(path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options);
    let builder = builder.map_err(failed)?;
    let label = retriever.label.get().cloned().unwrap_or_default();
    Ok((builder, label))
}

/// The key of one encrypted Parquet file, which opens no other.
///
/// # Errors
/// The file is not encrypted, or is not to be read with the keys of the process.
pub fn parquet_key(path: &Path) -> Result<FileKey> {
    if !is_encrypted(path)? {
        let what = format!("{} is no encrypted Parquet file", path.display());
        return Err(Error::usage(what, "read it as it is"));
    }
    let (_, label) = open_encrypted(path)?;
    keys_for(path)?
        .of_label(&label)
        .ok_or_else(|| Error::integrity(path, "the file does not say its key", RESTORE_HELP))
}

/// Reads a Parquet file of the gallery, all columns or those named.
///
/// # Errors
/// The file cannot be opened or is not Parquet, or it is encrypted and its key is not here.
pub fn read_parquet(path: &Path, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>> {
    batches(path, columns)?.collect()
}

/// The row groups of a Parquet file, one after the other; as [`read_parquet`].
///
/// # Errors
/// As [`read_parquet`].
pub(super) fn batches(
    path: &Path,
    columns: Option<&[&str]>,
) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
    let broken = |e: String| Error::integrity(path, e, RESTORE_HELP);
    let mut builder = if is_encrypted(path)? {
        open_encrypted(path)?.0
    } else {
        let file = File::open(path).map_err(Error::io(path))?;
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(e.to_string()))?
    };
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    let reader = builder.with_batch_size(ROWS_PER_GROUP).build();
    let reader = reader.map_err(|e| broken(e.to_string()))?;
    let path = path.to_owned();
    Ok(reader
        .map(move |batch| batch.map_err(|e| Error::integrity(&path, e.to_string(), RESTORE_HELP))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_writers_of_one_file_all_succeed_and_leave_nothing_staged() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = vec![7u8; 1 << 20];
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        write_new(folder.path(), "a/b/file.bin", &bytes).unwrap();
                    }
                });
            }
        });
        let entry = write_new(folder.path(), "a/b/file.bin", &bytes).unwrap();
        verified(folder.path(), &entry).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn a_committed_file_that_is_missing_is_an_integrity_error() {
        let folder = tempfile::tempdir().unwrap();
        let entry = write_new(folder.path(), "file.bin", b"content").unwrap();
        fs::remove_file(folder.path().join("file.bin")).unwrap();
        let error = verified(folder.path(), &entry).unwrap_err();
        assert_eq!((error.kind().exit_code(), error.help()), (6, RESTORE_HELP.to_owned()));
    }
}
