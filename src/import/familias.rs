//! Familias 3 project files (`.fam`), as Familias and pedFamilias write them.
//!
//! The file is a list of lines: banner, version, persons with genotypes as places in the allele lists,
//! pedigrees, then the database with those lists, then sections in brackets. Its layout is not
//! published; it was taken from files and from the R package pedFamilias. Without a DVI section the
//! typed persons become records, and the pedigrees, which are hypotheses of one case, are passed over.
//! With a DVI section the file is read by `familias_dvi`. Frequencies, mutation models and
//! prior odds are not read: a registry has its own.

use std::path::Path;

use crate::error::{Error, Position, Rejection, Result};
use crate::import::assemble::{Collector, Draft};
use crate::import::{Format, ImportOptions, Imported, familias_dvi, marker, sniff};
use crate::limits::{MAX_FAMILIAS_COUNT, MAX_LINE_BYTES};

/// The lines of a project, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    path: &'a Path,
    lines: std::str::Lines<'a>,
    /// Number of the line returned last.
    pub(super) line: u64,
}

impl<'a> Lines<'a> {
    fn new(path: &'a Path, text: &'a str) -> Self {
        Lines { path, lines: text.lines(), line: 0 }
    }

    /// The next line, trimmed and without the quotes around a text.
    ///
    /// # Errors
    /// The file ends before `what`, or the line is over the limit.
    pub(super) fn next(&mut self, what: &str) -> Result<&'a str> {
        self.line += 1;
        let Some(line) = self.lines.next() else {
            return Err(self.refuse(
                format!("a Familias project goes on with {what}"),
                "the end of the file",
                "the file was cut; save the project again",
            ));
        };
        if line.len() > MAX_LINE_BYTES {
            return Err(self.refuse("a line is at most 1 MiB".into(), "a longer one", "check it"));
        }
        let line = line.trim();
        let inner = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Ok(inner.unwrap_or(line))
    }

    /// The next line that is not empty, or `None` at the end.
    pub(super) fn next_filled(&mut self) -> Option<&'a str> {
        loop {
            self.line += 1;
            let line = self.lines.next()?.trim();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }

    /// The next line as a whole number; text after a tab or a space is a comment.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn number(&mut self, what: &str) -> Result<usize> {
        let text = self.next(what)?;
        let number = text.split([' ', '\t']).next().and_then(|word| word.parse::<usize>().ok());
        // No count of a project comes near; a larger one is damage, and loops must end.
        number.filter(|number| *number <= MAX_FAMILIAS_COUNT).ok_or_else(|| {
            let help = "the file was cut or edited; save the project again";
            self.refuse(format!("this line is {what}, a whole number"), text, help)
        })
    }

    /// Skips `count` lines.
    fn skip(&mut self, count: usize, what: &str) -> Result<()> {
        (0..count).try_for_each(|_| self.next(what).map(drop))
    }

    /// The file read.
    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    /// Where the line returned last stands.
    pub(super) fn position(&self) -> Position {
        Position::Line(self.line)
    }

    /// A refusal of the file at the line returned last.
    pub(super) fn refuse(&self, rule: String, found: &str, help: &str) -> Error {
        Rejection::new(self.path, self.position(), rule, found, help).into()
    }
}

/// A genotype of the first part: places in the allele list of a system.
#[derive(Debug)]
struct Genotype {
    line: u64,
    first: usize,
    second: usize,
    system: usize,
}

/// A person of the first part.
#[derive(Debug)]
struct Person {
    line: u64,
    name: String,
    genotypes: Vec<Genotype>,
}

/// A genetic system: its name and its alleles in the order that genotypes count in.
#[derive(Debug)]
struct System<'a> {
    name: &'a str,
    alleles: Vec<&'a str>,
}

/// Reads a Familias project.
///
/// # Errors
/// The file as a whole is refused: cut, damaged, or of a kind that is not read.
pub fn read(path: &Path, content: &str, options: &ImportOptions) -> Result<Imported> {
    let mut lines = Lines::new(path, content);
    let banner = lines.next("the banner")?;
    if !banner.starts_with(sniff::FAMILIAS_BANNER.trim_start_matches('"')) {
        return Err(lines.refuse("a project starts with its banner".into(), banner, "check it"));
    }
    lines.skip(1, "a remark")?;
    let version = lines.next("the version")?;
    if !version.starts_with('3') {
        let help = "open the project in Familias 3 and save it";
        return Err(lines.refuse("a project is of Familias 3".into(), version, help));
    }
    let persons = persons(&mut lines)?;
    let pedigrees = pedigrees(&mut lines)?;
    let systems = database(&mut lines)?;
    let mut collector = Collector::new(path, Format::FamiliasFam, options);
    if familias_dvi::seek(&mut lines) {
        if persons.iter().any(|person| !person.genotypes.is_empty()) {
            collector.warn("typed persons outside the DVI section are not imported");
        }
        familias_dvi::read(&mut lines, options, &mut collector)?;
        return collector.finish();
    }
    if version.contains("DVI") {
        let help = "the file was cut; save the project again";
        return Err(lines.refuse("a DVI project has a [DVI] section".into(), "none", help));
    }
    if pedigrees > 0 {
        collector.warn(format!(
            "{pedigrees} pedigrees are hypotheses of one case and are not imported; families of \
             missing persons come as a family table or a DVI project"
        ));
    }
    for person in &persons {
        if let Some(draft) = draft(path, person, &systems, options)? {
            collector.add(draft)?;
        }
    }
    collector.finish()
}

/// A typed person as a specimen; `None` for one without genotypes.
fn draft(
    path: &Path,
    person: &Person,
    systems: &[System<'_>],
    options: &ImportOptions,
) -> Result<Option<Draft>> {
    if person.genotypes.is_empty() {
        return Ok(None);
    }
    let mut draft = Draft::new(person.line, &person.name);
    for genotype in &person.genotypes {
        let place = |rule: &str, found: usize| -> Error {
            let help = "the genotypes do not fit the database; save the project again";
            let position = Position::Line(genotype.line);
            Rejection::new(path, position, rule, found.to_string(), help)
                .of_record(&person.name)
                .into()
        };
        let system = systems.get(genotype.system);
        let system = system
            .ok_or_else(|| place("a genotype is of a system of the database", genotype.system))?;
        let allele = |number: usize| {
            let rule = "a genotype counts in the allele list of its system, from 0";
            system.alleles.get(number).copied().ok_or_else(|| place(rule, number))
        };
        let calls = [allele(genotype.first)?.into(), allele(genotype.second)?.into()];
        match marker::resolve(system.name, &options.aliases) {
            Some(marker) => drop(draft.add(path, genotype.line, marker, &calls)),
            None => {
                draft.fault(marker::unknown(path, Position::Line(genotype.line), system.name));
            }
        }
    }
    Ok(Some(draft))
}

/// The persons with their genotypes.
fn persons(lines: &mut Lines<'_>) -> Result<Vec<Person>> {
    // Some versions have an empty text before the number of persons.
    let mut ahead = lines.clone();
    if ahead.next("the number of persons")?.is_empty() {
        *lines = ahead;
    }
    let count = lines.number("the number of persons")?;
    let mut persons = Vec::new();
    for _ in 0..count {
        let name = lines.next("the name of a person")?.to_owned();
        let line = lines.line;
        lines.skip(4, "the particulars of a person")?;
        let typed = lines.number("the number of genotypes of a person")?;
        let mut genotypes = Vec::new();
        for _ in 0..typed {
            let first = lines.number("the place of the first allele")?;
            let line = lines.line;
            let second = lines.number("the place of the second allele")?;
            let system = lines.number("the place of the system")?;
            genotypes.push(Genotype { line, first, second, system });
        }
        persons.push(Person { line, name, genotypes });
    }
    Ok(persons)
}

/// Passes over the pedigrees; returns their number.
fn pedigrees(lines: &mut Lines<'_>) -> Result<usize> {
    let heading = lines.next("the known relations")?;
    if heading != "Known relations" {
        let help = "the file was cut or edited; save the project again";
        return Err(lines.refuse("after the persons come Known relations".into(), heading, help));
    }
    relations(lines)?;
    let count = lines.number("the number of pedigrees")?;
    for _ in 0..count {
        lines.number("the place of a pedigree")?;
        lines.next("the name of a pedigree")?;
        relations(lines)?;
    }
    Ok(count)
}

/// Passes over a list of relations: extra females, extra males, and pairs of parent and child.
fn relations(lines: &mut Lines<'_>) -> Result<()> {
    lines.number("the number of extra females")?;
    lines.number("the number of extra males")?;
    let count = lines.number("the number of relations")?;
    lines.skip(2 * count, "a relation")
}

/// The genetic systems of the database.
fn database<'a>(lines: &mut Lines<'a>) -> Result<Vec<System<'a>>> {
    let switch = lines.next("the database")?;
    if !switch.starts_with("#FALSE#") {
        let help = "save the project before computing probabilities";
        let rule = "a project is read without computed probabilities";
        return Err(lines.refuse(rule.into(), switch, help));
    }
    let count = lines.number("the number of systems")?;
    if lines.next("whether the database has a name")?.starts_with("#TRUE#") {
        lines.next("the name of the database")?;
    }
    let mut systems = Vec::new();
    for _ in 0..count {
        let name = lines.next("the name of a system")?;
        // Mutation rates, models, the number of alleles with the silent one, ranges.
        lines.skip(9, "the mutation model of a system")?;
        if lines.next("whether a silent allele exists")?.starts_with("#TRUE#") {
            let help = "remove silent alleles from the database and save it";
            let rule = "a system has no silent allele";
            return Err(lines.refuse(rule.into(), name, help));
        }
        lines.skip(1, "the frequency of the silent allele")?;
        let known = lines.number("the number of alleles of a system")?;
        let mut alleles = Vec::new();
        for _ in 0..known {
            alleles.push(lines.next("the name of an allele")?);
            let frequency = lines.next("the frequency of an allele")?;
            let is_frequency = |f: f64| (0.0..=1.0).contains(&f);
            if !frequency.replace(',', ".").parse().is_ok_and(is_frequency) {
                let rule = "after the name of an allele comes its frequency";
                let help = "the file was cut or edited; save the project again";
                return Err(lines.refuse(rule.into(), frequency, help));
            }
        }
        systems.push(System { name, alleles });
    }
    Ok(systems)
}
