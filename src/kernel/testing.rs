//! Random galleries and the one suite every kernel must pass at every instruction set.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::planes::{PlaneMap, pack};
use super::{Overflow, Survivor, Window};
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;

/// How the profiles of a random gallery look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Loci considered.
    pub(crate) loci: usize,
    /// Chance that a locus is missing.
    pub(crate) missing: f64,
    /// Chance of a wildcard, off-ladder call or call outside the ladder at a locus.
    pub(crate) unknown: f64,
    /// Chance of three to eight alleles at a locus.
    pub(crate) many: f64,
    /// Different alleles per locus.
    pub(crate) alleles: u16,
}

/// Complete profiles; what most of a register looks like.
pub(crate) const FULL: Style =
    Style { loci: 23, missing: 0.0, unknown: 0.0, many: 0.0, alleles: 6 };
/// Everything a register may hold, with few alleles so that pairs agree often.
pub(crate) const MIXED: Style =
    Style { loci: 9, missing: 0.2, unknown: 0.15, many: 0.1, alleles: 4 };
/// Many loci, so that counters need all their bits.
pub(crate) const LONG: Style =
    Style { loci: 58, missing: 0.05, unknown: 0.05, many: 0.05, alleles: 3 };
/// Profiles that differ only slightly from full ones.
pub(crate) const NEARLY_FULL: Style =
    Style { loci: 23, missing: 0.002, unknown: 0.002, many: 0.002, alleles: 5 };

/// Numbers of rows around the block size.
const SIZES: [usize; 7] = [0, 1, 63, 511, 512, 513, 1500];

/// Every style with every number of rows, and one with more probes than a kernel takes at once.
pub(crate) fn cases(seed: u64) -> impl Iterator<Item = Case> {
    let few = [FULL, MIXED, LONG, NEARLY_FULL]
        .into_iter()
        .flat_map(|style| SIZES.map(|rows| (style, rows, 10)));
    few.chain([(MIXED, 70, 1100)])
        .zip(seed..)
        .map(|((style, rows, probes), seed)| Case::random(seed, style, rows, probes))
}

/// A random profile of `style`; one in twenty copies a relative's, with an allele changed here and
/// there, so that near misses exist.
fn profile(rng: &mut ChaCha8Rng, style: Style, others: &[Profile]) -> Profile {
    if rng.random_bool(0.01) {
        return Profile::new();
    }
    if rng.random_bool(0.05) && !others.is_empty() {
        let mut copy = others[rng.random_range(0..others.len())].clone();
        for locus in Locus::all().take(style.loci) {
            if rng.random_bool(0.1) {
                copy.insert(locus, typing(rng, style));
            }
        }
        return copy;
    }
    let mut profile = Profile::new();
    for locus in Locus::all().take(style.loci) {
        if !rng.random_bool(style.missing) {
            profile.insert(locus, typing(rng, style));
        }
    }
    profile
}

fn typing(rng: &mut ChaCha8Rng, style: Style) -> Typing {
    let known = |rng: &mut ChaCha8Rng, choice: u16| {
        Allele::repeat(80 + 10 * rng.random_range(0..choice)).unwrap()
    };
    let count = if rng.random_bool(style.many) { rng.random_range(3..=8) } else { 2 };
    let choice = if count > 2 { 8 } else { style.alleles };
    let mut alleles: Vec<Allele> = (0..count).map(|_| known(rng, choice)).collect();
    if rng.random_bool(style.unknown) {
        let calls = ["*", "OL", "<8", ">11", "*"];
        let call = Allele::parse(calls.choose(rng).unwrap()).unwrap().unwrap();
        alleles[0] = call;
        if rng.random_bool(0.1) {
            alleles[1] = Allele::WILDCARD;
        }
    }
    Typing::new(&alleles).unwrap()
}

/// A gallery with its planes, and probes of which some have alleles and loci the gallery lacks.
pub(crate) struct Case {
    pub(crate) map: PlaneMap,
    pub(crate) words: Vec<u64>,
    pub(crate) rows: usize,
    pub(crate) probes: Vec<Profile>,
    pub(crate) windows: Vec<Window>,
}

impl Case {
    pub(crate) fn random(seed: u64, style: Style, rows: usize, probes: usize) -> Case {
        Self::random_with_gallery(seed, style, rows, probes).0
    }

    /// The case and the profiles its planes were packed from.
    pub(crate) fn random_with_gallery(
        seed: u64,
        style: Style,
        rows: usize,
        probes: usize,
    ) -> (Case, Vec<Profile>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut gallery = Vec::with_capacity(rows);
        for _ in 0..rows {
            let next = profile(&mut rng, style, &gallery);
            gallery.push(next);
        }
        let wider = Style { alleles: style.alleles + 2, ..style };
        let probes: Vec<Profile> = (0..probes)
            .map(|_| {
                let like_gallery = rng.random_bool(0.7);
                profile(&mut rng, if like_gallery { style } else { wider }, &gallery)
            })
            .collect();
        let windows = probes.iter().map(|_| random_window(&mut rng, rows)).collect();
        let map = PlaneMap::from_profiles(&gallery).unwrap();
        let words = pack(&map, &gallery).unwrap();
        (Case { map, words, rows, probes, windows }, gallery)
    }

    pub(crate) fn view(&self) -> super::planes::PlaneView<'_> {
        super::planes::PlaneView::new(&self.map, &self.words, self.rows).unwrap()
    }
}

/// Mostly whole views; also windows inside one block, empty, reversed and past the end.
fn random_window(rng: &mut ChaCha8Rng, rows: usize) -> Window {
    if rng.random_bool(0.4) {
        return Window::ALL;
    }
    let bound = rows as u32 + 10;
    Window { first_row: rng.random_range(0..bound), end_row: rng.random_range(0..bound) }
}

/// A screen with room for fewer pairs than survive says so, and otherwise returns all.
pub(crate) fn check_capacity(
    expected: &[Survivor],
    run: impl Fn(usize) -> Result<Vec<Survivor>, Overflow>,
) {
    for capacity in [0, 1, expected.len().saturating_sub(1), expected.len()] {
        let fits = expected.len() <= capacity;
        let wanted = if fits { Ok(expected.to_vec()) } else { Err(Overflow { capacity }) };
        assert_eq!(run(capacity), wanted, "capacity {capacity} for {}", expected.len());
    }
}

/// Instantiates a kernel's suite, a function `suite(&[SimdLevel])` in scope that forces each level in
/// turn, for scalar and for each instruction set of this processor.
macro_rules! kernel_tests {
    ($kernel:ident) => {
        #[test]
        fn scalar_and_every_simd_level_give_the_same_answer() {
            suite(&$crate::kernel::simd::SimdLevel::available());
        }

        #[test]
        fn the_kernel_is_listed_under_its_folder_name() {
            assert_eq!($crate::kernel::$kernel::SPEC.name, stringify!($kernel));
            assert!($crate::kernel::SPECS.contains(&$crate::kernel::$kernel::SPEC));
        }
    };
}
pub(crate) use kernel_tests;
