//! Running it: configuration, the lock and who waits for it, log and metrics, pages and completions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tanba::hits::output::read_report;

use super::resume::{signal, until_it_works};
use super::{own_gallery, world};
use crate::program::{exits, tanba, text};

const SMALL: [&str; 6] = ["--tile-probes", "10", "--tile-rows", "60", "--threads", "1"];

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
    command.args(args);
    command
}

/// A run of many tiles by one thread.
fn long_run(gallery: &Path, out: &Path, more: &[&str]) -> Child {
    let run = ["run", "nightly", "--gallery", text(gallery), "--out", text(out), "--device", "cpu"];
    let mut command = program(&[&run[..], &SMALL, more].concat());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn both(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn a_file_gives_what_the_command_line_leaves_out_and_a_run_that_goes_on_asks_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let config = folder.path().join("tanba.toml");
    let content = |expected: &str| {
        let gallery = text(gallery);
        let text = format!("[run]\ngallery = '{gallery}'\nexpect-false = {expected}\ntop = 2\n");
        fs::write(&config, text).unwrap();
    };
    content("0.01");
    let unbroken = folder.path().join("unbroken");
    exits(0, &["run", "nightly", "--config", text(&config), "--out", text(&unbroken)]);
    let report = read_report(&unbroken).unwrap();
    assert_eq!((report.parameters["top"].as_u64(), report.threads > 0), (Some(2), true));
    assert_eq!(report.parameters["threshold"]["value"].as_f64(), Some(0.01));
    let out = folder.path().join("interrupted");
    let run = ["run", "nightly", "--out", text(&out), "--device", "cpu"];
    let mut command = program(&[&run[..], &SMALL].concat());
    command.env("TANBA_CONFIG", &config).env("TANBA_RUN_MIN_FREQUENCY", "5/2N");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(until_it_works(&mut child, &out, 1));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    // Another file now, and another environment: the run goes on as it began.
    content("1000");
    let mut command = program(&["resume", "--out", text(&out)]);
    command.env("TANBA_CONFIG", &config).env("TANBA_RUN_MIN_FREQUENCY", "unseen");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", both(&output));
    let hits = |out: &Path| fs::read(out.join("hits.parquet")).unwrap();
    assert!(hits(&out) == hits(&unbroken));
    assert_eq!(read_report(&out).unwrap().parameters, report.parameters);
    // The log of who did what tells the whole command line.
    let audit = exits(0, &["--json", "audit", "show", text(gallery), "--verb", "run"]);
    assert!(audit.contains("--expect-false=0.01"), "{audit}");
}

#[test]
fn a_plan_shows_every_value_with_its_source_and_a_wrong_key_is_refused_by_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tanba.toml");
    fs::write(&config, "[run]\ngallery = 'g'\nthreshold = 6.5\nmetrics = 'm.prom'\n").unwrap();
    let mut command =
        program(&["plan", "nightly", "--show-config", "--json", "--top", "3", "--fpir", "0.1"]);
    let output =
        command.env("TANBA_CONFIG", &config).env("TANBA_RUN_THREADS", "2").output().unwrap();
    assert!(output.status.success(), "{}", both(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let setting = |flag: &str| {
        let settings = document["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["flag"] == flag).unwrap().clone()
    };
    assert_eq!(setting("top")["source"], "command_line");
    assert_eq!(setting("threads")["source"], "environment");
    assert_eq!(setting("threads")["variable"], "TANBA_RUN_THREADS");
    let gallery = setting("gallery");
    assert_eq!((&gallery["source"], &gallery["line"]), (&"file".into(), &2.into()));
    assert_eq!(setting("metrics")["values"][0], "m.prom");
    assert_eq!(setting("theta")["source"], "default");
    assert_eq!(setting("threshold")["source"], "default");
    let note = setting("threshold")["passed_over"][0].as_str().unwrap().to_owned();
    assert!(note.contains("tanba.toml:3: --fpir takes its place"), "{note}");
    let shown = exits(0, &["plan", "nightly", "--show-config", "--config", text(&config)]);
    assert!(shown.contains("tanba.toml:3") && shown.contains("default"), "{shown}");
    fs::write(&config, "[run]\n\ntreshold = 6.5\n").unwrap();
    let refused = exits(3, &["--config", text(&config), "rules", "list"]);
    for words in ["tanba.toml:3: a key is a long flag of `tanba run`", "did you mean threshold?"] {
        assert!(refused.contains(words), "{refused}");
    }
    fs::write(&config, "[run]\ngallery = 'g'\nthreshold = 'high'\n").unwrap();
    let run = ["run", "dedup", "--out", "o", "--config", text(&config)];
    let refused = exits(3, &run);
    assert!(refused.contains("tanba.toml:3: invalid value 'high'"), "{refused}");
    assert!(exits(2, &["rules", "list", "--config", "no-such-file"]).contains("does not exist"));
    let help = exits(0, &["--config", "no-such-file", "run", "--help"]);
    assert!(help.contains("--threshold"));
}

#[test]
fn whoever_finds_the_folder_held_is_told_by_whom_and_waits_if_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = &world().gallery;
    let out = folder.path().join("out");
    let mut first = long_run(gallery, &out, &[]);
    assert!(until_it_works(&mut first, &out, 1));
    // Stopped, not ended: it holds the folder as long as the test wants.
    signal(&first, "STOP");
    let holder = format!("process {} on ", first.id());
    let run = ["run", "dedup", "--gallery", text(gallery), "--out", text(&out), "--overwrite"];
    let refused = exits(2, &run);
    assert!(refused.contains("another run is writing") && refused.contains(&holder), "{refused}");
    let status = exits(0, &["status", "--out", text(&out)]);
    assert!(status.contains("running since") && status.contains(&holder), "{status}");
    let given_up = exits(4, &[&run[..], &["--wait", "1"]].concat());
    assert!(given_up.contains("is still writing") && given_up.contains(&holder), "{given_up}");
    let mut second = program(&[&run[..], &["--wait", "30m"]].concat());
    let mut second = second.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("waiting for another run") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended without waiting");
    }
    assert!(line.contains(&holder), "{line}");
    signal(&first, "CONT");
    assert!(first.wait().unwrap().success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(second.wait().unwrap().success(), "{rest}");
    assert_eq!(read_report(&out).unwrap().searches.len(), 1, "the second replaced the first");
}

#[test]
fn a_log_of_json_lines_tells_of_the_run_and_of_no_record_person_or_key() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    let traces = fs::read_to_string(world().registry.join("traces.csv")).unwrap();
    let mut lines = traces.lines();
    let (header, row) = (lines.next().unwrap(), lines.next().unwrap());
    let (_, rest) = row.split_once(',').unwrap();
    let late = folder.path().join("late.csv");
    fs::write(&late, format!("{header}\nSENTINEL-9,{rest}\n")).unwrap();
    let key = folder.path().join("audit.key");
    exits(0, &["audit", "keygen", text(&key)]);
    let secret = fs::read_to_string(&key).unwrap();
    let logged = |args: &[&str], code: i32| -> (String, Vec<Value>) {
        let format = ["--log-format", "json", "--audit-key", text(&key)];
        let mut command = program(&[args, &format].concat());
        let output = command.env("TANBA_LOG", "trace").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        let lines = said.lines().filter(|line| line.starts_with('{'));
        let lines = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        (said, lines)
    };
    let import = ["import", "--gallery", text(&gallery), "--index", "trace", text(&late)];
    let (_, lines) = logged(&import, 0);
    let committed: Vec<_> =
        lines.iter().filter(|line| line["message"] == "generation committed").collect();
    assert_eq!(committed.len(), 1);
    let out = folder.path().join("out");
    let run = ["run", "cold-case", "--gallery", text(&gallery), "--out", text(&out)];
    let (said, lines) = logged(&run, 0);
    let hits = tanba::hits::read_hits(&out).unwrap();
    let of_sentinel =
        hits.iter().filter(|h| h.probe_id == "SENTINEL-9" || h.gallery_id == "SENTINEL-9");
    assert!(of_sentinel.count() > 0, "the record takes part, so a log could have named it");
    let persons = hits.iter().flat_map(|hit| hit.gallery_person.clone());
    let ids = hits.iter().flat_map(|hit| [hit.probe_id.clone(), hit.gallery_id.clone()]);
    for word in ids.chain(persons).chain([secret.trim().to_owned()]) {
        assert!(!said.contains(&word), "the log names {word}");
    }
    let messages: BTreeSet<&str> =
        lines.iter().filter_map(|line| line["message"].as_str()).collect();
    for message in ["run begins", "search begins", "tile done", "search ends", "run ends"] {
        assert!(messages.contains(message), "{message} is not among {messages:?}");
    }
    let run_id = read_report(&out).unwrap().run_id;
    let begun = lines.iter().find(|line| line["message"] == "run begins").unwrap();
    assert_eq!((&begun["run_id"], &begun["level"]), (&run_id.as_str().into(), &"INFO".into()));
    // A second run is refused; its kind is in the log, its message beside it.
    let (said, lines) = logged(&run, 2);
    let failed = lines.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!((&failed["kind"], &failed["exit_code"]), (&"usage".into(), &2.into()));
    assert!(said.contains("already holds a finished run"), "{said}");
    let output = program(&["rules", "list"]).env("TANBA_LOG", "tanba=loud").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", both(&output));
}

/// Samples of a file in the text format of Prometheus, by name with labels, after strict checks of the format.
fn samples(path: &Path) -> BTreeMap<String, f64> {
    let content = fs::read_to_string(path).unwrap();
    assert!(content.ends_with('\n'));
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let (mut helped, mut typed, mut samples) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    let mut last = String::new();
    for line in content.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && help.ends_with('.'), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name) && matches!(kind, "gauge" | "counter"), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(typed.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
            last = name.to_owned();
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = match series.split_once('{') {
                Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
                None => (series, ""),
            };
            assert!(is_name(name) && name.starts_with("tanba_"), "{line}");
            assert_eq!(name, last, "the samples of a name follow its type");
            let mut sorted = BTreeSet::new();
            for label in labels.split_inclusive("\",").filter(|label| !label.is_empty()) {
                let label = label.strip_suffix(',').unwrap_or(label);
                let (key, value) = label.split_once("=\"").unwrap();
                let value = value.strip_suffix('"').unwrap();
                assert!(is_name(key) && !value.contains('"'), "{line}");
                assert!(sorted.insert(label), "{line}");
            }
            let labels = sorted.into_iter().collect::<Vec<_>>().join(",");
            let series = format!("{name}{{{labels}}}");
            let value: f64 = value.parse().unwrap();
            assert!(samples.insert(series, value).is_none(), "{line} stands twice");
        }
    }
    samples
}

/// A figure of a search of a night.
fn series(name: &str, search: &str) -> String {
    format!("tanba_run_{name}{{preset=\"nightly\",search=\"{search}\"}}")
}

/// A figure of a night.
fn plain(name: &str) -> String {
    format!("tanba_run_{name}{{preset=\"nightly\"}}")
}

#[test]
fn the_metrics_of_a_run_are_its_account_and_tell_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = own_gallery(folder.path());
    exits(0, &["gallery", "block", text(&gallery), "--record", "C0000001", "--reason", "review"]);
    let (out, file) = (folder.path().join("out"), folder.path().join("tanba.prom"));
    let run = ["run", "nightly", "--gallery", text(&gallery), "--out", text(&out)];
    let run = [&run[..], &["--device", "cpu", "--metrics", text(&file)]].concat();
    exits(0, &run);
    let (found, report) = (samples(&file), read_report(&out).unwrap());
    for search in &report.searches {
        let of = |name: &str| found[&series(name, &search.search)];
        assert_eq!(of("comparisons_total"), search.comparisons as f64);
        assert_eq!(of("survivors_total"), search.survivors as f64);
        assert_eq!(of("hits"), search.hits as f64);
        assert_eq!(
            (of("tiles"), of("tiles_done_total")),
            (search.tiles as f64, search.tiles as f64)
        );
    }
    let blocked = series("records_left_out", "dedup/convict");
    let blocked = blocked.replace("search=", "reason=\"blocked\",search=");
    assert_eq!(found[&blocked], 1.0);
    assert_eq!(found[&plain("gallery_generation")], report.gallery_generation as f64);
    assert_eq!(found[&plain("exit_code")], 0.0);
    let times = ["start", "end"].map(|end| found[&plain(&format!("{end}_timestamp_seconds"))]);
    assert!(times[0] > 1.7e9 && times[1] >= times[0] && found[&plain("duration_seconds")] > 0.0);
    let info = format!("run_id=\"{}\"", report.run_id);
    assert!(
        found.keys().any(|series| series.starts_with("tanba_run_info{") && series.contains(&info))
    );
    let by_devices: f64 = found
        .iter()
        .filter(|(series, _)| series.starts_with("tanba_run_device_comparisons_total{"))
        .map(|(_, value)| value)
        .sum();
    assert_eq!(by_devices, report.searches.iter().map(|s| s.comparisons).sum::<u64>() as f64);
    exits(2, &run);
    assert_eq!(samples(&file)[&plain("exit_code")], 2.0, "a refusal is told as well");
    let left = fs::read_dir(folder.path()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| !name.ends_with(".staged")));
    // Another user reads the file.
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o644);
    let nowhere = folder.path().join("no/such/folder.prom");
    exits(4, &["run", "dedup", "--gallery", "g", "--out", "o", "--metrics", text(&nowhere)]);
}

#[test]
fn the_metrics_of_a_run_that_goes_on_are_written_where_it_began_to() {
    let folder = tempfile::tempdir().unwrap();
    let (out, file) = (folder.path().join("out"), folder.path().join("tanba.prom"));
    let mut child = long_run(&world().gallery, &out, &["--metrics", text(&file)]);
    assert!(until_it_works(&mut child, &out, 1));
    let working = samples(&file);
    assert!(!working.contains_key(&plain("exit_code")), "it works still");
    signal(&child, "KILL");
    child.wait().unwrap();
    exits(0, &["resume", "--out", text(&out)]);
    assert_eq!(samples(&file)[&plain("exit_code")], 0.0);
    let report = read_report(&out).unwrap();
    let name = series("comparisons_total", "dedup/convict");
    assert_eq!(samples(&file)[&name], report.searches[0].comparisons as f64);
}

#[test]
fn every_verb_has_a_manual_page_and_every_shell_its_completions() {
    let folder = tempfile::tempdir().unwrap();
    exits(0, &["man", "--out", text(folder.path())]);
    let help = exits(0, &["--help"]);
    let verbs = help.split_once("\nCommands:\n").unwrap().1.lines();
    let verbs = verbs.take_while(|line| !line.is_empty());
    let verbs = verbs.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let mut pages = 0;
    for verb in verbs.filter(|verb| *verb != "help") {
        let page = fs::read_to_string(folder.path().join(format!("tanba-{verb}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH OPTIONS"), "{verb}");
        pages += 1;
    }
    assert!(pages >= 18, "{pages} verbs were found");
    for page in ["tanba.1", "tanba-gallery-info.1", "tanba-score-mixture.1"] {
        assert!(folder.path().join(page).exists(), "{page}");
    }
    assert!(exits(0, &["man"]).contains(".TH tanba"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = tanba(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("expect-false"), "{shell}");
    }
}
