//! The documentation against the program: tables of columns, snippets, command lines, links, file map.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use arrow::datatypes::{DataType, SchemaRef};
use serde_json::{Value, json};
use tanba::column::dna::decode_profile;
use tanba::domain::allele::Allele;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::locus::Locus;

#[path = "docs/operating.rs"]
mod operating;
#[path = "common/python.rs"]
mod python;

use python::python;

/// Asks every snippet of `docs/hits.md` and prints, as one JSON document, what each answered.
const DRIVER: &str = r#"
import json, sys

def ask(engine, text):
    if engine == "duckdb":
        import duckdb
        cursor = duckdb.connect().execute(text)
        columns = [column[0] for column in cursor.description]
        return columns, [row[0] for row in cursor.fetchall()]
    scope = {}
    exec(compile(text, engine, "exec"), scope)
    answer = scope["answer"]
    columns = list(answer.columns)
    return columns, list(answer[columns[0]])

answers = []
for block in json.load(open(sys.argv[1])):
    columns, first = ask(block["engine"], block["text"])
    answers.append({"columns": columns, "first": sorted(str(value) for value in first)})
print(json.dumps(answers))
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A command line as a person types it, in `folder`.
fn shell(line: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_tanba"));
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    Command::new("sh").args(["-c", line]).current_dir(folder).env("PATH", path).output().unwrap()
}

fn assert_exit(line: &str, output: &Output, allowed: &[i32]) {
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| allowed.contains(&code)),
        "`{line}` ended with {code:?}, not {allowed:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// A demo of 2,000 persons, made once: `registry`, `gallery` and `night` below it.
fn demo() -> &'static Path {
    static DEMO: OnceLock<PathBuf> = OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let line = "tanba demo --persons 2000 --out docs-demo";
        assert_exit(line, &shell(line, folder), &[0]);
        folder.join("docs-demo")
    })
}

/// Rows of the first table after `heading`, cells without the marks of code.
fn table_after(text: &str, heading: &str) -> Vec<Vec<String>> {
    let after = text
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"))
        .1;
    after
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let line = line.trim().trim_start_matches('|').trim_end_matches('|');
            line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
        })
        .collect()
}

fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::List(item) => format!("List<{}>", type_name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|f| format!("{}: {}", f.name(), type_name(f.data_type())))
                .collect();
            format!("Struct<{}>", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// Asserts that the table after `heading` has the columns of `schema` in its order: name, type, and
/// `yes` or `no` under `null` (the third cell).
fn assert_documented(text: &str, heading: &str, schema: &SchemaRef) {
    let documented: Vec<[String; 3]> = table_after(text, heading)
        .into_iter()
        .map(|row| [row[0].clone(), row[1].clone(), row[2].clone()])
        .collect();
    let actual: Vec<[String; 3]> = schema
        .fields()
        .iter()
        .map(|f| {
            let null = if f.is_nullable() { "yes" } else { "no" };
            [f.name().clone(), type_name(f.data_type()), null.to_owned()]
        })
        .collect();
    assert_eq!(documented, actual, "{heading}");
}

#[test]
fn every_column_is_documented_with_its_type_and_nullability() {
    let hits = document("docs/hits.md");
    assert_documented(&hits, "## hits.parquet", &tanba::column::hit::hit_schema());
    assert_documented(&hits, "## clusters.parquet", &tanba::hits::cluster::cluster_schema());
    assert_documented(&hits, "## histogram.parquet", &tanba::hits::histogram::histogram_schema());
    let gallery = document("docs/gallery.md");
    assert_documented(&gallery, "### records.parquet", &tanba::column::dna::record_schema());
    let finger_records = tanba::column::finger::finger_record_schema();
    assert_documented(&gallery, "### records.parquet of fingerprints", &finger_records);
    let prints = tanba::column::print::print_schema((1, ""), 0, 0);
    assert_documented(&gallery, "### prints.arrow", &prints);
    assert_documented(&gallery, "### Family files", &tanba::column::family::family_schema());
    assert_documented(&gallery, "### Pedigree files", &tanba::column::family::pedigree_schema());
    assert_documented(&gallery, "### Status files", &tanba::column::status::status_schema());
    let decisions = document("docs/decisions.md");
    assert_documented(&decisions, "## The files", &tanba::column::decision::decision_schema());
}

#[test]
fn an_entry_of_the_audit_log_has_exactly_the_documented_keys() {
    let folder = tempfile::tempdir().unwrap();
    let event = tanba::audit::Event { verb: "search".into(), ..Default::default() };
    tanba::audit::record(folder.path(), None, &event, &Default::default()).unwrap();
    let log = fs::read_to_string(folder.path().join("audit/log.jsonl")).unwrap();
    let entry: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(keys(&entry), names_in_table("docs/access.md", "## The audit log"));
}

#[test]
fn the_matrix_of_roles_and_grounds_is_the_default_of_the_program() {
    use tanba::law::access::{Ground, Reading, Role};
    let documented = table_after(&document("docs/access.md"), "### The documented default");
    let actual: Vec<Vec<String>> = Role::all()
        .map(|role| {
            let row = role.row();
            let cells = Ground::ALL.map(|ground| row.grounds.contains(&ground));
            let reading = match row.reading {
                Reading::Annex => "annex",
                Reading::Text => "text",
                Reading::Ours => "ours",
            };
            let cells = cells.map(|is_stated| if is_stated { "+" } else { "." }.to_owned());
            let first = [row.name.to_owned(), row.crosses.to_string()];
            first.into_iter().chain(cells).chain([reading.to_owned()]).collect()
        })
        .collect();
    assert_eq!(documented, actual);
}

#[test]
fn the_example_of_the_binary_profile_is_the_profile_it_claims_to_be() {
    let text = document("docs/gallery.md");
    let block = blocks(&text).into_iter().find(|b| b.text.contains("loci 0 (D3S1358)")).unwrap();
    let bytes: Vec<u8> = block
        .text
        .lines()
        .flat_map(|line| line.split("  ").next().unwrap_or_default().split_whitespace())
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let allele = |text| Allele::parse(text).unwrap().unwrap();
    let locus = |name| Locus::parse(name).unwrap();
    let expected: Profile = [
        (locus("D3S1358"), Typing::new(&[allele("14"), allele("15")]).unwrap()),
        (locus("TH01"), Typing::new(&[allele("6"), allele("9.3")]).unwrap()),
    ]
    .into_iter()
    .collect();
    assert_eq!(decode_profile(&bytes), Ok(expected));
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

fn names_in_table(path: &str, heading: &str) -> BTreeSet<String> {
    table_after(&document(path), heading).into_iter().map(|row| row[0].clone()).collect()
}

#[test]
fn run_json_and_the_manifest_have_exactly_the_documented_keys() {
    let run: Value =
        serde_json::from_slice(&fs::read(demo().join("night/run.json")).unwrap()).unwrap();
    assert_eq!(keys(&run), names_in_table("docs/hits.md", "## run.json"));
    assert_eq!(keys(&run["parameters"]), names_in_table("docs/hits.md", "### parameters"));
    assert_eq!(keys(&run["searches"][0]), names_in_table("docs/hits.md", "### searches"));
    let manifest = fs::read(demo().join("gallery/manifest/g0000000004.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(keys(&manifest), names_in_table("docs/gallery.md", "## Manifest"));
    let folder = tempfile::tempdir().unwrap();
    prepare("import", folder.path());
    let line = "tanba import --gallery registry --register citizen fingers.csv";
    assert_exit(line, &shell(line, folder.path()), &[0]);
    let manifest = fs::read(folder.path().join("registry/manifest/g0000000001.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    for (key, heading) in [
        ("finger_segments", "### Segments of fingerprints in the manifest"),
        ("finger_imports", "### Imports of fingerprints in the manifest"),
    ] {
        assert_eq!(keys(&manifest[key][0]), names_in_table("docs/gallery.md", heading));
    }
}

/// A fenced block: the heading above it, the words after the fence, the text.
struct Block {
    heading: String,
    info: String,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let (heading, info) = (heading.clone(), info.trim().to_owned());
                open = Some(Block { heading, info, text: String::new() });
            }
            (None, None) if line.starts_with('#') => heading = line.to_owned(),
            (None, None) => {}
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
    }
    blocks
}

#[test]
fn the_three_ways_to_ask_a_question_of_hits_md_give_one_answer() {
    let Some(python) = python("the_three_ways_to_ask_a_question_of_hits_md_give_one_answer") else {
        return;
    };
    let mut questions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut asked = Vec::new();
    for block in blocks(&document("docs/hits.md")) {
        let engine = match block.info.as_str() {
            "sql duckdb" => "duckdb",
            "python polars" => "polars",
            "python pandas" => "pandas",
            _ => continue,
        };
        questions.entry(block.heading).or_default().push(asked.len());
        asked.push(json!({ "engine": engine, "text": block.text }));
    }
    assert!(questions.len() >= 3, "docs/hits.md asks {} questions", questions.len());
    let folder = tempfile::tempdir().unwrap();
    let (driver, list) = (folder.path().join("driver.py"), folder.path().join("asked.json"));
    fs::write(&driver, DRIVER).unwrap();
    fs::write(&list, json!(asked).to_string()).unwrap();
    let output = Command::new(python).arg(&driver).arg(&list).current_dir(demo()).output().unwrap();
    assert_exit("driver.py", &output, &[0]);
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    for (question, places) in questions {
        assert_eq!(places.len(), 3, "{question} is asked of three engines");
        let answer = &answers[places[0]];
        assert!(!answer["first"].as_array().unwrap().is_empty(), "{question} finds nothing");
        for place in &places[1..] {
            assert_eq!(&answers[*place], answer, "{question}: {}", asked[*place]["engine"]);
        }
    }
}

#[test]
fn the_example_scripts_run_on_a_real_run() {
    let Some(python) = python("the_example_scripts_run_on_a_real_run") else { return };
    let examples = root().join("docs/examples");
    let sql = "import duckdb, sys; print(duckdb.connect().execute(open(sys.argv[1]).read()).df())";
    let script = |name: &str| examples.join(name).to_string_lossy().into_owned();
    for arguments in [
        vec!["-c".to_owned(), sql.to_owned(), script("duckdb.sql")],
        vec![script("polars_hits.py"), "night".to_owned()],
        vec![script("pandas_hits.py"), "night".to_owned()],
    ] {
        let output = Command::new(&python).args(&arguments).current_dir(demo()).output().unwrap();
        assert_exit(&arguments.join(" "), &output, &[0]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("dedup/convict"), "{arguments:?} said:\n{said}");
    }
}

#[test]
fn the_command_lines_of_the_readme_end_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = 0;
    for block in blocks(&document("README.md")).iter().filter(|b| b.info == "console") {
        for line in block.text.lines().filter_map(|l| l.strip_prefix("$ ")) {
            if !line.starts_with("tanba ") {
                continue;
            }
            let code =
                line.split_once("# exit ").map_or(0, |(_, code)| code.trim().parse().unwrap());
            assert_exit(line, &shell(line, folder.path()), &[code]);
            lines += 1;
        }
    }
    assert!(lines >= 8, "only {lines} command lines were found");
}

/// Verbs, with and without verbs below them, as words: `["gallery", "info"]`.
fn verbs(above: &[String]) -> Vec<Vec<String>> {
    let text = help(above);
    let Some((_, commands)) = text.split_once("\nCommands:\n") else { return vec![above.to_vec()] };
    commands
        .lines()
        .take_while(|line| !line.is_empty())
        // A line that goes on with the one before is indented further.
        .filter_map(|line| line.strip_prefix("  ").filter(|name| !name.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .flat_map(|name| verbs(&[above, &[name.to_owned()]].concat()))
        .chain((!above.is_empty()).then(|| above.to_vec()))
        .collect()
}

fn help(verb: &[String]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tanba")).args(verb).arg("--help").output().unwrap();
    assert!(output.status.success(), "{verb:?} has no help");
    String::from_utf8(output.stdout).unwrap()
}

/// The command lines under `Example:` or `Examples:`; a line that help wrapped is one again.
fn examples(help: &str) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    let lines = help.lines().skip_while(|line| !matches!(*line, "Example:" | "Examples:"));
    for line in lines.skip(1).take_while(|line| !line.is_empty()) {
        match examples.last_mut() {
            Some(last) if !line.trim_start().starts_with("tanba ") => {
                *last = format!("{last} {}", line.trim());
            }
            _ => examples.push(line.trim().to_owned()),
        }
    }
    examples
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        copy(&path, &to.join(path.file_name().unwrap()));
    }
}

/// Fingerprints in the gallery `registry` of `folder`, and the files that examples of searches name.
fn fingers(folder: &Path) {
    let synth = "tanba synth finger --out fingers --persons 20 --traces 3 --expired 0";
    assert_exit(synth, &shell(synth, folder), &[0]);
    for register in ["citizen", "convict", "trace"] {
        let list = format!("fingers/{register}.csv");
        let line = format!("tanba import --gallery registry --register {register} {list}");
        assert_exit(&line, &shell(&line, folder), &[0]);
    }
    let file_of = |list: &str, id: &str| {
        let text = fs::read_to_string(folder.join("fingers").join(list)).unwrap();
        let row = text.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
        folder.join("fingers").join(row.split(',').nth(1).unwrap())
    };
    copy(&file_of("trace.csv", "FT0000001"), &folder.join("mark.iso"));
    for name in ["border.iso", "renewal.iso", "passport.iso"] {
        copy(&file_of("citizen.csv", "FP0000012"), &folder.join(name));
    }
}

/// A trace of both persons of a wide table, as a long table.
fn mixture_of(rows: &[String]) -> String {
    let names: Vec<&str> = rows[0].split(',').collect();
    let mut loci: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows[1..] {
        for (name, cell) in names.iter().zip(row.split(',')) {
            if let Some((locus, "1" | "2")) = name.rsplit_once('_') {
                loci.entry(locus).or_default().insert(cell);
            }
        }
    }
    let mut text = "SampleName,Marker,Allele1,Allele2,Allele3,Allele4\n".to_owned();
    for (locus, alleles) in loci {
        let mut cells: Vec<&str> = alleles.into_iter().collect();
        cells.resize(4, "");
        text += &format!("mixture,{locus},{}\n", cells.join(","));
    }
    text
}

/// A run in `folder` that was killed at work.
fn interrupted(folder: &Path) {
    copy(&demo().join("gallery"), &folder.join("registry"));
    let out = folder.join("interrupted");
    let mut run = Command::new(env!("CARGO_BIN_EXE_tanba"));
    run.current_dir(folder).args(["run", "dedup", "--gallery", "registry", "--out", "interrupted"]);
    let mut run = run.args(["--tile-probes", "10", "--tile-rows", "100"]).spawn().unwrap();
    while fs::metadata(out.join("journal")).map_or(0, |journal| journal.len()) == 0 {
        assert!(run.try_wait().unwrap().is_none(), "the run ended before it could be killed");
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(out.join("job.json").exists());
}

/// Gives the first hit of a run the id that examples name.
fn night_with_the_hit_of_the_examples(night: &Path) {
    use tanba::column::hit::{encode_hits, hit_schema};
    let mut hits = tanba::hits::read_hits(night).unwrap();
    hits[0].hit_id = "365feabf38eeab16505cb1829423753c".to_owned();
    let batch = encode_hits(&hits).unwrap();
    let bytes = tanba::gallery::file::encode_parquet(hit_schema(), &[batch], &[]).unwrap();
    fs::write(night.join("hits.parquet"), bytes).unwrap();
}

/// The files that the examples of `verb` name, in `folder`.
fn prepare(verb: &str, folder: &Path) {
    let put = |from: &str, to: &str| copy(&demo().join(from), &folder.join(to));
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    let rows = |file: &str, count: usize| -> Vec<String> {
        let text = fs::read_to_string(demo().join("registry").join(file)).unwrap();
        text.lines().take(1 + count).map(str::to_owned).collect()
    };
    match verb {
        "synth" => copy(
            &root().join("datasets/frequencies/nist1036-asian.csv"),
            &folder.join("laboratory.csv"),
        ),
        "import" => {
            for name in ["convicts.csv", "relatives.csv", "families.csv", "corpses.csv"] {
                put(&format!("registry/{name}"), name);
            }
            put("registry/corpses_mt.csv", "mitochondrial.csv");
            copy(&root().join("datasets/formats/cmf.xml"), &folder.join("stains.xml"));
            copy(&root().join("datasets/formats/finger/iso-2005.fmr"), &folder.join("finger.fmr"));
            write("fingers.csv", "record_id,file,person_id\nF1,finger.fmr,P1\n".to_owned());
        }
        "status" => put("night", "interrupted"),
        "resume" => interrupted(folder),
        "report" => {
            put("gallery", "registry");
            put("registry", "synthetic");
            put("night", "night-1");
            put("night", "night-2");
        }
        "evaluate" => {
            put("registry", "registry");
            put("night", "out");
            for (sample, finger) in [("iso-2005.fmr", 1), ("ansi-2004.fmr", 2)] {
                let sample = root().join("datasets/formats/finger").join(sample);
                fs::create_dir_all(folder.join("prints/database")).unwrap();
                for impression in 1..=2 {
                    let name = format!("prints/database/{finger}_{impression}.iso");
                    copy(&sample, &folder.join(name));
                }
            }
            for name in ["all.bin", "all.json"] {
                let projection = root().join("datasets/projection").join(name);
                fs::create_dir_all(folder.join("projections")).unwrap();
                copy(&projection, &folder.join("projections").join(name));
            }
        }
        "audit" => {
            put("gallery", "registry");
            let line = "tanba gallery block registry --record C0000017 --reason example";
            assert_exit(line, &shell(line, folder), &[0]);
        }
        "adjudicate" => {
            put("gallery", "registry");
            put("night", "night");
            night_with_the_hit_of_the_examples(&folder.join("night"));
            let row = "365feabf38eeab16505cb1829423753c,exclusion,read,E7,2026-11-21T08:30:00Z";
            write("verdicts.csv", format!("hit_id,verdict,reason,examiner,decided_at\n{row}\n"));
        }
        "explain" | "why-not" => {
            put("gallery", "registry");
            put("night", "night");
        }
        "keys" => {
            put("registry/traces.csv", "traces.csv");
            for line in [
                "tanba keys new registry.keys --name before",
                "tanba --keys registry.keys import --gallery gallery --index trace traces.csv",
                "tanba --keys registry.keys run cold-case --gallery gallery --out secret",
            ] {
                assert_exit(line, &shell(line, folder), &[0, 1]);
            }
        }
        "hits" => {
            put("gallery", "registry");
            write("stain.csv", rows("traces.csv", 1).join("\n") + "\n");
            for out in ["search-1", "results/search-2"] {
                let line = format!(
                    "tanba search stain.csv --probe-index trace --gallery registry --case K-1 --out {out}"
                );
                assert_exit(&line, &shell(&line, folder), &[0, 1]);
            }
        }
        "gallery" => {
            put("gallery", "registry");
            copy(&root().join("datasets/policy/default.toml"), &folder.join("policy.toml"));
            let event = "record_id,event,date,source\nC0000017,acquitted,2020-01-01,court 7/2019\n";
            write("feed.csv", event.to_owned());
            let case = "K-1,criminal,P1,2026-01-01,";
            write("cases.csv", format!("case,ground,owner,open_from,open_to\n{case}\n"));
            fs::create_dir_all(folder.join("acts")).unwrap();
            write("acts/act.csv", "record_id,ground\nC0000018,court:7/2026\n".to_owned());
        }
        "train" => {
            let line = "tanba synth finger-prints --out practice --fingers 30 --impressions 3";
            assert_exit(line, &shell(line, folder), &[0]);
        }
        "score" => {
            put("gallery", "registry");
            let rows = rows("convicts.csv", 2);
            write(
                "pairs.csv",
                format!("pair,member,{}\n1,A,{}\n1,B,{}\n", rows[0], rows[1], rows[2]),
            );
            let family = "family,person,father,mother,sex,missing,TH01_1,TH01_2,FGA_1,FGA_2\n\
                          F1,missing,father,mother,male,yes,,,,\n\
                          F1,father,,,male,,6,9.3,21,23\n\
                          F1,mother,,,female,,,,,\n\
                          F1,sister,father,mother,female,,6,7,23,25\n";
            write("families.csv", family.to_owned());
            write("bodies.csv", "body,TH01_1,TH01_2,FGA_1,FGA_2\nB1,7,9.3,21,25\n".to_owned());
            let rates = "locus,sex,model,rate,range,rate2\n\
                         *,female,extended-stepwise,0.0005,0.1,0.000001\n\
                         *,male,extended-stepwise,0.002,0.1,0.000001\n";
            write("rates.csv", rates.to_owned());
            write("persons.csv", rows.join("\n") + "\n");
            write("mixture.csv", mixture_of(&rows));
            for (name, id) in [("trace", "T1"), ("person", "P1")] {
                let markers = ["DYS385,11,14", "DYS389I,13,", "DYS389II,29,", "DYS391,10,"];
                let rows = markers.map(|marker| format!("{id},{marker}\n")).concat();
                let header = "SampleName,Marker,Allele1,Allele2\n";
                write(&format!("{name}-y.csv"), format!("{header}{rows}"));
                let row = format!("{id},16024-16365 73-340,16126C 263G 315.1C\n");
                write(&format!("{name}-mt.csv"), format!("id,ranges,variants\n{row}"));
            }
            let sample = root().join("datasets/formats/finger/iso-2005.fmr");
            copy(&sample, &folder.join("a.fmr"));
            write("finger-pairs.csv", "probe,gallery\na.fmr,a.fmr\n".to_owned());
        }
        _ => {
            put("gallery", "registry");
            write("stain.csv", rows("traces.csv", 1).join("\n") + "\n");
            // A format is recognised by content; the name of the example does not matter.
            write("body.xml", rows("corpses.csv", 1).join("\n") + "\n");
            if matches!(verb, "search" | "verify") {
                fingers(folder);
            }
        }
    }
}

#[test]
fn every_example_in_the_help_of_every_verb_runs() {
    let mut covered = BTreeSet::new();
    for verb in verbs(&[]) {
        for line in examples(&help(&verb)) {
            assert!(line.starts_with("tanba "), "{verb:?}: {line}");
            let folder = tempfile::tempdir().unwrap();
            prepare(&verb[0], folder.path());
            // A search that finds nothing ends with 1, and is no less an example.
            let allowed: &[i32] =
                if matches!(verb[0].as_str(), "run" | "search") { &[0, 1] } else { &[0] };
            assert_exit(&line, &shell(&line, folder.path()), allowed);
            covered.insert(verb[0].clone());
        }
    }
    for verb in [
        "adjudicate",
        "audit",
        "completions",
        "demo",
        "evaluate",
        "gallery",
        "hits",
        "import",
        "keys",
        "man",
        "plan",
        "report",
        "run",
        "score",
        "search",
        "synth",
        "train",
        "verify",
    ] {
        assert!(covered.contains(verb), "{verb} shows no example");
    }
}

fn pages() -> Vec<String> {
    let mut pages: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(str::to_owned).to_vec();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            pages.push(format!("docs/{name}"));
        }
    }
    pages
}

#[test]
fn every_link_between_files_leads_to_a_file() {
    let mut links = 0;
    for page in pages() {
        let folder = root().join(&page).parent().unwrap().to_owned();
        for (place, _) in document(&page).match_indices("](") {
            let rest = &document(&page)[place + 2..];
            let target = rest.split([')', '#']).next().unwrap_or_default().to_owned();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(&target).exists(), "{page}: nothing at {target}");
                links += 1;
            }
        }
    }
    assert!(links >= 8, "only {links} links were found");
}

fn sources(folder: &str, list: &mut BTreeSet<String>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            sources(&path, list);
        } else if name.ends_with(".rs") {
            list.insert(path);
        }
    }
}

#[test]
fn the_file_map_of_the_architecture_is_the_source_tree() {
    let mut actual = BTreeSet::new();
    sources("src", &mut actual);
    let mapped: BTreeSet<String> = document("ARCHITECTURE.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `src/")?.split_once('`'))
        .map(|(path, _)| format!("src/{path}"))
        .collect();
    let missing: Vec<&String> = actual.difference(&mapped).collect();
    let gone: Vec<&String> = mapped.difference(&actual).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in the map: {missing:?}; gone: {gone:?}");
}
