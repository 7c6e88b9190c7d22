//! Tables of mitochondrial haplotypes: whatever is read compares with itself without a difference.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::import::mitochondrial::haplotypes_of_bytes;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(haplotypes) = haplotypes_of_bytes(Path::new("fuzz"), bytes) {
        for (_, haplotype) in &haplotypes {
            assert!(haplotype.compare(haplotype).differences.is_empty());
        }
    }
});
