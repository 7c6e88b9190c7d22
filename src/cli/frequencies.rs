//! The argument `--frequencies NAME|FILE` of every verb that has one.

use std::path::Path;

use crate::domain::builtin_frequencies::{NAMES, builtin};
use crate::domain::frequency::FrequencyTable;
use crate::error::{Error, Position, Rejection, Result};
use crate::limits::MAX_FREQUENCY_TABLE_BYTES;

/// The built-in table called `name`, or the table in the file of that name, called by the file's
/// name without its ending.
///
/// # Errors
/// `name` is neither, or the file is too large or breaks a rule of the layout.
pub fn table(name: &str) -> Result<FrequencyTable> {
    let path = Path::new(name);
    let read = match builtin(name) {
        Some(read) => read,
        None if path.is_file() => {
            let size_bytes = std::fs::metadata(path).map_err(Error::io(path))?.len();
            if size_bytes > MAX_FREQUENCY_TABLE_BYTES {
                return Err(Error::Limit {
                    what: format!("the frequency table {name} with {size_bytes} bytes"),
                    limit: MAX_FREQUENCY_TABLE_BYTES,
                    help: "check that the file is a table of allele frequencies".into(),
                });
            }
            let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
            let stem = path.file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
            FrequencyTable::from_csv(&stem, &text)
        }
        None => {
            return Err(Error::usage(
                format!("{name} is neither a built-in frequency table nor a file"),
                format!("built-in tables: {}", NAMES.join(", ")),
            ));
        }
    };
    read.map_err(|error| {
        let help = "the columns are locus,allele,frequency,count,n_alleles";
        Rejection::new(path, Position::Line(error.line), error.rule, error.found, help).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_table_is_a_builtin_name_or_a_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("laboratory.csv");
        std::fs::write(&path, "locus,allele,frequency\nTH01,6,0.4\nTH01,7,0.6\n").unwrap();
        assert_eq!(table(path.to_str().unwrap()).unwrap().name(), "laboratory");
        std::fs::write(&path, "locus,allele,frequency\nTH01,six,0.4\n").unwrap();
        let error = table(path.to_str().unwrap()).unwrap_err();
        assert_eq!(error.kind(), Kind::InputRejected);
        assert!(error.to_string().contains("laboratory.csv:2"), "{error}");
        let error = table("nist").unwrap_err();
        assert!(error.help().contains("nist1036-caucasian"));
    }
}
