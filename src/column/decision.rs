//! Decisions of examiners on hits as columns (`docs/decisions.md`).

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jiff::Timestamp;
use serde::Serialize;

use super::{ColumnError, optional_text, typed};
use crate::ident::content_id;

/// What an examiner says of a hit (identification, exclusion and inconclusive as in latent print examination).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both records come from one source; of kinship, the relation is confirmed.
    Identification,
    /// They do not.
    Exclusion,
    /// The evidence does not decide.
    Inconclusive,
    /// A record is not fit for a comparison.
    Insufficient,
}

impl Verdict {
    /// All, in the order of reports.
    pub const ALL: [Verdict; 4] =
        [Verdict::Identification, Verdict::Exclusion, Verdict::Inconclusive, Verdict::Insufficient];

    /// Word on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Identification => "identification",
            Verdict::Exclusion => "exclusion",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Insufficient => "insufficient",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.name() == text.trim())
    }
}

/// One decision of one examiner on one hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The hit, as in the hit list; stable over runs.
    pub hit_id: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Why, in the examiner's words.
    pub reason: String,
    /// Identifier of the examiner.
    pub examiner: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Start of the run that listed the hit, as far as known.
    pub found_at: Option<Timestamp>,
    /// That run.
    pub run_id: Option<String>,
    /// Search that found it.
    pub search: Option<String>,
    /// Probe record.
    pub probe_id: Option<String>,
    /// Gallery record.
    pub gallery_id: Option<String>,
}

impl Decision {
    /// Identity: the same decision imported twice is one.
    pub fn id(&self) -> String {
        let parts = [
            &self.hit_id,
            self.verdict.name(),
            &self.reason,
            &self.examiner,
            &self.decided_at.to_string(),
        ];
        content_id("decision", parts.map(str::as_bytes))
    }
}

/// Schema of a file of decisions.
pub fn decision_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("decision_id", false),
        text("hit_id", false),
        text("verdict", false),
        text("reason", false),
        text("examiner", false),
        text("decided_at", false),
        text("found_at", true),
        text("run_id", true),
        text("search", true),
        text("probe_id", true),
        text("gallery_id", true),
    ]))
}

/// Decisions as one batch.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_decisions(decisions: &[Decision]) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&Decision) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(decisions.iter().map(value)))
    };
    let optional = |value: &dyn Fn(&Decision) -> Option<String>| -> ArrayRef {
        Arc::new(StringArray::from_iter(decisions.iter().map(value)))
    };
    let columns = vec![
        text(&Decision::id),
        text(&|d| d.hit_id.clone()),
        text(&|d| d.verdict.name().to_owned()),
        text(&|d| d.reason.clone()),
        text(&|d| d.examiner.clone()),
        text(&|d| d.decided_at.to_string()),
        optional(&|d| d.found_at.map(|at| at.to_string())),
        optional(&|d| d.run_id.clone()),
        optional(&|d| d.search.clone()),
        optional(&|d| d.probe_id.clone()),
        optional(&|d| d.gallery_id.clone()),
    ];
    Ok(RecordBatch::try_new(decision_schema(), columns)?)
}

/// Reads decisions back.
///
/// # Errors
/// The batch is not of [`decision_schema`], a verdict or time is none, or an id is not that of its row.
pub fn decode_decisions(batch: &RecordBatch) -> Result<Vec<Decision>, ColumnError> {
    let fail = |row, column, rule: &str| ColumnError::Value { row, column, rule: rule.into() };
    let column = |name| typed::<StringArray>(batch, name, "Utf8");
    let time = |row, name, text: &str| {
        text.parse::<Timestamp>().map_err(|_| fail(row, name, "is a time of RFC 3339"))
    };
    (0..batch.num_rows())
        .map(|row| {
            let word = |name| {
                let text = column(name)?;
                optional_text(text, row).ok_or_else(|| fail(row, name, "is not null"))
            };
            let optional = |name| Ok::<_, ColumnError>(optional_text(column(name)?, row));
            let found_at = optional("found_at")?;
            let decision = Decision {
                hit_id: word("hit_id")?,
                verdict: Verdict::parse(&word("verdict")?)
                    .ok_or_else(|| fail(row, "verdict", "is a known verdict"))?,
                reason: word("reason")?,
                examiner: word("examiner")?,
                decided_at: time(row, "decided_at", &word("decided_at")?)?,
                found_at: found_at.map(|text| time(row, "found_at", &text)).transpose()?,
                run_id: optional("run_id")?,
                search: optional("search")?,
                probe_id: optional("probe_id")?,
                gallery_id: optional("gallery_id")?,
            };
            if word("decision_id")? != decision.id() {
                return Err(fail(row, "decision_id", "is the hash of its row"));
            }
            Ok(decision)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_survive_their_columns_and_a_changed_one_does_not() {
        let decision = |verdict, found: Option<&str>| Decision {
            hit_id: "0".repeat(32),
            verdict,
            reason: "r, \"q\"\nline".into(),
            examiner: "E1".into(),
            decided_at: "2026-11-21T10:00:00.25Z".parse().unwrap(),
            found_at: found.map(|at| at.parse().unwrap()),
            run_id: found.map(str::to_owned),
            search: None,
            probe_id: Some("A".into()),
            gallery_id: None,
        };
        let all = Verdict::ALL
            .map(|v| decision(v, (v != Verdict::Exclusion).then_some("2026-11-20T00:00:00Z")));
        let batch = encode_decisions(&all).unwrap();
        assert_eq!(decode_decisions(&batch).unwrap(), all);
        let mut columns = batch.columns().to_vec();
        columns[2] = Arc::new(StringArray::from(vec!["exclusion"; 4]));
        let forged = RecordBatch::try_new(decision_schema(), columns).unwrap();
        let error = decode_decisions(&forged).unwrap_err().to_string();
        assert!(error.contains("decision_id"), "{error}");
    }
}
