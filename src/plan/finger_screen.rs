//! The screen of a search of fingerprints: how high the sum of the gate's scores must be for a pair to be
//! compared in full.
//!
//! A stage of the screen lets a fixed share of the search's own comparisons pass (its penetration). The
//! score at which that share is reached is measured on a sample of those comparisons, because it
//! depends on the people, the scanner and the extractor. The sample is a fixed selection of the records,
//! so the screen depends on the records alone. Searches of few comparisons are not screened.
//!
//! Limits: the screen loses mates; docs/hits.md says how many on a synthetic registry.

use serde::{Deserialize, Serialize};

use super::finger_side::{FingerPlace, FingerSide, SCREENING_ORDER, mirror};
use crate::device::cpu::CpuDevice;
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate;
use crate::kernel::minutia_pair::quarter_turns;

/// Version of the screen. It decides which pairs are compared in full, so another one may bring other hits.
///
/// 2: stage 2 of the gate for a share of the first fingers alone; sums given up on the way.
pub const SCREEN_VERSION: u32 = 2;

/// Shares of comparisons that pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penetration {
    /// Of a single finger, by the excess of its strengths: of the others the gate's stage 2 is not run.
    pub excess: f64,
    /// Of a single finger across the hands, before its counterpart is looked at.
    pub first_across: f64,
    /// Of the sum of the first two fingers, or of the only one.
    pub first_fingers: f64,
    /// The same across the hands.
    pub across_fingers: f64,
    /// Of the sum of the first three fingers, where there are more.
    pub three_fingers: f64,
    /// Of the sum of the first five fingers, where there are more.
    pub five_fingers: f64,
    /// Of the sum of all fingers.
    pub all_fingers: f64,
    /// Of a mark with one impression.
    pub mark: f64,
    /// Comparisons that may always pass a stage: a search of no more is not screened at all.
    pub always: f64,
}

impl Default for Penetration {
    fn default() -> Self {
        Penetration {
            excess: 0.25,
            first_across: 0.06,
            first_fingers: 0.03,
            across_fingers: 0.01,
            three_fingers: 0.01,
            five_fingers: 0.003,
            all_fingers: 0.0003,
            mark: 0.02,
            always: 2000.0,
        }
    }
}

/// Records of either side in the sample, of searches up to and beyond so many comparisons.
const SAMPLE_RECORDS: [usize; 2] = [192, 512];
const MANY_COMPARISONS: u64 = 100_000_000;
/// Records of either side whose excesses are sampled.
const EXCESS_RECORDS: usize = 64;
/// Marks and records in the sample of a search of marks.
const SAMPLE_MARKS: (usize, usize) = (64, 128);

/// Minutiae of a print of the first fingers. The cost of the gate grows with their square.
pub const FIRST_MINUTIAE: usize = 24;

/// Minutiae of a print that is compared across the hands: few records have them exchanged, and these
/// have two fingers to show it.
pub const ACROSS_MINUTIAE: usize = 20;

/// Fingers whose sums are screened: the ten, in the order of screening.
pub const MAX_SCREENED: usize = 10;

/// Least sums of gate scores, by stage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Screen {
    /// Least excess of a finger, and of one across the hands; below, it counts 0.
    pub excess: i32,
    /// See [`Self::excess`].
    pub excess_across: i32,
    /// Of the first finger where a pair has one in common, and of the first two.
    pub first_fingers: [i32; 2],
    /// Of the first finger of two across the hands.
    pub first_across: i32,
    /// Of the first finger across the hands where a pair has one, and of the first two.
    pub across_fingers: [i32; 2],
    /// Of the first fingers where there are more, by their number less one.
    pub on_the_way: [i32; MAX_SCREENED],
    /// Of all fingers, by their number less one.
    pub all_fingers: [i32; MAX_SCREENED],
    /// Of a mark with one impression, in the best of four quarter turns.
    pub mark: i32,
}

/// A side's records spread evenly over their order.
fn spread(side: &FingerSide, count: usize) -> Vec<&FingerPlace> {
    let step = side.records.len().div_ceil(count).max(1);
    side.records.iter().step_by(step).collect()
}

/// The value that a `share` of `values` reaches; the least there is where all may pass.
fn quantile(values: &mut [i32], share: f64) -> i32 {
    let rank = (values.len() as f64 * share) as usize;
    if share >= 1.0 || rank >= values.len() {
        return i32::MIN;
    }
    values.sort_unstable_by(|a, b| b.cmp(a));
    // A score of 0 is no evidence at all: it would let everything pass.
    values[rank].max(1)
}

impl Penetration {
    /// What a share becomes in a search of so many comparisons.
    pub(super) fn at_least(&self, share: f64, comparisons: u64) -> f64 {
        share.max(self.always / comparisons.max(1) as f64)
    }
}

impl Screen {
    /// The screen of a search of records by position.
    pub fn of_positions(
        device: &CpuDevice,
        (probes, gallery): (&FingerSide, &FingerSide),
        comparisons: u64,
        penetration: Penetration,
    ) -> Screen {
        let first = penetration.at_least(penetration.first_fingers, comparisons);
        if first >= 1.0 {
            return Screen::open();
        }
        let records = SAMPLE_RECORDS[usize::from(comparisons > MANY_COMPARISONS)];
        let sides = (probes, gallery);
        let share = penetration.at_least(penetration.excess, comparisons);
        let [excess, excess_across] = [Fingers::First, Fingers::Across]
            .map(|fingers| quantile(&mut sampled_excesses(sides, fingers), share));
        let sample = |fingers, excess| sampled_sums(device, sides, records, (fingers, excess));
        let [mut single, mut double] = first_two(&sample(Fingers::First, excess));
        let [mut single_across, mut double_across] =
            first_two(&sample(Fingers::Across, excess_across));
        let mut all: [Vec<i32>; MAX_SCREENED] = Default::default();
        for sums in sample(Fingers::All, 0) {
            for (place, value) in sums.iter().enumerate().take(MAX_SCREENED) {
                all[place].push(*value);
            }
        }
        let across = penetration.at_least(penetration.first_across, comparisons);
        let both_across = penetration.at_least(penetration.across_fingers, comparisons);
        let every = penetration.at_least(penetration.all_fingers, comparisons);
        let mut on_the_way = [i32::MIN; MAX_SCREENED];
        for (count, share) in [(3, penetration.three_fingers), (5, penetration.five_fingers)] {
            let share = penetration.at_least(share, comparisons);
            on_the_way[count - 1] = quantile(&mut all[count - 1], share);
        }
        let mut count = 0;
        let all_fingers = all.map(|mut sums| {
            count += 1;
            // Little new is known of pairs with no more than two fingers in common.
            quantile(&mut sums, if count <= 2 { first } else { every })
        });
        Screen {
            excess,
            excess_across,
            first_fingers: [quantile(&mut single, first), quantile(&mut double, first)],
            first_across: quantile(&mut single_across, across),
            across_fingers: [
                quantile(&mut single_across, both_across),
                quantile(&mut double_across, both_across),
            ],
            on_the_way,
            all_fingers,
            mark: i32::MIN,
        }
    }

    /// The screen of a search of marks.
    pub fn of_marks(
        device: &CpuDevice,
        (probes, gallery): (&FingerSide, &FingerSide),
        comparisons: u64,
        penetration: Penetration,
    ) -> Screen {
        let share = penetration.at_least(penetration.mark, comparisons);
        if share >= 1.0 {
            return Screen::open();
        }
        let marks = spread(probes, SAMPLE_MARKS.0);
        let turned: Vec<[Print; 4]> = marks
            .iter()
            .filter_map(|mark| probes.prints(mark).next())
            .map(|(_, print)| quarter_turns(print.to_print()))
            .collect();
        let views: Vec<PrintView<'_>> = turned.iter().flatten().map(Print::view).collect();
        let others: Vec<PrintView<'_>> = spread(gallery, SAMPLE_MARKS.1)
            .into_iter()
            .flat_map(|record| gallery.prints(record).map(|(_, print)| print))
            .collect();
        let mut scores = vec![0; views.len() * others.len()];
        device.minutia_gate(&device.minutia_batch(&views), &others, 0, &mut scores);
        let best_turn = |mark: usize, other: usize| {
            let turns = (0..4).map(|turn| scores[(4 * mark + turn) * others.len() + other]);
            turns.max().unwrap_or(0)
        };
        let mut best: Vec<i32> = (0..turned.len())
            .flat_map(|mark| (0..others.len()).map(move |other| (mark, other)))
            .map(|(mark, other)| best_turn(mark, other))
            .collect();
        Screen { mark: quantile(&mut best, share), ..Screen::open() }
    }

    /// A screen that everything passes.
    pub fn open() -> Screen {
        Screen {
            excess: i32::MIN,
            excess_across: i32::MIN,
            first_fingers: [i32::MIN; 2],
            first_across: i32::MIN,
            across_fingers: [i32::MIN; 2],
            on_the_way: [i32::MIN; MAX_SCREENED],
            all_fingers: [i32::MIN; MAX_SCREENED],
            mark: i32::MIN,
        }
    }
}

/// Which fingers of a pair are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fingers {
    /// The first two in common, as they are screened.
    First,
    /// The first two with the same fingers of the other hand, as they are screened.
    Across,
    /// All in common, with all minutiae.
    All,
}

impl Fingers {
    /// Minutiae of a print.
    const fn minutiae(self) -> usize {
        match self {
            Fingers::First => FIRST_MINUTIAE,
            Fingers::Across => ACROSS_MINUTIAE,
            Fingers::All => usize::MAX,
        }
    }

    /// Fingers of a pair.
    const fn most(self) -> usize {
        match self {
            Fingers::First | Fingers::Across => 2,
            Fingers::All => MAX_SCREENED,
        }
    }

    /// The place that `place` is compared with.
    fn other(self, place: u8) -> Option<u8> {
        match self {
            Fingers::Across => (place <= 10).then(|| mirror(place)),
            Fingers::First | Fingers::All => Some(place),
        }
    }
}

/// Running sums of one finger, and of two.
fn first_two(sums: &[Vec<i32>]) -> [Vec<i32>; 2] {
    [0, 1].map(|place| sums.iter().filter_map(|sums| sums.get(place).copied()).collect())
}

/// The excess of the first finger that each pair of sampled records has.
fn sampled_excesses((probes, gallery): (&FingerSide, &FingerSide), fingers: Fingers) -> Vec<i32> {
    let (rows, columns) = (spread(probes, EXCESS_RECORDS), spread(gallery, EXCESS_RECORDS));
    let of_pair = |(a, b): (&FingerPlace, &FingerPlace)| {
        let is_across = fingers == Fingers::Across;
        let set = if is_across { b.positions.mirrored() } else { b.positions };
        let place = a.positions.common(set).in_order().next()?;
        let a = probes.screened_print(a, place, fingers.minutiae());
        let b = gallery.screened_print(b, fingers.other(place)?, fingers.minutiae());
        Some(minutia_gate::excess(a.view(), b.view()))
    };
    let pairs = rows.iter().flat_map(|a| columns.iter().map(move |b| (*a, *b)));
    let is_itself =
        |(a, b): &(&FingerPlace, &FingerPlace)| probes.record_id(a) == gallery.record_id(b);
    pairs.filter(|pair| !is_itself(pair)).filter_map(of_pair).collect()
}

/// For each pair of sampled records the running sums of the gate's scores over their `fingers`, in the
/// order of screening, with a least excess.
fn sampled_sums(
    device: &CpuDevice,
    (probes, gallery): (&FingerSide, &FingerSide),
    records: usize,
    (fingers, least_excess): (Fingers, i32),
) -> Vec<Vec<i32>> {
    let (rows, columns) = (spread(probes, records), spread(gallery, records));
    let mut sums: Vec<Vec<i32>> = vec![Vec::new(); rows.len() * columns.len()];
    let most = fingers.most();
    for (place, other) in SCREENING_ORDER.iter().filter_map(|p| Some((*p, fingers.other(*p)?))) {
        // The pairs of a record with itself stay empty.
        if sums.iter().filter(|list| list.len() < most).count() <= rows.len() {
            break;
        }
        let of = |side: &FingerSide, list: &[&FingerPlace], place| -> (Vec<usize>, Vec<Print>) {
            let has = list.iter().enumerate().filter(|(_, r)| r.positions.contains(place));
            has.map(|(n, r)| (n, side.screened_print(r, place, fingers.minutiae()))).unzip()
        };
        let ((p, a), (g, b)) = (of(probes, &rows, place), of(gallery, &columns, other));
        let [a, b] = [&a, &b].map(|prints| prints.iter().map(Print::view).collect::<Vec<_>>());
        let mut scores = vec![0; a.len() * b.len()];
        device.minutia_gate(&device.minutia_batch(&a), &b, least_excess, &mut scores);
        for (i, row) in p.iter().enumerate() {
            for (j, column) in g.iter().enumerate() {
                let list = &mut sums[row * columns.len() + column];
                let is_itself =
                    || probes.record_id(rows[*row]) == gallery.record_id(columns[*column]);
                if list.len() < most && !is_itself() {
                    let before = list.last().copied().unwrap_or(0);
                    list.push(before + scores[i * b.len() + j]);
                }
            }
        }
    }
    sums.retain(|list| !list.is_empty());
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_lets_its_share_pass_and_never_a_score_of_nothing() {
        let mut values: Vec<i32> = (1..=1000).collect();
        assert_eq!(quantile(&mut values, 0.01), 990);
        assert_eq!(values.iter().filter(|v| **v > 990).count(), 10);
        assert_eq!(quantile(&mut [0; 100], 0.5), 1);
        assert_eq!(quantile(&mut values, 1.0), i32::MIN);
        assert_eq!(quantile(&mut [], 0.1), i32::MIN);
    }

    #[test]
    fn a_search_of_few_comparisons_is_not_screened() {
        let penetration = Penetration::default();
        assert!(penetration.at_least(0.003, 500) >= 1.0);
        assert!(penetration.at_least(0.003, 1_000_000_000) <= 0.003);
    }
}
