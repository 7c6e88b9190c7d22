//! A search made ready: both sides opened, comparisons counted, threshold and chance computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::census::{FamiliesLeftOut, Side, TypedRelative, typed_relatives};
use super::chance::{ChanceBins, GenotypeOutcomes, LocusSetCounts, MAX_MODELLED_PAIRS};
use super::delta::Old;
use super::family_question::FamilyQuestion;
use super::job::{Comparator, FLOOR_LOG10, Parameters, SearchSpec, Threshold};
use super::pedigree::{FamilyModel, FamilySearch, Grouping, families};
use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, FamilyPedigrees};
use crate::domain::likelihood::Population;
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::rule_set::{RuleSet, SearchKind};
use crate::error::Result;

/// The sides of a run, opened once per index.
#[derive(Debug, Default)]
pub struct Sides {
    /// Records of the gallery by index.
    pub by_index: BTreeMap<Index, Arc<Side>>,
    /// Ad-hoc probes from a file, which replace the probe side.
    pub ad_hoc_probes: Option<Arc<Side>>,
    /// Families of the gallery.
    pub family_members: Vec<FamilyMember>,
    /// Their pedigrees, of those that were given one.
    pub family_pedigrees: FamilyPedigrees,
}

/// A search ready to run.
#[derive(Debug)]
pub struct ReadySearch {
    /// What is searched, and by which article.
    pub spec: SearchSpec,
    /// Searched side.
    pub probes: Arc<Side>,
    /// Enrolled side.
    pub gallery: Arc<Side>,
    /// Convicts, whose haplotypes are counted where a hit states how frequent one is; empty where no record of the
    /// gallery side has lineage markers.
    pub convicts: Arc<Side>,
    /// Relatives with their families (kinship searches).
    pub relatives: Vec<TypedRelative>,
    /// The families as pedigrees, or relative by relative (searches of pedigrees, and of pairs that mutate).
    pub pedigrees: FamilySearch,
    /// Bodies are asked by their genotypes: what was made ready is [`Self::pedigrees`].
    pub is_by_genotype: bool,
    /// Family members left out (kinship searches).
    pub families_left_out: FamiliesLeftOut,
    /// Pairs to be compared.
    pub comparisons: u64,
    /// Least score of a hit, log10.
    pub threshold_log10: f64,
    /// Chance hits to expect, by the model of [`super::chance`].
    pub expected_chance_hits: f64,
    /// The model: chance hits to expect at any score.
    pub chance: ChanceBins,
    /// Per segment of the gallery the rows that the rules read otherwise than they are typed, ascending: no
    /// screen over what was typed may judge them.
    pub rewritten: Vec<Vec<u32>>,
    /// What an earlier run has compared, if this one compares what is new.
    pub old: Option<Old>,
}

impl ReadySearch {
    /// What a probe is compared with: records, or in searches of families relatives or pedigrees.
    pub fn enrolled(&self) -> u64 {
        match self.spec.comparator {
            Comparator::Identity { .. } => self.gallery.records,
            Comparator::Kinship if !self.is_by_genotype => self.relatives.len() as u64,
            Comparator::Kinship | Comparator::Pedigree => self.pedigrees.families.len() as u64,
        }
    }

    /// Pairs this run compares: all, or those that have a newer side.
    pub fn new_comparisons(&self) -> u64 {
        self.comparisons - self.old.as_ref().map_or(0, |old| old.comparisons)
    }

    /// Chance hits to expect in this whole search at `score_log10` or higher: the larger of the
    /// model's number and comparisons × 10^-score, which bounds it for a likelihood ratio (the mean
    /// ratio of unrelated pairs is one; Good 1950).
    pub fn expected_chance_hits_at(&self, score_log10: f64) -> f64 {
        let comparisons = self.comparisons as f64;
        let bound = comparisons * 10f64.powf(-score_log10);
        self.chance.expected_at(score_log10).max(bound).min(comparisons)
    }
}

/// Makes one search ready.
///
/// # Errors
/// A stored profile cannot be read.
pub fn ready(
    spec: &SearchSpec,
    sides: &Sides,
    parameters: &Parameters,
    population: &Population,
) -> Result<ReadySearch> {
    let empty = || Arc::new(Side::new(Vec::new(), &Default::default(), parameters.as_of));
    let side = |index| sides.by_index.get(&index).cloned().unwrap_or_else(empty);
    let probes = sides.ad_hoc_probes.clone().unwrap_or_else(|| side(spec.probe));
    let gallery = side(spec.gallery);
    let mut search = ReadySearch {
        spec: spec.clone(),
        probes,
        gallery,
        convicts: side(Index::Convict),
        relatives: Vec::new(),
        pedigrees: FamilySearch::default(),
        is_by_genotype: false,
        families_left_out: FamiliesLeftOut::default(),
        comparisons: 0,
        threshold_log10: 0.0,
        expected_chance_hits: 0.0,
        chance: ChanceBins::default(),
        rewritten: Vec::new(),
        old: None,
    };
    let chance = match spec.comparator {
        Comparator::Identity { kind } => {
            let (p, g) = (search.probes.records, search.gallery.records);
            search.comparisons =
                if spec.triangle { p * p.saturating_sub(1) / 2 } else { p.saturating_mul(g) };
            let sets;
            (sets, search.rewritten) = search.gallery.read_by(&parameters.rules)?;
            identity_chance(&search, &sets, (&parameters.rules, kind), population)?
        }
        Comparator::Kinship => {
            (search.relatives, search.families_left_out) =
                typed_relatives(&sides.family_members, &search.gallery, &FamilyPedigrees::new());
            match parameters.of_pairs().cloned() {
                Some(transmission) => {
                    by_genotype(&mut search, sides, (transmission, Grouping::Pairs), population)?
                }
                None => {
                    search.comparisons = search.probes.records * search.relatives.len() as u64;
                    kinship_chance(&search, population)?
                }
            }
        }
        Comparator::Pedigree => {
            let pedigrees = &sides.family_pedigrees;
            (search.relatives, search.families_left_out) =
                typed_relatives(&sides.family_members, &search.gallery, pedigrees);
            let asked = (parameters.of_pedigrees(), Grouping::Families);
            by_genotype(&mut search, sides, asked, population)?
        }
    };
    search.threshold_log10 = match parameters.threshold {
        Threshold::Log10(t) => t,
        other => {
            let accepted = other.expected(search.comparisons, search.probes.records);
            chance.threshold(accepted).max(FLOOR_LOG10)
        }
    };
    if let (Comparator::Identity { .. }, Some(least)) =
        (spec.comparator, parameters.rules.least_score_log10)
    {
        search.threshold_log10 = search.threshold_log10.max(least);
    }
    search.expected_chance_hits = chance.expected_at(search.threshold_log10);
    search.chance = chance;
    Ok(search)
}

fn identity_chance(
    search: &ReadySearch,
    sets: &LocusSetCounts,
    (rules, kind): (&RuleSet, SearchKind),
    population: &Population,
) -> Result<ChanceBins> {
    let most = (MAX_MODELLED_PAIRS / sets.len().max(1)).max(1);
    let step = (search.probes.records as usize).div_ceil(most).max(1);
    let mut chance = ChanceBins::default();
    let mut sampled = 0u64;
    for (segment, row) in search.probes.living().step_by(step) {
        let typed = search.probes.profile(segment, row)?;
        let profile = rules.read_profile(&typed);
        chance.add_identity(&profile, sets, (rules, kind), population);
        sampled += 1;
    }
    let each_pair = if search.spec.triangle { 0.5 } else { 1.0 };
    chance.scale(each_pair * search.probes.records as f64 / sampled.max(1) as f64);
    Ok(chance)
}

/// Makes a search ready that asks bodies by their genotypes; the chance it has of hits.
fn by_genotype(
    search: &mut ReadySearch,
    sides: &Sides,
    (transmission, grouping): (Transmission, Grouping),
    population: &Population,
) -> Result<ChanceBins> {
    let transmission = Arc::new(transmission);
    let pedigrees = &sides.family_pedigrees;
    let model = FamilyModel { population, transmission: &transmission, pedigrees };
    let asked = (search.relatives.as_slice(), &*search.gallery);
    search.pedigrees = families(asked, &search.probes, model, grouping)?;
    search.is_by_genotype = true;
    search.families_left_out.beside_the_pedigree = search.pedigrees.members_beside;
    search.families_left_out.family_left_out = search.pedigrees.left_out_members;
    search.comparisons = search.probes.records * search.pedigrees.families.len() as u64;
    let most = match grouping {
        Grouping::Families => MAX_MODELLED_FAMILIES,
        Grouping::Pairs => MAX_MODELLED_PAIRS_OF_RELATIVES,
    };
    family_chance(search, most, population)
}

/// Families whose ratios of every genotype are computed; about a twentieth of a second each.
const MAX_MODELLED_FAMILIES: usize = 24;

/// Relatives whose are: a pedigree of two takes a tenth of that.
const MAX_MODELLED_PAIRS_OF_RELATIVES: usize = 240;

/// Of families with too many ways of inheritance for every genotype the others are the model; where there is no
/// other, the bound of comparisons × 10^-score is.
fn family_chance(search: &ReadySearch, most: usize, population: &Population) -> Result<ChanceBins> {
    let sets = search.probes.locus_sets()?;
    let families = &search.pedigrees.families;
    let step = families.len().div_ceil(most).max(1);
    let sample: Vec<&FamilyQuestion> = families.iter().step_by(step).collect();
    let outcomes = sample.par_iter().filter_map(|family| family.outcomes(population).ok());
    let outcomes: Vec<GenotypeOutcomes> = outcomes.collect();
    let mut chance = ChanceBins::default();
    if outcomes.is_empty() && search.comparisons > 0 {
        chance.add_bound(search.comparisons);
        return Ok(chance);
    }
    outcomes.iter().for_each(|outcomes| chance.add_family(outcomes, &sets));
    chance.scale(families.len() as f64 / outcomes.len().max(1) as f64);
    Ok(chance)
}

/// Above this many combinations the commonest set of loci stands for all.
const MAX_CONVOLUTIONS: usize = 20_000;

fn kinship_chance(search: &ReadySearch, population: &Population) -> Result<ChanceBins> {
    let mut sets = search.probes.locus_sets()?;
    if sets.len() * search.relatives.len() > MAX_CONVOLUTIONS {
        let total: u64 = sets.values().sum();
        if let Some((set, _)) = sets.iter().max_by_key(|(_, count)| **count) {
            sets = LocusSetCounts::from([(*set, total)]);
        }
    }
    let step = (sets.len() * search.relatives.len()).div_ceil(MAX_CONVOLUTIONS).max(1);
    let mut chance = ChanceBins::default();
    for relative in search.relatives.iter().step_by(step) {
        let Some(relation) = relative.kinship.relation() else { continue };
        let profile = search.gallery.profile(relative.segment, relative.row)?;
        chance.add_kinship(&profile, relation, &sets, population);
    }
    let sampled = search.relatives.len().div_ceil(step).max(1);
    chance.scale(search.relatives.len() as f64 / sampled as f64);
    Ok(chance)
}
