//! Probes as shaders read them.

use super::interface::{KinLocusWords, NO_PLANE, ProbeWords, QueryLocusWords};
use crate::kernel::Window;
use crate::kernel::kin_screen::KinQuery;
use crate::kernel::planes::PlaneView;
use crate::kernel::query::Query;

/// Probes of `str_screen` and `str_counts`.
#[derive(Default)]
pub(super) struct EncodedQueries {
    pub(super) probes: Vec<ProbeWords>,
    pub(super) loci: Vec<QueryLocusWords>,
    /// Planes of the alleles of loci that have more than two or a wildcard.
    pub(super) allele_planes: Vec<u32>,
}

impl EncodedQueries {
    pub(super) fn new(queries: &[Query], windows: &[Window], view: &PlaneView) -> EncodedQueries {
        let mut encoded = EncodedQueries::default();
        for (query, window) in queries.iter().zip(windows) {
            encoded.probes.push(probe(encoded.loci.len(), query.loci().len(), window, view));
            for locus in query.loci() {
                let planes = locus.planes();
                let is_set = locus.known > 2 || locus.wild;
                let plane = |place: usize| planes.get(place).copied().unwrap_or(NO_PLANE);
                let (first, second) = if is_set {
                    (encoded.allele_planes.len() as u32, NO_PLANE)
                } else {
                    (plane(0), plane(1))
                };
                if is_set {
                    encoded.allele_planes.extend_from_slice(planes);
                }
                encoded.loci.push(QueryLocusWords {
                    first_plane: locus.first_plane,
                    sizes: u32::from(locus.known)
                        | u32::from(locus.wild) << 8
                        | (planes.len() as u32) << 16,
                    first,
                    second,
                });
            }
        }
        encoded
    }
}

/// Probes of `kin_screen`.
#[derive(Default)]
pub(super) struct EncodedKinQueries {
    pub(super) probes: Vec<ProbeWords>,
    pub(super) loci: Vec<KinLocusWords>,
    pub(super) thresholds: Vec<i32>,
}

impl EncodedKinQueries {
    pub(super) fn new(
        queries: &[KinQuery],
        windows: &[Window],
        view: &PlaneView,
        threshold_log10: f64,
    ) -> EncodedKinQueries {
        let mut encoded = EncodedKinQueries::default();
        for (query, window) in queries.iter().zip(windows) {
            let first_locus = encoded.loci.len();
            encoded.loci.extend(query.loci().iter().map(|locus| {
                let plane = |plane: Option<u32>| plane.unwrap_or(NO_PLANE);
                let two = |low: usize| {
                    let half = |class: usize| u32::from(locus.scores[class] as u16);
                    half(low) | half(low + 1) << 16
                };
                KinLocusWords {
                    first_plane: locus.first_plane,
                    plane_a: plane(locus.plane_a),
                    plane_b: plane(locus.plane_b),
                    excluding: locus.excluding.into(),
                    scores_01: two(0),
                    scores_23: two(2),
                    scores_45: two(4),
                    unused: 0,
                }
            }));
            let loci = encoded.loci.len() - first_locus;
            encoded.probes.push(probe(first_locus, loci, window, view));
            encoded.thresholds.push(query.threshold(threshold_log10));
        }
        encoded
    }
}

fn probe(first_locus: usize, loci: usize, window: &Window, view: &PlaneView) -> ProbeWords {
    let rows = window.rows(view);
    ProbeWords {
        first_locus: first_locus as u32,
        loci: loci as u32,
        first_row: rows.start as u32,
        end_row: rows.end as u32,
    }
}
