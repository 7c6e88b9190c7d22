//! Any bytes, through recognition.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tanba_fuzz::drive(bytes));
