//! The hit list: the product's interface to analysts (`docs/hits.md`).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, Int32Array, ListArray, RecordBatch, StringArray, StructArray,
    UInt8Array, UInt32Array, UInt64Array, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use serde::Serialize;

use super::lineage::{LineageEvidence, decode_lineage, encode_lineage, lineage_fields};
use super::{ColumnError, optional_text, typed};

/// Version of the hit schema, written into the Parquet metadata.
///
/// 2: fingerprints. `log10_lr`, the `loci_*` columns, `relation`, `frequencies` and `theta` became
/// nullable, because they are about DNA alone; `minutiae_paired` and `fingers` are filled.
///
/// 3: `rule_class`, `posterior` and lineage markers ([`lineage_fields`]).
pub const HIT_SCHEMA_VERSION: u32 = 3;

/// One hit: a comparison at or over the threshold of its search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Identity of pair, comparator and version; stable over runs.
    pub hit_id: String,
    /// The run that wrote this row.
    pub run_id: String,
    /// Search within the run, such as `cold-case/trace-convict`.
    pub search: String,
    /// `dna` or `finger`.
    pub modality: String,
    /// Probe record.
    pub probe_id: String,
    /// Personal identifier of the probe, where it has one.
    pub probe_person: Option<String>,
    /// Index or register of the probe.
    pub probe_index: String,
    /// Gallery record.
    pub gallery_id: String,
    /// Personal identifier of the gallery record, where it has one.
    pub gallery_person: Option<String>,
    /// Index or register of the gallery record.
    pub gallery_index: String,
    /// Place among the hits of this probe in this search, from 1.
    pub rank: u32,
    /// Score, millibans; orders the list.
    pub score_mban: i32,
    /// Chance hits to expect at this score or higher in this whole search.
    pub expected_chance_hits: f64,
    /// How the chance is known: `model`, `measured` or `extrapolated`.
    pub calibration: String,
    /// Rule the pair satisfied, such as `high<=1` or `moderate<=0`.
    pub rule: String,
    /// Family searched for, in missing-person searches by kinship.
    pub family_id: Option<String>,
    /// What the gallery record's person is to the missing person, in kinship searches.
    pub kinship: Option<String>,
    /// Probability, after the search, that this body is the missing person of the family; of searches of
    /// pedigrees with a prior.
    pub posterior: Option<f64>,
    /// Article that allows the comparison.
    pub purpose: String,
    /// Gallery generation since which the pair could be compared.
    pub new_since: u64,
    /// Kind of device that did the work; its result does not depend on it.
    pub device: String,
    /// What a comparison of profiles found; none for fingerprints.
    #[serde(flatten)]
    pub dna: Option<DnaEvidence>,
    /// What a comparison of fingerprints found; none for profiles.
    #[serde(flatten)]
    pub finger: Option<FingerEvidence>,
    /// What the lineage markers of the two records say; no part of the score.
    #[serde(flatten)]
    pub lineage: Option<Box<LineageEvidence>>,
}

/// What a comparison of two profiles found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DnaEvidence {
    /// log10 likelihood ratio of the hypothesis in `relation`; minus infinity when excluded.
    pub log10_lr: f64,
    /// Class of the agreement under the run's rules, in searches of identity.
    pub rule_class: Option<String>,
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
    /// Frequency table of the likelihood ratio.
    pub frequencies: String,
    /// Coancestry coefficient of the likelihood ratio.
    pub theta: f64,
}

/// What a comparison of two fingerprint records found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FingerEvidence {
    /// Minutiae paired, over all fingers compared.
    pub minutiae_paired: u32,
    /// The impressions compared, ascending by position of the probe, then of the gallery record.
    pub fingers: Vec<FingerPair>,
}

/// Two impressions that were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FingerPair {
    /// Position code of the impression of the probe (ANSI/NIST-ITL 1-2011 table 8).
    pub probe_position: u8,
    /// Position code of the impression of the gallery record.
    pub gallery_position: u8,
    /// Calibrated evidence of this pair by itself, millibans.
    pub score_mban: i32,
}

fn finger_fields() -> Fields {
    vec![
        Field::new("probe_position", DataType::UInt8, false),
        Field::new("gallery_position", DataType::UInt8, false),
        Field::new("score_mban", DataType::Int32, false),
    ]
    .into()
}

/// Schema of the hit list. The fingerprint columns are null in DNA hits, and those of DNA in hits of
/// fingerprints.
pub fn hit_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let count = |name: &str, nullable| Field::new(name, DataType::UInt32, nullable);
    let real = |name: &str, nullable| Field::new(name, DataType::Float64, nullable);
    let finger = DataType::Struct(finger_fields());
    let mut fields = vec![
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
        count("rank", false),
        Field::new("score_mban", DataType::Int32, false),
        real("log10_lr", true),
        real("expected_chance_hits", false),
        text("calibration", false),
        text("rule", false),
        text("rule_class", true),
        count("loci_compared", true),
        count("loci_full", true),
        count("loci_partial", true),
        count("loci_mismatched", true),
        count("loci_excluding", true),
        text("relation", true),
        text("family_id", true),
        text("kinship", true),
        real("posterior", true),
        text("frequencies", true),
        real("theta", true),
        count("minutiae_paired", true),
        Field::new("fingers", DataType::List(Arc::new(Field::new("item", finger, true))), true),
        text("purpose", false),
        Field::new("new_since", DataType::UInt64, false),
        text("device", false),
    ];
    fields.extend(lineage_fields());
    Arc::new(Schema::new(fields))
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
        return Arc::new(UInt32Array::from_iter(hits.iter().map(value)));
    }
    if let Some(value) = real_field(field.name()) {
        return Arc::new(Float64Array::from_iter(hits.iter().map(value)));
    }
    let lineage: Vec<_> = hits.iter().map(|hit| hit.lineage.as_deref()).collect();
    if let Some(column) = encode_lineage(field.name(), &lineage) {
        return column;
    }
    match field.name().as_str() {
        "score_mban" => Arc::new(Int32Array::from_iter_values(hits.iter().map(|h| h.score_mban))),
        "new_since" => Arc::new(UInt64Array::from_iter_values(hits.iter().map(|h| h.new_since))),
        _ => encode_fingers(hits),
    }
}

/// The column `fingers`: a list per hit of fingerprints, null in hits of DNA.
fn encode_fingers(hits: &[Hit]) -> ArrayRef {
    let pairs = || hits.iter().filter_map(|h| h.finger.as_ref()).flat_map(|f| &f.fingers);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt8Array::from_iter_values(pairs().map(|p| p.probe_position))),
        Arc::new(UInt8Array::from_iter_values(pairs().map(|p| p.gallery_position))),
        Arc::new(Int32Array::from_iter_values(pairs().map(|p| p.score_mban))),
    ];
    let values = StructArray::new(finger_fields(), columns, None);
    let lengths = hits.iter().map(|h| h.finger.as_ref().map_or(0, |f| f.fingers.len()));
    let present = NullBuffer::from_iter(hits.iter().map(|h| h.finger.is_some()));
    let item = Arc::new(Field::new("item", DataType::Struct(finger_fields()), true));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Arc::new(ListArray::new(item, offsets, Arc::new(values), Some(present)))
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
        "rule_class" => |h| h.dna.as_ref().and_then(|d| d.rule_class.as_deref()),
        "relation" => |h| h.dna.as_ref().map(|d| d.relation.as_str()),
        "frequencies" => |h| h.dna.as_ref().map(|d| d.frequencies.as_str()),
        _ => return None,
    })
}

fn count_field(name: &str) -> Option<fn(&Hit) -> Option<u32>> {
    Some(match name {
        "rank" => |h| Some(h.rank),
        "loci_compared" => |h| h.dna.as_ref().map(|d| d.loci_compared),
        "loci_full" => |h| h.dna.as_ref().map(|d| d.loci_full),
        "loci_partial" => |h| h.dna.as_ref().map(|d| d.loci_partial),
        "loci_mismatched" => |h| h.dna.as_ref().map(|d| d.loci_mismatched),
        "loci_excluding" => |h| h.dna.as_ref().map(|d| d.loci_excluding),
        "minutiae_paired" => |h| h.finger.as_ref().map(|f| f.minutiae_paired),
        _ => return None,
    })
}

fn real_field(name: &str) -> Option<fn(&Hit) -> Option<f64>> {
    Some(match name {
        "log10_lr" => |h| h.dna.as_ref().map(|d| d.log10_lr),
        "expected_chance_hits" => |h| Some(h.expected_chance_hits),
        "posterior" => |h| h.posterior,
        "theta" => |h| h.dna.as_ref().map(|d| d.theta),
        _ => return None,
    })
}

/// Reads hits back.
///
/// # Errors
/// The batch is not of [`hit_schema`].
pub fn decode_hits(batch: &RecordBatch) -> Result<Vec<Hit>, ColumnError> {
    let batch = &of_this_version(batch)?;
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let count = |name| typed::<UInt32Array>(batch, name, "UInt32");
    let real = |name| typed::<Float64Array>(batch, name, "Float64");
    let score = typed::<Int32Array>(batch, "score_mban", "Int32")?;
    let new_since = typed::<UInt64Array>(batch, "new_since", "UInt64")?;
    let fingers = Fingers::of(batch)?;
    let posterior = real("posterior")?;
    let mut hits = Vec::with_capacity(batch.num_rows());
    for (row, lineage) in decode_lineage(batch)?.into_iter().enumerate() {
        let word = |name| text(name).map(|a| a.value(row).to_owned());
        let optional = |name| text(name).map(|a| optional_text(a, row));
        let number = |name| count(name).map(|a| a.value(row));
        let float = |name| real(name).map(|a| a.value(row));
        let is_dna = !real("log10_lr")?.is_null(row);
        let dna = || {
            Ok::<_, ColumnError>(DnaEvidence {
                log10_lr: float("log10_lr")?,
                rule_class: optional("rule_class")?,
                loci_compared: number("loci_compared")?,
                loci_full: number("loci_full")?,
                loci_partial: number("loci_partial")?,
                loci_mismatched: number("loci_mismatched")?,
                loci_excluding: number("loci_excluding")?,
                relation: word("relation")?,
                frequencies: word("frequencies")?,
                theta: float("theta")?,
            })
        };
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
            expected_chance_hits: float("expected_chance_hits")?,
            calibration: word("calibration")?,
            rule: word("rule")?,
            family_id: optional("family_id")?,
            kinship: optional("kinship")?,
            posterior: (!posterior.is_null(row)).then(|| posterior.value(row)),
            purpose: word("purpose")?,
            new_since: new_since.value(row),
            device: word("device")?,
            dna: is_dna.then(dna).transpose()?,
            finger: fingers.evidence(row),
            lineage: lineage.map(Box::new),
        });
    }
    Ok(hits)
}

/// A batch with the columns of this version: lists of versions 1 and 2 lack those that version 3 brought, all of
/// which may be null.
fn of_this_version(batch: &RecordBatch) -> Result<RecordBatch, ColumnError> {
    if batch.column_by_name("rule_class").is_some() {
        return Ok(batch.clone());
    }
    let schema = hit_schema();
    let present =
        |field: &&Arc<Field>| batch.column_by_name(field.name()).is_some() || field.is_nullable();
    let fields: Vec<Arc<Field>> = schema.fields().iter().filter(present).cloned().collect();
    let columns = fields.iter().map(|field| {
        let stored = batch.column_by_name(field.name()).cloned();
        stored.unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
    });
    let columns = columns.collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The columns about fingerprints of a batch of hits.
struct Fingers<'a> {
    paired: &'a UInt32Array,
    lists: &'a ListArray,
    probe_positions: &'a UInt8Array,
    gallery_positions: &'a UInt8Array,
    scores: &'a Int32Array,
}

impl<'a> Fingers<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Fingers<'a>, ColumnError> {
        let lists = typed::<ListArray>(batch, "fingers", "List")?;
        let fault = |expected| ColumnError::Schema { column: "fingers", expected };
        let items = lists.values().as_any().downcast_ref::<StructArray>();
        let items = items.ok_or_else(|| fault("List<Struct>"))?;
        let position = |name| {
            let column = items.column_by_name(name).map(|c| c.as_any());
            column.and_then(|c| c.downcast_ref::<UInt8Array>()).ok_or_else(|| fault("UInt8"))
        };
        let scores = items.column_by_name("score_mban").map(|c| c.as_any());
        Ok(Fingers {
            paired: typed::<UInt32Array>(batch, "minutiae_paired", "UInt32")?,
            lists,
            probe_positions: position("probe_position")?,
            gallery_positions: position("gallery_position")?,
            scores: scores
                .and_then(|c| c.downcast_ref::<Int32Array>())
                .ok_or_else(|| fault("Int32"))?,
        })
    }

    fn evidence(&self, row: usize) -> Option<FingerEvidence> {
        if self.lists.is_null(row) {
            return None;
        }
        let offsets = self.lists.value_offsets();
        let fingers = (offsets[row] as usize..offsets[row + 1] as usize).map(|place| FingerPair {
            probe_position: self.probe_positions.value(place),
            gallery_position: self.gallery_positions.value(place),
            score_mban: self.scores.value(place),
        });
        Some(FingerEvidence { minutiae_paired: self.paired.value(row), fingers: fingers.collect() })
    }
}
