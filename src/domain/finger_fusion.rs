//! From the evidence of single fingers to the evidence of two records.
//!
//! The score of one pair of impressions is -log10 of the rate at which impressions of different fingers
//! reach it. Several fingers of two records are fused by Fisher's method (Statistical Methods for Research
//! Workers, 1932, 21.1): if the fingers were independent, the sum of -ln p over k fingers of different
//! persons would follow a gamma distribution of shape k. They are not quite: two persons who share a
//! pattern class on one finger tend to share it on others, and one operator prints all ten. The sum is
//! therefore scaled as Brown (Biometrics 31, 1975) does, for a correlation of
//! [`FINGER_CORRELATION`] between any two fingers.
//!
//! Where several hypotheses are tried and the best one is reported, each bears the number of tries
//! (Bonferroni). Both steps can only lower a score.
//!
//! Limits: the score is as good as the calibration of single fingers, and beyond the comparisons that was
//! measured on it is extrapolated. It is an error rate among different persons, not a likelihood ratio.

/// Correlation of -ln p between two fingers of the same two different persons. An allowance, not a
/// measurement: no public collection has enough whole hands to measure it on.
pub const FINGER_CORRELATION: f64 = 0.05;

/// Evidence of two records from that of `fingers` (millibans, at least 0 each), in millibans.
pub fn fused_mban(fingers: &[i32]) -> i32 {
    let count = fingers.len() as f64;
    if fingers.is_empty() {
        return 0;
    }
    let inflation = 1.0 + (count - 1.0) * FINGER_CORRELATION;
    // Rounded up, the shape can only raise the rate.
    let shape = (count / inflation).ceil();
    let nepers: f64 = fingers.iter().map(|mban| nepers(*mban)).sum::<f64>() / inflation;
    let mut term = 1.0;
    let mut sum = 1.0;
    let mut place = 1.0;
    while place < shape {
        term *= nepers / place;
        sum += term;
        place += 1.0;
    }
    let log10 = nepers / std::f64::consts::LN_10 - sum.log10();
    (log10 * 1000.0).round().max(0.0) as i32
}

fn nepers(mban: i32) -> f64 {
    f64::from(mban.max(0)) / 1000.0 * std::f64::consts::LN_10
}

/// What is left of the evidence `mban` if it is the best of `tries`. Below 0 chance is expected to do
/// better than that with every pair of records; the order of such scores still means something.
pub fn best_of_mban(mban: i32, tries: usize) -> i32 {
    let price = (1000.0 * (tries.max(1) as f64).log10()).round() as i32;
    mban - price
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn one_finger_keeps_its_score_and_no_finger_has_none() {
        assert_eq!(fused_mban(&[]), 0);
        assert_eq!(fused_mban(&[4321]), 4321);
        assert_eq!(best_of_mban(4000, 10), 3000);
        assert_eq!(best_of_mban(500, 100), -1500);
    }

    #[test]
    fn two_independent_fingers_reach_a_fused_score_no_more_often_than_it_says() {
        let random = &mut ChaCha8Rng::seed_from_u64(11);
        let draws = 200_000;
        for level in [1000, 2000, 3000] {
            let reached = (0..draws)
                .filter(|_| {
                    let finger = |r: &mut ChaCha8Rng| {
                        (-1000.0 * (1.0 - r.random::<f64>()).log10()).round() as i32
                    };
                    let fingers: Vec<i32> = (0..10).map(|_| finger(random)).collect();
                    fused_mban(&fingers) >= level
                })
                .count();
            let allowed = f64::from(draws) * 10f64.powf(-f64::from(level) / 1000.0);
            assert!((reached as f64) < allowed * 1.1 + 4.0, "{level}: {reached} of {allowed}");
        }
    }

    proptest! {
        #[test]
        fn more_evidence_on_a_finger_never_lowers_the_whole(
            mut fingers in prop::collection::vec(0i32..20_000, 1..11), more in 1i32..5_000,
        ) {
            let before = fused_mban(&fingers);
            fingers[0] += more;
            prop_assert!(fused_mban(&fingers) >= before);
        }

        #[test]
        fn the_order_of_fingers_does_not_matter(
            fingers in prop::collection::vec(0i32..20_000, 1..11), turn in 0usize..10,
        ) {
            let mut turned = fingers.clone();
            turned.rotate_left(turn % fingers.len());
            // Sums of f64 in another order may differ in the last bit.
            prop_assert!((fused_mban(&fingers) - fused_mban(&turned)).abs() <= 1);
        }
    }
}
