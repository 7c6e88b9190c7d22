//! `str_counts` against what independent programs counted in the same database.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

#[cfg(feature = "gpu")]
use tanba::device::gpu::{GpuDevice, adapters::adapters};
use tanba::domain::allele::Allele;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::locus::Locus;
use tanba::kernel::Window;
use tanba::kernel::planes::{PlaneMap, PlaneView, pack};
use tanba::kernel::simd::SimdLevel;
use tanba::kernel::str_counts::{Query, run, run_by_agreement};

/// Profiles of a table `id,planted,LOCUS_1,LOCUS_2,...`.
fn read_wide(path: &Path) -> Vec<Profile> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let loci: Vec<Locus> = reader
        .headers()
        .unwrap()
        .iter()
        .skip(2)
        .step_by(2)
        .map(|name| Locus::parse(name.strip_suffix("_1").unwrap()).unwrap())
        .collect();
    assert_eq!(loci.len(), 23);
    let profile = |record: csv::StringRecord| {
        loci.iter()
            .enumerate()
            .filter_map(|(place, locus)| {
                let cells = [&record[2 + 2 * place], &record[3 + 2 * place]];
                let calls: Vec<Allele> =
                    cells.iter().filter_map(|cell| Allele::parse(cell).unwrap()).collect();
                (!calls.is_empty()).then(|| (*locus, Typing::new(&calls).unwrap()))
            })
            .collect()
    };
    reader.records().map(|record| profile(record.unwrap())).collect()
}

/// The first adapter, in CI Mesa's software adapter; none where the one who runs the tests says so.
#[cfg(feature = "gpu")]
fn adapter() -> Option<GpuDevice> {
    if std::env::var_os("TANBA_WITHOUT_GPU").is_some() {
        return None;
    }
    let found = adapters().into_iter().find(|adapter| adapter.unsuitable.is_none());
    Some(GpuDevice::open(&found.unwrap()).unwrap())
}

/// Every pair once: row i with the rows after it.
fn all_pairs(map: &PlaneMap, profiles: &[Profile]) -> (Vec<Query>, Vec<Window>) {
    let rows = profiles.len() as u32;
    let queries = profiles.iter().map(|profile| Query::compile(map, profile)).collect();
    let windows = (1..=rows).map(|first_row| Window { first_row, end_row: rows }).collect();
    (queries, windows)
}

#[test]
fn the_match_matrix_of_two_thousand_profiles_is_that_of_dnatools_cell_for_cell() {
    let Some(folder) = common::shared("data/dna") else { return };
    let profiles = read_wide(&folder.join("db2000_profiles.csv"));
    let map = PlaneMap::from_profiles(&profiles).unwrap();
    let words = pack(&map, &profiles).unwrap();
    let view = PlaneView::new(&map, &words, profiles.len()).unwrap();
    let (queries, windows) = all_pairs(&map, &profiles);
    let mut expected = Vec::new();
    let matrix_file = folder.join("db2000_dbcompare_matrix.csv");
    for record in csv::Reader::from_path(matrix_file).unwrap().records() {
        let record = record.unwrap();
        expected.extend(record.iter().skip(1).map(|cell| match cell {
            "NA" => 0,
            count => count.parse::<u64>().unwrap(),
        }));
    }
    assert_eq!(expected.iter().sum::<u64>(), 2000 * 1999 / 2);
    for level in SimdLevel::available() {
        let matrix = run(level, &queries, &windows, view);
        assert_eq!(matrix.side, 24);
        assert_eq!(matrix.counts, expected, "{level}");
    }
    #[cfg(feature = "gpu")]
    if let Some(gpu) = adapter() {
        assert_eq!(gpu.str_counts(&queries, &windows, view).unwrap().counts, expected);
    }
}

#[test]
fn the_agreement_histogram_of_two_thousand_partial_profiles_is_the_independent_count() {
    let Some(folder) = common::shared("data/dna") else { return };
    let profiles = read_wide(&folder.join("db2000_partial_profiles.csv"));
    let map = PlaneMap::from_profiles(&profiles).unwrap();
    let words = pack(&map, &profiles).unwrap();
    let view = PlaneView::new(&map, &words, profiles.len()).unwrap();
    let (queries, windows) = all_pairs(&map, &profiles);
    let mut expected = Vec::new();
    let histogram_file = folder.join("db2000_partial_stringency_hist.csv");
    for record in csv::Reader::from_path(histogram_file).unwrap().records() {
        let record = record.unwrap();
        let row: Vec<u64> = record.iter().map(|cell| cell.parse().unwrap()).collect();
        let [compared, high, moderate, low, pairs] = row[..] else { panic!("five columns") };
        expected.push(([compared, high, moderate, low], pairs));
    }
    expected.sort_unstable();
    assert_eq!(expected.iter().map(|(_, pairs)| pairs).sum::<u64>(), 2000 * 1999 / 2);
    for level in SimdLevel::available() {
        let histogram = run_by_agreement(level, &queries, &windows, view);
        let mut found: Vec<([u64; 4], u64)> = histogram
            .iter()
            .map(|(a, pairs)| ([a.compared, a.high, a.moderate, a.low].map(u64::from), pairs))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{level}");
    }
    #[cfg(feature = "gpu")]
    if let Some(gpu) = adapter() {
        let on_gpu = gpu.str_counts_by_agreement(&queries, &windows, view).unwrap();
        assert_eq!(on_gpu, run_by_agreement(SimdLevel::Scalar, &queries, &windows, view));
    }
}

/// The suites of the kernels take the instruction sets of the processor they run on; scripts/test repeats
/// this line, so that one that was not tested is not taken for tested.
#[test]
#[allow(clippy::print_stdout, reason = "what was not tested is said")]
fn the_instruction_sets_under_test_are_said_and_begin_with_the_definition() {
    let levels = SimdLevel::available();
    assert_eq!(levels.first(), Some(&SimdLevel::Scalar));
    assert!(levels.len() > 1, "every processor has a baseline of vectors");
    let names: Vec<&str> = levels.iter().map(|level| level.name()).collect();
    println!("INSTRUCTION SETS TESTED: {}", names.join(" "));
}
