//! Who really left each record: the answer key of a synthetic registry.
//!
//! The matcher never reads it; [`crate::evaluate`] does.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::category::Index;

/// What a record is, ordered from the easiest to the hardest to match. The kind of a pair of records
/// is the higher of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum RecordKind {
    /// A relative of a missing person.
    Relative,
    /// A convict's registration.
    Registration,
    /// The same convict again under another identifier; the profile is equal.
    DoubleRegistration,
    /// The same convict again, typed with the older kit of 15 loci.
    DoubleRegistrationOlderKit,
    /// The same convict again, with a wrong call at one locus.
    DoubleRegistrationTypingError,
    /// A corpse, fully typed.
    Corpse,
    /// A further part of a body that is already recorded.
    CorpsePart,
    /// A corpse whose long amplicons failed.
    CorpseDegraded,
    /// A trace with all loci of the kit.
    TraceFull,
    /// A trace with a foreign third allele at one or two loci.
    TraceDropIn,
    /// A trace with 8 to 16 loci.
    TracePartial,
    /// A trace that lost one allele of a heterozygote at one to three loci.
    TraceDropOut,
    /// A trace whose long amplicons failed, the longest of the rest showing one allele.
    TraceDegraded,
}

impl RecordKind {
    /// All, from the easiest to the hardest.
    pub const ALL: [RecordKind; 13] = [
        RecordKind::Relative,
        RecordKind::Registration,
        RecordKind::DoubleRegistration,
        RecordKind::DoubleRegistrationOlderKit,
        RecordKind::DoubleRegistrationTypingError,
        RecordKind::Corpse,
        RecordKind::CorpsePart,
        RecordKind::CorpseDegraded,
        RecordKind::TraceFull,
        RecordKind::TraceDropIn,
        RecordKind::TracePartial,
        RecordKind::TraceDropOut,
        RecordKind::TraceDegraded,
    ];

    /// Word used in truth files and evaluations.
    pub const fn name(self) -> &'static str {
        match self {
            RecordKind::Relative => "relative",
            RecordKind::Registration => "registration",
            RecordKind::DoubleRegistration => "double_registration",
            RecordKind::DoubleRegistrationOlderKit => "double_registration_older_kit",
            RecordKind::DoubleRegistrationTypingError => "double_registration_typing_error",
            RecordKind::Corpse => "corpse",
            RecordKind::CorpsePart => "corpse_part",
            RecordKind::CorpseDegraded => "corpse_degraded",
            RecordKind::TraceFull => "trace_full",
            RecordKind::TraceDropIn => "trace_dropin",
            RecordKind::TracePartial => "trace_partial",
            RecordKind::TraceDropOut => "trace_dropout",
            RecordKind::TraceDegraded => "trace_degraded",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<RecordKind> {
        RecordKind::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

impl From<RecordKind> for &'static str {
    fn from(kind: RecordKind) -> Self {
        kind.name()
    }
}

impl TryFrom<String> for RecordKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        RecordKind::parse(&text).ok_or_else(|| format!("{text} is not a kind of record"))
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The truth of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthRecord {
    /// The record.
    pub record_id: String,
    /// Its index.
    pub index: Index,
    /// The person whose material it is: a place in [`Truth::persons`].
    pub person: u32,
    /// What it is.
    pub kind: RecordKind,
    /// Its retention has ended on the day the registry is as of: it must take part in nothing.
    pub expired: bool,
    /// For people: what happened to it (`loci 11`, `drop-out at FGA`); may be empty.
    pub note: String,
}

/// The pedigree of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthPerson {
    /// The person's place in [`Truth::persons`].
    pub person: u32,
    /// Biological father, unless a founder.
    pub father: Option<u32>,
    /// Biological mother, unless a founder.
    pub mother: Option<u32>,
    /// The elder monozygotic twin, on the younger of the two.
    pub twin_of: Option<u32>,
}

/// Which person a family looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthMissing {
    /// The family.
    pub family_id: String,
    /// Identifier of the missing person in family files.
    pub missing_person_id: String,
    /// The person.
    pub person: u32,
}

/// The answer key: every record, every person, every missing person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Truth {
    /// In the order of [`super::Registry::records`].
    pub records: Vec<TruthRecord>,
    /// By person number.
    pub persons: Vec<TruthPerson>,
    /// By family.
    pub missing: Vec<TruthMissing>,
}
