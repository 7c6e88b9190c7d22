//! Scatter of cylinders: exact sums of outer products.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::kernel::minutia::descriptor::{CYLINDER_VALUES, Cylinder};

/// Rows multiplied at once: 256 products of values up to 255 add up below 2^24, so the product is exact
/// in `f32`, in any order and with or without fused operations.
const ROWS: usize = 256;

/// Sum of the outer products of rows with themselves, and their number.
#[derive(Debug, Clone)]
pub(super) struct Scatter {
    /// Sum of outer products.
    pub(super) products: DMatrix<f64>,
    /// Sum of rows.
    pub(super) sum: Vec<f64>,
    /// Rows.
    pub(super) rows: usize,
}

impl Scatter {
    /// The scatter of `rows` rows, where `row` gives row `i`, with values of at most 255 in size.
    pub(super) fn of<'a, R>(rows: usize, row: R) -> Scatter
    where
        R: Fn(usize) -> [f32; CYLINDER_VALUES] + Sync + 'a,
    {
        let starts: Vec<usize> = (0..rows).step_by(ROWS).collect();
        // Few large parts: each holds a matrix of its own.
        let part = starts.len().div_ceil(rayon::current_num_threads()).max(1);
        let empty = || Scatter {
            products: DMatrix::zeros(CYLINDER_VALUES, CYLINDER_VALUES),
            sum: vec![0.0; CYLINDER_VALUES],
            rows: 0,
        };
        let parts: Vec<Scatter> = starts
            .par_chunks(part)
            .map(|starts| {
                let mut scatter = empty();
                for start in starts {
                    scatter.add((*start..rows.min(start + ROWS)).map(&row).collect());
                }
                scatter
            })
            .collect();
        parts.into_iter().fold(empty(), |mut whole, part| {
            whole.products += part.products;
            whole.sum.iter_mut().zip(part.sum).for_each(|(a, b)| *a += b);
            whole.rows += part.rows;
            whole
        })
    }

    fn add(&mut self, block: Vec<[f32; CYLINDER_VALUES]>) {
        let matrix =
            DMatrix::<f32>::from_fn(block.len(), CYLINDER_VALUES, |row, column| block[row][column]);
        self.products += matrix.tr_mul(&matrix).cast::<f64>();
        for row in &block {
            self.sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        self.rows += block.len();
    }

    /// Mean of the rows.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.rows.max(1) as f64).collect()
    }

    /// Covariance around the mean.
    pub(super) fn covariance(&self) -> DMatrix<f64> {
        let mean = nalgebra::DVector::from_vec(self.mean());
        self.second_moment() - &mean * mean.transpose()
    }

    /// Mean of the outer products.
    pub(super) fn second_moment(&self) -> DMatrix<f64> {
        &self.products / self.rows.max(1) as f64
    }
}

/// A cylinder as a row.
pub(super) fn row_of(cylinder: &Cylinder) -> [f32; CYLINDER_VALUES] {
    cylinder.map(f32::from)
}

/// The difference of two cylinders as a row.
pub(super) fn difference(a: &Cylinder, b: &Cylinder) -> [f32; CYLINDER_VALUES] {
    std::array::from_fn(|k| f32::from(a[k]) - f32::from(b[k]))
}
