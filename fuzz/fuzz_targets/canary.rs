//! Must fail: shows that the fuzzer runs, learns from coverage and reports a panic.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let is_found = bytes.first() == Some(&b'T') && bytes.get(1) == Some(&b'B') && bytes.len() > 3;
    assert!(!is_found, "the canary was found");
});
