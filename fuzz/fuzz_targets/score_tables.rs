//! Tables of families, bodies and mutation rates for `tanba score`.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::import::missing_families::{bodies_of_bytes, missing_families_of_bytes};
use tanba::import::mutation_table::mutation_table_of_bytes;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz");
    if let Ok(families) = missing_families_of_bytes(path, bytes) {
        for family in families {
            assert_eq!(family.profiles.len(), family.pedigree.persons().len());
            assert!(family.profiles[family.missing].is_none());
        }
    }
    if let Ok(bodies) = bodies_of_bytes(path, bytes) {
        assert!(bodies.iter().all(|body| !body.body.is_empty()));
    }
    let _ = mutation_table_of_bytes(path, bytes);
});
