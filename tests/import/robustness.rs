//! Cuts and changed bytes: nothing panics, and nothing goes in by halves.

use std::path::Path;

use proptest::prelude::*;
use tanba::domain::category::Index;
use tanba::import::{Format, Imported, frequency, import_bytes, sniff};

use crate::{common, files_below, options, partial, sample};

/// What holds of any bytes under any index: nothing goes in by halves, `--partial` changes nothing
/// else, and what is kept says something.
fn check_promises(bytes: &[u8], index: Index) {
    let strict = import_bytes(Path::new("f"), bytes, &options(index));
    let lenient = import_bytes(Path::new("f"), bytes, &partial(index));
    match (strict, lenient) {
        (Ok(strict), Ok(lenient)) => {
            assert_eq!(strict.rejections, lenient.rejections);
            if strict.rejections.is_empty() {
                assert_eq!(strict, lenient);
            } else {
                assert!(strict.records.is_empty() && strict.family_members.is_empty());
            }
            for record in &lenient.records {
                assert!(!record.profile.comparable_loci().is_empty());
                assert!(lenient.rejections.iter().all(|r| r.record_id.as_deref() != Some("")
                    || !record.record_id.is_empty()));
            }
        }
        (Err(strict), Err(lenient)) => assert_eq!(strict.to_string(), lenient.to_string()),
        (strict, lenient) => panic!("{strict:?}\n{lenient:?}"),
    }
}

/// What a cut file may give: an error, rejections and nothing else, or the records before the cut; only
/// the last record may differ, and where the format can tell (XML, Familias) none does.
fn check_cut(whole: &Imported, bytes: &[u8], length: usize, index: Index, name: &str) {
    check_promises(&bytes[..length], index);
    let Ok(cut) = import_bytes(Path::new("f"), &bytes[..length], &options(index)) else { return };
    if !cut.rejections.is_empty() {
        return;
    }
    let is_table = !matches!(whole.format, Format::CodisCmf | Format::FamiliasFam);
    let certain = cut.records.len().saturating_sub(usize::from(is_table));
    assert_eq!(cut.records[..certain], whole.records[..certain], "{name} cut at {length}");
    let certain = cut.family_members.len().saturating_sub(usize::from(is_table));
    assert_eq!(cut.family_members[..certain], whole.family_members[..certain], "{name} {length}");
    if !is_table {
        assert_eq!(cut.records.len(), whole.records.len(), "{name} cut at {length}");
    }
}

#[test]
fn every_truncation_of_every_sample_gives_all_before_the_cut_or_nothing() {
    let mut files = files_below(&sample(""));
    files.extend(common::shared("data/formats/dna").map(|f| files_below(&f)).unwrap_or_default());
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let indexes: &[Index] =
            if name.contains("dvi") { &[Index::Corpse, Index::Relative] } else { &[Index::Trace] };
        // All lengths of the small samples, about a thousand of the large ones.
        let step = if bytes.len() <= 3000 { 1 } else { bytes.len() / 1000 + 1 };
        for index in indexes {
            let whole = import_bytes(Path::new("f"), &bytes, &partial(*index));
            for length in (0..bytes.len()).step_by(step) {
                match &whole {
                    Ok(whole) => check_cut(whole, &bytes, length, *index, &name),
                    Err(_) => check_promises(&bytes[..length], *index),
                }
            }
        }
    }
}

/// A change of a file: where (in thousandths of its length), what to put there, how much to remove.
fn change() -> impl Strategy<Value = (usize, Vec<u8>, usize)> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4),
        Just(b"\"".to_vec()),
        Just(b"\n".to_vec()),
        Just(b",".to_vec()),
        Just(b"99999999999999999999".to_vec()),
        Just(b"<a>".to_vec()),
        Just("\u{feff}".as_bytes().to_vec()),
    ];
    (0..1000_usize, piece, 0..12_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn changed_samples_never_panic_and_never_go_in_by_halves(
        pick in 0..1000_usize,
        index in 0..4_usize,
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let files = files_below(&sample(""));
        let mut bytes = std::fs::read(&files[pick % files.len()]).unwrap();
        for (place, piece, removed) in changes {
            let start = bytes.len() * place / 1000;
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, piece);
        }
        check_promises(&bytes, Index::ALL[index]);
        let _ = frequency::frequencies_of_bytes(Path::new("f"), &bytes, Some("Region A"));
    }

    #[test]
    fn no_text_makes_recognition_panic(text in "\\PC{0,200}") {
        let _ = sniff::recognise(Path::new("f"), &text);
    }
}
