//! `tanba import --check` as a person runs it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::own_samples;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
    command.args(["--json", "import", "--check"]).args(arguments).current_dir(folder);
    command.output().unwrap()
}

fn documents(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sample(name: &str) -> String {
    let path = own_samples().into_iter().find(|path| path.ends_with(name)).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_check_names_format_conventions_and_templates_and_draws_beside_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[&sample("iso-2005.fmr"), &sample("itl-legacy-image.an2")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let documents = documents(&output);
    assert_eq!(documents[0]["format"], "ISO/IEC 19794-2:2005");
    assert_eq!(documents[0]["templates"][1]["position"], "left-index");
    let template = &documents[0]["templates"][0];
    let counts = ["endings", "bifurcations", "others"].map(|kind| template[kind].as_u64().unwrap());
    assert_eq!(counts.iter().sum::<u64>(), 24);
    assert_eq!(documents[0]["svg"], "iso-2005.fmr.svg");
    assert_eq!(documents[1]["transaction"], "T-0001");
    assert_eq!(documents[1]["images"][0]["record_type"], 14);
    for name in ["iso-2005.fmr.svg", "itl-legacy-image.an2.svg"] {
        let svg = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(svg.starts_with("<svg"), "{name}");
    }
}

#[test]
fn a_check_goes_on_after_a_refused_file_and_ends_with_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(sample("iso-2005.fmr")).unwrap();
    std::fs::write(folder.path().join("cut.fmr"), &bytes[..200]).unwrap();
    std::fs::write(folder.path().join("table.csv"), "a,b\n1,2\n").unwrap();
    let whole = sample("ansi-2004.fmr");
    let output = run(folder.path(), &["cut.fmr", "table.csv", &whole]);
    assert_eq!(output.status.code(), Some(3));
    let documents = documents(&output);
    assert_eq!(documents.len(), 4);
    assert!(documents[0]["rejections"][0].as_str().unwrap().starts_with("cut.fmr:byte 8: "));
    assert!(documents[0]["svg"].is_null() && documents[1]["format"].is_null());
    assert_eq!(documents[2]["rejections"].as_array().unwrap().len(), 0);
    assert_eq!(documents[3]["type"], "error");
    assert!(!folder.path().join("cut.fmr.svg").exists());
    assert!(folder.path().join("ansi-2004.fmr.svg").exists());
}

#[test]
fn a_format_may_be_stated_and_one_drawing_named_and_a_drawing_that_exists_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let card = sample("iso-2005-compact.card");
    let stated = run(folder.path(), &["--as", "iso-2005-compact", "--svg", "card.svg", &card]);
    assert_eq!(stated.status.code(), Some(0));
    assert!(folder.path().join("card.svg").exists());
    let again = ["--as", "iso-2005-compact", "--svg", "card.svg", &card];
    std::fs::write(folder.path().join("card.svg"), "mine").unwrap();
    let refused = run(folder.path(), &again);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--overwrite"));
    assert_eq!(std::fs::read_to_string(folder.path().join("card.svg")).unwrap(), "mine");
    let replaced = run(folder.path(), &[&["--overwrite"], &again[..]].concat());
    assert_eq!(replaced.status.code(), Some(0));
    assert!(std::fs::read_to_string(folder.path().join("card.svg")).unwrap().starts_with("<svg"));
    assert_eq!(run(folder.path(), &[&card]).status.code(), Some(3));
    assert_eq!(run(folder.path(), &["--as", "nothing", &card]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["--svg", "x.svg", &card, &card]).status.code(), Some(2));
}

#[test]
fn a_bad_line_of_an_xyt_file_is_named_with_what_it_says_and_what_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let good = "120 40 200 80\n".repeat(8);
    for (bad, fault) in [("120 4O 200 80", "other than numbers"), ("120 40", "2 numbers")] {
        for line in [1, 3, 9] {
            let mut lines: Vec<&str> = good.lines().collect();
            lines.insert(line - 1, bad);
            std::fs::write(folder.path().join("a.xyt"), lines.join("\n") + "\n").unwrap();
            let output = run(folder.path(), &["a.xyt"]);
            assert_eq!(output.status.code(), Some(3));
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains(&format!("a.xyt:{line}: a line of an .xyt file is")), "{said}");
            assert!(said.contains(&format!("{bad}: {fault}")), "{said}");
        }
    }
    std::fs::write(folder.path().join("a.txt"), "dear colleague,\n").unwrap();
    let said = String::from_utf8(run(folder.path(), &["a.txt"]).stderr).unwrap();
    assert!(said.contains("text that begins with dear colleague"), "{said}");
}
