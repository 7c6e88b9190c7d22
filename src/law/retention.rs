//! How long a genomic record lives.
//!
//! One function, one row per category, each with its article. Where the end depends on an event that
//! has not happened (a missing person is not yet found), the law sets no date and none is invented.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::category::Index;

/// The dates a retention rule can depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeDates {
    /// Day of registration in the database.
    pub registered_on: Date,
    /// Day of birth, where the register knows it.
    pub born_on: Option<Date>,
    /// Day of death established, where the register knows it.
    pub died_on: Option<Date>,
    /// Day on which an acquittal took force.
    pub acquitted_on: Option<Date>,
}

/// The end of a record's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention<'a> {
    /// Last day kept; `None` while no date follows from what is known.
    pub until: Option<Date>,
    /// The rule in one line, with its article.
    pub rule: &'a str,
}

/// Rule of a corpse that was identified.
pub(super) const IDENTIFIED: &str = "until identified (L40 29(4))";
/// Rule of a relative's record once every search it was given for has ended.
pub(super) const SEARCH_ENDED: &str =
    "until the missing person was found or the case was closed (L40 29(3))";
const ACQUITTAL: &str =
    "destroyed, no earlier than one year after the acquittal takes force (L40 23(3))";
const DEATH: &str = "until 25 years after death is established (L40 29(1))";
const AGE: &str = "with no word of death, until 100 years of age (L40 29(1))";

/// Computes the retention of a record of `index`.
pub fn retention(index: Index, dates: LifeDates) -> Retention<'static> {
    let after = |date: Date, years: i64| date.checked_add(years.years()).ok();
    match index {
        Index::Convict => convict(dates, after),
        Index::Trace => Retention {
            until: after(dates.registered_on, 25),
            rule: "25 years from registration (L40 29(2))",
        },
        Index::Corpse => Retention {
            until: after(dates.registered_on, 25),
            rule: "until identified, at most 25 years from registration (L40 29(4))",
        },
        Index::Relative => Retention {
            until: None,
            rule: "until the missing person is found or the case is closed (L40 29(3))",
        },
    }
}

fn convict(dates: LifeDates, after: impl Fn(Date, i64) -> Option<Date>) -> Retention<'static> {
    if let Some(acquitted) = dates.acquitted_on {
        return Retention { until: after(acquitted, 1), rule: ACQUITTAL };
    }
    if let Some(died) = dates.died_on {
        return Retention { until: after(died, 25), rule: DEATH };
    }
    Retention { until: dates.born_on.and_then(|born| after(born, 100)), rule: AGE }
}

/// Whether `incoming`, from a later file about a record of `index`, takes the place of the retention
/// in force.
///
/// Of a convict an acquittal (L40 23(3)) goes before a death and a death before the age (L40 29(1));
/// news of the same kind corrects the older. News that gives no date never ends a known term. The
/// term of every other category counts from the first registration (L40 29(2) to 29(4)), which a
/// later file does not move.
pub fn supersedes(index: Index, incoming: Retention<'_>, in_force: Retention<'_>) -> bool {
    let loses_the_date = incoming.until.is_none() && in_force.until.is_some();
    index == Index::Convict
        && incoming != in_force
        && !loses_the_date
        && precedence(incoming.rule) >= precedence(in_force.rule)
}

/// Rank of a convict's rule; a text this program does not write gives way to each it does.
fn precedence(rule: &str) -> usize {
    [AGE, DEATH, ACQUITTAL].iter().position(|known| *known == rule).map_or(0, |place| place + 1)
}

/// Whether a record kept until `until` still takes part in searches on `day`.
pub fn is_alive(until: Option<Date>, day: Date) -> bool {
    until.is_none_or(|last| day <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn each_category_ends_as_its_article_says() {
        let until = |index, dates| retention(index, dates).until;
        assert_eq!(until(Index::Convict, dates()), Some(date(2090, 5, 1)));
        let died = LifeDates { died_on: Some(date(2030, 1, 2)), ..dates() };
        assert_eq!(until(Index::Convict, died), Some(date(2055, 1, 2)));
        let acquitted = LifeDates { acquitted_on: Some(date(2024, 3, 3)), ..died };
        assert_eq!(until(Index::Convict, acquitted), Some(date(2025, 3, 3)));
        assert_eq!(until(Index::Trace, dates()), Some(date(2045, 2, 28)));
        assert_eq!(until(Index::Corpse, dates()), Some(date(2045, 2, 28)));
        assert_eq!(until(Index::Relative, dates()), None);
    }

    #[test]
    fn an_acquittal_goes_before_a_death_and_a_death_before_the_age() {
        let (born, died) = (Some(date(1990, 5, 1)), Some(date(2030, 1, 2)));
        let of = |born_on, died_on, acquitted_on| {
            let dates = LifeDates { born_on, died_on, acquitted_on, ..dates() };
            retention(Index::Convict, dates)
        };
        let ascending =
            [of(born, None, None), of(born, died, None), of(born, died, Some(date(2031, 1, 1)))];
        for (i, in_force) in ascending.into_iter().enumerate() {
            for (j, incoming) in ascending.into_iter().enumerate() {
                assert_eq!(supersedes(Index::Convict, incoming, in_force), j > i, "{j} over {i}");
            }
        }
        let corrected = of(Some(date(1991, 5, 1)), None, None);
        assert!(supersedes(Index::Convict, corrected, ascending[0]));
        let undated = of(None, None, None);
        assert!(!supersedes(Index::Convict, undated, ascending[0]));
        assert!(supersedes(Index::Convict, ascending[0], undated));
    }

    #[test]
    fn a_term_from_the_first_registration_is_not_moved() {
        let later = LifeDates { registered_on: date(2025, 1, 1), ..dates() };
        for index in [Index::Trace, Index::Corpse, Index::Relative] {
            assert!(!supersedes(index, retention(index, later), retention(index, dates())));
        }
    }

    #[test]
    fn the_last_day_counts_as_alive_and_no_date_never_ends() {
        let last = date(2045, 2, 28);
        assert!(is_alive(Some(last), last));
        assert!(!is_alive(Some(last), last.tomorrow().unwrap()));
        assert!(is_alive(None, date(9000, 1, 1)));
    }

    #[test]
    fn a_date_beyond_the_calendar_gives_no_end_rather_than_a_panic() {
        let far = LifeDates { registered_on: date(9999, 1, 1), ..dates() };
        assert_eq!(retention(Index::Trace, far).until, None);
    }
}
