//! A gallery without the segments that are broken: one decayed file does not stop the search of everything else.
//!
//! What: the segments whose files are not as committed, and the gallery as if they were not in it. Why only segments: what
//! stands in status and family files decides who may take part at all, so without one of them nothing is searched.
//! Nothing is moved or removed; the next command that is not told otherwise ends with exit code 6 again.
//!
//! Limits: every segment is read once to be checked. Pairs with a record set aside are not compared, families miss the
//! relatives in it, and haplotypes are counted without it: whoever asks for this must be told.

use serde::{Deserialize, Serialize};

use super::Gallery;
use crate::error::{Error, Kind};

/// A segment that is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Identity of the segment.
    pub segment: String,
    /// Index or register of its records.
    pub of: String,
    /// Records that are not searched.
    pub records: u64,
    /// The file that is not as committed, below the gallery.
    pub file: String,
    /// What is wrong with it.
    pub rule: String,
}

impl SetAside {
    fn new(gallery: &Gallery, segment: &str, of: &str, records: u64, error: &Error) -> SetAside {
        let (file, rule) = match error {
            Error::Integrity { path, rule, .. } => (
                path.strip_prefix(&gallery.root).unwrap_or(path).display().to_string(),
                rule.clone(),
            ),
            other => (String::new(), other.to_string()),
        };
        SetAside { segment: segment.to_owned(), of: of.to_owned(), records, file, rule }
    }
}

impl Gallery {
    /// The segments whose files are missing, changed or cannot be understood, in the order of their commits.
    pub fn broken_segments(&self) -> Vec<SetAside> {
        let is_broken = |error: &Error| error.kind() == Kind::Integrity;
        let mut broken = Vec::new();
        for entry in &self.manifest.segments {
            if let Some(error) = self.open_segment(entry).err().filter(is_broken) {
                let of = entry.index.name();
                broken.push(SetAside::new(self, &entry.id, of, entry.rows, &error));
            }
        }
        for entry in &self.manifest.finger_segments {
            if let Some(error) = self.open_finger_segment(entry).err().filter(is_broken) {
                let of = entry.register.name();
                broken.push(SetAside::new(self, &entry.id, of, entry.rows, &error));
            }
        }
        broken
    }

    /// The gallery as if these segments were not in it. Its identity, the hash of its manifest, stays: a run states what
    /// was set aside beside it.
    pub fn without(mut self, set_aside: &[SetAside]) -> Gallery {
        let is_kept = |id: &str| set_aside.iter().all(|other| other.segment != id);
        self.manifest.segments.retain(|entry| is_kept(&entry.id));
        self.manifest.finger_segments.retain(|entry| is_kept(&entry.id));
        self
    }
}
