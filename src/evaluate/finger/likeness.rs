//! How alike two sets of prints behave under the matcher: mated and non-mated scores, drawn together.
//!
//! What: the full score of every pair inside each database of a set, and a drawing of two sets, one real
//! and one synthetic: distributions above, error rates over the threshold below. Why: synthetic prints
//! are worth what their scores are worth. Limits: the drawing shows what the sets are, it does not test;
//! impressions of ten fingers per database are few, so the tails are rough.

use rayon::prelude::*;
use svg::Document;
use svg::node::element::{Group, Line, Polyline, Rectangle, Text};

use super::Dataset;
use crate::kernel::minutia::Print;
use crate::kernel::minutia::projection::Projection;
use crate::kernel::minutia_pair::reference;

/// Scores of the pairs inside the databases of a set, ascending; the unit is that of
/// [`crate::kernel::minutia_pair::PairScore::similarity`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PairScores {
    /// Of two impressions of one finger.
    pub mated: Vec<i32>,
    /// Of impressions of two fingers of one database.
    pub non_mated: Vec<i32>,
}

impl PairScores {
    /// Scores every pair inside each database of `dataset`.
    pub fn of(dataset: &Dataset, projection: &Projection) -> PairScores {
        let prints: Vec<Print> =
            dataset.prints.par_iter().map(|p| Print::of(&p.minutiae, projection)).collect();
        let labelled: Vec<_> = dataset.prints.iter().zip(&prints).collect();
        let scored = labelled.par_iter().enumerate().flat_map_iter(|(place, (label, print))| {
            let later = labelled.iter().skip(place + 1);
            let inside = later.take_while(|(other, _)| other.database == label.database);
            inside.map(|(other, with)| {
                let score = reference(print.view(), with.view()).similarity;
                (other.finger == label.finger, score)
            })
        });
        let scored: Vec<(bool, i32)> = scored.collect();
        let of = |mated: bool| {
            let mut scores: Vec<i32> =
                scored.iter().filter(|(is, _)| *is == mated).map(|(_, score)| *score).collect();
            scores.sort_unstable();
            scores
        };
        PairScores { mated: of(true), non_mated: of(false) }
    }
}

/// The score below which a share of `scores` (ascending) lies; `None` where there are none.
pub fn quantile(scores: &[i32], share: f64) -> Option<i32> {
    let last = scores.len().checked_sub(1)?;
    scores.get((last as f64 * share.clamp(0.0, 1.0)).round() as usize).copied()
}

/// Similarity per binary order of magnitude.
const UNITS_PER_BIT: f64 = 1024.0;
/// Range drawn, binary orders of magnitude; lower scores stand at its beginning.
const RANGE_BITS: (f64, f64) = (16.0, 34.0);
/// Width of a bin of the distributions.
const BIN_BITS: f64 = 0.5;
/// Lowest error rate drawn, as a decimal order of magnitude.
const LOWEST_RATE: f64 = -4.0;
/// Size of a panel and the space around it, pixels.
const PANEL: (f64, f64) = (640.0, 240.0);
const MARGIN: f64 = 56.0;
const REAL: &str = "#16324f";
const SYNTHETIC: &str = "#d1495b";
const FRAME: &str = "#b0b7bf";

/// The drawing of a real set and a synthetic one; `title` says what they are.
pub fn draw(title: &str, real: &PairScores, synthetic: &PairScores) -> String {
    let (width, height) = (PANEL.0 + 2.0 * MARGIN, 2.0 * PANEL.1 + 4.0 * MARGIN);
    let lower = 2.0 * MARGIN + PANEL.1 + MARGIN / 2.0;
    let mut above = panel("share of pairs", MARGIN, &["0", "20 %", "40 %"]);
    let mut below = panel("error rate", lower, &["1e-4", "1e-3", "1e-2", "0.1", "1"]);
    for (set, colour) in [(real, REAL), (synthetic, SYNTHETIC)] {
        for (scores, dash) in [(&set.mated, "none"), (&set.non_mated, "5 3")] {
            above = above.add(curve(distribution(scores), colour, dash, MARGIN));
        }
        below = below.add(curve(false_non_matches(&set.mated), colour, "none", lower));
        below = below.add(curve(false_matches(&set.non_mated), colour, "5 3", lower));
    }
    let legend = legend(height - 0.6 * MARGIN, real, synthetic);
    Document::new()
        .set("viewBox", (0.0, 0.0, width, height))
        .set("width", width)
        .set("height", height)
        .set("font-family", "sans-serif")
        .set("font-size", 13)
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
        .add(text(MARGIN, 0.5 * MARGIN, title).set("font-size", 15))
        .add(above)
        .add(below)
        .add(legend)
        .to_string()
}

fn text(x: f64, y: f64, content: &str) -> Text {
    Text::new(content).set("x", x).set("y", y).set("fill", REAL)
}

/// Place of a score between the sides of a panel, 0 to 1.
fn across(score: i32) -> f64 {
    let bits = f64::from(score) / UNITS_PER_BIT;
    ((bits - RANGE_BITS.0) / (RANGE_BITS.1 - RANGE_BITS.0)).clamp(0.0, 1.0)
}

/// Share of `scores` per bin, 1 at a share of 40 %.
fn distribution(scores: &[i32]) -> Vec<(f64, f64)> {
    let bins = ((RANGE_BITS.1 - RANGE_BITS.0) / BIN_BITS) as usize;
    let mut counts = vec![0u32; bins];
    for score in scores {
        let bin = ((across(*score) * bins as f64) as usize).min(bins - 1);
        if let Some(count) = counts.get_mut(bin) {
            *count += 1;
        }
    }
    let height = |count: u32| (f64::from(count) / scores.len().max(1) as f64 / 0.4).min(1.0);
    let steps = counts.iter().enumerate();
    steps.map(|(bin, count)| ((bin as f64 + 0.5) / bins as f64, height(*count))).collect()
}

/// Height of a rate on the logarithmic panel, 0 to 1.
fn rate_height(count: usize, all: usize) -> f64 {
    let rate = count.max(1) as f64 / all.max(1) as f64;
    (1.0 - rate.log10() / LOWEST_RATE).clamp(0.0, 1.0)
}

/// Share of mated pairs below each score.
fn false_non_matches(mated: &[i32]) -> Vec<(f64, f64)> {
    let below = mated.iter().enumerate();
    below.map(|(place, score)| (across(*score), rate_height(place + 1, mated.len()))).collect()
}

/// Share of non-mated pairs at each score or above.
fn false_matches(non_mated: &[i32]) -> Vec<(f64, f64)> {
    let all = non_mated.len();
    let above = non_mated.iter().enumerate();
    above.map(|(place, score)| (across(*score), rate_height(all - place, all))).collect()
}

fn curve(points: Vec<(f64, f64)>, colour: &str, dash: &str, top: f64) -> Polyline {
    let place = |(x, y): (f64, f64)| (MARGIN + x * PANEL.0, top + (1.0 - y) * PANEL.1);
    let mut drawn: Vec<String> = Vec::new();
    for point in points {
        let (x, y) = place(point);
        let words = format!("{x:.0},{y:.0}");
        if drawn.last() != Some(&words) {
            drawn.push(words);
        }
    }
    Polyline::new()
        .set("points", drawn.join(" "))
        .set("fill", "none")
        .set("stroke", colour)
        .set("stroke-width", 1.6)
        .set("stroke-dasharray", dash)
}

/// Frame, axes and labels of a panel; `levels` label its height from the bottom at equal distances.
fn panel(name: &str, top: f64, levels: &[&str]) -> Group {
    let bottom = top + PANEL.1;
    let mut group = Group::new().add(
        Rectangle::new()
            .set("x", MARGIN)
            .set("y", top)
            .set("width", PANEL.0)
            .set("height", PANEL.1)
            .set("fill", "none")
            .set("stroke", FRAME),
    );
    group = group.add(text(MARGIN, top - 6.0, name));
    for (level, label) in levels.iter().enumerate() {
        let share = level as f64 / levels.len().saturating_sub(1).max(1) as f64;
        let y = bottom - share * PANEL.1;
        let end = text(MARGIN - 6.0, y + 4.0, label).set("text-anchor", "end").set("font-size", 11);
        let line = Line::new().set("x1", MARGIN).set("x2", MARGIN + PANEL.0);
        group = group
            .add(end)
            .add(line.set("y1", y).set("y2", y).set("stroke", FRAME).set("stroke-width", 0.4));
    }
    let mut bits = RANGE_BITS.0;
    while bits <= RANGE_BITS.1 {
        let x = MARGIN + (bits - RANGE_BITS.0) / (RANGE_BITS.1 - RANGE_BITS.0) * PANEL.0;
        let label = format!("{bits:.0}");
        group = group
            .add(text(x, bottom + 16.0, &label).set("text-anchor", "middle").set("font-size", 11));
        bits += 2.0;
    }
    group.add(text(MARGIN + PANEL.0, bottom + 32.0, "similarity, bits").set("text-anchor", "end"))
}

fn legend(y: f64, real: &PairScores, synthetic: &PairScores) -> Group {
    let words = |name: &str, set: &PairScores| {
        format!("{name}: {} mated, {} non-mated pairs", set.mated.len(), set.non_mated.len())
    };
    let lines = [
        (words("real", real), REAL, MARGIN),
        (words("synthetic", synthetic), SYNTHETIC, MARGIN + 0.5 * PANEL.0),
    ];
    let mut group = Group::new();
    for (words, colour, x) in lines {
        group = group.add(text(x, y, &words).set("fill", colour));
    }
    let note = "solid: mated, false non-match rate; dashed: non-mated, false match rate";
    group.add(text(MARGIN, y + 18.0, note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_stay_in_their_panel_and_rates_run_the_right_way() {
        let scores = [0, 17 << 10, 25 << 10, 30 << 10, 90 << 10];
        for points in [distribution(&scores), false_matches(&scores), false_non_matches(&scores)] {
            let inside = |v: f64| (0.0..=1.0).contains(&v);
            assert!(!points.is_empty() && points.iter().all(|(x, y)| inside(*x) && inside(*y)));
        }
        assert!(false_matches(&scores).windows(2).all(|w| w[0].1 >= w[1].1));
        assert!(false_non_matches(&scores).windows(2).all(|w| w[0].1 <= w[1].1));
        assert_eq!(rate_height(1, 100), 0.5);
    }

    #[test]
    fn a_drawing_of_nothing_is_still_a_drawing() {
        let empty = PairScores::default();
        let drawing = draw("a < b", &empty, &empty);
        assert!(
            drawing.contains("0 mated, 0 non-mated") && drawing.contains("a &lt; b"),
            "{drawing}"
        );
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1, 2, 3], 0.5), Some(2));
    }
}
