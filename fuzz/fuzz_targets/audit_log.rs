//! The audit log and its head: whatever the bytes, an answer and no panic.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tanba::audit::head::Head;

fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.first().map_or(0, |first| usize::from(*first).min(bytes.len()));
    let (log, head) = bytes.split_at(cut);
    let _ = tanba::audit::review(log, Some(head), None);
    let _ = tanba::audit::review(bytes, None, None);
    let _ = Head::read(bytes);
});
