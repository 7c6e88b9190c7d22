//! The columns of a hit about lineage markers.
//!
//! Every column may be null: most records have no such marker, and of most relations they say nothing. None of them
//! is a factor of the score.

use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field};
use serde::Serialize;
use std::sync::Arc;

use super::{ColumnError, optional_text, typed};

/// What the lineage markers of the two records of a hit say.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LineageEvidence {
    /// Y-STR haplotypes, where both have one.
    #[serde(flatten)]
    pub y: Option<YEvidence>,
    /// Mitochondrial haplotypes, where both have one.
    #[serde(flatten)]
    pub mitochondrial: Option<MitochondrialEvidence>,
    /// `agrees` or `differs`, where both samples should be of one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amelogenin: Option<String>,
}

/// A comparison of Y-STR haplotypes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YEvidence {
    /// Record compared with the probe.
    pub y_record: String,
    /// Markers compared.
    pub y_loci_compared: u32,
    /// Those that differ.
    pub y_loci_differing: u32,
    /// Repeats between them in all; none where a difference is not whole repeats.
    pub y_steps: Option<u32>,
    /// `inclusion`, `inconclusive`, `exclusion` or `line unknown`.
    pub y_statement: String,
    /// Upper bound of the haplotype's frequency, of inclusions.
    pub y_frequency: Option<f64>,
    /// Persons among whom it was counted.
    pub y_database: Option<u32>,
}

/// A comparison of mitochondrial haplotypes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MitochondrialEvidence {
    /// Record compared with the probe.
    pub mt_record: String,
    /// Positions compared.
    pub mt_range_bases: u32,
    /// Differences.
    pub mt_differences: u32,
    /// As of Y-STR.
    pub mt_statement: String,
    /// Upper bound of the haplotype's frequency, of inclusions.
    pub mt_frequency: Option<f64>,
    /// Persons among whom it was counted.
    pub mt_database: Option<u32>,
}

/// The columns, in their order.
pub fn lineage_fields() -> Vec<Field> {
    let field = |(name, data_type): (&str, DataType)| Field::new(name, data_type, true);
    [
        ("y_record", DataType::Utf8),
        ("y_loci_compared", DataType::UInt32),
        ("y_loci_differing", DataType::UInt32),
        ("y_steps", DataType::UInt32),
        ("y_statement", DataType::Utf8),
        ("y_frequency", DataType::Float64),
        ("y_database", DataType::UInt32),
        ("mt_record", DataType::Utf8),
        ("mt_range_bases", DataType::UInt32),
        ("mt_differences", DataType::UInt32),
        ("mt_statement", DataType::Utf8),
        ("mt_frequency", DataType::Float64),
        ("mt_database", DataType::UInt32),
        ("amelogenin", DataType::Utf8),
    ]
    .map(field)
    .into()
}

/// The column called `name` of rows with these evidences; `None` if it is none of [`lineage_fields`].
pub fn encode_lineage(name: &str, rows: &[Option<&LineageEvidence>]) -> Option<ArrayRef> {
    let y = || rows.iter().map(|row| row.as_ref()?.y.as_ref());
    let mt = || rows.iter().map(|row| row.as_ref()?.mitochondrial.as_ref());
    Some(match name {
        "y_record" => text(y().map(|y| Some(y?.y_record.as_str()))),
        "y_loci_compared" => count(y().map(|y| Some(y?.y_loci_compared))),
        "y_loci_differing" => count(y().map(|y| Some(y?.y_loci_differing))),
        "y_steps" => count(y().map(|y| y?.y_steps)),
        "y_statement" => text(y().map(|y| Some(y?.y_statement.as_str()))),
        "y_frequency" => real(y().map(|y| y?.y_frequency)),
        "y_database" => count(y().map(|y| y?.y_database)),
        "mt_record" => text(mt().map(|mt| Some(mt?.mt_record.as_str()))),
        "mt_range_bases" => count(mt().map(|mt| Some(mt?.mt_range_bases))),
        "mt_differences" => count(mt().map(|mt| Some(mt?.mt_differences))),
        "mt_statement" => text(mt().map(|mt| Some(mt?.mt_statement.as_str()))),
        "mt_frequency" => real(mt().map(|mt| mt?.mt_frequency)),
        "mt_database" => count(mt().map(|mt| mt?.mt_database)),
        "amelogenin" => text(rows.iter().map(|row| row.as_ref()?.amelogenin.as_deref())),
        _ => return None,
    })
}

fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

fn count(values: impl Iterator<Item = Option<u32>>) -> ArrayRef {
    Arc::new(values.collect::<UInt32Array>())
}

fn real(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

/// Reads the columns of every row back; `None` where all are null.
///
/// # Errors
/// A column is missing or of another type.
pub fn decode_lineage(batch: &RecordBatch) -> Result<Vec<Option<LineageEvidence>>, ColumnError> {
    let texts = |name| {
        let column = typed::<StringArray>(batch, name, "Utf8")?;
        Ok::<_, ColumnError>(move |row| optional_text(column, row))
    };
    let counts = |name| {
        let column = typed::<UInt32Array>(batch, name, "UInt32")?;
        Ok::<_, ColumnError>(move |row| column.is_valid(row).then(|| column.value(row)))
    };
    let reals = |name| {
        let column = typed::<Float64Array>(batch, name, "Float64")?;
        Ok::<_, ColumnError>(move |row| column.is_valid(row).then(|| column.value(row)))
    };
    let (y_record, y_statement) = (texts("y_record")?, texts("y_statement")?);
    let (y_compared, y_differing) = (counts("y_loci_compared")?, counts("y_loci_differing")?);
    let (y_steps, y_frequency, y_database) =
        (counts("y_steps")?, reals("y_frequency")?, counts("y_database")?);
    let (mt_record, mt_statement) = (texts("mt_record")?, texts("mt_statement")?);
    let (mt_bases, mt_differences) = (counts("mt_range_bases")?, counts("mt_differences")?);
    let (mt_frequency, mt_database) = (reals("mt_frequency")?, counts("mt_database")?);
    let amelogenin = texts("amelogenin")?;
    let y = |row| {
        Some(YEvidence {
            y_record: y_record(row)?,
            y_loci_compared: y_compared(row)?,
            y_loci_differing: y_differing(row)?,
            y_steps: y_steps(row),
            y_statement: y_statement(row)?,
            y_frequency: y_frequency(row),
            y_database: y_database(row),
        })
    };
    let mitochondrial = |row| {
        Some(MitochondrialEvidence {
            mt_record: mt_record(row)?,
            mt_range_bases: mt_bases(row)?,
            mt_differences: mt_differences(row)?,
            mt_statement: mt_statement(row)?,
            mt_frequency: mt_frequency(row),
            mt_database: mt_database(row),
        })
    };
    let row = |row| {
        let evidence = LineageEvidence {
            y: y(row),
            mitochondrial: mitochondrial(row),
            amelogenin: amelogenin(row),
        };
        (evidence != LineageEvidence::default()).then_some(evidence)
    };
    Ok((0..batch.num_rows()).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Schema;
    use proptest::prelude::*;

    fn any_y() -> impl Strategy<Value = YEvidence> {
        (
            "[A-Z0-9]{1,8}",
            any::<(u32, u32, Option<u32>, Option<u32>)>(),
            "[a-z ]{1,12}",
            prop::option::of(0.0..1.0),
        )
            .prop_map(|(y_record, counts, y_statement, y_frequency)| YEvidence {
                y_record,
                y_loci_compared: counts.0,
                y_loci_differing: counts.1,
                y_steps: counts.2,
                y_statement,
                y_frequency,
                y_database: counts.3,
            })
    }

    fn any_mitochondrial() -> impl Strategy<Value = MitochondrialEvidence> {
        (
            "[A-Z0-9]{1,8}",
            any::<(u32, u32, Option<u32>)>(),
            "[a-z ]{1,12}",
            prop::option::of(0.0..1.0),
        )
            .prop_map(|(mt_record, counts, mt_statement, mt_frequency)| {
                MitochondrialEvidence {
                    mt_record,
                    mt_range_bases: counts.0,
                    mt_differences: counts.1,
                    mt_statement,
                    mt_frequency,
                    mt_database: counts.2,
                }
            })
    }

    proptest! {
        #[test]
        fn lineage_evidence_survives_its_columns(
            rows in prop::collection::vec(
                (prop::option::of(any_y()), prop::option::of(any_mitochondrial()), prop::option::of("[a-z]{1,7}")),
                1..20,
            ),
        ) {
            let rows: Vec<Option<LineageEvidence>> = rows
                .into_iter()
                .map(|(y, mitochondrial, amelogenin)| LineageEvidence { y, mitochondrial, amelogenin })
                .map(|evidence| (evidence != LineageEvidence::default()).then_some(evidence))
                .collect();
            let borrowed: Vec<Option<&LineageEvidence>> = rows.iter().map(Option::as_ref).collect();
            let columns = lineage_fields()
                .iter()
                .map(|field| encode_lineage(field.name(), &borrowed).unwrap())
                .collect();
            let schema = Arc::new(Schema::new(lineage_fields()));
            let batch = RecordBatch::try_new(schema, columns).unwrap();
            prop_assert_eq!(decode_lineage(&batch).unwrap(), rows);
        }
    }
}
