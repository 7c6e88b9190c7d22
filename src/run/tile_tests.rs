//! A tile under overflow and on a device with faults: no hit is lost or doubled.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::device::CpuDevice;
use crate::domain::allele::Allele;
use crate::domain::builtin_frequencies::{DEFAULT_NAME, builtin};
use crate::domain::calibration;
use crate::domain::category::Index;
use crate::domain::dna::Typing;
use crate::domain::family::FamilyMember;
use crate::domain::frequency::MinimumFrequency;
use crate::domain::locus::Locus;
use crate::domain::record::DnaRecord;
use crate::domain::relation::Kinship;
use crate::domain::rule_set::{RuleSet, builtin as builtin_rules};
use crate::kernel::testing::{Case, FULL, MIXED, NEARLY_FULL, Style};
use crate::plan::census::Side;
use crate::plan::job::{Sweep, Threshold, searches};
use crate::plan::search::{Sides, ready};
use crate::plan::tile::TileSize;
use crate::plan::way::{Deciding, Way, WayChoice, made};
use crate::run::work::Work;

fn record(index: Index, number: usize) -> DnaRecord {
    let allele = |tenths| Allele::repeat(tenths).unwrap();
    // Three genotypes in turn, so that many pairs agree and many do not.
    let shift = (number % 3) as u16 * 10;
    // Half of the corpses have no allele of every relative's.
    let other = if index == Index::Corpse && number / 3 % 2 == 1 { 150 } else { 140 };
    DnaRecord {
        record_id: format!("{index}{number:03}"),
        person_id: None,
        case_id: None,
        index,
        owner: "t".into(),
        registered_on: jiff::civil::date(2026, 1, 1),
        retain_until: None,
        retain_rule: String::new(),
        kit: None,
        partial: false,
        profile: Locus::core()
            .map(|l| (l, Typing::new(&[allele(110 + shift), allele(other)]).unwrap()))
            .collect(),
        apart: Default::default(),
    }
}

fn sides() -> Sides {
    let mut sides = Sides::default();
    for index in [Index::Convict, Index::Corpse, Index::Relative] {
        let records: Vec<DnaRecord> = (0..40).map(|n| record(index, n)).collect();
        let segment = Arc::new(Segment::in_memory(index, &records).unwrap());
        let day = jiff::civil::date(2026, 11, 21);
        sides.by_index.insert(index, Arc::new(Side::new(vec![segment], &Default::default(), day)));
    }
    sides.family_members = (0..20)
        .map(|n| FamilyMember {
            family_id: format!("F{n}"),
            missing_person_id: format!("M{n}"),
            relative_record_id: format!("relative{n:03}"),
            kinship: Kinship::Child,
            consent: true,
            case_open: true,
        })
        .collect();
    sides
}

fn parameters(frequencies: &str, minimum_frequency: MinimumFrequency) -> Parameters {
    Parameters {
        as_of: jiff::civil::date(2026, 11, 21),
        frequencies: frequencies.into(),
        frequencies_id: String::new(),
        theta: 0.01,
        minimum_frequency,
        threshold: Threshold::Log10(3.0),
        rules: RuleSet { most_failing: 0, ..builtin_rules("tanba").unwrap().unwrap() },
        mismatches: 0,
        min_loci: 6,
        top: None,
        across_owners: false,
        transmission: None,
        prior: None,
        since: None,
        calibration: Arc::new(calibration::BUILTIN),
        set_aside: Vec::new(),
    }
}

/// Searches of each comparator; a device runs the screens of all.
const ALL: [&str; 3] = ["dedup/convict", "missing-person/corpse-family", OF_PEDIGREES];
const OF_PEDIGREES: &str = "missing-person/corpse-pedigree";

/// Calls `each` with the context of each of `names` and the tile that is all of the search.
fn for_each_search(names: &[&str], each: impl Fn(&TileContext, &Tile)) {
    let table = builtin(DEFAULT_NAME).unwrap().unwrap();
    let minimum = MinimumFrequency::FiveObservations;
    let population = Population { frequencies: &table, theta: 0.01, minimum };
    let parameters = parameters(table.name(), minimum);
    let sides = sides();
    let all = [Sweep::Dedup, Sweep::MissingPerson].map(|s| searches(s).unwrap()).concat();
    for name in names {
        let spec = all.iter().find(|s| s.name == *name).unwrap();
        let search = ready(spec, &sides, &parameters, &population).unwrap();
        let device = CpuDevice::detect().unwrap().into();
        let (parameters, population) = (&parameters, &population);
        let (search, join, run_id) = (&search, None, "r");
        let context = TileContext { search, parameters, population, join, device, run_id };
        let kin = !search.relatives.is_empty();
        let probes = if kin { search.enrolled() as usize } else { 40 };
        let tile = Tile {
            probe_segment: 0,
            probes: 0..probes,
            gallery_segment: 0,
            rows: 0..40,
            diagonal: !kin,
            part: Default::default(),
        };
        each(&context, &tile);
    }
}

fn assert_same(mut found: TileOutput, whole: &TileOutput, what: &str) {
    assert_eq!(found.comparisons, whole.comparisons, "{what}");
    assert_eq!(found.histogram, whole.histogram, "{what}");
    let by_id = |h: &Hit| h.hit_id.clone();
    let mut hits = whole.hits.clone();
    hits.sort_by_key(by_id);
    found.hits.sort_by_key(by_id);
    assert_eq!(found.hits, hits, "{what}");
}

#[test]
fn an_overflowing_tile_is_redone_in_halves_and_loses_no_hit() {
    for_each_search(&ALL, |context, tile| {
        let whole = run_within(context, tile, usize::MAX).unwrap();
        assert!(whole.hits.len() > 200 && whole.splits == 0, "{} hits", whole.hits.len());
        assert_eq!(whole.comparisons, context.search.comparisons);
        for capacity in [1, 7, 100] {
            let cut = run_within(context, tile, capacity).unwrap();
            assert!(cut.splits > 0);
            assert_same(cut, &whole, &format!("capacity {capacity}"));
        }
    });
}

#[test]
fn every_body_that_fits_a_pedigree_is_found_with_its_exact_ratio_and_no_other() {
    for_each_search(&[OF_PEDIGREES], |context, tile| {
        let search = context.search;
        let mut expected = Vec::new();
        for family in &search.pedigrees.families {
            for row in 0..40 {
                let body = search.probes.profile(0, row).unwrap();
                let ratios = family.ratios(&body, context.population).unwrap();
                assert_eq!(ratios.len(), 23, "all core loci say something");
                let log10_lr: f64 = ratios.iter().map(|(_, ratio)| ratio.log10()).sum();
                if log10_lr >= search.threshold_log10 {
                    expected.push((format!("corpse{row:03}"), family.family_id.clone(), log10_lr));
                }
            }
        }
        let whole = run_within(context, tile, usize::MAX).unwrap();
        let mut found: Vec<(String, String, f64)> = whole
            .hits
            .iter()
            .map(|hit| {
                let evidence = hit.dna.as_ref().unwrap();
                assert_eq!((evidence.loci_compared, evidence.relation.as_str()), (23, "pedigree"));
                (hit.probe_id.clone(), hit.family_id.clone().unwrap(), evidence.log10_lr)
            })
            .collect();
        for list in [&mut expected, &mut found] {
            list.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        }
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((&found.0, &found.1), (&expected.0, &expected.1));
            assert!((found.2 - expected.2).abs() < 1e-9, "{found:?} {expected:?}");
        }
        let [compared, hits] = [whole.comparisons, found.len() as u64];
        assert!(compared == 800 && hits > 200 && hits < 800, "{hits} of {compared}");
    });
}

#[test]
fn a_family_with_too_many_ways_of_inheritance_is_left_out_by_name_and_the_others_are_searched() {
    let table = builtin(DEFAULT_NAME).unwrap().unwrap();
    let minimum = MinimumFrequency::FiveObservations;
    let population = Population { frequencies: &table, theta: 0.01, minimum };
    let mut sides = sides();
    // With theta above 0 every typed heterozygote beside an untyped couple doubles the ways.
    sides.family_members.extend((0..25).map(|n| FamilyMember {
        family_id: "large".into(),
        missing_person_id: "M".into(),
        relative_record_id: format!("relative{n:03}"),
        kinship: if n < 3 { Kinship::Child } else { Kinship::FullSibling },
        consent: true,
        case_open: true,
    }));
    let all = searches(Sweep::MissingPerson).unwrap();
    let spec = all.iter().find(|s| s.name == OF_PEDIGREES).unwrap();
    let search = ready(spec, &sides, &parameters(table.name(), minimum), &population).unwrap();
    assert_eq!(search.pedigrees.families.len(), 20);
    let [(family, reason)] = &search.pedigrees.left_out[..] else { panic!("one is left out") };
    assert!(family == "large" && reason.contains("ways of inheritance"), "{family}: {reason}");
    assert_eq!(search.families_left_out.family_left_out, 25);
    assert_eq!(search.comparisons, 800);
}

#[test]
fn a_relative_listed_twice_or_apart_from_its_family_counts_once_in_one_family() {
    let table = builtin(DEFAULT_NAME).unwrap().unwrap();
    let minimum = MinimumFrequency::FiveObservations;
    let population = Population { frequencies: &table, theta: 0.01, minimum };
    let mut sides = sides();
    // The child of F0 again, and at the end of the list another one.
    let first = sides.family_members[0].clone();
    let other = FamilyMember { relative_record_id: "relative030".into(), ..first.clone() };
    sides.family_members.extend([first, other]);
    let all = searches(Sweep::MissingPerson).unwrap();
    let spec = all.iter().find(|s| s.name == OF_PEDIGREES).unwrap();
    let search = ready(spec, &sides, &parameters(table.name(), minimum), &population).unwrap();
    let members: Vec<u32> =
        search.pedigrees.families.iter().map(|f| f.placed.len() as u32).collect();
    assert_eq!((members.len(), members.iter().sum::<u32>()), (20, 21));
    assert_eq!(search.pedigrees.families[0].placed.len(), 2, "F0 has two children");
    assert_eq!(search.families_left_out.beside_the_pedigree, 1);
}

/// A side of random convicts in segments of `cut` records, one in nine of them expired.
fn random_side(seed: u64, style: Style, records: usize, cut: usize) -> Side {
    let profiles = Case::random_with_gallery(seed, style, records, 0).1;
    let made = |(number, profile): (usize, Profile)| DnaRecord {
        // Identifiers do not ascend with the rows.
        record_id: format!("C{:04}", number * 7919 % 10_007),
        retain_until: (number % 9 == 4).then(|| jiff::civil::date(2020, 1, 1)),
        profile,
        ..record(Index::Convict, number)
    };
    let records: Vec<DnaRecord> = profiles.into_iter().enumerate().map(made).collect();
    let segments = records.chunks(cut);
    let segments = segments.map(|some| Arc::new(Segment::in_memory(Index::Convict, some).unwrap()));
    Side::new(segments.collect(), &Default::default(), jiff::civil::date(2026, 11, 21))
}

/// Few loci of few alleles, so that many pairs of strangers nearly agree; partial profiles, wildcards and more
/// than two alleles now and then.
const NEAR: Style = Style { loci: 9, missing: 0.02, unknown: 0.02, many: 0.03, alleles: 3 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_join_gives_the_hits_the_survivors_and_the_scores_of_all_pairs(
        seed: u64,
        style in prop::sample::select(vec![NEAR, NEARLY_FULL, FULL, MIXED]),
        records in 2usize..260,
        cut in 40usize..300,
        (mismatches, min_loci) in (0u32..4, 1u32..9),
        (probes, rows) in (1usize..80, 1usize..300),
        capacity in prop::sample::select(vec![1, 9, usize::MAX]),
    ) {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let minimum = MinimumFrequency::FiveObservations;
        let population = Population { frequencies: &table, theta: 0.01, minimum };
        let threshold = Threshold::Log10(-20.0);
        let parameters = Parameters {
            mismatches, min_loci, threshold, ..parameters(table.name(), minimum)
        };
        let mut sides = Sides::default();
        let side = random_side(seed, style, records, cut);
        sides.by_index.insert(Index::Convict, Arc::new(side));
        let spec = &searches(Sweep::Dedup).unwrap()[0];
        let search = ready(spec, &sides, &parameters, &population).unwrap();
        let cpu = CpuDevice::detect().unwrap();
        let deciding = Deciding {
            choice: WayChoice::Only(Way::Join),
            has_processor: true,
            device: &cpu,
            threads: 1,
            parameters: &parameters,
            population: &population,
        };
        let (planned, join) = made(&search, &deciding).unwrap();
        let run = |join: Option<&Join>| {
            let (search, parameters, population) = (&search, &parameters, &population);
            let device = cpu.into();
            let context =
                TileContext { search, parameters, population, join, device, run_id: "r" };
            let work = Work::Dna(TileContext { device: cpu.into(), ..context });
            let mut sum = TileOutput::default();
            for tile in work.tiles(TileSize { probes, rows }, false) {
                sum.merge(run_within(&context, &tile, capacity).unwrap());
            }
            sum
        };
        let (whole, joined) = (run(None), run(join.as_ref()));
        prop_assert_eq!(whole.comparisons, search.comparisons);
        prop_assert_eq!(joined.survivors, whole.survivors);
        assert_same(joined, &whole, &format!("{planned:?}"));
        if style.missing == 0.0 && search.comparisons > 0 {
            let join = join.unwrap();
            // One profile in a hundred has no locus at all.
            prop_assert!(join.pool.len() < 30 && !join.keyed.is_empty());
        }
    }
}

/// Faults of each kind that every kernel sees.
#[cfg(feature = "gpu")]
const FAULTS: u64 = 60;

#[cfg(feature = "gpu")]
#[test]
fn no_fault_of_a_device_loses_or_doubles_a_hit() {
    use crate::device::Devices;
    use crate::device::gpu::{Fault, FaultPlan, tests::device};
    use crate::run::progress::Silent;
    use crate::run::workers::Workers;

    if device().is_none() {
        return;
    }
    let cpu = CpuDevice::detect().unwrap();
    for_each_search(&ALL, |context, tile| {
        let whole = run_within(context, tile, usize::MAX).unwrap();
        let parts: Vec<Tile> =
            tile.halves().unwrap().into_iter().flat_map(|t| t.halves().unwrap()).collect();
        for fault in Fault::ALL {
            let (mut injected, mut seed, mut put_out) = (0, 0, 0);
            let mut gpu = Arc::new(device().unwrap());
            while injected < FAULTS {
                seed += 1;
                gpu.set_faults(Some(FaultPlan::new(seed, 0.4, &[fault])));
                let devices = Devices::of_gpus(std::slice::from_ref(&gpu), cpu);
                let workers = Workers {
                    devices: &devices,
                    threads: 2,
                    observer: &Silent,
                    interrupt: &Default::default(),
                };
                let work = Work::Dna(TileContext { device: cpu.into(), ..*context });
                let found = workers.run(&work, &parts, |_, output| Ok(output)).unwrap();
                assert_same(found, &whole, &format!("{fault:?}, seed {seed}"));
                injected += gpu.faults_injected();
                put_out += u64::from(devices.gpus[0].reason().is_some());
                if fault == Fault::Lost && devices.gpus[0].reason().is_some() {
                    gpu = Arc::new(device().unwrap());
                }
            }
            let is_fatal = matches!(fault, Fault::Lost | Fault::WrongAnswer);
            assert_eq!(put_out > 0, is_fatal, "{fault:?}: {put_out} times of {seed}");
        }
    });
}

#[cfg(feature = "gpu")]
#[test]
fn several_adapters_share_a_run_and_one_that_errs_leaves_it_to_the_others() {
    use crate::device::Devices;
    use crate::device::gpu::{Fault, FaultPlan, tests::device};
    use crate::run::progress::Silent;
    use crate::run::workers::Workers;

    if device().is_none() {
        return;
    }
    let cpu = CpuDevice::detect().unwrap();
    for_each_search(&ALL, |context, tile| {
        let whole = run_within(context, tile, usize::MAX).unwrap();
        let halved = |tiles: Vec<Tile>| -> Vec<Tile> {
            tiles.iter().flat_map(|tile| tile.halves().unwrap()).collect()
        };
        let tiles = (0..4).fold(vec![tile.clone()], |tiles, _| halved(tiles));
        for errs in [false, true] {
            // The same adapter opened three times is three devices to a run.
            let gpus: Vec<_> = (0..3).map(|_| Arc::new(device().unwrap())).collect();
            let faults = errs.then(|| FaultPlan::new(1, 1.0, &[Fault::WrongAnswer]));
            gpus[1].set_faults(faults);
            let devices = Devices::of_gpus(&gpus, cpu);
            let workers = Workers {
                devices: &devices,
                threads: 2,
                observer: &Silent,
                interrupt: &Default::default(),
            };
            let work = Work::Dna(TileContext { device: cpu.into(), ..*context });
            let found = workers.run(&work, &tiles, |_, output| Ok(output)).unwrap();
            assert_same(found, &whole, &format!("one errs: {errs}"));
            let did: Vec<u64> = devices.gpus.iter().map(|member| member.work().0).collect();
            let by_cpu = devices.cpu.work().0;
            assert_eq!(did.iter().sum::<u64>() + by_cpu, 16, "{did:?}");
            let reasons: Vec<bool> = devices.gpus.iter().map(|m| m.reason().is_some()).collect();
            assert_eq!(reasons, [false, errs && by_cpu > 0, false]);
            assert!(!errs || did[1] == 0);
            assert!(did.iter().filter(|tiles| **tiles > 0).count() >= 2, "{did:?} and {by_cpu}");
        }
    });
}
