// Where a locus of a probe and 32 rows agree: `kernel::query::agrees` on planes.

// Bits of rows that are not typed mean nothing.
struct Agreeing {
    typed: u32,
    high: u32,
    moderate: u32,
    low: u32,
}

fn agreeing(place: u32, locus: QueryLocusWords) -> Agreeing {
    let known = locus.sizes & 0xffu;
    let wild_probe = (locus.sizes >> 8u) & 0xffu;
    if (known > 2u || wild_probe != 0u) {
        return agreeing_sets(place, locus);
    }
    let typed = load(place, locus.first_plane + TYPED);
    let wild = load(place, locus.first_plane + WILD);
    let one = load(place, locus.first_plane + ONE);
    let a = load(place, locus.first);
    let b = load(place, locus.second);
    if (known == 1u) {
        let either = a | wild;
        return Agreeing(typed, a & one, either, either);
    }
    let two = load(place, locus.first_plane + TWO);
    let both = a & b;
    let single = a ^ b;
    return Agreeing(
        typed,
        (both & two) | (wild & one & single),
        both | (one & single) | (wild & (a | b)),
        a | b | wild,
    );
}

// Rows with as many known alleles as `alleles` says.
fn rows_of_size(place: u32, first_plane: u32, alleles: u32) -> u32 {
    let one = load(place, first_plane + ONE);
    let two = load(place, first_plane + TWO);
    if (alleles == 1u) {
        return one;
    }
    if (alleles == 2u) {
        return two & ~one;
    }
    if (alleles == 0u || alleles > MAX_ALLELES_PER_LOCUS) {
        return 0u;
    }
    var any = 0u;
    var equal = ~one & ~two;
    for (var bit = 0u; bit < 3u; bit++) {
        let plane = load(place, first_plane + MANY + bit);
        any |= plane;
        equal &= select(~plane, plane, (((alleles - 2u) >> bit) & 1u) == 1u);
    }
    return equal & any;
}

// A probe with a wildcard or more than two alleles: the number of shared alleles in four bit planes, and
// for each number the rows whose own number of alleles it covers.
fn agreeing_sets(place: u32, locus: QueryLocusWords) -> Agreeing {
    let known = locus.sizes & 0xffu;
    let is_wild = ((locus.sizes >> 8u) & 0xffu) != 0u;
    let found = locus.sizes >> 16u;
    let typed = load(place, locus.first_plane + TYPED);
    let wild = load(place, locus.first_plane + WILD);
    var shared_bits = vec4<u32>(0u);
    for (var n = 0u; n < found; n++) {
        var carry = load(place, allele_planes[locus.first + n]);
        for (var bit = 0u; bit < 4u; bit++) {
            let next = shared_bits[bit] & carry;
            shared_bits[bit] ^= carry;
            carry = next;
        }
    }
    var row_covers = 0u;
    var probe_covers = 0u;
    for (var count = 0u; count <= found; count++) {
        var equal = 0xffffffffu;
        for (var bit = 0u; bit < 4u; bit++) {
            equal &= select(~shared_bits[bit], shared_bits[bit], ((count >> bit) & 1u) == 1u);
        }
        if (count == known) {
            row_covers |= equal;
        }
        if (count + 1u == known || (count == 0u && known == 0u)) {
            row_covers |= equal & wild;
        }
        var sizes = rows_of_size(place, locus.first_plane, count);
        if (is_wild) {
            sizes |= rows_of_size(place, locus.first_plane, count + 1u);
        }
        probe_covers |= equal & sizes;
    }
    let shares = shared_bits.x | shared_bits.y | shared_bits.z | shared_bits.w;
    return Agreeing(
        typed,
        row_covers & probe_covers,
        row_covers | probe_covers,
        select(shares | wild, 0xffffffffu, is_wild),
    );
}
