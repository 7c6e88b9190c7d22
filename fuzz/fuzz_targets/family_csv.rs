//! Families and their pedigrees.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tanba::import::Format;

fuzz_target!(|bytes: &[u8]| tanba_fuzz::drive_as(bytes, &[Format::FamilyCsv, Format::PedigreeCsv]));
