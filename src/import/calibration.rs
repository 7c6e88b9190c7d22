//! A calibration table of `--calibration FILE` (`docs/fingerprints.md`).
//!
//! Limits: a table holds for the descriptors, kernels and projection it was made with; one of another release is
//! refused, since its rates would be those of other similarities.

use std::path::Path;

use crate::domain::calibration::{BUILTIN, Calibration, Comparator};
use crate::error::{Error, Position, Rejection, Result};

/// What to do about a file that is no table of this program.
const HELP: &str = "make it with this release: `tanba evaluate finger DIR --calibrate FILE.bin`";

/// Reads a calibration table.
///
/// # Errors
/// The file cannot be read, is no table, or was made for other kernels than this program's.
pub fn read_calibration(path: &Path) -> Result<Calibration> {
    let bytes = super::read_bounded(path)?;
    let rejected = |rule: String, found: String| {
        Error::from(Rejection::new(path, Position::File, rule, found, HELP))
    };
    let table = Calibration::from_bytes(&bytes)
        .map_err(|error| rejected(error.to_string(), format!("{} bytes", bytes.len())))?;
    // The built-in table is one for this program: a test of `evaluate` holds it to that.
    if table.comparator != BUILTIN.comparator {
        let rule = format!("a table for {}", described(&BUILTIN.comparator));
        return Err(rejected(rule, described(&table.comparator)));
    }
    Ok(table)
}

fn described(of: &Comparator) -> String {
    let projection: String = of.projection_blake3[..8].iter().map(|b| format!("{b:02x}")).collect();
    format!(
        "descriptor {}, minutia_gate {}, minutia_pair {}, projection {projection}",
        of.descriptor_version, of.gate_version, of.pair_version
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Calibration> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.bin");
        std::fs::write(&path, bytes).unwrap();
        read_calibration(&path)
    }

    #[test]
    fn a_table_of_this_program_is_read_and_one_of_other_kernels_is_refused() {
        assert_eq!(read(&BUILTIN.to_bytes()).unwrap(), BUILTIN);
        let mut other = BUILTIN;
        other.comparator.pair_version += 1;
        let refused = read(&other.to_bytes()).unwrap_err().to_string();
        assert!(refused.contains("minutia_pair"), "{refused}");
        let cut = read(&BUILTIN.to_bytes()[1..]).unwrap_err().to_string();
        assert!(cut.contains("wrong length"), "{cut}");
    }
}
