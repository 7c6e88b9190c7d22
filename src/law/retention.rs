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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Last day kept; `None` while no date follows from what is known.
    pub until: Option<Date>,
    /// The rule in one line, with its article.
    pub rule: &'static str,
}

/// Computes the retention of a record of `index`.
pub fn retention(index: Index, dates: LifeDates) -> Retention {
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

fn convict(dates: LifeDates, after: impl Fn(Date, i64) -> Option<Date>) -> Retention {
    if let Some(acquitted) = dates.acquitted_on {
        return Retention {
            until: after(acquitted, 1),
            rule: "destroyed, no earlier than one year after the acquittal takes force (L40 23(3))",
        };
    }
    if let Some(died) = dates.died_on {
        return Retention {
            until: after(died, 25),
            rule: "until 25 years after death is established (L40 29(1))",
        };
    }
    Retention {
        until: dates.born_on.and_then(|born| after(born, 100)),
        rule: "with no word of death, until 100 years of age (L40 29(1))",
    }
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
