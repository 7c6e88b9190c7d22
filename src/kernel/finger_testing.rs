//! Random prints for the tests of the minutia kernels.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::minutia::{Descriptor, MAX_SIMILARITY, MAX_STRENGTH, Print, similarity};

/// How the prints look.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    /// Descriptors spread over all directions.
    Spread,
    /// Few components, each as large as a byte can be.
    Extreme,
    /// Few different descriptors and places: ties everywhere.
    Ties,
    /// Descriptors that are all alike, so that every similarity is large.
    Alike,
    /// Nothing is like anything: many similarities are negative.
    Opposed,
}

impl Style {
    pub(crate) const ALL: [Style; 5] =
        [Style::Spread, Style::Extreme, Style::Ties, Style::Alike, Style::Opposed];
}

/// A print of `len` minutiae that need not stand in any order.
pub(crate) fn random_print(rng: &mut ChaCha8Rng, len: usize, style: Style) -> Print {
    let mut print = Print { order_key: rng.random_range(0..4), ..Print::default() };
    let few: Vec<Descriptor> = (0..3).map(|_| spread(rng)).collect();
    for _ in 0..len {
        let descriptor = match style {
            Style::Spread => spread(rng),
            Style::Extreme => extreme(rng),
            Style::Ties => few[rng.random_range(0..few.len())],
            Style::Alike => noisy(rng, &[44; 64]),
            Style::Opposed if rng.random_bool(0.5) => noisy(rng, &[-44; 64]),
            Style::Opposed => noisy(rng, &[44; 64]),
        };
        assert!(similarity(&descriptor, &descriptor) <= MAX_SIMILARITY);
        let (extent, step) = match style {
            Style::Ties => (100, 20),
            Style::Alike => (60, 1),
            Style::Extreme => (4000, 1),
            _ => (400, 1),
        };
        print.descriptors.push(descriptor);
        print.x.push(rng.random_range(0..=extent / step) * step);
        print.y.push(rng.random_range(0..=extent / step) * step);
        let widest = if matches!(style, Style::Alike | Style::Ties) { 30 } else { 255 };
        print.directions.push(rng.random_range(0..=widest));
        print.qualities.push(rng.random_range(0..=100));
    }
    print
}

fn spread(rng: &mut ChaCha8Rng) -> Descriptor {
    noisy(rng, &[0; 64])
}

/// `base` and noise, scaled to the length of a descriptor.
fn noisy(rng: &mut ChaCha8Rng, base: &Descriptor) -> Descriptor {
    let values = base.map(|value| f64::from(value) + rng.random_range(-60.0..60.0));
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let scale = f64::from(MAX_STRENGTH << 7).sqrt() * rng.random_range(0.8..0.97) / length;
    values.map(|value| (value * scale).clamp(-127.0, 127.0) as i8)
}

fn extreme(rng: &mut ChaCha8Rng) -> Descriptor {
    let mut descriptor = [0; 64];
    for component in descriptor.iter_mut().take(10) {
        *component = if rng.random_bool(0.5) { 127 } else { -128 };
    }
    descriptor.shuffle(rng);
    descriptor
}

/// Another impression of `print`: moved, slightly turned in direction, each minutia a little elsewhere,
/// some missing.
pub(crate) fn distorted(rng: &mut ChaCha8Rng, print: &Print) -> Print {
    let mut other = Print { order_key: rng.random(), ..Print::default() };
    let (dx, dy, turn) =
        (rng.random_range(-60..60), rng.random_range(-60..60), rng.random_range(0..8));
    for i in 0..print.descriptors.len() {
        if rng.random_bool(0.1) {
            continue;
        }
        other.descriptors.push(noisy(rng, &print.descriptors[i].map(|value| value / 2)));
        other.x.push(print.x[i] + dx + rng.random_range(-6..=6));
        other.y.push(print.y[i] + dy + rng.random_range(-6..=6));
        other.directions.push(print.directions[i].wrapping_add(turn));
        other.qualities.push(print.qualities[i]);
    }
    other
}
