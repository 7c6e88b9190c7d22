//! One record batch as an uncompressed Arrow IPC file: what a kernel reads from a memory map.
//!
//! With keys the file is sealed ([`super::seal`]) and is decrypted into memory instead of being mapped.

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::root_as_footer;
use arrow::ipc::writer::FileWriter;
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;

use super::file::{self, FileEntry, RESTORE_HELP};
use super::{keys, map, seal};
use crate::error::{Error, Result};

/// Writes `bytes`, the file of a batch, as a new file of the gallery.
///
/// # Errors
/// The operating system refuses.
pub(super) fn write_new(root: &Path, relative: &str, bytes: &[u8]) -> Result<FileEntry> {
    let Some(keys) = keys::present() else { return file::write_new(root, relative, bytes) };
    let refused = |e: String| Error::integrity(&root.join(relative), e, "report this");
    let sealed = seal::seal(&keys.new_file()?, bytes).map_err(refused)?;
    file::write_new(root, relative, &sealed)
}

/// The batch of a committed file after checking it against the manifest.
///
/// # Errors
/// The file is missing, changed or cannot be understood, or it is encrypted and its key is not here.
pub(super) fn open(root: &Path, entry: &FileEntry) -> Result<RecordBatch> {
    let path = file::verified(root, entry)?;
    let broken = |e: String| Error::integrity(&path, e, RESTORE_HELP);
    let mapped = map::map(&path)?;
    let buffer = if seal::is_sealed(&mapped) {
        let keys = file::keys_for(&path)?;
        file::refuse_limit(&path)?;
        let label = seal::label_of(&mapped).map(|(label, _)| label).unwrap_or_default();
        if keys.of_label(label).is_none() {
            let what = format!("{}: {}", path.display(), seal::missing_key(label));
            return Err(Error::usage(what, keys::KEYS_HELP));
        }
        seal::open(keys, &mapped).map_err(broken)?
    } else {
        Buffer::from(Bytes::from_owner(mapped))
    };
    decode(&buffer).map_err(broken)
}

/// The file of `batch`; its buffers start at multiples of 64 bytes.
///
/// # Errors
/// Arrow refuses the batch.
pub(super) fn encode(batch: &RecordBatch) -> std::result::Result<Vec<u8>, String> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).map_err(|e| e.to_string())?;
    writer.write(batch).and_then(|()| writer.finish()).map_err(|e| e.to_string())?;
    writer.into_inner().map_err(|e| e.to_string())
}

/// The single batch of a file, without copying its buffers.
///
/// # Errors
/// The bytes are not such a file.
pub(super) fn decode(buffer: &Buffer) -> std::result::Result<RecordBatch, String> {
    const TRAILER: usize = 10;
    let trailer = buffer.len().checked_sub(TRAILER).ok_or("the file is too short for Arrow IPC")?;
    let trailer_bytes: [u8; TRAILER] =
        buffer[trailer..].try_into().map_err(|_| "the file is too short for Arrow IPC")?;
    let length = read_footer_length(trailer_bytes).map_err(|e| e.to_string())?;
    let start = trailer.checked_sub(length).ok_or("the footer is longer than the file")?;
    let footer = root_as_footer(&buffer[start..trailer]).map_err(|e| e.to_string())?;
    let schema = fb_to_schema(footer.schema().ok_or("the footer has no schema")?);
    let decoder = FileDecoder::new(Arc::new(schema), footer.version());
    let blocks = footer.recordBatches().ok_or("the file has no record batch")?;
    if blocks.len() != 1 {
        return Err("the file holds one record batch".into());
    }
    let block = blocks.get(0);
    let (offset, metadata, body) = (block.offset(), block.metaDataLength(), block.bodyLength());
    let length = i64::from(metadata).checked_add(body).ok_or("the batch is too long")?;
    let (offset, length) = (usize::try_from(offset), usize::try_from(length));
    let (Ok(offset), Ok(length)) = (offset, length) else { return Err("negative offset".into()) };
    if offset.checked_add(length).is_none_or(|end| end > buffer.len()) {
        return Err("the batch reaches past the end of the file".into());
    }
    let data = buffer.slice_with_length(offset, length);
    decoder
        .read_record_batch(block, &data)
        .map_err(|e| e.to_string())?
        .ok_or_else(|| "the record batch is empty".into())
}
