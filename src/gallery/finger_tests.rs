//! Segments of fingerprints written, opened, damaged.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, LargeBinaryArray, RecordBatch, UInt8Array, UInt32Array};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Gallery;
use super::commit::{self, FingerIntake, ImportOutcome, Intake};
use super::enrol;
use super::finger_segment::{self, FingerSegment};
use super::manifest::FingerSegmentEntry;
use super::prints::{self, Prints};
use crate::column::status::{StatusChange, StatusEvent};
use crate::domain::category::Index;
use crate::domain::finger::{
    DIRECTIONS_PER_TURN, Impression, Minutia, MinutiaKind, Position, Template,
    UNITS_PER_METRE_500_DPI,
};
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::domain::register::Register;
use crate::error::Kind;
use crate::kernel::minutia::Print;
use crate::limits::MAX_PRINTS_PER_SEGMENT;

fn template(position: u8, view: u8, count: usize, random: &mut ChaCha8Rng) -> Template {
    let minutia = |_| Minutia {
        x: random.random_range(0..500),
        y: random.random_range(0..700),
        direction: random.random_range(0..DIRECTIONS_PER_TURN),
        kind: MinutiaKind::Ending,
        quality: None,
    };
    Template {
        position: Position::from_code(position).unwrap(),
        impression: Impression(position % 2),
        view,
        quality: (view > 0).then_some(50 + view),
        width: Some(500),
        height: Some(700),
        units_per_metre_x: UNITS_PER_METRE_500_DPI,
        units_per_metre_y: UNITS_PER_METRE_500_DPI,
        minutiae: (0..count).map(minutia).collect(),
    }
}

fn record(id: &str, templates: Vec<Template>) -> FingerRecord {
    FingerRecord {
        record_id: id.into(),
        person_id: Some(format!("P-{id}")),
        case_id: None,
        register: Register::Convict,
        owner: "mvd".into(),
        registered_on: jiff::civil::date(2024, 1, 1),
        retain_until: None,
        retain_rule: "r".into(),
        templates,
    }
}

/// Records of ten fingers each, with palms, second views, empty templates and a squeezed one.
fn records(count: usize, seed: u64) -> Vec<FingerRecord> {
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for number in 0..count {
        let mut templates: Vec<Template> = (1..=10)
            .map(|position| template(position, 0, random.random_range(8..60), random))
            .collect();
        templates.push(template(2, 1, 30, random));
        templates.push(template(21, 0, 300, random));
        templates.push(template(3, 1, 0, random));
        let impossible = Template { units_per_metre_x: 1, ..template(4, 1, 20, random) };
        templates.push(impossible);
        all.push(record(&format!("F{number:03}"), templates));
    }
    all
}

fn intake(records: Vec<FingerRecord>, hash: &str) -> FingerIntake {
    FingerIntake { file_hash: hash.into(), file_name: format!("{hash}.csv"), records, rejected: 0 }
}

fn import(root: &Path, records: Vec<FingerRecord>, hash: &str) -> ImportOutcome {
    commit::import_fingers(root, Register::Convict, "mvd", &[intake(records, hash)]).unwrap()
}

fn committed(outcome: ImportOutcome) -> commit::Committed {
    match outcome {
        ImportOutcome::Committed(committed) => committed,
        ImportOutcome::Clashes(clashes) => panic!("{clashes:?}"),
    }
}

fn open_only(root: &Path) -> FingerSegment {
    let gallery = Gallery::open(root).unwrap();
    let segments = gallery.finger_segments(Register::Convict);
    assert_eq!(segments.len(), 1);
    gallery.open_finger_segment(segments[0]).unwrap()
}

#[test]
fn prints_ascend_by_position_count_and_record_and_lead_back_to_their_template() {
    let folder = tempfile::tempdir().unwrap();
    let all = records(40, 1);
    committed(import(folder.path(), all.clone(), "a"));
    let segment = open_only(folder.path());
    assert_eq!(segment.rows(), 40);
    assert_eq!(segment.prints(), 40 * 12, "the empty and the impossible template are not matched");
    let mut before = None;
    for print in 0..segment.prints() {
        let row = segment.record_row(print);
        let source = &all[row].templates[segment.template_of(print)];
        assert_eq!(segment.record_id(row), all[row].record_id);
        assert_eq!(segment.person_id(row), all[row].person_id.as_deref());
        assert_eq!(segment.position(print), source.position);
        assert_eq!(segment.impression(print), source.impression);
        assert_eq!(segment.view_number(print), source.view);
        assert_eq!(segment.quality(print), source.quality);
        let (minutiae, view) = (source.print().unwrap(), segment.print(print));
        assert_eq!(view.to_print(), Print::of(&minutiae, enrol::projection().unwrap()));
        assert!(segment.position_range(source.position).contains(&print));
        assert!(segment.prints_of_record(row).contains(&(print as u32)));
        let order = (source.position, minutiae.len(), row, source.view);
        assert!(before < Some(order), "{before:?} before {order:?}");
        before = Some(order);
    }
    let in_ranges: usize = segment.positions().iter().map(|(_, range)| range.len()).sum();
    assert_eq!(in_ranges, segment.prints());
    assert_eq!(segment.position_range(Position::UNKNOWN), 0..0);
    assert!((0..40).all(|row| segment.prints_of_record(row).is_sorted()));
    let of_records: usize = (0..40).map(|row| segment.prints_of_record(row).len()).sum();
    assert_eq!(of_records, segment.prints());
    assert!(Gallery::open(folder.path()).unwrap().verify().is_empty());
}

#[test]
fn a_segment_in_memory_holds_the_prints_of_a_stored_one() {
    let folder = tempfile::tempdir().unwrap();
    let all = records(5, 2);
    committed(import(folder.path(), all.clone(), "a"));
    let stored = open_only(folder.path());
    let ad_hoc = FingerSegment::in_memory(Register::Convict, "mvd", &all).unwrap();
    assert_eq!(stored.prints(), ad_hoc.prints());
    for print in 0..stored.prints() {
        assert_eq!(stored.print(print).to_print(), ad_hoc.print(print).to_print());
        assert_eq!(ad_hoc.print(print).descriptors.as_ptr() as usize % 64, 0, "cache lines");
        assert_eq!(stored.print(print).descriptors.as_ptr() as usize % 64, 0, "cache lines");
    }
    let none = FingerSegment::in_memory(Register::Trace, "mvd", &[]).unwrap();
    assert_eq!((none.rows(), none.prints()), (0, 0));
}

#[test]
fn a_print_of_36_minutiae_takes_at_most_2_7_kb_with_all_that_is_kept_of_its_record() {
    let random = &mut ChaCha8Rng::seed_from_u64(3);
    // The costliest case: a record of one print each, as marks are.
    let one_each: Vec<FingerRecord> =
        (0..2000).map(|n| record(&format!("F{n:08}"), vec![template(2, 0, 36, random)])).collect();
    let folder = tempfile::tempdir().unwrap();
    committed(import(folder.path(), one_each, "a"));
    let segment = open_only(folder.path());
    assert_eq!(segment.all_minutiae(), 2000 * 36);
    let per_print = segment.bytes() / segment.prints();
    assert!(per_print <= 2700, "{per_print} bytes");
    let stored = segment.entry().prints.bytes / 2000;
    assert!((2500..=2700).contains(&stored), "{stored} bytes of prints.arrow per print");
}

#[test]
fn every_changed_or_cut_byte_of_a_segment_is_an_integrity_error() {
    let folder = tempfile::tempdir().unwrap();
    committed(import(folder.path(), records(3, 4), "a"));
    let gallery = Gallery::open(folder.path()).unwrap();
    let entry = gallery.finger_segments(Register::Convict)[0].clone();
    let random = &mut ChaCha8Rng::seed_from_u64(5);
    for file in [&entry.records, &entry.prints] {
        let path = folder.path().join(&file.path);
        let good = fs::read(&path).unwrap();
        for _ in 0..40 {
            let mut bad = good.clone();
            let place = random.random_range(0..bad.len());
            if random.random() {
                bad[place] ^= 1 << random.random_range(0..8);
            } else {
                bad.truncate(place);
            }
            fs::write(&path, &bad).unwrap();
            let error = gallery.open_finger_segment(&entry).unwrap_err();
            assert_eq!(error.kind(), Kind::Integrity, "{error}");
            assert_eq!(gallery.verify().len(), 1);
        }
        fs::write(&path, &good).unwrap();
    }
    assert!(gallery.verify().is_empty());
}

/// Replaces a column of a batch of prints.
fn with(batch: &RecordBatch, column: &str, array: ArrayRef) -> RecordBatch {
    let mut columns = batch.columns().to_vec();
    columns[batch.schema().index_of(column).unwrap()] = array;
    RecordBatch::try_new(batch.schema(), columns).unwrap()
}

#[test]
fn prints_that_contradict_themselves_or_their_records_are_refused() {
    let all = records(4, 6);
    let all: Vec<&FingerRecord> = all.iter().collect();
    let good = prints::encode(&all).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let entry = finger_segment::write(folder.path(), Register::Convict, "mvd", &all, 1).unwrap();
    let refused = |batch: RecordBatch| Prints::of(batch, &entry).err().unwrap();
    assert!(Prints::of(good.clone(), &entry).is_ok());
    let other = |change: fn(&mut FingerSegmentEntry)| {
        let mut entry = entry.clone();
        change(&mut entry);
        Prints::of(good.clone(), &entry).err().unwrap()
    };
    assert!(other(|entry| entry.rows = 5).contains("number of records"));
    assert!(other(|entry| entry.descriptor_version += 1).contains("version"));
    assert!(other(|entry| entry.projection.push('0')).contains("projection"));
    assert!(refused(good.slice(0, 7)).contains("as many"));
    let count = good.num_rows();
    let rows = (0..count as u32).map(|row| row % 5);
    let rows: ArrayRef = Arc::new(UInt32Array::from_iter_values(rows));
    assert!(refused(with(&good, "record_row", rows)).contains("record"));
    for (codes, word) in
        [(vec![17; count], "17"), ((0..count).rev().map(|n| (n / 30) as u8).collect(), "ascend")]
    {
        let codes: ArrayRef = Arc::new(UInt8Array::from(codes));
        assert!(refused(with(&good, "position", codes)).contains(word));
    }
    let bytes: ArrayRef = Arc::new(UInt8Array::from(vec![0; count]));
    assert!(refused(with(&good, "position", bytes)).contains("number of minutiae"));
    for column in ["descriptors", "x", "y", "directions", "qualities"] {
        let ones: ArrayRef = Arc::new(LargeBinaryArray::from_iter_values(vec![[1_u8; 6]; count]));
        assert!(refused(with(&good, column, ones)).contains("other minutiae"), "{column}");
    }
}

#[test]
fn a_segment_of_another_register_or_descriptor_version_than_the_manifest_says_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    committed(import(folder.path(), records(2, 8), "a"));
    let gallery = Gallery::open(folder.path()).unwrap();
    let entry = gallery.finger_segments(Register::Convict)[0].clone();
    let mut version = entry.clone();
    version.descriptor_version += 1;
    let mut projection = entry.clone();
    projection.projection = "0".repeat(32);
    let mut register = entry.clone();
    register.register = Register::Citizen;
    let mut owner = entry.clone();
    owner.owner = "transport".into();
    for (entry, word) in [
        (version, "version"),
        (projection, "projection 0"),
        (register, "register"),
        (owner, "owner"),
    ] {
        let error = gallery.open_finger_segment(&entry).unwrap_err();
        assert_eq!(error.kind(), Kind::Integrity);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn importing_again_changes_nothing_and_another_content_of_an_id_clashes() {
    let folder = tempfile::tempdir().unwrap();
    let all = records(3, 9);
    assert_eq!(committed(import(folder.path(), all.clone(), "a")).added, 3);
    let again = committed(import(folder.path(), all.clone(), "a"));
    assert_eq!((again.generation, again.added), (1, 0));
    assert_eq!(again.known_files, ["a.csv"]);
    let mut more = all.clone();
    more.push(record("F900", vec![]));
    let other = committed(import(folder.path(), more, "b"));
    assert_eq!((other.generation, other.added, other.already_present), (2, 1, 3));
    let changed = vec![FingerRecord { templates: vec![], ..all[1].clone() }];
    let clashes = import(folder.path(), changed, "c");
    assert!(matches!(clashes, ImportOutcome::Clashes(list) if list[0].record_id == "F001"));
    let gallery = Gallery::open(folder.path()).unwrap();
    let found = gallery.find_finger_records(&HashSet::from(["F002", "F900", "none"])).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found["F002"], all[2]);
}

fn profile(id: &str) -> DnaRecord {
    DnaRecord {
        record_id: id.into(),
        person_id: None,
        case_id: None,
        index: Index::Trace,
        owner: "agis".into(),
        registered_on: jiff::civil::date(2024, 1, 1),
        retain_until: None,
        retain_rule: "r".into(),
        kit: None,
        partial: false,
        profile: Default::default(),
        apart: Default::default(),
    }
}

#[test]
fn an_id_is_unique_over_profiles_and_fingerprints() {
    let folder = tempfile::tempdir().unwrap();
    let dna = |id: &str, hash: &str| {
        let intake = Intake {
            file_hash: hash.into(),
            file_name: hash.into(),
            records: vec![profile(id)],
            family_members: vec![],
            pedigree_persons: vec![],
            rejected: 0,
        };
        commit::import(folder.path(), Index::Trace, "agis", &[intake]).unwrap()
    };
    committed(dna("X1", "d1"));
    let fingers = import(folder.path(), vec![record("X1", vec![])], "f1");
    assert!(matches!(fingers, ImportOutcome::Clashes(list) if list[0].record_id == "X1"));
    committed(import(folder.path(), vec![record("X2", vec![])], "f2"));
    let clash = dna("X2", "d2");
    assert!(matches!(clash, ImportOutcome::Clashes(list) if list[0].record_id == "X2"));
}

#[test]
fn a_fingerprint_record_can_be_blocked_and_its_retention_moved() {
    let folder = tempfile::tempdir().unwrap();
    let citizen = |until, rule: &str| FingerRecord {
        register: Register::Citizen,
        retain_until: until,
        retain_rule: rule.into(),
        ..record("C1", vec![])
    };
    let import = |record, hash| {
        let intake = intake(vec![record], hash);
        commit::import_fingers(folder.path(), Register::Citizen, "mvd", &[intake]).unwrap()
    };
    committed(import(citizen(None, "alive"), "a"));
    let until = jiff::civil::date(2090, 5, 1);
    let moved = committed(import(citizen(Some(until), "dead"), "b"));
    assert_eq!((moved.added, moved.retention_updates), (0, 1));
    let event = StatusEvent {
        record_id: "C1".into(),
        change: StatusChange::Blocked,
        reason: "review".into(),
        at: "2026-11-21T00:00:00Z".into(),
        news: None,
    };
    commit::record_status(folder.path(), &[event]).unwrap();
    let statuses = Gallery::open(folder.path()).unwrap().statuses().unwrap();
    assert_eq!(statuses.retention("C1"), Some(Some(until)));
    assert!(statuses.is_blocked("C1"));
}

#[test]
fn a_run_of_records_is_cut_before_it_outgrows_a_segment() {
    let none =
        Template { minutiae: vec![], ..template(1, 0, 0, &mut ChaCha8Rng::seed_from_u64(1)) };
    let big = record("F", vec![none; 1000]);
    let many = vec![&big; 300];
    let runs = finger_segment::split(&many);
    assert_eq!(runs.iter().map(|run| run.len()).sum::<usize>(), 300);
    assert_eq!(runs.len(), 300_000_usize.div_ceil(131_000));
    assert!(runs.iter().all(|run| run.len() * 1000 <= MAX_PRINTS_PER_SEGMENT));
    assert!(finger_segment::split(&[]).is_empty());
}
