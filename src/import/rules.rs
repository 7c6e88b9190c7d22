//! A national rule file of `--rules FILE` (`docs/rules.md`).

use std::path::Path;

use crate::domain::rule_set::{NAMES, RuleSet};
use crate::error::{Error, Position, Rejection, Result};
use crate::import::text;
use crate::limits::MAX_RULE_FILE_BYTES;

/// Reads a rule set from a file.
///
/// # Errors
/// The file cannot be read, breaks a rule of the form, or has the name of a built-in set with another content.
pub fn read_rule_set(path: &Path) -> Result<RuleSet> {
    let bytes = super::read_bounded(path)?;
    if bytes.len() > MAX_RULE_FILE_BYTES {
        return Err(Error::Limit {
            what: format!("the size of {}", path.display()),
            limit: MAX_RULE_FILE_BYTES as u64,
            help: "a rule file has a few dozen lines; see docs/rules.md".into(),
        });
    }
    let text = text::decode(path, &bytes)?;
    rule_set_of_text(path, &text)
}

/// The same for a text in memory.
///
/// # Errors
/// As [`read_rule_set`], without input and output.
pub fn rule_set_of_text(path: &Path, text: &str) -> Result<RuleSet> {
    let rules = RuleSet::parse(text).map_err(|error| {
        let help =
            "docs/rules.md has every key; datasets/rules/national-sample.toml is a whole file";
        Error::from(Rejection::new(path, Position::Line(error.line), error.rule, error.found, help))
    })?;
    let builtin = crate::domain::rule_set::builtin(&rules.name);
    match builtin {
        Some(Ok(known)) if known.blake3 != rules.blake3 => Err(Rejection::new(
            path,
            Position::File,
            format!("{} are names of built-in sets", NAMES.join(", ")),
            rules.name,
            "give the rules a name of their own",
        )
        .into()),
        _ => Ok(rules),
    }
}
