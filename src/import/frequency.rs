//! Allele-frequency files of `--frequencies FILE`.
//!
//! Read are: the long table `locus,allele,frequency,count,n_alleles` (see
//! [`FrequencyTable::from_csv`]), the wide table `Allele,LOCUS,…` of EuroForMix and of STRidER's
//! exports, and STRidER's XML, of which one origin is chosen by name. Loci the program does not know
//! are passed over: published tables carry more than any kit types. When not to trust a table: when it
//! is of another population than the case's; the table's name is in every result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::domain::allele::Allele;
use crate::domain::frequency::{FrequencyTable, LocusFrequencies};
use crate::domain::locus::Locus;
use crate::error::{Error, Position, Rejection, Result};
use crate::import::table::{Row, Rows};
use crate::import::xml::{Elements, Step};
use crate::import::{Format, sniff, text};

/// Largest sum of one locus's frequencies: published tables round, and add no more than this.
const MAX_SUM: f64 = 1.05;

/// Reads a frequency file. `origin` chooses the population of a file that holds several; the table is
/// named after the file, and after the origin where there is one.
///
/// # Errors
/// The file cannot be read, is not a frequency table, breaks a rule of its layout, or holds several
/// origins and none of them is chosen (the help lists them).
pub fn read_frequencies(path: &Path, origin: Option<&str>) -> Result<FrequencyTable> {
    frequencies_of_bytes(path, &super::read_bounded(path)?, origin)
}

/// The same for bytes in memory; `path` names the table.
///
/// # Errors
/// As [`read_frequencies`], without input and output.
pub fn frequencies_of_bytes(
    path: &Path,
    bytes: &[u8],
    origin: Option<&str>,
) -> Result<FrequencyTable> {
    let text = text::decode(path, bytes)?;
    let name = path.file_stem().map_or("frequencies".into(), |stem| stem.to_string_lossy());
    let (name, loci) = if text.trim_start().starts_with('<') {
        if sniff::recognise(path, &text)? != Format::FrequencyTable {
            return Err(not_a_table(path, "a CODIS file"));
        }
        let (origin, loci) = strider(path, &text, origin)?;
        (format!("{name} ({origin})"), loci)
    } else {
        if let Some(origin) = origin {
            return Err(Error::usage(
                format!("{} holds one population, {origin:?} cannot be chosen", path.display()),
                "leave the origin out",
            ));
        }
        let header = Rows::new(path, after_comments(&text)).header()?;
        if header.find(&["frequency"]).is_some() {
            return long(path, &name, &text);
        }
        (name.into_owned(), wide(path, &text)?)
    };
    check_sums(path, &loci)?;
    FrequencyTable::from_loci(&name, loci).map_err(|error| {
        let help = "check that the table names loci and alleles as docs/import.md shows";
        Rejection::new(path, Position::File, error.rule, error.found, help).into()
    })
}

/// The text from the first line that is no comment: long tables may start with their source.
fn after_comments(text: &str) -> &str {
    let comments = text.split_inclusive('\n').take_while(|line| line.starts_with('#'));
    &text[comments.map(str::len).sum()..]
}

fn not_a_table(path: &Path, found: &str) -> Error {
    Rejection::new(
        path,
        Position::File,
        "a frequency file is a long table, a wide table or STRidER XML",
        found,
        "the first line of a wide table is Allele,LOCUS,…; of a long one locus,allele,frequency",
    )
    .into()
}

fn long(path: &Path, name: &str, text: &str) -> Result<FrequencyTable> {
    FrequencyTable::from_csv(name, text).map_err(|error| {
        let position = Position::Line(error.line);
        let help = "the columns are locus,allele,frequency and optionally count,n_alleles";
        Rejection::new(path, position, error.rule, error.found, help).into()
    })
}

/// Frequencies by locus, while a file is read.
type Loci = BTreeMap<Locus, LocusFrequencies>;

/// Adds one frequency. Zero is an allele that was not seen; 99, under which STRidER gathers what it
/// cannot name, is passed over.
fn add(
    loci: &mut Loci,
    refuse: &Refuse<'_>,
    locus: Locus,
    allele: &str,
    value: &str,
) -> Result<()> {
    let rule = "an allele is a repeat number";
    let allele = match Allele::parse(allele) {
        Ok(Some(Allele::WILDCARD)) => return Ok(()),
        Ok(Some(known)) if known.is_known() => known,
        _ => return Err(refuse.because(rule, allele)),
    };
    let frequency: f64 = value
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|f: &f64| (0.0..=1.0).contains(f))
        .ok_or_else(|| refuse.because("a frequency is from 0 to 1", value))?;
    let entry = loci
        .entry(locus)
        .or_insert_with(|| LocusFrequencies { alleles: BTreeMap::new(), sampled_alleles: None });
    if frequency > 0.0 && entry.alleles.insert(allele, frequency).is_some() {
        return Err(refuse.because("an allele occurs once per locus", &format!("{locus} {allele}")));
    }
    Ok(())
}

/// Where a refusal points to.
struct Refuse<'a> {
    path: &'a Path,
    line: u64,
}

impl Refuse<'_> {
    fn because(&self, rule: &str, found: &str) -> Error {
        let help = "correct the line; frequencies are never guessed";
        Rejection::new(self.path, Position::Line(self.line), rule, found, help).into()
    }
}

/// The wide layout: a column of alleles, then one column per locus. A row `N` states the persons
/// sampled per locus.
fn wide(path: &Path, text: &str) -> Result<Loci> {
    let mut rows = Rows::new(path, text);
    let header = rows.header()?;
    if header.find(&["allele"]) != Some(0) {
        return Err(not_a_table(path, &header.names.join(",")));
    }
    let mut columns = Vec::new();
    let mut seen = BTreeSet::new();
    for (column, name) in header.names.iter().enumerate().skip(1) {
        let Some(locus) = Locus::parse(name) else { continue };
        if !seen.insert(locus) {
            let refuse = Refuse { path, line: header.line };
            return Err(refuse.because("a locus has one column", name));
        }
        columns.push((column, locus));
    }
    let (mut loci, mut persons) = (Loci::new(), BTreeMap::new());
    let mut row = Row::default();
    while rows.read(&mut row)? {
        if let Some(rejection) = rows.ragged(&row) {
            return Err(rejection.into());
        }
        let refuse = Refuse { path, line: row.line };
        let allele = row.cell(0);
        for (column, locus) in &columns {
            let value = row.cell(*column);
            if value.is_empty() {
                continue;
            }
            if allele.eq_ignore_ascii_case("n") {
                let count = value.parse::<u32>().ok().and_then(|n| n.checked_mul(2));
                let rule = "the row N states whole numbers of persons";
                persons.insert(*locus, count.ok_or_else(|| refuse.because(rule, value))?);
            } else {
                add(&mut loci, &refuse, *locus, allele, value)?;
            }
        }
    }
    for (locus, entry) in &mut loci {
        entry.sampled_alleles = persons.get(locus).copied();
    }
    Ok(loci)
}

/// STRidER's XML: `marker` of `name` and `origin`s, each of `frequency` by `allele`. Returns the origin
/// read, spelled as in the file.
fn strider(path: &Path, text: &str, wanted: Option<&str>) -> Result<(String, Loci)> {
    let mut elements = Elements::new(path, text);
    let (mut loci, mut origins) = (Loci::new(), BTreeSet::new());
    let mut marker = String::new();
    let mut origin: Option<(String, Option<u32>)> = None;
    let mut allele = String::new();
    let is_wanted = |name: &str| wanted.is_some_and(|w| w.trim().eq_ignore_ascii_case(name.trim()));
    loop {
        match elements.next()? {
            Step::End => break,
            Step::Open(element) if element.name == "origin" => {
                let name = element.attribute("name").unwrap_or_default().to_owned();
                let persons = element.attribute("n").and_then(|n| n.parse::<u32>().ok());
                origins.insert(name.clone());
                origin = Some((name, persons.and_then(|n| n.checked_mul(2))));
            }
            Step::Open(element) if element.name == "frequency" => {
                allele = element.attribute("allele").unwrap_or_default().to_owned();
            }
            Step::Open(_) => {}
            Step::Close { name, text, .. } if name == "name" => marker = text,
            Step::Close { name, .. } if name == "origin" => origin = None,
            Step::Close { name, text, line } if name == "frequency" => {
                let Some((_, sampled)) = origin.as_ref().filter(|(name, _)| is_wanted(name)) else {
                    continue;
                };
                let Some(locus) = Locus::parse(&marker) else { continue };
                add(&mut loci, &Refuse { path, line }, locus, &allele, &text)?;
                if let Some(entry) = loci.get_mut(&locus) {
                    entry.sampled_alleles = *sampled;
                }
            }
            Step::Close { .. } => {}
        }
    }
    match origins.iter().find(|name| is_wanted(name)) {
        Some(name) => Ok((name.clone(), loci)),
        None => Err(Rejection::new(
            path,
            Position::File,
            "one origin of a STRidER file is chosen by its name",
            wanted.unwrap_or("no origin chosen"),
            format!("choose one of: {}", origins.into_iter().collect::<Vec<_>>().join(", ")),
        )
        .into()),
    }
}

fn check_sums(path: &Path, loci: &Loci) -> Result<()> {
    for (locus, entry) in loci {
        let sum: f64 = entry.alleles.values().sum();
        if sum > MAX_SUM {
            return Err(Rejection::new(
                path,
                Position::File,
                "the frequencies of a locus sum to about 1",
                format!("{locus}: {sum:.3}"),
                "check the decimal separator and that each column is one population",
            )
            .into());
        }
    }
    Ok(())
}
