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

/// Checks every probe of `index` against the gallery and the law, as of `day`.
///
/// # Errors
/// [`Error::Refused`] for a blocked or expired probe and for a relative's record under another
/// index; a usage error where the id names another record; the gallery cannot be read.
pub fn check(
    gallery: &Gallery,
    statuses: &StatusTable,
    index: Index,
    probes: &[DnaRecord],
    day: Date,
) -> Result<()> {
    let ids: HashSet<&str> = probes.iter().map(|p| p.record_id.as_str()).collect();
    let stored = gallery.find_records(&ids)?;
    for probe in probes {
        let record = stored.get(&probe.record_id);
        if let Some(record) = record {
            check_same(probe, record, index)?;
        }
        let retain_until = record.unwrap_or(probe).retain_until;
        let (rule, article) = match absence(&probe.record_id, retain_until, statuses, day) {
            None => continue,
            Some(Absence::Blocked) => {
                ("a blocked record takes part in no search (L40 9(2))", "L40 9(2)")
            }
            Some(Absence::Expired) => (
                "a record takes part in no search after its retention has ended (L40 29)",
                "L40 29",
            ),
        };
        return Err(Error::Refused {
            what: format!("searching record {}", probe.record_id),
            rule: rule.into(),
            article,
            help: "leave the record out of the probe file".into(),
        });
    }
    Ok(())
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
