//! The class of a hit: how good the agreement is, in the words of the exchange.
//!
//! Sources: CODIS stringencies as in [`crate::domain::stringency`]; the qualities 1 to 4 of Prüm (Council
//! Decision 2008/616/JHA, annex, chapter 1, 1.2: a full match is of quality 1, a near match of quality 2, 3 or
//! 4; which near match has which number is from the concept as commonly stated).

use serde::Deserialize;

use super::super::identity::IdentityScore;

/// How hits are classed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleClasses {
    /// By the CODIS stringency that every locus compared reaches.
    Stringency,
    /// By the quality of Prüm.
    Pruem,
}

impl RuleClasses {
    /// The class of a comparison.
    ///
    /// `codis-high`, `codis-moderate`, `codis-low`: every locus compared agrees at least so, as typed.
    /// `codis-mismatch`: a locus shares no allele, or lacks a required one. `pruem-1`: every locus equal.
    /// `pruem-2`: so, with a wildcard. `pruem-3`: so, with neighbouring microvariants. `pruem-4`: a value
    /// differs.
    pub fn class(self, score: &IdentityScore) -> &'static str {
        let counts = &score.agreement;
        match self {
            RuleClasses::Stringency if score.lacking_required > 0 => "codis-mismatch",
            RuleClasses::Stringency if counts.high == counts.compared => "codis-high",
            RuleClasses::Stringency if counts.moderate == counts.compared => "codis-moderate",
            RuleClasses::Stringency if counts.low == counts.compared => "codis-low",
            RuleClasses::Stringency => "codis-mismatch",
            RuleClasses::Pruem if score.failing > 0 => "pruem-4",
            RuleClasses::Pruem if score.by_microvariant > 0 => "pruem-3",
            RuleClasses::Pruem if score.with_wildcard > 0 => "pruem-2",
            RuleClasses::Pruem => "pruem-1",
        }
    }
}
