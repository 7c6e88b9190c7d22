//! `str_screen` against its definition and against the rule on profiles.

use proptest::prelude::*;

use super::*;
use crate::domain::allele::AlleleKind;
use crate::domain::dna::Profile;
use crate::domain::stringency::compare;
use crate::kernel::planes::{PlaneMap, pack};
use crate::kernel::testing::{Case, MIXED, Style, cases, check_capacity, kernel_tests};

kernel_tests!(str_screen);

const STRINGENCIES: [Stringency; 3] = [Stringency::High, Stringency::Moderate, Stringency::Low];

fn compile(case: &Case) -> Vec<Query> {
    case.probes.iter().map(|probe| Query::compile(&case.map, probe)).collect()
}

fn suite(levels: &[SimdLevel]) {
    let mut survivors_seen = 0;
    for case in cases(0) {
        let queries = compile(&case);
        for (place, stringency) in STRINGENCIES.into_iter().enumerate() {
            for max_failing in [0, 2, 7, 20, 64, u32::MAX] {
                let min_compared = (case.rows as u32 + place as u32) % 9;
                let params = Params { stringency, max_failing, min_compared };
                let run = |level, capacity| {
                    run(level, &params, &queries, &case.windows, case.view(), capacity)
                };
                let expected = run(SimdLevel::Scalar, usize::MAX).unwrap();
                assert!(expected.is_sorted());
                survivors_seen += expected.len();
                for level in levels {
                    assert_eq!(run(*level, usize::MAX).unwrap(), expected, "{level} {params:?}");
                    if max_failing == 7 {
                        check_capacity(&expected, |capacity| run(*level, capacity));
                    }
                }
            }
        }
    }
    assert!(survivors_seen > 10_000, "{survivors_seen} survivors test nothing");
}

/// The planes' answer for one pair: loci compared and failing.
fn on_planes(a: &Profile, b: &Profile, stringency: Stringency) -> (u32, u32) {
    let gallery = std::slice::from_ref(b);
    let map = PlaneMap::from_profiles(gallery).unwrap();
    let words = pack(&map, gallery).unwrap();
    let view = PlaneView::new(&map, &words, 1).unwrap();
    let counts = crate::kernel::query::agreement_counts(&view, &Query::compile(&map, a), 0);
    let agreeing = match stringency {
        Stringency::High => counts[1],
        Stringency::Moderate => counts[2],
        Stringency::Low => counts[3],
    };
    (counts[0], counts[0] - agreeing)
}

fn has_ladder_side(profile: &Profile) -> bool {
    let outside = |kind| matches!(kind, AlleleKind::Below(_) | AlleleKind::Above(_));
    profile.iter().any(|(_, t)| t.alleles().iter().any(|a| outside(a.kind())))
}

proptest! {
    #[test]
    fn the_screen_is_the_exact_rule_or_more_lenient_only_for_calls_outside_the_ladder(
        seed in any::<u64>(), many in 0.0f64..0.5, unknown in 0.0f64..0.5,
    ) {
        let style = Style { many, unknown, ..MIXED };
        let case = Case::random(seed, style, 0, 8);
        for a in &case.probes {
            for b in &case.probes {
                let exact = compare(a, b);
                for stringency in STRINGENCIES {
                    let (compared, failing) = on_planes(a, b, stringency);
                    prop_assert_eq!(compared, exact.compared);
                    let exact_failing = exact.compared - exact.at(stringency);
                    if has_ladder_side(a) || has_ladder_side(b) {
                        prop_assert!(failing <= exact_failing);
                    } else {
                        prop_assert_eq!(failing, exact_failing, "{:?} {:?} {:?}", a, b, stringency);
                    }
                }
            }
        }
    }
}
