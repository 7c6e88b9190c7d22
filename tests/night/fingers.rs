//! Fingerprints through the binary: what a list brings and what it must not, ages and registers,
//! changed bytes, galleries from before fingerprints.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tanba::domain::finger::{Impression, Minutia, MinutiaKind, Position, Template};
use tanba::gallery::Gallery;
use tanba::import::finger::write_iso2005;
use tanba::import::quarantine;

use super::{exits, own_gallery, tanba, text, world};

fn template(position: u8, view: u8, random: &mut ChaCha8Rng) -> Template {
    let minutia = |_| Minutia {
        x: random.random_range(20..480),
        y: -random.random_range(20..480),
        direction: random.random_range(0..256) * 45,
        kind: MinutiaKind::Ending,
        quality: None,
    };
    Template {
        position: Position::from_code(position).unwrap(),
        impression: Impression::LIVE_PLAIN,
        view,
        quality: Some(70),
        width: Some(500),
        height: Some(500),
        units_per_metre_x: 19_700,
        units_per_metre_y: 19_700,
        minutiae: (0..36).map(minutia).collect(),
    }
}

/// A folder of `persons` files of ten fingers each, and their list; returns the list.
fn registry(folder: &Path, persons: usize, seed: u64) -> PathBuf {
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    fs::create_dir_all(folder.join("files")).unwrap();
    let mut list = "record_id,file,person_id,born_on,registered_on\n".to_owned();
    for person in 0..persons {
        let fingers: Vec<Template> = (1..=10).map(|p| template(p, 0, random)).collect();
        let file = format!("files/{person}.fmr");
        fs::write(folder.join(&file), write_iso2005(&fingers).unwrap()).unwrap();
        writeln!(list, "F{person},{file},P{person},1990-05-01,2024-01-31").unwrap();
    }
    let path = folder.join("fingers.csv");
    fs::write(&path, list).unwrap();
    path
}

fn import(code: i32, gallery: &Path, register: &str, files: &[&Path], more: &[&str]) -> String {
    let mut args = vec!["import", "--gallery", text(gallery), "--register", register];
    args.extend(files.iter().map(|file| text(file)));
    args.extend(more);
    exits(code, &args)
}

fn append(path: &Path, lines: &str) {
    let content = fs::read_to_string(path).unwrap();
    fs::write(path, content + lines).unwrap();
}

fn info(gallery: &Path) -> Value {
    let said = tanba(&["--json", "gallery", "info", text(gallery)]).stdout;
    serde_json::from_slice(&said).unwrap()
}

#[test]
fn a_list_becomes_records_that_info_counts_and_verify_checks() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let list = registry(folder.path(), 12, 1);
    let said = import(0, &gallery, "citizen", &[&list], &["--owner", "mvd"]);
    assert!(said.contains("12 records, 120 templates from 12 files"), "{said}");
    assert!(said.contains("12 citizen records added"), "{said}");
    let counted = info(&gallery);
    let register = &counted["registers"][0];
    assert_eq!(register["register"], "citizen");
    assert_eq!(register["owners"][0], "mvd");
    for (key, count) in [("records", 12), ("persons", 12), ("living", 12), ("prints", 120)] {
        assert_eq!(register[key], count, "{key}");
    }
    assert_eq!(register["prints_by_position"][1]["position"], "right-index");
    assert_eq!(register["prints_by_position"][1]["prints"], 12);
    assert_eq!(register["minutiae"]["median"], 36);
    assert!(register["bytes_per_print"].as_f64().unwrap() <= 2700.0, "{register}");
    let said = exits(0, &["gallery", "verify", text(&gallery)]);
    assert!(said.contains("2 files of generation 1"), "{said}");
    // The same again, and the same with one record more.
    let said = import(0, &gallery, "citizen", &[&list], &["--owner", "mvd"]);
    assert!(said.contains("imported before"), "{said}");
    append(&list, "F900,files/0.fmr,P900,1990-05-01,2024-01-31\n");
    let said = import(0, &gallery, "citizen", &[&list], &["--owner", "mvd"]);
    assert!(said.contains("1 citizen records added"), "{said}");
    assert!(said.contains("the same as a file of another record"), "{said}");
    let blocked = ["gallery", "block", text(&gallery), "--record", "F3", "--reason", "review"];
    exits(0, &blocked);
    let after = info(&gallery);
    assert_eq!((&after["registers"][0]["blocked"], &after["generation"]), (&1.into(), &3.into()));
}

#[test]
fn nobody_under_twelve_goes_in_and_children_only_as_citizens() {
    let folder = tempfile::tempdir().unwrap();
    let list = registry(folder.path(), 1, 2);
    append(&list, "C11,files/0.fmr,P-C11,2012-02-01,2024-01-31\n");
    let gallery = folder.path().join("gallery");
    let said = import(3, &gallery, "citizen", &[&list], &[]);
    assert!(said.contains("fingers.csv:3") && said.contains("L40 10-1(1)1"), "{said}");
    assert!(!gallery.join("manifest").exists(), "nothing was committed");
    let said = import(0, &gallery, "citizen", &[&list], &["--partial"]);
    assert!(said.contains("1 citizen records added"), "{said}");
    let aside = fs::read_dir(gallery.join("quarantine")).unwrap().next().unwrap().unwrap().path();
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("citizen-"), "{aside:?}");
    assert_eq!(quarantine::read(&aside).unwrap()[0].record_id.as_deref(), Some("C11"));
    // Fourteen: a citizen for ten years, not a visa applicant.
    fs::write(
        &list,
        "record_id,file,born_on,registered_on\nC14,files/0.fmr,2010-01-31,2024-01-31\n",
    )
    .unwrap();
    import(0, &gallery, "citizen", &[&list], &[]);
    assert!(import(3, &gallery, "visa", &[&list], &[]).contains("L40 10(2)"));
    let ids = std::collections::HashSet::from(["C14"]);
    let found = Gallery::open(&gallery).unwrap().find_finger_records(&ids).unwrap();
    assert_eq!(found["C14"].retain_until, Some(jiff::civil::date(2034, 1, 31)));
    assert!(found["C14"].retain_rule.contains("L40 10(4)"));
}

#[test]
fn slaps_are_warned_about_and_counted_where_they_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let list = registry(folder.path(), 2, 10);
    let random = &mut ChaCha8Rng::seed_from_u64(11);
    let slaps = [13, 14, 15].map(|position| template(position, 0, random));
    fs::write(folder.path().join("files/slaps.fmr"), write_iso2005(&slaps).unwrap()).unwrap();
    append(&list, "S,files/slaps.fmr,PS,1990-05-01,2024-01-31\n");
    let said = import(0, &gallery, "citizen", &[&list], &[]);
    assert!(said.contains("3 templates show several fingers at once"), "{said}");
    let line = "not compared in dedup/finger-citizen: 3 impressions without a position of their own \
                (slaps, unknown); 1 records have no other";
    let said = exits(0, &["plan", "dedup", "--gallery", text(&gallery)]);
    assert!(said.contains(line), "{said}");
    let out = folder.path().join("out");
    let said = exits(1, &["run", "dedup", "--gallery", text(&gallery), "--out", text(&out)]);
    assert!(said.contains(line), "{said}");
    let report = &tanba::hits::output::read_report(&out).unwrap().searches[0];
    assert_eq!((report.impressions_not_compared, report.records_not_compared), (3, 1));
}

#[test]
fn a_plan_lists_what_two_owners_hold_and_is_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let list = registry(folder.path(), 2, 9);
    import(0, &gallery, "citizen", &[&list], &["--owner", "mvd"]);
    let content = fs::read_to_string(&list).unwrap().replace("\nF", "\nV");
    fs::write(&list, content).unwrap();
    import(0, &gallery, "visa", &[&list], &["--owner", "mfa"]);
    let plan = ["plan", "dedup", "--gallery", text(&gallery)];
    let refused =
        "never compared: citizen fingerprints of mvd with visa fingerprints of mfa (L40 8(2))";
    let said = exits(0, &plan);
    assert!(said.contains(refused) && !said.contains("dedup/finger-citizen-visa"), "{said}");
    let said = exits(0, &[&plan[..], &["--across-owners"]].concat());
    assert!(!said.contains("of mfa") && said.contains("dedup/finger-citizen-visa"), "{said}");
}

#[test]
fn one_bad_file_refuses_its_record_and_without_partial_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let list = registry(folder.path(), 4, 3);
    let whole = fs::read(folder.path().join("files/1.fmr")).unwrap();
    fs::write(folder.path().join("files/1.fmr"), &whole[..whole.len() - 1]).unwrap();
    append(
        &list,
        "F2,files/none.fmr,P2,,\nF3,files/3.fmr,P-other,,\nF5,,P5,,\nF6,files/0.fmr,,31.01.1990,\n",
    );
    let gallery = folder.path().join("gallery");
    let said = import(3, &gallery, "citizen", &[&list], &[]);
    for found in ["1.fmr", "none.fmr", "P-other", "names a file", "31.01.1990"] {
        assert!(said.contains(found), "{found}: {said}");
    }
    assert!(!gallery.join("manifest").exists(), "nothing was committed");
    let said = import(0, &gallery, "citizen", &[&list], &["--partial"]);
    assert!(said.contains("1 citizen records added"), "{said}");
    let aside = fs::read_dir(gallery.join("quarantine")).unwrap().next().unwrap().unwrap().path();
    let refused: Vec<String> =
        quarantine::read(&aside).unwrap().into_iter().filter_map(|r| r.record_id).collect();
    assert_eq!(refused, ["F3", "F5", "F6", "F1", "F2"], "rows first, then files");
}

#[test]
fn a_file_per_finger_gathers_under_its_record_and_repeats_are_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let random = &mut ChaCha8Rng::seed_from_u64(4);
    let write = |name: &str, template: &Template| {
        fs::write(folder.path().join(name), write_iso2005(std::slice::from_ref(template)).unwrap())
            .unwrap();
    };
    write("thumb.fmr", &template(1, 0, random));
    write("index.fmr", &template(0, 0, random));
    write("index-again.fmr", &template(2, 0, random));
    let list = folder.path().join("list.csv");
    let rows = "F1,thumb.fmr,\nF1,index.fmr,right-index\nF1,index-again.fmr,2\nF1,thumb.fmr,1\n";
    fs::write(&list, format!("record_id;file;position\n{}", rows.replace(',', ";"))).unwrap();
    let gallery = folder.path().join("gallery");
    let said = import(0, &gallery, "convict", &[&list], &[]);
    assert!(said.contains("1 templates repeat another of their record"), "{said}");
    let counted = info(&gallery);
    assert_eq!(
        counted["registers"][0]["prints_by_position"][1]["prints"], 2,
        "two views of a finger"
    );
    assert_eq!(counted["registers"][0]["prints"], 3);
    append(&list, "F2;thumb.fmr;2\n");
    let said = import(3, &gallery, "convict", &[&list], &[]);
    assert!(said.contains("right-index, and right-thumb in"), "{said}");
}

#[test]
fn a_file_by_itself_is_one_record_named_by_its_transaction_or_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let random = &mut ChaCha8Rng::seed_from_u64(5);
    let file = folder.path().join("mark-17.fmr");
    fs::write(&file, write_iso2005(&[template(0, 0, random)]).unwrap()).unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/formats/finger");
    let transactions: Vec<PathBuf> = fs::read_dir(samples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "an2"))
        .collect();
    let gallery = folder.path().join("gallery");
    import(0, &gallery, "trace", &[&file], &[]);
    let opened = Gallery::open(&gallery).unwrap();
    let ids = std::collections::HashSet::from(["mark-17"]);
    assert_eq!(opened.find_finger_records(&ids).unwrap()["mark-17"].templates.len(), 1);
    assert!(!transactions.is_empty(), "there is a sample of a transaction");
    for (number, transaction) in transactions.iter().enumerate() {
        let gallery = folder.path().join(format!("gallery-{number}"));
        let said = import(0, &gallery, "trace", &[transaction], &[]);
        assert!(said.contains("1 trace records added"), "{said}");
        let ids = std::collections::HashSet::from(["T-0001"]);
        let found = Gallery::open(&gallery).unwrap().find_finger_records(&ids).unwrap();
        assert_eq!(found.len(), 1, "its transaction control number");
    }
}

#[test]
fn profiles_and_fingerprints_given_for_each_other_are_usage_errors_that_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let list = registry(folder.path(), 1, 6);
    let gallery = folder.path().join("gallery");
    let traces = world().registry.join("traces.csv");
    let said = import(2, &gallery, "trace", &[&traces], &[]);
    assert!(said.contains("wide table") && said.contains("--index"), "{said}");
    for file in [&list, &folder.path().join("files/0.fmr")] {
        let args = ["import", "--gallery", text(&gallery), "--index", "trace", text(file)];
        let said = exits(2, &args);
        assert!(said.contains("--register"), "{said}");
    }
    exits(2, &["import", "--gallery", text(&gallery), text(&list)]);
    let both = ["--index", "trace", "--register", "trace", text(&list)];
    exits(2, &[&["import", "--gallery", text(&gallery)][..], &both].concat());
    let unknown = folder.path().join("unknown.bin");
    fs::write(&unknown, [7, 1, 9, 0, 255]).unwrap();
    import(3, &gallery, "trace", &[&unknown], &[]);
    assert!(!gallery.join("manifest").exists());
}

#[test]
fn a_changed_or_cut_byte_of_a_finger_segment_ends_verify_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    import(0, &gallery, "convict", &[&registry(folder.path(), 3, 7)], &[]);
    let segment = fs::read_dir(gallery.join("segments")).unwrap().next().unwrap().unwrap().path();
    for name in ["records.parquet", "prints.arrow"] {
        let path = segment.join(name);
        let good = fs::read(&path).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        for bad in [flipped, good[..good.len() - 1].to_vec()] {
            fs::write(&path, &bad).unwrap();
            let said = exits(6, &["gallery", "verify", text(&gallery)]);
            assert!(said.contains(name), "{said}");
            exits(6, &["gallery", "info", text(&gallery)]);
        }
        fs::write(&path, &good).unwrap();
    }
    exits(0, &["gallery", "verify", text(&gallery)]);
}

#[test]
fn a_gallery_from_before_fingerprints_opens_and_takes_them_in_beside_its_profiles() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let path = |generation: u64| gallery.join(format!("manifest/g{generation:010}.json"));
    let manifest = |generation: u64| -> Value {
        serde_json::from_slice(&fs::read(path(generation)).unwrap()).unwrap()
    };
    let last = Gallery::open(&gallery).unwrap().manifest().generation;
    let mut before = manifest(last);
    before["version"] = 1.into();
    before.as_object_mut().unwrap().remove("body_blake3");
    fs::write(path(last), before.to_string()).unwrap();
    assert!(before.get("finger_segments").is_none(), "as releases before fingerprints wrote it");
    assert!(info(&gallery)["registers"].as_array().unwrap().is_empty());
    let list = registry(folder.path(), 2, 8);
    import(0, &gallery, "convict", &[&list], &["--owner", "kpsisu"]);
    let after = manifest(last + 1);
    assert_eq!(after["version"], 3);
    assert_eq!(after["segments"], before["segments"]);
    assert_eq!(after["finger_segments"][0]["owner"], "kpsisu");
    exits(0, &["gallery", "verify", text(&gallery)]);
    let said = info(&gallery);
    assert_eq!(said["registers"][0]["records"], 2);
    assert_eq!(said["indexes"].as_array().unwrap().len(), 4);
}

#[test]
fn a_mark_names_no_person_and_a_seafarer_belongs_to_the_transport_authority() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let list = registry(&folder.path().join("registry"), 2, 9);
    let said = import(3, &gallery, "trace", &[&list], &[]);
    assert!(said.contains("fingers.csv:2: a mark from a scene names no person"), "{said}");
    let content = fs::read_to_string(&list).unwrap();
    fs::write(&list, content.replace(",P1,", ",,")).unwrap();
    import(0, &gallery, "trace", &[&list], &["--partial"]);
    assert_eq!(info(&gallery)["registers"][0]["records"], 1);
    let said = info(&gallery)["registers"].to_string();
    assert!(said.contains("afis"), "{said}");
    let sailors = folder.path().join("sailors");
    import(0, &sailors, "seafarer", &[&registry(&sailors.join("in"), 1, 10)], &[]);
    let said = info(&sailors)["registers"].to_string();
    assert!(said.contains("transport") && !said.contains("afis"), "{said}");
    let blocked = ["gallery", "block", text(&sailors), "--record", "F0", "--reason", " "];
    let said = exits(2, &blocked);
    assert!(said.contains("without a reason"), "{said}");
}

#[test]
fn warnings_of_one_kind_are_said_once_and_listed_with_their_files_for_machines() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let random = &mut ChaCha8Rng::seed_from_u64(21);
    let mut list = "record_id,file\n".to_owned();
    for (number, repeats) in [2, 1, 1].into_iter().enumerate() {
        let mut fingers: Vec<Template> = (1..=10).map(|p| template(p, 0, random)).collect();
        for finger in fingers.iter_mut().take(repeats) {
            finger.minutiae.push(finger.minutiae[0]);
        }
        let file = format!("{number}.fmr");
        fs::write(folder.path().join(&file), write_iso2005(&fingers).unwrap()).unwrap();
        writeln!(list, "F{number},{file}").unwrap();
    }
    fs::write(folder.path().join("list.csv"), list).unwrap();
    let path = folder.path().join("list.csv");
    let args = ["--json", "import", "--gallery", text(&gallery), "--register", "convict"];
    let output = tanba(&[&args[..], &[text(&path)]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches("a second time").count(), 1, "{said}");
    assert!(said.contains("0.fmr: template 1 (right-thumb, view 0) holds 1 minutiae"), "{said}");
    assert!(said.contains("(and 3 more like it, in 3 files, such as "), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let warnings = report["files"][0]["warnings"].as_array().unwrap();
    let repeated = warnings.iter().find(|w| w["text"].as_str().unwrap().contains("second time"));
    assert_eq!(repeated.unwrap()["count"], 4);
    assert_eq!(repeated.unwrap()["files"].as_array().unwrap().len(), 3);
}
