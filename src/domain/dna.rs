//! A DNA profile: per locus the set of alleles typed.
//!
//! A set, not a pair: a homozygote is one allele, a tri-allele three, a mixture up to eight, and the
//! rules of comparison are rules on sets (CODIS stringency). Storage order never matters.

use super::allele::Allele;
use super::locus::{Locus, LocusSet};
use crate::limits::MAX_ALLELES_PER_LOCUS;

/// The distinct alleles typed at one locus: 1 to [`MAX_ALLELES_PER_LOCUS`], ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Typing {
    alleles: [Allele; MAX_ALLELES_PER_LOCUS],
    len: u8,
    /// Bit i: allele i must be present in a candidate (CMF `ALLELEREQUIRED`).
    required: u8,
}

/// Why a list of alleles is not a typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a locus has 1 to 8 distinct alleles, {0} were given")]
pub struct TypingError(pub usize);

impl Typing {
    /// The set of `alleles`, repeated ones counted once.
    ///
    /// # Errors
    /// No allele, or more than [`MAX_ALLELES_PER_LOCUS`] distinct ones.
    pub fn new(alleles: &[Allele]) -> Result<Typing, TypingError> {
        Self::with_required(alleles, &[])
    }

    /// The same, with the alleles that a candidate must carry.
    ///
    /// # Errors
    /// As [`Typing::new`].
    pub fn with_required(alleles: &[Allele], required: &[Allele]) -> Result<Typing, TypingError> {
        let mut sorted = alleles.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.is_empty() || sorted.len() > MAX_ALLELES_PER_LOCUS {
            return Err(TypingError(sorted.len()));
        }
        let mut typing = Typing {
            alleles: [Allele::WILDCARD; MAX_ALLELES_PER_LOCUS],
            len: sorted.len() as u8,
            required: 0,
        };
        for (place, allele) in sorted.iter().enumerate() {
            typing.alleles[place] = *allele;
            if required.contains(allele) {
                typing.required |= 1 << place;
            }
        }
        Ok(typing)
    }

    /// The calls, ascending.
    pub fn alleles(&self) -> &[Allele] {
        &self.alleles[..usize::from(self.len)]
    }

    /// Bit mask over [`Self::alleles`] of those a candidate must carry.
    pub fn required(&self) -> u8 {
        self.required
    }

    /// The calls that name one allele, ascending.
    pub fn known(&self) -> impl Iterator<Item = Allele> + Clone + '_ {
        self.alleles().iter().copied().filter(|a| a.is_known())
    }

    /// The call that does not name one allele, if there is exactly one.
    pub fn unknown(&self) -> Option<Allele> {
        let mut unknown = self.alleles().iter().copied().filter(|a| !a.is_known());
        let first = unknown.next();
        if unknown.next().is_some() { None } else { first }
    }

    /// Whether the locus takes part in a comparison: at least one known allele and at most one
    /// call that names none. `*,*` or `<8,>17` say too little to compare.
    pub fn is_comparable(&self) -> bool {
        let known = self.known().count();
        known >= 1 && self.alleles().len() - known <= 1
    }

    /// The genotype, if the locus reads as one person's: one known allele (homozygote) or two.
    pub fn genotype(&self) -> Option<(Allele, Allele)> {
        match self.alleles() {
            [a] if a.is_known() => Some((*a, *a)),
            [a, b] if a.is_known() && b.is_known() => Some((*a, *b)),
            _ => None,
        }
    }
}

/// The typed loci of one sample, ascending by locus.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Profile {
    loci: Vec<(Locus, Typing)>,
}

impl Profile {
    /// A profile without any locus.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the typing of `locus`; returns the one it replaces.
    pub fn insert(&mut self, locus: Locus, typing: Typing) -> Option<Typing> {
        match self.loci.binary_search_by_key(&locus, |(l, _)| *l) {
            Ok(place) => Some(std::mem::replace(&mut self.loci[place].1, typing)),
            Err(place) => {
                self.loci.insert(place, (locus, typing));
                None
            }
        }
    }

    /// The typing at `locus`.
    pub fn get(&self, locus: Locus) -> Option<&Typing> {
        self.loci.binary_search_by_key(&locus, |(l, _)| *l).ok().map(|place| &self.loci[place].1)
    }

    /// Typed loci ascending.
    pub fn iter(&self) -> impl Iterator<Item = (Locus, &Typing)> + '_ {
        self.loci.iter().map(|(l, t)| (*l, t))
    }

    /// Number of loci typed, comparable or not.
    pub fn len(&self) -> usize {
        self.loci.len()
    }

    /// Whether no locus is typed.
    pub fn is_empty(&self) -> bool {
        self.loci.is_empty()
    }

    /// The loci that take part in comparisons.
    pub fn comparable_loci(&self) -> LocusSet {
        let mut set = LocusSet::default();
        for (locus, typing) in self.iter() {
            if typing.is_comparable() {
                set.insert(locus);
            }
        }
        set
    }
}

impl FromIterator<(Locus, Typing)> for Profile {
    fn from_iter<I: IntoIterator<Item = (Locus, Typing)>>(iter: I) -> Self {
        let mut profile = Profile::new();
        for (locus, typing) in iter {
            profile.insert(locus, typing);
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alleles(texts: &[&str]) -> Vec<Allele> {
        texts.iter().map(|t| Allele::parse(t).unwrap().unwrap()).collect()
    }

    #[test]
    fn a_homozygote_written_once_or_twice_is_the_same_typing() {
        assert_eq!(Typing::new(&alleles(&["12"])), Typing::new(&alleles(&["12", "12"])));
        assert_eq!(Typing::new(&alleles(&["14", "9.3"])), Typing::new(&alleles(&["9.3", "14"])));
    }

    #[test]
    fn empty_and_nine_alleles_are_refused() {
        assert_eq!(Typing::new(&[]), Err(TypingError(0)));
        let nine = alleles(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        assert_eq!(Typing::new(&nine), Err(TypingError(9)));
    }

    #[test]
    fn only_typings_with_information_are_comparable() {
        for (texts, comparable, genotype) in [
            (vec!["12"], true, true),
            (vec!["12", "14"], true, true),
            (vec!["12", "*"], true, false),
            (vec!["*"], false, false),
            (vec!["<8", ">17"], false, false),
            (vec!["8", "9", "10"], true, false),
        ] {
            let typing = Typing::new(&alleles(&texts)).unwrap();
            assert_eq!(typing.is_comparable(), comparable, "{texts:?}");
            assert_eq!(typing.genotype().is_some(), genotype, "{texts:?}");
        }
    }
}
