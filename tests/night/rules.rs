//! Rule sets through the binary: hits against every pair compared one by one, the head of a list, files with
//! faults.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tanba::column::hit::Hit;
use tanba::domain::builtin_frequencies::{DEFAULT_NAME, builtin as frequencies};
use tanba::domain::category::Index;
use tanba::domain::dna::Profile;
use tanba::domain::frequency::MinimumFrequency;
use tanba::domain::likelihood::Population;
use tanba::domain::rule_set::{NAMES, RuleSet, SearchKind, builtin};
use tanba::gallery::Gallery;
use tanba::hits::output::{EXPECTED_KEY, read_report};
use tanba::hits::read_hits;
use tanba::plan::census::Side;
use tanba::score::Millibans;

use super::{exits, text, world};

/// Least score of a hit in these runs, log10.
const THRESHOLD_LOG10: f64 = 2.0;

fn profiles(index: Index) -> Vec<(String, Profile)> {
    let gallery = Gallery::open(&world().gallery).unwrap();
    let day = jiff::Zoned::now().date();
    let side = Side::open(&gallery, index, &gallery.statuses().unwrap(), day).unwrap();
    side.living()
        .map(|(segment, row)| {
            let id = side.segments[segment].record_id(row).to_owned();
            (id, side.profile(segment, row).unwrap())
        })
        .collect()
}

/// Pairs of a trace and a convict that satisfy the rules, with score and class; no screen takes part.
fn by_hand(rules: &RuleSet) -> BTreeMap<(String, String), (i32, String)> {
    let table = frequencies(DEFAULT_NAME).unwrap().unwrap();
    let minimum = MinimumFrequency::FiveObservations;
    let population = Population { frequencies: &table, theta: 0.01, minimum };
    let least = rules.least_score_log10.unwrap_or(THRESHOLD_LOG10).max(THRESHOLD_LOG10);
    let read = |index| {
        let included = profiles(index).into_iter().filter(|(_, p)| rules.includes(index, p));
        included.map(|(id, p)| (id, rules.read_profile(&p).into_owned())).collect::<Vec<_>>()
    };
    let (traces, convicts) = (read(Index::Trace), read(Index::Convict));
    let mut found = BTreeMap::new();
    for (trace, a) in &traces {
        for (convict, b) in &convicts {
            let score = population.identity_score(a, b, rules, SearchKind::Traces);
            if rules.is_satisfied(&score) && score.score_log10 >= least {
                let class = rules.classes.class(&score).to_owned();
                let mban = Millibans::from_log10(score.score_log10).0;
                found.insert((trace.clone(), convict.clone()), (mban, class));
            }
        }
    }
    found
}

/// A cold-case run under `rules`, in tiles of `rows` rows.
fn cold_case(rules: &str, out: &Path, rows: &str) -> Vec<Hit> {
    let threshold = THRESHOLD_LOG10.to_string();
    let run = ["run", "cold-case", "--gallery", text(&world().gallery), "--out", text(out)];
    let rule =
        ["--rules", rules, "--threshold", &threshold, "--tile-rows", rows, "--tile-probes", rows];
    exits(0, &[&run[..], &rule].concat());
    read_hits(out).unwrap()
}

#[test]
fn every_rule_set_finds_the_pairs_that_comparing_all_by_hand_finds() {
    let folder = tempfile::tempdir().unwrap();
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for name in NAMES {
        let rules = builtin(name).unwrap().unwrap();
        let expected = by_hand(&rules);
        let out = folder.path().join(name);
        let hits = cold_case(name, &out, "4096");
        let found: BTreeMap<(String, String), (i32, String)> = hits
            .iter()
            .filter(|hit| hit.search == "cold-case/trace-convict")
            .map(|hit| {
                let class = hit.dna.as_ref().unwrap().rule_class.clone().unwrap();
                assert_eq!(hit.rule, rules.statement(SearchKind::Traces));
                *classes.entry(class.clone()).or_default() += 1;
                ((hit.probe_id.clone(), hit.gallery_id.clone()), (hit.score_mban, class))
            })
            .collect();
        assert!(!found.is_empty(), "{name} finds nothing");
        assert_eq!(found, expected, "{name}");
        let parameters = read_report(&out).unwrap().parameters;
        assert_eq!(parameters["rules"]["name"], name);
        assert_eq!(parameters["rules"]["blake3"], rules.blake3);
        let small = folder.path().join(format!("{name}-small"));
        cold_case(name, &small, "37");
        for file in ["hits.parquet", "histogram.parquet"] {
            let bytes = |out: &Path| fs::read(out.join(file)).unwrap();
            assert!(bytes(&out) == bytes(&small), "{file} of {name} depends on the tiles");
        }
    }
    for class in ["codis-high", "codis-moderate", "codis-low", "pruem-1", "pruem-4"] {
        assert!(classes.contains_key(class), "no hit of {class}: {classes:?}");
    }
}

#[test]
fn a_hit_list_is_headed_by_expected_and_observed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = ["run", "nightly", "--gallery", text(&world().gallery), "--out", text(&out)];
    let said = exits(0, &run);
    assert!(said.contains("expected / found") && said.contains("relatives and twins"), "{said}");
    assert!(said.contains("rules of identity: tanba version 1"), "{said}");
    let report = read_report(&out).unwrap();
    let hits = read_hits(&out).unwrap();
    for search in &report.searches {
        assert!(!search.bands.is_empty(), "{}", search.search);
        let sum: f64 = search.bands.iter().map(|band| band.expected_chance_hits).sum();
        assert!((sum - search.expected_chance_hits).abs() <= 1e-9 * sum.max(1.0), "{sum}");
        assert_eq!(search.bands.iter().map(|band| band.hits).sum::<u64>(), search.hits);
        for band in &search.bands {
            let inside = hits.iter().filter(|hit| {
                let log10 = f64::from(hit.score_mban) / 1000.0;
                hit.search == search.search
                    && log10 >= band.from_log10 - 5e-4
                    && band.to_log10.is_none_or(|to| log10 < to - 5e-4)
            });
            assert_eq!(inside.count() as u64, band.hits, "{} {band:?}", search.search);
        }
    }
    let file = fs::File::open(out.join("hits.parquet")).unwrap();
    let reader = parquet::file::serialized_reader::SerializedFileReader::new(file).unwrap();
    let metadata = parquet::file::reader::FileReader::metadata(&reader).file_metadata();
    let pairs = metadata.key_value_metadata().unwrap();
    let head = pairs.iter().find(|pair| pair.key == EXPECTED_KEY).unwrap();
    let head: serde_json::Value = serde_json::from_str(head.value.as_ref().unwrap()).unwrap();
    assert_eq!(head["rules"]["name"], "tanba");
    assert_eq!(head["theta"], 0.01);
    for (stated, search) in head["searches"].as_array().unwrap().iter().zip(&report.searches) {
        assert_eq!(stated["search"], search.search);
        assert_eq!(stated["bands"], serde_json::to_value(&search.bands).unwrap());
    }
}

#[test]
fn the_default_rules_are_the_set_of_their_name_and_two_options_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = text(&world().gallery);
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        exits(
            0,
            &[&["run", "cold-case", "--gallery", gallery, "--out", text(&out)], more].concat(),
        );
        out
    };
    let bytes = |out: &Path| fs::read(out.join("hits.parquet")).unwrap();
    let plain = run("plain", &[]);
    assert_eq!(bytes(&plain), bytes(&run("named", &["--rules", "tanba"])));
    let strict = run("strict", &["--mismatches", "0", "--min-loci", "8"]);
    let hits = read_hits(&strict).unwrap();
    assert!(hits.iter().all(|hit| hit.rule == "moderate<=0"));
    assert!(hits.iter().all(|hit| hit.dna.as_ref().unwrap().loci_compared >= 8));
    assert_eq!(read_report(&strict).unwrap().parameters["mismatches"], 0);
    let ids = |out: &Path| read_report(out).unwrap().run_id;
    assert_ne!(ids(&plain), ids(&run("other", &["--rules", "codis-moderate"])));
}

#[test]
fn rules_that_are_not_there_or_have_a_fault_are_refused_with_file_line_and_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = text(&world().gallery);
    let plan = |code, rules: &str, more: &[&str]| {
        let plan = ["plan", "cold-case", "--gallery", gallery, "--rules", rules];
        exits(code, &[&plan[..], more].concat())
    };
    let said = plan(2, "codis", &[]);
    assert!(said.contains("neither a built-in rule set nor a file"), "{said}");
    assert!(said.contains("pruem-2008-616"), "{said}");
    plan(2, "codis-high", &["--mismatches", "0"]);
    plan(2, "codis-high", &["--min-loci", "7"]);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/rules/national-sample.toml");
    plan(0, text(&sample), &[]);
    let content = fs::read_to_string(sample).unwrap();
    let file = folder.path().join("national.toml");
    fs::write(&file, content.replace("most_failing", "most_faling")).unwrap();
    let said = plan(3, text(&file), &[]);
    assert!(said.contains("national.toml:") && said.contains("most_faling"), "{said}");
    assert!(said.contains("help:") && said.contains("docs/rules.md"), "{said}");
    fs::write(&file, content.replace("name = \"national-sample\"", "name = \"tanba\"")).unwrap();
    let said = plan(3, text(&file), &[]);
    assert!(said.contains("names of built-in sets"), "{said}");
    let said = exits(0, &["rules", "list"]);
    assert!(NAMES.iter().all(|name| said.contains(name)), "{said}");
    let said = exits(0, &["rules", "show", "interpol"]);
    assert!(said.contains("least_loci = 6"), "{said}");
}
