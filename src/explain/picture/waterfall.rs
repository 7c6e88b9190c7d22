//! A waterfall: what each locus adds to the score, one below the other, up to the sum, with the threshold.

use svg::node::element::{Group, Rectangle};

use super::{GALLERY, PROBE, Picture, line, picture, round, text};
use crate::explain::Explanation;
use crate::explain::dna::DnaExplanation;
use crate::language::{Message, words};

/// Where bars begin and end, pixels.
const LEFT: f64 = 96.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 64.0;
const ROW: f64 = 20.0;
const WIDTH: f64 = 720.0;

/// A log10 scale between the ends of a drawing.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    fn of(ends: impl Iterator<Item = f64>) -> Scale {
        let (from, to) =
            ends.fold((0.0_f64, 1.0_f64), |(from, to), end| (from.min(end), to.max(end)));
        Scale { from, to }
    }

    fn at(&self, log10: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (log10 - self.from) / (self.to - self.from)
    }

    /// Lines at whole numbers, about eight of them.
    fn lines(&self, bottom: f64) -> Group {
        let step = ((self.to - self.from) / 8.0).ceil().max(1.0);
        let first = (self.from / step).ceil();
        let count = ((self.to / step).floor() - first).clamp(0.0, 16.0) as usize;
        (0..=count).fold(Group::new(), |group, place| {
            let mark = (first + place as f64) * step;
            let x = self.at(mark);
            let number = text(x, TOP - 8.0, &format!("{mark:.0}")).set("text-anchor", "middle");
            let rule = line((x, TOP), (x, bottom)).set("stroke-opacity", 0.18);
            group.add(rule).add(number)
        })
    }

    /// The bar of a locus at `y`, with its numbers.
    fn bar(&self, (locus, added, running): (&str, f64, f64), y: f64) -> Group {
        let is_loss = added < 0.0;
        let before = running - added;
        let (x1, x2) = (self.at(before.min(running)), self.at(before.max(running)));
        let mut bar = Rectangle::new()
            .set("x", round(x1))
            .set("y", round(y + 4.0))
            .set("width", round((x2 - x1).max(0.5)))
            .set("height", ROW - 8.0);
        for (name, value) in if is_loss { GALLERY.stroke() } else { PROBE.fill() } {
            bar = bar.set(name, value);
        }
        if is_loss {
            // Hollow and dashed, so that colour is not all that tells it.
            bar = bar.set("fill", "none").set("stroke-dasharray", "3 2");
        }
        let end = self.at(running);
        let right = |x: f64, content: String| text(x, y + 14.0, &content).set("text-anchor", "end");
        Group::new()
            .add(right(LEFT - 8.0, locus.to_owned()))
            .add(bar)
            .add(line((end, y + ROW - 4.0), (end, y + ROW + 4.0)))
            .add(right(WIDTH - 78.0, format!("{added:+.3}")))
            .add(right(WIDTH - 12.0, format!("{running:.3}")))
    }

    /// The sum at `y`.
    fn sum(&self, log10: f64, y: f64) -> Group {
        let bar = Rectangle::new()
            .set("x", round(self.at(log10.min(0.0))))
            .set("y", round(y + 4.0))
            .set("width", round((self.at(log10) - self.at(0.0)).abs()))
            .set("height", ROW - 8.0)
            .set("fill", "none")
            .set("stroke", "currentColor");
        let bold = |x: f64, content: &str| {
            text(x, y + 14.0, content).set("text-anchor", "end").set("font-weight", "bold")
        };
        Group::new()
            .add(bold(LEFT - 8.0, &words("picture-sum")))
            .add(bar)
            .add(bold(WIDTH - 12.0, &format!("{log10:.3}")))
    }
}

/// The waterfall of a comparison of profiles.
pub(super) fn draw(explanation: &Explanation, dna: &DnaExplanation) -> Picture {
    let rows: Vec<(&str, f64, f64)> = dna
        .loci
        .iter()
        .filter_map(|row| Some((row.locus, row.score_log10?, row.running_log10?)))
        .collect();
    let threshold = explanation.threshold_log10;
    let ends = rows.iter().map(|(_, _, running)| *running);
    let scale = Scale::of(ends.chain([0.0, threshold]));
    let last = TOP + ROW * rows.len() as f64;
    let bottom = last + ROW;
    let (probe, gallery) = (&explanation.probe.record_id, &explanation.gallery.record_id);
    let of_pair = |id: &'static str| Message::new(id).with("probe", probe).with("gallery", gallery);
    let what = of_pair("picture-waterfall-heading").to_string();
    let drawing = Group::new()
        .add(text(12.0, 22.0, &what).set("font-size", 14))
        .add(text(WIDTH - 78.0, TOP - 8.0, &words("picture-adds")).set("text-anchor", "end"))
        .add(text(WIDTH - 12.0, TOP - 8.0, &words("picture-sum")).set("text-anchor", "end"))
        .add(scale.lines(bottom));
    let bars = rows.iter().enumerate();
    let drawing = bars.fold(drawing, |drawing, (place, row)| {
        drawing.add(scale.bar(*row, TOP + ROW * place as f64))
    });
    let label = Message::new("picture-threshold").with("threshold", format!("{threshold:.3}"));
    let x = scale.at(threshold);
    let drawing = drawing
        .add(scale.sum(dna.score_log10, last))
        .add(line((x, TOP - 4.0), (x, bottom + 6.0)).set("stroke-dasharray", "6 4"))
        .add(text(x, bottom + 20.0, &label.to_string()).set("text-anchor", "middle"))
        .add(text(12.0, bottom + 40.0, &words("picture-waterfall-legend")));
    let title = of_pair("picture-waterfall");
    let listed: Vec<String> =
        rows.iter().map(|(locus, added, _)| format!("{locus} {added:+.3}")).collect();
    let told = Message::new("picture-sum-told")
        .with("list", listed.join(", "))
        .with("sum", format!("{:.3}", dna.score_log10))
        .with("threshold", label);
    picture("waterfall".into(), (title, told.to_string()), (WIDTH, bottom + 52.0), drawing)
}
