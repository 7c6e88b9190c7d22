//! Hits as files for other programs.
//!
//! Limits: CSV has no types and no lists, so `fingers` is a text there, and JSON has no infinity, so a `log10_lr` of
//! minus infinity is null. Parquet and Arrow hold every value as the hit list does.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::column::hit::{Hit, encode_hits, hit_schema};
use crate::error::{Error, Result};
use crate::gallery::file::encode_parquet;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated table in UTF-8 with a header line (RFC 4180).
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Arrow IPC file.
    Arrow,
    /// Parquet, as `hits.parquet`.
    Parquet,
}

impl Format {
    /// Endings of names of files, with what they are.
    pub const ENDINGS: [(&'static str, Format); 4] = [
        ("csv", Format::Csv),
        ("jsonl", Format::JsonLines),
        ("arrow", Format::Arrow),
        ("parquet", Format::Parquet),
    ];

    /// The format of a name's ending.
    pub fn of_ending(ending: &str) -> Option<Format> {
        Format::ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
    }
}

/// Hits as the bytes of a file, with every column of [`hit_schema`].
///
/// # Errors
/// A writer refuses a value.
pub fn encode(hits: &[Hit], format: Format) -> Result<Vec<u8>> {
    let fault = |what: String| Error::usage(what, "report this");
    let batch = || encode_hits(hits).map_err(|e| fault(e.to_string()));
    match format {
        Format::Csv => csv(&batch()?).map_err(|e| fault(e.to_string())),
        Format::JsonLines => {
            let mut bytes = Vec::new();
            for hit in hits {
                serde_json::to_writer(&mut bytes, hit).map_err(|e| fault(e.to_string()))?;
                bytes.push(b'\n');
            }
            Ok(bytes)
        }
        Format::Arrow => arrow(&batch()?).map_err(|e| fault(e.to_string())),
        Format::Parquet => {
            encode_parquet(hit_schema(), &[batch()?], &[]).map_err(|e| fault(e.to_string()))
        }
    }
}

fn csv(batch: &RecordBatch) -> std::result::Result<Vec<u8>, ArrowError> {
    let fault = |e: csv::Error| ArrowError::CsvError(e.to_string());
    let options = FormatOptions::default();
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let columns = columns.collect::<std::result::Result<Vec<_>, _>>()?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(batch.schema().fields().iter().map(|f| f.name())).map_err(fault)?;
    for row in 0..batch.num_rows() {
        for column in &columns {
            writer.write_field(column.value(row).try_to_string()?).map_err(fault)?;
        }
        writer.write_record(None::<&[u8]>).map_err(fault)?;
    }
    writer.into_inner().map_err(|e| ArrowError::CsvError(e.to_string()))
}

fn arrow(batch: &RecordBatch) -> std::result::Result<Vec<u8>, ArrowError> {
    let mut writer = FileWriter::try_new(Vec::new(), &hit_schema())?;
    writer.write(batch)?;
    writer.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::hit::{DnaEvidence, FingerEvidence, FingerPair, decode_hits};
    use crate::hits::finish::tests::hit;

    fn hits() -> Vec<Hit> {
        let dna = hit("s", "A,1", "B\"2", 7);
        let excluded = dna.dna.clone().map(|d| DnaEvidence { log10_lr: f64::NEG_INFINITY, ..d });
        let pair = FingerPair { probe_position: 2, gallery_position: 3, score_mban: 6120 };
        let finger = FingerEvidence { minutiae_paired: 40, fingers: vec![pair] };
        vec![
            dna.clone(),
            Hit { dna: excluded, ..hit("s", "A", "C", 8) },
            Hit { dna: None, finger: Some(finger), ..hit("f", "A", "D", 9) },
        ]
    }

    #[test]
    fn a_table_has_every_column_and_says_nothing_where_there_is_nothing() {
        let bytes = encode(&hits(), Format::Csv).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let names = reader.headers().unwrap().clone();
        assert!(names.iter().eq(hit_schema().fields().iter().map(|f| f.name().as_str())));
        let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
        let cell = |row: usize, name: &str| {
            rows[row].get(names.iter().position(|n| n == name).unwrap()).unwrap().to_owned()
        };
        assert_eq!((cell(0, "probe_id"), cell(0, "gallery_id")), ("A,1".into(), "B\"2".into()));
        assert_eq!((cell(0, "log10_lr"), cell(0, "fingers")), ("0.007".into(), String::new()));
        assert_eq!(cell(1, "log10_lr"), "-inf");
        assert_eq!((cell(2, "log10_lr"), cell(2, "theta")), (String::new(), String::new()));
        let fingers = "[{probe_position: 2, gallery_position: 3, score_mban: 6120}]";
        assert_eq!(cell(2, "fingers"), fingers);
    }

    #[test]
    fn json_lines_are_one_object_a_hit() {
        let bytes = encode(&hits(), Format::JsonLines).unwrap();
        let lines: Vec<serde_json::Value> = bytes
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            (&lines[0]["score_mban"], &lines[1]["log10_lr"]),
            (&7.into(), &serde_json::Value::Null)
        );
        assert_eq!(lines[2]["fingers"][0]["gallery_position"], 3);
    }

    #[test]
    fn arrow_and_parquet_hold_what_the_list_holds() {
        let file = encode(&hits(), Format::Arrow).unwrap();
        let reader = arrow::ipc::reader::FileReader::try_new(std::io::Cursor::new(file), None);
        let batches: Vec<RecordBatch> = reader.unwrap().map(|b| b.unwrap()).collect();
        assert_eq!(
            batches.iter().flat_map(|b| decode_hits(b).unwrap()).collect::<Vec<_>>(),
            hits()
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.parquet");
        std::fs::write(&path, encode(&hits(), Format::Parquet).unwrap()).unwrap();
        let batches = crate::gallery::file::read_parquet(&path, None).unwrap();
        assert_eq!(
            batches.iter().flat_map(|b| decode_hits(b).unwrap()).collect::<Vec<_>>(),
            hits()
        );
    }
}
