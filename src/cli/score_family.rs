//! `tanba score dna --family`: likelihood ratios that bodies are the missing person of a family.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::family_warnings::warn_of_linked;
use super::pedigree_args::{cells, explained};
use super::score::exact;
use super::ui::Ui;
use crate::domain::dna::Profile;
use crate::domain::likelihood::{Population, log10_product};
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::pedigree::PedigreeError;
use crate::domain::pedigree::locus_model::{AllelePair, LocusModel};
use crate::domain::pedigree::missing::MissingPersonCase;
use crate::domain::pedigree::transmission::Transmission;
use crate::error::{Error, Result};
use crate::import::missing_families::{Body, MissingFamily, read_bodies, read_missing_families};
use crate::language::Message;
use crate::limits::MAX_LISTED_NAMES;

/// What is scored, and where results go.
#[derive(Debug)]
pub(super) struct FamilyScore<'a> {
    pub(super) families: &'a Path,
    pub(super) bodies: Option<&'a Path>,
    pub(super) genotype_table: Option<&'a Path>,
    pub(super) out: Option<&'a Path>,
    pub(super) per_locus: bool,
}

/// Ratios of bodies by locus; a locus that says nothing of a body is absent.
type Ratios = Vec<BTreeMap<Locus, f64>>;

/// Scores every body against every family it is to be compared with.
///
/// # Errors
/// A file cannot be read, or a family is impossible or beyond the limits.
pub(super) fn run(
    score: &FamilyScore,
    population: &Population,
    transmission: &Transmission,
    ui: &Ui,
) -> Result<()> {
    let families = read_missing_families(score.families)?;
    let bodies = score.bodies.map(read_bodies).transpose()?.unwrap_or_default();
    check_families_of(&bodies, &families)?;
    let of_bodies = typed(bodies.iter().map(|body| &body.profile));
    let of_families = typed(families.iter().flat_map(|f| f.profiles.iter().flatten()));
    warn_of_linked(Message::new("plan-kinship"), of_bodies.intersection(of_families), ui);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut tables = csv::Writer::from_writer(Vec::new());
    let lost = |e: csv::Error| Error::usage(e.to_string(), "report this");
    let loci: BTreeSet<Locus> =
        bodies.iter().flat_map(|body| body.profile.iter().map(|(locus, _)| locus)).collect();
    let mut header = vec!["family", "body", "theta", "mutation", "untyped_parent", "silent"];
    header.extend(["loci", "lr", "log10_lr"]);
    if score.per_locus {
        header.extend(loci.iter().map(|locus| locus.name()));
    }
    writer.write_record(&header).map_err(lost)?;
    tables.write_record(["family", "locus", "allele_1", "allele_2", "lr"]).map_err(lost)?;
    for family in &families {
        let name = &family.family;
        let explain = |error: PedigreeError| explained(&error, score.families, name);
        let case = case(family, transmission).map_err(explain)?;
        warn_of_unread(&case, population, name, ui);
        let compared: Vec<&Body> =
            bodies.iter().filter(|b| b.family.as_ref().is_none_or(|f| f == name)).collect();
        let ratios = ratios(&case, &compared, population, transmission).map_err(explain)?;
        for (body, ratios) in compared.iter().zip(&ratios) {
            let lr: f64 = ratios.values().product();
            let log10 = log10_product(ratios.values().copied());
            let mut row = vec![name.clone(), body.body.clone(), population.theta.to_string()];
            row.extend(cells(transmission));
            let log10 = if lr == 0.0 { "-inf".to_owned() } else { exact(log10) };
            row.extend([ratios.len().to_string(), exact(lr), log10]);
            if score.per_locus {
                let cell = |l: &Locus| ratios.get(l).map_or_else(|| "1".to_owned(), |r| exact(*r));
                row.extend(loci.iter().map(cell));
            }
            writer.write_record(&row).map_err(lost)?;
        }
        if score.genotype_table.is_some() {
            for row in table_rows(&case, population, transmission).map_err(explain)? {
                tables.write_record([&[name.clone()][..], &row].concat()).map_err(lost)?;
            }
        }
    }
    let text = |writer: csv::Writer<Vec<u8>>| -> Result<String> {
        let bytes = writer.into_inner().map_err(|e| lost(e.into_error().into()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    if let Some(path) = score.genotype_table {
        ui.csv(Some(path), &text(tables)?)?;
    }
    if score.bodies.is_some() {
        ui.csv(score.out, &text(writer)?)?;
    }
    Ok(())
}

fn typed<'a>(profiles: impl Iterator<Item = &'a Profile>) -> LocusSet {
    profiles.map(Profile::comparable_loci).fold(LocusSet::default(), LocusSet::union)
}

/// Refuses a body whose family is not in the table: it would be compared with nobody.
fn check_families_of(bodies: &[Body], families: &[MissingFamily]) -> Result<()> {
    let known: BTreeSet<&str> = families.iter().map(|family| family.family.as_str()).collect();
    let stray = bodies.iter().find(|b| b.family.as_deref().is_some_and(|f| !known.contains(f)));
    stray.map_or(Ok(()), |body| {
        let family = body.family.as_deref().unwrap_or_default();
        let message =
            format!("the body {} names the family {family:?}, which is not there", body.body);
        Err(Error::usage(message, "correct the column family of the bodies, or leave it empty"))
    })
}

fn case(
    family: &MissingFamily,
    transmission: &Transmission,
) -> std::result::Result<MissingPersonCase, PedigreeError> {
    MissingPersonCase::new(
        family.pedigree.clone(),
        family.missing,
        family.profiles.clone(),
        transmission.untyped_parent,
    )
}

/// Says which typings of relatives count as untyped, and why.
fn warn_of_unread(case: &MissingPersonCase, population: &Population, family: &str, ui: &Ui) {
    let mut unread = Vec::new();
    for locus in Locus::all() {
        for (person, typing) in case.typings(locus) {
            if typing.genotype().is_none() || !population.frequencies.covers(locus) {
                unread.push(format!("{} {locus}", case.pedigree().persons()[person].name));
            }
        }
    }
    if !unread.is_empty() {
        let more = unread.len().saturating_sub(MAX_LISTED_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let listed = unread.iter().take(MAX_LISTED_NAMES).cloned().collect::<Vec<_>>().join(", ");
        ui.warn(format!(
            "family {family}: count as untyped, because they are not one person's genotype or the frequency \
             table lacks the locus: {listed}{more}"
        ));
    }
}

/// The model of a locus over the alleles of the family, if the family says anything there.
fn model_of(
    case: &MissingPersonCase,
    locus: Locus,
    population: &Population,
    transmission: &Transmission,
) -> std::result::Result<Option<LocusModel>, PedigreeError> {
    if case.typings(locus).next().is_none() || !population.frequencies.covers(locus) {
        return Ok(None);
    }
    let typings = case.typings(locus).map(|(_, typing)| typing);
    let (mutation, silent) = (&transmission.mutation, transmission.silent);
    let model = LocusModel::new(population, locus, typings, mutation, silent)?;
    Ok(model.filter(|model| case.is_informative(model)))
}

fn ratios(
    case: &MissingPersonCase,
    bodies: &[&Body],
    population: &Population,
    transmission: &Transmission,
) -> std::result::Result<Ratios, PedigreeError> {
    let mut found = vec![BTreeMap::new(); bodies.len()];
    for locus in Locus::all() {
        let Some(model) = model_of(case, locus, population, transmission)? else { continue };
        let mut known: BTreeMap<AllelePair, Vec<usize>> = BTreeMap::new();
        for (place, body) in bodies.iter().enumerate() {
            let Some(typing) = body.profile.get(locus).filter(|t| t.genotype().is_some()) else {
                continue;
            };
            match model.pair(typing) {
                Some(pair) => known.entry(pair).or_default().push(place),
                None => {
                    // An allele that only this body has gets a model with it: no other body's ratio may
                    // depend on it.
                    let typings = case.typings(locus).map(|(_, typing)| typing).chain([typing]);
                    let (mutation, silent) = (&transmission.mutation, transmission.silent);
                    let own = LocusModel::new(population, locus, typings, mutation, silent)?;
                    if let Some(own) = own
                        && let Some(pair) = own.pair(typing)
                    {
                        found[place].insert(locus, case.ratio(&own, pair)?);
                    }
                }
            }
        }
        let pairs: Vec<AllelePair> = known.keys().copied().collect();
        for (ratio, places) in case.ratios(&model, &pairs)?.into_iter().zip(known.values()) {
            for place in places {
                found[*place].insert(locus, ratio);
            }
        }
    }
    Ok(found)
}

/// Rows of every genotype's ratio, without the family.
fn table_rows(
    case: &MissingPersonCase,
    population: &Population,
    transmission: &Transmission,
) -> std::result::Result<Vec<Vec<String>>, PedigreeError> {
    let mut rows = Vec::new();
    for locus in Locus::all() {
        let Some(model) = model_of(case, locus, population, transmission)? else { continue };
        let table = case.genotype_ratios(&model)?;
        for ([a, b], ratio) in model.typed_pairs().zip(&table.ratios) {
            let [a, b] = [a, b].map(|number| table.alleles[number].to_string());
            rows.push(vec![locus.name().to_owned(), a, b, exact(*ratio)]);
        }
    }
    Ok(rows)
}
