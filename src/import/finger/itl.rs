//! ANSI/NIST-ITL transactions, traditional encoding: Type-1 (the transaction), Type-9 (minutiae),
//! Types 4, 13, 14 and 15 (images, as references). All other types are passed over; Type-2 text is not
//! kept because it may name persons.
//!
//! Limits: the XML encoding (NIEM) is not read. Every Type-9 record is read on its own, so that a file
//! with several faults reports them all.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::cursor::Parsed;
use super::itl_record::{self, Record};
use super::notes::Notes;
use super::{ImageReference, Subject, itl_image, itl_minutiae};
use crate::domain::finger::{Position, Template};
use crate::error::Rejection;

/// What a transaction held.
pub(super) struct Transaction {
    pub(super) templates: Vec<Template>,
    pub(super) rejections: Vec<Rejection>,
    pub(super) subject: Subject,
    pub(super) images: Vec<ImageReference>,
}

/// Reads a transaction.
pub(super) fn read(path: &Path, bytes: &[u8], notes: &mut Notes) -> Parsed<Transaction> {
    let records = itl_record::records(path, bytes, notes)?;
    let first = records.first();
    let native = first.and_then(|record| native_resolution(record));
    let images: Vec<ImageReference> = records
        .iter()
        .filter(|record| itl_image::is_listed(record.kind))
        .filter_map(|record| itl_image::reference(record, native, notes))
        .collect();
    let shown = shown(&images);
    let mut templates: Vec<Template> = Vec::new();
    let mut rejections = Vec::new();
    for record in records.iter().filter(|record| record.kind == 9) {
        let idc = designation(record, notes);
        let shown = idc.and_then(|idc| shown.get(&idc).copied());
        match itl_minutiae::template(path, record, shown, notes) {
            Ok(Some(template)) => templates.push(template),
            Ok(None) => {}
            Err(rejection) => rejections.push(*rejection),
        }
    }
    number_views(&mut templates);
    passed_over(&records, notes);
    if templates.is_empty() && rejections.is_empty() {
        notes.warn("the transaction holds no minutiae that are read; images are not matched");
    }
    let subject = first.map(subject).unwrap_or_default();
    Ok(Transaction { templates, rejections, subject, images })
}

fn subject(first: &Record<'_>) -> Subject {
    Subject {
        transaction: first.text(9),
        transaction_type: first.text(4),
        date: first.text(5),
        originating_agency: first.text(8),
        version: first.text(2),
    }
}

/// 1.011, pixels per millimetre with two decimals, per metre; 00.00 stands for none.
fn native_resolution(first: &Record<'_>) -> Option<u32> {
    let per_millimetre: f64 = first.text(11)?.parse().ok()?;
    let per_metre = (per_millimetre * 1000.0).round();
    (1.0..=1e6).contains(&per_metre).then_some(per_metre as u32)
}

/// The one position that the images of a designation show, for the designations where there is one.
fn shown(images: &[ImageReference]) -> HashMap<u16, Position> {
    let mut shown: HashMap<u16, Option<Position>> = HashMap::new();
    for image in images {
        for position in image.positions.iter().filter(|one| **one != Position::UNKNOWN) {
            let known = shown.entry(image.idc).or_insert(Some(*position));
            *known = known.filter(|known| known == position);
        }
    }
    shown.into_iter().filter_map(|(idc, position)| Some((idc, position?))).collect()
}

/// The designation of a minutiae record; `None` where it is not the one the contents list, because it
/// is then not known which image the minutiae are of.
fn designation(record: &Record<'_>, notes: &mut Notes) -> Option<u16> {
    let idc = record.number(2)?;
    if let Some(listed) = record.listed_idc.filter(|listed| *listed != idc) {
        notes.warn(format!(
            "a minutiae record says IDC {idc} and is listed (1.003) as IDC {listed}; it is linked with \
no image"
        ));
        return None;
    }
    u16::try_from(idc).ok()
}

/// Numbers views of one position that have the number of an earlier one, in file order.
fn number_views(templates: &mut [Template]) {
    let mut taken = HashSet::new();
    let mut next: HashMap<Position, u8> = HashMap::new();
    for template in templates {
        let next = next.entry(template.position).or_default();
        while !taken.insert((template.position, template.view)) && *next < u8::MAX {
            template.view = *next;
            *next += 1;
        }
    }
}

fn passed_over(records: &[Record<'_>], notes: &mut Notes) {
    let mut kinds: Vec<u8> = records.iter().map(|record| record.kind).collect();
    kinds.retain(|kind| !matches!(kind, 1 | 9) && !itl_image::is_listed(*kind));
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        let list: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        notes.convention(format!("records of type {} are passed over", list.join(", ")));
    }
}
