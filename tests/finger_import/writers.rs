//! One made-up pair of prints, written by hand in every format, so that conventions can be compared and
//! the samples of `datasets/formats/finger` can be made.
//!
//! The prints lie on a grid that every format holds exactly: 200 pixels per centimetre at even places
//! (0.05 mm, so 5 units of 0.01 mm, and half a unit of 0.1 mm), directions in
//! quarters of a turn (the units of 2 degrees and of 1/256 of a turn have no others in common).

use tanba::domain::finger::{Impression, Minutia, MinutiaKind, PlacedMinutia, Position, Template};

/// Pixels.
pub(crate) const WIDTH: u16 = 300;
/// Pixels.
pub(crate) const HEIGHT: u16 = 360;
/// Pixels per centimetre.
pub(crate) const RESOLUTION: u16 = 200;

/// A made-up print: minutiae on a disturbed grid, every kind and every quarter of the turn.
pub(crate) fn print(position: u8, seed: u32) -> Template {
    let mut minutiae = Vec::new();
    let mut state = seed;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    for row in 0..6 {
        for column in 0..4 {
            let x = 90 + column * 28 + 2 * next(7) as i32;
            let y = 80 + row * 28 + 2 * next(7) as i32;
            minutiae.push(Minutia {
                x,
                y: -y,
                direction: (next(4) * 2880) as u16,
                kind: [MinutiaKind::Ending, MinutiaKind::Bifurcation, MinutiaKind::Other]
                    [next(5).min(2) as usize],
                quality: Some(1 + next(100) as u8),
            });
        }
    }
    Template {
        position: Position::from_code(position).unwrap(),
        impression: Impression::LIVE_PLAIN,
        view: 0,
        quality: Some(60 + position),
        width: Some(WIDTH.into()),
        height: Some(HEIGHT.into()),
        units_per_metre_x: u32::from(RESOLUTION) * 100,
        units_per_metre_y: u32::from(RESOLUTION) * 100,
        minutiae,
    }
}

/// The right and the left index finger.
pub(crate) fn prints() -> Vec<Template> {
    vec![print(2, 1), print(7, 2)]
}

/// What is matched, which no convention may change.
pub(crate) fn placed(template: &Template) -> Vec<PlacedMinutia> {
    template.print().unwrap()
}

fn code(kind: MinutiaKind) -> u16 {
    match kind {
        MinutiaKind::Other => 0,
        MinutiaKind::Ending => 1,
        MinutiaKind::Bifurcation => 2,
    }
}

/// Degrees of a direction.
fn degrees(minutia: &Minutia) -> u32 {
    u32::from(minutia.direction) / 32
}

fn minutiae(template: &Template, step: u16, with_quality: bool, bytes: &mut Vec<u8>) {
    for m in &template.minutiae {
        bytes.extend((code(m.kind) << 14 | m.x as u16).to_be_bytes());
        bytes.extend((-m.y as u16).to_be_bytes());
        bytes.push((m.direction / step) as u8);
        if with_quality {
            bytes.push(m.quality.unwrap());
        }
    }
    bytes.extend([0, 0]);
}

fn words(values: &[u16], bytes: &mut Vec<u8>) {
    bytes.extend(values.iter().flat_map(|value| value.to_be_bytes()));
}

/// Puts the length of everything into the four bytes at 8.
fn with_length(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = (bytes.len() as u32).to_be_bytes();
    bytes[8..12].copy_from_slice(&length);
    bytes
}

/// Views of ISO 2005 and ANSI 2004.
fn first_views(templates: &[Template], step: u16, bytes: &mut Vec<u8>) {
    words(&[WIDTH, HEIGHT, RESOLUTION, RESOLUTION], bytes);
    bytes.extend([templates.len() as u8, 0]);
    for t in templates {
        bytes.extend([t.position.code(), 0, t.quality.unwrap(), t.minutiae.len() as u8]);
        minutiae(t, step, true, bytes);
    }
}

pub(crate) fn iso2005(templates: &[Template]) -> Vec<u8> {
    let mut bytes = b"FMR\0 20\0\0\0\0\0\0\0".to_vec();
    first_views(templates, 45, &mut bytes);
    with_length(bytes)
}

pub(crate) fn ansi2004(templates: &[Template], is_long: bool) -> Vec<u8> {
    let mut views = Vec::new();
    words(&[0x42, 0x11, 0], &mut views);
    first_views(templates, 64, &mut views);
    let mut bytes = b"FMR\0 20\0".to_vec();
    if is_long {
        bytes.extend([0, 0]);
        bytes.extend((14 + views.len() as u32).to_be_bytes());
    } else {
        bytes.extend((10 + views.len() as u16).to_be_bytes());
    }
    bytes.extend(views);
    bytes
}

/// Version `030`, `035`, or `030` of the draft without the certification byte.
pub(crate) fn ansi2009(templates: &[Template], version: &[u8], is_draft: bool) -> Vec<u8> {
    let mut bytes = [b"FMR\0", version, &[0; 4][..]].concat();
    words(&[0x42, 0x11], &mut bytes);
    bytes.extend(if is_draft { &[0, 7][..] } else { &[0, 0, 7][..] });
    bytes.extend([templates.len() as u8, 0]);
    for t in templates {
        bytes.extend([t.position.code(), 0, 0, t.quality.unwrap()]);
        words(&[1, 2, WIDTH, HEIGHT, RESOLUTION, RESOLUTION], &mut bytes);
        bytes.push(t.minutiae.len() as u8);
        minutiae(t, 64, true, &mut bytes);
    }
    with_length(bytes)
}

pub(crate) fn iso2011(templates: &[Template], with_quality: bool, certificates: u8) -> Vec<u8> {
    let mut bytes = b"FMR\x00030\0\0\0\0\0".to_vec();
    words(&[templates.len() as u16], &mut bytes);
    bytes.push(u8::from(certificates > 0));
    for t in templates {
        let mut view = vec![0x07, 0xe8, 5, 17, 12, 0, 0, 0, 0, 1, 0, 9, 0, 7];
        view.extend([2, 255, 0, 1, 0, 1, t.quality.unwrap(), 0, 1, 0, 2]);
        if certificates > 0 {
            view.push(certificates);
            view.extend(vec![3; 3 * usize::from(certificates)]);
        }
        view.extend([t.position.code(), 0]);
        words(&[RESOLUTION, RESOLUTION], &mut view);
        view.push(0);
        words(&[WIDTH, HEIGHT], &mut view);
        view.extend([if with_quality { 0x60 } else { 0x50 }, t.minutiae.len() as u8]);
        minutiae(t, 45, with_quality, &mut view);
        bytes.extend((view.len() as u32 + 4).to_be_bytes());
        bytes.extend(view);
    }
    with_length(bytes)
}

pub(crate) fn compact(template: &Template) -> Vec<u8> {
    let of = |m: &Minutia| {
        [(m.x / 2) as u8, (-m.y / 2) as u8, (code(m.kind) << 6) as u8 | (m.direction / 180) as u8]
    };
    template.minutiae.iter().flat_map(of).collect()
}

/// In pixels at 500 dpi, as an `.xyt` file has them.
pub(crate) fn xyt(template: &Template, is_m1: bool) -> String {
    let line = |m: PlacedMinutia| {
        let degrees = u32::from(m.direction) * 360 / 256;
        let (x, y) = (u32::from(m.x_px as u16) + 20, u32::from(m.y_px as u16) + 20);
        if is_m1 {
            format!("{x} {} {} 50\n", 500 - y, degrees / 2)
        } else {
            format!("{x} {y} {} 50\n", (degrees + 180) % 360)
        }
    };
    placed(template).into_iter().map(line).collect()
}

/// A field of a transaction: number and value.
pub(crate) type Fields = Vec<(&'static str, String)>;

/// A tagged record with its length in the first field.
pub(crate) fn tagged(kind: &str, fields: &[(&str, String)]) -> Vec<u8> {
    let rest: String =
        fields.iter().map(|(number, value)| format!("\u{1d}{kind}.{number}:{value}")).collect();
    let without = format!("{kind}.001:").len() + rest.len() + 1;
    let length =
        (1..10).map(|digits| without + digits).find(|l| l.to_string().len() + without == *l);
    format!("{kind}.001:{}{rest}\u{1c}", length.unwrap()).into_bytes()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("\u{1e}")
}

pub(crate) fn legacy(t: &Template) -> Fields {
    let one = |(index, m): (usize, &Minutia)| {
        // From the bottom left corner, away from the ridge.
        let y = (i32::from(HEIGHT) + m.y) * 5;
        let theta = (degrees(m) + 180) % 360;
        let kind = ["D", "A", "B"][usize::from(code(m.kind))];
        format!("{:03}\u{1f}{:04}{y:04}{theta:03}\u{1f}0\u{1f}{kind}", index + 1, m.x * 5)
    };
    vec![
        ("004", "S".into()),
        ("006", format!("{:02}", t.position.code())),
        ("010", t.minutiae.len().to_string()),
        ("012", joined((0..).zip(&t.minutiae).map(one))),
    ]
}

pub(crate) fn m1(t: &Template) -> Fields {
    let one = |(index, m): (usize, &Minutia)| {
        let (theta, kind, quality) = (degrees(m) / 2, code(m.kind), m.quality.unwrap());
        format!("{}\u{1f}{}\u{1f}{}\u{1f}{theta}\u{1f}{kind}\u{1f}{quality}", index + 1, m.x, -m.y)
    };
    vec![
        ("126", "66\u{1f}17\u{1f}513".into()),
        ("128", WIDTH.to_string()),
        ("129", HEIGHT.to_string()),
        ("130", "2".into()),
        ("131", RESOLUTION.to_string()),
        ("132", RESOLUTION.to_string()),
        ("133", "0".into()),
        ("134", t.position.code().to_string()),
        ("135", format!("{}\u{1f}1\u{1f}2", t.quality.unwrap())),
        ("136", t.minutiae.len().to_string()),
        ("137", joined((0..).zip(&t.minutiae).map(one))),
    ]
}

pub(crate) fn efs(t: &Template) -> Fields {
    let one = |m: &Minutia| {
        let kind = ["X", "E", "B"][usize::from(code(m.kind))];
        format!("{}\u{1f}{}\u{1f}{}\u{1f}{kind}", m.x * 5, -m.y * 5, degrees(m))
    };
    vec![
        ("300", format!("{}\u{1f}{}", WIDTH * 5, HEIGHT * 5)),
        ("302", t.position.code().to_string()),
        ("331", joined(t.minutiae.iter().map(one))),
    ]
}

/// A Type-9 record.
pub(crate) fn type9(idc: u8, impression: u8, fields: Fields) -> Vec<u8> {
    let head = [("002", format!("{idc:02}")), ("003", impression.to_string())];
    tagged("9", &head.into_iter().chain(fields).collect::<Vec<_>>())
}

/// An image of four raw bytes that hold every separator.
pub(crate) fn type14(idc: u8, position: u8) -> Vec<u8> {
    let fields = [
        ("002", format!("{idc:02}")),
        ("003", "0".into()),
        ("006", "2".into()),
        ("007", "2".into()),
        ("008", "1".into()),
        ("009", "500".into()),
        ("010", "500".into()),
        ("011", "NONE".into()),
        ("013", position.to_string()),
        ("999", "\u{1c}\u{1d}\u{1e}\u{1f}".into()),
    ];
    tagged("14", &fields)
}

/// A transaction of records, each with its type and designation.
pub(crate) fn transaction(records: &[(u8, u8, Vec<u8>)]) -> Vec<u8> {
    let listed: String =
        records.iter().map(|(kind, idc, _)| format!("\u{1e}{kind}\u{1f}{idc:02}")).collect();
    let head = tagged(
        "1",
        &[
            ("002", "0502".into()),
            ("003", format!("1\u{1f}{}{listed}", records.len())),
            ("004", "SAMPLE".into()),
            ("005", "20240517".into()),
            ("008", "TANBA".into()),
            ("009", "T-0001".into()),
            ("011", "19.69".into()),
        ],
    );
    records.iter().fold(head, |mut all, (_, _, record)| {
        all.extend(record);
        all
    })
}

/// Both prints in one block each.
pub(crate) fn transaction_of(block: fn(&Template) -> Fields) -> Vec<u8> {
    let prints = prints();
    let records: Vec<(u8, u8, Vec<u8>)> =
        (1..).zip(&prints).map(|(idc, print)| (9, idc, type9(idc, 0, block(print)))).collect();
    transaction(&records)
}

/// The samples of `datasets/formats/finger` by name.
pub(crate) fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let prints = prints();
    let images = transaction(&[
        (2, 0, tagged("2", &[("002", "00".into()), ("003", "no name".into())])),
        (14, 1, type14(1, 8)),
        (9, 1, {
            let open = Template { position: Position::UNKNOWN, ..prints[0].clone() };
            type9(1, 4, legacy(&open))
        }),
    ]);
    vec![
        ("ansi-2004-long.fmr", ansi2004(&prints, true)),
        ("ansi-2004.fmr", ansi2004(&prints, false)),
        ("ansi-2007-draft.fmr", ansi2009(&prints, b"030\0", true)),
        ("ansi-2009-am1.fmr", ansi2009(&prints, b"035\0", false)),
        ("ansi-2009.fmr", ansi2009(&prints, b"030\0", false)),
        ("iso-2005-compact.card", compact(&prints[0])),
        ("iso-2005.fmr", iso2005(&prints)),
        ("iso-2011.fmr", iso2011(&prints, true, 0)),
        ("itl-efs.an2", transaction_of(efs)),
        ("itl-legacy-image.an2", images),
        ("itl-legacy.an2", transaction_of(legacy)),
        ("itl-m1.an2", transaction_of(m1)),
        ("mindtct-m1.xyt", xyt(&prints[0], true).into_bytes()),
        ("mindtct.xyt", xyt(&prints[0], false).into_bytes()),
    ]
}
