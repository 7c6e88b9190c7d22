//! Status feeds, as tables and as JSON Lines.
#![no_main]
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tanba::import::status_feed::status_feed_of_text;

fuzz_target!(|text: &str| {
    let today = jiff::civil::date(2026, 11, 21);
    let _ = status_feed_of_text(Path::new("fuzz"), text, today);
});
