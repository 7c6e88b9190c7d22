//! Tables of pairs for `tanba score`: columns `pair`, `member` and `LOCUS_1`, `LOCUS_2`, two rows
//! per pair. Other columns are passed over. These files are scored, never stored.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing};
use crate::domain::locus::Locus;
use crate::error::{Error, Position, Rejection, Result};

/// Two profiles to be scored against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Name of the pair, as in the table.
    pub name: String,
    /// First member.
    pub a: Profile,
    /// Second member.
    pub b: Profile,
}

/// Reads a table of pairs; pairs come in order of first appearance.
///
/// # Errors
/// The file cannot be read, a column or member is missing, or an allele cannot be read.
pub fn read_pairs(path: &Path) -> Result<Vec<Pair>> {
    pairs_of_bytes(path, &super::read_bounded(path)?)
}

/// The same for bytes in memory; `path` is used in messages only.
///
/// # Errors
/// As [`read_pairs`].
pub fn pairs_of_bytes(path: &Path, bytes: &[u8]) -> Result<Vec<Pair>> {
    let text = super::text::decode(path, bytes)?;
    let reject = |line: u64, rule: &str, found: &str| -> Error {
        let help = "columns: pair, member, and LOCUS_1, LOCUS_2 for each locus; two rows per pair";
        Rejection::new(path, Position::Line(line), rule, found, help).into()
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header =
        reader.headers().map_err(|e| reject(1, "the table has a header", &e.to_string()))?;
    let pair_column =
        header.iter().position(|name| name.eq_ignore_ascii_case("pair")).ok_or_else(|| {
            reject(1, "the table has a column `pair`", &header.iter().collect::<Vec<_>>().join(","))
        })?;
    let columns: Vec<Option<Locus>> = header.iter().map(allele_column).collect();
    if columns.iter().all(Option::is_none) {
        return Err(reject(1, "the table has columns LOCUS_1 and LOCUS_2", ""));
    }
    let mut order: Vec<String> = Vec::new();
    let mut members: BTreeMap<String, (u64, Vec<Profile>)> = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|e| {
            reject(
                e.position().map_or(0, csv::Position::line),
                "every row has the header's columns",
                &e.to_string(),
            )
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let name = row.get(pair_column).unwrap_or_default().trim().to_owned();
        let mut alleles: BTreeMap<Locus, Vec<Allele>> = BTreeMap::new();
        for (cell, locus) in row.iter().zip(&columns) {
            let Some(locus) = locus else { continue };
            let allele = Allele::parse(cell).map_err(|e| reject(line, &e.to_string(), cell))?;
            alleles.entry(*locus).or_default().extend(allele);
        }
        let mut profile = Profile::new();
        for (locus, alleles) in alleles.into_iter().filter(|(_, a)| !a.is_empty()) {
            let typing =
                Typing::new(&alleles).map_err(|e| reject(line, &e.to_string(), locus.name()))?;
            profile.insert(locus, typing);
        }
        let (_, pair) = members.entry(name.clone()).or_insert((line, Vec::new()));
        if pair.is_empty() {
            order.push(name.clone());
        }
        pair.push(profile);
        if pair.len() > 2 {
            return Err(reject(line, "a pair has two members", &name));
        }
    }
    order
        .into_iter()
        .map(|name| match members.remove(&name) {
            Some((line, pair)) => match pair.as_slice() {
                [a, b] => Ok(Pair { name, a: a.clone(), b: b.clone() }),
                _ => Err(reject(line, "a pair has two members", &name)),
            },
            None => Err(reject(0, "a pair has two members", &name)),
        })
        .collect()
}

/// The locus of a column `LOCUS_1`, `LOCUS_2`, …; other columns (`TH01_height`) hold no alleles.
pub(super) fn allele_column(name: &str) -> Option<Locus> {
    let (locus, number) = name.trim().rsplit_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    Locus::parse(locus).filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_single_members_refused() {
        let read = |text: &str| pairs_of_bytes(Path::new("p.csv"), text.as_bytes());
        let pairs = read("pair,member,note,TH01_1,TH01_2\nP1,A,x,6,9.3\nP1,B,x,6,\n").unwrap();
        assert_eq!(pairs.len(), 1);
        let with_height = "pair,TH01_1,TH01_2,TH01_height\nP1,6,7,99\nP1,6,8,50\n";
        assert_eq!(
            read(with_height).unwrap()[0].a,
            read("pair,TH01_1,TH01_2\nP1,6,7\nP1,6,7\n").unwrap()[0].a
        );
        let single = read("pair,TH01_1\nP1,6\nP1,6\nP2,7\n").unwrap_err();
        assert!(single.to_string().contains("p.csv:4"), "{single}");
        let th01 = Locus::parse("TH01").unwrap();
        assert_eq!(pairs[0].b.get(th01).unwrap().alleles().len(), 1);
        for text in
            ["pair,TH01_1\nP1,6\n", "pair,TH01_1\nP1,x\nP1,6\n", "a,b\n1,2\n", "pair,b\n1,2\n", ""]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
