//! `select` on an adapter of this machine against its definition, alone and after the gate.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tests::device;
use super::*;
use crate::device::{CpuDevice, Device};
use crate::kernel::Overflow;
use crate::kernel::finger_testing::{Style, distorted, random_print};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::select::{Params, Selected, reference};

fn views(prints: &[Print]) -> Vec<PrintView<'_>> {
    prints.iter().map(Print::view).collect()
}

#[test]
fn select_is_its_definition() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(31);
    let (mut scores_seen, mut survivors) = (0, 0);
    // Around the 64 invocations of a workgroup, and beyond the first room for survivors.
    for (rows, probes) in [(1, 70), (63, 9), (64, 9), (65, 9), (130, 40), (5000, 30), (65_536, 5)] {
        for spread in [2, 1000, i32::MAX] {
            let score = |_| match rng.random_range(0..50) {
                0 => i32::MIN,
                1 => i32::MAX,
                _ => rng.random_range(-spread..spread),
            };
            let scores: Vec<i32> = (0..rows * probes).map(score).collect();
            for (least, best) in [(0, 1), (spread / 2, 3), (i32::MIN, 0), (i32::MAX, 32)] {
                let params = Params { least, best };
                let expected = reference(&params, &scores, rows, usize::MAX).unwrap();
                let found = device.select(&params, &scores, rows, usize::MAX);
                assert!(found.as_ref() == Ok(&expected), "{rows} rows, {params:?}");
                let capacity = expected.survivors.len().saturating_sub(1);
                if capacity < expected.survivors.len() {
                    let found = device.select(&params, &scores, rows, capacity);
                    assert_eq!(found, Err(Overflow { capacity }.into()));
                }
                survivors += expected.survivors.len();
                scores_seen += scores.len();
            }
        }
    }
    assert!(scores_seen > 5_000_000 && survivors > 1_000_000, "{survivors} of {scores_seen}");
    for (best, rows) in [(33, 10), (1, 65_537)] {
        let refused = device.select(&Params { least: 0, best }, &vec![0; rows], rows, 9);
        assert!(matches!(refused, Err(DeviceError::Gpu(GpuError::Refused(_)))), "{refused:?}");
    }
    let nothing = device.select(&Params { least: 0, best: 2 }, &[], 0, 0);
    assert_eq!(nothing, Ok(Selected::default()));
}

#[test]
fn sums_over_fingers_are_selected_as_on_the_processor_however_they_are_cut() {
    let Some(mut card) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(32);
    let mut prints = |count: usize| -> Vec<Print> {
        (0..count)
            .map(|_| {
                let size = rng.random_range(0..30);
                random_print(&mut rng, size, Style::Alike)
            })
            .collect()
    };
    let probes = [prints(37), prints(37)];
    let mut gallery = [prints(53), prints(53)];
    let mut rng = ChaCha8Rng::seed_from_u64(33);
    for (finger, of_probes) in gallery.iter_mut().zip(&probes) {
        (0..20).for_each(|n| finger[n] = distorted(&mut rng, &of_probes[n]));
    }
    let cpu = Device::from(CpuDevice::detect().unwrap());
    let ready: Vec<_> = (0..2)
        .map(|n| {
            let batch = cpu.minutia_batch(&views(&probes[n])).unwrap();
            let prints = gallery[n].iter().map(Print::view).collect::<Vec<_>>();
            (batch, cpu.minutia_gallery(&prints).unwrap())
        })
        .collect();
    for fingers in 1..=2 {
        let of_cpu: Vec<_> = ready[..fingers].iter().map(|(b, p)| (b, p)).collect();
        let all = Params { least: i32::MIN, best: 1 };
        let everything = cpu.minutia_gate_select(&of_cpu, 0, &all, usize::MAX).unwrap();
        let mut values: Vec<i32> = everything.survivors.iter().map(|s| s.value).collect();
        values.sort_unstable();
        for least in [values[values.len() / 2], values[values.len() * 9 / 10], i32::MAX] {
            let params = Params { least, best: 3 };
            let expected = cpu.minutia_gate_select(&of_cpu, 0, &params, usize::MAX).unwrap();
            for (comparisons, minutiae) in [(3, 0), (7, 300), (500, 140), (10_000, 1 << 20)] {
                card.gate.pace = Pace::new(comparisons, comparisons);
                let upload = |prints: &[Print], minutiae: usize| {
                    GpuPrints::upload(&card.context, &views(prints), minutiae).unwrap()
                };
                // Shards of the two fingers end at different prints.
                let uploaded: Vec<_> = (0..fingers)
                    .map(|n| (upload(&probes[n], minutiae + 90 * n), upload(&gallery[n], minutiae)))
                    .collect();
                let of_card: Vec<Finger> = uploaded.iter().map(|(a, b)| (a, b)).collect();
                let found = card.minutia_gate_select(&of_card, 0, &params, usize::MAX);
                assert_eq!(found.as_ref(), Ok(&expected), "{fingers} by {comparisons}");
            }
        }
    }
}

#[test]
fn fingers_that_do_not_belong_together_are_refused() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(34);
    let print = random_print(&mut rng, 9, Style::Spread);
    let one = device.minutia_prints(&[print.view()]).unwrap();
    let two = device.minutia_prints(&[print.view(), print.view()]).unwrap();
    let params = Params { least: 0, best: 1 };
    let other = super::tests::device().unwrap();
    for fingers in [vec![], vec![(&one, &two), (&two, &two)], vec![(&one, &two), (&one, &one)]] {
        let refused = device.minutia_gate_select(&fingers, 0, &params, 9);
        assert!(matches!(refused, Err(DeviceError::Gpu(GpuError::Refused(_)))), "{refused:?}");
    }
    let refused = other.minutia_gate_select(&[(&one, &one)], 0, &params, 9);
    assert_eq!(refused, Err(GpuError::Foreign.into()));
}
