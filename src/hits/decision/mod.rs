//! Decisions of examiners: append-only files beside the gallery, and what follows from them.
//!
//! `GALLERY/decisions/` has one Parquet file per command that decided; only a destruction by an act
//! writes one again ([`rewrite`]). Decisions are
//! joined to hits by `hit_id`, which a pair keeps over runs, so a pair decided today is not new tomorrow.
//! Of one examiner the latest decision on a hit counts. A hit is decided when two examiners agree, and
//! disputed while the latest verdicts of two examiners differ.
//!
//! Limits: every file is read each time. `hit_id` covers the version of the comparator: a new version makes
//! new hits, which are decided anew.

pub mod csv;
pub mod rewrite;
pub mod stats;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::column::decision::{
    Decision, Verdict, decision_schema, decode_decisions, encode_decisions,
};
use crate::error::{Error, Position, Rejection, Result};
use crate::gallery::file::{FileEntry, encode_parquet, read_parquet, write_new};
use crate::limits::MAX_ID_BYTES;

/// Folder of the decisions below the gallery.
pub const DECISIONS_FOLDER: &str = "decisions";

/// What examiners have said of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// One examiner has decided; a second has not.
    Single,
    /// Two or more agree.
    Decided(Verdict),
    /// They differ.
    Disputed,
}

/// The decisions on one hit that count: the latest of each examiner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'a> {
    /// By examiner.
    pub latest: BTreeMap<&'a str, &'a Decision>,
}

impl Standing<'_> {
    /// What follows from them.
    pub fn state(&self) -> State {
        let mut verdicts = self.latest.values().map(|decision| decision.verdict);
        let Some(first) = verdicts.next() else { return State::Single };
        if !verdicts.all(|verdict| verdict == first) {
            State::Disputed
        } else if self.latest.len() == 1 {
            State::Single
        } else {
            State::Decided(first)
        }
    }

    /// Whether `examiner` has decided.
    pub fn is_by(&self, examiner: &str) -> bool {
        self.latest.contains_key(examiner)
    }

    /// Whether somebody else than `examiner` has decided.
    pub fn is_by_another(&self, examiner: &str) -> bool {
        self.latest.keys().any(|other| *other != examiner)
    }
}

/// The decisions that count, by hit. `decisions` are in the order of [`read`].
pub fn standings(decisions: &[Decision]) -> BTreeMap<&str, Standing<'_>> {
    let mut by_hit: BTreeMap<&str, Standing<'_>> = BTreeMap::new();
    for decision in decisions {
        let standing =
            by_hit.entry(&decision.hit_id).or_insert_with(|| Standing { latest: BTreeMap::new() });
        standing.latest.insert(&decision.examiner, decision);
    }
    by_hit
}

/// All decisions of a gallery, by time, then by id; each once.
///
/// # Errors
/// A file cannot be read or is not what was written.
pub fn read(gallery: &Path) -> Result<Vec<Decision>> {
    let mut decisions = Vec::new();
    for path in files(gallery)? {
        decisions.extend(read_file(&path)?);
    }
    Ok(ordered(decisions))
}

/// The files of decisions of a gallery, in no order.
///
/// # Errors
/// The folder cannot be read.
pub fn files(gallery: &Path) -> Result<Vec<PathBuf>> {
    let folder = gallery.join(DECISIONS_FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io(&folder))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(Error::io(&folder)));
    let paths = paths.collect::<Result<Vec<PathBuf>>>()?;
    let is_of_decisions = |path: &PathBuf| path.extension().is_some_and(|end| end == "parquet");
    Ok(paths.into_iter().filter(is_of_decisions).collect())
}

/// The file of decisions whose content has the BLAKE3 `hash`, hexadecimal.
pub fn file_of(gallery: &Path, hash: &str) -> PathBuf {
    gallery.join(name_of(hash))
}

/// Its name below the gallery.
fn name_of(hash: &str) -> String {
    format!("{DECISIONS_FOLDER}/{}.parquet", hash.get(..32).unwrap_or(hash))
}

/// The decisions of one Parquet file, in its order.
///
/// # Errors
/// It cannot be read, or is not of the schema.
pub fn read_file(path: &Path) -> Result<Vec<Decision>> {
    let mut decisions = Vec::new();
    for batch in read_parquet(path, None)? {
        decisions.extend(decode_decisions(&batch).map_err(|e| {
            Error::integrity(path, e.to_string(), "restore the file from a backup")
        })?);
    }
    Ok(decisions)
}

/// By time, then by id; each once.
fn ordered(mut decisions: Vec<Decision>) -> Vec<Decision> {
    decisions.sort_by_cached_key(|decision| (decision.decided_at, decision.id()));
    decisions.dedup_by(|a, b| a.id() == b.id());
    decisions
}

/// Writes decisions into a new file of the gallery; returns it.
///
/// # Errors
/// The operating system refuses.
pub fn append(gallery: &Path, decisions: &[Decision]) -> Result<FileEntry> {
    let bytes = to_parquet(&gallery.join(DECISIONS_FOLDER), decisions)?;
    write_new(gallery, &name_of(&blake3::hash(&bytes).to_hex()), &bytes)
}

/// Decisions as a Parquet file; `path` is for errors.
///
/// # Errors
/// Parquet refuses them.
pub fn to_parquet(path: &Path, decisions: &[Decision]) -> Result<Vec<u8>> {
    let broken = |e: String| Error::integrity(path, e, "report this");
    let batch = encode_decisions(decisions).map_err(|e| broken(e.to_string()))?;
    encode_parquet(decision_schema(), &[batch], &[]).map_err(|e| broken(e.to_string()))
}

/// Those of `offered` that are not among `known`, each once, in order.
pub fn new_ones(known: &[Decision], offered: Vec<Decision>) -> Vec<Decision> {
    let mut seen: HashSet<String> = known.iter().map(Decision::id).collect();
    offered.into_iter().filter(|decision| seen.insert(decision.id())).collect()
}

/// What is wrong with a decision that came from outside, if anything: rule and what was found.
pub fn fault(decision: &Decision) -> Option<(&'static str, String)> {
    let is_hit = |text: &str| {
        text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let has_control = |text: &str| text.chars().any(char::is_control);
    if !is_hit(&decision.hit_id) {
        Some(("a hit_id has 32 hexadecimal digits", decision.hit_id.clone()))
    } else if decision.reason.trim().is_empty() {
        Some(("a decision has a reason", "nothing".into()))
    } else if decision.examiner.trim() != decision.examiner
        || decision.examiner.is_empty()
        || decision.examiner.len() > MAX_ID_BYTES
        || has_control(&decision.examiner)
    {
        Some(("an examiner has an identifier of at most 256 bytes", decision.examiner.clone()))
    } else {
        None
    }
}

/// The rejection of a decision of `path`.
pub fn rejected(path: &Path, position: Position, rule: &str, found: &str) -> Error {
    Rejection::new(path, position, rule, found, "docs/decisions.md describes every column").into()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A decision on hit number `hit`, at a minute.
    pub(crate) fn decision(hit: u32, examiner: &str, verdict: Verdict, minute: i64) -> Decision {
        Decision {
            hit_id: format!("{hit:032x}"),
            verdict,
            reason: "seen".into(),
            examiner: examiner.into(),
            decided_at: jiff::Timestamp::from_second(1_790_000_000 + 60 * minute).unwrap(),
            found_at: None,
            run_id: None,
            search: None,
            probe_id: None,
            gallery_id: None,
        }
    }

    #[test]
    fn two_who_agree_decide_two_who_differ_dispute_and_a_later_word_replaces_the_earlier() {
        use Verdict::{Exclusion, Identification};
        let state =
            |list: &[Decision]| standings(&ordered(list.to_vec())).pop_first().unwrap().1.state();
        let of = |examiner, verdict, minute| decision(1, examiner, verdict, minute);
        let first = of("A", Identification, 1);
        assert_eq!(state(std::slice::from_ref(&first)), State::Single);
        assert_eq!(state(&[first.clone(), of("A", Identification, 2)]), State::Single);
        let agreed = [first.clone(), of("B", Identification, 2)];
        assert_eq!(state(&agreed), State::Decided(Identification));
        let disputed = [first.clone(), of("B", Exclusion, 2)];
        assert_eq!(state(&disputed), State::Disputed);
        // Given in any order, the latest of each counts.
        let settled = [of("A", Exclusion, 3), first, of("B", Exclusion, 2)];
        assert_eq!(state(&settled), State::Decided(Exclusion));
    }

    #[test]
    fn files_are_only_added_and_the_same_decision_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_empty());
        let all: Vec<Decision> =
            (0..4).map(|n| decision(n, "A", Verdict::Exclusion, i64::from(n))).collect();
        append(folder.path(), &all[2..]).unwrap();
        append(folder.path(), &all[..3]).unwrap();
        assert_eq!(read(folder.path()).unwrap(), all);
        assert_eq!(new_ones(&all[..3], [&all[..], &all[..]].concat()), all[3..]);
        let file = append(folder.path(), &all[..1]).unwrap();
        std::fs::write(folder.path().join(file.path), b"PAR1").unwrap();
        assert_eq!(read(folder.path()).unwrap_err().kind().exit_code(), 6);
    }

    #[test]
    fn what_no_decision_can_be_is_named() {
        let good = decision(1, "A", Verdict::Exclusion, 0);
        assert_eq!(fault(&good), None);
        for bad in [
            Decision { hit_id: "abc".into(), ..good.clone() },
            Decision { hit_id: "A".repeat(32), ..good.clone() },
            Decision { reason: "  ".into(), ..good.clone() },
            Decision { examiner: String::new(), ..good.clone() },
            Decision { examiner: " A".into(), ..good.clone() },
            Decision { examiner: "A\nB".into(), ..good },
        ] {
            assert!(fault(&bad).is_some(), "{bad:?}");
        }
    }
}
