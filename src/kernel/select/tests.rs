//! `select` against its definition, and the laws of its order.

use proptest::prelude::*;

use super::*;

/// Tables with many ties, of up to three stretches a probe.
fn table() -> impl Strategy<Value = (Vec<i32>, usize)> {
    let score = prop_oneof![4 => -3..4i32, 1 => any::<i32>()];
    (1..200usize, 0..5usize).prop_flat_map(move |(rows, probes)| {
        (prop::collection::vec(score.clone(), rows * probes), Just(rows))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_pass_gives_what_the_definition_gives(
        (scores, rows) in table(),
        least in -4..5i32,
        best in 0..70u32,
        capacity in 0..300usize,
    ) {
        let params = Params { least, best };
        let expected = reference(&params, &scores, rows, capacity);
        prop_assert_eq!(run(&params, &scores, rows, capacity), expected);
    }

    #[test]
    fn parts_of_a_table_have_its_survivors_and_its_best_together(
        (scores, rows) in table(),
        cut in 1..200usize,
        least in -4..5i32,
        best in 0..9u32,
    ) {
        let params = Params { least, best };
        let whole = run(&params, &scores, rows, usize::MAX).unwrap();
        let cut = cut.min(rows);
        let (mut survivors, mut parts) = (Vec::new(), Vec::new());
        for range in [0..cut, cut..rows].into_iter().filter(|range| !range.is_empty()) {
            let of_rows = |probe: &[i32]| probe[range.clone()].to_vec();
            let part: Vec<i32> = scores.chunks(rows).flat_map(of_rows).collect();
            let found = run(&params, &part, range.len(), usize::MAX).unwrap();
            let moved = |s: Survivor| Survivor { row: s.row + range.start as u32, ..s };
            survivors.extend(found.survivors.into_iter().map(moved));
            parts.extend(found.best.into_iter().map(moved));
        }
        survivors.sort_unstable();
        prop_assert_eq!(survivors, whole.survivors);
        prop_assert_eq!(merged(parts, &params), whole.best);
    }
}

#[test]
fn equal_scores_come_in_the_order_of_their_rows_and_negative_ones_last() {
    let params = Params { least: 7, best: 4 };
    let selected = run(&params, &[7, -1, 9, 7, i32::MIN, i32::MAX], 6, 4).unwrap();
    let found =
        |list: &[Survivor]| -> Vec<(u32, i32)> { list.iter().map(|s| (s.row, s.value)).collect() };
    assert_eq!(found(&selected.survivors), [(0, 7), (2, 9), (3, 7), (5, i32::MAX)]);
    assert_eq!(found(&selected.best), [(5, i32::MAX), (2, 9), (0, 7), (3, 7)]);
    assert_eq!(selected.strongest().map(|s| s.row), Some(5));
    assert!(key(0, 5) > key(0, 6) && key(0, 6) > key(-1, 0) && key(i32::MIN, 0) > key(i32::MIN, 1));
    assert_eq!(run(&params, &[7, 7], 1, 1), Err(Overflow { capacity: 1 }));
    assert_eq!(run(&params, &[], 0, 0), Ok(Selected::default()));
}
