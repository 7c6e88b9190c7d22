//! Rule sets on hand-made pairs, their laws, and the errors of their files.

use proptest::prelude::*;

use super::super::builtin_frequencies::{self, DEFAULT_NAME};
use super::super::frequency::{FrequencyTable, MinimumFrequency};
use super::super::likelihood::Population;
use super::*;

fn set(name: &str) -> RuleSet {
    builtin(name).unwrap().unwrap()
}

fn typing(text: &str) -> Typing {
    let calls: Vec<Allele> =
        text.split(',').map(|call| Allele::parse(call).unwrap().unwrap()).collect();
    Typing::new(&calls).unwrap()
}

fn profile(text: &str) -> Profile {
    text.split_whitespace()
        .map(|part| {
            let (locus, calls) = part.split_once(':').unwrap();
            (Locus::parse(locus).unwrap(), typing(calls))
        })
        .collect()
}

fn table() -> FrequencyTable {
    builtin_frequencies::builtin(DEFAULT_NAME).unwrap().unwrap()
}

/// What `rules` say of two profiles: the class, if the pair satisfies them.
fn judged(rules: &RuleSet, a: &str, b: &str) -> Option<&'static str> {
    let table = table();
    let minimum = MinimumFrequency::FiveObservations;
    let population = Population { frequencies: &table, theta: 0.01, minimum };
    let (a, b) = (profile(a), profile(b));
    let read = [&a, &b].map(|typed| rules.read_profile(typed));
    let score = population.identity_score(&read[0], &read[1], rules, SearchKind::Traces);
    let takes_part = rules.includes(Index::Trace, &a) && rules.includes(Index::Trace, &b);
    (rules.is_satisfied(&score) && takes_part).then(|| rules.classes.class(&score))
}

/// Six loci that are equal on both sides of every hand-made pair.
const SIX: &str = "D3S1358:15,16 vWA:17 D8S1179:13,14 D21S11:29,30.2 D18S51:12,15 FGA:21,24";

#[test]
fn every_builtin_set_is_read_under_its_own_name_and_the_default_reads_as_typed() {
    for name in NAMES {
        assert_eq!(set(name).name, name);
        assert!(set(name).source.len() > 20, "{name}");
    }
    assert!(set("tanba").reads_as_typed() && builtin("pruem").is_none());
    let rules = set("tanba");
    assert_eq!(rules.statement(SearchKind::Persons), "high<=1");
    assert_eq!(rules.statement(SearchKind::Traces), "moderate<=1");
    assert_eq!(set("codis-low").statement(SearchKind::Persons), "codis-low/1 low<=0");
}

#[test]
fn the_classes_of_pruem_are_those_of_its_text() {
    let rules = set("pruem-2008-616");
    for (a, b, class) in [
        // Six equal loci are a full match, and so is every further one.
        ("", "", Some("pruem-1")),
        ("TH01:6,9.3", "TH01:6,9.3", Some("pruem-1")),
        // A locus that one side lacks is not compared.
        ("TH01:6,9.3", "SE33:15,18", Some("pruem-1")),
        // Both permutations of a wildcard.
        ("D16S539:12,*", "D16S539:12,14", Some("pruem-2")),
        ("D16S539:12,*", "D16S539:9,12", Some("pruem-2")),
        ("D16S539:12,*", "D16S539:12", Some("pruem-2")),
        ("D16S539:12,*", "D16S539:13,*", Some("pruem-2")),
        // Of three alleles the first counts, the others are wildcards.
        ("D16S539:9,12,13", "D16S539:9,14", Some("pruem-2")),
        ("D16S539:9,12,13", "D16S539:12,14", Some("pruem-4")),
        ("D16S539:9,12,13", "D16S539:12,13", Some("pruem-4")),
        ("D16S539:9,12,13", "D16S539:9,12,14", Some("pruem-2")),
        // Four bases: x.1 with x and x.2, x.3 with x.2 and the next, and not x with x.2.
        ("D2S441:11,14.1", "D2S441:11,14", Some("pruem-3")),
        ("D2S441:11,14.1", "D2S441:11,14.2", Some("pruem-3")),
        ("D2S441:11,14.3", "D2S441:11,14.2", Some("pruem-3")),
        ("D2S441:11,14.3", "D2S441:11,15", Some("pruem-3")),
        ("D2S441:11,14", "D2S441:11,14.2", Some("pruem-4")),
        ("D2S441:11,14", "D2S441:11,14.3", Some("pruem-4")),
        // Five bases: x.3 has x.4 beside it, and x.4 the next.
        ("PentaD:9,12.3", "PentaD:9,12.4", Some("pruem-3")),
        ("PentaD:9,12.4", "PentaD:9,13", Some("pruem-3")),
        ("PentaD:9,12.3", "PentaD:9,13", Some("pruem-4")),
        // One value differs, of a heterozygote or of a homozygote; never both, never at two loci.
        ("D16S539:9,12", "D16S539:9,13", Some("pruem-4")),
        ("D16S539:9", "D16S539:9,13", Some("pruem-4")),
        ("D16S539:9,12", "D16S539:11,13", None),
        ("D16S539:9", "D16S539:13", None),
        ("D16S539:9 TPOX:8", "D16S539:9,13 TPOX:8,11", None),
        // A value that differs weighs more than a microvariant, and that more than a wildcard.
        ("D16S539:9,12 TPOX:8,*", "D16S539:9,13 TPOX:8,11", Some("pruem-4")),
        ("D2S441:11,14.1 TPOX:8,*", "D2S441:11,14 TPOX:8,11", Some("pruem-3")),
        // A mixture is not compared.
        ("D16S539:9,12,13,14", "D16S539:8", Some("pruem-1")),
    ] {
        let (a, b) = (format!("{SIX} {a}"), format!("{SIX} {b}"));
        assert_eq!(judged(&rules, &a, &b), class, "{a} / {b}");
        assert_eq!(judged(&rules, &b, &a), class, "{b} / {a}");
    }
}

#[test]
fn pruem_asks_for_six_loci_that_match_with_every_value_named() {
    let rules = set("pruem-2008-616");
    let five = SIX.rsplit_once(' ').unwrap().0;
    assert_eq!(judged(&rules, five, five), None);
    // A sixth locus by wildcard, or one that deviates, does not make six.
    let with = |locus: &str| format!("{five} {locus}");
    assert_eq!(judged(&rules, &with("FGA:21,*"), SIX), None);
    assert_eq!(judged(&rules, &with("FGA:21,25"), SIX), None);
    // A microvariant does: both values are named.
    assert_eq!(judged(&rules, &with("FGA:21,24.1"), SIX), Some("pruem-3"));
    // A profile takes part with six designated loci, one of a person with six of the seven of 2008.
    let other = "TPOX:8 D16S539:9 D13S317:8 D7S820:8 D5S818:11 CSF1PO:10";
    assert!(rules.includes(Index::Trace, &profile(other)));
    assert!(!rules.includes(Index::Convict, &profile(other)));
    assert!(rules.includes(Index::Convict, &profile(SIX)));
    assert!(!rules.includes(Index::Trace, &profile(&with("FGA:21,*"))));
}

#[test]
fn the_classes_of_codis_are_the_stringency_every_locus_reaches() {
    let eight = format!("{SIX} TH01:6,9.3 TPOX:8");
    let mut rules = set("codis-low");
    rules.inclusion.clear();
    for (a, b, class) in [
        ("D16S539:9,12", "D16S539:9,12", Some("codis-high")),
        ("D16S539:9,12", "D16S539:9", Some("codis-moderate")),
        ("D16S539:9,12", "D16S539:9,13", Some("codis-low")),
        ("D16S539:9,12", "D16S539:10,13", None),
        // A locus beyond the core loci is not compared.
        ("SE33:9,12", "SE33:10,13", Some("codis-high")),
    ] {
        let (a, b) = (format!("{eight} {a}"), format!("{eight} {b}"));
        assert_eq!(judged(&rules, &a, &b), class, "{a} / {b}");
    }
    let tanba = set("tanba");
    let mismatch = (format!("{SIX} D16S539:9,12"), format!("{SIX} D16S539:10,13"));
    assert_eq!(judged(&tanba, &mismatch.0, &mismatch.1), Some("codis-mismatch"));
}

#[test]
fn a_required_allele_counts_where_the_rules_ask_for_it() {
    let alleles = |text: &str| typing(text).alleles().to_vec();
    let stain = Typing::with_required(&alleles("12,14,16"), &alleles("16")).unwrap();
    let locus = Locus::parse("D16S539").unwrap();
    let person = typing("12,14");
    let judge = |name| set(name).judge(SearchKind::Traces, locus, &stain, &person);
    assert!(!judge("codis-moderate").passes && !judge("tanba").passes);
    let rules = RuleSet { required_alleles: false, ..set("codis-moderate") };
    assert!(rules.judge(SearchKind::Traces, locus, &stain, &person).passes);
}

#[test]
fn inclusion_under_codis_asks_all_core_loci_of_persons_and_eight_old_ones_of_traces() {
    let rules = set("codis-high");
    let core: Vec<Locus> = Locus::all().filter(|locus| rules.loci.contains(*locus)).collect();
    assert_eq!(core.len(), 20);
    let of = |loci: &[Locus]| -> Profile { loci.iter().map(|l| (*l, typing("12,14"))).collect() };
    assert!(rules.includes(Index::Convict, &of(&core)));
    assert!(!rules.includes(Index::Convict, &of(&core[1..])));
    let old: Vec<Locus> = rules.inclusion[1].loci_listed();
    assert_eq!(old.len(), 13);
    assert!(rules.includes(Index::Trace, &of(&old[..8])));
    assert!(!rules.includes(Index::Trace, &of(&old[..7])));
    let new: Vec<Locus> = core.iter().copied().filter(|locus| !old.contains(locus)).collect();
    assert!(new.len() == 7 && !rules.includes(Index::Corpse, &of(&[&new[..], &old[..7]].concat())));
}

impl Inclusion {
    fn loci_listed(&self) -> Vec<Locus> {
        Locus::all().filter(|locus| self.loci.contains(*locus)).collect()
    }
}

#[test]
fn faults_of_a_rule_file_name_line_and_rule() {
    let text = include_str!("../../../datasets/rules/national-sample.toml");
    let sample = RuleSet::parse(text).unwrap();
    assert_eq!((sample.name.as_str(), sample.least_agreeing.designated), ("national-sample", 4));
    assert_eq!(
        sample.stringency(SearchKind::Persons, Locus::parse("SE33").unwrap()),
        Stringency::Low
    );
    assert_eq!(sample.weakest_stringency(SearchKind::Persons), Stringency::Low);
    let expected = include_str!("../../../tests/golden/rule_errors.txt");
    let mut found = String::new();
    for (from, to) in [
        ("most_failing = 1", "most_faling = 1"),
        ("most_failing = 1", ""),
        ("most_failing = 1", "most_failing = -1"),
        ("least_loci = 8", "least_loci = 22"),
        ("least_loci = 8", "least_loci = \"eight\""),
        ("version = 1", "version = 0"),
        ("name = \"national-sample\"", "name = \"National sample\""),
        ("\"D19S433\"", "\"D19S43\""),
        ("\"D19S433\"", "\"D18S51\""),
        ("SE33 = \"low\"", "SE33 = \"lowest\""),
        ("SE33 = \"low\"", "PentaE = \"low\""),
        ("classes = \"stringency\"", "classes = \"pruem\""),
        ("microvariants = \"exact\"", "microvariants = \"neighbouring\""),
        ("least = 15", "least = 22"),
        ("designated = 4", "designated = 22"),
        ("least_score_log10 = 4.0", "least_score_log10 = inf"),
        ("\n[stringency]", "\n[stringency"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = RuleSet::parse(&text.replacen(from, to, 1)).unwrap_err();
        found += &format!("{from} -> {to}\n  {error}\n");
    }
    assert_eq!(found, expected, "\n{found}");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", cut in 0usize..2000) {
        let _ = RuleSet::parse(&text);
        let sample = include_str!("../../../datasets/rules/national-sample.toml");
        let cut = cut.min(sample.len());
        if sample.is_char_boundary(cut) {
            let _ = RuleSet::parse(&sample[..cut]);
            let _ = RuleSet::parse(&format!("{}{text}", &sample[..cut]));
        }
    }

    #[test]
    fn neighbours_are_mutual_and_one_base_apart(tenths in 10u16..989, locus in 0u8..58) {
        let locus = Locus::from_number(locus).unwrap();
        let allele = Allele::repeat(tenths).unwrap();
        for near in neighbours(locus, allele) {
            prop_assert!(are_neighbours(locus, allele, near) && are_neighbours(locus, near, allele));
            prop_assert!(allele != near);
        }
        let penta = ["PentaC", "PentaD", "PentaE", "CD4"].contains(&locus.name());
        let is_microvariant = tenths % 10 < if penta { 5 } else { 4 };
        let is_inside = (11..980).contains(&tenths);
        let count = neighbours(locus, allele).count();
        prop_assert!(!is_inside || count == 2 * usize::from(is_microvariant));
    }
}

#[test]
fn the_chance_of_a_locus_is_at_least_the_share_of_persons_who_pass_it() {
    let table = table();
    let minimum = MinimumFrequency::UnseenOnly;
    let population = Population { frequencies: &table, theta: 0.0, minimum };
    for name in ["tanba", "codis-low", "pruem-2008-616", "interpol", "codis-moderate"] {
        let rules = set(name);
        for (locus, stain) in [
            ("TH01", "9.3,10"),
            ("TH01", "6"),
            ("TH01", "6,9.3"),
            ("TH01", "10,*"),
            ("D1S1656", "17.3,18"),
            ("D1S1656", "15,16.3"),
            ("D12S391", "17.3"),
            ("D16S539", "9,12"),
        ] {
            let (locus, stain) = (Locus::parse(locus).unwrap(), typing(stain));
            let Some(outcomes) =
                population.rule_outcomes(&rules, SearchKind::Traces, locus, &stain)
            else {
                panic!("{name}")
            };
            let (_, entry) = table.loci().find(|(l, _)| *l == locus).unwrap();
            let (mut passes, mut fails) = (0.0, 0.0);
            for (a, fa) in &entry.alleles {
                for (b, fb) in &entry.alleles {
                    let person = Typing::new(&[*a, *b]).unwrap();
                    let judged = rules.judge(SearchKind::Traces, locus, &stain, &person);
                    passes += if judged.passes { fa * fb } else { 0.0 };
                    fails += if !judged.passes && judged.above_floor { fa * fb } else { 0.0 };
                }
            }
            let modelled: f64 = outcomes.passing.iter().map(|(_, chance)| chance).sum();
            let is_exact = rules.microvariants == Microvariants::Exact;
            assert!(modelled >= passes - 1e-9, "{name} {locus} {stain:?}: {modelled} {passes}");
            assert!(
                !is_exact || modelled < passes + 1e-6,
                "{name} {locus} {stain:?}: {modelled} {passes}"
            );
            let all = modelled + outcomes.failing;
            assert!(all >= passes + fails - 1e-9, "{name} {locus} {stain:?}: {all}");
        }
    }
}
