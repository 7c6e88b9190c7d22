//! National rule files.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::import::rules::rule_set_of_text;

fuzz_target!(|text: &str| {
    if let Ok(rules) = rule_set_of_text(Path::new("fuzz"), text) {
        assert!(!rules.name.is_empty());
    }
});
