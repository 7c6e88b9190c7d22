//! Relations between two persons, as identity-by-descent probabilities.

use std::fmt;

/// A relation under which a likelihood ratio is computed, named as on the command line.
///
/// Biological relatives in the sense of L40 1(2) reach to second cousins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// PO: parent and child.
    ParentChild,
    /// FS: full siblings.
    FullSiblings,
    /// HS: half siblings.
    HalfSiblings,
    /// GP: grandparent and grandchild.
    Grandparent,
    /// AV: uncle or aunt and nephew or niece.
    Avuncular,
    /// FC: first cousins.
    FirstCousins,
    /// SC: second cousins.
    SecondCousins,
    /// MZ: one person, or monozygotic twins.
    Identity,
}

impl Relation {
    /// Every relation, in the order of reports.
    pub const ALL: [Relation; 8] = [
        Relation::ParentChild,
        Relation::FullSiblings,
        Relation::HalfSiblings,
        Relation::Grandparent,
        Relation::Avuncular,
        Relation::FirstCousins,
        Relation::SecondCousins,
        Relation::Identity,
    ];

    /// Two-letter code.
    pub const fn code(self) -> &'static str {
        match self {
            Relation::ParentChild => "PO",
            Relation::FullSiblings => "FS",
            Relation::HalfSiblings => "HS",
            Relation::Grandparent => "GP",
            Relation::Avuncular => "AV",
            Relation::FirstCousins => "FC",
            Relation::SecondCousins => "SC",
            Relation::Identity => "MZ",
        }
    }

    /// The relation with a two-letter code, in any letter case.
    pub fn from_code(code: &str) -> Option<Relation> {
        Relation::ALL.into_iter().find(|r| r.code().eq_ignore_ascii_case(code))
    }

    /// Probabilities that the two share 0, 1, 2 alleles identical by descent at a locus
    /// (Cotterman 1940; table in `research/dna.md` 3.3).
    pub const fn identity_by_descent(self) -> [f64; 3] {
        match self {
            Relation::ParentChild => [0.0, 1.0, 0.0],
            Relation::FullSiblings => [0.25, 0.5, 0.25],
            Relation::HalfSiblings | Relation::Grandparent | Relation::Avuncular => [0.5, 0.5, 0.0],
            Relation::FirstCousins => [0.75, 0.25, 0.0],
            Relation::SecondCousins => [0.9375, 0.0625, 0.0],
            Relation::Identity => [0.0, 0.0, 1.0],
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a typed relative is to the missing person, as written in family files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the family words themselves")]
pub enum Kinship {
    Father,
    Mother,
    Child,
    FullSibling,
    HalfSibling,
    Grandparent,
    Grandchild,
    UncleAunt,
    NephewNiece,
    FirstCousin,
    SecondCousin,
    /// The missing person's own earlier sample.
    Own,
    /// Typed, but not a biological relative of L40 1(2) (a spouse): no pairwise ratio.
    Unrelated,
}

impl Kinship {
    /// All, in the order of the documentation.
    pub const ALL: [Kinship; 13] = [
        Kinship::Father,
        Kinship::Mother,
        Kinship::Child,
        Kinship::FullSibling,
        Kinship::HalfSibling,
        Kinship::Grandparent,
        Kinship::Grandchild,
        Kinship::UncleAunt,
        Kinship::NephewNiece,
        Kinship::FirstCousin,
        Kinship::SecondCousin,
        Kinship::Own,
        Kinship::Unrelated,
    ];

    /// The word used in files, lists and stored columns.
    pub const fn name(self) -> &'static str {
        match self {
            Kinship::Father => "father",
            Kinship::Mother => "mother",
            Kinship::Child => "child",
            Kinship::FullSibling => "full-sibling",
            Kinship::HalfSibling => "half-sibling",
            Kinship::Grandparent => "grandparent",
            Kinship::Grandchild => "grandchild",
            Kinship::UncleAunt => "uncle-aunt",
            Kinship::NephewNiece => "nephew-niece",
            Kinship::FirstCousin => "first-cousin",
            Kinship::SecondCousin => "second-cousin",
            Kinship::Own => "own",
            Kinship::Unrelated => "unrelated",
        }
    }

    /// Reads the word of a family file; common synonyms are understood.
    pub fn parse(text: &str) -> Option<Kinship> {
        let word = text.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        let word = match word.as_str() {
            "son" | "daughter" => "child",
            "brother" | "sister" | "sibling" | "full-sib" | "fs" => "full-sibling",
            "half-brother" | "half-sister" | "half-sib" | "hs" => "half-sibling",
            "grandfather" | "grandmother" | "gp" => "grandparent",
            "grandson" | "granddaughter" => "grandchild",
            "uncle" | "aunt" | "av" | "avuncular" => "uncle-aunt",
            "nephew" | "niece" => "nephew-niece",
            "cousin" | "fc" => "first-cousin",
            "sc" => "second-cousin",
            "self" | "direct" | "mz" => "own",
            "spouse" | "none" => "unrelated",
            other => other,
        };
        Kinship::ALL.into_iter().find(|k| k.name() == word)
    }

    /// The relation whose likelihood ratio links this relative to a body, if there is one.
    pub const fn relation(self) -> Option<Relation> {
        Some(match self {
            Kinship::Father | Kinship::Mother | Kinship::Child => Relation::ParentChild,
            Kinship::FullSibling => Relation::FullSiblings,
            Kinship::HalfSibling => Relation::HalfSiblings,
            Kinship::Grandparent | Kinship::Grandchild => Relation::Grandparent,
            Kinship::UncleAunt | Kinship::NephewNiece => Relation::Avuncular,
            Kinship::FirstCousin => Relation::FirstCousins,
            Kinship::SecondCousin => Relation::SecondCousins,
            Kinship::Own => Relation::Identity,
            Kinship::Unrelated => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_by_descent_probabilities_sum_to_one() {
        for relation in Relation::ALL {
            assert_eq!(relation.identity_by_descent().iter().sum::<f64>(), 1.0, "{relation}");
            assert_eq!(Relation::from_code(&relation.code().to_lowercase()), Some(relation));
        }
    }

    #[test]
    fn every_kinship_word_is_read_back() {
        for kinship in Kinship::ALL {
            assert_eq!(Kinship::parse(kinship.name()), Some(kinship));
        }
        assert_eq!(Kinship::parse("Half Sister"), Some(Kinship::HalfSibling));
        assert_eq!(Kinship::parse("friend"), None);
    }
}
