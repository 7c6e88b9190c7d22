//! The planes of segments, kept on the device while they are searched.
//!
//! A segment is cut into shards of whole blocks that one binding holds. The segments used last stay, up to a
//! share of what the device gave so far without complaint; when it has no memory for another one, all that
//! are kept go first. A segment is known by the number it was given when it was opened, which no other one
//! ever gets: an address could come again with other contents.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::context::{Context, GpuError};
use crate::kernel::planes::{LANES, PlaneView, WORDS};

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

impl Resident {
    /// The shards of `view`, brought to the device if they are not there.
    pub(super) fn shards(&self, context: &Context, view: &PlaneView) -> Result<Shards, GpuError> {
        let Some(number) = view.segment_number() else { return upload(context, view) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|(kept, _)| *kept == number)
            && let Some(found) = kept.remove(place)
        {
            let shards = found.1.clone();
            kept.push_back(found);
            return Ok(shards);
        }
        let shards = match upload(context, view) {
            Err(GpuError::OutOfMemory { .. }) if !kept.is_empty() => {
                kept.clear();
                upload(context, view)?
            }
            other => other?,
        };
        kept.push_back((number, shards.clone()));
        Ok(shards)
    }
}

fn upload(context: &Context, view: &PlaneView) -> Result<Shards, GpuError> {
    let block_bytes = (view.map().planes() * WORDS * 8).max(1) as u64;
    let most = context.most_bound_bytes().min(MAX_SHARD_BYTES);
    let blocks_per_shard = ((most / block_bytes) as usize).max(1);
    let mut shards = Vec::new();
    let mut first = 0;
    while first < view.blocks() {
        let end = (first + blocks_per_shard).min(view.blocks());
        let rows = view.rows().min(end * LANES) - first * LANES;
        shards.push(Shard {
            buffer: context.input("bit planes", view.blocks_between(first..end))?,
            first_row: (first * LANES) as u32,
            words: rows.div_ceil(32) as u32,
        });
        first = end;
    }
    Ok(Arc::new(shards))
}
