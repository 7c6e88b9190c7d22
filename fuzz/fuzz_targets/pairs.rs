//! Tables of pairs for `tanba score`, and the binary form of a stored profile.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::column::dna::{decode_profile, encode_profile};
use tanba::import::pairs::pairs_of_bytes;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pairs) = pairs_of_bytes(Path::new("fuzz"), bytes) {
        assert!(pairs.iter().all(|pair| pair.a.len() + pair.b.len() <= 128));
    }
    if let Ok(profile) = decode_profile(bytes) {
        let mut again = Vec::new();
        encode_profile(&profile, &mut again);
        assert_eq!(decode_profile(&again), Ok(profile));
    }
});
