//! The legal category of a fingerprint record: the register it belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Registers of fingerprint information (L40 10, 1(5); L510 12(3); O228 pt 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// Citizen, at the issue of a document (L40 10(1), voluntary).
    Citizen,
    /// Seafarer's identity document; a resource of its own owner (L40 10(2)1, 14, 34(1)).
    Seafarer,
    /// Foreigner or stateless person: residence permit or foreigner's document (L40 10(2)2-3).
    Resident,
    /// Asylum seeker or refugee (L40 10(2)4).
    Refugee,
    /// Person to be expelled or readmitted (L40 10(2)5).
    Expelled,
    /// Visa applicant (L40 10(2)6).
    Visa,
    /// Detained, arrested or convicted: special record (L510 12(3)2).
    Convict,
    /// Latent mark of an unidentified person, from a scene: no article registers it, but to solve
    /// offences is a task of registration (L40 5-1(6)).
    Trace,
    /// Unidentified corpse (L40 1(5)).
    Corpse,
}

impl Register {
    /// All, in the order of reports.
    pub const ALL: [Register; 9] = [
        Register::Citizen,
        Register::Seafarer,
        Register::Resident,
        Register::Refugee,
        Register::Expelled,
        Register::Visa,
        Register::Convict,
        Register::Trace,
        Register::Corpse,
    ];

    /// Word used on the command line and in stored columns.
    pub const fn name(self) -> &'static str {
        match self {
            Register::Citizen => "citizen",
            Register::Seafarer => "seafarer",
            Register::Resident => "resident",
            Register::Refugee => "refugee",
            Register::Expelled => "expelled",
            Register::Visa => "visa",
            Register::Convict => "convict",
            Register::Trace => "trace",
            Register::Corpse => "corpse",
        }
    }

    /// Owner of the records where the operator names none: of seafarers the transport authority, which
    /// keeps a database of its own (L40 14, 34(1)); of the others the automated fingerprint system.
    pub const fn default_owner(self) -> &'static str {
        match self {
            Register::Seafarer => "transport",
            _ => "afis",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Register> {
        Register::ALL.into_iter().find(|r| r.name().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
