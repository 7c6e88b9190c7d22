//! Mutation of STR alleles from parent to child: per locus and sex of the parent, the probability that
//! one allele is passed on as another.
//!
//! What: the models that kinship programs share (equal, proportional, stepwise, extended stepwise), and a
//! stationary variant of those that do not keep the allele frequencies. Why as matrices over all alleles of
//! a locus: a likelihood then needs no rule of its own per model. Limits: one step more is `range` times
//! rarer, whatever the allele's length; a silent allele does not mutate. When not to use a model that is not
//! stationary: where the same case is computed with and without an untyped parent, because the two differ
//! (`research/dna.md` 3.5).

pub mod matrix;
pub mod rates;

use matrix::TransitionMatrix;

use super::allele::Allele;

/// How alleles mutate, named as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutationModel {
    /// No mutation.
    None,
    /// Every other allele is as likely.
    Equal,
    /// The other alleles are as likely as they are frequent. Stationary.
    Proportional,
    /// Whole repeats, `range` times rarer with every further one; microvariants only among those with the
    /// same incomplete repeat.
    Stepwise,
    /// Stepwise, and with probability `rate2` an allele with another incomplete repeat, each as likely.
    ExtendedStepwise,
    /// [`MutationModel::Equal`] made reversible.
    StationaryEqual,
    /// [`MutationModel::Stepwise`] made reversible.
    StationaryStepwise,
    /// [`MutationModel::ExtendedStepwise`] made reversible.
    StationaryExtendedStepwise,
}

impl MutationModel {
    /// All, in the order of the documentation.
    pub const ALL: [MutationModel; 8] = [
        MutationModel::None,
        MutationModel::Equal,
        MutationModel::Proportional,
        MutationModel::Stepwise,
        MutationModel::ExtendedStepwise,
        MutationModel::StationaryEqual,
        MutationModel::StationaryStepwise,
        MutationModel::StationaryExtendedStepwise,
    ];

    /// The word used on the command line and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            MutationModel::None => "none",
            MutationModel::Equal => "equal",
            MutationModel::Proportional => "proportional",
            MutationModel::Stepwise => "stepwise",
            MutationModel::ExtendedStepwise => "extended-stepwise",
            MutationModel::StationaryEqual => "stationary-equal",
            MutationModel::StationaryStepwise => "stationary-stepwise",
            MutationModel::StationaryExtendedStepwise => "stationary-extended-stepwise",
        }
    }

    /// The model with that word, in any letter case.
    pub fn parse(text: &str) -> Option<MutationModel> {
        let text = text.trim();
        MutationModel::ALL.into_iter().find(|model| model.name().eq_ignore_ascii_case(text))
    }

    /// Whether the model has steps, and so a range.
    pub const fn has_range(self) -> bool {
        matches!(
            self,
            MutationModel::Stepwise
                | MutationModel::ExtendedStepwise
                | MutationModel::StationaryStepwise
                | MutationModel::StationaryExtendedStepwise
        )
    }

    /// Whether the model has a second rate, to other incomplete repeats.
    pub const fn has_second_rate(self) -> bool {
        matches!(self, MutationModel::ExtendedStepwise | MutationModel::StationaryExtendedStepwise)
    }
}

/// Why numbers are not a mutation model, or a model cannot be had at a locus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutationError {
    /// A rate is no probability that leaves room for no mutation.
    #[error(
        "a mutation rate is a probability from 0 to below 1, and both rates together stay below 1"
    )]
    Rate,
    /// A range is not between 0 and 1.
    #[error("a mutation range is above 0 and at most 1: how much rarer one step more is")]
    Range,
    /// A number that the model does not have.
    #[error("the model {0} has no {1}")]
    Superfluous(&'static str, &'static str),
    /// The rate is too high for these allele frequencies.
    #[error(
        "the model {0} has no probability left for no mutation of allele {1} at these frequencies"
    )]
    NoRoom(&'static str, Allele),
}

/// A model with its numbers, for one locus and one sex of the parent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mutation {
    model: MutationModel,
    rate: f64,
    range: f64,
    rate2: f64,
}

impl Mutation {
    /// No mutation.
    pub const NONE: Mutation =
        Mutation { model: MutationModel::None, rate: 0.0, range: 1.0, rate2: 0.0 };

    /// The model with `rate` (probability that a transmitted allele mutates), `range` (ratio of the
    /// probabilities of one step more) and `rate2` (probability of another incomplete repeat).
    ///
    /// # Errors
    /// A number is no probability, both rates reach 1, or a number other than zero is given that the
    /// model does not have.
    pub fn new(
        model: MutationModel,
        rate: f64,
        range: Option<f64>,
        rate2: f64,
    ) -> Result<Mutation, MutationError> {
        let is_rate = |rate: f64| (0.0..1.0).contains(&rate);
        if !is_rate(rate) || !is_rate(rate2) || rate + rate2 >= 1.0 {
            return Err(MutationError::Rate);
        }
        if range.is_some_and(|range| !(range > 0.0 && range <= 1.0)) {
            return Err(MutationError::Range);
        }
        if model == MutationModel::None && rate != 0.0 {
            return Err(MutationError::Superfluous(model.name(), "rate"));
        }
        if range.is_some() && !model.has_range() {
            return Err(MutationError::Superfluous(model.name(), "range"));
        }
        if rate2 != 0.0 && !model.has_second_rate() {
            return Err(MutationError::Superfluous(model.name(), "second rate"));
        }
        let range = match range {
            Some(range) => range,
            None if model.has_range() => return Err(MutationError::Range),
            None => 1.0,
        };
        Ok(Mutation { model, rate, range, rate2 })
    }

    /// The model.
    pub fn model(&self) -> MutationModel {
        self.model
    }

    /// Rate, range where the model has one, and second rate, as [`Self::new`] takes them.
    pub fn numbers(&self) -> (f64, Option<f64>, f64) {
        (self.rate, self.model.has_range().then_some(self.range), self.rate2)
    }

    /// Whether nothing mutates.
    pub fn is_none(&self) -> bool {
        self.model == MutationModel::None || (self.rate == 0.0 && self.rate2 == 0.0)
    }

    /// How results state the model: its name and numbers.
    pub fn name(&self) -> String {
        let mut text = self.model.name().to_owned();
        if self.model != MutationModel::None {
            text.push_str(&format!(" {}", self.rate));
        }
        if self.model.has_range() {
            text.push_str(&format!(" range {}", self.range));
        }
        if self.model.has_second_rate() {
            text.push_str(&format!(" rate2 {}", self.rate2));
        }
        text
    }

    /// Probabilities that each of `alleles` (known, distinct) is transmitted as each other one.
    /// `frequencies` are theirs and sum to 1.
    ///
    /// Sources: Familias 2 and 3 and pedmut for the models (Egeland, Kling and Mostad 2016, Relationship
    /// Inference with Familias and R; `research/dna.md` 3.5); Dawid, Mortera and Pascali 2001 for the
    /// proportional one; the transform to reversibility that keeps the mean rate is pedmut's `PR`.
    ///
    /// # Errors
    /// The rate leaves an allele no probability of staying as it is.
    pub fn matrix(
        &self,
        alleles: &[Allele],
        frequencies: &[f64],
    ) -> Result<TransitionMatrix, MutationError> {
        let changes = match self.model {
            MutationModel::None => TransitionMatrix::zero(alleles.len()),
            MutationModel::Equal | MutationModel::StationaryEqual => self.equal(alleles.len()),
            MutationModel::Proportional => self.proportional(frequencies),
            MutationModel::Stepwise
            | MutationModel::ExtendedStepwise
            | MutationModel::StationaryStepwise
            | MutationModel::StationaryExtendedStepwise => self.stepwise(alleles),
        };
        let changes = match self.model {
            MutationModel::StationaryEqual
            | MutationModel::StationaryStepwise
            | MutationModel::StationaryExtendedStepwise => reversible(&changes, frequencies),
            _ => changes,
        };
        changes
            .with_remainders_on_diagonal()
            .map_err(|row| MutationError::NoRoom(self.model.name(), alleles[row]))
    }

    /// Off the diagonal: rate / (n − 1).
    fn equal(&self, count: usize) -> TransitionMatrix {
        let mut changes = TransitionMatrix::zero(count);
        for (from, to) in pairs(count) {
            changes.set(from, to, self.rate / (count - 1) as f64);
        }
        changes
    }

    /// Off the diagonal: c·p of the allele it becomes, with c such that the mean rate is `rate`.
    fn proportional(&self, frequencies: &[f64]) -> TransitionMatrix {
        let heterozygosity: f64 = frequencies.iter().map(|p| p * (1.0 - p)).sum();
        let mut changes = TransitionMatrix::zero(frequencies.len());
        // With a single allele there is nothing it could become.
        if frequencies.len() > 1 {
            for (from, to) in pairs(frequencies.len()) {
                changes.set(from, to, self.rate * frequencies[to] / heterozygosity);
            }
        }
        changes
    }

    /// Off the diagonal: `rate` shared among the alleles of the same incomplete repeat as range^steps,
    /// `rate2` shared equally among the others.
    fn stepwise(&self, alleles: &[Allele]) -> TransitionMatrix {
        let mut changes = TransitionMatrix::zero(alleles.len());
        for (from, own) in alleles.iter().enumerate() {
            let steps = |other: &Allele| {
                let (a, b) = (i32::from(own.code()), i32::from(other.code()));
                ((a - b) % 10 == 0).then(|| (a - b).abs() / 10)
            };
            let weight = |other: &Allele| steps(other).map(|n| self.range.powi(n));
            let others = || alleles.iter().enumerate().filter(|(to, _)| *to != from);
            let sum: f64 = others().filter_map(|(_, other)| weight(other)).sum();
            let beside = others().filter(|(_, other)| steps(other).is_none()).count();
            for (to, other) in others() {
                changes.set(
                    from,
                    to,
                    match weight(other) {
                        Some(weight) => self.rate * weight / sum,
                        None => self.rate2 / beside as f64,
                    },
                );
            }
        }
        changes
    }
}

/// Ordered pairs of different numbers below `count`.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (0..count).map(move |b| (a, b))).filter(|(a, b)| a != b)
}

/// The flow p·m of both directions averaged: reversible, and the mean mutation rate stays.
fn reversible(changes: &TransitionMatrix, frequencies: &[f64]) -> TransitionMatrix {
    let mut balanced = TransitionMatrix::zero(frequencies.len());
    for (from, to) in pairs(frequencies.len()) {
        let flow =
            frequencies[from] * changes.at(from, to) + frequencies[to] * changes.at(to, from);
        balanced.set(from, to, flow / (2.0 * frequencies[from]));
    }
    balanced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alleles() -> Vec<Allele> {
        [80, 90, 93, 100, 103, 120].map(|tenths| Allele::repeat(tenths).unwrap()).to_vec()
    }

    const FREQUENCIES: [f64; 6] = [0.1, 0.2, 0.05, 0.3, 0.15, 0.2];

    fn mutation(model: MutationModel) -> Mutation {
        let range = model.has_range().then_some(0.1);
        let rate = if model == MutationModel::None { 0.0 } else { 0.01 };
        let rate2 = if model.has_second_rate() { 0.001 } else { 0.0 };
        Mutation::new(model, rate, range, rate2).unwrap()
    }

    #[test]
    fn every_model_gives_rows_that_sum_to_one() {
        for model in MutationModel::ALL {
            let matrix = mutation(model).matrix(&alleles(), &FREQUENCIES).unwrap();
            for row in 0..6 {
                let sum: f64 = matrix.row(row).iter().sum();
                assert!((sum - 1.0).abs() < 1e-15, "{model:?} {row}");
                assert!(matrix.row(row).iter().all(|p| (0.0..=1.0).contains(p)), "{model:?}");
            }
            assert_eq!(MutationModel::parse(&model.name().to_uppercase()), Some(model));
        }
    }

    #[test]
    fn proportional_and_stationary_models_keep_the_allele_frequencies() {
        for (model, keeps) in [
            (MutationModel::Equal, false),
            (MutationModel::Proportional, true),
            (MutationModel::Stepwise, false),
            (MutationModel::ExtendedStepwise, false),
            (MutationModel::StationaryEqual, true),
            (MutationModel::StationaryStepwise, true),
            (MutationModel::StationaryExtendedStepwise, true),
        ] {
            let matrix = mutation(model).matrix(&alleles(), &FREQUENCIES).unwrap();
            let after = matrix.after(&FREQUENCIES);
            let worst =
                after.iter().zip(FREQUENCIES).map(|(a, p)| (a - p).abs()).fold(0.0, f64::max);
            assert_eq!(worst < 1e-15, keeps, "{model:?}: {worst}");
        }
    }

    #[test]
    fn the_mean_mutation_rate_is_the_one_asked_for() {
        let models = [
            MutationModel::Equal,
            MutationModel::Proportional,
            MutationModel::Stepwise,
            MutationModel::StationaryEqual,
            MutationModel::StationaryStepwise,
        ];
        for model in models {
            let matrix = mutation(model).matrix(&alleles(), &FREQUENCIES).unwrap();
            let mean: f64 =
                FREQUENCIES.iter().enumerate().map(|(a, p)| p * (1.0 - matrix.at(a, a))).sum();
            assert!((mean - 0.01).abs() < 1e-15, "{model:?}: {mean}");
        }
    }

    #[test]
    fn steps_are_whole_repeats_and_microvariants_have_steps_of_their_own() {
        let matrix =
            mutation(MutationModel::ExtendedStepwise).matrix(&alleles(), &FREQUENCIES).unwrap();
        // From 9: one step to 8 and 10, three to 12; 9.3 and 10.3 share the second rate.
        let sum = 0.1 + 0.1 + 0.001;
        for (to, expected) in
            [(0, 0.01 * 0.1 / sum), (3, 0.01 * 0.1 / sum), (5, 0.01 * 0.001 / sum), (2, 0.0005)]
        {
            assert!((matrix.at(1, to) - expected).abs() < 1e-17, "{to}");
        }
        assert!((matrix.at(1, 1) - 0.989).abs() < 1e-15);
        let lone = [Allele::repeat(80).unwrap(), Allele::repeat(93).unwrap()];
        let matrix = mutation(MutationModel::ExtendedStepwise).matrix(&lone, &[0.5, 0.5]).unwrap();
        assert_eq!(matrix.at(0, 0), 1.0 - 0.001, "an allele alone in its class has no steps");
    }

    #[test]
    fn numbers_without_meaning_are_refused() {
        use MutationModel::{Equal, ExtendedStepwise, None as NoMutation, Stepwise};
        for (model, rate, range, rate2, error) in [
            (Equal, 1.0, None, 0.0, MutationError::Rate),
            (Equal, -0.1, None, 0.0, MutationError::Rate),
            (Equal, f64::NAN, None, 0.0, MutationError::Rate),
            (ExtendedStepwise, 0.5, Some(0.1), 0.5, MutationError::Rate),
            (Stepwise, 0.1, None, 0.0, MutationError::Range),
            (Stepwise, 0.1, Some(0.0), 0.0, MutationError::Range),
            (Equal, 0.1, Some(0.1), 0.0, MutationError::Superfluous("equal", "range")),
            (Stepwise, 0.1, Some(0.1), 0.1, MutationError::Superfluous("stepwise", "second rate")),
            (NoMutation, 0.1, None, 0.0, MutationError::Superfluous("none", "rate")),
        ] {
            assert_eq!(Mutation::new(model, rate, range, rate2), Err(error), "{model:?} {rate}");
        }
        let two = [Allele::repeat(80).unwrap(), Allele::repeat(90).unwrap()];
        let high = Mutation::new(MutationModel::StationaryEqual, 0.9, None, 0.0).unwrap();
        let error = high.matrix(&two, &[0.01, 0.99]).unwrap_err();
        assert_eq!(error, MutationError::NoRoom("stationary-equal", two[0]));
    }
}
