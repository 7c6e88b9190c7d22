//! From the similarity of two impressions to the rate at which different fingers reach it.
//!
//! What: a table of -log10 of the false match rate by similarity, one for prints that lie upright and one
//! for prints in any direction (there the best of four turns counts, which chance reaches more often). The
//! table is made by `tanba evaluate finger --calibrate` from comparisons of impressions of different
//! fingers; how, and of what, is in `docs/fingerprints.md` and in the JSON file beside the table.
//!
//! Limits: what was not measured is extrapolated and says so. A table holds for the projection and the
//! kernel versions it names, and for minutiae like those it was made of. The rate is among different
//! persons; it is not the probability that a hit is wrong.
//!
//! A run takes another table with `--calibration`: one made of the registry's own impressions.
//!
//! Looking up is integer arithmetic, rounded down, so that a score is the same on every machine.

use super::finger::Rotation;

/// First bytes of a table.
const MAGIC: &[u8; 8] = b"TANBACAL";

/// Version of the file form.
pub const FORMAT_VERSION: u32 = 1;

/// Steps of a curve.
pub const STEPS: usize = 256;

/// Largest evidence a table states, millibans: a rate below one in 10^15 would be less than one in all
/// pairs of a hundred million fingers with ten million others, and no model is good to that.
pub const MAX_SCORE_MBAN: i32 = 15_000;

/// Bytes of one curve: first similarity, step, last measured similarity, scores.
const CURVE_BYTES: usize = 4 * (3 + STEPS);
/// Bytes before the curves: magic, format, descriptor, gate and pair versions, hash of the projection.
const HEAD_BYTES: usize = 8 + 4 * 4 + 32;
/// Bytes of a table.
pub const TABLE_BYTES: usize = HEAD_BYTES + 2 * CURVE_BYTES;

/// The evidence of one pair of impressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calibrated {
    /// -log10 of the false match rate, millibans, 0 to [`MAX_SCORE_MBAN`].
    pub score_mban: i32,
    /// Whether so many comparisons of different fingers were made that the rate is measured; else it is
    /// extrapolated.
    pub is_measured: bool,
}

/// Why bytes are no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// Not written by `tanba evaluate finger --calibrate`, or cut.
    #[error("not a calibration table: {0}")]
    Malformed(&'static str),
    /// Of another version of the file form.
    #[error("calibration table of format {0}, this program reads {FORMAT_VERSION}")]
    Format(u32),
}

/// What a table was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparator {
    /// [`crate::kernel::minutia::descriptor::DESCRIPTOR_VERSION`].
    pub descriptor_version: u32,
    /// Version of `minutia_gate`.
    pub gate_version: u32,
    /// Version of `minutia_pair`.
    pub pair_version: u32,
    /// BLAKE3 of the projection file.
    pub projection_blake3: [u8; 32],
}

/// Evidence by similarity: at `first + k * step` it is `scores_mban[k]`, straight lines between, 0 below
/// and the last value above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalibrationCurve {
    /// Similarity of the first score; at least 1.
    pub first: i32,
    /// Similarity from one score to the next; at least 1.
    pub step: i32,
    /// Similarities over this are extrapolated.
    pub measured_to: i32,
    /// Never descending, 0 to [`MAX_SCORE_MBAN`].
    pub scores_mban: [i32; STEPS],
}

/// A calibration table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calibration {
    /// What it was made for.
    pub comparator: Comparator,
    /// For prints that lie upright.
    pub upright: CalibrationCurve,
    /// For prints in any direction.
    pub any: CalibrationCurve,
}

impl CalibrationCurve {
    /// Evidence of a similarity.
    pub const fn evidence(&self, similarity: i32) -> Calibrated {
        if similarity < self.first {
            return Calibrated { score_mban: 0, is_measured: true };
        }
        let above = similarity as i64 - self.first as i64;
        let (place, rest) = (above / self.step as i64, above % self.step as i64);
        let score_mban = if place >= STEPS as i64 - 1 {
            self.scores_mban[STEPS - 1]
        } else {
            let (low, high) =
                (self.scores_mban[place as usize], self.scores_mban[place as usize + 1]);
            low + (rest * (high - low) as i64 / self.step as i64) as i32
        };
        Calibrated { score_mban, is_measured: similarity <= self.measured_to }
    }

    /// The least similarity whose evidence is at least `score_mban`; `None` where no similarity has so much.
    pub fn least_similarity(&self, score_mban: i32) -> Option<i32> {
        if self.scores_mban[STEPS - 1] < score_mban {
            return None;
        }
        if score_mban <= 0 {
            return Some(i32::MIN);
        }
        let (mut below, mut at) = (0, self.first + (STEPS as i32 - 1) * self.step);
        while below + 1 < at {
            let middle = below + (at - below) / 2;
            if self.evidence(middle).score_mban >= score_mban {
                at = middle;
            } else {
                below = middle;
            }
        }
        Some(at)
    }

    const fn check(&self) -> Result<(), CalibrationError> {
        if self.first < 1 || self.step < 1 || self.step > 1 << 20 || self.first > 1 << 28 {
            return Err(CalibrationError::Malformed("similarities out of range"));
        }
        let mut place = 0;
        let mut least = 0;
        while place < STEPS {
            let score = self.scores_mban[place];
            if score < least || score > MAX_SCORE_MBAN {
                return Err(CalibrationError::Malformed("scores descend or are out of range"));
            }
            least = score;
            place += 1;
        }
        Ok(())
    }
}

impl Calibration {
    /// The curve for prints that lie so.
    pub const fn curve(&self, rotation: Rotation) -> &CalibrationCurve {
        match rotation {
            Rotation::Upright => &self.upright,
            Rotation::Any => &self.any,
        }
    }

    /// BLAKE3 of the file form, hexadecimal.
    pub fn blake3(&self) -> String {
        blake3::hash(&self.to_bytes()).to_hex().to_string()
    }

    /// Whether this is the table that travels inside the program.
    pub fn is_builtin(&self) -> bool {
        *self == BUILTIN
    }

    /// Reads the file form.
    ///
    /// # Errors
    /// The bytes are no table, or its scores descend.
    pub const fn from_bytes(bytes: &[u8]) -> Result<Calibration, CalibrationError> {
        if bytes.len() != TABLE_BYTES {
            return Err(CalibrationError::Malformed("wrong length"));
        }
        let mut place = 0;
        while place < MAGIC.len() {
            if bytes[place] != MAGIC[place] {
                return Err(CalibrationError::Malformed("no magic"));
            }
            place += 1;
        }
        let format = word(bytes, 8) as u32;
        if format != FORMAT_VERSION {
            return Err(CalibrationError::Format(format));
        }
        let mut projection_blake3 = [0; 32];
        place = 0;
        while place < 32 {
            projection_blake3[place] = bytes[24 + place];
            place += 1;
        }
        let comparator = Comparator {
            descriptor_version: word(bytes, 12) as u32,
            gate_version: word(bytes, 16) as u32,
            pair_version: word(bytes, 20) as u32,
            projection_blake3,
        };
        let upright = curve(bytes, HEAD_BYTES);
        let any = curve(bytes, HEAD_BYTES + CURVE_BYTES);
        if let Err(error) = upright.check() {
            return Err(error);
        }
        match any.check() {
            Ok(()) => Ok(Calibration { comparator, upright, any }),
            Err(error) => Err(error),
        }
    }

    /// The file form: all numbers little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let c = &self.comparator;
        let mut bytes = MAGIC.to_vec();
        for version in [FORMAT_VERSION, c.descriptor_version, c.gate_version, c.pair_version] {
            bytes.extend(version.to_le_bytes());
        }
        bytes.extend(c.projection_blake3);
        for curve in [&self.upright, &self.any] {
            let numbers = [curve.first, curve.step, curve.measured_to];
            bytes.extend(numbers.iter().chain(&curve.scores_mban).flat_map(|n| n.to_le_bytes()));
        }
        bytes
    }
}

/// The number at `place`, which callers have checked.
const fn word(bytes: &[u8], place: usize) -> i32 {
    i32::from_le_bytes([bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]])
}

const fn curve(bytes: &[u8], place: usize) -> CalibrationCurve {
    let mut scores_mban = [0; STEPS];
    let mut step = 0;
    while step < STEPS {
        scores_mban[step] = word(bytes, place + 12 + 4 * step);
        step += 1;
    }
    CalibrationCurve {
        first: word(bytes, place),
        step: word(bytes, place + 4),
        measured_to: word(bytes, place + 8),
        scores_mban,
    }
}

/// The table that travels inside the program. A damaged one does not compile.
#[allow(clippy::panic, reason = "evaluated by the compiler")]
pub static BUILTIN: Calibration =
    match Calibration::from_bytes(include_bytes!("../../datasets/calibration/finger.bin")) {
        Ok(calibration) => calibration,
        Err(_) => panic!("datasets/calibration/finger.bin is no calibration table"),
    };

/// How similarities become evidence: how the impressions lie, and the table.
#[derive(Debug, Clone, Copy)]
pub struct Scale<'c> {
    /// How the impressions lie.
    pub rotation: Rotation,
    /// The table.
    pub calibration: &'c Calibration,
}

impl Scale<'_> {
    /// Evidence of the similarity of two impressions.
    pub const fn evidence(&self, similarity: i32) -> Calibrated {
        self.calibration.curve(self.rotation).evidence(similarity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn builtin(similarity: i32, rotation: Rotation) -> Calibrated {
        Scale { rotation, calibration: &BUILTIN }.evidence(similarity)
    }

    fn straight() -> CalibrationCurve {
        CalibrationCurve {
            first: 1000,
            step: 50,
            measured_to: 5000,
            scores_mban: std::array::from_fn(|k| 20 * k as i32),
        }
    }

    #[test]
    fn evidence_lies_on_straight_lines_rounded_down_and_ends_at_the_last_score() {
        let curve = straight();
        let at = |similarity| curve.evidence(similarity);
        assert_eq!(at(999), Calibrated { score_mban: 0, is_measured: true });
        assert_eq!(at(i32::MIN).score_mban, 0);
        assert_eq!(at(1050).score_mban, 20);
        // 20 + 20 * 49 / 50 = 39.6
        assert_eq!(at(1099).score_mban, 39);
        assert!(at(5000).is_measured && !at(5001).is_measured);
        assert_eq!(at(i32::MAX), Calibrated { score_mban: 255 * 20, is_measured: false });
    }

    #[test]
    fn a_table_comes_back_from_its_bytes_and_any_damage_to_its_form_is_refused() {
        let bytes = BUILTIN.to_bytes();
        assert_eq!(Calibration::from_bytes(&bytes), Ok(BUILTIN));
        assert!(Calibration::from_bytes(&bytes[1..]).is_err());
        assert!(Calibration::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
        let damaged = |place: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[place] = byte;
            Calibration::from_bytes(&bytes)
        };
        assert_eq!(damaged(0, b'X'), Err(CalibrationError::Malformed("no magic")));
        assert_eq!(damaged(8, 9), Err(CalibrationError::Format(9)));
        // The sign of the first score of the first curve.
        assert!(damaged(HEAD_BYTES + 15, 0xff).is_err());
        assert!(damaged(HEAD_BYTES + 7, 0xff).is_err(), "the step");
    }

    #[test]
    fn the_best_of_four_turns_is_worth_less_than_an_upright_comparison() {
        for similarity in (20_000..40_000).step_by(500) {
            let [upright, any] = Rotation::ALL.map(|r| builtin(similarity, r).score_mban);
            assert!(any <= upright + 20, "{similarity}: {upright} upright, {any} in any direction");
        }
    }

    proptest! {
        #[test]
        fn more_similarity_is_never_less_evidence(a in 0i32..60_000, more in 0i32..5_000) {
            for rotation in Rotation::ALL {
                let (low, high) = (builtin(a, rotation), builtin(a + more, rotation));
                prop_assert!(low.score_mban <= high.score_mban);
                prop_assert!(low.is_measured || !high.is_measured);
            }
        }

        #[test]
        fn the_least_similarity_is_the_least(score_mban in 1i32..MAX_SCORE_MBAN) {
            for curve in [&BUILTIN.upright, &BUILTIN.any, &straight()] {
                let Some(least) = curve.least_similarity(score_mban) else {
                    prop_assert!(curve.evidence(i32::MAX).score_mban < score_mban);
                    continue;
                };
                prop_assert!(curve.evidence(least).score_mban >= score_mban);
                prop_assert!(curve.evidence(least - 1).score_mban < score_mban);
            }
        }
    }
}
