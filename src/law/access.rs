//! Who may ask for an ad-hoc search, on what ground, and what the search may see.
//!
//! L510 16-2(3): a request states the circumstances that justify it, the operator checks that the case is
//! really the user's, and information is given only after a positive check; 16-3(1): it is used for the
//! purpose stated and no other. O34 annex 1 gives 19 roles and six grounds with a cross where a role may state
//! a ground. The published text of the annex keeps the number of crosses per role and loses their columns, so
//! the matrix is configuration: [`AccessPolicy`], read from a file. [`documented_default`] fills the columns
//! with what the texts say, and where they say nothing with the ground that opens least; [`Reading`] tells
//! which cell is which, and docs/access.md prints them.
//!
//! What a ground opens follows from the uses the law names: genomic information for crimes, missing persons
//! and corpses (L40 28(1)), that of relatives for corpses alone (28(2)); fingerprint information for identity
//! and security (L40 16). A policy can only narrow the law: [`super::purpose`] and [`super::finger_purpose`]
//! are asked first.
//!
//! Limits: the program believes the role it is told, unless the policy lists its users. Where files are
//! readable to the user this is a guard rail; the boundary is keys and the operating system.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;

use crate::domain::category::Index;
use crate::domain::register::Register;
use crate::error::{Error, Result};

/// The grounds of O34 annex 1, columns 1 to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// Criminal case.
    Criminal,
    /// Administrative case, or case on an administrative offence, of a court.
    AdministrativeCourt,
    /// Case on an administrative offence, of the committee of legal statistics.
    AdministrativeOffence,
    /// Search case: missing persons, persons in hiding, unidentified corpses.
    Search,
    /// Civil case of a court.
    Civil,
    /// Enforcement proceedings.
    Enforcement,
}

impl Ground {
    /// All, in the order of the annex.
    pub const ALL: [Ground; 6] = [
        Ground::Criminal,
        Ground::AdministrativeCourt,
        Ground::AdministrativeOffence,
        Ground::Search,
        Ground::Civil,
        Ground::Enforcement,
    ];

    /// Word on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Ground::Criminal => "criminal",
            Ground::AdministrativeCourt => "administrative-court",
            Ground::AdministrativeOffence => "administrative-offence",
            Ground::Search => "search",
            Ground::Civil => "civil",
            Ground::Enforcement => "enforcement",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Ground> {
        Ground::ALL.into_iter().find(|ground| ground.name() == text.trim())
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A role of O34 annex 1: its row, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(u8);

/// How a cell of the default matrix is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The row has a cross in every column.
    Annex,
    /// A text says so: L510 16-2(4), O34 pts 24 and 25 of courts; the name of the role of bailiffs.
    Text,
    /// Our reading, to be confirmed by the operator of the exchange system.
    Ours,
}

/// A row of the default matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleRow {
    /// Word on the command line and in files.
    pub name: &'static str,
    /// Who it is.
    pub text: &'static str,
    /// Crosses in the row of the annex.
    pub crosses: usize,
    /// Grounds the role may state by default.
    pub grounds: &'static [Ground],
    /// How the grounds are known.
    pub reading: Reading,
}

const fn row(
    name: &'static str,
    text: &'static str,
    crosses: usize,
    grounds: &'static [Ground],
    reading: Reading,
) -> RoleRow {
    RoleRow { name, text, crosses, grounds, reading }
}

use Ground::{AdministrativeCourt, AdministrativeOffence, Civil, Criminal, Enforcement, Search};
use Reading::{Annex, Ours, Text};

const COURT: &[Ground] = &[Criminal, AdministrativeCourt, AdministrativeOffence, Civil];
const INVESTIGATION: &[Ground] = &[Criminal, Search];
const INQUIRY: &[Ground] = &[Criminal, AdministrativeOffence];
const DETECTION: &[Ground] = &[Criminal, AdministrativeOffence, Search];
const ADMINISTRATION: &[Ground] = &[AdministrativeCourt, AdministrativeOffence];
const OFFENCES: &[Ground] = &[AdministrativeOffence];

/// The roles of O34 annex 1 in its order.
pub const ROLES: [RoleRow; 19] = [
    row("prosecutor", "prosecutor", 6, &Ground::ALL, Annex),
    row("judge", "judge", 4, COURT, Text),
    row(
        "investigator-internal-affairs",
        "investigator of internal affairs",
        2,
        INVESTIGATION,
        Ours,
    ),
    row(
        "investigator-national-security",
        "investigator of national security",
        2,
        INVESTIGATION,
        Ours,
    ),
    row(
        "investigator-financial-monitoring",
        "investigator of financial monitoring",
        2,
        INVESTIGATION,
        Ours,
    ),
    row("inquirer-internal-affairs", "inquirer of internal affairs", 2, INQUIRY, Ours),
    row("inquirer-national-security", "inquirer of national security", 2, INQUIRY, Ours),
    row("inquirer-emergencies", "inquirer of emergencies", 2, INQUIRY, Ours),
    row("inquirer-state-guard", "inquirer of the state guard", 2, INQUIRY, Ours),
    row("officer-financial-monitoring", "officer of financial monitoring", 3, DETECTION, Ours),
    row("military-police", "employee of the military police", 3, DETECTION, Ours),
    row("penitentiary", "employee of the penitentiary system", 2, INVESTIGATION, Ours),
    row("emergencies", "employee of emergencies", 2, ADMINISTRATION, Ours),
    row("national-security", "employee of national security", 3, DETECTION, Ours),
    row("bailiff", "bailiff", 1, &[Enforcement], Text),
    row("state-guard", "employee of the state guard", 2, ADMINISTRATION, Ours),
    row("administrative-police", "employee of the administrative police", 1, OFFENCES, Ours),
    row("criminal-police", "employee of the criminal police", 3, DETECTION, Ours),
    row("duty-unit", "employee of a duty unit", 1, OFFENCES, Ours),
];

impl Role {
    /// All, in the order of the annex.
    pub fn all() -> impl Iterator<Item = Role> {
        (1..).take(ROLES.len()).map(Role)
    }

    /// Its row of the default matrix.
    pub fn row(self) -> &'static RoleRow {
        &ROLES[usize::from(self.0) - 1]
    }

    /// Word on the command line and in files.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Role> {
        Role::all().find(|role| role.name() == text.trim())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an ad-hoc search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Profiles of one index with those of another.
    Profiles(Index, Index),
    /// Fingerprints of one register with those of another.
    Fingers(Register, Register),
    /// The fingerprints of one record of a register (1:1).
    Verification(Register),
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sight::Profiles(a, b) => write!(f, "searching {a} profiles in {b} profiles"),
            Sight::Fingers(a, b) => write!(f, "searching {a} fingerprints in {b} fingerprints"),
            Sight::Verification(register) => write!(f, "verification against {register} records"),
        }
    }
}

/// What a role may see on a ground.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Pairs of indexes, the lower first.
    pub profiles: BTreeSet<(Index, Index)>,
    /// Pairs of registers, the lower first.
    pub fingers: BTreeSet<(Register, Register)>,
    /// Registers whose records may be verified against.
    pub verification: BTreeSet<Register>,
}

impl Scope {
    /// Whether the scope has `sight`; the order of a pair says nothing.
    pub fn has(&self, sight: Sight) -> bool {
        match sight {
            Sight::Profiles(a, b) => self.profiles.contains(&(a.min(b), a.max(b))),
            Sight::Fingers(a, b) => self.fingers.contains(&(a.min(b), a.max(b))),
            Sight::Verification(register) => self.verification.contains(&register),
        }
    }

    /// Adds what another scope has.
    pub fn add(&mut self, other: Scope) {
        self.profiles.extend(other.profiles);
        self.fingers.extend(other.fingers);
        self.verification.extend(other.verification);
    }
}

/// What the operating system's user may claim to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Identifier of the person, as the cases have it; the user's own name if absent.
    pub person_id: Option<String>,
    /// Unit of the person.
    pub unit: Option<String>,
}

/// Who may ask on what ground, and what they see then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Name for people.
    pub name: String,
    /// What each role may see on each ground; a pair that is absent may not be stated.
    pub grants: BTreeMap<(Role, Ground), Scope>,
    /// Users of the operating system; if given, nobody else may ask.
    pub users: Option<BTreeMap<String, User>>,
}

/// What a ground opens to a role by default.
fn default_scope(role: Role, ground: Ground) -> Scope {
    use Index::{Convict, Corpse, Relative, Trace};
    let registers =
        |wanted: fn(Register) -> bool| Register::ALL.into_iter().filter(move |r| wanted(*r));
    let pairs_with = |register: Register| {
        Register::ALL.into_iter().map(move |other| (register.min(other), register.max(other)))
    };
    let has_a_name = |r| !matches!(r, Register::Trace | Register::Corpse);
    let mut scope = Scope::default();
    match ground {
        Criminal => {
            let pairs = [(Convict, Trace), (Trace, Trace), (Trace, Corpse), (Convict, Corpse)];
            scope.profiles.extend(pairs.into_iter().chain([(Corpse, Corpse)]));
            for register in [Register::Trace, Register::Corpse, Register::Convict] {
                scope.fingers.extend(pairs_with(register));
            }
            scope.verification.extend(registers(has_a_name));
        }
        Search => {
            let pairs = [(Convict, Corpse), (Trace, Corpse), (Corpse, Corpse), (Corpse, Relative)];
            scope.profiles.extend(pairs);
            scope.fingers.extend(pairs_with(Register::Corpse));
            let civil = registers(is_of_civilians);
            scope.fingers.extend(civil.map(|register| (register, register)));
            scope.verification.extend(registers(has_a_name));
        }
        AdministrativeCourt | AdministrativeOffence => {
            scope.verification.extend(registers(is_of_civilians));
        }
        Civil | Enforcement => {}
    }
    if role.name() == "judge" {
        // Whom a search of marks or corpses finds is investigation; a court confirms who stands before it.
        scope.profiles.clear();
        scope.fingers.clear();
    }
    scope
}

fn is_of_civilians(register: Register) -> bool {
    use Register::{Citizen, Expelled, Refugee, Resident, Visa};
    matches!(register, Citizen | Resident | Refugee | Expelled | Visa)
}

/// The default policy: [`ROLES`], and what each ground opens by the uses of L40 16 and 28.
pub fn documented_default() -> AccessPolicy {
    let cells = Role::all().flat_map(|role| role.row().grounds.iter().map(move |g| (role, *g)));
    AccessPolicy {
        name: "documented default".into(),
        grants: cells.map(|(role, g)| ((role, g), default_scope(role, g))).collect(),
        users: None,
    }
}

/// Article behind a request that is not justified.
pub const REQUEST: &str = "L510 16-2(3)";
const ANNEX: &str = "O34 annex 1";
const PERMISSION: &str = "O228 pt 144";
const GENOMIC_USE: &str = "L510 16-3(1), L40 28";
const FINGER_USE: &str = "L510 16-3(1), L40 16";

/// A refusal of access.
pub fn refusal(
    what: impl Into<String>,
    rule: impl fmt::Display,
    article: &'static str,
    help: &str,
) -> Error {
    Error::Refused {
        what: what.into(),
        rule: format!("{rule} ({article})"),
        article,
        help: help.to_owned(),
    }
}

impl AccessPolicy {
    /// Whether the user `name` of the operating system may claim `role`; what the policy knows of them.
    ///
    /// # Errors
    /// [`Error::Refused`] where the policy lists its users and this is not one, or not in that role.
    pub fn user(&self, name: &str, role: Role) -> Result<User> {
        let Some(users) = &self.users else { return Ok(User::default()) };
        match users.get(name) {
            Some(user) if user.roles.contains(&role) => Ok(user.clone()),
            _ => Err(refusal(
                format!("a request by user {name} as {role}"),
                "nobody has access without a direct permission",
                PERMISSION,
                "ask whoever keeps the policy to enter this user and role",
            )),
        }
    }

    /// Whether `role` may state `ground`.
    ///
    /// # Errors
    /// [`Error::Refused`] where it may not.
    pub fn ground(&self, role: Role, ground: Ground) -> Result<()> {
        if self.grants.contains_key(&(role, ground)) {
            return Ok(());
        }
        let grounds = Ground::ALL.into_iter().filter(|g| self.grants.contains_key(&(role, *g)));
        let grounds: Vec<&str> = grounds.map(Ground::name).collect();
        let help = match grounds.is_empty() {
            true => "this role may state no ground".to_owned(),
            false => format!("this role may state: {}", grounds.join(", ")),
        };
        let rule = format!("the policy \"{}\" does not give {role} this ground", self.name);
        Err(refusal(format!("a request of {role} on the ground {ground}"), rule, ANNEX, &help))
    }

    /// Whether `role` may see `sight` on `ground`.
    ///
    /// # Errors
    /// [`Error::Refused`] where it may not.
    pub fn sight(&self, role: Role, ground: Ground, sight: Sight) -> Result<()> {
        self.ground(role, ground)?;
        if self.grants.get(&(role, ground)).is_some_and(|scope| scope.has(sight)) {
            return Ok(());
        }
        let article = match sight {
            Sight::Profiles(..) => GENOMIC_USE,
            Sight::Fingers(..) | Sight::Verification(_) => FINGER_USE,
        };
        Err(refusal(
            format!("{sight} by {role} on the ground {ground}"),
            format!("the policy \"{}\" does not open this to the role on this ground", self.name),
            article,
            "leave it out of the search, or state the ground that the case really has",
        ))
    }
}

/// A case as the authority that keeps it knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Number.
    pub number: String,
    /// Ground it gives.
    pub ground: Ground,
    /// Person or unit whose case it is.
    pub owner: String,
    /// First day it is open.
    pub open_from: Date,
    /// Last day it is open; none while nobody has closed it.
    pub open_to: Option<Date>,
}

/// Where cases are looked up.
pub trait CaseRegistry {
    /// The entries of a case: one per owner; none if it is not known.
    ///
    /// # Errors
    /// The registry cannot be asked.
    fn find(&self, number: &str) -> Result<Vec<Case>>;
}

/// What is said of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Number.
    pub number: &'a str,
    /// Ground.
    pub ground: Ground,
    /// The asker, by person and by unit.
    pub askers: &'a [&'a str],
}

/// Confirms that a case exists, gives the ground, is the asker's and is open on `day`.
///
/// # Errors
/// [`Error::Refused`] with what is not so, or the registry cannot be asked.
pub fn confirm_case(registry: &dyn CaseRegistry, claim: Claim<'_>, day: Date) -> Result<()> {
    let known = registry.find(claim.number)?;
    let refuse = |rule: String| {
        Err(refusal(
            format!("a request in case {}", claim.number),
            rule,
            REQUEST,
            "state a case that is open, yours, and of the ground you state",
        ))
    };
    let of_ground: Vec<&Case> = known.iter().filter(|case| case.ground == claim.ground).collect();
    let own: Vec<&&Case> =
        of_ground.iter().filter(|case| claim.askers.contains(&case.owner.as_str())).collect();
    let is_open = |case: &&&Case| case.open_from <= day && case.open_to.is_none_or(|to| day <= to);
    if known.is_empty() {
        refuse("the registry of cases has no such case".into())
    } else if of_ground.is_empty() {
        refuse(format!("the case does not give the ground {}", claim.ground))
    } else if own.is_empty() {
        refuse(format!("the case is not that of {}", claim.askers.join(" or ")))
    } else if !own.iter().any(is_open) {
        refuse(format!("the case is not open on {day}"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
