//! The shared samples of the formats, with what independent decoders say they hold.

use std::path::PathBuf;

use serde_json::Value;
use tanba::domain::finger::{Impression, Minutia, MinutiaKind, Position, Template};
use tanba::error::Position as Place;
use tanba::import::finger::{FingerFile, FingerFormat, ImageReference, kinds};

use crate::{accept, common, files_in, name, read, says};

fn folder() -> Option<PathBuf> {
    common::shared("data/formats/finger")
}

fn sample(name: &str) -> Option<FingerFile> {
    Some(accept(&std::fs::read(folder()?.join(name)).unwrap()))
}

fn number(value: &Value, name: &str) -> u32 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name} in {value}")) as u32
}

fn kind(value: &Value) -> MinutiaKind {
    match value["type"].as_str().unwrap() {
        "ENDING" => MinutiaKind::Ending,
        "BIFURCATION" => MinutiaKind::Bifurcation,
        "OTHER" | "EITHER" => MinutiaKind::Other,
        other => panic!("{other}"),
    }
}

fn position(value: &Value) -> Position {
    let name = value["position"].as_str().unwrap().to_lowercase().replace('_', "-");
    Position::parse(&name).unwrap()
}

/// Compares a sample with its JSON; `step` is the unit of its angles in 1/11520 of a turn.
fn compare(file: &str, format: FingerFormat, step: u32) {
    let Some(folder) = folder() else { return };
    let decoded = accept(&std::fs::read(folder.join(file)).unwrap());
    let json = std::fs::read_to_string(folder.join(file.replace(".dat", ".json"))).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(decoded.format, format, "{file}");
    let prints = json["fingerprints"].as_array().unwrap();
    assert_eq!(decoded.templates.len(), prints.len());
    for (template, print) in decoded.templates.iter().zip(prints) {
        // Width and resolution stand in the header or in each view.
        let frame = if print["width"].is_null() { &json } else { print };
        assert_eq!(template.position, position(print));
        assert_eq!(print["scanType"], "LIVE_PLAIN");
        assert_eq!(template.impression, Impression::LIVE_PLAIN);
        assert_eq!(u32::from(template.view), number(print, "view"));
        let quality = match &print["qrecords"] {
            Value::Array(blocks) => number(&blocks[0], "quality"),
            _ => number(print, "quality"),
        };
        assert_eq!(template.quality.map(u32::from), Some(quality));
        assert_eq!(template.width, Some(number(frame, "width")));
        assert_eq!(template.height, Some(number(frame, "height")));
        assert_eq!(template.units_per_metre_x, number(frame, "resolutionX") * 100);
        assert_eq!(template.units_per_metre_y, number(frame, "resolutionY") * 100);
        let expected: Vec<Minutia> = print["minutiae"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| Minutia {
                x: number(m, "positionX") as i32,
                y: -(number(m, "positionY") as i32),
                direction: (number(m, "angle") * step) as u16,
                kind: kind(m),
                quality: Some(number(m, "quality") as u8),
            })
            .collect();
        assert_eq!(template.minutiae, expected, "{file}");
    }
}

#[test]
fn samples_of_iso_and_ansi_decode_as_their_json_says() {
    compare("iso19794p2v2005-sample.dat", FingerFormat::Iso2005, 45);
    compare("iso19794p2v2011-sample.dat", FingerFormat::Iso2011, 45);
    compare("ansi378v2009-sample.dat", FingerFormat::Ansi2009, 64);
    compare("ansi378v2009am1-sample.dat", FingerFormat::Ansi2009Am1, 64);
    // This one carries the angles of the ISO sample under an ANSI header, up to 249.
    compare("ansi378v2004-sample.dat", FingerFormat::Ansi2004, 45);
    if let Some(file) = sample("ansi378v2004-sample.dat") {
        assert!(says(&file.warnings, "2 angles are 180 or more"), "{:?}", file.warnings);
    }
}

/// Largest distance between directions of the same minutiae, 1/11520 of a turn.
fn furthest(a: &[Template], b: &[Template]) -> u16 {
    let minutiae = |list: &[Template]| -> Vec<Minutia> {
        list.iter().flat_map(|template| template.minutiae.clone()).collect()
    };
    let (a, b) = (minutiae(a), minutiae(b));
    assert_eq!(a.len(), b.len());
    let distance = |(a, b): (&Minutia, &Minutia)| {
        assert_eq!((a.x, a.y, a.kind, a.quality), (b.x, b.y, b.kind, b.quality));
        let turned = a.direction.abs_diff(b.direction);
        turned.min(11520 - turned)
    };
    a.iter().zip(&b).map(distance).max().unwrap()
}

#[test]
fn annex_examples_of_iso_and_ansi_are_the_same_print() {
    let Some(iso) = sample("iso19794-2-2005-appendix-c2.raw") else { return };
    let ansi = sample("ansi378-2004-appendix-b2.raw").unwrap();
    assert_eq!((iso.format, ansi.format), (FingerFormat::Iso2005, FingerFormat::Ansi2004));
    let counts: Vec<usize> = iso.templates.iter().map(|t| t.minutiae.len()).collect();
    assert_eq!(counts, [27, 22]);
    let positions: Vec<&str> = iso.templates.iter().map(|t| t.position.name()).collect();
    assert_eq!(positions, ["left-index", "right-index"]);
    assert_eq!(kinds(&iso.templates[0]).iter().sum::<usize>(), 27);
    assert_eq!(
        ansi.templates[0].minutiae[0],
        Minutia {
            x: 100,
            y: -14,
            direction: 56 * 64,
            kind: MinutiaKind::Ending,
            quality: Some(90)
        }
    );
    assert!(furthest(&iso.templates, &ansi.templates) <= 64, "less than 2 degrees");
    assert!(says(&iso.warnings, "states 340 bytes and has 341"), "{:?}", iso.warnings);
}

#[test]
fn records_of_the_reference_implementation_are_read_with_all_their_views() {
    let Some(file) = sample("fmr.ansi2004") else { return };
    let counts: Vec<usize> = file.templates.iter().map(|t| t.minutiae.len()).collect();
    assert_eq!((file.format, counts.as_slice()), (FingerFormat::Ansi2004, &[27, 22, 28][..]));
    assert!(says(&file.warnings, "2 bytes after the last view are passed over"));
    let draft = sample("fmr.ansi2007").unwrap();
    assert_eq!(draft.format, FingerFormat::Ansi2007);
    assert!(furthest(&draft.templates, &file.templates[..2]) <= 64);
    let iso = sample("fmr.iso2005").unwrap();
    assert_eq!(iso.format, FingerFormat::Iso2005);
    assert!(says(&iso.warnings, "1 bytes short"), "{:?}", iso.warnings);
    assert!(furthest(&draft.templates, &iso.templates) <= 96);
}

fn direction(degrees: u16) -> u16 {
    degrees * 32
}

#[test]
fn legacy_minutiae_of_a_transaction_come_from_the_bottom_left_and_are_turned() {
    let Some(file) = sample("type9.an2k") else { return };
    assert_eq!(file.format, FingerFormat::Itl);
    assert_eq!(file.subject.transaction.as_deref(), Some("200908071614"));
    assert_eq!(file.subject.version.as_deref(), Some("0300"));
    let [template] = file.templates.as_slice() else { panic!("{:?}", file.templates) };
    assert_eq!((template.minutiae.len(), template.units_per_metre_x), (28, 100_000));
    assert_eq!((template.position, template.impression), (Position::UNKNOWN, Impression(6)));
    assert_eq!(
        template.minutiae[..3],
        [
            (132, 715, 68, MinutiaKind::Ending),
            (228, 918, 258, MinutiaKind::Ending),
            (249, 401, 180, MinutiaKind::Bifurcation)
        ]
        .map(|(x, y, degrees, kind)| Minutia {
            x,
            y,
            direction: direction(degrees),
            kind,
            quality: None
        })
    );
}

#[test]
fn a_stray_tag_is_tolerated_and_the_latent_image_gives_the_position() {
    let Some(file) = sample("type9-13.an2k") else { return };
    assert!(says(&file.warnings, "tagged 13.005 stands in a record of type 9"));
    assert_eq!(file.templates[0].minutiae.len(), 28);
    assert_eq!(file.templates[0].position.name(), "joints-and-tips");
    assert_eq!(
        file.images,
        [ImageReference {
            record_type: 13,
            idc: 0,
            positions: vec![Position::from_code(19).unwrap()],
            impression: Some(Impression(6)),
            algorithm: "NONE".into(),
            width_px: 191,
            height_px: 357,
            pixels_per_metre: Some(19_700),
        }]
    );
}

#[test]
fn palms_and_slaps_are_listed_as_images_and_a_contradicted_designation_links_none() {
    let Some(palms) = sample("type9-15.an2k") else { return };
    let listed = |number: usize| {
        let i = &palms.images[number];
        let names = (i.positions[0].name(), i.algorithm.as_str());
        (i.record_type, i.idc, names, i.width_px, i.pixels_per_metre)
    };
    assert_eq!(palms.images.len(), 2);
    assert_eq!(listed(0), (15, 1, ("left-writers-palm", "WSQ20"), 900, Some(19_685)));
    assert_eq!(listed(1), (15, 2, ("left-lower-palm", "JP2L"), 2750, Some(39_370)));
    assert_eq!(palms.templates[0].position, Position::UNKNOWN);
    assert!(says(&palms.warnings, "says IDC 1 and is listed (1.003) as IDC 3"));
    let slaps = sample("type4-slaps.an2k").unwrap();
    assert!(slaps.templates.is_empty());
    assert!(says(&slaps.warnings, "no minutiae that are read"));
    let sizes: Vec<_> = slaps
        .images
        .iter()
        .map(|i| (i.idc, i.positions[0].name(), i.algorithm.as_str(), i.width_px, i.height_px))
        .collect();
    assert_eq!(sizes[0], (1, "plain-left-four", "WSQ20", 1608, 1000));
    assert_eq!(sizes.len(), 4);
}

#[test]
fn extended_feature_sets_are_read_finger_by_finger() {
    let Some(file) = sample("type9-efs.an2k") else { return };
    let found: Vec<(u8, usize)> =
        file.templates.iter().map(|t| (t.position.code(), t.minutiae.len())).collect();
    assert_eq!(found, [(8, 60), (5, 35), (3, 68), (10, 37), (9, 54), (7, 48), (2, 53), (4, 59)]);
    let first = &file.templates[0];
    assert_eq!((first.width, first.height), (Some(2708), Some(2462)));
    let expected = Minutia {
        x: 1908,
        y: -41,
        direction: direction(186),
        kind: MinutiaKind::Ending,
        quality: None,
    };
    assert_eq!(first.minutiae[0], expected);
}

#[test]
fn a_cut_record_is_refused_with_the_offset_of_its_length() {
    let Some(folder) = folder() else { return };
    let files = files_in(&folder.join("invalid"));
    assert_eq!(files.len(), 3);
    for path in files {
        let file = read(&std::fs::read(&path).unwrap());
        assert!(file.templates.is_empty());
        let [rejection] = file.rejections.as_slice() else { panic!("{:?}", file.rejections) };
        assert_eq!(rejection.position, Place::Offset(8), "{}", name(&path));
        assert!(rejection.help.contains("cut"), "{}", rejection.help);
    }
}

/// Mean brightness 4 to 8 pixels from a minutia, along `turn` from its direction.
fn brightness(image: &[u8], width: usize, minutia: &Minutia, turn: f64) -> f64 {
    // 0.01 mm to 197 pixels per centimetre, from the bottom left.
    let pixel = |hundredths: i32| f64::from(hundredths) * 0.197;
    let height = image.len() / width;
    let angle = f64::from(minutia.direction) / 11520.0 * std::f64::consts::TAU + turn;
    let total: f64 = [4.0, 5.0, 6.0, 7.0, 8.0]
        .iter()
        .map(|distance: &f64| {
            let x = pixel(minutia.x) + distance * angle.cos();
            let y = height as f64 - 1.0 - pixel(minutia.y) - distance * angle.sin();
            f64::from(image[y.round() as usize * width + x.round() as usize])
        })
        .sum();
    total / 5.0
}

#[test]
fn directions_follow_the_ridges_of_the_image_they_were_found_in() {
    let Some(folder) = folder() else { return };
    let bytes = std::fs::read(folder.join("type9-13.an2k")).unwrap();
    let tag = b"13.999:";
    let start = bytes.windows(tag.len()).position(|w| w == tag).unwrap() + tag.len();
    let image = &bytes[start..start + 191 * 357];
    let template = &accept(&bytes).templates[0];
    let contrast = |kind: MinutiaKind| {
        let of_kind = template.minutiae.iter().filter(|m| m.kind == kind);
        let list: Vec<f64> = of_kind
            .map(|m| {
                let behind = std::f64::consts::PI;
                brightness(image, 191, m, 0.0) - brightness(image, 191, m, behind)
            })
            .collect();
        list.iter().sum::<f64>() / list.len() as f64
    };
    // Ridges are dark: an ending points into its ridge, a bifurcation into the valley between two.
    assert!(contrast(MinutiaKind::Ending) < -40.0, "{}", contrast(MinutiaKind::Ending));
    assert!(contrast(MinutiaKind::Bifurcation) > 40.0, "{}", contrast(MinutiaKind::Bifurcation));
}
