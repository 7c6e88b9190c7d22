//! Ad-hoc probes of fingerprints: who may be one, and their impressions ready for comparison.
//!
//! As for profiles ([`super::probes`]), a probe that bears the id of a record in the gallery is that record:
//! it must be of the same register and hold the same templates, and be neither blocked nor expired.

use std::collections::HashSet;

use jiff::civil::Date;

use super::finger_compare::Placed;
use super::probes::Admitted;
use crate::domain::finger::{Position, Template};
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence, enrol};
use crate::kernel::minutia::Print;
use crate::plan::finger_side::place_of;

/// Checks every probe of `register` against the gallery and the law, as of `day`, and gives those that
/// are records of the gallery the retention they have there.
///
/// # Errors
/// [`Error::Refused`] where no probe is left; a usage error where the id names another record; the
/// gallery cannot be read.
pub fn admit(
    gallery: &Gallery,
    statuses: &StatusTable,
    register: Register,
    probes: &mut [FingerRecord],
    day: Date,
) -> Result<Admitted> {
    let ids: HashSet<&str> = probes.iter().map(|p| p.record_id.as_str()).collect();
    let stored = gallery.find_finger_records(&ids)?;
    let mut admitted = Admitted::default();
    let mut article = "";
    for probe in probes.iter_mut() {
        if let Some(record) = stored.get(&probe.record_id) {
            if record.register != register || record.templates != probe.templates {
                return Err(Error::usage(
                    format!(
                        "the gallery holds another record {}: register {}",
                        probe.record_id, record.register
                    ),
                    "give the probe an id of its own, or search the record itself with --record",
                ));
            }
            probe.retain_until = record.retain_until;
            admitted.enrolled.push(probe.record_id.clone());
        }
        if let Some((rule, broken)) = absent(probe, statuses, day) {
            article = broken;
            admitted
                .left_out
                .push(format!("record {} takes part in no search: {rule}", probe.record_id));
        }
    }
    if admitted.left_out.len() == probes.len() {
        return Err(Error::Refused {
            what: "this search".into(),
            rule: admitted.left_out.into_iter().next().unwrap_or_default(),
            article,
            help: "search a record that is neither blocked nor expired".into(),
        });
    }
    Ok(admitted)
}

/// Why a record takes part in nothing on `day`, with the article, if so.
pub fn absent(
    record: &FingerRecord,
    statuses: &StatusTable,
    day: Date,
) -> Option<(&'static str, &'static str)> {
    match absence(&record.record_id, record.retain_until, statuses, day)? {
        Absence::Blocked => Some(("it is blocked (L40 9(2))", "L40 9(2)")),
        Absence::Expired => Some(("its retention has ended (L40 15)", "L40 15")),
    }
}

/// Whether every probe has an impression whose finger or part of palm is known.
pub fn are_positioned(probes: &[FingerRecord]) -> bool {
    let is_known = |template: &Template| place_of(template.position).is_some();
    probes.iter().all(|probe| probe.templates.iter().any(is_known))
}

/// The impressions of one record or file, described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described(Vec<(Position, Print)>);

impl Described {
    /// Describes `templates`; those without minutiae cannot be compared and are left out.
    ///
    /// # Errors
    /// The geometry of a template is not that of a hand.
    pub fn of(templates: &[Template]) -> Result<Described> {
        let mut prints = Vec::with_capacity(templates.len());
        for template in templates {
            let minutiae = template.print().map_err(|error| {
                Error::usage(
                    format!("the {} impression: {error}", template.position),
                    "check the resolution that the file states",
                )
            })?;
            if !minutiae.is_empty() {
                prints.push((template.position, Print::of(&minutiae, enrol::projection()?)));
            }
        }
        Ok(Described(prints))
    }

    /// Whether nothing can be compared.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The impressions as they are compared.
    pub fn placed(&self) -> Vec<Placed<'_>> {
        self.0.iter().map(|(position, print)| (*position, print.view())).collect()
    }
}
