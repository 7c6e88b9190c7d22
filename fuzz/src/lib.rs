//! What every importer must keep to, whatever bytes it is given.

use std::collections::BTreeMap;
use std::path::Path;

use tanba::domain::category::Index;
use tanba::import::{Format, ImportOptions, Imported, import_bytes};

/// Options of an import into `index`.
pub fn options(index: Index, partial: bool) -> ImportOptions {
    ImportOptions {
        index,
        owner: "fuzz".into(),
        registered_on: jiff::civil::date(2024, 1, 1),
        aliases: BTreeMap::new(),
        partial,
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
