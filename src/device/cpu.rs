//! The processor as a device: every kernel at one instruction set, chosen once.

use crate::kernel::minutia::PrintView;
use crate::kernel::planes::PlaneView;
use crate::kernel::simd::{SimdError, SimdLevel};
use crate::kernel::{
    Overflow, Survivor, Window, genotype_screen, kin_screen, minutia_gate, minutia_pair,
    str_counts, str_screen,
};

/// The processor at one instruction set. Cheap to copy; one may be used from many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuDevice {
    level: SimdLevel,
}

impl CpuDevice {
    /// The processor at `level`, which must be one of [`SimdLevel::available`].
    ///
    /// # Errors
    /// This processor lacks the level.
    pub fn new(level: SimdLevel) -> Result<Self, SimdError> {
        SimdLevel::forced(level.name()).map(|level| CpuDevice { level })
    }

    /// The processor at the level that [`SimdLevel::detect`] chooses.
    ///
    /// # Errors
    /// The level forced by the environment is unknown or absent.
    pub fn detect() -> Result<Self, SimdError> {
        SimdLevel::detect().map(|level| CpuDevice { level })
    }

    /// The instruction set in use.
    pub fn level(&self) -> SimdLevel {
        self.level
    }

    /// Runs [`str_screen`].
    ///
    /// # Errors
    /// More than `capacity` pairs survive.
    pub fn str_screen(
        &self,
        params: &str_screen::Params,
        queries: &[str_screen::Query],
        windows: &[Window],
        view: PlaneView,
        capacity: usize,
    ) -> Result<Vec<Survivor>, Overflow> {
        str_screen::run(self.level, params, queries, windows, view, capacity)
    }

    /// Runs [`str_counts`]: the match matrix.
    pub fn str_counts(
        &self,
        queries: &[str_counts::Query],
        windows: &[Window],
        view: PlaneView,
    ) -> str_counts::CountMatrix {
        str_counts::run(self.level, queries, windows, view)
    }

    /// Runs [`str_counts`]: the histogram by agreement.
    pub fn str_counts_by_agreement(
        &self,
        queries: &[str_counts::Query],
        windows: &[Window],
        view: PlaneView,
    ) -> str_counts::AgreementHistogram {
        str_counts::run_by_agreement(self.level, queries, windows, view)
    }

    /// Runs [`kin_screen`].
    ///
    /// # Errors
    /// More than `capacity` pairs survive.
    pub fn kin_screen(
        &self,
        params: &kin_screen::Params,
        queries: &[kin_screen::KinQuery],
        windows: &[Window],
        view: PlaneView,
        capacity: usize,
    ) -> Result<Vec<Survivor>, Overflow> {
        kin_screen::run(self.level, params, queries, windows, view, capacity)
    }

    /// Runs [`genotype_screen`], which is the same at every instruction set.
    ///
    /// # Errors
    /// More than `capacity` rows survive.
    pub fn genotype_screen(
        &self,
        params: &genotype_screen::Params,
        queries: &[&genotype_screen::Query],
        windows: &[Window],
        rows: &genotype_screen::CodedRows,
        capacity: usize,
    ) -> Result<Vec<Survivor>, Overflow> {
        genotype_screen::run(params, queries, windows, rows, capacity)
    }

    /// Prepares probes for [`Self::minutia_gate`].
    pub fn minutia_batch<'a>(&self, probes: &[PrintView<'a>]) -> minutia_gate::Batch<'a> {
        minutia_gate::Batch::new(self.level, probes)
    }

    /// Runs [`minutia_gate`]: the score of every probe of `batch` with every print of `gallery`, at
    /// `probe * gallery.len() + print`; 0 where [`minutia_gate::excess`] is below `least_excess`.
    ///
    /// # Panics
    /// `scores` has another length.
    pub fn minutia_gate(
        &self,
        batch: &minutia_gate::Batch<'_>,
        gallery: &[PrintView<'_>],
        least_excess: i32,
        scores: &mut [i32],
    ) {
        minutia_gate::gate(batch, gallery, least_excess, scores)
    }

    /// Runs [`minutia_pair`]: the full score of two prints, in either order.
    pub fn minutia_pair(&self, a: PrintView<'_>, b: PrintView<'_>) -> minutia_pair::PairScore {
        minutia_pair::score(self.level, a, b)
    }

    /// Runs [`minutia_pair`] on the four quarter turns of a print: the best score.
    pub fn minutia_pair_best_turn(
        &self,
        turns: &[crate::kernel::minutia::Print; 4],
        b: PrintView<'_>,
    ) -> minutia_pair::PairScore {
        minutia_pair::best_turn_score(self.level, turns, b)
    }
}
