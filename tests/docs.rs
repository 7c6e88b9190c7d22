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
use tanba::domain::category::Index;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::locus::Locus;
use tanba::domain::register::Register;
use tanba::law::finger_purpose;
use tanba::law::purpose::{self, Verdict};

#[path = "docs/deploy.rs"]
mod deploy;
#[path = "docs/examples.rs"]
mod examples;
#[path = "docs/json.rs"]
mod json;
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

/// A table of who may be compared with whom, as Markdown: a row and a column for each name.
fn table_of_purposes(names: &[&str], cell: impl Fn(usize, usize) -> Verdict) -> String {
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (row, name) in names.iter().enumerate() {
        let cells: Vec<String> = (0..names.len())
            .map(|column| match cell(row, column) {
                Verdict::Allowed(purpose) => purpose.article.to_owned(),
                Verdict::Forbidden { article, .. } => format!("never: {article}"),
            })
            .collect();
        text += &format!("| {name} | {} |\n", cells.join(" | "));
    }
    text
}

#[test]
fn the_tables_of_law_md_are_those_of_the_program() {
    let page = document("docs/law.md");
    let profiles = table_of_purposes(&Index::ALL.map(Index::name), |row, column| {
        purpose::verdict(Index::ALL[row], Index::ALL[column])
    });
    assert!(page.contains(&profiles), "docs/law.md lacks\n{profiles}");
    let fingers = table_of_purposes(&Register::ALL.map(Register::name), |row, column| {
        let policy = finger_purpose::Policy::default();
        finger_purpose::verdict(Register::ALL[row], Register::ALL[column], policy)
    });
    assert!(page.contains(&fingers), "docs/law.md lacks\n{fingers}");
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
    examples::prepare("import", folder.path());
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
    let _ = fs::remove_dir_all(demo().join("night-1"));
    let earlier = "tanba run nightly --gallery gallery --out night-1 --threshold 9";
    assert_exit(earlier, &shell(earlier, demo()), &[0]);
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
        vec![script("datafusion_hits.py"), "night".to_owned()],
    ] {
        let output = Command::new(&python).args(&arguments).current_dir(demo()).output().unwrap();
        assert_exit(&arguments.join(" "), &output, &[0]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("dedup/convict"), "{arguments:?} said:\n{said}");
    }
}

#[test]
fn every_view_of_the_hit_list_answers() {
    let Some(python) = python("every_view_of_the_hit_list_answers") else { return };
    let views = "import duckdb, json, sys\n\
                 connection = duckdb.connect()\n\
                 connection.execute(open(sys.argv[1]).read())\n\
                 names = connection.execute('SELECT view_name FROM duckdb_views() WHERE NOT internal').fetchall()\n\
                 ask = lambda name: connection.execute(f'SELECT * FROM {name}').fetchall()\n\
                 print(json.dumps({name: len(ask(name)) for (name,) in names}))";
    let file = root().join("docs/examples/views.sql");
    let output = Command::new(python).args(["-c", views]).arg(file).current_dir(demo()).output();
    let output = output.unwrap();
    assert_exit("views.sql", &output, &[0]);
    let rows: BTreeMap<String, usize> = serde_json::from_slice(&output.stdout).unwrap();
    let hits = tanba::hits::read_hits(&demo().join("night")).unwrap();
    let of_families = hits.iter().filter(|hit| hit.family_id.is_some()).count();
    let best = hits.iter().filter(|hit| hit.rank == 1).count();
    assert_eq!((rows["hits"], rows["leads"], rows["families"]), (hits.len(), best, of_families));
    assert_eq!(rows.len(), 5, "{rows:?}");
    assert!(rows["duplicates"] > 0 && rows["comparisons"] > 0, "{rows:?}");
}

#[test]
fn the_command_lines_of_the_readme_and_the_tutorial_end_as_they_say() {
    for page in ["README.md", "docs/tutorial.md"] {
        let folder = tempfile::tempdir().unwrap();
        let lines = command_lines(page, folder.path());
        assert!(lines >= 8, "only {lines} command lines were found in {page}");
    }
}

/// Pages whose command lines begin with what another page has made: a gallery, runs, files.
const HOW_TO: [&str; 5] = ["nightly", "deduplication", "cold_case", "missing_person", "search"];

#[test]
fn the_command_lines_of_every_other_page_end_as_they_say() {
    let with_lines: BTreeSet<String> = pages()
        .into_iter()
        .filter(|page| blocks(&document(page)).iter().any(|block| block.info == "console"))
        .collect();
    for page in
        with_lines.iter().filter(|page| !matches!(page.as_str(), "README.md" | "docs/tutorial.md"))
    {
        let folder = tempfile::tempdir().unwrap();
        match page.as_str() {
            "docs/encryption.md" => examples::prepare("import", folder.path()),
            _ => examples::prepare_page(folder.path()),
        }
        command_lines(page, folder.path());
    }
    for name in HOW_TO {
        assert!(with_lines.contains(&format!("docs/how_to/{name}.md")), "{name}: no command lines");
    }
}

/// Runs the command lines of a page one after another in `folder`; how many there are.
fn command_lines(page: &str, folder: &Path) -> usize {
    let mut lines = 0;
    for block in blocks(&document(page)).iter().filter(|b| b.info == "console") {
        for line in block.text.lines().filter_map(|l| l.strip_prefix("$ ")) {
            if !line.contains("tanba ") {
                continue;
            }
            let code =
                line.split_once("# exit ").map_or(0, |(_, code)| code.trim().parse().unwrap());
            assert_exit(&format!("{page}: {line}"), &shell(line, folder), &[code]);
            lines += 1;
        }
    }
    lines
}

/// Command lines that no test runs, because they need hours, a card or data of others: their verbs and flags exist.
#[test]
fn every_flag_that_a_page_names_is_one_of_its_verb() {
    let mut checked = 0;
    for page in pages() {
        let text = document(&page);
        let of_blocks =
            blocks(&text).into_iter().filter(|block| matches!(&*block.info, "sh" | "bash"));
        let of_blocks: Vec<String> =
            of_blocks.map(|block| block.text.replace("\\\n", " ")).collect();
        let spans = text.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " "));
        let lines =
            of_blocks.iter().flat_map(|block| block.lines().map(str::to_owned)).chain(spans);
        for line in lines {
            let Some((_, command)) =
                line.split_once("tanba ").filter(|(before, _)| before.trim().is_empty())
            else {
                continue;
            };
            let command = command.split([';', '|', '#', '>']).next().unwrap();
            checked += examples::flags_exist(&page, command);
        }
    }
    assert!(checked > 100, "only {checked} flags were found");
}

fn pages() -> Vec<String> {
    let mut pages: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(str::to_owned).to_vec();
    for folder in ["docs", "docs/how_to"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                pages.push(format!("{folder}/{name}"));
            }
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
