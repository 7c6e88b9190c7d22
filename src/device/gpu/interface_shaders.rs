//! The shaders by name: the buffers each has, and what its workgroups share.

use super::*;

const fn read(name: &'static str, element: &'static str) -> Binding {
    Binding { name, element, access: Access::Read }
}

const fn write(name: &'static str, element: &'static str) -> Binding {
    Binding { name, element, access: Access::Write }
}

/// Every shader.
pub const SHADERS: &[Shader] =
    &[STR_SCREEN, STR_COUNTS, KIN_SCREEN, GENOTYPE_SCREEN, MINUTIA_GATE, MINUTIA_PAIR, SELECT];

/// `str_screen`.
pub const STR_SCREEN: Shader = Shader {
    name: "str_screen",
    call: "StrScreenCall",
    call_bytes: size_of::<StrScreenCall>(),
    shared: &["planes", "agreement"],
    parts: &[],
    bindings: &[
        read("planes", "u32"),
        read("probes", "ProbeWords"),
        read("loci", "QueryLocusWords"),
        read("allele_planes", "u32"),
        write("counters", "atomic<u32>"),
        write("survivors", "SurvivorWords"),
    ],
    workgroup: Workgroup::Nothing,
};

/// `str_counts`.
pub const STR_COUNTS: Shader = Shader {
    name: "str_counts",
    call: "StrCountsCall",
    call_bytes: size_of::<StrCountsCall>(),
    shared: &["planes", "agreement"],
    parts: &[],
    bindings: &[
        read("planes", "u32"),
        read("probes", "ProbeWords"),
        read("loci", "QueryLocusWords"),
        read("allele_planes", "u32"),
        write("counts", "atomic<u32>"),
    ],
    workgroup: Workgroup::Nothing,
};

/// `kin_screen`.
pub const KIN_SCREEN: Shader = Shader {
    name: "kin_screen",
    call: "KinScreenCall",
    call_bytes: size_of::<KinScreenCall>(),
    shared: &["planes"],
    parts: &[],
    bindings: &[
        read("planes", "u32"),
        read("probes", "ProbeWords"),
        read("loci", "KinLocusWords"),
        read("thresholds", "i32"),
        write("counters", "atomic<u32>"),
        write("survivors", "SurvivorWords"),
    ],
    workgroup: Workgroup::Nothing,
};

/// `genotype_screen`. Two codes to a word, the earlier row low; a question's first locus is where its tables
/// start.
pub const GENOTYPE_SCREEN: Shader = Shader {
    name: "genotype_screen",
    call: "GenotypeScreenCall",
    call_bytes: size_of::<GenotypeScreenCall>(),
    shared: &[],
    parts: &[],
    bindings: &[
        read("codes", "u32"),
        read("probes", "ProbeWords"),
        read("tables", "i32"),
        write("counters", "atomic<u32>"),
        write("survivors", "SurvivorWords"),
    ],
    workgroup: Workgroup::Nothing,
};

/// `minutia_gate`. Prints are described in `prints`.
pub const MINUTIA_GATE: Shader = Shader {
    name: "minutia_gate",
    call: "MinutiaGateCall",
    call_bytes: size_of::<MinutiaGateCall>(),
    shared: &[],
    parts: &[],
    bindings: &[
        read("probe_descriptors", "vec4<u32>"),
        read("probe_minutiae", "vec2<u32>"),
        read("probe_prints", "PrintWords"),
        read("gallery_descriptors", "vec4<u32>"),
        read("gallery_minutiae", "vec2<u32>"),
        read("gallery_prints", "PrintWords"),
        read("directions", "vec2<i32>"),
        write("scores", "i32"),
    ],
    // Descriptors of a print, the best partners, the keys, the chosen pairs, two sums.
    workgroup: Workgroup::Written(
        4 * 130 * 16 + 8 * (132 + 136) * 4 + 2 * 132 * 4 + 2 * 32 * 16 + 8,
    ),
};

/// `minutia_pair`. A descriptor is four elements; a minutia is its place (x the low half) and its direction
/// and quality (the low bytes of the second word).
pub const MINUTIA_PAIR: Shader = Shader {
    name: "minutia_pair",
    call: "MinutiaPairCall",
    call_bytes: size_of::<MinutiaPairCall>(),
    shared: &[],
    parts: &["memory", "gate", "cluster", "align", "pairing"],
    bindings: &[
        read("probe_descriptors", "vec4<u32>"),
        read("probe_minutiae", "vec2<u32>"),
        read("probe_prints", "PrintWords"),
        read("gallery_descriptors", "vec4<u32>"),
        read("gallery_minutiae", "vec2<u32>"),
        read("gallery_prints", "PrintWords"),
        read("tables", "i32"),
        // In: numbers of the probe and of the print. Out: similarity, minutiae paired. One buffer for both
        // keeps within the eight that every device has.
        write("pairs", "vec2<u32>"),
    ],
    // Columns of both prints; the best pairs and their agreement; pairs and places; the sums of a fit and
    // of the score.
    workgroup: Workgroup::Written(
        20 * 256 + 40 * 32 + 8 + 24 * 24 * 4 + 24 * 4 + 16 + (3 * 4 + 8 + 16) * 128 + 64 * 4 + 68,
    ),
};

/// `select`.
pub const SELECT: Shader = Shader {
    name: "select",
    call: "SelectCall",
    call_bytes: size_of::<SelectCall>(),
    shared: &[],
    parts: &[],
    bindings: &[
        read("scores", "i32"),
        write("counters", "atomic<u32>"),
        write("survivors", "SurvivorWords"),
        // By probe; rows that do not exist are numbered 0xffffffff.
        write("best", "SurvivorWords"),
    ],
    // The best score of each invocation, and its row.
    workgroup: Workgroup::Written(2 * 4 * WORKGROUP as usize),
};
