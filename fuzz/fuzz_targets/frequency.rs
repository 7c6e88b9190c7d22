//! Allele-frequency files.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::import::frequency::frequencies_of_bytes;

fuzz_target!(|bytes: &[u8]| {
    for origin in [None, Some("Europe"), Some("Entire Database")] {
        if let Ok(table) = frequencies_of_bytes(Path::new("fuzz"), bytes, origin) {
            assert!(table.loci().count() > 0);
        }
    }
});
