//! A comparison of fingerprints explained: each pair of impressions with the minutiae that were paired.
//!
//! Every impression that the score was made of is compared once more by `minutia_pair`'s definition with its evidence.
//! What became of a minutia is given in the codes of ANSI/NIST-ITL 1-2011 field 9.361 (corresponding points): they are
//! proposals of the program by the bounds below, not findings of an examiner.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::account::FinishedRun;
use super::records::Records;
use super::{Check, Convention, Explained, RecordFacts, assert_equal, compared};
use crate::column::hit::Hit;
use crate::domain::finger::{MinutiaKind, PlacedMinutia, Rotation, Template};
use crate::domain::finger_fusion::{FINGER_CORRELATION, best_of_mban, fused_mban};
use crate::domain::finger_record::FingerRecord;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::hits::report::SearchReport;
use crate::kernel::minutia::PrintView;
use crate::kernel::minutia_pair::{self, Evidence, PairScore, quarter_turns};
use crate::language::Message;
use crate::law::finger_purpose::Policy;
use crate::plan::finger_job::{FingerComparator, FingerSearchSpec};
use crate::plan::finger_screen::{Penetration, Screen};
use crate::plan::finger_search::{FingerSides, ReadyFingerSearch, ready_finger};
use crate::plan::finger_side::{FingerPlace, FingerSide, place_of};
use crate::run::finger_compare::{ACROSS_TRIES, Compared, Comparison, Correspondence};
use crate::run::pair;
use crate::score::Millibans;

/// Weight from which a pair of minutiae counts as definite: half of what a pair has that lies exactly and whose
/// neighbourhoods are equal.
pub const DEFINITE_WEIGHT: i32 = 128;

/// Quality below which an unpaired minutia may lie in an unclear area.
pub const UNCLEAR_BELOW_QUALITY: u8 = 30;

/// What became of a minutia, by the codes of ANSI/NIST-ITL 1-2011 field 9.361.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CorrespondenceType {
    /// Definite: paired with at least [`DEFINITE_WEIGHT`].
    #[serde(rename = "D")]
    Definite,
    /// Possible: paired with less.
    #[serde(rename = "P")]
    Possible,
    /// Does not exist in the other impression, which shows the place.
    #[serde(rename = "N")]
    DoesNotExist,
    /// Out of the region that the other impression shows.
    #[serde(rename = "R")]
    OutOfRegion,
    /// Unclear: unpaired where both show the place, and its quality is below [`UNCLEAR_BELOW_QUALITY`].
    #[serde(rename = "U")]
    Unclear,
}

impl CorrespondenceType {
    /// All, in the order of the standard.
    pub const ALL: [CorrespondenceType; 5] = [
        CorrespondenceType::Definite,
        CorrespondenceType::Possible,
        CorrespondenceType::DoesNotExist,
        CorrespondenceType::OutOfRegion,
        CorrespondenceType::Unclear,
    ];

    /// The code of the standard.
    pub const fn code(self) -> &'static str {
        match self {
            CorrespondenceType::Definite => "D",
            CorrespondenceType::Possible => "P",
            CorrespondenceType::DoesNotExist => "N",
            CorrespondenceType::OutOfRegion => "R",
            CorrespondenceType::Unclear => "U",
        }
    }
}

/// One minutia of an impression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MinutiaRow {
    /// To the right, pixels at 500 dpi.
    pub x_px: i16,
    /// Up, pixels at 500 dpi.
    pub y_px: i16,
    /// Direction, degrees counter-clockwise from +x.
    pub direction_deg: f64,
    /// `ending`, `bifurcation` or `other`.
    pub kind: &'static str,
    /// 1 to 100; null where the record gives none.
    pub quality: Option<u8>,
    /// What became of it.
    pub correspondence: CorrespondenceType,
    /// Number of its pair.
    pub pair: Option<u32>,
}

/// Two minutiae paired.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairRow {
    /// Number, from 1, the heaviest pair first.
    pub number: u32,
    /// Place of the probe's in its list.
    pub probe: usize,
    /// Place of the gallery's in its list.
    pub gallery: usize,
    /// What is left between them after alignment, along x of the impression that was laid still, pixels at 500 dpi.
    pub dx_px: f64,
    /// The same along y.
    pub dy_px: f64,
    /// Their distance, pixels at 500 dpi.
    pub distance_px: f64,
    /// What is left between their directions, degrees.
    pub direction_difference_deg: f64,
    /// Weight, 0 to 255.
    pub weight: i32,
    /// `D` or `P`.
    pub correspondence: CorrespondenceType,
}

/// Two impressions compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FingerRow {
    /// Position of the probe's impression.
    pub probe_position: &'static str,
    /// Position of the gallery's impression.
    pub gallery_position: &'static str,
    /// How the probe's impression was taken.
    pub probe_impression: &'static str,
    /// How the gallery's was.
    pub gallery_impression: &'static str,
    /// Similarity of the kernel, 1024 to the factor 2.
    pub similarity: i32,
    /// Evidence of that similarity, millibans.
    pub evidence_mban: i32,
    /// Evidence after the price of several tries, millibans: what `fingers` of the list has.
    pub score_mban: i32,
    /// Whether the evidence lies within what was measured.
    pub is_measured: bool,
    /// Whether it is a part of the score.
    pub is_counted: bool,
    /// Quarter turns by which the probe's impression was turned first.
    pub quarter_turns: usize,
    /// Rotation of the alignment from the probe's impression, so turned, to the gallery's, degrees.
    pub rotation_deg: f64,
    /// Minutiae of the probe's impression.
    pub probe_minutiae: Vec<MinutiaRow>,
    /// Minutiae of the gallery's impression.
    pub gallery_minutiae: Vec<MinutiaRow>,
    /// Minutiae paired.
    pub pairs: Vec<PairRow>,
}

/// A comparison of fingerprints explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FingerExplanation {
    /// How the impressions correspond: the rule of the list.
    pub correspondence: &'static str,
    /// How the score is made of the impressions that count.
    pub score: Message,
    /// Minutiae paired, over all impressions.
    pub minutiae_paired: u32,
    /// The impressions compared.
    pub fingers: Vec<FingerRow>,
}

/// A search of two fingerprint records alone.
pub(super) struct FingerQuestion {
    pub(super) search: ReadyFingerSearch,
    pub(super) records: BTreeMap<String, FingerRecord>,
}

/// The search that an account names; `is_of_marks` where its name does not say how it compares.
///
/// # Errors
/// The program knows no such registers, or the law forbids them.
pub(super) fn spec_of(
    run: &FinishedRun,
    report: &SearchReport,
    is_of_marks: bool,
) -> Result<FingerSearchSpec> {
    let register = |name: &str| {
        let message = format!("this release knows no register {name}");
        Register::parse(name)
            .ok_or_else(|| Error::usage(message, "use the release that made the run"))
    };
    let policy = Policy { across_owners: run.parameters.across_owners };
    let (probe, gallery) = (register(&report.probe_index)?, register(&report.gallery_index)?);
    let mut spec = FingerSearchSpec::new(&report.search, probe, gallery, policy)?;
    spec.triangle = probe == gallery && !report.search.starts_with("search/");
    if is_of_marks {
        spec.comparator = FingerComparator::Marks;
    }
    Ok(spec)
}

/// The bounds of the screen of a search, if its account has them.
pub(super) fn screen_of(report: &SearchReport) -> Option<Screen> {
    serde_json::from_value(report.screen.clone()?).ok()
}

/// The error of an account that does not say what passed its screen.
pub(super) fn no_bounds() -> Error {
    Error::usage(
        "the account of the run does not hold the bounds of its screen",
        "make the run again: accounts of this release hold them",
    )
}

impl FingerQuestion {
    /// The search that `report` is about, with the records `probe` and `gallery` alone.
    ///
    /// # Errors
    /// A record is not in the gallery or may not be shown, or the gallery cannot be read.
    pub(super) fn new(
        records: &Records,
        run: &FinishedRun,
        report: &SearchReport,
        (probe, gallery): (&str, &str),
        is_of_marks: bool,
    ) -> Result<FingerQuestion> {
        let spec = spec_of(run, report, is_of_marks)?;
        let found = records.fingers(&HashSet::from([probe, gallery]))?;
        for id in [probe, gallery] {
            found.get(id).ok_or_else(|| super::dna::not_held(id))?;
        }
        let mut sides = FingerSides::default();
        if spec.triangle {
            sides.by_register.insert(spec.probe, records.finger_side(spec.probe, found.values())?);
        } else {
            let of = |id: &str| found.get(id).into_iter();
            sides.ad_hoc_probes = Some(records.finger_side(spec.probe, of(probe))?);
            sides.by_register.insert(spec.gallery, records.finger_side(spec.gallery, of(gallery))?);
        }
        let device = pair::reference_device()?;
        let mut search =
            ready_finger(&spec, &sides, &run.parameters, Penetration::default(), &device);
        search.threshold = Millibans::from_log10(report.threshold_log10);
        if let Some(screen) = screen_of(report) {
            search.screen = screen;
        }
        Ok(FingerQuestion { search, records: found })
    }

    pub(super) fn record(&self, id: &str) -> Result<&FingerRecord> {
        self.records.get(id).ok_or_else(|| super::dna::not_held(id))
    }

    /// Side and place of a record.
    fn place(&self, id: &str) -> Option<(&FingerSide, &FingerPlace)> {
        let sides = [&self.search.probes, &self.search.gallery];
        sides.into_iter().find_map(|side| {
            let place = side.records.iter().find(|record| side.record_id(record) == id)?;
            Some((&**side, place))
        })
    }

    /// The impression of a record with its template.
    fn print<'q>(&'q self, id: &str, number: usize) -> Option<(PrintView<'q>, &'q Template)> {
        let (side, place) = self.place(id)?;
        let (_, view) = side.prints(place).nth(number)?;
        let segment = side.segment(place);
        let print = *segment.prints_of_record(place.row as usize).get(number)? as usize;
        let template = self.records.get(id)?.templates.get(segment.template_of(print))?;
        Some((view, template))
    }

    /// What a full comparison of two records is made of.
    ///
    /// # Errors
    /// An impression is not that of the record any more.
    pub(super) fn evidence(
        &self,
        (probe, gallery): (&str, &str),
        found: &Comparison,
    ) -> Result<FingerExplanation> {
        let (score, counted) = made_of(found);
        let mut fingers = Vec::new();
        for (number, pair) in found.pairs.iter().enumerate() {
            let prints = self.print(probe, pair.prints.0).zip(self.print(gallery, pair.prints.1));
            let (a, b) = prints.ok_or_else(|| super::dna::not_held(probe))?;
            fingers.push(self.finger((a, b), pair, counted.contains(&number))?);
        }
        Ok(FingerExplanation {
            correspondence: found.correspondence.rule(),
            score,
            minutiae_paired: found.paired(),
            fingers,
        })
    }

    fn finger(
        &self,
        ((a, probe), (b, gallery)): ((PrintView<'_>, &Template), (PrintView<'_>, &Template)),
        pair: &Compared,
        is_counted: bool,
    ) -> Result<FingerRow> {
        let rotation = match self.search.spec.comparator {
            FingerComparator::Positions => Rotation::Upright,
            FingerComparator::Marks => Rotation::Any,
        };
        let turns = quarter_turns(a.to_print());
        let tried = if rotation == Rotation::Any { 4 } else { 1 };
        let of_turn = |turn: usize| minutia_pair::evidence(turns[turn].view(), b);
        let best = (0..tried).map(|turn| (turn, of_turn(turn)));
        let best = best.max_by_key(|(turn, e)| (e.score.similarity, e.score.paired, tried - turn));
        let (turn, evidence) = best.unwrap_or_default();
        let expected = PairScore { similarity: pair.similarity, paired: pair.paired };
        if evidence.score != expected {
            let rule = format!(
                "{} and {}: {} with its evidence, {} without",
                pair.probe, pair.gallery, evidence.score.similarity, expected.similarity
            );
            let path = std::path::Path::new(minutia_pair::SPEC.name);
            return Err(Error::integrity(
                path,
                rule,
                "this processor or build computes wrongly: report it",
            ));
        }
        let pairs = pair_rows((turns[turn].view(), b), &evidence);
        let of = |print: PrintView<'_>, template, is_probe: bool| {
            minutia_rows(print, template, (&evidence, &pairs), is_probe)
        };
        Ok(FingerRow {
            probe_position: pair.probe.name(),
            gallery_position: pair.gallery.name(),
            probe_impression: probe.impression.name(),
            gallery_impression: gallery.impression.name(),
            similarity: pair.similarity,
            evidence_mban: self.search.scale(rotation).evidence(pair.similarity).score_mban,
            score_mban: pair.score_mban,
            is_measured: pair.is_measured,
            is_counted,
            quarter_turns: turn,
            rotation_deg: degrees(evidence.rotation as i8),
            probe_minutiae: of(a, probe, true)?,
            gallery_minutiae: of(b, gallery, false)?,
            pairs,
        })
    }
}

/// A difference in 1/256 turn as degrees.
fn degrees(turn: i8) -> f64 {
    f64::from(turn) * 360.0 / 256.0
}

/// The pairs, the heaviest first.
fn pair_rows((a, b): (PrintView<'_>, PrintView<'_>), evidence: &Evidence) -> Vec<PairRow> {
    let mut pairs = evidence.pairs.clone();
    pairs.sort_by_key(|pair| (-pair.weight, pair.first, pair.second));
    let row = |(number, pair): (usize, &minutia_pair::Paired)| {
        let (still, mapped) = match evidence.is_second_mapped {
            false => ((b.x[pair.second], b.y[pair.second]), evidence.mapped.get(pair.first)),
            true => ((a.x[pair.first], a.y[pair.first]), evidence.mapped.get(pair.second)),
        };
        let (x, y) = mapped.copied().unwrap_or_default();
        let rest = |still: i16, mapped: i32| f64::from(still) - f64::from(mapped) / 16.0;
        let (dx_px, dy_px) = (rest(still.0, x), rest(still.1, y));
        let expected = a.directions[pair.first].wrapping_add(evidence.rotation);
        let turn = b.directions[pair.second].wrapping_sub(expected) as i8;
        PairRow {
            number: number as u32 + 1,
            probe: pair.first,
            gallery: pair.second,
            dx_px,
            dy_px,
            distance_px: dx_px.hypot(dy_px),
            direction_difference_deg: degrees(turn),
            weight: pair.weight,
            correspondence: match pair.weight >= DEFINITE_WEIGHT {
                true => CorrespondenceType::Definite,
                false => CorrespondenceType::Possible,
            },
        }
    };
    pairs.iter().enumerate().map(row).collect()
}

fn minutia_rows(
    print: PrintView<'_>,
    template: &Template,
    (evidence, pairs): (&Evidence, &[PairRow]),
    is_probe: bool,
) -> Result<Vec<MinutiaRow>> {
    let in_region = evidence.in_region[usize::from(!is_probe)];
    let row = |number: usize| {
        let at = PlacedMinutia {
            x_px: print.x[number],
            y_px: print.y[number],
            direction: print.directions[number],
            quality: print.qualities[number],
        };
        let recorded = template
            .recorded_at(&at)
            .map_err(|e| Error::usage(e.to_string(), "import the record again"))?;
        let kind = match recorded.map(|minutia| minutia.kind) {
            Some(MinutiaKind::Ending) => "ending",
            Some(MinutiaKind::Bifurcation) => "bifurcation",
            _ => "other",
        };
        let of_pair = |pair: &&PairRow| number == if is_probe { pair.probe } else { pair.gallery };
        let pair = pairs.iter().find(of_pair);
        let quality = (at.quality > 0).then_some(at.quality);
        let is_unclear = quality.is_some_and(|quality| quality < UNCLEAR_BELOW_QUALITY);
        let correspondence = match pair {
            Some(pair) => pair.correspondence,
            None if in_region >> number & 1 == 0 => CorrespondenceType::OutOfRegion,
            None if is_unclear => CorrespondenceType::Unclear,
            None => CorrespondenceType::DoesNotExist,
        };
        Ok(MinutiaRow {
            x_px: at.x_px,
            y_px: at.y_px,
            direction_deg: f64::from(at.direction) * 360.0 / 256.0,
            kind,
            quality,
            correspondence,
            pair: pair.map(|pair| pair.number),
        })
    };
    (0..print.len()).map(row).collect()
}

/// How a score is made of its impressions, and which of them count.
fn made_of(found: &Comparison) -> (Message, Vec<usize>) {
    let numbers = |is_counted: &dyn Fn(&Compared) -> bool| -> Vec<usize> {
        let pairs = found.pairs.iter().enumerate();
        pairs.filter(|(_, pair)| is_counted(pair)).map(|(number, _)| number).collect()
    };
    match found.correspondence {
        Correspondence::AnyPosition => {
            let best = numbers(&|pair| pair.score_mban == found.score_mban);
            (Message::new("explain-best-impression"), best.into_iter().take(1).collect())
        }
        Correspondence::Positions => {
            let all = numbers(&|_| true);
            (Message::new("explain-fused").with("count", Message::data(all.len())), all)
        }
        Correspondence::SequenceError => {
            let straight = numbers(&|pair| place_of(pair.probe) == place_of(pair.gallery));
            if sum_of(found, &straight) == found.score_mban && !straight.is_empty() {
                let rest = found.pairs.len() - straight.len();
                let text = Message::new("explain-fused-equal")
                    .with("count", Message::data(straight.len()))
                    .with("rest", Message::data(rest));
                return (text, straight);
            }
            let all = numbers(&|_| true);
            let text = Message::new("explain-fused-across")
                .with("count", Message::data(all.len()))
                .with("tries", Message::data(ACROSS_TRIES));
            (text, all)
        }
    }
}

fn sum_of(found: &Comparison, counted: &[usize]) -> i32 {
    let evidence: Vec<i32> = counted.iter().map(|number| found.pairs[*number].score_mban).collect();
    match found.correspondence {
        Correspondence::AnyPosition => evidence.first().copied().unwrap_or(0),
        _ => fused_mban(&evidence),
    }
}

/// The score that the counted impressions make.
pub(super) fn recomputed(found: &Comparison) -> i32 {
    let (_, counted) = made_of(found);
    let sum = sum_of(found, &counted);
    let is_across = found.correspondence == Correspondence::SequenceError
        && counted.len() == found.pairs.len()
        && sum != found.score_mban;
    if is_across { best_of_mban(sum, ACROSS_TRIES) } else { sum }
}

/// Explains a hit of fingerprints.
///
/// # Errors
/// As [`super::explain`].
pub(super) fn explained(
    records: &Records,
    run: &FinishedRun,
    report: &SearchReport,
    hit: &Hit,
) -> Result<Explained<FingerExplanation>> {
    let ids = (hit.probe_id.as_str(), hit.gallery_id.as_str());
    let is_of_marks = hit.rule == Correspondence::AnyPosition.rule();
    let question = FingerQuestion::new(records, run, report, ids, is_of_marks)?;
    let found = pair::fingers(&question.search, &hit.run_id)?;
    // Without the bounds of the screen other impressions may have been compared than the run did.
    let without_bounds = |error: Error| match screen_of(report) {
        Some(_) => error,
        None => no_bounds(),
    };
    let mut checks = compared(run, hit, found.hits.into_iter().next()).map_err(without_bounds)?;
    let comparison = found.compared.first().cloned();
    let comparison = comparison.ok_or_else(|| super::dna::not_held(ids.0))?;
    checks.push(Check {
        what: Message::new("explain-score-of-fingers"),
        stored: hit.score_mban.to_string(),
        recomputed: recomputed(&comparison).to_string(),
    });
    assert_equal(run, hit, &checks).map_err(without_bounds)?;
    let facts = |id: &str| question.record(id).map(facts_of);
    Ok(Explained {
        probe: facts(ids.0)?,
        gallery: facts(ids.1)?,
        conventions: conventions(run, &question.search),
        evidence: question.evidence(ids, &comparison)?,
        checks,
    })
}

/// What is told of a record beside its impressions.
pub(super) fn facts_of(record: &FingerRecord) -> RecordFacts {
    RecordFacts {
        record_id: record.record_id.clone(),
        category: record.register.name().to_owned(),
        owner: record.owner.clone(),
        registered_on: record.registered_on.to_string(),
        kit: None,
        is_partial: false,
    }
}

fn conventions(run: &FinishedRun, search: &ReadyFingerSearch) -> Vec<Convention> {
    let mut list = Vec::new();
    let mut add = |name: &'static str, value: Message| {
        list.push(Convention { name: Message::new(name), value });
    };
    let versions = run.report.kernels.iter();
    let of_fingers =
        versions.filter(|name| name.starts_with("minutia") || name.starts_with("finger"));
    let of_fingers = of_fingers.cloned().collect::<Vec<_>>().join(", ");
    add("report-run-kernels", of_fingers.into());
    add("explain-positions", Message::new("explain-positions-value"));
    match search.spec.comparator {
        FingerComparator::Positions => {
            add("explain-direction", Message::new("explain-upright"));
            let correlation = Message::data(FINGER_CORRELATION);
            let fusion = Message::new("explain-fusion-fisher").with("correlation", correlation);
            add("explain-fusion", fusion);
        }
        FingerComparator::Marks => {
            add("explain-direction", Message::new("explain-any-direction"));
            add("explain-fusion", Message::new("explain-fusion-best"));
        }
    }
    let codes = Message::new("explain-codes-value")
        .with("definite", Message::data(DEFINITE_WEIGHT))
        .with("unclear", Message::data(UNCLEAR_BELOW_QUALITY));
    add("explain-codes", codes);
    list
}
