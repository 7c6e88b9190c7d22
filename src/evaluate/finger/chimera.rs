//! Distractors: prints of nobody, made of real ones.
//!
//! A chimera joins halves of two impressions of different fingers of one database along a random line
//! through their centroids, laid upon each other; minutiae of the second half closer than 7 pixels to one
//! of the first are dropped, and the whole is mirrored. Its local structures are real, and it is nobody's
//! mate: mirrored, its halves do not match the prints they were cut from.
//!
//! Limits: ridges do not flow on across the seam, and all chimeras of a dataset draw on its few fingers, so
//! a thousand of them are not a thousand independent fingers. Chimeras are never compared with each other.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::dataset::{Dataset, LabelledPrint};
use crate::domain::finger::{MAX_EXTENT_PX, MAX_PRINT_MINUTIAE, PlacedMinutia};
use crate::error::{Error, Result};
use crate::kernel::minutia::trigonometry::DIRECTIONS;

/// Least distance of minutiae of the two halves, pixels.
const LEAST_DISTANCE_PX: i32 = 7;

/// The first stream of chimeras: below it are those of the bootstrap.
const FIRST_STREAM: u64 = 1 << 40;

/// `count` chimeras of the impressions of `dataset`; the first are the same for any count.
///
/// # Errors
/// No database has impressions of two fingers.
pub(super) fn chimeras(
    dataset: &Dataset,
    count: u32,
    seed: u64,
) -> Result<Vec<Vec<PlacedMinutia>>> {
    let by_database: Vec<Vec<&LabelledPrint>> = (0..dataset.databases.len())
        .map(|d| dataset.prints.iter().filter(|print| print.database == d).collect())
        .filter(|prints: &Vec<&LabelledPrint>| {
            prints.iter().any(|print| print.finger != prints[0].finger)
        })
        .collect();
    if by_database.is_empty() {
        return Err(Error::usage(
            "distractors are made of prints of two fingers of one database, and there are none",
            "put impressions of more fingers there, or give --distractors 0",
        ));
    }
    let one = |number: u32| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(FIRST_STREAM + u64::from(number));
        let prints = &by_database[rng.random_range(0..by_database.len())];
        let first = prints[rng.random_range(0..prints.len())];
        let others: Vec<&&LabelledPrint> =
            prints.iter().filter(|print| print.finger != first.finger).collect();
        let second = others[rng.random_range(0..others.len())];
        join(&first.minutiae, &second.minutiae, rng.random())
    };
    Ok((0..count).into_par_iter().map(one).collect())
}

/// Twice the centroid of some minutiae.
fn centroid_2(minutiae: &[PlacedMinutia]) -> (i32, i32) {
    let count = minutiae.len().max(1) as i32;
    let sum_x: i32 = minutiae.iter().map(|m| i32::from(m.x_px)).sum();
    let sum_y: i32 = minutiae.iter().map(|m| i32::from(m.y_px)).sum();
    (2 * sum_x / count, 2 * sum_y / count)
}

/// The half of `first` on one side of a line in direction `line`, and of `second` on the other, mirrored.
fn join(first: &[PlacedMinutia], second: &[PlacedMinutia], line: u8) -> Vec<PlacedMinutia> {
    let (cosine, sine) = DIRECTIONS[usize::from(line)];
    // Twice the place from the centroid: halves of pixels matter to no minutia, only to the line.
    let placed = |minutiae: &[PlacedMinutia]| -> Vec<(i32, i32, PlacedMinutia)> {
        let (cx, cy) = centroid_2(minutiae);
        let from = |m: &PlacedMinutia| (2 * i32::from(m.x_px) - cx, 2 * i32::from(m.y_px) - cy, *m);
        minutiae.iter().map(from).collect()
    };
    // Two prints of the largest extent laid upon each other would exceed it.
    let is_within = |x: i32, y: i32| x.abs() <= MAX_EXTENT_PX && y.abs() <= MAX_EXTENT_PX;
    let is_left = |x: i32, y: i32| cosine * y - sine * x >= 0;
    let mut half = placed(first);
    half.retain(|(x, y, _)| is_left(*x, *y) && is_within(*x, *y));
    let least = 4 * LEAST_DISTANCE_PX * LEAST_DISTANCE_PX;
    let is_apart = |x: i32, y: i32| {
        half.iter().all(|(hx, hy, _)| (hx - x) * (hx - x) + (hy - y) * (hy - y) >= least)
    };
    let mut other = placed(second);
    other.retain(|(x, y, _)| !is_left(*x, *y) && is_within(*x, *y) && is_apart(*x, *y));
    half.extend(other);
    let least_x = half.iter().map(|(x, ..)| -x).min().unwrap_or(0);
    let least_y = half.iter().map(|(_, y, _)| *y).min().unwrap_or(0);
    let mirrored = half.into_iter().map(|(x, y, minutia)| PlacedMinutia {
        x_px: ((-x - least_x) / 2) as i16,
        y_px: ((y - least_y) / 2) as i16,
        direction: 128u8.wrapping_sub(minutia.direction),
        quality: minutia.quality,
    });
    let mut joined: Vec<PlacedMinutia> = mirrored.collect();
    joined.sort_unstable();
    joined.truncate(MAX_PRINT_MINUTIAE);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutia(x_px: i16, y_px: i16, direction: u8) -> PlacedMinutia {
        PlacedMinutia { x_px, y_px, direction, quality: 0 }
    }

    #[test]
    fn a_chimera_is_one_half_of_either_print_mirrored() {
        let first = [minutia(0, 40, 10), minutia(0, -40, 20)];
        let second = [minutia(-30, 40, 30), minutia(30, -40, 40)];
        // Direction 0 is a line along x: the upper half of the first, the lower of the second.
        let joined = join(&first, &second, 0);
        assert_eq!(joined, [minutia(0, 0, 128 - 40), minutia(30, 80, 128 - 10)]);
        let turned = join(&first, &second, 128);
        assert_eq!(turned, [minutia(0, 0, 128 - 20), minutia(30, 80, 128 - 30)]);
    }

    #[test]
    fn minutiae_of_the_second_half_too_near_to_the_first_are_dropped() {
        let first = [minutia(0, 3, 0), minutia(0, -3, 0)];
        let near = [minutia(0, 3, 0), minutia(0, -3, 0)];
        assert_eq!(join(&first, &near, 0).len(), 1);
        let far = [minutia(0, 4, 0), minutia(0, -4, 0)];
        assert_eq!(join(&first, &far, 0).len(), 2);
    }

    #[test]
    fn the_first_chimeras_do_not_depend_on_how_many_are_made() {
        let print = |finger, shift: i16| LabelledPrint {
            database: 0,
            finger,
            impression: 1,
            minutiae: (0..20)
                .map(|i| minutia(i * 13 % 97 + shift, i * 29 % 101, i as u8))
                .collect(),
        };
        let prints = vec![print(1, 0), print(2, 5), print(3, 9)];
        let dataset = Dataset { databases: vec!["a".into()], prints };
        let few = chimeras(&dataset, 5, 7).unwrap();
        assert_eq!(few, chimeras(&dataset, 9, 7).unwrap()[..5]);
        assert_ne!(few, chimeras(&dataset, 5, 8).unwrap());
        let one_finger = Dataset { prints: vec![print(1, 0)], ..dataset };
        assert!(chimeras(&one_finger, 1, 7).is_err());
    }
}
