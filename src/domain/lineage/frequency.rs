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

/// Haplotypes a database can have: more than there are persons.
const MAX_DATABASE_SIZE: u64 = 10_000_000_000;

/// A term this small beside the sum changes it no more.
const NEGLIGIBLE: f64 = 1e-18;

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
    /// The database is empty, smaller than what was found in it, or of more than 10,000,000,000 haplotypes.
    pub fn new(found: u64, size: u64) -> Result<HaplotypeCount> {
        if size == 0 || found > size {
            return Err(Error::usage(
                format!("a haplotype cannot be found {found} times among {size}"),
                "give the number of haplotypes of the database, and how many are equal to this one",
            ));
        }
        if size > MAX_DATABASE_SIZE {
            return Err(Error::usage(
                format!("a database of {size} haplotypes is of more persons than there are"),
                "give the number of haplotypes of the database, at most 10000000000",
            ));
        }
        Ok(HaplotypeCount { found, size })
    }

    /// Times the haplotype was found.
    pub fn found(self) -> u64 {
        self.found
    }

    /// Haplotypes in the database.
    pub fn size(self) -> u64 {
        self.size
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

    /// Probability of finding as many or fewer where the frequency is `p`, above the share found and below 1.
    fn chance_of_so_few(self, p: f64) -> f64 {
        let size = self.size as f64;
        // Terms of the binomial distribution from the last one down. They shrink, the faster the further `p` is
        // above the share found, so their number grows with the square root of the size at most.
        let mut term = self.log_probability(p).exp();
        let mut sum = term;
        let odds = (1.0 - p) / p;
        for found in (1..=self.found).rev() {
            let found = found as f64;
            term *= found / (size - found + 1.0) * odds;
            sum += term;
            if term <= sum * NEGLIGIBLE {
                break;
            }
        }
        sum
    }

    /// Natural logarithm of the probability of finding exactly as many, by the saddle-point form of the
    /// binomial distribution (Loader 2000, Fast and accurate computation of binomial probabilities), which loses
    /// no digits in large databases. Not all are found.
    fn log_probability(self, p: f64) -> f64 {
        let (found, size) = (self.found as f64, self.size as f64);
        if self.found == 0 {
            return size * (-p).ln_1p();
        }
        let others = size - found;
        let scale = 0.5 * (std::f64::consts::TAU * found * others / size).ln();
        stirling_error(size)
            - stirling_error(found)
            - stirling_error(others)
            - deviance(found, size * p)
            - deviance(others, size * (1.0 - p))
            - scale
    }
}

/// What Stirling's formula lacks of ln n!.
fn stirling_error(n: f64) -> f64 {
    if n > 15.0 {
        let inverse = 1.0 / (n * n);
        let series = 1.0 / 1260.0 - inverse * (1.0 / 1680.0 - inverse / 1188.0);
        return (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * series)) / n;
    }
    let log_factorial: f64 = (2..=n as u64).map(|factor| (factor as f64).ln()).sum();
    log_factorial - (n + 0.5) * n.ln() + n - 0.5 * std::f64::consts::TAU.ln()
}

/// x ln(x / mean) + mean − x, without loss of digits where the two are close.
fn deviance(x: f64, mean: f64) -> f64 {
    if (x - mean).abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let ratio = (x - mean) / (x + mean);
    let mut sum = (x - mean) * ratio;
    let mut power = 2.0 * x * ratio;
    for order in 1..1_000 {
        power *= ratio * ratio;
        let next = sum + power / f64::from(2 * order + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
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
    fn the_bound_is_where_the_sum_over_all_terms_is_five_per_cent() {
        for (found, size) in [(1, 2), (3, 40), (17, 18), (60, 4_102), (900, 1_000), (2_000, 90_000)]
        {
            let count = HaplotypeCount::new(found, size).unwrap();
            let p = count.upper_bound();
            // Term by term from none found, in logarithms.
            let mut log_term = size as f64 * (-p).ln_1p();
            let mut sum = log_term.exp();
            for k in 1..=found {
                let k = k as f64;
                log_term += ((size as f64 - k + 1.0) / k).ln() + p.ln() - (-p).ln_1p();
                sum += log_term.exp();
            }
            assert!((sum / TAIL - 1.0).abs() < 1e-8, "{found} {size}: {sum}");
        }
    }

    #[test]
    fn huge_databases_have_a_bound_near_that_of_the_normal_distribution() {
        let (found, size) = (5_000_000_000_u64, 10_000_000_000_u64);
        let bound = HaplotypeCount::new(found, size).unwrap().upper_bound();
        // Half of them, and 1.6449 standard deviations of 0.5 / sqrt(n).
        assert!((bound - 0.5 - 1.644_853_6 * 0.5e-5).abs() < 1e-9, "{bound}");
        assert!(HaplotypeCount::new(1, size + 1).is_err());
    }

    #[test]
    fn a_haplotype_is_not_found_more_often_than_looked_for() {
        assert!(HaplotypeCount::new(0, 0).is_err());
        assert!(HaplotypeCount::new(3, 2).is_err());
        assert_eq!(HaplotypeCount::new(1, 4).unwrap().frequency(), 0.25);
    }
}
