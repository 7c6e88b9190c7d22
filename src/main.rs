//! Parses the command line, runs a verb, and ends with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tanba::cli::main()
}
