//! How often a haplotype is found in a database: the counting method.
//!
//! A haplotype found x times among n has the frequency x/n, and with 95 % confidence at most the
//! upper bound of Clopper and Pearson (1934, Biometrika 26:404): the p at which x or fewer would be
//! found with a probability of 5 %. For x = 0 that is 1 − 0.05^(1/n).
//!
//! Limits: the database must be of the population at issue, and counted at the markers compared; many
//! haplotypes are rarer than any database can show, so the bound says more of the database's size
//! than of the haplotype.

use crate::error::{Error, Result};

/// Probability that the true frequency is above the bound.
const TAIL: f64 = 0.05;

/// Halvings of the interval of the bound: below the resolution of `f64`.
const HALVINGS: usize = 60;

/// A haplotype found so many times in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HaplotypeCount {
    found: u64,
    size: u64,
}

impl HaplotypeCount {
    /// A haplotype found `found` times among `size` haplotypes.
    ///
    /// # Errors
    /// The database is empty, or smaller than what was found in it.
    pub fn new(found: u64, size: u64) -> Result<HaplotypeCount> {
        if size == 0 || found > size {
            return Err(Error::usage(
                format!("a haplotype cannot be found {found} times among {size}"),
                "give the number of haplotypes of the database, and how many are equal to this one",
            ));
        }
        Ok(HaplotypeCount { found, size })
    }

    /// Share of the database.
    pub fn frequency(self) -> f64 {
        self.found as f64 / self.size as f64
    }

    /// Upper bound of the frequency at 95 % confidence, one-sided.
    pub fn upper_bound(self) -> f64 {
        if self.found == self.size {
            return 1.0;
        }
        let (mut low, mut high) = (self.frequency(), 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.chance_of_so_few(middle) > TAIL { low = middle } else { high = middle }
        }
        high
    }

    /// Probability of finding as many or fewer where the frequency is `p`, between 0 and 1.
    fn chance_of_so_few(self, p: f64) -> f64 {
        let size = self.size as f64;
        // Terms of the binomial distribution from 0 up, in logarithms: the first may be too small.
        let mut log_term = size * (-p).ln_1p();
        let log_odds = p.ln() - (-p).ln_1p();
        let mut sum = log_term.exp();
        for found in 1..=self.found {
            let found = found as f64;
            log_term += ((size - found + 1.0) / found).ln() + log_odds;
            sum += log_term.exp();
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_closed_forms_and_of_published_tables() {
        let bound = |found, size| HaplotypeCount::new(found, size).unwrap().upper_bound();
        for size in [1_u64, 10, 4_102, 300_000] {
            let none = -((0.05_f64.ln() / size as f64).exp_m1());
            assert!((bound(0, size) / none - 1.0).abs() < 1e-10, "{size}");
            let all_but_one = 0.95_f64.powf(1.0 / size as f64);
            assert!((bound(size - 1, size) / all_but_one - 1.0).abs() < 1e-10, "{size}");
        }
        // Upper 95 % one-sided limits of 5 in 100 and 1 in 20, as quantiles of the beta distribution.
        assert!((bound(5, 100) - 0.102_253_4).abs() < 1e-6, "{}", bound(5, 100));
        assert!((bound(1, 20) - 0.216_106_2).abs() < 1e-6, "{}", bound(1, 20));
        assert_eq!(bound(7, 7), 1.0);
    }

    #[test]
    fn a_haplotype_is_not_found_more_often_than_looked_for() {
        assert!(HaplotypeCount::new(0, 0).is_err());
        assert!(HaplotypeCount::new(3, 2).is_err());
        assert_eq!(HaplotypeCount::new(1, 4).unwrap().frequency(), 0.25);
    }
}
