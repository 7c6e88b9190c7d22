//! Bodies against the families of missing persons by Y-STR and mitochondrial DNA alone.
//!
//! What for: bones that gave no autosomal profile are in no hit list. Each living body with a haplotype is compared
//! with each family that has one of the same kind, along the lines that the words of the family tell for certain.
//! Why a table of its own: an inclusion is said of a whole line, so it has no score to stand beside those of profiles.
//! Limits: every pair is compared one by one; the chance of an inclusion is its frequency, times the bodies compared.
//! When not to use it: where autosomal profiles are there, which say more.

use std::collections::{BTreeMap, HashMap};

use super::lineage::{Compared, Databases, mitochondrial_evidence, y_evidence};
use crate::column::lineage::LineageEvidence;
use crate::domain::family::FamilyMember;
use crate::domain::lineage::statement::{LineageMarkers, Statement};
use crate::domain::relation::Kinship;
use crate::error::Result;
use crate::plan::census::{Side, typed_relatives};

/// What an inclusion must rest on to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeastCompared {
    /// Y-STR compared.
    pub y_loci: u32,
    /// Positions of mitochondrial DNA compared.
    pub mt_bases: u32,
}

/// A body and a family that can be of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineagePair {
    /// Record of the body.
    pub body: String,
    /// The family.
    pub family_id: String,
    /// What was compared.
    pub evidence: LineageEvidence,
}

/// What a search by lineage brought; each pair compared is excluded, undecided or listed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineageSearch {
    /// Living bodies with a haplotype.
    pub bodies: u64,
    /// Families with a relative who has one.
    pub families: u64,
    /// Pairs of a body and a family with haplotypes of one kind and a line that the family's words tell.
    pub compared: u64,
    /// Those with an exclusion by either kind.
    pub excluded: u64,
    /// Those without exclusion and without an inclusion at enough markers.
    pub undecided: u64,
    /// The others, by body and family.
    pub pairs: Vec<LineagePair>,
}

/// Compares the living `bodies` with the families of `relatives`; haplotypes are counted among `convicts`.
///
/// # Errors
/// Stored markers cannot be read.
pub fn search(
    bodies: &Side,
    (relatives, members): (&Side, &[FamilyMember]),
    convicts: &Side,
    least: LeastCompared,
) -> Result<LineageSearch> {
    let mut databases = Databases::of(convicts)?;
    let markers = haplotypes_of(relatives)?;
    let mut families: BTreeMap<&str, Vec<(&str, Kinship)>> = BTreeMap::new();
    let (typed, _) = typed_relatives(members, relatives, &Default::default());
    for relative in &typed {
        let id = relatives.segments[relative.segment].record_id(relative.row);
        if markers.contains_key(id) {
            families.entry(&relative.family_id).or_default().push((id, relative.kinship));
        }
    }
    let mut found = LineageSearch { families: families.len() as u64, ..LineageSearch::default() };
    let mut bodies: Vec<(&str, LineageMarkers)> = haplotypes_of(bodies)?.into_iter().collect();
    bodies.sort_unstable_by_key(|(id, _)| *id);
    found.bodies = bodies.len() as u64;
    for (body, own) in &bodies {
        for (family, members) in &families {
            let others: Vec<Compared> = members
                .iter()
                .map(|(id, kinship)| Compared {
                    id,
                    kinship: Some(*kinship),
                    markers: &markers[id],
                })
                .collect();
            let evidence = LineageEvidence {
                y: y_evidence(own, &others, &mut databases.y),
                mitochondrial: mitochondrial_evidence(own, &others, &mut databases.mitochondrial),
                amelogenin: None,
            };
            found.place((body, family), evidence, least);
        }
    }
    Ok(found)
}

impl LineageSearch {
    /// Counts a pair, or lists it.
    fn place(
        &mut self,
        (body, family): (&str, &str),
        evidence: LineageEvidence,
        least: LeastCompared,
    ) {
        let y = evidence.y.as_ref();
        let y = y.map(|y| (y.y_statement.as_str(), y.y_loci_compared >= least.y_loci));
        let mt = evidence.mitochondrial.as_ref();
        let mt = mt.map(|mt| (mt.mt_statement.as_str(), mt.mt_range_bases >= least.mt_bases));
        let told = || [y, mt].into_iter().flatten();
        let of_unknown_line = told().all(|(said, _)| said == Statement::LineUnknown.name());
        let excluded = told().any(|(said, _)| said == Statement::Exclusion.name());
        let included = told().any(|(said, enough)| enough && said == Statement::Inclusion.name());
        match (of_unknown_line, excluded, included) {
            (true, _, _) => return,
            (_, true, _) => self.excluded += 1,
            (_, _, false) => self.undecided += 1,
            (_, _, true) => self.pairs.push(LineagePair {
                body: body.to_owned(),
                family_id: family.to_owned(),
                evidence,
            }),
        }
        self.compared += 1;
    }
}

/// The markers of the living records that have a haplotype, by record id.
fn haplotypes_of(side: &Side) -> Result<HashMap<&str, LineageMarkers>> {
    let mut list = HashMap::new();
    for (place, row) in side.living() {
        let segment = &side.segments[place];
        if segment.has_apart() {
            let markers = LineageMarkers::from_apart(&segment.apart(row)?)?;
            if markers.y.is_some() || markers.mitochondrial.is_some() {
                list.insert(segment.record_id(row), markers);
            }
        }
    }
    Ok(list)
}
