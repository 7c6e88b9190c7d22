//! Rates on hand-made scores with known answers, and their laws.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::filter::least_excess;
use super::identification::{characteristic, identification};
use super::rates::Strata;
use super::scorer::{Probe, gate_scores};
use super::*;
use crate::device::cpu::CpuDevice;
use crate::domain::finger::{PlacedMinutia, Rotation};
use crate::kernel::minutia::projection::Projection;
use crate::kernel::minutia::{Print, PrintView};

const NO_BOOTSTRAP: Bootstrap = Bootstrap { resamples: 0, seed: 1 };

fn mated(score: i32) -> Scored {
    Scored { score, fingers: (0, 0) }
}

fn non_mated(score: i32) -> Scored {
    Scored { score, fingers: (0, 1) }
}

fn made(genuine: &[i32], impostor: &[i32]) -> Vec<Scored> {
    let genuine = genuine.iter().map(|score| mated(*score));
    sorted(genuine.chain(impostor.iter().map(|score| non_mated(*score))).collect())
}

fn plain(scored: &[Scored]) -> Rates {
    rates(scored, &vec![vec![0, 1]], NO_BOOTSTRAP).unwrap()
}

#[test]
fn rates_of_a_hand_made_list_are_those_counted_by_hand() {
    // 200 impostors 1..=200; genuine at 300 but for four at 150, 190, 199 and 200.
    let impostor: Vec<i32> = (1..=200).collect();
    let mut genuine = vec![300; 96];
    genuine.extend([150, 190, 199, 200]);
    let found = plain(&made(&genuine, &impostor));
    assert_eq!((found.mated, found.non_mated), (100, 200));
    // One in 100 allows two false matches: 200 and 199. Accepted from 199 on, 150 and 190 are missed.
    assert_eq!((found.fmr100.rate, found.fmr100.threshold), (0.02, Some(199)));
    assert_eq!(found.fmr100.false_matches_allowed, Some(2));
    // None allowed: everything up to 200 is missed, the tie with the best impostor too.
    assert_eq!((found.zero_fmr.rate, found.zero_fmr.threshold), (0.04, Some(300)));
    assert_eq!(found.fmr1000.rate, 0.04);
    assert!(found.fmr1000.is_sparse && found.fmr100.is_sparse && !found.zero_fmr.is_sparse);
    // From 198 on: 3 of 200 false matches, 2 of 100 missed; from 197 on 4 of 200 and 2 of 100: equal.
    assert_eq!((found.eer.rate, found.eer.threshold), (0.02, Some(197)));
}

#[test]
fn separable_scores_have_no_errors_and_inverted_ones_nothing_else() {
    let found = plain(&made(&[10, 11], &[1, 2]));
    let all = [found.eer, found.fmr100, found.fmr1000, found.fmr10000, found.zero_fmr];
    assert!(all.iter().all(|rate| rate.rate == 0.0));
    let found = plain(&made(&[1, 2], &[10, 11]));
    assert_eq!((found.eer.rate, found.zero_fmr.rate), (1.0, 1.0));
    assert_eq!(found.zero_fmr.threshold, None, "nothing can be accepted");
    let found = plain(&made(&[5, 5], &[5, 5]));
    assert_eq!((found.eer.rate, found.zero_fmr.rate), (0.5, 1.0));
}

#[test]
fn no_rates_without_both_kinds_of_comparisons() {
    assert!(rates(&made(&[1], &[]), &vec![vec![0]], NO_BOOTSTRAP).is_none());
    assert!(rates(&made(&[], &[1]), &vec![vec![0]], NO_BOOTSTRAP).is_none());
}

#[test]
fn intervals_hold_the_rate_repeat_with_the_seed_and_close_when_all_fingers_are_alike() {
    let strata: Strata = vec![(0..10).collect()];
    let list = |hard: u32| {
        let mut list = Vec::new();
        for a in 0..10u32 {
            let genuine = if a < hard { 0 } else { 100 };
            list.extend((0..5).map(|_| Scored { score: genuine, fingers: (a, a) }));
            list.extend((a + 1..10).map(|b| Scored { score: 10, fingers: (a, b) }));
        }
        sorted(list)
    };
    let bootstrap = Bootstrap { resamples: 400, seed: 3 };
    let found = rates(&list(3), &strata, bootstrap).unwrap();
    assert_eq!(found.zero_fmr.rate, 0.3);
    let interval = found.zero_fmr.interval.unwrap();
    // Binomial with 10 draws and 0.3: the middle 95 per cent are 0 to 6 of ten.
    assert!((0.0..=0.1).contains(&interval.low), "{interval:?}");
    assert!((0.5..=0.7).contains(&interval.high), "{interval:?}");
    assert_eq!(rates(&list(3), &strata, bootstrap).unwrap(), found);
    let alike = rates(&list(0), &strata, bootstrap).unwrap().zero_fmr.interval.unwrap();
    assert_eq!((alike.low, alike.high), (0.0, 0.0));
}

#[test]
fn protocols_make_the_comparisons_they_are_defined_by() {
    let print = |database, finger, impression| LabelledPrint {
        database,
        finger,
        impression,
        minutiae: Vec::new(),
    };
    let mut prints = Vec::new();
    for database in 0..2 {
        for finger in 1..=10 {
            prints.extend((1..=8).map(|impression| print(database, finger, impression)));
        }
    }
    let dataset = Dataset { databases: vec!["a".into(), "b".into()], prints };
    for (protocol, impostors) in [(Protocol::All, 2_880), (Protocol::Fvc, 45)] {
        let list = comparisons(&dataset, protocol);
        assert_eq!(list.iter().filter(|c| c.is_mated).count(), 2 * 280);
        assert_eq!(list.iter().filter(|c| !c.is_mated).count(), 2 * impostors);
        assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "no pair twice");
        assert!(list.iter().all(|c| {
            let (a, b) = (&dataset.prints[c.first], &dataset.prints[c.second]);
            c.first < c.second && a.database == b.database && (a.finger == b.finger) == c.is_mated
        }));
    }
}

#[test]
fn a_characteristic_counts_ranks_up_to_all() {
    let found = characteristic([1, 1, 3, 5].into_iter()).unwrap();
    assert_eq!(found, [(1, 0.5), (3, 0.75), (5, 1.0)]);
    assert_eq!(characteristic([4].into_iter()).unwrap(), [(1, 0.0), (4, 1.0)]);
    assert!(characteristic([].into_iter()).is_none());
}

/// Prints of `fingers` fingers, random but the same for every impression of a finger.
fn dataset(fingers: u32) -> Dataset {
    use rand::{Rng, SeedableRng};
    let print = |finger: u32, impression: u32| {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(u64::from(finger));
        let minutiae = (0..30).map(|_| PlacedMinutia {
            x_px: rng.random_range(0..300),
            y_px: rng.random_range(0..300),
            direction: rng.random(),
            quality: 0,
        });
        LabelledPrint { database: 0, finger, impression, minutiae: minutiae.collect() }
    };
    let all = (1..=fingers).flat_map(|finger| [print(finger, 1), print(finger, 2)]);
    Dataset { databases: vec!["made".into()], prints: all.collect() }
}

fn evaluated(dataset: &Dataset, rotation: Rotation) -> (FingerEvaluation, Matrix) {
    evaluated_with(dataset, rotation, 100)
}

fn evaluated_with(
    dataset: &Dataset,
    rotation: Rotation,
    stage_2_percent: u32,
) -> (FingerEvaluation, Matrix) {
    let projection = NamedProjection::builtin().unwrap();
    let projections = Projections::one(projection, &dataset.databases);
    let options = FingerOptions {
        protocol: Protocol::All,
        rotation,
        bootstrap: NO_BOOTSTRAP,
        distractors: Distractors { count: 30, seed: 1, stage_2_percent },
    };
    let device = CpuDevice::detect().unwrap();
    evaluate_finger("made", dataset, &projections, options, &device).unwrap()
}

#[test]
fn equal_impressions_of_random_fingers_are_told_apart_without_an_error() {
    for rotation in Rotation::ALL {
        let (found, matrix) = evaluated(&dataset(6), rotation);
        for stage in [&found.full, &found.gate] {
            assert_eq!(stage.pooled.as_ref().unwrap().zero_fmr.rate, 0.0);
            let found = stage.identification.as_ref().unwrap();
            assert_eq!((found.searches, found.others, found.rank1), (12, 10, 1.0));
        }
        let filter = found.filter.as_ref().unwrap();
        let (single, fused) = (filter.single.as_ref().unwrap(), filter.fused.as_ref().unwrap());
        assert_eq!((single.searches, single.others, single.at_depth), (12, 40, [1.0; 4]));
        // Three persons of two fingers, two impressions each; as many distractor persons as distractors.
        assert_eq!((fused.searches, fused.others, fused.at_depth), (6, 34, [1.0; 4]));
        for a in 0..12 {
            for b in 0..12 {
                let both = [(a, b), (b, a)].map(|(p, q)| matrix.row(Stage::Full, p)[q]);
                assert_eq!(both[0], both[1], "{a} and {b}");
            }
        }
        assert!(found.databases.iter().all(|d| d.training == Training::Unseen));
    }
}

#[test]
fn equal_impressions_survive_a_cascade_that_leaves_few_strangers_a_score() {
    let dataset = dataset(12);
    let (found, _) = evaluated_with(&dataset, Rotation::Upright, 5);
    assert_eq!(found.filter.unwrap().single.unwrap().at_depth, [1.0; 4]);

    let device = CpuDevice::detect().unwrap();
    let projection = &Projection::builtin().unwrap();
    let prints: Vec<Print> =
        dataset.prints.iter().map(|print| Print::of(&print.minutiae, projection)).collect();
    let gallery: Vec<PrintView<'_>> = prints.iter().map(Print::view).collect();
    let probe = Probe::new(&dataset.prints[0].minutiae, projection, Rotation::Upright);
    let at = |percent| {
        let least = least_excess(&probe, &gallery, percent);
        gate_scores(&device, &probe, &gallery, least)
    };
    let (whole, cut) = (at(100), at(25));
    let kept = cut.iter().filter(|score| **score > 0).count();
    assert!(kept >= 2 && kept <= gallery.len() / 4 + 1, "{kept} of {}", gallery.len());
    assert!(whole.iter().filter(|score| **score > 0).count() > kept);
    assert!(whole.iter().zip(&cut).all(|(whole, cut)| *cut == 0 || cut == whole));
}

#[test]
fn a_tie_is_a_miss() {
    let mut dataset = dataset(3);
    for print in &mut dataset.prints {
        print.minutiae.clear();
    }
    let (found, matrix) = evaluated(&dataset, Rotation::Upright);
    assert_eq!(found.databases[0].without_minutiae, 6);
    let found = identification(&matrix, Stage::Full, NO_BOOTSTRAP).unwrap();
    assert_eq!(found.rank1, 0.0, "prints without minutiae score 0 against all");
    assert_eq!(found.cmc, [(1, 0.0), (5, 1.0)]);
}

#[test]
fn files_of_an_evaluation_are_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(4);
    let (found, matrix) = evaluated(&dataset, Rotation::Upright);
    write_finger(folder.path(), &found, &dataset, &matrix).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("rates.json")).unwrap();
    assert_eq!(json["full"]["pooled"]["mated"], 4);
    assert_eq!(json["databases"][0]["training"], "unseen");
    assert_eq!(read("scores.csv").lines().count(), 1 + 28);
    for name in ["det.svg", "roc.svg", "similarities.svg", "cmc.svg", "recall.svg"] {
        let drawing = read(name);
        assert!(drawing.starts_with("<svg") && drawing.contains("made"), "{name}");
    }
    assert!(read("recall.svg").contains("two fingers"));
    assert!(render(&found).contains("two fingers"));
}

fn scores() -> impl Strategy<Value = (Vec<i32>, Vec<i32>)> {
    let list = |most| prop::collection::vec(0i32..60, 1..most);
    (list(40), list(400))
}

proptest! {
    #[test]
    fn stricter_rates_are_never_lower((genuine, impostor) in scores()) {
        let found = plain(&made(&genuine, &impostor));
        let rising = [found.fmr100, found.fmr1000, found.fmr10000, found.zero_fmr];
        prop_assert!(rising.windows(2).all(|pair| pair[0].rate <= pair[1].rate));
        prop_assert!(rising.iter().all(|rate| (0.0..=1.0).contains(&rate.rate)));
    }

    #[test]
    fn rates_depend_on_the_order_of_scores_alone((genuine, impostor) in scores()) {
        let stretch = |list: &[i32]| -> Vec<i32> { list.iter().map(|s| s * s * 7 - 900).collect() };
        let found = plain(&made(&genuine, &impostor));
        let other = plain(&made(&stretch(&genuine), &stretch(&impostor)));
        prop_assert_eq!(found.eer.rate, other.eer.rate);
        prop_assert_eq!(found.fmr100.rate, other.fmr100.rate);
        prop_assert_eq!(found.zero_fmr.rate, other.zero_fmr.rate);
    }

    #[test]
    fn a_rate_is_what_its_threshold_gives((genuine, impostor) in scores()) {
        let found = plain(&made(&genuine, &impostor));
        for rate in [found.fmr100, found.zero_fmr] {
            let accepts = |score: &&i32| rate.threshold.is_some_and(|least| **score >= least);
            let missed = genuine.len() - genuine.iter().filter(accepts).count();
            prop_assert_eq!(rate.rate, missed as f64 / genuine.len() as f64);
            let false_matches = impostor.iter().filter(accepts).count() as u64;
            prop_assert!(false_matches <= rate.false_matches_allowed.unwrap());
        }
    }
}
