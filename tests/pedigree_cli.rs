//! `tanba score dna` with mutation and with families: what it answers and what it refuses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/program.rs"]
mod program;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::shared;
use program::{exits, text};

const FREQUENCIES: &str =
    "locus,allele,frequency\nTH01,6,0.2\nTH01,7,0.3\nTH01,8,0.1\nTH01,9.3,0.4\n";
const FAMILY: &str = "family,person,father,mother,sex,missing,TH01_1,TH01_2\n\
                      F1,missing,father,,male,yes,,\nF1,father,,,male,,6,7\n";
const RATES: &str =
    "locus,sex,model,rate,range,rate2\n*,male,equal,0.03,,\n*,female,equal,0.01,,\n";

/// A folder with files by name.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Runs `score dna` with files of `folder` where an argument names one.
fn score(code: i32, folder: &Path, arguments: &[&str]) -> String {
    let placed: Vec<PathBuf> = arguments
        .iter()
        .map(|argument| match argument.ends_with(".csv") {
            true => folder.join(argument),
            false => PathBuf::from(argument),
        })
        .collect();
    let all: Vec<&str> =
        ["score", "dna"].into_iter().chain(placed.iter().map(|p| text(p))).collect();
    exits(code, &all)
}

/// The rows of the CSV in what the program said, by column.
fn rows(said: &str) -> Vec<HashMap<String, String>> {
    let is_row = |line: &&str| !line.starts_with("warning: ");
    let table: Vec<&str> = said.trim_end().lines().filter(is_row).collect();
    let table = table.join("\n");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        header.iter().zip(&row).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn assert_close(got: &str, expected: f64) {
    let got: f64 = got.parse().unwrap();
    assert!((got / expected - 1.0).abs() < 1e-14, "{got} {expected}");
}

#[test]
fn a_body_is_scored_against_a_family_by_the_closed_form() {
    let bodies = "body,family,TH01_1,TH01_2\nB1,F1,6,8\nB2,,8,9.3\nB3,,,\n";
    let folder = folder(&[
        ("frequencies.csv", FREQUENCIES),
        ("families.csv", FAMILY),
        ("bodies.csv", bodies),
        ("rates.csv", RATES),
    ]);
    let common = ["--family", "families.csv", "--frequencies", "frequencies.csv", "--theta", "0"];
    let with = |more: &[&'static str]| [&common[..], &["--bodies", "bodies.csv"], more].concat();
    let plain = rows(&score(0, folder.path(), &with(&["--per-locus"])));
    assert_eq!(plain.len(), 3);
    // Father 6,7 and child 6,8: 1 / (4 p).
    assert_close(&plain[0]["lr"], 1.0 / (4.0 * 0.2));
    assert_eq!((plain[1]["lr"].as_str(), plain[1]["log10_lr"].as_str()), ("0", "-inf"));
    assert_eq!((plain[2]["lr"].parse(), plain[2]["loci"].as_str()), (Ok(1.0), "0"));
    assert_eq!(plain[0]["TH01"], plain[0]["lr"]);
    // With mutation of fathers 0.03 to each of three others 0.01: (T(6)/p(6) + T(8)/p(8)) / 2.
    let transmitted = |own: bool| if own { (0.97 + 0.01) / 2.0 } else { 0.01 };
    let expected = (transmitted(true) / 0.2 + transmitted(false) / 0.1) / 2.0;
    let mutated = rows(&score(0, folder.path(), &with(&["--mutation-table", "rates.csv"])));
    assert_close(&mutated[0]["lr"], expected);
    assert_eq!(mutated[0]["mutation"], "table rates.csv");
    let expected = (0.01 / 0.1 + 0.01 / 0.4) / 2.0;
    assert_close(&mutated[1]["lr"], expected);
    // The table of all genotypes has the same numbers.
    let genotypes = folder.path().join("genotypes.csv");
    score(
        0,
        folder.path(),
        &[&common[..], &["--mutation-table", "rates.csv", "--genotype-table", text(&genotypes)]]
            .concat(),
    );
    let table = rows(&fs::read_to_string(genotypes).unwrap());
    assert_eq!(table.len(), 10);
    let row = table.iter().find(|r| r["allele_1"] == "8" && r["allele_2"] == "9.3").unwrap();
    assert_close(&row["lr"], expected);
}

#[test]
fn a_body_with_an_allele_of_its_own_changes_no_other_body() {
    let one = "body,TH01_1,TH01_2\nB1,6,8\n";
    let two = "body,TH01_1,TH01_2\nB1,6,8\nB2,6,12\n";
    let folder = folder(&[
        ("frequencies.csv", FREQUENCIES),
        ("families.csv", FAMILY),
        ("one.csv", one),
        ("two.csv", two),
        ("rates.csv", RATES),
    ]);
    let ratio = |bodies: &str| {
        let arguments = ["--family", "families.csv", "--frequencies", "frequencies.csv"];
        let rest = ["--mutation-table", "rates.csv", "--bodies", bodies];
        rows(&score(0, folder.path(), &[arguments, rest].concat()))
    };
    let (one, two) = (ratio("one.csv"), ratio("two.csv"));
    assert_eq!(one[0], two[0]);
    assert!(two[1]["lr"].parse::<f64>().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_computed_is_refused_with_a_reason() {
    let impossible = "family,person,father,mother,sex,missing,TH01_1,TH01_2\n\
                      F1,missing,father,,male,yes,,\nF1,father,,,male,,6,7\n\
                      F1,brother,father,,male,,8,9.3\n";
    let folder = folder(&[
        ("frequencies.csv", FREQUENCIES),
        ("families.csv", FAMILY),
        ("impossible.csv", impossible),
        ("bodies.csv", "body,TH01_1,TH01_2\nB1,6,8\n"),
        ("stray.csv", "body,family,TH01_1,TH01_2\nB1,F9,6,8\n"),
        ("pairs.csv", "pair,member,TH01_1,TH01_2\nP1,A,6,7\nP1,B,6,8\n"),
        ("rates.csv", RATES),
        ("broken.csv", "locus,sex,model,rate\n*,both,equal,2\n"),
    ]);
    for (code, line, reason) in [
        (3, "--family impossible.csv --bodies bodies.csv", "possible in its pedigree (record F1)"),
        (2, "--family families.csv --bodies stray.csv", "which is not there"),
        (2, "--pairs pairs.csv --mutation equal", "the model equal needs a rate"),
        (2, "--pairs pairs.csv --mutation-rate 0.1", "the model none has no rate"),
        (2, "--pairs pairs.csv --mutation random", "is one of none, equal"),
        (2, "--pairs pairs.csv --untyped-parent both", "is pruned or explicit"),
        (2, "--pairs pairs.csv --mutation-table rates.csv", "mothers and fathers mutate"),
        (2, "--pairs pairs.csv --silent 0.5", "from 0 to 0.1"),
        (3, "--pairs pairs.csv --mutation-table broken.csv", "broken.csv:2: a mutation rate"),
        (2, "--pairs pairs.csv --family families.csv", "cannot be used with"),
        (2, "--family families.csv", "--bodies"),
        (2, "--pairs pairs.csv --bodies bodies.csv", "cannot be used with"),
        (2, "--bodies bodies.csv", "--pairs"),
    ] {
        let arguments: Vec<&str> =
            line.split(' ').chain(["--frequencies", "frequencies.csv", "--theta", "0"]).collect();
        let said = score(code, folder.path(), &arguments);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(reason), "{line}: {said}");
    }
}

#[test]
fn a_family_too_complex_for_theta_names_the_limit() {
    let mut family = String::from(
        "family,person,father,mother,sex,missing,TH01_1,TH01_2\n\
         F1,father,,,male,,,\nF1,mother,,,female,,,\nF1,wife,,,female,,,\n\
         F1,missing,father,mother,male,yes,,\n",
    );
    for number in 0..12 {
        let mother = ["mother", "wife"][number % 2];
        family.push_str(&format!("F1,sibling {number},father,{mother},male,,6,7\n"));
    }
    let folder = folder(&[
        ("frequencies.csv", FREQUENCIES),
        ("families.csv", &family),
        ("bodies.csv", "body,TH01_1,TH01_2\nB1,6,8\n"),
    ]);
    let run = |code, theta| {
        let arguments = ["--family", "families.csv", "--bodies", "bodies.csv"];
        let rest = ["--frequencies", "frequencies.csv", "--theta", theta];
        score(code, folder.path(), &[arguments, rest].concat())
    };
    let said = run(3, "0.01");
    assert!(said.contains("over the limit of 16777216") && said.contains("--theta 0"), "{said}");
    assert!(rows(&run(0, "0"))[0]["lr"].parse::<f64>().unwrap() > 0.0);
    // Twelve full siblings are one couple's children, and those are peeled with theta too.
    fs::write(folder.path().join("families.csv"), family.replace("father,wife", "father,mother"))
        .unwrap();
    assert!(rows(&run(0, "0.01"))[0]["lr"].parse::<f64>().unwrap() > 0.0);
}

#[test]
fn pairs_with_mutation_from_the_command_line_equal_exact_arithmetic() {
    let Some(pairs) = shared("data/dna/pairs_profiles.csv") else { return };
    let Some(frequencies) = shared("data/frequencies/nist1036_Cauc.csv") else { return };
    let expected = fs::read_to_string(pairs.with_file_name("pairs_lr_exact_mutation.csv")).unwrap();
    let expected = rows(&expected.replace('\r', ""));
    let mut compared = 0;
    for (model, more) in [
        ("equal", vec!["equal"]),
        (
            "stepwise",
            vec!["extended-stepwise", "--mutation-range", "0.1", "--mutation-rate2", "0.000001"],
        ),
    ] {
        for convention in ["pruned", "explicit"] {
            let mut arguments =
                vec!["score", "dna", "--pairs", text(&pairs), "--relation", "PO,GP,HS"];
            arguments.extend(["--frequencies", text(&frequencies), "--theta", "0", "--per-locus"]);
            arguments.extend(["--mutation-rate", "0.001", "--untyped-parent", convention]);
            arguments.push("--mutation");
            arguments.extend(&more);
            let said = exits(0, &arguments);
            assert!(said.contains("vWA and D12S391"), "linked loci are warned about");
            let got: HashMap<[String; 2], HashMap<String, String>> = rows(&said)
                .into_iter()
                .map(|row| (["pair", "relation"].map(|name| row[name].clone()), row))
                .collect();
            for row in &expected {
                if row["mutation"] != model || row["other_parent"] != convention {
                    continue;
                }
                let key = ["pair", "relation"].map(|name| row[name].clone());
                for (column, value) in row.iter().filter(|(name, _)| got[&key].contains_key(*name))
                {
                    let (Ok(value), true) = (value.parse::<f64>(), column != "theta") else {
                        continue;
                    };
                    let own: f64 = got[&key][column].parse().unwrap();
                    assert!((own / value - 1.0).abs() < 1e-12, "{key:?} {column}: {own} {value}");
                }
                let total: f64 = row["LR_exact"].parse().unwrap();
                let own: f64 = got[&key]["lr"].parse().unwrap();
                assert!((own / total - 1.0).abs() < 1e-12, "{key:?}: {own} {total}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, expected.len());
}

/// Alleles of a person at eight loci.
const LOCI: [&str; 8] = ["D3S1358", "vWA", "D16S539", "CSF1PO", "TH01", "FGA", "D8S1179", "D21S11"];

/// A wide table of records.
fn wide(id: &str, records: &[(&str, &str)]) -> String {
    let columns = LOCI.map(|locus| format!("{locus}_1,{locus}_2")).join(",");
    let rows: Vec<String> = records
        .iter()
        .map(|(name, alleles)| format!("{name},{}", alleles.replace(' ', ",")))
        .collect();
    format!("{id},{columns}\n{}\n", rows.join("\n"))
}

const BODY: &str = "15 17 16 18 11 12 10 12 6 9.3 21 24 13 14 29 31";
const GRANDMOTHER: &str = "15 16 14 16 11 13 10 11 7 9.3 22 24 10 13 28 31";
const UNCLE: &str = "17 18 17 18 9 12 11 12 6 8 21 23 14 15 29 30";
const WIFE: &str = "14 16 17 19 11 11 11 12 7 9 20 22 12 13 30 32.2";
// A mutation of the missing father at D21S11: 29,31 gives 30.
const CHILD: &str = "15 16 16 17 11 12 12 12 6 7 20 24 13 14 30 32.2";

/// The program's gallery of a family whose pedigree is given, and the same family for `score dna`.
fn family_of_a_pedigree() -> tempfile::TempDir {
    let relatives = [("G", GRANDMOTHER), ("U", UNCLE), ("W", WIFE), ("C", CHILD)];
    let lines = [("G", "grandparent"), ("U", "uncle-aunt"), ("W", "unrelated"), ("C", "child")];
    let families: Vec<String> =
        lines.iter().map(|(id, relation)| format!("F,missing,{id},{relation},true,true")).collect();
    let columns = "family_id,missing_person_id,relative_record_id,relation,consent,case_open";
    let persons = [
        ("missing", "dad", "mum", "male"),
        ("dad", "", "G", "male"),
        ("mum", "grandpa", "grandma", "female"),
        ("grandpa", "", "", "male"),
        ("grandma", "", "", "female"),
        ("G", "", "", "female"),
        ("U", "grandpa", "grandma", "male"),
        ("W", "", "", "female"),
        ("C", "missing", "W", ""),
    ];
    let pedigree: Vec<String> = persons
        .iter()
        .map(|(person, father, mother, sex)| format!("F,{person},{father},{mother},{sex}"))
        .collect();
    let columns_of_loci = LOCI.map(|locus| format!("{locus}_1,{locus}_2")).join(",");
    let scored: Vec<String> = persons
        .iter()
        .map(|(person, father, mother, sex)| {
            let sex = if sex.is_empty() { "female" } else { sex };
            let typed = relatives.iter().find(|(id, _)| id == person);
            let alleles = typed.map_or(",".repeat(15), |(_, alleles)| alleles.replace(' ', ","));
            let missing = if *person == "missing" { "yes" } else { "" };
            format!("F,{person},{father},{mother},{sex},{missing},{alleles}")
        })
        .collect();
    folder(&[
        ("relatives.csv", &wide("record_id", &relatives)),
        ("corpses.csv", &wide("record_id", &[("B", BODY)])),
        ("bodies.csv", &wide("body", &[("B", BODY)])),
        ("families.csv", &format!("{columns}\n{}\n", families.join("\n"))),
        (
            "pedigrees.csv",
            &format!("family_id,person,father,mother,sex\n{}\n", pedigree.join("\n")),
        ),
        (
            "scored.csv",
            &format!(
                "family,person,father,mother,sex,missing,{columns_of_loci}\n{}\n",
                scored.join("\n")
            ),
        ),
        (
            "rates.csv",
            "locus,sex,model,rate,range,rate2\n*,female,extended-stepwise,0.0005,0.1,0.000001\n\
             *,male,extended-stepwise,0.002,0.1,0.000001\n",
        ),
    ])
}

/// The hits of a run over the gallery of `folder`, by search.
fn hits(folder: &Path, out: &str, more: &[&str]) -> HashMap<String, Vec<tanba::column::hit::Hit>> {
    let (gallery, out) = (folder.join("gallery"), folder.join(out));
    let common = ["run", "missing-person", "--gallery", text(&gallery), "--out", text(&out)];
    exits(0, &[&common[..], &["--threshold", "-60", "--device", "cpu"], more].concat());
    let mut found: HashMap<String, Vec<_>> = HashMap::new();
    for hit in tanba::hits::read_hits(&out).unwrap() {
        found.entry(hit.search.clone()).or_default().push(hit);
    }
    found
}

#[test]
fn a_run_takes_the_pedigree_and_the_rates_it_is_given_and_agrees_with_score() {
    let folder = family_of_a_pedigree();
    let file = |name: &str| folder.path().join(name);
    let gallery = file("gallery");
    let import = |index: &str, files: &[&str]| {
        let files: Vec<PathBuf> = files.iter().map(|name| file(name)).collect();
        let mut args = vec!["import", "--gallery", text(&gallery), "--index", index];
        args.extend(files.iter().map(|path| text(path)));
        exits(0, &args)
    };
    import("corpse", &["corpses.csv"]);
    import("relative", &["relatives.csv", "families.csv"]);
    let rates = file("rates.csv");
    let table = ["--mutation-table", text(&rates), "--min-frequency", "5/2N"];
    // Of words alone the sex of the missing person, who has a child, is not known.
    let out = file("words");
    let words = ["run", "missing-person", "--gallery", text(&gallery), "--out", text(&out)];
    let said = exits(1, &[&words[..], &table].concat());
    assert!(said.contains("corpse-pedigree: family F is not searched: D3S1358: mothers"), "{said}");
    let said = import("relative", &["pedigrees.csv"]);
    assert!(said.contains("1 pedigrees are new"), "{said}");
    assert!(import("relative", &["pedigrees.csv"]).contains("imported before"));
    for (number, convention) in ["pruned", "explicit"].into_iter().enumerate() {
        let asked = [&table[..], &["--untyped-parent", convention]].concat();
        let with_prior = [&asked[..], &["--prior", "0.2"]].concat();
        let found = hits(folder.path(), &format!("run-{number}"), &with_prior);
        let hit = &found["missing-person/corpse-pedigree"][0];
        let paths = ["scored.csv", "bodies.csv"].map(file);
        let [family, bodies] = [&paths[0], &paths[1]].map(|path| text(path));
        let scored = ["--family", family, "--bodies", bodies, "--theta", "0.01"];
        let scored = rows(&score(0, folder.path(), &[&scored[..], &asked].concat()));
        let expected: f64 = scored[0]["log10_lr"].parse().unwrap();
        let evidence = hit.dna.as_ref().unwrap();
        assert!((evidence.log10_lr - expected).abs() < 1e-12, "{evidence:?} {expected}");
        assert_eq!((hit.gallery_id.as_str(), evidence.loci_compared), ("C", 8));
        // One body: prior odds times the ratio.
        let odds = 0.25 * 10f64.powf(evidence.log10_lr);
        assert!((hit.posterior.unwrap() / (odds / (1.0 + odds)) - 1.0).abs() < 1e-12, "{hit:?}");
        let rule = format!("pedigree; table rates.csv; untyped parents {convention}");
        assert_eq!(hit.rule, rule);
    }
}

#[test]
fn pairs_of_a_run_mutate_where_a_model_is_named_and_say_so() {
    let folder = family_of_a_pedigree();
    let file = |name: &str| folder.path().join(name);
    let gallery = file("gallery");
    let child = "family_id,missing_person_id,relative_record_id,relation,consent,case_open\n\
                 F,missing,C,child,true,true\n";
    fs::write(file("families.csv"), child).unwrap();
    for (index, files) in
        [("corpse", &["corpses.csv"][..]), ("relative", &["relatives.csv", "families.csv"])]
    {
        let files: Vec<PathBuf> = files.iter().map(|name| file(name)).collect();
        let mut args = vec!["import", "--gallery", text(&gallery), "--index", index];
        args.extend(files.iter().map(|path| text(path)));
        exits(0, &args);
    }
    let plain = hits(folder.path(), "plain", &["--min-frequency", "5/2N"]);
    let of_pairs = |found: &HashMap<String, Vec<tanba::column::hit::Hit>>| {
        found["missing-person/corpse-family"][0].clone()
    };
    assert!(!plain.contains_key("missing-person/corpse-family"), "a mutation excludes the child");
    let model = ["--mutation", "stepwise", "--mutation-rate", "0.001", "--mutation-range", "0.1"];
    let asked = [&model[..], &["--min-frequency", "5/2N"]].concat();
    let hit = of_pairs(&hits(folder.path(), "mutating", &asked));
    assert_eq!(hit.rule, "best-relative; stepwise 0.001 range 0.1; untyped parents pruned");
    let columns = LOCI.map(|locus| format!("{locus}_1,{locus}_2")).join(",");
    let row = |member: &str, alleles: &str| format!("p,{member},{}", alleles.replace(' ', ","));
    let pairs = format!("pair,member,{columns}\n{}\n{}\n", row("a", BODY), row("b", CHILD));
    fs::write(file("pairs.csv"), pairs).unwrap();
    let path = file("pairs.csv");
    let scored = ["--pairs", text(&path), "--relation", "PO", "--theta", "0.01"];
    let scored = rows(&score(0, folder.path(), &[&scored[..], &asked].concat()));
    let expected: f64 = scored[0]["log10_lr"].parse().unwrap();
    let evidence = hit.dna.as_ref().unwrap();
    assert_eq!((hit.gallery_id.as_str(), evidence.relation.as_str()), ("C", "PO"));
    assert!((evidence.log10_lr - expected).abs() < 1e-12, "{evidence:?} {expected}");
    assert_eq!(evidence.loci_excluding, 0);
}
