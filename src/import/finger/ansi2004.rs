//! ANSI INCITS 378-2004 finger minutiae records.
//!
//! The magic and version of ISO/IEC 19794-2:2005, then a u16 length, or u16 0 and a u32 length; u16
//! owner and type of the product, and from there as ISO. Angles are in units of 2 degrees; some makers
//! write the ISO unit all the same, which angles of 180 and more prove. One such angle alone is refused:
//! it may as well be damage, and the other unit turns every minutia of the record.

use super::cursor::{Cursor, Parsed};
use super::iso2005::SharedHeader;
use super::notes::Notes;
use super::view::{self, AngleUnit, RawView, TWO_DEGREES_PER_TURN};
use crate::domain::finger::Template;

/// Shortest header, and so the smallest length a record can state in 16 bits.
pub(super) const LEAST_LENGTH: u16 = 26;

/// Reads a record whose magic was recognised and whose length field tells ANSI from ISO.
pub(super) fn read(mut cursor: Cursor<'_>, notes: &mut Notes) -> Parsed<Vec<Template>> {
    view::magic(&mut cursor)?;
    let length_at = cursor.at();
    let short = cursor.u16("the record length")?;
    let length = if short == 0 { cursor.u32("the record length")? } else { u32::from(short) };
    let end = view::stated_end(&cursor, length_at, length, notes)?;
    cursor.u16("the product owner")?;
    cursor.u16("the product type")?;
    cursor.u16("the capture device")?;
    let header = SharedHeader::read(&mut cursor)?;
    let views = header.views(&mut cursor, end, notes)?;
    let unit = unit(&cursor, &views, notes)?;
    notes.convention(view::AXES);
    notes.convention(unit.convention());
    notes.convention(view::SENSE);
    Ok(views.iter().map(|raw| view::template(raw, unit, notes)).collect())
}

/// The unit of the angles of all views: 2 degrees unless several angles do not exist in it.
pub(super) fn unit(cursor: &Cursor<'_>, views: &[RawView], notes: &mut Notes) -> Parsed<AngleUnit> {
    let angles = || views.iter().flat_map(|view| &view.minutiae).map(|minutia| minutia.angle);
    let beyond = angles().filter(|angle| *angle >= TWO_DEGREES_PER_TURN).count();
    match beyond {
        0 => Ok(AngleUnit::TwoDegrees),
        1 => Err(cursor.refuse(
            0,
            "an angle is 0 to 179, in units of 2 degrees",
            format!("one angle of {} among {}", angles().max().unwrap_or(0), angles().count()),
            "the record is damaged or made with another unit; export it again as ISO/IEC 19794-2",
        )),
        _ => {
            notes.warn(format!(
                "{beyond} angles are 180 or more, which units of 2 degrees do not have: all angles \
are read in 1/256 of a turn, as ISO/IEC 19794-2 has them"
            ));
            Ok(AngleUnit::Turn256)
        }
    }
}
