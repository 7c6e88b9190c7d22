//! What may be compared with what.
//!
//! L40 28(1) lists the uses of genomic information: (1) preventing, solving and investigating
//! crimes, (2) searching for missing citizens, (3) establishing identity by unidentified corpses,
//! (4) establishing kinship of persons sought or being identified. L40 28(2) binds the information
//! of relatives of missing citizens to use (3) alone. The table is the whole rule: a pair of indexes
//! without a row is not compared.

use crate::domain::category::Index;
use crate::error::{Error, Result};

/// A lawful use of a comparison between two indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// Article, as written in hit lists.
    pub article: &'static str,
    /// One line for people.
    pub text: &'static str,
}

/// What the law says of comparing two indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// May be compared, for this purpose.
    Allowed(Purpose),
    /// Must never be compared.
    Forbidden {
        /// The article that forbids it.
        article: &'static str,
        /// The rule in one line.
        rule: &'static str,
    },
}

const SOLVE: Purpose = Purpose { article: "L40 28(1)1", text: "solving and investigating crimes" };
const SOLVE_OR_IDENTIFY: Purpose = Purpose {
    article: "L40 28(1)1, 28(1)3",
    text: "investigating crimes and establishing the identity of a corpse",
};
const IDENTIFY: Purpose =
    Purpose { article: "L40 28(1)3", text: "establishing identity by an unidentified corpse" };
const KINSHIP: Purpose = Purpose {
    article: "L40 28(1)3, 28(2)",
    text: "establishing the identity of a corpse by its relatives",
};
const REGISTER: Purpose =
    Purpose { article: "L40 18(1)1", text: "one registration per convicted person" };

/// What the law says of searching records of `probe` in records of `gallery`. Symmetric.
pub fn verdict(probe: Index, gallery: Index) -> Verdict {
    use Index::{Convict, Corpse, Relative, Trace};
    match (probe.min(gallery), probe.max(gallery)) {
        (Convict, Convict) => Verdict::Allowed(REGISTER),
        (Convict, Trace) | (Trace, Trace) => Verdict::Allowed(SOLVE),
        (Trace, Corpse) => Verdict::Allowed(SOLVE_OR_IDENTIFY),
        (Convict, Corpse) | (Corpse, Corpse) => Verdict::Allowed(IDENTIFY),
        (Corpse, Relative) => Verdict::Allowed(KINSHIP),
        _ => Verdict::Forbidden {
            article: "L40 28(2)",
            rule: "the genomic information of relatives of missing citizens is used only to \
                   establish identity by unidentified corpses",
        },
    }
}

/// The purpose of a lawful comparison.
///
/// # Errors
/// [`Error::Refused`] with the article where the law forbids it.
pub fn require(probe: Index, gallery: Index) -> Result<Purpose> {
    match verdict(probe, gallery) {
        Verdict::Allowed(purpose) => Ok(purpose),
        Verdict::Forbidden { article, rule } => Err(Error::Refused {
            what: format!("searching {probe} records in {gallery} records"),
            rule: format!("{rule} ({article})"),
            article,
            help: "leave the index `relative` out of this search; relatives are searched by \
                   `tanba run missing-person` only"
                .into(),
        }),
    }
}

/// The galleries a probe of `index` may be searched in, in the order of reports.
pub fn lawful_galleries(probe: Index) -> Vec<Index> {
    Index::ALL.into_iter().filter(|g| matches!(verdict(probe, *g), Verdict::Allowed(_))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relatives_are_compared_with_corpses_and_with_nothing_else() {
        for index in Index::ALL {
            let allowed = require(index, Index::Relative).is_ok();
            assert_eq!(allowed, index == Index::Corpse, "{index}");
            assert_eq!(verdict(index, Index::Relative), verdict(Index::Relative, index));
        }
        let refused = require(Index::Trace, Index::Relative).unwrap_err();
        assert_eq!(refused.article(), Some("L40 28(2)"));
        assert_eq!(refused.kind().exit_code(), 5);
    }

    #[test]
    fn every_cell_of_the_table_is_that_of_the_digest_both_ways() {
        const NEVER: &str = "L40 28(2)";
        // Rows and columns: convict, trace, corpse, relative.
        let table = [
            ["L40 18(1)1", "L40 28(1)1", "L40 28(1)3", NEVER],
            ["L40 28(1)1", "L40 28(1)1", "L40 28(1)1, 28(1)3", NEVER],
            ["L40 28(1)3", "L40 28(1)1, 28(1)3", "L40 28(1)3", "L40 28(1)3, 28(2)"],
            [NEVER, NEVER, "L40 28(1)3, 28(2)", NEVER],
        ];
        for (row, probe) in table.iter().zip(Index::ALL) {
            for (cell, gallery) in row.iter().zip(Index::ALL) {
                match require(probe, gallery) {
                    Ok(purpose) => {
                        assert_eq!(
                            (purpose.article, *cell != NEVER),
                            (*cell, true),
                            "{probe} {gallery}"
                        );
                    }
                    Err(error) => {
                        assert_eq!(error.article(), Some(*cell), "{probe} {gallery}");
                        assert_eq!((error.kind().exit_code(), *cell), (5, NEVER));
                    }
                }
            }
        }
    }

    #[test]
    fn every_allowed_pair_cites_its_article() {
        for a in Index::ALL {
            for b in Index::ALL {
                if let Verdict::Allowed(purpose) = verdict(a, b) {
                    assert!(purpose.article.starts_with("L40 "), "{a} {b}");
                }
            }
        }
        assert_eq!(lawful_galleries(Index::Trace), [Index::Convict, Index::Trace, Index::Corpse]);
    }
}
