//! Encryption of a whole file that is not Parquet: the planes and prints that kernels read.
//!
//! ```text
//! 8 bytes   TANBASEA
//! 2 bytes   length of the label, little endian
//! label     name and salt of the file's key (`gallery::keys`)
//! pieces    1 MiB of content each, the last shorter or empty, every one followed by a tag of 16 bytes
//! ```
//!
//! AES-256-GCM (NIST SP 800-38D) under a key that is the file's alone. The nonce of a piece is its number and
//! whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár 2015), and the label is
//! authenticated with every piece: no piece can be changed, moved, left out or added unseen.
//!
//! Limits: such a file cannot be mapped; it is decrypted into memory. Parquet files have the encryption of their own
//! standard instead, which other programs read.

use arrow::buffer::{Buffer, MutableBuffer};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::keys::{FileKey, Keys};

/// What a sealed file begins with.
pub(super) const MAGIC: &[u8; 8] = b"TANBASEA";

/// Content of a piece.
const PIECE_BYTES: usize = 1 << 20;

/// Bytes of a tag.
const TAG_BYTES: usize = 16;

/// Whether a file is sealed.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The label of a sealed file, and where its pieces begin.
pub(super) fn label_of(bytes: &[u8]) -> Option<(&str, usize)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let length = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
    let label = std::str::from_utf8(rest.get(2..2 + length)?).ok()?;
    Some((label, MAGIC.len() + 2 + length))
}

/// The nonce of a piece.
fn nonce(piece: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[..8].copy_from_slice(&piece.to_le_bytes());
    bytes[8] = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

fn cipher(key: &FileKey) -> Result<LessSafeKey, String> {
    let key = UnboundKey::new(&AES_256_GCM, &key.secret[..]);
    key.map(LessSafeKey::new).map_err(|_| "the key is not one of AES-256".into())
}

/// `content` sealed under `key`, which seals nothing else.
///
/// # Errors
/// The cipher refuses.
pub(super) fn seal(key: &FileKey, content: &[u8]) -> Result<Vec<u8>, String> {
    let label = key.label();
    let length = u16::try_from(label.len()).map_err(|e| e.to_string())?;
    let cipher = cipher(key)?;
    let pieces = content.len().div_ceil(PIECE_BYTES).max(1);
    let mut sealed = Vec::with_capacity(content.len() + pieces * TAG_BYTES + label.len() + 16);
    sealed.extend_from_slice(MAGIC);
    sealed.extend_from_slice(&length.to_le_bytes());
    sealed.extend_from_slice(label.as_bytes());
    for piece in 0..pieces {
        let from = piece * PIECE_BYTES;
        let until = content.len().min(from + PIECE_BYTES);
        let start = sealed.len();
        sealed.extend_from_slice(&content[from..until]);
        let nonce = nonce(piece as u64, piece + 1 == pieces);
        let aad = Aad::from(label.as_bytes());
        let tag = cipher
            .seal_in_place_separate_tag(nonce, aad, &mut sealed[start..])
            .map_err(|_| "the cipher refused a piece")?;
        sealed.extend_from_slice(tag.as_ref());
    }
    Ok(sealed)
}

/// The content of a sealed file, aligned as kernels need it.
///
/// # Errors
/// No key of its name is among `keys`, or it is not what was sealed.
pub(super) fn open(keys: &Keys, sealed: &[u8]) -> Result<Buffer, String> {
    const CHANGED: &str = "it is not what was encrypted with this key";
    let (label, start) = label_of(sealed).ok_or(CHANGED)?;
    let key = keys.of_label(label).ok_or_else(|| missing_key(label))?;
    let cipher = cipher(&key)?;
    let body = &sealed[start..];
    let count = body.len().div_ceil(PIECE_BYTES + TAG_BYTES);
    let mut content = MutableBuffer::with_capacity(body.len());
    let mut room = Vec::new();
    for (number, piece) in body.chunks(PIECE_BYTES + TAG_BYTES).enumerate() {
        room.clear();
        room.extend_from_slice(piece);
        let nonce = nonce(number as u64, number + 1 == count);
        let aad = Aad::from(label.as_bytes());
        let plain = cipher.open_in_place(nonce, aad, &mut room).map_err(|_| CHANGED)?;
        content.extend_from_slice(plain);
    }
    if count == 0 { Err(CHANGED.into()) } else { Ok(content.into()) }
}

/// What to say where the key of a file is not here.
pub(super) fn missing_key(label: &str) -> String {
    let name = label.split_once(':').map_or(label, |(name, _)| name);
    format!("it is encrypted with the key {name:?}, which is not in the key file given")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::keys;
    use proptest::prelude::*;

    fn some_keys(folder: &std::path::Path) -> Keys {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("keys");
        std::fs::write(&path, keys::new_line("k").unwrap().as_bytes()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        Keys::read(&path).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_at_every_length_around_a_piece() {
        let folder = tempfile::tempdir().unwrap();
        let keys = some_keys(folder.path());
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES] {
            let content: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let sealed = seal(&keys.new_file().unwrap(), &content).unwrap();
            assert!(is_sealed(&sealed));
            assert_eq!(open(&keys, &sealed).unwrap().as_slice(), content);
        }
    }

    #[test]
    fn a_file_cut_at_a_piece_or_with_pieces_swapped_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let keys = some_keys(folder.path());
        let sealed = seal(&keys.new_file().unwrap(), &vec![7; 3 * PIECE_BYTES]).unwrap();
        let start = label_of(&sealed).unwrap().1;
        let piece = PIECE_BYTES + TAG_BYTES;
        let cut = &sealed[..start + 2 * piece];
        let swapped = [
            &sealed[..start],
            &sealed[start + piece..start + 2 * piece],
            &sealed[start..start + piece],
            &sealed[start + 2 * piece..],
        ]
        .concat();
        for broken in [cut, &swapped, &sealed[..start], &sealed[..5]] {
            assert!(open(&keys, broken).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_flipped_bit_goes_unseen(length in 0_usize..200, at in any::<prop::sample::Index>(), bit in 0..8) {
            let folder = tempfile::tempdir().unwrap();
            let keys = some_keys(folder.path());
            let mut sealed = seal(&keys.new_file().unwrap(), &vec![1; length]).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1_u8 << bit;
            prop_assert!(open(&keys, &sealed).is_err());
        }
    }
}
