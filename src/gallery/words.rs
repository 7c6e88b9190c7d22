//! Words that must not stand anywhere any more: the identifiers of destroyed records and the numbers only they bore.
//!
//! All words are looked for in one pass (Aho-Corasick), because an act may name many records and every byte of the gallery
//! is searched for each. A word counts where it stands whole: `C1` is in `C1, C2` and not in `C12`, `C1-2` or `C1/2`,
//! which are identifiers of other records. It is in `prints/C1.iso`: the name of a file often is its record's.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;

use crate::error::{Error, Result};

/// What stands where a word was taken out of a text.
pub const DESTROYED: &str = "destroyed-record";

/// A set of words to look for.
#[derive(Debug)]
pub struct Words {
    words: BTreeSet<String>,
    finder: AhoCorasick,
}

impl Words {
    /// The words, of which empty ones count for nothing.
    ///
    /// # Errors
    /// There are too many to be looked for at once.
    pub fn new(words: impl IntoIterator<Item = String>) -> Result<Words> {
        let words: BTreeSet<String> =
            words.into_iter().filter(|word| !word.trim().is_empty()).collect();
        let finder = AhoCorasick::new(&words).map_err(|e| Error::Limit {
            what: format!("an act of {} records ({e})", words.len()),
            limit: u64::from(u32::MAX),
            help: "divide it into several acts".into(),
        })?;
        Ok(Words { words, finder })
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether `text` is one of the words.
    pub fn has(&self, text: &str) -> bool {
        self.words.contains(text)
    }

    /// Whether one of the words stands in a text.
    pub fn are_in(&self, text: &str) -> bool {
        self.places(text.as_bytes(), true).next().is_some()
    }

    /// Whether one of the words of at least `least` bytes stands in bytes that are no text.
    pub fn are_in_bytes(&self, bytes: &[u8], least: usize) -> bool {
        self.places(bytes, false).any(|(start, end)| end - start >= least)
    }

    /// `text` with every word replaced.
    pub fn taken_out_of(&self, text: &str) -> String {
        let (mut done, mut from) = (String::with_capacity(text.len()), 0);
        for (start, end) in self.places(text.as_bytes(), true) {
            // Of two words in one place the first found is replaced; a boundary of UTF-8 is a boundary of words.
            if let Some(between) = text.get(from..start) {
                done.push_str(between);
                done.push_str(DESTROYED);
                from = end;
            }
        }
        done.push_str(text.get(from..).unwrap_or_default());
        done
    }

    /// Where words stand whole.
    fn places<'a>(
        &'a self,
        bytes: &'a [u8],
        is_text: bool,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let found = self.finder.find_overlapping_iter(bytes).map(|m| (m.start(), m.end()));
        found.filter(move |(start, end)| {
            let before = start.checked_sub(1).and_then(|before| bytes.get(before));
            let rest = bytes.get(*end..).unwrap_or_default();
            if is_file_ending(rest) {
                return !before.is_some_and(|byte| *byte != b'/' && is_part(*byte, is_text));
            }
            let is_dot_part = || rest.get(1).is_some_and(|byte| byte.is_ascii_alphanumeric());
            // A full stop ends a sentence unless a letter or digit follows.
            let after = rest.first().filter(|byte| **byte != b'.' || is_dot_part());
            !before.is_some_and(|byte| is_part(*byte, is_text))
                && !after.is_some_and(|byte| is_part(*byte, is_text))
        })
    }
}

/// Endings of names of files that are imported or written beside a gallery.
const FILE_ENDINGS: [&str; 24] = [
    "an2", "arrow", "bmp", "csv", "eft", "fmd", "fmr", "html", "ist", "iso", "jpg", "json",
    "jsonl", "min", "nist", "parquet", "pdf", "png", "svg", "tsv", "txt", "wsq", "xml", "xyt",
];

/// The name of a file without its folders and its ending, if `text` is the name of one that may be a record's.
pub fn file_stem(text: &str) -> Option<&str> {
    let name = text.rsplit('/').next()?;
    let place = name.find('.').filter(|place| *place > 0)?;
    let mut places = name[place..].char_indices().filter(|(_, letter)| *letter == '.');
    places
        .find(|(at, _)| is_file_ending(&name.as_bytes()[place + at..]))
        .map(|(at, _)| &name[..place + at])
}

/// Whether `rest`, what follows a word, begins with the ending of the name of a file.
fn is_file_ending(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b".") else { return false };
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let is_over = !rest.get(length).is_some_and(|byte| matches!(byte, b'_' | b'-' | b'/'));
    is_over
        && FILE_ENDINGS.iter().any(|known| rest[..length].eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether a byte beside a word makes it part of a longer one; in a text, every letter that is not ASCII does.
fn is_part(byte: u8, is_text: bool) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'/')
        || is_text && !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Words {
        Words::new(words.iter().map(|word| (*word).to_owned())).unwrap()
    }

    #[test]
    fn a_word_is_found_where_it_stands_whole_and_nowhere_else() {
        let one = words(&["C1"]);
        for text in ["C1", "a C1.", "C1, C2", "\"C1\"", "(C1)", "record:C1", "C1\nC12"] {
            assert!(one.are_in(text), "{text}");
        }
        for text in ["C12", "AC1", "C1-2", "C1_2", "C1.2", "C1/2", "7/C1", "ЖC1", "C1Ж", "C1C1"] {
            assert!(!one.are_in(text), "{text}");
        }
        for name in
            ["C1.iso", "prints/C1.ISO", "see prints/C1.xyt, then", "\"C1.fmr\"", "C1.csv.staged"]
        {
            assert!(one.are_in(name), "{name}");
        }
        for name in ["prints/C12.iso", "C1.isotope", "C1.iso/2", "C1.iso-2", "A-C1.iso", "7/C1"] {
            assert!(!one.are_in(name), "{name}");
        }
        assert!(one.are_in_bytes(b"\xffC1\x80", 2) && !one.are_in_bytes(b"\xffC1\x80", 3));
        assert!(!words(&["", " "]).are_in("a b"), "no word is no word");
    }

    #[test]
    fn the_stem_of_a_file_is_what_stands_before_its_ending() {
        for (name, stem) in [
            ("prints/C1.iso", Some("C1")),
            ("C1.2.iso", Some("C1.2")),
            ("C1.csv.staged", Some("C1")),
            ("prints.iso/C1", None),
            (".iso", None),
            ("C1.x", None),
            ("nightly", None),
        ] {
            assert_eq!(file_stem(name), stem, "{name}");
        }
    }

    #[test]
    fn words_are_taken_out_and_the_rest_stays() {
        let two = words(&["C1", "C1 x", "№ 7"]);
        assert_eq!(two.taken_out_of("C1 and C12"), "destroyed-record and C12");
        assert_eq!(two.taken_out_of("дело № 7, C1"), "дело destroyed-record, destroyed-record");
        let out = two.taken_out_of("C1 x");
        assert!(!two.are_in(&out), "{out}");
        assert_eq!(words(&[]).taken_out_of("C1"), "C1");
    }
}
