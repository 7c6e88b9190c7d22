//! Whose fingerprints may be registered: the age rules of L40 10, 10-1 and 11.

use jiff::civil::Date;

use crate::domain::register::Register;

/// Age from which mandatory registration applies, years (L40 10(2)).
pub(super) const ADULT_AGE: u8 = 16;

/// Age under which nobody's fingerprints are registered, years (L40 10-1(1)1).
const LEAST_AGE: u8 = 12;

/// Why a person may not be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeFault {
    /// The article.
    pub article: &'static str,
    /// The rule in one line.
    pub rule: &'static str,
}

/// Full years lived on `day`; negative before birth.
pub(super) fn age_on(born_on: Date, day: Date) -> i32 {
    let before_birthday = (day.month(), day.day()) < (born_on.month(), born_on.day());
    i32::from(day.year()) - i32::from(born_on.year()) - i32::from(before_birthday)
}

/// Why a person born on `born_on` may not be registered in `register` on `registered_on`, if so.
///
/// Children under 12 are exempt from registration; from 12 to 16 only citizens are registered, at the
/// issue of a passport and with a legal representative (L40 10(4), 11(2)); the special record of the
/// detained and convicted has no age of its own (L510 12(3)2). Marks and corpses are registrations of
/// nobody known and have no age rule.
pub fn age_fault(register: Register, born_on: Date, registered_on: Date) -> Option<AgeFault> {
    let age = age_on(born_on, registered_on);
    let is_under = |years: u8| age < i32::from(years);
    match register {
        Register::Trace | Register::Corpse => None,
        _ if is_under(LEAST_AGE) => Some(AgeFault {
            article: "L40 10-1(1)1",
            rule: "nobody under 12 is registered by fingerprints (L40 10-1(1)1)",
        }),
        Register::Citizen | Register::Convict => None,
        _ if is_under(ADULT_AGE) => Some(AgeFault {
            article: "L40 10(2)",
            rule: "registration in this register is from 16 years of age (L40 10(2))",
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_birthday_itself_completes_the_year() {
        let born = date(2008, 2, 29);
        assert_eq!(age_on(born, date(2020, 2, 28)), 11);
        assert_eq!(age_on(born, date(2020, 2, 29)), 12);
        assert_eq!(age_on(born, date(2021, 3, 1)), 13);
        assert!(age_on(born, date(2008, 1, 1)) < 0);
    }

    #[test]
    fn nobody_under_twelve_and_from_twelve_to_sixteen_only_citizens_are_registered() {
        let born = date(2010, 6, 15);
        let article = |register, day| age_fault(register, born, day).map(|fault| fault.article);
        for register in Register::ALL {
            let is_person = !matches!(register, Register::Trace | Register::Corpse);
            let under_twelve = article(register, date(2022, 6, 14));
            assert_eq!(under_twelve, is_person.then_some("L40 10-1(1)1"), "{register}");
            let is_free = !is_person || matches!(register, Register::Citizen | Register::Convict);
            let at_twelve = article(register, date(2022, 6, 15));
            assert_eq!(at_twelve, (!is_free).then_some("L40 10(2)"), "{register}");
            assert_eq!(article(register, date(2026, 6, 15)), None, "{register}");
        }
    }
}
