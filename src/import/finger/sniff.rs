//! Tells fingerprint formats apart, by structure where two share a magic.
//!
//! ` 20\0` is ISO/IEC 19794-2:2005 and ANSI INCITS 378-2004: the u16 at byte 8 is an ANSI length when it
//! is 26 or more, the upper half of an ISO length when it is 1 to 25; when it is 0, the u16 at byte 10
//! is an ISO length when it is 24 or more, and the upper half of the long ANSI length otherwise. Some
//! makers write the version as `020\0`. `030\0` is ISO/IEC 19794-2:2011, ANSI INCITS 378-2009 and its
//! draft of 2007: they are tried in turn, and the first whose lengths and counts meet the end of the
//! record exactly is taken.

use std::path::Path;

use super::cursor::{Cursor, Parsed};
use super::notes::Notes;
use super::view::MAGIC;
use super::xyt::Convention;
use super::{
    FingerFormat, ImageReference, Subject, ansi2004, ansi2009, card, iso2005, iso2011, itl,
    itl_record, xyt,
};
use crate::domain::finger::Template;
use crate::error::{Position as Place, Rejection, Result};
use crate::import::text;

/// First bytes of files that are given by mistake, with what they are.
const NOT_MINUTIAE: [(&[u8], &str); 7] = [
    (b"FIR\0", "a fingerprint image record"),
    (b"\xff\xa0\xff", "a WSQ image"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"BM", "a BMP image"),
    (b"II*\0", "a TIFF image"),
];

/// Whether `bytes` look like fingerprint templates, so that [`super::read_bytes`] is the one to read
/// them: a minutiae record of ISO or ANSI, an ANSI/NIST-ITL transaction, or an `.xyt` file.
pub fn is_finger(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) || itl_record::is_transaction(bytes) || xyt::is_xyt(bytes)
}

/// What a file is tried as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Candidate {
    /// One format.
    As(FingerFormat),
    /// An `.xyt` file, whose convention its directions tell.
    Xyt,
}

/// What a file may be: the likeliest, then others that share its magic.
pub(super) type Candidates = (Candidate, &'static [Candidate]);

/// What `bytes` may be.
pub(super) fn candidates(path: &Path, bytes: &[u8]) -> Result<Candidates> {
    if let Some(version) = bytes.strip_prefix(MAGIC) {
        let version = version.get(..4).unwrap_or(version);
        return match version {
            b" 20\0" | b"020\0" => Ok(first_generation(bytes)),
            b"030\0" => Ok((
                Candidate::As(FingerFormat::Iso2011),
                &[Candidate::As(FingerFormat::Ansi2009), Candidate::As(FingerFormat::Ansi2007)],
            )),
            b"035\0" => Ok((Candidate::As(FingerFormat::Ansi2009Am1), &[])),
            _ => Err(Rejection::new(
                path,
                Place::Offset(4),
                "a minutiae record has the version \" 20\", \"030\" or \"035\"",
                String::from_utf8_lossy(version),
                "export it as ISO/IEC 19794-2:2005 or 2011, or ANSI INCITS 378-2004 or 2009",
            )
            .into()),
        };
    }
    if itl_record::is_transaction(bytes) {
        return Ok((Candidate::As(FingerFormat::Itl), &[]));
    }
    if xyt::is_xyt(bytes) {
        return Ok((Candidate::Xyt, &[]));
    }
    if xyt::is_faulty_xyt(bytes)
        && let Err(fault) = xyt::read(path, bytes, None, &mut Notes::default())
    {
        return Err((*fault).into());
    }
    let known = NOT_MINUTIAE.iter().find(|(magic, _)| bytes.starts_with(magic));
    let found = match known {
        Some((_, what)) => (*what).to_owned(),
        None if bytes.is_empty() => "an empty file".to_owned(),
        None => match text::decode(path, bytes).as_deref().map(str::trim) {
            Ok(text) if !text.is_empty() => {
                format!("text that begins with {}", text.lines().next().unwrap_or_default())
            }
            _ => "other bytes".to_owned(),
        },
    };
    Err(Rejection::new(
        path,
        Place::Offset(0),
        "a fingerprint file is a minutiae record (ISO/IEC 19794-2, ANSI INCITS 378), an ANSI/NIST-ITL \
transaction or an .xyt file",
        found,
        "give what an extractor wrote; this program finds no minutiae in images",
    )
    .into())
}

/// ISO 2005 or ANSI 2004, by the length field.
fn first_generation(bytes: &[u8]) -> Candidates {
    const ISO: Candidate = Candidate::As(FingerFormat::Iso2005);
    const ANSI: Candidate = Candidate::As(FingerFormat::Ansi2004);
    let word = |at: usize| {
        let pair = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>());
        pair.map_or(0, |pair| u16::from_be_bytes(*pair))
    };
    match (word(8), word(10)) {
        (ansi2004::LEAST_LENGTH.., _) => (ANSI, &[]),
        (1.., _) | (0, 24..) => (ISO, &[]),
        // The long form of a short ANSI record, or an ISO record that states no length.
        (0, 0) => (ANSI, &[ISO]),
        (0, _) => (ANSI, &[]),
    }
}

/// What was read of a file in one format.
pub(super) struct Read {
    pub(super) format: FingerFormat,
    pub(super) templates: Vec<Template>,
    pub(super) rejections: Vec<Rejection>,
    pub(super) subject: Subject,
    pub(super) images: Vec<ImageReference>,
    pub(super) notes: Notes,
}

/// Reads as the first of `candidates` that fits exactly; else the first that fits; else the refusal of
/// the one that came furthest.
pub(super) fn read_first(path: &Path, bytes: &[u8], candidates: Candidates) -> Read {
    let (first, others) = candidates;
    let mut best = read_as(path, bytes, first);
    for other in others {
        if fit(&best) == EXACT {
            break;
        }
        let read = read_as(path, bytes, *other);
        if fit(&read) > fit(&best) {
            best = read;
        }
    }
    best
}

/// Fits to the last byte.
const EXACT: u64 = u64::MAX;

/// How well a format fits: exactly, with bytes left over, or up to the byte where it was refused.
fn fit(read: &Read) -> u64 {
    match read.rejections.first().map(|rejection| rejection.position) {
        None if read.notes.has_leftover => EXACT - 1,
        None => EXACT,
        Some(Place::Offset(offset)) => offset,
        Some(_) => 0,
    }
}

fn read_as(path: &Path, bytes: &[u8], candidate: Candidate) -> Read {
    let (format, convention) = match candidate {
        Candidate::Xyt => (FingerFormat::XytNist, None),
        Candidate::As(format @ FingerFormat::XytM1) => (format, Some(Convention::M1)),
        Candidate::As(format) => (format, Some(Convention::Nist)),
    };
    let mut read = Read {
        format,
        templates: Vec::new(),
        rejections: Vec::new(),
        subject: Subject::default(),
        images: Vec::new(),
        notes: Notes::default(),
    };
    let notes = &mut read.notes;
    let cursor = Cursor::new(path, bytes);
    let templates: Parsed<Vec<Template>> = match format {
        FingerFormat::Iso2005 => iso2005::read(cursor, notes),
        FingerFormat::Iso2005Compact => card::read_compact(cursor, notes),
        FingerFormat::Iso2011 => iso2011::read(cursor, notes),
        FingerFormat::Ansi2004 => ansi2004::read(cursor, notes),
        FingerFormat::Ansi2007 => ansi2009::read_draft(cursor, notes),
        FingerFormat::Ansi2009 | FingerFormat::Ansi2009Am1 => ansi2009::read(cursor, notes),
        FingerFormat::Itl => itl::read(path, bytes, notes).map(|transaction| {
            read.rejections = transaction.rejections;
            read.subject = transaction.subject;
            read.images = transaction.images;
            transaction.templates
        }),
        FingerFormat::XytNist | FingerFormat::XytM1 => xyt::read(path, bytes, convention, notes)
            .map(|(convention, templates)| {
                read.format = match convention {
                    Convention::Nist => FingerFormat::XytNist,
                    Convention::M1 => FingerFormat::XytM1,
                };
                templates
            }),
    };
    match templates {
        Ok(templates) => read.templates = templates,
        Err(rejection) => read.rejections.push(*rejection),
    }
    read
}
