//! The files of the audit log: appended under a lock, flushed, and read back.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;

use super::bucket;
use super::chain::{self, Damage, Fault, Link, Parts};
use super::head::{self, HEAD_FILE, Head};
use super::pseudonym::{self, SALT_VERB, Salt};
use super::{Account, Entry, Event, Phase};
use crate::error::{Error, Result};
use crate::gallery::file::{create_directory, write_new};
use crate::gallery::keys::hex;
use crate::gallery::remote;
use crate::limits::AUDIT_ATTEMPTS;

/// Folder of the log below the gallery.
pub const AUDIT_FOLDER: &str = "audit";
/// Name of the log below its folder.
pub const LOG_FILE: &str = "log.jsonl";

/// Bytes of the log's end looked at first; more if the last two entries are longer.
const TAIL_BYTES: u64 = 1 << 16;

pub(super) const HELP: &str = "stop writing to this gallery and find out who changed the log: `tanba audit verify` names \
                    the first entry concerned, docs/access.md says what each finding means";

/// Appends an entry, flushed with its head; returns its number. One entry at a time, over all processes.
///
/// Every entry passes here, and here the identifiers of records and persons give way to pseudonyms.
pub(super) fn append(gallery: &Path, key: Option<&SigningKey>, entry: &Entry) -> Result<u64> {
    let names = pseudonym::names_of(gallery, entry);
    let entry = &names.without_unchecked(entry.clone());
    // The lock ends with the file.
    let _lock = locked(gallery)?;
    for _ in 1..AUDIT_ATTEMPTS {
        bucket::pull(gallery)?;
        match append_locked(gallery, key, entry, &names) {
            // Another machine wrote the next entry of a log in a bucket.
            Err(Error::Conflict { .. }) => {
                std::thread::sleep(std::time::Duration::from_millis(rand::random_range(1..100)));
            }
            done => return done,
        }
    }
    bucket::pull(gallery)?;
    append_locked(gallery, key, entry, &names)
}

/// The lock of the log on this machine.
fn locked(gallery: &Path) -> Result<File> {
    let folder = gallery.join(AUDIT_FOLDER);
    create_directory(&folder)?;
    let path = folder.join("lock");
    let lock = File::create(&path).map_err(Error::io(&path))?;
    lock.lock().map_err(Error::io(&path))?;
    Ok(lock)
}

fn append_locked(
    gallery: &Path,
    key: Option<&SigningKey>,
    entry: &Entry,
    names: &pseudonym::Found,
) -> Result<u64> {
    let folder = gallery.join(AUDIT_FOLDER);
    let path = folder.join(LOG_FILE);
    let is_new = !path.exists();
    let mut log = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(&path)
        .map_err(Error::io(&path))?;
    if is_new {
        crate::gallery::file::sync_directory(&folder)?;
    }
    let head = LastHead::of(gallery)?;
    check_key(&path, head.head.as_ref(), key)?;
    let tail = tail(&mut log).map_err(Error::io(&path))?;
    let mut last = tail.last(&path)?;
    let is_ahead = head::follow(&last, &tail.before(), head.head.as_ref());
    if is_ahead.map_err(|f| damaged(&path, &f))? {
        // A crash came between the last entry and its head. A second one must not leave the log two entries ahead.
        Head::of(&last, entry.time.clone(), key).write(&folder)?;
    }
    let torn = tail.torn();
    if !torn.is_empty() {
        let kept = set_aside(&folder, last.sequence, torn)?;
        let length = tail.end - torn.len() as u64;
        log.set_len(length).and_then(|()| log.sync_all()).map_err(Error::io(&path))?;
        let found = torn_entry(torn, &kept, entry);
        last = write(&mut log, &folder, &found, &last, key)?;
    }
    let mut entry = entry.clone();
    if !names.is_empty() {
        let present = Salt::read(gallery)?;
        // In a bucket another machine may have made the salt and not come to its entry.
        let is_in_bucket = present.is_some() && remote::of(gallery).is_some();
        let is_new = present.is_none() || (is_in_bucket && !Salt::is_fixed(gallery)?);
        let salt = present.map_or_else(|| Salt::create(gallery), Ok)?;
        if is_new {
            last = write(&mut log, &folder, &salt_entry(&salt, &entry), &last, key)?;
        }
        salt.hide(&mut entry, names);
    }
    Ok(write(&mut log, &folder, &entry, &last, key)?.sequence)
}

/// The entry that fixes the salt: with another one nobody would find the entries about a record.
fn salt_entry(salt: &Salt, next: &Entry) -> Entry {
    let account = Account {
        outcome: Some("done".into()),
        result_blake3: Some(salt.blake3()),
        ..Account::default()
    };
    let event = Event { verb: SALT_VERB.into(), ..Event::default() };
    Entry { time: next.time.clone(), ..Entry::of(&event, Phase::Whole, None, &account) }
}

/// Writes one entry after `last`, then its head.
fn write(
    log: &mut File,
    folder: &Path,
    entry: &Entry,
    last: &Link,
    key: Option<&SigningKey>,
) -> Result<Link> {
    let path = folder.join(LOG_FILE);
    let body = serde_json::to_string(entry).map_err(|e| {
        Error::usage(format!("the audit entry cannot be written: {e}"), "report this")
    })?;
    let (line, link) = chain::line(&body, last);
    bucket::create_entry(folder, link.sequence, &line)?;
    log.write_all(line.as_bytes()).and_then(|()| log.sync_all()).map_err(Error::io(&path))?;
    Head::of(&link, entry.time.clone(), key).write(folder)?;
    Ok(link)
}

/// A log once signed stays signed by the same key.
fn check_key(path: &Path, head: Option<&Head>, key: Option<&SigningKey>) -> Result<()> {
    let Some(signer) = head.and_then(|head| head.public_key.as_deref()) else { return Ok(()) };
    let own = key.map(|key| hex(key.verifying_key().as_bytes()));
    if own.as_deref() == Some(signer) {
        return Ok(());
    }
    let what = if own.is_none() { "no key was given" } else { "the key given is another" };
    Err(Error::usage(
        format!("{} is signed by the key {signer}, and {what}", path.display()),
        "name the key file with --audit-key or in TANBA_AUDIT_KEY_FILE",
    ))
}

/// Puts the bytes of an entry that a crash cut short into a file of their own.
fn set_aside(folder: &Path, after: u64, torn: &[u8]) -> Result<String> {
    let hash = blake3::hash(torn).to_hex();
    let name = format!("torn-after-{after}-{}.bin", &hash[..16]);
    write_new(folder, &name, torn)?;
    Ok(name)
}

/// The entry that tells of a torn one.
fn torn_entry(torn: &[u8], kept: &str, next: &Entry) -> Entry {
    let mut account = Account {
        outcome: Some("done".into()),
        reason: Some(format!("an entry cut short by a crash was set aside as {kept}")),
        result_blake3: Some(blake3::hash(torn).to_hex().to_string()),
        ..Account::default()
    };
    account.count("bytes", torn.len() as u64);
    let event = Event { verb: "audit recover".into(), ..Event::default() };
    Entry { time: next.time.clone(), ..Entry::of(&event, Phase::Whole, None, &account) }
}

/// The end of a log: its last whole lines and what follows them.
struct Tail {
    bytes: Vec<u8>,
    /// Length of the log.
    end: u64,
}

/// Reads from the end until two whole lines are there, or all.
fn tail(log: &mut File) -> std::io::Result<Tail> {
    let end = log.seek(SeekFrom::End(0))?;
    let mut length = TAIL_BYTES.min(end);
    loop {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        log.seek(SeekFrom::Start(end - length))?;
        log.read_exact(&mut bytes)?;
        let breaks = bytes.iter().filter(|byte| **byte == b'\n').count();
        if length == end || breaks >= 2 {
            return Ok(Tail { bytes, end });
        }
        length = length.saturating_mul(2).min(end);
    }
}

impl Tail {
    fn torn(&self) -> &[u8] {
        let start = self.bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        &self.bytes[start..]
    }

    /// The parts of the last whole line, if there is one.
    fn parts(&self) -> Option<Option<Parts<'_>>> {
        let whole = &self.bytes[..self.bytes.len() - self.torn().len()];
        let line = whole.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
        Some(chain::parts(line))
    }

    /// The last entry.
    fn last(&self, path: &Path) -> Result<Link> {
        match self.parts() {
            None => Ok(Link::before_first()),
            Some(Some(parts)) => Ok(parts.link()),
            Some(None) => {
                let what = "the last entry was edited: the line does not have its hash";
                Err(Error::integrity(path, what, HELP))
            }
        }
    }

    /// Hash of the entry before the last.
    fn before(&self) -> String {
        self.parts().flatten().map_or_else(String::new, |parts| parts.previous.to_owned())
    }
}

fn damaged(path: &Path, fault: &Fault) -> Error {
    Error::integrity(path, fault.to_string(), HELP)
}

/// The head of a gallery's log as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastHead {
    /// The head, if there is one.
    pub head: Option<Head>,
}

impl LastHead {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or is not what was written.
    pub fn of(gallery: &Path) -> Result<LastHead> {
        let path = gallery.join(AUDIT_FOLDER).join(HEAD_FILE);
        let bytes = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(LastHead { head: None });
            }
            read => read.map_err(Error::io(&path))?,
        };
        let head = Head::read(&bytes).map_err(|what| Error::integrity(&path, what, HELP))?;
        Ok(LastHead { head: Some(head) })
    }
}

/// The bytes of a gallery's log and of its head, from one moment.
///
/// # Errors
/// The gallery has no log, or it cannot be read.
pub fn bytes_of(gallery: &Path) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    let folder = gallery.join(AUDIT_FOLDER);
    let read = |path: PathBuf| match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(&path)(e)),
    };
    let pulled = match remote::of(gallery) {
        Some(_) => {
            let lock = locked(gallery)?;
            bucket::pull(gallery)?;
            Some(lock)
        }
        None => None,
    };
    // Held only where the reader may write; who cannot reads without, and may catch an append half done.
    let lock = OpenOptions::new().write(true).open(folder.join("lock"));
    let _held = lock
        .ok()
        .filter(|_| pulled.is_none())
        .and_then(|lock| lock.lock_shared().ok().map(|()| lock));
    let log = read(folder.join(LOG_FILE))?;
    let head = read(folder.join(HEAD_FILE))?;
    match log {
        Some(log) => Ok((log, head)),
        None if head.is_some() => {
            Err(Error::integrity(&folder, "the log was taken away: only its head is there", HELP))
        }
        None => Err(Error::usage(
            format!("{} has no audit log", gallery.display()),
            "a log begins with the first command that imports, searches or changes; if there was one, it was \
             taken away",
        )),
    }
}

/// A log that holds together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Entries in order.
    pub entries: Vec<Entry>,
    /// The last entry.
    pub last: Link,
    /// The head, if there is one.
    pub head: Option<Head>,
    /// The log is one entry ahead of its head.
    pub is_ahead: bool,
    /// Bytes of an entry a crash cut short.
    pub torn_bytes: usize,
}

impl Review {
    /// Starts without an end: the act was cut short, or still runs.
    pub fn open_acts(&self) -> Vec<&Entry> {
        let ended: std::collections::HashSet<u64> =
            self.entries.iter().filter_map(|entry| entry.start).collect();
        let is_open = |e: &&Entry| e.phase == Phase::Start && !ended.contains(&e.sequence);
        self.entries.iter().filter(is_open).collect()
    }
}

/// Checks a log against its head and against `known`, a copy of a head kept elsewhere.
///
/// # Errors
/// The first fault.
pub fn review(
    log: &[u8],
    head: Option<&[u8]>,
    known: Option<&Head>,
) -> std::result::Result<Review, Fault> {
    let found = chain::check(log)?;
    let sequence = found.last.sequence;
    let head = head
        .map(Head::read)
        .transpose()
        .map_err(|what| Fault { sequence, damage: Damage::Head(what) })?;
    let is_ahead = head::follow(&found.last, &found.before, head.as_ref())?;
    if let Some(known) = known {
        head::holds(&found, known)?;
    }
    let read = found.lines.iter().zip(1..).map(|(line, sequence)| {
        Entry::read(line).map_err(|e| Fault { sequence, damage: Damage::Unreadable(e.to_string()) })
    });
    let entries = read.collect::<std::result::Result<_, _>>()?;
    Ok(Review { entries, last: found.last, head, is_ahead, torn_bytes: found.torn.len() })
}
