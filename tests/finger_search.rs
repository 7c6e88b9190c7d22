//! Searches of fingerprints through the program, against the truth of a synthetic registry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tanba::column::hit::Hit;
use tanba::domain::register::Register;
use tanba::hits::read_hits;
use tanba::synth::finger::{FingerRecordKind, FingerTruthRecord, read_finger_truth};

#[path = "common/program.rs"]
mod program;

use program::{exits, tanba, text};

/// A registry of fingerprints and its gallery, made once.
struct World {
    registry: PathBuf,
    gallery: PathBuf,
    truth: Vec<FingerTruthRecord>,
    _folder: tempfile::TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (registry, gallery) = (folder.path().join("registry"), folder.path().join("gallery"));
    let size = ["--persons", "60", "--seed", "3", "--double-registrations", "24", "--traces", "12"];
    let more = ["--corpses", "4", "--expired", "2", "--convict-share", "0.4"];
    exits(0, &[&["synth", "finger", "--out", text(&registry)], &size[..], &more].concat());
    for register in ["citizen", "convict", "trace", "corpse"] {
        let list = registry.join(format!("{register}.csv"));
        let args = ["import", "--gallery", text(&gallery), "--register", register];
        exits(0, &[&args[..], &["--owner", "mvd", text(&list)]].concat());
    }
    let truth = read_finger_truth(&registry).unwrap();
    World { registry, gallery, truth, _folder: folder }
});

impl World {
    fn of(&self, id: &str) -> &FingerTruthRecord {
        self.truth.iter().find(|record| record.record_id == id).unwrap()
    }

    /// The pairs of living records of one person in two registers, lower id first.
    fn mates(&self, a: Register, b: Register) -> BTreeSet<(String, String)> {
        let alive = || self.truth.iter().filter(|record| !record.expired);
        let mut pairs = BTreeSet::new();
        for first in alive().filter(|record| record.register == a) {
            for second in alive().filter(|record| record.register == b) {
                if first.person == second.person && first.record_id != second.record_id {
                    let (x, y) = (first.record_id.clone(), second.record_id.clone());
                    pairs.insert(if x < y { (x, y) } else { (y, x) });
                }
            }
        }
        pairs
    }

    /// The file of a record.
    fn file(&self, id: &str) -> PathBuf {
        let register = self.of(id).register;
        let list = std::fs::read_to_string(self.registry.join(format!("{register}.csv"))).unwrap();
        let row = list.lines().find(|line| line.starts_with(id)).unwrap();
        self.registry.join(row.split(',').nth(1).unwrap())
    }

    fn run(&self, preset: &str, out: &Path, more: &[&str]) -> Vec<Hit> {
        let args = ["run", preset, "--gallery", text(&self.gallery), "--out", text(out)];
        exits(0, &[&args[..], more].concat());
        read_hits(out).unwrap()
    }
}

fn pair_of(hit: &Hit) -> (String, String) {
    let (a, b) = (hit.probe_id.clone(), hit.gallery_id.clone());
    if a < b { (a, b) } else { (b, a) }
}

/// Hits by search as (pairs that are one person, pairs that are not).
fn judged<'a>(
    world: &World,
    hits: &'a [Hit],
) -> BTreeMap<&'a str, [BTreeSet<(String, String)>; 2]> {
    let mut found: BTreeMap<&str, [BTreeSet<(String, String)>; 2]> = BTreeMap::new();
    for hit in hits {
        let is_same = world.of(&hit.probe_id).person == world.of(&hit.gallery_id).person;
        found.entry(&hit.search).or_default()[usize::from(!is_same)].insert(pair_of(hit));
    }
    found
}

#[test]
fn deduplication_finds_every_double_registration_however_its_fingers_were_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let hits = WORLD.run("dedup", &folder.path().join("out"), &["--expect-false", "0.01"]);
    let found = judged(&WORLD, &hits);
    for (search, registers) in [
        ("dedup/finger-citizen", (Register::Citizen, Register::Citizen)),
        ("dedup/finger-convict", (Register::Convict, Register::Convict)),
        ("dedup/finger-citizen-convict", (Register::Citizen, Register::Convict)),
    ] {
        let [same, other] = &found[search];
        assert_eq!(same, &WORLD.mates(registers.0, registers.1), "{search}");
        assert!(other.is_empty(), "{search}: {other:?}");
    }
    let kinds = |kind| {
        let of_kind = move |id: &str| WORLD.of(id).kind == kind;
        hits.iter().filter(move |hit| of_kind(&hit.probe_id) || of_kind(&hit.gallery_id))
    };
    for kind in [
        FingerRecordKind::DoubleRegistrationSwappedHands,
        FingerRecordKind::DoubleRegistrationSwappedFingers,
    ] {
        let mut count = 0;
        for hit in kinds(kind).filter(|hit| hit.search == "dedup/finger-citizen") {
            let fingers = &hit.finger.as_ref().unwrap().fingers;
            let misplaced = fingers.iter().filter(|f| f.probe_position != f.gallery_position);
            assert!(misplaced.count() > 0, "{}", hit.hit_id);
            assert_eq!(hit.rule, "sequence error");
            count += 1;
        }
        assert!(count > 0, "{kind}: the seed must make one");
    }
    assert!(kinds(FingerRecordKind::DoubleRegistrationFewFingers).count() > 0);
    assert!(hits.iter().all(|hit| hit.modality == "finger" && hit.dna.is_none()));
}

#[test]
fn a_run_is_evaluated_against_the_truth_with_every_miss_and_chance_hit_listed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let hits = WORLD.run("nightly", &out, &["--expect-false", "1"]);
    let args = ["evaluate", "--run", text(&out), "--truth", text(&WORLD.registry)];
    let said = exits(0, &args);
    assert!(said.contains("recall %") && said.contains("evaluation.json"), "{said}");
    let evaluation = std::fs::read_to_string(out.join("evaluation.json")).unwrap();
    let evaluation: serde_json::Value = serde_json::from_str(&evaluation).unwrap();
    assert_eq!(evaluation["modality"], "finger");
    let found = judged(&WORLD, &hits);
    for (search, registers) in [
        ("dedup/finger-citizen", (Register::Citizen, Register::Citizen)),
        ("cold-case/finger-trace-convict", (Register::Trace, Register::Convict)),
        ("missing-person/finger-corpse-citizen", (Register::Corpse, Register::Citizen)),
    ] {
        let list = evaluation["searches"].as_array().unwrap();
        let own = list.iter().find(|s| s["search"] == search).unwrap();
        let mates = WORLD.mates(registers.0, registers.1);
        let [same, other] = &found[search];
        let shows = |id: &str| WORLD.of(id).fingers.0.iter().map(|(_, own)| *own);
        let is_findable =
            |(a, b): &&(String, String)| shows(a).any(|own| shows(b).any(|o| o == own));
        assert_eq!(own["mated"], mates.iter().filter(is_findable).count(), "{search}");
        assert_eq!((&own["found"], &own["hits_chance"]), (&same.len().into(), &other.len().into()));
        assert_eq!(own["hits_unlawful"], 0);
        let missed = own["missed_pairs"].as_array().unwrap().iter();
        let id = |pair: &serde_json::Value, key| pair[key].as_str().unwrap().to_owned();
        let missed = missed.map(|pair| {
            let (a, b) = (id(pair, "probe_id"), id(pair, "gallery_id"));
            if a < b { (a, b) } else { (b, a) }
        });
        let expected: BTreeSet<_> = mates.difference(same).cloned().collect();
        assert_eq!(missed.collect::<BTreeSet<_>>(), expected, "{search}");
    }
    let said = exits(2, &[&args[..3], &["--truth", text(&WORLD.gallery)]].concat());
    assert!(said.contains("is not a synthetic registry"), "{said}");
}

#[test]
fn threads_and_tiles_change_no_hit() {
    let folder = tempfile::tempdir().unwrap();
    let mut lists = Vec::new();
    for (name, threads, probes, rows) in
        [("a", "1", "256", "262144"), ("b", "3", "7", "352"), ("c", "2", "1", "32")]
    {
        let execution = ["--threads", threads, "--tile-probes", probes, "--tile-rows", rows];
        lists.push(WORLD.run("nightly", &folder.path().join(name), &execution));
    }
    assert!(lists[0].len() > 24);
    assert_eq!(lists[0], lists[1]);
    assert_eq!(lists[0], lists[2]);
}

#[test]
fn marks_find_their_finger_in_any_position_and_direction() {
    let folder = tempfile::tempdir().unwrap();
    let hits = WORLD.run("cold-case", &folder.path().join("out"), &["--expect-false", "1"]);
    let found = judged(&WORLD, &hits);
    let mates = WORLD.mates(Register::Trace, Register::Convict);
    let [same, other] = &found["cold-case/finger-trace-convict"];
    assert!(same.len() * 2 >= mates.len(), "{} of {}", same.len(), mates.len());
    assert!(other.len() <= 2, "{other:?}");
    for hit in hits.iter().filter(|hit| hit.search == "cold-case/finger-trace-convict") {
        if !same.contains(&pair_of(hit)) {
            continue;
        }
        let best = hit.finger.as_ref().unwrap().fingers.iter().max_by_key(|f| f.score_mban);
        let finger = WORLD.of(&hit.probe_id).fingers.0[0].1;
        let recorded = &WORLD.of(&hit.gallery_id).fingers.0;
        let at = best.unwrap().gallery_position;
        let own = recorded.iter().find(|(recorded, _)| recorded.code() == at).unwrap().1;
        assert_eq!(own, finger, "{} in {}", hit.probe_id, hit.gallery_id);
        assert_eq!(hit.rule, "any position");
    }
}

#[test]
fn corpses_are_found_among_citizens() {
    let folder = tempfile::tempdir().unwrap();
    let hits = WORLD.run("missing-person", &folder.path().join("out"), &[]);
    let [same, other] = &judged(&WORLD, &hits)["missing-person/finger-corpse-citizen"];
    assert_eq!(same, &WORLD.mates(Register::Citizen, Register::Corpse));
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn a_record_of_the_gallery_finds_its_double_and_not_itself() {
    let mates = WORLD.mates(Register::Citizen, Register::Citizen);
    let (first, second) = mates.iter().next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let gallery = text(&WORLD.gallery);
    let args = ["search", "--record", first, "--gallery", gallery, "--in", "citizen"];
    let said = exits(0, &[&args[..], &["--top", "1", "--out", text(&out)]].concat());
    assert!(said.contains("-log10 FMR") && !said.contains("with itself"), "{said}");
    let hits = read_hits(&out).unwrap();
    assert_eq!((hits.len(), &hits[0].gallery_id), (1, second));
}

#[test]
fn the_law_refuses_before_any_work() {
    let gallery = text(&WORLD.gallery);
    let record = WORLD.truth.iter().find(|r| r.register == Register::Trace).unwrap();
    let seafarer = ["search", "--record", &record.record_id, "--gallery", gallery];
    let said = exits(5, &[&seafarer[..], &["--in", "seafarer"]].concat());
    assert!(said.contains("L40 8(2), 14, 34(1)"), "{said}");
    let expired = WORLD.truth.iter().find(|r| r.expired).unwrap();
    let said = exits(5, &["search", "--record", &expired.record_id, "--gallery", gallery]);
    assert!(said.contains("retention"), "{said}");
}

#[test]
fn the_person_is_confirmed_and_another_is_not() {
    let (gallery, mates) =
        (text(&WORLD.gallery), WORLD.mates(Register::Citizen, Register::Citizen));
    let whole = |id: &&(String, String)| {
        let is_plain =
            |id: &str| WORLD.of(id).kind != FingerRecordKind::DoubleRegistrationSwappedHands;
        is_plain(&id.0) && is_plain(&id.1)
    };
    let (first, second) = mates.iter().find(whole).unwrap();
    let probe = WORLD.file(second);
    let verify = |claim: &[&str]| {
        let output = tanba(&[&["--json", "verify", "--probe", text(&probe)], claim].concat());
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = verify(&["--claimed", first, "--gallery", gallery]);
    assert_eq!((code, &said["decision"]), (0, &"confirmed".into()));
    assert!(said["purpose"].as_str().unwrap().contains("10(3)"), "{said}");
    let score = said["score_mban"].as_i64().unwrap();
    assert!(score >= 4000 && said["fmr"].as_f64().unwrap() <= 1e-4);
    let reference = WORLD.file(first);
    let (code, said) = verify(&["--reference", text(&reference)]);
    assert_eq!((code, said["score_mban"].as_i64()), (0, Some(score)));
    let is_other = |r: &&FingerTruthRecord| {
        r.register == Register::Citizen && !r.expired && r.person != WORLD.of(first).person
    };
    let other = &WORLD.truth.iter().find(is_other).unwrap().record_id;
    let (code, said) = verify(&["--claimed", other, "--gallery", gallery]);
    assert_eq!((code, &said["decision"]), (1, &"not_confirmed".into()));
    let trace = WORLD.truth.iter().find(|r| r.register == Register::Trace).unwrap();
    let (code, said) = verify(&["--claimed", &trace.record_id, "--gallery", gallery]);
    assert_eq!((code, &said["article"]), (5, &"L40 1(12-1)".into()));
    let expired = WORLD.truth.iter().find(|r| r.expired).unwrap();
    let (code, _) = verify(&["--claimed", &expired.record_id, "--gallery", gallery]);
    assert_eq!(code, 5);
    assert_eq!(verify(&["--claimed", "nobody", "--gallery", gallery]).0, 2);
}

#[test]
fn scores_of_pairs_come_in_their_order_and_do_not_depend_on_the_sides() {
    let folder = tempfile::tempdir().unwrap();
    let prints = folder.path().join("prints");
    let size = ["--fingers", "6", "--impressions", "2"];
    exits(0, &[&["synth", "finger-prints", "--out", text(&prints)][..], &size].concat());
    let mut files = Vec::new();
    for db in std::fs::read_dir(&prints).unwrap().map(|entry| entry.unwrap().path()) {
        if db.is_dir() {
            files.extend(std::fs::read_dir(db).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    files.sort();
    let name = |path: &Path| text(path.strip_prefix(&prints).unwrap()).to_owned();
    let mut rows = Vec::new();
    for a in &files {
        for b in &files {
            rows.push((name(a), name(b)));
        }
    }
    let list = rows.iter().map(|(a, b)| format!("{a},{b}\n")).collect::<String>();
    let pairs = prints.join("pairs.csv");
    std::fs::write(&pairs, format!("probe,gallery\n{list}")).unwrap();
    for rotation in ["upright", "any"] {
        let args = ["score", "finger", "--pairs", text(&pairs), "--rotation", rotation];
        let output = tanba(&args);
        let said = String::from_utf8(output.stdout).unwrap();
        let mut scores = BTreeMap::new();
        for (line, (a, b)) in said.lines().skip(1).zip(&rows) {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!((cells[0], cells[1]), (a.as_str(), b.as_str()));
            scores.insert((a, b), (cells[2].to_owned(), cells[3].parse::<i64>().unwrap()));
        }
        assert_eq!(scores.len(), rows.len());
        let of_finger = |name: &str| name.rsplit_once('_').unwrap().0.to_owned();
        for ((a, b), score) in &scores {
            assert_eq!(score, &scores[&(*b, *a)], "{rotation}: {a} {b}");
            // Every print finds itself first, and its finger before any other.
            assert!(score.1 <= scores[&(*a, *a)].1);
            for c in rows.iter().map(|row| &row.0).filter(|c| of_finger(c) != of_finger(a)) {
                if of_finger(a) == of_finger(b) {
                    assert!(score.1 > scores[&(*a, c)].1, "{rotation}: {a} {b} {c}");
                }
            }
        }
    }
}

#[test]
fn a_file_that_does_not_exist_is_a_usage_error_of_every_verb() {
    let gallery = text(&WORLD.gallery);
    let verbs: [&[&str]; 9] = [
        &["import", "--gallery", "none-such", "--register", "convict", "none-such.csv"],
        &["import", "--check", "none-such.iso"],
        &["search", "none-such.iso", "--probe-register", "trace", "--gallery", gallery],
        &["search", "none-such.csv", "--probe-index", "trace", "--gallery", gallery],
        &["verify", "--probe", "none-such.iso", "--reference", "none-such.iso"],
        &["score", "dna", "--pairs", "none-such.csv"],
        &["score", "finger", "--pairs", "none-such.csv"],
        &["evaluate", "finger", "none-such"],
        &["train", "--data", "none-such", "--out", "none-such/p.bin"],
    ];
    for verb in verbs {
        let said = exits(2, verb);
        assert!(said.contains("none-such") && said.contains("does not exist"), "{said}");
    }
}

#[test]
fn training_without_every_database_says_that_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("p.bin"));
    let size = ["--fingers", "2", "--impressions", "2"];
    exits(0, &[&["synth", "finger-prints", "--out", text(&data)][..], &size].concat());
    let args = ["train", "--data", text(&data), "--out", text(&out), "--without", "db0001"];
    let said = exits(2, &args);
    assert!(said.contains("--without db0001 leaves nothing to train on"), "{said}");
    assert!(!out.exists());
}

#[test]
fn a_file_that_is_a_record_of_the_gallery_is_said_not_to_be_compared_with_itself() {
    let mates = WORLD.mates(Register::Citizen, Register::Citizen);
    let (first, second) = mates.iter().next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    let file = WORLD.file(first);
    std::fs::write(&list, format!("record_id,file\n{first},{}\n", text(&file))).unwrap();
    let args = ["search", text(&list), "--probe-register", "citizen", "--in", "citizen"];
    let args = [&args[..], &["--gallery", text(&WORLD.gallery), "--json"]].concat();
    let output = tanba(&args);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("not compared with itself: 1 ({first})")), "{said}");
    let documents: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |kind: &str| documents.iter().find(|document| document["type"] == kind).unwrap();
    let hits = of("run")["hits"].as_array().unwrap();
    assert!(hits.iter().any(|hit| hit["gallery_id"] == second.as_str()));
    assert_eq!(of("search_finished")["report"]["hits"], hits.len());
}

#[test]
fn parts_of_a_night_of_fingerprints_make_the_bytes_of_the_single_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |out: &Path, more: &[&str]| {
        let run = ["run", "nightly", "--gallery", text(&WORLD.gallery), "--out", text(out)];
        let size = ["--device", "cpu", "--tile-probes", "20", "--tile-rows", "30"];
        exits(0, &[&run[..], &size, more].concat());
    };
    let single = folder.path().join("single");
    run(&single, &[]);
    let report = tanba::hits::output::read_report(&single).unwrap();
    let tiles: u64 = report.searches.iter().map(|search| search.tiles).sum();
    assert!(tiles > 20 && report.hits > 0, "{tiles} tiles, {} hits", report.hits);
    for of in [2, 7] {
        let out = folder.path().join(format!("of-{of}"));
        for number in 1..=of {
            run(&out, &["--part", &format!("{number}/{of}")]);
        }
        exits(0, &["resume", "--out", text(&out)]);
        for file in ["hits.parquet", "clusters.parquet", "histogram.parquet"] {
            let bytes = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
            assert!(bytes(&out) == bytes(&single), "{file} of {of} parts");
        }
        let whole = tanba::hits::output::read_report(&out).unwrap();
        let stages = |report: &tanba::hits::report::RunReport| {
            report.searches.iter().map(|search| search.stages.clone()).collect::<Vec<_>>()
        };
        assert_eq!(stages(&whole), stages(&report));
    }
}
