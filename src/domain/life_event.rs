//! What other systems report of a person, a case or a body after its registration: the events that decide how
//! long a record lives.

use std::fmt;

use jiff::civil::Date;

/// An event of a status feed. Its words are those of the penitentiary database (O228 pt 74) and the special
/// records (L510 12(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LifeEvent {
    /// The judgment took force.
    Convicted,
    /// The acquittal took force (L40 23(3)).
    Acquitted,
    /// Death was established.
    Died,
    /// A court declared the person dead.
    DeclaredDead,
    /// A court found the person missing.
    DeclaredMissing,
    /// The person left the institution.
    Released,
    /// The missing person was found (L40 29(3)).
    Found,
    /// The body was identified (L40 29(4)).
    Identified,
    /// The case was closed for absence of event or offence (L40 29(3)).
    CaseClosed,
    /// The person lost citizenship (L40 15(1)).
    CitizenshipEnded,
}

impl LifeEvent {
    /// All, in the order of reports.
    pub const ALL: [LifeEvent; 10] = [
        LifeEvent::Convicted,
        LifeEvent::Acquitted,
        LifeEvent::Died,
        LifeEvent::DeclaredDead,
        LifeEvent::DeclaredMissing,
        LifeEvent::Released,
        LifeEvent::Found,
        LifeEvent::Identified,
        LifeEvent::CaseClosed,
        LifeEvent::CitizenshipEnded,
    ];

    /// Word in feeds and in the stored column.
    pub const fn name(self) -> &'static str {
        match self {
            LifeEvent::Convicted => "convicted",
            LifeEvent::Acquitted => "acquitted",
            LifeEvent::Died => "died",
            LifeEvent::DeclaredDead => "declared-dead",
            LifeEvent::DeclaredMissing => "declared-missing",
            LifeEvent::Released => "released",
            LifeEvent::Found => "found",
            LifeEvent::Identified => "identified",
            LifeEvent::CaseClosed => "case-closed",
            LifeEvent::CitizenshipEnded => "citizenship-ended",
        }
    }

    /// Reads the word; letter case, `_` and spaces for `-` are no difference.
    pub fn parse(text: &str) -> Option<LifeEvent> {
        let word = text.trim().to_lowercase().replace(['_', ' '], "-");
        LifeEvent::ALL.into_iter().find(|event| event.name() == word)
    }

    /// Whether the event ends the search for a missing person: it is then about a family, not about a record.
    pub const fn closes_a_search(self) -> bool {
        matches!(self, LifeEvent::Found | LifeEvent::CaseClosed)
    }
}

impl fmt::Display for LifeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One record.
    Record(String),
    /// Every record that bears this personal identifier; of `found` and `case-closed` the missing person.
    Person(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Record(id) => write!(f, "record {id}"),
            Subject::Person(id) => write!(f, "person {id}"),
        }
    }
}

/// One line of a status feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedEvent {
    /// Whom it is about.
    pub subject: Subject,
    /// What happened.
    pub event: LifeEvent,
    /// Day on which it happened or took force.
    pub on: Date,
    /// Day of birth, where the line states it: the gallery stores none.
    pub born_on: Option<Date>,
    /// Reference of the source: database and document.
    pub source: String,
}
