//! Minutiae of a Type-9 record: the legacy block 9.005 to 9.012, the M1 block 9.126 to 9.150 and the
//! extended feature set 9.300 to 9.399.
//!
//! | block | unit | origin | theta |
//! |---|---|---|---|
//! | legacy | 0.01 mm | bottom left, y up | degrees, away from the ridge: +180 against ISO |
//! | M1 | pixels | top left, y down | units of 2 degrees, ISO sense |
//! | EFS | 0.01 mm | top left of the region of interest, y down | degrees, ISO sense |
//!
//! Source: ANSI/NIST-ITL 1-2007, field 9.012; 1-2011 update 2013, fields 9.137 and 9.331. A record with several
//! blocks says the same impression several times; the first of M1, legacy and EFS that holds minutiae
//! is read. Vendor blocks are not read. Legacy quality (1 best to 63 worst, 0 by hand) is kept in order
//! as 100 to 1 and none.

use std::path::Path;

use super::cursor::Parsed;
use super::itl_image::{per_metre, position};
use super::itl_record::{Field, Record, items, quoted, refuse, whole};
use super::notes::Notes;
use crate::domain::finger::{
    DIRECTIONS_PER_TURN, Impression, Minutia, MinutiaKind, Position, Template,
};
use crate::limits::MAX_TEMPLATE_MINUTIAE;

/// 0.01 mm.
const HUNDREDTHS_PER_METRE: u32 = 100_000;
/// Units of a direction in a degree.
const PER_DEGREE: u32 = DIRECTIONS_PER_TURN as u32 / 360;

/// One of the blocks of a Type-9 record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    M1,
    Legacy,
    Efs,
}

impl Block {
    /// In the order of preference.
    const ALL: [Block; 3] = [Block::M1, Block::Legacy, Block::Efs];

    const fn name(self) -> &'static str {
        match self {
            Block::M1 => "M1 (9.126 to 9.150)",
            Block::Legacy => "legacy (9.005 to 9.012)",
            Block::Efs => "extended feature set (9.300 to 9.399)",
        }
    }

    /// Fields of which one makes the block present, the minutiae first.
    const fn marks(self) -> (u16, u16) {
        match self {
            Block::M1 => (137, 136),
            Block::Legacy => (12, 10),
            Block::Efs => (331, 300),
        }
    }

    const fn convention(self) -> &'static str {
        match self {
            Block::M1 => {
                "M1 block: pixels from the top left, y down, stored with y up and negative; angles in \
units of 2 degrees, ISO sense"
            }
            Block::Legacy => {
                "legacy block: 0.01 mm from the bottom left, y up; degrees away from the ridge, turned \
by 180 to the ISO sense"
            }
            Block::Efs => {
                "extended feature set: 0.01 mm from the top left of the region of interest, y down, \
stored with y up and negative; degrees, ISO sense"
            }
        }
    }
}

/// The template of a Type-9 record; `None` where it has no block that is read, which is warned about.
/// `shown` is what the image of the same designation shows, where that is one thing.
pub(super) fn template(
    path: &Path,
    record: &Record<'_>,
    shown: Option<Position>,
    notes: &mut Notes,
) -> Parsed<Option<Template>> {
    let has = |number: u16| record.field(number).is_some();
    let with_minutiae = || Block::ALL.into_iter().filter(|block| has(block.marks().0));
    let present = || Block::ALL.into_iter().filter(|block| has(block.marks().1));
    let Some(block) = with_minutiae().next().or_else(|| present().next()) else {
        notes.warn(format!(
            "the minutiae record at byte {} has none of the blocks that are read (M1, legacy, extended \
feature set)",
            record.offset
        ));
        return Ok(None);
    };
    for other in with_minutiae().filter(|other| *other != block) {
        notes.warn(format!(
            "minutiae of the {} block are passed over for {}",
            other.name(),
            block.name()
        ));
    }
    notes.convention(block.convention());
    let reader = Reader { path, record };
    let mut template = match block {
        Block::Legacy => reader.legacy(notes)?,
        Block::M1 => reader.m1(notes)?,
        Block::Efs => reader.efs(notes)?,
    };
    match shown {
        Some(shown) if template.position == Position::UNKNOWN => {
            template.position = shown;
            notes.convention("a position that minutiae leave open is that of the image with their IDC");
        }
        Some(shown) if template.position != shown => notes.warn(format!(
            "minutiae state the position {} and the image with their IDC {shown}; the former is kept",
            template.position
        )),
        _ => {}
    }
    Ok(Some(template))
}

struct Reader<'a> {
    path: &'a Path,
    record: &'a Record<'a>,
}

impl Reader<'_> {
    /// A template without minutiae, its impression from 9.003 and its position from `field`.
    fn empty(&self, field: u16, units: (u32, u32), notes: &mut Notes) -> Template {
        let codes = self.record.field(field).into_iter().flat_map(|field| field.subfields());
        let codes: Vec<u32> =
            codes.filter_map(|(_, one)| items(one).next().and_then(whole)).collect();
        let stated = match codes.as_slice() {
            [] | [0] => Position::UNKNOWN,
            [code] => position(*code, notes).unwrap_or(Position::UNKNOWN),
            several => {
                notes.warn(format!(
                    "{} possible positions are stated; taken as unknown",
                    several.len()
                ));
                Position::UNKNOWN
            }
        };
        let impression = self.record.number(3).and_then(|code| u8::try_from(code).ok());
        Template {
            position: stated,
            impression: impression.map_or(Impression::LIVE_PLAIN, Impression),
            view: 0,
            quality: None,
            width: None,
            height: None,
            units_per_metre_x: units.0,
            units_per_metre_y: units.1,
            minutiae: Vec::new(),
        }
    }

    /// Reads each subfield of `field` as a minutia, and compares their number with `stated`.
    fn minutiae(
        &self,
        field: u16,
        stated: Option<u32>,
        read: impl Fn(&[u8]) -> Result<Minutia, &'static str>,
        notes: &mut Notes,
    ) -> Parsed<Vec<Minutia>> {
        let mut list = Vec::new();
        let filled = |field: &Field<'_>| !field.value.is_empty();
        if let Some(field) = self.record.field(field).filter(|field| filled(field)) {
            for (offset, subfield) in field.subfields() {
                if list.len() >= MAX_TEMPLATE_MINUTIAE {
                    let rule =
                        format!("an impression has at most {MAX_TEMPLATE_MINUTIAE} minutiae");
                    return Err(refuse(self.path, offset, rule, "more", "check the file's origin"));
                }
                list.push(read(subfield).map_err(|rule| {
                    let help = "the transaction is damaged or of another version; export it again";
                    refuse(self.path, offset, rule, quoted(subfield), help)
                })?);
            }
        }
        let stated = stated.map_or(list.len(), |count| count as usize);
        if stated > list.len() {
            return Err(refuse(
                self.path,
                self.record.offset,
                format!("a record holds the {stated} minutiae it states"),
                format!("{} minutiae", list.len()),
                "minutiae were lost on the way; export the transaction again",
            ));
        }
        if stated < list.len() {
            notes.warn(format!(
                "a record states {stated} minutiae and holds {}; all are kept",
                list.len()
            ));
        }
        Ok(list)
    }

    fn legacy(&self, notes: &mut Notes) -> Parsed<Template> {
        let units = (HUNDREDTHS_PER_METRE, HUNDREDTHS_PER_METRE);
        let mut template = self.empty(6, units, notes);
        template.minutiae = self.minutiae(12, self.record.number(10), legacy_minutia, notes)?;
        Ok(template)
    }

    fn m1(&self, notes: &mut Notes) -> Parsed<Template> {
        let unit = self.record.number(130);
        let scale =
            |field: u16| unit.zip(self.record.number(field)).and_then(|(u, s)| per_metre(u, s));
        let Some(units) = scale(131).zip(scale(132)) else {
            return Err(refuse(
                self.path,
                self.record.offset,
                "an M1 block states its resolution: 9.130 is 1 or 2, 9.131 and 9.132 are numbers",
                "no resolution",
                "export it with the resolution of the image",
            ));
        };
        let mut template = self.empty(134, units, notes);
        let number = |field: u16| self.record.number(field).filter(|side| *side > 0);
        (template.width, template.height) = (number(128), number(129));
        template.view = number(133).and_then(|view| u8::try_from(view).ok()).unwrap_or(0);
        let quality = self.record.field(135).and_then(|field| items(field.value).next());
        let quality = quality.and_then(whole).and_then(|score| u8::try_from(score).ok());
        template.quality = quality.filter(|score| *score <= 100);
        template.minutiae = self.minutiae(137, self.record.number(136), m1_minutia, notes)?;
        Ok(template)
    }

    fn efs(&self, notes: &mut Notes) -> Parsed<Template> {
        let units = (HUNDREDTHS_PER_METRE, HUNDREDTHS_PER_METRE);
        let mut template = self.empty(302, units, notes);
        let region = self.record.field(300).map(|field| items(field.value));
        let mut sides = region.into_iter().flatten().map(whole);
        template.width = sides.next().flatten().filter(|side| *side > 0);
        template.height = sides.next().flatten().filter(|side| *side > 0);
        template.minutiae = self.minutiae(331, None, efs_minutia, notes)?;
        Ok(template)
    }
}

/// Index, XXXXYYYYTTT, quality, type, ridge counts.
fn legacy_minutia(subfield: &[u8]) -> Result<Minutia, &'static str> {
    const RULE: &str = "a legacy minutia is an index, eleven digits XXXXYYYYTTT, a quality of 0 to 63 \
and a type A, B, C or D";
    let mut items = items(subfield);
    items.next();
    let place = items.next().filter(|digits| digits.len() == 11).ok_or(RULE)?;
    let part = |from: usize, to: usize| place.get(from..to).and_then(digits).ok_or(RULE);
    let (x, y, theta) = (part(0, 4)?, part(4, 8)?, part(8, 11)?);
    let quality = match items.next().filter(|item| !item.is_empty()) {
        Some(item) => whole(item).filter(|quality| *quality <= 63).ok_or(RULE)?,
        None => 0,
    };
    let kind = match items.next().unwrap_or_default() {
        b"A" => MinutiaKind::Ending,
        b"B" => MinutiaKind::Bifurcation,
        b"C" | b"D" | b"" => MinutiaKind::Other,
        _ => return Err(RULE),
    };
    Ok(Minutia {
        x: x as i32,
        y: y as i32,
        direction: degrees(theta, 180).ok_or(RULE)?,
        kind,
        // 1 to 63 onto 100 to 1, one to one and in order.
        quality: u8::try_from(quality).ok().filter(|q| *q > 0).map(|q| {
            let steps = u16::from(q - 1) * 99;
            100 - (steps / 62) as u8
        }),
    })
}

/// Index, x, y, theta in units of 2 degrees, type, quality.
fn m1_minutia(subfield: &[u8]) -> Result<Minutia, &'static str> {
    const RULE: &str = "an M1 minutia is an index, x, y, an angle of 0 to 179, a type of 0 to 2 and a \
quality of 0 to 100";
    let mut items = items(subfield).skip(1);
    let mut next = || items.next().and_then(whole);
    let x = next().and_then(coordinate).ok_or(RULE)?;
    let y = next().and_then(coordinate).ok_or(RULE)?;
    let theta = next().filter(|theta| *theta < 180).ok_or(RULE)?;
    let kind = match next().ok_or(RULE)? {
        0 => MinutiaKind::Other,
        1 => MinutiaKind::Ending,
        2 => MinutiaKind::Bifurcation,
        _ => return Err(RULE),
    };
    let quality = next().unwrap_or(0);
    Ok(Minutia {
        x,
        y: -y,
        direction: degrees(theta * 2, 0).ok_or(RULE)?,
        kind,
        quality: u8::try_from(quality).ok().filter(|quality| matches!(quality, 1..=100)),
    })
}

/// X, y, theta in degrees, type E, B or X; uncertainties are not kept.
fn efs_minutia(subfield: &[u8]) -> Result<Minutia, &'static str> {
    const RULE: &str = "a minutia of the extended feature set is x, y, theta of 0 to 359 and a type E, \
B or X";
    let mut items = items(subfield);
    let mut next = || items.next().and_then(whole);
    let x = next().and_then(coordinate).ok_or(RULE)?;
    let y = next().and_then(coordinate).ok_or(RULE)?;
    let theta = next().ok_or(RULE)?;
    let kind = match items.next().unwrap_or_default() {
        b"E" => MinutiaKind::Ending,
        b"B" => MinutiaKind::Bifurcation,
        b"X" => MinutiaKind::Other,
        _ => return Err(RULE),
    };
    Ok(Minutia { x, y: -y, direction: degrees(theta, 0).ok_or(RULE)?, kind, quality: None })
}

/// Digits and nothing else.
fn digits(bytes: &[u8]) -> Option<u32> {
    whole(bytes).filter(|_| bytes.iter().all(u8::is_ascii_digit))
}

/// A coordinate: at most five digits, as the standard has them.
fn coordinate(value: u32) -> Option<i32> {
    i32::try_from(value).ok().filter(|value| *value < 100_000)
}

/// Degrees, turned, as a direction. 360 is written by some for 0.
fn degrees(theta: u32, turn: u32) -> Option<u16> {
    (theta <= 360).then(|| (((theta + turn) % 360) * PER_DEGREE) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_quality_keeps_its_order_and_its_distinctions() {
        let quality = |q: u32| {
            let text = format!("1\u{1f}00010001000\u{1f}{q}\u{1f}A");
            legacy_minutia(text.as_bytes()).map(|m| m.quality)
        };
        let all: Vec<Option<u8>> = (1..=63).map(|q| quality(q).unwrap()).collect();
        assert_eq!((all[0], all[62]), (Some(100), Some(1)));
        assert!(all.windows(2).all(|pair| pair[0] > pair[1]));
        assert_eq!(quality(0), Ok(None));
        assert!(quality(64).is_err());
    }

    #[test]
    fn a_minutia_that_is_not_as_the_block_says_is_refused() {
        for text in
            ["", "1", "1|0001000100", "1|000100010000", "1|00010001361|0|A", "1|+0010001000"]
        {
            assert!(legacy_minutia(text.replace('|', "\u{1f}").as_bytes()).is_err(), "{text}");
        }
        for text in ["1|5|6|180|1|0", "1|5|6|7|3|0", "1|5|6|7", "1|-5|6|7|1|0", "1|100000|6|7|1|0"]
        {
            assert!(m1_minutia(text.replace('|', "\u{1f}").as_bytes()).is_err(), "{text}");
        }
        for text in ["5|6|361|E", "5|6|7|Q", "5|6|7", "x|6|7|E"] {
            assert!(efs_minutia(text.replace('|', "\u{1f}").as_bytes()).is_err(), "{text}");
        }
    }
}
