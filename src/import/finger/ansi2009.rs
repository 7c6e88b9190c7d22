//! ANSI INCITS 378-2009 finger minutiae records, their Amendment 1 (version `035`), and the draft of
//! 2007 that shares the version `030` and lacks a byte in the header.
//!
//! Header: magic, u32 length, u16 owner and type, u8 certification (not in the draft), u16 device, u8
//! views, u8 0. View: u8 position, number, impression, quality, u16 quality owner and algorithm, u16
//! width, height, x and y pixels per centimetre, u8 count; minutiae and extended data as in 2004.

use super::ansi2004;
use super::cursor::{Cursor, Parsed};
use super::notes::Notes;
use super::view::{self, RawView};
use crate::domain::finger::{Impression, Template};

/// Bytes of a view without minutiae.
const LEAST_VIEW_BYTES: usize = 19;

/// Reads a record of 2009 or its amendment.
pub(super) fn read(cursor: Cursor<'_>, notes: &mut Notes) -> Parsed<Vec<Template>> {
    read_with(cursor, true, notes)
}

/// Reads a record of the draft of 2007.
pub(super) fn read_draft(cursor: Cursor<'_>, notes: &mut Notes) -> Parsed<Vec<Template>> {
    read_with(cursor, false, notes)
}

fn read_with(
    mut cursor: Cursor<'_>,
    has_certification: bool,
    notes: &mut Notes,
) -> Parsed<Vec<Template>> {
    view::magic(&mut cursor)?;
    let length_at = cursor.at();
    let length = cursor.u32("the record length")?;
    let end = view::stated_end(&cursor, length_at, length, notes)?;
    cursor.u16("the product owner")?;
    cursor.u16("the product type")?;
    if has_certification {
        cursor.u8("the certification")?;
    }
    cursor.u16("the capture device")?;
    let count = usize::from(cursor.u8("the number of views")?);
    cursor.u8("the reserved byte")?;
    if cursor.left() < count * LEAST_VIEW_BYTES {
        return Err(cursor.refuse(
            cursor.at(),
            format!("{count} views of at least {LEAST_VIEW_BYTES} bytes follow"),
            format!("{} bytes before the end", cursor.left()),
            "the record was cut, or its number of views is wrong; export it again",
        ));
    }
    let mut views = Vec::with_capacity(count);
    for _ in 0..count {
        views.push(read_view(&mut cursor, notes)?);
    }
    view::finish(&mut cursor, end, notes)?;
    let unit = ansi2004::unit(&cursor, &views, notes)?;
    notes.convention(view::AXES);
    notes.convention(unit.convention());
    notes.convention(view::SENSE);
    Ok(views.iter().map(|raw| view::template(raw, unit, notes)).collect())
}

fn read_view(cursor: &mut Cursor<'_>, notes: &mut Notes) -> Parsed<RawView> {
    let position_at = cursor.at();
    let code = cursor.u8("the finger position")?;
    let position = view::position(cursor, position_at, code)?;
    let number = cursor.u8("the view number")?;
    let impression = Impression(cursor.u8("the impression type")?);
    let quality = cursor.u8("the view quality")?;
    cursor.u16("the owner of the quality algorithm")?;
    cursor.u16("the quality algorithm")?;
    let width = cursor.u16("the image width")?;
    let height = cursor.u16("the image height")?;
    let x_resolution = cursor.u16("the resolution")?;
    let y_resolution = cursor.u16("the resolution")?;
    let count = usize::from(cursor.u8("the count of minutiae")?);
    let minutiae = view::minutiae(cursor, count, 6, notes)?;
    view::pass_extended(cursor, notes)?;
    let quality = view::view_quality(quality, notes);
    Ok(RawView {
        position,
        impression,
        number,
        quality,
        width,
        height,
        x_resolution,
        y_resolution,
        minutiae,
    })
}
