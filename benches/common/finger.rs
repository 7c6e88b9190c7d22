//! Synthetic prints for benches: a flow of directions and minutiae that keep apart.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tanba::domain::finger::PlacedMinutia;
use tanba::kernel::minutia::projection::Projection;
use tanba::kernel::minutia::{Print, PrintView};

/// Prints of different fingers.
pub(crate) struct Prints {
    pub(crate) prints: Vec<Print>,
    /// Another impression of each; not every bench compares mates.
    #[allow(dead_code)]
    pub(crate) mates: Vec<Print>,
}

impl Prints {
    /// `count` prints of `minutiae` minutiae.
    pub(crate) fn new(seed: u64, count: usize, minutiae: usize) -> Prints {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let projection = Projection::builtin().expect("the built-in projection");
        let templates: Vec<_> = (0..count).map(|_| template(&mut rng, minutiae)).collect();
        let mates = templates.iter().map(|t| Print::of(&mate(&mut rng, t), &projection)).collect();
        let prints = templates.iter().map(|t| Print::of(t, &projection)).collect();
        Prints { prints, mates }
    }

    pub(crate) fn views(&self) -> Vec<PrintView<'_>> {
        self.prints.iter().map(Print::view).collect()
    }
}

fn template(rng: &mut ChaCha8Rng, minutiae: usize) -> Vec<PlacedMinutia> {
    let (bend, lean): (f64, f64) = (rng.random_range(60.0..140.0), rng.random_range(-8.0..8.0));
    let mut template: Vec<PlacedMinutia> = Vec::with_capacity(minutiae);
    while template.len() < minutiae {
        let (x, y) = (rng.random_range(0..300i16), rng.random_range(0..380i16));
        let (u, v) = (f64::from(x - 150) / 150.0, f64::from(y - 190) / 190.0);
        let apart = |a: i16, b: i16| (i32::from(a) - i32::from(b)).pow(2);
        let crowded = |m: &PlacedMinutia| apart(m.x_px, x) + apart(m.y_px, y) < 100;
        if u * u + v * v > 1.0 || template.iter().any(crowded) {
            continue;
        }
        let flow = bend * u * (v + 0.3) + lean + rng.random_range(-6.0..6.0);
        let half = if rng.random_bool(0.5) { 128 } else { 0 };
        let direction = (flow as i32).wrapping_add(half) as u8;
        let quality = rng.random_range(20..=90);
        template.push(PlacedMinutia { x_px: x, y_px: y, direction, quality });
    }
    template
}

/// Moved and turned a little; a sixth of the minutiae missing, as many false ones.
fn mate(rng: &mut ChaCha8Rng, template: &[PlacedMinutia]) -> Vec<PlacedMinutia> {
    let turn: i32 = rng.random_range(-12..=12);
    let (sine, cosine) = (f64::from(turn) * std::f64::consts::TAU / 256.0).sin_cos();
    let (dx, dy) = (rng.random_range(-30.0..30.0), rng.random_range(-30.0..30.0));
    let false_ones = self::template(rng, template.len());
    let kept: Vec<bool> = template.iter().map(|_| rng.random_bool(5.0 / 6.0)).collect();
    let minutiae = template.iter().zip(&false_ones).zip(kept);
    minutiae
        .map(|((own, false_one), kept)| {
            if !kept {
                return *false_one;
            }
            let (x, y) = (f64::from(own.x_px), f64::from(own.y_px));
            let mut moved = |value: f64| value.round() as i16 + rng.random_range(-3..=3);
            PlacedMinutia {
                x_px: moved(cosine * x - sine * y + dx),
                y_px: moved(sine * x + cosine * y + dy),
                direction: (i32::from(own.direction) + turn + rng.random_range(-4..=4)) as u8,
                quality: own.quality,
            }
        })
        .collect()
}
