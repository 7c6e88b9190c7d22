//! What cannot be right about templates that could be read: warnings, and refusals of what could never
//! be matched.
//!
//! A template under a wrong resolution, a squeezed image or a wrong unit of angle reads without fault and
//! matches nothing. The bounds were measured on 1,200 templates of three extractors over five public
//! databases; the share of these sound prints that is warned about (false alarms) and the share of
//! distorted ones that is found are counted by `tests/finger_import.rs`:
//!
//! | warning | for | false alarms | found |
//! |---|---|---|---|
//! | nearest neighbours | 20 minutiae or more | 0.7 % | 2.54 times too large 98 %, too small 98 %; twice 88 %, half 74 % |
//! | spread | 20 minutiae or more | 1.0 % | width squeezed to 57 %: 51 %; height: 37 % |
//! | neighbours of a file | 5 such templates or more | 1.1 % of files | twice too large 98 %, half 98 % |
//! | spread of a file | 5 such templates or more | 0.8 % of files | width 85 %, height 53 % |
//! | angle unit (ISO) | 15 minutiae or more | 0 of 1,168 | 2-degree angles read as 1/256: all |
//!
//! The unit of angles, the resolution and the aspect are those of a file. One template of a ten-print that
//! looks odd is an odd finger: where a file has templates enough, they are judged together and not singly.
//!
//! When not to rely on it: one squeezed print is found every other time; the checks are for files of
//! one source, where many are looked at.

use std::collections::BTreeMap;
use std::path::Path;

use super::FingerFormat;
use super::notes::Notes;
use crate::domain::finger::{
    DIRECTIONS_PER_TURN, MAX_PRINT_MINUTIAE, MinutiaKind, Template, UNITS_PER_METRE_500_DPI,
};
use crate::error::{Position as Place, Rejection};

/// Minutiae from which on distances and spreads say something.
const MIN_FOR_SPREAD: usize = 20;
/// Minutiae up to which neighbours are looked for: the search is quadratic.
const MAX_FOR_NEIGHBOURS: usize = 2000;
/// Minutiae from which on directions say something.
const MIN_FOR_DIRECTIONS: usize = 15;
/// Templates of one file from which on their common spread says something.
const MIN_POOLED: usize = 5;
/// Median distance to the nearest other minutia, pixels at 500 dpi.
const NEIGHBOUR_PX: std::ops::RangeInclusive<f64> = 12.0..=35.0;
/// The same, geometric mean of the templates of a file that state one resolution.
const POOLED_NEIGHBOUR_PX: std::ops::RangeInclusive<f64> = 14.0..=31.0;
/// Spread along x over spread along y of one template.
const SPREAD: std::ops::RangeInclusive<f64> = 0.41..=1.35;
/// The same, geometric mean of a file.
const POOLED_SPREAD: std::ops::RangeInclusive<f64> = 0.49..=1.22;
/// Angles of 2 degrees end below this many 1/256 of a turn.
const TWO_DEGREE_LIMIT: u16 = DIRECTIONS_PER_TURN / 256 * 180;
/// Longest side of an image, metres: two palms side by side.
const MAX_SIDE_M: f64 = 0.3;

/// Looks at all templates of a file; what can never be matched is refused.
pub(super) fn examine(
    path: &Path,
    format: FingerFormat,
    templates: &[Template],
    notes: &mut Notes,
) -> Vec<Rejection> {
    let mut rejections = Vec::new();
    let mut measures = Vec::new();
    let mut views: BTreeMap<_, usize> = BTreeMap::new();
    for (number, template) in (1..).zip(templates) {
        let name = format!("template {number} ({}, view {})", template.position, template.view);
        *views.entry((template.position, template.view)).or_default() += 1;
        if let Err(error) = template.print() {
            rejections.push(Rejection::new(
                path,
                Place::File,
                "a template has the resolution and the extent of a finger or palm",
                format!("{name}: {error}"),
                "export it with the resolution of its image; without one it cannot be compared",
            ));
            continue;
        }
        contents(template, &name, notes);
        frame(template, &name, notes);
        measures.push(Measure {
            units: template.units_per_metre_x,
            neighbours_px: neighbours(template),
            spread: spread_of(template),
            name,
        });
    }
    if matches!(format, FingerFormat::Iso2005 | FingerFormat::Iso2011) {
        angle_unit(templates, notes);
    }
    for ((position, view), count) in views.iter().filter(|(_, count)| **count > 1) {
        notes.warn(format!("{count} templates are view {view} of {position}; all are kept"));
    }
    judge_neighbours(&measures, notes);
    judge_spreads(&measures, notes);
    rejections
}

fn contents(template: &Template, name: &str, notes: &mut Notes) {
    let count = template.minutiae.len();
    if count == 0 {
        notes.warn(format!("{name} holds no minutiae: it is kept and cannot be matched"));
        return;
    }
    let mut places: Vec<_> = template.minutiae.iter().map(|m| (m.x, m.y, m.direction)).collect();
    places.sort_unstable();
    places.dedup();
    if places.len() < count {
        let twice = count - places.len();
        notes.warn(format!("{name} holds {twice} minutiae a second time; kept, matched once"));
    }
    if count > MAX_PRINT_MINUTIAE {
        notes.warn(format!(
            "{name} holds {count} minutiae; all are kept, the best {MAX_PRINT_MINUTIAE} are matched"
        ));
    }
}

/// For formats in 1/256 of a turn, which makers of ANSI records mistake.
fn angle_unit(templates: &[Template], notes: &mut Notes) {
    let is_high = |direction: u16| direction >= TWO_DEGREE_LIMIT;
    let enough = templates.iter().filter(|t| t.minutiae.len() >= MIN_FOR_DIRECTIONS);
    let count: usize = enough.map(|template| template.minutiae.len()).sum();
    if count > 0 && !templates.iter().flat_map(|t| &t.minutiae).any(|m| is_high(m.direction)) {
        notes.warn(format!(
            "none of {count} directions lies in the last 30 % of the circle; angles in units of 2 \
degrees may have been written as 1/256 of a turn"
        ));
    }
}

fn frame(template: &Template, name: &str, notes: &mut Notes) {
    let (x_units, y_units) = (template.units_per_metre_x, template.units_per_metre_y);
    if x_units.abs_diff(y_units) > x_units.max(y_units) / 100 {
        notes.warn(format!(
            "{name} has {x_units} units per metre across and {y_units} down; scanners have one resolution"
        ));
    }
    let metres = |side: Option<u32>, units: u32| f64::from(side.unwrap_or(0)) / f64::from(units);
    let (width, height) = (metres(template.width, x_units), metres(template.height, y_units));
    if width.max(height) > MAX_SIDE_M {
        notes.warn(format!(
            "{name} has an image of {:.0} by {:.0} mm; its size or resolution is wrong",
            width * 1000.0,
            height * 1000.0
        ));
    }
    let beyond = |value: i32, side: Option<u32>| {
        side.is_some_and(|side| value < 0 || i64::from(value) >= i64::from(side))
    };
    let outside = template.minutiae.iter();
    let outside = outside.filter(|m| beyond(m.x, template.width) || beyond(-m.y, template.height));
    let outside = outside.count();
    if outside > 0 {
        notes.warn(format!("{name} has {outside} minutiae outside its image; kept"));
    }
}

/// Places in pixels at 500 dpi, none twice.
fn places_px(template: &Template) -> Vec<(f64, f64)> {
    let scale = |units: u32| f64::from(UNITS_PER_METRE_500_DPI) / f64::from(units);
    let (x_scale, y_scale) = (scale(template.units_per_metre_x), scale(template.units_per_metre_y));
    let mut places: Vec<(i32, i32)> = template.minutiae.iter().map(|m| (m.x, m.y)).collect();
    places.sort_unstable();
    places.dedup();
    places.iter().map(|(x, y)| (f64::from(*x) * x_scale, f64::from(*y) * y_scale)).collect()
}

/// What is measured of one template; `None` for too few minutiae.
struct Measure {
    name: String,
    /// Units per metre along x.
    units: u32,
    /// Median distance to the nearest other minutia, pixels at 500 dpi.
    neighbours_px: Option<f64>,
    /// Spread along x over that along y.
    spread: Option<f64>,
}

fn neighbours(template: &Template) -> Option<f64> {
    let places = places_px(template);
    if !(MIN_FOR_SPREAD..=MAX_FOR_NEIGHBOURS).contains(&places.len()) {
        return None;
    }
    let nearest = |at: usize, (x, y): (f64, f64)| {
        let others = places.iter().enumerate().filter(|(other, _)| *other != at);
        others.map(|(_, (ox, oy))| (ox - x).hypot(oy - y)).fold(f64::INFINITY, f64::min)
    };
    let mut distances: Vec<f64> =
        places.iter().enumerate().map(|(at, place)| nearest(at, *place)).collect();
    distances.sort_by(f64::total_cmp);
    distances.get(distances.len() / 2).copied()
}

/// Each resolution that templates of the file state, by all of these where they are enough.
fn judge_neighbours(measures: &[Measure], notes: &mut Notes) {
    let mut by_units: BTreeMap<u32, Vec<(&str, f64)>> = BTreeMap::new();
    for measure in measures {
        let measured = measure.neighbours_px.map(|px| (measure.name.as_str(), px));
        by_units.entry(measure.units).or_default().extend(measured);
    }
    for (units, measured) in by_units {
        let mut judge = |whose: &str, px: f64, bounds: std::ops::RangeInclusive<f64>| {
            if !bounds.contains(&px) {
                notes.warn(format!(
                    "{whose}neighbouring minutiae are {px:.0} pixels apart at 500 dpi, in prints they \
are {:.0} to {:.0}; the resolution of {units} units per metre may be wrong",
                    bounds.start(),
                    bounds.end()
                ));
            }
        };
        match pooled(measured.iter().map(|(_, px)| *px)) {
            Some(mean) => judge("", mean, POOLED_NEIGHBOUR_PX),
            None => measured
                .iter()
                .for_each(|(name, px)| judge(&format!("{name}: "), *px, NEIGHBOUR_PX)),
        }
    }
}

fn spread_of(template: &Template) -> Option<f64> {
    let places = places_px(template);
    if places.len() < MIN_FOR_SPREAD {
        return None;
    }
    let deviation = |of: fn(&(f64, f64)) -> f64| {
        let count = places.len() as f64;
        let mean = places.iter().map(of).sum::<f64>() / count;
        (places.iter().map(|place| (of(place) - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    // Minutiae on one line, of either direction, are squeezed beyond any bound.
    Some(
        (deviation(|place| place.0) / deviation(|place| place.1))
            .clamp(f64::MIN_POSITIVE, f64::MAX),
    )
}

fn judge_spreads(measures: &[Measure], notes: &mut Notes) {
    let measured = || measures.iter().filter_map(|m| m.spread.map(|ratio| (&m.name, ratio)));
    if let Some(ratio) = pooled(measured().map(|(_, ratio)| ratio)) {
        if !POOLED_SPREAD.contains(&ratio) {
            notes.warn(format!(
                "the minutiae of {} templates spread {ratio:.2} times as far across as down on average, in \
prints {} to {}; the images may have been squeezed",
                measured().count(),
                POOLED_SPREAD.start(),
                POOLED_SPREAD.end()
            ));
        }
        return;
    }
    for (name, ratio) in measured().filter(|(_, ratio)| !SPREAD.contains(ratio)) {
        notes.warn(format!(
            "{name}: minutiae spread {ratio:.2} times as far across as down, in prints {} to {}; the \
image may have been squeezed or turned",
            SPREAD.start(),
            SPREAD.end()
        ));
    }
}

/// The geometric mean of the measures of a file, where they are enough to be judged together.
fn pooled(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let count = values.clone().count();
    (count >= MIN_POOLED).then(|| (values.map(f64::ln).sum::<f64>() / count as f64).exp())
}

/// Endings, bifurcations and others of a template.
pub fn kinds(template: &Template) -> [usize; 3] {
    let count = |kind| template.minutiae.iter().filter(|m| m.kind == kind).count();
    [MinutiaKind::Ending, MinutiaKind::Bifurcation, MinutiaKind::Other].map(count)
}
