//! `tanba search` of fingerprints: the impressions of a file, or records of the gallery itself.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::begin;
use super::common::{device, parameters};
use super::run::{Night, ReadySearches};
use super::search::{Asked, SearchArgs, finish};
use super::ui::{Outcome, Ui};
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::finger_segment::FingerSegment;
use crate::ident::content_id;
use crate::import::finger::intake::{FingerOptions, import_fingers};
use crate::law::access::Sight;
use crate::law::finger_purpose::Policy;
use crate::plan::finger_job::{FingerSearchSpec, Holdings, ad_hoc_finger_searches, within_owner};
use crate::plan::finger_side::FingerSide;
use crate::plan::search::Sides;
use crate::run::{finger_probes, load};

/// Probes of one register and owner.
pub(super) struct Probes {
    register: Register,
    /// Authority that owns them, where they are records of the gallery.
    owner: Option<String>,
    pub(super) records: Vec<FingerRecord>,
    /// Identity of what is searched.
    hash: String,
}

/// Runs the search.
pub(super) fn run(args: &SearchArgs, asked: &mut Asked<'_>, ui: &Ui) -> Result<Outcome> {
    let started = Instant::now();
    let table = args.population.table()?;
    let day = begin::day(asked.begin, args.rule.as_of)?;
    let mut parameters = parameters(&args.population, &args.rule, &table, day)?;
    let gallery = begin::gallery(asked.begin, &args.gallery)?;
    let gallery = begin::set_aside(gallery, args.rule.without_broken, &mut parameters, ui);
    let mut probes = match (&args.probe, args.probe_register) {
        (Some(path), Some(register)) => of_file(path, register, day, ui)?,
        (Some(_), None) => {
            return Err(Error::usage(
                "a file of fingerprints needs its register",
                "add --probe-register, such as --probe-register trace",
            ));
        }
        (None, register) => of_gallery(&args.record, register, &gallery)?,
    };
    let policy = Policy { across_owners: parameters.across_owners };
    let holdings = Holdings::of(&gallery.manifest().finger_segments);
    let is_positioned = finger_probes::are_positioned(&probes.records);
    let specs =
        ad_hoc_finger_searches(probes.register, &args.registers, &holdings, policy, is_positioned)?;
    let specs = match &probes.owner {
        Some(owner) => within_owner(specs, owner, &holdings, policy, !args.registers.is_empty())?,
        None => specs,
    };
    if specs.is_empty() {
        return Err(Error::usage(
            "the gallery holds no fingerprints this probe may be searched in",
            "look at them with `tanba gallery info`",
        ));
    }
    let sight = |spec: &FingerSearchSpec| Sight::Fingers(spec.probe, spec.gallery);
    let specs = asked.permit.keep(specs, !args.registers.is_empty(), sight, ui)?;
    let statuses = gallery.statuses()?;
    let register = probes.register;
    let records = &mut probes.records;
    let mut admitted = finger_probes::admit(&gallery, &statuses, register, records, day)?;
    if args.probe.is_none() {
        // Named by --record: that they are in the gallery is what was asked for.
        admitted.enrolled.clear();
    }
    admitted.lines().iter().for_each(|line| ui.warn(line));
    let owner = probes.owner.as_deref().unwrap_or("ad-hoc");
    let segment = FingerSegment::in_memory(register, owner, &probes.records)?;
    let mut finger_sides = load::finger_sides(&gallery, &specs, false, day)?;
    let side = FingerSide::new(vec![Arc::new(segment)], &statuses, day);
    finger_sides.ad_hoc_probes = Some(Arc::new(side));
    let night = Night { sweeps: &[], parameters: &parameters, table: &table, since: None };
    let ready = ReadySearches {
        sides: Sides::default(),
        searches: Vec::new(),
        finger_searches: night.ready_fingers(&specs, &finger_sides, &device()?),
        finger_sides,
        holdings,
        changed: Vec::new(),
    };
    finish(args, &night, &gallery, &probes.hash, (ready, started), asked, ui)
}

/// The records of a file or of a list of files.
///
/// # Errors
/// The file cannot be read, anything of it is refused, or it holds no template.
pub(super) fn of_file(
    path: &Path,
    register: Register,
    day: jiff::civil::Date,
    ui: &Ui,
) -> Result<Probes> {
    let options = FingerOptions {
        register,
        owner: "ad-hoc".into(),
        registered_on: day,
        today: day,
        format: None,
        partial: false,
    };
    let imported = import_fingers(path, &options)?;
    for warning in &imported.warnings {
        ui.warn(warning.to_string());
    }
    if let Some(first) = imported.rejections.into_iter().next() {
        return Err(first.into());
    }
    if imported.records.is_empty() {
        return Err(Error::usage(
            format!("{} holds no fingerprints", path.display()),
            "give a file with at least one template",
        ));
    }
    Ok(Probes { register, owner: None, records: imported.records, hash: imported.file_hash })
}

/// Records of the gallery, all of one register and owner.
fn of_gallery(ids: &[String], register: Option<Register>, gallery: &Gallery) -> Result<Probes> {
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let found = gallery.find_finger_records(&wanted)?;
    if let Some(missing) = ids.iter().find(|id| !found.contains_key(*id)) {
        return Err(Error::usage(
            format!("the gallery holds no fingerprint record {missing}"),
            "check the id; genomic records are searched from their file",
        ));
    }
    let mut records: Vec<FingerRecord> = found.into_values().collect();
    records.sort_by(|a, b| a.record_id.cmp(&b.record_id));
    let Some(first) = records.first() else {
        return Err(Error::usage("no record is named", "give --record with an id"));
    };
    let (of, owner) = (first.register, first.owner.clone());
    let is_other = |record: &&FingerRecord| record.register != of || record.owner != owner;
    if let Some(other) = records.iter().find(is_other) {
        return Err(Error::usage(
            format!("{} and {} are of different registers", first.record_id, other.record_id),
            "search the records of one register and owner at a time",
        ));
    }
    if register.is_some_and(|register| register != of) {
        return Err(Error::usage(
            format!("{} is a {of} record", first.record_id),
            "leave --probe-register out; the record says its register",
        ));
    }
    let parts = records.iter().map(|record| record.record_id.as_bytes());
    let hash = content_id("probe records", parts);
    Ok(Probes { register: of, owner: Some(owner), records, hash })
}
