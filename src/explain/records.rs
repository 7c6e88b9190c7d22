//! The records that an explanation reads, as the run saw them: alone, with the status and families of its generation.
//!
//! Why apart from a run's own sides: one hit of a registry of millions needs two records, and no more are opened. A
//! record that takes part in nothing today is not shown, whatever it was when the run was made.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::account::{FinishedRun, GivenProbes};
use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, FamilyPedigrees};
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::gallery::finger_segment::FingerSegment;
use crate::gallery::segment::Segment;
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence};
use crate::plan::census::Side;
use crate::plan::finger_side::FingerSide;

/// A gallery as it is, and as it was when a run was made.
pub(super) struct Records<'g> {
    pub(super) gallery: &'g Gallery,
    /// Probes of the run that are in no gallery.
    given: &'g GivenProbes,
    pub(super) then: Gallery,
    /// Status then.
    pub(super) statuses: StatusTable,
    statuses_now: StatusTable,
    /// Day on which records had to be alive.
    pub(super) day: Date,
    today: Date,
}

impl<'g> Records<'g> {
    /// The gallery of a run.
    ///
    /// # Errors
    /// The run is of another gallery, or status files cannot be read.
    pub(super) fn of(gallery: &'g Gallery, run: &'g FinishedRun) -> Result<Records<'g>> {
        let generation = run.report.gallery_generation;
        if !gallery.had(generation, &run.report.gallery_manifest_blake3)? {
            return Err(Error::usage(
                format!("the run in {} is of another gallery", run.directory.display()),
                "give the gallery the run was made of",
            ));
        }
        // Of a generation that an act of destruction purged the records that are left are those of today.
        let is_purged = gallery.manifest().purged().contains_key(&generation);
        let then = match is_purged {
            true => Gallery::open(gallery.root())?,
            false => Gallery::open_at(gallery.root(), generation)?,
        };
        Ok(Records {
            gallery,
            given: &run.given,
            statuses: then.statuses()?,
            then,
            statuses_now: gallery.statuses()?,
            day: run.parameters.as_of,
            today: jiff::Zoned::now().date(),
        })
    }

    /// Refuses a record that takes part in nothing today.
    ///
    /// # Errors
    /// It is blocked or its retention has ended.
    pub(super) fn may_be_shown(&self, id: &str, retain_until: Option<Date>) -> Result<()> {
        let absent = absence(id, retain_until, &self.statuses_now, self.today);
        let (rule, article) = match absent {
            None => return Ok(()),
            Some(Absence::Blocked) => ("its use is suspended", "L40 1(7), 9(2)"),
            Some(Absence::Expired) => ("its retention has ended", "L40 15, 29"),
        };
        Err(Error::Refused {
            what: format!("explaining a comparison of record {id}"),
            rule: format!("{rule} ({article})"),
            article,
            help: "ask again when the record is in use again".into(),
        })
    }

    /// Why a record took no part in the run.
    pub(super) fn absence_then(&self, id: &str, retain_until: Option<Date>) -> Option<Absence> {
        absence(id, retain_until, &self.statuses, self.day)
    }

    /// The profiles of `ids` that the gallery holds or that were given, all of which may be shown.
    ///
    /// # Errors
    /// A record may not be shown, or a segment cannot be read.
    pub(super) fn profiles(&self, ids: &HashSet<&str>) -> Result<BTreeMap<String, DnaRecord>> {
        let mut found: BTreeMap<String, DnaRecord> =
            self.gallery.find_records(ids)?.into_iter().collect();
        for (id, record) in self.given.profiles.iter().filter(|(id, _)| ids.contains(id.as_str())) {
            found.entry(id.clone()).or_insert_with(|| record.clone());
        }
        for record in found.values() {
            self.may_be_shown(&record.record_id, record.retain_until)?;
        }
        Ok(found)
    }

    /// The fingerprint records of `ids`; as [`Self::profiles`].
    ///
    /// # Errors
    /// As [`Self::profiles`].
    pub(super) fn fingers(&self, ids: &HashSet<&str>) -> Result<BTreeMap<String, FingerRecord>> {
        let mut found: BTreeMap<String, FingerRecord> =
            self.gallery.find_finger_records(ids)?.into_iter().collect();
        for (id, record) in self.given.fingers.iter().filter(|(id, _)| ids.contains(id.as_str())) {
            found.entry(id.clone()).or_insert_with(|| record.clone());
        }
        for record in found.values() {
            self.may_be_shown(&record.record_id, record.retain_until)?;
        }
        Ok(found)
    }

    /// A side of these records alone, as the run saw them.
    ///
    /// # Errors
    /// A record cannot be encoded, or the gallery cannot be read.
    pub(super) fn side<'r>(
        &self,
        index: Index,
        records: impl Iterator<Item = &'r DnaRecord>,
    ) -> Result<Arc<Side>> {
        let mut segments = Vec::new();
        for record in records.filter(|record| record.index == index) {
            let segment = Segment::in_memory(index, std::slice::from_ref(record))?;
            segments.push(Arc::new(segment.of_generation(self.generation_of(&record.record_id)?)));
        }
        Ok(Arc::new(Side::new(segments, &self.statuses, self.day)))
    }

    /// The same of fingerprints.
    ///
    /// # Errors
    /// As [`Self::side`].
    pub(super) fn finger_side<'r>(
        &self,
        register: Register,
        records: impl Iterator<Item = &'r FingerRecord>,
    ) -> Result<Arc<FingerSide>> {
        let mut segments = Vec::new();
        for record in records.filter(|record| record.register == register) {
            let one = std::slice::from_ref(record);
            let segment = FingerSegment::in_memory(register, &record.owner, one)?;
            segments.push(Arc::new(segment.of_generation(self.generation_of(&record.record_id)?)));
        }
        Ok(Arc::new(FingerSide::new(segments, &self.statuses, self.day)))
    }

    /// The generation that brought a record.
    ///
    /// # Errors
    /// A segment cannot be read.
    pub(super) fn generation_of(&self, id: &str) -> Result<u64> {
        Ok(self.gallery.generation_of(id)?.unwrap_or(0))
    }

    /// The lines of families then that `is_wanted` picks, and the pedigrees of these families.
    ///
    /// # Errors
    /// A family file cannot be read.
    pub(super) fn families(
        &self,
        is_wanted: impl Fn(&FamilyMember) -> bool,
    ) -> Result<(Vec<FamilyMember>, FamilyPedigrees)> {
        let members: Vec<FamilyMember> =
            self.then.family_members()?.into_iter().filter(is_wanted).collect();
        let mut pedigrees = self.then.family_pedigrees()?;
        pedigrees.retain(|family, _| members.iter().any(|member| member.family_id == *family));
        Ok((members, pedigrees))
    }
}
