//! Who is in a fingerprint registry, with which fingers: a plan of records, before any is pressed.
//!
//! Everything random about the plan comes from one stream in a fixed order, so the plan does not depend
//! on threads; the impressions have streams of their own.

use jiff::ToSpan;
use jiff::civil::Date;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::options::FingerRegistryOptions;
use super::truth::{FingerRecordKind, FingerTruthRecord, RecordedFingers};
use crate::domain::finger::Position;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::synth::assemble::person_id;
use crate::synth::pedigree::DAYS_PER_YEAR;
use crate::synth::stream::{Purpose, stream};

/// Probability that a person lacks one or two fingers for good.
const AMPUTATED: f64 = 0.005;
/// Probability that one or two fingers are bandaged on the day of registration.
const BANDAGED: f64 = 0.01;
/// Probability that a finger of a corpse can be printed.
const CORPSE_FINGER: f64 = 0.7;
/// Fingers of a corpse at least.
const CORPSE_FINGERS_LEAST: usize = 3;
/// Ages at registration: adults, so that no rule for children ends the record.
const YOUNGEST_YEARS: u32 = 18;
const OLDEST_YEARS: u32 = 75;
/// Registrations reach back so far.
const HISTORY_YEARS: u32 = 8;

/// One record to be made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub truth: FingerTruthRecord,
    pub person_id: Option<String>,
    pub case_id: Option<String>,
    pub registered_on: Date,
    pub born_on: Option<Date>,
    pub died_on: Option<Date>,
}

/// Plans the records: citizens, convicts, traces and corpses, each register ascending by id.
///
/// # Errors
/// The persons do not suffice for the counts asked, or a date leaves the calendar.
pub(super) fn select(options: &FingerRegistryOptions) -> Result<Vec<Draft>> {
    let mut rng = stream(options.seed, Purpose::FingerSelection, 0);
    let mut people: Vec<u32> = (0..options.persons).collect();
    people.shuffle(&mut rng);
    let convicts_count = (f64::from(options.persons) * options.convict_share).round() as usize;
    let (convicts, others) = people.split_at(convicts_count.min(people.len()));
    let both = (convicts.len() as f64 * options.convicts_also_citizens_share).round() as usize;
    let citizens: Vec<u32> = others.iter().chain(convicts.iter().take(both)).copied().collect();
    let whole: Vec<Vec<Position>> = (0..options.persons)
        .map(|_| fingers_left(AMPUTATED, &Position::FINGERS, &mut rng))
        .collect();
    let mut selector =
        Selector { options, rng, whole, drafts: Vec::new(), doubles: 0, strangers: 0 };
    let convicts_twice =
        (f64::from(options.double_registrations) * options.convict_share).round() as usize;
    let citizens_twice = options.double_registrations as usize - convicts_twice;
    selector.register(Register::Citizen, &citizens, citizens_twice, options.expired as usize)?;
    selector.register(Register::Convict, convicts, convicts_twice, 0)?;
    selector.marks(convicts)?;
    selector.corpses(&citizens)?;
    Ok(selector.drafts)
}

struct Selector<'a> {
    options: &'a FingerRegistryOptions,
    rng: ChaCha8Rng,
    /// Fingers each person has.
    whole: Vec<Vec<Position>>,
    drafts: Vec<Draft>,
    /// Second identifiers given so far.
    doubles: u32,
    /// Persons in no register so far.
    strangers: u32,
}

impl Selector<'_> {
    /// One registration of each of `people` and second ones of some, in random order.
    fn register(
        &mut self,
        register: Register,
        people: &[u32],
        twice: usize,
        expired: usize,
    ) -> Result<()> {
        let mut plan: Vec<(u32, FingerRecordKind, bool)> =
            people.iter().map(|person| (*person, FingerRecordKind::Registration, false)).collect();
        let again: Vec<u32> =
            people.choose_multiple(&mut self.rng, twice + expired).copied().collect();
        if again.len() < twice + expired {
            return Err(Error::usage(
                format!(
                    "{twice} double registrations and {expired} expired records need as many persons in the \
                     {register} register; there are {}",
                    people.len()
                ),
                "ask for fewer of them, or for more persons",
            ));
        }
        for (place, person) in again.into_iter().enumerate() {
            let is_expired = place >= twice;
            let kind =
                if is_expired { FingerRecordKind::DoubleRegistration } else { self.double_kind() };
            plan.push((person, kind, is_expired));
        }
        plan.shuffle(&mut self.rng);
        for (place, (person, kind, is_expired)) in plan.into_iter().enumerate() {
            let draft = self.registration(register, place, person, kind, is_expired)?;
            self.drafts.push(draft);
        }
        Ok(())
    }

    fn double_kind(&mut self) -> FingerRecordKind {
        match self.rng.random_range(0..10) {
            0..=5 => FingerRecordKind::DoubleRegistration,
            6 => FingerRecordKind::DoubleRegistrationSwappedHands,
            7 => FingerRecordKind::DoubleRegistrationSwappedFingers,
            _ => FingerRecordKind::DoubleRegistrationFewFingers,
        }
    }

    fn registration(
        &mut self,
        register: Register,
        place: usize,
        person: u32,
        kind: FingerRecordKind,
        expired: bool,
    ) -> Result<Draft> {
        let left = self.whole.get(person as usize).cloned().unwrap_or_default();
        let shown = match kind {
            FingerRecordKind::DoubleRegistrationFewFingers => {
                let count = self.rng.random_range(2..=5);
                let mut few: Vec<Position> =
                    left.choose_multiple(&mut self.rng, count).copied().collect();
                few.sort_unstable();
                few
            }
            _ => fingers_left(BANDAGED, &left, &mut self.rng),
        };
        let fingers = recorded_fingers(kind, &shown, &mut self.rng);
        let mut note = String::new();
        if shown.len() < 10 {
            note = format!("{} fingers", shown.len());
        }
        let number = if kind == FingerRecordKind::Registration {
            person
        } else {
            self.doubles += 1;
            self.options.persons + self.doubles - 1
        };
        let (registered_on, born_on, died_on) = self.life(expired)?;
        Ok(Draft {
            truth: FingerTruthRecord {
                record_id: record_id(register, place),
                register,
                person,
                kind,
                expired,
                note,
                fingers,
            },
            person_id: Some(person_id(number + 1)),
            case_id: None,
            registered_on,
            born_on: Some(born_on),
            died_on,
        })
    }

    /// Days of registration, birth and death; an expired record is of a citizen who died and would be
    /// over 100 (L40 15(1)).
    fn life(&mut self, expired: bool) -> Result<(Date, Date, Option<Date>)> {
        let ago = self.rng.random_range(1..HISTORY_YEARS * DAYS_PER_YEAR);
        if expired {
            let born = 102 * DAYS_PER_YEAR + self.rng.random_range(0..3000);
            let died = self.rng.random_range(0..ago);
            return Ok((self.days_ago(ago)?, self.days_ago(born)?, Some(self.days_ago(died)?)));
        }
        let age =
            self.rng.random_range(YOUNGEST_YEARS * DAYS_PER_YEAR..OLDEST_YEARS * DAYS_PER_YEAR);
        Ok((self.days_ago(ago)?, self.days_ago(ago + age)?, None))
    }

    /// Latent marks, one finger each at an unknown position.
    fn marks(&mut self, convicts: &[u32]) -> Result<()> {
        for place in 0..self.options.traces as usize {
            let of_nobody = self.rng.random::<f64>() < self.options.traces_of_nobody_share;
            let convict = convicts.choose(&mut self.rng).copied().filter(|_| !of_nobody);
            let (person, kind) = match convict {
                Some(person) => (person, FingerRecordKind::Mark),
                None => (self.stranger(), FingerRecordKind::MarkOfNobody),
            };
            let fingers =
                self.whole.get(person as usize).cloned().unwrap_or(Position::FINGERS.into());
            let finger = fingers.choose(&mut self.rng).copied().unwrap_or(Position::UNKNOWN);
            let fingers = RecordedFingers(vec![(Position::UNKNOWN, finger)]);
            let case_id = format!("MARK-{:06}", place + 1);
            self.unidentified(Register::Trace, place, person, kind, fingers, case_id)?;
        }
        Ok(())
    }

    /// Corpses, four in five of them of citizens, with the fingers that can still be printed.
    fn corpses(&mut self, citizens: &[u32]) -> Result<()> {
        for place in 0..self.options.corpses as usize {
            let of_nobody = self.rng.random_range(0..5) == 0;
            let citizen = citizens.choose(&mut self.rng).copied().filter(|_| !of_nobody);
            let (person, kind) = match citizen {
                Some(person) => (person, FingerRecordKind::Corpse),
                None => (self.stranger(), FingerRecordKind::CorpseOfNobody),
            };
            let mut fingers =
                self.whole.get(person as usize).cloned().unwrap_or(Position::FINGERS.into());
            fingers.shuffle(&mut self.rng);
            let mut rest = fingers.split_off(CORPSE_FINGERS_LEAST.min(fingers.len()));
            rest.retain(|_| self.rng.random::<f64>() < CORPSE_FINGER);
            fingers.extend(rest);
            fingers.sort_unstable();
            let fingers = RecordedFingers(fingers.into_iter().map(|own| (own, own)).collect());
            let case_id = format!("BODY-{:06}", place + 1);
            self.unidentified(Register::Corpse, place, person, kind, fingers, case_id)?;
        }
        Ok(())
    }

    fn unidentified(
        &mut self,
        register: Register,
        place: usize,
        person: u32,
        kind: FingerRecordKind,
        fingers: RecordedFingers,
        case_id: String,
    ) -> Result<()> {
        let ago = self.rng.random_range(1..HISTORY_YEARS * DAYS_PER_YEAR);
        let registered_on = self.days_ago(ago)?;
        self.drafts.push(Draft {
            truth: FingerTruthRecord {
                record_id: record_id(register, place),
                register,
                person,
                kind,
                expired: false,
                note: String::new(),
                fingers,
            },
            person_id: None,
            case_id: Some(case_id),
            registered_on,
            born_on: None,
            died_on: None,
        });
        Ok(())
    }

    fn stranger(&mut self) -> u32 {
        self.strangers += 1;
        self.options.persons + self.strangers - 1
    }

    fn days_ago(&self, days: u32) -> Result<Date> {
        self.options.as_of.checked_sub(i64::from(days).days()).map_err(|_| {
            Error::usage(
                format!("{days} days before {} is outside the calendar", self.options.as_of),
                "give a later day with --as-of",
            )
        })
    }
}

/// `fingers` without the one or two that are lost with `probability`.
fn fingers_left(probability: f64, fingers: &[Position], rng: &mut ChaCha8Rng) -> Vec<Position> {
    let mut left = fingers.to_vec();
    if rng.random::<f64>() < probability {
        for _ in 0..rng.random_range(1..=2) {
            if left.len() > 1 {
                left.remove(rng.random_range(0..left.len()));
            }
        }
    }
    left
}

/// The position each finger shown is recorded at.
fn recorded_fingers(
    kind: FingerRecordKind,
    shown: &[Position],
    rng: &mut ChaCha8Rng,
) -> RecordedFingers {
    let mut pairs: Vec<(Position, Position)> = shown.iter().map(|own| (*own, *own)).collect();
    match kind {
        FingerRecordKind::DoubleRegistrationSwappedHands => {
            for (recorded, own) in &mut pairs {
                *recorded = other_hand(*own);
            }
            pairs.sort_unstable();
        }
        FingerRecordKind::DoubleRegistrationSwappedFingers if pairs.len() > 1 => {
            let first = rng.random_range(0..pairs.len() - 1);
            let second = rng.random_range(first + 1..pairs.len());
            if let [a, .., b] = &mut pairs[first..=second] {
                std::mem::swap(&mut a.1, &mut b.1);
            }
        }
        _ => {}
    }
    RecordedFingers(pairs)
}

/// The same finger of the other hand.
fn other_hand(finger: Position) -> Position {
    let code = finger.code();
    let other = if code > 5 { code - 5 } else { code + 5 };
    Position::from_code(other).unwrap_or(finger)
}

/// Identifier of record `place` (from 0) of `register`: `FP0000001` for citizens, `FC` convicts,
/// `FT` marks, `FK` corpses.
fn record_id(register: Register, place: usize) -> String {
    let letter = match register {
        Register::Convict => 'C',
        Register::Trace => 'T',
        Register::Corpse => 'K',
        _ => 'P',
    };
    format!("F{letter}{:07}", place + 1)
}
