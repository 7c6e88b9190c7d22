//! Pedigree likelihood ratios against brute force in exact rational numbers, over random small families:
//! every genotype of every person is enumerated, founder alleles are drawn one after the other, and nothing
//! is shared with the program but the statement of the model.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it compared"
)]

use num_bigint::BigInt;
use num_rational::BigRational;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tanba::domain::allele::Allele;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::frequency::{FrequencyTable, MinimumFrequency};
use tanba::domain::likelihood::Population;
use tanba::domain::locus::Locus;
use tanba::domain::mutation::rates::MutationTable;
use tanba::domain::mutation::{Mutation, MutationModel};
use tanba::domain::pedigree::locus_model::LocusModel;
use tanba::domain::pedigree::missing::MissingPersonCase;
use tanba::domain::pedigree::{Pedigree, PedigreeError, Person, Sex, UntypedParent};

/// Families to compare at least.
const CASES: usize = 12_000;

/// A whole number of hundredths.
fn hundredths(number: u32) -> BigRational {
    ratio(i64::from(number), 100)
}

fn ratio(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

/// A random family with everything that enters its likelihood.
#[derive(Debug, Clone)]
struct Family {
    /// Repeats in tenths, ascending.
    alleles: Vec<u16>,
    /// Twentieths, of each allele.
    frequencies: Vec<u32>,
    silent_hundredths: u32,
    theta_hundredths: u32,
    model: MutationModel,
    /// Hundredths: of mothers, of fathers.
    rates: [u32; 2],
    /// Tenths.
    range: u32,
    rate2_hundredths: u32,
    convention: UntypedParent,
    persons: Vec<Person>,
    missing: usize,
    /// Allele numbers.
    typed: Vec<Option<[usize; 2]>>,
    body: [usize; 2],
}

fn random_persons(random: &mut ChaCha8Rng) -> Vec<Person> {
    let mut persons: Vec<Person> = Vec::new();
    for number in 0..random.random_range(2..=5) {
        let mut parent = |sex: Sex, chance: f64| {
            let those: Vec<usize> = (0..persons.len()).filter(|p| persons[*p].sex == sex).collect();
            let is_known = !those.is_empty() && random.random_bool(chance);
            is_known.then(|| those[random.random_range(0..those.len())])
        };
        let father = parent(Sex::Male, 0.7);
        let mother = parent(Sex::Female, 0.7);
        let sex = Sex::ALL[random.random_range(0..2)];
        persons.push(Person { name: format!("person {number}"), sex, father, mother });
    }
    persons
}

/// Genotypes as they come from passing alleles on, now and then another allele instead.
fn random_genotypes(
    persons: &[Person],
    alleles: usize,
    random: &mut ChaCha8Rng,
) -> Vec<[usize; 2]> {
    let mut genotypes: Vec<[usize; 2]> = Vec::new();
    for person in persons {
        let mut genotype = [person.father, person.mother].map(|parent| match parent {
            Some(parent) if random.random_bool(0.9) => genotypes[parent][random.random_range(0..2)],
            _ => random.random_range(0..alleles),
        });
        genotype.sort_unstable();
        genotypes.push(genotype);
    }
    genotypes
}

fn random_family(random: &mut ChaCha8Rng) -> Family {
    let mut alleles = vec![60, 70, 80, 93, 103];
    while alleles.len() > 4 || alleles.len() > 2 && random.random_bool(0.5) {
        alleles.remove(random.random_range(0..alleles.len()));
    }
    let mut frequencies = vec![1; alleles.len()];
    for _ in alleles.len()..20 {
        frequencies[random.random_range(0..alleles.len())] += 1;
    }
    let model = MutationModel::ALL[random.random_range(0..8)];
    let persons = random_persons(random);
    let genotypes = random_genotypes(&persons, alleles.len(), random);
    let missing = random.random_range(0..persons.len());
    let typed = (0..persons.len())
        .map(|place| (place != missing && random.random_bool(0.7)).then_some(genotypes[place]))
        .collect();
    Family {
        frequencies,
        silent_hundredths: if random.random_bool(0.3) { random.random_range(1..=5) } else { 0 },
        theta_hundredths: if random.random_bool(0.5) { random.random_range(1..=10) } else { 0 },
        model,
        rates: [random.random_range(1..=6), random.random_range(1..=6)],
        range: random.random_range(1..=10),
        rate2_hundredths: random.random_range(1..=3),
        convention: [UntypedParent::Pruned, UntypedParent::Explicit][random.random_range(0..2)],
        missing,
        typed,
        body: genotypes[missing],
        persons,
        alleles,
    }
}

/// What the oracle knows of one locus: everything as fractions.
struct Oracle {
    frequencies: Vec<BigRational>,
    theta: BigRational,
    /// Of mothers, of fathers.
    matrices: [Vec<Vec<BigRational>>; 2],
    has_silent: bool,
}

/// A person of the enumeration; `None` is an allele of the population.
#[derive(Debug, Clone)]
struct Node {
    is_male: bool,
    parents: [Option<usize>; 2],
    typed: Option<[usize; 2]>,
}

/// The transmission matrix of a model, written out from its definition.
fn matrix(family: &Family, rate: &BigRational, p: &[BigRational]) -> Vec<Vec<BigRational>> {
    use MutationModel as M;
    let n = p.len();
    let zero = ratio(0, 1);
    let one = ratio(1, 1);
    let mut m = vec![vec![zero.clone(); n]; n];
    let range = ratio(i64::from(family.range), 10);
    let rate2 = hundredths(family.rate2_hundredths);
    let is_extended = matches!(family.model, M::ExtendedStepwise | M::StationaryExtendedStepwise);
    let heterozygosity: BigRational = p.iter().map(|p| p * (&one - p)).sum();
    for (i, row) in m.iter_mut().enumerate() {
        let class = |j: usize| family.alleles[j] % 10 == family.alleles[i] % 10;
        let weight =
            |j: usize| range.pow(i32::from(family.alleles[j].abs_diff(family.alleles[i]) / 10));
        let sum: BigRational = (0..n).filter(|j| *j != i && class(*j)).map(weight).sum();
        let beside = (0..n).filter(|j| !class(*j)).count() as i64;
        for j in (0..n).filter(|j| *j != i) {
            row[j] = match family.model {
                M::None => zero.clone(),
                M::Equal | M::StationaryEqual => rate / ratio(n as i64 - 1, 1),
                M::Proportional => rate * &p[j] / &heterozygosity,
                _ if class(j) => rate * weight(j) / &sum,
                _ if is_extended => &rate2 / ratio(beside, 1),
                _ => zero.clone(),
            };
        }
    }
    if matches!(
        family.model,
        M::StationaryEqual | M::StationaryStepwise | M::StationaryExtendedStepwise
    ) {
        let plain = m.clone();
        for i in 0..n {
            for j in 0..n {
                let flow = &p[i] * &plain[i][j] + &p[j] * &plain[j][i];
                m[i][j] = flow / (ratio(2, 1) * &p[i]);
            }
        }
    }
    for (i, row) in m.iter_mut().enumerate() {
        row[i] = zero.clone();
        let changes: BigRational = row.iter().sum();
        row[i] = &one - changes;
    }
    if family.silent_hundredths > 0 {
        m.iter_mut().for_each(|row| row.push(zero.clone()));
        m.push([vec![zero; n], vec![one]].concat());
    }
    m
}

impl Oracle {
    fn new(family: &Family) -> Oracle {
        let p: Vec<BigRational> =
            family.frequencies.iter().map(|k| ratio(i64::from(*k), 20)).collect();
        let matrices = family.rates.map(|rate| matrix(family, &hundredths(rate), &p));
        let has_silent = family.silent_hundredths > 0;
        let silent = hundredths(family.silent_hundredths);
        let mut frequencies: Vec<BigRational> =
            p.iter().map(|p| p * (ratio(1, 1) - &silent)).collect();
        frequencies.extend(has_silent.then_some(silent));
        Oracle { frequencies, theta: hundredths(family.theta_hundredths), matrices, has_silent }
    }

    /// Probability of everything typed in `nodes`, parents first.
    fn probability(&self, nodes: &[Node]) -> BigRational {
        // All terms share one denominator, so the enumeration adds whole numbers.
        let common = |rows: &[Vec<BigRational>]| {
            let all = rows.iter().flatten();
            all.fold(BigInt::from(1), |product, cell| {
                let scaled = cell * BigRational::from(product.clone());
                product * scaled.denom()
            })
        };
        let denominators = [0, 1].map(|sex| common(&self.matrices[sex]) * 2);
        let draws = nodes.iter().flat_map(|node| node.parents).filter(Option::is_none).count();
        let mut denominator = BigInt::from(1);
        let mut urn = Vec::new();
        for drawn in 0..draws {
            let total = common(&[self.next(drawn, 1), self.next(drawn, 0)]);
            let total = total * common(&[vec![self.copy(drawn)]]);
            denominator *= &total;
            urn.push(total);
        }
        for node in nodes {
            for (slot, parent) in node.parents.iter().enumerate() {
                if parent.is_some() {
                    denominator *= &denominators[usize::from(slot == 0)];
                }
            }
        }
        let whole = |value: BigRational, by: &BigInt| {
            let scaled = value * BigRational::from(by.clone());
            assert_eq!(*scaled.denom(), BigInt::from(1));
            scaled.to_integer()
        };
        let urn: Vec<(Vec<BigInt>, BigInt)> = urn
            .iter()
            .enumerate()
            .map(|(drawn, total)| {
                let fresh = self.next(drawn, 0).into_iter().map(|p| whole(p, total)).collect();
                (fresh, whole(self.copy(drawn), total))
            })
            .collect();
        let matrices = [0, 1].map(|sex| {
            let rows = self.matrices[sex].iter();
            let scale = |cell: &BigRational| whole(cell / ratio(2, 1), &denominators[sex]);
            rows.map(|row| row.iter().map(scale).collect::<Vec<_>>()).collect::<Vec<_>>()
        });
        let count = self.frequencies.len();
        let mut walk = Walk {
            nodes,
            urn,
            matrices,
            seen: vec![0; count],
            drawn: 0,
            genotypes: Vec::new(),
            oracle: self,
        };
        BigRational::new(walk.sum(0), denominator)
    }

    /// Part of the probability of each next allele that does not depend on those drawn, `drawn` of them, and
    /// with the part of `copies` copies.
    fn next(&self, drawn: usize, copies: i64) -> Vec<BigRational> {
        if drawn == 0 {
            return self.frequencies.clone();
        }
        let total = ratio(1, 1) + ratio(drawn as i64 - 1, 1) * &self.theta;
        let rest = ratio(1, 1) - &self.theta;
        let part = |p: &BigRational| (&rest * p + ratio(copies, 1) * &self.theta) / &total;
        self.frequencies.iter().map(part).collect()
    }

    /// What each copy of an allele among `drawn` adds to the probability of drawing it again.
    fn copy(&self, drawn: usize) -> BigRational {
        if drawn == 0 {
            return ratio(0, 1);
        }
        &self.theta / (ratio(1, 1) + ratio(drawn as i64 - 1, 1) * &self.theta)
    }
}

/// The enumeration of all genotypes of all persons.
struct Walk<'a> {
    nodes: &'a [Node],
    /// Per draw: of each allele, and of each copy seen before.
    urn: Vec<(Vec<BigInt>, BigInt)>,
    matrices: [Vec<Vec<BigInt>>; 2],
    seen: Vec<u32>,
    drawn: usize,
    genotypes: Vec<[usize; 2]>,
    oracle: &'a Oracle,
}

impl Walk<'_> {
    fn sum(&mut self, place: usize) -> BigInt {
        let Some(node) = self.nodes.get(place) else { return BigInt::from(1) };
        let count = self.seen.len();
        let mut sum = BigInt::from(0);
        for x in 0..count {
            for y in 0..count {
                if !self.is_typed_so(node, [x, y]) {
                    continue;
                }
                let father = self.enter(node.parents[0], 1, x);
                let mother = self.enter(node.parents[1], 0, y);
                let weight = father * mother;
                if weight != BigInt::from(0) {
                    self.genotypes.push([x, y]);
                    sum += weight * self.sum(place + 1);
                    self.genotypes.pop();
                }
                self.leave(node.parents[1], y);
                self.leave(node.parents[0], x);
            }
        }
        sum
    }

    fn is_typed_so(&self, node: &Node, [x, y]: [usize; 2]) -> bool {
        let silent = if self.oracle.has_silent { self.seen.len() - 1 } else { usize::MAX };
        node.typed.is_none_or(|[a, b]| {
            [x.min(y), x.max(y)] == [a, b]
                || a == b && (x == a && y == silent || x == silent && y == a)
        })
    }

    /// Weight of allele `x` from `parent`, or from the population.
    fn enter(&mut self, parent: Option<usize>, sex: usize, x: usize) -> BigInt {
        match parent {
            Some(parent) => {
                let [a, b] = self.genotypes[parent];
                &self.matrices[sex][a][x] + &self.matrices[sex][b][x]
            }
            None => {
                let (fresh, copy) = &self.urn[self.drawn];
                let weight = &fresh[x] + copy * self.seen[x];
                self.seen[x] += 1;
                self.drawn += 1;
                weight
            }
        }
    }

    fn leave(&mut self, parent: Option<usize>, x: usize) {
        if parent.is_none() {
            self.seen[x] -= 1;
            self.drawn -= 1;
        }
    }
}

/// The persons to enumerate under the family's convention.
fn nodes(family: &Family, typed: &[Option<[usize; 2]>]) -> Vec<Node> {
    let persons = &family.persons;
    let mut is_in = vec![true; persons.len()];
    let mut nodes: Vec<Node> = Vec::new();
    if family.convention == UntypedParent::Pruned {
        for _ in 0..2 * persons.len() {
            for place in 0..persons.len() {
                let parents = persons[place].parents().filter(|parent| is_in[*parent]).count();
                let children = (0..persons.len())
                    .filter(|c| is_in[*c] && persons[*c].parents().any(|p| p == place));
                let children = children.count();
                let is_needed =
                    typed[place].is_some() || children > 1 || children == 1 && parents > 0;
                is_in[place] &= is_needed;
            }
        }
    }
    let mut place_of = vec![None; persons.len()];
    for (place, person) in persons.iter().enumerate().filter(|(place, _)| is_in[*place]) {
        let mut parents = [person.father, person.mother].map(|p| p.and_then(|p| place_of[p]));
        if family.convention == UntypedParent::Explicit && parents.iter().any(Option::is_some) {
            for (slot, parent) in parents.iter_mut().enumerate().filter(|(_, p)| p.is_none()) {
                nodes.push(Node { is_male: slot == 0, parents: [None; 2], typed: None });
                *parent = Some(nodes.len() - 1);
            }
        }
        let is_male = person.sex == Sex::Male;
        nodes.push(Node { is_male, parents, typed: typed[place] });
        place_of[place] = Some(nodes.len() - 1);
    }
    for node in &nodes {
        for (slot, parent) in node.parents.iter().enumerate() {
            assert!(parent.is_none_or(|parent| nodes[parent].is_male == (slot == 0)));
        }
    }
    nodes
}

/// The ratio by enumeration; `None` if the family is impossible without the body.
fn exact(family: &Family) -> Option<BigRational> {
    let oracle = Oracle::new(family);
    let mut without = nodes(family, &family.typed);
    without.push(Node { is_male: true, parents: [None; 2], typed: Some(family.body) });
    let unrelated = oracle.probability(&without);
    let mut typed = family.typed.clone();
    typed[family.missing] = Some(family.body);
    let related = oracle.probability(&nodes(family, &typed));
    (unrelated != ratio(0, 1)).then(|| related / unrelated)
}

/// Whether persons are joined in more than one way: persons and the parents-and-child triples they are in are
/// no forest.
fn has_loop(family: &Family) -> bool {
    let persons = &family.persons;
    let mut couples: Vec<[usize; 2]> =
        persons.iter().filter_map(|p| Some([p.father?, p.mother?])).collect();
    couples.sort_unstable();
    couples.dedup();
    let single = persons.iter().filter(|p| p.parents().count() == 1).count();
    let children = persons.iter().filter(|p| p.parents().count() == 2).count();
    let nodes = persons.len() + couples.len() + single;
    let edges = 2 * couples.len() + children + 2 * single;
    let mut group: Vec<usize> = (0..persons.len()).collect();
    for person in 0..persons.len() {
        for parent in persons[person].parents() {
            let (from, to) = (group[person], group[parent]);
            group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
        }
    }
    group.sort_unstable();
    group.dedup();
    edges + group.len() > nodes
}

/// How many terms the enumeration would have, about.
fn cost(family: &Family) -> usize {
    let count = family.alleles.len() + usize::from(family.silent_hundredths > 0);
    let open = nodes(family, &family.typed).iter().filter(|node| node.typed.is_none()).count();
    (count * count).saturating_pow(open as u32)
}

fn typing(family: &Family, pair: [usize; 2]) -> Typing {
    let alleles = pair.map(|number| Allele::repeat(family.alleles[number]).unwrap());
    Typing::new(&alleles).unwrap()
}

/// The ratio by the program: of the body alone, and out of the table of all genotypes.
fn computed(family: &Family, wants_table: bool) -> Option<Result<[f64; 2], PedigreeError>> {
    let locus = Locus::parse("TH01").unwrap();
    let mut text = "locus,allele,frequency\n".to_owned();
    for (tenths, k) in family.alleles.iter().zip(&family.frequencies) {
        text.push_str(&format!("TH01,{},{}\n", f64::from(*tenths) / 10.0, f64::from(*k) / 20.0));
    }
    let frequencies = FrequencyTable::from_csv("oracle", &text).unwrap();
    let theta = f64::from(family.theta_hundredths) / 100.0;
    let population =
        Population { frequencies: &frequencies, theta, minimum: MinimumFrequency::UnseenOnly };
    let mut table = MutationTable::default();
    for (sex, rate) in Sex::ALL.into_iter().zip(family.rates) {
        let rate = if family.model == MutationModel::None { 0.0 } else { f64::from(rate) / 100.0 };
        let range = family.model.has_range().then_some(f64::from(family.range) / 10.0);
        let has_second = family.model.has_second_rate();
        let rate2 = if has_second { f64::from(family.rate2_hundredths) / 100.0 } else { 0.0 };
        table.insert(None, sex, Mutation::new(family.model, rate, range, rate2).unwrap());
    }
    let silent = f64::from(family.silent_hundredths) / 100.0;
    let model = match LocusModel::new(&population, locus, [], &table, silent) {
        Ok(model) => model.unwrap(),
        // A stationary variant may have no room at these frequencies; that is refused, not approximated.
        Err(PedigreeError::Mutation { .. }) => return None,
        Err(error) => panic!("{error}"),
    };
    let profile = |pair| Profile::from_iter([(locus, typing(family, pair))]);
    let profiles = family.typed.iter().map(|typed| typed.map(profile)).collect();
    let pedigree = Pedigree::new(family.persons.clone()).unwrap();
    let case =
        MissingPersonCase::new(pedigree, family.missing, profiles, family.convention).unwrap();
    let body = typing(family, family.body);
    let alone = case.ratio(&model, model.pair(&body).unwrap());
    Some(alone.and_then(|alone| {
        let looked_up =
            if wants_table { case.genotype_ratios(&model)?.get(&body).unwrap() } else { alone };
        Ok([alone, looked_up])
    }))
}

#[test]
fn ratios_of_random_families_equal_exact_enumeration() {
    let mut random = ChaCha8Rng::seed_from_u64(20_261_121);
    let (mut compared, mut zeros, mut impossible, mut with_theta) = (0, 0, 0, 0);
    let mut with_loop = 0;
    let mut worst = ratio(0, 1);
    let tolerance = ratio(1, 1_000_000_000_000);
    while compared < CASES {
        let family = random_family(&mut random);
        if cost(&family) > 1_000 {
            continue;
        }
        let Some(got) = computed(&family, compared % 4 == 0) else { continue };
        compared += 1;
        with_theta += u32::from(family.theta_hundredths > 0);
        with_loop += u32::from(has_loop(&family));
        let expected = match (exact(&family), got) {
            (None, Err(PedigreeError::Impossible(_))) => {
                impossible += 1;
                continue;
            }
            (Some(expected), Ok(got)) => got.map(|got| (got, expected.clone())),
            (expected, got) => panic!("{expected:?} {got:?}\n{family:#?}"),
        };
        for (got, expected) in expected {
            if expected == ratio(0, 1) {
                assert_eq!(got, 0.0, "{family:#?}");
                zeros += 1;
                continue;
            }
            let got = BigRational::from_float(got).unwrap();
            let difference = &got / &expected - ratio(1, 1);
            let difference = if difference < ratio(0, 1) { -difference } else { difference };
            assert!(difference < tolerance, "{got} {expected}\n{family:#?}");
            worst = worst.max(difference);
        }
    }
    println!(
        "{compared} families, {with_theta} with theta, {with_loop} with loops; {zeros} ratios are exactly zero, {impossible} families \
         impossible; largest relative difference below 1e-12: 1/{}",
        (ratio(1, 1) / worst).to_integer()
    );
    assert!(with_theta > 4_000 && with_loop > 500 && zeros > 100 && impossible > 20);
}
