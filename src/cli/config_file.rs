//! The configuration file: a section per verb, keys as its long flags.
//!
//! Which keys there are is read from the flags of the program, so that no flag is defined twice. The whole file is
//! checked, not the section of the verb alone: a slip is found by the first command, not by the one it was meant for.

use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Position, Rejection, Result};
use crate::limits::MAX_CONFIG_BYTES;

/// Flags that say where the configuration is, or what to do with it, and those that do something else altogether.
const NOT_IN_FILES: [&str; 4] = ["config", "show-config", "help", "version"];

/// What a key, a variable or a flag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Values of a flag that takes them.
    Values(Vec<String>),
    /// Whether a flag that takes none is given.
    Given(bool),
}

/// One key of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Words of the verb; empty for flags of all verbs.
    pub(super) verb: Vec<String>,
    /// Long flag, without dashes.
    pub(super) flag: String,
    /// What it says.
    pub(super) said: Said,
    /// Line, from 1.
    pub(super) line: u64,
}

/// A configuration file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigFile {
    /// The file as it was named.
    pub(super) path: PathBuf,
    /// Its keys, in the order of verbs and flags.
    pub(super) keys: Vec<Key>,
}

impl ConfigFile {
    /// Reads the file at `path` for the program `command`.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or has a key that is no long flag of its verb.
    pub(super) fn read(path: &Path, command: &Command) -> Result<ConfigFile> {
        let length = std::fs::metadata(path).map_err(Error::input(path))?.len();
        if length > MAX_CONFIG_BYTES {
            return Err(Error::Limit {
                what: format!("the size of {} ({length} bytes)", path.display()),
                limit: MAX_CONFIG_BYTES,
                help: "give a configuration file".into(),
            });
        }
        let text = std::fs::read_to_string(path).map_err(Error::input(path))?;
        ConfigFile::understand(path, &text, command)
    }

    fn understand(path: &Path, text: &str, command: &Command) -> Result<ConfigFile> {
        let reading = Reading { path, text, keys: Vec::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(Position::File, |span| reading.at(span.start));
            let help = "correct the line; docs/operating.md shows a file";
            let rule = format!("the file is TOML: {}", error.message());
            Rejection::new(path, place, rule, reading.line_at(&place), help)
        })?;
        let mut reading = reading;
        reading.section(table.get_ref(), &[], command)?;
        Ok(ConfigFile { path: path.to_owned(), keys: reading.keys })
    }

    /// What the section of `verb` says of `flag`.
    pub(super) fn of(&self, verb: &[String], flag: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.verb == verb && key.flag == flag)
    }
}

/// Whether a file or the environment may give this flag of a verb.
pub(super) fn is_open(arg: &Arg) -> bool {
    arg.get_long().is_some_and(|long| !NOT_IN_FILES.contains(&long))
}

/// Whether the flag may be given several times.
fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append) || arg.get_value_delimiter().is_some()
}

struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    keys: Vec<Key>,
}

impl Reading<'_> {
    fn line(&self, offset: usize) -> u64 {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
    }

    fn at(&self, offset: usize) -> Position {
        Position::Line(self.line(offset))
    }

    fn line_at(&self, place: &Position) -> String {
        let Position::Line(line) = place else { return String::new() };
        let line = usize::try_from(line - 1).unwrap_or(usize::MAX);
        self.text.lines().nth(line).unwrap_or_default().trim().to_owned()
    }

    fn refused(&self, offset: usize, rule: String, found: &str, help: String) -> Error {
        Rejection::new(self.path, self.at(offset), rule, found, help).into()
    }

    /// Takes the keys of the section of `verb`, whose flags and verbs below it are those of `command`.
    fn section(&mut self, table: &DeTable, verb: &[String], command: &Command) -> Result<()> {
        for (key, value) in table {
            let (name, offset) = (key.get_ref().as_ref(), key.span().start);
            let arg = command.get_arguments().find(|arg| {
                is_open(arg)
                    && arg.get_long() == Some(name)
                    && arg.is_global_set() == verb.is_empty()
            });
            let below = command.get_subcommands().find(|below| below.get_name() == name);
            match (arg, below, value.get_ref()) {
                (_, Some(below), DeValue::Table(table)) => {
                    self.section(table, &[verb, &[name.to_owned()]].concat(), below)?;
                }
                (Some(arg), ..) => {
                    let said = self.said(arg, value)?;
                    let (flag, line) = (name.to_owned(), self.line(offset));
                    self.keys.push(Key { verb: verb.to_vec(), flag, said, line });
                }
                (None, Some(_), _) => {
                    let help = format!("write a line [{name}] and its flags below it");
                    return Err(self.refused(offset, "a verb is a section".into(), name, help));
                }
                (None, None, _) => return Err(self.unknown(offset, name, verb, command)),
            }
        }
        Ok(())
    }

    fn said(&self, arg: &Arg, value: &Spanned<DeValue>) -> Result<Said> {
        let offset = value.span().start;
        let flag = arg.get_long().unwrap_or_default();
        let found = self.text.get(value.span()).unwrap_or_default();
        if !arg.get_action().takes_values() {
            return match value.get_ref() {
                DeValue::Boolean(is_given) => Ok(Said::Given(*is_given)),
                _ => {
                    let rule = format!("{flag} is true or false");
                    Err(self.refused(offset, rule, found, format!("write {flag} = true")))
                }
            };
        }
        match value.get_ref() {
            DeValue::Array(_) if !is_list(arg) => {
                let rule = format!("{flag} has one value");
                Err(self.refused(offset, rule, found, format!("write {flag} = \"...\"")))
            }
            DeValue::Array(values) => {
                let values = values.iter().map(|value| self.scalar(flag, value));
                Ok(Said::Values(values.collect::<Result<_>>()?))
            }
            _ => Ok(Said::Values(vec![self.scalar(flag, value)?])),
        }
    }

    fn scalar(&self, flag: &str, value: &Spanned<DeValue>) -> Result<String> {
        let found = self.text.get(value.span()).unwrap_or_default();
        let wrong = || {
            let rule = format!("{flag} is a text, a number or a day");
            self.refused(value.span().start, rule, found, format!("write {flag} = \"...\""))
        };
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(|number| number.to_string())
                .map_err(|_| wrong()),
            DeValue::Float(number) => {
                number.as_str().parse::<f64>().map(|n| n.to_string()).map_err(|_| wrong())
            }
            DeValue::Datetime(time) => Ok(time.to_string()),
            DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => Err(wrong()),
        }
    }

    fn unknown(&self, offset: usize, name: &str, verb: &[String], command: &Command) -> Error {
        let flags = command
            .get_arguments()
            .filter(|arg| is_open(arg) && arg.is_global_set() == verb.is_empty());
        let flags = flags.filter_map(Arg::get_long);
        let below = command.get_subcommands().map(Command::get_name);
        let known: Vec<&str> = flags.chain(below.filter(|name| *name != "help")).collect();
        let rule = match verb.join(" ") {
            words if words.is_empty() => "a key is a verb or a flag of all verbs".to_owned(),
            words => format!("a key is a long flag of `tanba {words}`"),
        };
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("leave it out; `tanba {} --help` has the flags", verb.join(" ")),
        };
        self.refused(offset, rule, name, help)
    }
}

/// The word of `known` that is most like `word`.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(word, known);
    known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<ConfigFile> {
        let mut command = super::super::Cli::command();
        command.build();
        ConfigFile::understand(Path::new("tanba.toml"), text, &command)
    }

    #[test]
    fn keys_are_long_flags_of_their_verb_with_their_lines() {
        let text = "json = true\n\n[run]\nrules = \"codis-high\"\nthreshold = 6.0\ntop = 1_000\n\
                    as-of = 2027-01-31\nrequire-gpu = false\n[gallery.block]\nrecord = 'C1'\n\
                    [search]\nindex = ['convict', 'trace']\n";
        let file = read(text).unwrap();
        let said = |verb: &[&str], flag: &str| {
            let verb: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
            file.of(&verb, flag).map(|key| (key.said.clone(), key.line))
        };
        let values =
            |values: &[&str]| Said::Values(values.iter().map(|v| (*v).to_owned()).collect());
        assert_eq!(said(&[], "json"), Some((Said::Given(true), 1)));
        assert_eq!(said(&["run"], "rules"), Some((values(&["codis-high"]), 4)));
        assert_eq!(said(&["run"], "threshold"), Some((values(&["6"]), 5)));
        assert_eq!(said(&["run"], "top"), Some((values(&["1000"]), 6)));
        assert_eq!(said(&["run"], "as-of"), Some((values(&["2027-01-31"]), 7)));
        assert_eq!(said(&["run"], "require-gpu"), Some((Said::Given(false), 8)));
        assert_eq!(said(&["gallery", "block"], "record"), Some((values(&["C1"]), 10)));
        assert_eq!(said(&["search"], "index"), Some((values(&["convict", "trace"]), 12)));
        assert_eq!(said(&["plan"], "rules"), None);
    }

    #[test]
    fn whatever_is_wrong_is_named_with_its_line_and_the_next_step() {
        for (text, line, said) in [
            ("[run]\n\ntreshold = 6\n", 3, "did you mean threshold?"),
            ("[rnu]\n", 1, "did you mean run?"),
            ("\nrun = 3\n", 2, "write a line [run]"),
            ("[run]\nthreshold = [1, 2]\n", 2, "threshold has one value"),
            ("[run]\nacross-owners = 1\n", 2, "across-owners is true or false"),
            ("[run]\nrules = true\n", 2, "rules is a text, a number or a day"),
            ("[run]\nrules = \n", 2, "the file is TOML"),
            ("[run]\nconfig = 'other.toml'\n", 2, "a key is a long flag of `tanba run`"),
            ("[run]\njson = true\n", 2, "a key is a long flag of `tanba run`"),
            ("[gallery.blok]\n", 1, "did you mean block?"),
            ("[run]\nrules = 'a'\nrules = 'b'\n", 3, "the file is TOML"),
        ] {
            let error = read(text).unwrap_err();
            let shown = format!("{error} {}", error.help());
            assert!(shown.starts_with(&format!("tanba.toml:{line}: ")), "{text:?}: {shown}");
            assert!(shown.contains(said), "{text:?}: {shown}");
            assert_eq!(error.kind().exit_code(), 3);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[a-z\\[\\]=\".'\n0-9{},# -]{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("[run]\n{text}"));
        }
    }
}
