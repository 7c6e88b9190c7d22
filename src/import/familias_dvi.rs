//! The DVI section of a Familias project: unidentified persons, and families that look for somebody.
//!
//! Under the index `corpse` the unidentified persons become records. Under `relative` the typed members
//! of the reference families become records named `FAMILY/PERSON`, and lines of families with the
//! kinship that the pedigree states to its `Missing person`, and the pedigree itself where there is one. Familias knows no consent, so these lines
//! are without; a family table completes them. Any other index is refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, PedigreePerson, pedigree_of};
use crate::domain::pedigree::Sex;
use crate::domain::relation::Kinship;
use crate::error::Result;
use crate::import::ImportOptions;
use crate::import::assemble::{Collector, Draft};
use crate::import::familias::Lines;
use crate::import::marker;
use crate::import::pedigree::Pedigree;
use crate::limits::{MAX_FAMILIAS_COUNT, MAX_RELATIVES_PER_FAMILY};

/// Name under which every pedigree knows the person sought.
const MISSING_PERSON: &str = "Missing person";

/// Goes to the DVI section; false if there is none.
pub(super) fn seek(lines: &mut Lines<'_>) -> bool {
    let mut ahead = lines.clone();
    while let Some(line) = ahead.next_filled() {
        if line == "[DVI]" {
            *lines = ahead;
            return true;
        }
    }
    false
}

/// A person of the section.
struct Person<'a> {
    name: &'a str,
    is_male: bool,
    draft: Draft,
    is_typed: bool,
}

/// Reads the section.
///
/// # Errors
/// It is cut or damaged, or the index is neither `corpse` nor `relative`.
pub(super) fn read(
    lines: &mut Lines<'_>,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<()> {
    if !matches!(options.index, Index::Corpse | Index::Relative) {
        return Err(lines.refuse(
            "a DVI project holds unidentified persons and relatives of missing persons".into(),
            &format!("the index {}", options.index),
            "import it with --index corpse, and again with --index relative",
        ));
    }
    heading(lines, "[[Unidentified persons]]")?;
    let unidentified = persons(lines, "", options)?;
    if options.index == Index::Corpse {
        for person in unidentified.into_iter().filter(|person| person.is_typed) {
            collector.add(person.draft)?;
        }
    } else if !unidentified.is_empty() {
        let count = unidentified.len();
        collector.warn(format!("{count} unidentified persons: import again with --index corpse"));
    }
    skip_to(lines, "[[Reference Families]]")?;
    let families = count(lines, "nFamilies")?;
    let mut names = BTreeSet::new();
    for _ in 0..families {
        let name = family(lines, options, collector)?;
        if !names.insert(name) {
            let help = "give each family a name of its own";
            return Err(lines.refuse("a family occurs once".into(), name, help));
        }
    }
    if families > 0 {
        collector.warn(match options.index {
            Index::Relative => "the relatives are stored without consent, of which Familias knows \
                                nothing; a family table with the column consent completes them"
                .to_owned(),
            _ => format!("{families} families: import again with --index relative"),
        });
    }
    Ok(())
}

/// Reads one family; returns its name.
fn family<'a>(
    lines: &mut Lines<'a>,
    options: &ImportOptions,
    collector: &mut Collector<'_>,
) -> Result<&'a str> {
    numbered_heading(lines, "Family")?;
    let name = value(lines, "Name")?;
    heading(lines, "[[[[Persons]]]]")?;
    let persons = persons(lines, name, options)?;
    if persons.len() > MAX_RELATIVES_PER_FAMILY {
        let help = "split the family";
        return Err(lines.refuse("a family has at most 256 persons".into(), name, help));
    }
    let (missing, pedigrees) = pedigrees(lines, &persons)?;
    if options.index != Index::Relative {
        return Ok(name);
    }
    let family_id = name.to_owned();
    stated_pedigree(name, &persons, missing, &pedigrees)
        .into_iter()
        .for_each(|person| collector.pedigree_person(person));
    for (number, person) in persons.into_iter().enumerate().filter(|(_, p)| p.is_typed) {
        let record_id = person.draft.id.clone();
        if !collector.add(person.draft)? {
            continue;
        }
        let kinship = kinship(&pedigrees, number, missing, person.is_male);
        if kinship.is_none() {
            collector.warn(format!(
                "{} is stored as unrelated: the pedigrees do not state one simple relation to the \
                 missing person",
                marker::cut(&record_id)
            ));
        }
        collector.family_member(FamilyMember {
            family_id: family_id.clone(),
            missing_person_id: format!("{name}/{MISSING_PERSON}"),
            relative_record_id: record_id,
            kinship: kinship.unwrap_or(Kinship::Unrelated),
            consent: false,
            case_open: true,
        });
    }
    Ok(name)
}

/// The persons of the pedigree, where the family has one that names the missing person, and its rules hold. Where
/// it has several they are hypotheses, and what all agree on is the kinship of each relative.
fn stated_pedigree(
    family: &str,
    persons: &[Person<'_>],
    missing: usize,
    pedigrees: &[Pedigree],
) -> Vec<PedigreePerson> {
    let [pedigree] = pedigrees else { return Vec::new() };
    let count = persons.len().max(missing + 1);
    // Familias states no sex of the person sought; a parent's follows from the other parent's.
    let sex_of_missing = (0..count).find_map(|child| {
        let parents: Vec<usize> = pedigree.of(child).collect();
        let other = parents.iter().find(|parent| **parent != missing)?;
        let is_parent = parents.contains(&missing);
        is_parent.then(|| if persons[*other].is_male { Sex::Female } else { Sex::Male })
    });
    let sex = |number: usize| match persons.get(number).filter(|_| number != missing) {
        Some(person) if person.is_male => Some(Sex::Male),
        Some(_) => Some(Sex::Female),
        None => sex_of_missing,
    };
    let name = |number: usize| match persons.get(number).filter(|_| number != missing) {
        Some(person) => format!("{family}/{}", person.name),
        None => format!("{family}/{MISSING_PERSON}"),
    };
    let stated = (0..count).map(|number| {
        let parent = |wanted: Sex| pedigree.of(number).find(|p| sex(*p) == Some(wanted)).map(name);
        PedigreePerson {
            family_id: family.to_owned(),
            person: name(number),
            father: parent(Sex::Male),
            mother: parent(Sex::Female),
            sex: sex(number),
        }
    });
    let stated: Vec<PedigreePerson> = stated.collect();
    let edges = (0..count).map(|number| pedigree.of(number).count()).sum::<usize>();
    let kept = stated.iter().flat_map(|p| [&p.father, &p.mother]).flatten().count();
    if kept == edges && pedigree_of(&stated).is_ok() { stated } else { Vec::new() }
}

/// The kinship that every pedigree naming the missing person states; `None` if they differ.
fn kinship(
    pedigrees: &[Pedigree],
    person: usize,
    missing: usize,
    is_male: bool,
) -> Option<Kinship> {
    let mut stated = pedigrees.iter().map(|pedigree| pedigree.kinship(person, missing, is_male));
    let first = stated.next()??;
    stated.all(|other| other == Some(first)).then_some(first)
}

/// A list of persons; their records are named after the family, where there is one.
fn persons<'a>(
    lines: &mut Lines<'a>,
    family: &str,
    options: &ImportOptions,
) -> Result<Vec<Person<'a>>> {
    let number = count(lines, "nPersons")?;
    let mut persons = Vec::new();
    for _ in 0..number {
        numbered_heading(lines, "Person")?;
        let line = lines.line;
        let name = value(lines, "Name")?;
        let is_male = value(lines, "Gender")?.eq_ignore_ascii_case("male");
        numbered_heading(lines, "DNA data")?;
        let id = if family.is_empty() { name.to_owned() } else { format!("{family}/{name}") };
        let mut draft = Draft::new(line, &id);
        let typed = count(lines, "nSystems")?;
        for _ in 0..typed {
            genotype(lines, &mut draft, options)?;
        }
        persons.push(Person { name, is_male, draft, is_typed: typed > 0 });
    }
    Ok(persons)
}

fn genotype(lines: &mut Lines<'_>, draft: &mut Draft, options: &ImportOptions) -> Result<()> {
    let system = value(lines, "SystemName")?;
    let system_line = lines.clone();
    let first = value(lines, "Allele1")?;
    let second = value(lines, "Allele2")?;
    match marker::resolve(system, &options.aliases) {
        Some(marker) => {
            let calls = [first.into(), second.into()];
            draft.add(system_line.path(), system_line.line, marker, &calls);
        }
        None => draft.fault(marker::unknown(system_line.path(), system_line.position(), system)),
    }
    Ok(())
}

/// The missing person's number, and the pedigrees that name it. It is the number after the last of
/// `persons`, unless the family lists the missing person itself, with an earlier sample.
fn pedigrees(lines: &mut Lines<'_>, persons: &[Person<'_>]) -> Result<(usize, Vec<Pedigree>)> {
    let mut numbers: BTreeMap<&str, usize> =
        persons.iter().enumerate().map(|(number, person)| (person.name, number)).collect();
    if numbers.len() < persons.len() {
        let help = "give each person of a family a name of its own";
        return Err(lines.refuse("a person occurs once in a family".into(), "a name twice", help));
    }
    let missing = *numbers.entry(MISSING_PERSON).or_insert(persons.len());
    heading(lines, "[[[[Pedigrees]]]]")?;
    let count_stated = count(lines, "nPedigrees")?;
    let mut pedigrees = Vec::new();
    for _ in 0..count_stated {
        numbered_heading(lines, "Pedigree")?;
        value(lines, "Name")?;
        let relations = count(lines, "nRelations")?;
        let mut pedigree = Pedigree::default();
        let mut names_missing = false;
        for _ in 0..relations {
            let mut person = |key: &str| -> Result<usize> {
                let name = value(lines, key)?;
                names_missing |= name == MISSING_PERSON;
                numbers.get(name).copied().ok_or_else(|| {
                    let rule = "a relation is between persons of its family";
                    lines.refuse(rule.into(), name, "save the project again")
                })
            };
            let (parent, child) = (person("Parent")?, person("Child")?);
            if !pedigree.add(parent, child) {
                let rule = "a person has at most two parents, and is none of them";
                return Err(lines.refuse(rule.into(), "a further parent", "correct the pedigree"));
            }
        }
        if pedigree.has_cycle() {
            let rule = "nobody is an ancestor of himself";
            return Err(lines.refuse(rule.into(), "a cycle", "correct the pedigree"));
        }
        if names_missing {
            pedigrees.push(pedigree);
        }
    }
    Ok((missing, pedigrees))
}

/// A line `KEY= VALUE`.
fn value<'a>(lines: &mut Lines<'a>, key: &str) -> Result<&'a str> {
    let line = filled(lines, key)?;
    let stated = line.split_once('=').filter(|(name, _)| name.trim() == key);
    stated.map(|(_, value)| value.trim()).ok_or_else(|| expected(lines, &format!("{key}="), line))
}

fn count(lines: &mut Lines<'_>, key: &str) -> Result<usize> {
    let text = value(lines, key)?;
    let number = text.parse::<usize>().ok().filter(|number| *number <= MAX_FAMILIAS_COUNT);
    number.ok_or_else(|| lines.refuse(format!("{key} is a whole number"), text, "check the file"))
}

/// A heading in brackets, exactly.
fn heading(lines: &mut Lines<'_>, wanted: &str) -> Result<()> {
    let line = filled(lines, wanted)?;
    if line == wanted { Ok(()) } else { Err(expected(lines, wanted, line)) }
}

/// A heading in brackets that starts with `word`, whatever its depth and number.
fn numbered_heading(lines: &mut Lines<'_>, word: &str) -> Result<()> {
    let line = filled(lines, word)?;
    let inner = line.trim_start_matches('[');
    if inner.len() < line.len() && inner.starts_with(word) {
        Ok(())
    } else {
        Err(expected(lines, word, line))
    }
}

fn skip_to(lines: &mut Lines<'_>, wanted: &str) -> Result<()> {
    while filled(lines, wanted)? != wanted {}
    Ok(())
}

fn filled<'a>(lines: &mut Lines<'a>, what: &str) -> Result<&'a str> {
    let line = lines.next_filled();
    line.ok_or_else(|| {
        let help = "the file was cut; save the project again";
        lines.refuse(format!("the DVI section goes on with {what}"), "the end of the file", help)
    })
}

fn expected(lines: &Lines<'_>, wanted: &str, found: &str) -> crate::error::Error {
    let help = "the file was cut or edited; save the project again";
    lines.refuse(format!("the DVI section goes on with {wanted}"), found, help)
}
