//! `str_counts` on a device: each dispatch counts in 32 bits, the host adds them up in 64.

use super::encode::EncodedQueries;
use super::interface::StrCountsCall;
use super::resident::Blocks;
use super::screens::{asked, for_each_piece};
use super::{DeviceError, GpuDevice};
use crate::kernel::Window;
use crate::kernel::planes::PlaneView;
use crate::kernel::str_counts::{self, AgreementHistogram, CountMatrix, Query};

impl GpuDevice {
    /// Runs [`str_counts`]: the match matrix.
    ///
    /// # Errors
    /// The device fails.
    pub fn str_counts(
        &self,
        queries: &[Query],
        windows: &[Window],
        view: PlaneView,
    ) -> Result<CountMatrix, DeviceError> {
        let mut matrix = CountMatrix::new(view.map().loci().len());
        let side = matrix.side;
        self.count(queries, windows, view, (side as u32, side * side), |cell, pairs| {
            if let Some(count) = matrix.counts.get_mut(cell) {
                *count += u64::from(pairs);
            }
        })?;
        Ok(matrix)
    }

    /// Runs [`str_counts`]: the histogram by agreement.
    ///
    /// # Errors
    /// The device fails.
    pub fn str_counts_by_agreement(
        &self,
        queries: &[Query],
        windows: &[Window],
        view: PlaneView,
    ) -> Result<AgreementHistogram, DeviceError> {
        let mut histogram = AgreementHistogram::default();
        let places = AgreementHistogram::places();
        self.count(queries, windows, view, (0, places), |cell, pairs| {
            histogram.add_at(cell, u64::from(pairs));
        })?;
        Ok(histogram)
    }

    /// Calls `add` with the cells that are not zero after each dispatch.
    fn count(
        &self,
        queries: &[Query],
        windows: &[Window],
        view: PlaneView,
        (side, cells): (u32, usize),
        mut add: impl FnMut(usize, u32),
    ) -> Result<(), DeviceError> {
        let injected = self.injected(&str_counts::SPEC)?;
        let encoded = EncodedQueries::new(queries, windows, &view);
        let context = &self.context;
        let probes = context.input("probes", &encoded.probes)?;
        let loci = context.input("loci of probes", &encoded.loci)?;
        let allele_planes = context.input("planes of alleles", &encoded.allele_planes)?;
        let counts = context.output("counts", (cells * size_of::<u32>()) as u64)?;
        let asked = asked(windows, &view);
        for shard in self.resident.shards(context, &Blocks::of_planes(&view))?.iter() {
            let buffers = [&shard.buffer, &probes, &loci, &allele_planes, &counts];
            let pace = &self.paces.str_counts;
            for_each_piece(shard, &asked, pace, |piece| {
                let call = |grid_width| StrCountsCall {
                    first_probe: piece.probes.start,
                    end_probe: piece.probes.end,
                    bound_row: shard.first_row,
                    first_word: piece.words.start,
                    words: piece.words.end - piece.words.start,
                    planes_per_block: view.map().planes() as u32,
                    grid_width,
                    side,
                };
                let workgroups = piece.workgroups(32);
                let dispatch = context.dispatch(&self.str_counts, &buffers, workgroups, call)?;
                let time = context.run(&[dispatch], Some(&counts))?;
                pace.note(piece.pairs(), time);
                let pairs: Vec<u32> = context.read(&counts, cells)?;
                for (cell, pairs) in pairs.into_iter().enumerate().filter(|(_, pairs)| *pairs > 0) {
                    add(cell, pairs);
                }
                Ok(())
            })?;
        }
        if injected.is_wrong() {
            add(0, 1);
        }
        Ok(())
    }
}
