//! What a reader has to say about a file it could read: conventions found, and warnings.

use crate::limits::MAX_LISTED_NAMES;

/// Conventions and warnings of one file, each said once.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) conventions: Vec<String>,
    pub(super) warnings: Vec<String>,
    has_extended_data: bool,
    /// The layout does not meet the end of the record exactly: another may fit better.
    pub(super) has_leftover: bool,
    /// Extended data is not areas of type, length and data: a count before it may be wrong.
    pub(super) has_odd_areas: bool,
    /// The last view read ends with areas of extended data that fill their length.
    pub(super) ends_with_areas: bool,
    /// The record states its length, and the file has it.
    pub(super) has_stated_length: bool,
    /// Warnings beyond those listed.
    unlisted: usize,
}

impl Notes {
    /// Something the reader recognised or assumed.
    pub(super) fn convention(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.conventions.contains(&text) && self.conventions.len() < MAX_LISTED_NAMES {
            self.conventions.push(text);
        }
    }

    /// Something the operator should look at.
    pub(super) fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.warnings.contains(&text) {
            return;
        }
        // A file of ten thousand odd records would otherwise fill the screen with one complaint.
        if self.warnings.len() < 4 * MAX_LISTED_NAMES {
            self.warnings.push(text);
        } else {
            self.unlisted += 1;
        }
    }

    /// Extended data was passed over.
    pub(super) fn extended_data(&mut self) {
        self.has_extended_data = true;
    }

    /// Conventions and warnings, complete.
    pub(super) fn into_parts(mut self) -> (Vec<String>, Vec<String>) {
        if self.has_extended_data {
            let text = "extended data (ridge counts, cores, deltas, zones) is checked and not kept";
            self.conventions.push(text.to_owned());
        }
        if self.unlisted > 0 {
            self.warnings.push(format!("and {} more warnings", self.unlisted));
        }
        (self.conventions, self.warnings)
    }
}
