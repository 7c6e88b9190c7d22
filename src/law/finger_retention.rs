//! How long a fingerprint record lives.
//!
//! L40 15(1) sets two terms: of citizens registered at the issue of a document (10(1)) until the day
//! they would be 100, once death is established, a court finds them missing or dead, or citizenship
//! ends; of everyone in 10(2)1 to 10(2)6, and of children of 10(4), ten years from registration, after
//! which the record lies forty years in the archive (15(2)) and is not matched. For the
//! special record of the detained and convicted (L510 12(3)2), for marks and for unidentified corpses the
//! texts set none; L510 16(3) leaves to the authorised body how long legal statistical information is kept,
//! and says nothing of fingerprints. Where no date follows, none is invented.

use jiff::ToSpan;
use jiff::civil::Date;

use super::registration::{ADULT_AGE, age_on};
use super::retention::{LifeDates, Retention};
use crate::domain::register::Register;

const CITIZEN: &str =
    "no term until death, a court's finding or the end of citizenship (L40 15(1))";
const CITIZEN_DEAD: &str =
    "after death or the end of citizenship until the date of 100 years of age (L40 15(1))";
const CHILD: &str = "registered under 16 (L40 10(4)): 10 years from registration, then 40 years in \
                     the archive, not matched (L40 15(1), 15(2))";
const TEN_YEARS: &str =
    "10 years from registration, then 40 years in the archive, not matched (L40 15(1), 15(2))";
const SPECIAL_RECORD: &str =
    "special record (L510 12(3)2): neither L40 15 nor L510 sets a term for its fingerprints";
const MARK: &str = "mark of an unidentified person: L40 15 sets no term";
const CORPSE: &str = "unidentified corpse: L40 15 sets no term";

/// Computes the retention of a record of `register`. `died_on` is also the day of a court's finding
/// (missing, declared dead) or of the end of citizenship, which L40 15(1) treats alike.
pub fn retention(register: Register, dates: LifeDates) -> Retention<'static> {
    let after = |date: Date, years: i64| date.checked_add(years.years()).ok();
    let undated = |rule| Retention { until: None, rule };
    let ten_years = |rule| Retention { until: after(dates.registered_on, 10), rule };
    match register {
        Register::Citizen => {
            let is_child = dates
                .born_on
                .is_some_and(|born| age_on(born, dates.registered_on) < i32::from(ADULT_AGE));
            match dates.died_on {
                _ if is_child => ten_years(CHILD),
                Some(_) => Retention {
                    until: dates.born_on.and_then(|born| after(born, 100)),
                    rule: CITIZEN_DEAD,
                },
                None => undated(CITIZEN),
            }
        }
        Register::Seafarer
        | Register::Resident
        | Register::Refugee
        | Register::Expelled
        | Register::Visa => ten_years(TEN_YEARS),
        Register::Convict => undated(SPECIAL_RECORD),
        Register::Trace => undated(MARK),
        Register::Corpse => undated(CORPSE),
    }
}

/// Last day in the archive of a record that is `kept` ten years: forty years more (L40 15(2)). `None` for records
/// that go to no archive.
pub fn archived_until(kept: Retention<'_>) -> Option<Date> {
    let is_archived = [CHILD, TEN_YEARS].contains(&kept.rule);
    kept.until.filter(|_| is_archived).and_then(|until| until.checked_add(40.years()).ok())
}

/// Whether `incoming`, from a later file about a record of `register`, takes the place of the
/// retention in force.
///
/// Of a citizen, news of a death and a date of birth that makes another rule apply do; news that
/// gives no date never ends a known term, and the silence of a later file does not undo a death. The
/// term of every other register counts from the first registration, which a later file does not move.
pub fn supersedes(register: Register, incoming: Retention<'_>, in_force: Retention<'_>) -> bool {
    let loses_the_date = incoming.until.is_none() && in_force.until.is_some();
    let undoes_news = incoming.rule == CITIZEN && [CITIZEN_DEAD, CHILD].contains(&in_force.rule);
    register == Register::Citizen && incoming != in_force && !loses_the_date && !undoes_news
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::retention::is_alive;
    use jiff::civil::date;

    fn dates() -> LifeDates {
        LifeDates {
            registered_on: date(2020, 2, 29),
            born_on: Some(date(1990, 5, 1)),
            died_on: None,
            acquitted_on: None,
        }
    }

    #[test]
    fn each_register_ends_as_its_article_says() {
        let until = |register, dates| retention(register, dates).until;
        assert_eq!(until(Register::Citizen, dates()), None);
        let died = LifeDates { died_on: Some(date(2030, 1, 2)), ..dates() };
        assert_eq!(until(Register::Citizen, died), Some(date(2090, 5, 1)));
        assert_eq!(until(Register::Citizen, LifeDates { born_on: None, ..died }), None);
        let child = LifeDates { born_on: Some(date(2004, 3, 1)), ..dates() };
        assert_eq!(until(Register::Citizen, child), Some(date(2030, 2, 28)));
        let sixteen = LifeDates { born_on: Some(date(2004, 2, 29)), ..dates() };
        assert_eq!(until(Register::Citizen, sixteen), None);
        for register in [
            Register::Seafarer,
            Register::Resident,
            Register::Refugee,
            Register::Expelled,
            Register::Visa,
        ] {
            assert_eq!(until(register, died), Some(date(2030, 2, 28)), "{register}");
        }
        for register in [Register::Convict, Register::Trace, Register::Corpse] {
            assert_eq!(until(register, died), None, "{register}");
        }
    }

    #[test]
    fn every_rule_cites_its_article() {
        for register in Register::ALL {
            let rule = retention(register, dates()).rule;
            assert!(rule.contains("L40 15"), "{register}: {rule}");
        }
        // L510 16(3) is about legal statistical information.
        assert!(!retention(Register::Convict, dates()).rule.contains("L510 16"));
    }

    #[test]
    fn a_record_in_the_archive_takes_part_in_no_search() {
        let kept = retention(Register::Visa, dates());
        assert!(is_alive(kept.until, date(2030, 2, 28)));
        assert!(!is_alive(kept.until, date(2030, 3, 1)));
        assert!(kept.rule.contains("archive"));
    }

    #[test]
    fn news_of_a_death_dates_a_citizens_record_and_silence_does_not_undo_it() {
        let living = retention(Register::Citizen, dates());
        let died = LifeDates { died_on: Some(date(2030, 1, 2)), ..dates() };
        let dead = retention(Register::Citizen, died);
        let undated = retention(Register::Citizen, LifeDates { born_on: None, ..died });
        assert!(supersedes(Register::Citizen, dead, living));
        assert!(!supersedes(Register::Citizen, living, dead));
        assert!(!supersedes(Register::Citizen, living, undated));
        assert!(!supersedes(Register::Citizen, undated, dead));
        assert!(supersedes(Register::Citizen, dead, undated));
        let corrected = LifeDates { born_on: Some(date(1991, 5, 1)), ..died };
        assert!(supersedes(Register::Citizen, retention(Register::Citizen, corrected), dead));
    }

    #[test]
    fn a_term_from_the_first_registration_is_not_moved() {
        let later = LifeDates { registered_on: date(2025, 1, 1), ..dates() };
        for register in Register::ALL.into_iter().filter(|r| *r != Register::Citizen) {
            let (incoming, in_force) = (retention(register, later), retention(register, dates()));
            assert!(!supersedes(register, incoming, in_force), "{register}");
        }
    }

    #[test]
    fn a_date_beyond_the_calendar_gives_no_end_rather_than_a_panic() {
        let far = LifeDates { registered_on: date(9999, 1, 1), ..dates() };
        assert_eq!(retention(Register::Visa, far).until, None);
    }
}
