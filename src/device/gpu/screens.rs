//! The screens of profiles on a device: cut into dispatches, survivors brought back, none dropped.

use std::ops::Range;

use bytemuck::Pod;

use super::context::{GpuError, Pipeline};
use super::encode::{EncodedKinQueries, EncodedQueries};
use super::fault::Injected;
use super::interface::{
    self, GenotypeScreenCall, KinScreenCall, PROBES_PER_INVOCATION, ProbeWords, StrScreenCall,
    SurvivorWords, WORKGROUP,
};
use super::pace::Pace;
use super::resident::{Blocks, Shard};
use super::{DeviceError, GpuDevice};
use crate::domain::stringency::Stringency;
use crate::kernel::planes::PlaneView;
use crate::kernel::{Overflow, Survivor, Window, genotype_screen, kin_screen, str_screen};

/// Survivors there is room for at first.
pub(super) const FIRST_ROOM: usize = 1 << 16;

/// Bytes of tables of questions that are on the device at once: those of 700 questions about 23 loci.
const MOST_TABLE_BYTES: u64 = 64 << 20;

/// A part of a call that one dispatch answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) probes: Range<u32>,
    /// Words of 32 rows within a shard.
    pub(super) words: Range<u32>,
}

impl Piece {
    /// Pairs, those outside the windows included.
    pub(super) fn pairs(&self) -> u64 {
        u64::from(self.probes.end - self.probes.start)
            * u64::from(self.words.end - self.words.start)
            * 32
    }

    /// Workgroups with one invocation for `rows` rows.
    pub(super) fn workgroups(&self, rows: u32) -> u64 {
        let invocations = (self.words.end - self.words.start) * (32 / rows);
        let probes = (self.probes.end - self.probes.start).div_ceil(PROBES_PER_INVOCATION);
        u64::from(invocations.div_ceil(WORKGROUP)) * u64::from(probes)
    }
}

/// The next piece of `probes` probes and `words` words from probe `probe` and word `word` on, of about
/// `allowed` pairs: as many words as possible for a few probes, so that planes are read once.
pub(super) fn next_piece(
    (probe, word): (u32, u32),
    (probes, words): (u32, u32),
    allowed: u64,
) -> Piece {
    let most_words = (allowed / 32 / u64::from(PROBES_PER_INVOCATION)).max(u64::from(WORKGROUP));
    let end_word = (u64::from(word) + most_words).min(u64::from(words)) as u32;
    // Probes of the next pieces are those of this one until its words are done.
    let most_probes = if word == 0 && end_word == words {
        let groups = allowed / 32 / u64::from(words.max(1)) / u64::from(PROBES_PER_INVOCATION);
        groups.max(1) * u64::from(PROBES_PER_INVOCATION)
    } else {
        PROBES_PER_INVOCATION.into()
    };
    let end_probe = (u64::from(probe) + most_probes).min(u64::from(probes)) as u32;
    Piece { probes: probe..end_probe, words: word..end_word }
}

/// The rows that probes are to be compared with.
pub(super) fn asked(windows: &[Window], view: &PlaneView) -> Vec<Range<usize>> {
    windows.iter().map(|window| window.rows(view)).collect()
}

/// Calls `each` with every piece of a shard in which one of `windows` has a row.
pub(super) fn for_each_piece(
    shard: &Shard,
    windows: &[Range<usize>],
    pace: &Pace,
    mut each: impl FnMut(&Piece) -> Result<(), DeviceError>,
) -> Result<(), DeviceError> {
    let size = (windows.len() as u32, shard.words);
    let mut at = (0, 0);
    while at.0 < size.0 && size.1 > 0 {
        let piece = next_piece(at, size, pace.allowed());
        let first = (shard.first_row + piece.words.start * 32) as usize;
        let end = (shard.first_row + piece.words.end * 32) as usize;
        let asked = &windows[piece.probes.start as usize..piece.probes.end as usize];
        let is_asked = asked.iter().any(|rows| rows.start.max(first) < rows.end.min(end));
        if is_asked {
            each(&piece)?;
        }
        at = if piece.words.end == size.1 {
            (piece.probes.end, 0)
        } else {
            (piece.probes.start, piece.words.end)
        };
    }
    Ok(())
}

/// A screen under way.
struct Screen<'a> {
    device: &'a GpuDevice,
    pipeline: &'a Pipeline,
    counters: wgpu::Buffer,
    survivors: wgpu::Buffer,
    room: usize,
    capacity: usize,
    injected: Injected,
    found: Vec<Survivor>,
}

impl<'a> Screen<'a> {
    fn start(
        device: &'a GpuDevice,
        pipeline: &'a Pipeline,
        capacity: usize,
        injected: Injected,
    ) -> Result<Screen<'a>, GpuError> {
        let room = injected.first_room(FIRST_ROOM);
        Ok(Screen {
            device,
            pipeline,
            counters: device.context.output("counters", 16)?,
            survivors: survivors_buffer(device, room)?,
            room,
            capacity,
            injected,
            found: Vec::new(),
        })
    }

    /// Runs one piece, again with more room if more survive than there was room for.
    fn run<C: Pod>(
        &mut self,
        inputs: &[&wgpu::Buffer],
        workgroups: u64,
        (pace, pairs): (&Pace, u64),
        call: impl Fn(u32, u32) -> C,
    ) -> Result<(), DeviceError> {
        let context = &self.device.context;
        let count = loop {
            let mut buffers = inputs.to_vec();
            buffers.extend([&self.counters, &self.survivors]);
            let room = self.room as u32;
            let call = |width| call(width, room);
            let dispatch = context.dispatch(self.pipeline, &buffers, workgroups, call)?;
            let time = context.run(&[dispatch], Some(&self.counters))?;
            pace.note(pairs, time);
            let count = context.read::<u32>(&self.counters, 1)?.first().copied().unwrap_or(0);
            let count = count as usize;
            if self.found.len().saturating_add(count) > self.capacity {
                return Err(Overflow { capacity: self.capacity }.into());
            }
            if count <= self.room {
                break count;
            }
            self.survivors = survivors_buffer(self.device, count)?;
            self.room = count;
        };
        let words: Vec<SurvivorWords> = context.read(&self.survivors, count)?;
        self.found.extend(words.into_iter().map(survivor));
        Ok(())
    }

    /// The survivors in order: a device appends them as it comes to them.
    fn finish(mut self) -> Vec<Survivor> {
        self.found.sort_unstable();
        if self.injected.is_wrong() {
            self.found.iter_mut().for_each(|survivor| survivor.value += 1);
            self.found.truncate(self.capacity);
        }
        self.found
    }
}

/// A buffer with room for so many survivors.
pub(super) fn survivors_buffer(device: &GpuDevice, room: usize) -> Result<wgpu::Buffer, GpuError> {
    device.context.output("survivors", (room.max(1) * size_of::<SurvivorWords>()) as u64)
}

/// What a shader wrote of a pair.
pub(super) fn survivor(SurvivorWords { probe, row, value }: SurvivorWords) -> Survivor {
    Survivor { probe, row, value }
}

impl GpuDevice {
    /// Runs [`str_screen`].
    ///
    /// # Errors
    /// More than `capacity` pairs survive, or the device fails.
    pub fn str_screen(
        &self,
        params: &str_screen::Params,
        queries: &[str_screen::Query],
        windows: &[Window],
        view: PlaneView,
        capacity: usize,
    ) -> Result<Vec<Survivor>, DeviceError> {
        let injected = self.injected(&str_screen::SPEC)?;
        let encoded = EncodedQueries::new(queries, windows, &view);
        let probes = self.context.input("probes", &encoded.probes)?;
        let loci = self.context.input("loci of probes", &encoded.loci)?;
        let allele_planes = self.context.input("planes of alleles", &encoded.allele_planes)?;
        let mut screen = Screen::start(self, &self.str_screen, capacity, injected)?;
        let asked = asked(windows, &view);
        for shard in self.resident.shards(&self.context, &Blocks::of_planes(&view))?.iter() {
            let inputs = [&shard.buffer, &probes, &loci, &allele_planes];
            let pace = &self.paces.str_screen;
            for_each_piece(shard, &asked, pace, |piece| {
                let call = |grid_width, room| StrScreenCall {
                    first_probe: piece.probes.start,
                    end_probe: piece.probes.end,
                    bound_row: shard.first_row,
                    first_word: piece.words.start,
                    words: piece.words.end - piece.words.start,
                    planes_per_block: view.map().planes() as u32,
                    grid_width,
                    room,
                    stringency: match params.stringency {
                        Stringency::High => interface::HIGH,
                        Stringency::Moderate => interface::MODERATE,
                        Stringency::Low => interface::LOW,
                    },
                    max_failing: params.max_failing,
                    min_compared: params.min_compared,
                };
                screen.run(&inputs, piece.workgroups(32), (pace, piece.pairs()), call)
            })?;
        }
        Ok(screen.finish())
    }

    /// Runs [`kin_screen`].
    ///
    /// # Errors
    /// More than `capacity` pairs survive, or the device fails.
    pub fn kin_screen(
        &self,
        params: &kin_screen::Params,
        queries: &[kin_screen::KinQuery],
        windows: &[Window],
        view: PlaneView,
        capacity: usize,
    ) -> Result<Vec<Survivor>, DeviceError> {
        let injected = self.injected(&kin_screen::SPEC)?;
        let encoded = EncodedKinQueries::new(queries, windows, &view, params.threshold_log10);
        let probes = self.context.input("probes", &encoded.probes)?;
        let loci = self.context.input("loci of probes", &encoded.loci)?;
        let thresholds = self.context.input("thresholds", &encoded.thresholds)?;
        let mut screen = Screen::start(self, &self.kin_screen, capacity, injected)?;
        let asked = asked(windows, &view);
        for shard in self.resident.shards(&self.context, &Blocks::of_planes(&view))?.iter() {
            let inputs = [&shard.buffer, &probes, &loci, &thresholds];
            let pace = &self.paces.kin_screen;
            for_each_piece(shard, &asked, pace, |piece| {
                let call = |grid_width, room| KinScreenCall {
                    first_probe: piece.probes.start,
                    end_probe: piece.probes.end,
                    bound_row: shard.first_row,
                    first_word: piece.words.start,
                    words: piece.words.end - piece.words.start,
                    planes_per_block: view.map().planes() as u32,
                    grid_width,
                    room,
                };
                screen.run(&inputs, piece.workgroups(1), (pace, piece.pairs()), call)
            })?;
        }
        Ok(screen.finish())
    }

    /// Runs [`genotype_screen`].
    ///
    /// # Errors
    /// More than `capacity` rows survive, or the device fails.
    ///
    /// # Panics
    /// The questions are of another map than the rows, or not as many as the windows.
    pub fn genotype_screen(
        &self,
        params: &genotype_screen::Params,
        queries: &[&genotype_screen::Query],
        windows: &[Window],
        rows: &genotype_screen::CodedRows,
        capacity: usize,
    ) -> Result<Vec<Survivor>, DeviceError> {
        let injected = self.injected(&genotype_screen::SPEC)?;
        let loci = rows.loci();
        let asked: Vec<Range<usize>> = windows.iter().map(|window| rows.within(window)).collect();
        let mut screen = Screen::start(self, &self.genotype_screen, capacity, injected)?;
        // The tables of a question are large: of many questions those that one binding holds come first.
        let most = self.context.most_bound_bytes().min(MOST_TABLE_BYTES) as usize;
        let together = (most / (loci.max(1) * size_of::<[i32; genotype_screen::CODES]>())).max(1);
        for first in (0..queries.len()).step_by(together) {
            let part = first..queries.len().min(first + together);
            // Questions of the other parts have no tables here, and are not asked.
            let probe = |(number, rows): (usize, &Range<usize>)| ProbeWords {
                first_locus: (number.saturating_sub(first) * loci) as u32,
                loci: loci as u32,
                first_row: rows.start as u32,
                end_row: rows.end as u32,
            };
            let probes: Vec<ProbeWords> = asked.iter().enumerate().map(probe).collect();
            let probes = self.context.input("questions", &probes)?;
            let scores = queries[part.clone()].iter().flat_map(|query| query.tables());
            let scores: Vec<i32> = scores.flatten().copied().collect();
            let tables = self.context.input("tables of questions", &scores)?;
            let blocks = Blocks::of_genotypes(rows);
            for shard in self.resident.shards(&self.context, &blocks)?.iter() {
                let inputs = [&shard.buffer, &probes, &tables];
                let pace = &self.paces.genotype_screen;
                for_each_piece(shard, &asked[part.clone()], pace, |piece| {
                    let call = |grid_width, room| GenotypeScreenCall {
                        first_probe: part.start as u32 + piece.probes.start,
                        end_probe: part.start as u32 + piece.probes.end,
                        bound_row: shard.first_row,
                        first_word: piece.words.start,
                        words: piece.words.end - piece.words.start,
                        loci: loci as u32,
                        grid_width,
                        room,
                        least_mban: params.least_mban,
                    };
                    screen.run(&inputs, piece.workgroups(1), (pace, piece.pairs()), call)
                })?;
            }
        }
        Ok(screen.finish())
    }
}
