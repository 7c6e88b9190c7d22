//! How many pairs a device compares in a second, kernel by kernel, and whether it agrees with the processor.
//!
//! What: all of a gallery with as many probes at once as take a third of a second. Why not the benches: an
//! operator wants to know it of the machine at hand, without a compiler. Limits: single calls on one thread;
//! the benches say more of the processor.

use std::time::{Duration, Instant};

use super::selftest::SelfTestError;
use super::workload::{Answers, Loaded, Survival, Workload, size};
use super::{Device, paper};
use crate::kernel::{SPECS, Spec};

/// A call that takes this long says how fast the device is.
const LONG: Duration = Duration::from_millis(300);

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
    /// Share of what the kernel could do on paper, per cent, where that is known of the device.
    pub of_paper_percent: Option<f64>,
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

/// Measures every kernel on `device`.
///
/// # Errors
/// The device fails.
pub fn rates(workload: &Workload, device: &Device) -> Result<Vec<Rate>, SelfTestError> {
    let loaded = workload.load(device)?;
    SPECS.iter().map(|kernel| measured(&loaded, kernel)).collect()
}

/// For each kernel whether `device` gives the answers of the processor beside it: what a device that
/// failed its self-test or was put out is to be asked.
///
/// # Errors
/// The device takes no prints at all. A kernel that fails has its error for an answer.
pub fn agreement(workload: &Workload, device: &Device) -> Result<Vec<Agreement>, SelfTestError> {
    let cpu = Device::from(*device.cpu());
    let loaded = [workload.load(device)?, workload.load(&cpu)?];
    Ok(SPECS
        .iter()
        .map(|kernel| {
            let probes = *size(kernel).0.start();
            compared(kernel, loaded.each_ref().map(|l| l.ask(kernel, probes, Survival::Many)))
        })
        .collect())
}

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

fn compared(kernel: &Spec, [found, expected]: [Answers; 2]) -> Agreement {
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
fn measured(loaded: &Loaded<'_>, kernel: &Spec) -> Result<Rate, SelfTestError> {
    let (range, gallery) = size(kernel);
    let device = loaded.device();
    let mut probes = *range.start();
    // The first call brings the gallery to the device and is not timed.
    loaded.ask(kernel, probes, Survival::Few)?;
    loop {
        let (started, before) = (Instant::now(), spent(device));
        std::hint::black_box(loaded.ask(kernel, probes, Survival::Few)?);
        let time = started.elapsed();
        if time >= LONG || probes >= *range.end() {
            let pairs = probes * gallery;
            let seconds = time.as_secs_f64().max(1e-9);
            let after = spent(device);
            let pairs_per_second = pairs as f64 / seconds;
            let paper = paper::pairs_per_second(device, kernel);
            return Ok(Rate {
                kernel: kernel.name,
                pairs_per_second,
                pairs,
                seconds,
                of_paper_percent: paper.map(|paper| 100.0 * pairs_per_second / paper),
                spent: before.zip(after).map(|(before, after)| of_call(before, after, seconds)),
            });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::CpuDevice;
    use crate::kernel::{SPECS, str_screen};

    #[test]
    fn every_kernel_has_a_rate_and_agrees_with_itself_and_not_with_another_answer() {
        let workload = Workload::new().unwrap();
        let device = Device::from(CpuDevice::detect().unwrap());
        let rates = rates(&workload, &device).unwrap();
        assert!(rates.iter().all(|rate| rate.pairs_per_second > 1000.0), "{rates:?}");
        let kernels: Vec<&str> = rates.iter().map(|rate| rate.kernel).collect();
        assert_eq!(kernels, SPECS.map(|spec| spec.name));
        let agreed = agreement(&workload, &device).unwrap();
        assert!(agreed.iter().all(|a| a.difference.is_none() && a.numbers > 100), "{agreed:?}");

        let differing = compared(&str_screen::SPEC, [Ok(vec![1, 2, 3]), Ok(vec![1, 2, 4])]);
        let said = "3 numbers for 3; the first to differ is 2";
        assert_eq!(differing.difference.as_deref(), Some(said));
    }
}
