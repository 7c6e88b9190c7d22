//! `docs/operating.md` and the files of `deploy` against the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use saphyr::{LoadableYamlNode, Yaml};
use tanba::error::Kind;

use super::{blocks, demo, document, names_in_table, root, table_after};

const CLUSTER: [&str; 2] =
    ["scripts/deploy/kubernetes/cronjob.yaml", "scripts/deploy/kubernetes/parts.yaml"];

fn yaml(text: &str) -> Vec<Yaml<'_>> {
    let documents = Yaml::load_from_str(text).unwrap();
    assert!(!documents.is_empty());
    documents
}

/// A command line of a deployment file in an empty folder, with a gallery that is not there.
fn deployed(line: &str, folder: &Path) -> Output {
    let config = document("scripts/deploy/tanba.toml").replace("/var/lib/tanba/", "nowhere/");
    fs::write(folder.join("tanba.toml"), config).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_tanba")).parent().unwrap().to_owned();
    let mut command = Command::new("sh");
    command.args(["-c", &line.replace("/var/lib/tanba/", "nowhere/")]).current_dir(folder);
    command.env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()));
    for (name, value) in [
        ("TANBA_CONFIG", "tanba.toml"),
        ("TANBA_RESULTS", "results"),
        ("RESULTS", "results"),
        ("TANBA_NIGHT", "night"),
        ("NIGHT", "night"),
        ("interrupted", "results/night"),
        ("JOB_COMPLETION_INDEX", "1"),
    ] {
        command.env(name, value);
    }
    command.output().unwrap()
}

/// What a text runs: from each word `tanba` to the end of its line.
fn command_lines(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = ["tanba run ", "tanba resume ", "tanba plan ", "tanba gallery "];
    let line = |line: &str| {
        let start = words.iter().filter_map(|word| line.find(word)).min()?;
        Some(line[start..].to_owned())
    };
    code.filter_map(line).collect()
}

#[test]
fn the_command_lines_and_the_configuration_of_the_deployment_files_are_understood() {
    let mut lines = command_lines(&document("scripts/deploy/tanba-nightly"));
    assert_eq!(lines.len(), 3);
    for file in CLUSTER {
        for job in yaml(&document(file)) {
            let spec = match job["kind"].as_str().unwrap() {
                "CronJob" => &job["spec"]["jobTemplate"]["spec"],
                _ => &job["spec"],
            };
            let container = &spec["template"]["spec"]["containers"][0];
            let command = container["command"].as_sequence().unwrap();
            let last = command.last().unwrap().as_str().unwrap();
            let found = command_lines(last);
            assert!(found.len() == 1 || last == "/usr/libexec/tanba/tanba-nightly", "{last}");
            lines.extend(found);
        }
    }
    assert_eq!(lines.len(), 4);
    for line in lines {
        let folder = tempfile::tempdir().unwrap();
        let output = deployed(&line, folder.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("--help") && said.contains("help:"), "{line}: {said}");
        assert!(matches!(output.status.code(), Some(2 | 4)), "{line}: {said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let operating = document("docs/operating.md");
    let example = blocks(&operating).into_iter().find(|block| block.info == "toml").unwrap();
    fs::write(folder.path().join("example.toml"), example.text).unwrap();
    for line in ["tanba rules list", "tanba rules list --config example.toml"] {
        let output = deployed(line, folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_begins_again_and_what_waits_for_a_person_is_told_apart_by_the_exit_codes() {
    let kinds = [Kind::Usage, Kind::InputRejected, Kind::Refused, Kind::Integrity];
    let final_codes: Vec<i64> = kinds.map(|kind| i64::from(kind.exit_code())).to_vec();
    let again = i64::from(Kind::Incomplete.exit_code());
    let mut policies = 0;
    for file in CLUSTER {
        for job in yaml(&document(file)) {
            let spec = match job["kind"].as_str().unwrap() {
                "CronJob" => &job["spec"]["jobTemplate"]["spec"],
                _ => &job["spec"],
            };
            let codes = |action: &str| -> Vec<i64> {
                let rules = spec["podFailurePolicy"]["rules"].as_sequence().unwrap();
                let rule = rules.iter().find(|rule| rule["action"].as_str() == Some(action));
                let values = rule.unwrap()["onExitCodes"]["values"].as_sequence().unwrap();
                values.iter().map(|value| value.as_integer().unwrap()).collect()
            };
            assert_eq!(
                (codes("FailJob"), codes("Count")),
                (final_codes.clone(), vec![again]),
                "{file}"
            );
            assert_eq!(spec["template"]["spec"]["restartPolicy"].as_str(), Some("Never"));
            policies += 1;
        }
    }
    assert_eq!(policies, 3);
    let service = document("scripts/deploy/systemd/tanba-nightly.service");
    assert!(service.contains(&format!("RestartForceExitStatus={again}\n")));
    let documented = table_after(&document("docs/operating.md"), "## Exit codes");
    let documented: Vec<&str> = documented.iter().map(|row| row[0].as_str()).collect();
    assert!(documented.starts_with(&["0", "1", "2", "3", "4", "5", "6"]), "{documented:?}");
}

#[test]
fn the_script_of_a_night_goes_on_with_an_interrupted_one_and_takes_no_hits_for_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let script = root().join("scripts/deploy/tanba-nightly");
    let night = |fake: &str| -> (Option<i32>, String) {
        let path = folder.path().join("tanba");
        fs::write(&path, format!("#!/bin/sh\necho \"$@\"\n{fake}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, mode).unwrap();
        let mut command = Command::new(&script);
        let search = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        command.env("PATH", search).env("TANBA_RESULTS", folder.path().join("results"));
        let output = command.env("TANBA_NIGHT", "today").output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let results = folder.path().join("results");
    let run = format!("run nightly --out {}\n", results.join("today").display());
    assert_eq!(night("exit 0"), (Some(0), run.clone()));
    assert_eq!(night("exit 1").0, Some(0));
    assert_eq!(night("exit 4").0, Some(4));
    let before = results.join("before");
    fs::create_dir_all(&before).unwrap();
    fs::write(before.join("job.json"), "{}").unwrap();
    let resume = format!("resume --out {}\n", before.display());
    assert_eq!(night("exit 6"), (Some(6), resume.clone()));
    let again = format!("{resume}run nightly --out {} --overwrite\n", before.display());
    assert_eq!(night("[ \"$1\" = run ] || exit 5"), (Some(0), again));
    fs::write(before.join("run.json"), "{}").unwrap();
    assert_eq!(night("exit 0"), (Some(0), run));
}

#[test]
fn the_metrics_of_a_run_are_the_documented_ones_and_the_rules_name_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tanba.prom");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanba"));
    command.arg("run").arg("dedup").arg("--gallery").arg(demo().join("gallery"));
    command.arg("--out").arg(folder.path().join("out")).arg("--metrics").arg(&file);
    assert!(command.output().unwrap().status.success());
    let text = fs::read_to_string(&file).unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let types: BTreeSet<(String, String)> = types
        .filter_map(|line| line.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect();
    let operating = document("docs/operating.md");
    let rows = table_after(&operating, "## Metrics");
    let rows = rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(types, rows);
    let names = names_in_table("docs/operating.md", "## Metrics");
    let rules = blocks(&operating).into_iter().find(|block| block.info == "yaml").unwrap();
    let documents = yaml(&rules.text);
    let rules = documents[0]["groups"][0]["rules"].as_sequence().unwrap();
    assert!(rules.len() >= 5);
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        for word in words.filter(|word| word.starts_with("tanba_")) {
            assert!(names.contains(word), "{word} is no figure of a run");
        }
    }
}

#[test]
fn the_units_are_what_systemd_understands() {
    let units = ["tanba-nightly.service", "tanba-nightly.timer"]
        .map(|unit| root().join("scripts/deploy/systemd").join(unit));
    let output = Command::new("systemd-analyze").arg("verify").args(&units).output();
    let Ok(output) = output else {
        println!("SKIPPED (no systemd-analyze): the_units_are_what_systemd_understands");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours = said.lines().filter(|line| line.contains("tanba-nightly"));
    // The script lies elsewhere until it is installed.
    let wrong: Vec<&str> = ours.filter(|line| !line.contains("is not executable")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_tables_of_capacity_md_are_what_the_script_counts() {
    let Some(python) =
        super::python::python("the_tables_of_capacity_md_are_what_the_script_counts")
    else {
        return;
    };
    let script = |arguments: &[&str]| {
        let script = root().join("scripts/capacity");
        let output = Command::new(&python).arg(script).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let page = document("docs/capacity.md");
    for table in script(&[]).trim().split("\n\n") {
        assert!(page.contains(table), "docs/capacity.md lacks\n{table}");
    }
    // Ten machines with nothing to disturb them: ten tiles each, one after another.
    let even = ["--overhead", "0", "--skew", "0", "--stragglers", "0", "--failures-per-day", "0"];
    let said = script(
        &[&["--simulate", "--machines", "10", "--tiles", "100", "--tile-seconds", "60"], &even[..]]
            .concat(),
    );
    assert_eq!(said.trim(), "10 min; 1.00 times the ideal; 0 tiles begun again");
}
