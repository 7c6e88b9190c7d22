//! Scores: hits by band beside what chance lets expect, and the spread of exact scores with the threshold.

use svg::node::element::Rectangle;

use super::{Area, Scale, Side, axis, bar, chart, drawing, line, number, power, text, word};
use crate::hits::report::SearchReport;
use crate::language::{Message, words};
use crate::report::answer::Answer;
use crate::report::facts::Chart;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 210.0;
const AREA: Area = Area { left: 46.0, top: 34.0, right: 390.0, bottom: 168.0 };

/// Least value of the axis of bands: what chance lets expect less often than this is drawn here.
const LEAST_EXPECTED: f64 = 0.01;

/// One drawing per search: bars of hits, and a line across each band at what chance lets expect.
pub(in crate::report) fn bands(answer: &Answer) -> Vec<Chart> {
    let mut searches: Vec<&str> = Vec::new();
    for row in 0..answer.rows.len() {
        let search = word(answer, row, "search");
        if !searches.contains(&search) {
            searches.push(search);
        }
    }
    searches.into_iter().map(|search| bands_of(answer, search)).collect()
}

fn bands_of(answer: &Answer, search: &str) -> Chart {
    let rows: Vec<usize> =
        (0..answer.rows.len()).filter(|row| word(answer, *row, "search") == search).collect();
    let of = |row: usize, column: &str| number(answer, row, column).unwrap_or(0.0);
    let most = rows.iter().map(|row| of(*row, "hits").max(of(*row, "expected_chance_hits")));
    let most = most.fold(10.0, f64::max) * 1.5;
    let scale = Scale::logarithmic((LEAST_EXPECTED, most), (AREA.bottom, AREA.top));
    let title = Message::new("chart-bands").with("search", search);
    let mut document =
        drawing(&title, (WIDTH, HEIGHT)).add(text(search, (AREA.left, 18.0), "title"));
    document = axis(document, (Side::Left, &scale, AREA), &scale.decades(5), power);
    let width = (AREA.right - AREA.left) / rows.len().max(1) as f64;
    for (place, row) in rows.into_iter().enumerate() {
        let x = AREA.left + width * place as f64;
        let (hits, expected) = (of(row, "hits"), of(row, "expected_chance_hits"));
        if hits > 0.0 {
            let top = scale.at(hits);
            document = document.add(bar((x + 6.0, width - 12.0), (top, AREA.bottom), "bar first"));
        }
        let y = scale.at(expected);
        let class = if expected < LEAST_EXPECTED { "chance below" } else { "chance" };
        document = document.add(line((x + 2.0, y), (x + width - 2.0, y), class));
        let from = of(row, "from_log10");
        let label = match number(answer, row, "to_log10") {
            Some(to) => format!("{from:.0}–{to:.0}"),
            None => format!("{from:.0}+"),
        };
        let middle = x + width / 2.0;
        document = document.add(text(&label, (middle, AREA.bottom + 16.0), "tick middle"));
    }
    chart(title, &document.add(below()))
}

/// The spread of exact scores of a search with its threshold; none where nothing was scored in full.
pub(in crate::report) fn histogram(answer: &Answer, search: &SearchReport) -> Option<Chart> {
    let own = |row: &usize| word(answer, *row, "search") == search.search;
    // The bin of excluded pairs has no place on an axis; the table has it.
    let log10 = |row: usize| number(answer, row, "score_low_mban").map(|low| low / 1000.0);
    let rows: Vec<(usize, f64)> = (0..answer.rows.len())
        .filter(own)
        .filter_map(|row| Some((row, log10(row).filter(|low| *low > -1e6)?)))
        .collect();
    let least = rows.iter().map(|(_, low)| *low).reduce(f64::min)?;
    let end = rows.iter().map(|(_, low)| low + 1.0).reduce(f64::max)?;
    let (least, end) =
        (least.min(search.threshold_log10.floor()), end.max(search.threshold_log10.ceil()));
    let of = |row: usize, column: &str| number(answer, row, column).unwrap_or(0.0);
    let most = rows.iter().map(|(row, _)| of(*row, "comparisons")).fold(10.0, f64::max) * 1.5;
    let y = Scale::logarithmic((0.5, most), (AREA.bottom, AREA.top));
    let x = Scale::linear((least, end), (AREA.left, AREA.right));
    let name = &search.search;
    let title = Message::new("chart-histogram").with("search", name);
    let mut document = drawing(&title, (WIDTH, HEIGHT)).add(text(name, (AREA.left, 18.0), "title"));
    document = axis(document, (Side::Left, &y, AREA), &y.decades(5), power);
    for (row, low) in rows {
        let place = (x.at(low) + 0.5, x.at(low + 1.0) - x.at(low) - 1.0);
        let (all, hits) = (of(row, "comparisons"), of(row, "hits"));
        document = document.add(bar(place, (y.at(all), AREA.bottom), "bar quiet"));
        if hits > 0.0 {
            document = document.add(bar(place, (y.at(hits), AREA.bottom), "bar first"));
        }
    }
    let step = ((end - least) / 7.0).ceil().max(1.0);
    let first = (least / step).ceil();
    for place in 0..=8 {
        let value = (first + f64::from(place)) * step;
        if value <= end {
            document = document.add(text(
                &format!("{value:.0}"),
                (x.at(value), AREA.bottom + 16.0),
                "tick middle",
            ));
        }
    }
    let threshold = x.at(search.threshold_log10);
    document = document
        .add(line((threshold, AREA.top - 6.0), (threshold, AREA.bottom), "threshold"))
        .add(
            Rectangle::new()
                .set("x", AREA.left)
                .set("y", AREA.bottom)
                .set("width", AREA.right - AREA.left)
                .set("height", 1)
                .set("class", "base"),
        )
        .add(below());
    Some(chart(title, &document))
}

/// What the horizontal axis is.
fn below() -> svg::node::element::Text {
    let middle = (AREA.left + AREA.right) / 2.0;
    text(&words("column-score-log10"), (middle, AREA.bottom + 34.0), "label middle")
}
