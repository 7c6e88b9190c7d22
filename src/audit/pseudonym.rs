//! Records and persons in the audit log: under a pseudonym, never under their identifier.
//!
//! The log cannot be edited, and a destroyed record must leave no byte (L40 17, 23(4)). So no entry holds an identifier
//! from the beginning: `record:HEX` and `person:HEX` stand for it, the first 16 bytes of the BLAKE3 of the identifier
//! under a key of 32 random bytes, the salt of the gallery (`GALLERY/audit/salt`). Who holds an identifier finds the
//! entries about it; who holds only the log, or a copy of it, cannot try identifiers out.
//!
//! What is replaced, in every text of an entry: what the command line names by an option of [`NAMING`], what the act
//! says it concerns, the record of a rejected line, and, in texts that people write or errors make, every passage
//! between words that is an identifier of the gallery and every word with a digit after `record` or `person`. Where the
//! gallery cannot be opened to look, what people wrote is left out.
//!
//! Limits: of the name of a file only what is a record's is replaced, and only where its ending is that of data or
//! pictures. Who asks, and the case asked for, stay in clear: a request must be
//! answered for (L510 16-2(3)). Who can read the salt beside the log can try identifiers out, and who can read the
//! gallery has them anyway.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::Entry;
use super::bucket;
use super::log::{AUDIT_FOLDER, LOG_FILE};
use crate::error::{Error, Result};
use crate::gallery::Gallery;
use crate::gallery::file::write_new;
use crate::gallery::words::file_stem;
use crate::limits::MAX_ID_BYTES;

/// Name of the salt below the folder of the log.
pub const SALT_FILE: &str = "salt";

/// Verb of the entry that holds the BLAKE3 of the salt.
pub const SALT_VERB: &str = "audit salt";

const SALT_BYTES: usize = 32;

const PSEUDONYM_BYTES: usize = 16;

/// What an identifier identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A record.
    Record,
    /// A person of the biometric register, or a missing one.
    Person,
}

/// Options whose values name a record or a person. A test of `cli` compares them with every option there is.
pub const NAMING: [(&str, Named); 7] = [
    ("--record", Named::Record),
    ("--claimed", Named::Record),
    ("--person", Named::Person),
    // Of a mixed trace and its contributors, which may be records too.
    ("--sample", Named::Record),
    ("--known", Named::Record),
    ("--suspect", Named::Record),
    ("--alternative", Named::Record),
];

/// Options whose values are written by people.
const FREE: [&str; 2] = ["--reason", "--purpose-note"];

/// Identifiers that an entry must not show, with what they identify.
pub type Names = BTreeSet<(Named, String)>;

/// The salt of a gallery.
#[derive(Debug, Clone)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// Where it lies.
    pub fn path(gallery: &Path) -> PathBuf {
        gallery.join(AUDIT_FOLDER).join(SALT_FILE)
    }

    /// The salt of a gallery, if it has one.
    ///
    /// # Errors
    /// It cannot be read, or is not of its length.
    pub fn read(gallery: &Path) -> Result<Option<Salt>> {
        let path = Salt::path(gallery);
        let bytes = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(Error::io(&path))?,
        };
        let salt = bytes.try_into().map_err(|bytes: Vec<u8>| {
            let rule = format!("the salt has {} bytes, {SALT_BYTES} were written", bytes.len());
            Error::integrity(&path, rule, HELP)
        })?;
        Ok(Some(Salt(salt)))
    }

    /// Makes the salt of a gallery that has none. The lock of the log is held.
    ///
    /// # Errors
    /// The log says that there was one; or the operating system refuses.
    pub(super) fn create(gallery: &Path) -> Result<Salt> {
        let folder = gallery.join(AUDIT_FOLDER);
        if Salt::is_fixed(gallery)? {
            let rule = "the salt of the log was taken away";
            return Err(Error::integrity(&Salt::path(gallery), rule, HELP));
        }
        let salt: [u8; SALT_BYTES] = rand::random();
        if !bucket::create_salt(&folder, &salt)? {
            write_new(&folder, SALT_FILE, &salt)?;
        }
        Ok(Salt(salt))
    }

    /// Whether the log of `gallery` has an entry that fixes its salt.
    pub(super) fn is_fixed(gallery: &Path) -> Result<bool> {
        let path = gallery.join(AUDIT_FOLDER).join(LOG_FILE);
        let log = std::fs::read(&path).map_err(Error::io(&path))?;
        let verb = format!("\"verb\":\"{SALT_VERB}\"");
        Ok(log.windows(verb.len()).any(|part| part == verb.as_bytes()))
    }

    /// BLAKE3 of the salt, hexadecimal; the log holds it.
    pub fn blake3(&self) -> String {
        blake3::hash(&self.0).to_hex().to_string()
    }

    /// What stands in the log for an identifier.
    pub fn pseudonym(&self, named: Named, id: &str) -> String {
        let word = match named {
            Named::Record => "record",
            Named::Person => "person",
        };
        // Without the kind under the hash, a record and a person of one identifier could be told from the log alone.
        let text = format!("{word}\0{id}");
        let hash = blake3::keyed_hash(&self.0, text.as_bytes()).to_hex();
        format!("{word}:{}", &hash[..2 * PSEUDONYM_BYTES])
    }

    /// Replaces the names of an entry in all its texts.
    pub(super) fn hide(&self, entry: &mut Entry, found: &Found) {
        // The longest first: an identifier may be the beginning of another.
        let mut names: Vec<&(Named, String)> = found.names.iter().collect();
        names.sort_by_key(|(_, id)| std::cmp::Reverse(id.len()));
        let hide = |text: &mut String| {
            for (named, id) in &names {
                *text = replaced(text, id, &self.pseudonym(*named, id));
            }
        };
        entry.arguments.iter_mut().for_each(hide);
        let asker = &mut entry.asker;
        let account = &mut entry.account;
        [&mut asker.purpose, &mut account.reason].into_iter().flatten().for_each(hide);
    }
}

const HELP: &str = "restore the audit folder from a backup: without its salt nobody finds the entries about a record";

/// What an entry must not show.
pub(super) struct Found {
    names: Names,
    /// The gallery could not be looked through for what people wrote.
    is_unchecked: bool,
}

impl Found {
    /// Whether nothing of an entry is to be replaced.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// `entry` without the texts that could not be looked through.
    pub(super) fn without_unchecked(&self, mut entry: Entry) -> Entry {
        if self.is_unchecked {
            if let Some(purpose) = &mut entry.asker.purpose {
                *purpose = UNCHECKED.to_owned();
            }
            leave_out(&mut entry.arguments);
        }
        entry
    }
}

/// What stands for a text that may name anybody.
const UNCHECKED: &str = "(left out: the gallery could not be opened to look for identifiers)";

/// Leaves out the values of [`FREE`] options.
fn leave_out(arguments: &mut [String]) {
    let mut is_value = false;
    for argument in arguments {
        if std::mem::take(&mut is_value) && !argument.starts_with("--") {
            *argument = UNCHECKED.to_owned();
        } else if let Some((name, _)) = argument.split_once('=').filter(|(n, _)| FREE.contains(n)) {
            *argument = format!("{name}={UNCHECKED}");
        } else {
            is_value = FREE.contains(&argument.as_str());
        }
    }
}

/// What an entry must not show. `gallery` is looked through only where the entry has a text that people or errors wrote.
pub(super) fn names_of(gallery: &Path, entry: &Entry) -> Found {
    let mut names = entry.account.names.clone();
    names.extend(entry.names.iter().cloned());
    let mut free: Vec<&str> = Vec::new();
    free.extend(entry.asker.purpose.as_deref());
    free.extend(entry.account.reason.as_deref());
    for (option, value) in options(&entry.arguments) {
        if let Some((_, named)) = NAMING.iter().find(|(naming, _)| *naming == option) {
            names.insert((*named, value.to_owned()));
        }
        if FREE.contains(&option) {
            free.push(value);
        }
    }
    let files = entry.arguments.iter().filter_map(|argument| file_stem(argument));
    let passages: HashSet<&str> = free.iter().copied().chain(files).flat_map(passages).collect();
    let mut is_unchecked = false;
    if !passages.is_empty() {
        match Gallery::open(gallery) {
            Ok(gallery) => {
                let (records, persons) = gallery.identifiers_among(&passages);
                names.extend(records.into_iter().map(|id| (Named::Record, id)));
                names.extend(persons.into_iter().map(|id| (Named::Person, id)));
            }
            Err(_) => is_unchecked = true,
        }
        names.extend(free.iter().flat_map(|text| announced(text)));
    }
    names.retain(|(_, id)| !id.trim().is_empty());
    Found { names, is_unchecked }
}

/// The options of a command line with their values, one pair for each value.
fn options(arguments: &[String]) -> Vec<(&str, &str)> {
    let (mut pairs, mut option) = (Vec::new(), None);
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                pairs.push((name, value));
                option = None;
            }
            _ if argument.starts_with("--") => option = Some(argument.as_str()),
            // One value each: what follows is the next argument, such as the name of a file.
            _ => pairs.extend(option.take().map(|option| (option, argument.as_str()))),
        }
    }
    pairs
}

/// Part of an identifier: whatever is not between words. A full stop may end a sentence or begin the ending of a file.
fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-')
}

/// Every passage of a text that [`replaced`] would take for whole, up to the longest identifier: identifiers may hold
/// spaces and strokes.
fn passages(text: &str) -> Vec<&str> {
    let is_inside = |at: usize| {
        text[..at].chars().next_back().is_some_and(is_part)
            && text[at..].chars().next().is_some_and(is_part)
    };
    let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let edges: Vec<usize> = places.filter(|at| !is_inside(*at)).collect();
    let mut passages = Vec::new();
    for (number, start) in edges.iter().enumerate() {
        let ends = edges[number + 1..].iter().take_while(|end| **end - start <= MAX_ID_BYTES);
        passages.extend(ends.map(|end| &text[*start..*end]));
    }
    passages.retain(|passage| passage.trim() == *passage && passage.chars().any(is_part));
    passages
}

/// Words with a digit that stand after `record` or `person`: identifiers that no gallery holds yet.
fn announced(text: &str) -> Vec<(Named, String)> {
    let words: Vec<&str> = text
        .split(|letter: char| !is_part(letter) && letter != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let is_pseudonym = |word: &str| {
        word.len() == 2 * PSEUDONYM_BYTES && word.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let pairs = words.windows(2).filter(|pair| pair[1].contains(|c: char| c.is_ascii_digit()));
    let pairs = pairs.filter(|pair| !is_pseudonym(pair[1]));
    pairs
        .filter_map(|pair| match pair[0] {
            "record" | "relative" => Some((Named::Record, pair[1].to_owned())),
            "person" => Some((Named::Person, pair[1].to_owned())),
            _ => None,
        })
        .collect()
}

/// `text` with every whole word `id` replaced.
fn replaced(text: &str, id: &str, by: &str) -> String {
    let (mut done, mut rest, mut before) = (String::with_capacity(text.len()), text, None);
    while let Some(place) = rest.find(id) {
        let (head, tail) = (&rest[..place], &rest[place + id.len()..]);
        let left = head.chars().next_back().or(before);
        let is_whole = !left.is_some_and(is_part) && !tail.chars().next().is_some_and(is_part);
        done.push_str(head);
        if is_whole {
            done.push_str(by);
            before = id.chars().next_back();
            rest = tail;
        } else {
            let first = rest[place..].chars().next().map_or(1, char::len_utf8);
            done.push_str(&rest[place..place + first]);
            before = rest[place..].chars().next();
            rest = &rest[place + first..];
        }
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_whole_and_nothing_else_is() {
        let by = |text: &str| replaced(text, "C1", "X");
        assert_eq!(by("C1 and (C1), C1."), "X and (X), X.");
        assert_eq!(by("C12 AC1 C1-2 C1_3 C1C1"), "C12 AC1 C1-2 C1_3 C1C1");
        assert_eq!(by("fingers/C1.iso --record=C1"), "fingers/X.iso --record=X");
        assert_eq!(replaced("ЖБ-1 ЖБ-12", "ЖБ-1", "X"), "X ЖБ-12");
        assert_eq!(replaced("aaa", "a", "X"), "aaa");
    }

    #[test]
    fn the_salt_decides_the_pseudonym_and_a_person_is_not_a_record() {
        let (one, other) = (Salt([1; SALT_BYTES]), Salt([2; SALT_BYTES]));
        let of = |salt: &Salt| salt.pseudonym(Named::Record, "C1");
        assert_ne!(of(&one), of(&other));
        assert_eq!(of(&one).len(), "record:".len() + 32);
        assert_ne!(of(&one)[7..], one.pseudonym(Named::Person, "C1")[7..]);
    }

    #[test]
    fn identifiers_are_read_from_options_and_from_what_errors_say() {
        let line = ["gallery", "block", "--record", "C1", "g", "--record=C3", "--reason", "r"];
        let line = line.map(str::to_owned);
        let pairs = options(&line);
        assert_eq!(pairs, [("--record", "C1"), ("--record", "C3"), ("--reason", "r")]);
        assert_eq!(
            announced("the gallery holds no record C404; record is blocked, person 7"),
            [(Named::Record, "C404".to_owned()), (Named::Person, "7".to_owned())]
        );
        assert_eq!(announced(&format!("see record:{} and 5 records 7", "0a".repeat(16))), []);
        let found = passages("is C1 of 12/2026?");
        for passage in ["C1", "12/2026", "12", "2026", "C1 of 12/2026"] {
            assert!(found.contains(&passage), "{passage}");
        }
        for passage in ["C", "1", "2/2026", "12/202", " C1"] {
            assert!(!found.contains(&passage), "{passage}");
        }
    }

    #[test]
    fn what_people_wrote_is_left_out_where_it_cannot_be_looked_through() {
        let line = [
            "search",
            "--purpose-note",
            "is it C1?",
            "--reason=C2",
            "--out",
            "C3",
            "--reason",
            "--json",
        ];
        let mut line = line.map(str::to_owned);
        leave_out(&mut line);
        let left = format!("--reason={UNCHECKED}");
        assert_eq!(
            line,
            ["search", "--purpose-note", UNCHECKED, &left, "--out", "C3", "--reason", "--json"]
        );
    }
}
