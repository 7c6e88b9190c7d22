//! Two impressions side by side; paired minutiae are filled and bear the number of their pair on either side.

use svg::node::element::{Circle, Group, Polygon, Rectangle};

use super::{
    Accent, GALLERY, LINE, PROBE, Picture, legend, line, lines_at, picture, round, text, width_of,
};
use crate::explain::Explanation;
use crate::explain::finger::{CorrespondenceType, FingerRow, MinutiaRow, PairRow};
use crate::language::{Message, word, words};

/// Pixels drawn for one at 500 dpi.
const SCALE: f64 = 1.0;
const MARGIN: f64 = 26.0;
const TOP: f64 = 74.0;
const STROKE: f64 = 13.0;
const MIN_PANEL: f64 = 280.0;

/// The picture of two impressions; `number` is their place among those of the hit.
pub(super) fn draw(explanation: &Explanation, row: &FingerRow, number: usize) -> Picture {
    let left = Panel::of(&row.probe_minutiae);
    let right = Panel::of(&row.gallery_minutiae);
    let (probe, gallery) = (&explanation.probe.record_id, &explanation.gallery.record_id);
    let heading = |id: &str, position: &str, impression: &str| {
        let print = Message::new("picture-print").with("record", id);
        let print = print.with("position", word("position", position));
        print.with("impression", word("impression", impression)).to_string()
    };
    let headings = [
        heading(probe, row.probe_position, row.probe_impression),
        heading(gallery, row.gallery_position, row.gallery_impression),
    ];
    // The second begins where the first and its heading end.
    let first = left.width.max(width_of(&headings[0], 12.0));
    let second = MARGIN + first + 2.0 * MARGIN;
    let title = Message::new("picture-prints")
        .with("probe", probe)
        .with("at", word("position", row.probe_position))
        .with("gallery", gallery)
        .with("where", word("position", row.gallery_position));
    let shown = Message::new("picture-prints-paired")
        .with("title", title.clone())
        .with("count", Message::data(row.pairs.len()));
    let heading = shown.to_string();
    let width = (second + right.width.max(width_of(&headings[1], 12.0)) + MARGIN)
        .max(620.0)
        .max(2.0 * MARGIN + width_of(&heading, 14.0));
    let lines = legend(&words("picture-prints-legend"), width - 2.0 * MARGIN);
    let height = TOP + left.height.max(right.height) + 48.0 + LINE * lines.len() as f64;
    let drawing = Group::new()
        .add(text(MARGIN, 24.0, &heading).set("font-size", 14))
        .add(text(MARGIN, 48.0, &headings[0]))
        .add(text(second, 48.0, &headings[1]))
        .add(left.draw(MARGIN, PROBE))
        .add(right.draw(second, GALLERY))
        .add(lines_at(MARGIN, height - 14.0, &lines));
    let name = format!("prints-{number:02}-{}-{}", row.probe_position, row.gallery_position);
    let told = told(row, shown).to_string();
    picture(name, (title, told), (width, height), drawing)
}

/// The pairs in words.
fn told(row: &FingerRow, shown: Message) -> Message {
    let pair = |pair: &PairRow| {
        Message::new("picture-pair-told")
            .with("number", Message::data(pair.number))
            .with("code", pair.correspondence.code())
            .with("distance", format!("{:.1}", pair.distance_px))
            .with("degrees", format!("{:.0}", pair.direction_difference_deg))
    };
    let told = match row.quarter_turns {
        0 => Message::new("picture-prints-told"),
        turns => Message::new("picture-prints-turned-told").with("turns", Message::data(turns)),
    };
    told.with("shown", shown)
        .with("score", Message::data(row.score_mban))
        .with("pairs", Message::List(row.pairs.iter().map(pair).collect(), "; "))
}

struct Panel<'a> {
    minutiae: &'a [MinutiaRow],
    least: (i16, i16),
    most_y: i16,
    width: f64,
    height: f64,
}

impl Panel<'_> {
    fn of(minutiae: &[MinutiaRow]) -> Panel<'_> {
        let xs = || minutiae.iter().map(|minutia| minutia.x_px);
        let ys = || minutiae.iter().map(|minutia| minutia.y_px);
        let least = (xs().min().unwrap_or(0), ys().min().unwrap_or(0));
        let most = (xs().max().unwrap_or(0), ys().max().unwrap_or(0));
        let size = |from: i16, to: i16| SCALE * (f64::from(to) - f64::from(from)) + 2.0 * MARGIN;
        Panel {
            minutiae,
            least,
            most_y: most.1,
            width: size(least.0, most.0).max(MIN_PANEL),
            height: size(least.1, most.1),
        }
    }

    fn draw(&self, left: f64, accent: Accent) -> Group {
        let frame = Rectangle::new()
            .set("x", round(left))
            .set("y", TOP - 14.0)
            .set("width", round(self.width))
            .set("height", round(self.height))
            .set("fill", "none")
            .set("stroke", "currentColor")
            .set("stroke-opacity", 0.3);
        let place = |minutia: &MinutiaRow| {
            let x = f64::from(minutia.x_px) - f64::from(self.least.0);
            let y = f64::from(self.most_y) - f64::from(minutia.y_px);
            (left + MARGIN + SCALE * x, TOP - 14.0 + MARGIN + SCALE * y)
        };
        // What is not paired first, so that numbers lie on top.
        let (paired, others): (Vec<&MinutiaRow>, Vec<&MinutiaRow>) =
            self.minutiae.iter().partition(|minutia| minutia.pair.is_some());
        let all = others.into_iter().chain(paired);
        all.fold(Group::new().add(frame), |group, minutia| {
            group.add(mark(minutia, place(minutia), accent))
        })
    }
}

/// A minutia with the stroke of its direction, and the number of its pair.
fn mark(minutia: &MinutiaRow, (x, y): (f64, f64), accent: Accent) -> Group {
    let is_outside = minutia.correspondence == CorrespondenceType::OutOfRegion;
    let (half, opacity) = if is_outside { (2.2, 0.5) } else { (4.0, 1.0) };
    let angle = minutia.direction_deg.to_radians();
    let length = if is_outside { STROKE / 2.0 } else { STROKE };
    let stroke = line((x, y), (x + length * angle.cos(), y - length * angle.sin()));
    let mut paint = vec![("stroke", "currentColor".to_owned())];
    match minutia.pair {
        Some(_) => paint.extend(accent.fill()),
        None => paint.push(("fill", "none".to_owned())),
    }
    let group = Group::new().set("opacity", opacity).add(stroke);
    let mut group = match minutia.kind {
        "ending" => {
            let disc = Circle::new().set("cx", round(x)).set("cy", round(y)).set("r", half);
            group.add(paint.into_iter().fold(disc, |node, (name, value)| node.set(name, value)))
        }
        "bifurcation" => {
            let square = Rectangle::new().set("x", round(x - half)).set("y", round(y - half));
            let square = square.set("width", 2.0 * half).set("height", 2.0 * half);
            group.add(paint.into_iter().fold(square, |node, (name, value)| node.set(name, value)))
        }
        _ => {
            let corners = [(0.0, -1.3), (1.2, 0.9), (-1.2, 0.9)];
            let corner =
                |(dx, dy): (f64, f64)| format!("{},{}", round(x + dx * half), round(y + dy * half));
            let triangle = Polygon::new().set("points", corners.map(corner).join(" "));
            group.add(paint.into_iter().fold(triangle, |node, (name, value)| node.set(name, value)))
        }
    };
    if let Some(number) = minutia.pair {
        // Behind the mark, away from its stroke.
        let (dx, dy) = (-9.0 * angle.cos(), 9.0 * angle.sin() + 3.5);
        let number = text(x + dx, y + dy, &number.to_string());
        group = group.add(number.set("text-anchor", "middle").set("font-size", 9.5));
    }
    group
}
