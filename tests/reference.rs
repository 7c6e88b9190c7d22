//! Agreement with numbers that independent programs computed (shared/data/dna): DNAtools' match
//! matrix, an independent stringency count, likelihood ratios by exact rational arithmetic, match
//! probabilities by DNAprofiles, mixtures by EuroForMix, DNAtools'
//! expected match matrix. Skipped, saying so, where the data are absent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::shared;
use tanba::domain::allele::Allele;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::frequency::{FrequencyTable, MinimumFrequency};
use tanba::domain::likelihood::Population;
use tanba::domain::locus::Locus;
use tanba::domain::mixture::{Contributor, Evidence, MixtureCase};
use tanba::domain::rarity::{Formula, match_probability};
use tanba::import::pairs::read_pairs;

fn tanba(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tanba")).args(args).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A gallery of one file of convicts, in a fresh folder.
fn gallery_of(file: &Path, folder: &tempfile::TempDir) -> PathBuf {
    let gallery = folder.path().join("gallery");
    succeeded(&tanba(&["import", "--gallery", text(&gallery), "--index", "convict", text(file)]));
    gallery
}

fn unix_lines(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap().replace('\r', "")
}

#[test]
fn the_match_matrix_equals_dnatools_cell_for_cell() {
    let Some(profiles) = shared("data/dna/db2000_profiles.csv") else { return };
    let expected = unix_lines(&profiles.with_file_name("db2000_dbcompare_matrix.csv"));
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery_of(&profiles, &folder);
    assert_eq!(succeeded(&tanba(&["gallery", "matrix", text(&gallery)])), expected);
}

#[test]
fn the_stringency_histogram_of_partial_profiles_equals_the_independent_count() {
    let Some(profiles) = shared("data/dna/db2000_partial_profiles.csv") else { return };
    let expected = unix_lines(&profiles.with_file_name("db2000_partial_stringency_hist.csv"));
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery_of(&profiles, &folder);
    let out = folder.path().join("histogram.csv");
    succeeded(&tanba(&["gallery", "matrix", text(&gallery), "--stringency", "--out", text(&out)]));
    assert_eq!(std::fs::read_to_string(out).unwrap(), expected);
}

#[test]
fn deduplication_finds_every_planted_identical_pair_and_nothing_else() {
    let Some(profiles) = shared("data/dna/db2000_profiles.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery_of(&profiles, &folder);
    let out = folder.path().join("dedup");
    succeeded(&tanba(&["run", "dedup", "--gallery", text(&gallery), "--out", text(&out)]));
    let mut found: Vec<(String, String)> = tanba::hits::read_hits(&out)
        .unwrap()
        .into_iter()
        .map(|hit| (hit.probe_id, hit.gallery_id))
        .collect();
    found.sort();
    let mut planted = Vec::new();
    let mut reader = csv::Reader::from_path(&profiles).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        if let Some(partner) = row[1].strip_prefix("MZ:") {
            let partner = format!("D{:04}", partner.parse::<u32>().unwrap());
            let own = row[0].to_owned();
            planted.push(if own < partner { (own, partner) } else { (partner, own) });
        }
    }
    planted.sort();
    planted.dedup();
    assert_eq!(planted.len(), 10, "the file plants ten identical pairs");
    assert_eq!(found, planted);
}

/// Relative difference of two numbers in text; zero must be exactly zero on both sides.
fn difference(got: &str, expected: &str) -> f64 {
    let (got_value, expected_value): (f64, f64) = (got.parse().unwrap(), expected.parse().unwrap());
    if expected_value == 0.0 {
        assert_eq!(got, "0", "an excluded locus or pair is exactly zero");
        return 0.0;
    }
    (got_value / expected_value - 1.0).abs()
}

/// The rows of a CSV text by pair, theta and relation.
fn rows_by_key(text: &str) -> HashMap<[String; 3], HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| {
            let row: HashMap<String, String> =
                header.iter().zip(&row.unwrap()).map(|(k, v)| (k.into(), v.into())).collect();
            (["pair", "theta", "relation"].map(|k| row[k].clone()), row)
        })
        .collect()
}

#[test]
fn likelihood_ratios_equal_exact_arithmetic_to_a_relative_1e_12() {
    let Some(pairs) = shared("data/dna/pairs_profiles.csv") else { return };
    let Some(frequencies) = shared("data/frequencies/nist1036_Cauc.csv") else { return };
    let totals = rows_by_key(&unix_lines(&pairs.with_file_name("pairs_lr_exact_total.csv")));
    let loci = rows_by_key(&unix_lines(&pairs.with_file_name("pairs_lr_exact_perlocus.csv")));
    let mut compared = 0;
    let mut zeros = 0;
    for theta in ["0", "0.01", "0.03"] {
        let scored = succeeded(&tanba(&[
            "score",
            "dna",
            "--pairs",
            text(&pairs),
            "--frequencies",
            text(&frequencies),
            "--theta",
            theta,
            "--relation",
            "all",
            "--per-locus",
        ]));
        for (key, row) in rows_by_key(&scored) {
            let Some(total) = totals.get(&key) else { continue };
            let worst = difference(&row["lr"], &total["LR_exact_25digits"]);
            assert!(worst <= 1e-12, "{key:?}: {worst}");
            zeros += u32::from(row["lr"] == "0");
            for (locus, expected) in &loci[&key] {
                if !["pair", "theta", "relation"].contains(&locus.as_str()) {
                    let worst = difference(&row[locus], expected);
                    assert!(worst <= 1e-12, "{key:?} {locus}: {worst}");
                }
            }
            compared += 1;
        }
    }
    assert_eq!(compared, totals.len());
    assert!(zeros > 900, "exclusions are part of the comparison: {zeros}");
}

#[test]
fn match_probabilities_equal_dnaprofiles_under_both_formulas() {
    let Some(pairs) = shared("data/dna/pairs_profiles.csv") else { return };
    let Some(frequencies) = shared("data/frequencies/nist1036_Cauc.csv") else { return };
    let table =
        FrequencyTable::from_csv("c", &std::fs::read_to_string(frequencies).unwrap()).unwrap();
    let profiles: HashMap<String, _> =
        read_pairs(&pairs).unwrap().into_iter().map(|p| (p.name.clone(), p)).collect();
    let mut reader = csv::Reader::from_path(pairs.with_file_name("rmp_dnaprofiles.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut compared = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let pair = &profiles[&row[0]];
        let profile = if &row[1] == "A" { &pair.a } else { &pair.b };
        let formula = if &row[3] == "cmp" { Formula::Nrc410 } else { Formula::Nrc44 };
        let population = Population {
            frequencies: &table,
            theta: row[2].parse().unwrap(),
            minimum: MinimumFrequency::UnseenOnly,
        };
        let mut product = 1.0;
        for (locus, typing) in profile.iter() {
            let genotype = population.genotype(locus, typing).unwrap();
            let got = match_probability(&genotype, population.theta, formula);
            let column = header.iter().position(|name| name == locus.name()).unwrap();
            let expected: f64 = row[column].parse().unwrap();
            assert!((got / expected - 1.0).abs() < 1e-12, "{row:?} {locus}");
            product *= got;
        }
        let total: f64 = row[4].parse().unwrap();
        assert!((product / total - 1.0).abs() < 1e-12, "{row:?}");
        compared += 1;
    }
    assert!(compared > 2_000, "{compared}");
}

/// A trace and the two persons typed in its case: the person of interest, then the other.
#[derive(Default)]
struct Mixture {
    evidence: Evidence,
    persons: [Profile; 2],
}

/// The simulated mixtures, by case.
fn mixtures(evidence: &Path) -> HashMap<String, Mixture> {
    let alleles = |text: &str| -> Vec<Allele> {
        text.split('/').filter_map(|call| Allele::parse(call).unwrap()).collect()
    };
    let mut cases: HashMap<String, Mixture> = HashMap::new();
    for row in csv::Reader::from_path(evidence).unwrap().records() {
        let row = row.unwrap();
        let case = cases.entry(row[0].to_owned()).or_default();
        case.evidence.add(Locus::parse(&row[1]).unwrap(), alleles(&row[2])).unwrap();
    }
    let profiles = evidence.with_file_name("mix20_profiles.csv");
    for row in csv::Reader::from_path(profiles).unwrap().records() {
        let row = row.unwrap();
        let person = usize::from(&row[3] == "V");
        let genotype = alleles(&format!("{}/{}", &row[5], &row[6]));
        cases.get_mut(&row[0]).unwrap().persons[person]
            .insert(Locus::parse(&row[4]).unwrap(), Typing::new(&genotype).unwrap());
    }
    cases
}

#[test]
fn mixtures_equal_the_qualitative_model_of_euroformix() {
    let Some(evidence) = shared("data/dna/mix20_evidence.csv") else { return };
    let Some(frequencies) = shared("data/frequencies/nist1036_Cauc.csv") else { return };
    let table =
        FrequencyTable::from_csv("c", &std::fs::read_to_string(frequencies).unwrap()).unwrap();
    let cases = mixtures(&evidence);
    let file = evidence.with_file_name("mix20_lr_euroformix_qual.csv");
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header = reader.headers().unwrap().clone();
    let (mut compared, mut worst) = (0, 0.0_f64);
    for row in reader.records() {
        let row = row.unwrap();
        let number = |column: usize| row[column].parse::<f64>().unwrap();
        let case = &cases[&row[0]];
        let contributor = |person| Contributor { person, drop_out: number(4) };
        // The person of interest S with the known V, or with an unknown person and V not in the case.
        let (other, persons) = match &row[1] {
            "V+S_vs_V+U" => (contributor(Some(1)), &case.persons[..]),
            "S+U_vs_U+U" => (contributor(None), &case.persons[..1]),
            kind => panic!("{kind}"),
        };
        let prosecution = [contributor(Some(0)), other];
        let defence = [contributor(None), other];
        let model = MixtureCase::new(&case.evidence, persons, &prosecution, &defence).unwrap();
        let minimum = MinimumFrequency::UnseenOnly;
        let population = Population { frequencies: &table, theta: number(3), minimum };
        let mut product = 1.0;
        for likelihoods in model.likelihoods(&population, number(5)).unwrap() {
            let column = header.iter().position(|name| name == likelihoods.locus.name()).unwrap();
            let ratio = likelihoods.ratio().unwrap();
            worst = worst.max((ratio / number(column) - 1.0).abs());
            product *= ratio;
            compared += 1;
        }
        worst = worst.max((product / number(6) - 1.0).abs());
    }
    assert!(compared >= 42 * 23, "{compared}");
    assert!(worst < 1e-12, "{worst}");
}

/// A profile file of `rows`: record, locus, alleles.
fn long_table(path: &Path, rows: impl IntoIterator<Item = (&'static str, Locus, Vec<Allele>)>) {
    let mut text = "SampleName,Marker,Allele1,Allele2,Allele3,Allele4,Allele5\n".to_owned();
    for (record, locus, alleles) in rows {
        let mut cells: Vec<String> = alleles.iter().map(Allele::to_string).collect();
        cells.resize(5, String::new());
        text += &format!("{record},{locus},{}\n", cells.join(","));
    }
    std::fs::write(path, text).unwrap();
}

#[test]
fn tanba_score_mixture_gives_the_ratios_of_euroformix_for_the_case_a_person_would_ask() {
    let Some(evidence) = shared("data/dna/mix20_evidence.csv") else { return };
    let Some(frequencies) = shared("data/frequencies/nist1036_Cauc.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (trace, persons) = (folder.path().join("trace.csv"), folder.path().join("persons.csv"));
    let cases = mixtures(&evidence);
    let expected = std::fs::read_to_string(evidence.with_file_name("mix20_lr_euroformix_qual.csv"));
    let expected = expected.unwrap();
    for (name, other) in [("X01", ["--known", "V"]), ("X11", ["--unknown", "1"])] {
        let case = &cases[name];
        let seen = case.evidence.iter().map(|(locus, replicates)| {
            ("trace", locus, replicates.iter().flatten().copied().collect())
        });
        long_table(&trace, seen);
        let typed = ["S", "V"].into_iter().zip(&case.persons).flat_map(|(name, profile)| {
            profile.iter().map(move |(locus, typing)| (name, locus, typing.alleles().to_vec()))
        });
        long_table(&persons, typed);
        let scored = succeeded(&tanba(
            &[
                &["score", "mixture", "--evidence", text(&trace), "--profiles", text(&persons)][..],
                &["--suspect", "S", "--drop-out", "0.1", "--drop-in", "0.05", "--theta", "0.01"],
                &["--frequencies", text(&frequencies)],
                &other,
            ]
            .concat(),
        ));
        let mut reader = csv::Reader::from_reader(expected.as_bytes());
        let header = reader.headers().unwrap().clone();
        let row = reader.records().map(|row| row.unwrap());
        let row = row.into_iter().find(|row| &row[0] == name && &row[3] == "0.01").unwrap();
        let mut compared = 0;
        for line in csv::Reader::from_reader(scored.as_bytes()).records() {
            let line = line.unwrap();
            let column = if &line[7] == "total" { "LR" } else { &line[7] };
            let column = header.iter().position(|name| name == column).unwrap();
            assert!(difference(&line[11], &row[column]) < 1e-12, "{line:?}");
            compared += 1;
        }
        assert_eq!(compared, 24, "{name}: 23 loci and the total");
    }
}

#[test]
fn the_expected_match_matrix_equals_dnatools_beside_the_one_counted() {
    let Some(profiles) = shared("data/dna/db2000_profiles.csv") else { return };
    let Some(frequencies) = shared("data/frequencies/nist1036_Cauc.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery_of(&profiles, &folder);
    let table = |name: &str| -> Vec<Vec<String>> {
        let lines = unix_lines(&profiles.with_file_name(name));
        let rows = lines.lines().skip(1).map(|line| line.split(',').skip(1));
        rows.map(|row| row.map(str::to_owned).collect()).collect()
    };
    let counted = table("db2000_dbcompare_matrix.csv");
    for theta in ["0", "0.01", "0.03"] {
        let expected = table(&format!("db2000_dbexpect_theta{theta}.csv"));
        let said = succeeded(&tanba(&[
            "gallery",
            "expected",
            text(&gallery),
            "--frequencies",
            text(&frequencies),
            "--theta",
            theta,
        ]));
        let mut cells = 0;
        for row in csv::Reader::from_reader(said.as_bytes()).records() {
            let row = row.unwrap();
            let [full, partial]: [usize; 2] = [0, 1].map(|column| row[column].parse().unwrap());
            assert_eq!(row[2], counted[full][partial], "{row:?}");
            let worst = difference(&row[3], &expected[full][partial]);
            assert!(worst < 1e-12, "theta {theta}: {row:?} {worst}");
            cells += 1;
        }
        assert_eq!(cells, 24 * 25 / 2);
    }
}

#[test]
fn matches_by_loci_compared_stand_beside_those_of_the_independent_stringency_count() {
    let Some(profiles) = shared("data/dna/db2000_partial_profiles.csv") else { return };
    let counted = profiles.with_file_name("db2000_partial_stringency_hist.csv");
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery_of(&profiles, &folder);
    let relatives = ["--relatives", "MZ=10,PO=25,FS=25,HS=10", "--theta", "0"];
    let asked = [&["gallery", "expected", text(&gallery), "--by-loci"][..], &relatives].concat();
    let said = succeeded(&tanba(&asked));
    // By (loci, full): pairs in the independent count that share an allele at every locus compared.
    let mut sums: HashMap<(usize, usize), u64> = HashMap::new();
    let mut pairs: HashMap<usize, u64> = HashMap::new();
    for row in csv::Reader::from_path(counted).unwrap().records() {
        let row: Vec<usize> = row.unwrap().iter().map(|cell| cell.parse().unwrap()).collect();
        let [compared, high, _, low, count] = row[..] else { panic!("{row:?}") };
        *pairs.entry(compared).or_default() += count as u64;
        if low == compared {
            *sums.entry((compared, high)).or_default() += count as u64;
        }
    }
    let (mut full_expected, mut full_counted) = (0.0, 0.0);
    for row in csv::Reader::from_reader(said.as_bytes()).records() {
        let row = row.unwrap();
        let [loci, of_loci, full, near]: [usize; 4] =
            [0, 1, 2, 4].map(|column| row[column].parse().unwrap());
        let counted = |high| sums.get(&(loci, high)).copied().unwrap_or(0) as usize;
        assert_eq!(of_loci as u64, pairs[&loci], "{row:?}");
        assert_eq!([full, near], [counted(loci), counted(loci - 1)], "{row:?}");
        full_expected += row[3].parse::<f64>().unwrap();
        full_counted += full as f64;
    }
    // Most by chance, at one or two loci in common; four standard deviations of a Poisson count.
    let deviations = (full_counted - full_expected) / f64::sqrt(full_expected);
    assert!(deviations.abs() < 4.0, "{full_counted} {full_expected}");
}

/// A rule set for the independent count: every locus at `stringency`, as TOML.
fn counting_rules(
    stringency: &str,
    least_loci: u32,
    most_failing: u32,
    least_agreeing: &str,
) -> String {
    format!(
        "name = \"count\"\nversion = 1\nsource = \"an independent count\"\nclasses = \"stringency\"\n\
         least_loci = {least_loci}\nmost_failing = {most_failing}\n\
         [stringency]\npersons = \"{stringency}\"\ntraces = \"{stringency}\"\n\
         [least_agreeing]\n{least_agreeing}\n"
    )
}

#[test]
fn rule_sets_find_the_pairs_of_the_independent_stringency_count_and_no_other() {
    let Some(profiles) = shared("data/dna/db2000_partial_profiles.csv") else { return };
    let rows = |name: &str| -> Vec<csv::StringRecord> {
        let path = profiles.with_file_name(name);
        csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
    };
    let number = |cell: &str| cell.parse::<u32>().unwrap();
    let histogram = rows("db2000_partial_stringency_hist.csv");
    let listed: HashMap<(String, String), [u32; 4]> = rows("db2000_partial_stringency_hits.csv")
        .iter()
        .map(|row| {
            let counts = [2, 3, 4, 5].map(|column| number(&row[column]));
            ((row[0].to_owned(), row[1].to_owned()), counts)
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let gallery = gallery_of(&profiles, &folder);
    let mut seen = 0;
    for (place, (stringency, least_loci, most_failing, least_high)) in [
        ("high", 6, 0, 0),
        ("high", 6, 1, 0),
        ("moderate", 6, 0, 0),
        ("moderate", 6, 1, 0),
        ("low", 6, 0, 0),
        ("low", 8, 1, 0),
        ("low", 8, 1, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let file = folder.path().join(format!("{place}.toml"));
        let rules =
            counting_rules(stringency, least_loci, most_failing, &format!("high = {least_high}"));
        std::fs::write(&file, rules).unwrap();
        let out = folder.path().join(place.to_string());
        let run = ["run", "dedup", "--gallery", text(&gallery), "--out", text(&out)];
        let rule = ["--rules", text(&file), "--threshold", "-1000"];
        succeeded(&tanba(&[&run[..], &rule].concat()));
        let hits = tanba::hits::read_hits(&out).unwrap();
        let expected: u32 = histogram
            .iter()
            .filter(|row| {
                let [compared, high, moderate, low] =
                    [0, 1, 2, 3].map(|column| number(&row[column]));
                let agreeing = match stringency {
                    "high" => high,
                    "moderate" => moderate,
                    _ => low,
                };
                compared >= least_loci && compared - agreeing <= most_failing && high >= least_high
            })
            .map(|row| number(&row[4]))
            .sum();
        assert_eq!(hits.len() as u32, expected, "{stringency} {least_loci} {most_failing}");
        for hit in &hits {
            let evidence = hit.dna.as_ref().unwrap();
            let Some([compared, high, moderate, low]) =
                listed.get(&(hit.probe_id.clone(), hit.gallery_id.clone()))
            else {
                continue;
            };
            seen += 1;
            let partial = evidence.loci_partial;
            assert_eq!([evidence.loci_compared, evidence.loci_full], [*compared, *high]);
            assert_eq!(evidence.loci_full + partial, *low);
            let class = match evidence.loci_compared {
                all if all == *high => "codis-high",
                all if all == *moderate => "codis-moderate",
                all if all == *low => "codis-low",
                _ => "codis-mismatch",
            };
            assert_eq!(evidence.rule_class.as_deref(), Some(class));
        }
    }
    assert!(seen > 200, "{seen} pairs of the list were compared");
}
