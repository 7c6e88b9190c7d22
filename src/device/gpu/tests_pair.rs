//! `minutia_pair` on an adapter of this machine against its definition: the same scores, to the last bit.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::tests::device;
use super::*;
use crate::device::{CpuDevice, Device, selftest};
use crate::domain::finger::MAX_EXTENT_PX;
use crate::kernel::finger_testing::{Style, distorted, random_print};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_pair::{PairScore, quarter_turns, reference, score};
use crate::kernel::simd::SimdLevel;

const SIZES: [usize; 14] = [0, 1, 2, 7, 16, 17, 31, 36, 48, 49, 54, 65, 127, 128];

/// Random pairs of small prints that are compared.
const MANY: usize = 1_000_000;

fn views(prints: &[Print]) -> Vec<PrintView<'_>> {
    prints.iter().map(Print::view).collect()
}

/// Every number below `probes` with every number below `gallery`.
fn all_pairs(probes: usize, gallery: usize) -> Vec<(u32, u32)> {
    let gallery = 0..gallery as u32;
    (0..probes as u32).flat_map(|probe| gallery.clone().map(move |print| (probe, print))).collect()
}

fn run(device: &GpuDevice, probes: &[Print], gallery: &[Print]) -> Vec<PairScore> {
    let pairs = all_pairs(probes.len(), gallery.len());
    let probes = device.minutia_prints(&views(probes)).unwrap();
    let gallery = device.minutia_prints(&views(gallery)).unwrap();
    device.minutia_pair(&probes, &gallery, &pairs).unwrap()
}

/// What was compared.
#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    scored: usize,
}

impl Tally {
    /// Compares all probes with the whole gallery, one in `scalar_every` by the scalar definition, the
    /// others by the fastest vectors.
    fn check(
        &mut self,
        device: &GpuDevice,
        probes: &[Print],
        gallery: &[Print],
        scalar_every: usize,
    ) {
        let found = run(device, probes, gallery);
        let pairs = all_pairs(probes.len(), gallery.len());
        assert_eq!(found.len(), pairs.len());
        let level = SimdLevel::fastest();
        let scored = pairs.par_iter().zip(&found).enumerate().filter(|(number, (pair, found))| {
            let (a, b) = (&probes[pair.0 as usize], &gallery[pair.1 as usize]);
            let expected = if number % scalar_every == 0 {
                reference(a.view(), b.view())
            } else {
                score(level, a.view(), b.view())
            };
            assert_eq!(**found, expected, "{pair:?}: {a:?} {b:?}");
            expected.similarity > 0
        });
        self.scored += scored.count();
        self.compared += pairs.len();
    }
}

/// Another impression of `print`, no wider than a print may be.
fn mate(rng: &mut ChaCha8Rng, print: &Print) -> Print {
    let mut mate = distorted(rng, print);
    for places in [&mut mate.x, &mut mate.y] {
        let most = places.iter().min().map_or(0, |least| least + MAX_EXTENT_PX as i16);
        places.iter_mut().for_each(|place| *place = (*place).min(most));
    }
    mate
}

/// The other quarter turns of `print`. No descriptor of a true one has a component of -128.
fn turned(print: &Print) -> Vec<Print> {
    let mut print = print.clone();
    print
        .descriptors
        .iter_mut()
        .flatten()
        .for_each(|component| *component = (*component).max(-127));
    quarter_turns(print).into_iter().skip(1).collect()
}

#[test]
fn every_size_and_style_scores_as_the_definition() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut tally = Tally::default();
    for style in Style::ALL {
        let mut random =
            || SIZES.iter().map(|size| random_print(&mut rng, *size, style)).collect::<Vec<_>>();
        let (probes, mut gallery) = (random(), random());
        gallery.extend(probes.iter().map(|probe| mate(&mut rng, probe)));
        gallery.extend(probes.iter().cloned());
        gallery.extend(probes.iter().flat_map(turned));
        tally.check(&device, &probes, &gallery, 3);
        // Either print may come first.
        tally.check(&device, &gallery, &probes, 3);
    }
    assert!(tally.compared >= 11_000 && tally.scored > 2000, "{tally:?} tests nothing");
}

/// A print of the given places, all as alike as can be.
fn alike(places: &[(i16, i16)], direction: impl Fn(usize) -> u8) -> Print {
    let mut print = Print::default();
    for (i, (x, y)) in places.iter().enumerate() {
        // 63 * 52^2 + 66^2 is just within the longest descriptor.
        let mut descriptor = [52i8; 64];
        descriptor[i % 64] = 66;
        print.descriptors.push(descriptor);
        print.x.push(*x);
        print.y.push(*y);
        print.directions.push(direction(i));
        print.qualities.push(if i % 3 == 0 { 0 } else { 100 });
    }
    print
}

fn extremes() -> Vec<Print> {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let mut prints = Vec::new();
    for size in [2, 3, 24, 25, 64, 127, 128] {
        // All in one place: every minutia is within reach of every other.
        prints.push(alike(&vec![(0, 0); size], |_| 0));
        prints.push(alike(&vec![(-4000, 4000); size], |i| i as u8));
        // In the corners of the largest extent, and on its diagonals.
        let corners: Vec<(i16, i16)> =
            (0..size).map(|i| ([0, 4000][i % 2], [0, 4000][i / 2 % 2])).collect();
        prints.push(alike(&corners, |_| 128));
        let diagonal: Vec<(i16, i16)> = (0..size as i16)
            .map(|i| (i * 31, if i % 2 == 0 { i * 31 } else { 3970 - i * 31 }))
            .collect();
        prints.push(alike(&diagonal, |i| (i * 7) as u8));
        let line: Vec<(i16, i16)> = (0..size as i16).map(|i| (i * 20 - 2000, 0)).collect();
        prints.push(alike(&line, |_| 255));
        let crowd: Vec<(i16, i16)> =
            (0..size).map(|_| (rng.random_range(-8..=8), rng.random_range(-8..=8))).collect();
        prints.push(alike(&crowd, |i| (i % 21) as u8));
    }
    let mut elsewhere = |print: &Print| {
        let mut moved = print.clone();
        let (dx, dy) = (rng.random_range(-2000..2000), rng.random_range(-2000..2000));
        moved.x.iter_mut().for_each(|x| *x += dx);
        moved.y.iter_mut().for_each(|y| *y += dy);
        moved.order_key = rng.random();
        moved
    };
    let moved: Vec<Print> = prints.iter().map(&mut elsewhere).collect();
    let turns: Vec<Print> = prints.iter().flat_map(turned).collect();
    prints.into_iter().chain(moved).chain(turns).collect()
}

#[test]
fn extreme_places_score_as_the_definition() {
    let Some(device) = device() else { return };
    let prints = extremes();
    let mut tally = Tally::default();
    tally.check(&device, &prints[..42], &prints, 2);
    assert!(tally.scored > 2000, "{tally:?} tests nothing");
}

#[test]
fn large_prints_score_as_the_definition() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let mut tally = Tally::default();
    for round in 0..20 {
        let style = Style::ALL[round % Style::ALL.len()];
        let mut prints: Vec<Print> = Vec::new();
        for _ in 0..8 {
            let size = rng.random_range(22..=128);
            let print = random_print(&mut rng, size, style);
            prints.extend([mate(&mut rng, &print), mate(&mut rng, &print)]);
            prints.extend(turned(&print).into_iter().take(1));
            prints.push(print);
        }
        tally.check(&device, &prints, &prints, 16);
    }
    assert!(tally.compared >= 20_000 && tally.scored > 5000, "{tally:?} tests nothing");
}

#[test]
fn very_many_pairs_score_as_the_definition() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let mut tally = Tally::default();
    for style in Style::ALL.into_iter().cycle() {
        let mut prints: Vec<Print> = Vec::new();
        for _ in 0..10 {
            let size = rng.random_range(4..22);
            let print = random_print(&mut rng, size, style);
            prints.extend(turned(&print).into_iter().take(2));
            prints.extend((0..7).map(|_| mate(&mut rng, &print)));
            prints.push(print);
        }
        tally.check(&device, &prints, &prints, 16);
        if tally.compared >= MANY {
            break;
        }
    }
    assert!(tally.scored > MANY / 10, "{tally:?} tests nothing");
}

#[test]
fn a_call_of_many_dispatches_or_one_pair_or_either_device_gives_the_same() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let prints: Vec<Print> = (0..40).map(|_| random_print(&mut rng, 9, Style::Alike)).collect();
    let pairs = all_pairs(prints.len(), prints.len());
    assert!(pairs.len() as u64 > 3 * pair::LEAST_PAIRS);
    let found = run(&device, &prints, &prints);
    let resident = device.minutia_prints(&views(&prints)).unwrap();
    for (pair, score) in pairs.iter().zip(&found).step_by(97) {
        assert_eq!(device.minutia_pair(&resident, &resident, &[*pair]), Ok(vec![*score]));
    }
    assert_eq!(device.minutia_pair(&resident, &resident, &[]), Ok(Vec::new()));
    let cpu = CpuDevice::detect().unwrap();
    let views = views(&prints);
    for device in [Device::from(cpu), Device::gpu(device.into(), cpu)] {
        assert_eq!(device.minutia_pairs(&views, &views, &pairs).as_ref(), Ok(&found), "{device}");
        assert_eq!(selftest::check(&device), Ok(()));
    }
}

#[test]
fn what_the_shader_may_not_read_is_refused() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    let print = random_print(&mut rng, 9, Style::Alike);
    let one = device.minutia_prints(&[print.view()]).unwrap();
    let none = device.minutia_prints(&[]).unwrap();
    assert!(none.is_empty() && one.len() == 1);
    assert_eq!(device.minutia_pair(&none, &one, &[]), Ok(Vec::new()));
    let refused = |text: &str| Some(DeviceError::from(GpuError::Refused(text.into())));
    for pair in [(1, 0), (0, 1)] {
        let found = device.minutia_pair(&one, &one, &[(0, 0), pair]).err();
        assert_eq!(found, refused("pair 1 names a print that is not there"));
    }
    let large = random_print(&mut rng, 129, Style::Ties);
    let mut uneven = print.clone();
    uneven.qualities.pop();
    let mut wide = print.clone();
    wide.x[3] = wide.x[4] + 4001;
    for (wrong, reason) in [
        (large, "it has too many minutiae"),
        (uneven, "its columns differ in length"),
        (wide, "it extends too far"),
    ] {
        let found = device.minutia_prints(&[print.view(), wrong.view()]).err();
        assert_eq!(found, Some(GpuError::Print { print: 1, reason }));
    }
}

#[test]
fn faults_come_out_as_errors_or_wrong_answers() {
    let Some(device) = device() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let print = [random_print(&mut rng, 30, Style::Spread)];
    let expected = run(&device, &print, &print);
    device.set_faults(Some(FaultPlan::new(1, 1.0, &[Fault::WrongAnswer])));
    assert_ne!(run(&device, &print, &print), expected);
    let resident = device.minutia_prints(&views(&print)).unwrap();
    device.set_faults(Some(FaultPlan::new(1, 1.0, &[Fault::Lost])));
    let found = device.minutia_pair(&resident, &resident, &[(0, 0)]);
    assert!(matches!(found, Err(DeviceError::Gpu(GpuError::Lost(_)))), "{found:?}");
}
