//! Tails of the Poisson distribution: whether chance hits came as often as the model says.

/// Probabilities of at least and of at most `observed` events when `expected` are expected.
///
/// Terms are summed in logarithms, the smaller tail directly, so that neither loses its digits.
pub(super) fn tails(observed: u64, expected: f64) -> (f64, f64) {
    if expected.is_nan() || expected <= 0.0 {
        return (if observed == 0 { 1.0 } else { 0.0 }, 1.0);
    }
    let here = term(observed, expected);
    if observed as f64 > expected {
        let at_least = upper_sum(observed, expected, here);
        (at_least.min(1.0), (1.0 - at_least + here).clamp(0.0, 1.0))
    } else {
        let at_most = lower_sum(observed, expected, here);
        ((1.0 - at_most + here).clamp(0.0, 1.0), at_most.min(1.0))
    }
}

/// P(X = k).
fn term(k: u64, expected: f64) -> f64 {
    let log_factorial = if k < 256 {
        (1..=k).map(|i| (i as f64).ln()).sum()
    } else {
        // Stirling's series; its error below 1e-12 at 256.
        let x = k as f64;
        x * x.ln() - x + 0.5 * (std::f64::consts::TAU * x).ln() + 1.0 / (12.0 * x)
            - 1.0 / (360.0 * x.powi(3))
    };
    (k as f64 * expected.ln() - expected - log_factorial).exp()
}

/// Sum of the terms from `k` up; they fall because k is above the mean.
fn upper_sum(mut k: u64, expected: f64, mut term: f64) -> f64 {
    let mut sum = 0.0;
    while term > sum * f64::EPSILON {
        sum += term;
        k += 1;
        term *= expected / k as f64;
    }
    sum
}

/// Sum of the terms from `k` down; they fall because k is at or below the mean.
fn lower_sum(mut k: u64, expected: f64, mut term: f64) -> f64 {
    let mut sum = 0.0;
    while term > sum * f64::EPSILON {
        sum += term;
        if k == 0 {
            break;
        }
        term *= k as f64 / expected;
        k -= 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tails_agree_with_figures_worked_out_by_hand() {
        // P(X=0 | 1) = 1/e; P(X<=2 | 2) = 5/e²; P(X>=1 | 1e-6) ≈ 1e-6.
        let e = std::f64::consts::E;
        assert!((tails(0, 1.0).1 - 1.0 / e).abs() < 1e-15);
        assert!((tails(2, 2.0).1 - 5.0 / (e * e)).abs() < 1e-14);
        assert!((tails(1, 1e-6).0 / (1e-6 - 5e-13) - 1.0).abs() < 1e-9);
        assert_eq!(tails(0, 0.0), (1.0, 1.0));
        assert_eq!(tails(3, 0.0), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_two_tails_overlap_in_one_term(observed in 0u64..3000, expected in 1e-9f64..2500.0) {
            let (at_least, at_most) = tails(observed, expected);
            prop_assert!((0.0..=1.0).contains(&at_least) && (0.0..=1.0).contains(&at_most));
            prop_assert!((at_least + at_most - 1.0 - term(observed, expected)).abs() < 1e-9);
        }
    }
}
