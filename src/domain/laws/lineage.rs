//! Lineage markers. That a comparison is the same whoever is asked first is shown beside each.

use proptest::prelude::*;

use crate::domain::apart::ApartMarkers;
use crate::domain::lineage::frequency::HaplotypeCount;
use crate::domain::lineage::mitochondrial::MitochondrialHaplotype;
use crate::domain::lineage::y_chromosome::YHaplotype;

/// Markers of one copy.
const MARKERS: [&str; 5] = ["DYS19", "DYS390", "DYS391", "DYS392", "DYS438"];

fn haplotype(repeats: &[Option<u16>], longer: u16) -> YHaplotype {
    let typed = MARKERS.iter().zip(repeats).filter_map(|(marker, n)| Some((*marker, (*n)?)));
    let markers = typed.map(|(marker, n)| (marker.to_owned(), vec![(n + longer).to_string()]));
    YHaplotype::from_apart(&markers.collect::<ApartMarkers>()).unwrap()
}

fn repeats() -> impl Strategy<Value = Vec<Option<u16>>> {
    prop::collection::vec(prop::option::weighted(0.8, 8u16..14), MARKERS.len())
}

proptest! {
    #[test]
    fn a_marker_typed_on_one_side_alone_and_more_repeats_on_both_change_no_steps(
        a in repeats(), b in repeats(), longer in 0u16..20, place in 0..MARKERS.len(),
    ) {
        let of = |a: &[Option<u16>], b: &[Option<u16>], longer| {
            let found = haplotype(a, longer).compare(&haplotype(b, longer));
            let steps = found.differences.iter().map(|d| (d.marker, d.steps));
            (steps.collect::<Vec<_>>(), found.compared.clone(), found.conclusion(2))
        };
        let expected = of(&a, &b, 0);
        prop_assert_eq!(of(&a, &b, longer), expected.clone());
        // A marker taken out takes its own steps with it, from whichever side it is taken.
        let (mut from_a, mut from_b) = (a.clone(), b.clone());
        (from_a[place], from_b[place]) = (None, None);
        let without = of(&from_a, &b, 0);
        prop_assert_eq!(of(&a, &from_b, 0), without.clone());
        let kept: Vec<_> =
            expected.0.into_iter().filter(|(marker, _)| *marker != MARKERS[place]).collect();
        prop_assert_eq!(without.0, kept);
        prop_assert_eq!(of(&a, &a, 0).0, vec![]);
    }

    #[test]
    fn the_order_of_variants_and_what_one_side_alone_was_sequenced_for_change_nothing(
        a in prop::collection::btree_map(100u16..140, 0usize..4, 0..10),
        b in prop::collection::btree_map(100u16..140, 0usize..4, 0..10),
        beyond in prop::collection::btree_map(200u16..240, 0usize..4, 0..10),
    ) {
        let words = |variants: &std::collections::BTreeMap<u16, usize>| -> Vec<String> {
            variants.iter().map(|(place, base)| format!("{place}{}", ["A", "C", "G", "T"][*base])).collect()
        };
        let parse = |ranges, words: &[String]| {
            MitochondrialHaplotype::parse(ranges, &words.join(" ")).unwrap()
        };
        let (x, y) = (words(&a), words(&b));
        let expected = parse("100-140", &x).compare(&parse("100-140", &y));
        let turned: Vec<String> = x.iter().rev().cloned().collect();
        prop_assert_eq!(&parse("121-140 100-120", &turned).compare(&parse("100-140", &y)), &expected);
        let wider = [&x[..], &words(&beyond)[..]].concat();
        prop_assert_eq!(&parse("100-140 200-240", &wider).compare(&parse("100-140", &y)), &expected);
    }

    #[test]
    fn a_haplotype_found_more_often_is_more_frequent_and_a_larger_database_says_more(
        found in 0u64..50, more in 1u64..50, size in 100u64..5000, larger in 1u64..5000,
    ) {
        let of = |found, size| HaplotypeCount::new(found, size).unwrap();
        let (given, oftener) = (of(found, size), of(found + more, size));
        prop_assert!(oftener.frequency() > given.frequency());
        prop_assert!(oftener.upper_bound() > given.upper_bound());
        prop_assert!(of(found, size + larger).upper_bound() < given.upper_bound());
        prop_assert!(given.upper_bound() >= found as f64 / size as f64);
    }
}
