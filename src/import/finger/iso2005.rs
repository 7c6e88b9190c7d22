//! ISO/IEC 19794-2:2005 finger minutiae records, record format: read and written.
//!
//! Layout (big-endian): `FMR\0`, ` 20\0`, u32 length, u16 certification and device, u16 width, height,
//! x and y pixels per centimetre, u8 number of views, u8 0; then per view u8 position, u8 view number
//! and impression, u8 quality, u8 count, minutiae of 6 bytes, u16 length of extended data and the data.
//! Limits: 255 minutiae a view, one image size and resolution for all views, which is the format's own.

use super::cursor::{Cursor, Parsed};
use super::notes::Notes;
use super::view::{self, AngleUnit, RawView};
use crate::domain::finger::{Impression, Minutia, MinutiaKind, Template};
use crate::error::{Error, Result};

/// Bytes of a view without minutiae: its head and the length of its extended data.
const LEAST_VIEW_BYTES: usize = 6;

/// Reads a record whose magic was recognised.
pub(super) fn read(mut cursor: Cursor<'_>, notes: &mut Notes) -> Parsed<Vec<Template>> {
    view::magic(&mut cursor)?;
    let length_at = cursor.at();
    let length = cursor.u32("the record length")?;
    let end = view::stated_end(&cursor, length_at, length, notes)?;
    cursor.u16("the capture device")?;
    let header = SharedHeader::read(&mut cursor)?;
    let views = header.views(&mut cursor, end, notes)?;
    notes.convention(view::AXES);
    notes.convention(AngleUnit::Turn256.convention());
    notes.convention(view::SENSE);
    Ok(views.iter().map(|raw| view::template(raw, AngleUnit::Turn256, notes)).collect())
}

/// The end of the header, which ISO/IEC 19794-2:2005 and ANSI INCITS 378-2004 share.
pub(super) struct SharedHeader {
    width: u16,
    height: u16,
    x_resolution: u16,
    y_resolution: u16,
    view_count: u8,
}

impl SharedHeader {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let header = SharedHeader {
            width: cursor.u16("the image width")?,
            height: cursor.u16("the image height")?,
            x_resolution: cursor.u16("the resolution")?,
            y_resolution: cursor.u16("the resolution")?,
            view_count: cursor.u8("the number of views")?,
        };
        cursor.u8("the reserved byte")?;
        Ok(header)
    }

    /// Reads the views that follow, to the end of the record.
    pub(super) fn views(
        &self,
        cursor: &mut Cursor<'_>,
        end: Option<usize>,
        notes: &mut Notes,
    ) -> Parsed<Vec<RawView>> {
        let count = usize::from(self.view_count);
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
            views.push(self.view(cursor, notes)?);
        }
        view::finish(cursor, end, notes)?;
        Ok(views)
    }

    fn view(&self, cursor: &mut Cursor<'_>, notes: &mut Notes) -> Parsed<RawView> {
        let position_at = cursor.at();
        let code = cursor.u8("the finger position")?;
        let position = view::position(cursor, position_at, code)?;
        let number_and_impression = cursor.u8("the view number and impression")?;
        let quality = cursor.u8("the view quality")?;
        let count = usize::from(cursor.u8("the count of minutiae")?);
        let minutiae = view::minutiae(cursor, count, 6, notes)?;
        view::pass_extended(cursor, notes)?;
        Ok(RawView {
            position,
            impression: Impression(number_and_impression & 15),
            number: number_and_impression >> 4,
            quality: view::view_quality(quality, notes),
            width: self.width,
            height: self.height,
            x_resolution: self.x_resolution,
            y_resolution: self.y_resolution,
            minutiae,
        })
    }
}

/// The record that reads back as exactly `templates`, all views in one; capture device unknown.
///
/// # Errors
/// [`Error::Usage`] naming what does not fit the format: no or over 255 views, over 255 minutiae in a
/// view, images or resolutions that differ between views, resolutions that are not a whole number of
/// pixels per centimetre (500 dpi is written 19,700 per metre), coordinates outside 0 to 16,383
/// counted down from the top left corner (`y` 0 to -16,383), directions between the 256 of a turn,
/// views over 15, impressions over 15, qualities outside 1 to 100, an image side of 0 or over 65,535.
pub fn write_iso2005(templates: &[Template]) -> Result<Vec<u8>> {
    let first = templates.first().ok_or_else(|| unfit("a record without a view"))?;
    let views = narrow::<u8>(templates.len() as u64, "the number of views")?;
    let frame = |t: &Template| (t.width, t.height, t.units_per_metre_x, t.units_per_metre_y);
    if templates.iter().any(|t| frame(t) != frame(first)) {
        return Err(unfit("views of different image sizes or resolutions"));
    }
    let mut bytes = b"FMR\0 20\0".to_vec();
    bytes.extend([0; 6]);
    for side in [first.width, first.height] {
        if side == Some(0) {
            return Err(unfit("an image side of 0, which stands for one not stated"));
        }
        bytes.extend(narrow::<u16>(side.unwrap_or(0).into(), "the image size")?.to_be_bytes());
    }
    for units in [first.units_per_metre_x, first.units_per_metre_y] {
        if !units.is_multiple_of(100) {
            return Err(unfit(&format!(
                "{units} units per metre, no whole number of pixels per centimetre"
            )));
        }
        bytes.extend(narrow::<u16>((units / 100).into(), "the resolution")?.to_be_bytes());
    }
    bytes.extend([views, 0]);
    for template in templates {
        write_view(template, &mut bytes)?;
    }
    let length = narrow::<u32>(bytes.len() as u64, "the record length")?;
    if let Some(place) = bytes.get_mut(8..12) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(bytes)
}

fn write_view(template: &Template, bytes: &mut Vec<u8>) -> Result<()> {
    if template.view > 15 || template.impression.0 > 15 {
        return Err(unfit(&format!(
            "view {} or impression {}, of which the format holds 0 to 15",
            template.view, template.impression.0
        )));
    }
    bytes.push(template.position.code());
    bytes.push(template.view << 4 | template.impression.0);
    bytes.push(quality(template.quality)?);
    bytes.push(narrow::<u8>(template.minutiae.len() as u64, "the count of minutiae")?);
    for minutia in &template.minutiae {
        write_minutia(minutia, bytes)?;
    }
    bytes.extend([0, 0]);
    Ok(())
}

fn write_minutia(minutia: &Minutia, bytes: &mut Vec<u8>) -> Result<()> {
    let fourteen_bits = |value: i64| {
        u16::try_from(value).ok().filter(|value| *value < 1 << 14).ok_or_else(|| {
            unfit(&format!("a minutia at ({}, {}), outside the image", minutia.x, minutia.y))
        })
    };
    let kind: u16 = match minutia.kind {
        MinutiaKind::Other => 0,
        MinutiaKind::Ending => 1,
        MinutiaKind::Bifurcation => 2,
    };
    let x = fourteen_bits(minutia.x.into())?;
    let y = fourteen_bits(-i64::from(minutia.y))?;
    let step = AngleUnit::Turn256.step();
    if !minutia.direction.is_multiple_of(step) {
        return Err(unfit(&format!(
            "a direction of {}/11520 of a turn, between two of the 256",
            minutia.direction
        )));
    }
    bytes.extend((kind << 14 | x).to_be_bytes());
    bytes.extend(y.to_be_bytes());
    bytes.push(narrow::<u8>((minutia.direction / step).into(), "a direction")?);
    bytes.push(quality(minutia.quality)?);
    Ok(())
}

fn quality(quality: Option<u8>) -> Result<u8> {
    match quality {
        None => Ok(0),
        Some(value @ 1..=100) => Ok(value),
        Some(other) => Err(unfit(&format!("a quality of {other}, which reads back as another"))),
    }
}

fn narrow<T: TryFrom<u64>>(value: u64, what: &str) -> Result<T> {
    T::try_from(value).map_err(|_| unfit(&format!("{what} of {value}")))
}

fn unfit(what: &str) -> Error {
    Error::usage(
        format!("ISO/IEC 19794-2:2005 cannot hold {what}"),
        "convert the template first, or leave it out",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::read_bytes;
    use super::*;
    use crate::domain::finger::Position;

    fn minutia() -> impl Strategy<Value = Minutia> {
        let kind = prop_oneof![
            Just(MinutiaKind::Ending),
            Just(MinutiaKind::Bifurcation),
            Just(MinutiaKind::Other)
        ];
        // Within the largest hand at the coarsest resolution below.
        let place = (0..=4000, -4000..=0, 0u16..256);
        (place, kind, proptest::option::of(1u8..=100)).prop_map(|((x, y, angle), kind, quality)| {
            Minutia { x, y, direction: angle * 45, kind, quality }
        })
    }

    /// Templates that fit one record.
    fn templates() -> impl Strategy<Value = Vec<Template>> {
        let side = || proptest::option::of(1u32..=u32::from(u16::MAX));
        let resolution = || (197u32..=4000).prop_map(|r| r * 100);
        let view = (
            (0u8..=10).prop_filter_map("a finger", Position::from_code),
            0u8..16,
            0u8..16,
            proptest::option::of(1u8..=100),
            proptest::collection::vec(minutia(), 0..=40),
        );
        let views = proptest::collection::vec(view, 1..6);
        (views, side(), side(), resolution(), resolution()).prop_map(|(views, w, h, rx, ry)| {
            let make = |(position, impression, view, quality, minutiae)| Template {
                position,
                impression: Impression(impression),
                view,
                quality,
                width: w,
                height: h,
                units_per_metre_x: rx,
                units_per_metre_y: ry,
                minutiae,
            };
            views.into_iter().map(make).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(templates in templates()) {
            let bytes = write_iso2005(&templates).unwrap();
            let file = read_bytes(Path::new("f"), &bytes).unwrap();
            prop_assert_eq!(file.rejections, Vec::new());
            prop_assert_eq!(file.templates, templates);
        }
    }

    fn small() -> Template {
        Template {
            position: Position::UNKNOWN,
            impression: Impression::LIVE_PLAIN,
            view: 0,
            quality: None,
            width: None,
            height: None,
            units_per_metre_x: 19_700,
            units_per_metre_y: 19_700,
            minutiae: vec![Minutia {
                x: 5,
                y: -6,
                direction: 45,
                kind: MinutiaKind::Ending,
                quality: None,
            }],
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_never_rounded() {
        let changed = |change: fn(&mut Template)| {
            let mut template = small();
            change(&mut template);
            write_iso2005(&[template]).map_err(|error| error.to_string())
        };
        assert!(changed(|_| ()).is_ok());
        for (change, what) in [
            ((|t| t.units_per_metre_x = 19_685) as fn(&mut Template), "pixels per centimetre"),
            (|t| t.minutiae[0].y = 6, "outside the image"),
            (|t| t.minutiae[0].y = i32::MIN, "outside the image"),
            (|t| t.minutiae[0].x = 1 << 14, "outside the image"),
            (|t| t.minutiae[0].direction = 64, "between two of the 256"),
            (|t| t.minutiae[0].quality = Some(0), "quality of 0"),
            (|t| t.quality = Some(0), "quality of 0"),
            (|t| t.view = 16, "view 16"),
            (|t| t.impression = Impression(24), "impression 24"),
            (|t| t.width = Some(0), "image side of 0"),
            (|t| t.height = Some(70_000), "image size of 70000"),
            (|t| t.minutiae = vec![t.minutiae[0]; 256], "minutiae of 256"),
        ] {
            let error = changed(change).unwrap_err();
            assert!(error.contains(what), "{what}: {error}");
        }
        let other = Template { width: Some(9), ..small() };
        assert!(write_iso2005(&[small(), other]).is_err());
        assert!(write_iso2005(&[]).is_err());
        assert!(write_iso2005(&vec![small(); 256]).is_err());
    }
}
