//! The one error type of Tanba, and the exit code each kind ends in.
//!
//! What: an enum whose variants a caller can act on. Why one enum: the exit code, the JSON form and
//! the compiler-like rendering are decided in a single place. Limits: a message is text for people;
//! programs should act on [`Kind`].

use std::fmt;
use std::path::{Path, PathBuf};

/// `Result` with Tanba's error.
pub type Result<T> = std::result::Result<T, Error>;

/// What a caller can do about an error; decides the exit code (design: commands).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line or a job file asks for something that does not exist. Exit code 2.
    Usage,
    /// A file's content breaks a rule of its format. Exit code 3.
    InputRejected,
    /// The work stopped part-way; what was committed stays. Exit code 4.
    Incomplete,
    /// The law or the policy forbids it. Exit code 5.
    Refused,
    /// Stored bytes are not what was committed. Exit code 6.
    Integrity,
}

impl Kind {
    /// Process exit code of this kind (0 and 1 are success with and without hits).
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Usage => 2,
            Kind::InputRejected => 3,
            Kind::Incomplete => 4,
            Kind::Refused => 5,
            Kind::Integrity => 6,
        }
    }

    /// Stable lower-case name, used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::InputRejected => "input_rejected",
            Kind::Incomplete => "incomplete",
            Kind::Refused => "refused",
            Kind::Integrity => "integrity",
        }
    }
}

/// Where in a file a rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// The file as a whole.
    File,
    /// A line, counted from 1.
    Line(u64),
    /// A byte offset, counted from 0.
    Offset(u64),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::File => Ok(()),
            Position::Line(line) => write!(f, ":{line}"),
            Position::Offset(offset) => write!(f, ":byte {offset}"),
        }
    }
}

/// One broken rule in one input file: what, where, which rule, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The file as the operator named it.
    pub file: PathBuf,
    /// Where in the file.
    pub position: Position,
    /// The record concerned, where one is known.
    pub record_id: Option<String>,
    /// The rule, as one sentence in the present tense ("an allele is a repeat number such as 9.3").
    pub rule: String,
    /// What was found instead, its middle left out where it is long.
    pub found: String,
    /// The next step.
    pub help: String,
}

impl Rejection {
    /// A rejection of `file` at `position`; `found` is cut to [`crate::limits::MAX_QUOTED_CHARS`], in its
    /// middle: what is wrong may stand at either end, behind a long path for instance.
    pub fn new(
        file: &Path,
        position: Position,
        rule: impl Into<String>,
        found: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let found: String = found.into();
        Rejection {
            file: file.to_owned(),
            position,
            record_id: None,
            rule: rule.into(),
            found: shortened(found),
            help: help.into(),
        }
    }

    /// The same rejection, naming the record it concerns.
    pub fn of_record(mut self, record_id: &str) -> Self {
        self.record_id = Some(record_id.to_owned());
        self
    }
}

/// Both ends of a text that is too long to be read.
pub(crate) fn shortened(text: String) -> String {
    const KEPT: usize = crate::limits::MAX_QUOTED_CHARS / 2;
    let count = text.chars().count();
    if count <= 2 * KEPT {
        return text;
    }
    let ends = (text.chars().take(KEPT), text.chars().skip(count - KEPT));
    ends.0.chain(std::iter::once('…')).chain(ends.1).collect()
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.file.display(), self.position, self.rule)?;
        if let Some(id) = &self.record_id {
            write!(f, " (record {id})")?;
        }
        write!(f, "; found {:?}", self.found)
    }
}

/// Everything that can go wrong, by what a caller can do about it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each field says its own name; the variant says what it is for")]
pub enum Error {
    /// The arguments are wrong or contradict each other.
    #[error("{message}")]
    Usage { message: String, help: String },
    /// An input file breaks a rule of its format.
    #[error("{0}")]
    Rejected(Box<Rejection>),
    /// The law forbids the search.
    #[error("{what} is refused: {rule}")]
    Refused { what: String, rule: String, article: &'static str, help: String },
    /// Stored bytes differ from what was committed, or cannot be understood.
    #[error("{}: {rule}", path.display())]
    Integrity { path: PathBuf, rule: String, help: String },
    /// The operating system refused an operation on a path.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// The object store refused an operation.
    #[error("{location}: {source}")]
    Store { location: String, source: object_store::Error },
    /// Another process committed first and retrying did not help.
    #[error("{what} changed while this command was committing")]
    Conflict { what: String },
    /// A device failed or answered wrongly; `is_final` if it is not to be asked again.
    #[error("{device}: {fault}")]
    Device { device: String, fault: String, is_final: bool, help: String },
    /// Work that was begun was not ended.
    #[error("{what}")]
    Incomplete { what: String, help: String },
    /// A documented limit of this program was reached.
    #[error("{what} is over the limit of {limit}")]
    Limit { what: String, limit: u64, help: String },
}

impl Error {
    /// A usage error with the next step.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Error::Usage { message: message.into(), help: help.into() }
    }

    /// An integrity error on `path`.
    pub fn integrity(path: &Path, rule: impl Into<String>, help: impl Into<String>) -> Self {
        Error::Integrity { path: path.to_owned(), rule: rule.into(), help: help.into() }
    }

    /// Wraps an operating-system error with the path it concerns.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
        move |source| Error::Io { path: path.to_owned(), source }
    }

    /// Wraps an operating-system error with the input file it concerns. One that does not exist is a
    /// usage error, whichever verb was given its name; with any other the work stopped.
    pub fn input(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
        move |source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::usage(
                format!("{} does not exist", path.display()),
                "check the path of the file or folder to read",
            ),
            _ => Error::io(path)(source),
        }
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Usage { .. } => Kind::Usage,
            Error::Rejected(_) | Error::Limit { .. } => Kind::InputRejected,
            Error::Refused { .. } => Kind::Refused,
            Error::Integrity { .. } => Kind::Integrity,
            Error::Io { .. }
            | Error::Store { .. }
            | Error::Conflict { .. }
            | Error::Device { .. }
            | Error::Incomplete { .. } => Kind::Incomplete,
        }
    }

    /// The next step, for the `help:` line.
    pub fn help(&self) -> String {
        match self {
            Error::Usage { help, .. }
            | Error::Refused { help, .. }
            | Error::Integrity { help, .. }
            | Error::Device { help, .. }
            | Error::Incomplete { help, .. }
            | Error::Limit { help, .. } => help.clone(),
            Error::Rejected(rejection) => rejection.help.clone(),
            Error::Io { .. } => {
                "check that the path exists and that this user may read and write it".into()
            }
            Error::Store { .. } => {
                "check the gallery path and its permissions, then run again".into()
            }
            Error::Conflict { .. } => "run the command again; nothing was half written".into(),
        }
    }

    /// The article of law behind a refusal.
    pub fn article(&self) -> Option<&'static str> {
        match self {
            Error::Refused { article, .. } => Some(article),
            _ => None,
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Error::Rejected(Box::new(rejection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_found_text_keeps_both_ends_and_the_cut_is_marked() {
        let found = format!("{}: No such file or directory", "x".repeat(500));
        let r = Rejection::new(Path::new("a.csv"), Position::Line(3), "r", found, "h");
        assert!(r.found.contains("xxx…xxx") && r.found.ends_with("x: No such file or directory"));
        assert_eq!(r.found.chars().count(), crate::limits::MAX_QUOTED_CHARS + 1);
        assert_eq!(r.of_record("R1").to_string().split(';').next(), Some("a.csv:3: r (record R1)"));
    }

    #[test]
    fn exit_codes_are_those_of_the_design() {
        let codes: Vec<u8> =
            [Kind::Usage, Kind::InputRejected, Kind::Incomplete, Kind::Refused, Kind::Integrity]
                .iter()
                .map(|k| k.exit_code())
                .collect();
        assert_eq!(codes, [2, 3, 4, 5, 6]);
    }
}
