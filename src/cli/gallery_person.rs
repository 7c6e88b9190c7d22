//! `tanba gallery person`: what is held on one person, for that person's request (L40 7(1), O228 140-143).

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::audit::{audited, event};
use super::common::today;
use super::place::place;
use super::ui::{Outcome, Ui};
use crate::audit::Asker;
use crate::column::status::StatusEvent;
use crate::error::{Error, Result};
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence};
use crate::language::{Message, category, message, word};
use crate::law::finger_retention::archived_until;
use crate::law::retention::Retention;

/// Arguments of `tanba gallery person`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba gallery person registry --person 000000001829\n\n\
Answers with records, registers, terms and events, never with biometrics. Exit code 1: nothing is held.")]
pub(super) struct PersonArgs {
    /// Directory of the gallery
    #[arg(value_name = "DIR|URL", value_parser = place())]
    gallery: PathBuf,
    /// Personal identifier of the biometric register; of a missing person that of the special record
    #[arg(long, value_name = "ID")]
    person: String,
}

/// What is held on a person.
/// The kind of a record of fingerprints.
const FINGERPRINT: &str = "fingerprint";

#[derive(Debug, Serialize)]
struct PersonReport {
    r#type: &'static str,
    person: String,
    generation: u64,
    as_of: String,
    records: Vec<RecordReport>,
    /// Families that look for the person.
    families: Vec<FamilyReport>,
}

/// One record.
#[derive(Debug, Serialize)]
struct RecordReport {
    record_id: String,
    kind: &'static str,
    category: &'static str,
    owner: String,
    case_id: Option<String>,
    registered_on: String,
    kept_until: Option<String>,
    rule: String,
    /// Last day in the archive, where the law has one (L40 15(2)).
    archived_until: Option<String>,
    takes_part: bool,
    state: &'static str,
    depersonalised: bool,
    /// What is held of the body, in numbers.
    content: Message,
    events: Vec<EventReport>,
    /// Families the record was given for.
    families: Vec<FamilyReport>,
    /// The files that the commit which brought it took in for this category and owner.
    imports: Vec<ImportedFile>,
}

#[derive(Debug, Serialize)]
struct EventReport {
    at: String,
    change: &'static str,
    retain_until: Option<String>,
    reason: String,
    event: Option<&'static str>,
    event_on: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Serialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FamilyReport {
    family_id: String,
    missing_person_id: String,
    case_open: bool,
}

#[derive(Debug, Serialize)]
struct ImportedFile {
    generation: u64,
    blake3: String,
}

/// What all records of the report are looked up in.
struct Sources<'g> {
    gallery: &'g Gallery,
    statuses: StatusTable,
    events: Vec<StatusEvent>,
    families: Vec<(String, FamilyReport)>,
}

/// Runs the verb.
pub(super) fn run(args: &PersonArgs, ui: &Ui) -> Result<Outcome> {
    if args.person.trim().is_empty() {
        return Err(Error::usage("an identifier is not empty", "give --person ID"));
    }
    let gallery = Gallery::open(&args.gallery)?;
    audited(&args.gallery, event("gallery person", Asker::default()), |account| {
        let report = report(&gallery, &args.person)?;
        account.count("records", report.records.len() as u64);
        tell(&report, ui);
        let is_nothing = report.records.is_empty() && report.families.is_empty();
        ui.document(&report);
        Ok(if is_nothing { Outcome::NoHits } else { Outcome::Done })
    })
}

fn report(gallery: &Gallery, person: &str) -> Result<PersonReport> {
    let members = gallery.family_members()?;
    let family = |m: &crate::domain::family::FamilyMember| FamilyReport {
        family_id: m.family_id.clone(),
        missing_person_id: m.missing_person_id.clone(),
        case_open: m.case_open,
    };
    let of_search = members.iter().filter(|m| m.missing_person_id == person).map(family);
    let of_search: BTreeSet<FamilyReport> = of_search.collect();
    let sources = Sources {
        gallery,
        statuses: gallery.statuses()?,
        events: gallery.status_events()?,
        families: members.iter().map(|m| (m.relative_record_id.clone(), family(m))).collect(),
    };
    let ids = gallery.records_of_person(person)?;
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut records = Vec::new();
    for record in gallery.find_records(&wanted)?.into_values() {
        let imports = gallery.manifest().imports.iter();
        let imports = imports.filter(|i| i.index == record.index && i.owner == record.owner);
        let imports = imports.map(|i| (i.generation, i.blake3.clone())).collect();
        records.push(sources.record(Held {
            kind: "genomic",
            category: record.index.name(),
            content: message!("gallery-loci", count = record.profile.len().to_string()),
            registered_on: record.registered_on.to_string(),
            stated: Retention { until: record.retain_until, rule: &record.retain_rule },
            record_id: record.record_id.clone(),
            owner: record.owner,
            case_id: record.case_id,
            imports,
        })?);
    }
    for record in gallery.find_finger_records(&wanted)?.into_values() {
        let imports = gallery.manifest().finger_imports.iter();
        let imports = imports.filter(|i| i.register == record.register && i.owner == record.owner);
        let imports = imports.map(|i| (i.generation, i.blake3.clone())).collect();
        records.push(sources.record(Held {
            kind: FINGERPRINT,
            category: record.register.name(),
            content: message!("gallery-impressions", count = record.templates.len().to_string()),
            registered_on: record.registered_on.to_string(),
            stated: Retention { until: record.retain_until, rule: &record.retain_rule },
            record_id: record.record_id.clone(),
            owner: record.owner,
            case_id: record.case_id,
            imports,
        })?);
    }
    records.sort_by(|a, b| a.record_id.cmp(&b.record_id));
    Ok(PersonReport {
        r#type: "gallery_person",
        person: person.to_owned(),
        generation: gallery.manifest().generation,
        as_of: today().to_string(),
        records,
        families: of_search.into_iter().collect(),
    })
}

/// A record of either kind.
struct Held<'a> {
    record_id: String,
    kind: &'static str,
    category: &'static str,
    owner: String,
    case_id: Option<String>,
    registered_on: String,
    stated: Retention<'a>,
    content: Message,
    imports: Vec<(u64, String)>,
}

impl Sources<'_> {
    fn record(&self, held: Held<'_>) -> Result<RecordReport> {
        let id = held.record_id.as_str();
        let kept = self.statuses.in_force(id, held.stated);
        let absent = absence(id, held.stated.until, &self.statuses, today());
        let archived = archived_until(kept);
        let state = match absent {
            None => "living",
            Some(Absence::Blocked) => "blocked",
            Some(Absence::Expired) if archived.is_some_and(|last| today() <= last) => "archived",
            Some(Absence::Expired) => "expired",
        };
        let events = self.events.iter().filter(|event| event.record_id == id);
        let families = self.families.iter().filter(|(relative, _)| relative == id);
        let came = self.gallery.generation_of(id)?;
        let imports = held.imports.into_iter().filter(|(generation, _)| Some(*generation) == came);
        Ok(RecordReport {
            kept_until: kept.until.map(|day| day.to_string()),
            rule: kept.rule.to_owned(),
            archived_until: archived.map(|day| day.to_string()),
            takes_part: absent.is_none(),
            state,
            depersonalised: self.statuses.is_depersonalised(id),
            events: events.map(event_report).collect(),
            families: families.map(|(_, family)| family.clone()).collect(),
            imports: imports
                .map(|(generation, blake3)| ImportedFile { generation, blake3 })
                .collect(),
            record_id: held.record_id,
            kind: held.kind,
            category: held.category,
            owner: held.owner,
            case_id: held.case_id,
            registered_on: held.registered_on,
            content: held.content,
        })
    }
}

fn event_report(event: &StatusEvent) -> EventReport {
    let news = event.news.as_ref();
    EventReport {
        at: event.at.clone(),
        change: event.change.name(),
        retain_until: event.change.retain_until().map(|day| day.to_string()),
        reason: event.reason.clone(),
        event: news.map(|news| news.event.name()),
        event_on: news.map(|news| news.on.to_string()),
        source: news.map(|news| news.source.clone()),
    }
}

fn tell(report: &PersonReport, ui: &Ui) {
    ui.say(message!(
        "gallery-person",
        person = &report.person,
        records = report.records.len().to_string(),
        generation = report.generation.to_string(),
        day = report.as_of.to_string(),
    ));
    report.records.iter().for_each(|record| tell_record(record, ui));
    for family in &report.families {
        let state = case(family.case_open);
        ui.say(message!("gallery-sought", family = &family.family_id, state = state));
    }
}

/// Whether the case of a family is open, in words.
fn case(is_open: bool) -> Message {
    Message::new(if is_open { "case-open" } else { "case-closed" })
}

fn tell_record(record: &RecordReport, ui: &Ui) {
    let below = |said: Message| ui.say(format!("  {said}"));
    ui.say(message!(
        "gallery-person-record",
        record = &record.record_id,
        kind = word("kind", record.kind),
        category = category(record.category, record.kind == FINGERPRINT),
        owner = &record.owner,
        day = &record.registered_on,
        state = word("record-state", record.state),
    ));
    let until = record.kept_until.as_ref().map(Message::from);
    let until = until.unwrap_or_else(|| message!("gallery-no-date"));
    below(message!("gallery-kept-until", day = until, rule = &record.rule));
    if let Some(last) = &record.archived_until {
        below(message!("gallery-archived", day = last));
    }
    below(message!("gallery-holds", content = record.content.clone()));
    if record.depersonalised {
        below(message!("gallery-depersonalised"));
    }
    for event in &record.events {
        let change = word("change", event.change);
        let news = match (event.event, &event.event_on, &event.source) {
            (Some(event), Some(on), Some(source)) => {
                let event = word("event", event);
                format!("{}: ", message!("gallery-event", event = event, day = on, source = source))
            }
            _ => String::new(),
        };
        ui.say(format!("  {} {change}: {news}{}", event.at, event.reason));
    }
    for family in &record.families {
        below(message!(
            "gallery-given-for",
            family = &family.family_id,
            person = &family.missing_person_id,
            state = case(family.case_open),
        ));
    }
    for import in &record.imports {
        let generation = import.generation.to_string();
        below(message!("gallery-imported", generation = generation, hash = &import.blake3));
    }
}
