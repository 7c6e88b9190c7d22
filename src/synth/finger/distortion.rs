//! The elastic distortion of one impression: soft skin pressed onto a flat surface.
//!
//! A stretch and shear of the whole contact area plus two long waves per axis. Measured residuals of
//! mated prints after the best rigid alignment are correlated over some 80 px and opposed beyond, as
//! stretch leaves them; the waves stand for local traction. Limits: no torsion around a pressed centre
//! as in Cappelli, Maio and Maltoni (2001), and no smear.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::arithmetic::{factor, normal, sin_cos};
use super::field::Wave;
use super::parameters::ImpressionOptions;

/// A smooth map of the plane near the identity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Distortion {
    /// Row-major deviation from the identity matrix.
    linear: [f64; 4],
    /// Displacement along x, then along y; amplitudes in pixels.
    waves: [[Wave; 2]; 2],
}

impl Distortion {
    /// Draws the distortion of an impression, `twist` times as strong as usual.
    pub(super) fn new(options: &ImpressionOptions, twist: f64, rng: &mut ChaCha8Rng) -> Distortion {
        let strength = twist * factor(rng, options.distortion_spread);
        let [a, b, c] = [(); 3].map(|()| strength * options.stretch_spread * normal(rng));
        let waves = [(); 2].map(|()| {
            [(); 2].map(|()| {
                let length = 180.0 + 220.0 * rng.random::<f64>();
                let (sine, cosine) = sin_cos(rng.random());
                Wave {
                    kx: cosine / length,
                    ky: sine / length,
                    phase: rng.random(),
                    // Two waves whose squares average one half give the spread asked for.
                    amplitude: strength * options.wave_spread_px * normal(rng),
                }
            })
        });
        Distortion { linear: [a, b, b, c], waves }
    }

    /// Where the point (x, y) goes, and the direction `turns` at it.
    pub(super) fn place(&self, x: f64, y: f64, turns: f64) -> (f64, f64, f64) {
        let (sine, cosine) = sin_cos(turns);
        let [a, b, c, d] = self.linear;
        let mut place = [x + a * x + b * y, y + c * x + d * y];
        let mut along = [cosine + a * cosine + b * sine, sine + c * cosine + d * sine];
        for axis in 0..2 {
            for wave in self.waves[axis] {
                let (s, c) = sin_cos(wave.kx * x + wave.ky * y + wave.phase);
                place[axis] += wave.amplitude * s;
                let slope = wave.amplitude * c * std::f64::consts::TAU;
                along[axis] += slope * (wave.kx * cosine + wave.ky * sine);
            }
        }
        (place[0], place[1], super::arithmetic::atan2(along[1], along[0]))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_direction_turns_with_the_line_it_lies_on() {
        let options = ImpressionOptions::latent();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..50 {
            let map = Distortion::new(&options, 1.0, &mut rng);
            let (x, y, turns) = (80.0 * normal(&mut rng), 80.0 * normal(&mut rng), rng.random());
            let (sine, cosine) = sin_cos(turns);
            let step = 1e-3;
            let from = map.place(x, y, turns);
            let to = map.place(x + step * cosine, y + step * sine, turns);
            let seen = super::super::arithmetic::atan2(to.1 - from.1, to.0 - from.0);
            let off = seen - from.2;
            assert!((off - off.round()).abs() < 1e-4, "{off}");
        }
    }

    #[test]
    fn no_distortion_leaves_everything_in_place() {
        let options = ImpressionOptions {
            stretch_spread: 0.0,
            wave_spread_px: 0.0,
            ..ImpressionOptions::plain()
        };
        let map = Distortion::new(&options, 1.0, &mut ChaCha8Rng::seed_from_u64(3));
        let (x, y, turns) = map.place(31.0, -77.0, 0.1);
        assert!((x, y) == (31.0, -77.0) && (turns - 0.1).abs() < 1e-9);
    }
}
