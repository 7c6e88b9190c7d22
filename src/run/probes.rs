//! Who may be an ad-hoc probe.
//!
//! A probe that bears the id of a record in the gallery is that record: it must have the record's
//! index and profile, and be neither blocked nor expired. Otherwise a file could carry a relative
//! into a search that the law forbids, or an ended record back into use. A probe with an id of its
//! own is taken at its word: this is a guard rail against mistakes, not against forgery.

use std::collections::HashSet;

use jiff::civil::Date;

use crate::domain::category::Index;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence};

/// What became of the probes of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admitted {
    /// A line for each probe that takes part in nothing because it is blocked or expired.
    pub left_out: Vec<String>,
    /// Identifiers of probes that are records of the gallery: they are not compared with themselves.
    pub enrolled: Vec<String>,
}

impl Admitted {
    /// Probes named in a line.
    const NAMED: usize = 3;

    /// Everything the operator should know before the hits.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.left_out.clone();
        if let Some((first, others)) = self.enrolled.split_first() {
            let named = others.iter().take(Self::NAMED - 1);
            let mut names = named.fold(first.clone(), |names, id| names + ", " + id);
            if self.enrolled.len() > Self::NAMED {
                names += ", …";
            }
            lines.push(format!(
                "probes that are records of this gallery, each not compared with itself: {} ({names})",
                self.enrolled.len()
            ));
        }
        lines
    }
}

/// Checks every probe of `index` against the gallery and the law, as of `day`, and gives those that
/// are records of the gallery the retention they have there.
///
/// # Errors
/// [`Error::Refused`] for a relative's record under another index, and where no probe is left; a
/// usage error where the id names another record; the gallery cannot be read.
pub fn admit(
    gallery: &Gallery,
    statuses: &StatusTable,
    index: Index,
    probes: &mut [DnaRecord],
    day: Date,
) -> Result<Admitted> {
    let ids: HashSet<&str> = probes.iter().map(|p| p.record_id.as_str()).collect();
    let stored = gallery.find_records(&ids)?;
    let mut admitted = Admitted::default();
    let mut article = "";
    for probe in probes.iter_mut() {
        if let Some(record) = stored.get(&probe.record_id) {
            check_same(probe, record, index)?;
            probe.retain_until = record.retain_until;
            admitted.enrolled.push(probe.record_id.clone());
        }
        let rule = match absence(&probe.record_id, probe.retain_until, statuses, day) {
            None => continue,
            Some(Absence::Blocked) => {
                article = "L40 9(2)";
                "it is blocked (L40 9(2))"
            }
            Some(Absence::Expired) => {
                article = "L40 29";
                "its retention has ended (L40 29)"
            }
        };
        admitted
            .left_out
            .push(format!("record {} takes part in no search: {rule}", probe.record_id));
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

fn check_same(probe: &DnaRecord, record: &DnaRecord, index: Index) -> Result<()> {
    let id = &probe.record_id;
    if record.index != index && record.index == Index::Relative {
        return Err(Error::Refused {
            what: format!("searching record {id} as a {index}"),
            rule:
                "it is the record of a relative of a missing citizen, whose genomic information is \
                   used only to establish identity by unidentified corpses (L40 28(2))"
                    .into(),
            article: "L40 28(2)",
            help: "relatives are searched by `tanba run missing-person` only".into(),
        });
    }
    if record.index != index || record.profile != probe.profile {
        return Err(Error::usage(
            format!("the gallery holds another record {id}: index {}", record.index),
            "give the probe an id of its own, or the index and profile the record has",
        ));
    }
    Ok(())
}
