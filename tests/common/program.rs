//! The real program, run by tests.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program.
pub(crate) fn tanba(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tanba")).args(args).output().unwrap()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs and asserts the exit code; returns standard output and standard error together.
pub(crate) fn exits(code: i32, args: &[&str]) -> String {
    let output = tanba(args);
    let said = [&output.stdout[..], b"\n", &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code), "tanba {}\n{said}", args.join(" "));
    said
}
