//! The projection of cylinders to descriptors: a linear discriminant analysis, learned by `tanba train`.
//!
//! Of all directions in the space of cylinders, those are kept in which minutiae of different places
//! differ most against the differences of the same minutia in two impressions (Fisher 1936; the
//! generalised eigenvectors of the total and the within-class scatter), each weighted by the part of its
//! variance that is between classes. Weights are integers, so that the product is exact.

use super::TURN_FREE_COMPONENTS;
use super::descriptor::{CYLINDER_VALUES, Cylinder, DESCRIPTOR_VERSION};

/// First bytes of a projection file.
const MAGIC: &[u8; 8] = b"TANBAPRJ";

/// A projection: one row of integer weights and one offset per component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    weights: Vec<[i16; CYLINDER_VALUES]>,
    offsets: [i32; TURN_FREE_COMPONENTS],
}

/// Why bytes are no projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// Not written by `tanba train`, or cut.
    #[error("not a projection file: {0}")]
    Malformed(&'static str),
    /// Made for another descriptor.
    #[error("made for descriptor version {0}, this program computes version {DESCRIPTOR_VERSION}")]
    Version(u32),
    /// A product could leave 32 bits.
    #[error("the weights of component {0} are too large")]
    Overflow(usize),
}

/// The projection that travels inside the program: learned from every database of the training data
/// (`scripts/train`; what it was learned from is in the JSON file beside it).
const BUILTIN: &[u8] = include_bytes!("../../../datasets/projection/all.bin");

impl Projection {
    /// The projection that travels inside the program.
    ///
    /// # Errors
    /// The program was built with a projection file of another descriptor version.
    pub fn builtin() -> Result<Projection, ProjectionError> {
        Projection::from_bytes(BUILTIN)
    }

    /// A projection of these weights (60 rows) and the mean cylinder, in 1/255, that maps to 0.
    ///
    /// # Errors
    /// A weight is not finite, or all are zero.
    pub fn from_weights(
        rows: &[[f64; CYLINDER_VALUES]; TURN_FREE_COMPONENTS],
        mean: &[f64; CYLINDER_VALUES],
    ) -> Result<Projection, ProjectionError> {
        // The row with the largest sum of weights decides the scale: 255 times that sum stays below
        // 2^29, so the product and its offset fit 31 bits.
        let largest = rows.iter().map(|row| row.iter().map(|w| w.abs()).sum::<f64>());
        let largest = largest.fold(0.0, f64::max);
        let peak = rows.iter().flatten().fold(0.0f64, |peak, w| peak.max(w.abs()));
        if !(largest.is_finite() && largest > 0.0) {
            return Err(ProjectionError::Malformed("no weights, or weights that are not numbers"));
        }
        let scale = (f64::from(1 << 29) / 255.0 / largest).min(f64::from(i16::MAX) / peak);
        let weights: Vec<[i16; CYLINDER_VALUES]> =
            rows.iter().map(|row| row.map(|w| (w * scale).round() as i16)).collect();
        let mut offsets = [0; TURN_FREE_COMPONENTS];
        for (offset, row) in offsets.iter_mut().zip(&weights) {
            let at_mean: f64 = row.iter().zip(mean).map(|(w, m)| f64::from(*w) * m).sum();
            *offset = -at_mean.round() as i32;
        }
        Projection { weights, offsets }.checked()
    }

    /// The values of a cylinder, before normalisation.
    pub(super) fn apply(&self, cylinder: &Cylinder) -> [i32; TURN_FREE_COMPONENTS] {
        let mut values = self.offsets;
        for (value, row) in values.iter_mut().zip(&self.weights) {
            let product: i32 =
                row.iter().zip(cylinder).map(|(w, c)| i32::from(*w) * i32::from(*c)).sum();
            *value += product;
        }
        values
    }

    /// The file form: magic, descriptor version, offsets, weights, all little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(DESCRIPTOR_VERSION.to_le_bytes());
        bytes.extend(self.offsets.iter().flat_map(|o| o.to_le_bytes()));
        bytes.extend(self.weights.iter().flatten().flat_map(|w| w.to_le_bytes()));
        bytes
    }

    /// Reads the file form.
    ///
    /// # Errors
    /// The bytes are no projection, of another descriptor, or could overflow.
    pub fn from_bytes(bytes: &[u8]) -> Result<Projection, ProjectionError> {
        const HEAD: usize = MAGIC.len() + 4;
        const OFFSETS: usize = 4 * TURN_FREE_COMPONENTS;
        const WEIGHTS: usize = 2 * TURN_FREE_COMPONENTS * CYLINDER_VALUES;
        let rest = bytes.strip_prefix(MAGIC).ok_or(ProjectionError::Malformed("no magic"))?;
        if bytes.len() != HEAD + OFFSETS + WEIGHTS {
            return Err(ProjectionError::Malformed("wrong length"));
        }
        let (version, rest) = rest.split_at(4);
        let version = version.iter().rev().fold(0, |v, b| v << 8 | u32::from(*b));
        if version != DESCRIPTOR_VERSION {
            return Err(ProjectionError::Version(version));
        }
        let (offset_bytes, weight_bytes) = rest.split_at(OFFSETS);
        let mut offsets = [0; TURN_FREE_COMPONENTS];
        for (offset, bytes) in offsets.iter_mut().zip(offset_bytes.as_chunks().0) {
            *offset = i32::from_le_bytes(*bytes);
        }
        let weights = weight_bytes
            .chunks_exact(2 * CYLINDER_VALUES)
            .map(|row| {
                let mut weights = [0; CYLINDER_VALUES];
                for (weight, bytes) in weights.iter_mut().zip(row.as_chunks().0) {
                    *weight = i16::from_le_bytes(*bytes);
                }
                weights
            })
            .collect();
        Projection { weights, offsets }.checked()
    }

    /// The projection, if no cylinder can make a component leave 31 bits.
    fn checked(self) -> Result<Projection, ProjectionError> {
        for (component, (row, offset)) in self.weights.iter().zip(&self.offsets).enumerate() {
            let largest: i64 = row.iter().map(|w| 255 * i64::from(*w).abs()).sum();
            if largest + i64::from(*offset).abs() > i64::from(i32::MAX) {
                return Err(ProjectionError::Overflow(component));
            }
        }
        Ok(self)
    }
}
