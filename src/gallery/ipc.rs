//! One record batch as an uncompressed Arrow IPC file: what a kernel reads from a memory map.

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::root_as_footer;
use arrow::ipc::writer::FileWriter;
use std::sync::Arc;

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
