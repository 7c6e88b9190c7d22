//! `minutia_pair` on a device: one workgroup a pair, the answer in the place of the question.

use super::context::{Context, GpuError, Pipeline};
use super::fault::Injected;
use super::interface::{MINUTIA_PAIR, MinutiaPairCall};
use super::pace::Pace;
use super::prints::{GpuPrints, PrintShard};
use super::{DeviceError, GpuDevice, pair_tables};
use crate::kernel::minutia_pair::{self, PairScore};

/// Pairs of the first dispatch, and the fewest of any: the largest prints take some tenths of a millisecond
/// each on a processor that plays a graphics card.
pub(super) const LEAST_PAIRS: u64 = 1 << 8;

/// Most pairs of a dispatch: 32 MiB, a quarter of what every device lets a shader see.
const MOST_PAIRS: u64 = 1 << 22;

/// The shader with its tables.
pub(super) struct Pair {
    pipeline: Pipeline,
    tables: wgpu::Buffer,
    /// In pairs.
    pace: Pace,
}

impl Pair {
    pub(super) fn open(context: &Context, source: &'static str) -> Result<Pair, GpuError> {
        Ok(Pair {
            pipeline: context.pipeline(&MINUTIA_PAIR, source)?,
            tables: context.input("tables of minutia_pair", &pair_tables::words())?,
            pace: Pace::new(LEAST_PAIRS, MOST_PAIRS),
        })
    }
}

impl GpuDevice {
    /// Runs [`minutia_pair`] on `pairs` of a number in `probes` and one in `gallery`: a score for each, in
    /// their order.
    ///
    /// # Errors
    /// A pair names a print that is not there, prints are another device's, or the device fails.
    pub fn minutia_pair(
        &self,
        probes: &GpuPrints,
        gallery: &GpuPrints,
        pairs: &[(u32, u32)],
    ) -> Result<Vec<PairScore>, DeviceError> {
        let injected = self.injected(&minutia_pair::SPEC)?;
        let is_absent = |(probe, print): &(u32, u32)| {
            *probe as usize >= probes.len() || *print as usize >= gallery.len()
        };
        if let Some(pair) = pairs.iter().position(is_absent) {
            let reason = format!("pair {pair} names a print that is not there");
            return Err(GpuError::Refused(reason).into());
        }
        let mut scores = vec![PairScore::default(); pairs.len()];
        for probe_shard in probes.shards(&self.context)? {
            for gallery_shard in gallery.shards(&self.context)? {
                let (probes, prints) = (probe_shard.range(), gallery_shard.range());
                let is_here = |(_, (probe, print)): &(usize, &(u32, u32))| {
                    probes.contains(&(*probe as usize)) && prints.contains(&(*print as usize))
                };
                let here = pairs.iter().enumerate().filter(is_here);
                let (places, here): (Vec<usize>, Vec<[u32; 2]>) = here
                    .map(|(place, (probe, print))| {
                        let within = |number: u32, shard: &PrintShard| number - shard.first as u32;
                        (place, [within(*probe, probe_shard), within(*print, gallery_shard)])
                    })
                    .unzip();
                let found = self.score_pairs((probe_shard, gallery_shard), &here, injected)?;
                places.into_iter().zip(found).for_each(|(place, score)| scores[place] = score);
            }
        }
        if injected.is_wrong() {
            scores.iter_mut().for_each(|score| score.similarity += 1);
        }
        Ok(scores)
    }

    /// The scores of `pairs`, numbered within two shards, cut into dispatches.
    fn score_pairs(
        &self,
        (probes, gallery): (&PrintShard, &PrintShard),
        pairs: &[[u32; 2]],
        injected: Injected,
    ) -> Result<Vec<PairScore>, GpuError> {
        let (context, pair) = (&self.context, &self.pair);
        let mut scores = Vec::with_capacity(pairs.len());
        let mut left = pairs;
        while !left.is_empty() {
            let most = injected.first_room(pair.pace.allowed() as usize);
            let (now, later) = left.split_at(left.len().min(most));
            let exchanged = context.exchange("pairs of prints", now)?;
            let buffers = [
                &probes.descriptors,
                &probes.minutiae,
                &probes.prints,
                &gallery.descriptors,
                &gallery.minutiae,
                &gallery.prints,
                &pair.tables,
                &exchanged,
            ];
            let count = now.len();
            let call = |grid_width| MinutiaPairCall { pairs: count as u32, grid_width };
            let dispatch = context.dispatch(&pair.pipeline, &buffers, count as u64, call)?;
            let time = context.run(&[dispatch], None)?;
            pair.pace.note(count as u64, time);
            let found: Vec<[u32; 2]> = context.read(&exchanged, count)?;
            let scored = |[similarity, paired]: [u32; 2]| PairScore {
                similarity: similarity as i32,
                paired,
            };
            scores.extend(found.into_iter().map(scored));
            left = later;
        }
        Ok(scores)
    }
}
