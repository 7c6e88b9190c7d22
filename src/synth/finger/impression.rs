//! One impression of a finger: what touches, how the skin is pulled, what the extractor sees of it.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::arithmetic::{factor, normal, sin_cos};
use super::distortion::Distortion;
use super::master::{Master, MasterMinutia, acceptance, in_disc};
use super::parameters::ImpressionOptions;
use super::person::impression_stream;
use crate::domain::finger::{DIRECTIONS_PER_TURN, Minutia, MinutiaKind, Template};

/// Steps of direction that ISO/IEC 19794-2:2005 can hold.
const RECORDED_DIRECTIONS: f64 = 256.0;

/// 500 dpi as ISO/IEC 19794-2:2005 can state it: whole pixels per centimetre.
const UNITS_PER_METRE: u32 = 19_700;

/// Most of the minutiae that an impression may miss, and most spurious ones per true one.
const MOST_DAMAGE: f64 = 0.6;

/// Minutiae one view of ISO/IEC 19794-2:2005 can hold.
const MOST_MINUTIAE: usize = 255;

/// Tries to place one spurious minutia.
const SPURIOUS_TRIES: usize = 20;

/// An impression with the finger's minutia behind each of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedImpression {
    /// The impression.
    pub template: Template,
    /// For each minutia of the template its place in [`Master::minutiae`]; `None` for a spurious one.
    pub sources: Vec<Option<u32>>,
}

/// A minutia on its way into the image, pixels at 500 dpi from the middle of the contact.
struct Seen {
    x: f64,
    y: f64,
    turns: f64,
    kind: MinutiaKind,
    quality: f64,
    source: Option<u32>,
}

/// What one impression draws for itself.
struct Press {
    /// Middle of the contact on the finger.
    middle: (f64, f64),
    /// Semi-axes of the contact.
    half_axes: (f64, f64),
    /// Rotation, turns.
    rotation: f64,
    distortion: Distortion,
    missing: f64,
    spurious: f64,
}

impl Master {
    /// Impression number `stream` of the finger: the same number gives the same impression, whatever
    /// else was made.
    pub fn impression(&self, options: &ImpressionOptions, stream: u64) -> Template {
        self.traced_impression(options, stream).template
    }

    /// [`Master::impression`] with the truth about every minutia.
    pub fn traced_impression(&self, options: &ImpressionOptions, stream: u64) -> TracedImpression {
        let mut rng = impression_stream(self.seed, stream);
        let press = self.press(options, &mut rng);
        let mut seen = Vec::new();
        for (place, minutia) in (0u32..).zip(&self.minutiae) {
            seen.extend(see(options, &press, minutia, place, &mut rng));
        }
        self.invent(&press, &mut seen, &mut rng);
        seen.shuffle(&mut rng);
        self.record(options, &press, &seen, &mut rng)
    }

    fn press(&self, options: &ImpressionOptions, rng: &mut ChaCha8Rng) -> Press {
        let mut middle =
            (options.contact_spread_px * normal(rng), options.contact_spread_px * normal(rng));
        if options.contact_anywhere {
            let ((u, v), (half_width, half_height)) = (in_disc(rng), self.half_axes_px());
            middle = (
                u * (half_width - options.half_width_px),
                v * (half_height - options.half_height_px),
            );
        }
        let is_poor = rng.random::<f64>() < options.poor_share;
        let (shrink, twist, harm) = if is_poor { (0.75, 2.0, 5.0) } else { (1.0, 1.0, 1.0) };
        let size = shrink * self.scale * factor(rng, options.area_spread);
        let any = rng.random::<f64>() < options.any_rotation_share;
        let usual = options.rotation_spread_degrees / 360.0 * normal(rng);
        let damage = harm * factor(rng, options.quality_spread);
        Press {
            middle,
            half_axes: (options.half_width_px * size, options.half_height_px * size),
            rotation: if any { rng.random() } else { usual },
            distortion: Distortion::new(options, twist, rng),
            missing: (options.missing_share * damage).min(MOST_DAMAGE),
            spurious: (options.spurious_share * damage).min(MOST_DAMAGE),
        }
    }

    /// Adds spurious minutiae; they keep their distance from what is there, and mostly follow the flow.
    fn invent(&self, press: &Press, seen: &mut Vec<Seen>, rng: &mut ChaCha8Rng) {
        let mean = seen.len() as f64 * press.spurious;
        let wanted = (mean + mean.sqrt() * normal(rng)).round().max(0.0) as usize;
        for _ in 0..wanted {
            for _ in 0..SPURIOUS_TRIES {
                let (u, v) = in_disc(rng);
                let (x, y) = (u * press.half_axes.0, v * press.half_axes.1);
                let deviation = 2.0 * self.parameters.direction_spread_turns * normal(rng);
                let sense = if rng.random() { 0.5 } else { 0.0 };
                let flow = self.field.at(x + press.middle.0, y + press.middle.1).turns;
                let (x, y, turns) = press.distortion.place(x, y, flow + sense + deviation);
                let tolerance: f64 = seen
                    .iter()
                    .map(|other| {
                        let (dx, dy) = (x - other.x, y - other.y);
                        acceptance(&self.parameters, (dx * dx + dy * dy).sqrt())
                    })
                    .product();
                if rng.random::<f64>() < tolerance {
                    let kind = kind(rng.random::<f64>() < self.ending_share);
                    let quality = 0.3 + 0.5 * rng.random::<f64>();
                    seen.push(Seen { x, y, turns, kind, quality, source: None });
                    break;
                }
            }
        }
    }

    /// Turns the contact, puts it into the image and rounds as a record does.
    fn record(
        &self,
        options: &ImpressionOptions,
        press: &Press,
        seen: &[Seen],
        rng: &mut ChaCha8Rng,
    ) -> TracedImpression {
        let (width, height) = options.image_px;
        let (sine, cosine) = sin_cos(press.rotation);
        let mut place =
            |size: u32| f64::from(size) / 2.0 + options.placement_spread_px * normal(rng);
        let (middle_x, middle_y) = (place(width), place(height));
        let (mut minutiae, mut sources) = (Vec::new(), Vec::new());
        for one in seen {
            let x = (middle_x + cosine * one.x - sine * one.y).round();
            let y = (middle_y + sine * one.x + cosine * one.y).round();
            let inside = x >= 0.0 && y >= 0.0 && x < f64::from(width) && y < f64::from(height);
            if !inside || minutiae.len() == MOST_MINUTIAE {
                continue;
            }
            let step = ((one.turns + press.rotation) * RECORDED_DIRECTIONS).round();
            let step = step.rem_euclid(RECORDED_DIRECTIONS) as u16;
            minutiae.push(Minutia {
                x: x as i32,
                // As the record counts: down from the top edge.
                y: y as i32 - height as i32 + 1,
                direction: step * (DIRECTIONS_PER_TURN / RECORDED_DIRECTIONS as u16),
                kind: one.kind,
                quality: Some((one.quality * 100.0).round().clamp(1.0, 100.0) as u8),
            });
            sources.push(one.source);
        }
        let damage = (press.missing + press.spurious) / (2.0 * MOST_DAMAGE);
        let template = Template {
            position: self.position,
            impression: options.impression,
            view: 0,
            quality: Some((95.0 - 80.0 * damage).round().clamp(1.0, 100.0) as u8),
            width: Some(width),
            height: Some(height),
            units_per_metre_x: UNITS_PER_METRE,
            units_per_metre_y: UNITS_PER_METRE,
            minutiae,
        };
        TracedImpression { template, sources }
    }
}

/// What the extractor sees of one minutia of the finger, if it does.
fn see(
    options: &ImpressionOptions,
    press: &Press,
    minutia: &MasterMinutia,
    place: u32,
    rng: &mut ChaCha8Rng,
) -> Option<Seen> {
    let (x, y) = (minutia.x_px - press.middle.0, minutia.y_px - press.middle.1);
    let (u, v) = (x / press.half_axes.0, y / press.half_axes.1);
    let out = u * u + v * v;
    if out > 1.0 {
        return None;
    }
    // Faint minutiae are missed in most impressions, clear ones in hardly any; the rim is the worst.
    let faint = 1.0 - minutia.clarity;
    let missed = press.missing * 3.0 * faint * faint * if out > 0.7 { 1.7 } else { 0.7 };
    if rng.random::<f64>() < missed {
        return None;
    }
    let (x, y, turns) = press.distortion.place(x, y, minutia.turns);
    let loose = if rng.random::<f64>() < options.loose_share { 3.0 } else { 1.0 };
    let spread = loose * options.position_spread_px;
    let flipped = rng.random::<f64>() < options.kind_flip_share;
    Some(Seen {
        x: x + spread * normal(rng),
        y: y + spread * normal(rng),
        turns: turns + loose * options.direction_spread_turns * normal(rng),
        kind: kind((minutia.kind == MinutiaKind::Ending) != flipped),
        quality: 0.97 - 0.35 * faint * faint * if out > 0.7 { 1.3 } else { 0.8 },
        source: Some(place),
    })
}

fn kind(ending: bool) -> MinutiaKind {
    if ending { MinutiaKind::Ending } else { MinutiaKind::Bifurcation }
}
