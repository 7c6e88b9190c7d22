//! Family members and pedigrees as columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::{ColumnError, optional_text, typed};
use crate::domain::family::{FamilyMember, PedigreePerson};
use crate::domain::pedigree::Sex;
use crate::domain::relation::Kinship;

/// Schema of a family file.
pub fn family_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("family_id"),
        text("missing_person_id"),
        text("relative_record_id"),
        text("kinship"),
        Field::new("consent", DataType::Boolean, false),
        Field::new("case_open", DataType::Boolean, false),
    ]))
}

/// Members as one batch.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_family_members(members: &[FamilyMember]) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&FamilyMember) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(members.iter().map(value)))
    };
    let flag = |value: &dyn Fn(&FamilyMember) -> bool| -> ArrayRef {
        Arc::new(BooleanArray::from_iter(members.iter().map(|m| Some(value(m)))))
    };
    Ok(RecordBatch::try_new(
        family_schema(),
        vec![
            text(&|m| &m.family_id),
            text(&|m| &m.missing_person_id),
            text(&|m| &m.relative_record_id),
            text(&|m| m.kinship.name()),
            flag(&|m| m.consent),
            flag(&|m| m.case_open),
        ],
    )?)
}

/// Reads members back.
///
/// # Errors
/// The batch is not of [`family_schema`], or a kinship word is unknown.
pub fn decode_family_members(batch: &RecordBatch) -> Result<Vec<FamilyMember>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let (family, missing, relative) =
        (text("family_id")?, text("missing_person_id")?, text("relative_record_id")?);
    let kinship = text("kinship")?;
    let consent = typed::<BooleanArray>(batch, "consent", "Boolean")?;
    let open = typed::<BooleanArray>(batch, "case_open", "Boolean")?;
    (0..batch.num_rows())
        .map(|row| {
            Ok(FamilyMember {
                family_id: family.value(row).to_owned(),
                missing_person_id: missing.value(row).to_owned(),
                relative_record_id: relative.value(row).to_owned(),
                kinship: Kinship::parse(kinship.value(row)).ok_or_else(|| ColumnError::Value {
                    row,
                    column: "kinship",
                    rule: "is a known kinship word".into(),
                })?,
                consent: consent.value(row),
                case_open: open.value(row),
            })
        })
        .collect()
}

/// Schema of a file of pedigrees.
pub fn pedigree_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("family_id", false),
        text("person", false),
        text("father", true),
        text("mother", true),
        text("sex", true),
    ]))
}

/// Persons of pedigrees as one batch.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_pedigree_persons(persons: &[&PedigreePerson]) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&PedigreePerson) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(persons.iter().map(|p| value(p))))
    };
    let optional = |value: &dyn Fn(&PedigreePerson) -> Option<&str>| -> ArrayRef {
        Arc::new(StringArray::from_iter(persons.iter().map(|p| value(p))))
    };
    let columns = vec![
        text(&|p| &p.family_id),
        text(&|p| &p.person),
        optional(&|p| p.father.as_deref()),
        optional(&|p| p.mother.as_deref()),
        optional(&|p| p.sex.map(Sex::name)),
    ];
    Ok(RecordBatch::try_new(pedigree_schema(), columns)?)
}

/// Reads persons of pedigrees back.
///
/// # Errors
/// The batch is not of [`pedigree_schema`], or a sex is unknown.
pub fn decode_pedigree_persons(batch: &RecordBatch) -> Result<Vec<PedigreePerson>, ColumnError> {
    let text = |name| typed::<StringArray>(batch, name, "Utf8");
    let (family, person, sex) = (text("family_id")?, text("person")?, text("sex")?);
    let (father, mother) = (text("father")?, text("mother")?);
    let decoded = (0..batch.num_rows()).map(|row| {
        let rule = || "is female or male".to_owned();
        let fault = || ColumnError::Value { row, column: "sex", rule: rule() };
        Ok(PedigreePerson {
            family_id: family.value(row).to_owned(),
            person: person.value(row).to_owned(),
            father: optional_text(father, row),
            mother: optional_text(mother, row),
            sex: match optional_text(sex, row) {
                Some(word) => Some(Sex::parse(&word).ok_or_else(fault)?),
                None => None,
            },
        })
    });
    decoded.collect()
}
