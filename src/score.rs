//! The unit of every score: the millibans, one thousandth of a decimal order of magnitude of odds.
//!
//! Why an integer: hits are ordered and thresholds compared by it, and an order must not change with
//! the machine. When not to use it: for arithmetic on likelihood ratios, which stays in `f64`.

use std::fmt;

/// A score in millibans (10⁻³ log10), rounded to nearest, ties away from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millibans(pub i32);

impl Millibans {
    /// The lowest score; stands for a likelihood ratio of exactly zero.
    pub const EXCLUDED: Millibans = Millibans(i32::MIN);

    /// Score of `log10_lr` (a log10 likelihood ratio; minus infinity gives [`Self::EXCLUDED`]).
    pub fn from_log10(log10_lr: f64) -> Self {
        if log10_lr == f64::NEG_INFINITY || log10_lr.is_nan() {
            return Self::EXCLUDED;
        }
        let scaled = (log10_lr * 1000.0).round();
        Millibans(scaled.clamp(f64::from(i32::MIN + 1), f64::from(i32::MAX)) as i32)
    }

    /// The log10 value this score stands for.
    pub fn to_log10(self) -> f64 {
        if self == Self::EXCLUDED { f64::NEG_INFINITY } else { f64::from(self.0) / 1000.0 }
    }
}

impl fmt::Display for Millibans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::EXCLUDED { write!(f, "excluded") } else { write!(f, "{}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_likelihood_is_the_lowest_score_and_comes_back_as_minus_infinity() {
        assert_eq!(Millibans::from_log10(f64::NEG_INFINITY), Millibans::EXCLUDED);
        assert!(Millibans::from_log10(-1e300) > Millibans::EXCLUDED);
        assert_eq!(Millibans::EXCLUDED.to_log10(), f64::NEG_INFINITY);
        assert_eq!(Millibans::from_log10(4.0006).0, 4001);
    }
}
