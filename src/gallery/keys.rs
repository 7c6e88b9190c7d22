//! The keys that files of galleries and hit lists are encrypted with.
//!
//! A key file has one key a line: a name, a space, and 64 hexadecimal digits (256 bits). The first encrypts what is
//! written; all of them decrypt, so that a new key is put in front and the old ones stay until nothing needs them.
//! The keys come from such a file or from the standard output of a command (a vault's client, for instance), and
//! are held by the process alone: no structure that is written anywhere has room for them.
//!
//! No file is encrypted with a key of the key file itself. Each has its own, derived from it and a random salt that
//! stands in the file ([`FileKey`]): so no key encrypts so much that a random nonce may come twice, and the key of
//! one hit list can be given away without the others.
//!
//! Limits: one set of keys a process. Who can read the memory of the process, or the key file, has the keys. JSON
//! files (manifests, journal, job, account of a run, audit log) are not encrypted; docs/encryption.md says what they
//! tell.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rand::TryRngCore;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use crate::error::{Error, Position, Rejection, Result};

/// Bytes of a key: AES-256.
pub const KEY_BYTES: usize = 32;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// Longest name of a key.
pub const MAX_NAME_CHARS: usize = 64;

/// What a key of a file is derived for, so that the same key file can never serve another purpose by accident.
const CONTEXT: &[u8] = b"tanba 2026-11 key of one file";

/// What to do where a key is missing.
pub const KEYS_HELP: &str = "give the key file with --keys FILE (TANBA_KEYS_FILE), or the command that prints it with \
                             --keys-command COMMAND (TANBA_KEYS_COMMAND)";

/// What a key file is, in one sentence.
const RULE: &str = "a line of a key file is a name of letters, digits, '-', '_' and '.', a space, and 64 lower-case \
                    hexadecimal digits";

static KEYS: OnceLock<Keys> = OnceLock::new();

/// Named keys, the one for writing first.
pub struct Keys(Vec<(String, Zeroizing<[u8; KEY_BYTES]>)>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The key of one file.
pub struct FileKey {
    /// Name of the key it is derived from.
    pub name: String,
    /// Random bytes it is derived with.
    pub salt: [u8; SALT_BYTES],
    /// The key.
    pub secret: Zeroizing<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileKey({})", self.label())
    }
}

impl FileKey {
    /// What a file says of its key: name and salt. It is no secret.
    pub fn label(&self) -> String {
        format!("{}:{}", self.name, hex(&self.salt))
    }
}

impl Keys {
    /// Reads a key file.
    ///
    /// # Errors
    /// The file cannot be read, others than its owner may read it, or it is no key file.
    pub fn read(path: &Path) -> Result<Keys> {
        check_rights(path)?;
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(Error::input(path))?);
        Keys::parse(path, &text)
    }

    /// The keys that the shell command `command` prints.
    ///
    /// # Errors
    /// The command cannot be run, does not end well, or prints no key file. What it printed is not quoted.
    pub fn of_command(command: &str) -> Result<Keys> {
        let mut shell = Command::new("/bin/sh");
        let shell = shell.args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::inherit());
        let failed = |what: String| {
            Error::usage(what, "run the command of --keys-command by itself to see why")
        };
        let output = shell
            .output()
            .map_err(|e| failed(format!("the command for keys cannot be run: {e}")))?;
        let printed = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(failed(format!("the command for keys ended with {}", output.status)));
        }
        let text = std::str::from_utf8(&printed)
            .map_err(|_| failed("the command for keys printed what is not text".into()))?;
        Keys::parse(Path::new("output of the command for keys"), text)
    }

    /// Understands the text of a key file. What is wrong is not quoted: it may be a key with a digit too many.
    fn parse(path: &Path, text: &str) -> Result<Keys> {
        let mut keys: Vec<(String, Zeroizing<[u8; KEY_BYTES]>)> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |rule: &str| {
                let found = format!("{} characters", line.chars().count());
                let help = "make a key file with `tanba keys new FILE`";
                Error::from(Rejection::new(path, Position::Line(number), rule, found, help))
            };
            let (name, digits) = line.split_once(' ').ok_or_else(|| wrong(RULE))?;
            let secret = unhex(digits.trim_start()).ok_or_else(|| wrong(RULE))?;
            let secret = Zeroizing::new(secret);
            if !is_name(name) {
                return Err(wrong(RULE));
            }
            if keys.iter().any(|(present, _)| present == name) {
                return Err(wrong("each key has a name of its own"));
            }
            keys.push((name.to_owned(), secret));
        }
        if keys.is_empty() {
            let help = "make a key file with `tanba keys new FILE`";
            let found = "no line with a key";
            return Err(Rejection::new(path, Position::File, RULE, found, help).into());
        }
        Ok(Keys(keys))
    }

    /// Names, the one for writing first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A key for a new file.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub fn new_file(&self) -> Result<FileKey> {
        let mut salt = [0; SALT_BYTES];
        fill_random(&mut salt)?;
        let Some((name, secret)) = self.0.first() else {
            return Err(Error::usage("there is no key", KEYS_HELP));
        };
        Ok(FileKey { name: name.clone(), salt, secret: derive(secret, &salt) })
    }

    /// The key of a file that says `label` of it; none where no key of that name is here.
    pub fn of_label(&self, label: &str) -> Option<FileKey> {
        let (name, salt) = label.split_once(':')?;
        let salt: [u8; SALT_BYTES] = unhex(salt)?;
        let (_, secret) = self.0.iter().find(|(present, _)| present == name)?;
        Some(FileKey { name: name.to_owned(), salt, secret: derive(secret, &salt) })
    }
}

/// Gives the process its keys; a second call changes nothing.
pub fn use_keys(keys: Keys) {
    let _ = KEYS.set(keys);
}

/// The keys of the process.
pub fn present() -> Option<&'static Keys> {
    KEYS.get()
}

/// A line for a key file with a new key called `name`.
///
/// # Errors
/// The name cannot be one, or the operating system has no random numbers.
pub fn new_line(name: &str) -> Result<Zeroizing<String>> {
    if !is_name(name) {
        return Err(Error::usage(
            format!("{name:?} cannot be the name of a key"),
            format!("a name has 1 to {MAX_NAME_CHARS} letters, digits, '-', '_' and '.'"),
        ));
    }
    let mut secret = Zeroizing::new([0; KEY_BYTES]);
    fill_random(&mut secret[..])?;
    Ok(Zeroizing::new(format!("{name} {}\n", *Zeroizing::new(hex(&secret[..])))))
}

/// Refuses a file of secrets that others than its owner may read.
///
/// # Errors
/// They may, or the file cannot be asked.
pub fn check_rights(path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).map_err(Error::input(path))?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        return Err(Error::usage(
            format!("{} may be read by others than its owner", path.display()),
            format!("take their rights away: chmod 600 {}", path.display()),
        ));
    }
    Ok(())
}

/// The key of a file: keyed BLAKE3 of the context and the salt, as a key derivation (BLAKE3 paper, section 2.3).
fn derive(secret: &[u8; KEY_BYTES], salt: &[u8; SALT_BYTES]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(CONTEXT).update(salt);
    Zeroizing::new(*hasher.finalize().as_bytes())
}

/// Random bytes of the operating system.
///
/// # Errors
/// It has none.
pub fn fill_random(bytes: &mut [u8]) -> Result<()> {
    OsRng.try_fill_bytes(bytes).map_err(|e| Error::Io {
        path: "random numbers of the operating system".into(),
        source: std::io::Error::other(e),
    })
}

fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=MAX_NAME_CHARS).contains(&name.len()) && name.chars().all(is_plain)
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// `N` bytes from lower-case hexadecimal digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Keys> {
        Keys::parse(Path::new("k"), text)
    }

    #[test]
    fn the_first_key_writes_and_every_key_reads() {
        let (old, new) = (new_line("old").unwrap(), new_line("new").unwrap());
        let before = parsed(&old).unwrap();
        let written = before.new_file().unwrap();
        let after = parsed(&format!("# two keys\n{}\n{}", *new, *old)).unwrap();
        assert_eq!(after.new_file().unwrap().name, "new");
        assert_eq!(after.of_label(&written.label()).unwrap().secret, written.secret);
        assert!(before.of_label(&after.new_file().unwrap().label()).is_none());
    }

    #[test]
    fn two_files_never_share_a_key() {
        let keys = parsed(&new_line("k").unwrap()).unwrap();
        let (a, b) = (keys.new_file().unwrap(), keys.new_file().unwrap());
        assert!(a.salt != b.salt && a.secret != b.secret);
    }

    #[test]
    fn a_broken_key_file_is_refused_with_its_line_and_without_a_digit_of_it() {
        let line = new_line("k").unwrap();
        let digits = line.trim_end().split_once(' ').unwrap().1;
        let texts = [
            String::new(),
            "# nothing\n".into(),
            format!("{digits}\n"),
            format!("k {digits}0\n"),
            format!("k {}\n", digits.to_uppercase().replace(char::is_numeric, "A")),
            format!("k/1 {digits}\n"),
            format!("k {digits}\nk {digits}\n"),
        ];
        for text in texts {
            let message = parsed(&text).unwrap_err().to_string();
            assert!(!message.contains(&digits[..16]) && message.starts_with('k'), "{message}");
        }
    }

    #[test]
    fn no_debug_form_shows_a_key() {
        let line = new_line("k").unwrap();
        let digits = line.trim_end().split_once(' ').unwrap().1.to_owned();
        let keys = parsed(&line).unwrap();
        let file = keys.new_file().unwrap();
        let shown = format!("{keys:?} {file:?}");
        assert!(!shown.contains(&digits) && !shown.contains(&hex(&file.secret[..])));
    }
}
