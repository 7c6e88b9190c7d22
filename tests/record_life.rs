//! The life of records through the binary: status feeds, depersonalising, what is held on a person.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use tanba::gallery::Gallery;
use tanba::hits::read_hits;

#[path = "record_life/broken.rs"]
mod broken;
#[path = "record_life/destroy.rs"]
mod destroy;
#[path = "record_life/flips.rs"]
mod flips;
#[path = "common/program.rs"]
mod program;
#[path = "common/world.rs"]
mod world;

use program::{exits, tanba, text};
use world::World;

const LOCI: [&str; 8] =
    ["D3S1358", "TH01", "D21S11", "D18S51", "D5S818", "D13S317", "D7S820", "D16S539"];

/// Alleles that nobody but the person they are given to has.
const ALLELES: &str = "14,15,6,9.3,28,30,12,13,11,12,8,11,9,10,11,12";
const OTHERS: &str = "16,17,7,8,29,31.2,14,17,9,13,9,12,8,11,9,13";

impl World {
    /// Imports a table of records; each line is record, person, day of registration, day of birth and alleles.
    fn import(&self, index: &str, name: &str, lines: &[&str]) -> String {
        let columns = LOCI.iter().flat_map(|locus| [1, 2].map(|n| format!("{locus}_{n}")));
        let columns: Vec<String> = columns.collect();
        let header = format!("record_id,person_id,registered_on,birth_date,{}", columns.join(","));
        let file = self.write(name, &format!("{header}\n{}\n", lines.join("\n")));
        exits(0, &["import", "--gallery", text(&self.gallery()), "--index", index, text(&file)])
    }

    fn families(&self, name: &str, lines: &[&str]) {
        let header = "family_id,missing_person_id,relative_record_id,relation,consent,case_open";
        let file = self.write(name, &format!("{header}\n{}\n", lines.join("\n")));
        let gallery = self.gallery();
        let args = ["import", "--gallery", text(&gallery), "--index", "relative", text(&file)];
        exits(0, &args);
    }

    fn feed(&self, code: i32, lines: &[&str], more: &[&str]) -> String {
        let header = "record_id,person_id,event,date,source,birth_date";
        let file = self.write("feed.csv", &format!("{header}\n{}\n", lines.join("\n")));
        let gallery = self.gallery();
        let args = ["gallery", "status", text(&gallery), text(&file)];
        exits(code, &[&args[..], more].concat())
    }

    fn generation(&self) -> u64 {
        Gallery::open(&self.gallery()).unwrap().manifest().generation
    }

    fn kept_until(&self, record: &str) -> Option<Option<Date>> {
        Gallery::open(&self.gallery()).unwrap().statuses().unwrap().retention(record)
    }

    /// Number of living records of an index.
    fn living(&self, index: &str) -> u64 {
        let info = json(0, &["gallery", "info", text(&self.gallery())]);
        let mut indexes = info["indexes"].as_array().unwrap().iter();
        indexes.find(|i| i["index"] == index).unwrap()["living"].as_u64().unwrap()
    }
}

fn json(code: i32, args: &[&str]) -> Value {
    let output = tanba(&[args, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}: {said}", args.join(" "));
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap()
}

fn today() -> Date {
    jiff::Zoned::now().date()
}

fn convicts(world: &World) {
    let first = format!("C1,P1,2020-01-01,1990-05-01,{ALLELES}");
    let second = format!("C2,P2,2020-01-01,1991-06-02,{OTHERS}");
    world.import("convict", "convicts.csv", &[&first, &second]);
}

#[test]
fn an_acquittal_in_a_feed_ends_the_record_after_a_year_and_the_feed_again_changes_nothing() {
    let world = World::empty();
    convicts(&world);
    // The last day kept is a year after the acquittal took force: yesterday, today and tomorrow.
    for (days, living) in [(-1, 1), (0, 2), (1, 2)] {
        let last = today().checked_add(days.days()).unwrap();
        let took_force = last.checked_sub(1.years()).unwrap();
        let line = format!("C1,,acquitted,{took_force},court {days},");
        let said = world.feed(0, &[&line], &[]);
        assert!(said.contains("1 events recorded"), "{said}");
        assert_eq!(world.kept_until("C1"), Some(took_force.checked_add(1.years()).ok()));
        assert_eq!(world.living("convict"), living, "{days}");
        let before = world.generation();
        let said = world.feed(0, &[&line], &[]);
        assert!(said.contains("0 events recorded, 1 known before"), "{said}");
        assert_eq!(world.generation(), before);
    }
    exits(0, &["gallery", "verify", text(&world.gallery())]);
}

#[test]
fn a_death_of_a_person_concerns_every_record_of_that_person_and_words_without_effect_are_noted() {
    let world = World::empty();
    convicts(&world);
    let again = format!("C3,P1,2021-01-01,1990-05-01,{ALLELES}");
    world.import("convict", "again.csv", &[&again]);
    let said = world.feed(
        0,
        &[
            ",P1,died,2024-02-29,civil 5/2024,",
            "C2,,released,2025-01-01,prison 6,",
            "C2,,declared-dead,2026-01-01,court 8,",
        ],
        &[],
    );
    assert!(said.contains("4 events recorded"), "{said}");
    assert!(said.contains("L40 29(1)") && said.contains("no change"), "{said}");
    let last = Some(Some(jiff::civil::date(2049, 2, 28)));
    assert_eq!((world.kept_until("C1"), world.kept_until("C3")), (last, last));
    assert_eq!(world.kept_until("C2"), None);
}

#[test]
fn the_end_of_a_search_closes_the_family_and_ends_the_relatives_nobody_else_needs() {
    let world = World::empty();
    let first = format!("R1,P1,2020-01-01,,{ALLELES}");
    let second = format!("R2,P2,2020-01-01,,{OTHERS}");
    world.import("relative", "relatives.csv", &[&first, &second]);
    let lines =
        ["F1,M1,R1,father,true,true", "F1,M1,R2,mother,true,true", "F2,M2,R1,uncle_aunt,true,true"];
    world.families("families.csv", &lines);
    let said = world.feed(0, &[",M1,found,2026-03-01,special record 7,"], &[]);
    assert!(said.contains("1 families: the case is closed"), "{said}");
    assert_eq!(world.kept_until("R2"), Some(Some(jiff::civil::date(2026, 3, 1))));
    assert_eq!(world.kept_until("R1"), None, "family F2 still looks for M2");
    let members = Gallery::open(&world.gallery()).unwrap().family_members().unwrap();
    let open: Vec<(&str, bool)> =
        members.iter().map(|m| (m.family_id.as_str(), m.case_open)).collect();
    assert_eq!(open, [("F1", false), ("F1", false), ("F2", true)]);
    world.feed(0, &[",M2,case-closed,2026-04-01,special record 8,"], &[]);
    assert_eq!(world.kept_until("R1"), Some(Some(jiff::civil::date(2026, 4, 1))));
    assert_eq!(world.living("relative"), 0);
    let before = world.generation();
    world.feed(0, &[",M2,case-closed,2026-04-01,special record 8,"], &[]);
    assert_eq!(world.generation(), before);
}

#[test]
fn an_identified_corpse_ends_on_that_day_and_an_event_that_does_not_fit_is_refused_with_its_line() {
    let world = World::empty();
    world.import("corpse", "corpses.csv", &[&format!("K1,,2020-01-01,,{ALLELES}")]);
    convicts(&world);
    world.feed(0, &["K1,,identified,2026-05-05,examiner 4,"], &[]);
    assert_eq!(world.kept_until("K1"), Some(Some(jiff::civil::date(2026, 5, 5))));
    assert_eq!(world.living("corpse"), 0);
    let before = world.generation();
    let lines = [
        "K1,,acquitted,2026-05-05,s,",
        "C1,,acquitted,2026-05-05,s,",
        "C2,,identified,2026-05-05,s,",
        "C9,,died,2026-05-05,s,",
        ",P9,died,2026-05-05,s,",
        ",M9,found,2026-05-05,s,",
        "C1,,found,2026-05-05,s,",
        "C1,,vanished,2026-05-05,s,",
    ];
    let said = world.feed(3, &lines, &[]);
    assert!(said.contains("feed.csv:2") && said.contains("help:"), "{said}");
    assert_eq!(world.generation(), before, "a feed with a bad line changes nothing");
    assert_eq!(world.kept_until("C1"), None);
    let set_aside = fs::read_dir(world.path("gallery/quarantine")).unwrap().next().unwrap();
    let reasons = tanba::import::quarantine::read(&set_aside.unwrap().path()).unwrap();
    let at: Vec<String> = reasons.iter().map(|r| r.position.to_string()).collect();
    assert_eq!(at, [":2", ":4", ":5", ":6", ":7", ":8", ":9"]);
    assert!(reasons.iter().any(|r| r.record_id.as_deref() == Some("C9")));
    let said = world.feed(0, &lines, &["--partial"]);
    assert!(said.contains("1 events recorded") && said.contains("7 lines refused"), "{said}");
    assert_eq!(world.kept_until("C1"), Some(Some(jiff::civil::date(2027, 5, 5))));
}

#[test]
fn a_gallery_written_before_status_feeds_is_read_and_takes_them_in() {
    // A status file of before has five columns; the bytes are what that release wrote.
    use arrow::array::{Date32Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let world = World::empty();
    convicts(&world);
    exits(0, &["gallery", "block", text(&world.gallery()), "--record", "C2", "--reason", "r"]);
    let newest = world.path("gallery/manifest/g0000000002.json");
    let mut manifest: tanba::gallery::manifest::Manifest =
        serde_json::from_slice(&fs::read(&newest).unwrap()).unwrap();
    let schema =
        Arc::new(tanba::column::status::status_schema().project(&[0, 1, 2, 3, 4]).unwrap());
    let column = |value: &str| Arc::new(StringArray::from(vec![value.to_owned()]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            column("C2"),
            column("blocked"),
            Arc::new(Date32Array::from(vec![None])),
            column("r"),
            column("2026-01-01T00:00:00Z"),
        ],
    );
    let bytes = tanba::gallery::file::encode_parquet(schema, &[batch.unwrap()], &[]).unwrap();
    let entry =
        tanba::gallery::file::write_new(&world.gallery(), "status/old.parquet", &bytes).unwrap();
    manifest.statuses = vec![entry];
    fs::write(&newest, serde_json::to_vec(&manifest.sealed().unwrap()).unwrap()).unwrap();
    exits(0, &["gallery", "verify", text(&world.gallery())]);
    world.feed(0, &["C1,,died,2020-02-02,s,"], &[]);
    let statuses = Gallery::open(&world.gallery()).unwrap().statuses().unwrap();
    assert!(statuses.is_blocked("C2"));
    assert_eq!(statuses.retention("C1"), Some(Some(jiff::civil::date(2045, 2, 2))));
}

/// Hits of a night, with the persons each shows.
fn persons(out: &Path) -> Vec<(String, Option<String>, String, Option<String>)> {
    let hits = read_hits(out).unwrap().into_iter();
    hits.map(|h| (h.probe_id, h.probe_person, h.gallery_id, h.gallery_person)).collect()
}

#[test]
fn a_depersonalised_record_takes_part_without_its_person_until_that_is_undone() {
    let world = World::empty();
    convicts(&world);
    world.import("convict", "again.csv", &[&format!("C3,P7,2021-01-01,1990-05-01,{ALLELES}")]);
    let gallery = world.gallery();
    let night = |name: &str| {
        let out = world.path(name);
        let args = ["--gallery", text(&gallery), "--out", text(&out), "--min-loci", "8"];
        exits(0, &[&["run", "dedup"], &args[..]].concat());
        let clusters = fs::read(out.join("clusters.parquet")).unwrap();
        (persons(&out), clusters)
    };
    let some = |id: &str| Some(id.to_owned());
    let shown = vec![("C1".to_owned(), some("P1"), "C3".to_owned(), some("P7"))];
    let hidden = vec![("C1".to_owned(), None, "C3".to_owned(), some("P7"))];
    let (before, clusters) = night("before");
    assert_eq!(before, shown);
    let change = |more: &[&str]| {
        let args = ["gallery", "depersonalise", text(&gallery), "--record", "C1", "--reason", "r"];
        exits(0, &[&args[..], more].concat());
    };
    change(&[]);
    let (during, hidden_clusters) = night("during");
    assert_eq!(during, hidden);
    assert_ne!(clusters, hidden_clusters, "the list of clusters shows the person no more");
    change(&["--undo"]);
    assert_eq!(night("after"), (shown, clusters));
}

#[test]
fn what_is_held_on_a_person_is_listed_with_terms_events_and_families_and_without_biometrics() {
    let world = World::empty();
    convicts(&world);
    world.import("relative", "relatives.csv", &[&format!("R1,P1,2020-01-01,,{OTHERS}")]);
    world.families("families.csv", &["F1,M1,R1,father,true,true"]);
    world.feed(0, &["C1,,released,2025-01-01,prison 6/2025,"], &[]);
    let gallery = world.gallery();
    let held =
        |person: &str, code| json(code, &["gallery", "person", text(&gallery), "--person", person]);
    let report = held("P1", 0);
    let records = report["records"].as_array().unwrap();
    let ids: Vec<&str> = records.iter().map(|r| r["record_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["C1", "R1"]);
    assert_eq!(records[0]["kept_until"], "2090-05-01");
    assert!(records[0]["rule"].as_str().unwrap().contains("L40 29(1)"));
    assert_eq!(records[0]["events"][0]["event"], "released");
    assert_eq!(records[0]["events"][0]["source"], "prison 6/2025");
    assert_eq!(records[0]["imports"].as_array().unwrap().len(), 1);
    assert_eq!(records[1]["families"][0]["missing_person_id"], "M1");
    let written = report.to_string();
    assert!(LOCI.iter().all(|locus| !written.contains(locus)), "no biometrics");
    assert_eq!(held("M1", 0)["families"][0]["family_id"], "F1");
    assert_eq!(held("P5", 1)["records"], serde_json::json!([]));
    let said = exits(0, &["gallery", "person", text(&gallery), "--person", "P1"]);
    assert!(said.contains("prison 6/2025") && said.contains("kept until 2090-05-01"), "{said}");
}
