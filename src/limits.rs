//! Every cap of the program, with its reason. A cap that is reached is an error that names it, never
//! a silent cut.

use std::time::Duration;

/// Alleles one locus of one profile may carry: the maximum of CODIS CMF 3.2 (ALLELE, 8 per locus).
pub const MAX_ALLELES_PER_LOCUS: usize = 8;

/// Autosomal loci the program knows at most: locus sets are `u64` bit masks.
pub const MAX_LOCI: usize = 64;

/// Distinct alleles of one locus in one segment: over four times the richest published table (SE33).
pub const MAX_ALLELES_PER_DICTIONARY: usize = 1024;

/// Largest input file an importer opens, bytes: a CMF of a million specimens is about 4 GB.
pub const MAX_INPUT_BYTES: u64 = 8 << 30;

/// Impressions `tanba evaluate finger` compares all with all: two matrices of this size take 540 MB.
pub const MAX_EVALUATED_PRINTS: usize = 8192;

/// Distractors `tanba evaluate finger` makes: with their descriptors 270 MB.
pub const MAX_DISTRACTORS: u32 = 100_000;

/// Largest file of fingerprint templates an importer opens, bytes: ten rolled fingers, slaps and palms
/// scanned at 1,000 dpi without compression stay below.
pub const MAX_FINGER_FILE_BYTES: u64 = 256 << 20;

/// Records one ANSI/NIST-ITL transaction may list: those of one person have tens.
pub const MAX_TRANSACTION_RECORDS: usize = 65_536;

/// Minutiae one impression may have: a palm at its clearest has about 1,500.
pub const MAX_TEMPLATE_MINUTIAE: usize = 10_000;

/// Largest rule file, bytes: every key with every locus takes less than 8 kB.
pub const MAX_RULE_FILE_BYTES: usize = 1 << 20;

/// Longest line or XML text an importer accepts, bytes: a wide row of 64 loci of 8 alleles is 4 kB.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Columns an importer accepts in a table: 64 loci of 8 alleles with heights and sizes, and metadata.
pub const MAX_COLUMNS: usize = 4096;

/// Records one import file may hold: the row number of a record is a `u32`.
pub const MAX_RECORDS_PER_FILE: usize = 100_000_000;

/// Nesting of XML elements: CMF needs five, STRidER four.
pub const MAX_XML_DEPTH: usize = 32;

/// Attributes of one XML element: CMF needs four and namespaces.
pub const MAX_XML_ATTRIBUTES: usize = 32;

/// LOCUS elements of one CMF specimen: the schema's maximum.
pub const MAX_CMF_LOCI: usize = 64;

/// Calls one cell of a GeneMapper table may list: it exports 10 or fewer.
pub const MAX_CALLS_PER_CELL: usize = 64;

/// Longest call of a marker kept apart, bytes: CMF allows 10 characters.
pub const MAX_APART_CALL_BYTES: usize = 10;

/// Largest count or place a Familias project states: its largest list is a database's alleles.
pub const MAX_FAMILIAS_COUNT: usize = 1_000_000;

/// Names of columns or categories one warning lists; it says how many more there are.
pub const MAX_LISTED_NAMES: usize = 16;

/// Rejections one import file may have before it is refused as a whole: beyond this number nobody
/// reads them, and at about 400 bytes each they would outgrow the records.
pub const MAX_REJECTIONS_PER_FILE: usize = 1_000_000;

/// Longest identifier, bytes: CMF allows 24 and 255, laboratories go beyond the former.
pub const MAX_ID_BYTES: usize = 256;

/// Rows of one segment: row numbers are `u32`, and one segment of this size has planes of 70 MB.
pub const MAX_ROWS_PER_SEGMENT: usize = 1 << 20;

/// Impressions of one fingerprint record: ten fingers rolled and plain, palms, and forty views of each.
pub const MAX_TEMPLATES_PER_RECORD: usize = 1024;

/// Prints of one fingerprint segment: 340 MB at 36 minutiae, twice that while it is written.
pub const MAX_PRINTS_PER_SEGMENT: usize = 1 << 17;

/// Characters of foreign text an error message quotes: two lines of a terminal, so that a path and what is
/// wrong with it are both seen.
pub const MAX_QUOTED_CHARS: usize = 160;

/// Survivors of one tile kept in memory before the tile is redone in halves.
pub const MAX_SURVIVORS_PER_TILE: usize = 1 << 22;

/// Hits one run may write: a hit is about 300 bytes in memory while the final order is made.
pub const MAX_HITS_PER_RUN: usize = 20_000_000;

/// Members of one family: four generations of L40 1(2) relatives stay well below.
pub const MAX_RELATIVES_PER_FAMILY: usize = 256;

/// Persons of one pedigree: four generations with spouses stay well below, and peeling goes as deep.
pub const MAX_PEDIGREE_PERSONS: usize = 256;

/// Ways of inheritance that one sum over the flow of genes may have: some microseconds each, so a minute.
pub const MAX_INHERITANCE_PATTERNS: u64 = 1 << 24;

/// Founder alleles of untyped persons that one way of inheritance may have with theta above 0: the sum over
/// their partitions has 3 to this power of terms, here 59,049.
pub const MAX_UNTYPED_FOUNDER_ALLELES: usize = 10;

/// Combinations of genotypes of unknown contributors that one locus of a mixture may have: three unknown
/// contributors to 21 alleles, four to ten; some seconds.
pub const MAX_MIXTURE_TERMS: u64 = 20_000_000;

/// Different sets of typed loci in one index whose match matrix is expected: every pair of sets is
/// convolved, two million of them, in about ten seconds.
pub const MAX_LOCUS_SETS: usize = 2048;

const _: () = assert!(MAX_ALLELES_PER_LOCUS <= 8, "the size planes of kernel::planes count to 9");
const _: () = assert!(MAX_ROWS_PER_SEGMENT <= u32::MAX as usize, "row numbers are u32");
const _: () = assert!(MAX_TEMPLATES_PER_RECORD <= u16::MAX as usize, "a record counts them in u16");
const _: () = assert!(
    MAX_TEMPLATES_PER_RECORD <= MAX_PRINTS_PER_SEGMENT,
    "every record fits a segment of its own"
);

/// Parts one run may be divided into: each opens the whole gallery, so more cost more than they save.
pub const MAX_PARTS: u32 = 4096;

/// Largest configuration file, bytes: every flag of every verb takes less than 20 kB.
pub const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// Bytes of one range read of an object, and half of what is written in one request: at the client's 30 seconds for a
/// request and [`OBJECT_READS_AT_ONCE`] at once, a line of 5 Mbit/s still does it.
pub const OBJECT_PART_BYTES: u64 = 4 << 20;

/// Ranges of objects that are read ahead at once in the whole process: 16 MB in memory.
pub const OBJECT_READS_AT_ONCE: u64 = 4;

/// Times an object is fetched, or written and read back, before bytes that differ count as stored so.
pub const OBJECT_FETCHES: u32 = 3;

/// Attempts at the next entry of an audit log in a bucket, where other machines write theirs at the same time.
pub const AUDIT_ATTEMPTS: u32 = 64;

/// How long to go on where a store does not answer: a switch or a server starts again in less.
pub const STORE_PATIENCE: Duration = Duration::from_secs(180);

/// How long one signed request is repeated; a request is then signed anew, for its signature ages.
pub const STORE_TRY: Duration = Duration::from_secs(60);

/// First and longest pause between two tries of a request.
pub const STORE_BACKOFF: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(5));
