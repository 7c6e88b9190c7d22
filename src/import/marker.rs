//! Names of markers as files write them, and what to say of a name nobody knows.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::apart::parse_marker;
use crate::domain::locus::Locus;
use crate::error::{Position, Rejection};
use crate::limits::{MAX_ALLELES_PER_LOCUS, MAX_QUOTED_CHARS};

/// Typos within this distance of a known name are taken for it in the help text.
const NEAR: usize = 3;

/// A marker of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Marker {
    /// A locus that is compared.
    Autosomal(Locus),
    /// A marker kept apart, by canonical name.
    Apart(&'static str),
}

impl Marker {
    /// Canonical name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Marker::Autosomal(locus) => locus.name(),
            Marker::Apart(name) => name,
        }
    }
}

/// The marker called `text`; the operator's aliases come first.
pub(super) fn resolve(text: &str, aliases: &BTreeMap<String, Locus>) -> Option<Marker> {
    let text = text.trim();
    let alias = aliases.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(text));
    if let Some((_, locus)) = alias {
        return Some(Marker::Autosomal(*locus));
    }
    Locus::parse(text).map(Marker::Autosomal).or_else(|| parse_marker(text).map(Marker::Apart))
}

/// The base and the number of a column such as `FGA_2`, `Penta D 1` or `vWA-2`.
pub(super) fn numbered(column: &str) -> Option<(&str, usize)> {
    let (base, digit) = column.trim().rsplit_once([' ', '_', '-', '.'])?;
    let number: usize = digit.parse().ok().filter(|_| digit.len() == 1)?;
    let base = base.trim_end();
    (!base.is_empty() && (1..=MAX_ALLELES_PER_LOCUS).contains(&number)).then_some((base, number))
}

/// The rejection of a marker name that is neither known nor an alias.
pub(super) fn unknown(file: &Path, position: Position, text: &str) -> Rejection {
    let nearest = nearest(text, Locus::all().map(Locus::name).chain(["AMEL", "Yindel", "DYS391"]));
    let short = cut(text);
    let guess = nearest.map_or(String::new(), |name| format!("the nearest known name is {name}; "));
    Rejection::new(
        file,
        position,
        "a marker is a known locus, or a name given with --alias",
        text,
        format!("{guess}if the laboratory means a known locus, add --alias {short:?}=LOCUS"),
    )
}

/// Foreign text for a message, at most [`MAX_QUOTED_CHARS`] characters of it.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The known name nearest to `text`, if it is near enough to be a slip of the hand.
pub(super) fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = text.trim().to_lowercase().chars().take(64).collect();
    let limit = NEAR.min(wanted.len() / 2);
    known
        .map(|name| (distance(&wanted, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, name)| name)
}

/// Levenshtein distance: single insertions, deletions and substitutions (Levenshtein 1966).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (to, above) in b.iter().zip(previous.iter_mut().skip(1)) {
            let cost = (diagonal + usize::from(from != to)).min(*above + 1).min(left + 1);
            diagonal = *above;
            *above = cost;
            left = cost;
        }
        if let Some(first) = previous.first_mut() {
            *first = i + 1;
        }
    }
    previous.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_answered_with_the_nearest_name_and_nonsense_is_not() {
        let names = || Locus::all().map(Locus::name);
        assert_eq!(nearest("D3S1385", names()), Some("D3S1358"));
        assert_eq!(nearest("D16S593", names()), Some("D16S539"));
        assert_eq!(nearest("address", names()), None);
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
        assert_eq!(distance(&chars(""), &chars("abc")), 3);
    }

    #[test]
    fn numbered_columns_are_taken_apart() {
        assert_eq!(numbered("Penta_D_2"), Some(("Penta_D", 2)));
        assert_eq!(numbered("Penta D 1"), Some(("Penta D", 1)));
        assert_eq!(numbered("FGA_9"), None);
        assert_eq!(numbered("TH 01"), None);
        assert_eq!(numbered("FGA"), None);
    }

    #[test]
    fn an_alias_wins_over_everything() {
        let fga = Locus::parse("FGA").unwrap();
        let aliases = BTreeMap::from([("FIBRA".to_owned(), fga)]);
        assert_eq!(resolve("fibra", &aliases), Some(Marker::Autosomal(fga)));
        assert_eq!(resolve("fibra", &BTreeMap::new()), None);
        assert_eq!(resolve("Amelogenin", &aliases), Some(Marker::Apart("AMEL")));
    }
}
