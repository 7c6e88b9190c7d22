//! The head of the audit log: which entry is the last, signed where a key is given.
//!
//! Why: a chain of hashes cannot tell that its end was cut off, nor that it was written anew from some entry
//! on. The head names the last entry. Unsigned it finds a careless cut; signed with Ed25519 (RFC 8032) only
//! the holder of the key can make one that fits. A copy of the head kept elsewhere finds both without a key,
//! up to the entry it names.
//!
//! Limits: a head one entry behind is what a crash between two writes leaves, so one entry more than the head
//! names is let pass and said. An old log put back together with its old head is found only by a copy of a
//! later head.

use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::bucket;
use super::chain::{Chain, Damage, Fault, Link, sealed};
use crate::error::{Error, Result};
use crate::gallery::file::write_new;
use crate::gallery::keys::{hex, unhex};

/// Name of the head below the log's folder.
pub const HEAD_FILE: &str = "head.json";

const SEAL: &[u8] = b",\"blake3\":\"";

/// Which entry is the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Number of the last entry.
    pub sequence: u64,
    /// Its hash.
    pub hash: String,
    /// When the head was made, RFC 3339 in UTC.
    pub time: String,
    /// Public key of the signature, hexadecimal.
    pub public_key: Option<String>,
    /// Ed25519 signature over the three fields before, hexadecimal.
    pub signature: Option<String>,
}

impl Head {
    /// The head after `last`, signed if there is a key.
    pub fn of(last: &Link, time: String, key: Option<&SigningKey>) -> Head {
        let mut head = Head {
            sequence: last.sequence,
            hash: last.hash.clone(),
            time,
            public_key: None,
            signature: None,
        };
        if let Some(key) = key {
            head.public_key = Some(hex(key.verifying_key().as_bytes()));
            head.signature = Some(hex(&key.sign(head.message().as_bytes()).to_bytes()));
        }
        head
    }

    /// What is signed.
    fn message(&self) -> String {
        format!("tanba audit head 1\n{}\n{}\n{}\n", self.sequence, self.hash, self.time)
    }

    /// The head as a file.
    ///
    /// # Errors
    /// JSON refuses it.
    pub fn to_bytes(&self) -> std::result::Result<Vec<u8>, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        let content = body.strip_suffix('}').unwrap_or(&body);
        let hash = blake3::hash(content.as_bytes()).to_hex();
        Ok(format!("{content},\"blake3\":\"{hash}\"}}\n").into_bytes())
    }

    /// Reads a head whose bytes are what was written and whose signature, if it has one, is right.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> std::result::Result<Head, String> {
        let text = bytes.strip_suffix(b"\n").and_then(|text| sealed(text, SEAL));
        let (content, _) = text.ok_or("it is not what was written (BLAKE3)")?;
        let head: Head = serde_json::from_slice(&[content, b"}"].concat())
            .map_err(|error| format!("it cannot be read: {error}"))?;
        head.check_signature()?;
        Ok(head)
    }

    fn check_signature(&self) -> std::result::Result<(), String> {
        let (key, signature) = match (&self.public_key, &self.signature) {
            (None, None) => return Ok(()),
            (Some(key), Some(signature)) => (key, signature),
            _ => return Err("it has a key without a signature, or the reverse".into()),
        };
        let key = unhex(key).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let signature = unhex(signature).map(|bytes| Signature::from_bytes(&bytes));
        match (key, signature) {
            (Some(key), Some(signature)) => key
                .verify_strict(self.message().as_bytes(), &signature)
                .map_err(|_| "its signature is not of this content".to_owned()),
            _ => Err("its key or signature is no Ed25519 value".into()),
        }
    }

    /// Writes the head in place of the one before, whole or not at all.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let bytes = self
            .to_bytes()
            .map_err(|e| Error::integrity(&folder.join(HEAD_FILE), e.to_string(), "report this"))?;
        if bucket::replace_head(folder, self, &bytes)? {
            return Ok(());
        }
        write_new(folder, HEAD_FILE, &bytes).map(drop)
    }
}

/// Whether the log goes on from the head, `None` if there is no head; true if the log is one entry ahead.
///
/// # Errors
/// The log does not end where the head says.
pub(super) fn follow(
    last: &Link,
    before: &str,
    head: Option<&Head>,
) -> std::result::Result<bool, Fault> {
    let fault = |sequence, damage| Err(Fault { sequence, damage });
    let (sequence, hash) =
        head.map_or((0, super::chain::BEFORE_FIRST), |head| (head.sequence, &head.hash));
    if head.is_none() && last.sequence > 1 {
        return fault(last.sequence, Damage::Head("it is missing".into()));
    }
    match last.sequence.checked_sub(sequence) {
        None => fault(last.sequence + 1, Damage::Truncated { head: sequence }),
        Some(0) if last.hash == hash => Ok(false),
        Some(1) if before == hash => Ok(true),
        Some(0 | 1) => fault(sequence, Damage::Replaced),
        Some(_) => fault(sequence + 1, Damage::BeyondHead { head: sequence }),
    }
}

/// Whether an entry that another copy of a head names stands in the log.
///
/// # Errors
/// It does not.
pub(super) fn holds(chain: &Chain<'_>, known: &Head) -> std::result::Result<(), Fault> {
    let damage = if known.sequence > chain.last.sequence {
        Damage::Truncated { head: known.sequence }
    } else {
        let place = known.sequence.checked_sub(1).and_then(|n| usize::try_from(n).ok());
        let line = place.and_then(|place| chain.lines.get(place));
        if line.and_then(|l| super::chain::parts(l)).is_some_and(|p| p.hash == known.hash) {
            return Ok(());
        }
        Damage::Replaced
    };
    let sequence = known.sequence.min(chain.last.sequence + 1);
    Err(Fault { sequence, damage })
}
