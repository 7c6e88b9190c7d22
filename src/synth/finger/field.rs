//! The orientation field of a finger: where the ridges run, and how they spread.
//!
//! Loops and whorls follow the zero-pole model of Sherlock and Monro (1993, "A model for interpreting
//! fingerprint topology"): half the angle seen from every core, minus half the angle seen from every
//! delta. As Vizcaya and Gerhardt (1996, "A nonlinear orientation model for global description of
//! fingerprints") found, the angle itself is bent by a periodic function of its own for each singular
//! point, which rounds the ridges above the core; theirs is piecewise linear, this one is two
//! harmonics, so that its slope is continuous. Arches have no singular point; their ridges are level
//! lines of a hump. All fingers get a rounding of the tip (the zero-pole field is too flat there, measured
//! against real templates), and a few long waves make every finger its own.
//!
//! Limits: fields are smooth; scars, creases and double loops with an S-shaped interior are not made.

use super::arithmetic::{atan2, sin_cos};

/// Height over the centre of the finger pad where the rounding of the tip has half its strength, and how
/// quickly it sets in.
const ROUNDING_MIDDLE_PX: f64 = -110.0;
const ROUNDING_WIDTH_PX: f64 = 60.0;

/// A core (+) or a delta (-) with its bend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SingularPoint {
    /// Place, pixels at 500 dpi from the centre of the finger pad, y up.
    pub x: f64,
    /// Place.
    pub y: f64,
    /// +1 for a core, -1 for a delta.
    pub sign: f64,
    /// Cosine and sine amplitudes of the first and second harmonic of the bend, turns.
    pub bend: [f64; 4],
}

/// A long wave of orientation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wave {
    /// Wave vector, turns per pixel.
    pub kx: f64,
    /// Wave vector, turns per pixel.
    pub ky: f64,
    /// Phase, turns.
    pub phase: f64,
    /// Amplitude of the orientation, turns.
    pub amplitude: f64,
}

/// The hump of an arch: ridges rise to `height` over a half width of `width`, at the level `y`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hump {
    /// Middle of the hump, pixels.
    pub x: f64,
    /// Level where the ridges are steepest, pixels.
    pub y: f64,
    /// Slope at its steepest.
    pub slope: f64,
    /// Half width, pixels.
    pub width: f64,
}

/// The ridges at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Flow {
    /// Direction of the ridges in turns; it means the same half a turn further.
    pub turns: f64,
    /// Divergence of the unit vector along `turns`, per pixel: ridges spread that way where positive.
    pub divergence: f64,
}

/// Orientation of the ridges over a finger.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Field {
    pub singular: Vec<SingularPoint>,
    pub hump: Option<Hump>,
    pub waves: Vec<Wave>,
    /// How fast ridges bend down away from the middle of the finger tip, turns per pixel.
    pub rounding: f64,
    /// The finger is of a left hand: the field is read in a mirror.
    pub mirrored: bool,
}

impl Field {
    /// The flow at (x, y), pixels from the centre of the finger pad.
    pub(super) fn at(&self, x: f64, y: f64) -> Flow {
        let own_x = if self.mirrored { -x } else { x };
        let (turns, dx, dy) = self.unmirrored(own_x, y);
        let (turns, dx, dy) = if self.mirrored { (-turns, dx, -dy) } else { (turns, dx, dy) };
        let (sine, cosine) = sin_cos(turns);
        Flow { turns, divergence: std::f64::consts::TAU * (cosine * dy - sine * dx) }
    }

    /// Orientation in turns and its gradient, turns per pixel.
    fn unmirrored(&self, x: f64, y: f64) -> (f64, f64, f64) {
        let (mut turns, mut dx, mut dy) = (0.0, 0.0, 0.0);
        for point in &self.singular {
            let (px, py) = (x - point.x, y - point.y);
            let angle = atan2(py, px);
            let ((s1, c1), (s2, c2)) = (sin_cos(angle), sin_cos(2.0 * angle));
            let [a1, b1, a2, b2] = point.bend;
            let tau = std::f64::consts::TAU;
            let slope = 1.0 + tau * (b1 * c1 - a1 * s1 + 2.0 * (b2 * c2 - a2 * s2));
            turns += point.sign * 0.5 * (angle + a1 * c1 + b1 * s1 + a2 * c2 + b2 * s2);
            // A pixel around a singular point has no direction worth the name; the gradient stays finite.
            let square = (px * px + py * py).max(16.0) * tau;
            dx += point.sign * 0.5 * slope * -py / square;
            dy += point.sign * 0.5 * slope * px / square;
        }
        if let Some(hump) = self.hump {
            let (hx, hy) = ((x - hump.x) / hump.width, (y - hump.y) / hump.width);
            // A rational bell in both directions: no exponential, and flat far away.
            let bell = 1.0 / (1.0 + hx * hx + 0.5 * hy * hy);
            let slope = -2.0 * hump.slope * hx * bell * bell;
            let along = 1.0 / ((1.0 + slope * slope) * hump.width * std::f64::consts::TAU);
            turns += atan2(slope, 1.0);
            dx += along * -2.0 * hump.slope * bell * bell * (1.0 - 4.0 * hx * hx * bell);
            dy += along * 4.0 * hump.slope * hx * hy * bell * bell * bell;
        }
        // Full at the tip, gone at the crease of the joint.
        let t = (y - ROUNDING_MIDDLE_PX) / ROUNDING_WIDTH_PX;
        let root = (1.0 + t * t).sqrt();
        let share = 0.5 + 0.5 * t / root;
        turns -= self.rounding * x * share;
        dx -= self.rounding * share;
        dy -= self.rounding * x * 0.5 / (root * root * root * ROUNDING_WIDTH_PX);
        for wave in &self.waves {
            let (sine, cosine) = sin_cos(wave.kx * x + wave.ky * y + wave.phase);
            turns += wave.amplitude * sine;
            let slope = wave.amplitude * cosine * std::f64::consts::TAU;
            dx += slope * wave.kx;
            dy += slope * wave.ky;
        }
        (turns, dx, dy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whorl() -> Field {
        let point = |x, y, sign| SingularPoint { x, y, sign, bend: [-0.05, 0.02, 0.01, -0.01] };
        Field {
            singular: vec![
                point(0.0, 60.0, 1.0),
                point(5.0, 10.0, 1.0),
                point(-90.0, -80.0, -1.0),
                point(100.0, -70.0, -1.0),
            ],
            hump: None,
            waves: vec![Wave { kx: 0.002, ky: -0.001, phase: 0.2, amplitude: 0.02 }],
            rounding: 4e-4,
            mirrored: false,
        }
    }

    fn arch() -> Field {
        let hump = Hump { x: 5.0, y: -30.0, slope: 0.7, width: 90.0 };
        Field { hump: Some(hump), ..Field::default() }
    }

    #[test]
    fn the_divergence_is_that_of_the_unit_vector_along_the_ridges() {
        for field in [whorl(), Field { mirrored: true, ..whorl() }, arch()] {
            for (x, y) in [(40.0, 30.0), (-60.0, -20.0), (10.0, 120.0), (-20.0, -150.0)] {
                let middle = field.at(x, y).turns;
                let unit = |x: f64, y: f64| {
                    let turns = field.at(x, y).turns;
                    // The same ridge may be read half a turn away.
                    let turns = turns - ((turns - middle) * 2.0).round() / 2.0;
                    sin_cos(turns)
                };
                let h = 1e-3;
                let spread = (unit(x + h, y).1 - unit(x - h, y).1 + unit(x, y + h).0
                    - unit(x, y - h).0)
                    / (2.0 * h);
                let flow = field.at(x, y);
                assert!((flow.divergence - spread).abs() < 1e-5, "{flow:?} {spread} at {x},{y}");
            }
        }
    }

    #[test]
    fn ridges_run_across_the_tip_and_along_the_core_axis() {
        let field = whorl();
        let level = |turns: f64| (turns * 2.0 - (turns * 2.0).round()).abs() / 2.0;
        assert!(level(field.at(0.0, 900.0).turns) < 0.06);
        assert!(level(field.at(2.0, 35.0).turns) > 0.18);
    }

    #[test]
    fn a_mirrored_field_is_the_field_in_a_mirror() {
        let (field, mirror) = (whorl(), Field { mirrored: true, ..whorl() });
        let (a, b) = (field.at(37.0, -12.0), mirror.at(-37.0, -12.0));
        assert!((a.turns + b.turns).abs() < 1e-12);
        // The unit vector read in the mirror is the opposite one.
        assert!((a.divergence + b.divergence).abs() < 1e-12 && a.divergence != 0.0);
    }
}
