//! Explanations through the library and the binary: every hit of a night comes out again, a falsified list does not,
//! and what kept a pair out is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use quick_xml::events::Event;
use tanba::explain::account::{FinishedRun, GivenProbes};
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
            ["--persons", "24", "--double-registrations", "2", "--traces", "30", "--corpses", "1"];
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
            Event::Text(text) => texts.push(text.trim().to_owned()),
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
        let error = exits(6, &["explain", &id, "--gallery", &gallery, "--run", text(&copy)]);
        let (was, is) = (hits[0].score_mban.to_string(), (hits[0].score_mban - 1).to_string());
        assert!(error.contains(&was) && error.contains(&is), "{error}");
        exits(0, &["explain", &id, "--gallery", &gallery, "--run", text(&run)]);
    }
}

/// What `tanba why-not` answers as JSON.
fn why_not(pair: [&str; 2], gallery: &str, runs: &[&str]) -> Vec<serde_json::Value> {
    let mut args = vec!["--json", "why-not", pair[0], pair[1], "--gallery", gallery];
    runs.iter().for_each(|run| args.extend(["--run", *run]));
    let said = exits(0, &args);
    let line = said.lines().find(|line| line.contains("\"why_not\"")).unwrap();
    let document: serde_json::Value = serde_json::from_str(line).unwrap();
    document["answers"].as_array().unwrap().clone()
}

/// The probes of a run that searched its gallery.
fn no_file(_: &FinishedRun) -> tanba::error::Result<GivenProbes> {
    Ok(GivenProbes::default())
}

/// The reasons of the answers, one per search.
fn reasons(answers: &[serde_json::Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["reason"].as_str().unwrap()).collect()
}

/// Identifiers in the first column of a table, in order.
fn ids(table: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(table).unwrap();
    text.lines().skip(1).filter_map(|line| Some(line.split(',').next()?.to_owned())).collect()
}

/// A copy of the registry's gallery for a test that changes it.
fn gallery_of_its_own(name: &str) -> (tempfile::TempDir, String) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &to);
            } else {
                std::fs::copy(&path, &to).unwrap();
            }
        }
    }
    let kept = tempfile::tempdir().unwrap();
    let to = kept.path().join("gallery");
    copy(&world().path(name), &to);
    let at = text(&to).to_owned();
    (kept, at)
}

#[test]
fn a_pair_of_profiles_is_answered_with_the_law_the_rules_the_threshold_or_its_hit() {
    let world = world();
    let (gallery, night) = (world.at("demo/gallery"), world.at("demo/night"));
    let answer = |a: &str, b: &str| why_not([a, b], &gallery, &[&night]);
    let table = |name: &str| ids(&world.path(&format!("demo/registry/{name}.csv")));
    let (convicts, traces) = (table("convicts"), table("traces"));
    let (corpses, relatives) = (table("corpses"), table("relatives"));
    let hits = tanba::hits::read_hits(Path::new(&night)).unwrap();
    let of = |search: &str| hits.iter().find(|hit| hit.search == search).unwrap();

    let law = answer(&relatives[0], &traces[0]);
    assert_eq!(reasons(&law), ["law"]);
    assert_eq!(law[0]["article"], "L40 28(2)");
    assert_eq!(reasons(&answer("C9999999", &traces[0])), ["not_held"]);

    let hit = of("cold-case/trace-convict");
    let listed = answer(&hit.gallery_id, &hit.probe_id);
    assert_eq!(reasons(&listed), ["hit"]);
    assert_eq!(listed[0]["hit_id"], hit.hit_id.as_str());

    // Two strangers among the convicts fail at many loci, and the loci are told.
    let strangers = convicts.iter().skip(1).map(|other| answer(&convicts[0], other));
    let stranger = strangers.take(3).find(|answer| answer[0]["reason"] == "rules").unwrap();
    assert!(stranger[0]["text"].as_str().unwrap().contains("loci fail"));
    assert!(stranger[0]["evidence"]["loci"].as_array().unwrap().len() > 10);

    // A body and somebody else's relative: two searches answer.
    let hit = of("missing-person/corpse-family");
    let other = corpses.iter().find(|body| {
        **body != hit.probe_id
            && !hits.iter().any(|h| h.probe_id == **body && h.family_id == hit.family_id)
            && reasons(&answer(body, &hit.gallery_id)) == ["threshold", "threshold"]
    });
    let answers = answer(other.unwrap(), &hit.gallery_id);
    assert!(answers[0]["threshold_log10"].as_f64().unwrap() >= 3.0);

    let (gallery, run) = world.night("demo/gallery", "demo/night");
    assert!(
        tanba::explain::why_not::why_not(&gallery, &[run.directory], ("a", "a"), no_file).is_err()
    );
}

#[test]
fn a_pair_below_the_threshold_has_its_score_and_every_hit_not_kept_its_reason() {
    let world = world();
    let gallery = world.at("demo/gallery");
    let kept = tempfile::tempdir().unwrap();
    let run = |name: &str, options: &[&str]| {
        let out = text(&kept.path().join(name)).to_owned();
        exits(0, &[&["run", "cold-case", "--gallery", &gallery, "--out", &out], options].concat());
        out
    };
    let night = tanba::hits::read_hits(&world.path("demo/night")).unwrap();
    let searched = |search: &'static str| night.iter().filter(move |hit| hit.search == search);
    // At a higher threshold a hit of the night is none, and its score is that of the night.
    let strict = run("strict", &["--threshold", "20"]);
    let weak = searched("cold-case/trace-convict").find(|hit| hit.score_mban < 20_000).unwrap();
    let answers = why_not([&weak.probe_id, &weak.gallery_id], &gallery, &[&strict]);
    assert_eq!(reasons(&answers), ["threshold"]);
    assert_eq!(answers[0]["score_mban"], weak.score_mban);
    // Of a probe with two hits `--top 1` keeps the better one.
    let second = searched("cold-case/trace-convict").find(|hit| hit.rank == 2).unwrap();
    let first = run("first", &["--top", "1"]);
    let answers = why_not([&second.probe_id, &second.gallery_id], &gallery, &[&first]);
    assert_eq!(reasons(&answers), ["top"]);
    // A run of one sweep has not the searches of another.
    let body = searched("missing-person/corpse-family").next().unwrap();
    let answers = why_not([&body.probe_id, &body.gallery_id], &gallery, &[&strict]);
    assert_eq!(reasons(&answers), ["no_search"]);
    // Relatives of one family that have a lower score than the one that is listed.
    let (gallery, night_run) = world.night("demo/gallery", "demo/night");
    let members = gallery.family_members().unwrap();
    let better = searched("missing-person/corpse-family").find_map(|hit| {
        let others = members.iter().filter(|member| {
            Some(&member.family_id) == hit.family_id.as_ref()
                && member.relative_record_id != hit.gallery_id
        });
        others.into_iter().find_map(|other| {
            let pair = (hit.probe_id.as_str(), other.relative_record_id.as_str());
            let runs = [night_run.directory.clone()];
            let answers = tanba::explain::why_not::why_not(&gallery, &runs, pair, no_file).unwrap();
            let is_better = |a: &tanba::explain::why_not::Answer| {
                a.reason == tanba::explain::why_not::Reason::BetterRelative
            };
            answers.into_iter().find(is_better)
        })
    });
    assert!(better.is_some_and(|answer| answer.hit_id.is_some()));
}

#[test]
fn a_record_that_took_no_part_is_named_with_the_reason() {
    let world = world();
    let (_kept, gallery) = gallery_of_its_own("demo/gallery");
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| text(&folder.path().join(name)).to_owned();
    let hits = tanba::hits::read_hits(&world.path("demo/night")).unwrap();
    let hit = hits.iter().find(|hit| hit.search == "dedup/convict").unwrap();
    let pair = [hit.probe_id.as_str(), hit.gallery_id.as_str()];
    let before = world.at("demo/night");
    exits(0, &["gallery", "block", &gallery, "--record", pair[0], "--reason", "example"]);
    // The record was in use then, and may not be looked at now.
    exits(5, &["explain", &hit.hit_id, "--gallery", &gallery, "--run", &before]);
    let blocked = out("blocked");
    exits(0, &["run", "nightly", "--gallery", &gallery, "--out", &blocked]);
    assert_eq!(reasons(&why_not(pair, &gallery, &[&blocked])), ["blocked"]);
    // Back in use, it is newer than the last night, which did not compare it; the next one does.
    exits(0, &["gallery", "unblock", &gallery, "--record", pair[0], "--reason", "example"]);
    let since = out("since");
    exits(0, &["run", "nightly", "--gallery", &gallery, "--out", &since, "--since", &blocked]);
    assert_eq!(reasons(&why_not(pair, &gallery, &[&since])), ["hit"]);
    let old = hits.iter().filter(|hit| hit.search == "dedup/convict").nth(1).unwrap();
    let pair = [old.probe_id.as_str(), old.gallery_id.as_str()];
    assert_eq!(reasons(&why_not(pair, &gallery, &[&since])), ["earlier_run"]);
    assert_eq!(reasons(&why_not(pair, &gallery, &[&since, &blocked])), ["earlier_run", "hit"]);
    // What comes later is not compared yet.
    let later = folder.path().join("later.csv");
    let rows = std::fs::read_to_string(world.path("demo/registry/traces.csv")).unwrap();
    let mut rows = rows.lines();
    let (header, first) = (rows.next().unwrap(), rows.next().unwrap());
    let id = first.split(',').next().unwrap();
    std::fs::write(&later, format!("{header}\n{}\n", first.replacen(id, "T999999", 1))).unwrap();
    exits(0, &["import", "--gallery", &gallery, "--index", "trace", text(&later)]);
    assert_eq!(reasons(&why_not(["T999999", pair[0]], &gallery, &[&since])), ["not_yet"]);
    // The audit log has the look, and no identifier.
    let log = std::fs::read_to_string(Path::new(&gallery).join("audit/log.jsonl")).unwrap();
    assert!(log.contains("\"why-not\"") && !log.contains(pair[0]));
}

#[test]
fn a_pair_of_fingerprints_is_answered_with_the_threshold_the_screen_or_its_hit() {
    let world = world();
    let (gallery, night) = (world.at("prints"), world.path("fingers-night"));
    let hits = tanba::hits::read_hits(&night).unwrap();
    let hit = hits.iter().find(|hit| hit.search == "dedup/finger-citizen").unwrap();
    let pair = [hit.probe_id.as_str(), hit.gallery_id.as_str()];
    assert_eq!(reasons(&why_not(pair, &gallery, &[text(&night)])), ["hit"]);
    let citizens = ids(&world.path("fingers/citizen.csv"));
    let stranger = citizens.iter().find(|id| {
        !pair.contains(&id.as_str())
            && !hits.iter().any(|h| h.probe_id == **id || h.gallery_id == **id)
    });
    let strangers = [stranger.unwrap().as_str(), pair[0]];
    let answers = why_not(strangers, &gallery, &[text(&night)]);
    assert_eq!(reasons(&answers), ["threshold"]);
    assert!(answers[0]["score_mban"].as_i64().unwrap() < 3000);
    // With bounds that nobody reaches the pair falls in the screen; so few records have none of their own.
    let kept = tempfile::tempdir().unwrap();
    let screened = kept.path().join("night");
    copied(&night, &screened);
    let path = screened.join("run.json");
    let mut account: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for search in account["searches"].as_array_mut().unwrap() {
        let screen = &mut search["screen"];
        for bounds in ["first_fingers", "across_fingers"] {
            screen[bounds] = serde_json::json!([1_000_000, 1_000_000]);
        }
        screen["first_across"] = 1_000_000.into();
        screen["mark"] = 1_000_000.into();
    }
    std::fs::write(&path, account.to_string()).unwrap();
    let answers = why_not(strangers, &gallery, &[text(&screened)]);
    assert_eq!(reasons(&answers), ["screen"]);
    assert!(answers[0]["text"].as_str().unwrap().contains("1000000"), "{answers:?}");
    let trace = &ids(&world.path("fingers/trace.csv"))[0];
    let answers = why_not([trace, stranger.unwrap()], &gallery, &[text(&screened)]);
    assert_eq!(reasons(&answers), ["screen"]);
}

#[test]
fn a_run_that_has_not_ended_says_how_far_it_is() {
    let world = world();
    let gallery = world.at("demo/gallery");
    let kept = tempfile::tempdir().unwrap();
    let out = text(&kept.path().join("parts")).to_owned();
    exits(0, &["run", "dedup", "--gallery", &gallery, "--out", &out, "--part", "1/2"]);
    let convicts = ids(&world.path("demo/registry/convicts.csv"));
    let pair = [convicts[0].as_str(), convicts[1].as_str()];
    let answers = why_not(pair, &gallery, &[&out]);
    assert_eq!(reasons(&answers), ["not_finished"]);
}

#[test]
fn a_run_with_tables_of_its_own_is_explained_from_its_account_alone() {
    let world = world();
    let gallery = world.at("demo/gallery");
    let kept = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&kept.path().join(name)).to_owned();
    let table = tanba::domain::builtin_frequencies::builtin("nist1036-asian").unwrap().unwrap();
    std::fs::write(at("laboratory.csv"), table.to_csv()).unwrap();
    let rules = tanba::domain::rule_set::builtin("codis-moderate").unwrap().unwrap();
    let own = rules.text.replacen("codis-moderate", "laboratory", 1);
    std::fs::write(at("laboratory.toml"), own).unwrap();
    let rates = "locus,sex,model,rate,range,rate2\n*,both,extended-stepwise,0.002,0.1,0.000001\n";
    std::fs::write(at("rates.csv"), rates).unwrap();
    let (frequencies, rules, rates) =
        (at("laboratory.csv"), at("laboratory.toml"), at("rates.csv"));
    let out = at("night");
    let run = ["run", "nightly", "--gallery", &gallery, "--out", &out, "--theta", "0.02"];
    let own = ["--frequencies", &frequencies, "--rules", &rules, "--mutation-table", &rates];
    exits(0, &[&run[..], &own[..]].concat());
    for file in [frequencies, rules, rates] {
        std::fs::remove_file(file).unwrap();
    }
    let night =
        (Gallery::open(Path::new(&gallery)).unwrap(), FinishedRun::open(Path::new(&out)).unwrap());
    let explained = all(&night);
    assert!(explained.iter().any(|e| e.search == "missing-person/corpse-family"));
    assert!(explained.iter().any(|e| e.rule.starts_with("laboratory/")));
}

#[test]
fn a_record_that_had_expired_or_lay_in_a_broken_segment_and_a_closed_family_are_told() {
    let world = world();
    let (_kept, gallery) = gallery_of_its_own("demo/gallery");
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| text(&folder.path().join(name)).to_owned();
    let hits = tanba::hits::read_hits(&world.path("demo/night")).unwrap();
    let of = |search: &str| hits.iter().find(|hit| hit.search == search).unwrap();
    let trace = of("cold-case/trace-convict");
    let pair = [trace.probe_id.as_str(), trace.gallery_id.as_str()];

    let far = out("far");
    program::tanba(&[
        "run",
        "nightly",
        "--gallery",
        &gallery,
        "--out",
        &far,
        "--as-of",
        "2300-01-01",
    ]);
    let expired = why_not(pair, &gallery, &[&far]);
    assert_eq!(reasons(&expired), ["expired"]);
    assert_eq!(expired[0]["article"], "L40 15, 29");

    // The segment of the traces is broken for one night, and whole again when the question is asked.
    let held = Gallery::open(Path::new(&gallery)).unwrap();
    let segments = &held.manifest().segments;
    let traces = segments.iter().find(|s| s.index == tanba::domain::category::Index::Trace);
    let broken = Path::new(&gallery).join(&traces.unwrap().records.path);
    let whole = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &whole[1..]).unwrap();
    let without = out("without");
    let run = ["run", "nightly", "--gallery", &gallery, "--out", &without, "--without-broken"];
    exits(0, &run);
    std::fs::write(&broken, whole).unwrap();
    assert_eq!(reasons(&why_not(pair, &gallery, &[&without])), ["set_aside"]);

    let hit = of("missing-person/corpse-family");
    let (body, relative) = (hit.probe_id.as_str(), hit.gallery_id.as_str());
    let lines = std::fs::read_to_string(world.path("demo/registry/families.csv")).unwrap();
    let line = lines.lines().find(|line| line.contains(relative)).unwrap();
    for (name, line, says) in [
        ("closed", line.replace("true,true", "true,false"), "L40 29(3)"),
        ("no-consent", line.replace("true,true", "false,true"), "L40 18(2)"),
    ] {
        let table = folder.path().join(format!("{name}.csv"));
        let header = lines.lines().next().unwrap();
        std::fs::write(&table, format!("{header}\n{line}\n")).unwrap();
        exits(0, &["import", "--gallery", &gallery, "--index", "relative", text(&table)]);
        let night = out(name);
        exits(0, &["run", "nightly", "--gallery", &gallery, "--out", &night]);
        let answers = why_not([body, relative], &gallery, &[&night]);
        assert_eq!(reasons(&answers), ["family", "family"]);
        assert!(answers.iter().all(|a| a["text"].as_str().unwrap().contains(says)), "{answers:?}");
    }
}

#[test]
fn a_run_takes_a_calibration_table_of_its_own_and_its_account_keeps_it() {
    let world = world();
    let gallery = world.at("prints");
    let kept = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&kept.path().join(name)).to_owned();
    let mut table = tanba::domain::calibration::BUILTIN;
    // A registry whose impressions are alike half as often again as those of the built-in table.
    for curve in [&mut table.upright, &mut table.any] {
        curve.scores_mban.iter_mut().for_each(|score| *score = *score * 2 / 3);
    }
    std::fs::write(at("registry.bin"), table.to_bytes()).unwrap();
    let run = |out: &str, options: &[&str]| {
        let args = ["run", "dedup", "--gallery", &gallery, "--out", out, "--threshold", "3"];
        exits(0, &[&args[..], options].concat())
    };
    let (own, builtin) = (at("own"), at("builtin"));
    let file = at("registry.bin");
    run(&own, &["--calibration", &file]);
    run(&builtin, &[]);
    std::fs::remove_file(&file).unwrap();
    let night = |out: &str| {
        let gallery = Gallery::open(Path::new(&gallery)).unwrap();
        (gallery, FinishedRun::open(Path::new(out)).unwrap())
    };
    let (own_night, builtin_night) = (night(&own), night(&builtin));
    assert_ne!(own_night.1.report.run_id, builtin_night.1.report.run_id);
    assert_eq!(own_night.1.report.parameters["calibration"], table.blake3());
    assert!(builtin_night.1.report.parameters.get("calibration").is_none());
    let score = |night: &FinishedRun, id: &str| {
        let hits = night.hits().unwrap();
        hits.iter().find(|hit| hit.probe_id == id).map(|hit| hit.score_mban)
    };
    let explained = all(&own_night);
    assert!(!explained.is_empty());
    for explanation in &explained {
        let probe = &explanation.probe.record_id;
        let before = score(&builtin_night.1, probe).unwrap();
        assert!(explanation.score_mban < before, "{probe}: {before}");
    }
    let since = at("since");
    let same = ["run", "dedup", "--gallery", &gallery, "--out", &since, "--since", &builtin];
    let same = [&same[..], &["--threshold", "3"]].concat();
    let same = String::from_utf8(program::tanba(&same).stderr).unwrap();
    assert!(!same.contains("changed since"), "{same}");
    std::fs::write(&file, table.to_bytes()).unwrap();
    let changed = program::tanba(&[
        "run",
        "dedup",
        "--gallery",
        &gallery,
        "--out",
        &at("changed"),
        "--since",
        &builtin,
        "--calibration",
        &file,
    ]);
    let said = String::from_utf8(changed.stderr).unwrap();
    assert!(said.contains("parameter calibration"), "{said}");
    std::fs::write(&file, &table.to_bytes()[8..]).unwrap();
    let refused = program::tanba(&["plan", "dedup", "--gallery", &gallery, "--calibration", &file]);
    assert_eq!(refused.status.code(), Some(3));
}

#[test]
fn a_hit_of_a_probe_from_a_file_is_explained_from_the_file() {
    let world = world();
    let kept = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&kept.path().join(name)).to_owned();
    // A stain under a number of its own, which the gallery does not hold.
    let night = tanba::hits::read_hits(&world.path("demo/night")).unwrap();
    let known = night.iter().find(|hit| hit.search == "cold-case/trace-convict").unwrap();
    let table = std::fs::read_to_string(world.path("demo/registry/traces.csv")).unwrap();
    let row = table.lines().find(|row| row.starts_with(&known.probe_id)).unwrap();
    let stain = at("stain.csv");
    let row = row.replacen(&known.probe_id, "X-1", 1);
    std::fs::write(&stain, format!("{}\n{row}\n", table.lines().next().unwrap())).unwrap();
    let (gallery, out) = (world.at("demo/gallery"), at("search"));
    let search = ["search", &stain, "--probe-index", "trace", "--gallery", &gallery, "--out", &out];
    exits(0, &search);
    let hits = tanba::hits::read_hits(Path::new(&out)).unwrap();
    let hit = hits.iter().find(|hit| hit.gallery_id == known.gallery_id).unwrap();
    let explain = ["explain", &hit.hit_id, "--gallery", &gallery, "--run", &out];
    let said = exits(2, &explain);
    assert!(said.contains("--probe FILE"), "{said}");
    let said = exits(0, &[&explain[..], &["--probe", &stain]].concat());
    assert!(said.contains("X-1"), "{said}");
    let other = ids(&world.path("demo/registry/convicts.csv"));
    let other = other.iter().find(|id| !hits.iter().any(|hit| hit.gallery_id == **id)).unwrap();
    let question = ["why-not", "X-1", other, "--gallery", &gallery, "--run", &out];
    exits(0, &[&question[..], &["--probe", &stain]].concat());
    // A night searched no file; a relative is no stain.
    let night = world.at("demo/night");
    let of_night = ["explain", &known.hit_id, "--gallery", &gallery, "--run", &night];
    exits(2, &[&of_night[..], &["--probe", &stain]].concat());
    let relatives = world.at("demo/registry/relatives.csv");
    exits(5, &[&question[..], &["--probe", &relatives]].concat());

    let list = std::fs::read_to_string(world.path("fingers/trace.csv")).unwrap();
    let hits = tanba::hits::read_hits(&world.path("fingers-night")).unwrap();
    let known = hits.iter().find(|h| h.search.starts_with("cold-case/finger-trace-c")).unwrap();
    let row = list.lines().find(|row| row.starts_with(&known.probe_id)).unwrap();
    let mark = world.path("fingers").join(row.split(',').nth(1).unwrap());
    let copy = at("mark.iso");
    std::fs::copy(mark, &copy).unwrap();
    let (gallery, out) = (world.at("prints"), at("mark"));
    let search =
        ["search", &copy, "--probe-register", "trace", "--gallery", &gallery, "--out", &out];
    exits(0, &[&search[..], &["--threshold", "0"]].concat());
    for hit in tanba::hits::read_hits(Path::new(&out)).unwrap().iter().take(3) {
        let explain = ["explain", &hit.hit_id, "--gallery", &gallery, "--run", &out];
        exits(0, &[&explain[..], &["--probe", &copy]].concat());
    }
}
