//! An act of destruction: which records, on what ground (L40 17, 23(4)).
//!
//! A table or JSON Lines with `record_id` and `ground`. The act is all or nothing: a line that cannot be read refuses it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::identifier_fault;
use crate::import::table::{Row, Rows};
use crate::import::text;

/// Why a record is destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// Its term, in the archive too, has ended (L40 17, 23(4)).
    TermEnded,
    /// A court ordered it; the reference of its act.
    Court(String),
}

impl Ground {
    /// Reads `term-ended`, `acquitted` (whose term is a year) or `court:REFERENCE`.
    pub fn parse(text: &str) -> Option<Ground> {
        match text.trim() {
            "" | "term-ended" | "acquitted" => Some(Ground::TermEnded),
            text => {
                let reference = text.strip_prefix("court:")?.trim();
                (!reference.is_empty()).then(|| Ground::Court(reference.to_owned()))
            }
        }
    }
}

/// One record of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its identifier.
    pub record_id: String,
    /// Why.
    pub ground: Ground,
    /// Line of the act.
    pub number: u64,
}

/// One line of an act in JSON Lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonLine<'a> {
    #[serde(borrow)]
    record_id: Cow<'a, str>,
    #[serde(borrow, default)]
    ground: Cow<'a, str>,
}

/// Reads an act.
///
/// # Errors
/// The file cannot be read, or a line of it cannot.
pub fn read_act(path: &Path) -> Result<Vec<Line>> {
    let bytes = super::read_bounded(path)?;
    let text = text::decode(path, &bytes)?;
    let lines = if text.trim_start().starts_with('{') {
        json_lines(path, &text)?
    } else {
        table_lines(path, &text)?
    };
    let mut seen = BTreeSet::new();
    let mut act = Vec::with_capacity(lines.len());
    for (line, record_id, ground) in lines {
        let refuse = |rule: &str, found: &str, help: &str| -> Error {
            Rejection::new(path, Position::Line(line), rule, found, help).into()
        };
        if let Some((rule, help)) = identifier_fault(&record_id) {
            return Err(refuse(rule, &record_id, help));
        }
        if !seen.insert(record_id.clone()) {
            return Err(refuse("an act names a record once", &record_id, "remove the second line"));
        }
        let Some(ground) = Ground::parse(&ground) else {
            let rule = "a ground is term-ended, acquitted or court:REFERENCE";
            return Err(refuse(rule, &ground, "write the ground the act states"));
        };
        act.push(Line { record_id, ground, number: line });
    }
    if act.is_empty() {
        let help = "name each record in a line of its own";
        let rule = "an act names at least one record";
        return Err(Rejection::new(path, Position::File, rule, "none", help).into());
    }
    Ok(act)
}

type Written = (u64, String, String);

fn table_lines(path: &Path, text: &str) -> Result<Vec<Written>> {
    let mut rows = Rows::new(path, text);
    let header = rows.header()?;
    let Some(record) = header.find(&["record id"]) else {
        let rule = "an act has a column record_id, and may have ground";
        let (at, found) = (Position::Line(header.line), header.names.join(","));
        return Err(
            Rejection::new(path, at, rule, found, "name the columns in the first line").into()
        );
    };
    let ground = header.find(&["ground"]);
    let (mut row, mut lines) = (Row::default(), Vec::new());
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        lines.push((row.line, row.cell(record).to_owned(), row.optional(ground).to_owned()));
    }
    Ok(lines)
}

fn json_lines(path: &Path, text: &str) -> Result<Vec<Written>> {
    let mut lines = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let line: JsonLine<'_> = serde_json::from_str(line).map_err(|error| {
            let rule = "a line of an act is one object with the keys record_id and ground";
            let help = "docs/retention.md has an example";
            Rejection::new(path, Position::Line(number), rule, error.to_string(), help)
        })?;
        lines.push((number, line.record_id.trim().to_owned(), line.ground.into_owned()));
    }
    Ok(lines)
}
