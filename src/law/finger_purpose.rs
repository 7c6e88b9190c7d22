//! Which fingerprint registers may be compared with which, and for what use.
//!
//! L40 16 lists the uses of fingerprint information: (1) confirming and establishing the identity of
//! citizens, foreigners and stateless persons, (2) accounting for foreigners and stateless persons,
//! (3) the security of person, society and state, (4) confirming identity at the state border. L40
//! 5-1(6) names the solving and investigation of offences among the tasks of registration, so a mark
//! from a scene is searched in the registers of persons under use (3). An unidentified corpse is
//! searched everywhere under use (1): fingerprint information is what establishes its identity (L40
//! 1(5)). Nothing in the law lets the special record of the detained and convicted (L510 12(3)2) out.
//!
//! The internal affairs bodies collect and keep what registration brings in one resource, the transport
//! authority that of seafarers in another (L40 14, 34(1)). No article forbids comparing what two owners
//! hold, and none provides for it; but access without leave must be excluded (L40 8(2)). So seafarers are
//! compared with nothing else, and one person is not looked for in two registers of different owners,
//! unless the policy says that both owners agree.

use super::purpose::{Purpose, Verdict};
use crate::domain::register::Register;
use crate::error::{Error, Result};

/// What the owners of the registers have agreed on, beyond the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// Databases of different owners may be compared with one another.
    pub across_owners: bool,
}

/// Records of one register kept by one owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding<'a> {
    /// Legal category.
    pub register: Register,
    /// Authority that owns the records.
    pub owner: &'a str,
}

const ONE_PERSON: Purpose = Purpose {
    article: "L40 16(1)",
    text: "one registration per person: establishing and confirming identity",
};
const FOREIGNERS: Purpose = Purpose {
    article: "L40 16(1), 16(2)",
    text: "establishing identity and accounting for foreigners and stateless persons",
};
const SPECIAL_RECORD: Purpose = Purpose {
    article: "L510 12(3)2, L40 16(1)",
    text: "one special record per detained, arrested or convicted person",
};
const CONVICT_AND_PERSON: Purpose = Purpose {
    article: "L40 16(1), 16(3)",
    text: "establishing the identity of a detained, arrested or convicted person",
};
const MARK_AND_CONVICT: Purpose = Purpose {
    article: "L40 5-1(6), 16(3), L510 12(3)2",
    text: "solving and investigating offences: who left a mark",
};
const MARK_AND_PERSON: Purpose = Purpose {
    article: "L40 5-1(6), 16(1), 16(3)",
    text: "solving and investigating offences: the identity of who left a mark",
};
const MARKS: Purpose = Purpose {
    article: "L40 5-1(6), 16(3)",
    text: "solving and investigating offences: marks of one person",
};
const MARK_AND_CORPSE: Purpose = Purpose {
    article: "L40 1(5), 5-1(6), 16(3)",
    text: "investigating offences and establishing the identity of a corpse",
};
const CORPSE: Purpose =
    Purpose { article: "L40 1(5), 16(1)", text: "establishing the identity of a corpse" };

const OWN_DATABASE: &str = "L40 8(2), 14, 34(1)";
const WITHOUT_LEAVE: &str = "L40 8(2)";

/// What the law says of searching records of `probe` in records of `gallery`. Symmetric.
pub fn verdict(probe: Register, gallery: Register, policy: Policy) -> Verdict {
    let is_seafarer = |register| register == Register::Seafarer;
    if is_seafarer(probe) != is_seafarer(gallery) && !policy.across_owners {
        return Verdict::Forbidden {
            article: OWN_DATABASE,
            rule: "the transport authority keeps the fingerprints of seafarers in a resource of \
                   its own, and access without leave is excluded",
        };
    }
    Verdict::Allowed(use_of(probe.min(gallery), probe.max(gallery)))
}

/// The use of comparing two registers; `first` is not after `second`.
fn use_of(first: Register, second: Register) -> Purpose {
    use Register::{Convict, Corpse, Trace};
    match (first, second) {
        (Trace, Corpse) => MARK_AND_CORPSE,
        (_, Corpse) => CORPSE,
        (Trace, Trace) => MARKS,
        (Convict, Trace) => MARK_AND_CONVICT,
        (_, Trace) => MARK_AND_PERSON,
        (Convict, Convict) => SPECIAL_RECORD,
        (_, Convict) => CONVICT_AND_PERSON,
        (first, second) if is_of_foreigners(first) && is_of_foreigners(second) => FOREIGNERS,
        _ => ONE_PERSON,
    }
}

/// Whether the register is of foreigners and stateless persons alone.
fn is_of_foreigners(register: Register) -> bool {
    use Register::{Expelled, Refugee, Resident, Visa};
    matches!(register, Resident | Refugee | Expelled | Visa)
}

/// Whether the register names the person behind each record.
fn is_of_persons(register: Register) -> bool {
    !matches!(register, Register::Trace | Register::Corpse)
}

/// The purpose of a lawful comparison of two registers.
///
/// # Errors
/// [`Error::Refused`] with the article where the law forbids it and the policy does not change that.
pub fn require(probe: Register, gallery: Register, policy: Policy) -> Result<Purpose> {
    match verdict(probe, gallery, policy) {
        Verdict::Allowed(purpose) => Ok(purpose),
        Verdict::Forbidden { article, rule } => {
            Err(refused(format!("searching {probe} records in {gallery} records"), rule, article))
        }
    }
}

/// The purpose of a lawful comparison of what two owners hold. Registers of persons are deduplicated
/// against one another within one owner only; marks and corpses are searched in those of any owner.
///
/// # Errors
/// As [`require`], and [`Error::Refused`] for two registers of persons of different owners.
pub fn require_holdings(
    probe: Holding<'_>,
    gallery: Holding<'_>,
    policy: Policy,
) -> Result<Purpose> {
    let purpose = require(probe.register, gallery.register, policy)?;
    let is_deduplication = is_of_persons(probe.register) && is_of_persons(gallery.register);
    let is_apart = probe.register != gallery.register && probe.owner != gallery.owner;
    if is_deduplication && is_apart && !policy.across_owners {
        return Err(refused(
            format!(
                "searching {} records of {} in {} records of {}",
                probe.register, probe.owner, gallery.register, gallery.owner
            ),
            "access to what another authority holds is excluded without its leave",
            WITHOUT_LEAVE,
        ));
    }
    Ok(purpose)
}

fn refused(what: String, rule: &str, article: &'static str) -> Error {
    Error::Refused {
        what,
        rule: format!("{rule} ({article})"),
        article,
        help: "search within one owner's registers, or have both owners state in the policy that \
               their databases may be compared"
            .into(),
    }
}

/// The registers a probe of `probe` may be searched in, in the order of reports.
pub fn lawful_galleries(probe: Register, policy: Policy) -> Vec<Register> {
    let is_lawful =
        |gallery: &Register| matches!(verdict(probe, *gallery, policy), Verdict::Allowed(_));
    Register::ALL.into_iter().filter(is_lawful).collect()
}

/// The purpose of comparing a person with the one record said to be theirs (1:1, L40 1(12-1)): at the
/// border (16(4), 35(1)), but for citizens, whom registration exempts (10-1(3)4), and, for those who apply
/// again for a document or visa, at its renewal (10(3)).
///
/// # Errors
/// [`Error::Refused`] for marks and corpses: their records name nobody whose identity could be
/// confirmed.
pub fn verification(register: Register) -> Result<Purpose> {
    let of_a_citizen = Purpose {
        article: "L40 10(3), 16(1)",
        text: "confirming identity at the renewal of a document",
    };
    let at_renewal = Purpose {
        article: "L40 10(3), 16(1), 16(4), 35(1)",
        text: "confirming identity at the renewal of a document and at the border",
    };
    let at_the_border = Purpose {
        article: "L40 16(1), 16(4), 35(1)",
        text: "confirming identity, also at the border",
    };
    let in_custody = Purpose {
        article: "L510 12(3)2, L40 16(1)",
        text: "confirming the identity of a detained, arrested or convicted person",
    };
    match register {
        Register::Citizen => Ok(of_a_citizen),
        Register::Resident | Register::Refugee | Register::Visa => Ok(at_renewal),
        Register::Seafarer | Register::Expelled => Ok(at_the_border),
        Register::Convict => Ok(in_custody),
        Register::Trace | Register::Corpse => Err(Error::Refused {
            what: format!("verification against {register} records"),
            rule: "verification confirms the identity of a registered person (L40 1(12-1))".into(),
            article: "L40 1(12-1)",
            help: "search the record instead; whose it is, is what a search establishes".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Policy = Policy { across_owners: false };
    const AGREED: Policy = Policy { across_owners: true };

    #[test]
    fn seafarers_are_compared_with_themselves_and_with_others_only_by_policy() {
        for register in Register::ALL {
            let is_own = register == Register::Seafarer;
            assert_eq!(require(register, Register::Seafarer, LAW).is_ok(), is_own, "{register}");
            assert!(require(Register::Seafarer, register, AGREED).is_ok(), "{register}");
        }
        let refused = require(Register::Trace, Register::Seafarer, LAW).unwrap_err();
        assert_eq!((refused.article(), refused.kind().exit_code()), (Some(OWN_DATABASE), 5));
        assert!(!lawful_galleries(Register::Trace, LAW).contains(&Register::Seafarer));
        assert_eq!(lawful_galleries(Register::Trace, AGREED), Register::ALL);
        assert_eq!(lawful_galleries(Register::Seafarer, LAW), [Register::Seafarer]);
    }

    #[test]
    fn the_table_is_symmetric_and_every_row_cites_its_article() {
        for a in Register::ALL {
            for b in Register::ALL {
                for policy in [LAW, AGREED] {
                    assert_eq!(verdict(a, b, policy), verdict(b, a, policy));
                    let (Verdict::Allowed(Purpose { article, .. })
                    | Verdict::Forbidden { article, .. }) = verdict(a, b, policy);
                    assert!(article.contains("L40 "), "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn every_cell_of_the_table_is_allowed_but_seafarers_with_others_both_ways() {
        // Rows and columns in the order of `Register::ALL`; seafarers are the second.
        const ROW: &str = "+.+++++++";
        const SEAFARERS: &str = ".+.......";
        for (a, probe) in Register::ALL.into_iter().enumerate() {
            let row = if a == 1 { SEAFARERS } else { ROW };
            for (b, gallery) in Register::ALL.into_iter().enumerate() {
                let verdict = require(probe, gallery, LAW);
                assert_eq!(verdict.is_ok(), row.as_bytes()[b] == b'+', "{probe} {gallery}");
                assert!(verdict.err().is_none_or(|e| e.kind().exit_code() == 5));
                assert!(require(probe, gallery, AGREED).is_ok(), "{probe} {gallery}");
            }
        }
    }

    #[test]
    fn each_use_is_the_one_its_registers_were_made_for() {
        let article = |a, b| require(a, b, LAW).unwrap().article;
        assert!(article(Register::Trace, Register::Convict).contains("L510 12(3)2"));
        assert!(article(Register::Citizen, Register::Trace).contains("16(3)"));
        assert_eq!(article(Register::Visa, Register::Refugee), "L40 16(1), 16(2)");
        assert_eq!(article(Register::Citizen, Register::Visa), "L40 16(1)");
        for register in Register::ALL {
            if !matches!(register, Register::Seafarer) {
                assert!(article(register, Register::Corpse).contains("1(5)"), "{register}");
            }
        }
    }

    #[test]
    fn registers_of_persons_of_two_owners_are_not_deduplicated_against_each_other() {
        let of = |register, owner| Holding { register, owner };
        let citizen = of(Register::Citizen, "mvd");
        for (probe, gallery, is_lawful) in [
            (citizen, of(Register::Visa, "mvd"), true),
            (citizen, of(Register::Visa, "mfa"), false),
            (citizen, of(Register::Citizen, "mfa"), true),
            (of(Register::Trace, "mvd"), of(Register::Convict, "kpsisu"), true),
            (of(Register::Corpse, "mvd"), of(Register::Visa, "mfa"), true),
            (of(Register::Seafarer, "mvd"), citizen, false),
        ] {
            let verdict = require_holdings(probe, gallery, LAW);
            assert_eq!(verdict.is_ok(), is_lawful, "{probe:?} {gallery:?}");
            // L40 14 says who keeps what, and forbids nothing by itself.
            let article = verdict.err().and_then(|refused| refused.article());
            assert!(article.is_none_or(|article| article.contains("8(2)")), "{article:?}");
            assert!(require_holdings(gallery, probe, AGREED).is_ok());
        }
    }

    #[test]
    fn everyone_with_a_name_can_be_verified_and_nobody_else() {
        for register in Register::ALL {
            assert_eq!(verification(register).is_ok(), is_of_persons(register), "{register}");
        }
        assert_eq!(verification(Register::Citizen).unwrap().article, "L40 10(3), 16(1)");
        assert!(verification(Register::Visa).unwrap().article.contains("16(4)"));
        assert!(!verification(Register::Seafarer).unwrap().article.contains("10(3)"));
        assert_eq!(verification(Register::Trace).unwrap_err().kind().exit_code(), 5);
    }
}
