//! What the lineage markers of two records say of a hit: a statement per kind of marker, never a factor.
//!
//! What: records keep Y-STR, mitochondrial and amelogenin typings; here they are compared by the line that the
//! relation between the two persons implies. Why by line: a Y chromosome passes from father to son and mitochondrial
//! DNA from the mother, so most relatives must not agree, and a difference from a maternal uncle's Y says nothing.
//! Limits: the words of families tell the line of parents, children, full siblings and the person's own sample
//! only; of all others the statement is `line unknown`. Sex is what the markers themselves show, and deletions of
//! the amelogenin gene on the Y chromosome make some men look female.

use super::Conclusion;
use super::mitochondrial::{MitochondrialComparison, MitochondrialHaplotype};
use super::y_chromosome::{YComparison, YHaplotype};
use crate::domain::apart::{ApartMarkers, MITOCHONDRIAL_RANGES, MITOCHONDRIAL_VARIANTS};
use crate::domain::relation::Kinship;
use crate::error::Result;

/// Repeats in all that can be mutation between two men of a line; more exclude it (`research/dna.md` 2.5).
pub const TOLERATED_STEPS: u32 = 3;

/// Markers or positions at which two samples of one person may differ without an exclusion: an error of typing or a
/// change within the person. Two exclude, as two positions do in mitochondrial DNA.
const TOLERATED_DIFFERENCES_OF_ONE_PERSON: usize = 1;

/// What amelogenin shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amelogenin {
    /// X alone: female, or a man whose Y copy is deleted or dropped out.
    X,
    /// A Y copy is there.
    Y,
}

/// The lineage markers of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineageMarkers {
    /// Y-STR, without markers that have more calls than copies.
    pub y: Option<YHaplotype>,
    /// Mitochondrial haplotype.
    pub mitochondrial: Option<MitochondrialHaplotype>,
    /// Amelogenin.
    pub amelogenin: Option<Amelogenin>,
}

impl LineageMarkers {
    /// Those among the markers of a stored record that are kept apart. Y-STR calls that are no allele are not
    /// compared.
    ///
    /// # Errors
    /// A mitochondrial haplotype is not as [`keep_mitochondrial`] wrote it.
    pub fn from_apart(apart: &ApartMarkers) -> Result<LineageMarkers> {
        let y = YHaplotype::of_stored(apart).of_one_man();
        Ok(LineageMarkers {
            y: (!y.is_empty()).then_some(y),
            mitochondrial: mitochondrial(apart)?,
            amelogenin: amelogenin(apart),
        })
    }

    /// Whether the markers show a Y chromosome, or its absence; `None` where they show neither.
    fn has_y_chromosome(&self) -> Option<bool> {
        match (&self.y, self.amelogenin) {
            (Some(_), _) | (None, Some(Amelogenin::Y)) => Some(true),
            (None, Some(Amelogenin::X)) => Some(false),
            (None, None) => None,
        }
    }
}

/// Writes a mitochondrial haplotype where a record keeps its markers apart.
pub fn keep_mitochondrial(haplotype: &MitochondrialHaplotype, apart: &mut ApartMarkers) {
    apart.insert(MITOCHONDRIAL_RANGES.to_owned(), haplotype.range_words());
    apart.insert(MITOCHONDRIAL_VARIANTS.to_owned(), haplotype.variant_words());
}

fn mitochondrial(apart: &ApartMarkers) -> Result<Option<MitochondrialHaplotype>> {
    let Some(ranges) = apart.get(MITOCHONDRIAL_RANGES) else { return Ok(None) };
    let variants = apart.get(MITOCHONDRIAL_VARIANTS).map_or(String::new(), |words| words.join(" "));
    let haplotype = MitochondrialHaplotype::parse(&ranges.join(" "), &variants);
    haplotype.map(Some).map_err(|error| {
        crate::error::Error::usage(
            format!("a stored mitochondrial haplotype cannot be read: {error}"),
            "restore the gallery from a copy",
        )
    })
}

fn amelogenin(apart: &ApartMarkers) -> Option<Amelogenin> {
    let calls = apart.get("AMEL")?;
    let has = |letter: &str| calls.iter().any(|call| call.eq_ignore_ascii_case(letter));
    let is_known = |call: &String| ["X", "Y"].iter().any(|known| call.eq_ignore_ascii_case(known));
    match calls.iter().all(is_known) {
        true if has("Y") => Some(Amelogenin::Y),
        true if has("X") => Some(Amelogenin::X),
        _ => None,
    }
}

/// How the lineage markers of two persons hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// One person: the markers are the same but for errors.
    Same,
    /// One line: the same but for mutation.
    Shared,
    /// The relation leaves open whether it is one line.
    Unknown,
    /// Another line: a comparison says nothing.
    Apart,
}

/// The paternal line between a body and a relative, both with a Y chromosome, where the body is the missing person.
/// A child with a Y chromosome has it from a missing father.
pub const fn paternal_line(kinship: Kinship) -> Line {
    match kinship {
        Kinship::Own => Line::Same,
        Kinship::Father | Kinship::Child | Kinship::FullSibling => Line::Shared,
        Kinship::Mother | Kinship::Unrelated => Line::Apart,
        _ => Line::Unknown,
    }
}

/// The maternal line, likewise. A child has the mitochondrial DNA of a missing mother and not of a missing father,
/// so the markers of the `body` decide.
pub fn maternal_line(kinship: Kinship, body: &LineageMarkers) -> Line {
    match kinship {
        Kinship::Own => Line::Same,
        Kinship::Mother | Kinship::FullSibling => Line::Shared,
        Kinship::Child => match body.has_y_chromosome() {
            Some(true) => Line::Apart,
            Some(false) => Line::Shared,
            None => Line::Unknown,
        },
        Kinship::Father | Kinship::Unrelated => Line::Apart,
        _ => Line::Unknown,
    }
}

/// What a comparison of lineage markers says of a hit, the weightiest against it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statement {
    /// The relation does not tell whether the two are of one line.
    LineUnknown,
    /// No difference.
    Inclusion,
    /// Differences that errors or mutation explain.
    Inconclusive,
    /// More differences than that.
    Exclusion,
}

impl Statement {
    /// Word used in results.
    pub const fn name(self) -> &'static str {
        match self {
            Statement::LineUnknown => "line unknown",
            Statement::Inclusion => "inclusion",
            Statement::Inconclusive => "inconclusive",
            Statement::Exclusion => "exclusion",
        }
    }

    /// `None` where nothing was compared, or the line says nothing.
    fn of(conclusion: Conclusion, line: Line) -> Option<Statement> {
        match (conclusion, line) {
            (Conclusion::NotCompared, _) | (_, Line::Apart) => None,
            (_, Line::Unknown) => Some(Statement::LineUnknown),
            (Conclusion::NotExcluded, _) => Some(Statement::Inclusion),
            (Conclusion::Inconclusive, _) => Some(Statement::Inconclusive),
            (Conclusion::Excluded, _) => Some(Statement::Exclusion),
        }
    }
}

/// The statement of a comparison of Y-STR haplotypes along `line`.
pub fn of_y(comparison: &YComparison, line: Line) -> Option<Statement> {
    let conclusion = match line {
        Line::Same => of_one_person(comparison.compared.len(), comparison.differences.len()),
        _ => comparison.conclusion(TOLERATED_STEPS),
    };
    Statement::of(conclusion, line)
}

/// The statement of a comparison of mitochondrial haplotypes along `line`.
pub fn of_mitochondrial(comparison: &MitochondrialComparison, line: Line) -> Option<Statement> {
    Statement::of(comparison.conclusion(), line)
}

fn of_one_person(compared: usize, differing: usize) -> Conclusion {
    match (compared, differing) {
        (0, _) => Conclusion::NotCompared,
        (_, 0) => Conclusion::NotExcluded,
        (_, few) if few <= TOLERATED_DIFFERENCES_OF_ONE_PERSON => Conclusion::Inconclusive,
        _ => Conclusion::Excluded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn markers(text: &str) -> LineageMarkers {
        let apart = text.split_whitespace().map(|marker| {
            let (name, calls) = marker.split_once('=').unwrap();
            (name.to_owned(), calls.split(',').map(str::to_owned).collect())
        });
        LineageMarkers::from_apart(&apart.collect()).unwrap()
    }

    fn y_statement(a: &str, b: &str, line: Line) -> Option<Statement> {
        of_y(&markers(a).y.unwrap().compare(&markers(b).y.unwrap()), line)
    }

    #[test]
    fn one_person_and_one_line_tolerate_different_things() {
        let (a, one_step, two_markers) =
            ("DYS19=14 DYS390=24", "DYS19=14 DYS390=25", "DYS19=15 DYS390=25");
        assert_eq!(y_statement(a, a, Line::Same), Some(Statement::Inclusion));
        assert_eq!(y_statement(a, one_step, Line::Same), Some(Statement::Inconclusive));
        assert_eq!(y_statement(a, two_markers, Line::Same), Some(Statement::Exclusion));
        assert_eq!(y_statement(a, two_markers, Line::Shared), Some(Statement::Inconclusive));
        let four = "DYS19=14 DYS390=28";
        assert_eq!(y_statement(a, four, Line::Shared), Some(Statement::Exclusion));
        assert_eq!(y_statement(a, four, Line::Unknown), Some(Statement::LineUnknown));
        assert_eq!(y_statement(a, a, Line::Apart), None);
        assert_eq!(y_statement(a, "DYS391=10", Line::Shared), None);
    }

    #[test]
    fn the_line_follows_the_word_of_the_family_and_the_sex_of_the_body() {
        assert_eq!(paternal_line(Kinship::Father), Line::Shared);
        assert_eq!(paternal_line(Kinship::Mother), Line::Apart);
        assert_eq!(paternal_line(Kinship::Grandparent), Line::Unknown);
        assert_eq!(paternal_line(Kinship::Own), Line::Same);
        let (nothing, woman, man) = (markers(""), markers("AMEL=X"), markers("AMEL=X,Y"));
        assert_eq!(maternal_line(Kinship::Mother, &man), Line::Shared);
        assert_eq!(maternal_line(Kinship::Father, &woman), Line::Apart);
        assert_eq!(maternal_line(Kinship::Child, &woman), Line::Shared);
        assert_eq!(maternal_line(Kinship::Child, &man), Line::Apart);
        assert_eq!(maternal_line(Kinship::Child, &nothing), Line::Unknown);
        assert_eq!(maternal_line(Kinship::Child, &markers("AMEL=X DYS19=14")), Line::Apart);
        assert_eq!(maternal_line(Kinship::HalfSibling, &woman), Line::Unknown);
    }

    #[test]
    fn amelogenin_is_read_as_laboratories_write_it() {
        for (calls, expected) in [
            ("X,X", Some(Amelogenin::X)),
            ("x", Some(Amelogenin::X)),
            ("X,Y", Some(Amelogenin::Y)),
            ("Y", Some(Amelogenin::Y)),
            ("X,OL", None),
        ] {
            assert_eq!(markers(&format!("AMEL={calls}")).amelogenin, expected, "{calls}");
        }
    }

    proptest! {
        #[test]
        fn a_mitochondrial_haplotype_survives_the_record(
            variants in prop::collection::btree_map(1u16..600, 0usize..16, 0..20),
            ranges in prop::sample::select(vec!["1-600", "16024-600", "1-200 190-600 16000-16100"]),
        ) {
            let letters = ["A", "C", "G", "T", "M", "R", "W", "S", "Y", "K", "V", "H", "B", "N", "d", ".1C"];
            let words: Vec<String> =
                variants.iter().map(|(position, kind)| format!("{position}{}", letters[*kind])).collect();
            let haplotype = MitochondrialHaplotype::parse(ranges, &words.join(" ")).unwrap();
            let mut apart = ApartMarkers::new();
            keep_mitochondrial(&haplotype, &mut apart);
            let read = LineageMarkers::from_apart(&apart).unwrap();
            prop_assert_eq!(read.mitochondrial, Some(haplotype));
        }
    }
}
