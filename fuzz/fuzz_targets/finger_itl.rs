//! ANSI/NIST-ITL transactions.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tanba::import::finger::FingerFormat;

fuzz_target!(|bytes: &[u8]| {
    tanba_fuzz::drive_fingers(
        bytes,
        &[
            FingerFormat::Itl,
        ],
    );
});
