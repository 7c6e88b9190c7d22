//! Fingerprints: positions, impressions, minutiae, and the template of one impression as it was recorded.
//!
//! One coordinate system for every source: x to the right, y **up**, positions in the record's own
//! unit (pixels, or hundredths of a millimetre), the origin wherever the record had it: matching does
//! not depend on translation. Directions turn counter-clockwise from +x in 1/11520 of a turn, which
//! holds the units of every format exactly (1/256 turn, 2 degrees, 1 degree), and point as ISO/IEC
//! 19794-2 says: at a ridge ending from the tip back along the ridge, at a bifurcation along the
//! valley between the branches.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Directions in a full turn: the least common multiple of 256 and 360.
pub const DIRECTIONS_PER_TURN: u16 = 11520;

/// Units per metre of 500 dots per inch.
pub const UNITS_PER_METRE_500_DPI: u32 = 19_685;

/// Where on the hands an impression comes from: the position code of ANSI/NIST-ITL 1-2011 table 8
/// (fingers 0 to 10 as in ISO/IEC 19794-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u8);

/// Names by code; the gaps have no meaning in the standard.
const POSITION_NAMES: [(u8, &str); 34] = [
    (0, "unknown"),
    (1, "right-thumb"),
    (2, "right-index"),
    (3, "right-middle"),
    (4, "right-ring"),
    (5, "right-little"),
    (6, "left-thumb"),
    (7, "left-index"),
    (8, "left-middle"),
    (9, "left-ring"),
    (10, "left-little"),
    (11, "plain-right-thumb"),
    (12, "plain-left-thumb"),
    (13, "plain-right-four"),
    (14, "plain-left-four"),
    (15, "plain-thumbs"),
    (19, "joints-and-tips"),
    (20, "unknown-palm"),
    (21, "right-full-palm"),
    (22, "right-writers-palm"),
    (23, "left-full-palm"),
    (24, "left-writers-palm"),
    (25, "right-lower-palm"),
    (26, "right-upper-palm"),
    (27, "left-lower-palm"),
    (28, "left-upper-palm"),
    (29, "right-other"),
    (30, "left-other"),
    (31, "right-interdigital"),
    (32, "right-thenar"),
    (33, "right-hypothenar"),
    (34, "left-interdigital"),
    (35, "left-thenar"),
    (36, "left-hypothenar"),
];

impl Position {
    /// Not stated.
    pub const UNKNOWN: Position = Position(0);
    /// The ten fingers, right thumb to left little finger.
    pub const FINGERS: [Position; 10] = [
        Position(1),
        Position(2),
        Position(3),
        Position(4),
        Position(5),
        Position(6),
        Position(7),
        Position(8),
        Position(9),
        Position(10),
    ];

    /// The position of a code the standard gives a meaning; `None` for any other code.
    pub fn from_code(code: u8) -> Option<Position> {
        POSITION_NAMES.iter().any(|(known, _)| *known == code).then_some(Position(code))
    }

    /// Code of the standard.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Word used on the command line and in stored columns.
    pub fn name(self) -> &'static str {
        POSITION_NAMES.iter().find(|(code, _)| *code == self.0).map_or("unknown", |(_, name)| name)
    }

    /// Reads a name or a code.
    pub fn parse(text: &str) -> Option<Position> {
        let text = text.trim();
        let by_name = POSITION_NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        by_name
            .map(|(code, _)| Position(*code))
            .or_else(|| text.parse().ok().and_then(Position::from_code))
    }

    /// The single finger it is, 1 to 10; plain thumbs (11, 12) are thumbs. `None` for slaps, palms and
    /// unknown.
    pub const fn finger(self) -> Option<u8> {
        match self.0 {
            1..=10 => Some(self.0),
            11 => Some(1),
            12 => Some(6),
            _ => None,
        }
    }

    /// Fingers that one impression of it shows: four or two for a slap, else one (or none, of a palm).
    pub const fn fingers_shown(self) -> usize {
        match self.0 {
            13 | 14 => 4,
            15 => 2,
            _ => 1,
        }
    }

    /// Whether it shows several fingers at once.
    pub const fn is_slap(self) -> bool {
        self.fingers_shown() > 1
    }

    /// Whether it is a palm or part of one.
    pub const fn is_palm(self) -> bool {
        matches!(self.0, 20..=28 | 31..=36)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How an impression was taken: the code of ANSI/NIST-ITL 1-2011 table 7 (0 to 15 as in ISO/IEC 19794-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Impression(pub u8);

impl Impression {
    /// Live-scan, plain: what a record that states none is taken for.
    pub const LIVE_PLAIN: Impression = Impression(0);
    /// A latent impression.
    pub const LATENT: Impression = Impression(4);

    /// Whether it is a mark from a scene: impression, tracing, photograph or lift, of finger or palm.
    pub const fn is_latent(self) -> bool {
        matches!(self.0, 4..=7 | 12..=15)
    }

    /// Name for people; codes without a meaning in the standard are `other`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "live-plain",
            1 => "live-rolled",
            2 => "nonlive-plain",
            3 => "nonlive-rolled",
            4 => "latent-impression",
            5 => "latent-tracing",
            6 => "latent-photo",
            7 => "latent-lift",
            8 => "swipe",
            10 => "live-palm",
            11 => "nonlive-palm",
            12 => "latent-palm-impression",
            13 => "latent-palm-tracing",
            14 => "latent-palm-photo",
            15 => "latent-palm-lift",
            20 => "live-optical-plain",
            21 => "live-optical-rolled",
            22 => "live-nonoptical-plain",
            23 => "live-nonoptical-rolled",
            24 => "live-contactless-plain",
            25 => "live-contactless-rolled",
            28 => "unspecified",
            29 => "unknown",
            _ => "other",
        }
    }
}

/// What is known of how two impressions lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// As the other, give or take an eighth of a turn: live scans and cards.
    Upright,
    /// In any direction, as marks do: four quarter turns are tried and the best counts.
    Any,
}

impl Rotation {
    /// Both.
    pub const ALL: [Rotation; 2] = [Rotation::Upright, Rotation::Any];

    /// Word used on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Rotation::Upright => "upright",
            Rotation::Any => "any",
        }
    }
}

/// What a minutia is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MinutiaKind {
    /// A ridge ends.
    Ending,
    /// A ridge divides.
    Bifurcation,
    /// Anything else, or not stated.
    Other,
}

/// One minutia as recorded, in the coordinate system of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutia {
    /// To the right, in the template's unit.
    pub x: i32,
    /// Up, in the template's unit.
    pub y: i32,
    /// Counter-clockwise from +x, in 1/[`DIRECTIONS_PER_TURN`] of a turn, below it.
    pub direction: u16,
    /// Ending, bifurcation or other.
    pub kind: MinutiaKind,
    /// 1 (worst) to 100 (best); `None` where the record gives none.
    pub quality: Option<u8>,
}

/// The minutiae of one impression, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Finger or palm.
    pub position: Position,
    /// How it was taken.
    pub impression: Impression,
    /// Number of the view among several of one position, from 0.
    pub view: u8,
    /// Quality of the impression, 0 to 100 (NFIQ 2 scale); `None` where the record gives none.
    pub quality: Option<u8>,
    /// Width of the image, in the template's unit, where the record states it.
    pub width: Option<u32>,
    /// Height of the image, in the template's unit, where the record states it.
    pub height: Option<u32>,
    /// Units per metre along x; 19,685 is 500 dpi.
    pub units_per_metre_x: u32,
    /// Units per metre along y.
    pub units_per_metre_y: u32,
    /// Minutiae in the order of the record.
    pub minutiae: Vec<Minutia>,
}

/// A minutia ready for matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlacedMinutia {
    /// To the right, pixels at 500 dpi.
    pub x_px: i16,
    /// Up, pixels at 500 dpi.
    pub y_px: i16,
    /// Counter-clockwise from +x, 256 to the turn.
    pub direction: u8,
    /// 1 (worst) to 100 (best); 0 where the record gives none.
    pub quality: u8,
}

/// Minutiae a print keeps for matching: their number fits seven bits in the kernels.
pub const MAX_PRINT_MINUTIAE: usize = 128;

/// Largest distance between two minutiae of a print along one axis, pixels at 500 dpi: 20 cm, a palm.
pub const MAX_EXTENT_PX: i32 = 4000;

/// Why a template cannot be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// A resolution of 0, or beyond any scanner.
    #[error("a resolution of {0} units per metre is not one of a fingerprint")]
    Resolution(u32),
    /// The minutiae lie further apart than any hand is wide.
    #[error("minutiae {0} pixels apart at 500 dpi are not of one hand")]
    Extent(i32),
}

impl Template {
    /// The minutiae at 500 dpi, ready for matching: ascending by (x, y, direction), without exact
    /// duplicates, the best [`MAX_PRINT_MINUTIAE`] by quality where there are more (ties: nearest to the
    /// centroid first). The smallest x and y are 0.
    ///
    /// # Errors
    /// The resolution or the extent cannot be those of a print.
    pub fn print(&self) -> Result<Vec<PlacedMinutia>, PrintError> {
        let mut placed = self.placed()?;
        placed.sort_unstable_by_key(|m| (m.0, m.1, m.2, std::cmp::Reverse(m.3)));
        placed.dedup_by_key(|m| (m.0, m.1, m.2));
        keep_best(&mut placed);
        Ok(placed
            .into_iter()
            .map(|(x, y, direction, quality)| PlacedMinutia {
                x_px: x as i16,
                y_px: y as i16,
                direction,
                quality,
            })
            .collect())
    }

    /// The minutia of the record that stands at a place of [`Self::print`]; of exact duplicates the first.
    ///
    /// # Errors
    /// As [`Self::print`].
    pub fn recorded_at(&self, at: &PlacedMinutia) -> Result<Option<&Minutia>, PrintError> {
        let wanted = (i32::from(at.x_px), i32::from(at.y_px), at.direction);
        let placed = self.placed()?;
        let place = placed.iter().position(|m| (m.0, m.1, m.2) == wanted);
        Ok(place.and_then(|place| self.minutiae.get(place)))
    }

    /// Every minutia in the order of the record: x, y, direction and quality as in [`PlacedMinutia`].
    fn placed(&self) -> Result<Vec<(i32, i32, u8, u8)>, PrintError> {
        let scale_x = scale(self.units_per_metre_x)?;
        let scale_y = scale(self.units_per_metre_y)?;
        let middle_x = middle(self.minutiae.iter().map(|m| m.x));
        let middle_y = middle(self.minutiae.iter().map(|m| m.y));
        let places: Vec<(i32, i32)> = self
            .minutiae
            .iter()
            .map(|m| (scaled(m.x, middle_x, scale_x), scaled(m.y, middle_y, scale_y)))
            .collect();
        let least_x = places.iter().map(|place| place.0).min().unwrap_or(0);
        let least_y = places.iter().map(|place| place.1).min().unwrap_or(0);
        let mut placed = Vec::with_capacity(self.minutiae.len());
        for (m, place) in self.minutiae.iter().zip(places) {
            let (x, y) = (place.0.saturating_sub(least_x), place.1.saturating_sub(least_y));
            if x.max(y) > MAX_EXTENT_PX {
                return Err(PrintError::Extent(x.max(y)));
            }
            placed.push((x, y, turn_256(m.direction), m.quality.unwrap_or(0)));
        }
        Ok(placed)
    }
}

/// Pixels at 500 dpi per unit, as a fraction of numerator and denominator. Within half a per cent of
/// 500 dpi the resolution is 500 dpi: headers round 196.85 pixels per centimetre to 196 or 197.
fn scale(units_per_metre: u32) -> Result<(i64, i64), PrintError> {
    match units_per_metre {
        19_600..=19_780 => Ok((1, 1)),
        2_000..=400_000 => Ok((i64::from(UNITS_PER_METRE_500_DPI), i64::from(units_per_metre))),
        other => Err(PrintError::Resolution(other)),
    }
}

/// Twice the middle between the least and the largest of `values`.
fn middle(values: impl Iterator<Item = i32> + Clone) -> i64 {
    let least = values.clone().min().unwrap_or(0);
    i64::from(least) + i64::from(values.max().unwrap_or(0))
}

/// `value` scaled, from the middle of the print whose double is `middle`, rounded to the nearest, halves
/// away from the middle: so rounding depends neither on the origin nor on a quarter turn. Where nothing is
/// scaled nothing is rounded, and `value` stays as it is.
fn scaled(value: i32, middle: i64, (numerator, denominator): (i64, i64)) -> i32 {
    if numerator == denominator {
        return value;
    }
    let doubled = 2 * i64::from(value) - middle;
    let size = (doubled.abs() * numerator + denominator) / (2 * denominator);
    (size * doubled.signum()).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// A direction in 1/11520 turn as the nearest of 256, halves up.
fn turn_256(direction: u16) -> u8 {
    let turn = u32::from(DIRECTIONS_PER_TURN);
    ((u32::from(direction) * 512 + turn) / (2 * turn) % 256) as u8
}

fn keep_best(placed: &mut Vec<(i32, i32, u8, u8)>) {
    if placed.len() <= MAX_PRINT_MINUTIAE {
        return;
    }
    let count = placed.len() as i64;
    let sum_x: i64 = placed.iter().map(|m| i64::from(m.0)).sum();
    let sum_y: i64 = placed.iter().map(|m| i64::from(m.1)).sum();
    placed.sort_by_key(|m| {
        let (dx, dy) = (i64::from(m.0) * count - sum_x, i64::from(m.1) * count - sum_y);
        (std::cmp::Reverse(m.3), dx * dx + dy * dy, *m)
    });
    placed.truncate(MAX_PRINT_MINUTIAE);
    placed.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn template(minutiae: Vec<Minutia>, (x, y): (u32, u32)) -> Template {
        Template {
            position: Position::UNKNOWN,
            impression: Impression::LIVE_PLAIN,
            view: 0,
            quality: None,
            width: None,
            height: None,
            units_per_metre_x: x,
            units_per_metre_y: y,
            minutiae,
        }
    }

    fn minutiae() -> impl Strategy<Value = Vec<Minutia>> {
        let minutia = (-900i32..900, -900i32..900, 0..DIRECTIONS_PER_TURN);
        proptest::collection::vec(minutia, 0..40).prop_map(|list| {
            let minutia = |(x, y, direction)| Minutia {
                x,
                y,
                direction,
                kind: MinutiaKind::Other,
                quality: None,
            };
            list.into_iter().map(minutia).collect()
        })
    }

    /// A quarter turn counter-clockwise, back to where the smallest x and y are 0.
    fn turned(placed: &[PlacedMinutia]) -> Vec<PlacedMinutia> {
        let widest = placed.iter().map(|m| m.y_px).max().unwrap_or(0);
        let turn = |m: &PlacedMinutia| PlacedMinutia {
            x_px: widest - m.y_px,
            y_px: m.x_px,
            direction: m.direction.wrapping_add(64),
            ..*m
        };
        let mut list: Vec<PlacedMinutia> = placed.iter().map(turn).collect();
        list.sort_unstable();
        list
    }

    proptest! {
        #[test]
        fn a_template_moved_and_turned_by_a_quarter_gives_the_same_print_turned(
            list in minutiae(),
            (dx, dy) in (-5000i32..5000, -5000i32..5000),
            x in prop::sample::select(vec![19_685u32, 39_370, 10_000, 23_622]),
            y in prop::sample::select(vec![19_685u32, 39_370]),
        ) {
            let turn = |m: &Minutia| Minutia {
                x: dx - m.y,
                y: dy + m.x,
                direction: (m.direction + DIRECTIONS_PER_TURN / 4) % DIRECTIONS_PER_TURN,
                ..*m
            };
            let other = list.iter().map(turn).collect();
            let straight = template(list, (x, y)).print().unwrap();
            prop_assert_eq!(template(other, (y, x)).print().unwrap(), turned(&straight));
        }
    }

    #[test]
    fn twice_the_resolution_halves_the_distances() {
        let at =
            |x, y| Minutia { x, y, direction: 0, kind: MinutiaKind::Ending, quality: Some(50) };
        let fine = template(vec![at(10, 20), at(210, 120), at(110, 60)], (39_370, 39_370));
        let places = fine.print().unwrap().iter().map(|m| (m.x_px, m.y_px)).collect::<Vec<_>>();
        assert_eq!(places, [(0, 0), (50, 20), (100, 50)]);
    }
}
