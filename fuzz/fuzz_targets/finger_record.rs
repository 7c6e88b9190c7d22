//! Minutiae records of ISO/IEC 19794-2 and ANSI INCITS 378.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tanba::import::finger::FingerFormat;

fuzz_target!(|bytes: &[u8]| {
    tanba_fuzz::drive_fingers(
        bytes,
        &[
            FingerFormat::Iso2005,
            FingerFormat::Iso2011,
            FingerFormat::Ansi2004,
            FingerFormat::Ansi2007,
            FingerFormat::Ansi2009,
            FingerFormat::Ansi2009Am1,
        ],
    );
});
