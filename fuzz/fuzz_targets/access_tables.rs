//! Access policies, registries of cases, and decisions of examiners.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::hits::decision::csv;
use tanba::import::cases::cases_of_bytes;
use tanba::import::policy::policy_of_bytes;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz");
    let _ = policy_of_bytes(path, bytes);
    let _ = cases_of_bytes(path, bytes);
    if let Ok(decisions) = csv::from_csv(path, bytes) {
        // What was read comes back from what is written of it.
        let written = csv::to_csv(&decisions).expect("decisions that were read can be written");
        assert_eq!(csv::from_csv(path, &written).ok(), Some(decisions));
    }
});
