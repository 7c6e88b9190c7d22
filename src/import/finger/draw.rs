//! A picture of what was read: the minutiae of a file as SVG.
//!
//! What: templates side by side, each minutia a mark by its kind with a stroke in its direction, the
//! frame of the image where the file states it, and a legend with the conventions found. Why: a wrong y
//! axis, sense or unit of angle is seen at once beside the image of the print. Limits: [`MAX_PANELS`]
//! templates, which the legend says; everything is drawn at 500 dpi.

use svg::Document;
use svg::node::element::{Circle, Group, Line, Polygon, Rectangle, Text};

use super::FingerFile;
use crate::domain::finger::{
    DIRECTIONS_PER_TURN, Minutia, MinutiaKind, Template, UNITS_PER_METRE_500_DPI,
};

/// Templates drawn: the fingers, slaps and palms of a person twice over.
const MAX_PANELS: usize = 60;
/// Templates in a row.
const COLUMNS: usize = 5;
/// Space around panels and inside their bounds, pixels.
const MARGIN: f64 = 14.0;
/// Height of a line of text.
const LINE: f64 = 18.0;
/// Length of a direction stroke.
const STROKE: f64 = 14.0;
/// Narrowest drawing: the legend has to fit.
const MIN_WIDTH: f64 = 760.0;
const INK: &str = "#16324f";
const FRAME: &str = "#b0b7bf";

/// The drawing of `file`; `name` is its title.
pub fn draw(file: &FingerFile, name: &str) -> String {
    let panels: Vec<Panel<'_>> = file.templates.iter().take(MAX_PANELS).map(Panel::new).collect();
    let mut drawing = Group::new().set("font-family", "sans-serif").set("font-size", 13);
    let (mut width, mut y) = (MIN_WIDTH, MARGIN + LINE);
    drawing = drawing.add(text(MARGIN, y, format!("{name}: {}", file.format)).set("font-size", 15));
    y += MARGIN;
    for (number, row) in panels.chunks(COLUMNS).enumerate() {
        let mut x = MARGIN;
        for (column, panel) in row.iter().enumerate() {
            drawing = drawing.add(panel.draw(number * COLUMNS + column + 1, x, y));
            x += panel.shown_width() + MARGIN;
        }
        width = width.max(x);
        let tallest = row.iter().map(|panel| panel.bounds.height()).fold(0.0, f64::max);
        y += tallest + LINE + 2.0 * MARGIN;
    }
    let (legend, end) = legend(file, y);
    Document::new()
        .set("viewBox", (0.0, 0.0, width.ceil(), end.ceil()))
        .set("width", width.ceil())
        .set("height", end.ceil())
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
        .add(drawing.add(legend))
        .to_string()
}

/// Text without characters that XML forbids.
fn text(x: f64, y: f64, content: String) -> Text {
    let clean =
        content.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ");
    Text::new(clean).set("x", round(x)).set("y", round(y)).set("fill", INK)
}

/// Tenths of a pixel are enough.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Smallest rectangle around everything seen, pixels at 500 dpi, y down.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    fn width(&self) -> f64 {
        self.right - self.left
    }

    fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

struct Panel<'a> {
    template: &'a Template,
    scale: (f64, f64),
    /// Width and height of the image, where stated.
    frame: Option<(f64, f64)>,
    bounds: Bounds,
}

impl<'a> Panel<'a> {
    fn new(template: &'a Template) -> Self {
        let scale = |units: u32| f64::from(UNITS_PER_METRE_500_DPI) / f64::from(units.max(1));
        let scale = (scale(template.units_per_metre_x), scale(template.units_per_metre_y));
        let frame = template.width.zip(template.height);
        let frame = frame.map(|(w, h)| (f64::from(w) * scale.0, f64::from(h) * scale.1));
        let places = || template.minutiae.iter().map(|m| place(m, scale));
        let corners = frame.map(|frame| [(0.0, 0.0), frame]).into_iter().flatten();
        let mut bounds: Option<Bounds> = None;
        for (x, y) in places().chain(corners) {
            let b = bounds.get_or_insert(Bounds { left: x, top: y, right: x, bottom: y });
            b.left = b.left.min(x);
            b.right = b.right.max(x);
            b.top = b.top.min(y);
            b.bottom = b.bottom.max(y);
        }
        let bounds = bounds.unwrap_or(Bounds { left: 0.0, top: 0.0, right: 200.0, bottom: 200.0 });
        Panel { template, scale, frame, bounds }
    }

    /// Width with the room its title needs.
    fn shown_width(&self) -> f64 {
        self.bounds.width().max(220.0) + MARGIN
    }

    fn draw(&self, number: usize, x: f64, y: f64) -> Group {
        let t = self.template;
        let title = format!("{number}: {} {}", t.position, t.impression.name());
        let subtitle = format!("view {}, {} minutiae", t.view, t.minutiae.len());
        let (dx, dy) = (x - self.bounds.left, y + 2.0 * LINE - self.bounds.top);
        let mut group = Group::new()
            .add(text(x, y + 12.0, title))
            .add(text(x, y + 28.0, subtitle).set("font-size", 11));
        let (corner, size, dashes) = match self.frame {
            Some(size) => ((dx, dy), size, "none"),
            None => ((x, y + 2.0 * LINE), (self.bounds.width(), self.bounds.height()), "4 4"),
        };
        group = group.add(
            Rectangle::new()
                .set("x", round(corner.0))
                .set("y", round(corner.1))
                .set("width", round(size.0))
                .set("height", round(size.1))
                .set("fill", "none")
                .set("stroke", FRAME)
                .set("stroke-dasharray", dashes),
        );
        for minutia in &t.minutiae {
            let (px, py) = place(minutia, self.scale);
            group = group.add(mark(minutia.kind, minutia.direction, px + dx, py + dy));
        }
        group
    }
}

/// Where a minutia lies, pixels at 500 dpi, y down.
fn place(minutia: &Minutia, scale: (f64, f64)) -> (f64, f64) {
    (f64::from(minutia.x) * scale.0, -f64::from(minutia.y) * scale.1)
}

/// A minutia: a disc for an ending, a square for a bifurcation, a triangle for others.
fn mark(kind: MinutiaKind, direction: u16, x: f64, y: f64) -> Group {
    let angle = f64::from(direction) / f64::from(DIRECTIONS_PER_TURN) * std::f64::consts::TAU;
    let stroke = Line::new()
        .set("x1", round(x))
        .set("y1", round(y))
        .set("x2", round(x + STROKE * angle.cos()))
        .set("y2", round(y - STROKE * angle.sin()))
        .set("stroke", INK);
    let group = Group::new().add(stroke);
    match kind {
        MinutiaKind::Ending => group.add(
            Circle::new()
                .set("cx", round(x))
                .set("cy", round(y))
                .set("r", 3.5)
                .set("fill", "#c0392b"),
        ),
        MinutiaKind::Bifurcation => group.add(
            Rectangle::new()
                .set("x", round(x - 3.5))
                .set("y", round(y - 3.5))
                .set("width", 7)
                .set("height", 7)
                .set("fill", "#2471a3"),
        ),
        MinutiaKind::Other => {
            let corners = [(0.0, -4.5), (4.0, 3.5), (-4.0, 3.5)];
            let points: Vec<String> = corners
                .iter()
                .map(|(cx, cy)| format!("{},{}", round(x + cx), round(y + cy)))
                .collect();
            group.add(Polygon::new().set("points", points.join(" ")).set("fill", "#7d8a2e"))
        }
    }
}

/// Marks, conventions and warnings below the panels, and where they end.
fn legend(file: &FingerFile, top: f64) -> (Group, f64) {
    let mut group = Group::new();
    let mut y = top + LINE;
    let kinds = [
        (MinutiaKind::Ending, "ending"),
        (MinutiaKind::Bifurcation, "bifurcation"),
        (MinutiaKind::Other, "other or not stated"),
    ];
    for (number, (kind, name)) in (0u8..).zip(kinds) {
        let x = MARGIN + 150.0 * f64::from(number);
        group = group.add(mark(kind, 0, x + 5.0, y - 4.0)).add(text(x + 25.0, y, name.to_owned()));
    }
    let left_out = file.templates.len().saturating_sub(MAX_PANELS);
    let more = (left_out > 0).then(|| format!("{left_out} more templates are not drawn"));
    let lines = std::iter::once(
        "the stroke points in the direction as stored; drawn at 500 dpi".to_owned(),
    )
    .chain(file.conventions.iter().cloned())
    .chain(more)
    .chain(file.warnings.iter().map(|warning| format!("warning: {warning}")))
    .chain(file.rejections.iter().map(|rejection| format!("rejected: {rejection}")));
    for line in lines {
        y += LINE;
        group = group.add(text(MARGIN, y, line));
    }
    (group, y + MARGIN)
}
