//! Matrices of transmission probabilities between the alleles of one locus.
//!
//! Small and dense: a locus has at most some 60 alleles. Only what likelihoods of pedigrees need.

/// Probability that the allele of a row is transmitted as the allele of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionMatrix {
    size: usize,
    /// Row after row.
    cells: Vec<f64>,
}

impl TransitionMatrix {
    /// A matrix of zeros over `size` alleles.
    pub(super) fn zero(size: usize) -> Self {
        TransitionMatrix { size, cells: vec![0.0; size * size] }
    }

    pub(super) fn set(&mut self, from: usize, to: usize, probability: f64) {
        self.cells[from * self.size + to] = probability;
    }

    /// What each row lacks to 1, on the diagonal, which must be empty so far.
    ///
    /// # Errors
    /// The first row that already exceeds 1.
    pub(super) fn with_remainders_on_diagonal(mut self) -> Result<Self, usize> {
        for row in 0..self.size {
            let rest = 1.0 - self.row(row).iter().sum::<f64>();
            if rest < 0.0 {
                return Err(row);
            }
            self.set(row, row, rest);
        }
        Ok(self)
    }

    /// The same over one allele more, at the end, that never mutates and nothing mutates to.
    pub fn with_constant_allele(&self) -> Self {
        let mut larger = TransitionMatrix::zero(self.size + 1);
        for from in 0..self.size {
            for to in 0..self.size {
                larger.set(from, to, self.at(from, to));
            }
        }
        larger.set(self.size, self.size, 1.0);
        larger
    }

    /// Number of alleles.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Probability that the allele `from` is transmitted as `to`.
    pub fn at(&self, from: usize, to: usize) -> f64 {
        self.cells[from * self.size + to]
    }

    /// Probabilities of what the allele `from` is transmitted as.
    pub fn row(&self, from: usize) -> &[f64] {
        &self.cells[from * self.size..(from + 1) * self.size]
    }

    /// Distribution after transmission of an allele with `distribution`: the row vector times the matrix.
    pub fn after(&self, distribution: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.size];
        for (from, probability) in distribution.iter().enumerate() {
            if *probability != 0.0 {
                for (total, cell) in sum.iter_mut().zip(self.row(from)) {
                    *total += probability * cell;
                }
            }
        }
        sum
    }

    /// Likelihood of each allele before transmission, given that of the allele after it: the matrix times
    /// the column vector.
    pub fn before(&self, likelihood: &[f64]) -> Vec<f64> {
        (0..self.size)
            .map(|from| self.row(from).iter().zip(likelihood).map(|(m, l)| m * l).sum())
            .collect()
    }
}
