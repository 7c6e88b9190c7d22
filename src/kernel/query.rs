//! A probe compiled against a plane map, and the rule by which two typings agree on planes.
//!
//! The rule is that of [`crate::domain::stringency`] with one simplification: a call that names no
//! allele is read as *any* allele, also where it was below or above the ladder, because a plane does
//! not know the side. A screen with this rule therefore agrees at least wherever the exact rule does
//! (it loses nothing), and equals it when no such call is `<N` or `>N`.

use super::planes::{FIRST_ALLELE, MANY, ONE, PlaneMap, PlaneView, TWO, TYPED, WILD};
use crate::domain::dna::Profile;
use crate::domain::stringency::Stringency;
use crate::limits::MAX_ALLELES_PER_LOCUS;

/// One comparable locus of a probe that the map also has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLocus {
    /// First plane of the locus in a block.
    pub first_plane: u32,
    /// Known alleles of the probe, those the dictionary lacks included.
    pub known: u8,
    /// Whether one call of the probe names no allele.
    pub wild: bool,
    found: u8,
    planes: [u32; MAX_ALLELES_PER_LOCUS],
}

impl QueryLocus {
    /// Planes of the probe's known alleles that the dictionary has, ascending.
    pub fn planes(&self) -> &[u32] {
        self.planes.get(..usize::from(self.found)).unwrap_or(&[])
    }

    /// Plane number `plane` of this locus (such as [`ONE`]) in a block.
    pub fn plane(&self, plane: usize) -> usize {
        self.first_plane as usize + plane
    }
}

/// A probe: its comparable loci that the map has, ascending by locus. The other loci of the probe
/// are typed in no row, so they are never compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    loci: Vec<QueryLocus>,
}

impl Query {
    /// Compiles `profile` against `map`. Alleles that the dictionary lacks match no row. The query
    /// is for views of this map alone: plane numbers of another map mean other alleles.
    pub fn compile(map: &PlaneMap, profile: &Profile) -> Query {
        let mut loci = Vec::with_capacity(profile.len());
        for (locus, typing) in profile.iter().filter(|(_, t)| t.is_comparable()) {
            let Some(planes) = map.slot(locus).and_then(|slot| map.loci().get(slot)) else {
                continue;
            };
            let mut compiled = QueryLocus {
                first_plane: planes.first_plane() as u32,
                known: typing.known().count() as u8,
                wild: typing.unknown().is_some(),
                found: 0,
                planes: [0; MAX_ALLELES_PER_LOCUS],
            };
            let found = typing.known().filter_map(|allele| planes.allele_plane(allele));
            for (slot, plane) in compiled.planes.iter_mut().zip(found) {
                *slot = plane as u32;
                compiled.found += 1;
            }
            loci.push(compiled);
        }
        Query { loci }
    }

    /// The loci, ascending.
    pub fn loci(&self) -> &[QueryLocus] {
        &self.loci
    }
}

/// What the planes say of one locus of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowTyping {
    /// Number of known alleles.
    pub known: u8,
    /// Whether one call names no allele.
    pub wild: bool,
    /// Number of known alleles shared with the probe.
    pub shared: u8,
}

/// Reads one locus of one row; `None` if the row is not comparable there.
pub fn read_row(view: &PlaneView, locus: &QueryLocus, row: usize) -> Option<RowTyping> {
    let bit = |plane: usize| view.bit(locus.plane(plane), row);
    if !bit(TYPED) {
        return None;
    }
    let known = match (bit(ONE), bit(TWO)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 2 + (0..3).map(|place| u8::from(bit(MANY + place)) << place).sum::<u8>(),
    };
    let shared = locus.planes().iter().filter(|plane| view.bit(**plane as usize, row)).count();
    Some(RowTyping { known, wild: bit(WILD), shared: shared as u8 })
}

/// Whether a probe's locus and a row's agree at `stringency`.
///
/// The alleles the probe has and the row lacks must be few enough for the row's unknown call to
/// stand for them, and the other way round: both for high, one of them for moderate.
pub fn agrees(stringency: Stringency, probe: &QueryLocus, row: &RowTyping) -> bool {
    let row_can_cover = probe.known.saturating_sub(row.shared) <= u8::from(row.wild);
    let probe_can_cover = row.known.saturating_sub(row.shared) <= u8::from(probe.wild);
    match stringency {
        Stringency::High => row_can_cover && probe_can_cover,
        Stringency::Moderate => row_can_cover || probe_can_cover,
        Stringency::Low => row.shared >= 1 || probe.wild || row.wild,
    }
}

/// How many loci are compared between a probe and a row, and at how many they agree.
pub fn agreement_counts(view: &PlaneView, query: &Query, row: usize) -> [u32; 4] {
    let mut counts = [0; 4];
    for locus in query.loci() {
        let Some(typing) = read_row(view, locus, row) else { continue };
        counts[0] += 1;
        for (count, stringency) in
            counts[1..].iter_mut().zip([Stringency::High, Stringency::Moderate, Stringency::Low])
        {
            *count += u32::from(agrees(stringency, locus, &typing));
        }
    }
    counts
}

const _: () = assert!(FIRST_ALLELE == MANY + 3);
