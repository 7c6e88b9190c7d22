//! Fingerprint records as columns, and the binary form of their templates.
//!
//! Binary templates, version 1 (little endian): version byte 1; number of templates, `u16`; then each
//! template as
//!
//! | bytes | content |
//! |---|---|
//! | 1, 1, 1 | position code, impression code, view |
//! | 1 | flags, below |
//! | 1 | quality, 0 to 100, if flag 0 |
//! | 4, 4 | width if flag 1, height if flag 2 |
//! | 4, 4 | units per metre along x and y, if flag 3; without it both are 19,685 (500 dpi) |
//! | 2 | number of minutiae n |
//! | n × 2 or 4 | x of every minutia; `i32` if flag 5, else `i16` |
//! | n × 2 or 4 | y of every minutia, likewise |
//! | n × 1 or 2 | direction of every minutia; bits 6 and 7 of the flags: 0 in 1/256 turn, `u8`; 1 in steps of 2 degrees, `u8`; 2 in 1/11520 turn, `u16` |
//! | n / 4, rounded up | kinds, two bits each from the lowest: 0 ending, 1 bifurcation, 2 other |
//! | n × 1 | quality of every minutia if flag 4: 1 to 100, 0 for none |
//!
//! It loses nothing of a template, and takes 5.25 bytes per minutia where the source counted pixels
//! and turns in 256. Why binary: as for profiles ([`super::dna`]), a template must not leak through
//! statistics or dictionaries.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, Date32Array, RecordBatch, StringArray, UInt8Array,
    UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{ColumnError, date_of, days_of, optional_text, typed};
use crate::domain::finger::{
    DIRECTIONS_PER_TURN, Impression, Minutia, MinutiaKind, Position, Template,
    UNITS_PER_METRE_500_DPI,
};
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::limits::MAX_TEMPLATES_PER_RECORD;

/// Version of the schema of fingerprint records, written into file metadata.
pub const FINGER_RECORD_SCHEMA_VERSION: u32 = 1;

/// Columns that hold biometric content: no statistics, no dictionary.
pub const BIOMETRIC_COLUMNS: [&str; 1] = ["templates"];

const TEMPLATES_VERSION: u8 = 1;

const HAS_QUALITY: u8 = 1;
const HAS_WIDTH: u8 = 1 << 1;
const HAS_HEIGHT: u8 = 1 << 2;
const HAS_RESOLUTION: u8 = 1 << 3;
const HAS_MINUTIA_QUALITIES: u8 = 1 << 4;
const HAS_WIDE_COORDINATES: u8 = 1 << 5;
const DIRECTION_FORM_SHIFT: u32 = 6;

/// 1/11520 turns in 1/256 of a turn, and in 2 degrees.
const DIRECTION_STEPS: [u16; 2] = [DIRECTIONS_PER_TURN / 256, DIRECTIONS_PER_TURN / 180];

/// Number of the direction form that holds every direction.
const FINEST_FORM: u8 = 2;

const KINDS: [MinutiaKind; 3] = [MinutiaKind::Ending, MinutiaKind::Bifurcation, MinutiaKind::Other];

/// Bytes of the shortest template: header, flags and the number of minutiae.
const LEAST_TEMPLATE_BYTES: usize = 6;

/// Why bytes are not templates, or templates have no binary form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The first byte is not a version this program reads.
    #[error("template layout version {0} is not known")]
    Version(u8),
    /// The bytes end too early or go on too long.
    #[error("templates end exactly after the last minutia")]
    Length,
    /// A code, direction, quality or number is out of its range.
    #[error("a template holds known positions, directions below a turn and qualities to 100")]
    Content,
}

/// Appends the binary form of `templates` to `out`.
///
/// # Errors
/// [`TemplateError::Content`] for more templates than [`MAX_TEMPLATES_PER_RECORD`], more than 65,535
/// minutiae, or a value outside the range its type documents; `out` is then not to be used.
pub fn encode_templates(templates: &[Template], out: &mut Vec<u8>) -> Result<(), TemplateError> {
    if templates.len() > MAX_TEMPLATES_PER_RECORD {
        return Err(TemplateError::Content);
    }
    out.push(TEMPLATES_VERSION);
    out.extend_from_slice(&(templates.len() as u16).to_le_bytes());
    templates.iter().try_for_each(|template| encode_template(template, out))
}

fn encode_template(template: &Template, out: &mut Vec<u8>) -> Result<(), TemplateError> {
    check(template)?;
    let count = u16::try_from(template.minutiae.len()).map_err(|_| TemplateError::Content)?;
    let resolution = (template.units_per_metre_x, template.units_per_metre_y);
    let has_resolution = resolution != (UNITS_PER_METRE_500_DPI, UNITS_PER_METRE_500_DPI);
    let has_qualities = template.minutiae.iter().any(|m| m.quality.is_some());
    let is_narrow = |m: &Minutia| i16::try_from(m.x).is_ok() && i16::try_from(m.y).is_ok();
    let is_wide = !template.minutiae.iter().all(is_narrow);
    let form = direction_form(&template.minutiae);
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    out.extend_from_slice(&[template.position.code(), template.impression.0, template.view]);
    out.push(
        flag(template.quality.is_some(), HAS_QUALITY)
            | flag(template.width.is_some(), HAS_WIDTH)
            | flag(template.height.is_some(), HAS_HEIGHT)
            | flag(has_resolution, HAS_RESOLUTION)
            | flag(has_qualities, HAS_MINUTIA_QUALITIES)
            | flag(is_wide, HAS_WIDE_COORDINATES)
            | form << DIRECTION_FORM_SHIFT,
    );
    out.extend(template.quality);
    for size in [template.width, template.height].into_iter().flatten() {
        out.extend_from_slice(&size.to_le_bytes());
    }
    if has_resolution {
        out.extend_from_slice(&resolution.0.to_le_bytes());
        out.extend_from_slice(&resolution.1.to_le_bytes());
    }
    out.extend_from_slice(&count.to_le_bytes());
    let coordinates = |of: fn(&Minutia) -> i32, out: &mut Vec<u8>| {
        for value in template.minutiae.iter().map(of) {
            let bytes = value.to_le_bytes();
            // The low half of a value that fits 16 bits is that value in 16 bits.
            out.extend_from_slice(if is_wide { &bytes } else { &bytes[..2] });
        }
    };
    coordinates(|m| m.x, out);
    coordinates(|m| m.y, out);
    for minutia in &template.minutiae {
        match DIRECTION_STEPS.get(usize::from(form)) {
            Some(step) => out.push((minutia.direction / step) as u8),
            None => out.extend_from_slice(&minutia.direction.to_le_bytes()),
        }
    }
    for four in template.minutiae.chunks(4) {
        let places = four.iter().enumerate();
        out.push(places.fold(0, |byte, (place, m)| byte | kind_code(m.kind) << (2 * place)));
    }
    if has_qualities {
        out.extend(template.minutiae.iter().map(|m| m.quality.unwrap_or(0)));
    }
    Ok(())
}

/// Whether every value is in the range its type documents: others have no place in the layout.
fn check(template: &Template) -> Result<(), TemplateError> {
    let is_lawful = |m: &Minutia| {
        m.direction < DIRECTIONS_PER_TURN && m.quality.is_none_or(|q| (1..=100).contains(&q))
    };
    let is_good = template.quality.is_none_or(|q| q <= 100);
    if is_good && template.minutiae.iter().all(is_lawful) {
        Ok(())
    } else {
        Err(TemplateError::Content)
    }
}

/// The coarsest form that holds every direction.
fn direction_form(minutiae: &[Minutia]) -> u8 {
    let holds = |step: &u16| minutiae.iter().all(|m| m.direction % step == 0);
    DIRECTION_STEPS.iter().position(holds).map_or(FINEST_FORM, |form| form as u8)
}

fn kind_code(kind: MinutiaKind) -> u8 {
    match kind {
        MinutiaKind::Ending => 0,
        MinutiaKind::Bifurcation => 1,
        MinutiaKind::Other => 2,
    }
}

/// Reads the binary form.
///
/// # Errors
/// The bytes are not templates of a version this program reads.
pub fn decode_templates(bytes: &[u8]) -> Result<Vec<Template>, TemplateError> {
    let mut bytes = Bytes(bytes);
    let version = bytes.one()?;
    if version != TEMPLATES_VERSION {
        return Err(TemplateError::Version(version));
    }
    let count = usize::from(bytes.u16()?);
    if count > MAX_TEMPLATES_PER_RECORD {
        return Err(TemplateError::Content);
    }
    let mut templates = Vec::with_capacity(count.min(bytes.0.len() / LEAST_TEMPLATE_BYTES));
    for _ in 0..count {
        templates.push(decode_template(&mut bytes)?);
    }
    if bytes.0.is_empty() { Ok(templates) } else { Err(TemplateError::Length) }
}

fn decode_template(bytes: &mut Bytes<'_>) -> Result<Template, TemplateError> {
    let position = Position::from_code(bytes.one()?).ok_or(TemplateError::Content)?;
    let impression = Impression(bytes.one()?);
    let view = bytes.one()?;
    let flags = bytes.one()?;
    let has = |flag: u8| flags & flag != 0;
    let quality = has(HAS_QUALITY).then(|| bytes.one()).transpose()?;
    let width = has(HAS_WIDTH).then(|| bytes.u32()).transpose()?;
    let height = has(HAS_HEIGHT).then(|| bytes.u32()).transpose()?;
    let resolution = if has(HAS_RESOLUTION) {
        (bytes.u32()?, bytes.u32()?)
    } else {
        (UNITS_PER_METRE_500_DPI, UNITS_PER_METRE_500_DPI)
    };
    let count = usize::from(bytes.u16()?);
    let is_wide = has(HAS_WIDE_COORDINATES);
    let x = bytes.take(count * if is_wide { 4 } else { 2 })?;
    let y = bytes.take(x.len())?;
    let form = flags >> DIRECTION_FORM_SHIFT;
    if form > FINEST_FORM {
        return Err(TemplateError::Content);
    }
    let directions = bytes.take(count * if form == FINEST_FORM { 2 } else { 1 })?;
    let kinds = decode_kinds(bytes.take(count.div_ceil(4))?, count)?;
    let has_qualities = has(HAS_MINUTIA_QUALITIES);
    let qualities = bytes.take(if has_qualities { count } else { 0 })?;
    let minutiae = kinds.into_iter().enumerate().map(|(place, kind)| Minutia {
        x: coordinate(x, place, is_wide),
        y: coordinate(y, place, is_wide),
        direction: direction(directions, place, form),
        kind,
        quality: qualities.get(place).copied().filter(|q| *q != 0),
    });
    let template = Template {
        position,
        impression,
        view,
        quality,
        width,
        height,
        units_per_metre_x: resolution.0,
        units_per_metre_y: resolution.1,
        minutiae: minutiae.collect(),
    };
    check(&template)?;
    Ok(template)
}

fn decode_kinds(bytes: &[u8], count: usize) -> Result<Vec<MinutiaKind>, TemplateError> {
    let code = |place: usize| bytes.get(place / 4).map_or(0, |b| b >> (2 * (place % 4)) & 3);
    if (count..4 * bytes.len()).any(|place| code(place) != 0) {
        return Err(TemplateError::Content);
    }
    let kind = |place| KINDS.get(usize::from(code(place))).copied().ok_or(TemplateError::Content);
    (0..count).map(kind).collect()
}

/// The value at `place`; 0 past the end, which the lengths rule out.
fn coordinate(bytes: &[u8], place: usize, is_wide: bool) -> i32 {
    if is_wide {
        bytes.as_chunks().0.get(place).map_or(0, |value| i32::from_le_bytes(*value))
    } else {
        bytes.as_chunks().0.get(place).map_or(0, |value| i32::from(i16::from_le_bytes(*value)))
    }
}

/// The direction at `place` in 1/11520 turn; past every turn where the bytes say so, which
/// [`check`] refuses.
fn direction(bytes: &[u8], place: usize, form: u8) -> u16 {
    match DIRECTION_STEPS.get(usize::from(form)) {
        Some(step) => bytes.get(place).map_or(0, |value| u16::from(*value) * step),
        None => bytes.as_chunks().0.get(place).map_or(0, |value| u16::from_le_bytes(*value)),
    }
}

/// Bytes not read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], TemplateError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TemplateError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TemplateError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(TemplateError::Length)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn one(&mut self) -> Result<u8, TemplateError> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, TemplateError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, TemplateError> {
        self.array().map(u32::from_le_bytes)
    }
}

/// Schema of a segment's fingerprint records.
pub fn finger_record_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("record_id", false),
        text("person_id", true),
        text("case_id", true),
        text("register", false),
        text("owner", false),
        Field::new("registered_on", DataType::Date32, false),
        Field::new("retain_until", DataType::Date32, true),
        text("retain_rule", false),
        Field::new("positions", DataType::UInt64, false),
        Field::new("minutiae", DataType::UInt32, false),
        Field::new("quality", DataType::UInt8, true),
        Field::new("generation", DataType::UInt64, false),
        Field::new("templates", DataType::Binary, false),
    ]))
}

/// Records as one batch of [`finger_record_schema`], committed in `generation`.
///
/// # Errors
/// A template has no binary form, the templates of the batch take more than 2 GiB, or Arrow refuses
/// the batch.
pub fn encode_finger_records(
    records: &[&FingerRecord],
    generation: u64,
) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&FingerRecord) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(records.iter().map(|r| value(r))))
    };
    let optional = |value: &dyn Fn(&FingerRecord) -> Option<&str>| -> ArrayRef {
        Arc::new(StringArray::from_iter(records.iter().map(|r| value(r))))
    };
    let days = |value: &dyn Fn(&FingerRecord) -> Option<i32>| -> ArrayRef {
        Arc::new(Date32Array::from_iter(records.iter().map(|r| value(r))))
    };
    let of = |r: &FingerRecord| Summary::of(&r.templates);
    let columns: Vec<ArrayRef> = vec![
        text(&|r| &r.record_id),
        optional(&|r| r.person_id.as_deref()),
        optional(&|r| r.case_id.as_deref()),
        text(&|r| r.register.name()),
        text(&|r| &r.owner),
        days(&|r| Some(days_of(r.registered_on))),
        days(&|r| r.retain_until.map(days_of)),
        text(&|r| &r.retain_rule),
        Arc::new(UInt64Array::from_iter_values(records.iter().map(|r| of(r).positions))),
        Arc::new(UInt32Array::from_iter_values(records.iter().map(|r| of(r).minutiae))),
        Arc::new(UInt8Array::from_iter(records.iter().map(|r| of(r).quality))),
        Arc::new(UInt64Array::from_iter_values(records.iter().map(|_| generation))),
        Arc::new(template_column(records)?),
    ];
    Ok(RecordBatch::try_new(finger_record_schema(), columns)?)
}

fn template_column(records: &[&FingerRecord]) -> Result<BinaryArray, ColumnError> {
    let fail = |row, rule: String| ColumnError::Value { row, column: "templates", rule };
    let mut column = BinaryBuilder::new();
    let (mut buffer, mut total) = (Vec::new(), 0_usize);
    for (row, record) in records.iter().enumerate() {
        buffer.clear();
        encode_templates(&record.templates, &mut buffer).map_err(|e| fail(row, e.to_string()))?;
        total += buffer.len();
        // The builder panics past the end of its 32-bit offsets.
        if i32::try_from(total).is_err() {
            return Err(fail(row, "the templates of one batch take at most 2 GiB".into()));
        }
        column.append_value(&buffer);
    }
    Ok(column.finish())
}

/// What a record's templates are, without their content.
struct Summary {
    /// Bit n: an impression of position code n.
    positions: u64,
    minutiae: u32,
    /// Mean of the impressions that state one, rounded down.
    quality: Option<u8>,
}

impl Summary {
    fn of(templates: &[Template]) -> Summary {
        let stated = || templates.iter().filter_map(|t| t.quality.map(u32::from));
        let mean = stated().sum::<u32>().checked_div(stated().count() as u32);
        let minutiae: usize = templates.iter().map(|t| t.minutiae.len()).sum();
        Summary {
            positions: templates.iter().fold(0, |set, t| set | 1 << t.position.code()),
            minutiae: u32::try_from(minutiae).unwrap_or(u32::MAX),
            quality: mean.and_then(|mean| u8::try_from(mean).ok()),
        }
    }
}

/// Reads records back.
///
/// # Errors
/// The batch is not of [`finger_record_schema`], or a value breaks its rule.
pub fn decode_finger_records(batch: &RecordBatch) -> Result<Vec<FingerRecord>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let (record_id, person_id, case_id) =
        (text("record_id")?, text("person_id")?, text("case_id")?);
    let (register, owner, retain_rule) = (text("register")?, text("owner")?, text("retain_rule")?);
    let registered_on = typed::<Date32Array>(batch, "registered_on", "Date32")?;
    let retain_until = typed::<Date32Array>(batch, "retain_until", "Date32")?;
    let templates = typed::<BinaryArray>(batch, "templates", "Binary")?;
    let fail = |row, column, rule: String| ColumnError::Value { row, column, rule };
    (0..batch.num_rows())
        .map(|row| {
            let until = retain_until.is_valid(row).then(|| retain_until.value(row));
            Ok(FingerRecord {
                record_id: record_id.value(row).to_owned(),
                person_id: optional_text(person_id, row),
                case_id: optional_text(case_id, row),
                register: Register::parse(register.value(row))
                    .ok_or_else(|| fail(row, "register", "is a known register".into()))?,
                owner: owner.value(row).to_owned(),
                registered_on: date_of(registered_on.value(row))
                    .ok_or_else(|| fail(row, "registered_on", "is a date".into()))?,
                retain_until: until.and_then(date_of),
                retain_rule: retain_rule.value(row).to_owned(),
                templates: decode_templates(templates.value(row))
                    .map_err(|e| fail(row, "templates", e.to_string()))?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_template() -> impl Strategy<Value = Template> {
        let coordinate = prop_oneof![-40i32..4000, any::<i32>()];
        // Every unit of a source format, and the finest.
        let direction = |form: u8| match form {
            0 => (0u16..256).prop_map(|d| d * 45).boxed(),
            1 => (0u16..180).prop_map(|d| d * 64).boxed(),
            2 => (0u16..360).prop_map(|d| d * 32).boxed(),
            _ => (0..DIRECTIONS_PER_TURN).boxed(),
        };
        let quality = || prop_oneof![2 => Just(None), 1 => (1u8..=100).prop_map(Some)];
        let minutiae = (0u8..4).prop_flat_map(move |form| {
            let kind = prop::sample::select(KINDS.to_vec());
            let parts = (coordinate.clone(), coordinate.clone(), direction(form), kind, quality());
            let minutia = parts.prop_map(|(x, y, direction, kind, quality)| Minutia {
                x,
                y,
                direction,
                kind,
                quality,
            });
            prop::collection::vec(minutia, 0..40)
        });
        let position = (0u8..=36).prop_filter_map("known", Position::from_code);
        let resolution = prop_oneof![Just((19_685, 19_685)), any::<(u32, u32)>()];
        let size = || any::<Option<u32>>();
        let header = (position, any::<u8>(), any::<u8>(), quality());
        (header, size(), size(), resolution, minutiae).prop_map(
            |((position, impression, view, quality), width, height, resolution, minutiae)| {
                Template {
                    position,
                    impression: Impression(impression),
                    view,
                    quality,
                    width,
                    height,
                    units_per_metre_x: resolution.0,
                    units_per_metre_y: resolution.1,
                    minutiae,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn templates_survive_their_binary_form(templates in prop::collection::vec(any_template(), 0..4)) {
            let mut bytes = Vec::new();
            encode_templates(&templates, &mut bytes).unwrap();
            prop_assert_eq!(decode_templates(&bytes), Ok(templates));
            for cut in 0..bytes.len() {
                prop_assert!(decode_templates(&bytes[..cut]).is_err());
            }
            bytes.push(0);
            prop_assert_eq!(decode_templates(&bytes), Err(TemplateError::Length));
        }

        #[test]
        fn a_changed_byte_is_refused_or_read_as_lawful_templates_but_never_panics(
            templates in prop::collection::vec(any_template(), 1..3),
            place in any::<prop::sample::Index>(),
            value in any::<u8>(),
        ) {
            let mut bytes = Vec::new();
            encode_templates(&templates, &mut bytes).unwrap();
            let place = place.index(bytes.len());
            bytes[place] = value;
            if let Ok(read) = decode_templates(&bytes) {
                prop_assert!(read.iter().all(|t| check(t).is_ok()));
            }
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode_templates(&bytes);
            let _ = decode_templates(&[&[1u8, 2, 0][..], &bytes].concat());
        }
    }

    fn template(minutiae: Vec<Minutia>) -> Template {
        Template {
            position: Position::FINGERS[1],
            impression: Impression::LIVE_PLAIN,
            view: 0,
            quality: Some(60),
            width: None,
            height: None,
            units_per_metre_x: UNITS_PER_METRE_500_DPI,
            units_per_metre_y: UNITS_PER_METRE_500_DPI,
            minutiae,
        }
    }

    fn minutia(direction: u16, quality: Option<u8>) -> Minutia {
        Minutia { x: 300, y: 400, direction, kind: MinutiaKind::Ending, quality }
    }

    #[test]
    fn a_template_in_pixels_and_256ths_takes_five_and_a_quarter_bytes_a_minutia() {
        let mut bytes = Vec::new();
        encode_templates(&[template(vec![minutia(45, None); 36])], &mut bytes).unwrap();
        assert_eq!(bytes.len(), 3 + 4 + 1 + 2 + 36 * 5 + 9);
    }

    #[test]
    fn values_outside_their_documented_range_have_no_binary_form() {
        let refused = |templates: &[Template]| encode_templates(templates, &mut Vec::new());
        let none = template(Vec::new());
        for bad in [
            template(vec![minutia(DIRECTIONS_PER_TURN, None)]),
            template(vec![minutia(0, Some(0))]),
            template(vec![minutia(0, Some(101))]),
            Template { quality: Some(101), ..none.clone() },
            template(vec![minutia(0, None); 65_536]),
        ] {
            assert_eq!(refused(&[bad]), Err(TemplateError::Content));
        }
        assert_eq!(refused(&vec![none; MAX_TEMPLATES_PER_RECORD + 1]), Err(TemplateError::Content));
    }

    #[test]
    fn records_survive_their_columns_with_a_summary_beside_them() {
        let record = FingerRecord {
            record_id: "F1".into(),
            person_id: None,
            case_id: Some("K-7".into()),
            register: Register::Trace,
            owner: "mvd".into(),
            registered_on: jiff::civil::date(2024, 2, 29),
            retain_until: None,
            retain_rule: "r".into(),
            templates: vec![
                template(vec![minutia(1, Some(3))]),
                Template { position: Position::UNKNOWN, quality: Some(71), ..template(Vec::new()) },
            ],
        };
        let batch = encode_finger_records(&[&record], 7).unwrap();
        assert_eq!(decode_finger_records(&batch).unwrap(), [record]);
        let summary = typed::<UInt64Array>(&batch, "positions", "UInt64").unwrap();
        assert_eq!(summary.value(0), 0b101);
        assert_eq!(typed::<UInt8Array>(&batch, "quality", "UInt8").unwrap().value(0), 65);
    }
}
