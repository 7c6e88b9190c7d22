//! The self-test question of the minutia kernels: prints of every size around the width of a vector, their
//! other impressions, and strangers.

use super::selftest::Numbers;
use super::{Device, DeviceError};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::{Survivor, select};

/// Numbers of minutiae of the prints.
const SIZES: [u16; 12] = [0, 1, 7, 16, 17, 31, 36, 48, 49, 54, 65, 128];
/// A least excess that some of their comparisons reach.
const LEAST_EXCESS: i32 = 2000;
/// Least scores that few, half and all of their comparisons reach, and how many of the best are asked for.
const LEAST_SCORES: [(i32, u32); 3] = [(1_000_000, 1), (20_000, 3), (0, 0)];
/// Prints that are compared in full: those of the middle sizes.
const COMPARED: std::ops::Range<usize> = 3..10;

/// The scores of all prints against all prints and their other impressions.
pub(super) fn gate(device: &Device) -> Result<impl Iterator<Item = u64>, DeviceError> {
    let (prints, others) = prints();
    let probes: Vec<PrintView<'_>> = prints.iter().map(Print::view).collect();
    let gallery: Vec<PrintView<'_>> = prints.iter().chain(&others).map(Print::view).collect();
    let (batch, gallery) = (device.minutia_batch(&probes)?, device.minutia_gallery(&gallery)?);
    let mut answers = Vec::new();
    for least_excess in [0, LEAST_EXCESS] {
        let mut scores = vec![-1; batch.len() * gallery.len()];
        device.minutia_gate(&batch, &gallery, least_excess, &mut scores)?;
        answers.extend(scores.into_iter().map(|score| i64::from(score) as u64));
    }
    Ok(answers.into_iter())
}

/// Of the summed scores of all prints with themselves and with their other impressions those that reach some
/// scores, and the best of each print.
pub(super) fn select(device: &Device) -> Result<Vec<Survivor>, DeviceError> {
    let (prints, others) = prints();
    let [probes, others] =
        [&prints, &others].map(|p| p.iter().map(Print::view).collect::<Vec<_>>());
    let batch = device.minutia_batch(&probes)?;
    let (itself, other) = (device.minutia_gallery(&probes)?, device.minutia_gallery(&others)?);
    let fingers = [(&batch, &itself), (&batch, &other)];
    let mut answers = Vec::new();
    for (least, best) in LEAST_SCORES {
        let params = select::Params { least, best };
        let found = device.minutia_gate_select(&fingers, 0, &params, usize::MAX)?;
        answers.extend(found.survivors.into_iter().chain(found.best));
    }
    Ok(answers)
}

/// The full scores of some prints against the other impressions of the same.
pub(super) fn pair(device: &Device) -> Result<impl Iterator<Item = u64>, DeviceError> {
    let (prints, others) = prints();
    let probes: Vec<PrintView<'_>> = prints.iter().map(Print::view).collect();
    let gallery: Vec<PrintView<'_>> = others.iter().map(Print::view).collect();
    let numbers = COMPARED.start as u32..COMPARED.end as u32;
    let pairs: Vec<(u32, u32)> = numbers
        .clone()
        .flat_map(|print| numbers.clone().map(move |other| (print, other)))
        .collect();
    let scores = device.minutia_pairs(&probes, &gallery, &pairs)?;
    Ok(scores
        .into_iter()
        .flat_map(|score| [i64::from(score.similarity) as u64, u64::from(score.paired)]))
}

/// Prints, and another impression of each.
fn prints() -> (Vec<Print>, Vec<Print>) {
    let mut numbers = Numbers(20_261_122);
    let prints: Vec<Print> = SIZES.iter().map(|size| print(&mut numbers, *size)).collect();
    let others = prints.iter().map(|print| other(&mut numbers, print)).collect();
    (prints, others)
}

/// A print of `size` minutiae.
pub(super) fn print(numbers: &mut Numbers, size: u16) -> Print {
    let mut print = Print { order_key: u64::from(numbers.below(4)), ..Print::default() };
    for _ in 0..size {
        // 64 components of at most 52 are no longer than a descriptor may be.
        print.descriptors.push(std::array::from_fn(|_| (i32::from(numbers.below(105)) - 52) as i8));
        print.x.push(numbers.below(90) as i16);
        print.y.push(numbers.below(120) as i16);
        print.directions.push(numbers.below(24) as u8);
        print.qualities.push(numbers.below(101) as u8);
    }
    print
}

/// `print` elsewhere and turned a little in direction, each minutia somewhat moved and one in eight gone.
fn other(numbers: &mut Numbers, print: &Print) -> Print {
    let mut other = Print { order_key: u64::from(numbers.below(4)), ..Print::default() };
    for i in 0..print.descriptors.len() {
        if numbers.below(8) == 0 {
            continue;
        }
        let descriptor = print.descriptors[i];
        other.descriptors.push(descriptor.map(|component| {
            (i32::from(component) * 3 / 4 + i32::from(numbers.below(21)) - 10) as i8
        }));
        other.x.push(print.x[i] + 40 + numbers.below(9) as i16);
        other.y.push(print.y[i] - 25 + numbers.below(9) as i16);
        other.directions.push(print.directions[i].wrapping_add(4 + numbers.below(5) as u8));
        other.qualities.push(print.qualities[i]);
    }
    other
}
