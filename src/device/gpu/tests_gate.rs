//! `minutia_gate` on an adapter of this machine (in CI the software adapter of Mesa) against its definition.

use std::ops::Range;
use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tests::device;
use super::*;
use crate::device::{CpuDevice, Device, selftest};
use crate::domain::stringency::Stringency;
use crate::kernel::finger_testing::{Style, distorted, random_print};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate::{excess, screened};
use crate::kernel::testing::cases;
use crate::kernel::{minutia_gate, str_screen};

/// Around the widths of the shader: 8 of a square of threads, 32 rows held, 64 threads.
const SIZES: [usize; 14] = [0, 1, 7, 8, 16, 17, 31, 36, 48, 49, 54, 65, 127, 128];

fn views(prints: &[Print]) -> Vec<PrintView<'_>> {
    prints.iter().map(Print::view).collect()
}

fn prints_of(rng: &mut ChaCha8Rng, count: usize, sizes: Range<usize>, style: Style) -> Vec<Print> {
    let mut print = |_| {
        let size = rng.random_range(sizes.clone());
        random_print(rng, size, style)
    };
    (0..count).map(&mut print).collect()
}

fn on_card(device: &GpuDevice, probes: &[Print], gallery: &[Print], least: i32) -> Vec<i32> {
    let mut scores = vec![-1; probes.len() * gallery.len()];
    let probes = device.minutia_prints(&views(probes)).unwrap();
    let gallery = device.minutia_prints(&views(gallery)).unwrap();
    device.minutia_gate(&probes, &gallery, least, &mut scores).unwrap();
    scores
}

fn on_processor(probes: &[Print], gallery: &[Print], least: i32) -> Vec<i32> {
    let cpu = CpuDevice::detect().unwrap();
    let mut scores = vec![-1; probes.len() * gallery.len()];
    cpu.minutia_gate(&cpu.minutia_batch(&views(probes)), &views(gallery), least, &mut scores);
    scores
}

fn of_all(
    probes: &[Print],
    gallery: &[Print],
    of: impl Fn(PrintView<'_>, PrintView<'_>) -> i32,
) -> Vec<i32> {
    let pairs = probes.iter().flat_map(|probe| gallery.iter().map(move |print| (probe, print)));
    pairs.map(|(probe, print)| of(probe.view(), print.view())).collect()
}

fn middle_excess(probes: &[Print], gallery: &[Print]) -> i32 {
    let mut excesses = of_all(probes, gallery, excess);
    excesses.sort_unstable();
    excesses[excesses.len() / 2]
}

#[test]
fn minutia_gate_is_its_definition_at_every_size() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut positive = 0;
    for style in Style::ALL {
        let mut some =
            || -> Vec<Print> { SIZES.iter().map(|n| random_print(&mut rng, *n, style)).collect() };
        let (probes, mut gallery) = (some(), some());
        gallery.extend(probes.iter().map(|probe| distorted(&mut rng, probe)));
        let middle = middle_excess(&probes, &gallery);
        for least in [0, -1, i32::MIN, 1, middle, middle + 1, i32::MAX] {
            let expected = of_all(&probes, &gallery, |a, b| screened(a, b, least));
            assert_eq!(on_card(&device, &probes, &gallery, least), expected, "{style:?} {least}");
            positive += expected.iter().filter(|score| **score > 0).count();
        }
        // The other print first: rows and columns are not treated alike, the scores are.
        let expected = of_all(&gallery, &probes, |a, b| screened(a, b, middle));
        assert_eq!(on_card(&device, &gallery, &probes, middle), expected, "{style:?} turned round");
    }
    assert!(positive > 2000, "{positive} positive scores test nothing");
    // Groups of the largest prints: Mesa's software adapter ends loops after 65,535 turns together.
    for style in [Style::Spread, Style::Alike, Style::Ties] {
        let largest = prints_of(&mut rng, 17, 128..129, style);
        let expected = of_all(&largest, &largest, |a, b| screened(a, b, 0));
        assert_eq!(on_card(&device, &largest, &largest, 0), expected, "{style:?}");
    }
}

#[test]
fn a_million_random_pairs_get_the_scores_of_the_processor() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut pairs, mut positive, mut cut) = (0, 0, 0);
    while pairs < 1_000_000 {
        let most = [8, 12, 16, 20][rng.random_range(0..4)];
        // Half of all pairs in the two styles in which strangers have scores.
        let styles = if rng.random() { &Style::ALL[..] } else { &[Style::Alike, Style::Ties] };
        let style = styles[rng.random_range(0..styles.len())];
        let (probe_len, gallery_len) = (rng.random_range(100..300), rng.random_range(150..400));
        let probes = prints_of(&mut rng, probe_len, 4..most + 1, style);
        let mut gallery = prints_of(&mut rng, gallery_len, 4..most + 1, style);
        gallery.extend(probes.iter().step_by(7).map(|probe| distorted(&mut rng, probe)));
        let middle = middle_excess(&probes[..10], &gallery[..20]);
        for least in [0, middle] {
            let expected = on_processor(&probes, &gallery, least);
            let computed = on_card(&device, &probes, &gallery, least);
            assert!(computed == expected, "{style:?} up to {most} minutiae from {least}");
            positive += expected.iter().filter(|score| **score > 0).count();
            cut += expected.iter().filter(|score| **score == 0).count();
            pairs += expected.len();
        }
    }
    assert!(positive > pairs / 20 && cut > pairs / 20, "{positive} above 0, {cut} at 0");
}

#[test]
fn tiles_and_shards_change_no_score() {
    let Some(mut device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let probes = prints_of(&mut rng, 37, 0..30, Style::Alike);
    let gallery = prints_of(&mut rng, 53, 0..30, Style::Alike);
    let expected = on_processor(&probes, &gallery, 0);
    for (comparisons, shard_minutiae) in [(3, 0), (7, 300), (100, 1 << 20), (500, 140)] {
        device.gate.pace = Pace::new(comparisons, comparisons);
        let upload = |prints: &[Print]| {
            GpuPrints::upload(&device.context, &views(prints), shard_minutiae).unwrap()
        };
        let (resident, others) = (upload(&probes), upload(&gallery));
        let mut scores = vec![-1; probes.len() * gallery.len()];
        device.minutia_gate(&resident, &others, 0, &mut scores).unwrap();
        assert_eq!(scores, expected, "by {comparisons}, {shard_minutiae}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let good = random_print(&mut rng, 5, Style::Spread);
    let mut short = good.clone();
    short.qualities.pop();
    let large = random_print(&mut rng, 129, Style::Spread);
    for wrong in [&short, &large] {
        let refused = device.minutia_prints(&[good.view(), wrong.view()]);
        assert!(matches!(refused, Err(GpuError::Print { print: 1, .. })), "{refused:?}");
    }
    let prints = device.minutia_prints(&[good.view(), good.view()]).unwrap();
    assert_eq!((prints.len(), prints.is_empty()), (2, false));
    let run = |scores: &mut [i32]| device.minutia_gate(&prints, &prints, 0, scores);
    let refused = run(&mut [0; 5]);
    assert_eq!(refused, Err(GpuError::Scores { given: 5, needed: 4 }.into()));
    let nothing = device.minutia_prints(&[]).unwrap();
    device.minutia_gate(&nothing, &prints, 0, &mut []).unwrap();
    device.minutia_gate(&prints, &nothing, 0, &mut []).unwrap();
    let other = super::tests::device().unwrap();
    let refused = other.minutia_gate(&prints, &prints, 0, &mut [0; 4]);
    assert_eq!(refused, Err(GpuError::Foreign.into()));
    // A refusal leaves the device as it was.
    let mut scores = [0; 4];
    run(&mut scores).unwrap();
    assert_eq!(scores, [screened(good.view(), good.view(), 0); 4]);
}

/// The minutiae of `print` that `keep` takes.
fn cut(print: &Print, keep: impl Fn(usize) -> bool) -> Print {
    let kept: Vec<usize> = (0..print.descriptors.len()).filter(|i| keep(*i)).collect();
    Print {
        descriptors: kept.iter().map(|i| print.descriptors[*i]).collect(),
        x: kept.iter().map(|i| print.x[*i]).collect(),
        y: kept.iter().map(|i| print.y[*i]).collect(),
        directions: kept.iter().map(|i| print.directions[*i]).collect(),
        qualities: kept.iter().map(|i| print.qualities[*i]).collect(),
        order_key: 0,
    }
}

#[test]
fn the_largest_total_and_the_smallest_prints_are_normalised_without_loss() {
    let Some(device) = device() else { return };
    // All pairs fit perfectly and are as strong as can be, which is where 32 bits are nearest their end.
    let mut alike = Print::default();
    for i in 0..128i16 {
        let mut descriptor = [0i8; DESCRIPTOR_BYTES];
        let kind = usize::from(i as u16) / 8;
        // A different descriptor for each pair that can be chosen: 10 * 127^2 + 115^2 = 174,515.
        for component in 0..10 {
            descriptor[(kind + 3 * component) % 64] = 127;
        }
        descriptor[(kind + 40) % 64] = 115;
        alike.descriptors.push(descriptor);
        alike.x.push(i * 31 % 400);
        alike.y.push(i * 57 % 400);
        alike.directions.push(0);
        alike.qualities.push(0);
    }
    let mut prints: Vec<Print> = (1..=20).map(|len| cut(&alike, |i| i < len)).collect();
    let mut spread = alike.clone();
    spread.x.rotate_left(1);
    spread.y.rotate_left(1);
    // One minutia of each kind: 16 pairs that are distinct in both directions.
    let one_of_each = cut(&alike, |i| i % 8 == 0);
    prints.extend([alike, spread, one_of_each]);
    let expected = of_all(&prints, &prints, |a, b| screened(a, b, 0));
    let largest = *expected.iter().max().unwrap();
    // 2 * 240 * 3 * 1364^2 / 16 >> 1, nearly.
    assert!(largest > 80_000_000, "{largest}");
    assert_eq!(on_card(&device, &prints, &prints, 0), expected);
}

#[test]
fn the_faintest_partners_count_and_those_below_them_do_not() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let places = random_print(&mut rng, 16, Style::Alike);
    // Four components of each minutia, alike in all prints, with similarities of 100 to 196: strength 0 or 1.
    let mut faint = |_| {
        let mut print = places.clone();
        for (i, descriptor) in print.descriptors.iter_mut().enumerate() {
            *descriptor = [0; DESCRIPTOR_BYTES];
            descriptor[4 * i..4 * i + 4].fill_with(|| rng.random_range(5..=7));
        }
        print
    };
    let probes: Vec<Print> = (0..20).map(&mut faint).collect();
    let gallery: Vec<Print> = (0..20).map(&mut faint).collect();
    let expected = of_all(&probes, &gallery, |a, b| screened(a, b, 0));
    let (least, most) = (*expected.iter().min().unwrap(), *expected.iter().max().unwrap());
    assert!(least < 30 && most > 30, "{least} to {most}");
    assert_eq!(on_card(&device, &probes, &gallery, 0), expected);
}

#[test]
fn a_device_takes_prints_it_made_ready_and_passes_the_self_test() {
    let Some(card) = device() else { return };
    let cpu = CpuDevice::detect().unwrap();
    let devices = [Device::from(cpu), Device::gpu(Arc::new(card), cpu)];
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (probes, gallery) = (
        prints_of(&mut rng, 9, 0..40, Style::Spread),
        prints_of(&mut rng, 11, 0..40, Style::Spread),
    );
    let ready = devices.each_ref().map(|device| {
        let batch = device.minutia_batch(&views(&probes)).unwrap();
        (batch, device.minutia_gallery(&views(&gallery)).unwrap())
    });
    for (device, (batch, prints)) in devices.iter().zip(&ready) {
        assert_eq!((batch.len(), batch.is_empty()), (9, false));
        assert_eq!((prints.len(), prints.is_empty()), (11, false));
        let mut scores = vec![-1; 9 * 11];
        device.minutia_gate(batch, prints, 0, &mut scores).unwrap();
        assert_eq!(scores, on_processor(&probes, &gallery, 0));
        assert_eq!(selftest::check(device), Ok(()));
    }
    let [(of_cpu, views_of_cpu), (of_card, on_card)] = &ready;
    for (device, batch, prints) in [
        (&devices[0], of_card, on_card),
        (&devices[0], of_cpu, on_card),
        (&devices[1], of_card, views_of_cpu),
    ] {
        let refused = device.minutia_gate(batch, prints, 0, &mut [0; 99]);
        assert_eq!(refused, Err(GpuError::Foreign.into()));
    }
}

#[test]
fn faults_of_the_gate_are_errors_or_wrong_scores() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let prints = prints_of(&mut rng, 5, 3..20, Style::Alike);
    let right = on_processor(&prints, &prints, 0);
    let run = |device: &GpuDevice| {
        let prints = device.minutia_prints(&views(&prints)).unwrap();
        let mut scores = vec![-1; 25];
        device.minutia_gate(&prints, &prints, 0, &mut scores).map(|()| scores)
    };
    device.set_faults(Some(FaultPlan::new(1, 1.0, &[Fault::WrongAnswer])));
    assert_eq!(run(&device), Ok(right.iter().map(|score| score + 1).collect()));
    device.set_faults(Some(FaultPlan::new(1, 1.0, &[Fault::OutOfMemory])));
    let refused = GpuError::OutOfMemory { what: minutia_gate::SPEC.name, bytes: 0 };
    assert_eq!(run(&device), Err(refused.into()));
    assert_eq!(device.faults_injected(), 1);
    device.set_faults(Some(FaultPlan::new(1, 0.0, &[])));
    assert_eq!(run(&device), Ok(right));
}

/// Whether `result` says that the device was lost.
fn is_lost<T>(result: Result<T, impl Into<DeviceError>>) -> bool {
    matches!(result.map_err(Into::into), Err(DeviceError::Gpu(GpuError::Lost(_))))
}

#[test]
fn a_lost_device_is_an_error_of_every_call_and_no_panic() {
    let Some(found) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let prints = prints_of(&mut rng, 5, 3..20, Style::Alike);
    let case = cases(0).next().unwrap();
    let queries: Vec<_> =
        case.probes.iter().map(|probe| str_screen::Query::compile(&case.map, probe)).collect();
    let params =
        str_screen::Params { stringency: Stringency::Moderate, max_failing: 7, min_compared: 2 };
    let screen = |device: &GpuDevice| {
        device.str_screen(&params, &queries, &case.windows, case.view(), usize::MAX)
    };
    let gate = |device: &GpuDevice, prints: &GpuPrints| {
        device.minutia_gate(prints, prints, 0, &mut [0; 25])
    };
    let resident = found.minutia_prints(&views(&prints)).unwrap();
    gate(&found, &resident).unwrap();
    found.set_faults(Some(FaultPlan::new(1, 1.0, &[Fault::Lost])));
    assert!(is_lost(gate(&found, &resident)));
    // It stays lost without a further fault.
    found.set_faults(Some(FaultPlan::new(1, 0.0, &[])));
    assert!(is_lost(gate(&found, &resident)) && is_lost(screen(&found)));
    assert!(is_lost(found.minutia_prints(&views(&prints))));

    let other = device().unwrap();
    screen(&other).unwrap();
    other.set_faults(Some(FaultPlan::new(1, 1.0, &[Fault::Lost])));
    assert!(is_lost(screen(&other)));
    other.set_faults(Some(FaultPlan::new(1, 0.0, &[])));
    assert!(is_lost(screen(&other)));
    assert!(is_lost(other.minutia_prints(&views(&prints))));
}
