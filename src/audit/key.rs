//! The key that signs the head of the audit log.
//!
//! A key file holds 64 hexadecimal digits: the 32 secret bytes of an Ed25519 key (RFC 8032). Its public half
//! stands beside it in `FILE.public`; keep a copy where the users of the gallery cannot write, because a head
//! says itself which key signed it.
//!
//! Limits: the secret is on disk unencrypted, readable by its owner alone. Who can read the file can sign.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;

use crate::error::{Error, Position, Rejection, Result};
use crate::gallery::keys::{check_rights, fill_random, hex, unhex};

/// Where the public half of the key in `path` is written.
fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".public");
    name.into()
}

/// Makes a key, writes it to the new file `path` and its public half beside it; returns the public half.
///
/// # Errors
/// One of the files exists, or the operating system refuses.
pub fn generate(path: &Path) -> Result<String> {
    let mut secret = [0; 32];
    fill_random(&mut secret)?;
    let key = SigningKey::from_bytes(&secret);
    let public = hex(key.verifying_key().as_bytes());
    create(path, 0o600, &hex(&secret))?;
    create(&public_path(path), 0o644, &public)?;
    Ok(public)
}

fn create(path: &Path, mode: u32, text: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::usage(
            format!("{} exists", path.display()),
            "name another file; a key in use is never replaced",
        ),
        _ => Error::io(path)(error),
    })?;
    let written = file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_all());
    written.map_err(Error::io(path))
}

/// Reads a key.
///
/// # Errors
/// The file cannot be read, others than its owner may read it, or it holds no key.
pub fn read(path: &Path) -> Result<SigningKey> {
    check_rights(path)?;
    // What was found is not quoted: it may be a key with a digit too many.
    let text = fs::read_to_string(path).map_err(Error::input(path))?;
    unhex(text.trim_end()).map(|secret| SigningKey::from_bytes(&secret)).ok_or_else(|| {
        let rule = "a key file holds 64 lower-case hexadecimal digits";
        let help = "make one with `tanba audit keygen FILE`";
        Rejection::new(path, Position::File, rule, format!("{} bytes", text.len()), help).into()
    })
}
