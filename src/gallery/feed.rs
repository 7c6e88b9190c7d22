//! Events of status feeds: what they change in the life of records, committed as one generation or not at all.
//!
//! Each event is kept with the record it is about, also where it changes nothing, with its source. An event that
//! is there already (same record, event, day and source) is passed over, so a feed may come twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use jiff::civil::Date;

use super::commit::{next_generation, retried, write_events, write_families};
use super::manifest::{self, Manifest};
use super::status::{self, StatusTable};
use super::{MemberKey, finger_segment, ids, segment};
use crate::column::status::{News, StatusChange, StatusEvent};
use crate::domain::family::FamilyMember;
use crate::domain::finger_record::FingerRecord;
use crate::domain::life_event::{ReportedEvent, Subject};
use crate::domain::record::DnaRecord;
use crate::error::Result;
use crate::law::finger_retention;
use crate::law::life_event::{self, Effect, on_fingers, on_genomic};
use crate::law::retention::Retention;

/// An event that cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its place among the events given.
    pub place: usize,
    /// The rule it breaks.
    pub rule: String,
    /// What to do.
    pub help: &'static str,
}

/// What a feed did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Generation after the commit; unchanged if nothing was new.
    pub generation: u64,
    /// Events recorded, one per record concerned.
    pub events: u64,
    /// Of these, those that moved the last day kept.
    pub retentions: u64,
    /// Of these, those from which no date follows yet: the day of birth is not known.
    pub undated: u64,
    /// Events that changed nothing, by reason.
    pub noted: BTreeMap<String, u64>,
    /// Families whose case was closed.
    pub families_closed: u64,
    /// Events that were there already.
    pub known: u64,
    /// Events that cannot be taken in.
    pub refused: Vec<Refused>,
}

/// Takes in `events` in their order; with `keep_good` also if some are refused, without it only if none is.
///
/// # Errors
/// The gallery cannot be read or written, or other processes kept committing first.
pub fn record(root: &Path, events: &[ReportedEvent], keep_good: bool) -> Result<Recorded> {
    retried(|| try_record(root, events, keep_good))
}

/// What [`record`] would do, without doing it.
///
/// # Errors
/// The gallery cannot be read.
pub fn examine(root: &Path, events: &[ReportedEvent]) -> Result<Recorded> {
    let (manifest, present) = next_generation(root)?;
    let mut state = State::read(root, &manifest, events)?;
    state.take_in_all(events);
    Ok(Recorded { generation: present, ..state.done })
}

fn try_record(root: &Path, events: &[ReportedEvent], keep_good: bool) -> Result<Recorded> {
    let (mut next, present) = next_generation(root)?;
    let mut state = State::read(root, &next, events)?;
    state.take_in_all(events);
    let State { mut done, changes, closed, .. } = state;
    done.generation = present;
    let is_refused = !done.refused.is_empty() && !keep_good;
    if is_refused || changes.len() + closed.len() == 0 {
        return Ok(done);
    }
    if !closed.is_empty() {
        next.families.push(write_families(root, &closed, next.generation)?);
    }
    if !changes.is_empty() {
        next.statuses.push(write_events(root, &changes, next.generation)?);
    }
    manifest::commit(root, &next)?;
    done.generation = next.generation;
    Ok(done)
}

/// A record that an event is about.
enum Held {
    Genomic(DnaRecord),
    Fingers(FingerRecord),
}

impl Held {
    fn effect(&self, event: &ReportedEvent) -> Effect {
        let (what, on, born_on) = (event.event, event.on, event.born_on);
        match self {
            Held::Genomic(r) => on_genomic(r.index, what, on, r.registered_on, born_on),
            Held::Fingers(r) => on_fingers(r.register, what, on, r.registered_on, born_on),
        }
    }

    fn supersedes(&self, incoming: Retention<'_>, in_force: Retention<'_>) -> bool {
        match self {
            Held::Genomic(r) => life_event::supersedes(r.index, incoming, in_force),
            Held::Fingers(r) => finger_retention::supersedes(r.register, incoming, in_force),
        }
    }

    fn stated(&self) -> Retention<'_> {
        match self {
            Held::Genomic(r) => Retention { until: r.retain_until, rule: &r.retain_rule },
            Held::Fingers(r) => Retention { until: r.retain_until, rule: &r.retain_rule },
        }
    }
}

/// The present state, as far as the events are about it, and what they change.
struct State {
    records: HashMap<String, Held>,
    of_person: BTreeMap<String, Vec<String>>,
    /// The latest line about each relative.
    members: BTreeMap<MemberKey, FamilyMember>,
    /// Retention in force of each record.
    in_force: HashMap<String, (Option<Date>, String)>,
    known: HashSet<(String, News)>,
    at: String,
    changes: Vec<StatusEvent>,
    closed: Vec<FamilyMember>,
    done: Recorded,
}

impl State {
    fn read(root: &Path, manifest: &Manifest, events: &[ReportedEvent]) -> Result<State> {
        let members = super::latest_members(root, manifest)?;
        let mut of_person: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut wanted: HashSet<String> = HashSet::new();
        let mut persons: HashSet<&str> = HashSet::new();
        for event in events {
            match &event.subject {
                Subject::Record(id) => drop(wanted.insert(id.clone())),
                Subject::Person(person) if event.event.closes_a_search() => {
                    let of_case = members.values().filter(|m| m.missing_person_id == *person);
                    wanted.extend(of_case.map(|m| m.relative_record_id.clone()));
                }
                Subject::Person(person) => drop(persons.insert(person)),
            }
        }
        let dna = manifest.segments.iter().map(|s| &s.records);
        let fingers = manifest.finger_segments.iter().map(|s| &s.records);
        for (id, person) in ids::of_persons(root, dna.chain(fingers), &persons)? {
            of_person.entry(person).or_default().push(id.clone());
            wanted.insert(id);
        }
        let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        let dna = segment::find_records(root, &manifest.segments, &wanted)?;
        let fingers = finger_segment::find_records(root, &manifest.finger_segments, &wanted)?;
        let dna = dna.into_iter().map(|(id, r)| (id, Held::Genomic(r)));
        let fingers = fingers.into_iter().map(|(id, r)| (id, Held::Fingers(r)));
        let records: HashMap<String, Held> = dna.chain(fingers).collect();
        let all = status::events(root, manifest)?;
        let statuses = StatusTable::of(all.iter().cloned());
        let in_force = records.iter().map(|(id, held)| {
            let kept = statuses.in_force(id, held.stated());
            (id.clone(), (kept.until, kept.rule.to_owned()))
        });
        let in_force = in_force.collect();
        let known = all.into_iter().filter_map(|event| Some((event.record_id, event.news?)));
        Ok(State {
            records,
            of_person,
            members,
            in_force,
            known: known.collect(),
            at: manifest.committed_at.clone(),
            changes: Vec::new(),
            closed: Vec::new(),
            done: Recorded::default(),
        })
    }

    fn take_in_all(&mut self, events: &[ReportedEvent]) {
        for (place, event) in events.iter().enumerate() {
            self.take_in(place, event);
        }
    }

    fn take_in(&mut self, place: usize, event: &ReportedEvent) {
        let refused = match &event.subject {
            Subject::Record(id) => self.on_record(id, event),
            Subject::Person(person) if event.event.closes_a_search() => {
                self.on_search(person, event)
            }
            Subject::Person(person) => self.on_person(person, event),
        };
        if let Err((rule, help)) = refused {
            self.done.refused.push(Refused { place, rule, help });
        }
    }

    fn on_record(
        &mut self,
        id: &str,
        event: &ReportedEvent,
    ) -> std::result::Result<(), (String, &'static str)> {
        let Some(held) = self.records.get(id) else {
            let help = "check the identifier; `tanba gallery info` shows what the gallery holds";
            return Err(("an event is about a record of the gallery".into(), help));
        };
        match held.effect(event) {
            Effect::Unfit(reason) => {
                let rule = format!("an event fits the category of its record: {reason}");
                Err((rule, "correct the event or the record it names"))
            }
            effect => {
                self.apply(id, event, effect);
                Ok(())
            }
        }
    }

    /// What is reported of a person concerns every record of that person; those it does not fit stay as they are.
    fn on_person(
        &mut self,
        person: &str,
        event: &ReportedEvent,
    ) -> std::result::Result<(), (String, &'static str)> {
        let records = self.of_person.get(person).cloned().unwrap_or_default();
        let effects: Vec<(String, Effect)> = records
            .into_iter()
            .filter_map(|id| self.records.get(&id).map(|held| (id.clone(), held.effect(event))))
            .filter(|(_, effect)| !matches!(effect, Effect::Unfit(_)))
            .collect();
        if effects.is_empty() {
            let help = "check the personal identifier and the event; give record_id for one record";
            return Err(("an event is about a person of the gallery".into(), help));
        }
        for (id, effect) in effects {
            self.apply(&id, event, effect);
        }
        Ok(())
    }

    /// Closes the families that look for `person` and ends the records of relatives whom no other family needs.
    fn on_search(
        &mut self,
        person: &str,
        event: &ReportedEvent,
    ) -> std::result::Result<(), (String, &'static str)> {
        let of_case = self.members.values().filter(|m| m.missing_person_id == person);
        let of_case: Vec<FamilyMember> = of_case.cloned().collect();
        if of_case.is_empty() {
            let help =
                "give the identifier of the missing person in the special record as person_id";
            return Err(("a family of the gallery looks for the missing person".into(), help));
        }
        let open = of_case.iter().filter(|m| m.case_open);
        let families: HashSet<&str> = open.map(|m| m.family_id.as_str()).collect();
        self.done.families_closed += families.len() as u64;
        for member in of_case.iter().filter(|m| m.case_open) {
            let closed = FamilyMember { case_open: false, ..member.clone() };
            self.members.insert(super::member_key(&closed), closed.clone());
            self.closed.push(closed);
        }
        let relatives: HashSet<&str> =
            of_case.iter().map(|m| m.relative_record_id.as_str()).collect();
        let mut relatives: Vec<&str> = relatives.into_iter().collect();
        relatives.retain(|id| self.records.contains_key(*id));
        relatives.sort_unstable();
        for id in relatives {
            let mut lines = self.members.values().filter(|m| m.relative_record_id == id);
            let effect = if lines.any(|m| m.case_open) {
                Effect::Noted("another family still looks for its missing person (L40 29(3))")
            } else {
                Effect::Retention(life_event::search_ended(event.on))
            };
            self.apply(id, event, effect);
        }
        Ok(())
    }

    fn apply(&mut self, id: &str, event: &ReportedEvent, effect: Effect) {
        let news = News { event: event.event, on: event.on, source: event.source.clone() };
        let (Some(held), Some((until, rule))) = (self.records.get(id), self.in_force.get(id))
        else {
            return;
        };
        let in_force = Retention { until: *until, rule };
        let is_known = !self.known.insert((id.to_owned(), news.clone()));
        // A line that comes again with the date of birth it lacked completes what the first one left open.
        let completes = matches!(effect, Effect::Retention(kept) if until.is_none()
            && kept.until.is_some() && held.supersedes(kept, in_force));
        if is_known && !completes {
            self.done.known += 1;
            return;
        }
        let (change, reason) = match effect {
            Effect::Retention(kept) if held.supersedes(kept, in_force) => {
                (StatusChange::Retention(kept.until), kept.rule)
            }
            Effect::Retention(_) => {
                (StatusChange::Noted, "does not supersede the term in force (L40 15, 23(3), 29)")
            }
            Effect::Noted(reason) | Effect::Unfit(reason) => (StatusChange::Noted, reason),
        };
        self.done.events += 1;
        if let StatusChange::Retention(until) = change {
            self.done.retentions += 1;
            self.done.undated += u64::from(until.is_none());
            self.in_force.insert(id.to_owned(), (until, reason.to_owned()));
        } else {
            *self.done.noted.entry(reason.to_owned()).or_default() += 1;
        }
        self.changes.push(StatusEvent {
            record_id: id.to_owned(),
            change,
            reason: reason.to_owned(),
            at: self.at.clone(),
            news: Some(news),
        });
    }
}
