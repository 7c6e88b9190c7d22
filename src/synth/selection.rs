//! Who is in the registry: a plan of records, before anything is typed.
//!
//! Twins, families of missing persons and corpses are planted first, then convicts by clan (crime runs
//! in families, and relatives among convicts make the tail of near matches), then double
//! registrations and traces.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::options::SynthOptions;
use super::pedigree::{DAYS_PER_YEAR, Pedigree};
use super::stream::{Purpose, stream};
use super::truth::RecordKind;
use crate::domain::category::Index;
use crate::domain::relation::Kinship;
use crate::error::{Error, Result};

/// Convicts are registered from this many days before the registry's day, and traces too.
const REGISTERED_DAYS: std::ops::Range<u32> = 366..5 * DAYS_PER_YEAR;
/// Corpses and relatives are recorded in the last year.
const LAST_YEAR_DAYS: std::ops::Range<u32> = 1..365;
/// Records whose 25 years are over.
const EXPIRED_DAYS: std::ops::Range<u32> = 26 * DAYS_PER_YEAR..30 * DAYS_PER_YEAR;
/// Age of convicts whose retention has ended: safely over 100 calendar years.
const EXPIRED_AGE_DAYS: std::ops::Range<u32> = 101 * DAYS_PER_YEAR..105 * DAYS_PER_YEAR;
/// A convict is at least 18 on the earliest day of registration.
const ADULT_DAYS: u32 = (18 + 5) * DAYS_PER_YEAR;
/// Share of clans where convictions run in the family, and how much more and less than the mean
/// each kind of clan has: 0.25 × 2.2 + 0.75 × 0.6 = 1.
const BURDENED_CLANS: f64 = 0.25;
const BURDENED_FACTOR: f64 = 2.2;
const OTHER_FACTOR: f64 = 0.6;

/// Parts of 100 of the corpse records, and of 100 of the families: what is planted.
const CORPSES_MISSING_PERCENT: u32 = 35;
const CORPSES_CONVICT_PERCENT: u32 = 25;
const CORPSE_PARTS_PERCENT: u32 = 10;
const FAMILIES_FOUND_PERCENT: u32 = 60;
/// Every so many families have a closed case, every so many relatives gave no consent.
const CLOSED_CASE_EVERY: usize = 20;
const NO_CONSENT_EVERY: usize = 25;

/// One record to be typed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) person: u32,
    pub(super) kind: RecordKind,
    pub(super) expired: bool,
    pub(super) older_kit: bool,
    /// Registered this many days before the registry's day.
    pub(super) registered_days: u32,
    /// Day of birth is known, as the age in days.
    pub(super) age_days: Option<u32>,
    /// Place among double registrations, which have identifiers of their own.
    pub(super) double: Option<u32>,
}

/// One family: the missing person and places of its relatives among the relative drafts.
#[derive(Debug, Clone)]
pub(super) struct FamilyDraft {
    pub(super) missing: u32,
    pub(super) case_open: bool,
    pub(super) members: Vec<MemberDraft>,
}

/// One typed relative.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemberDraft {
    pub(super) kinship: Kinship,
    pub(super) relative: usize,
    pub(super) consent: bool,
}

/// The plan of a registry.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) convicts: Vec<Draft>,
    pub(super) traces: Vec<Draft>,
    pub(super) corpses: Vec<Draft>,
    pub(super) relatives: Vec<Draft>,
    pub(super) families: Vec<FamilyDraft>,
}

impl Selection {
    /// The drafts of `index`.
    pub(super) fn drafts(&self, index: Index) -> &[Draft] {
        match index {
            Index::Convict => &self.convicts,
            Index::Trace => &self.traces,
            Index::Corpse => &self.corpses,
            Index::Relative => &self.relatives,
        }
    }
}

/// Chooses who is in the registry.
///
/// # Errors
/// There are too few persons for the counts asked.
pub(super) fn select(options: &SynthOptions, pedigree: &Pedigree) -> Result<Selection> {
    let mut selector = Selector {
        options,
        pedigree,
        rng: stream(options.seed, Purpose::Selection, 0),
        dead: vec![false; pedigree.people.len()],
        convict: vec![false; pedigree.people.len()],
        selection: Selection::default(),
    };
    selector.families()?;
    let expired_convicts = selector.centenarians()?;
    selector.convicts(&expired_convicts);
    selector.corpses()?;
    selector.double_registrations()?;
    selector.traces(&expired_convicts)?;
    let Selector { mut selection, mut rng, .. } = selector;
    // Numbers are given in this order; planted pairs must not stand side by side.
    selection.convicts.shuffle(&mut rng);
    selection.traces.shuffle(&mut rng);
    selection.corpses.shuffle(&mut rng);
    Ok(selection)
}

struct Selector<'a> {
    options: &'a SynthOptions,
    pedigree: &'a Pedigree,
    rng: ChaCha8Rng,
    /// Missing persons and corpses.
    dead: Vec<bool>,
    convict: Vec<bool>,
    selection: Selection,
}

impl Selector<'_> {
    /// One missing person in each of `families` clans, with one to four living relatives.
    fn families(&mut self) -> Result<()> {
        let mut clans = self.pedigree.clans.clone();
        clans.shuffle(&mut self.rng);
        for clan in clans {
            if self.selection.families.len() == self.options.families as usize {
                break;
            }
            let missing = self.rng.random_range(clan);
            let relatives = self.pedigree.relatives(missing);
            if !relatives.is_empty() {
                self.dead[missing as usize] = true;
                self.add_family(missing, &relatives);
            }
        }
        enough("families", self.selection.families.len(), self.options.families)
    }

    /// Types one to four of `relatives`, the closest first as L40 18(2) asks, some being out of reach.
    fn add_family(&mut self, missing: u32, relatives: &[(Kinship, u32)]) {
        let wanted = self.rng.random_range(1..=4usize);
        let mut chosen: Vec<(Kinship, u32)> =
            relatives.iter().copied().filter(|_| self.rng.random_bool(0.6)).take(wanted).collect();
        if chosen.is_empty() {
            chosen.extend(relatives.first());
        }
        let family = self.selection.families.len();
        let several = chosen.len() > 1;
        let members = chosen
            .into_iter()
            .map(|(kinship, person)| {
                let relative = self.selection.relatives.len();
                let draft = self.draft(person, RecordKind::Relative, LAST_YEAR_DAYS);
                self.selection.relatives.push(draft);
                // A family with one relative keeps its consent: it would not be a family otherwise.
                let consent = !(several && relative % NO_CONSENT_EVERY == NO_CONSENT_EVERY - 1);
                MemberDraft { kinship, relative, consent }
            })
            .collect();
        let case_open = family % CLOSED_CASE_EVERY != CLOSED_CASE_EVERY - 1;
        self.selection.families.push(FamilyDraft { missing, case_open, members });
    }

    /// Living male founders without parents, to be convicts of over 100 years.
    fn centenarians(&mut self) -> Result<Vec<u32>> {
        let mut eldest: Vec<u32> = self
            .pedigree
            .clans
            .iter()
            .map(|clan| clan.start)
            .filter(|person| !self.dead[*person as usize])
            .collect();
        eldest.shuffle(&mut self.rng);
        eldest.truncate(self.options.expired as usize);
        enough("convicts over 100 years", eldest.len(), self.options.expired)?;
        Ok(eldest)
    }

    fn convicts(&mut self, expired: &[u32]) {
        for person in expired {
            self.convict[*person as usize] = true;
            let mut draft = self.draft(*person, RecordKind::Registration, REGISTERED_DAYS);
            draft.expired = true;
            draft.age_days = Some(self.rng.random_range(EXPIRED_AGE_DAYS));
            self.selection.convicts.push(draft);
        }
        // Half of the twin pairs are convicts both: the program must report them.
        let mut twins_left = self.options.twin_pairs.div_ceil(2);
        let mut forced = vec![false; self.pedigree.people.len()];
        for (person, entry) in self.pedigree.people.iter().enumerate() {
            let Some(twin) = entry.twin_of.filter(|_| twins_left > 0) else { continue };
            if entry.age_days >= ADULT_DAYS && !self.dead[person] && !self.dead[twin as usize] {
                forced[person] = true;
                forced[twin as usize] = true;
                twins_left -= 1;
            }
        }
        for clan in &self.pedigree.clans {
            let burdened = self.rng.random_bool(BURDENED_CLANS);
            let factor = if burdened { BURDENED_FACTOR } else { OTHER_FACTOR };
            let share = (self.options.convict_share * factor).min(1.0);
            for person in clan.clone() {
                let drawn = self.rng.random_bool(share);
                let place = person as usize;
                let adult = self.pedigree.person(person).age_days >= ADULT_DAYS;
                if !adult || self.dead[place] || self.convict[place] || !(drawn || forced[place]) {
                    continue;
                }
                self.convict[place] = true;
                let mut draft = self.draft(person, RecordKind::Registration, REGISTERED_DAYS);
                draft.older_kit = self.rng.random_bool(self.options.older_kit_share);
                self.selection.convicts.push(draft);
            }
        }
    }

    /// Missing persons who are found, convicts, nobody's, and further parts of these bodies.
    fn corpses(&mut self) -> Result<()> {
        let total = self.options.corpses;
        let parts = percent(total, CORPSE_PARTS_PERCENT);
        let missing = percent(total, CORPSES_MISSING_PERCENT)
            .min(percent(self.options.families, FAMILIES_FOUND_PERCENT));
        let convicts = percent(total, CORPSES_CONVICT_PERCENT);
        let mut persons: Vec<u32> = self
            .selection
            .families
            .iter()
            .map(|family| family.missing)
            .take(missing as usize)
            .collect();
        let convicted = self.take_persons(convicts, true);
        enough("convicts to be found dead", convicted.len(), convicts)?;
        enough("corpses of convicts to expire", convicted.len(), self.options.expired)?;
        let others = total - parts - missing - convicts;
        let nobodys = self.take_persons(others, false);
        enough("persons to be found dead", nobodys.len(), others)?;
        for person in convicted.iter().take(self.options.expired as usize) {
            let mut draft = self.draft(*person, RecordKind::Corpse, EXPIRED_DAYS);
            draft.expired = true;
            self.selection.corpses.push(draft);
        }
        persons.extend(convicted.into_iter().skip(self.options.expired as usize));
        persons.extend(nobodys);
        for person in &persons {
            let degraded = self.rng.random_bool(0.2);
            let kind = if degraded { RecordKind::CorpseDegraded } else { RecordKind::Corpse };
            let draft = self.draft(*person, kind, LAST_YEAR_DAYS);
            self.selection.corpses.push(draft);
        }
        let bodies: Vec<u32> =
            persons.choose_multiple(&mut self.rng, parts as usize).copied().collect();
        enough("bodies to be found in parts", bodies.len(), parts)?;
        for person in bodies {
            let draft = self.draft(person, RecordKind::CorpsePart, LAST_YEAR_DAYS);
            self.selection.corpses.push(draft);
        }
        Ok(())
    }

    /// Up to `count` living persons who are convicts or not; they are dead then. Relatives of missing
    /// persons and convicts over 100 are left alone.
    fn take_persons(&mut self, count: u32, convicts: bool) -> Vec<u32> {
        let mut keep = self.dead.clone();
        for draft in self
            .selection
            .relatives
            .iter()
            .chain(self.selection.convicts.iter().filter(|c| c.expired))
        {
            keep[draft.person as usize] = true;
        }
        let candidates: Vec<u32> = (0..self.options.persons)
            .filter(|person| !keep[*person as usize] && self.convict[*person as usize] == convicts)
            .collect();
        let taken: Vec<u32> =
            candidates.choose_multiple(&mut self.rng, count as usize).copied().collect();
        for person in &taken {
            self.dead[*person as usize] = true;
        }
        taken
    }

    fn double_registrations(&mut self) -> Result<()> {
        let wanted = self.options.double_registrations;
        let persons: Vec<u32> =
            self.selection.convicts.iter().filter(|c| !c.expired).map(|c| c.person).collect();
        let chosen: Vec<u32> =
            persons.choose_multiple(&mut self.rng, wanted as usize).copied().collect();
        enough("convicts to register twice", chosen.len(), wanted)?;
        let kinds = [
            RecordKind::DoubleRegistration,
            RecordKind::DoubleRegistrationTypingError,
            RecordKind::DoubleRegistrationOlderKit,
        ];
        for (number, (person, kind)) in
            chosen.into_iter().zip(kinds.into_iter().cycle()).enumerate()
        {
            let mut draft = self.draft(person, kind, REGISTERED_DAYS);
            draft.double = Some(number as u32);
            self.selection.convicts.push(draft);
        }
        Ok(())
    }

    fn traces(&mut self, expired_convicts: &[u32]) -> Result<()> {
        let total = self.options.traces as usize;
        let planted = 2 * expired_convicts.len();
        if total < planted {
            return enough("traces to plant expired records", total, planted as u32);
        }
        let convicts: Vec<u32> =
            self.selection.convicts.iter().filter(|c| !c.expired).map(|c| c.person).collect();
        let bodies: Vec<u32> =
            self.selection.corpses.iter().filter(|c| !c.expired).map(|c| c.person).collect();
        let unknown: Vec<u32> = (0..self.options.persons)
            .filter(|p| !self.convict[*p as usize] && !self.dead[*p as usize])
            .collect();
        for person in expired_convicts {
            self.add_trace(*person, false);
        }
        for _ in 0..expired_convicts.len() {
            let person = convicts.choose(&mut self.rng).copied();
            let Some(person) = person else { return enough("convicts who left traces", 0, 1) };
            self.add_trace(person, true);
        }
        let mut previous = None;
        for _ in planted..total {
            let pool = match self.rng.random_range(0..100u32) {
                0..20 => &[][..],
                20..65 => &convicts[..],
                65..70 => &bodies[..],
                _ => &unknown[..],
            };
            // An empty pool means: the same person as the last crime, or anybody.
            let person = pool
                .choose(&mut self.rng)
                .copied()
                .or(previous)
                .unwrap_or_else(|| self.rng.random_range(0..self.options.persons));
            previous = Some(person);
            self.add_trace(person, false);
        }
        Ok(())
    }

    fn add_trace(&mut self, person: u32, expired: bool) {
        let kind = match self.rng.random_range(0..100u32) {
            0..30 => RecordKind::TraceFull,
            30..55 => RecordKind::TracePartial,
            55..75 => RecordKind::TraceDegraded,
            75..90 => RecordKind::TraceDropOut,
            _ => RecordKind::TraceDropIn,
        };
        let days = if expired { EXPIRED_DAYS } else { REGISTERED_DAYS };
        let mut draft = self.draft(person, kind, days);
        draft.expired = expired;
        self.selection.traces.push(draft);
    }

    fn draft(&mut self, person: u32, kind: RecordKind, days: std::ops::Range<u32>) -> Draft {
        let is_convict = matches!(
            kind,
            RecordKind::Registration
                | RecordKind::DoubleRegistration
                | RecordKind::DoubleRegistrationOlderKit
                | RecordKind::DoubleRegistrationTypingError
        );
        Draft {
            person,
            kind,
            expired: false,
            older_kit: false,
            registered_days: self.rng.random_range(days),
            age_days: is_convict.then(|| self.pedigree.person(person).age_days),
            double: None,
        }
    }
}

fn percent(of: u32, parts: u32) -> u32 {
    (u64::from(of) * u64::from(parts) / 100) as u32
}

/// Refuses a registry that cannot have what was asked.
fn enough(what: &str, found: usize, wanted: u32) -> Result<()> {
    if found >= wanted as usize {
        return Ok(());
    }
    Err(Error::usage(
        format!("{wanted} {what} are asked; there are {found}"),
        "ask for more persons, or for fewer of these",
    ))
}
