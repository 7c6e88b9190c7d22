//! Curves where the truth is known: misses against chance hits, and chance hits found against expected.

use svg::node::element::Polyline;

use super::{Area, Scale, Side, axis, chart, dot, drawing, line, number, power, round, text};
use crate::language::{Message, words};
use crate::report::accuracy::Trade;
use crate::report::answer::Answer;
use crate::report::facts::Chart;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 400.0;
const AREA: Area = Area { left: 70.0, top: 20.0, right: 560.0, bottom: 340.0 };

/// Classes of curves; a search takes the next.
const CLASSES: [&str; 8] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];

/// The detection error trade-off of each search; none where there is none.
pub(in crate::report) fn trades(trades: &[Trade]) -> Option<Chart> {
    let points = || trades.iter().flat_map(|trade| &trade.points);
    points().next()?;
    let rates = points().map(|(rate, _)| *rate).filter(|rate| *rate > 0.0);
    let (least, most) = rates.fold((1e-6, 1e-6), |(a, b): (f64, f64), r| (a.min(r), b.max(r)));
    // The first decade is of thresholds that no chance hit reaches.
    let (least, most) = (10f64.powf(least.log10().floor() - 1.0), 10f64.powf(most.log10().ceil()));
    let misses = points().map(|(_, missed)| *missed).filter(|missed| *missed > 0.0);
    let floor = 10f64.powf(misses.fold(0.1, f64::min).log10().floor());
    let x = Scale::logarithmic((least, most.max(least * 100.0)), (AREA.left, AREA.right));
    let y = Scale::logarithmic((floor, 1.0), (AREA.bottom, AREA.top));
    let title = Message::new("chart-trades");
    let mut document = drawing(&title, (WIDTH, HEIGHT));
    let none = |value: f64| if value <= least * 1.001 { words("chart-none") } else { power(value) };
    let mut decades = x.decades(6);
    if decades.first().is_none_or(|first| *first > least * 1.001) {
        decades.insert(0, least);
    }
    document = axis(document, (Side::Below, &x, AREA), &decades, none);
    document = axis(document, (Side::Left, &y, AREA), &y.decades(6), power);
    for (number, trade) in trades.iter().enumerate() {
        let class = CLASSES[number % CLASSES.len()];
        let place = |(rate, missed): &(f64, f64)| (x.at(rate.max(least)), y.at(missed.max(floor)));
        let places: Vec<(f64, f64)> = trade.points.iter().map(place).collect();
        let joined: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let curve = Polyline::new().set("points", joined.join(" "));
        document = document.add(curve.set("class", format!("curve {class}")));
        if let Some(end) = places.last() {
            document = document.add(dot(*end, 4.0, &format!("point {class}")));
        }
        let legend = AREA.top + 20.0 * number as f64 + 8.0;
        document = document
            .add(line(
                (AREA.right + 20.0, legend),
                (AREA.right + 44.0, legend),
                &format!("curve {class}"),
            ))
            .add(text(&trade.search, (AREA.right + 52.0, legend + 4.0), "label"));
    }
    document = labelled(document, "chart-per-comparison", "chart-share-missed");
    Some(chart(title, &document))
}

/// Chance hits found beside those expected; none without a level.
pub(in crate::report) fn calibration(answer: &Answer) -> Option<Chart> {
    let of = |row: usize, column: &str| number(answer, row, column).unwrap_or(0.0);
    let rows: Vec<usize> =
        (0..answer.rows.len()).filter(|row| of(*row, "expected") > 0.0).collect();
    let (least, most) = rows.iter().fold((1.0, 1.0), |(a, b): (f64, f64), row| {
        let (expected, found) = (of(*row, "expected"), of(*row, "found"));
        // What is expected less often than this is drawn at the end of the axis.
        (a.min(expected.max(1e-6)), b.max(expected).max(found))
    });
    if rows.is_empty() {
        return None;
    }
    let ends = (10f64.powf(least.log10().floor()), 10f64.powf(most.log10().ceil()).max(10.0));
    let x = Scale::logarithmic(ends, (AREA.left, AREA.right));
    let y = Scale::logarithmic((0.1, ends.1), (AREA.bottom, AREA.top));
    let title = Message::new("chart-calibration");
    let mut document = drawing(&title, (WIDTH, HEIGHT));
    document = axis(document, (Side::Below, &x, AREA), &x.decades(6), power);
    let none = |value: f64| if value <= 0.1 { words("chart-none") } else { power(value) };
    document = axis(document, (Side::Left, &y, AREA), &y.decades(6), none);
    // Where found and expected are equal.
    let (from, to) = (ends.0.max(0.1), ends.1);
    document = document.add(line((x.at(from), y.at(from)), (x.at(to), y.at(to)), "chance"));
    for row in rows {
        let (expected, found) = (of(row, "expected"), of(row, "found"));
        let deviation = found.max(expected).sqrt();
        let (low, high) = ((found - deviation).max(0.1), found + deviation);
        let at = x.at(expected);
        document = document.add(line((at, y.at(low)), (at, y.at(high)), "stem")).add(dot(
            (at, y.at(found.max(0.1))),
            5.0,
            "mark first",
        ));
    }
    let legend = AREA.top + 8.0;
    document = document
        .add(line((AREA.right + 20.0, legend), (AREA.right + 44.0, legend), "chance"))
        .add(text(&words("chart-as-expected"), (AREA.right + 52.0, legend + 4.0), "label"))
        .add(dot((AREA.right + 32.0, legend + 20.0), 5.0, "mark first"))
        .add(text(&words("chart-found-root"), (AREA.right + 52.0, legend + 24.0), "label"));
    document = labelled(document, "chart-chance-expected", "chart-chance-found");
    Some(chart(title, &document))
}

/// The messages of both axes.
fn labelled(document: svg::Document, below: &'static str, beside: &'static str) -> svg::Document {
    let middle = round((AREA.top + AREA.bottom) / 2.0);
    let upwards = text(&words(beside), (18.0, middle), "label middle");
    let place = ((AREA.left + AREA.right) / 2.0, AREA.bottom + 40.0);
    document
        .add(text(&words(below), place, "label middle"))
        .add(upwards.set("transform", format!("rotate(-90 18 {middle})")))
}
