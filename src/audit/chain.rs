//! The chain of the audit log: how entries become lines, and what is wrong with lines that are not as written.
//!
//! A line is a JSON object that begins with `sequence` and `previous` and ends with `hash`: BLAKE3 of the bytes
//! of the line before `,"hash"`. `previous` is the hash of the line before, 64 zeros in the first. So every line
//! fixes all lines before it: `sed 's/,"hash":.*//' | tr -d '\n' | b3sum` of one line checks it by hand.
//!
//! Limits: hashes without a key find careless and partial changes. Whoever rewrites the log from some line to
//! its end, with all hashes, is found by the signed head ([`super::head`]) or a copy of it kept elsewhere.

use std::fmt;

/// `previous` of the first entry.
pub const BEFORE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const HASH_DIGITS: usize = BEFORE_FIRST.len();
const START: &[u8] = b"{\"sequence\":";
const PREVIOUS: &[u8] = b",\"previous\":\"";
const HASH: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";

/// Place and hash of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Number of the entry, from 1; 0 before the first.
    pub sequence: u64,
    /// Its hash, hexadecimal.
    pub hash: String,
}

impl Link {
    /// What the first entry follows.
    pub fn before_first() -> Link {
        Link { sequence: 0, hash: BEFORE_FIRST.to_owned() }
    }
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The line is not what was written under its hash.
    Edited,
    /// A later entry stands in this place; those between are gone.
    Deleted {
        /// Number of the entry found.
        found: u64,
    },
    /// An earlier entry stands in this place: copied, or out of order.
    OutOfOrder {
        /// Number of the entry found.
        found: u64,
    },
    /// The entry follows another one than the one before it: that one was replaced, or this one comes from
    /// another log.
    Replaced,
    /// The log ends before the entry its head names.
    Truncated {
        /// Number of the entry the head names.
        head: u64,
    },
    /// The log goes on by more than one entry after the one its head names.
    BeyondHead {
        /// Number of the entry the head names.
        head: u64,
    },
    /// The head is missing or is not what was written.
    Head(String),
    /// An entry is as hashed and says nothing this program can read.
    Unreadable(String),
}

/// What is wrong, and from which entry on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Number of the entry that should stand there.
    pub sequence: u64,
    /// What is wrong.
    pub damage: Damage,
}

impl Damage {
    /// One word, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Damage::Edited => "edited",
            Damage::Deleted { .. } => "deleted",
            Damage::OutOfOrder { .. } => "out_of_order",
            Damage::Replaced => "replaced",
            Damage::Truncated { .. } => "truncated",
            Damage::BeyondHead { .. } => "beyond_head",
            Damage::Head(_) => "head",
            Damage::Unreadable(_) => "unreadable",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.sequence;
        match &self.damage {
            Damage::Edited => write!(f, "entry {n}: edited, the line does not have its hash"),
            Damage::Deleted { found } => {
                write!(f, "entry {n}: deleted, entry {found} stands in its place")
            }
            Damage::OutOfOrder { found } => {
                write!(f, "entry {n}: out of order, entry {found} stands in its place")
            }
            Damage::Replaced => {
                write!(f, "entry {n}: replaced, it does not follow the entry before it")
            }
            Damage::Truncated { head } => {
                write!(f, "entry {n}: truncated, the head names entry {head} as the last")
            }
            Damage::BeyondHead { head } => {
                write!(
                    f,
                    "entry {n}: not written by tanba, the head names entry {head} as the last"
                )
            }
            Damage::Head(what) => write!(f, "head of the log at entry {n}: {what}"),
            Damage::Unreadable(what) => write!(f, "entry {n}: cannot be read: {what}"),
        }
    }
}

/// A log whose chain holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain<'a> {
    /// The last entry.
    pub last: Link,
    /// Hash of the entry before it.
    pub before: String,
    /// Whole lines, without their line breaks.
    pub lines: Vec<&'a [u8]>,
    /// Bytes after the last line break: an entry a crash cut short, or nothing.
    pub torn: &'a [u8],
}

/// The line of an entry whose fields are the JSON object `body`, after `previous`; with its line break.
/// `body` is an object with at least one field.
pub fn line(body: &str, previous: &Link) -> (String, Link) {
    let sequence = previous.sequence + 1;
    let fields = body.strip_prefix('{').and_then(|b| b.strip_suffix('}')).unwrap_or(body);
    let mut text = format!("{{\"sequence\":{sequence},\"previous\":\"{}\",{fields}", previous.hash);
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    text += &format!(",\"hash\":\"{hash}\"}}\n");
    (text, Link { sequence, hash })
}

/// The parts of a line that chain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Number it states.
    pub sequence: u64,
    /// Hash of the entry before it that it states.
    pub previous: &'a str,
    /// Hash it states, which is the hash of its content.
    pub hash: &'a str,
}

impl Parts<'_> {
    /// Its place in the chain.
    pub fn link(&self) -> Link {
        Link { sequence: self.sequence, hash: self.hash.to_owned() }
    }
}

/// The parts of a line without its line break; none if it does not have its hash.
pub fn parts(line: &[u8]) -> Option<Parts<'_>> {
    let (content, hash) = sealed(line, HASH)?;
    let after = content.strip_prefix(START)?;
    let digits = after.iter().position(|byte| !byte.is_ascii_digit())?;
    let (number, after) = after.split_at_checked(digits)?;
    let (previous, after) = after.strip_prefix(PREVIOUS)?.split_at_checked(HASH_DIGITS)?;
    after.strip_prefix(b"\",")?;
    Some(Parts {
        sequence: std::str::from_utf8(number).ok()?.parse().ok()?,
        previous: std::str::from_utf8(previous).ok()?,
        hash,
    })
}

/// What stands before a last field that holds the BLAKE3 of just that, and the hash; none if it does not.
/// `field` is the name with the punctuation around it, up to the value.
pub(super) fn sealed<'a>(text: &'a [u8], field: &[u8]) -> Option<(&'a [u8], &'a str)> {
    let body = text.strip_suffix(END)?;
    let (rest, hash) = body.split_at_checked(body.len().checked_sub(HASH_DIGITS)?)?;
    let content = rest.strip_suffix(field)?;
    let hash = std::str::from_utf8(hash).ok()?;
    (blake3::hash(content).to_hex().as_str() == hash).then_some((content, hash))
}

/// Checks the chain of a whole log.
///
/// # Errors
/// The first fault.
pub fn check(log: &[u8]) -> Result<Chain<'_>, Fault> {
    let mut chain =
        Chain { last: Link::before_first(), before: String::new(), lines: Vec::new(), torn: &[] };
    for piece in log.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = piece.strip_suffix(b"\n") else {
            chain.torn = piece;
            break;
        };
        let expected = chain.last.sequence + 1;
        let fault = |damage| Fault { sequence: expected, damage };
        let parts = parts(line).ok_or_else(|| fault(Damage::Edited))?;
        let found = parts.sequence;
        if found > expected {
            return Err(fault(Damage::Deleted { found }));
        }
        if found < expected {
            return Err(fault(Damage::OutOfOrder { found }));
        }
        if parts.previous != chain.last.hash {
            return Err(fault(Damage::Replaced));
        }
        chain.before = std::mem::replace(&mut chain.last, parts.link()).hash;
        chain.lines.push(line);
    }
    Ok(chain)
}
