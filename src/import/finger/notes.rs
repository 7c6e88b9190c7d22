//! What a reader has to say about a file it could read: conventions found, and warnings.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

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

/// A warning as an import says it: once for all that differ in numbers and templates alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What was said first.
    pub text: String,
    /// How often the like was said.
    pub count: u64,
    /// Files it was said of, in the order of the import.
    pub files: Vec<PathBuf>,
}

impl Warning {
    /// What is said of one file once.
    pub(super) fn at(path: &Path, text: String) -> Warning {
        Warning { text, count: 1, files: vec![path.to_owned()] }
    }
}

/// The first file and what is said of it; then how many more, and another file to look at.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.files.first() {
            write!(f, "{}: ", first.display())?;
        }
        f.write_str(&self.text)?;
        match (self.count, self.files.get(1)) {
            (..2, _) => Ok(()),
            (count, None) => write!(f, " (and {} more like it)", count - 1),
            (count, Some(second)) => write!(
                f,
                " (and {} more like it, in {} files, such as {})",
                count - 1,
                self.files.len(),
                second.display()
            ),
        }
    }
}

/// What many files say, each kind listed once.
#[derive(Debug, Default)]
pub struct Sayings {
    said: Vec<(String, Warning)>,
    unlisted: u64,
}

impl Sayings {
    /// Takes in what the file at `path` says.
    pub(super) fn note(&mut self, path: &Path, texts: &[String]) {
        for text in texts {
            self.merge(Warning::at(path, text.clone()));
        }
    }

    /// Takes in a warning, perhaps already of several files.
    pub fn merge(&mut self, warning: Warning) {
        let kind = kind_of(&warning.text);
        if let Some((_, said)) = self.said.iter_mut().find(|(said, _)| *said == kind) {
            said.count += warning.count;
            // A file says all it has to say at once, so a repeat stands last.
            let last = said.files.last().cloned();
            said.files.extend(warning.files.into_iter().filter(|file| Some(file) != last.as_ref()));
        } else if self.said.len() < MAX_LISTED_NAMES {
            self.said.push((kind, warning));
        } else {
            self.unlisted += warning.count;
        }
    }

    /// One warning per kind.
    pub fn into_warnings(self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = self.said.into_iter().map(|(_, said)| said).collect();
        if self.unlisted > 0 {
            let text = format!("and {} more of other kinds", self.unlisted);
            warnings.push(Warning { text, count: self.unlisted, files: Vec::new() });
        }
        warnings
    }

    /// One line per kind, with the number of files that say it.
    pub(super) fn into_lines(self) -> Vec<String> {
        let line = |said: Warning| match said.files.len() {
            0 => said.text,
            files => format!("{} ({files} files)", said.text),
        };
        self.into_warnings().into_iter().map(line).collect()
    }
}

/// A text without its numbers and without the template it is about.
fn kind_of(text: &str) -> String {
    let about = text.strip_prefix("template ").and_then(|rest| rest.split_once(')'));
    let text = about.map_or(text, |(_, rest)| rest);
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut kind = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_number(c) {
            kind.push(c);
        } else if !kind.ends_with('#') {
            kind.push('#');
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_numbers_and_templates_alone_is_said_once_with_its_files() {
        let mut said = Sayings::default();
        let narrow = |number: u32, spread: &str| {
            format!(
                "template {number} (right-index, view 0): minutiae spread {spread} times as far"
            )
        };
        said.note(Path::new("a.fmr"), &[narrow(1, "0.38"), narrow(2, "0.4"), "cut".to_owned()]);
        said.note(Path::new("b.fmr"), &[narrow(1, "0.31")]);
        let warnings = said.into_warnings();
        assert_eq!(warnings.len(), 2);
        assert_eq!((warnings[0].count, warnings[0].files.len()), (3, 2));
        let lines: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        let first =
            format!("a.fmr: {} (and 2 more like it, in 2 files, such as b.fmr)", narrow(1, "0.38"));
        assert_eq!(lines, [first.as_str(), "a.fmr: cut"]);
    }
}
