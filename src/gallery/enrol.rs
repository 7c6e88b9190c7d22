//! How this program describes minutiae: the descriptor kernel with the projection it ships, and the
//! identity of both, which every segment carries. Prints of two projections cannot be compared.

use std::sync::LazyLock;

use crate::error::{Error, Result};
use crate::ident::content_id;
use crate::kernel::minutia::projection::{Projection, ProjectionError};

/// The projection and its identity.
struct Enrolment {
    projection: Projection,
    id: String,
}

static ENROLMENT: LazyLock<std::result::Result<Enrolment, ProjectionError>> = LazyLock::new(|| {
    let projection = Projection::builtin()?;
    let id = content_id("projection", [&projection.to_bytes()[..]]);
    Ok(Enrolment { projection, id })
});

fn enrolment() -> Result<&'static Enrolment> {
    ENROLMENT.as_ref().map_err(|error| Error::usage(error.to_string(), "reinstall tanba"))
}

/// The projection by which prints of galleries and probes are described.
///
/// # Errors
/// The one shipped cannot be read: a broken build.
pub fn projection() -> Result<&'static Projection> {
    enrolment().map(|enrolment| &enrolment.projection)
}

/// Identity of [`projection`], from its content.
///
/// # Errors
/// As [`projection`].
pub fn projection_id() -> Result<&'static str> {
    enrolment().map(|enrolment| enrolment.id.as_str())
}
