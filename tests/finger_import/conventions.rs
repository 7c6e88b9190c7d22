//! The same made-up prints in every format decode to the same geometry, and what tells formats and
//! conventions apart does so.

use std::path::Path;

use tanba::domain::finger::{Impression, Position, Template};
use tanba::import::finger::{
    FingerFile, FingerFormat, draw, is_finger, read_bytes, read_bytes_as, write_iso2005,
};

use crate::writers::{self, placed, print, prints};
use crate::{accept, name, own_samples, read, says};

fn same_geometry(file: &FingerFile, format: FingerFormat) {
    assert_eq!(file.format, format);
    assert_eq!(file.rejections, Vec::new(), "{format}");
    // Not every format has qualities.
    let geometry = |template: &Template| -> Vec<_> {
        placed(template).into_iter().map(|m| (m.x_px, m.y_px, m.direction)).collect()
    };
    let expected: Vec<_> = prints().iter().map(geometry).collect();
    let found: Vec<_> = file.templates.iter().map(geometry).collect();
    assert_eq!(found, expected[..found.len()], "{format}");
    assert!(!found.is_empty());
}

#[test]
fn one_print_in_every_format_decodes_to_the_same_geometry() {
    let prints = prints();
    for (bytes, format) in [
        (writers::iso2005(&prints), FingerFormat::Iso2005),
        (writers::iso2011(&prints, true, 0), FingerFormat::Iso2011),
        (writers::iso2011(&prints, false, 0), FingerFormat::Iso2011),
        (writers::iso2011(&prints, true, 3), FingerFormat::Iso2011),
        (writers::ansi2004(&prints, false), FingerFormat::Ansi2004),
        (writers::ansi2004(&prints, true), FingerFormat::Ansi2004),
        (writers::ansi2009(&prints, b"030\0", false), FingerFormat::Ansi2009),
        (writers::ansi2009(&prints, b"030\0", true), FingerFormat::Ansi2007),
        (writers::ansi2009(&prints, b"035\0", false), FingerFormat::Ansi2009Am1),
        (writers::transaction_of(writers::legacy), FingerFormat::Itl),
        (writers::transaction_of(writers::m1), FingerFormat::Itl),
        (writers::transaction_of(writers::efs), FingerFormat::Itl),
        (writers::xyt(&prints[0], false).into_bytes(), FingerFormat::XytNist),
        (writers::xyt(&prints[0], true).into_bytes(), FingerFormat::XytM1),
    ] {
        assert!(is_finger(&bytes), "{format}");
        same_geometry(&accept(&bytes), format);
    }
    let compact = FingerFormat::Iso2005Compact;
    let card = writers::compact(&prints[0]);
    same_geometry(&read_bytes_as(Path::new("f"), &card, Some(compact)).unwrap(), compact);
    assert!(!is_finger(&card));
}

#[test]
fn what_a_format_can_say_of_a_print_is_kept() {
    let prints = prints();
    for bytes in [
        writers::iso2005(&prints),
        writers::iso2011(&prints, true, 0),
        writers::ansi2004(&prints, true),
        writers::ansi2009(&prints, b"030\0", false),
        writers::transaction_of(writers::m1),
    ] {
        assert_eq!(accept(&bytes).templates, prints);
    }
    assert_eq!(write_iso2005(&prints).unwrap(), writers::iso2005(&prints));
    let legacy = accept(&writers::transaction_of(writers::legacy)).templates;
    let kinds = |t: &Template| t.minutiae.iter().map(|m| m.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&legacy[0]), kinds(&prints[0]));
    assert_eq!(legacy[1].position, prints[1].position);
}

#[test]
fn a_convention_that_was_recognised_is_named() {
    let prints = prints();
    for (bytes, words) in [
        (writers::iso2005(&prints), "1/256 of a turn"),
        (writers::ansi2004(&prints, false), "units of 2 degrees"),
        (writers::transaction_of(writers::legacy), "bottom left, y up"),
        (writers::transaction_of(writers::efs), "region of interest"),
        (writers::xyt(&prints[0], false).into_bytes(), "NIST convention (recognised"),
        (writers::xyt(&prints[0], true).into_bytes(), "M1 convention (recognised"),
    ] {
        let conventions = accept(&bytes).conventions;
        assert!(says(&conventions, words), "{words}: {conventions:?}");
    }
}

#[test]
fn an_xyt_file_too_small_to_tell_is_taken_as_mindtct_writes_by_default_and_may_be_stated() {
    let text = "100 200 90 50\n150 250 10 50\n";
    let file = accept(text.as_bytes());
    assert_eq!(file.format, FingerFormat::XytNist);
    assert!(says(&file.warnings, "too few minutiae tell"), "{:?}", file.warnings);
    assert_eq!(
        (file.templates[0].minutiae[0].y, file.templates[0].minutiae[0].direction),
        (200, 8640)
    );
    let stated = |format| read_bytes_as(Path::new("f"), text.as_bytes(), Some(format)).unwrap();
    let m1 = stated(FingerFormat::XytM1);
    assert_eq!(
        (m1.templates[0].minutiae[0].y, m1.templates[0].minutiae[0].direction),
        (-200, 5760)
    );
    assert_eq!(m1.warnings, Vec::<String>::new());
    assert!(says(&stated(FingerFormat::XytNist).conventions, "stated by the caller"));
    let beyond = read_bytes_as(Path::new("f"), b"1 2 180 5\n", Some(FingerFormat::XytM1)).unwrap();
    assert!(beyond.rejections[0].found.contains("180"));
}

#[test]
fn lines_that_are_no_minutiae_are_refused_by_their_number() {
    for (line, found) in [
        ("1 2", "2 numbers"),
        ("1 2 360 5", "360 degrees"),
        ("1 2 3 101", "quality over 100"),
        ("1 2 3 4 5", "other than numbers"),
        ("1 -2 3", "other than numbers"),
        ("1 2 12345678", "other than numbers"),
    ] {
        let text = format!("{}{line}\n", "10 20 200 40\n".repeat(6));
        let file = read(text.as_bytes());
        assert_eq!(file.templates, []);
        assert!(file.rejections[0].to_string().starts_with("f:7:"), "{}", file.rejections[0]);
        assert!(file.rejections[0].found.contains(found), "{line}: {}", file.rejections[0].found);
    }
}

#[test]
fn tables_images_and_other_bytes_are_not_taken_for_fingerprints() {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats");
    for path in crate::files_in(&tables) {
        assert!(!is_finger(&std::fs::read(&path).unwrap()), "{}", path.display());
    }
    for (bytes, what) in [
        (&b"\xff\xa0\xff\xa8\0\x7a"[..], "a WSQ image"),
        (b"FIR\x00010\0", "a fingerprint image record"),
        (b"", "an empty file"),
        (b"a,b\n1,2\n", "text that begins with a,b"),
        (b"FMR\x00099\0....", "099"),
        (b"1.2 3.4 5\n", "text that begins with 1.2 3.4 5"),
        (b"\x00\x01\xfe\xff", "other bytes"),
    ] {
        let error = read_bytes(Path::new("f"), bytes).unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
}

#[test]
fn a_record_without_its_length_is_read_to_the_end_of_the_file() {
    let prints = prints();
    let mut iso = writers::iso2005(&prints);
    iso[8..12].fill(0);
    let file = accept(&iso);
    assert_eq!((file.format, &file.templates), (FingerFormat::Iso2005, &prints));
    assert!(says(&file.warnings, "states a length of 0"));
    let mut longer = writers::iso2005(&prints);
    longer.extend(b"\r\n");
    assert!(says(&accept(&longer).warnings, "2 bytes after the stated end"));
    let mut version = writers::iso2005(&prints);
    version[4] = b'0';
    assert_eq!(accept(&version).templates, prints);
}

#[test]
fn counts_and_lengths_that_do_not_agree_with_the_bytes_refuse_the_record() {
    let prints = prints();
    let stated = |bytes: &[u8], change: i32| {
        let mut changed = bytes.to_vec();
        let length = (bytes.len() as i32 + change) as u32;
        changed[8..12].copy_from_slice(&length.to_be_bytes());
        changed
    };
    for bytes in [
        writers::iso2005(&prints),
        writers::ansi2009(&prints, b"030\0", false),
        writers::ansi2009(&prints, b"030\0", true),
        writers::iso2011(&prints, true, 2),
    ] {
        let longer = read(&stated(&bytes, 1));
        assert!(longer.rejections[0].help.contains("cut"), "{}", longer.rejections[0]);
        let shorter = accept(&stated(&bytes, -2));
        assert_eq!(shorter.templates, prints);
        assert!(says(&shorter.warnings, "bytes and has"), "{:?}", shorter.warnings);
        let mut junk = bytes.clone();
        junk.extend([7; 9]);
        let file = read(&stated(&junk, 0));
        assert!(!file.rejections.is_empty() && file.templates.is_empty(), "{}", file.format);
        let mut padded = bytes.clone();
        padded.extend([0; 9]);
        assert_eq!(accept(&stated(&padded, 0)).templates, prints);
    }
    // Number of views and counts of minutiae, one too many and one too few.
    let first_view = writers::iso2005(&prints[..1]).len();
    for at in [22, 27, first_view + 3] {
        for change in [1, u8::MAX] {
            let mut bytes = writers::iso2005(&prints);
            bytes[at] = bytes[at].wrapping_add(change);
            let file = read(&bytes);
            assert!(file.templates.is_empty() && !file.rejections.is_empty(), "{at} {change}");
        }
    }
}

#[test]
fn one_angle_that_the_unit_does_not_have_is_refused_and_several_are_evidence() {
    let print = print(2, 1);
    let with = |changed: usize| {
        let mut bytes = writers::ansi2004(std::slice::from_ref(&print), false);
        for minutia in 0..changed {
            bytes[30 + minutia * 6 + 4] = 200;
        }
        read(&bytes)
    };
    assert_eq!(with(0).templates[0], print);
    let one = with(1);
    assert!(one.templates.is_empty() && one.rejections[0].found.contains("200 among 24"));
    let two = with(2);
    assert_eq!(two.templates[0].minutiae[0].direction, 200 * 45);
    assert!(says(&two.warnings, "180 or more"));
}

#[test]
fn a_transaction_prefers_one_block_links_images_and_numbers_its_views() {
    let prints = prints();
    let mut both = writers::legacy(&prints[0]);
    both.extend(writers::m1(&prints[0]));
    let open = Template { position: Position::UNKNOWN, ..prints[1].clone() };
    let bytes = writers::transaction(&[
        (9, 1, writers::type9(1, 0, both)),
        (9, 2, writers::type9(2, 4, writers::legacy(&open))),
        (14, 2, writers::type14(2, 2)),
        (9, 3, writers::type9(3, 0, vec![("151", "vendor".into())])),
    ]);
    let file = accept(&bytes);
    assert!(says(&file.warnings, "legacy (9.005 to 9.012) block are passed over for M1"));
    assert!(says(&file.warnings, "none of the blocks that are read"));
    assert!(says(&file.conventions, "that of the image with their IDC"));
    let views: Vec<(u8, u8)> = file.templates.iter().map(|t| (t.position.code(), t.view)).collect();
    assert_eq!(views, [(2, 0), (2, 1)]);
    assert_eq!(file.templates[0], prints[0]);
    assert_eq!(file.templates[1].impression, Impression::LATENT);
    assert_eq!(file.images.len(), 1);
    assert_eq!(file.subject.transaction.as_deref(), Some("T-0001"));
}

#[test]
fn faults_of_several_records_are_all_reported_and_nothing_is_kept() {
    let prints = prints();
    let mut lost = writers::legacy(&prints[0]);
    lost[2].1 = "25".into();
    let mut broken = writers::efs(&prints[0]);
    broken[2].1.push_str("\u{1e}1\u{1f}2\u{1f}400\u{1f}E");
    let bytes = writers::transaction(&[
        (9, 1, writers::type9(1, 0, lost)),
        (9, 2, writers::type9(2, 0, writers::m1(&prints[1]))),
        (9, 3, writers::type9(3, 0, broken)),
    ]);
    let file = read(&bytes);
    assert!(file.templates.is_empty());
    let rules: Vec<&str> = file.rejections.iter().map(|r| r.rule.as_str()).collect();
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert!(rules[0].contains("25 minutiae it states") && rules[1].contains("theta of 0 to 359"));
}

#[test]
fn own_samples_are_what_the_writers_make() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats/finger");
    let expected = writers::samples();
    if std::env::var_os("TANBA_WRITE_SAMPLES").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &expected {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    let found: Vec<String> = own_samples().iter().map(|path| name(path)).collect();
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, names);
    for ((name, bytes), path) in expected.iter().zip(own_samples()) {
        assert_eq!(&std::fs::read(&path).unwrap(), bytes, "{name}");
        let format = name.ends_with(".card").then_some(FingerFormat::Iso2005Compact);
        let file = read_bytes_as(&path, bytes, format).unwrap();
        // That a convention was taken on evidence alone is said.
        let expected = usize::from(*name == "mindtct-m1.xyt");
        assert_eq!(file.warnings.len(), expected, "{name}: {:?}", file.warnings);
        assert!(!file.templates.is_empty(), "{name}");
    }
}

#[test]
fn a_drawing_shows_every_minutia_the_frame_and_the_conventions() {
    let file = accept(&writers::iso2005(&prints()));
    let svg = draw(&file, "<&\u{1}>.fmr");
    assert!(svg.contains("&lt;&amp; &gt;.fmr"), "{}", &svg[..400]);
    let count = |text: &str| svg.matches(text).count();
    let kinds: [usize; 3] = [0, 1, 2]
        .map(|k| prints().iter().map(|t| tanba::import::finger::kinds(t)[k]).sum::<usize>() + 1);
    // One of each in the legend.
    assert_eq!([count("<circle"), count("fill=\"#2471a3\""), count("<polygon")], kinds);
    assert!(svg.contains("right-index") && svg.contains("left-index"));
    assert!(svg.contains("1/256 of a turn"));
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    let empty = draw(&read(b"FMR\0 20\0\0\0\0\x1e"), "cut");
    assert!(empty.contains("rejected: f:byte 8"), "{empty}");
}

/// Replaces the only occurrence of `from`.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let places: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    let [at] = places.as_slice() else { panic!("{from} at {places:?}") };
    [&bytes[..*at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn faults_of_a_transaction_that_leave_its_minutiae_whole_are_tolerated_and_said() {
    let prints = prints();
    let minutiae = writers::type9(1, 0, writers::m1(&prints[0]));
    let stated = format!("9.001:{}", minutiae.len());
    assert!(minutiae.starts_with(stated.as_bytes()), "the length is what it is called");
    let whole = writers::transaction(&[(9, 1, minutiae.clone())]);
    for (from, to, words) in [
        // Lengths of text that end elsewhere than at a separator.
        (stated.as_str(), "9.001:100", "states 100 bytes and has"),
        (stated.as_str(), "9.001:0", "states 0 bytes and has"),
        // Tags with other numbers of leading zeros, and of another record.
        (stated.as_str(), "9.00001:100", "states 100 bytes and has"),
        ("9.128:", "4.128:", "tagged 4.128 stands in a record of type 9"),
        // Contents that list something else.
        ("\u{1e}9\u{1f}01", "\u{1e}8\u{1f}01", "list type 8"),
    ] {
        let file = accept(&replaced(&whole, from, to));
        assert_eq!(file.templates, prints[..1], "{to}");
        assert!(says(&file.warnings, words), "{words}: {:?}", file.warnings);
    }
    let mut longer = whole.clone();
    longer.extend(b"\r\n");
    let file = accept(&longer);
    assert_eq!(file.templates, prints[..1]);
    assert!(says(&file.warnings, "2 bytes after the last record"));
}

#[test]
fn faults_of_a_transaction_that_may_lose_minutiae_refuse_it() {
    let prints = prints();
    let minutiae = writers::type9(1, 0, writers::legacy(&prints[0]));
    let stated = format!("9.001:{}", minutiae.len());
    let whole = writers::transaction(&[(14, 2, writers::type14(2, 2)), (9, 1, minutiae)]);
    for (from, to, rule) in [
        (stated.as_str(), "9.001:9999", "ends with a separator at its stated length"),
        ("14.001:", "14.001:1", "ends with a separator at its stated length"),
        ("\u{1d}9.010:24", "\u{1d}9.010:25", "25 minutiae it states"),
        ("\u{1e}9\u{1f}01", "\u{1e}9\u{1f}01\u{1e}9\u{1f}02", "every record its contents"),
        ("1.003:", "1.033:", "lists its records"),
        ("9.006:", "9x006:", "begins with its tag"),
    ] {
        let mut changed = replaced(&whole, from, to);
        // The length of the first record follows its contents.
        let first = changed.iter().position(|byte| *byte == 0x1c).unwrap() + 1;
        let head = changed.iter().position(|byte| *byte == 0x1d).unwrap();
        changed.splice(..head, format!("1.001:{first}").into_bytes());
        let file = read(&changed);
        assert!(file.templates.is_empty(), "{to}");
        assert!(file.rejections[0].rule.contains(rule), "{to}: {}", file.rejections[0]);
    }
}
