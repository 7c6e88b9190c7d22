//! Decisions as CSV, both ways.

use std::path::Path;

use super::{fault, rejected};
use crate::column::decision::{Decision, Verdict, decision_schema};
use crate::error::{Error, Position, Result};

/// Decisions as CSV with the columns of the schema; empty cells are nulls.
///
/// # Errors
/// The CSV writer refuses a row.
pub fn to_csv(decisions: &[Decision]) -> Result<Vec<u8>> {
    let write = || -> std::result::Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .write_record(decision_schema().fields().iter().map(|field| field.name().as_str()))?;
        for decision in decisions {
            let time =
                |at: Option<jiff::Timestamp>| at.map_or_else(String::new, |at| at.to_string());
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            writer.write_record([
                decision.id(),
                decision.hit_id.clone(),
                decision.verdict.name().to_owned(),
                decision.reason.clone(),
                decision.examiner.clone(),
                decision.decided_at.to_string(),
                time(decision.found_at),
                text(&decision.run_id),
                text(&decision.search),
                text(&decision.probe_id),
                text(&decision.gallery_id),
            ])?;
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    };
    write().map_err(|e| Error::usage(e.to_string(), "report this"))
}

/// Reads decisions. `decision_id` may be empty or absent, as may `found_at` and what follows it in the schema.
///
/// # Errors
/// A column is missing or unknown, or a row breaks a rule: the file is refused as a whole.
pub fn from_csv(path: &Path, bytes: &[u8]) -> Result<Vec<Decision>> {
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(Position::File, |at| Position::Line(at.line()));
        rejected(path, line, "the file is a comma-separated table in UTF-8", &error.to_string())
    };
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let schema = decision_schema();
    for name in &header {
        if schema.field_with_name(name).is_err() {
            let rule = "a table of decisions has no such column";
            return Err(rejected(path, Position::Line(1), rule, name));
        }
    }
    let needed = ["hit_id", "verdict", "reason", "examiner", "decided_at"];
    if let Some(missing) = needed.iter().find(|name| !header.iter().any(|have| have == **name)) {
        let rule = format!("a table of decisions has a column {missing}");
        let found = header.iter().collect::<Vec<_>>().join(",");
        return Err(rejected(path, Position::Line(1), &rule, &found));
    }
    let mut decisions = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        let line = record.position().map_or(Position::File, |at| Position::Line(at.line()));
        let cell = |name: &str| {
            let place = header.iter().position(|have| have == name);
            place.and_then(|place| record.get(place)).unwrap_or_default()
        };
        decisions
            .push(decision(&cell).map_err(|(rule, found)| rejected(path, line, rule, &found))?);
    }
    Ok(decisions)
}

/// One row, or the rule it breaks and what was found.
fn decision<'r>(
    cell: &dyn Fn(&str) -> &'r str,
) -> std::result::Result<Decision, (&'static str, String)> {
    let time = |text: &str| {
        text.parse::<jiff::Timestamp>()
            .map_err(|_| ("a time is written as 2026-11-21T08:30:00Z", text.to_owned()))
    };
    let optional = |name: &str| Some(cell(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let decision = Decision {
        hit_id: cell("hit_id").to_owned(),
        verdict: Verdict::parse(cell("verdict")).ok_or_else(|| {
            let rule = "a verdict is identification, exclusion, inconclusive or insufficient";
            (rule, cell("verdict").to_owned())
        })?,
        reason: cell("reason").to_owned(),
        examiner: cell("examiner").to_owned(),
        decided_at: time(cell("decided_at"))?,
        found_at: optional("found_at").map(|text| time(&text)).transpose()?,
        run_id: optional("run_id"),
        search: optional("search"),
        probe_id: optional("probe_id"),
        gallery_id: optional("gallery_id"),
    };
    if let Some(fault) = fault(&decision) {
        return Err(fault);
    }
    match optional("decision_id") {
        Some(id) if id != decision.id() => {
            Err(("decision_id is the hash of its row, or empty", id))
        }
        _ => Ok(decision),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::decision;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decisions_survive_a_table(
            reason in "[ -~\n\u{400}-\u{4ff}]{0,20}x", examiner in "[!-~]{1,20}", minute in 0..9_000_000i64,
            verdict in 0..4usize, found in any::<bool>(), search in proptest::option::of("[a-z/]{1,9}"),
        ) {
            let mut one = decision(7, &examiner, Verdict::ALL[verdict], minute);
            one.reason = reason;
            one.found_at = found.then_some(one.decided_at);
            one.search = search;
            let all = [one, decision(8, "B", Verdict::Exclusion, 1)];
            let text = to_csv(&all).unwrap();
            prop_assert_eq!(from_csv(Path::new("d.csv"), &text).unwrap(), all);
        }
    }

    #[test]
    fn a_bad_row_refuses_the_file_and_names_its_line() {
        let head = "hit_id,verdict,reason,examiner,decided_at";
        let hit = "0".repeat(32);
        let good = format!("{hit},exclusion,r,E,2026-11-21T08:30:00Z");
        let read = |text: String| from_csv(Path::new("d.csv"), text.as_bytes());
        assert_eq!(read(format!("{head}\n{good}\n")).unwrap().len(), 1);
        for (text, said) in [
            ("hit_id\nx\n".to_owned(), "d.csv:1: a table of decisions has a column verdict"),
            (format!("{head},score\n"), "d.csv:1: a table of decisions has no such column"),
            (
                format!("{head}\n{good}\n{hit},match,r,E,2026-11-21T08:30:00Z\n"),
                "d.csv:3: a verdict",
            ),
            (format!("{head}\n{hit},exclusion,r,E,yesterday\n"), "d.csv:2: a time"),
            (
                format!("{head}\n{hit},exclusion,,E,2026-11-21T08:30:00Z\n"),
                "d.csv:2: a decision has",
            ),
            (format!("{head}\n{hit},exclusion\n"), "d.csv:2: the file is"),
            (format!("decision_id,{head}\nabc,{good}\n"), "d.csv:2: decision_id"),
        ] {
            let error = read(text.clone()).unwrap_err();
            assert!(error.to_string().starts_with(said), "{text}: {error}");
            assert_eq!(error.kind().exit_code(), 3);
        }
    }
}
