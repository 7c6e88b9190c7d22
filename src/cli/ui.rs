//! What a verb says to people and to machines.
//!
//! Standard output carries the result: plain text, or one JSON document per line with `--json`.
//! Standard error carries notes, warnings and errors. Nothing below this layer prints.

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::error::{Error, Rejection, Result};
use crate::language::{word, words};

/// How a verb ended, when it ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done; for a search, with hits. Exit code 0.
    Done,
    /// A search was done and found nothing. Exit code 1.
    NoHits,
}

impl Outcome {
    /// Process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::NoHits => 1,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(outcome.exit_code())
    }
}

/// Something meant for standard output did not get there.
static OUTPUT_LOST: AtomicBool = AtomicBool::new(false);

/// Where and how a verb speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ui {
    /// Machine-readable output was asked for.
    pub json: bool,
}

impl Ui {
    /// Writes to standard output. A closed pipe (`tanba … | head`) is not an error; a full disk is,
    /// and the program will end with it ([`Ui::lost_output`]).
    fn write(&self, text: &str) {
        let mut out = anstream::stdout();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            OUTPUT_LOST.store(true, Ordering::Relaxed);
        }
    }

    /// The error of a result that could not be written, if there was one.
    pub(super) fn lost_output() -> Option<Error> {
        OUTPUT_LOST.load(Ordering::Relaxed).then(|| Error::Io {
            path: "standard output".into(),
            source: std::io::Error::other("the result could not be written whole"),
        })
    }

    /// A line for people on standard output; silent with `--json`.
    pub fn say(&self, text: impl Display) {
        if !self.json {
            self.write(&format!("{text}\n"));
        }
    }

    /// A result that is neither for people nor JSON, such as a script, as it is.
    pub(super) fn raw(&self, text: &str) {
        self.write(text);
    }

    /// The result for machines on standard output; silent without `--json`.
    pub fn document<T: Serialize>(&self, document: &T) {
        if self.json {
            match serde_json::to_string(document) {
                Ok(line) => self.write(&format!("{line}\n")),
                Err(error) => self.note(format!("the result cannot be written as JSON: {error}")),
            }
        }
    }

    /// The result for machines that is a file as well, where it has no `type`.
    pub(super) fn document_of<T: Serialize>(&self, r#type: &'static str, document: &T) {
        #[derive(Serialize)]
        struct Typed<'a, T> {
            r#type: &'static str,
            #[serde(flatten)]
            document: &'a T,
        }
        self.document(&Typed { r#type, document });
    }

    /// A table of numbers as CSV: into `file`, or onto standard output. With `--json` standard output
    /// carries JSON alone, so a file is needed.
    ///
    /// # Errors
    /// `--json` without a file, or the file cannot be written.
    pub(super) fn csv(&self, file: Option<&Path>, text: &str) -> Result<()> {
        match file {
            Some(path) => {
                std::fs::write(path, text).map_err(Error::io(path))?;
                let rows = text.lines().count().saturating_sub(1);
                self.document(&serde_json::json!({
                    "type": "csv", "out": path.display().to_string(), "rows": rows,
                }));
            }
            None if self.json => {
                return Err(Error::usage(
                    "this result is CSV, and with --json standard output carries JSON",
                    "add --out FILE, or leave --json out",
                ));
            }
            None => self.write(text),
        }
        Ok(())
    }

    /// A table as [`Ui::table`], its header in the language of the process.
    pub(super) fn titled(&self, ids: &[&str]) -> comfy_table::Table {
        let header: Vec<String> = ids.iter().map(|id| words(id)).collect();
        self.table(&header.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A table that fits the terminal, with a header line and no frame.
    pub fn table(&self, header: &[&str]) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table
            .load_preset(comfy_table::presets::NOTHING)
            .set_content_arrangement(comfy_table::ContentArrangement::Dynamic)
            .set_header(header);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        table
    }

    /// A note on standard error.
    pub fn note(&self, text: impl Display) {
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    /// A warning on standard error.
    pub fn warn(&self, text: impl Display) {
        let style = anstyle::AnsiColor::Yellow.on_default().bold();
        self.note(format!("{style}{}{style:#}: {text}", words("warning")));
    }

    /// One rejected record, as the compiler would show it.
    pub fn rejection(&self, rejection: &Rejection) {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        let (label, help) = (words("rejected"), words("help"));
        self.note(format!("{style}{label}{style:#}: {rejection}\n  {help}: {}", rejection.help));
    }

    /// An error, with its next step; as a JSON document with `--json`.
    pub fn error(&self, error: &Error) {
        self.document(&serde_json::json!({
            "type": "error",
            "kind": error.kind().name(),
            "exit_code": error.kind().exit_code(),
            "message": error.to_string(),
            "article": error.article(),
            "help": error.help(),
        }));
        let style = anstyle::AnsiColor::Red.on_default().bold();
        let kind = word("error", &error.kind().name().replace('_', "-"));
        let (label, help) = (kind.to_string(), words("help"));
        self.note(format!("{style}{label}{style:#}: {error}\n  {help}: {}", error.help()));
    }
}
