//! How many pairs a device compares in a second, kernel by kernel, and whether it agrees with the processor.
//!
//! What: profiles of 23 loci and prints of 36 minutiae made by arithmetic, all against all of a gallery, as
//! many probes at once as take a third of a second. Why not the benches: an operator wants to know it of the
//! machine at hand, without a compiler. Limits: single calls on one thread; the benches say more of the
//! processor.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::selftest::{Numbers, SelfTestError};
use super::{Device, DeviceError, selftest_finger};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::relation::Relation;
use crate::domain::stringency::Stringency;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::planes::{PlaneError, PlaneMap, PlaneView, new_number, pack};
use crate::kernel::{
    Spec, Window, kin_screen, minutia_gate, minutia_pair, select, str_counts, str_screen,
};

/// Rows compared with.
const ROWS: usize = 1 << 16;
/// Probes of the first call, and most of any.
const PROBES: RangeInclusive<usize> = 32..=8192;
/// Prints compared with, and probes of the first and most of any call with them.
const PRINTS: usize = 4096;
const PRINT_PROBES: RangeInclusive<usize> = 1..=2048;
/// Pairs of prints of the first and most of any call of `minutia_pair`.
const PAIRS: RangeInclusive<usize> = 256..=1 << 20;
/// Minutiae of a print: the kernels' figures are of this number.
const MINUTIAE: u16 = 36;
/// A call that takes this long says how fast the device is.
const LONG: Duration = Duration::from_millis(300);
/// Different alleles of a locus.
const ALLELES: u16 = 12;
/// Loci that may fail, and least log10 likelihood ratios, that few strangers and many reach: a search wants
/// few survivors, a comparison of two devices many.
const FEW_FAIL: u32 = 2;
const MANY_FAIL: u32 = 21;
const FEW_KIN: f64 = 6.0;
const MANY_KIN: f64 = -3.0;
/// Rows that no list of survivors comes near.
const CAPACITY: usize = 1 << 22;

/// What was measured of one kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The kernel.
    pub kernel: &'static str,
    /// Pairs compared in a second, of one call at a time.
    pub pairs_per_second: f64,
    /// Pairs of the call measured.
    pub pairs: usize,
    /// Its seconds.
    pub seconds: f64,
    /// Of an adapter, what the seconds went into.
    pub spent: Option<RateSpent>,
}

/// What an adapter did in a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateSpent {
    /// Share of the time in dispatches, per cent.
    pub dispatching_percent: f64,
    /// Share of the time in bringing results back, per cent; the rest is the processor's.
    pub reading_percent: f64,
    /// Bytes sent to the adapter.
    pub bytes_sent: u64,
    /// Bytes brought back.
    pub bytes_read: u64,
}

/// The galleries and probes that devices are measured with.
#[derive(Debug)]
pub struct Workload {
    map: PlaneMap,
    words: Vec<u64>,
    number: u64,
    windows: Vec<Window>,
    queries: Vec<str_screen::Query>,
    kin_queries: Vec<kin_screen::KinQuery>,
    prints: Vec<Print>,
    print_probes: Vec<Print>,
    scores: Vec<i32>,
}

impl Workload {
    /// Makes it, the same one each time.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn new() -> Result<Workload, SelfTestError> {
        let mut numbers = Numbers(20_261_123);
        let gallery: Vec<Profile> = (0..ROWS).map(|_| profile(&mut numbers)).collect();
        let map = PlaneMap::from_profiles(&gallery)?;
        let words = pack(&map, &gallery)?;
        let probes: Vec<Profile> = (0..*PROBES.end()).map(|_| profile(&mut numbers)).collect();
        let table = frequencies()?;
        let population =
            Population { frequencies: &table, theta: 0.01, minimum: MinimumFrequency::UnseenOnly };
        let siblings = Relation::FullSiblings;
        let kin = |p| kin_screen::KinQuery::compile(&map, p, siblings, &population);
        let kin_queries = probes.iter().map(kin).collect();
        let queries = probes.iter().map(|p| str_screen::Query::compile(&map, p)).collect();
        let mut prints = |count: usize| -> Vec<Print> {
            (0..count).map(|_| selftest_finger::print(&mut numbers, MINUTIAE)).collect()
        };
        let (prints, print_probes) = (prints(PRINTS), prints(*PRINT_PROBES.end()));
        let mut score = || i32::from(numbers.below(1000)) << 10 | i32::from(numbers.below(1024));
        let scores = (0..PRINTS * *PRINT_PROBES.end()).map(|_| score()).collect();
        Ok(Workload {
            map,
            words,
            number: new_number(),
            windows: vec![Window::ALL; *PROBES.end()],
            queries,
            kin_queries,
            prints,
            print_probes,
            scores,
        })
    }

    fn view(&self) -> Result<PlaneView<'_>, PlaneError> {
        Ok(PlaneView::new(&self.map, &self.words, ROWS)?.of_segment(self.number))
    }

    fn screen(
        &self,
        device: &Device,
        view: PlaneView,
        (count, max_failing): (usize, u32),
    ) -> Answers {
        let stringency = Stringency::High;
        let params = str_screen::Params { stringency, max_failing, min_compared: 8 };
        let (queries, windows) = (&self.queries[..count], &self.windows[..count]);
        let found = device.str_screen(&params, queries, windows, view, CAPACITY)?;
        Ok(found.into_iter().flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }

    fn counts(&self, device: &Device, view: PlaneView, count: usize) -> Answers {
        let (queries, windows) = (&self.queries[..count], &self.windows[..count]);
        let matrix = device.str_counts(queries, windows, view)?;
        Ok(matrix.counts.into_iter().flat_map(|n| [n as u32, (n >> 32) as u32]).collect())
    }

    fn kin(
        &self,
        device: &Device,
        view: PlaneView,
        (count, threshold_log10): (usize, f64),
    ) -> Answers {
        let params = kin_screen::Params { threshold_log10 };
        let (queries, windows) = (&self.kin_queries[..count], &self.windows[..count]);
        let found = device.kin_screen(&params, queries, windows, view, CAPACITY)?;
        Ok(found.into_iter().flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }

    fn gate(&self, device: &Device, gallery: &super::Prints, count: usize) -> Answers {
        let probes: Vec<PrintView<'_>> =
            self.print_probes[..count].iter().map(Print::view).collect();
        let mut scores = vec![0; count * PRINTS];
        let batch = device.minutia_batch(&probes)?;
        device.minutia_gate(&batch, gallery, 0, &mut scores)?;
        Ok(scores.into_iter().map(|score| score as u32).collect())
    }

    fn pairs(&self, device: &Device, views: &[PrintView], count: usize) -> Answers {
        let pairs: Vec<(u32, u32)> =
            (0..count).map(|n| ((n / PRINTS % PRINTS) as u32, (n % PRINTS) as u32)).collect();
        let found = device.minutia_pairs(views, views, &pairs)?;
        let found: Vec<minutia_pair::PairScore> = found;
        Ok(found.into_iter().flat_map(|s| [s.similarity as u32, s.paired]).collect())
    }

    /// Of numbers without order one in a thousand, and the largest of each probe.
    fn select(&self, device: &Device, count: usize) -> Answers {
        let params = select::Params { least: 999 << 10, best: 1 };
        let scores = &self.scores[..count * PRINTS];
        let found = device.select(&params, scores, PRINTS, CAPACITY)?;
        let both = found.survivors.into_iter().chain(found.best);
        Ok(both.flat_map(|s| [s.probe, s.row, s.value as u32]).collect())
    }

    /// Measures every kernel on `device`.
    ///
    /// # Errors
    /// The device fails.
    pub fn rates(&self, device: &Device) -> Result<Vec<Rate>, SelfTestError> {
        let view = self.view()?;
        let views: Vec<PrintView<'_>> = self.prints.iter().map(Print::view).collect();
        let gallery = device.minutia_gallery(&views)?;
        Ok(vec![
            measured(device, &str_screen::SPEC, PROBES, ROWS, |count| {
                self.screen(device, view, (count, FEW_FAIL))
            })?,
            measured(device, &str_counts::SPEC, PROBES, ROWS, |count| {
                self.counts(device, view, count)
            })?,
            measured(device, &kin_screen::SPEC, PROBES, ROWS, |count| {
                self.kin(device, view, (count, FEW_KIN))
            })?,
            measured(device, &minutia_gate::SPEC, PRINT_PROBES, PRINTS, |count| {
                self.gate(device, &gallery, count)
            })?,
            measured(device, &minutia_pair::SPEC, PAIRS, 1, |count| {
                self.pairs(device, &views, count)
            })?,
            measured(device, &select::SPEC, PRINT_PROBES, PRINTS, |count| {
                self.select(device, count)
            })?,
        ])
    }

    /// For each kernel whether `device` gives the answers of the processor beside it: what a device that
    /// failed its self-test or was put out is to be asked.
    ///
    /// # Errors
    /// None: a kernel that fails has its error for an answer.
    pub fn agreement(&self, device: &Device) -> Result<Vec<Agreement>, SelfTestError> {
        let cpu = &Device::from(*device.cpu());
        let view = self.view()?;
        let views: Vec<PrintView<'_>> = self.prints.iter().map(Print::view).collect();
        let (probes, prints, pairs) = (*PROBES.start(), *PRINT_PROBES.start(), *PAIRS.start());
        let gate = |device: &Device| {
            let gallery = device.minutia_gallery(&views)?;
            self.gate(device, &gallery, prints)
        };
        Ok(vec![
            agreement(&str_screen::SPEC, [device, cpu], |d| {
                self.screen(d, view, (probes, MANY_FAIL))
            }),
            agreement(&str_counts::SPEC, [device, cpu], |d| self.counts(d, view, probes)),
            agreement(&kin_screen::SPEC, [device, cpu], |d| self.kin(d, view, (probes, MANY_KIN))),
            agreement(&minutia_gate::SPEC, [device, cpu], gate),
            agreement(&minutia_pair::SPEC, [device, cpu], |d| self.pairs(d, &views, pairs)),
            agreement(&select::SPEC, [device, cpu], |d| self.select(d, probes)),
        ])
    }
}

/// The numbers of an answer.
type Answers = Result<Vec<u32>, DeviceError>;

/// Whether a device and the processor give one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The kernel.
    pub kernel: &'static str,
    /// Numbers of the answer.
    pub numbers: usize,
    /// How the answers differ; none if they do not.
    pub difference: Option<String>,
}

fn agreement(kernel: &Spec, devices: [&Device; 2], ask: impl Fn(&Device) -> Answers) -> Agreement {
    let [found, expected] = devices.map(&ask);
    let numbers = expected.as_ref().map_or(0, Vec::len);
    let difference = match (found, expected) {
        (Ok(found), Ok(expected)) if found == expected => None,
        (Ok(found), Ok(expected)) => {
            let first = found.iter().zip(&expected).position(|(a, b)| a != b);
            let first = first.unwrap_or(found.len().min(expected.len()));
            let (found, expected) = (found.len(), expected.len());
            Some(format!("{found} numbers for {expected}; the first to differ is {first}"))
        }
        (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
    };
    Agreement { kernel: kernel.name, numbers, difference }
}

/// Asks for twice as many probes at once until a call is long, and reports the last.
fn measured(
    device: &Device,
    kernel: &Spec,
    range: RangeInclusive<usize>,
    gallery: usize,
    call: impl Fn(usize) -> Answers,
) -> Result<Rate, SelfTestError> {
    let mut probes = *range.start();
    // The first call brings the gallery to the device and is not timed.
    call(probes)?;
    loop {
        let (started, before) = (Instant::now(), spent(device));
        std::hint::black_box(call(probes)?);
        let time = started.elapsed();
        if time >= LONG || probes >= *range.end() {
            let pairs = probes * gallery;
            let seconds = time.as_secs_f64().max(1e-9);
            let after = spent(device);
            let spent = before.zip(after).map(|(before, after)| of_call(before, after, seconds));
            let pairs_per_second = pairs as f64 / seconds;
            return Ok(Rate { kernel: kernel.name, pairs_per_second, pairs, seconds, spent });
        }
        probes *= 2;
    }
}

#[cfg(feature = "gpu")]
fn spent(device: &Device) -> Option<super::gpu::Spent> {
    device.spent()
}

#[cfg(feature = "gpu")]
fn of_call(before: super::gpu::Spent, after: super::gpu::Spent, seconds: f64) -> RateSpent {
    let spent = after - before;
    let percent = |time: Duration| 100.0 * time.as_secs_f64() / seconds;
    RateSpent {
        dispatching_percent: percent(spent.dispatching),
        reading_percent: percent(spent.reading),
        bytes_sent: spent.bytes_sent,
        bytes_read: spent.bytes_read,
    }
}

#[cfg(not(feature = "gpu"))]
fn spent(_: &Device) -> Option<RateSpent> {
    None
}

#[cfg(not(feature = "gpu"))]
fn of_call(spent: RateSpent, _: RateSpent, _: f64) -> RateSpent {
    spent
}

fn profile(numbers: &mut Numbers) -> Profile {
    let mut allele = || Allele::repeat(80 + 10 * numbers.below(ALLELES));
    let both = Locus::core().filter_map(|locus| {
        let alleles: Vec<Allele> = [allele(), allele()].into_iter().flatten().collect();
        Some((locus, Typing::new(&alleles).ok()?))
    });
    both.collect()
}

fn frequencies() -> Result<FrequencyTable, SelfTestError> {
    let mut text = String::from("locus,allele,frequency\n");
    for locus in Locus::core() {
        for allele in 8..8 + ALLELES {
            text.push_str(&format!("{},{allele},{}\n", locus.name(), 1.0 / f64::from(ALLELES)));
        }
    }
    FrequencyTable::from_csv("measure", &text)
        .map_err(|error| SelfTestError::Setup(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::CpuDevice;
    use crate::kernel::SPECS;
    use crate::kernel::simd::SimdLevel;

    #[test]
    fn every_kernel_has_a_rate_and_agrees_with_itself_and_not_with_another_answer() {
        let workload = Workload::new().unwrap();
        let device = Device::from(CpuDevice::detect().unwrap());
        let rates = workload.rates(&device).unwrap();
        assert!(rates.iter().all(|rate| rate.pairs_per_second > 1000.0), "{rates:?}");
        let mut kernels: Vec<&str> = rates.iter().map(|rate| rate.kernel).collect();
        kernels.sort_unstable();
        assert_eq!(kernels, SPECS.map(|spec| spec.name));
        let agreed = workload.agreement(&device).unwrap();
        assert!(agreed.iter().all(|a| a.difference.is_none() && a.numbers > 100), "{agreed:?}");

        let scalar = Device::from(CpuDevice::new(SimdLevel::Scalar).unwrap());
        let wrong = |d: &Device| Ok(vec![1, 2, u32::from(d.cpu() == scalar.cpu())]);
        let differing = agreement(&str_screen::SPEC, [&device, &scalar], wrong);
        let said = "3 numbers for 3; the first to differ is 2";
        assert_eq!(differing.difference.as_deref(), Some(said));
    }
}
