//! The kernels of profiles on an adapter of this machine (in CI the software adapter of Mesa) against their
//! definitions.

use super::adapters::adapters;
use super::*;
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::relation::Relation;
use crate::domain::stringency::Stringency;
use crate::kernel::genotype_screen::{GenotypeCodes, GenotypeMap};
use crate::kernel::simd::SimdLevel;
use crate::kernel::testing::{Case, FULL, LONG, MIXED, cases};
use crate::kernel::{
    Overflow, Survivor, Window, genotype_screen, kin_screen, str_counts, str_screen,
};

/// The first suitable adapter; none where the one who runs the tests says that there is none.
pub(crate) fn device() -> Option<GpuDevice> {
    if std::env::var_os("TANBA_WITHOUT_GPU").is_some() {
        return None;
    }
    let found = adapters().into_iter().find(|adapter| adapter.unsuitable.is_none());
    let adapter = found.expect(
        "these tests need a Vulkan driver (scripts/test installs Mesa's); TANBA_WITHOUT_GPU=1 leaves them out",
    );
    Some(GpuDevice::open(&adapter).unwrap())
}

fn queries(case: &Case) -> Vec<str_screen::Query> {
    case.probes.iter().map(|probe| str_screen::Query::compile(&case.map, probe)).collect()
}

/// Enough pairs that a million are compared with the processor in each kernel.
fn large() -> [Case; 2] {
    [Case::random(900, FULL, 9000, 120), Case::random(901, MIXED, 9000, 120)]
}

const STRINGENCIES: [Stringency; 3] = [Stringency::High, Stringency::Moderate, Stringency::Low];

/// A screen with room for fewer pairs than survive says so, and otherwise returns all.
fn check_capacity(
    expected: &[Survivor],
    run: impl Fn(usize) -> Result<Vec<Survivor>, DeviceError>,
) {
    for capacity in [0, 1, expected.len().saturating_sub(1), expected.len()] {
        let fits = expected.len() <= capacity;
        let wanted = if fits { Ok(expected.to_vec()) } else { Err(Overflow { capacity }.into()) };
        assert_eq!(run(capacity), wanted, "capacity {capacity} for {}", expected.len());
    }
}

#[test]
fn str_screen_is_its_definition() {
    let Some(device) = device() else { return };
    let (mut survivors_seen, mut pairs) = (0, 0);
    for case in cases(0).chain(large()) {
        let queries = queries(&case);
        for (place, stringency) in STRINGENCIES.into_iter().enumerate() {
            for max_failing in [0, 2, 7, 20, u32::MAX] {
                let min_compared = (case.rows as u32 + place as u32) % 9;
                let params = str_screen::Params { stringency, max_failing, min_compared };
                let run = |capacity| {
                    device.str_screen(&params, &queries, &case.windows, case.view(), capacity)
                };
                let level = SimdLevel::Scalar;
                let (windows, view) = (&case.windows, case.view());
                let expected =
                    str_screen::run(level, &params, &queries, windows, view, usize::MAX).unwrap();
                assert_eq!(run(usize::MAX).as_ref(), Ok(&expected), "{params:?} {}", case.rows);
                if max_failing == 7 && case.rows < 2000 {
                    check_capacity(&expected, run);
                }
                survivors_seen += expected.len();
                pairs += queries.len() * case.rows;
            }
        }
    }
    assert!(survivors_seen > 100_000 && pairs > 10_000_000, "{survivors_seen} of {pairs}");
}

#[test]
fn str_counts_is_its_definition() {
    let Some(device) = device() else { return };
    let mut pairs = 0;
    for case in cases(100).chain(large()) {
        let (queries, windows, view) = (queries(&case), &case.windows, case.view());
        let expected = str_counts::run(SimdLevel::Scalar, &queries, windows, view);
        assert_eq!(device.str_counts(&queries, windows, view), Ok(expected.clone()));
        let by_agreement = str_counts::run_by_agreement(SimdLevel::Scalar, &queries, windows, view);
        assert_eq!(device.str_counts_by_agreement(&queries, windows, view), Ok(by_agreement));
        pairs += expected.total();
    }
    assert!(pairs > 1_000_000, "{pairs} pairs");
}

#[test]
fn kin_screen_is_its_definition() {
    let Some(device) = device() else { return };
    let mut text = String::from("locus,allele,frequency,count,n_alleles\n");
    for (place, locus) in Locus::all().enumerate().filter(|(place, _)| place % 5 != 4) {
        for (repeats, frequency) in (8..14).zip([0.3, 0.25, 0.2, 0.15, 0.0625, 0.002]) {
            let frequency = frequency / (1.0 + place as f64);
            text.push_str(&format!("{},{repeats},{frequency},,200\n", locus.name()));
        }
    }
    let frequencies = &FrequencyTable::from_csv("test", &text).unwrap();
    let (mut survivors_seen, mut pairs) = (0, 0);
    for case in cases(200).chain(large()) {
        for (place, relation) in Relation::ALL.into_iter().enumerate() {
            let theta = [0.0, 0.01, 0.03][(place + case.rows) % 3];
            let minimum = MinimumFrequency::UnseenOnly;
            let population = Population { frequencies, theta, minimum };
            let compile = |p| kin_screen::KinQuery::compile(&case.map, p, relation, &population);
            let queries: Vec<_> = case.probes.iter().map(compile).collect();
            for threshold_log10 in [f64::NEG_INFINITY, 0.0, 2.5, f64::NAN] {
                let params = kin_screen::Params { threshold_log10 };
                let (windows, view) = (&case.windows, case.view());
                let run = |capacity| device.kin_screen(&params, &queries, windows, view, capacity);
                let level = SimdLevel::detect().unwrap();
                let expected =
                    kin_screen::run(level, &params, &queries, windows, view, usize::MAX).unwrap();
                assert_eq!(run(usize::MAX).as_ref(), Ok(&expected), "{relation} {}", case.rows);
                if threshold_log10 == 0.0 && case.rows < 2000 {
                    check_capacity(&expected, run);
                }
                survivors_seen += expected.len();
                pairs += queries.len() * case.rows;
            }
        }
    }
    assert!(survivors_seen > 100_000 && pairs > 10_000_000, "{survivors_seen} of {pairs}");
}

#[test]
fn genotype_screen_is_its_definition() {
    let Some(device) = device() else { return };
    let (mut survivors_seen, mut pairs) = (0, 0);
    // Their probes stand for galleries: of others' genotypes every second one is unknown to the map.
    let many = [(900, FULL, 9000), (901, MIXED, 9000), (902, LONG, 700)];
    let galleries = many.map(|(seed, style, rows)| Case::random(seed, style, 1, rows));
    for case in cases(300).chain(galleries) {
        let rows = case.probes.len();
        let map = GenotypeMap::from_profiles(&case.probes[..rows / 2]);
        let codes = GenotypeCodes::new(&map, &case.probes);
        // Longer than what is on the device at once, where there are many loci.
        let count = if rows == 700 { 290 } else { 60 };
        let ratio = |number: usize, locus: Locus, typing: &crate::domain::dna::Typing| {
            let alleles = typing.known().map(|allele| usize::from(allele.code()));
            match (number + 3 * locus.index() + alleles.sum::<usize>()) % 23 {
                0 => None,
                1 => Some(0.0),
                other => Some(1.5f64.powi(other as i32 - 10)),
            }
        };
        let queries: Vec<genotype_screen::Query> = (0..count)
            .map(|n| genotype_screen::Query::compile(&map, |locus, typing| ratio(n, locus, typing)))
            .collect();
        let queries: Vec<&genotype_screen::Query> = queries.iter().collect();
        let window = |n: usize| match n % 4 {
            0 => {
                Window { first_row: (7 * n % (rows + 3)) as u32, end_row: (rows - n % rows) as u32 }
            }
            1 => Window { first_row: n as u32, end_row: n as u32 + 5 },
            _ => Window::ALL,
        };
        let windows: Vec<Window> = (0..count).map(window).collect();
        let coded = codes.rows();
        for least_mban in [i32::MIN, -2000, 1500, i32::MAX] {
            let params = genotype_screen::Params { least_mban };
            let run =
                |capacity| device.genotype_screen(&params, &queries, &windows, &coded, capacity);
            let expected =
                genotype_screen::reference(&params, &queries, &windows, &coded, usize::MAX);
            let expected = expected.unwrap();
            assert_eq!(run(usize::MAX).as_ref(), Ok(&expected), "{rows} rows, {least_mban}");
            if least_mban == 1500 && rows < 2000 {
                check_capacity(&expected, run);
            }
            survivors_seen += expected.len();
            pairs += count * rows;
        }
    }
    assert!(survivors_seen > 100_000 && pairs > 4_000_000, "{survivors_seen} of {pairs}");
}

/// Faults of each kind that a kernel outside the tests of tiles sees.
const FAULTS: u64 = 70;

#[test]
fn a_fault_of_the_match_matrix_is_an_error_or_an_answer_that_is_seen_to_differ() {
    let Some(device) = device() else { return };
    let case = Case::random(77, FULL, 700, 4);
    let (queries, windows, view) = (queries(&case), &case.windows, case.view());
    let expected = str_counts::run(SimdLevel::Scalar, &queries, windows, view);
    for fault in [Fault::OutOfMemory, Fault::WrongAnswer, Fault::RoomOfOne] {
        device.set_faults(Some(FaultPlan::new(5, 0.5, &[fault])));
        let mut injected = 0;
        while injected < FAULTS {
            let found = device.str_counts(&queries, windows, view);
            let is_faulty = device.faults_injected() > injected;
            injected = device.faults_injected();
            match (is_faulty, fault) {
                (true, Fault::OutOfMemory) => {
                    assert!(found.is_err_and(|error| error.lacks_memory()));
                }
                (true, Fault::WrongAnswer) => assert_ne!(found, Ok(expected.clone())),
                _ => assert_eq!(found, Ok(expected.clone())),
            }
        }
    }
    device.set_faults(Some(FaultPlan::new(5, 1.0, &[Fault::Lost])));
    let lost = device.str_counts(&queries, windows, view);
    assert!(matches!(lost, Err(DeviceError::Gpu(GpuError::Lost(_)))), "{lost:?}");
}
