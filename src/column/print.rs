//! The schema of `prints.arrow`: the prints of a segment as kernels read them.
//!
//! One row per print that can be matched. The values of `descriptors`, `x`, `y`, `directions` and
//! `qualities` lie one print after the other without gaps, so that a mapped file is what a kernel
//! reads: 64 signed bytes, two little-endian `i16` and two bytes per minutia.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// Metadata key of the version of the descriptors.
pub const DESCRIPTOR_VERSION_KEY: &str = "tanba.descriptor_version";
/// Metadata key of the identity of the projection behind the descriptors.
pub const PROJECTION_KEY: &str = "tanba.projection";
/// Metadata key of the number of records the prints are of.
pub const ROWS_KEY: &str = "tanba.rows";
/// Metadata key of the number of prints.
pub const PRINTS_KEY: &str = "tanba.prints";

/// Schema of the prints of `rows` records, described in a version of the descriptor by a projection.
pub fn print_schema(
    (descriptor_version, projection): (u32, &str),
    rows: usize,
    prints: usize,
) -> SchemaRef {
    let field = |name: &str, of: DataType| Field::new(name, of, false);
    let metadata = [
        (DESCRIPTOR_VERSION_KEY.to_owned(), descriptor_version.to_string()),
        (PROJECTION_KEY.to_owned(), projection.to_owned()),
        (ROWS_KEY.to_owned(), rows.to_string()),
        (PRINTS_KEY.to_owned(), prints.to_string()),
    ];
    let fields = vec![
        field("record_row", DataType::UInt32),
        field("template", DataType::UInt16),
        field("position", DataType::UInt8),
        field("impression", DataType::UInt8),
        field("view", DataType::UInt8),
        field("quality", DataType::UInt8),
        field("order_key", DataType::UInt64),
        field("descriptors", DataType::LargeBinary),
        field("x", DataType::LargeBinary),
        field("y", DataType::LargeBinary),
        field("directions", DataType::LargeBinary),
        field("qualities", DataType::LargeBinary),
    ];
    Arc::new(Schema::new_with_metadata(fields, metadata.into()))
}
