//! Galleries through the binary: what an import changes and what it must not, consent and
//! retention, changed bytes, commands that commit at the same time.

use std::fs;
use std::path::Path;
use std::process::Command;

use tanba::gallery::manifest::Manifest;

use super::{exits, own_gallery, tanba, text, world};

#[test]
fn importing_the_same_file_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let before = fs::read_dir(gallery.join("manifest")).unwrap().count();
    let file = world().registry.join("traces.csv");
    let said = exits(0, &["import", "--gallery", text(&gallery), "--index", "trace", text(&file)]);
    assert!(said.contains("imported before"), "{said}");
    assert_eq!(fs::read_dir(gallery.join("manifest")).unwrap().count(), before);
    // The same records under another file name and with one line more: only the line is new.
    let mut content = fs::read_to_string(&file).unwrap();
    let last = content.lines().last().unwrap().to_owned();
    let (id, rest) = last.split_once(',').unwrap();
    content.push_str(&format!("{id}-new,{rest}\n"));
    let more = folder.path().join("more.csv");
    fs::write(&more, content).unwrap();
    let said = exits(0, &["import", "--gallery", text(&gallery), "--index", "trace", text(&more)]);
    assert!(said.contains("1 trace records added"), "{said}");
}

#[test]
fn a_file_with_a_bad_record_brings_nothing_unless_partial() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let file = folder.path().join("mixed.csv");
    fs::write(&file, "record_id,TH01_1,TH01_2\nA,6,9.3\nB,6,nine\nC,7,8\n").unwrap();
    let args = ["import", "--gallery", text(&gallery), "--index", "convict", text(&file)];
    let said = exits(3, &args);
    assert!(said.contains("mixed.csv:3") && said.contains("help:"), "{said}");
    assert!(!gallery.join("manifest").exists(), "nothing was committed");
    assert_eq!(fs::read_dir(gallery.join("quarantine")).unwrap().count(), 1);
    let said = exits(0, &[&args[..], &["--partial"]].concat());
    assert!(said.contains("2 convict records added"), "{said}");
}

#[test]
fn a_record_id_with_other_content_is_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let import = |code, name: &str, content: &str| {
        let file = folder.path().join(name);
        fs::write(&file, content).unwrap();
        exits(code, &["import", "--gallery", text(&gallery), "--index", "convict", text(&file)])
    };
    import(0, "a.csv", "record_id,TH01_1,TH01_2\nA,6,9.3\n");
    let said = import(3, "b.csv", "record_id,TH01_1,TH01_2\nB,6,7\nA,6,8\n");
    assert!(said.contains("record A"), "{said}");
    assert_eq!(fs::read_dir(gallery.join("manifest")).unwrap().count(), 1);
}

#[test]
fn a_changed_byte_anywhere_in_the_gallery_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    exits(0, &["gallery", "verify", text(&gallery)]);
    let segment = fs::read_dir(gallery.join("segments")).unwrap().next().unwrap().unwrap().path();
    for name in ["records.parquet", "planes.arrow"] {
        let path = segment.join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(&path, &bad).unwrap();
        let said = exits(6, &["gallery", "verify", text(&gallery)]);
        assert!(said.contains(name), "{said}");
        let out = folder.path().join("out");
        exits(6, &["run", "nightly", "--gallery", text(&gallery), "--out", text(&out)]);
        fs::write(&path, &good).unwrap();
    }
    exits(0, &["gallery", "verify", text(&gallery)]);
}

/// A wide table of few loci; each line is an identifier, the dates of birth and acquittal, and
/// alleles.
fn small_table(path: &Path, lines: &[&str]) {
    let loci = ["D3S1358", "TH01", "D21S11", "D18S51", "D5S818", "D13S317", "D7S820", "D16S539"];
    let columns: Vec<String> =
        loci.iter().flat_map(|l| [1, 2].map(|n| format!("{l}_{n}"))).collect();
    let header = format!("record_id,birth_date,acquitted_on,{}", columns.join(","));
    fs::write(path, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
}

const ALLELES: &str = "14,15,6,9.3,28,30,12,13,11,12,8,11,9,10,11,12";

fn json(args: &[&str]) -> serde_json::Value {
    let output = tanba(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap()
}

#[test]
fn withdrawn_consent_counts_also_when_the_file_was_imported_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let gallery = path("gallery");
    small_table(&path("relatives.csv"), &[&format!("R1,,,{ALLELES}")]);
    for (name, consent) in [("no.csv", "false"), ("yes.csv", "true")] {
        let header = "family_id,missing_person_id,relative_record_id,relation,consent,case_open";
        let line = format!("F1,M1,R1,father,{consent},true");
        fs::write(path(name), format!("{header}\n{line}\n")).unwrap();
    }
    let import = |name: &str, more: &[&str]| {
        let file = path(name);
        let args = ["import", "--gallery", text(&gallery), "--index", "relative", text(&file)];
        json(&[&args[..], more].concat())
    };
    let consents = || {
        let gallery = tanba::gallery::Gallery::open(&gallery).unwrap();
        gallery.family_members().unwrap().iter().map(|m| m.consent).collect::<Vec<_>>()
    };
    import("relatives.csv", &[]);
    for (name, consent) in [("no.csv", false), ("yes.csv", true), ("no.csv", false)] {
        let report = import(name, &[]);
        assert_eq!(report["family_members"], 1, "{name}");
        assert_eq!(consents(), [consent], "{name}");
    }
    for more in [&[][..], &["--partial"]] {
        let report = import("no.csv", more);
        assert_eq!((&report["generation"], &report["family_members"]), (&4.into(), &0.into()));
    }
}

#[test]
fn an_acquittal_ends_the_retention_of_a_record_already_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let gallery = path("gallery");
    small_table(&path("first.csv"), &[&format!("C1,1990-05-01,,{ALLELES}")]);
    small_table(&path("acquitted.csv"), &[&format!("C1,1990-05-01,2020-01-01,{ALLELES}")]);
    small_table(&path("older.csv"), &[&format!("C1,1989-05-01,,{ALLELES}")]);
    let import = |name: &str| {
        let file = path(name);
        json(&["import", "--gallery", text(&gallery), "--index", "convict", text(&file)])
    };
    let expired = || {
        let info = json(&["gallery", "info", text(&gallery)]);
        let mut indexes = info["indexes"].as_array().unwrap().iter();
        indexes.find(|i| i["index"] == "convict").unwrap()["expired"].clone()
    };
    import("first.csv");
    assert_eq!(expired(), 0);
    let report = import("acquitted.csv");
    assert_eq!((&report["retention_updates"], &report["added"]), (&1.into(), &0.into()));
    assert_eq!(expired(), 1);
    // Nothing brings the record back: not the first file, not another age, not unblocking.
    assert_eq!(import("first.csv")["retention_updates"], 0);
    assert_eq!(import("acquitted.csv")["generation"], 2);
    let file = path("older.csv");
    let said =
        exits(0, &["import", "--gallery", text(&gallery), "--index", "convict", text(&file)]);
    assert!(said.contains("keep their retention"), "{said}");
    for verb in ["block", "unblock"] {
        exits(0, &["gallery", verb, text(&gallery), "--record", "C1", "--reason", "r"]);
    }
    assert_eq!(expired(), 1);
    let opened = tanba::gallery::Gallery::open(&gallery).unwrap();
    let found = opened.find_records(&["C1", "C2"].into()).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["C1"]);
    let statuses = opened.statuses().unwrap();
    assert_eq!(statuses.retention("C1"), Some(Some(jiff::civil::date(2021, 1, 1))));
}

#[test]
fn an_edited_newest_manifest_is_refused_and_one_sealed_again_must_agree_with_its_records() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let newest = fs::read_dir(gallery.join("manifest")).unwrap().map(|e| e.unwrap().path()).max();
    let newest = newest.unwrap();
    let edited = fs::read_to_string(&newest).unwrap().replace("\"relative\"", "\"convict\"");
    fs::write(&newest, &edited).unwrap();
    let said = exits(6, &["gallery", "verify", text(&gallery)]);
    assert!(said.contains("body_blake3") && said.contains("backup"), "{said}");
    exits(6, &["gallery", "info", text(&gallery)]);
    let edited: Manifest = serde_json::from_str(&edited).unwrap();
    fs::write(&newest, serde_json::to_vec(&edited.sealed().unwrap()).unwrap()).unwrap();
    let out = folder.path().join("out");
    let said = exits(6, &["run", "dedup", "--gallery", text(&gallery), "--out", text(&out)]);
    assert!(said.contains("says relative"), "{said}");
    exits(6, &["gallery", "verify", text(&gallery)]);
}

#[test]
fn a_committed_file_that_is_missing_ends_with_exit_code_6_and_names_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let segment = fs::read_dir(gallery.join("segments")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(segment.join("planes.arrow")).unwrap();
    let said = exits(6, &["gallery", "info", text(&gallery)]);
    assert!(said.contains("backup"), "{said}");
    exits(6, &["gallery", "verify", text(&gallery)]);
}

#[test]
fn a_changed_manifest_breaks_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    exits(0, &["gallery", "verify", text(&gallery)]);
    let second = gallery.join("manifest/g0000000002.json");
    let content = fs::read_to_string(&second).unwrap();
    fs::write(&second, format!("{content}\n")).unwrap();
    let said = exits(6, &["gallery", "verify", text(&gallery)]);
    assert!(said.contains("g0000000003.json"), "{said}");
}

/// Starts all commands at once and asserts that each ends with 0.
fn at_once(commands: Vec<Vec<String>>) {
    let start = |args: &Vec<String>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
        command.args(args).stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = commands.iter().map(start).collect();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn commands_that_commit_at_the_same_time_all_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let table = folder.path().join("convicts.csv");
    let lines: Vec<String> = (0..8).map(|n| format!("C{n},,,{ALLELES}")).collect();
    small_table(&table, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    let owned = |args: &[&str]| args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
    let import = ["import", "--gallery", text(&gallery), "--index", "convict", text(&table)];
    at_once((0..8).map(|_| owned(&import)).collect());
    let generation = || tanba::gallery::Gallery::open(&gallery).unwrap().manifest().generation;
    assert_eq!(generation(), 1);
    let block = |n: u32| {
        let record = format!("C{n}");
        owned(&["gallery", "block", text(&gallery), "--record", &record, "--reason", "r"])
    };
    at_once((0..8).map(block).collect());
    assert_eq!(generation(), 9);
    let statuses = tanba::gallery::Gallery::open(&gallery).unwrap().statuses().unwrap();
    assert!((0..8).all(|n| statuses.is_blocked(&format!("C{n}"))));
    exits(0, &["gallery", "verify", text(&gallery)]);
}

#[test]
fn each_refused_content_keeps_its_reasons_and_a_missing_input_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = folder.path().join("gallery");
    let file = folder.path().join("broken.csv");
    let args = ["import", "--gallery", text(&gallery), "--index", "convict", text(&file)];
    let said = exits(2, &args);
    assert!(said.contains("does not exist"), "{said}");
    for (content, reasons) in
        [("nonsense\n1\n", 1), ("other nonsense\n1\n", 2), ("nonsense\n1\n", 2)]
    {
        fs::write(&file, content).unwrap();
        exits(3, &args);
        assert_eq!(fs::read_dir(gallery.join("quarantine")).unwrap().count(), reasons);
    }
}
