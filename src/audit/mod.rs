//! The audit log of a gallery: who did what, on what ground, with what result.
//!
//! `GALLERY/audit/log.jsonl` has one JSON line per entry, each bound to the one before ([`chain`]), and
//! `head.json` names the last ([`head`]). An act has an entry before it begins and one after it ended; both are
//! flushed to disk before the program goes on. A start without an end tells of a crash, or of an act that
//! still runs. What happens in one step has one entry ([`record`]).
//!
//! Why: the law wants every request founded and used for its purpose alone (L510 16-2, 16-3), and access
//! without leave excluded (L40 8(2)); who answers for that needs a record nobody can change unseen.
//!
//! Limits: whoever may write into the folder may write entries, and may take the whole folder away. The
//! boundary is the operating system and the key of the head ([`key`]); docs/access.md says what each finds.
//! The log is read whole to be verified or shown. A gallery that cannot be written cannot be searched,
//! because the search could not be recorded.

mod actor;
mod bucket;
pub mod chain;
pub mod head;
pub mod key;
mod log;
pub mod pseudonym;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use pseudonym::{Named, Names};

pub use actor::Actor;
pub use log::{AUDIT_FOLDER, LOG_FILE, LastHead, Review, bytes_of, review};

/// Who asks, and why, as stated on the command line; what a verb does not ask is null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Role (O34 annex 1).
    pub role: Option<String>,
    /// Ground (O34 annex 1), `standing` for the searches of a night, or `not stated`.
    pub ground: Option<String>,
    /// Number of the case.
    pub case: Option<String>,
    /// Identifier of the person who asks.
    pub person_id: Option<String>,
    /// Unit of the person who asks.
    pub unit: Option<String>,
    /// Purpose, in the asker's words.
    pub purpose: Option<String>,
}

/// What is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Verb, such as `search` or `gallery block`.
    pub verb: String,
    /// The command line after the program's name, without keys.
    pub arguments: Vec<String>,
    /// Who asks.
    pub asker: Asker,
    /// Records and persons it concerns that the command line does not name; the log holds their pseudonyms.
    pub names: Names,
}

/// How it ended; what does not apply is null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `done`, `no hits`, `refused` or `failed`.
    pub outcome: Option<String>,
    /// Article of a refusal.
    pub article: Option<String>,
    /// Why it was refused or failed, or what is worth saying.
    pub reason: Option<String>,
    /// Identity of the run: the hash of all its inputs, which is that of its plan.
    pub run_id: Option<String>,
    /// BLAKE3 of the result: of `hits.parquet`, or of the file written.
    pub result_blake3: Option<String>,
    /// BLAKE3 of the access policies that allowed or refused it, in their order.
    pub policies: Vec<String>,
    /// Whether a registry of cases confirmed the case.
    pub is_case_confirmed: bool,
    /// What was counted: comparisons, hits, records.
    pub counts: BTreeMap<String, u64>,
    /// Files of decisions that a destruction wrote again: BLAKE3 before, and after or none if nothing was left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replaced: BTreeMap<String, Option<String>>,
    /// Records and persons that the texts may name; the log holds their pseudonyms.
    #[serde(skip)]
    pub names: Names,
}

impl Account {
    /// The account of an act that ended with `error`.
    pub fn fail(&mut self, error: &Error) {
        let is_refused = matches!(error, Error::Refused { .. });
        let failed = || format!("failed: {}", error.kind().name());
        self.outcome = Some(if is_refused { "refused".into() } else { failed() });
        self.article = error.article().map(str::to_owned);
        self.reason = Some(match error {
            // What was found in a line may be anything of the record, so the log does not repeat it.
            Error::Rejected(rejection) => {
                self.names.extend(rejection.record_id.iter().map(|id| (Named::Record, id.clone())));
                let record = rejection.record_id.as_ref().map(|id| format!(" (record {id})"));
                let (file, rule) = (rejection.file.display(), &rejection.rule);
                format!("{file}{}: {rule}{}", rejection.position, record.unwrap_or_default())
            }
            error => error.to_string(),
        });
    }

    /// Adds a count.
    pub fn count(&mut self, what: &str, number: u64) {
        self.counts.insert(what.to_owned(), number);
    }
}

/// Where an entry stands in its act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The act begins.
    Start,
    /// The act whose start entry `start` names has ended.
    End,
    /// The whole act.
    Whole,
}

/// One entry as stored; `sequence`, `previous` and `hash` chain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Number, from 1.
    #[serde(skip_serializing, default)]
    pub sequence: u64,
    /// Time, RFC 3339 in UTC.
    pub time: String,
    /// User of the operating system, its number, and the host.
    #[serde(flatten)]
    pub actor: Actor,
    /// Start, end or whole.
    pub phase: Phase,
    /// Of an end, the number of its start.
    pub start: Option<u64>,
    /// Verb.
    pub verb: String,
    /// Command line, without keys.
    pub arguments: Vec<String>,
    /// Who asked.
    #[serde(flatten)]
    pub asker: Asker,
    /// How it ended; empty in a start.
    #[serde(flatten)]
    pub account: Account,
    /// Records and persons that the event names.
    #[serde(skip)]
    names: Names,
}

impl Entry {
    fn of(event: &Event, phase: Phase, start: Option<u64>, account: &Account) -> Entry {
        Entry {
            sequence: 0,
            time: jiff::Timestamp::now().to_string(),
            actor: Actor::current(),
            phase,
            start,
            verb: event.verb.clone(),
            arguments: without_keys(&event.arguments),
            asker: event.asker.clone(),
            account: account.clone(),
            names: event.names.clone(),
        }
    }

    /// The texts that may name a record or a person, by pseudonym.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let written = self.asker.purpose.iter().chain(&self.account.reason);
        self.arguments.iter().chain(written).map(String::as_str)
    }

    /// Reads the line of an entry.
    ///
    /// # Errors
    /// It is no entry.
    pub fn read(line: &[u8]) -> std::result::Result<Entry, serde_json::Error> {
        serde_json::from_slice(line)
    }
}

/// An act that was begun.
#[derive(Debug)]
pub struct Act<'a> {
    gallery: &'a Path,
    key: Option<&'a SigningKey>,
    event: Event,
    start: u64,
}

/// Records an act of one step in the log of `gallery`; returns the number of the entry.
///
/// # Errors
/// The log cannot be written, is damaged at its end, or is signed and `key` is not its key.
pub fn record(
    gallery: &Path,
    key: Option<&SigningKey>,
    event: &Event,
    account: &Account,
) -> Result<u64> {
    log::append(gallery, key, &Entry::of(event, Phase::Whole, None, account))
}

/// Records that an act begins. Nothing is to be done before this has returned.
///
/// # Errors
/// As [`record`].
pub fn begin<'a>(gallery: &'a Path, key: Option<&'a SigningKey>, event: Event) -> Result<Act<'a>> {
    let entry = Entry::of(&event, Phase::Start, None, &Account::default());
    let start = log::append(gallery, key, &entry)?;
    Ok(Act { gallery, key, event, start })
}

impl Act<'_> {
    /// Records how the act ended. It is not to be called done before this has returned.
    ///
    /// # Errors
    /// As [`record`].
    pub fn end(self, account: &Account) -> Result<u64> {
        let entry = Entry::of(&self.event, Phase::End, Some(self.start), account);
        log::append(self.gallery, self.key, &entry)
    }
}

/// Arguments with the values of options about keys and passwords left out, whatever they are.
fn without_keys(arguments: &[String]) -> Vec<String> {
    const SECRET: [&str; 4] = ["key", "password", "secret", "token"];
    const LEFT_OUT: &str = "(left out)";
    let mut kept = Vec::with_capacity(arguments.len());
    let mut is_value = false;
    for argument in arguments {
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let is_secret = name.starts_with("--") && SECRET.iter().any(|word| name.contains(word));
        kept.push(match (is_value && !argument.starts_with("--"), is_secret, value) {
            (true, _, _) => LEFT_OUT.to_owned(),
            (false, true, Some(_)) => format!("{name}={LEFT_OUT}"),
            _ => argument.clone(),
        });
        is_value = is_secret && value.is_none();
    }
    kept
}
