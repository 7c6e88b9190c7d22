//! Lists of fingerprint files: nothing panics, nothing goes in by halves, the order of rows and of threads
//! changes nothing but the order of records.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tanba::domain::finger::Position;
use tanba::domain::register::Register;
use tanba::error::Position::Line;
use tanba::error::{Error, Result};
use tanba::import::finger::intake::{FingerImport, FingerOptions, import_fingers};

use crate::own_samples;

/// A folder with some samples, one of them cut, and a list.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        for path in own_samples() {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let whole = fs::read(folder.path().join("iso-2005.fmr")).unwrap();
        fs::write(folder.path().join("cut.fmr"), &whole[..100]).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        Folder(folder)
    }

    fn import(&self, list: &[u8], partial: bool) -> Result<FingerImport> {
        let path = self.0.path().join("list.csv");
        fs::write(&path, list).unwrap();
        import_fingers(&path, &options(partial))
    }

    fn lines(&self, lines: &str) -> FingerImport {
        self.import(format!("{HEADER}\n{lines}").as_bytes(), true).unwrap()
    }
}

const HEADER: &str = "record_id,file,person_id,born_on,position";

fn options(partial: bool) -> FingerOptions {
    FingerOptions {
        register: Register::Citizen,
        owner: "mvd".into(),
        registered_on: jiff::civil::date(2026, 11, 21),
        today: jiff::civil::date(2026, 11, 21),
        format: None,
        partial,
    }
}

fn ids(imported: &FingerImport) -> Vec<&str> {
    imported.records.iter().map(|record| record.record_id.as_str()).collect()
}

const ROWS: [&str; 12] = [
    "A,iso-2005.fmr,P1,1990-01-01,",
    "A,ansi-2004.fmr,,,",
    "B,iso-2011.fmr,P2,1990-01-01,",
    "B,mindtct.xyt,,1990-01-01,left-thumb",
    "C,itl-m1.an2,P3,,",
    "C,cut.fmr,P3,,",
    "D,none.fmr,P4,,",
    "E,folder,P5,,",
    "F,iso-2005.fmr,P6,2020-01-01,",
    "G,iso-2005.fmr,P7,1990-01-01,99",
    ",iso-2005.fmr,P8,,",
    "H,,P9,,",
];

#[test]
fn what_is_good_of_a_list_goes_in_with_partial_and_nothing_without() {
    let folder = Folder::new();
    let lenient = folder.lines(&(ROWS.join("\n") + "\n"));
    assert_eq!(ids(&lenient), ["A", "B"]);
    let refused: Vec<&str> =
        lenient.rejections.iter().filter_map(|r| r.record_id.as_deref()).collect();
    assert_eq!(refused, ["G", "H", "C", "D", "E", "F"], "rows, files, records");
    let strict = folder.import(format!("{HEADER}\n{}\n", ROWS.join("\n")).as_bytes(), false);
    let strict = strict.unwrap();
    assert!(strict.records.is_empty());
    assert_eq!(strict.rejections, lenient.rejections);
    let b = &lenient.records[1];
    assert!(b.templates.is_sorted_by_key(|t| (t.position, t.view)));
    assert!(b.templates.iter().any(|t| t.position == Position::from_code(6).unwrap()));
    assert_eq!(b.person_id.as_deref(), Some("P2"));
}

#[test]
fn a_record_registered_on_a_day_to_come_is_refused_and_one_of_today_is_not() {
    let folder = Folder::new();
    let list =
        "record_id,file,registered_on\nA,iso-2005.fmr,2026-11-21\nB,iso-2005.fmr,2026-11-22\n";
    let imported = folder.import(list.as_bytes(), true).unwrap();
    assert_eq!(ids(&imported), ["A"]);
    let [refused] = &imported.rejections[..] else { unreachable!("{:?}", imported.rejections) };
    assert_eq!((refused.position, refused.record_id.as_deref()), (Line(3), Some("B")));
    assert!(refused.rule.contains("day of its import"), "{refused}");
    assert!(refused.found.contains("2026-11-22, and today is 2026-11-21"), "{refused}");
}

#[test]
fn a_list_in_utf16_with_other_separators_and_older_names_of_columns_is_the_same_list() {
    let folder = Folder::new();
    let plain = folder.lines("A,iso-2005.fmr,P1,1990-01-01,\n");
    let text = "FILE;Record-ID;person id;birth_date;position\r\niso-2005.fmr;A;P1;1990-01-01;\r\n";
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(folder.import(&utf16, false).unwrap().records, plain.records);
}

#[test]
fn a_header_that_says_a_thing_twice_or_a_name_is_refused_or_warned_about() {
    let folder = Folder::new();
    let twice = folder.import(b"record_id,file,born_on,birth_date\nA,iso-2005.fmr,,\n", true);
    assert!(
        matches!(&twice, Err(Error::Rejected(r)) if r.rule == "a column occurs once"),
        "{twice:?}"
    );
    let named = folder.import(b"record_id,file,surname\nA,iso-2005.fmr,X\n", true).unwrap();
    assert!(
        named.warnings.iter().any(|w| w.text.contains("names of persons")),
        "{:?}",
        named.warnings
    );
    let none = folder.import(b"record_id,file\n", true);
    assert!(matches!(none, Err(Error::Rejected(r)) if r.rule == "a list names at least one file"));
}

#[test]
fn the_hash_of_a_list_is_over_its_files_too() {
    let folder = Folder::new();
    let lines = "A,mindtct.xyt,P1,,\n";
    let before = folder.lines(lines).file_hash;
    assert_eq!(folder.lines(lines).file_hash, before);
    let path: PathBuf = folder.0.path().join("mindtct.xyt");
    let content = fs::read_to_string(&path).unwrap();
    fs::write(&path, content + "200 201 10 40\n").unwrap();
    assert_ne!(folder.lines(lines).file_hash, before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_changes_the_order_of_records_alone(rows in Just(ROWS.to_vec()).prop_shuffle()) {
        let folder = Folder::new();
        let mut shuffled = folder.lines(&(rows.join("\n") + "\n")).records;
        let mut plain = folder.lines(&(ROWS.join("\n") + "\n")).records;
        shuffled.sort_by(|a, b| a.record_id.cmp(&b.record_id));
        plain.sort_by(|a, b| a.record_id.cmp(&b.record_id));
        prop_assert_eq!(shuffled, plain);
    }

    #[test]
    fn a_changed_list_is_refused_or_read_and_partial_changes_only_what_is_kept(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = Folder::new();
        let mut bytes = format!("{HEADER}\n{}\n", ROWS.join("\n")).into_bytes();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(1 + cut.index(2 * bytes.len()));
        let (strict, lenient) = (folder.import(&bytes, false), folder.import(&bytes, true));
        match (strict, lenient) {
            (Ok(strict), Ok(lenient)) => {
                prop_assert_eq!(&strict.rejections, &lenient.rejections);
                prop_assert!(strict.rejections.is_empty() || strict.records.is_empty());
                prop_assert!(!strict.rejections.is_empty() || strict.records == lenient.records);
                let refused: Vec<_> =
                    lenient.rejections.iter().filter_map(|r| r.record_id.as_deref()).collect();
                prop_assert!(ids(&lenient).iter().all(|id| !refused.contains(id)), "by halves");
            }
            (Err(strict), Err(lenient)) => {
                prop_assert_eq!(strict.to_string(), lenient.to_string());
            }
            (strict, lenient) => prop_assert!(false, "{strict:?} and {lenient:?}"),
        }
    }
}

#[test]
fn a_path_that_cannot_be_one_is_refused_with_its_row() {
    let folder = Folder::new();
    let long = "x/".repeat(3000);
    let imported = folder.lines(&format!("A,{long},P1,,\nB,iso-2005.fmr/inside,P2,,\n"));
    assert_eq!(imported.rejections.len(), 2, "{:?}", imported.rejections);
    assert!(imported.rejections.iter().all(|r| r.file.ends_with(Path::new("list.csv"))));
}
