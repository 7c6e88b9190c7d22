//! Pedigree likelihood ratios against numbers that independent programs computed (shared/data/dna): exact
//! rational arithmetic, Familias, pedprobr, forrel. Skipped, saying so, where the data are absent.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]

mod common;

use std::collections::HashMap;
use std::path::Path;

use common::shared;
use tanba::domain::allele::Allele;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::frequency::{FrequencyTable, MinimumFrequency};
use tanba::domain::likelihood::Population;
use tanba::domain::locus::Locus;
use tanba::domain::mutation::rates::MutationTable;
use tanba::domain::mutation::{Mutation, MutationModel};
use tanba::domain::pedigree::locus_model::LocusModel;
use tanba::domain::pedigree::missing::MissingPersonCase;
use tanba::domain::pedigree::pair::PairPedigree;
use tanba::domain::pedigree::{Pedigree, Person, Sex, UntypedParent};
use tanba::domain::relation::Relation;
use tanba::import::pairs::{Pair, read_pairs};

/// The rows of a reference file, each by column.
fn rows(path: &Path) -> Vec<HashMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap().replace('\r', "");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        header.iter().zip(&row).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn caucasian() -> Option<FrequencyTable> {
    let path = shared("data/frequencies/nist1036_Cauc.csv")?;
    Some(FrequencyTable::from_csv("c", &std::fs::read_to_string(path).unwrap()).unwrap())
}

/// The largest relative difference so far, and where.
#[derive(Debug, Default)]
struct Worst {
    difference: f64,
    place: String,
    count: u32,
    zeros: u32,
}

impl Worst {
    fn compare(&mut self, got: f64, expected: &str, place: &str) {
        let expected: f64 = expected.parse().unwrap();
        self.count += 1;
        if expected == 0.0 {
            assert_eq!(got, 0.0, "{place}: what is excluded is exactly zero");
            self.zeros += 1;
            return;
        }
        let difference = (got / expected - 1.0).abs();
        if difference.is_nan() || difference > self.difference {
            self.difference = difference;
            self.place = place.to_owned();
        }
    }
}

fn mutation(name: &str, rate: f64) -> Mutation {
    match name {
        "none" => Mutation::NONE,
        "equal" => Mutation::new(MutationModel::Equal, rate, None, 0.0).unwrap(),
        "stepwise" => {
            Mutation::new(MutationModel::ExtendedStepwise, rate, Some(0.1), 1e-6).unwrap()
        }
        other => panic!("{other}"),
    }
}

/// Ratios of pairs, per locus typed in both.
struct PairRatios {
    frequencies: FrequencyTable,
    pairs: HashMap<String, Pair>,
}

impl PairRatios {
    fn of(
        &self,
        [pair, model, theta, relation]: [&str; 4],
        convention: UntypedParent,
    ) -> HashMap<String, f64> {
        let table = MutationTable::uniform(mutation(model, 0.001));
        let population = Population {
            frequencies: &self.frequencies,
            theta: theta.parse().unwrap(),
            minimum: MinimumFrequency::UnseenOnly,
        };
        let code = if relation == "ID" { "MZ" } else { relation };
        let pedigree = PairPedigree::new(Relation::from_code(code).unwrap()).unwrap();
        let pair = &self.pairs[pair];
        let mut ratios = HashMap::new();
        for (locus, a) in pair.a.iter() {
            let Some(b) = pair.b.get(locus) else { continue };
            let model = LocusModel::new(&population, locus, [a, b], &table, 0.0).unwrap().unwrap();
            let typed = [a, b].map(|typing| model.pair(typing).unwrap());
            let ratio = pedigree.ratio(&model, typed, convention).unwrap();
            ratios.insert(locus.name().to_owned(), ratio);
        }
        ratios
    }
}

fn pair_ratios() -> Option<PairRatios> {
    let path = shared("data/dna/pairs_profiles.csv")?;
    let pairs = read_pairs(&path).unwrap().into_iter().map(|p| (p.name.clone(), p)).collect();
    Some(PairRatios { frequencies: caucasian()?, pairs })
}

#[test]
fn pairs_with_mutation_equal_exact_arithmetic_under_both_conventions() {
    let Some(data) = pair_ratios() else { return };
    let path = shared("data/dna/pairs_lr_exact_mutation.csv").unwrap();
    let mut worst = Worst::default();
    for row in rows(&path) {
        let convention = match row["other_parent"].as_str() {
            "pruned" => UntypedParent::Pruned,
            "explicit" => UntypedParent::Explicit,
            other => panic!("{other}"),
        };
        let key = ["pair", "mutation", "theta", "relation"].map(|name| row[name].as_str());
        let ratios = data.of(key, convention);
        let place = format!("{key:?} {convention:?}");
        let mut product = 1.0;
        for locus in Locus::core() {
            let ratio = ratios.get(locus.name()).copied().unwrap_or(1.0);
            worst.compare(ratio, &row[locus.name()], &format!("{place} {locus}"));
            product *= ratio;
        }
        worst.compare(product, &row["LR_exact"], &place);
    }
    println!("exact mutation: {worst:?}");
    assert!(worst.count > 50_000 && worst.difference <= 1e-12, "{worst:?}");
}

/// Compares the per-locus file of the peers; a locus that only one of the two has is left out, because
/// pedprobr gives it a ratio of its own there (research/dna.md 3.5).
#[test]
fn pairs_per_locus_equal_the_peers() {
    let Some(data) = pair_ratios() else { return };
    let path = shared("data/dna/pairs_lr_peers_perlocus.csv").unwrap();
    let mut worst: HashMap<(String, String), Worst> = HashMap::new();
    let mut left_out = 0;
    for row in rows(&path) {
        let key = ["pair", "mutation", "theta", "relation"].map(|name| row[name].as_str());
        let ratios = data.of(key, convention_of(&row["peer"], &row["theta"]));
        for locus in Locus::core() {
            match ratios.get(locus.name()) {
                Some(ratio) => {
                    let place = format!("{} {key:?} {locus}", row["peer"]);
                    let worst = worst.entry((row["peer"].clone(), row["mutation"].clone()));
                    worst.or_default().compare(*ratio, &row[locus.name()], &place);
                }
                None => left_out += 1,
            }
        }
    }
    println!("peers per locus: {worst:#?}; {left_out} loci typed in one person left out");
    let values = || worst.values();
    assert!(values().map(|w| w.count).sum::<u32>() > 70_000);
    assert!(
        values().map(|w| w.zeros).sum::<u32>() > 3_000,
        "exclusions are part of the comparison"
    );
    assert!(values().all(|w| w.difference <= 1e-9), "{worst:#?}");
}

/// What the peers do with an untyped other parent. Familias takes it out only with theta 0: with theta above 0
/// its numbers are those of a pedigree in which everybody stays.
fn convention_of(peer: &str, theta: &str) -> UntypedParent {
    let keeps = peer.starts_with("pedprobr") || peer.starts_with("Familias") && theta != "0";
    if keeps { UntypedParent::Explicit } else { UntypedParent::Pruned }
}

#[test]
fn totals_of_pairs_equal_the_peers() {
    let Some(data) = pair_ratios() else { return };
    let path = shared("data/dna/pairs_lr_peers_total.csv").unwrap();
    let mut worst: HashMap<(String, String), Worst> = HashMap::new();
    for row in rows(&path) {
        let key = ["pair", "mutation", "theta", "relation"].map(|name| row[name].as_str());
        let ratio: f64 =
            data.of(key, convention_of(&row["peer"], &row["theta"])).values().product();
        let place = format!("{} {key:?}", row["peer"]);
        // The peers give a locus that only one of the two has a ratio of its own where the typed person is no
        // founder (research/dna.md 3.5); here it says nothing.
        let is_one_sided = row["note"] == "partial" && row["mutation"] != "none";
        if is_one_sided && !["PO", "GP"].contains(&row["relation"].as_str()) {
            continue;
        }
        let key = (row["peer"].clone(), format!("{} {}", row["mutation"], row["relation"]));
        worst.entry(key).or_default().compare(ratio, &row["LR"], &place);
    }
    println!("peers, totals: {worst:#?}");
    assert!(worst.values().map(|w| w.count).sum::<u32>() > 13_000);
    assert!(worst.values().all(|w| w.difference <= 1e-9), "{worst:#?}");
}

/// The pedigree of a design of the missing-person files: the relatives named, and whoever links them.
struct Design {
    persons: Vec<Person>,
}

impl Design {
    fn new(relatives: &[&str]) -> Design {
        let mut design = Design { persons: Vec::new() };
        let has = |names: &[&str]| names.iter().any(|name| relatives.contains(name));
        let paternal = has(&["pgf", "pgm", "uncle_pat"]);
        let maternal = has(&["mgf", "mgm", "uncle_mat", "cousin_mat"]);
        let siblings =
            has(&["father", "mother", "sib", "sib2", "halfsib_pat", "halfsib_mat", "nephew"]);
        let grandparents = |design: &mut Design, side: &str| {
            (
                design.add(&format!("{side}gf"), Sex::Male, [None; 2]),
                design.add(&format!("{side}gm"), Sex::Female, [None; 2]),
            )
        };
        let mut parents = [None; 2];
        if paternal {
            let (gf, gm) = grandparents(&mut design, "p");
            parents[0] = Some(design.add("father", Sex::Male, [Some(gf), Some(gm)]));
            if has(&["uncle_pat"]) {
                design.add("uncle_pat", Sex::Male, [Some(gf), Some(gm)]);
            }
        }
        if maternal {
            let (gf, gm) = grandparents(&mut design, "m");
            parents[1] = Some(design.add("mother", Sex::Female, [Some(gf), Some(gm)]));
            if has(&["uncle_mat", "cousin_mat"]) {
                let uncle = design.add("uncle_mat", Sex::Male, [Some(gf), Some(gm)]);
                if has(&["cousin_mat"]) {
                    design.add("cousin_mat", Sex::Male, [Some(uncle), None]);
                }
            }
        }
        if paternal || maternal || siblings {
            let father = parents[0].unwrap_or_else(|| design.add("father", Sex::Male, [None; 2]));
            let mother = parents[1].unwrap_or_else(|| design.add("mother", Sex::Female, [None; 2]));
            parents = [Some(father), Some(mother)];
        }
        let missing = design.add("MP", Sex::Male, parents);
        for name in ["sib", "sib2"].into_iter().filter(|name| has(&[name])) {
            design.add(name, Sex::Male, parents);
        }
        if has(&["nephew"]) {
            let parent = design.add("parent of the nephew", Sex::Male, parents);
            design.add("nephew", Sex::Male, [Some(parent), None]);
        }
        if has(&["halfsib_pat"]) {
            design.add("halfsib_pat", Sex::Male, [parents[0], None]);
        }
        if has(&["halfsib_mat"]) {
            design.add("halfsib_mat", Sex::Male, [None, parents[1]]);
        }
        let spouse = has(&["spouse"]).then(|| design.add("spouse", Sex::Female, [None; 2]));
        for name in ["child", "child2"].into_iter().filter(|name| has(&[name])) {
            design.add(name, Sex::Male, [Some(missing), spouse]);
        }
        design
    }

    fn add(&mut self, name: &str, sex: Sex, [father, mother]: [Option<usize>; 2]) -> usize {
        self.persons.push(Person { name: name.to_owned(), sex, father, mother });
        self.persons.len() - 1
    }

    /// The case with the profiles of the file's rows; its body is the row POI.
    fn case(
        self,
        profiles: &HashMap<String, Profile>,
        convention: UntypedParent,
    ) -> MissingPersonCase {
        let missing = self.persons.iter().position(|p| p.name == "MP").unwrap();
        let typed = self.persons.iter().map(|p| profiles.get(&p.name).cloned()).collect();
        let pedigree = Pedigree::new(self.persons).unwrap();
        MissingPersonCase::new(pedigree, missing, typed, convention).unwrap()
    }
}

/// A case's design and the profile of every person.
type Case = (String, HashMap<String, Profile>);

/// The cases by name.
fn missing_cases() -> Option<HashMap<String, Case>> {
    let path = shared("data/dna/missing_cases_profiles.csv")?;
    let mut cases: HashMap<String, Case> = HashMap::new();
    for row in rows(&path) {
        let profile = Locus::core()
            .map(|locus| {
                let alleles: Vec<Allele> = [1, 2]
                    .map(|n| Allele::parse(&row[&format!("{locus}_{n}")]).unwrap().unwrap())
                    .to_vec();
                (locus, Typing::new(&alleles).unwrap())
            })
            .collect();
        let case = cases.entry(row["case"].clone()).or_default();
        case.0.clone_from(&row["design"]);
        case.1.insert(row["person"].clone(), profile);
    }
    Some(cases)
}

/// Compares a file of missing-person ratios, totals and loci; returns the comparison of totals and of loci.
fn compare_missing(file: &str, convention: UntypedParent) -> Option<[Worst; 2]> {
    let (cases, frequencies) = (missing_cases()?, caucasian()?);
    let path = shared(file)?;
    let (mut totals, mut loci) = (Worst::default(), Worst::default());
    for row in rows(&path) {
        let (design, profiles) = &cases[&row["case"]];
        let words: Vec<&str> = profiles.keys().map(String::as_str).collect();
        let case = Design::new(&words).case(profiles, convention);
        let body = &profiles["POI"];
        let mut table = MutationTable::default();
        for (sex, rate) in [(Sex::Female, 0.0005), (Sex::Male, 0.002)] {
            let rate = if row["mutation"] == "equal" { 0.001 } else { rate };
            assert!(table.insert(None, sex, mutation(&row["mutation"], rate)));
        }
        let population = Population {
            frequencies: &frequencies,
            theta: row.get("theta").map_or(0.0, |theta| theta.parse().unwrap()),
            minimum: MinimumFrequency::UnseenOnly,
        };
        let mut product = 1.0;
        for (locus, typing) in body.iter() {
            let typings = case.typings(locus).map(|(_, typing)| typing).chain([typing]);
            let model = LocusModel::new(&population, locus, typings, &table, 0.0).unwrap().unwrap();
            let place = format!("{} {design} {} {locus}", row["case"], row["mutation"]);
            let ratio = case.ratio(&model, model.pair(typing).unwrap()).unwrap();
            if population.theta == 0.0 && row["case"].ends_with('1') {
                let all = case.genotype_ratios(&model).unwrap();
                let looked_up = all.get(typing).unwrap();
                assert!((looked_up - ratio).abs() <= 1e-13 * ratio, "{place}: {looked_up} {ratio}");
            }
            loci.compare(ratio, &row[locus.name()], &place);
            product *= ratio;
        }
        totals.compare(
            product,
            &row["LR"],
            &format!("{} {design} {}", row["case"], row["mutation"]),
        );
    }
    println!("{file}: totals {totals:?}, loci {loci:?}");
    Some([totals, loci])
}

#[test]
fn missing_persons_equal_forrel_with_and_without_mutation() {
    let Some(worst) = compare_missing("data/dna/missing_lr_forrel.csv", UntypedParent::Explicit)
    else {
        return;
    };
    assert!(worst[0].count > 100 && worst.iter().all(|w| w.difference <= 1e-9), "{worst:?}");
}

#[test]
fn missing_persons_equal_familias_with_and_without_theta() {
    let Some(worst) = compare_missing("data/dna/missing_lr_familias.csv", UntypedParent::Pruned)
    else {
        return;
    };
    assert!(worst[0].count > 70 && worst.iter().all(|w| w.difference <= 1e-9), "{worst:?}");
}
