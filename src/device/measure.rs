//! How many pairs a device compares in a second, kernel by kernel.
//!
//! What: profiles of 23 loci made by arithmetic, all against all of a block of rows, as many probes at once
//! as take a third of a second. Why not the benches: an operator wants to know it of the machine at hand,
//! without a compiler. Limits: single calls on one thread; the benches say more of the processor.

use std::time::{Duration, Instant};

use super::selftest::{Numbers, SelfTestError};
use super::{Device, DeviceError};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::relation::Relation;
use crate::domain::stringency::Stringency;
use crate::kernel::planes::{PlaneMap, PlaneView, new_number, pack};
use crate::kernel::{Spec, Window, kin_screen, str_counts, str_screen};

/// Rows compared with.
const ROWS: usize = 1 << 16;
/// Probes of the first call, and most of any.
const PROBES: std::ops::RangeInclusive<usize> = 32..=8192;
/// A call that takes this long says how fast the device is.
const LONG: Duration = Duration::from_millis(300);
/// Different alleles of a locus, so many tenths of a repeat from one to the next.
const ALLELES: u16 = 12;
/// Rows that no list of survivors comes near.
const CAPACITY: usize = 1 << 22;

/// What was measured of one kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The kernel.
    pub kernel: &'static str,
    /// Pairs compared in a second, of one call at a time.
    pub pairs_per_second: f64,
    /// Probes of the call measured, each compared with 65,536 rows.
    pub probes: usize,
}

/// Measures the kernels of profiles on `device`.
///
/// # Errors
/// The device fails.
pub fn rates(device: &Device) -> Result<Vec<Rate>, SelfTestError> {
    let mut numbers = Numbers(20_261_123);
    let gallery: Vec<Profile> = (0..ROWS).map(|_| profile(&mut numbers)).collect();
    let map = PlaneMap::from_profiles(&gallery)?;
    let words = pack(&map, &gallery)?;
    let view = PlaneView::new(&map, &words, ROWS)?.of_segment(new_number());
    let probes: Vec<Profile> = (0..*PROBES.end()).map(|_| profile(&mut numbers)).collect();
    let windows = vec![Window::ALL; probes.len()];
    let queries: Vec<_> = probes.iter().map(|p| str_screen::Query::compile(&map, p)).collect();
    let params =
        str_screen::Params { stringency: Stringency::High, max_failing: 2, min_compared: 8 };
    let screen = measured(&str_screen::SPEC, |count| {
        device
            .str_screen(&params, &queries[..count], &windows[..count], view, CAPACITY)
            .map(|survivors| survivors.len())
    })?;
    let counts = measured(&str_counts::SPEC, |count| {
        device
            .str_counts(&queries[..count], &windows[..count], view)
            .map(|matrix| matrix.total() as usize)
    })?;
    let table = frequencies()?;
    let population =
        Population { frequencies: &table, theta: 0.01, minimum: MinimumFrequency::UnseenOnly };
    let compile = |p| kin_screen::KinQuery::compile(&map, p, Relation::FullSiblings, &population);
    let kin_queries: Vec<_> = probes.iter().map(compile).collect();
    let params = kin_screen::Params { threshold_log10: 6.0 };
    let kin = measured(&kin_screen::SPEC, |count| {
        device
            .kin_screen(&params, &kin_queries[..count], &windows[..count], view, CAPACITY)
            .map(|survivors| survivors.len())
    })?;
    Ok(vec![screen, counts, kin])
}

/// Asks for twice as many probes at once until a call is long, and reports the last.
fn measured(
    kernel: &Spec,
    call: impl Fn(usize) -> Result<usize, DeviceError>,
) -> Result<Rate, SelfTestError> {
    let mut probes = *PROBES.start();
    // The first call brings the rows to the device and is not timed.
    call(probes)?;
    loop {
        let started = Instant::now();
        std::hint::black_box(call(probes)?);
        let time = started.elapsed();
        if time >= LONG || probes >= *PROBES.end() {
            let pairs = (probes * ROWS) as f64;
            let pairs_per_second = pairs / time.as_secs_f64().max(1e-9);
            return Ok(Rate { kernel: kernel.name, pairs_per_second, probes });
        }
        probes *= 2;
    }
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
        for allele in 0..ALLELES {
            text.push_str(&format!(
                "{},{},{}\n",
                locus.name(),
                8 + allele,
                1.0 / f64::from(ALLELES)
            ));
        }
    }
    FrequencyTable::from_csv("measure", &text)
        .map_err(|error| SelfTestError::Setup(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::CpuDevice;

    #[test]
    fn every_kernel_of_profiles_has_a_rate() {
        let rates = rates(&CpuDevice::detect().unwrap().into()).unwrap();
        let kernels: Vec<&str> = rates.iter().map(|rate| rate.kernel).collect();
        assert_eq!(kernels, ["str_screen", "str_counts", "kin_screen"]);
        assert!(rates.iter().all(|rate| rate.pairs_per_second > 1000.0), "{rates:?}");
    }
}
