//! A waterfall: what each locus adds to the score, one below the other, up to the sum, with the threshold.

use svg::node::element::{Group, Rectangle};

use super::{GALLERY, PROBE, Picture, line, picture, round, text};
use crate::explain::Explanation;
use crate::explain::dna::DnaExplanation;

/// Where bars begin and end, pixels.
const LEFT: f64 = 96.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 64.0;
const ROW: f64 = 20.0;
const WIDTH: f64 = 720.0;

/// The waterfall of a comparison of profiles.
pub(super) fn draw(explanation: &Explanation, dna: &DnaExplanation) -> Picture {
    let rows: Vec<(&str, f64, f64)> = dna
        .loci
        .iter()
        .filter_map(|row| Some((row.locus, row.score_log10?, row.running_log10?)))
        .collect();
    let ends = rows.iter().map(|(_, _, running)| *running);
    let ends = ends.chain([0.0, explanation.threshold_log10]);
    let (from, to) = ends.fold((0.0_f64, 1.0_f64), |(from, to), end| (from.min(end), to.max(end)));
    let at = |log10: f64| LEFT + (RIGHT - LEFT) * (log10 - from) / (to - from);
    let bottom = TOP + ROW * (rows.len() as f64 + 1.0);
    let (probe, gallery) = (&explanation.probe.record_id, &explanation.gallery.record_id);
    let what = format!("{probe} and {gallery}: log10 of the likelihood ratio, locus by locus");
    let mut drawing = Group::new().add(text(12.0, 22.0, &what).set("font-size", 14));
    let step = ((to - from) / 8.0).ceil().max(1.0);
    let mut mark = (from / step).ceil() * step;
    while mark <= to {
        let x = at(mark);
        let number = text(x, TOP - 8.0, &format!("{mark:.0}")).set("text-anchor", "middle");
        let rule = line((x, TOP), (x, bottom)).set("stroke-opacity", 0.18);
        drawing = drawing.add(rule).add(number);
        mark += step;
    }
    for (place, (locus, added, running)) in rows.iter().enumerate() {
        let y = TOP + ROW * place as f64;
        let before = running - added;
        let accent = if *added < 0.0 { GALLERY } else { PROBE };
        let (x1, x2) = (at(before.min(*running)), at(before.max(*running)));
        let mut bar = Rectangle::new()
            .set("x", round(x1))
            .set("y", round(y + 4.0))
            .set("width", round((x2 - x1).max(0.5)))
            .set("height", ROW - 8.0);
        for (name, value) in accent.paint(if *added < 0.0 { "stroke" } else { "fill" }) {
            bar = bar.set(name, value);
        }
        if *added < 0.0 {
            // Hollow and dashed, so that colour is not all that tells it.
            bar = bar.set("fill", "none").set("stroke-dasharray", "3 2");
        }
        let added_text = text(WIDTH - 78.0, y + 14.0, &format!("{added:+.3}"));
        let running_text = text(WIDTH - 12.0, y + 14.0, &format!("{running:.3}"));
        drawing = drawing
            .add(text(LEFT - 8.0, y + 14.0, locus).set("text-anchor", "end"))
            .add(bar)
            .add(line((at(*running), y + ROW - 4.0), (at(*running), y + ROW + 4.0)))
            .add(added_text.set("text-anchor", "end"))
            .add(running_text.set("text-anchor", "end"));
    }
    let y = TOP + ROW * rows.len() as f64;
    let mut sum = Rectangle::new()
        .set("x", round(at(dna.score_log10.min(0.0))))
        .set("y", round(y + 4.0))
        .set("width", round((at(dna.score_log10) - at(0.0)).abs()))
        .set("height", ROW - 8.0);
    sum = sum.set("fill", "none").set("stroke", "currentColor");
    let threshold = at(explanation.threshold_log10);
    let label = format!("threshold {:.3}", explanation.threshold_log10);
    drawing = drawing
        .add(text(LEFT - 8.0, y + 14.0, "sum").set("text-anchor", "end").set("font-weight", "bold"))
        .add(sum)
        .add(
            text(WIDTH - 12.0, y + 14.0, &format!("{:.3}", dna.score_log10))
                .set("text-anchor", "end")
                .set("font-weight", "bold"),
        )
        .add(line((threshold, TOP - 4.0), (threshold, bottom + 6.0)).set("stroke-dasharray", "6 4"))
        .add(text(threshold, bottom + 20.0, &label).set("text-anchor", "middle"))
        .add(text(WIDTH - 78.0, TOP - 8.0, "adds").set("text-anchor", "end"))
        .add(text(WIDTH - 12.0, TOP - 8.0, "sum").set("text-anchor", "end"));
    let legend = "dashed, hollow bars take away; the dashed line is the least score of a hit";
    drawing = drawing.add(text(12.0, bottom + 40.0, legend));
    let title = format!("Likelihood ratio by locus: {probe} and {gallery}");
    let listed: Vec<String> =
        rows.iter().map(|(locus, added, _)| format!("{locus} {added:+.3}")).collect();
    let sum = dna.score_log10;
    let description = format!("{}; sum {sum:.3}; {label}", listed.join(", "));
    picture("waterfall".into(), (title, description), (WIDTH, bottom + 52.0), drawing)
}
