//! Cuts and changed bytes: nothing panics, nothing grows, nothing goes in by halves.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tanba::domain::finger::{DIRECTIONS_PER_TURN, Template};
use tanba::import::finger::{FingerFile, FingerFormat, draw, is_finger, read_bytes, read_bytes_as};

use crate::{accept, common, files_in, name, own_samples};

/// Files of at most this many bytes are changed byte by byte, and cut at every length.
const SMALL: usize = 4500;

fn samples() -> Vec<PathBuf> {
    let mut files = own_samples();
    if let Some(folder) = common::shared("data/formats/finger") {
        files.extend(files_in(&folder.join("invalid")));
        let is_record = |path: &PathBuf| {
            !matches!(path.extension().and_then(|e| e.to_str()), Some("json" | "wsq"))
        };
        files.extend(files_in(&folder).into_iter().filter(is_record));
    }
    files
}

/// What holds of any bytes read in any way.
fn check_file(file: &FingerFile, size: usize) {
    assert!(file.rejections.is_empty() || file.templates.is_empty(), "by halves: {file:?}");
    assert!(file.warnings.len() < 80 && file.conventions.len() < 40);
    // Three bytes are the least a minutia takes.
    let minutiae: usize = file.templates.iter().map(|t| t.minutiae.len()).sum();
    assert!(minutiae * 3 <= size && file.templates.len() <= size);
    for template in &file.templates {
        assert!(template.print().is_ok());
        for minutia in &template.minutiae {
            assert!(minutia.direction < DIRECTIONS_PER_TURN);
            assert!(minutia.quality.is_none_or(|quality| matches!(quality, 1..=100)));
        }
    }
}

fn check_promises(bytes: &[u8]) -> Option<FingerFile> {
    let file = read_bytes(Path::new("f"), bytes).ok()?;
    check_file(&file, bytes.len());
    assert!(is_finger(bytes), "what is read is recognised");
    Some(file)
}

#[test]
fn every_truncation_of_every_sample_brings_the_whole_or_nothing() {
    for path in samples() {
        let bytes = std::fs::read(&path).unwrap();
        let whole: Vec<Template> =
            read_bytes(&path, &bytes).map(|f| f.templates).unwrap_or_default();
        let is_text = path.extension().is_some_and(|e| e == "xyt");
        let step = if bytes.len() <= SMALL { 1 } else { bytes.len() / 1000 + 1 };
        for length in (0..bytes.len()).step_by(step) {
            let Some(cut) = check_promises(&bytes[..length]) else { continue };
            let kept: usize = cut.templates.iter().map(|t| t.minutiae.len()).sum();
            if is_text {
                // Lines before the cut; its last number may be short, which is warned about.
                assert!(kept <= whole[0].minutiae.len());
                let is_line = bytes[length - 1] == b'\n';
                assert!(
                    is_line || cut.warnings.iter().any(|w| w.contains("no line end")) || kept == 0
                );
            } else if cut.rejections.is_empty() {
                assert_eq!(cut.templates, whole, "{} cut at {length}", name(&path));
                let lost = bytes.len() - length;
                assert!(lost <= 2, "{lost} bytes lost: only the end of extended data may be");
            }
        }
    }
}

#[test]
fn every_changed_byte_of_every_sample_is_read_or_refused_whole() {
    for path in samples() {
        let mut bytes = std::fs::read(&path).unwrap();
        let step = if bytes.len() <= SMALL { 1 } else { bytes.len() / 300 + 1 };
        for at in (0..bytes.len()).step_by(step) {
            let original = bytes[at];
            for value in [0, 0xff, original ^ 1, original ^ 0x80, original.wrapping_add(10), 0x1d] {
                bytes[at] = value;
                check_promises(&bytes);
            }
            bytes[at] = original;
        }
    }
}

#[test]
fn every_sample_read_as_every_format_is_read_or_refused_whole() {
    for path in samples() {
        let bytes = std::fs::read(&path).unwrap();
        for format in FingerFormat::ALL {
            let file = read_bytes_as(&path, &bytes, Some(format)).unwrap();
            check_file(&file, bytes.len());
            assert!(draw(&file, &name(&path)).ends_with("</svg>"));
        }
    }
}

#[test]
fn lengths_and_counts_beyond_the_file_allocate_nothing() {
    // The largest counts each format can state, in a file of a hundred bytes.
    for version in [&b" 20\0"[..], b"030\0", b"035\0"] {
        for length in [[0, 0, 0, 0], [0xff; 4], [0, 0, 0, 100]] {
            let mut bytes = [b"FMR\0", version, &length[..]].concat();
            bytes.resize(100, 0xff);
            let file = check_promises(&bytes).unwrap();
            assert!(!file.rejections.is_empty());
        }
    }
    let mut listed = "1.001:99\u{1d}1.003:1\u{1f}9999999".to_owned();
    listed.push_str(&"\u{1e}9\u{1f}1".repeat(20));
    check_promises(listed.as_bytes());
}

#[test]
fn a_transaction_that_lists_more_records_than_any_is_refused_before_they_are_read() {
    let record = crate::writers::tagged("2", &[("002", "00".into())]);
    let file = crate::read(&crate::writers::transaction(&vec![(2, 0, record); 70_000]));
    assert!(file.rejections[0].rule.contains("at most 65536 records"), "{}", file.rejections[0]);
}

#[test]
fn a_file_of_many_odd_records_is_read_in_time_and_its_warnings_are_cut() {
    let records: Vec<(u8, u8, Vec<u8>)> = (0..3000)
        .map(|number: usize| {
            let fields = vec![("010", "0".to_owned()), ("006", (60 + number % 20).to_string())];
            (9, 1, crate::writers::type9(2, 0, fields))
        })
        .collect();
    let file = accept(&crate::writers::transaction(&records));
    assert_eq!(file.templates.len(), 3000);
    assert!(file.warnings.len() < 80, "{}", file.warnings.len());
    assert!(file.warnings.last().unwrap().contains("more warnings"), "{:?}", file.warnings.last());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_moved_copied_and_removed_never_break_a_promise(
        which in 0usize..1000,
        changes in proptest::collection::vec((0usize..1000, 0usize..1000, 0usize..40), 1..4),
    ) {
        let files = own_samples();
        let mut bytes = std::fs::read(&files[which % files.len()]).unwrap();
        for (from, to, length) in changes {
            let place = |thousandth: usize, bytes: &[u8]| thousandth * bytes.len() / 1000;
            let start = place(from, &bytes);
            let piece: Vec<u8> = bytes[start..].iter().take(length).copied().collect();
            let at = place(to, &bytes);
            if length % 2 == 0 {
                bytes.splice(at..at, piece);
            } else {
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        check_promises(&bytes);
    }

    #[test]
    fn any_bytes_behind_any_magic_are_read_or_refused_whole(
        magic in prop_oneof![
            Just("FMR\0 20\0"), Just("FMR\x00030\0"), Just("FMR\x00035\0"),
            Just("1.001:"), Just("1 2 3\n"), Just(""),
        ],
        rest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        check_promises(&[magic.as_bytes(), &rest].concat());
    }
}
