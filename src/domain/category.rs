//! The legal category of a genomic record: its index.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The four indexes of genomic information (L40 18(1)-(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Index {
    /// Convicted of a grave or especially grave crime, or under arts 120-124 (L40 18(1)1).
    Convict,
    /// Unidentified person: a trace from an unsolved crime (L40 18(1)2).
    Trace,
    /// Unidentified corpse (L40 18(1)3).
    Corpse,
    /// Biological relative of a missing citizen, by consent (L40 18(2)).
    Relative,
}

impl Index {
    /// All, in the order of reports.
    pub const ALL: [Index; 4] = [Index::Convict, Index::Trace, Index::Corpse, Index::Relative];

    /// Word used on the command line and in stored columns.
    pub const fn name(self) -> &'static str {
        match self {
            Index::Convict => "convict",
            Index::Trace => "trace",
            Index::Corpse => "corpse",
            Index::Relative => "relative",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Index> {
        Index::ALL.into_iter().find(|i| i.name().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
