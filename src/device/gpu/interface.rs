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
    /// Type in both languages.
    pub wgsl: &'static str,
    /// Value.
    pub value: i64,
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
    /// Files of `shaders/NAME` that come after those, where one file would be too long.
    pub parts: &'static [&'static str],
    /// Storage buffers.
    pub bindings: &'static [Binding],
    /// Memory that a workgroup shares.
    pub workgroup: Workgroup,
}

/// Memory that the invocations of a workgroup share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workgroup {
    /// None.
    Nothing,
    /// So many bytes. The shader writes what it reads of them, so nobody zeroes them before it.
    Written(usize),
}

impl Workgroup {
    /// Its size.
    pub const fn bytes(self) -> usize {
        match self {
            Workgroup::Nothing => 0,
            Workgroup::Written(bytes) => bytes,
        }
    }
}

/// A type of a field or of a constant in both languages.
trait Scalar {
    const WGSL: &'static str;
}

impl Scalar for u32 {
    const WGSL: &'static str = "u32";
}

impl Scalar for i32 {
    const WGSL: &'static str = "i32";
}

/// The type of a constant: `u32` where none is said.
macro_rules! type_or_u32 {
    () => {
        u32
    };
    ($type:ty) => {
        $type
    };
}

macro_rules! constants {
    ($($(#[$doc:meta])* $name:ident $(: $type:ty)? = $value:expr;)*) => {
        $($(#[$doc])* pub const $name: type_or_u32!($($type)?) = $value;)*
        /// Every constant.
        pub const CONSTANTS: &[Constant] = &[$(Constant {
            name: stringify!($name),
            wgsl: <type_or_u32!($($type)?) as Scalar>::WGSL,
            value: $name as i64,
        }),*];
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
    /// A plane that does not exist: its bits are zero.
    NO_PLANE = 0xffff_ffff;
    /// Stringency of a call.
    HIGH = 0;
    /// Stringency of a call.
    MODERATE = 1;
    /// Stringency of a call.
    LOW = 2;
    /// Probes one invocation of a screen of profiles looks at.
    PROBES_PER_INVOCATION = 16;
    /// Rows of a block of genotypes: `kernel::genotype_screen`.
    BLOCK_ROWS = 512;
    /// Codes of a locus in a table of `genotype_screen`.
    GENOTYPE_CODES = 1024;
    /// Minutiae a print has at most.
    MAX_MINUTIAE = 128;
    /// Bits of a number of a minutia in a key.
    INDEX_MASK: i32 = 127;
    /// Pairs of minutiae in one direction of a comparison by `minutia_gate`.
    PAIRS = 16;
    /// Largest difference of the rotations of two consistent pairs.
    MAX_ROTATION_DIFFERENCE: i32 = 16;
    /// Squared distance by which consistent pairs may differ: this,
    TOLERANCE_PX2: i32 = 100;
    /// and the squared distance shifted right by this.
    TOLERANCE_SHIFT = 6;
    /// Strength of a best partner up to which it says nothing.
    PLAIN_STRENGTH: i32 = 600;
    /// The bits of [`PrintWords::minutiae`] that are the number of minutiae.
    COUNT_MASK = 0xff;
    /// One as sines and cosines are given.
    UNIT: i32 = 1 << 14;
    /// Pairs of minutiae among which a cluster is sought: `kernel::minutia_pair`, as all that follow.
    CANDIDATES = 24;
    /// Agreement of two pairs that agree fully.
    FULL_AGREEMENT: i32 = 256;
    /// What the square of a difference of rotations takes from agreement.
    ROTATION_FACTOR: i32 = 144;
    /// Distances beyond this many pixels have its tolerances.
    MAX_DISTANCE = 1023;
    /// Parts of a pixel in which mapped places are given.
    SUB_PIXELS: i32 = 16;
    /// What the agreement of two directions counts against places: square pixels per pair.
    DIRECTION_PX2: i32 = 900;
    /// Weights of neighbours.
    NEIGHBOURS = 352;
    /// Rounds of pairing and fitting.
    ROUNDS = 3;
    /// Directions further apart than this, 1/256 turn, do not pair.
    MAX_DIRECTION: i32 = 20;
    /// Squared distances within the first reach, square pixels.
    DISTANCES = 485;
    /// Weight of a perfect pair.
    MAX_WEIGHT: i32 = 255;
    /// What a perfect pair counts before its descriptors are compared.
    BASE: i32 = 2025;
    /// Weight of the key of a perfect pair.
    HEAVIEST: i32 = 13_533;
    /// Half planes of a region.
    SIDES = 16;
    /// Qualities a minutia may have.
    QUALITIES = 101;
    /// Fraction bits of a logarithm.
    LOG_BITS = 10;
    /// Exponent of the weight, in hundredths.
    WEIGHT_PERCENT: i32 = 170;
    /// Exponent of the overlaps.
    OVERLAP_PERCENT: i32 = 55;
    /// Exponent of the total of the gate.
    TOTAL_PERCENT: i32 = 40;
    /// Exponent of the numbers of minutiae.
    MINUTIAE_PERCENT: i32 = 16;
    /// Penalty for a rotation away from a quarter turn.
    AWAY_PERCENT: i32 = 65;
    /// Place in the tables of cosine (low half) and sine (high half) by 1/512 turn.
    WAVES_AT = 0;
    /// Place of the tolerances along and across, by distance.
    RECIPROCALS_AT = WAVES_AT + 512;
    /// Place of the weights of neighbours.
    NEIGHBOUR_WEIGHTS_AT = RECIPROCALS_AT + 2 * (MAX_DISTANCE + 1);
    /// Place of what a weight loses by distance.
    DISTANCE_FALL_AT = NEIGHBOUR_WEIGHTS_AT + NEIGHBOURS;
    /// Place of what a weight loses by direction.
    DIRECTION_FALL_AT = DISTANCE_FALL_AT + DISTANCES;
    /// Place of the reach by round.
    REACH_AT = DIRECTION_FALL_AT + MAX_DIRECTION as u32 + 1;
    /// Place of the fourth roots of qualities.
    QUALITY_ROOTS_AT = REACH_AT + ROUNDS;
    /// Place of what minutiae count for by quality.
    QUALITY_WEIGHTS_AT = QUALITY_ROOTS_AT + QUALITIES;
    /// Place of the normals of the half planes.
    NORMALS_AT = QUALITY_WEIGHTS_AT + QUALITIES;
    /// Place of the logarithms of mantissas.
    MANTISSAS_AT = NORMALS_AT + 2 * SIDES;
    /// Words of all tables.
    TABLE_WORDS = MANTISSAS_AT + 257;
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
    /// Where a print lies among the minutiae of its shard.
    PrintWords {
        /// First minutia.
        first: u32,
        /// Number of minutiae; from bit 8 on the entry of `RECIPROCAL_ROOTS` for it.
        minutiae: u32,
        /// Low half of the key that orders prints of equal size.
        order_low: u32,
        /// High half of it.
        order_high: u32,
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
    /// A dispatch of `genotype_screen`.
    GenotypeScreenCall {
        /// First question of the dispatch.
        first_probe: u32,
        /// Question after the last.
        end_probe: u32,
        /// First row of the codes bound.
        bound_row: u32,
        /// First word of 32 rows within the codes bound.
        first_word: u32,
        /// Words of 32 rows of the dispatch.
        words: u32,
        /// Loci of a block, and of a question.
        loci: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
        /// Survivors there is room for.
        room: u32,
        /// Least sum that survives.
        least_mban: i32,
    }
    /// A dispatch of `minutia_gate`.
    MinutiaGateCall {
        /// First probe of the dispatch.
        first_probe: u32,
        /// Number of probes.
        probes: u32,
        /// First print of the gallery.
        first_print: u32,
        /// Number of prints.
        prints: u32,
        /// Probes that a workgroup compares with its print.
        probes_per_group: u32,
        /// Workgroups of a print.
        groups_per_print: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
        /// Excess below which a pair scores 0.
        least_excess: i32,
        /// 1 to add to the scores there are, 0 to replace them.
        adds: u32,
    }
    /// A dispatch of `select`.
    SelectCall {
        /// Number of probes.
        probes: u32,
        /// Scores of each.
        rows: u32,
        /// What the first probe is called among the survivors.
        first_probe: u32,
        /// What the first row is called.
        first_row: u32,
        /// Least score that survives.
        least: i32,
        /// Best of each probe that are wanted.
        best: u32,
        /// Survivors there is room for.
        room: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
    }
    /// A dispatch of `minutia_pair`.
    MinutiaPairCall {
        /// Pairs of the dispatch.
        pairs: u32,
        /// Workgroups along the first dimension of the grid.
        grid_width: u32,
    }
}

#[path = "interface_shaders.rs"]
mod shaders;

pub use shaders::*;
