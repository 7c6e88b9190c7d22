//! The help of every verb: each example runs, on files of the demo registry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::{assert_exit, demo, root, shell};

/// Verbs, with and without verbs below them, as words: `["gallery", "info"]`.
pub(super) fn verbs(above: &[String]) -> Vec<Vec<String>> {
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

pub(super) fn help(verb: &[String]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tanba")).args(verb).arg("--help").output().unwrap();
    assert!(output.status.success(), "{verb:?} has no help");
    String::from_utf8(output.stdout).unwrap()
}

/// The command lines under `Example:` or `Examples:`; a line that help wrapped is one again.
pub(super) fn examples(help: &str) -> Vec<String> {
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
pub(super) fn prepare(verb: &str, folder: &Path) {
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
        "finish" => {
            copy(&demo().join("gallery"), &folder.join("registry"));
            let part = "tanba run dedup --gallery registry --out in-parts --part 1/1";
            assert_exit(part, &shell(part, folder), &[0]);
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
        "report" => {
            put("gallery", "registry");
            put("registry", "synthetic");
            put("night", "night-1");
            put("night", "night-2");
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
            put("night", "night");
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

/// The gallery, runs and files that command lines of pages begin with, in `folder`.
pub(super) fn prepare_page(folder: &Path) {
    // The search last: it imports into the gallery that the others copy.
    for verb in ["gallery", "hits", "report", "score", "import", "keys", "search"] {
        prepare(verb, folder);
    }
    let national = root().join("datasets/rules/national-sample.toml");
    copy(&national, &folder.join("national.toml"));
    // Records that have a hit, so that a search finds something.
    let hits = tanba::hits::read_hits(&demo().join("night")).unwrap();
    for (file, search, table) in [
        ("stain.csv", "cold-case/trace-convict", "traces.csv"),
        ("body.csv", "missing-person/corpse-family", "corpses.csv"),
    ] {
        let id = &hits.iter().find(|hit| hit.search == search).unwrap().probe_id;
        let text = fs::read_to_string(demo().join("registry").join(table)).unwrap();
        let (header, row) = (text.lines().next(), text.lines().find(|row| row.starts_with(id)));
        fs::write(folder.join(file), format!("{}\n{}\n", header.unwrap(), row.unwrap())).unwrap();
    }
    let stain = fs::read_to_string(folder.join("stain.csv")).unwrap();
    let id = stain.lines().nth(1).unwrap().split(',').next().unwrap();
    fs::write(folder.join("new-traces.csv"), stain.replacen(id, "T999999", 1)).unwrap();
}

/// Asserts that the verb of a command line has its flags; how many there are.
pub(super) fn flags_exist(page: &str, command: &str) -> usize {
    let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let words: Vec<String> = command
        .split_whitespace()
        .skip_while(|word| word.starts_with('-'))
        .take_while(|word| is_word(word) && !word.starts_with('-'))
        .take(2)
        .map(str::to_owned)
        .collect();
    static KNOWN: OnceLock<Vec<Vec<String>>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| verbs(&[]));
    let verb =
        (0..=words.len()).rev().map(|n| &words[..n]).find(|verb| known.contains(&verb.to_vec()));
    let is_of_cluster =
        !cfg!(feature = "distributed") && words.first().is_some_and(|w| w == "cluster");
    let Some(verb) = verb.filter(|_| !is_of_cluster) else {
        assert!(
            is_of_cluster || words.is_empty() || command.trim_start().starts_with('-'),
            "{page}: no verb {words:?}: {command}"
        );
        return 0;
    };
    let help = help(verb);
    let flags = command.split_whitespace().filter(|word| word.starts_with("--"));
    let flags = flags.map(|word| word.split(['=', ',', '.', ')', ']']).next().unwrap());
    let mut count = 0;
    // Flags of the feature `distributed`, which the ordinary build does not have.
    let of_cluster = |flag: &&str| *flag == "--cluster" || flag.starts_with("--tls-");
    for flag in flags.filter(|flag| cfg!(feature = "distributed") || !of_cluster(flag)) {
        assert!(help.contains(flag), "{page}: {verb:?} has no flag {flag}: tanba {command}");
        count += 1;
    }
    count
}

#[test]
fn every_example_in_the_help_of_every_verb_runs() {
    let mut covered = BTreeSet::new();
    // Those of a cluster run until they are stopped: tests/cluster.rs has them.
    for verb in verbs(&[]).into_iter().filter(|verb| verb[0] != "cluster") {
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
        "explain",
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
        "why-not",
    ] {
        assert!(covered.contains(verb), "{verb} shows no example");
    }
}
