//! Pattern classes of the ten fingers in natural frequencies, and the orientation field of each.
//!
//! Frequencies per finger are rounded from the kind of table that Cummins and Midlo (1943, "Finger
//! prints, palms and soles") made known: whorls favour thumbs and ring fingers, arches and radial loops
//! index fingers, ulnar loops little fingers. Over all fingers: 65 % loops, 30 % whorls, 5 % arches.
//! The fingers of one person go together: each draws a normal score of which the person, the pair of
//! homologous fingers and the finger itself have a share; a low score is an arch, a high one a whorl.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::arithmetic::normal;
use super::field::{Field, Hump, SingularPoint, Wave};

/// Pattern class of a finger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Ridges rise to a hump and fall again; no singular point.
    Arch,
    /// A loop open towards the little finger.
    UlnarLoop,
    /// A loop open towards the thumb.
    RadialLoop,
    /// Two cores between two deltas.
    Whorl,
}

/// Per mille of arches, radial loops and whorls by finger, thumb to little; the rest are ulnar loops.
const PER_MILLE: [(f64, f64, f64); 5] = [
    (30.0, 4.0, 420.0),
    (100.0, 180.0, 320.0),
    (70.0, 25.0, 190.0),
    (25.0, 12.0, 430.0),
    (15.0, 4.0, 140.0),
];

/// Shares of the person and of the pair of homologous fingers in the variance of the pattern score;
/// the finger's own is the rest.
const PERSON_SHARE: f64 = 0.45;
const PAIR_SHARE: f64 = 0.25;

/// Classes of the ten fingers of a person, in the order of positions 1 to 10.
pub(super) fn patterns(rng: &mut ChaCha8Rng) -> [Pattern; 10] {
    let person = normal(rng);
    let mut patterns = [Pattern::UlnarLoop; 10];
    for finger in 0..5 {
        let pair = normal(rng);
        for hand in [0, 5] {
            let own = (1.0 - PERSON_SHARE - PAIR_SHARE).sqrt() * normal(rng);
            let score = PERSON_SHARE.sqrt() * person + PAIR_SHARE.sqrt() * pair + own;
            patterns[finger + hand] = class(finger, score, rng.random::<f64>());
        }
    }
    patterns
}

/// Class of `finger` (0 thumb to 4 little) at a normal `score`; among loops `side`, uniform, decides.
fn class(finger: usize, score: f64, side: f64) -> Pattern {
    let (arch, radial, whorl) = PER_MILLE[finger.min(4)];
    let rank = normal_rank(score) * 1000.0;
    if rank < arch {
        Pattern::Arch
    } else if rank >= 1000.0 - whorl {
        Pattern::Whorl
    } else if side * (1000.0 - arch - whorl) < radial {
        Pattern::RadialLoop
    } else {
        Pattern::UlnarLoop
    }
}

/// Share of a standard normal distribution below `score`; the logistic approximation of Bowling et al.
/// (2009), off by less than 0.0002.
fn normal_rank(score: f64) -> f64 {
    1.0 / (1.0 + super::arithmetic::exp(-score * (1.5976 + 0.070_565_992 * score * score)))
}

/// Draws the orientation field of a finger of `pattern`, `scale` times as large as the average. Fields
/// are those of the right hand, where the little finger is to the right; a left hand is its mirror.
pub(super) fn field(pattern: Pattern, left_hand: bool, scale: f64, rng: &mut ChaCha8Rng) -> Field {
    let mut field = Field {
        mirrored: left_hand,
        waves: waves(scale, rng),
        rounding: (6e-4 + 1.5e-4 * normal(rng)) / scale,
        ..Field::default()
    };
    let mut around = |mean: f64, spread: f64| scale * (mean + spread * normal(rng));
    match pattern {
        Pattern::Arch => {
            let (x, y, width) = (around(0.0, 12.0), around(-30.0, 20.0), around(95.0, 12.0));
            let slope = (around(0.9, 0.3) / scale).max(0.3);
            field.hump = Some(Hump { x, y, slope, width: width.max(40.0 * scale) });
        }
        Pattern::UlnarLoop | Pattern::RadialLoop => {
            // A loop open to the right has its delta on the left.
            let side = if pattern == Pattern::UlnarLoop { -1.0 } else { 1.0 };
            let core = (around(0.0, 14.0), around(15.0, 20.0));
            let away =
                (around(82.0, 24.0).max(12.0 * scale), around(-122.0, 25.0).min(-30.0 * scale));
            field.singular = vec![
                point(core.0, core.1, 1.0, rng),
                point(core.0 + side * away.0, core.1 + away.1, -1.0, rng),
            ];
        }
        Pattern::Whorl => {
            let middle = (around(0.0, 14.0), around(10.0, 20.0));
            let half = around(20.0, 12.0).abs().max(4.0 * scale);
            let lean = around(0.0, 10.0);
            let deltas = [
                (-around(105.0, 22.0).max(45.0 * scale), around(-115.0, 25.0).min(-40.0 * scale)),
                (around(105.0, 22.0).max(45.0 * scale), around(-115.0, 25.0).min(-40.0 * scale)),
            ];
            field.singular = vec![
                point(middle.0 + lean, middle.1 + half, 1.0, rng),
                point(middle.0 - lean, middle.1 - half, 1.0, rng),
            ];
            for (x, y) in deltas {
                field.singular.push(point(middle.0 + x, middle.1 + y, -1.0, rng));
            }
        }
    }
    field
}

/// A singular point with a bend around the average: for cores such that the ridges above are round.
fn point(x: f64, y: f64, sign: f64, rng: &mut ChaCha8Rng) -> SingularPoint {
    let mut bend = [0.0; 4];
    for (order, amplitude) in bend.iter_mut().enumerate() {
        *amplitude = 0.02 / (1 + order / 2) as f64 * normal(rng);
    }
    if sign > 0.0 {
        bend[0] -= 0.1;
    }
    SingularPoint { x, y, sign, bend }
}

/// Three long waves of a few degrees.
fn waves(scale: f64, rng: &mut ChaCha8Rng) -> Vec<Wave> {
    (0..3)
        .map(|_| {
            let length = scale * (220.0 + 300.0 * rng.random::<f64>());
            let (sine, cosine) = super::arithmetic::sin_cos(rng.random());
            Wave {
                kx: cosine / length,
                ky: sine / length,
                phase: rng.random(),
                amplitude: 0.008 * normal(rng),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn classes_come_in_natural_frequencies_and_go_together_in_a_person() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let persons = 6000;
        let (mut counts, mut equal_pairs, mut equal_others) = ([0u32; 4], 0, 0);
        let (mut radial_index, mut radial_little) = (0, 0);
        for _ in 0..persons {
            let own = patterns(&mut rng);
            let other = patterns(&mut rng);
            for finger in 0..5 {
                equal_pairs += u32::from(own[finger] == own[finger + 5]);
                equal_others += u32::from(own[finger] == other[finger + 5]);
            }
            radial_index += u32::from(own[1] == Pattern::RadialLoop);
            radial_little += u32::from(own[4] == Pattern::RadialLoop);
            own.iter().for_each(|pattern| counts[*pattern as usize] += 1);
        }
        let share = |count: u32| f64::from(count) / f64::from(persons * 10);
        assert!((share(counts[0]) - 0.05).abs() < 0.01, "{counts:?}");
        assert!((share(counts[1] + counts[2]) - 0.65).abs() < 0.02, "{counts:?}");
        assert!((share(counts[3]) - 0.30).abs() < 0.02, "{counts:?}");
        assert!(radial_index > 10 * radial_little);
        assert!(
            f64::from(equal_pairs) > 1.2 * f64::from(equal_others),
            "{equal_pairs} {equal_others}"
        );
    }

    #[test]
    fn the_rank_of_a_normal_score_is_its_share() {
        for (score, rank) in [(0.0, 0.5), (1.0, 0.8413), (-1.0, 0.1587), (2.0, 0.9772)] {
            assert!((normal_rank(score) - rank).abs() < 3e-4);
        }
    }
}
