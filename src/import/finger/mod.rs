//! Fingerprint templates of other systems: one file per format and year, recognised by content.
//!
//! What: the bytes of one file become [`Template`]s in the one coordinate system of
//! [`crate::domain::finger`], without loss of what a template holds, with the conventions that were
//! recognised or assumed and with warnings about what cannot be right. Why the conventions are listed:
//! two formats share each magic, three units of angle are in use and two senses of direction, and a
//! template read under the wrong one matches nothing and says nothing.
//! Limits: a file is read whole ([`crate::limits::MAX_FINGER_FILE_BYTES`] at most) and is all or
//! nothing; a view that cannot be read is a [`Rejection`], and then the file brings no template. Ridge
//! counts, cores, deltas and vendor data are checked for length and not kept; images are references.
//! When not to use: to find minutiae in an image; this reads what an extractor found.

use std::fmt;
use std::path::Path;

use crate::domain::finger::{Impression, Position, Template};
use crate::error::{Error, Rejection, Result};
use crate::limits::MAX_FINGER_FILE_BYTES;

mod ansi2004;
mod ansi2009;
mod card;
mod cursor;
mod draw;
mod geometry;
pub mod intake;
mod iso2005;
mod iso2011;
mod itl;
mod itl_image;
mod itl_minutiae;
mod itl_record;
mod list;
mod notes;
pub mod pairs;
mod sniff;
mod view;
mod xyt;

pub use draw::draw;
pub use geometry::kinds;
pub use iso2005::write_iso2005;
pub use notes::{Sayings, Warning};
pub use sniff::is_finger;

/// A fingerprint format, as recognised by content or stated by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FingerFormat {
    /// ISO/IEC 19794-2:2005, record format.
    Iso2005,
    /// ISO/IEC 19794-2:2005, compact card format; read only when stated.
    Iso2005Compact,
    /// ISO/IEC 19794-2:2011.
    Iso2011,
    /// ANSI INCITS 378-2004.
    Ansi2004,
    /// The draft of ANSI INCITS 378 of 2007.
    Ansi2007,
    /// ANSI INCITS 378-2009.
    Ansi2009,
    /// ANSI INCITS 378-2009, Amendment 1.
    Ansi2009Am1,
    /// ANSI/NIST-ITL transaction, traditional encoding.
    Itl,
    /// `.xyt` of NIST mindtct in its own convention.
    XytNist,
    /// `.xyt` of `mindtct -m1`.
    XytM1,
}

impl FingerFormat {
    /// All formats.
    pub const ALL: [FingerFormat; 10] = [
        FingerFormat::Iso2005,
        FingerFormat::Iso2005Compact,
        FingerFormat::Iso2011,
        FingerFormat::Ansi2004,
        FingerFormat::Ansi2007,
        FingerFormat::Ansi2009,
        FingerFormat::Ansi2009Am1,
        FingerFormat::Itl,
        FingerFormat::XytNist,
        FingerFormat::XytM1,
    ];

    /// Name used in messages and reports.
    pub const fn name(self) -> &'static str {
        match self {
            FingerFormat::Iso2005 => "ISO/IEC 19794-2:2005",
            FingerFormat::Iso2005Compact => "ISO/IEC 19794-2:2005 compact card",
            FingerFormat::Iso2011 => "ISO/IEC 19794-2:2011",
            FingerFormat::Ansi2004 => "ANSI INCITS 378-2004",
            FingerFormat::Ansi2007 => "ANSI INCITS 378 draft of 2007",
            FingerFormat::Ansi2009 => "ANSI INCITS 378-2009",
            FingerFormat::Ansi2009Am1 => "ANSI INCITS 378-2009/Am1",
            FingerFormat::Itl => "ANSI/NIST-ITL",
            FingerFormat::XytNist => "xyt, NIST convention",
            FingerFormat::XytM1 => "xyt, M1 convention",
        }
    }

    /// Word used on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            FingerFormat::Iso2005 => "iso-2005",
            FingerFormat::Iso2005Compact => "iso-2005-compact",
            FingerFormat::Iso2011 => "iso-2011",
            FingerFormat::Ansi2004 => "ansi-2004",
            FingerFormat::Ansi2007 => "ansi-2007",
            FingerFormat::Ansi2009 => "ansi-2009",
            FingerFormat::Ansi2009Am1 => "ansi-2009-am1",
            FingerFormat::Itl => "itl",
            FingerFormat::XytNist => "xyt-nist",
            FingerFormat::XytM1 => "xyt-m1",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<FingerFormat> {
        FingerFormat::ALL.into_iter().find(|format| format.word().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for FingerFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one file held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerFile {
    /// The format recognised.
    pub format: FingerFormat,
    /// Views in file order; empty when something was rejected.
    pub templates: Vec<Template>,
    /// What was recognised or assumed: unit and sense of directions, the y axis, positions taken over.
    pub conventions: Vec<String>,
    /// What the operator should know; the templates are kept nevertheless.
    pub warnings: Vec<String>,
    /// What was refused, in file order.
    pub rejections: Vec<Rejection>,
    /// What the file says of the transaction it belongs to.
    pub subject: Subject,
    /// Images the file carries; they are not matched.
    pub images: Vec<ImageReference>,
}

/// What an ANSI/NIST-ITL transaction says of itself. Nothing in it names a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Transaction control number (1.009).
    pub transaction: Option<String>,
    /// Type of transaction (1.004).
    pub transaction_type: Option<String>,
    /// Day of the transaction (1.005), as written.
    pub date: Option<String>,
    /// Agency that sent it (1.008).
    pub originating_agency: Option<String>,
    /// Version of the standard (1.002).
    pub version: Option<String>,
}

/// An image in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// Record type: 4, 13, 14 or 15.
    pub record_type: u8,
    /// Information designation character: links an image with the minutiae found in it.
    pub idc: u16,
    /// What it shows; several where the record leaves open which.
    pub positions: Vec<Position>,
    /// How it was taken.
    pub impression: Option<Impression>,
    /// Compression, as the standard names it (`NONE`, `WSQ20`, …).
    pub algorithm: String,
    /// Pixels.
    pub width_px: u32,
    /// Pixels.
    pub height_px: u32,
    /// Pixels per metre along x; `None` where the record states none.
    pub pixels_per_metre: Option<u32>,
}

/// Reads and recognises the bytes of a file; `path` is used in messages only.
///
/// # Errors
/// [`Error::Limit`] for more than [`MAX_FINGER_FILE_BYTES`], [`Error::Rejected`] for bytes that are no
/// fingerprint format. Faults inside a recognised format are in [`FingerFile::rejections`].
pub fn read_bytes(path: &Path, bytes: &[u8]) -> Result<FingerFile> {
    read_bytes_as(path, bytes, None)
}

/// The same, in the format the caller states where there is one: for formats that cannot be recognised
/// (compact card) or not surely (the convention of an `.xyt` file).
///
/// # Errors
/// As [`read_bytes`].
pub fn read_bytes_as(
    path: &Path,
    bytes: &[u8],
    format: Option<FingerFormat>,
) -> Result<FingerFile> {
    if bytes.len() as u64 > MAX_FINGER_FILE_BYTES {
        return Err(Error::Limit {
            what: format!("the size of {}", path.display()),
            limit: MAX_FINGER_FILE_BYTES,
            help: "give each transaction a file of its own".into(),
        });
    }
    let candidates = match format {
        Some(format) => (sniff::Candidate::As(format), &[][..]),
        None => sniff::candidates(path, bytes)?,
    };
    let mut read = sniff::read_first(path, bytes, candidates);
    let (mut templates, mut rejections) = (read.templates, read.rejections);
    rejections.extend(geometry::examine(path, read.format, &templates, &mut read.notes));
    if !rejections.is_empty() {
        templates.clear();
    }
    let (conventions, warnings) = read.notes.into_parts();
    Ok(FingerFile {
        format: read.format,
        templates,
        conventions,
        warnings,
        rejections,
        subject: read.subject,
        images: read.images,
    })
}
