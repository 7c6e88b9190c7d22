//! What the lineage markers of its records say of each hit, after the list is made.
//!
//! Why after: Y-STR, mitochondrial DNA and amelogenin have no part in a score, so they can neither make a hit nor
//! drop one; only the pairs listed are compared. Of a search by kinship the relative of the row is compared, of a
//! search of pedigrees the relatives of the family for whom the line is certain, and the one that says most against
//! the hit is named. How frequent a haplotype is, is counted among living convicts, one record a person: the
//! haplotypes of relatives of missing persons are used for nothing but bodies (L40 28(2)), and families would
//! count a line several times.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::column::hit::Hit;
use crate::column::lineage::{LineageEvidence, MitochondrialEvidence, YEvidence};
use crate::domain::lineage::count::{MitochondrialDatabase, YDatabase};
use crate::domain::lineage::frequency::HaplotypeCount;
use crate::domain::lineage::statement::{
    Line, LineageMarkers, Statement, maternal_line, of_mitochondrial, of_y, paternal_line,
};
use crate::domain::relation::Kinship;
use crate::error::Result;
use crate::gallery::memory;
use crate::plan::census::{Side, TypedRelative};
use crate::plan::job::Comparator;
use crate::plan::search::ReadySearch;

/// Fills the columns about lineage markers of all hits of profiles.
///
/// # Errors
/// Stored markers cannot be read.
pub(super) fn annotate(hits: &mut [Hit], searches: &[ReadySearch]) -> Result<()> {
    let mut databases: Option<Databases> = None;
    let has_apart = |side: &Side| side.segments.iter().any(|segment| segment.has_apart());
    for search in searches {
        if !has_apart(&search.probes) || !has_apart(&search.gallery) {
            continue;
        }
        let of_search = |hit: &&mut Hit| hit.search == search.spec.name;
        let mut listed: Vec<&mut Hit> = hits.iter_mut().filter(of_search).collect();
        if listed.is_empty() {
            continue;
        }
        let records = Records::of(search, &listed)?;
        let databases = match &mut databases {
            Some(databases) => databases,
            // Amelogenin alone is no reason to read the markers of every convict.
            None if records.has_haplotypes() => databases.insert(Databases::of(&search.convicts)?),
            None => &mut Databases::default(),
        };
        for hit in &mut listed {
            let evidence = records.evidence(search, hit, databases);
            hit.lineage = (evidence != LineageEvidence::default()).then(|| Box::new(evidence));
        }
    }
    Ok(())
}

const AGREES: &str = "agrees";
const DIFFERS: &str = "differs";

/// Haplotypes of convicts.
#[derive(Default)]
pub(super) struct Databases {
    pub(super) y: YDatabase,
    pub(super) mitochondrial: MitochondrialDatabase,
}

impl Databases {
    /// The living `convicts`, the first record of each person that has the haplotype.
    pub(super) fn of(convicts: &Side) -> Result<Databases> {
        let mut databases = Databases::default();
        let (mut with_y, mut with_mitochondrial) = (HashSet::new(), HashSet::new());
        for (place, row) in convicts.living() {
            let segment = &convicts.segments[place];
            if !segment.has_apart() {
                continue;
            }
            let markers = LineageMarkers::from_apart(&segment.apart(row)?)?;
            let person = segment.person_id(row).unwrap_or_else(|| segment.record_id(row));
            if let Some(y) = markers.y
                && with_y.insert(person)
            {
                databases.y.add(&y);
            }
            if let Some(haplotype) = markers.mitochondrial
                && with_mitochondrial.insert(person)
            {
                databases.mitochondrial.add(haplotype);
            }
        }
        Ok(databases)
    }
}

/// The markers of the records of a search's hits, and of the families of those.
struct Records<'a> {
    /// By record id; one without any is not there.
    markers: HashMap<&'a str, LineageMarkers>,
    /// Relatives of each family searched for, by record id.
    families: BTreeMap<&'a str, Vec<(&'a str, Kinship)>>,
}

impl<'a> Records<'a> {
    fn of(search: &'a ReadySearch, hits: &[&mut Hit]) -> Result<Records<'a>> {
        let mut wanted: HashSet<&str> = HashSet::new();
        let mut wanted_families: BTreeSet<&str> = BTreeSet::new();
        for hit in hits {
            wanted.extend([hit.probe_id.as_str(), hit.gallery_id.as_str()]);
            wanted_families.extend(hit.family_id.as_deref());
        }
        let mut records = Records { markers: HashMap::new(), families: BTreeMap::new() };
        let id = |relative: &TypedRelative| {
            search.gallery.segments[relative.segment].record_id(relative.row)
        };
        let listed = |relative: &&TypedRelative| wanted_families.contains(&*relative.family_id);
        for relative in search.relatives.iter().filter(listed) {
            let family = records.families.entry(&relative.family_id).or_default();
            family.push((id(relative), relative.kinship));
        }
        wanted.extend(records.families.values().flatten().map(|(id, _)| *id));
        for side in [&search.probes, &search.gallery] {
            for segment in side.segments.iter().filter(|segment| segment.has_apart()) {
                for row in 0..segment.rows() {
                    memory::keep_each_group(row);
                    if !wanted.contains(segment.record_id(row)) {
                        continue;
                    }
                    let markers = LineageMarkers::from_apart(&segment.apart(row)?)?;
                    records.markers.insert(segment.record_id(row), markers);
                }
            }
        }
        Ok(records)
    }

    fn has_haplotypes(&self) -> bool {
        self.markers.values().any(|record| record.y.is_some() || record.mitochondrial.is_some())
    }

    fn evidence(
        &self,
        search: &ReadySearch,
        hit: &Hit,
        databases: &mut Databases,
    ) -> LineageEvidence {
        let Some(probe) = self.markers.get(hit.probe_id.as_str()) else {
            return LineageEvidence::default();
        };
        let others: Vec<(&str, Option<Kinship>)> = match search.spec.comparator {
            Comparator::Identity { .. } => vec![(&hit.gallery_id, None)],
            Comparator::Kinship => {
                vec![(&hit.gallery_id, hit.kinship.as_deref().and_then(Kinship::parse))]
            }
            Comparator::Pedigree => {
                let family = hit.family_id.as_deref().and_then(|id| self.families.get(id));
                let members = family.into_iter().flatten();
                members.map(|(id, kinship)| (*id, Some(*kinship))).collect()
            }
        };
        let others: Vec<Compared> = others
            .into_iter()
            .filter_map(|(id, kinship)| {
                Some(Compared { id, kinship, markers: self.markers.get(id)? })
            })
            .collect();
        LineageEvidence {
            y: y_evidence(probe, &others, &mut databases.y),
            mitochondrial: mitochondrial_evidence(probe, &others, &mut databases.mitochondrial),
            amelogenin: amelogenin(probe, &others),
        }
    }
}

/// A record compared with the probe.
pub(super) struct Compared<'a> {
    pub(super) id: &'a str,
    /// What its person is to the missing person; `None` in a search for identity.
    pub(super) kinship: Option<Kinship>,
    pub(super) markers: &'a LineageMarkers,
}

/// What the Y-STR of the probe and of the record that says most against it say.
pub(super) fn y_evidence(
    probe: &LineageMarkers,
    others: &[Compared],
    database: &mut YDatabase,
) -> Option<YEvidence> {
    let haplotype = probe.y.as_ref()?;
    let compared = others.iter().filter_map(|other| {
        let comparison = haplotype.compare(other.markers.y.as_ref()?);
        let statement = of_y(&comparison, other.kinship.map_or(Line::Same, paternal_line))?;
        Some((statement, comparison, other.id))
    });
    let (statement, comparison, id) = compared.max_by_key(|(statement, comparison, id)| {
        (*statement, comparison.compared.len(), Reverse(*id))
    })?;
    let count = match statement {
        Statement::Inclusion => database.count(haplotype, &comparison.compared),
        _ => None,
    };
    Some(YEvidence {
        y_record: id.to_owned(),
        y_loci_compared: comparison.compared.len() as u32,
        y_loci_differing: comparison.differences.len() as u32,
        y_steps: comparison.steps(),
        y_statement: statement.name().to_owned(),
        y_frequency: count.map(HaplotypeCount::upper_bound),
        y_database: count.map(|count| count.size() as u32),
    })
}

/// The same of mitochondrial DNA.
pub(super) fn mitochondrial_evidence(
    probe: &LineageMarkers,
    others: &[Compared],
    database: &mut MitochondrialDatabase,
) -> Option<MitochondrialEvidence> {
    let haplotype = probe.mitochondrial.as_ref()?;
    let compared = others.iter().filter_map(|other| {
        let comparison = haplotype.compare(other.markers.mitochondrial.as_ref()?);
        let line = other.kinship.map_or(Line::Same, |kinship| maternal_line(kinship, probe));
        Some((of_mitochondrial(&comparison, line)?, comparison, other.id))
    });
    let (statement, comparison, id) = compared.max_by_key(|(statement, comparison, id)| {
        (*statement, comparison.positions(), Reverse(*id))
    })?;
    let count = match statement {
        Statement::Inclusion => database.count(haplotype, &comparison.ranges),
        _ => None,
    };
    Some(MitochondrialEvidence {
        mt_record: id.to_owned(),
        mt_range_bases: comparison.positions(),
        mt_differences: comparison.differences.len() as u32,
        mt_statement: statement.name().to_owned(),
        mt_frequency: count.map(HaplotypeCount::upper_bound),
        mt_database: count.map(|count| count.size() as u32),
    })
}

/// Whether the amelogenin of samples that should be of one person agrees; of several the one that differs counts.
fn amelogenin(probe: &LineageMarkers, others: &[Compared]) -> Option<String> {
    let own = probe.amelogenin?;
    let of_one_person = |other: &&Compared| matches!(other.kinship, None | Some(Kinship::Own));
    let seen = others.iter().filter(of_one_person).filter_map(|other| other.markers.amelogenin);
    let agrees = seen.map(|other| other == own).reduce(|all, one| all && one)?;
    Some(if agrees { AGREES } else { DIFFERS }.to_owned())
}
