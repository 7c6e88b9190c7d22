//! Genomic records as columns, and the binary form of a profile.
//!
//! Binary profile, version 1 (little endian): version byte 1; locus set, `u64` with bit n for locus
//! number n; then per locus ascending one header byte (bits 0-3 number of alleles 1 to 8, bit 7 set
//! if a required-allele mask byte follows), the mask byte if any, and one `u16` allele code per
//! allele ascending. A complete profile of 23 loci takes about 120 bytes.
//!
//! Why binary: a template column must not leak through statistics or dictionaries, and Parquet has
//! no one-byte list (research: 4 times the size, 40 times slower).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, RecordBatch, StringArray, UInt8Array,
    UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{ColumnError, date_of, days_of, optional_text, typed};
use crate::domain::allele::Allele;
use crate::domain::apart::ApartMarkers;
use crate::domain::category::Index;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::record::DnaRecord;
use crate::limits::MAX_ALLELES_PER_LOCUS;

/// Version of the record schema, written into file metadata.
///
/// 2: `apart` may hold a mitochondrial haplotype. The columns are those of version 1, which is read.
pub const RECORD_SCHEMA_VERSION: u32 = 2;

/// Columns that hold biometric content: no statistics, no dictionary.
pub const BIOMETRIC_COLUMNS: [&str; 2] = ["profile", "apart"];

const PROFILE_VERSION: u8 = 1;
const REQUIRED_FLAG: u8 = 0x80;
const COUNT_MASK: u8 = 0x0f;

/// Why bytes are not a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The first byte is not a version this program reads.
    #[error("profile layout version {0} is not known")]
    Version(u8),
    /// The bytes end too early or go on too long.
    #[error("a profile ends exactly after its last allele")]
    Length,
    /// A locus number, allele count or allele code is out of range or order.
    #[error("a profile holds known loci with 1 to 8 ascending alleles")]
    Content,
}

/// Appends the binary form of `profile` to `out`.
pub fn encode_profile(profile: &Profile, out: &mut Vec<u8>) {
    let mut set = LocusSet::default();
    for (locus, _) in profile.iter() {
        set.insert(locus);
    }
    out.push(PROFILE_VERSION);
    out.extend_from_slice(&set.0.to_le_bytes());
    for (_, typing) in profile.iter() {
        let count = typing.alleles().len() as u8;
        let required = typing.required();
        out.push(if required == 0 { count } else { count | REQUIRED_FLAG });
        if required != 0 {
            out.push(required);
        }
        for allele in typing.alleles() {
            out.extend_from_slice(&allele.code().to_le_bytes());
        }
    }
}

/// Reads the binary form.
///
/// # Errors
/// The bytes are not a profile of a version this program reads.
pub fn decode_profile(bytes: &[u8]) -> Result<Profile, ProfileError> {
    let (&version, rest) = bytes.split_first().ok_or(ProfileError::Length)?;
    if version != PROFILE_VERSION {
        return Err(ProfileError::Version(version));
    }
    let (set, mut rest) = rest.split_first_chunk::<8>().ok_or(ProfileError::Length)?;
    let mut set = u64::from_le_bytes(*set);
    let mut profile = Profile::new();
    while set != 0 {
        let locus = Locus::from_number(set.trailing_zeros() as u8).ok_or(ProfileError::Content)?;
        set &= set - 1;
        let (typing, after) = decode_typing(rest)?;
        profile.insert(locus, typing);
        rest = after;
    }
    if rest.is_empty() { Ok(profile) } else { Err(ProfileError::Length) }
}

fn decode_typing(bytes: &[u8]) -> Result<(Typing, &[u8]), ProfileError> {
    let (&header, mut rest) = bytes.split_first().ok_or(ProfileError::Length)?;
    let count = usize::from(header & COUNT_MASK);
    let mut mask = 0u8;
    if header & REQUIRED_FLAG != 0 {
        let (&byte, after) = rest.split_first().ok_or(ProfileError::Length)?;
        (mask, rest) = (byte, after);
    }
    if count == 0 || count > MAX_ALLELES_PER_LOCUS || rest.len() < 2 * count {
        return Err(if count == 0 || count > MAX_ALLELES_PER_LOCUS {
            ProfileError::Content
        } else {
            ProfileError::Length
        });
    }
    let (codes, after) = rest.split_at(2 * count);
    let alleles: Option<Vec<Allele>> = codes
        .chunks_exact(2)
        .map(|pair| Allele::from_code(u16::from_le_bytes([pair[0], pair[1]])))
        .collect();
    let alleles = alleles.ok_or(ProfileError::Content)?;
    if !alleles.is_sorted_by(|a, b| a < b) {
        return Err(ProfileError::Content);
    }
    let required: Vec<Allele> = alleles
        .iter()
        .enumerate()
        .filter(|(place, _)| mask >> place & 1 == 1)
        .map(|(_, allele)| *allele)
        .collect();
    let typing = Typing::with_required(&alleles, &required).map_err(|_| ProfileError::Content)?;
    Ok((typing, after))
}

/// Schema of a segment's records.
pub fn record_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("record_id", false),
        text("person_id", true),
        text("case_id", true),
        text("index", false),
        text("owner", false),
        Field::new("registered_on", DataType::Date32, false),
        Field::new("retain_until", DataType::Date32, true),
        text("retain_rule", false),
        text("kit", true),
        Field::new("partial", DataType::Boolean, false),
        Field::new("loci_typed", DataType::UInt8, false),
        Field::new("generation", DataType::UInt64, false),
        Field::new("profile", DataType::Binary, false),
        Field::new("apart", DataType::Binary, false),
    ]))
}

/// Records as one batch of [`record_schema`], committed in `generation`.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_records(records: &[&DnaRecord], generation: u64) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&DnaRecord) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(records.iter().map(|r| value(r))))
    };
    let optional = |value: &dyn Fn(&DnaRecord) -> Option<&str>| -> ArrayRef {
        Arc::new(StringArray::from_iter(records.iter().map(|r| value(r))))
    };
    let mut profiles = arrow::array::BinaryBuilder::new();
    let mut apart = arrow::array::BinaryBuilder::new();
    let mut buffer = Vec::new();
    for record in records {
        buffer.clear();
        encode_profile(&record.profile, &mut buffer);
        profiles.append_value(&buffer);
        apart.append_value(encode_apart(&record.apart)?);
    }
    let columns: Vec<ArrayRef> = vec![
        text(&|r| &r.record_id),
        optional(&|r| r.person_id.as_deref()),
        optional(&|r| r.case_id.as_deref()),
        text(&|r| r.index.name()),
        text(&|r| &r.owner),
        Arc::new(Date32Array::from_iter_values(records.iter().map(|r| days_of(r.registered_on)))),
        Arc::new(Date32Array::from_iter(records.iter().map(|r| r.retain_until.map(days_of)))),
        text(&|r| &r.retain_rule),
        optional(&|r| r.kit.as_deref()),
        Arc::new(BooleanArray::from_iter(records.iter().map(|r| Some(r.partial)))),
        Arc::new(UInt8Array::from_iter_values(records.iter().map(|r| r.profile.len() as u8))),
        Arc::new(UInt64Array::from_iter_values(records.iter().map(|_| generation))),
        Arc::new(profiles.finish()),
        Arc::new(apart.finish()),
    ];
    Ok(RecordBatch::try_new(record_schema(), columns)?)
}

/// The markers of one record that are kept apart, as they are stored: a JSON object of lists of calls.
///
/// # Errors
/// JSON refuses them.
pub fn encode_apart(apart: &ApartMarkers) -> Result<Vec<u8>, ColumnError> {
    serde_json::to_vec(apart).map_err(|error| ColumnError::Value {
        row: 0,
        column: "apart",
        rule: error.to_string(),
    })
}

/// Reads the markers of one record that are kept apart.
///
/// # Errors
/// The bytes are not a JSON object of lists of calls.
pub fn decode_apart(bytes: &[u8]) -> Result<ApartMarkers, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// Reads records back.
///
/// # Errors
/// The batch is not of [`record_schema`], or a value breaks its rule.
pub fn decode_records(batch: &RecordBatch) -> Result<Vec<DnaRecord>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let (record_id, person_id, case_id) =
        (text("record_id")?, text("person_id")?, text("case_id")?);
    let (index, owner, kit) = (text("index")?, text("owner")?, text("kit")?);
    let retain_rule = text("retain_rule")?;
    let registered_on = typed::<Date32Array>(batch, "registered_on", "Date32")?;
    let retain_until = typed::<Date32Array>(batch, "retain_until", "Date32")?;
    let partial = typed::<BooleanArray>(batch, "partial", "Boolean")?;
    let profile = typed::<BinaryArray>(batch, "profile", "Binary")?;
    let apart = typed::<BinaryArray>(batch, "apart", "Binary")?;
    let fail = |row, column, rule: String| ColumnError::Value { row, column, rule };
    (0..batch.num_rows())
        .map(|row| {
            let until = retain_until.is_valid(row).then(|| retain_until.value(row));
            Ok(DnaRecord {
                record_id: record_id.value(row).to_owned(),
                person_id: optional_text(person_id, row),
                case_id: optional_text(case_id, row),
                index: Index::parse(index.value(row))
                    .ok_or_else(|| fail(row, "index", "is a known index".into()))?,
                owner: owner.value(row).to_owned(),
                registered_on: date_of(registered_on.value(row))
                    .ok_or_else(|| fail(row, "registered_on", "is a date".into()))?,
                retain_until: until.and_then(date_of),
                retain_rule: retain_rule.value(row).to_owned(),
                kit: optional_text(kit, row),
                partial: partial.value(row),
                profile: decode_profile(profile.value(row))
                    .map_err(|e| fail(row, "profile", e.to_string()))?,
                apart: decode_apart(apart.value(row))
                    .map_err(|e| fail(row, "apart", e.to_string()))?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_profile() -> impl Strategy<Value = Profile> {
        let typing = (prop::collection::vec(0u16..2100, 1..8), any::<u8>()).prop_filter_map(
            "at least one allele",
            |(codes, mask)| {
                let alleles: Vec<Allele> =
                    codes.into_iter().filter_map(Allele::from_code).collect();
                let required: Vec<Allele> = alleles
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| mask >> i & 1 == 1)
                    .map(|(_, a)| *a)
                    .collect();
                Typing::with_required(&alleles, &required).ok()
            },
        );
        prop::collection::btree_map(0u8..58, typing, 0..30).prop_map(|loci| {
            loci.into_iter().map(|(n, t)| (Locus::from_number(n).unwrap(), t)).collect()
        })
    }

    proptest! {
        #[test]
        fn every_profile_survives_its_binary_form(profile in any_profile()) {
            let mut bytes = Vec::new();
            encode_profile(&profile, &mut bytes);
            prop_assert_eq!(decode_profile(&bytes), Ok(profile));
            for cut in 0..bytes.len() {
                prop_assert!(decode_profile(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn foreign_bytes_are_refused_or_read_but_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_profile(&bytes);
        }
    }

    #[test]
    fn a_record_survives_its_columns() {
        let record = DnaRecord {
            record_id: "C1".into(),
            person_id: Some("000001".into()),
            case_id: None,
            index: Index::Convict,
            owner: "agis".into(),
            registered_on: jiff::civil::date(2024, 2, 29),
            retain_until: Some(jiff::civil::date(2090, 1, 1)),
            retain_rule: "r".into(),
            kit: None,
            partial: true,
            profile: Profile::new(),
            apart: [("AMEL".to_owned(), vec!["X".to_owned()])].into(),
        };
        let batch = encode_records(&[&record], 7).unwrap();
        assert_eq!(decode_records(&batch).unwrap(), vec![record]);
    }
}
