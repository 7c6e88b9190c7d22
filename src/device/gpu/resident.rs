//! The planes and the genotypes of segments, kept on the device while they are searched.
//!
//! A segment is cut into shards of whole blocks that one binding holds. The segments used last stay, up to a
//! share of what the device gave so far without complaint; when it has no memory for another one, all that
//! are kept go first. A segment is known by the number it was given when it was opened, which no other one
//! ever gets: an address could come again with other contents.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::context::{Context, GpuError};
use crate::kernel::genotype_screen::{self, CodedRows};
use crate::kernel::planes::{LANES, PlaneView};

/// Largest shard, whatever a binding holds: larger ones gain nothing and are hard to place.
const MAX_SHARD_BYTES: u64 = 1 << 30;

/// Blocks of one segment on the device.
pub(super) struct Shard {
    pub(super) buffer: wgpu::Buffer,
    /// First row.
    pub(super) first_row: u32,
    /// Words of 32 rows that hold a row of the segment.
    pub(super) words: u32,
}

/// The shards of one segment.
pub(super) type Shards = Arc<Vec<Shard>>;

/// What is kept, the one used longest ago first.
#[derive(Default)]
pub(super) struct Resident {
    kept: Mutex<VecDeque<(u64, Shards)>>,
}

/// Rows that a device may keep: blocks one after the other.
pub(super) struct Blocks<'a> {
    /// What they are, for errors.
    pub(super) what: &'static str,
    /// Number under which they may be kept.
    pub(super) number: Option<u64>,
    /// Rows.
    pub(super) rows: usize,
    /// Rows of a block.
    pub(super) rows_per_block: usize,
    /// The bytes of all blocks.
    pub(super) bytes: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// Those of bit planes.
    pub(super) fn of_planes(view: &PlaneView<'a>) -> Blocks<'a> {
        Blocks {
            what: "bit planes",
            number: view.segment_number(),
            rows: view.rows(),
            rows_per_block: LANES,
            bytes: bytemuck::cast_slice(view.blocks_between(0..view.blocks())),
        }
    }

    /// Those of genotypes.
    pub(super) fn of_genotypes(rows: &CodedRows<'a>) -> Blocks<'a> {
        Blocks {
            what: "genotypes",
            number: rows.number(),
            rows: rows.len(),
            rows_per_block: genotype_screen::BLOCK,
            bytes: bytemuck::cast_slice(rows.columns()),
        }
    }
}

impl Resident {
    /// The shards of `blocks`, brought to the device if they are not there.
    pub(super) fn shards(&self, context: &Context, blocks: &Blocks) -> Result<Shards, GpuError> {
        let Some(number) = blocks.number else { return upload(context, blocks) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|(kept, _)| *kept == number)
            && let Some(found) = kept.remove(place)
        {
            let shards = found.1.clone();
            kept.push_back(found);
            return Ok(shards);
        }
        let shards = match upload(context, blocks) {
            Err(GpuError::OutOfMemory { .. }) if !kept.is_empty() => {
                kept.clear();
                upload(context, blocks)?
            }
            other => other?,
        };
        kept.push_back((number, shards.clone()));
        Ok(shards)
    }
}

fn upload(context: &Context, blocks: &Blocks) -> Result<Shards, GpuError> {
    let count = blocks.rows.div_ceil(blocks.rows_per_block);
    // Rows without planes or loci have blocks of no bytes, and are compared all the same.
    let block_bytes = blocks.bytes.len() / count.max(1);
    let most = context.most_bound_bytes().min(MAX_SHARD_BYTES) as usize;
    let blocks_per_shard = (most / block_bytes.max(1)).max(1);
    let mut shards = Vec::new();
    let mut first = 0;
    while first < count {
        let end = first.saturating_add(blocks_per_shard).min(count);
        let bytes = blocks.bytes.get(first * block_bytes..end * block_bytes).unwrap_or(&[]);
        let first_row = first * blocks.rows_per_block;
        let rows = blocks.rows.min(end * blocks.rows_per_block) - first_row;
        shards.push(Shard {
            buffer: context.input(blocks.what, bytes)?,
            first_row: first_row as u32,
            words: rows.div_ceil(32) as u32,
        });
        first = end;
    }
    Ok(Arc::new(shards))
}
