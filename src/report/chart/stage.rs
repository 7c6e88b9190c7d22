//! Rows of dots on a logarithmic axis: pairs at each stage, and seconds foreseen and taken.

use svg::Document;

use super::{Area, Scale, Side, axis, chart, dot, drawing, line, number, power, text, word};
use crate::language::{Message, words};
use crate::report::answer::Answer;
use crate::report::facts::Chart;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 830.0;
const TOP: f64 = 34.0;
const ROW: f64 = 26.0;

/// One kind of dot: column, class, message in the legend.
type Mark = (&'static str, &'static str, &'static str);

/// How many pairs were compared, scored in full, and became hits.
pub(in crate::report) fn stages(answer: &Answer) -> Vec<Chart> {
    let marks = [
        ("comparisons", "mark quiet", "chart-compared"),
        ("in_full", "mark second", "column-in-full"),
        ("hits", "mark first", "hits"),
    ];
    rows("chart-stages", answer, &marks, 1.0)
}

/// How long each search was to take and took; none where nothing was foreseen.
pub(in crate::report) fn prediction(answer: &Answer) -> Vec<Chart> {
    let marks = [
        ("predicted_seconds", "mark second", "chart-predicted"),
        ("seconds", "mark first", "chart-taken"),
    ];
    let has_any =
        (0..answer.rows.len()).any(|row| number(answer, row, "predicted_seconds").is_some());
    if !has_any {
        return Vec::new();
    }
    rows("chart-prediction", answer, &marks, 0.001)
}

fn rows(title: &'static str, answer: &Answer, marks: &[Mark], least: f64) -> Vec<Chart> {
    let count = answer.rows.len();
    let values = (0..count)
        .flat_map(|row| marks.iter().filter_map(move |(column, ..)| number(answer, row, column)));
    let most = values.fold(least * 10.0, f64::max);
    let bottom = TOP + ROW * count as f64 + 6.0;
    let area = Area { left: LEFT, top: TOP - 6.0, right: RIGHT, bottom };
    let scale = Scale::logarithmic((least, most * 1.2), (LEFT + 6.0, RIGHT));
    let title = Message::new(title);
    let mut document = drawing(&title, (WIDTH, bottom + 26.0));
    document = legend(document, marks);
    document = axis(document, (Side::Below, &scale, area), &scale.decades(8), power);
    for row in 0..count {
        let y = TOP + ROW * (row as f64 + 0.5);
        document =
            document.add(text(word(answer, row, "search"), (LEFT - 10.0, y + 4.0), "label end"));
        let places: Vec<(f64, &str)> = marks
            .iter()
            .filter_map(|(column, class, _)| Some((number(answer, row, column)?, *class)))
            .filter(|(value, _)| *value > 0.0)
            .map(|(value, class)| (scale.at(value), class))
            .collect();
        let ends = places.iter().map(|(x, _)| *x);
        let (low, high) = ends.fold((RIGHT, LEFT), |(low, high), x| (x.min(low), x.max(high)));
        if low < high {
            document = document.add(line((low, y), (high, y), "stem"));
        }
        for (x, class) in places {
            document = document.add(dot((x, y), 5.0, class));
        }
    }
    if count == 0 { Vec::new() } else { vec![chart(title, &document)] }
}

fn legend(mut document: Document, marks: &[Mark]) -> Document {
    let mut x = LEFT + 6.0;
    for (_, class, name) in marks {
        let name = words(name);
        document =
            document.add(dot((x, 14.0), 5.0, class)).add(text(&name, (x + 10.0, 18.0), "label"));
        x += 30.0 + 8.0 * name.chars().count() as f64;
    }
    document
}
