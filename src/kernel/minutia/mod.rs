//! Prints ready for the minutia kernels, and what both kernels read of them.
//!
//! A print is the minutiae of one impression with one 64-byte descriptor each ([`descriptor`]). Its
//! minutiae stand in an order that does not depend on where the print lies or how it is turned: ascending
//! by the part of the descriptor that knows no direction. Translating a print or turning it by quarter
//! turns therefore changes neither that order nor, to the last bit, anything a kernel computes.
//!
//! Limits: at most [`MAX_PRINT_MINUTIAE`] minutiae; positions within
//! [`crate::domain::finger::MAX_EXTENT_PX`].

pub mod descriptor;
pub mod projection;
pub mod trigonometry;

use crate::domain::finger::{MAX_PRINT_MINUTIAE, PlacedMinutia};
use projection::Projection;

/// Bytes of a descriptor.
pub const DESCRIPTOR_BYTES: usize = 64;

/// Components of a descriptor that do not depend on how the print is turned; the others hold the
/// direction of the minutia.
pub const TURN_FREE_COMPONENTS: usize = 60;

/// One descriptor.
pub type Descriptor = [i8; DESCRIPTOR_BYTES];

/// A print ready for the kernels, owned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Print {
    /// One descriptor per minutia.
    pub descriptors: Vec<Descriptor>,
    /// To the right, pixels at 500 dpi.
    pub x: Vec<i16>,
    /// Up, pixels at 500 dpi.
    pub y: Vec<i16>,
    /// Counter-clockwise from +x, 256 to the turn.
    pub directions: Vec<u8>,
    /// 1 to 100, 0 where unknown.
    pub qualities: Vec<u8>,
    /// Orders prints of equal size in a comparison; equal for a print and its quarter turns.
    pub order_key: u64,
}

/// A print ready for the kernels, borrowed: columns of equal length, at most
/// [`MAX_PRINT_MINUTIAE`] long.
#[derive(Debug, Clone, Copy)]
pub struct PrintView<'a> {
    /// One descriptor per minutia.
    pub descriptors: &'a [Descriptor],
    /// To the right, pixels at 500 dpi.
    pub x: &'a [i16],
    /// Up, pixels at 500 dpi.
    pub y: &'a [i16],
    /// Counter-clockwise from +x, 256 to the turn.
    pub directions: &'a [u8],
    /// 1 to 100, 0 where unknown.
    pub qualities: &'a [u8],
    /// See [`Print::order_key`].
    pub order_key: u64,
}

impl<'a> PrintView<'a> {
    /// Number of minutiae.
    pub fn len(&self) -> usize {
        self.descriptors.len()
    }

    /// Whether there is no minutia.
    pub fn is_empty(&self) -> bool {
        self.descriptors.is_empty()
    }

    /// The two prints in the order in which they are compared: fewer minutiae first, then the lower key.
    /// With it a comparison is symmetric by definition.
    pub fn ordered(self, other: PrintView<'a>) -> (PrintView<'a>, PrintView<'a>) {
        if (self.len(), self.order_key) <= (other.len(), other.order_key) {
            (self, other)
        } else {
            (other, self)
        }
    }

    /// The print as an owned one.
    pub fn to_print(&self) -> Print {
        Print {
            descriptors: self.descriptors.to_vec(),
            x: self.x.to_vec(),
            y: self.y.to_vec(),
            directions: self.directions.to_vec(),
            qualities: self.qualities.to_vec(),
            order_key: self.order_key,
        }
    }
}

impl Print {
    /// Computes the descriptors of `minutiae` (at most [`MAX_PRINT_MINUTIAE`]; further ones are ignored,
    /// [`crate::domain::finger::Template::print`] gives no more).
    pub fn of(minutiae: &[PlacedMinutia], projection: &Projection) -> Print {
        let minutiae = &minutiae[..minutiae.len().min(MAX_PRINT_MINUTIAE)];
        let descriptors = descriptor::describe(minutiae, projection);
        let count = minutiae.len() as i64;
        let sum_x: i64 = minutiae.iter().map(|m| i64::from(m.x_px)).sum();
        let sum_y: i64 = minutiae.iter().map(|m| i64::from(m.y_px)).sum();
        let from_centroid = |m: &PlacedMinutia| {
            let (dx, dy) = (i64::from(m.x_px) * count - sum_x, i64::from(m.y_px) * count - sum_y);
            dx * dx + dy * dy
        };
        let mut order: Vec<usize> = (0..minutiae.len()).collect();
        order.sort_by_cached_key(|&i| {
            let free: [i8; TURN_FREE_COMPONENTS] =
                std::array::from_fn(|component| descriptors[i][component]);
            (free, from_centroid(&minutiae[i]), minutiae[i].quality, minutiae[i])
        });
        let mut print = Print::default();
        let mut hasher = blake3::Hasher::new();
        for i in order {
            let (minutia, described) = (&minutiae[i], descriptors[i]);
            hasher.update(bytemuck::cast_slice(&described[..TURN_FREE_COMPONENTS]));
            hasher.update(&[minutia.quality]);
            // Where minutiae have no neighbours their descriptors are equal; their places are not.
            hasher.update(&from_centroid(minutia).to_le_bytes());
            print.descriptors.push(described);
            print.x.push(minutia.x_px);
            print.y.push(minutia.y_px);
            print.directions.push(minutia.direction);
            print.qualities.push(minutia.quality);
        }
        let mut key = [0; 8];
        hasher.finalize_xof().fill(&mut key);
        print.order_key = u64::from_le_bytes(key);
        print
    }

    /// The print as the kernels read it.
    pub fn view(&self) -> PrintView<'_> {
        PrintView {
            descriptors: &self.descriptors,
            x: &self.x,
            y: &self.y,
            directions: &self.directions,
            qualities: &self.qualities,
            order_key: self.order_key,
        }
    }

    /// The same print a quarter turn counter-clockwise: `(x, y)` goes to `(-y, x)`.
    pub fn quarter_turned(&self) -> Print {
        let mut turned = self.clone();
        turned.x = self.y.iter().map(|y| -y).collect();
        turned.y.clone_from(&self.x);
        for direction in &mut turned.directions {
            *direction = direction.wrapping_add(64);
        }
        for described in &mut turned.descriptors {
            descriptor::quarter_turn(described);
        }
        turned
    }
}

/// The 128 bits of a similarity below which minutia numbers are packed.
pub(super) const INDEX_MASK: i32 = MAX_PRINT_MINUTIAE as i32 - 1;

/// Largest square of the length of a descriptor, and so the largest similarity of two.
pub const MAX_SIMILARITY: i32 = MAX_STRENGTH << 7;

/// [`MAX_SIMILARITY`] as the kernels add it up, without its low seven bits. The turn-free part is 360
/// long, the direction 197, and rounding adds less than four.
pub const MAX_STRENGTH: i32 = 1365;

/// Similarity of two descriptors: their dot product, at most [`MAX_SIMILARITY`] for true ones.
#[inline]
pub fn similarity(a: &Descriptor, b: &Descriptor) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

const _: () = assert!(MAX_PRINT_MINUTIAE == 128, "numbers of minutiae are packed in seven bits");
