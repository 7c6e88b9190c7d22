//! One locus as a likelihood sees it: alleles with frequencies, theta, and what they mutate to.
//!
//! Alleles are numbers from 0 in ascending order; a silent allele, if there is one, is the last. Why
//! frequencies are scaled to the sum 1: mutation needs a complete list of alleles, and a table may lack a
//! rare allele of the case, which then gets its least frequency. Where table and rule already sum to 1 nothing
//! changes.

use super::{PedigreeError, Sex};
use crate::domain::allele::Allele;
use crate::domain::dna::Typing;
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::mutation::matrix::TransitionMatrix;
use crate::domain::mutation::rates::MutationTable;

/// Highest frequency of a silent allele accepted.
const MAX_SILENT_FREQUENCY: f64 = 0.1;

/// The model of one locus.
#[derive(Debug, Clone, PartialEq)]
pub struct LocusModel {
    locus: Locus,
    alleles: Vec<Allele>,
    /// Of each allele, then of the silent one; sums to 1.
    frequencies: Vec<f64>,
    theta: f64,
    has_silent: bool,
    /// What mothers and fathers transmit; `None` where nothing mutates.
    female: Option<TransitionMatrix>,
    male: Option<TransitionMatrix>,
}

/// A pair of allele numbers, the smaller first.
pub type AllelePair = [usize; 2];

impl LocusModel {
    /// The model of `locus` over the alleles of the frequency table and those of `typings`, with a silent
    /// allele of frequency `silent` where that is above 0; the others share the rest. `Ok(None)` if the table
    /// lacks the locus.
    ///
    /// # Errors
    /// The mutation table lacks the locus or asks too high a rate, or a number of the population has no
    /// meaning.
    pub fn new<'a>(
        population: &Population,
        locus: Locus,
        typings: impl IntoIterator<Item = &'a Typing>,
        mutation: &MutationTable,
        silent: f64,
    ) -> Result<Option<LocusModel>, PedigreeError> {
        if !(0.0..=0.5).contains(&population.theta)
            || !(0.0..=MAX_SILENT_FREQUENCY).contains(&silent)
        {
            return Err(PedigreeError::Population);
        }
        let Some((_, entry)) = population.frequencies.loci().find(|(l, _)| *l == locus) else {
            return Ok(None);
        };
        let mut alleles: Vec<Allele> = entry.alleles.keys().copied().collect();
        for typing in typings {
            alleles.extend(typing.known());
        }
        alleles.sort_unstable();
        alleles.dedup();
        let frequency = |allele: &Allele| {
            population.frequencies.frequency(locus, *allele, population.minimum).unwrap_or(0.0)
        };
        let mut frequencies: Vec<f64> = alleles.iter().map(frequency).collect();
        // An error of rounding in the sum is no reason to touch a single frequency.
        let sum: f64 = frequencies.iter().sum();
        if (sum - 1.0).abs() > 1e-12 {
            frequencies.iter_mut().for_each(|p| *p /= sum);
        }
        let matrix = |sex: Sex| -> Result<Option<TransitionMatrix>, PedigreeError> {
            let mutation = mutation.get(locus, sex).ok_or(PedigreeError::NoMutationModel(locus))?;
            if mutation.is_none() {
                return Ok(None);
            }
            let matrix = mutation
                .matrix(&alleles, &frequencies)
                .map_err(|source| PedigreeError::Mutation { locus, source })?;
            Ok(Some(if silent > 0.0 { matrix.with_constant_allele() } else { matrix }))
        };
        let (female, male) = (matrix(Sex::Female)?, matrix(Sex::Male)?);
        if silent > 0.0 {
            frequencies.iter_mut().for_each(|p| *p *= 1.0 - silent);
            frequencies.push(silent);
        }
        let (theta, has_silent) = (population.theta, silent > 0.0);
        Ok(Some(LocusModel { locus, alleles, frequencies, theta, has_silent, female, male }))
    }

    /// The locus.
    pub fn locus(&self) -> Locus {
        self.locus
    }

    /// The alleles that can be typed, ascending: allele number i is the i-th.
    pub fn alleles(&self) -> &[Allele] {
        &self.alleles
    }

    /// Frequencies by allele number; a silent allele is the last. They sum to 1.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Coancestry coefficient.
    pub fn theta(&self) -> f64 {
        self.theta
    }

    /// How many alleles there are, a silent one included.
    pub(super) fn size(&self) -> usize {
        self.frequencies.len()
    }

    /// The transmission of parents of `sex`; `None` where nothing mutates.
    pub(super) fn transmission(&self, sex: Sex) -> Option<&TransitionMatrix> {
        match sex {
            Sex::Female => self.female.as_ref(),
            Sex::Male => self.male.as_ref(),
        }
    }

    /// The allele numbers of `typing`; `None` if it does not read as one person's or has an allele that the
    /// model lacks.
    pub fn pair(&self, typing: &Typing) -> Option<AllelePair> {
        let (a, b) = typing.genotype()?;
        let number = |allele: Allele| self.alleles.binary_search(&allele).ok();
        Some([number(a)?, number(b)?])
    }

    /// The genotypes that are typed as `pair`: itself, and where a silent allele can hide, the allele of a
    /// homozygote with it.
    pub(super) fn genotypes(&self, pair: AllelePair) -> Vec<AllelePair> {
        let mut genotypes = vec![pair];
        if self.has_silent && pair[0] == pair[1] {
            genotypes.push([pair[0], self.size() - 1]);
        }
        genotypes
    }

    /// Every pair of alleles that can be typed, in the order of [`pair_number`].
    pub fn typed_pairs(&self) -> impl Iterator<Item = AllelePair> + use<> {
        pairs_below(self.alleles.len())
    }
}

/// Pairs of numbers below `count`, in the order of [`pair_number`].
pub(super) fn pairs_below(count: usize) -> impl Iterator<Item = AllelePair> {
    (0..count).flat_map(|b| (0..=b).map(move |a| [a, b]))
}

/// Place of a pair among all pairs: those of the first n alleles come first, whatever else there is.
pub const fn pair_number(pair: AllelePair) -> usize {
    pair[1] * (pair[1] + 1) / 2 + pair[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
    use crate::domain::mutation::{Mutation, MutationModel};

    fn model(silent: f64) -> LocusModel {
        let text =
            "locus,allele,frequency,count,n_alleles\nTH01,6,0.25,25,100\nTH01,9.3,0.75,75,100\n";
        let frequencies = FrequencyTable::from_csv("t", text).unwrap();
        let population = Population {
            frequencies: &frequencies,
            theta: 0.0,
            minimum: MinimumFrequency::UnseenOnly,
        };
        let mutation = Mutation::new(MutationModel::Equal, 0.01, None, 0.0).unwrap();
        let typing = Typing::new(&[Allele::repeat(80).unwrap()]).unwrap();
        let locus = Locus::parse("TH01").unwrap();
        let table = MutationTable::uniform(mutation);
        LocusModel::new(&population, locus, [&typing], &table, silent).unwrap().unwrap()
    }

    #[test]
    fn alleles_of_the_case_join_and_frequencies_sum_to_one() {
        let seven = model(0.0);
        assert_eq!(seven.alleles().len(), 3);
        assert_eq!(seven.frequencies(), [0.25 / 1.05, 0.05 / 1.05, 0.75 / 1.05]);
        let silent = model(0.02);
        assert_eq!(silent.frequencies().last(), Some(&0.02));
        assert!((silent.frequencies().iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(silent.genotypes([1, 1]), [[1, 1], [1, 3]]);
        assert_eq!(silent.genotypes([0, 1]), [[0, 1]]);
        assert_eq!(silent.transmission(Sex::Male).unwrap().at(3, 3), 1.0);
    }

    #[test]
    fn pairs_are_numbered_in_the_order_they_are_listed() {
        let numbers: Vec<usize> = pairs_below(5).map(pair_number).collect();
        assert_eq!(numbers, (0..15).collect::<Vec<_>>());
    }
}
