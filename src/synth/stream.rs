//! Random streams: one seed, one stream per purpose and number.
//!
//! Why: what a family or record draws must not depend on which thread got it, nor on how many others
//! were made before it.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream is drawn for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Who is whose child.
    Pedigree,
    /// Frequencies of the subpopulation, locus by locus.
    Subpopulation,
    /// The genomes of one clan.
    Genomes,
    /// Who is in the registry.
    Selection,
    /// How one sample is typed.
    Typing,
    /// The fingers of one person.
    FingerPerson,
    /// Who is in the fingerprint registry.
    FingerSelection,
    /// What a person inherits by lines.
    Lineage,
    /// Which lineage markers of a sample are typed.
    LineageTyping,
}

/// Streams per purpose: more than clans or records there can be.
const STREAMS_PER_PURPOSE_BITS: u32 = 48;

/// The generator of `purpose` number `number` under `seed`.
pub(super) fn stream(seed: u64, purpose: Purpose, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((purpose as u64) << STREAMS_PER_PURPOSE_BITS | number);
    rng
}
