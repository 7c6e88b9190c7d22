//! `.xyt` files of NIST mindtct: one minutia a line, `x y theta [quality]`, in either convention.
//!
//! | convention | y | theta | points |
//! |---|---|---|---|
//! | NIST (default of mindtct) | up from the bottom edge | degrees, 0 to 359 | away from the ridge or valley: +180 against ISO |
//! | M1 (`mindtct -m1`, ANSI INCITS 378) | down from the top edge | units of 2 degrees, 0 to 179 | as ISO |
//!
//! Source: the user's guide to NIST Biometric Image Software, mindtct. The file does not say which it is.
//! A theta of 180 or more proves degrees. Where none is and there are [`EVIDENCE_MINUTIAE`] or more,
//! M1 is taken: of 1,168 real prints with so many minutiae, none had all directions in one half of the
//! circle (`tests/finger_import.rs` counts again). With fewer the NIST convention is taken. Either is
//! said, and the caller may state the convention instead.
//! Limits: an `.xyt` file carries no resolution (500 dpi is assumed), no size, no type of minutia, no
//! position; x and y up to 9,999,999.

use std::path::Path;

use super::cursor::Parsed;
use super::notes::Notes;
use crate::domain::finger::{
    DIRECTIONS_PER_TURN, Impression, Minutia, MinutiaKind, Position, Template,
    UNITS_PER_METRE_500_DPI,
};
use crate::error::{Position as Place, Rejection};
use crate::limits::MAX_TEMPLATE_MINUTIAE;

/// Minutiae from which on it is evidence that no direction lies in the second half of the circle.
pub(super) const EVIDENCE_MINUTIAE: usize = 15;

/// Longest number that is read: more digits are no coordinate.
const MAX_DIGITS: usize = 7;

/// Which of the two conventions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Convention {
    Nist,
    M1,
}

/// One line: x, y, theta and quality.
type Row = (i32, i32, u16, Option<u8>);

/// Whether `text` looks like an `.xyt` file: its first lines are three or four small whole numbers.
pub(super) fn is_xyt(bytes: &[u8]) -> bool {
    matches!(first_rows(bytes), (1.., 0))
}

/// Whether `bytes`, which are no other format, are an `.xyt` file with a fault in one of its first lines:
/// some of them are as they should be, so the reader can name the line that is not.
pub(super) fn is_faulty_xyt(bytes: &[u8]) -> bool {
    matches!(first_rows(bytes), (1.., 1..))
}

/// How many of the first lines are minutiae, and how many are not; none of either for what is not text.
fn first_rows(bytes: &[u8]) -> (usize, usize) {
    /// Lines looked at, and bytes at most.
    const LOOKED_AT: (usize, usize) = (5, 512);
    let start = bytes.get(..LOOKED_AT.1).unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(start) else { return (0, 0) };
    let is_whole = start.len() == bytes.len();
    let mut lines: Vec<&str> = text.lines().collect();
    if !is_whole {
        lines.pop();
    }
    let rows = lines.iter().filter(|line| !line.trim().is_empty()).take(LOOKED_AT.0);
    let (good, bad): (Vec<&str>, Vec<&str>) = rows.partition(|line| row(line).is_ok());
    (good.len(), bad.len())
}

/// Reads one line.
fn row(line: &str) -> Result<Row, String> {
    let mut numbers = [0u32; 4];
    let mut count = 0;
    for word in line.split_ascii_whitespace() {
        let is_number = word.len() <= MAX_DIGITS && word.bytes().all(|b| b.is_ascii_digit());
        let place = numbers.get_mut(count).filter(|_| is_number).ok_or("other than numbers")?;
        *place = word.parse().map_err(|_| "other than numbers")?;
        count += 1;
    }
    let [x, y, theta, quality] = numbers;
    if count < 3 {
        return Err(format!("{count} numbers"));
    }
    let theta = u16::try_from(theta).ok().filter(|theta| *theta < 360);
    let theta = theta.ok_or("a direction of 360 degrees or more")?;
    let quality = (count == 4).then_some(quality);
    if quality.is_some_and(|quality| quality > 100) {
        return Err("a quality over 100".to_owned());
    }
    let quality = quality.and_then(|quality| u8::try_from(quality).ok()).filter(|q| *q > 0);
    Ok((x as i32, y as i32, theta, quality))
}

/// Reads a file; `wanted` is the convention the caller states.
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    wanted: Option<Convention>,
    notes: &mut Notes,
) -> Parsed<(Convention, Vec<Template>)> {
    let refuse = |place, rule: &str, found: String, help: &str| {
        Box::new(Rejection::new(path, place, rule, found, help))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = Place::Offset(error.valid_up_to() as u64);
        refuse(at, "an .xyt file is text", "other bytes".to_owned(), "give the output of mindtct")
    })?;
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        rows.push(row(line).map_err(|fault| {
            refuse(
                Place::Line(number),
                "a line of an .xyt file is x, y, theta (0 to 359) and perhaps quality (0 to 100), whole \
numbers with spaces between them",
                format!("{}: {fault}", line.trim()),
                "give the output of mindtct unchanged",
            )
        })?);
        if rows.len() > MAX_TEMPLATE_MINUTIAE {
            let help = "this is not the minutiae of one impression; check its origin";
            let rule = format!("an impression has at most {MAX_TEMPLATE_MINUTIAE} minutiae");
            return Err(refuse(Place::Line(number), &rule, "more".to_owned(), help));
        }
    }
    if !text.ends_with('\n') {
        notes.warn(
            "the last line has no line end; if the file was cut, its last number may be short",
        );
    }
    let convention = choose(&rows, wanted, notes).map_err(|found| {
        let rule = "theta is 0 to 179 in the M1 convention, in units of 2 degrees";
        refuse(Place::File, rule, found, "state the NIST convention, or none")
    })?;
    notes.convention(
        "an .xyt file states no resolution, position and type: 500 dpi, unknown, other",
    );
    let minutiae = rows.iter().map(|row| place(row, convention)).collect();
    let template = Template {
        position: Position::UNKNOWN,
        impression: Impression::LIVE_PLAIN,
        view: 0,
        quality: None,
        width: None,
        height: None,
        units_per_metre_x: UNITS_PER_METRE_500_DPI,
        units_per_metre_y: UNITS_PER_METRE_500_DPI,
        minutiae,
    };
    Ok((convention, vec![template]))
}

fn choose(
    rows: &[Row],
    wanted: Option<Convention>,
    notes: &mut Notes,
) -> Result<Convention, String> {
    let greatest = rows.iter().map(|row| row.2).max().unwrap_or(0);
    let (convention, why) = match wanted {
        Some(Convention::M1) if greatest >= 180 => {
            return Err(format!("a theta of {greatest}"));
        }
        Some(convention) => (convention, "stated by the caller".to_owned()),
        None if greatest >= 180 => {
            (Convention::Nist, format!("recognised: a theta of {greatest} is in degrees"))
        }
        None if rows.len() >= EVIDENCE_MINUTIAE => {
            notes.warn(format!(
                "none of {} directions is 180 or more: the file is taken for output of mindtct -m1; \
state the convention if it is not",
                rows.len()
            ));
            (Convention::M1, "recognised: no theta is 180 or more".to_owned())
        }
        None => {
            notes.warn(
                "too few minutiae tell the convention of this .xyt file: the default of mindtct is \
taken; state the convention if mindtct -m1 wrote it",
            );
            (Convention::Nist, "assumed: the default of mindtct".to_owned())
        }
    };
    notes.convention(match convention {
        Convention::Nist => format!(
            "NIST convention ({why}): y up, degrees, directions away from the ridge, turned by 180"
        ),
        Convention::M1 => format!(
            "M1 convention ({why}): y down, stored with y up and negative; units of 2 degrees, ISO sense"
        ),
    });
    Ok(convention)
}

fn place(&(x, y, theta, quality): &Row, convention: Convention) -> Minutia {
    /// Units of a direction in a degree.
    const PER_DEGREE: u16 = DIRECTIONS_PER_TURN / 360;
    let (y, direction) = match convention {
        Convention::Nist => (y, (theta + 180) % 360 * PER_DEGREE),
        Convention::M1 => (-y, theta * 2 * PER_DEGREE),
    };
    Minutia { x, y, direction, kind: MinutiaKind::Other, quality }
}
