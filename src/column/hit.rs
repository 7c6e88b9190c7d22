//! The hit list: the product's interface to analysts (`docs/hits.md`).

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
    new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;

use super::{ColumnError, optional_text, typed};

/// Version of the hit schema, written into the Parquet metadata.
pub const HIT_SCHEMA_VERSION: u32 = 1;

/// One hit: a comparison at or over the threshold of its search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Identity of pair, comparator and version; stable over runs.
    pub hit_id: String,
    /// The run that wrote this row.
    pub run_id: String,
    /// Search within the run, such as `cold-case/trace-convict`.
    pub search: String,
    /// `dna`.
    pub modality: String,
    /// Probe record.
    pub probe_id: String,
    /// Personal identifier of the probe, where it has one.
    pub probe_person: Option<String>,
    /// Index of the probe.
    pub probe_index: String,
    /// Gallery record.
    pub gallery_id: String,
    /// Personal identifier of the gallery record, where it has one.
    pub gallery_person: Option<String>,
    /// Index of the gallery record.
    pub gallery_index: String,
    /// Place among the hits of this probe in this search, from 1.
    pub rank: u32,
    /// Score, millibans; orders the list.
    pub score_mban: i32,
    /// log10 likelihood ratio of the hypothesis in `relation`; minus infinity when excluded.
    pub log10_lr: f64,
    /// Chance hits to expect at this score or higher in this whole search.
    pub expected_chance_hits: f64,
    /// How the chance is known: `model`, `measured` or `extrapolated`.
    pub calibration: String,
    /// Rule the pair satisfied, such as `high<=1` or `moderate<=0`.
    pub rule: String,
    /// Loci compared.
    pub loci_compared: u32,
    /// Loci with equal allele sets.
    pub loci_full: u32,
    /// Loci that share an allele without being equal.
    pub loci_partial: u32,
    /// Loci compared that share no allele.
    pub loci_mismatched: u32,
    /// Loci whose likelihood ratio is exactly zero under `relation`.
    pub loci_excluding: u32,
    /// Two-letter code of the relation tested (`MZ` is identity).
    pub relation: String,
    /// Family searched for, in missing-person searches by kinship.
    pub family_id: Option<String>,
    /// What the gallery record's person is to the missing person, in kinship searches.
    pub kinship: Option<String>,
    /// Frequency table of the likelihood ratio.
    pub frequencies: String,
    /// Coancestry coefficient of the likelihood ratio.
    pub theta: f64,
    /// Article that allows the comparison.
    pub purpose: String,
    /// Gallery generation since which the pair could be compared.
    pub new_since: u64,
    /// Kind of device that did the work; its result does not depend on it.
    pub device: String,
}

/// Schema of the hit list. The fingerprint columns are null in DNA hits.
pub fn hit_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let count = |name: &str| Field::new(name, DataType::UInt32, false);
    let finger = DataType::Struct(
        vec![
            Field::new("probe_position", DataType::UInt8, false),
            Field::new("gallery_position", DataType::UInt8, false),
            Field::new("score_mban", DataType::Int32, false),
        ]
        .into(),
    );
    Arc::new(Schema::new(vec![
        text("hit_id", false),
        text("run_id", false),
        text("search", false),
        text("modality", false),
        text("probe_id", false),
        text("probe_person", true),
        text("probe_index", false),
        text("gallery_id", false),
        text("gallery_person", true),
        text("gallery_index", false),
        count("rank"),
        Field::new("score_mban", DataType::Int32, false),
        Field::new("log10_lr", DataType::Float64, false),
        Field::new("expected_chance_hits", DataType::Float64, false),
        text("calibration", false),
        text("rule", false),
        count("loci_compared"),
        count("loci_full"),
        count("loci_partial"),
        count("loci_mismatched"),
        count("loci_excluding"),
        text("relation", false),
        text("family_id", true),
        text("kinship", true),
        text("frequencies", false),
        Field::new("theta", DataType::Float64, false),
        Field::new("minutiae_paired", DataType::UInt32, true),
        Field::new("fingers", DataType::List(Arc::new(Field::new("item", finger, true))), true),
        text("purpose", false),
        Field::new("new_since", DataType::UInt64, false),
        text("device", false),
    ]))
}

/// Hits as one batch of [`hit_schema`].
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_hits(hits: &[Hit]) -> Result<RecordBatch, ColumnError> {
    let schema = hit_schema();
    let columns =
        schema.fields().iter().map(|field| encode_column(field, hits)).collect::<Vec<ArrayRef>>();
    Ok(RecordBatch::try_new(schema, columns)?)
}

fn encode_column(field: &Field, hits: &[Hit]) -> ArrayRef {
    if let Some(value) = text_field(field.name()) {
        return Arc::new(StringArray::from_iter_values(hits.iter().map(value)));
    }
    if let Some(value) = optional_text_field(field.name()) {
        return Arc::new(StringArray::from_iter(hits.iter().map(value)));
    }
    if let Some(value) = count_field(field.name()) {
        return Arc::new(UInt32Array::from_iter_values(hits.iter().map(value)));
    }
    if let Some(value) = real_field(field.name()) {
        return Arc::new(Float64Array::from_iter_values(hits.iter().map(value)));
    }
    match field.name().as_str() {
        "score_mban" => Arc::new(Int32Array::from_iter_values(hits.iter().map(|h| h.score_mban))),
        "new_since" => Arc::new(UInt64Array::from_iter_values(hits.iter().map(|h| h.new_since))),
        _ => new_null_array(field.data_type(), hits.len()),
    }
}

fn text_field(name: &str) -> Option<fn(&Hit) -> &str> {
    Some(match name {
        "hit_id" => |h| &h.hit_id,
        "run_id" => |h| &h.run_id,
        "search" => |h| &h.search,
        "modality" => |h| &h.modality,
        "probe_id" => |h| &h.probe_id,
        "probe_index" => |h| &h.probe_index,
        "gallery_id" => |h| &h.gallery_id,
        "gallery_index" => |h| &h.gallery_index,
        "calibration" => |h| &h.calibration,
        "rule" => |h| &h.rule,
        "relation" => |h| &h.relation,
        "frequencies" => |h| &h.frequencies,
        "purpose" => |h| &h.purpose,
        "device" => |h| &h.device,
        _ => return None,
    })
}

fn optional_text_field(name: &str) -> Option<fn(&Hit) -> Option<&str>> {
    Some(match name {
        "probe_person" => |h| h.probe_person.as_deref(),
        "gallery_person" => |h| h.gallery_person.as_deref(),
        "family_id" => |h| h.family_id.as_deref(),
        "kinship" => |h| h.kinship.as_deref(),
        _ => return None,
    })
}

fn count_field(name: &str) -> Option<fn(&Hit) -> u32> {
    Some(match name {
        "rank" => |h| h.rank,
        "loci_compared" => |h| h.loci_compared,
        "loci_full" => |h| h.loci_full,
        "loci_partial" => |h| h.loci_partial,
        "loci_mismatched" => |h| h.loci_mismatched,
        "loci_excluding" => |h| h.loci_excluding,
        _ => return None,
    })
}

fn real_field(name: &str) -> Option<fn(&Hit) -> f64> {
    Some(match name {
        "log10_lr" => |h| h.log10_lr,
        "expected_chance_hits" => |h| h.expected_chance_hits,
        "theta" => |h| h.theta,
        _ => return None,
    })
}

/// Reads hits back.
///
/// # Errors
/// The batch is not of [`hit_schema`].
pub fn decode_hits(batch: &RecordBatch) -> Result<Vec<Hit>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let count = |name| typed::<UInt32Array>(batch, name, "UInt32");
    let real = |name| typed::<Float64Array>(batch, name, "Float64");
    let score = typed::<Int32Array>(batch, "score_mban", "Int32")?;
    let new_since = typed::<UInt64Array>(batch, "new_since", "UInt64")?;
    let mut hits = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let word = |name| text(name).map(|a| a.value(row).to_owned());
        let optional = |name| text(name).map(|a| optional_text(a, row));
        let number = |name| count(name).map(|a| a.value(row));
        let float = |name| real(name).map(|a| a.value(row));
        hits.push(Hit {
            hit_id: word("hit_id")?,
            run_id: word("run_id")?,
            search: word("search")?,
            modality: word("modality")?,
            probe_id: word("probe_id")?,
            probe_person: optional("probe_person")?,
            probe_index: word("probe_index")?,
            gallery_id: word("gallery_id")?,
            gallery_person: optional("gallery_person")?,
            gallery_index: word("gallery_index")?,
            rank: number("rank")?,
            score_mban: score.value(row),
            log10_lr: float("log10_lr")?,
            expected_chance_hits: float("expected_chance_hits")?,
            calibration: word("calibration")?,
            rule: word("rule")?,
            loci_compared: number("loci_compared")?,
            loci_full: number("loci_full")?,
            loci_partial: number("loci_partial")?,
            loci_mismatched: number("loci_mismatched")?,
            loci_excluding: number("loci_excluding")?,
            relation: word("relation")?,
            family_id: optional("family_id")?,
            kinship: optional("kinship")?,
            frequencies: word("frequencies")?,
            theta: float("theta")?,
            purpose: word("purpose")?,
            new_since: new_since.value(row),
            device: word("device")?,
        });
    }
    Ok(hits)
}
