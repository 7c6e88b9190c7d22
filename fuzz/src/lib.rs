//! What every importer must keep to, whatever bytes it is given.

use std::collections::BTreeMap;
use std::path::Path;

use tanba::domain::category::Index;
use tanba::domain::finger::DIRECTIONS_PER_TURN;
use tanba::import::finger::{
    FingerFormat, draw, is_finger, read_bytes, read_bytes_as, write_iso2005,
};
use tanba::import::{Format, ImportOptions, Imported, import_bytes};

/// Options of an import into `index`.
pub fn options(index: Index, partial: bool) -> ImportOptions {
    ImportOptions {
        index,
        owner: "fuzz".into(),
        registered_on: jiff::civil::date(2024, 1, 1),
        today: jiff::civil::date(2026, 11, 21),
        aliases: BTreeMap::new(),
        partial,
        lineage_only: false,
        haplotypes: Default::default(),
    }
}

/// Imports `bytes` in all ways that differ; panics where a promise is broken.
pub fn drive(bytes: &[u8]) {
    for index in Index::ALL {
        let strict = import_bytes(Path::new("fuzz"), bytes, &options(index, false));
        let partial = import_bytes(Path::new("fuzz"), bytes, &options(index, true));
        match (strict, partial) {
            (Ok(strict), Ok(partial)) => compare(&strict, &partial),
            (Err(strict), Err(partial)) => assert_eq!(strict.to_string(), partial.to_string()),
            (strict, partial) => panic!("--partial changes recognition: {strict:?} {partial:?}"),
        }
    }
}

/// The same, only where the bytes are recognised as one of `formats`.
pub fn drive_as(bytes: &[u8], formats: &[Format]) {
    let text = String::from_utf8_lossy(bytes);
    if tanba::import::sniff::recognise(Path::new("fuzz"), &text).is_ok_and(|f| formats.contains(&f)) {
        drive(bytes);
    }
}

fn compare(strict: &Imported, partial: &Imported) {
    assert_eq!(strict.rejections, partial.rejections);
    if strict.rejections.is_empty() {
        assert_eq!(strict, partial);
    } else {
        assert!(strict.records.is_empty() && strict.family_members.is_empty());
    }
    for record in &partial.records {
        assert!(!record.record_id.is_empty());
        assert!(!record.profile.comparable_loci().is_empty());
    }
}

/// Reads `bytes` as fingerprints in each of `formats`, and as recognised; panics where a promise is
/// broken.
pub fn drive_fingers(bytes: &[u8], formats: &[FingerFormat]) {
    let recognised = read_bytes(Path::new("fuzz"), bytes);
    assert!(recognised.is_err() || is_finger(bytes), "read, but not recognised");
    let stated = formats.iter().map(|format| read_bytes_as(Path::new("fuzz"), bytes, Some(*format)));
    for file in stated.chain([recognised]).flatten() {
        assert!(file.rejections.is_empty() || file.templates.is_empty(), "by halves");
        for template in &file.templates {
            assert!(template.print().is_ok());
            assert!(template.minutiae.iter().all(|m| m.direction < DIRECTIONS_PER_TURN));
        }
        // A template that fits the writer comes back from it.
        if let Ok(record) = write_iso2005(&file.templates) {
            let again = read_bytes(Path::new("fuzz"), &record).map(|again| again.templates);
            assert_eq!(again.ok(), Some(file.templates.clone()));
        }
        assert!(draw(&file, "fuzz").ends_with("</svg>"));
    }
}
