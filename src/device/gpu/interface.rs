//! What a shader and its host share: constants, structures, bindings. The one place that says so.
//!
//! `build.rs` includes this file, writes its tables in WGSL before each shader of `shaders/`, and checks with
//! naga that what the shader was compiled to has these sizes and offsets; the host makes its pipelines from
//! the same tables. The constants that a kernel defines are asserted equal to the kernel's in `super`. For
//! that reason nothing here may use another module of the crate.

use std::mem::{offset_of, size_of};

/// A number that shaders know under the same name.
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Name in both languages.
    pub name: &'static str,
    /// Value, of type `u32` in WGSL.
    pub value: u32,
}

/// A field of a [`Structure`].
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name in both languages.
    pub name: &'static str,
    /// Type in WGSL.
    pub wgsl: &'static str,
    /// Bytes from the start.
    pub offset: usize,
}

/// A structure that shaders know under the same name.
#[derive(Debug, Clone, Copy)]
pub struct Structure {
    /// Name in both languages.
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
    /// Fields in order.
    pub fields: &'static [Field],
}

/// How a shader uses a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only reads.
    Read,
    /// Reads and writes.
    Write,
}

/// A storage buffer of a shader: an array, in group 0, numbered by its place.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Name of the variable.
    pub name: &'static str,
    /// Type of an element in WGSL.
    pub element: &'static str,
    /// How it is used.
    pub access: Access,
}

/// One shader: `shaders/NAME.wgsl` with the entry point `main`.
#[derive(Debug, Clone, Copy)]
pub struct Shader {
    /// Name of the kernel.
    pub name: &'static str,
    /// Structure of the immediate variable `call`, and its bytes.
    pub call: &'static str,
    /// Bytes of that structure.
    pub call_bytes: usize,
    /// Files of `shaders/shared` it is made with.
    pub shared: &'static [&'static str],
    /// Storage buffers.
    pub bindings: &'static [Binding],
}

/// A type of a field in both languages.
trait Scalar {
    const WGSL: &'static str;
}

impl Scalar for u32 {
    const WGSL: &'static str = "u32";
}

impl Scalar for i32 {
    const WGSL: &'static str = "i32";
}

macro_rules! constants {
    ($($(#[$doc:meta])* $name:ident = $value:expr;)*) => {
        $($(#[$doc])* pub const $name: u32 = $value;)*
        /// Every constant.
        pub const CONSTANTS: &[Constant] =
            &[$(Constant { name: stringify!($name), value: $name }),*];
    };
}

macro_rules! structures {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
        )*
        /// Every structure.
        pub const STRUCTURES: &[Structure] = &[$(Structure {
            name: stringify!($name),
            size: size_of::<$name>(),
            fields: &[$(Field {
                name: stringify!($field),
                wgsl: <$type as Scalar>::WGSL,
                offset: offset_of!($name, $field),
            }),*],
        }),*];
    };
}

constants! {
    /// Invocations of a workgroup.
    WORKGROUP = 64;
    /// Words of 32 rows that one plane has in a block.
    BLOCK_WORDS = 16;
    /// Plane of a locus: see `kernel::planes`.
    TYPED = 0;
    /// Plane of a locus.
    WILD = 1;
    /// Plane of a locus.
    ONE = 2;
    /// Plane of a locus.
    TWO = 3;
    /// First of three planes of a locus.
    MANY = 4;
    /// Alleles a locus of a probe has at most.
    MAX_ALLELES_PER_LOCUS = 8;
    /// Loci a probe has at most.
    MAX_LOCI = 64;
    /// A plane that does not exist: its bits are zero.
    NO_PLANE = 0xffff_ffff;
    /// Stringency of a call.
    HIGH = 0;
    /// Stringency of a call.
    MODERATE = 1;
    /// Stringency of a call.
    LOW = 2;
    /// Classes of a row's genotype in `kin_screen`.
    CLASSES = 6;
    /// Probes one invocation of a screen of profiles looks at.
    PROBES_PER_INVOCATION = 16;
}

structures! {
    /// One locus of a probe of `str_screen` and `str_counts`.
    QueryLocusWords {
        /// First plane of the locus.
        first_plane: u32,
        /// Known alleles; from bit 8 on whether one call names no allele, from bit 16 on how many of the
        /// known alleles have a plane.
        sizes: u32,
        /// Plane of the first allele; where there are more than two or a wildcard, where the planes start in
        /// the list of planes.
        first: u32,
        /// Plane of the second allele.
        second: u32,
    }
    /// A probe of a screen of profiles.
    ProbeWords {
        /// First locus.
        first_locus: u32,
        /// Number of loci.
        loci: u32,
        /// First row to compare with.
        first_row: u32,
        /// Row after the last.
        end_row: u32,
    }
    /// One locus of a probe of `kin_screen`.
    KinLocusWords {
        /// First plane of the locus.
        first_plane: u32,
        /// Plane of the probe's first allele.
        plane_a: u32,
        /// Plane of its second allele.
        plane_b: u32,
        /// Bit c: rows of class c are excluded.
        excluding: u32,
        /// Scores of the classes 0 and 1, 16 bits each, the first low.
        scores_01: u32,
        /// Scores of the classes 2 and 3.
        scores_23: u32,
        /// Scores of the classes 4 and 5.
        scores_45: u32,
        /// Nothing.
        unused: u32,
    }
    /// A pair that a screen lets pass.
    SurvivorWords {
        /// Place of the probe in the call.
        probe: u32,
        /// Row of the view.
        row: u32,
        /// What the kernel computed.
        value: i32,
    }
    /// A dispatch of `str_screen`.
    StrScreenCall {
        /// First probe of the dispatch.
        first_probe: u32,
        /// Probe after the last.
        end_probe: u32,
        /// First row of the planes bound.
        bound_row: u32,
        /// First word of 32 rows within the planes bound.
        first_word: u32,
        /// Words of 32 rows of the dispatch.
        words: u32,
        /// Planes of a block.
        planes_per_block: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
        /// Survivors there is room for.
        room: u32,
        /// [`HIGH`], [`MODERATE`] or [`LOW`].
        stringency: u32,
        /// Loci that may fail.
        max_failing: u32,
        /// Loci that must be compared.
        min_compared: u32,
    }
    /// A dispatch of `str_counts`.
    StrCountsCall {
        /// First probe of the dispatch.
        first_probe: u32,
        /// Probe after the last.
        end_probe: u32,
        /// First row of the planes bound.
        bound_row: u32,
        /// First word of 32 rows within the planes bound.
        first_word: u32,
        /// Words of 32 rows of the dispatch.
        words: u32,
        /// Planes of a block.
        planes_per_block: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
        /// Side of the match matrix; 0 to count by agreement.
        side: u32,
    }
    /// A dispatch of `kin_screen`.
    KinScreenCall {
        /// First probe of the dispatch.
        first_probe: u32,
        /// Probe after the last.
        end_probe: u32,
        /// First row of the planes bound.
        bound_row: u32,
        /// First word of 32 rows within the planes bound.
        first_word: u32,
        /// Words of 32 rows of the dispatch.
        words: u32,
        /// Planes of a block.
        planes_per_block: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
        /// Survivors there is room for.
        room: u32,
    }
}

const fn read(name: &'static str, element: &'static str) -> Binding {
    Binding { name, element, access: Access::Read }
}

const fn write(name: &'static str, element: &'static str) -> Binding {
    Binding { name, element, access: Access::Write }
}

/// Every shader.
pub const SHADERS: &[Shader] = &[STR_SCREEN, STR_COUNTS, KIN_SCREEN];

/// `str_screen`.
pub const STR_SCREEN: Shader = Shader {
    name: "str_screen",
    call: "StrScreenCall",
    call_bytes: size_of::<StrScreenCall>(),
    shared: &["planes", "agreement"],
    bindings: &[
        read("planes", "u32"),
        read("probes", "ProbeWords"),
        read("loci", "QueryLocusWords"),
        read("allele_planes", "u32"),
        write("counters", "atomic<u32>"),
        write("survivors", "SurvivorWords"),
    ],
};

/// `str_counts`.
pub const STR_COUNTS: Shader = Shader {
    name: "str_counts",
    call: "StrCountsCall",
    call_bytes: size_of::<StrCountsCall>(),
    shared: &["planes", "agreement"],
    bindings: &[
        read("planes", "u32"),
        read("probes", "ProbeWords"),
        read("loci", "QueryLocusWords"),
        read("allele_planes", "u32"),
        write("counts", "atomic<u32>"),
    ],
};

/// `kin_screen`.
pub const KIN_SCREEN: Shader = Shader {
    name: "kin_screen",
    call: "KinScreenCall",
    call_bytes: size_of::<KinScreenCall>(),
    shared: &["planes"],
    bindings: &[
        read("planes", "u32"),
        read("probes", "ProbeWords"),
        read("loci", "KinLocusWords"),
        read("thresholds", "i32"),
        write("counters", "atomic<u32>"),
        write("survivors", "SurvivorWords"),
    ],
};
