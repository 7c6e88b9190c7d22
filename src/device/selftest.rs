//! Before a run, each kernel must give the known answer to a fixed question.
//!
//! What: a small gallery of every kind of typing, made by arithmetic that never changes, goes through
//! each kernel; the digest of the answer is compared with a constant that the scalar reference gave
//! when the kernel's version was fixed. Why constants: a fault shared by a kernel and its reference
//! (a wrong compiler, a broken processor, an unraised version) would pass a comparison of the two.
//! Takes one to ten milliseconds. When not to rely on it: it does not replace re-scoring pairs in a run.

use super::{Device, DeviceError, selftest_finger};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::frequency::{FrequencyTable, MinimumFrequency};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::domain::relation::Relation;
use crate::domain::stringency::Stringency;
use crate::kernel::genotype_screen::{GenotypeCodes, GenotypeMap};
use crate::kernel::planes::{PlaneError, PlaneMap, PlaneView, pack};
use crate::kernel::{
    Spec, Survivor, Window, genotype_screen, kin_screen, minutia_gate, minutia_pair, select,
    str_counts, str_screen,
};

/// Why a device may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelfTestError {
    /// A kernel answers otherwise than its definition did.
    #[error(
        "kernel {kernel} version {version} on {device} gives {found} to the self-test question, not {expected}"
    )]
    Wrong {
        /// The kernel.
        kernel: &'static str,
        /// Its version.
        version: u32,
        /// The device.
        device: String,
        /// Digest of the right answer.
        expected: &'static str,
        /// Digest of the answer given.
        found: String,
    },
    /// The question itself could not be put.
    #[error("the self-test of the kernels could not be set up: {0}")]
    Setup(String),
}

impl From<PlaneError> for SelfTestError {
    fn from(error: PlaneError) -> Self {
        SelfTestError::Setup(error.to_string())
    }
}

impl From<DeviceError> for SelfTestError {
    fn from(error: DeviceError) -> Self {
        SelfTestError::Setup(error.to_string())
    }
}

/// Number of items and first 16 hexadecimal digits of the BLAKE3 digest of each right answer.
const EXPECTED: [(Spec, &str); ANSWERS] = [
    (str_screen::SPEC, "29838:ee5a3330d302c309"),
    (str_counts::SPEC, "169:b908e4083c313af4"),
    (str_counts::SPEC, "5345:fc7825a383f97eb9"),
    (kin_screen::SPEC, "31212:68fd4b4d98c8cedc"),
    (minutia_gate::SPEC, "576:3702c7d53a6b57c6"),
    (minutia_pair::SPEC, "98:af0c73b00a5e7424"),
    (select::SPEC, "645:c96999304cb77a9d"),
    (genotype_screen::SPEC, "14679:dafe8a6ec0097613"),
];

const ANSWERS: usize = 8;

const ROWS: usize = 700;
const PROBES: usize = 24;
const LOCI: usize = 12;

/// Puts the question of every kernel to `device`.
///
/// # Errors
/// A kernel gives a wrong answer.
pub fn check(device: &Device) -> Result<(), SelfTestError> {
    compare(device, &answers(device)?, &EXPECTED)
}

fn compare(
    device: &Device,
    answers: &[String; ANSWERS],
    expected: &[(Spec, &'static str); ANSWERS],
) -> Result<(), SelfTestError> {
    for (found, (spec, expected)) in answers.iter().zip(expected) {
        if found != expected {
            return Err(SelfTestError::Wrong {
                kernel: spec.name,
                version: spec.version,
                device: device.to_string(),
                expected,
                found: found.clone(),
            });
        }
    }
    Ok(())
}

/// The answers of `device`, in the order of [`EXPECTED`].
fn answers(device: &Device) -> Result<[String; ANSWERS], SelfTestError> {
    let mut numbers = Numbers(20_261_121);
    let gallery: Vec<Profile> = (0..ROWS).map(|_| numbers.profile()).collect();
    let map = PlaneMap::from_profiles(&gallery)?;
    let words = pack(&map, &gallery)?;
    let view = PlaneView::new(&map, &words, ROWS)?;
    let probes: Vec<Profile> = (0..PROBES).map(|_| numbers.profile()).collect();
    let windows: Vec<Window> = (0..PROBES as u32)
        .map(|probe| Window { first_row: probe, end_row: (ROWS as u32) - 3 * probe })
        .collect();
    let queries: Vec<_> = probes.iter().map(|p| str_screen::Query::compile(&map, p)).collect();
    let capacity = PROBES * ROWS;

    let mut survivors = Vec::new();
    for stringency in [Stringency::High, Stringency::Moderate, Stringency::Low] {
        let params = str_screen::Params { stringency, max_failing: 3, min_compared: 5 };
        survivors.extend(device.str_screen(&params, &queries, &windows, view, capacity)?);
    }
    let matrix = device.str_counts(&queries, &windows, view)?;
    let histogram = device.str_counts_by_agreement(&queries, &windows, view)?;
    let counted = histogram.iter().flat_map(|(agreement, pairs)| {
        let loci = [agreement.compared, agreement.high, agreement.moderate, agreement.low];
        loci.into_iter().map(u64::from).chain([pairs]).collect::<Vec<u64>>()
    });
    let bounds = kinship_bounds(device, &map, view, &probes, &windows)?;
    Ok([
        digest(survivors.iter().flat_map(fields)),
        digest(matrix.counts.iter().copied()),
        digest(counted),
        digest(bounds.iter().flat_map(fields)),
        digest(selftest_finger::gate(device)?),
        digest(selftest_finger::pair(device)?),
        digest(selftest_finger::select(device)?.iter().flat_map(fields)),
        digest(genotype_sums(device, &gallery, &windows)?.iter().flat_map(fields)),
    ])
}

/// Survivors of `kin_screen` for every relation.
fn kinship_bounds(
    device: &Device,
    map: &PlaneMap,
    view: PlaneView,
    probes: &[Profile],
    windows: &[Window],
) -> Result<Vec<Survivor>, SelfTestError> {
    let mut text = String::from("locus,allele,frequency\n");
    for locus in Locus::core().take(LOCI) {
        for (allele, frequency) in [(8, 0.37), (9, 0.29), (10, 0.21), (11, 0.09), (12, 0.04)] {
            text.push_str(&format!("{},{allele},{frequency}\n", locus.name()));
        }
    }
    let table = FrequencyTable::from_csv("self-test", &text)
        .map_err(|error| SelfTestError::Setup(error.to_string()))?;
    let population =
        Population { frequencies: &table, theta: 0.01, minimum: MinimumFrequency::UnseenOnly };
    let params = kin_screen::Params { threshold_log10: 0.5 };
    let mut survivors = Vec::new();
    for relation in Relation::ALL {
        let compile = |p| kin_screen::KinQuery::compile(map, p, relation, &population);
        let queries: Vec<_> = probes.iter().map(compile).collect();
        let capacity = PROBES * ROWS;
        survivors.extend(device.kin_screen(&params, &queries, windows, view, capacity)?);
    }
    Ok(survivors)
}

/// Survivors of `genotype_screen`.
fn genotype_sums(
    device: &Device,
    gallery: &[Profile],
    windows: &[Window],
) -> Result<Vec<Survivor>, SelfTestError> {
    let map = GenotypeMap::from_profiles(&gallery[..ROWS / 2]);
    let codes = GenotypeCodes::new(&map, gallery);
    let ratio = |probe: usize, locus: Locus, typing: &Typing| {
        let alleles = typing.known().map(|allele| usize::from(allele.code()));
        match (7 * probe + 3 * locus.number() as usize + alleles.sum::<usize>()) % 11 {
            0 => None,
            1 => Some(0.0),
            other => Some(other as f64 / 4.0),
        }
    };
    let queries: Vec<genotype_screen::Query> = (0..windows.len())
        .map(|p| genotype_screen::Query::compile(&map, |locus, typing| ratio(p, locus, typing)))
        .collect();
    let queries: Vec<&genotype_screen::Query> = queries.iter().collect();
    let params = genotype_screen::Params { least_mban: 500 };
    Ok(device.genotype_screen(&params, &queries, windows, &codes.rows(), usize::MAX)?)
}

fn fields(survivor: &Survivor) -> [u64; 3] {
    [survivor.probe.into(), survivor.row.into(), i64::from(survivor.value) as u64]
}

/// How many numbers, and the start of their BLAKE3 digest.
fn digest(numbers: impl Iterator<Item = u64>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut count = 0u64;
    for number in numbers {
        hasher.update(&number.to_le_bytes());
        count += 1;
    }
    let hex = hasher.finalize().to_hex();
    format!("{count}:{}", hex.get(..16).unwrap_or_default())
}

/// A linear congruential generator (Knuth's MMIX constants): the question must not change with the
/// version of a library.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, bound: u16) -> u16 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(bound)) as u16
    }

    fn profile(&mut self) -> Profile {
        Locus::core()
            .take(LOCI)
            .filter_map(|locus| {
                let typing = self.typing()?;
                Some((locus, typing))
            })
            .collect()
    }

    /// Mostly one or two alleles; also nothing, a wildcard, or three to eight alleles.
    fn typing(&mut self) -> Option<Typing> {
        let (calls, choice) = match self.below(20) {
            0 => return None,
            1 => (3 + self.below(6), 9),
            _ => (2, 4),
        };
        let mut alleles: Vec<Allele> =
            (0..calls).filter_map(|_| Allele::repeat(80 + 10 * self.below(choice))).collect();
        if self.below(12) == 0 {
            alleles.pop();
            alleles.push(Allele::WILDCARD);
        }
        Typing::new(&alleles).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::CpuDevice;
    use crate::kernel::simd::SimdLevel;

    #[test]
    fn every_instruction_set_passes() {
        for level in SimdLevel::available() {
            assert_eq!(check(&CpuDevice::new(level).unwrap().into()), Ok(()));
        }
    }

    #[test]
    fn a_wrong_answer_names_the_kernel_and_the_level() {
        let device = Device::from(CpuDevice::new(SimdLevel::Scalar).unwrap());
        let right = answers(&device).unwrap();
        for place in 0..right.len() {
            let mut wrong = right.clone();
            wrong[place].push('0');
            let error = compare(&device, &wrong, &EXPECTED).unwrap_err();
            let Spec { name, version } = EXPECTED[place].0;
            let expected = format!("kernel {name} version {version} on cpu (scalar)");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn the_question_has_survivors_and_losers_in_every_kernel() {
        let counts = EXPECTED.map(|(_, digest)| {
            digest.split(':').next().and_then(|count| count.parse::<usize>().ok()).unwrap()
        });
        assert!(counts.iter().all(|count| *count >= 98), "{counts:?}");
        assert!(counts[0] < 3 * 3 * PROBES * ROWS && counts[3] < 8 * 3 * PROBES * ROWS / 2);
    }
}
