//! `.xyt` files and compact card records.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tanba::import::finger::FingerFormat;

fuzz_target!(|bytes: &[u8]| {
    tanba_fuzz::drive_fingers(
        bytes,
        &[
            FingerFormat::XytNist,
            FingerFormat::XytM1,
            FingerFormat::Iso2005Compact,
        ],
    );
});
