//! The match matrix of a whole gallery: how many pairs agree fully at f loci and partially at p.
//!
//! The figure a national database publishes. The living records of an index are packed under one
//! plane map, so that a gallery of many small segments is counted like one large one.

use std::sync::Arc;

use rayon::prelude::*;

use super::tile::{answers_wrongly, failed};
use crate::device::{Device, DeviceError};
use crate::domain::dna::Profile;
use crate::error::{Error, Result};
use crate::kernel::Window;
use crate::kernel::planes::{LANES, PlaneMap, PlaneView, new_number, pack};
use crate::kernel::query::Query;
use crate::kernel::str_counts::{AgreementHistogram, CountMatrix};
use crate::limits::MAX_ROWS_PER_SEGMENT;
use crate::plan::census::Side;

/// Probes one task compares with one piece of the gallery.
const PROBES_PER_TASK: usize = 512;

/// Profiles decoded at a time while packing.
const PROFILES_PER_STEP: usize = 64 * LANES;

/// An index packed for counting: pieces of at most [`MAX_ROWS_PER_SEGMENT`] rows under one map.
/// Profiles stay in their segments and are decoded when they are probes.
#[derive(Debug)]
pub struct PackedIndex {
    side: Arc<Side>,
    rows: Vec<(u32, u32)>,
    map: PlaneMap,
    /// The planes of each piece, with their number in the process.
    pieces: Vec<(u64, Vec<u64>)>,
}

/// Probes of one task and the piece they are compared with.
struct Task {
    first_probe: usize,
    piece: usize,
}

impl PackedIndex {
    /// Packs the living records of `side`.
    ///
    /// # Errors
    /// A stored profile cannot be read, or a locus has more alleles than planes can hold.
    pub fn new(side: &Arc<Side>) -> Result<PackedIndex> {
        let inconsistent = |e: String| Error::usage(e, "run `tanba gallery verify`");
        let map = PlaneMap::union(side.segments.iter().map(|s| s.map()))
            .map_err(|e| inconsistent(e.to_string()))?;
        let rows: Vec<(u32, u32)> =
            side.living().map(|(segment, row)| (segment as u32, row as u32)).collect();
        let mut packed = PackedIndex { side: Arc::clone(side), rows, map, pieces: Vec::new() };
        for piece in packed.rows.chunks(MAX_ROWS_PER_SEGMENT) {
            let mut words = Vec::new();
            for step in piece.chunks(PROFILES_PER_STEP) {
                let profiles =
                    step.iter().map(|row| packed.profile(*row)).collect::<Result<Vec<_>>>()?;
                let part = pack(&packed.map, &profiles).map_err(|e| inconsistent(e.to_string()))?;
                words.extend_from_slice(&part);
            }
            packed.pieces.push((new_number(), words));
        }
        Ok(packed)
    }

    /// Records packed.
    pub fn records(&self) -> usize {
        self.rows.len()
    }

    /// Loci typed by at least one record.
    pub fn loci(&self) -> usize {
        self.map.loci().len()
    }

    fn profile(&self, (segment, row): (u32, u32)) -> Result<Profile> {
        self.side.profile(segment as usize, row as usize)
    }

    fn view(&self, piece: usize) -> Result<PlaneView<'_>> {
        let rows = (self.rows.len() - piece * MAX_ROWS_PER_SEGMENT).min(MAX_ROWS_PER_SEGMENT);
        let (number, words) = &self.pieces[piece];
        PlaneView::new(&self.map, words, rows)
            .map(|view| view.of_segment(*number))
            .map_err(|e| Error::usage(e.to_string(), "report this"))
    }

    /// Each block of probes against its own and every later piece.
    fn tasks(&self) -> Vec<Task> {
        let starts = (0..self.rows.len()).step_by(PROBES_PER_TASK);
        starts
            .flat_map(|first_probe| {
                let own = first_probe / MAX_ROWS_PER_SEGMENT;
                (own..self.pieces.len()).map(move |piece| Task { first_probe, piece })
            })
            .collect()
    }

    /// Queries and windows of one task: each probe against the records after it.
    fn prepare(&self, task: &Task) -> Result<(Vec<Query>, Vec<Window>)> {
        let last = (task.first_probe + PROBES_PER_TASK).min(self.rows.len());
        let start = task.piece * MAX_ROWS_PER_SEGMENT;
        let mut queries = Vec::with_capacity(PROBES_PER_TASK);
        let mut windows = Vec::with_capacity(PROBES_PER_TASK);
        for probe in task.first_probe..last {
            queries.push(Query::compile(&self.map, &self.profile(self.rows[probe])?));
            let first_row = (probe + 1).saturating_sub(start) as u32;
            windows.push(Window { first_row, end_row: u32::MAX });
        }
        Ok((queries, windows))
    }

    /// Counts every pair once by (loci fully matching, loci partially matching).
    ///
    /// # Errors
    /// A stored profile cannot be read, or the device fails or answers wrongly.
    pub fn matrix(&self, device: &Device) -> Result<CountMatrix> {
        self.count(
            device,
            |device, queries, windows, view| device.str_counts(queries, windows, view),
            || CountMatrix::new(self.loci()),
            CountMatrix::merge,
        )
    }

    /// Counts every pair once by loci compared and loci agreeing at each stringency.
    ///
    /// # Errors
    /// As [`Self::matrix`].
    pub fn by_stringency(&self, device: &Device) -> Result<AgreementHistogram> {
        self.count(
            device,
            |device, queries, windows, view| device.str_counts_by_agreement(queries, windows, view),
            AgreementHistogram::default,
            AgreementHistogram::merge,
        )
    }

    /// Counts the last probe of a task again, on the device and on the processor: a device that answers
    /// wrongly must not publish a figure.
    fn check<T: PartialEq>(
        &self,
        device: &Device,
        kernel: &impl Fn(&Device, &[Query], &[Window], PlaneView) -> std::result::Result<T, DeviceError>,
        (queries, windows): (&[Query], &[Window]),
        view: PlaneView,
    ) -> Result<()> {
        let last = queries.len().saturating_sub(1);
        let on = |device: &Device| {
            kernel(device, &queries[last..], &windows[last..], view)
                .map_err(|fault| failed(device, &fault))
        };
        if device.is_gpu() && on(device)? != on(&Device::from(*device.cpu()))? {
            return Err(answers_wrongly(device, "it counts otherwise than the processor".into()));
        }
        Ok(())
    }

    fn count<T: Send + PartialEq>(
        &self,
        device: &Device,
        kernel: impl Fn(&Device, &[Query], &[Window], PlaneView) -> std::result::Result<T, DeviceError>
        + Sync,
        zero: impl Fn() -> T + Sync + Send,
        merge: impl Fn(&mut T, &T) + Sync + Send,
    ) -> Result<T> {
        self.tasks()
            .par_iter()
            .map(|task| {
                let (queries, windows) = self.prepare(task)?;
                let view = self.view(task.piece)?;
                let counted = kernel(device, &queries, &windows, view);
                let counted = counted.map_err(|fault| failed(device, &fault))?;
                self.check(device, &kernel, (&queries, &windows), view)?;
                Ok(counted)
            })
            .try_fold(&zero, |mut sum, part: Result<T>| {
                merge(&mut sum, &part?);
                Ok(sum)
            })
            .try_reduce(&zero, |mut sum, part| {
                merge(&mut sum, &part);
                Ok(sum)
            })
    }
}
