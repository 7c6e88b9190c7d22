//! Learns the projection of the minutia descriptor from impressions of known fingers.
//!
//! What: a linear discriminant analysis of cylinders ([`crate::kernel::minutia::projection`]). Scatter
//! within a class is that of differences between corresponding minutiae of mated impressions; the total
//! scatter is that of all minutiae. Correspondences are found by the matcher itself: first with the
//! principal components of the cylinders as projection, then with the projection learned so far.
//! Every impression also counts as its mirror image, which is a print of the other hand.
//!
//! Why: the projection keeps what tells minutiae apart and drops what differs between two impressions of
//! one. Limits: correspondences are as good as the matcher that finds them, so impressions that do not
//! match at all teach nothing. A projection must be tested on databases that took no part in it.

mod scatter;

use nalgebra::{Cholesky, DMatrix, SymmetricEigen};
use rayon::prelude::*;

use self::scatter::{Scatter, difference, row_of};
use super::finger::LabelledPrint;
use crate::domain::finger::PlacedMinutia;
use crate::error::{Error, Result};
use crate::kernel::minutia::descriptor::{CYLINDER_VALUES, Cylinder, cylinders};
use crate::kernel::minutia::projection::Projection;
use crate::kernel::minutia::{Print, TURN_FREE_COMPONENTS};
use crate::kernel::minutia_pair;

/// Share of the mean within-class variance added to each: without it, cells that never vary in the
/// training data would count most.
const REGULARISATION: f64 = 0.3;

/// Rounds of finding correspondences and learning.
const ROUNDS: usize = 2;

/// What a learned projection was learned from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Provenance {
    /// Impressions.
    pub impressions: usize,
    /// Mated pairs of impressions whose minutiae corresponded.
    pub mated_pairs: usize,
    /// Pairs of corresponding minutiae.
    pub corresponding_minutiae: usize,
    /// Minutiae of all impressions.
    pub minutiae: usize,
}

/// One impression in training.
#[derive(Debug, Clone)]
struct Sample {
    /// Class: impressions of one class are mates.
    class: (usize, usize, u32),
    minutiae: Vec<PlacedMinutia>,
    cylinders: Vec<Cylinder>,
    mirrored: Vec<Cylinder>,
}

/// Learns a projection from several sets of impressions (the same fingers may be in more than one set,
/// by different extractors; only impressions of one set are paired).
///
/// # Errors
/// There are too few mated impressions to learn from.
pub fn learn(sets: &[Vec<LabelledPrint>]) -> Result<(Projection, Provenance)> {
    let samples: Vec<Sample> = sets
        .iter()
        .enumerate()
        .flat_map(|(set, prints)| {
            prints.par_iter().map(move |p| sample(set, p)).collect::<Vec<_>>()
        })
        .collect();
    let minutiae: Vec<(usize, usize)> = samples
        .iter()
        .enumerate()
        .flat_map(|(s, sample)| (0..sample.minutiae.len()).map(move |m| (s, m)))
        .collect();
    let total = Scatter::of(2 * minutiae.len(), |row| {
        let (s, m) = minutiae[row / 2];
        let of = if row % 2 == 0 { &samples[s].cylinders } else { &samples[s].mirrored };
        row_of(&of[m])
    });
    let mut projection =
        discriminants(&total, &DMatrix::identity(CYLINDER_VALUES, CYLINDER_VALUES))?;
    let mut provenance = None;
    for _ in 0..ROUNDS {
        let links = correspondences(&samples, &projection);
        let pairs: Vec<((usize, usize), (usize, usize))> =
            links.iter().flatten().copied().collect();
        if pairs.len() < CYLINDER_VALUES {
            return Err(Error::usage(
                format!("{} corresponding minutiae are too few to learn from", pairs.len()),
                "give impressions of more fingers, at least two of each",
            ));
        }
        let within = Scatter::of(2 * pairs.len(), |row| {
            let ((s, m), (t, n)) = pairs[row / 2];
            if row % 2 == 0 {
                difference(&samples[s].cylinders[m], &samples[t].cylinders[n])
            } else {
                difference(&samples[s].mirrored[m], &samples[t].mirrored[n])
            }
        });
        // A difference of two has twice the variance of one.
        projection = discriminants(&total, &(within.second_moment() / 2.0))?;
        provenance = Some(Provenance {
            impressions: samples.len(),
            mated_pairs: links.len(),
            corresponding_minutiae: pairs.len(),
            minutiae: minutiae.len(),
        });
    }
    let provenance = provenance
        .ok_or_else(|| Error::usage("nothing was learned", "give impressions of known fingers"))?;
    Ok((projection, provenance))
}

fn sample(set: usize, print: &LabelledPrint) -> Sample {
    let mirror = |m: &PlacedMinutia| PlacedMinutia {
        x_px: -m.x_px,
        direction: 128u8.wrapping_sub(m.direction),
        ..*m
    };
    let mirrored: Vec<PlacedMinutia> = print.minutiae.iter().map(mirror).collect();
    Sample {
        class: (set, print.database, print.finger),
        cylinders: cylinders(&print.minutiae),
        mirrored: cylinders(&mirrored),
        minutiae: print.minutiae.clone(),
    }
}

type Link = ((usize, usize), (usize, usize));

/// Least number of minutiae paired, and least weight of a pair, that a correspondence is learned from.
const LEAST_PAIRED: u32 = 8;
const LEAST_WEIGHT: i32 = 70;

/// Corresponding minutiae of mated impressions, one list per pair of impressions.
fn correspondences(samples: &[Sample], projection: &Projection) -> Vec<Vec<Link>> {
    let prints: Vec<(Print, Vec<usize>)> = samples
        .par_iter()
        .map(|sample| {
            let print = Print::of(&sample.minutiae, projection);
            // The print has its own order; places are unique, exact duplicates being dropped.
            let find = |i: usize| {
                let same = |m: &PlacedMinutia| {
                    (m.x_px, m.y_px, m.direction) == (print.x[i], print.y[i], print.directions[i])
                };
                sample.minutiae.iter().position(same).unwrap_or(0)
            };
            let places = (0..print.x.len()).map(find).collect();
            (print, places)
        })
        .collect();
    let mated: Vec<(usize, usize)> = (0..samples.len())
        .flat_map(|s| (s + 1..samples.len()).map(move |t| (s, t)))
        .filter(|(s, t)| samples[*s].class == samples[*t].class)
        .collect();
    mated
        .into_par_iter()
        .filter_map(|(s, t)| {
            let ((a, places_a), (b, places_b)) = (&prints[s], &prints[t]);
            let evidence = minutia_pair::evidence(a.view(), b.view());
            let pairs = evidence.pairs.iter().filter(|pair| pair.weight >= LEAST_WEIGHT);
            (evidence.score.paired >= LEAST_PAIRED)
                .then(|| pairs.map(|p| ((s, places_a[p.first]), (t, places_b[p.second]))).collect())
        })
        .collect()
}

/// The leading discriminants of a total against a within-class scatter.
fn discriminants(total: &Scatter, within: &DMatrix<f64>) -> Result<Projection> {
    let unusable = |what: &str| {
        Error::usage(format!("the training data are degenerate: {what}"), "give more impressions")
    };
    let ridge = within.diagonal().mean() * REGULARISATION;
    let within = within + DMatrix::identity(CYLINDER_VALUES, CYLINDER_VALUES) * ridge;
    let root = Cholesky::new(within).ok_or_else(|| unusable("no scatter within classes"))?.l();
    let inverse = root.try_inverse().ok_or_else(|| unusable("no scatter within classes"))?;
    let whitened = &inverse * total.covariance() * inverse.transpose();
    let eigen = SymmetricEigen::new((&whitened + whitened.transpose()) * 0.5);
    let mut order: Vec<usize> = (0..CYLINDER_VALUES).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    let mut rows = Box::new([[0.0; CYLINDER_VALUES]; TURN_FREE_COMPONENTS]);
    for (row, &place) in rows.iter_mut().zip(&order) {
        let value = eigen.eigenvalues[place];
        let vector = inverse.transpose() * eigen.eigenvectors.column(place);
        // The share of the variance along this direction that is between classes.
        let share = ((value - 1.0).max(0.0) / value.max(f64::MIN_POSITIVE)).sqrt();
        row.iter_mut().zip(vector.iter()).for_each(|(weight, part)| *weight = part * share);
    }
    let mut mean = [0.0; CYLINDER_VALUES];
    mean.copy_from_slice(&total.mean());
    Projection::from_weights(&rows, &mean).map_err(|error| unusable(&error.to_string()))
}
