//! Mixtures and partial profiles: the qualitative likelihood ratio with drop-out and drop-in.
//!
//! What: the probability of the alleles seen in a trace under each of two hypotheses about who left
//! it, locus by locus. A hypothesis is a list of contributors; each is a typed person or an unknown
//! one, and has its own probability of drop-out. A partial profile of one person is the case of one
//! contributor. Several amplifications of one extract (replicates) are independent given the
//! genotypes.
//!
//! The model of one replicate, given the genotypes: a copy of an allele of contributor i is lost with
//! probability dᵢ, copies are lost independently, so a homozygote loses its allele with dᵢ²; an allele
//! is seen unless all its copies are lost; each allele seen that nobody carries dropped in, with
//! probability c·p, p its frequency; where nothing dropped in the factor is 1 − c. Alleles of
//! unknown contributors are drawn by the sampling formula with theta, given the alleles of every
//! typed person, those under the other hypothesis included.
//!
//! Sources: Curran, Gill and Bill 2005 (Forensic Sci Int 148:47); Gill et al. 2012, DNA commission of
//! the ISFG (FSI Genetics 6:679); Haned, Slooten and Gill 2012 (FSI Genetics 6:762); the form with d²
//! and c·p is that of LRmix and of `calcQual` of EuroForMix, with which it was compared
//! (`tests/reference.rs`); `research/dna.md` 3.6.
//!
//! Limits: peak heights are not read, so a clear major contributor is worth no more than a faint
//! one; the probabilities of drop-out and drop-in are the caller's; unknown contributors are
//! unrelated to the typed ones, but for theta; stutter is not modelled (a stutter peak counts as
//! drop-in or as an allele); for c > 0 the probabilities of all possible evidence do not add up to
//! one, because c is per allele while 1 − c is paid once: the published form is kept. When not to
//! use it: for stains whose analyst would not report them by an allele list alone.

mod locus;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::allele::Allele;
use super::dna::Profile;
use super::likelihood::{Population, WeightedAllele};
use super::locus::{Locus, LocusSet};
use crate::error::{Error, Result};
use crate::limits::MAX_MIXTURE_TERMS;
use locus::{Classes, Donor};

/// The alleles seen in a trace: per locus one set for each replicate in which the locus was typed.
///
/// A locus that is typed and shows no allele is an empty set, which is evidence; a locus that is
/// absent was not typed and says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    loci: BTreeMap<Locus, Vec<BTreeSet<Allele>>>,
}

impl Evidence {
    /// Evidence of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the alleles that one replicate shows at `locus`.
    ///
    /// # Errors
    /// A call names no allele (wildcard, off-ladder, below or above the ladder): the model has no
    /// probability for it.
    pub fn add(&mut self, locus: Locus, seen: impl IntoIterator<Item = Allele>) -> Result<()> {
        let seen: BTreeSet<Allele> = seen.into_iter().collect();
        if let Some(call) = seen.iter().find(|allele| !allele.is_known()) {
            return Err(Error::usage(
                format!("{locus} of the evidence has the call {call}, which names no allele"),
                "have an analyst decide what it is, or leave the locus out of the comparison",
            ));
        }
        self.loci.entry(locus).or_default().push(seen);
        Ok(())
    }

    /// Adds one replicate: the loci of `profile` but those `left_out`.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_profile(&mut self, profile: &Profile, left_out: LocusSet) -> Result<()> {
        for (locus, typing) in profile.iter().filter(|(locus, _)| !left_out.contains(*locus)) {
            self.add(locus, typing.alleles().iter().copied())?;
        }
        Ok(())
    }

    /// The loci typed, ascending, with the alleles seen in each replicate.
    pub fn iter(&self) -> impl Iterator<Item = (Locus, &[BTreeSet<Allele>])> {
        self.loci.iter().map(|(locus, replicates)| (*locus, replicates.as_slice()))
    }
}

/// One person who left material in the trace, under a hypothesis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contributor {
    /// Place among the typed persons of the case; `None` for an unknown person.
    pub person: Option<usize>,
    /// Probability that one copy of an allele of this person is not seen, 0 to 1.
    pub drop_out: f64,
}

/// A trace, the typed persons of the case, and two hypotheses about who left it.
#[derive(Debug, Clone)]
pub struct MixtureCase<'a> {
    evidence: &'a Evidence,
    persons: &'a [Profile],
    prosecution: &'a [Contributor],
    defence: &'a [Contributor],
}

/// The probabilities of one locus under both hypotheses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocusLikelihoods {
    /// The locus.
    pub locus: Locus,
    /// Probability of the evidence under the prosecution's hypothesis, 0 to 1.
    pub prosecution: f64,
    /// The same under the defence's.
    pub defence: f64,
}

impl LocusLikelihoods {
    /// Likelihood ratio of the locus: exactly 0 where the prosecution's hypothesis cannot explain it,
    /// infinite where only the defence's cannot; `None` where neither can, because the ratio has no
    /// value then.
    pub fn ratio(&self) -> Option<f64> {
        let neither = self.prosecution == 0.0 && self.defence == 0.0;
        (!neither).then(|| self.prosecution / self.defence)
    }
}

impl<'a> MixtureCase<'a> {
    /// A case. Every one of `persons` counts as typed when alleles of unknown contributors are drawn,
    /// also where it contributes under one hypothesis or none.
    ///
    /// # Errors
    /// A hypothesis without contributors, with a person twice or with one that `persons` lacks, or a
    /// drop-out probability outside 0 to 1.
    pub fn new(
        evidence: &'a Evidence,
        persons: &'a [Profile],
        prosecution: &'a [Contributor],
        defence: &'a [Contributor],
    ) -> Result<Self> {
        for hypothesis in [prosecution, defence] {
            if hypothesis.is_empty() {
                return Err(Error::usage(
                    "a hypothesis has at least one contributor",
                    "name a known contributor, or count an unknown one",
                ));
            }
            let mut named = BTreeSet::new();
            for contributor in hypothesis {
                if !(0.0..=1.0).contains(&contributor.drop_out) {
                    let help = "use 0.1 for a weak trace, 0 for one without drop-out";
                    return Err(Error::usage("a drop-out probability lies between 0 and 1", help));
                }
                if let Some(person) = contributor.person
                    && (person >= persons.len() || !named.insert(person))
                {
                    return Err(Error::usage(
                        "a known contributor is a typed person, and contributes once",
                        "name each person once per hypothesis",
                    ));
                }
            }
        }
        Ok(MixtureCase { evidence, persons, prosecution, defence })
    }

    /// Probability of the evidence under both hypotheses at every locus of the evidence, ascending.
    ///
    /// A contributor who is not typed at a locus counts there as an unknown person: who has no
    /// genotype on record could have any.
    ///
    /// # Errors
    /// A drop-in probability outside 0 to below 1; a locus that the frequency table lacks, or at which
    /// a typed person's calls are not one person's genotype; or [`Error::Limit`] where the unknown
    /// contributors have more than [`MAX_MIXTURE_TERMS`] combinations of genotypes.
    pub fn likelihoods(
        &self,
        population: &Population,
        drop_in: f64,
    ) -> Result<Vec<LocusLikelihoods>> {
        if !(0.0..1.0).contains(&drop_in) {
            return Err(Error::usage(
                "a drop-in probability is at least 0 and below 1",
                "laboratories measure it on blank samples; 0.05 is common",
            ));
        }
        let mut list = Vec::with_capacity(self.evidence.loci.len());
        for (locus, replicates) in self.evidence.iter() {
            let classes = self.classes(locus, replicates, population)?;
            let genotypes = self.genotypes(locus, &classes)?;
            let likelihood = |hypothesis| {
                let donors = donors(hypothesis, &genotypes);
                check_size(locus, &classes, &donors)?;
                Ok::<f64, Error>(classes.likelihood(&genotypes, &donors, drop_in))
            };
            list.push(LocusLikelihoods {
                locus,
                prosecution: likelihood(self.prosecution)?,
                defence: likelihood(self.defence)?,
            });
        }
        Ok(list)
    }

    fn classes(
        &self,
        locus: Locus,
        replicates: &[BTreeSet<Allele>],
        population: &Population,
    ) -> Result<Classes> {
        let alleles: BTreeSet<Allele> = replicates.iter().flatten().copied().collect();
        let weighted: Option<Vec<WeightedAllele>> =
            alleles.iter().map(|allele| population.weigh(locus, *allele)).collect();
        match weighted {
            Some(weighted) if population.frequencies.covers(locus) => {
                Ok(Classes::new(&weighted, replicates, population.theta))
            }
            _ => Err(Error::usage(
                format!(
                    "the table {} has no frequencies of {locus}",
                    population.frequencies.name()
                ),
                "use a table that has them, or leave the locus out",
            )),
        }
    }

    /// The genotype of each typed person at `locus`; `None` for one not typed there.
    fn genotypes(&self, locus: Locus, classes: &Classes) -> Result<Vec<Option<[usize; 2]>>> {
        let genotype = |profile: &Profile| {
            let Some(typing) = profile.get(locus) else { return Ok(None) };
            let (a, b) = typing.genotype().ok_or_else(|| {
                Error::usage(
                    format!("the calls of a known person at {locus} are not one genotype"),
                    "a genotype is one or two named alleles; leave the locus out",
                )
            })?;
            Ok(Some([classes.place(a), classes.place(b)]))
        };
        self.persons.iter().map(genotype).collect()
    }
}

/// The contributors of a hypothesis at one locus: known genotypes, and unknown persons.
fn donors(hypothesis: &[Contributor], genotypes: &[Option<[usize; 2]>]) -> Vec<Donor> {
    hypothesis
        .iter()
        .map(|contributor| Donor {
            genotype: contributor.person.and_then(|person| genotypes[person]),
            drop_out: contributor.drop_out,
        })
        .collect()
}

/// Refuses a sum that would not end.
fn check_size(locus: Locus, classes: &Classes, donors: &[Donor]) -> Result<()> {
    let unknown = donors.iter().filter(|donor| donor.genotype.is_none()).count() as u32;
    let terms = classes.genotypes().checked_pow(unknown);
    if terms.is_some_and(|terms| terms <= MAX_MIXTURE_TERMS) {
        return Ok(());
    }
    Err(Error::Limit {
        what: format!(
            "the number of combinations of genotypes of {unknown} unknown contributors at {locus}"
        ),
        limit: MAX_MIXTURE_TERMS,
        help:
            "a contributor not typed at the locus counts as unknown there: leave the locus out, or \
               ask with fewer unknown contributors"
                .into(),
    })
}
