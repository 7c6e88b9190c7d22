//! Line charts as SVG: axes linear or logarithmic, grid, legend.
//!
//! Limits: for the few curves of an evaluation; values outside an axis are drawn at its end.

use svg::Document;
use svg::node::element::{Group, Line, Polyline, Rectangle, Text};

/// Colours that people of any colour vision tell apart (Okabe and Ito, 2008), darkest first.
const COLOURS: [&str; 7] =
    ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const INK: &str = "#222222";
const GRID: &str = "#d8d8d8";
const FAINT_GRID: &str = "#efefef";

/// Corners of the plotted area and size of the drawing, pixels.
const LEFT: f64 = 78.0;
const TOP: f64 = 46.0;
const RIGHT: f64 = 598.0;
const BOTTOM: f64 = 446.0;
const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 506.0;

/// One axis.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// What it shows, with the unit.
    pub(super) label: &'static str,
    /// Value at its start; above 0 where it is logarithmic.
    pub(super) from: f64,
    /// Value at its end.
    pub(super) to: f64,
    /// Logarithmic, with a line at every power of ten; else ten parts.
    pub(super) is_logarithmic: bool,
    /// Values are shares and shown in per cent.
    pub(super) is_percent: bool,
}

impl Axis {
    /// Where a value lies, 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let place = if self.is_logarithmic {
            let (from, to) = (self.from.log10(), self.to.log10());
            (value.max(self.from).log10() - from) / (to - from)
        } else {
            (value - self.from) / (self.to - self.from)
        };
        place.clamp(0.0, 1.0)
    }

    /// Values with a line and whether the line has a number.
    fn lines(&self) -> Vec<(f64, bool)> {
        if !self.is_logarithmic {
            let step = (self.to - self.from) / 10.0;
            return (0..=10).map(|k| (self.from + step * f64::from(k), true)).collect();
        }
        let first = self.from.log10().floor() as i32;
        let last = self.to.log10().ceil() as i32;
        let decades = (first..=last).flat_map(|decade| {
            (1..10).map(move |digit| (f64::from(digit) * 10f64.powi(decade), digit == 1))
        });
        let slack = 1e-9;
        decades
            .filter(|(value, _)| {
                *value >= self.from * (1.0 - slack) && *value <= self.to * (1.0 + slack)
            })
            .collect()
    }

    fn number(&self, value: f64) -> String {
        let shown = if self.is_percent { 100.0 * value } else { value };
        // As many decimals as the first digit needs.
        let decimals = (-shown.abs().max(1e-12).log10() - 1e-9).ceil().clamp(0.0, 8.0) as usize;
        format!("{shown:.decimals$}")
    }
}

/// One curve.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Name in the legend.
    pub(super) name: String,
    /// Places in the order they are joined.
    pub(super) points: Vec<(f64, f64)>,
    /// Number of its colour.
    pub(super) colour: usize,
    /// Dashes instead of a line.
    pub(super) is_dashed: bool,
}

/// The chart as a whole SVG document.
pub(super) fn chart(title: &str, x: &Axis, y: &Axis, series: &[Series]) -> String {
    let at_x = |value: f64| round(LEFT + (RIGHT - LEFT) * x.place(value));
    let at_y = |value: f64| round(BOTTOM - (BOTTOM - TOP) * y.place(value));
    let mut drawing = Group::new().set("font-family", "sans-serif").set("font-size", 13);
    for (value, has_number) in x.lines() {
        drawing = drawing.add(line(at_x(value), TOP, at_x(value), BOTTOM, has_number));
        if has_number {
            let number = text(at_x(value), BOTTOM + 18.0, x.number(value));
            drawing = drawing.add(number.set("text-anchor", "middle"));
        }
    }
    for (value, has_number) in y.lines() {
        drawing = drawing.add(line(LEFT, at_y(value), RIGHT, at_y(value), has_number));
        if has_number {
            let number = text(LEFT - 6.0, at_y(value) + 4.0, y.number(value));
            drawing = drawing.add(number.set("text-anchor", "end"));
        }
    }
    for (number, series) in series.iter().enumerate() {
        let points: Vec<String> =
            series.points.iter().map(|(a, b)| format!("{},{}", at_x(*a), at_y(*b))).collect();
        let legend = TOP + 20.0 * number as f64 + 8.0;
        let sample = format!("{},{legend} {},{legend}", RIGHT + 14.0, RIGHT + 40.0);
        drawing = drawing
            .add(curve(series, points.join(" ")))
            .add(curve(series, sample))
            .add(text(RIGHT + 46.0, legend + 4.0, series.name.clone()));
    }
    let middle = round((TOP + BOTTOM) / 2.0);
    let upwards = format!("rotate(-90 18 {middle})");
    drawing = drawing
        .add(text(LEFT, TOP - 18.0, title.to_owned()).set("font-size", 15))
        .add(text((LEFT + RIGHT) / 2.0, BOTTOM + 42.0, x.label.into()).set("text-anchor", "middle"))
        .add(
            text(18.0, middle, y.label.into())
                .set("text-anchor", "middle")
                .set("transform", upwards),
        );
    Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
        .add(drawing)
        .to_string()
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64, is_main: bool) -> Line {
    let colour = if is_main { GRID } else { FAINT_GRID };
    Line::new().set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2).set("stroke", colour)
}

fn curve(series: &Series, points: String) -> Polyline {
    let line = Polyline::new()
        .set("points", points)
        .set("fill", "none")
        .set("stroke", COLOURS[series.colour % COLOURS.len()])
        .set("stroke-width", if series.colour == 0 { 2.4 } else { 1.4 });
    if series.is_dashed { line.set("stroke-dasharray", "5 4") } else { line }
}

/// Text without characters that XML forbids.
fn text(x: f64, y: f64, content: String) -> Text {
    let clean =
        content.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ");
    Text::new(clean).set("x", round(x)).set("y", round(y)).set("fill", INK)
}
