//! STR alleles as integers.
//!
//! An allele is a repeat count in tenths (9.3 is 93), never a float: 9.3 has no exact binary form,
//! and equality of alleles is evidence. Calls that do not name one allele (wildcard, off-ladder,
//! below or above the ladder) have codes of their own, so nothing typed is lost at import.

use std::fmt;

/// One allele call. Order: wildcard, off-ladder, repeat counts ascending, below, above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Allele(u16);

/// What a call says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlleleKind {
    /// A repeat count, in tenths.
    Repeat(u16),
    /// Shorter than the ladder's shortest allele, in tenths (CMF `<8`).
    Below(u16),
    /// Longer than the ladder's longest allele, in tenths (CMF `>17`).
    Above(u16),
    /// A peak between the ladder's alleles (`OL`).
    OffLadder,
    /// Any allele: drop-out possible or value withheld (`*`, `F`, 0, 99).
    Wildcard,
}

/// Why a text is not an allele call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an allele is a repeat number from 1 to 98.9 with at most one decimal (9.3 or 9,3), <N, >N, OL or *"
)]
pub struct AlleleError;

/// Shortest repeat count accepted, tenths.
const MIN_TENTHS: u16 = 10;
/// Longest repeat count accepted, tenths: 99 is the wildcard of exchange files.
const MAX_TENTHS: u16 = 989;
const BELOW: u16 = 1000;
const ABOVE: u16 = 2000;

impl Allele {
    /// Any allele.
    pub const WILDCARD: Allele = Allele(1);
    /// A peak off the ladder.
    pub const OFF_LADDER: Allele = Allele(2);

    /// An allele of `tenths` tenths of a repeat (93 for 9.3), from 10 to 989.
    pub fn repeat(tenths: u16) -> Option<Allele> {
        (MIN_TENTHS..=MAX_TENTHS).contains(&tenths).then_some(Allele(tenths))
    }

    /// The stored code.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The allele with the stored `code`.
    pub fn from_code(code: u16) -> Option<Allele> {
        let tenths = match code {
            1 | 2 => return Some(Allele(code)),
            BELOW..ABOVE => code - BELOW,
            ABOVE.. => code - ABOVE,
            _ => code,
        };
        (MIN_TENTHS..=MAX_TENTHS).contains(&tenths).then_some(Allele(code))
    }

    /// What the call says.
    pub fn kind(self) -> AlleleKind {
        match self.0 {
            1 => AlleleKind::Wildcard,
            2 => AlleleKind::OffLadder,
            BELOW..ABOVE => AlleleKind::Below(self.0 - BELOW),
            ABOVE.. => AlleleKind::Above(self.0 - ABOVE),
            tenths => AlleleKind::Repeat(tenths),
        }
    }

    /// Whether the call names one allele.
    pub fn is_known(self) -> bool {
        (MIN_TENTHS..=MAX_TENTHS).contains(&self.0)
    }

    /// Whether this call could be the allele `other`, which must be known.
    pub fn admits(self, other: Allele) -> bool {
        match self.kind() {
            AlleleKind::Repeat(_) => self == other,
            AlleleKind::Below(tenths) => other.0 < tenths,
            AlleleKind::Above(tenths) => other.0 > tenths,
            AlleleKind::OffLadder | AlleleKind::Wildcard => true,
        }
    }

    /// Reads one call as written in files. `Ok(None)` is an empty cell (nothing typed): the empty
    /// text, `NULL`, `NA`, `NN`, `-`, `-9`.
    ///
    /// # Errors
    /// The text is neither empty nor an allele call.
    pub fn parse(text: &str) -> Result<Option<Allele>, AlleleError> {
        let text = text.trim();
        let upper = text.to_ascii_uppercase();
        match upper.as_str() {
            "" | "NULL" | "NA" | "N/A" | "NN" | "-" | "-9" => return Ok(None),
            "*" | "F" | "0" | "99" | "W" => return Ok(Some(Allele::WILDCARD)),
            "OL" | "?" | "OL?" | "OFF-LADDER" => return Ok(Some(Allele::OFF_LADDER)),
            _ => {}
        }
        let (base, digits) = match text.as_bytes()[0] {
            b'<' => (BELOW, &text[1..]),
            b'>' => (ABOVE, &text[1..]),
            _ => (0, text),
        };
        let tenths = parse_tenths(digits.trim()).ok_or(AlleleError)?;
        Allele::repeat(tenths).map(|a| Some(Allele(base + a.0))).ok_or(AlleleError)
    }
}

/// Tenths of a decimal number with at most one significant decimal; comma or point.
fn parse_tenths(text: &str) -> Option<u16> {
    let (whole, decimals) = match text.split_once(['.', ',']) {
        Some((whole, decimals)) => (whole, decimals),
        None => (text, ""),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 2 || !all_digits(whole) || !all_digits(decimals) {
        return None;
    }
    if text.ends_with(['.', ',']) || decimals.len() > 6 {
        return None;
    }
    let (first, rest) = decimals.split_at(decimals.len().min(1));
    if rest.bytes().any(|b| b != b'0') {
        return None;
    }
    let first: u16 = if first.is_empty() { 0 } else { first.parse().ok()? };
    Some(whole.parse::<u16>().ok()? * 10 + first)
}

impl fmt::Display for Allele {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |f: &mut fmt::Formatter<'_>, t: u16| match t % 10 {
            0 => write!(f, "{}", t / 10),
            rest => write!(f, "{}.{rest}", t / 10),
        };
        match self.kind() {
            AlleleKind::Wildcard => f.write_str("*"),
            AlleleKind::OffLadder => f.write_str("OL"),
            AlleleKind::Below(t) => f.write_str("<").and_then(|()| tenths(f, t)),
            AlleleKind::Above(t) => f.write_str(">").and_then(|()| tenths(f, t)),
            AlleleKind::Repeat(t) => tenths(f, t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_comma_point_and_trailing_zeros_are_one_allele() {
        for text in ["9.3", "9,3", " 9.3 ", "9.30", "09.3"] {
            assert_eq!(Allele::parse(text), Ok(Allele::repeat(93)), "{text}");
        }
        assert_eq!(Allele::parse("15.0"), Ok(Allele::repeat(150)));
    }

    #[test]
    fn texts_that_are_not_alleles_are_refused() {
        for text in
            ["9.35", "abc", "9..3", "9.", ".3", "-8", "100", "0.5", "1e3", "<", "<0", "9 3", "²"]
        {
            assert_eq!(Allele::parse(text), Err(AlleleError), "{text}");
        }
    }

    #[test]
    fn empty_cells_are_missing_and_wildcards_are_wildcards() {
        for text in ["", "NULL", "null", "-9", "NN", "  "] {
            assert_eq!(Allele::parse(text), Ok(None), "{text}");
        }
        for text in ["*", "F", "0", "99"] {
            assert_eq!(Allele::parse(text), Ok(Some(Allele::WILDCARD)), "{text}");
        }
        assert_eq!(Allele::parse("ol"), Ok(Some(Allele::OFF_LADDER)));
    }

    #[test]
    fn calls_outside_the_ladder_admit_only_their_side() {
        let below = Allele::parse("<8").unwrap().unwrap();
        let seven = Allele::repeat(70).unwrap();
        let eight = Allele::repeat(80).unwrap();
        assert!(below.admits(seven) && !below.admits(eight));
        assert_eq!(below.to_string(), "<8");
    }

    proptest! {
        #[test]
        fn every_code_survives_text_and_back(code in 0u16..4000) {
            if let Some(allele) = Allele::from_code(code) {
                prop_assert_eq!(allele.code(), code);
                prop_assert_eq!(Allele::parse(&allele.to_string()), Ok(Some(allele)));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,12}") {
            let _ = Allele::parse(&text);
        }
    }
}
