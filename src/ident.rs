//! Identities computed from content: hit ids and run ids.
//!
//! Why hashes: a pair found again tomorrow, on another machine, keeps its `hit_id`, so an examiner's
//! decision stays attached to it; a run with the same inputs has the same `run_id`.

/// Length in bytes of the shortened BLAKE3 identities: 128 bits, collisions negligible at 10^15 rows.
const ID_BYTES: usize = 16;

/// Hexadecimal identity of an ordered list of parts; parts are length-prefixed, so that moving a
/// boundary between two parts changes the identity.
pub fn content_id<'a>(domain: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(domain.as_bytes());
    for part in parts {
        add(part);
    }
    let hash = hasher.finalize();
    hash.to_hex()[..2 * ID_BYTES].to_owned()
}

/// Identity of a hit: the unordered pair of records under one comparator of one version.
/// `family` distinguishes kinship hits of one pair under several families.
pub fn hit_id(comparator: &str, version: u32, a: &str, b: &str, family: &str) -> String {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    content_id(
        "hit",
        [
            comparator.as_bytes(),
            &version.to_le_bytes()[..],
            first.as_bytes(),
            second.as_bytes(),
            family.as_bytes(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_keeps_its_id_when_probe_and_gallery_change_sides() {
        assert_eq!(hit_id("str", 1, "A", "B", ""), hit_id("str", 1, "B", "A", ""));
        assert_ne!(hit_id("str", 1, "A", "B", ""), hit_id("str", 2, "A", "B", ""));
        assert_ne!(hit_id("str", 1, "AB", "C", ""), hit_id("str", 1, "A", "BC", ""));
        assert_eq!(hit_id("str", 1, "A", "B", "").len(), 32);
    }
}
