//! The match matrix of a whole gallery: how many pairs agree fully at f loci and partially at p.
//!
//! The figure a national database publishes. The living records of an index are packed under one
//! plane map, so that a gallery of many small segments is counted like one large one.

use rayon::prelude::*;

use crate::device::cpu::CpuDevice;
use crate::domain::dna::Profile;
use crate::error::{Error, Result};
use crate::kernel::Window;
use crate::kernel::planes::{PlaneMap, PlaneView, pack};
use crate::kernel::query::Query;
use crate::kernel::str_counts::{AgreementHistogram, CountMatrix};
use crate::plan::census::Side;

/// Probes one task compares with everything after them.
const PROBES_PER_TASK: usize = 512;

/// An index packed for counting.
#[derive(Debug)]
pub struct PackedIndex {
    map: PlaneMap,
    words: Vec<u64>,
    profiles: Vec<Profile>,
}

impl PackedIndex {
    /// Packs the living records of `side`.
    ///
    /// # Errors
    /// A stored profile cannot be read, or a locus has more alleles than planes can hold.
    pub fn new(side: &Side) -> Result<PackedIndex> {
        let profiles = side
            .living()
            .map(|(segment, row)| side.profile(segment, row))
            .collect::<Result<Vec<_>>>()?;
        let broken = |e: String| Error::usage(e, "count a smaller index");
        let map = PlaneMap::from_profiles(&profiles).map_err(|e| broken(e.to_string()))?;
        let words = pack(&map, &profiles).map_err(|e| broken(e.to_string()))?;
        Ok(PackedIndex { map, words, profiles })
    }

    /// Records packed.
    pub fn records(&self) -> usize {
        self.profiles.len()
    }

    /// Loci typed by at least one record.
    pub fn loci(&self) -> usize {
        self.map.loci().len()
    }

    fn view(&self) -> Result<PlaneView<'_>> {
        PlaneView::new(&self.map, &self.words, self.profiles.len())
            .map_err(|e| Error::usage(e.to_string(), "report this"))
    }

    /// Queries and windows of one task: each probe against the records after it.
    fn task(&self, task: usize) -> (Vec<Query>, Vec<Window>) {
        let first = task * PROBES_PER_TASK;
        let last = (first + PROBES_PER_TASK).min(self.profiles.len());
        (first..last)
            .map(|probe| {
                let query = Query::compile(&self.map, &self.profiles[probe]);
                (query, Window { first_row: probe as u32 + 1, end_row: u32::MAX })
            })
            .unzip()
    }

    fn tasks(&self) -> usize {
        self.profiles.len().div_ceil(PROBES_PER_TASK)
    }

    /// Counts every pair once by (loci fully matching, loci partially matching).
    ///
    /// # Errors
    /// The planes are inconsistent.
    pub fn matrix(&self, device: CpuDevice) -> Result<CountMatrix> {
        let view = self.view()?;
        Ok((0..self.tasks())
            .into_par_iter()
            .map(|task| {
                let (queries, windows) = self.task(task);
                device.str_counts(&queries, &windows, view)
            })
            .reduce(
                || CountMatrix::new(self.loci()),
                |mut sum, part| {
                    sum.merge(&part);
                    sum
                },
            ))
    }

    /// Counts every pair once by loci compared and loci agreeing at each stringency.
    ///
    /// # Errors
    /// The planes are inconsistent.
    pub fn by_stringency(&self, device: CpuDevice) -> Result<AgreementHistogram> {
        let view = self.view()?;
        Ok((0..self.tasks())
            .into_par_iter()
            .map(|task| {
                let (queries, windows) = self.task(task);
                device.str_counts_by_agreement(&queries, &windows, view)
            })
            .reduce(AgreementHistogram::default, |mut sum, part| {
                sum.merge(&part);
                sum
            }))
    }
}
