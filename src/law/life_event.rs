//! What a reported event changes in the life of a record: one row per event and category, with the article.

use jiff::civil::Date;

use super::retention::{IDENTIFIED, LifeDates, Retention, SEARCH_ENDED, retention};
use super::{finger_retention, retention as genomic};
use crate::domain::category::Index;
use crate::domain::life_event::LifeEvent;
use crate::domain::register::Register;

/// What an event does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It gives the record this retention, if that supersedes the one in force.
    Retention(Retention<'static>),
    /// It is kept with the record and changes nothing, for this reason.
    Noted(&'static str),
    /// It cannot happen to a record of this category, for this reason.
    Unfit(&'static str),
}

const NOTED_CONVICT: &str =
    "the term of a convict's record counts from death or age alone (L40 29(1))";
const NOTED_TRACE: &str = "a trace is kept 25 years from registration whatever happens (L40 29(2))";
const NOTED_RELATIVE: &str =
    "a relative's record ends with the search for the missing person (L40 29(3))";
const NOTED_TEN_YEARS: &str = "ten years from registration whatever happens (L40 15(1))";
const NOTED_CITIZEN: &str =
    "only death, a court's finding or the end of citizenship matter (L40 15(1))";
const NOTED_UNDATED: &str = "the texts set no term for these fingerprints (L40 15, L510 16)";
const NOTED_AGE: &str =
    "kept until 100 years of age, which the record's term says already (L40 29(1))";
const UNFIT_PERSON: &str =
    "a trace or a corpse is of nobody known: nothing is reported of a person";
const UNFIT_BODY: &str = "only an unidentified corpse or a trace is identified (L40 29(2), 29(4))";
const UNFIT_SEARCH: &str =
    "`found` and `case-closed` name the missing person, not a record (L40 29(3))";

/// What `event`, on day `on`, does to a genomic record of `index`. A convict declared dead or missing by a court is
/// kept until 100 years of age, which takes the day of birth, `born_on`.
pub fn on_genomic(
    index: Index,
    event: LifeEvent,
    on: Date,
    registered_on: Date,
    born_on: Option<Date>,
) -> Effect {
    use LifeEvent::{Acquitted, DeclaredDead, DeclaredMissing, Died, Identified};
    let dates = LifeDates { registered_on, born_on, died_on: None, acquitted_on: None };
    if event.closes_a_search() {
        return Effect::Unfit(UNFIT_SEARCH);
    }
    match (index, event) {
        (Index::Convict | Index::Relative, Identified) => Effect::Unfit(UNFIT_BODY),
        (Index::Convict, Acquitted) => {
            Effect::Retention(retention(index, LifeDates { acquitted_on: Some(on), ..dates }))
        }
        (Index::Convict, Died) => {
            Effect::Retention(retention(index, LifeDates { died_on: Some(on), ..dates }))
        }
        (Index::Convict, DeclaredDead | DeclaredMissing) if born_on.is_some() => {
            Effect::Retention(retention(index, dates))
        }
        (Index::Convict, DeclaredDead | DeclaredMissing) => Effect::Noted(NOTED_AGE),
        (Index::Convict, _) => Effect::Noted(NOTED_CONVICT),
        (Index::Corpse, Identified) => {
            Effect::Retention(Retention { until: Some(on), rule: IDENTIFIED })
        }
        (Index::Trace, Identified) => Effect::Noted(NOTED_TRACE),
        (Index::Trace | Index::Corpse, _) => Effect::Unfit(UNFIT_PERSON),
        (Index::Relative, _) => Effect::Noted(NOTED_RELATIVE),
    }
}

/// What `event`, on day `on`, does to a fingerprint record of `register`. The term of a citizen takes the day of
/// birth, `born_on`; without it no date follows.
pub fn on_fingers(
    register: Register,
    event: LifeEvent,
    on: Date,
    registered_on: Date,
    born_on: Option<Date>,
) -> Effect {
    use LifeEvent::{CitizenshipEnded, DeclaredDead, DeclaredMissing, Died, Identified};
    if event.closes_a_search() {
        return Effect::Unfit(UNFIT_SEARCH);
    }
    match (register, event) {
        (Register::Trace | Register::Corpse, Identified) => Effect::Noted(NOTED_UNDATED),
        (Register::Trace | Register::Corpse, _) => Effect::Unfit(UNFIT_PERSON),
        (_, Identified) => Effect::Unfit(UNFIT_BODY),
        (Register::Citizen, Died | DeclaredDead | DeclaredMissing | CitizenshipEnded) => {
            let dates = LifeDates { registered_on, born_on, died_on: Some(on), acquitted_on: None };
            Effect::Retention(finger_retention::retention(register, dates))
        }
        (Register::Citizen, _) => Effect::Noted(NOTED_CITIZEN),
        (Register::Convict, _) => Effect::Noted(NOTED_UNDATED),
        _ => Effect::Noted(NOTED_TEN_YEARS),
    }
}

/// The retention of a relative's record once every search it was given for has ended, the last of them on `on`.
pub const fn search_ended(on: Date) -> Retention<'static> {
    Retention { until: Some(on), rule: SEARCH_ENDED }
}

/// Whether an event's retention takes the place of the one in force of a genomic record. Beyond what a file may do
/// ([`genomic::supersedes`]), an identification ends the term of a corpse and the end of every search that of a
/// relative; later news of the same kind corrects the older. A corpse's term is never made longer.
pub fn supersedes(index: Index, incoming: Retention<'_>, in_force: Retention<'_>) -> bool {
    let shortens = match (incoming.until, in_force.until) {
        (Some(incoming), Some(in_force)) => incoming < in_force,
        (until, None) => until.is_some(),
        (None, Some(_)) => false,
    };
    let corrects = incoming.rule == in_force.rule && incoming != in_force;
    match index {
        Index::Convict | Index::Trace => genomic::supersedes(index, incoming, in_force),
        Index::Corpse => incoming.rule == IDENTIFIED && (shortens || corrects),
        Index::Relative => incoming.rule == SEARCH_ENDED && (shortens || corrects),
    }
}

#[cfg(test)]
mod tests {
    use super::super::retention::is_alive;
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    const REGISTERED: (i16, i8, i8) = (2020, 3, 1);
    const BORN: (i16, i8, i8) = (1990, 5, 1);
    const ON: (i16, i8, i8) = (2026, 2, 28);

    fn day((year, month, day): (i16, i8, i8)) -> Date {
        date(year, month, day)
    }

    fn genomic_effect(index: Index, event: LifeEvent) -> Effect {
        on_genomic(index, event, day(ON), day(REGISTERED), Some(day(BORN)))
    }

    /// The day before the last day and the last day count as alive, the day after does not.
    fn ends_on(until: Option<Date>, last: Date, what: &str) {
        assert_eq!(until, Some(last), "{what}");
        for (days, alive) in [(-1, true), (0, true), (1, false)] {
            let day = last.checked_add(days.days()).unwrap();
            assert_eq!(is_alive(until, day), alive, "{what} on {day}");
        }
    }

    #[test]
    fn every_row_of_the_digest_ends_on_its_day_and_not_a_day_before_or_after() {
        let genomic = |index, event| match genomic_effect(index, event) {
            Effect::Retention(kept) => kept.until,
            other => panic!("{index} {event}: {other:?}"),
        };
        let plain = |index| {
            let dates = LifeDates {
                registered_on: day(REGISTERED),
                born_on: Some(day(BORN)),
                died_on: None,
                acquitted_on: None,
            };
            retention(index, dates).until
        };
        let fingers = |register, event| match on_fingers(
            register,
            event,
            day(ON),
            day(REGISTERED),
            Some(day(BORN)),
        ) {
            Effect::Retention(kept) => kept.until,
            other => panic!("{register} {event}: {other:?}"),
        };
        ends_on(genomic(Index::Convict, LifeEvent::Died), date(2051, 2, 28), "L40 29(1) death");
        let declared = genomic(Index::Convict, LifeEvent::DeclaredDead);
        ends_on(declared, date(2090, 5, 1), "L40 29(1) declared dead");
        ends_on(plain(Index::Convict), date(2090, 5, 1), "L40 29(1) age");
        ends_on(genomic(Index::Convict, LifeEvent::Acquitted), date(2027, 2, 28), "L40 23(3)");
        ends_on(plain(Index::Trace), date(2045, 3, 1), "L40 29(2)");
        ends_on(plain(Index::Corpse), date(2045, 3, 1), "L40 29(4) at most");
        ends_on(genomic(Index::Corpse, LifeEvent::Identified), day(ON), "L40 29(4) identified");
        ends_on(search_ended(day(ON)).until, day(ON), "L40 29(3)");
        assert_eq!(plain(Index::Relative), None, "L40 29(3) has no date while the search lasts");
        for event in [
            LifeEvent::Died,
            LifeEvent::DeclaredDead,
            LifeEvent::DeclaredMissing,
            LifeEvent::CitizenshipEnded,
        ] {
            ends_on(fingers(Register::Citizen, event), date(2090, 5, 1), "L40 15(1) citizens");
        }
        let ten_years = finger_retention::retention(
            Register::Visa,
            LifeDates {
                registered_on: day(REGISTERED),
                born_on: None,
                died_on: None,
                acquitted_on: None,
            },
        );
        ends_on(ten_years.until, date(2030, 3, 1), "L40 15(1) ten years");
        let archive = finger_retention::archived_until(ten_years);
        ends_on(archive, date(2070, 3, 1), "L40 15(2) forty years in the archive");
    }

    #[test]
    fn every_event_has_an_effect_on_every_category_and_every_reason_cites_an_article_or_says_whom()
    {
        let reason_of = |effect| match effect {
            Effect::Retention(kept) => kept.rule,
            Effect::Noted(reason) | Effect::Unfit(reason) => reason,
        };
        for event in LifeEvent::ALL {
            assert_eq!(
                LifeEvent::parse(&event.name().to_uppercase().replace('-', "_")),
                Some(event)
            );
            let genomic = Index::ALL.map(|index| reason_of(genomic_effect(index, event)));
            let fingers = Register::ALL.map(|register| {
                reason_of(on_fingers(register, event, day(ON), day(REGISTERED), None))
            });
            for reason in genomic.iter().chain(&fingers) {
                assert!(reason.contains("L40") || *reason == UNFIT_PERSON, "{event}: {reason}");
            }
        }
    }

    #[test]
    fn an_acquittal_stands_against_every_other_news_of_a_convict() {
        let of = |event| match genomic_effect(Index::Convict, event) {
            Effect::Retention(kept) => kept,
            other => panic!("{other:?}"),
        };
        let (acquitted, died) = (of(LifeEvent::Acquitted), of(LifeEvent::Died));
        let declared = of(LifeEvent::DeclaredDead);
        assert!(supersedes(Index::Convict, acquitted, died));
        assert!(!supersedes(Index::Convict, died, acquitted));
        assert!(!supersedes(Index::Convict, declared, died), "L40 29(1): death was established");
        assert!(supersedes(Index::Convict, died, declared));
        assert!(!supersedes(Index::Convict, declared, acquitted));
    }

    #[test]
    fn an_identification_never_makes_a_corpses_term_longer() {
        let registered = retention(
            Index::Corpse,
            LifeDates {
                registered_on: day(REGISTERED),
                born_on: None,
                died_on: None,
                acquitted_on: None,
            },
        );
        let identified = |on| Retention { until: Some(on), rule: IDENTIFIED };
        assert!(supersedes(Index::Corpse, identified(day(ON)), registered));
        assert!(!supersedes(Index::Corpse, identified(date(2046, 1, 1)), registered));
        let earlier = identified(date(2025, 1, 1));
        assert!(supersedes(Index::Corpse, earlier, identified(day(ON))), "a correction");
        assert!(!supersedes(Index::Corpse, registered, earlier));
    }

    #[test]
    fn a_citizen_without_a_date_of_birth_gets_no_date_rather_than_a_guess() {
        let effect = on_fingers(Register::Citizen, LifeEvent::Died, day(ON), day(REGISTERED), None);
        assert!(matches!(effect, Effect::Retention(Retention { until: None, .. })), "{effect:?}");
    }
}
