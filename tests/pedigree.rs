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
