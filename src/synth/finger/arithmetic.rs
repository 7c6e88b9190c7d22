//! Sine, arc tangent, logarithm and exponential from the four operations, and the draws built on them.
//!
//! Why not the standard library's: theirs come from the platform's mathematics library and differ in
//! the last bit between machines; a rounded pixel would then differ too, and a registry must be the
//! same bytes everywhere. IEEE 754 fixes `+ - * /` and the square root exactly.
//!
//! Limits: about ten correct digits, far below a pixel; arguments of ordinary size. Not for scores.

use rand::Rng;

/// Sine and cosine of an angle in turns.
pub(super) fn sin_cos(turns: f64) -> (f64, f64) {
    let quarter = (turns * 4.0).round();
    // At most an eighth of a turn is left, where the series converge quickly.
    let x = (turns - quarter / 4.0) * std::f64::consts::TAU;
    let s = x * x;
    let sine = x
        * (1.0
            - s / 6.0 * (1.0 - s / 20.0 * (1.0 - s / 42.0 * (1.0 - s / 72.0 * (1.0 - s / 110.0)))));
    let cosine = 1.0
        - s / 2.0
            * (1.0
                - s / 12.0
                    * (1.0 - s / 30.0 * (1.0 - s / 56.0 * (1.0 - s / 90.0 * (1.0 - s / 132.0)))));
    match quarter.rem_euclid(4.0) as u8 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// Angle of the point (x, y) in turns, from -1/2 to 1/2; 0 at the origin.
pub(super) fn atan2(y: f64, x: f64) -> f64 {
    let (low, high) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
    if high == 0.0 {
        return 0.0;
    }
    let ratio = low / high;
    // tan(15 degrees): above it, turn back by 30 degrees, so that the series is short.
    let (base, t) = if ratio > 0.267_949_192_431_122_7 {
        let root = 3f64.sqrt();
        (1.0 / 12.0, (ratio * root - 1.0) / (ratio + root))
    } else {
        (0.0, ratio)
    };
    let s = t * t;
    let series = t
        * (1.0
            - s * (1.0 / 3.0
                - s * (1.0 / 5.0
                    - s * (1.0 / 7.0 - s * (1.0 / 9.0 - s * (1.0 / 11.0 - s / 13.0))))));
    let octant = base + series / std::f64::consts::TAU;
    let quadrant = if y.abs() > x.abs() { 0.25 - octant } else { octant };
    let half = if x < 0.0 { 0.5 - quadrant } else { quadrant };
    if y < 0.0 { -half } else { half }
}

/// Natural logarithm of a positive normal number.
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    let (mantissa, exponent) = if mantissa > std::f64::consts::SQRT_2 {
        (mantissa / 2.0, exponent + 1)
    } else {
        (mantissa, exponent)
    };
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let s = t * t;
    let series = 2.0
        * t
        * (1.0 + s * (1.0 / 3.0 + s * (1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s / 11.0)))));
    series + exponent as f64 * std::f64::consts::LN_2
}

/// Exponential of a number between -100 and 100.
pub(super) fn exp(x: f64) -> f64 {
    // 2^-10 of the argument, then squared ten times: six terms give eleven digits.
    let y = x.clamp(-100.0, 100.0) / 1024.0;
    let mut power = 1.0
        + y * (1.0
            + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * (1.0 + y / 5.0 * (1.0 + y / 6.0)))));
    for _ in 0..10 {
        power *= power;
    }
    power
}

/// A standard normal draw (Box and Muller 1958).
pub(super) fn normal<R: Rng>(rng: &mut R) -> f64 {
    // 1 - [0, 1) is never 0.
    let radius = (-2.0 * ln(1.0 - rng.random::<f64>())).sqrt();
    radius * sin_cos(rng.random::<f64>()).0
}

/// A positive factor whose logarithm is normal with standard deviation `spread`; its median is 1.
pub(super) fn factor<R: Rng>(rng: &mut R, spread: f64) -> f64 {
    exp(spread * normal(rng))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    proptest! {
        #[test]
        fn the_functions_agree_with_the_standard_library(
            turns in -20.0f64..20.0,
            x in -1e3f64..1e3,
            y in -1e3f64..1e3,
            z in 1e-9f64..1e9,
            w in -40.0f64..40.0,
        ) {
            let (sine, cosine) = (turns * std::f64::consts::TAU).sin_cos();
            let ours = sin_cos(turns);
            prop_assert!((ours.0 - sine).abs() < 1e-8 && (ours.1 - cosine).abs() < 1e-8);
            prop_assert!((atan2(y, x) * std::f64::consts::TAU - y.atan2(x)).abs() < 1e-8);
            prop_assert!((ln(z) - z.ln()).abs() < 1e-8);
            prop_assert!((exp(w) / w.exp() - 1.0).abs() < 1e-8);
        }
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| d * d).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
