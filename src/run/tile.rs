//! One tile: screen by kernel, rescore the survivors exactly, make hits. A pure function of the
//! search and the tile; an overflow redoes the tile in halves, and nothing is dropped.

use std::borrow::Cow;

use crate::column::hit::{DnaEvidence, Hit};
use crate::device::{Device, DeviceError};
use crate::domain::category::Index;
use crate::domain::dna::Profile;
use crate::domain::identity::IdentityScore;
use crate::domain::likelihood::{Population, log10_product};
use crate::domain::relation::Relation;
use crate::domain::rule_set::SearchKind;
use crate::domain::stringency::{Agreement as Counts, compare};
use crate::error::{Error, Result};
use crate::gallery::segment::Segment;
use crate::hits::histogram::Histogram;
use crate::ident::hit_id;
use crate::kernel::{Overflow, Survivor, Window, kin_screen, str_screen};
use crate::limits::MAX_SURVIVORS_PER_TILE;
use crate::plan::census::TypedRelative;
use crate::plan::delta::Old;
use crate::plan::job::{Comparator, Parameters};
use crate::plan::join::{Join, Place};
use crate::plan::rule_screen::RuleScreen;
use crate::plan::search::ReadySearch;
use crate::plan::tile::{Part, Tile};
use crate::score::Millibans;

/// Kind of device that computes the score of a hit, whichever screened the pair.
pub(super) const SCORED_BY: &str = "cpu";

/// Version of the exact comparators; part of a hit's identity.
const COMPARATOR_VERSION: u32 = 1;

/// What every tile of a search shares.
pub(super) struct TileContext<'a> {
    pub(super) search: &'a ReadySearch,
    pub(super) parameters: &'a Parameters,
    pub(super) population: &'a Population<'a>,
    /// The join of an N:N search that is done so.
    pub(super) join: Option<&'a Join>,
    pub(super) device: Device,
    pub(super) run_id: &'a str,
}

/// What a tile brings.
#[derive(Debug, Default)]
pub(super) struct TileOutput {
    pub(super) comparisons: u64,
    pub(super) survivors: u64,
    pub(super) written: u64,
    pub(super) splits: u64,
    /// Pairs of fingerprint records that passed the stages of their screen.
    pub(super) stages: Stages,
    pub(super) histogram: Histogram,
    pub(super) hits: Vec<Hit>,
}

/// Pairs that passed the first two stages of a screen of fingerprints.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stages {
    pub(super) first_fingers: u64,
    pub(super) all_fingers: u64,
}

impl TileOutput {
    /// Adds what another tile, or half of this one, brought.
    pub(super) fn merge(&mut self, part: TileOutput) {
        self.comparisons += part.comparisons;
        self.survivors += part.survivors;
        self.written += part.written;
        self.splits += part.splits;
        self.stages.first_fingers += part.stages.first_fingers;
        self.stages.all_fingers += part.stages.all_fingers;
        self.histogram.merge(&part.histogram);
        self.hits.extend(part.hits);
    }
}

/// Runs `tile`, in halves if its survivors overflow.
pub(super) fn run_tile(context: &TileContext, tile: &Tile) -> Result<TileOutput> {
    run_within(context, tile, MAX_SURVIVORS_PER_TILE)
}

fn run_within(context: &TileContext, tile: &Tile, capacity: usize) -> Result<TileOutput> {
    let attempt = match context.search.spec.comparator {
        Comparator::Identity { kind } => match (tile.part, context.join) {
            (Part::Rows, _) | (_, None) => identity(context, tile, kind, None, capacity)?,
            (Part::Pool, join) => identity(context, tile, kind, join, capacity)?,
            (Part::Keyed, Some(join)) => {
                super::join_tile::keyed(context, join, tile, kind, capacity)?
            }
        },
        Comparator::Kinship if !context.search.is_by_genotype => kinship(context, tile, capacity)?,
        Comparator::Kinship | Comparator::Pedigree => {
            super::family_tile::by_genotype(context, tile, capacity)?
        }
    };
    if let Ok(mut output) = attempt {
        output.written = output.hits.len() as u64;
        return Ok(output);
    }
    let Some(halves) = tile.halves() else {
        return Err(Error::Limit {
            what: "the number of survivors of a single pair".into(),
            limit: capacity as u64,
            help: "report this; a pair survives at most once".into(),
        });
    };
    let mut sum = TileOutput { splits: 1, ..TileOutput::default() };
    for half in halves {
        sum.merge(run_within(context, &half, capacity)?);
    }
    Ok(sum)
}

/// Probes of a tile of identity: their places, and the first row each is compared with. Those of a pool are
/// everybody's; of two records of the pool the later one is the row.
fn asked(context: &TileContext, tile: &Tile, pool: Option<&Join>) -> Vec<(Place, usize)> {
    match pool {
        Some(join) => {
            join.pool[tile.probes.clone()].iter().map(|place| (*place, tile.rows.start)).collect()
        }
        None => {
            let alive = &context.search.probes.alive[tile.probe_segment];
            let first = |probe| tile.first_row(probe).min(tile.rows.end);
            let living = tile.probes.clone().filter(|probe| alive[*probe]);
            let living = living
                .filter(|probe| new_rows(context, tile, *probe, first(*probe)..tile.rows.end) > 0);
            let place = |probe| (tile.probe_segment as u32, probe as u32);
            living.map(|probe| (place(probe), first(probe))).collect()
        }
    }
}

/// Living rows of the tile that a probe is compared with: all, or the new ones where the probe is old.
fn new_rows(context: &TileContext, tile: &Tile, probe: usize, rows: std::ops::Range<usize>) -> u64 {
    let search = context.search;
    let living = search.gallery.living_within(tile.gallery_segment, rows.clone());
    match &search.old {
        Some(old) if old.probes.is_old(tile.probe_segment, probe) => {
            living - old.gallery.within(tile.gallery_segment, rows)
        }
        _ => living,
    }
}

/// Screens the probes of `tile`, or those of the pool of a join, with its rows.
fn identity(
    context: &TileContext,
    tile: &Tile,
    kind: SearchKind,
    pool: Option<&Join>,
    capacity: usize,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    let (search, rules) = (context.search, &context.parameters.rules);
    let gallery = &search.gallery.segments[tile.gallery_segment];
    let alive_rows = &search.gallery.alive[tile.gallery_segment];
    let place_of = |row: usize| (tile.gallery_segment as u32, row as u32);
    let mut output = TileOutput::default();
    let asked = asked(context, tile, pool);
    let mut profiles = Vec::new();
    let mut queries = Vec::new();
    let mut windows = Vec::new();
    let mut screen = RuleScreen::new(rules, kind, gallery.map());
    for (place, first_row) in &asked {
        let profile = search.probes.profile(place.0 as usize, place.1 as usize)?;
        queries.push(screen.compile(&profile));
        windows.push(Window { first_row: *first_row as u32, end_row: tile.rows.end as u32 });
        let rows = *first_row..tile.rows.end;
        output.comparisons += match pool {
            Some(join) => {
                search.gallery.living_within(tile.gallery_segment, rows.clone())
                    - join.pooled_up_to(*place, place_of(0).0, rows)
            }
            None => new_rows(context, tile, place.1 as usize, rows),
        };
        profiles.push(Read::new(context, search.spec.probe, profile));
    }
    let params = screen.params();
    let witness = witness(tile, (gallery, alive_rows))?;
    if let Some((window, profile)) = &witness {
        queries.push(str_screen::Query::compile(gallery.map(), profile));
        windows.push(*window);
    }
    let view = gallery.view()?;
    let room = capacity.saturating_add(1);
    let mut survivors = match context.device.str_screen(&params, &queries, &windows, view, room) {
        Ok(survivors) => survivors,
        Err(error) => return unanswered(&context.device, &error),
    };
    let one = |q: usize, w| str_screen::reference(&params, &queries[q..=q], &[w], view, 1);
    spot_check(&context.device, gallery, &windows, &survivors, one)?;
    survivors.retain(|survivor| (survivor.probe as usize) < asked.len());
    let rewritten = &search.rewritten[tile.gallery_segment];
    let pairs = unscreened(&windows[..asked.len()], rewritten, survivors, capacity);
    let Ok(pairs) = pairs else { return Ok(Err(Overflow { capacity })) };
    for (number, row) in pairs.into_iter().filter(|(_, row)| alive_rows[*row as usize]) {
        let (number, row) = (number as usize, row as usize);
        let (place, _) = asked[number];
        if place_of(row) <= place && pool.is_some_and(|join| join.is_pooled(place_of(row))) {
            continue;
        }
        let is_compared = |old: &Old| {
            old.probes.is_old(place.0 as usize, place.1 as usize)
                && old.gallery.is_old(tile.gallery_segment, row)
        };
        if search.old.as_ref().is_some_and(is_compared) {
            continue;
        }
        let probe = (&*search.probes.segments[place.0 as usize], place.1 as usize);
        let pair = Pair { probe, gallery: (gallery, row), relative: None };
        // An ad-hoc probe may be a record of the gallery: it does not hit itself.
        if probe.0.record_id(probe.1) == gallery.record_id(row) {
            output.comparisons -= 1;
            continue;
        }
        let candidate = Read::new(context, search.spec.gallery, gallery.profile(row)?);
        let read = (&profiles[number], &candidate);
        let population = context.population;
        let exact = population.identity_score(&read.0.profile, &read.1.profile, rules, kind);
        // How many loci the screen omits depends on the tile; what counts as passing must not.
        if exact.agreement.compared < rules.least_loci {
            continue;
        }
        output.survivors += 1;
        output.histogram.add(Millibans::from_log10(exact.score_log10));
        output.hits.extend(identity_hit(context, &pair, read, &exact));
    }
    Ok(Ok(output))
}

/// A profile as the rules read it.
pub(super) struct Read {
    pub(super) profile: Profile,
    is_included: bool,
}

impl Read {
    pub(super) fn new(context: &TileContext, index: Index, typed: Profile) -> Read {
        let rules = &context.parameters.rules;
        let is_included = rules.includes(index, &typed);
        let rewritten = match rules.read_profile(&typed) {
            Cow::Owned(profile) => Some(profile),
            Cow::Borrowed(_) => None,
        };
        Read { profile: rewritten.unwrap_or(typed), is_included }
    }
}

/// The pairs to compare exactly, as probe and row: those that passed the screen, and those of rows that no
/// screen may judge.
fn unscreened(
    windows: &[Window],
    rewritten: &[u32],
    survivors: Vec<Survivor>,
    capacity: usize,
) -> std::result::Result<Vec<(u32, u32)>, Overflow> {
    let mut pairs: Vec<(u32, u32)> = survivors.iter().map(|s| (s.probe, s.row)).collect();
    for (probe, window) in windows.iter().enumerate() {
        let first = rewritten.partition_point(|row| *row < window.first_row);
        let apart = rewritten[first..].iter().take_while(|row| **row < window.end_row);
        pairs.extend(apart.map(|row| (probe as u32, *row)));
        if pairs.len() > capacity {
            return Err(Overflow { capacity });
        }
    }
    if pairs.len() > capacity {
        return Err(Overflow { capacity });
    }
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// A living record of the scanned rows and the window of it alone: the last probe of a tile. It finds itself, so a device that finds nothing at all is seen.
fn witness(
    tile: &Tile,
    (scanned, alive): (&Segment, &[bool]),
) -> Result<Option<(Window, Profile)>> {
    let middle = tile.rows.start + tile.rows.len() / 2;
    let Some(row) = (middle..tile.rows.end).find(|row| alive[*row]) else { return Ok(None) };
    let window = Window { first_row: row as u32, end_row: row as u32 + 1 };
    Ok(Some((window, scanned.profile(row)?)))
}

/// Pairs of a tile that the scalar reference answers again.
const SPOT_CHECKS: u64 = 4;

/// Compares the device's answer with the reference on a few pairs spread over the tile, on one survivor, and
/// on the first row of the last probe, which is the witness. A device that answers wrongly must not write
/// a hit list.
pub(super) fn spot_check(
    device: &Device,
    scanned: &Segment,
    windows: &[Window],
    survivors: &[Survivor],
    reference: impl Fn(usize, Window) -> std::result::Result<Vec<Survivor>, Overflow>,
) -> Result<()> {
    let spread = (0..SPOT_CHECKS).filter_map(|number| {
        let probe = (number as usize * 7919 + survivors.len()) % windows.len().max(1);
        let window = windows.get(probe)?;
        let rows = window.end_row.checked_sub(window.first_row).filter(|rows| *rows > 0)?;
        Some((probe as u32, window.first_row + (number as u32).wrapping_mul(2_654_435_761) % rows))
    });
    let found = survivors.get(survivors.len() / 2).map(|s| (s.probe, s.row));
    let last = windows.last().map(|window| (windows.len() as u32 - 1, window.first_row));
    for (probe, row) in spread.chain(found).chain(last) {
        let window = Window { first_row: row, end_row: row + 1 };
        let expected = reference(probe as usize, window).unwrap_or_default();
        let expected = expected.first().map(|s| s.value);
        let place = survivors.binary_search_by_key(&(probe, row), |s| (s.probe, s.row));
        let answered = place.ok().map(|place| survivors[place].value);
        if answered != expected {
            let record = scanned.record_id(row as usize);
            return Err(answers_wrongly(
                device,
                format!("record {record}: it answers {answered:?}, the reference {expected:?}"),
            ));
        }
    }
    Ok(())
}

/// What becomes of a tile whose question a device did not answer: it is to be cut, or the device has failed.
pub(super) fn unanswered(
    device: &Device,
    error: &DeviceError,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    error.overflow().map_or_else(|| Err(failed(device, error)), |overflow| Ok(Err(overflow)))
}

/// The error of a device that failed. One that lacks memory for a tile may do the next.
pub(super) fn failed(device: &Device, fault: &DeviceError) -> Error {
    Error::Device {
        device: device.to_string(),
        fault: fault.to_string(),
        is_final: !fault.lacks_memory(),
        help: DEVICE_HELP.into(),
    }
}

/// What to do about a device that fails.
const DEVICE_HELP: &str = "run again with --device cpu, or without --require-gpu";

/// The error of a device that answers otherwise than the reference: of the processor the end of the run, of
/// another one the end of its part in it.
pub(super) fn answers_wrongly(device: &Device, what: String) -> Error {
    if device.is_gpu() {
        return Error::Device {
            device: device.to_string(),
            fault: what,
            is_final: true,
            help: DEVICE_HELP.into(),
        };
    }
    Error::integrity(
        std::path::Path::new(&device.to_string()),
        what,
        "this processor computes wrongly; run again with TANBA_SIMD=scalar and report it",
    )
}

/// Two records that a hit is about.
pub(super) struct Pair<'a> {
    pub(super) probe: (&'a Segment, usize),
    pub(super) gallery: (&'a Segment, usize),
    /// The relative, and with it the family.
    pub(super) relative: Option<&'a TypedRelative>,
}

/// What a comparison found.
pub(super) struct Scored {
    pub(super) counts: Counts,
    pub(super) score: Millibans,
    pub(super) log10_lr: f64,
    pub(super) excluding: u32,
    pub(super) relation: &'static str,
    /// Class under the rules, in searches of identity.
    pub(super) rule_class: Option<&'static str>,
}

/// The hit of a pair that passed the screen, if it is one; its score is counted in any case.
pub(super) fn identity_hit(
    context: &TileContext,
    pair: &Pair,
    (probe, candidate): (&Read, &Read),
    exact: &IdentityScore,
) -> Option<Hit> {
    let rules = &context.parameters.rules;
    // The screen reads calls outside the ladder as wildcards; the exact rule does not.
    let satisfied = rules.is_satisfied(exact)
        && probe.is_included
        && candidate.is_included
        && exact.score_log10 >= context.search.threshold_log10;
    satisfied.then(|| {
        let scored = Scored {
            counts: exact.agreement,
            score: Millibans::from_log10(exact.score_log10),
            log10_lr: exact.log10_lr,
            excluding: exact.failing,
            relation: "MZ",
            rule_class: Some(rules.classes.class(exact)),
        };
        hit(context, pair, &scored)
    })
}

/// Living bodies of the tile that a relative or family is asked of: all, or the new ones where it is old.
pub(super) fn new_bodies(context: &TileContext, tile: &Tile, number: usize) -> u64 {
    let search = context.search;
    let living = search.probes.living_within(tile.gallery_segment, tile.rows.clone());
    match &search.old {
        Some(old) if old.asked[number] => {
            living - old.probes.within(tile.gallery_segment, tile.rows.clone())
        }
        _ => living,
    }
}

/// Whether an earlier run asked this relative or family of this body.
pub(super) fn was_asked(context: &TileContext, tile: &Tile, number: usize, row: usize) -> bool {
    let old = context.search.old.as_ref();
    old.is_some_and(|old| old.asked[number] && old.probes.is_old(tile.gallery_segment, row))
}

fn kinship(
    context: &TileContext,
    tile: &Tile,
    capacity: usize,
) -> Result<std::result::Result<TileOutput, Overflow>> {
    let search = context.search;
    let bodies = &search.probes.segments[tile.gallery_segment];
    let alive_bodies = &search.probes.alive[tile.gallery_segment];
    let mut output = TileOutput::default();
    let mut queries = Vec::new();
    let mut profiles = Vec::new();
    let mut relatives = Vec::new();
    for (number, relative) in tile.probes.clone().zip(&search.relatives[tile.probes.clone()]) {
        let Some(relation) = relative.kinship.relation() else { continue };
        let bodies_asked = new_bodies(context, tile, number);
        if bodies_asked == 0 {
            continue;
        }
        output.comparisons += bodies_asked;
        let profile = search.gallery.profile(relative.segment, relative.row)?;
        let query =
            kin_screen::KinQuery::compile(bodies.map(), &profile, relation, context.population);
        queries.push(query);
        profiles.push(profile);
        relatives.push((relative, relation, number));
    }
    let window = Window { first_row: tile.rows.start as u32, end_row: tile.rows.end as u32 };
    let mut windows = vec![window; queries.len()];
    if let Some((window, profile)) = witness(tile, (bodies, alive_bodies))? {
        let siblings = Relation::FullSiblings;
        queries.push(kin_screen::KinQuery::compile(
            bodies.map(),
            &profile,
            siblings,
            context.population,
        ));
        windows.push(window);
    }
    let params = kin_screen::Params { threshold_log10: search.threshold_log10 };
    let view = bodies.view()?;
    let room = capacity.saturating_add(1);
    let mut survivors: Vec<Survivor> =
        match context.device.kin_screen(&params, &queries, &windows, view, room) {
            Ok(survivors) => survivors,
            Err(error) => return unanswered(&context.device, &error),
        };
    let one = |q: usize, w| kin_screen::reference(&params, &queries[q..=q], &[w], view, 1);
    spot_check(&context.device, bodies, &windows, &survivors, one)?;
    survivors.retain(|survivor| (survivor.probe as usize) < relatives.len());
    if survivors.len() > capacity {
        return Ok(Err(Overflow { capacity }));
    }
    for survivor in survivors.iter().filter(|s| alive_bodies[s.row as usize]) {
        let (place, row) = (survivor.probe as usize, survivor.row as usize);
        let (relative, relation, number) = relatives[place];
        if was_asked(context, tile, number, row) {
            continue;
        }
        output.survivors += 1;
        let body = bodies.profile(row)?;
        let ratios = context.population.locus_ratios(&profiles[place], &body, relation);
        let log10_lr = log10_product(ratios.iter().map(|(_, ratio)| *ratio));
        let score = Millibans::from_log10(log10_lr);
        output.histogram.add(score);
        if log10_lr >= search.threshold_log10
            && ratios.len() >= context.parameters.min_loci as usize
        {
            let scored = Scored {
                counts: compare(&profiles[place], &body),
                score,
                log10_lr,
                excluding: ratios.iter().filter(|(_, ratio)| *ratio == 0.0).count() as u32,
                relation: relation.code(),
                rule_class: None,
            };
            let segment = &search.gallery.segments[relative.segment];
            let pair = Pair {
                probe: (bodies, row),
                gallery: (segment, relative.row),
                relative: Some(relative),
            };
            output.hits.push(hit(context, &pair, &scored));
        }
    }
    Ok(Ok(output))
}

/// The hit of a pair.
pub(super) fn hit(context: &TileContext, pair: &Pair, scored: &Scored) -> Hit {
    let spec = &context.search.spec;
    let (mut probe, mut gallery) = (pair.probe, pair.gallery);
    // In an N:N search the lower id is the probe, however the records are stored.
    if spec.triangle && probe.0.record_id(probe.1) > gallery.0.record_id(gallery.1) {
        std::mem::swap(&mut probe, &mut gallery);
    }
    let (probe_id, gallery_id) = (probe.0.record_id(probe.1), gallery.0.record_id(gallery.1));
    // The side of the gallery knows every status; that of ad-hoc probes knows none.
    let person = |(segment, row): (&Segment, usize)| {
        context.search.gallery.shown_person(segment, row).map(str::to_owned)
    };
    let family = pair.relative.map(|r| r.family_id.clone());
    let comparator = match spec.comparator {
        Comparator::Identity { .. } => "str-identity",
        Comparator::Kinship => "str-kinship",
        Comparator::Pedigree => "str-pedigree",
    };
    Hit {
        hit_id: hit_id(
            comparator,
            COMPARATOR_VERSION,
            probe_id,
            gallery_id,
            family.as_deref().unwrap_or(""),
        ),
        run_id: context.run_id.to_owned(),
        search: spec.name.clone(),
        modality: "dna".into(),
        probe_id: probe_id.to_owned(),
        probe_person: person(probe),
        probe_index: spec.probe.name().into(),
        gallery_id: gallery_id.to_owned(),
        gallery_person: person(gallery),
        gallery_index: spec.gallery.name().into(),
        rank: 0,
        score_mban: scored.score.0,
        expected_chance_hits: context.search.expected_chance_hits_at(scored.score.to_log10()),
        calibration: "model".into(),
        rule: spec.rule(context.parameters),
        family_id: family,
        kinship: pair.relative.map(|r| r.kinship.name().to_owned()),
        posterior: None,
        purpose: spec.purpose.article.into(),
        new_since: probe.0.entry().generation.max(gallery.0.entry().generation),
        dna: Some(DnaEvidence {
            log10_lr: scored.log10_lr,
            rule_class: scored.rule_class.map(str::to_owned),
            loci_compared: scored.counts.compared,
            loci_full: scored.counts.high,
            loci_partial: scored.counts.low - scored.counts.high,
            loci_mismatched: scored.counts.compared - scored.counts.low,
            loci_excluding: scored.excluding,
            relation: scored.relation.into(),
            frequencies: context.parameters.frequencies.clone(),
            theta: context.parameters.theta,
        }),
        finger: None,
        lineage: None,
        device: SCORED_BY.into(),
    }
}

#[cfg(test)]
#[path = "tile_tests.rs"]
mod tests;
