//! `tanba hits` through the binary: a list picked, written, compared and counted is the list.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use tanba::column::hit::Hit;
use tanba::hits::output::read_report;
use tanba::hits::read_hits;

use super::{exits, night, own_gallery, tanba, text};

/// A gallery and a night over it, made once.
struct Found {
    gallery: PathBuf,
    night: PathBuf,
    hits: Vec<Hit>,
    _folder: tempfile::TempDir,
}

fn found() -> &'static Found {
    static FOUND: OnceLock<Found> = OnceLock::new();
    FOUND.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let gallery = own_gallery(folder.path());
        let out = folder.path().join("night");
        night(&gallery, &out, "scalar", &["--device", "cpu"]);
        let hits = read_hits(&out).unwrap();
        Found { gallery, night: out, hits, _folder: folder }
    })
}

/// The JSON documents of a verb.
fn documents(args: &[&str]) -> Vec<Value> {
    let output = tanba(&[args, &["--json"]].concat());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'d>(documents: &'d [Value], name: &str) -> Vec<&'d Value> {
    documents.iter().filter(|document| document["type"] == name).collect()
}

#[test]
fn a_list_shows_the_hits_asked_for_and_no_others() {
    let found = found();
    let probe = &found.hits[found.hits.len() / 2].probe_id;
    for (args, wanted) in [
        (vec!["--top", "0"], found.hits.iter().collect::<Vec<_>>()),
        (
            vec!["--top", "0", "--search", "dedup"],
            found.hits.iter().filter(|h| h.search.starts_with("dedup/")).collect(),
        ),
        (
            vec!["--top", "0", "--min-score", "12.5"],
            found.hits.iter().filter(|h| h.score_mban >= 12_500).collect(),
        ),
        (
            vec!["--top", "0", "--record", probe.as_str()],
            found.hits.iter().filter(|h| h.probe_id == *probe || h.gallery_id == *probe).collect(),
        ),
        (vec!["--top", "3"], found.hits.iter().take(3).collect()),
    ] {
        assert!(!wanted.is_empty());
        let shown = documents(&[&["hits", "list", text(&found.night)], &args[..]].concat());
        let shown: Vec<&str> =
            of_type(&shown, "hit").iter().map(|d| d["hit"]["hit_id"].as_str().unwrap()).collect();
        let wanted: Vec<&str> = wanted.iter().map(|hit| hit.hit_id.as_str()).collect();
        assert_eq!(shown, wanted, "{args:?}");
    }
    exits(1, &["hits", "list", text(&found.night), "--record", "nobody"]);
}

#[test]
fn what_two_examiners_decided_is_shown_and_left_out_where_only_open_hits_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let (run, hits) = (text(&found().night), &found().hits);
    let [first, second] = [&hits[0].hit_id, &hits[1].hit_id];
    for (hit, examiner) in [(first, "E1"), (first, "E2"), (second, "E1")] {
        let who = ["--verdict", "exclusion", "--reason", "read", "--examiner", examiner];
        let args = ["adjudicate", "decide", hit, "--gallery", text(&gallery), "--run", run];
        exits(0, &[&args[..], &who].concat());
    }
    let list = ["hits", "list", run, "--gallery", text(&gallery), "--top", "0"];
    let decision = |documents: &[Value], id: &str| {
        let hit = of_type(documents, "hit").into_iter().find(|d| d["hit"]["hit_id"] == *id);
        hit.map(|d| d["decision"].as_str().unwrap().to_owned())
    };
    let all = documents(&list);
    assert_eq!(decision(&all, first).as_deref(), Some("exclusion"));
    assert_eq!(decision(&all, second).as_deref(), Some("one look"));
    assert_eq!(decision(&all, &hits[2].hit_id).as_deref(), Some("open"));
    let open = documents(&[&list[..], &["--undecided"]].concat());
    assert_eq!(decision(&open, first), None);
    assert_eq!(of_type(&open, "hit").len(), hits.len() - 1);
}

#[test]
fn an_export_holds_what_was_picked_and_is_in_the_log_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let (gallery, run) = (own_gallery(folder.path()), text(&found().night));
    let wanted = found().hits.iter().filter(|h| h.search.starts_with("cold-case/")).count();
    for ending in ["csv", "jsonl", "arrow", "parquet"] {
        let file = folder.path().join(format!("leads.{ending}"));
        let to = ["--gallery", text(&gallery), "--search", "cold-case"];
        let args = [&["hits", "export", run, text(&file)], &to[..]].concat();
        let said = documents(&args);
        let bytes = fs::read(&file).unwrap();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        assert_eq!(of_type(&said, "export")[0]["blake3"], hash.as_str());
        assert_eq!(of_type(&said, "export")[0]["hits"], wanted);
        let log = fs::read_to_string(gallery.join("audit/log.jsonl")).unwrap();
        let entry = log.lines().last().unwrap();
        assert!(entry.contains("\"hits export\"") && entry.contains(&hash), "{entry}");
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        match ending {
            "csv" => assert_eq!(lines, wanted + 1),
            "jsonl" => assert_eq!(lines, wanted),
            _ => {}
        }
        assert!(exits(2, &args).contains("exists"), "{ending}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "a file that was there is left alone");
    }
    let none = folder.path().join("none.csv");
    let to = ["--gallery", text(&gallery), "--record", "nobody"];
    exits(1, &[&["hits", "export", run, text(&none)], &to[..]].concat());
    assert!(!none.exists());
    let odd = folder.path().join("leads.xlsx");
    let said = exits(2, &["hits", "export", run, text(&odd), "--gallery", text(&gallery)]);
    assert!(said.contains(".parquet"), "{said}");
}

fn counts(before: &Path, after: &Path) -> Value {
    let said = documents(&["hits", "diff", text(before), text(after)]);
    let end = of_type(&said, "hits_diff")[0];
    let of = |kind: &str| of_type(&said, "difference").iter().filter(|d| d["kind"] == kind).count();
    for kind in ["new", "gone", "changed"] {
        assert_eq!(end["counts"][kind], of(kind), "{kind}");
    }
    end.clone()
}

#[test]
fn a_higher_threshold_only_takes_hits_away_and_the_difference_says_what_differs() {
    let found = found();
    let folder = tempfile::tempdir().unwrap();
    let strict = folder.path().join("strict");
    night(&found.gallery, &strict, "scalar", &["--threshold", "12", "--device", "cpu"]);
    let weak = found.hits.iter().filter(|hit| hit.score_mban < 12_000).count();
    assert!(weak > 0);
    let there = counts(&found.night, &strict);
    assert_eq!((&there["counts"]["new"], &there["counts"]["gone"]), (&0.into(), &weak.into()));
    assert_eq!(there["counts"]["same"], found.hits.len() - weak);
    assert!(there["reasons"].to_string().contains("parameter threshold"), "{there}");
    let back = counts(&strict, &found.night);
    assert_eq!((&back["counts"]["new"], &back["counts"]["gone"]), (&weak.into(), &0.into()));
    let none = counts(&found.night, &found.night);
    assert_eq!(none["counts"]["same"], found.hits.len());
    assert_eq!(none["reasons"].as_array().unwrap().len(), 0);
}

#[test]
fn a_night_after_another_says_that_its_list_holds_new_pairs_alone() {
    let found = found();
    let folder = tempfile::tempdir().unwrap();
    let after = folder.path().join("after");
    let args = ["run", "nightly", "--gallery", text(&found.gallery), "--out", text(&after)];
    exits(1, &[&args[..], &["--since", text(&found.night), "--device", "cpu"]].concat());
    let said = counts(&found.night, &after);
    assert_eq!(said["counts"]["gone"], found.hits.len());
    assert!(said["reasons"].to_string().contains("they were found before"), "{said}");
}

#[test]
fn the_numbers_of_a_run_are_those_of_its_list() {
    let found = found();
    let said = documents(&["hits", "stats", text(&found.night)]);
    let searches = of_type(&said, "hits_stats")[0]["searches"].as_array().unwrap().clone();
    let report = read_report(&found.night).unwrap();
    assert_eq!(searches.len(), report.searches.len());
    for (stated, of_run) in searches.iter().zip(&report.searches) {
        let hits: Vec<&Hit> = found.hits.iter().filter(|h| h.search == of_run.search).collect();
        assert_eq!(stated["search"], of_run.search.as_str());
        assert_eq!(stated["hits"], of_run.hits);
        let sum = |key: &str| -> u64 {
            stated[key].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
        };
        assert_eq!((sum("by_log10"), sum("by_rule")), (of_run.hits, of_run.hits));
        let mut probes: Vec<&str> = hits.iter().map(|h| h.probe_id.as_str()).collect();
        probes.sort_unstable();
        probes.dedup();
        assert_eq!(stated["probes_with_hits"], probes.len());
        assert_eq!(stated["best_mban"].as_i64(), hits.iter().map(|h| h.score_mban.into()).max());
        let new = hits.iter().filter(|h| h.new_since == report.gallery_generation).count();
        assert_eq!(stated["new_in_generation"], new);
    }
}
