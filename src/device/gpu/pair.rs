//! `minutia_pair` on a device: one workgroup a pair, the answer in the place of the question.

use super::context::{Context, GpuError, Pipeline};
use super::interface::{MINUTIA_PAIR, MinutiaPairCall};
use super::pace::Pace;
use super::pair_prints::PairPrints;
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
    /// A pair names a print that is not there, or the device fails.
    pub fn minutia_pair(
        &self,
        probes: &PairPrints,
        gallery: &PairPrints,
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
        let pace = &self.pair.pace;
        let mut scores = Vec::with_capacity(pairs.len());
        let mut left = pairs;
        while !left.is_empty() {
            let (now, later) = left.split_at(left.len().min(pace.allowed() as usize));
            self.score_pairs(probes, gallery, now, &mut scores)?;
            left = later;
        }
        if injected.is_wrong() {
            scores.iter_mut().for_each(|score| score.similarity += 1);
        }
        Ok(scores)
    }

    /// Adds the scores of `pairs`, of one dispatch.
    fn score_pairs(
        &self,
        probes: &PairPrints,
        gallery: &PairPrints,
        pairs: &[(u32, u32)],
        scores: &mut Vec<PairScore>,
    ) -> Result<(), GpuError> {
        let context = &self.context;
        let words: Vec<[u32; 2]> = pairs.iter().map(|(probe, print)| [*probe, *print]).collect();
        let exchanged = context.exchange("pairs of prints", &words)?;
        let prints = probes.buffers.iter().chain(&gallery.buffers);
        let buffers: Vec<&wgpu::Buffer> = prints.chain([&self.pair.tables, &exchanged]).collect();
        let count = pairs.len();
        let call = |grid_width| MinutiaPairCall { pairs: count as u32, grid_width };
        let time = context.run(&self.pair.pipeline, &buffers, None, count as u64, call)?;
        self.pair.pace.note(count as u64, time);
        let found: Vec<[u32; 2]> = context.read(&exchanged, count)?;
        scores.extend(
            found
                .into_iter()
                .map(|[similarity, paired]| PairScore { similarity: similarity as i32, paired }),
        );
        Ok(())
    }
}
