//! Fingerprint formats against every sample: what is decoded, how conventions are told apart, what a
//! cut or a changed byte may do, and how often sound prints are warned about.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected fails"
)]

#[path = "finger_import/check.rs"]
mod check;
mod common;
#[path = "finger_import/conventions.rs"]
mod conventions;
#[path = "finger_import/geometry.rs"]
mod geometry;
#[path = "finger_import/lists.rs"]
mod lists;
#[path = "finger_import/robustness.rs"]
mod robustness;
#[path = "finger_import/samples.rs"]
mod samples;
#[path = "finger_import/writers.rs"]
mod writers;

use std::path::{Path, PathBuf};

use tanba::import::finger::{FingerFile, read_bytes};

/// Reads bytes that are a fingerprint format.
fn read(bytes: &[u8]) -> FingerFile {
    read_bytes(Path::new("f"), bytes).unwrap()
}

/// Reads bytes that nothing may be refused of.
fn accept(bytes: &[u8]) -> FingerFile {
    let file = read(bytes);
    assert_eq!(file.rejections, Vec::new());
    file
}

/// Samples of this repository, in order.
fn own_samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats/finger");
    files_in(&folder)
}

/// Files of a folder, in order.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Whether a warning or convention holds `words`.
fn says(list: &[String], words: &str) -> bool {
    list.iter().any(|text| text.contains(words))
}
