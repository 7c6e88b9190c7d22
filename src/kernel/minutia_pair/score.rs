//! From the terms of a comparison to its similarity, in binary logarithms.
//!
//! `1.7 log(weight) - 0.55 log(overlap a * overlap b) + 0.4 log(total) - 0.16 log(minutiae a * minutiae b)`
//! less a penalty for rotations between quarter turns, 1024 to the factor 2. The exponents were chosen on
//! training databases (docs/fingerprints.md); the optimum is flat.

/// What a comparison found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Sum of the weights of the paired minutiae, times their qualities.
    pub(super) weight: u32,
    /// Quality of the minutiae of either print in the common region.
    pub(super) overlap: (i32, i32),
    /// Total of the gate, both directions.
    pub(super) total: u32,
    /// Numbers of minutiae.
    pub(super) minutiae: (usize, usize),
    /// Rotation, 1/256 turn.
    pub(super) rotation: u8,
}

/// Fraction bits of a logarithm.
pub(crate) const LOG_BITS: u32 = 10;

/// `round(1024 log2(1 + k/256))`.
pub(crate) static MANTISSAS: std::sync::LazyLock<[i32; 257]> = std::sync::LazyLock::new(|| {
    std::array::from_fn(|k| (1024.0 * (1.0 + k as f64 / 256.0).log2()).round() as i32)
});

/// Binary logarithm of `value` (at least 1), times 1024.
fn log2(value: u32) -> i32 {
    let value = value.max(1);
    let exponent = 31 - value.leading_zeros();
    let fraction = ((u64::from(value) << 32 >> exponent) & 0xffff_ffff) as u32;
    let (step, rest) = ((fraction >> 24) as usize, (fraction >> 16 & 255) as i32);
    let (low, high) = (MANTISSAS[step], MANTISSAS[step + 1]);
    ((exponent as i32) << LOG_BITS) + low + ((high - low) * rest + 128) / 256
}

/// Exponent of the weight, in hundredths as all of them.
pub(crate) const WEIGHT_PERCENT: i32 = 170;

/// Exponent of the qualities in the common region, as a divisor.
pub(crate) const OVERLAP_PERCENT: i32 = 55;

/// Exponent of the total of the gate.
pub(crate) const TOTAL_PERCENT: i32 = 40;

/// Exponent of the numbers of minutiae, as a divisor.
pub(crate) const MINUTIAE_PERCENT: i32 = 16;

/// Penalty for a rotation away from the nearest quarter turn, by its square in 1/256 turn:
/// 0.2 (away / 30 degrees)^2 nepers are 65 per cent of 1024 for 21.3 units squared.
pub(crate) const AWAY_PERCENT: i32 = 65;

/// The similarity; 0 for a comparison without weight.
pub(super) fn similarity(terms: &Terms) -> i32 {
    if terms.weight == 0 || terms.total == 0 {
        return 0;
    }
    // Away from the nearest quarter turn, 1/256 turn: 0 to 32.
    let within = i32::from(terms.rotation & 63);
    let away = within.min(64 - within);
    let overlap = log2(terms.overlap.0.max(1) as u32) + log2(terms.overlap.1.max(1) as u32);
    let minutiae = log2(terms.minutiae.0 as u32) + log2(terms.minutiae.1 as u32);
    let sum = WEIGHT_PERCENT * log2(terms.weight) - OVERLAP_PERCENT * overlap
        + TOTAL_PERCENT * log2(terms.total)
        - MINUTIAE_PERCENT * minutiae
        - AWAY_PERCENT * away * away;
    (sum / 100).max(1)
}
