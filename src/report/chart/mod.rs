//! The charts of a report: inline SVG whose colours are classes, so that the page's style draws it light or dark.
//!
//! Words in a drawing are in the language of the process. Limits: a value outside an axis is drawn at its end; the table beside a chart has the number.

mod cluster;
mod curve;
mod score;
mod stage;

pub(super) use cluster::cluster;
pub(super) use curve::{calibration, trades};
pub(super) use score::{bands, histogram};
pub(super) use stage::{prediction, stages};

use svg::Document;
use svg::node::element::{Circle, Line, Rectangle, Text, Title};

use super::answer::Answer;
use super::facts::Chart;
use crate::language::Message;

/// Corners of the plotted area, pixels of the drawing.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// A scale from values to pixels.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// Values at both ends; above 0 where it is logarithmic.
    values: (f64, f64),
    /// Pixels at both ends.
    pixels: (f64, f64),
    is_logarithmic: bool,
}

impl Scale {
    fn logarithmic(values: (f64, f64), pixels: (f64, f64)) -> Scale {
        Scale { values, pixels, is_logarithmic: true }
    }

    fn linear(values: (f64, f64), pixels: (f64, f64)) -> Scale {
        Scale { values, pixels, is_logarithmic: false }
    }

    /// Where a value lies, at the nearer end if it is outside.
    fn at(&self, value: f64) -> f64 {
        let (from, to) = self.values;
        let share = if self.is_logarithmic {
            (value.max(from).log10() - from.log10()) / (to.log10() - from.log10())
        } else {
            (value - from) / (to - from)
        };
        round(self.pixels.0 + (self.pixels.1 - self.pixels.0) * share.clamp(0.0, 1.0))
    }

    /// Powers of ten on the scale, at most about `most` of them.
    fn decades(&self, most: i32) -> Vec<f64> {
        let first = self.values.0.log10().ceil() as i32;
        let last = self.values.1.log10().floor() as i32;
        let step = ((last - first) / most.max(1) + 1).max(1);
        (first..=last).filter(|power| power.rem_euclid(step) == 0).map(|p| 10f64.powi(p)).collect()
    }
}

/// A power of ten as people write it.
fn power(value: f64) -> String {
    let exponent = value.log10().round() as i32;
    match exponent {
        -2..=3 => {
            let decimals = usize::try_from(-exponent).unwrap_or(0);
            format!("{value:.decimals$}")
        }
        _ => {
            const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
            let sign = if exponent < 0 { "⁻" } else { "" };
            let digits = exponent.unsigned_abs().to_string();
            let raised = digits.bytes().filter_map(|digit| DIGITS.get(usize::from(digit - b'0')));
            format!("10{sign}{}", raised.collect::<String>())
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A drawing of a size, with its title for people who do not see it.
fn drawing(title: &Message, (width, height): (f64, f64)) -> Document {
    Document::new()
        .set("viewBox", (0, 0, width, height))
        .set("width", width)
        .set("height", height)
        .set("role", "img")
        .add(Title::new(clean(&title.to_string())))
}

fn chart(title: Message, document: &Document) -> Chart {
    Chart { title, svg: document.to_string() }
}

/// Text without characters that XML forbids.
fn clean(content: &str) -> String {
    content.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ")
}

fn text(content: &str, (x, y): (f64, f64), class: &str) -> Text {
    Text::new(clean(content)).set("x", round(x)).set("y", round(y)).set("class", class)
}

fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) -> Line {
    let line = Line::new().set("x1", round(x1)).set("y1", round(y1)).set("x2", round(x2));
    line.set("y2", round(y2)).set("class", class)
}

fn dot((x, y): (f64, f64), radius: f64, class: &str) -> Circle {
    Circle::new().set("cx", round(x)).set("cy", round(y)).set("r", radius).set("class", class)
}

/// A bar from the baseline `bottom` up to `y`.
fn bar((x, width): (f64, f64), (y, bottom): (f64, f64), class: &str) -> Rectangle {
    Rectangle::new()
        .set("x", round(x))
        .set("y", round(y))
        .set("width", round(width.max(0.5)))
        .set("height", round((bottom - y).max(0.0)))
        .set("class", class)
}

/// Where the numbers of an axis stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Below,
}

/// Lines and numbers of an axis.
fn axis(
    mut document: Document,
    (side, scale, area): (Side, &Scale, Area),
    values: &[f64],
    show: impl Fn(f64) -> String,
) -> Document {
    for value in values {
        let at = scale.at(*value);
        let (ends, place, class) = match side {
            Side::Left => {
                (((area.left, at), (area.right, at)), (area.left - 6.0, at + 4.0), "tick end")
            }
            Side::Below => {
                (((at, area.top), (at, area.bottom)), (at, area.bottom + 16.0), "tick middle")
            }
        };
        document =
            document.add(line(ends.0, ends.1, "grid")).add(text(&show(*value), place, class));
    }
    document
}

/// The number in a cell of an answer; none where it is no number.
fn number(answer: &Answer, row: usize, column: &str) -> Option<f64> {
    let place = answer.columns.iter().position(|own| own.name == column)?;
    answer.rows.get(row)?.get(place)?.as_f64()
}

/// The text in a cell of an answer; empty where it is no text.
fn word<'a>(answer: &'a Answer, row: usize, column: &str) -> &'a str {
    let place = answer.columns.iter().position(|own| own.name == column);
    let cell = place.and_then(|place| answer.rows.get(row)?.get(place)?.as_str());
    cell.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_outside_an_axis_is_drawn_at_its_end() {
        let scale = Scale::logarithmic((0.01, 100.0), (200.0, 0.0));
        assert_eq!(
            [0.0, 0.01, 1.0, 100.0, 1e9].map(|v| scale.at(v)),
            [200.0, 200.0, 100.0, 0.0, 0.0]
        );
        assert_eq!(scale.decades(10), [0.01, 0.1, 1.0, 10.0, 100.0]);
        assert!(Scale::logarithmic((1.0, 1e12), (0.0, 1.0)).decades(4).len() <= 5);
    }

    #[test]
    fn powers_of_ten_are_written_as_people_write_them() {
        assert_eq!(
            [0.01, 1.0, 1000.0, 1e7, 1e-12].map(power),
            ["0.01", "1", "1000", "10⁷", "10⁻¹²"]
        );
    }

    #[test]
    fn a_name_that_looks_like_markup_stays_text() {
        let shown = drawing(&Message::data("<script>&\u{1}"), (1.0, 1.0)).to_string();
        assert!(shown.contains("&lt;script&gt;&amp; "), "{shown}");
    }
}
