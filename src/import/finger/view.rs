//! What the binary minutiae records (ISO/IEC 19794-2, ANSI INCITS 378) have in common: minutiae of
//! five or six bytes, extended data, and how both become a template.
//!
//! A view is first read as its bytes say ([`RawView`]) and only then placed: the unit of the angles of
//! an ANSI record is known when all its angles have been seen.

use super::cursor::{Cursor, Parsed};
use super::notes::Notes;
use crate::domain::finger::{Impression, Minutia, MinutiaKind, Position, Template};

/// What one unit of a recorded angle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AngleUnit {
    /// 1/256 of a turn: ISO/IEC 19794-2.
    Turn256,
    /// 2 degrees, 0 to 179: ANSI INCITS 378.
    TwoDegrees,
}

impl AngleUnit {
    /// Units of [`Minutia::direction`] in one unit of the angle.
    pub(super) const fn step(self) -> u16 {
        match self {
            AngleUnit::Turn256 => 45,
            AngleUnit::TwoDegrees => 64,
        }
    }

    /// As the check of a file says it.
    pub(super) const fn convention(self) -> &'static str {
        match self {
            AngleUnit::Turn256 => "angles in 1/256 of a turn (1.40625 degrees)",
            AngleUnit::TwoDegrees => "angles in units of 2 degrees",
        }
    }
}

/// Angles from here on do not exist in units of 2 degrees.
pub(super) const TWO_DEGREES_PER_TURN: u8 = 180;

/// A minutia as its bytes say: y down, the angle in the record's unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawMinutia {
    pub(super) kind_code: u8,
    pub(super) x: u16,
    pub(super) y_down: u16,
    pub(super) angle: u8,
    pub(super) quality: u8,
}

/// One view as its bytes say.
#[derive(Debug)]
pub(super) struct RawView {
    pub(super) position: Position,
    pub(super) impression: Impression,
    pub(super) number: u8,
    pub(super) quality: Option<u8>,
    pub(super) width: u16,
    pub(super) height: u16,
    /// Pixels per centimetre.
    pub(super) x_resolution: u16,
    /// Pixels per centimetre.
    pub(super) y_resolution: u16,
    pub(super) minutiae: Vec<RawMinutia>,
}

/// The words that go with every one of these formats.
pub(super) const AXES: &str =
    "pixels from the top left corner, y down; stored with y up and negative";
/// The sense of directions that go with every one of these formats.
pub(super) const SENSE: &str =
    "directions counter-clockwise from the x axis, back along the ridge or along the valley (ISO)";

/// First bytes of every minutiae record.
pub(super) const MAGIC: &[u8] = b"FMR\0";

/// Passes over the magic and the version.
pub(super) fn magic(cursor: &mut Cursor<'_>) -> Parsed<()> {
    let found = cursor.take(8, "the magic and version")?;
    if found.starts_with(MAGIC) {
        return Ok(());
    }
    let found = String::from_utf8_lossy(found).into_owned();
    Err(cursor.refuse(
        0,
        "a minutiae record begins with FMR",
        found,
        "state another format, or none",
    ))
}

/// The position of a code, where it is one of a finger or palm.
pub(super) fn position(cursor: &Cursor<'_>, offset: usize, code: u8) -> Parsed<Position> {
    Position::from_code(code).ok_or_else(|| {
        cursor.refuse(
            offset,
            "a position is a finger (0 to 10) or a palm (20 to 36)",
            format!("position code {code}"),
            "the record is damaged, or of a part of the body this registry does not hold",
        )
    })
}

/// The quality of a view in a single byte: 0 where the maker computed none, as most do.
pub(super) fn view_quality(code: u8, notes: &mut Notes) -> Option<u8> {
    match code {
        1..=100 => Some(code),
        0 | 254 | 255 => None,
        other => {
            notes.warn(format!("a view quality of {other} has no meaning and is not kept"));
            None
        }
    }
}

/// Reads `count` minutiae; `length` is 6, or 5 where they carry no quality.
pub(super) fn minutiae(
    cursor: &mut Cursor<'_>,
    count: usize,
    length: usize,
    notes: &mut Notes,
) -> Parsed<Vec<RawMinutia>> {
    let needed = count * length;
    if cursor.left() < needed {
        return Err(cursor.refuse(
            cursor.at(),
            format!("{count} minutiae of {length} bytes follow"),
            format!("{} bytes before the end", cursor.left()),
            "the record was cut, or its count of minutiae is wrong; export it again",
        ));
    }
    let mut list = Vec::with_capacity(count);
    let (mut unknown_kinds, mut reserved_bits) = (0, 0);
    for _ in 0..count {
        let x = cursor.u16("a minutia")?;
        let y = cursor.u16("a minutia")?;
        let angle = cursor.u8("a minutia")?;
        let quality = if length > 5 { cursor.u8("a minutia")? } else { 0 };
        let kind_code = (x >> 14) as u8;
        unknown_kinds += u32::from(kind_code == 3);
        reserved_bits += u32::from(y >> 14 != 0);
        list.push(RawMinutia { kind_code, x: x & 0x3fff, y_down: y & 0x3fff, angle, quality });
    }
    if unknown_kinds > 0 {
        notes.warn(format!(
            "{unknown_kinds} minutiae have type 3, which the format reserves; kept as other"
        ));
    }
    if reserved_bits > 0 {
        notes.warn(format!("{reserved_bits} minutiae have reserved bits set; they are ignored"));
    }
    Ok(list)
}

/// Bytes by which the extended data at the end of a record may miss its stated length. Examples that
/// come with the standards' own tools miss it by one and by two; the minutiae before it are whole.
const SLACK_BYTES: usize = 2;

/// Passes over the extended data of a view: its length, then areas of type, length and data.
pub(super) fn pass_extended(cursor: &mut Cursor<'_>, notes: &mut Notes) -> Parsed<()> {
    let start = cursor.at();
    let length = usize::from(cursor.u16("the length of extended data")?);
    let missing = length.saturating_sub(cursor.left());
    let data = cursor.take(length - missing, "extended data")?;
    // The length of an area counts its own four bytes in the standards, and in some records not.
    let is_well_formed = fills(data, length, 0) || fills(data, length, 4);
    if missing > 0 && !(missing <= SLACK_BYTES && is_well_formed && notes.has_stated_length) {
        return Err(cursor.refuse(
            start,
            format!("{length} bytes of extended data follow"),
            format!("{} bytes before the end", data.len()),
            "the record was cut, or a count or length in it is wrong; export it again",
        ));
    }
    if missing > 0 {
        notes.has_leftover = true;
        notes
            .warn(format!("the extended data at the end is {missing} bytes short; it is not kept"));
    }
    if length > 0 {
        notes.extended_data();
    }
    notes.has_odd_areas |= !is_well_formed;
    notes.ends_with_areas = length > 0 && is_well_formed;
    Ok(())
}

/// Whether areas of type, length (`uncounted` bytes less than an area takes) and data fill `length`.
fn fills(data: &[u8], length: usize, uncounted: usize) -> bool {
    let mut at = 0;
    while at < length {
        let head = data.get(at + 2..).and_then(|rest| rest.first_chunk::<2>());
        let Some(head) = head else { return false };
        let area = usize::from(u16::from_be_bytes(*head)) + uncounted;
        if area < 4 {
            return false;
        }
        at += area;
    }
    at == length
}

/// A view as a template, angles in `unit`.
pub(super) fn template(view: &RawView, unit: AngleUnit, notes: &mut Notes) -> Template {
    let mut odd_qualities = 0;
    let minutiae = view.minutiae.iter().map(|raw| {
        odd_qualities += u32::from(matches!(raw.quality, 101..=253));
        Minutia {
            x: i32::from(raw.x),
            y: -i32::from(raw.y_down),
            direction: u16::from(raw.angle) * unit.step(),
            kind: match raw.kind_code {
                1 => MinutiaKind::Ending,
                2 => MinutiaKind::Bifurcation,
                _ => MinutiaKind::Other,
            },
            quality: Some(raw.quality).filter(|quality| matches!(quality, 1..=100)),
        }
    });
    let minutiae = minutiae.collect();
    if odd_qualities > 0 {
        notes.warn(format!(
            "{odd_qualities} minutiae have a quality between 101 and 253, which has no meaning; it is not kept"
        ));
    }
    Template {
        position: view.position,
        impression: view.impression,
        view: view.number,
        quality: view.quality,
        width: stated(view.width),
        height: stated(view.height),
        units_per_metre_x: u32::from(view.x_resolution) * 100,
        units_per_metre_y: u32::from(view.y_resolution) * 100,
        minutiae,
    }
}

/// A length of the image; 0 where the record leaves it out.
fn stated(length: u16) -> Option<u32> {
    (length != 0).then(|| u32::from(length))
}

/// Where the record ends by its stated length; `None` where it states 0. What the record holds beyond it
/// is judged by [`finish`].
pub(super) fn stated_end(
    cursor: &Cursor<'_>,
    at: usize,
    stated: u32,
    notes: &mut Notes,
) -> Parsed<Option<usize>> {
    let (end, actual) = (usize::try_from(stated).unwrap_or(usize::MAX), cursor.end());
    if end > actual {
        return Err(cursor.refuse(
            at,
            format!("the record is {end} bytes long, as it states"),
            format!("{actual} bytes"),
            "the file was cut; transfer or export it again",
        ));
    }
    if end == 0 {
        notes.warn("the record states a length of 0; it is taken to end with the file");
        return Ok(None);
    }
    notes.has_stated_length = true;
    Ok(Some(end))
}

/// Judges what is left between the last view, the stated end and the end of the file. Zeros are padding;
/// other bytes mean that a count was wrong on the way. A record longer than it states is accepted where
/// it meets the end of the file exactly, as the example in annex C of ISO/IEC 19794-2:2005 does.
pub(super) fn finish(
    cursor: &mut Cursor<'_>,
    stated: Option<usize>,
    notes: &mut Notes,
) -> Parsed<()> {
    let (at, file_end) = (cursor.at(), cursor.end());
    let end = stated.unwrap_or(file_end);
    if at > end && at == file_end {
        notes.has_leftover = true;
        notes.warn(format!("the record states {end} bytes and has {at}"));
        return Ok(());
    }
    let left = end.saturating_sub(at);
    let rest = cursor.take(left, "padding")?;
    let is_padding = rest.iter().all(|byte| *byte == 0) && !notes.has_odd_areas;
    let is_slack = left <= SLACK_BYTES && notes.ends_with_areas;
    if at > end || !(left == 0 || is_padding || is_slack) {
        return Err(cursor.refuse(
            at.min(end),
            "the record ends with its last view",
            format!("a last view that ends at byte {at}, and a record that ends at byte {end}"),
            "a count of views or minutiae is wrong, or the record is damaged; export it again",
        ));
    }
    if left > 0 {
        notes.has_leftover = true;
        notes.warn(format!("{left} bytes after the last view are passed over"));
    }
    if notes.has_odd_areas {
        notes.warn("the areas of extended data do not fill its length; it is not kept anyway");
    }
    if file_end > end {
        let after = file_end - end;
        notes.warn(format!("{after} bytes after the stated end of the record are not read"));
    }
    Ok(())
}
