//! Explanations through the library and the binary: every hit of a night comes out again, a falsified list does not,
//! and what kept a pair out is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use quick_xml::events::Event;
use tanba::explain::account::FinishedRun;
use tanba::explain::{Evidence, Explanation, explain};
use tanba::gallery::Gallery;

#[path = "common/program.rs"]
mod program;

use program::{exits, text};

/// A registry of profiles and one of fingerprints with a night of each, made once.
struct World {
    folder: PathBuf,
    _kept: tempfile::TempDir,
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn at(&self, name: &str) -> String {
        text(&self.path(name)).to_owned()
    }

    /// The gallery and the run of a night.
    fn night(&self, gallery: &str, run: &str) -> (Gallery, FinishedRun) {
        let gallery = Gallery::open(&self.path(gallery)).unwrap();
        (gallery, FinishedRun::open(&self.path(run)).unwrap())
    }
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().to_owned();
        let world = World { folder, _kept: kept };
        let (demo, fingers, prints) = (world.at("demo"), world.at("fingers"), world.at("prints"));
        exits(0, &["demo", "--persons", "1500", "--out", &demo]);
        let size =
            ["--persons", "24", "--double-registrations", "2", "--traces", "4", "--corpses", "1"];
        exits(0, &[&["synth", "finger", "--out", &fingers], &size[..]].concat());
        for register in ["citizen", "convict", "trace", "corpse"] {
            let list = format!("{fingers}/{register}.csv");
            let to = ["--gallery", &prints, "--register", register, "--owner", "mvd", &list];
            exits(0, &[&["import"], &to[..]].concat());
        }
        let out = world.at("fingers-night");
        exits(0, &["run", "nightly", "--gallery", &prints, "--out", &out]);
        world
    })
}

/// Every hit of a night explained.
fn all((gallery, run): &(Gallery, FinishedRun)) -> Vec<Explanation> {
    let hits = run.hits().unwrap();
    hits.iter().map(|hit| explain(gallery, run, hit).unwrap()).collect()
}

#[test]
fn every_hit_of_profiles_comes_out_again_and_its_loci_add_up_to_it() {
    let explained = all(&world().night("demo/gallery", "demo/night"));
    let mut of_search: BTreeMap<String, usize> = BTreeMap::new();
    for explanation in &explained {
        *of_search.entry(explanation.search.clone()).or_default() += 1;
        assert!(explanation.checks.iter().all(|check| check.stored == check.recomputed));
        let Evidence::Dna(dna) = &explanation.evidence else { panic!("profiles have loci") };
        let sum: f64 = dna.loci.iter().filter_map(|row| row.score_log10).sum();
        let score = f64::from(explanation.score_mban) / 1000.0;
        assert!((sum - score).abs() < 0.000_6, "{}: {sum} {score}", explanation.hit_id);
        let last = dna.loci.iter().rev().find_map(|row| row.running_log10).unwrap();
        assert!((last - sum).abs() < 1e-9);
        assert_eq!(dna.pedigree.is_empty(), explanation.family_id.is_none());
        assert_eq!(
            dna.pedigree.iter().filter(|person| person.is_missing).count(),
            usize::from(explanation.family_id.is_some())
        );
    }
    for search in [
        "dedup/convict",
        "cold-case/trace-convict",
        "cold-case/trace-trace",
        "missing-person/corpse-family",
        "missing-person/corpse-pedigree",
        "missing-person/corpse-convict",
    ] {
        assert!(of_search.get(search).is_some_and(|count| *count > 0), "{search}: {of_search:?}");
    }
}

#[test]
fn every_hit_of_fingerprints_comes_out_again_with_the_pairs_it_counts() {
    let explained = all(&world().night("prints", "fingers-night"));
    let of = |search: &str| explained.iter().filter(|e| e.search.starts_with(search)).count();
    assert!(of("dedup/") > 0 && of("cold-case/") > 0 && of("missing-person/") > 0);
    for explanation in &explained {
        let Evidence::Finger(finger) = &explanation.evidence else { panic!("fingers have pairs") };
        let paired: usize = finger.fingers.iter().map(|row| row.pairs.len()).sum();
        assert_eq!(paired as u32, finger.minutiae_paired);
        assert!(finger.fingers.iter().any(|row| row.is_counted));
        for row in &finger.fingers {
            for pair in &row.pairs {
                // What pairs in the last round is no further apart than its reach, nor turned more than its limit.
                assert!(
                    pair.distance_px <= 14.5 * 1.01 && pair.direction_difference_deg.abs() <= 28.2
                );
                assert_eq!(row.probe_minutiae[pair.probe].pair, Some(pair.number));
                assert_eq!(row.gallery_minutiae[pair.gallery].pair, Some(pair.number));
            }
        }
    }
}

/// The texts of an SVG picture; it must be well-formed.
fn texts(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let (mut texts, mut depth) = (Vec::new(), 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Text(text) => texts.push(text.decode().unwrap().trim().to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element ends");
    texts
}

#[test]
fn every_picture_is_well_formed_has_a_title_and_numbers_each_pair_twice() {
    let nights =
        [world().night("demo/gallery", "demo/night"), world().night("prints", "fingers-night")];
    let mut seen = [0, 0, 0];
    for (gallery, run) in &nights {
        let mut shown: BTreeMap<String, usize> = BTreeMap::new();
        for hit in run.hits().unwrap() {
            // Three of a search are enough to draw.
            let count = shown.entry(hit.search.clone()).or_default();
            *count += 1;
            if *count > 3 {
                continue;
            }
            let explanation = explain(gallery, run, &hit).unwrap();
            for picture in explanation.pictures() {
                let texts = texts(&picture.svg);
                assert!(picture.svg.contains("<title>") && picture.svg.contains("<desc>"));
                assert!(
                    !picture.svg.contains("http://") || picture.svg.matches("http").count() == 1
                );
                seen[match picture.name.as_str() {
                    "waterfall" => 0,
                    "pedigree" => 1,
                    _ => 2,
                }] += 1;
                let Evidence::Finger(finger) = &explanation.evidence else { continue };
                let place: usize = picture.name[7..9].parse().unwrap();
                for pair in &finger.fingers[place - 1].pairs {
                    let number = pair.number.to_string();
                    assert_eq!(texts.iter().filter(|text| **text == number).count(), 2, "{number}");
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 2), "{seen:?}");
}

/// A copy of a finished run.
fn copied(run: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(run).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn a_score_that_was_changed_in_the_list_is_not_explained() {
    use tanba::hits::output::{read_hits, read_report, rewrite};
    let world = world();
    for (gallery, run) in [("demo/gallery", "demo/night"), ("prints", "fingers-night")] {
        let (run, kept) = (world.path(run), tempfile::tempdir().unwrap());
        let copy = kept.path().join("night");
        copied(&run, &copy);
        let mut hits = read_hits(&copy).unwrap();
        let id = hits[0].hit_id.clone();
        hits[0].score_mban += 1;
        rewrite(&copy, &hits, &[], &read_report(&copy).unwrap()).unwrap();
        let gallery = world.at(gallery);
        let output = exits(6, &["explain", &id, "--gallery", &gallery, "--run", text(&copy)]);
        let error = String::from_utf8_lossy(&output.stderr);
        let (was, is) = (hits[0].score_mban.to_string(), (hits[0].score_mban - 1).to_string());
        assert!(error.contains(&was) && error.contains(&is), "{error}");
        exits(0, &["explain", &id, "--gallery", &gallery, "--run", text(&run)]);
    }
}
