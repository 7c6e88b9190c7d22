//! Who really left each fingerprint record: the answer key of a synthetic fingerprint registry.
//!
//! The matcher never reads it; evaluations do.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::finger::Position;
use crate::domain::register::Register;

/// What a fingerprint record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FingerRecordKind {
    /// A person's registration.
    Registration,
    /// The same person again in the same register, under another identifier.
    DoubleRegistration,
    /// The same, right and left hand exchanged.
    DoubleRegistrationSwappedHands,
    /// The same, two fingers recorded at each other's position.
    DoubleRegistrationSwappedFingers,
    /// The same, with most fingers amputated or bandaged.
    DoubleRegistrationFewFingers,
    /// A latent mark of a convict.
    Mark,
    /// A latent mark of somebody who is in no register.
    MarkOfNobody,
    /// The corpse of a registered citizen.
    Corpse,
    /// The corpse of somebody who is in no register.
    CorpseOfNobody,
}

impl FingerRecordKind {
    /// All.
    pub const ALL: [FingerRecordKind; 9] = [
        FingerRecordKind::Registration,
        FingerRecordKind::DoubleRegistration,
        FingerRecordKind::DoubleRegistrationSwappedHands,
        FingerRecordKind::DoubleRegistrationSwappedFingers,
        FingerRecordKind::DoubleRegistrationFewFingers,
        FingerRecordKind::Mark,
        FingerRecordKind::MarkOfNobody,
        FingerRecordKind::Corpse,
        FingerRecordKind::CorpseOfNobody,
    ];

    /// Word used in truth files and evaluations.
    pub const fn name(self) -> &'static str {
        match self {
            FingerRecordKind::Registration => "registration",
            FingerRecordKind::DoubleRegistration => "double_registration",
            FingerRecordKind::DoubleRegistrationSwappedHands => "double_registration_swapped_hands",
            FingerRecordKind::DoubleRegistrationSwappedFingers => {
                "double_registration_swapped_fingers"
            }
            FingerRecordKind::DoubleRegistrationFewFingers => "double_registration_few_fingers",
            FingerRecordKind::Mark => "mark",
            FingerRecordKind::MarkOfNobody => "mark_of_nobody",
            FingerRecordKind::Corpse => "corpse",
            FingerRecordKind::CorpseOfNobody => "corpse_of_nobody",
        }
    }
}

impl fmt::Display for FingerRecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// For each impression of a record, in the order of its file: the position recorded, and the finger it
/// really is. Written `1=1 2=3`: the second is a middle finger recorded as an index finger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RecordedFingers(pub Vec<(Position, Position)>);

impl From<RecordedFingers> for String {
    fn from(fingers: RecordedFingers) -> String {
        let words =
            fingers.0.iter().map(|(recorded, own)| format!("{}={}", recorded.code(), own.code()));
        words.collect::<Vec<_>>().join(" ")
    }
}

impl TryFrom<String> for RecordedFingers {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let position = |code: &str| code.parse().ok().and_then(Position::from_code);
        let pair = |word: &str| {
            let (recorded, own) = word.split_once('=')?;
            Some((position(recorded)?, position(own)?))
        };
        let pairs = text.split_whitespace().map(pair).collect::<Option<Vec<_>>>();
        pairs
            .map(RecordedFingers)
            .ok_or_else(|| format!("{text:?} is no list of `recorded=finger`"))
    }
}

/// The truth of one fingerprint record. The first six columns are those of the truth of DNA records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerTruthRecord {
    /// The record.
    pub record_id: String,
    /// Its register; the column is called `index`, as in the truth of DNA records.
    #[serde(rename = "index")]
    pub register: Register,
    /// The person who left it; numbers from the count of registered persons upwards are in no register.
    pub person: u32,
    /// What it is.
    pub kind: FingerRecordKind,
    /// Its retention has ended on the day the registry is as of: it must take part in nothing.
    pub expired: bool,
    /// For people; may be empty.
    pub note: String,
    /// Which finger each impression is.
    pub fingers: RecordedFingers,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_files_are_the_names_and_lists_of_fingers_read_back() {
        for kind in FingerRecordKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let position = |code| Position::from_code(code).unwrap();
        let fingers =
            RecordedFingers(vec![(position(1), position(6)), (Position::UNKNOWN, position(10))]);
        let text = String::from(fingers.clone());
        assert_eq!(text, "1=6 0=10");
        assert_eq!(RecordedFingers::try_from(text), Ok(fingers));
        for bad in ["1", "1=17", "x=1", "1=1,2=2"] {
            assert!(RecordedFingers::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
