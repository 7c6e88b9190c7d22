//! `str_counts` against its definition and against itself.

use super::*;
use crate::kernel::testing::{cases, kernel_tests};

kernel_tests!(str_counts);

fn suite(levels: &[SimdLevel]) {
    for case in cases(100) {
        let queries: Vec<Query> =
            case.probes.iter().map(|probe| Query::compile(&case.map, probe)).collect();
        let matrix = reference(&queries, &case.windows, case.view());
        let histogram = reference_by_agreement(&queries, &case.windows, case.view());
        let view = case.view();
        let asked = case.windows.iter().map(|window| window.rows(&view).len() as u64).sum();
        assert_eq!((matrix.total(), histogram.total()), (asked, asked));
        assert_eq!(matrix, folded(&histogram, matrix.side));
        for level in levels {
            assert_eq!(run(*level, &queries, &case.windows, case.view()), matrix, "{level}");
            let found = run_by_agreement(*level, &queries, &case.windows, case.view());
            assert_eq!(found, histogram, "{level}");
        }
    }
}

/// The matrix that a histogram by agreement implies.
fn folded(histogram: &AgreementHistogram, side: usize) -> CountMatrix {
    let mut matrix = CountMatrix::new(side - 1);
    for (agreement, pairs) in histogram.iter() {
        let partial = agreement.low - agreement.high;
        matrix.counts[agreement.high as usize * side + partial as usize] += pairs;
    }
    matrix
}

#[test]
fn every_nested_quadruple_has_its_own_place_in_iteration_order() {
    let mut histogram = AgreementHistogram::default();
    histogram.counts.iter_mut().zip(1..).for_each(|(count, place)| *count = place);
    let mut seen = 0;
    for (agreement, pairs) in histogram.iter() {
        assert_eq!(place(&agreement) as u64 + 1, pairs, "{agreement:?}");
        seen += 1;
    }
    assert_eq!(seen, QUADRUPLES);
}

#[test]
fn matrices_of_different_sides_merge_cell_by_cell() {
    let mut small = CountMatrix::new(1);
    small.counts = vec![1, 2, 3, 4];
    let mut large = CountMatrix::new(2);
    large.counts[8] = 9;
    small.merge(&large);
    assert_eq!((small.side, small.pairs(1, 1), small.pairs(2, 2), small.pairs(0, 5)), (3, 4, 9, 0));
}
