//! A synthetic gallery for benches: needs no files and is built in a second.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tanba::domain::allele::Allele;
use tanba::domain::dna::{Profile, Typing};
use tanba::domain::frequency::FrequencyTable;
use tanba::domain::locus::Locus;
use tanba::kernel::Window;
use tanba::kernel::planes::{LANES, PlaneMap, PlaneView, WORDS, pack};

/// Rows of the gallery that is streamed from memory.
pub(crate) const STREAMED_ROWS: usize = 1_000_000;

/// Rows whose planes fit half of a second-level cache of 1 MiB.
pub(crate) const CACHED_ROWS: usize = 16 * LANES;

/// Rows generated; a larger gallery repeats them.
const DISTINCT_ROWS: usize = 64 * LANES;

/// Spread of repeat numbers per core locus: heterozygosity 0.73 (TPOX) to 0.95 (SE33).
const SPREAD: [f64; 23] = [
    1.3, 1.4, 1.4, 1.1, 1.05, 1.5, 2.0, 2.2, 1.3, 1.7, 1.2, 2.0, 1.2, 1.1, 1.4, 1.5, 6.0, 1.2, 3.2,
    2.9, 2.6, 3.4, 1.7,
];

/// One million rows of complete 23-locus profiles, or fewer.
pub(crate) struct Gallery {
    pub(crate) map: PlaneMap,
    words: Vec<u64>,
    first_word: usize,
    rows: usize,
    pub(crate) profiles: Vec<Profile>,
}

impl Gallery {
    pub(crate) fn new(rows: usize) -> Gallery {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let profiles: Vec<Profile> =
            (0..rows.min(DISTINCT_ROWS)).map(|_| profile(&mut rng)).collect();
        let map = PlaneMap::from_profiles(&profiles).expect("dictionaries are small");
        let distinct = pack(&map, &profiles).expect("the map covers the profiles");
        let length = rows.div_ceil(LANES) * map.words_per_block();
        // As a memory-mapped segment is: planes begin at a multiple of a cache line.
        let mut words: Vec<u64> = Vec::with_capacity(length + WORDS);
        words.resize(words.as_ptr().align_offset(64).min(WORDS), 0);
        let first_word = words.len();
        words.extend(distinct.iter().cycle().take(length));
        Gallery { map, words, first_word, rows, profiles }
    }

    pub(crate) fn view(&self) -> PlaneView<'_> {
        PlaneView::new(&self.map, &self.words[self.first_word..], self.rows)
            .expect("as many words as rows need")
    }
}

/// `count` probes unrelated to the gallery, and their windows over all rows.
pub(crate) fn probes(count: usize) -> (Vec<Profile>, Vec<Window>) {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    ((0..count).map(|_| profile(&mut rng)).collect(), vec![Window::ALL; count])
}

fn profile(rng: &mut ChaCha8Rng) -> Profile {
    Locus::core().zip(SPREAD).map(|(locus, spread)| (locus, typing(rng, spread))).collect()
}

fn typing(rng: &mut ChaCha8Rng, spread: f64) -> Typing {
    let mut allele = || {
        // Twelve uniform numbers make a bell curve of deviation one.
        let bell = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let repeats = (20.0 + bell * spread).round().clamp(2.0, 60.0) as u16;
        Allele::repeat(repeats * 10).expect("2 to 60 repeats are alleles")
    };
    Typing::new(&[allele(), allele()]).expect("one or two alleles")
}

/// Frequencies counted in the gallery's distinct profiles.
#[allow(dead_code, reason = "only the kinship bench scores")]
pub(crate) fn frequencies(gallery: &Gallery) -> FrequencyTable {
    let mut text = String::from("locus,allele,frequency\n");
    for locus in Locus::core() {
        let mut counts = std::collections::BTreeMap::new();
        let typings = gallery.profiles.iter().filter_map(|profile| profile.get(locus)?.genotype());
        for (a, b) in typings {
            *counts.entry(a).or_insert(0u32) += 1;
            *counts.entry(b).or_insert(0u32) += 1;
        }
        let total: u32 = counts.values().sum();
        for (allele, count) in counts {
            let frequency = f64::from(count) / f64::from(total);
            text.push_str(&format!("{},{allele},{frequency}\n", locus.name()));
        }
    }
    FrequencyTable::from_csv("bench", &text).expect("counted frequencies are a table")
}
