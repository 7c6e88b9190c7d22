//! The rule sets that travel inside the program: `datasets/rules/<name>.toml`.

use super::RuleSet;
use super::file::RuleSetError;

/// Name and text of every set, the default first.
const SETS: [(&str, &str); 6] = [
    ("tanba", include_str!("../../../datasets/rules/tanba.toml")),
    ("codis-high", include_str!("../../../datasets/rules/codis-high.toml")),
    ("codis-moderate", include_str!("../../../datasets/rules/codis-moderate.toml")),
    ("codis-low", include_str!("../../../datasets/rules/codis-low.toml")),
    ("pruem-2008-616", include_str!("../../../datasets/rules/pruem-2008-616.toml")),
    ("interpol", include_str!("../../../datasets/rules/interpol.toml")),
];

/// Names of the built-in sets, the default first.
pub const NAMES: [&str; SETS.len()] =
    [SETS[0].0, SETS[1].0, SETS[2].0, SETS[3].0, SETS[4].0, SETS[5].0];

/// The built-in set called `name`; `None` if there is none of that name.
///
/// # Errors
/// The embedded text is not a rule set (a damaged build; a test reads them all).
pub fn builtin(name: &str) -> Option<Result<RuleSet, RuleSetError>> {
    SETS.iter().find(|(known, _)| *known == name).map(|(_, text)| RuleSet::parse(text))
}
