//! The page of `tanba report`: its numbers against the files of the run, what becomes of it, and how it opens.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

#[path = "common/program.rs"]
mod program;
#[path = "common/python.rs"]
mod python;

use program::{exits, tanba, text};
use python::python;

/// Two nights over a synthetic registry: the second knows the relatives too, after an import that was refused and one
/// decision.
struct World {
    folder: PathBuf,
}

impl World {
    fn get() -> &'static World {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(World::new)
    }

    fn new() -> World {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let world = World { folder };
        let path = |name: &str| world.text(name);
        exits(0, &["synth", "--out", &path("registry"), "--persons", "2000", "--seed", "3"]);
        for (index, files) in [
            ("convict", &["convicts.csv"][..]),
            ("trace", &["traces.csv"]),
            ("corpse", &["corpses.csv", "corpses_mt.csv"]),
        ] {
            world.import(index, files);
        }
        world.run("night-1", &["--threshold=-1"]);
        world.import("relative", &["relatives.csv", "families.csv", "relatives_mt.csv"]);
        fs::write(world.folder.join("bad.csv"), "record_id,TH01_1\nX1,many\nX2,9,3\n").unwrap();
        exits(3, &["import", "--gallery", &path("gallery"), "--index", "trace", &path("bad.csv")]);
        // Many chance hits, so that every table has rows.
        world.run("night-2", &["--threshold=-1"]);
        let hits = tanba::hits::read_hits(&world.folder.join("night-2")).unwrap();
        let decide = ["adjudicate", "decide", &hits[0].hit_id, "--gallery", &path("gallery")];
        let said = ["--run", &path("night-2"), "--verdict", "exclusion", "--examiner", "E1"];
        exits(0, &[&decide[..], &said, &["--reason", "read"]].concat());
        exits(0, &[&["report"][..], &world.named()].concat());
        world
    }

    fn text(&self, name: &str) -> String {
        text(&self.folder.join(name)).to_owned()
    }

    fn import(&self, index: &str, files: &[&str]) {
        let files: Vec<String> =
            files.iter().map(|f| self.text(&format!("registry/{f}"))).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let gallery = self.text("gallery");
        exits(0, &[&["import", "--gallery", &gallery, "--index", index], &files[..]].concat());
    }

    fn run(&self, out: &str, more: &[&str]) {
        let (gallery, out) = (self.text("gallery"), self.text(out));
        exits(0, &[&["run", "nightly", "--gallery", &gallery, "--out", &out], more].concat());
    }

    /// A report with everything that can be named.
    fn named(&self) -> Vec<&'static str> {
        let leak = |name: &str| -> &'static str { self.text(name).leak() };
        vec![
            leak("night-2"),
            "--gallery",
            leak("gallery"),
            "--previous",
            leak("night-1"),
            "--truth",
            leak("registry"),
        ]
    }

    fn page(&self) -> String {
        fs::read_to_string(self.folder.join("night-2/report.html")).unwrap()
    }
}

/// Asks every query of the page of `run` and compares every number.
fn asked(python: &Path, run: &str, previous: &str, gallery: &str) -> Value {
    asked_of(python, &format!("{run}/report.html"), [run, previous, gallery])
}

/// The same of a page that lies elsewhere.
fn asked_of(python: &Path, page: &str, [run, previous, gallery]: [&str; 3]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/ask.py");
    let output = Command::new(python).arg(script).args([page, run, previous, gallery]).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(result["wrong"], 0, "{said}");
    result
}

#[test]
fn every_number_of_a_page_of_fingerprints_is_what_its_query_gives() {
    let test = "every_number_of_a_page_of_fingerprints_is_what_its_query_gives";
    let Some(python) = python(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name)).to_owned();
    let (fingers, gallery, night) = (path("fingers"), path("gallery"), path("night"));
    let synth = ["synth", "finger", "--out", &fingers, "--persons", "20", "--traces", "4"];
    exits(0, &[&synth[..], &["--double-registrations", "3"]].concat());
    for register in ["citizen", "trace"] {
        let list = format!("{fingers}/{register}.csv");
        exits(0, &["import", "--gallery", &gallery, "--register", register, "--owner", "o", &list]);
    }
    exits(0, &["run", "nightly", "--gallery", &gallery, "--out", &night]);
    exits(0, &["report", &night, "--gallery", &gallery, "--truth", &fingers]);
    let result = asked(&python, &night, &night, &gallery);
    assert!(result["queries"].to_string().contains("finger_stages"), "{result}");
    let page = fs::read_to_string(Path::new(&night).join("report.html")).unwrap();
    assert!(page.contains("What these scores are made of") && !page.contains("Not drawn"));
}

#[test]
fn every_number_of_the_page_is_what_its_query_gives() {
    let Some(python) = python("every_number_of_the_page_is_what_its_query_gives") else { return };
    let world = World::get();
    let [run, previous, gallery] = ["night-2", "night-1", "gallery"].map(|name| world.text(name));
    let result = asked(&python, &run, &previous, &gallery);
    assert!(result["compared"].as_u64().unwrap() > 1000, "{result}");
    let asked: Vec<&str> =
        result["queries"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for query in ["bands", "clusters", "histogram", "lineage", "new", "rejected", "strongest"] {
        assert!(asked.contains(&query), "{query} is not asked: {asked:?}");
    }
}

/// The page of the second night in a language, beside the one of the run.
fn page_in(language: &str) -> String {
    let world = World::get();
    let out = world.text(&format!("night-2.{language}.html"));
    let args = [&["--lang", language, "report"][..], &world.named(), &["--output", &out]].concat();
    exits(0, &args);
    out
}

#[test]
fn a_page_in_kazakh_or_russian_has_the_same_numbers_and_no_english_words() {
    let world = World::get();
    for (language, heading) in [("kk", "Ең күшті сәйкестіктер"), ("ru", "Самые сильные совпадения")]
    {
        let path = page_in(language);
        let page = fs::read_to_string(&path).unwrap();
        assert!(page.contains(&format!("<html lang=\"{language}\">")));
        assert!(page.to_lowercase().contains(&heading.to_lowercase()), "{language}");
        let english = world.page();
        // What says where a number comes from, and the numbers, in the order of the page.
        let values = |page: &str| -> Vec<String> {
            let named =
                ["data-value=\"", "data-answer=\"", "data-cell=\"", "data-run=\"", "data-query=\""];
            let mut found: Vec<(usize, String)> = Vec::new();
            for name in named {
                for (place, _) in page.match_indices(name) {
                    let value = page[place + name.len()..].split('"').next().unwrap();
                    found.push((place, format!("{name}{value}")));
                }
            }
            found.sort();
            found.into_iter().map(|(_, value)| value).collect()
        };
        assert_eq!(values(&page), values(&english), "{language}");
        // No name of a message, and no English heading.
        let headings = english.match_indices("<h2 id=").map(|(place, _)| {
            let rest = &english[place..];
            rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
        });
        for text in headings.chain(["report-check-".into(), "report-caption-".into()]) {
            assert!(!page.contains(&text), "{language}: {text}");
        }
        let Some(python) = python("a page in another language") else { continue };
        let [run, previous, gallery] = ["night-2", "night-1", "gallery"].map(|n| world.text(n));
        asked_of(&python, &path, [&run, &previous, &gallery]);
    }
}

#[test]
fn the_facts_of_a_report_are_the_same_in_every_language_but_for_what_is_drawn() {
    fn without_drawings(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("svg");
                map.values_mut().for_each(without_drawings);
            }
            Value::Array(list) => list.iter_mut().for_each(without_drawings),
            _ => {}
        }
    }
    let world = World::get();
    let facts = |language: &str| -> Value {
        let page = world.text("facts.html");
        let out = ["--output", page.as_str()];
        let args = [&["--lang", language, "--json", "report"][..], &world.named(), &out].concat();
        let mut facts: Value = serde_json::from_slice(&tanba(&args).stdout).unwrap();
        without_drawings(&mut facts);
        facts["facts"].take()
    };
    let english = facts("en");
    assert_eq!(english["night"]["answer"]["caption"], "The whole run");
    assert_eq!(facts("kk"), english);
    assert_eq!(facts("ru"), english);
}

#[test]
fn the_browser_is_told_the_hash_of_the_one_style_sheet_and_no_element_has_a_style() {
    let page = World::get().page();
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
    assert!(page.contains(&format!("style-src 'sha256-{hash}'")), "{}", &page[..600]);
    assert!(!page.contains("unsafe-inline") && !page.contains(" style=\""));
    assert_eq!(page.matches("<style").count(), 1);
}

#[test]
fn the_accuracy_of_a_report_is_that_of_evaluate() {
    let world = World::get();
    let json = |args: &[&str]| -> Value {
        let output = tanba(args);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let page = world.text("elsewhere.html");
    let args = [&["--json", "report"][..], &world.named(), &["--output", &page]].concat();
    let facts = json(&args)["facts"].take();
    let (run, truth) = (world.text("night-2"), world.text("registry"));
    let evaluation = json(&["--json", "evaluate", "--run", &run, "--truth", &truth]);
    let rows = facts["accuracy"]["answer"]["rows"].as_array().unwrap();
    let searches = evaluation["searches"].as_array().unwrap();
    assert_eq!(rows.len(), searches.len());
    let mut chance = 0;
    for (row, search) in rows.iter().zip(searches) {
        let of = |key: &str| search[key].clone();
        assert_eq!([&row[0], &row[1], &row[2]], [&of("search"), &of("mated"), &of("found")]);
        assert_eq!([&row[6], &row[8]], [&of("hits_chance"), &of("hits_unlawful")]);
        chance += search["hits_chance"].as_u64().unwrap();
        // The threshold of the run is the last operating point: it finds everything that was found.
        let last = search["operating_points"].as_array().unwrap().last().cloned();
        if let Some(last) = last {
            assert_eq!([&last["found"], &last["chance"]], [&of("found"), &of("hits_chance")]);
        }
    }
    let bands = facts["calibration"]["answer"]["rows"].as_array().unwrap();
    let found: u64 = bands.iter().map(|band| band[2].as_u64().unwrap()).sum();
    assert!(chance > 10, "{chance} chance hits say little");
    assert_eq!(found, chance);
}

#[test]
fn a_page_has_no_script_loads_nothing_and_escapes_what_it_is_told() {
    let world = World::get();
    let page = world.page();
    assert!(!page.contains("<script") && !page.contains("src=\"http") && !page.contains("@import"));
    assert!(page.contains("default-src 'none'"));
    // A case may be called anything.
    let case = "<script>alert(\"1\")</script>&";
    let (gallery, out) = (world.text("gallery"), world.text("search-of-markup"));
    let file = world.text("registry/traces.csv");
    let search = ["search", &file, "--probe-index", "trace", "--gallery", &gallery, "--out", &out];
    exits(0, &[&search[..], &["--case", case]].concat());
    exits(0, &["report", &out]);
    let page = fs::read_to_string(Path::new(&out).join("report.html")).unwrap();
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;alert("));
    assert!(page.contains("bound to a case"));
}

#[test]
fn a_report_goes_with_the_result_of_its_case_and_with_the_run_it_was_made_of() {
    let world = World::get();
    let (gallery, out) = (world.text("gallery"), world.text("search-of-case"));
    let file = world.text("registry/traces.csv");
    let search = ["search", &file, "--probe-index", "trace", "--gallery", &gallery, "--out", &out];
    let search = [&search[..], &["--case", "K-7"]].concat();
    exits(0, &search);
    exits(0, &["report", &out, "--gallery", &gallery]);
    let page = Path::new(&out).join("report.html");
    assert!(page.exists());
    // Replacing the run takes the page of the old one away.
    exits(0, &[&search[..], &["--overwrite"]].concat());
    assert!(!page.exists());
    exits(0, &["report", &out, "--gallery", &gallery]);
    let shown = exits(0, &["audit", "show", &gallery, "--verb", "report"]);
    assert!(shown.contains("K-7"), "{shown}");
    exits(0, &["hits", "expunge", "--case", "K-7", "--gallery", &gallery, "--runs", &out]);
    assert!(!Path::new(&out).exists());
}

#[test]
fn hits_taken_out_of_a_run_take_its_page_away() {
    let world = World::get();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("night");
    fs::create_dir(&out).unwrap();
    for entry in fs::read_dir(world.folder.join("night-2")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, out.join(path.file_name().unwrap())).unwrap();
    }
    // A page that does not name the record is still one of a list that is no more.
    fs::write(out.join("report.html"), "<p>a picture</p>").unwrap();
    let hits = tanba::hits::read_hits(&out).unwrap();
    let gone = hits[0].probe_id.clone();
    let condemned = tanba::gallery::purge::Condemned {
        words: tanba::gallery::words::Words::new([gone.clone()]).unwrap(),
        records: [gone].into(),
    };
    tanba::hits::removal::remove_records(&out, &condemned).unwrap();
    assert!(!out.join("report.html").exists() && out.join("hits.parquet").exists());
}

#[test]
fn a_report_of_encrypted_hits_needs_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name)).to_owned();
    let (keys, gallery, out) = (path("registry.keys"), path("gallery"), path("secret"));
    let file = World::get().text("registry/traces.csv");
    exits(0, &["keys", "new", &keys]);
    let with_keys = |code: i32, args: &[&str]| exits(code, &[&["--keys", &keys], args].concat());
    with_keys(0, &["import", "--gallery", &gallery, "--index", "trace", &file]);
    with_keys(0, &["run", "cold-case", "--gallery", &gallery, "--out", &out]);
    let said = with_keys(2, &["report", &out]);
    assert!(said.contains("--output") && !Path::new(&out).join("report.html").exists(), "{said}");
    with_keys(0, &["report", &out, "--output", &path("page.html")]);
}

/// `scripts/browser-check`, or `None` after saying what was skipped.
fn browser() -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/browser-check");
    let is_there = Command::new(&script).arg("--installed").status().is_ok_and(|s| s.success());
    let is_required = std::env::var("TANBA_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
    assert!(is_there || !is_required, "the browser of scripts/browser-check --install is absent");
    if !is_there {
        println!("SKIPPED (no browser; scripts/test installs it): the page in a browser");
    }
    is_there.then_some(script)
}

#[test]
fn the_page_opens_narrow_and_wide_light_and_dark_prints_and_is_accessible() {
    let Some(script) = browser() else { return };
    let pages = [World::get().text("night-2/report.html"), page_in("kk"), page_in("ru")];
    for page in pages {
        let output = Command::new(&script).arg(page).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let result: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(result["problems"], serde_json::json!([]), "{said}");
        assert!(result["pages"].as_u64().unwrap() > 0, "{said}");
        assert_eq!(result["axe"].as_object().unwrap().len(), 8, "{said}");
    }
}
