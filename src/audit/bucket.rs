//! The audit log of a gallery in a bucket: one object per entry, each created where none is.
//!
//! `audit/entries/0000000042.json` is line 42 of the log. Of two processes that write entry 42 the store lets one
//! through; the other reads what came before it and writes entry 43. Nobody writes an entry before the head names the one
//! before it, so the log is never more than one entry ahead of its head, as on disk. `head.json` is replaced only in
//! the version that was read, so it never goes back. What a process reads of the log is the copy in the mirror,
//! which [`pull`] brings in line with the bucket each time.
//!
//! Limits: those of a log on disk. The store must honour If-None-Match and If-Match; one that does not is refused at the
//! first entry, because the entry could be lost.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use bytes::Bytes;

use super::head::{HEAD_FILE, Head};
use super::log::{AUDIT_FOLDER, LOG_FILE};
use super::pseudonym::SALT_FILE;
use crate::error::{Error, Result};
use crate::gallery::file::write_here;
use crate::gallery::objects::Put;
use crate::gallery::remote::{self, Mirror};
use crate::limits::AUDIT_ATTEMPTS;

/// Folder of the entries below the gallery.
const ENTRIES: &str = "audit/entries";

fn entry_path(sequence: u64) -> String {
    format!("{ENTRIES}/{sequence:010}.json")
}

/// Brings the copy of the log in line with the bucket; of a gallery on disk nothing is to be done. The lock of the copy
/// is held.
///
/// # Errors
/// The store does not answer, or others write entries without a pause.
pub(super) fn pull(gallery: &Path) -> Result<()> {
    let Some((mirror, _)) = remote::of(gallery) else { return Ok(()) };
    let bucket = mirror.bucket();
    let head_path = format!("{AUDIT_FOLDER}/{HEAD_FILE}");
    let mut before = bucket.get(&head_path)?;
    for _ in 0..AUDIT_ATTEMPTS {
        pull_entries(&mirror, gallery)?;
        let after = bucket.get(&head_path)?;
        if after == before {
            keep(gallery, HEAD_FILE, after.as_ref())?;
            let salt = bucket.get(&format!("{AUDIT_FOLDER}/{SALT_FILE}"))?;
            return keep(gallery, SALT_FILE, salt.as_ref());
        }
        before = after;
    }
    Err(Error::Conflict { what: format!("the audit log of {}", bucket.url()) })
}

/// Puts a file of the log into the copy, or takes it out.
fn keep(gallery: &Path, name: &str, content: Option<&Bytes>) -> Result<()> {
    let path = gallery.join(AUDIT_FOLDER).join(name);
    match content {
        Some(bytes) => write_here(&path, bytes),
        None if path.exists() => fs::remove_file(&path).map_err(Error::io(&path)),
        None => Ok(()),
    }
}

/// Adds to the copy the entries that it lacks; makes it anew where its end is not what the bucket has there.
fn pull_entries(mirror: &Mirror, gallery: &Path) -> Result<()> {
    let path = gallery.join(AUDIT_FOLDER).join(LOG_FILE);
    let copy = match fs::read(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(Error::io(&path))?,
    };
    let lines = copy.iter().filter(|byte| **byte == b'\n').count() as u64;
    let last = copy.split_inclusive(|byte| *byte == b'\n').next_back().unwrap_or_default();
    let is_part = lines > 0
        && last.ends_with(b"\n")
        && mirror.bucket().get(&entry_path(lines))?.is_some_and(|entry| *entry == *last);
    let known = if is_part { lines } else { 0 };
    let objects = mirror.bucket().list_after(ENTRIES, &entry_path(known))?;
    if is_part && objects.is_empty() {
        return Ok(());
    }
    let mut log =
        OpenOptions::new().append(true).create(true).open(&path).map_err(Error::io(&path))?;
    if !is_part {
        log.set_len(0).map_err(Error::io(&path))?;
    }
    // In one write: a copy that is cut short is made anew.
    let mut content = Vec::new();
    for object in &objects {
        // One that is gone since it was listed is found by the chain, as is one that was never there.
        content.extend_from_slice(&mirror.bucket().get(&object.path)?.unwrap_or_default());
    }
    log.write_all(&content).map_err(Error::io(&path))
}

/// Writes an entry to the bucket; of a gallery on disk nothing is to be done.
///
/// # Errors
/// [`Error::Conflict`] if another process wrote an entry of this number; the store does not answer.
pub(super) fn create_entry(folder: &Path, sequence: u64, line: &str) -> Result<()> {
    let Some((mirror, _)) = remote::of(folder) else { return Ok(()) };
    if mirror.create(&entry_path(sequence), line.as_bytes())? {
        return Ok(());
    }
    Err(Error::Conflict { what: format!("the audit log of {}", mirror.bucket().url()) })
}

/// Writes the salt; whether this gallery is in a bucket.
///
/// # Errors
/// [`Error::Conflict`] if another process wrote one; the store does not answer.
pub(super) fn create_salt(folder: &Path, salt: &[u8]) -> Result<bool> {
    let Some((mirror, place)) = remote::of(folder) else { return Ok(false) };
    if !mirror.create(&format!("{place}/{SALT_FILE}"), salt)? {
        return Err(Error::Conflict {
            what: format!("the audit log of {}", mirror.bucket().url()),
        });
    }
    write_here(&folder.join(SALT_FILE), salt)?;
    Ok(true)
}

/// Makes `head` the head of the log unless a later one is there; whether this gallery is in a bucket.
///
/// # Errors
/// The store does not answer, or its head is not what was written.
pub(super) fn replace_head(folder: &Path, head: &Head, content: &[u8]) -> Result<bool> {
    let Some((mirror, place)) = remote::of(folder) else { return Ok(false) };
    let (bucket, path) = (mirror.bucket(), format!("{place}/{HEAD_FILE}"));
    let content = Bytes::copy_from_slice(content);
    for _ in 0..AUDIT_ATTEMPTS {
        let put = match bucket.get_version(&path)? {
            None => bucket.create(&path, &content)?,
            Some((present, version)) => {
                let present = Head::read(&present).map_err(|what| {
                    Error::integrity(&folder.join(HEAD_FILE), what, super::log::HELP)
                })?;
                if present.sequence >= head.sequence {
                    return Ok(true);
                }
                bucket.replace(&path, &content, version)?
            }
        };
        if put == Put::Written {
            write_here(&folder.join(HEAD_FILE), &content)?;
            return Ok(true);
        }
    }
    Err(Error::Conflict { what: format!("the audit log of {}", bucket.url()) })
}
