//! Two fingerprint records compared in full: every finger they share, or one mark with every finger.
//!
//! Each pair of impressions is scored by `minutia_pair` and calibrated to -log10 of its false match rate;
//! the fingers are fused ([`crate::domain::finger_fusion`]). A finger that is missing, amputated or
//! bandaged has no impression and is not compared. Of several views of a finger the best counts, at the
//! price of the number of tries. Palms are compared with the same part of a palm.
//!
//! When some fingers agree strongly and others do not agree at all, those others are compared across
//! positions: a finger may have been recorded at another's place, or a hand at the other's.

use crate::column::hit::FingerPair;
use crate::device::cpu::CpuDevice;
use crate::domain::calibration::Scale;
use crate::domain::finger::{Position, Rotation};
use crate::domain::finger_fusion::{best_of_mban, fused_mban};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_pair::{PairScore, quarter_turns};
use crate::plan::finger_side::{mirror, place_of};

/// Version of the comparison of records; part of a hit's identity.
///
/// 2: a slap is priced as the number of fingers it shows.
pub const COMPARISON_VERSION: u32 = 2;

/// Evidence below which two impressions of one position contradict that they are of one finger.
const CONTRADICTS_MBAN: i32 = 1500;

/// Evidence, after the price of the tries, from which a finger counts as found at another position.
const MISPLACED_MBAN: i32 = 3000;

/// Tries by which a comparison with the hands exchanged is priced: one pair of records in ten at most
/// would have to be looked at that way.
pub const ACROSS_TRIES: usize = 10;

/// One impression and where it is said to come from.
pub type Placed<'a> = (Position, PrintView<'a>);

/// A print of unknown direction in its four quarter turns.
pub type Turned = (Position, [Print; 4]);

/// How the impressions of two records correspond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correspondence {
    /// Equal positions.
    Positions,
    /// At least one finger was found at another position.
    SequenceError,
    /// One side does not know the position.
    AnyPosition,
}

impl Correspondence {
    /// The rule, as a hit states it.
    pub const fn rule(self) -> &'static str {
        match self {
            Correspondence::Positions => "equal positions",
            Correspondence::SequenceError => "sequence error",
            Correspondence::AnyPosition => "any position",
        }
    }
}

/// Two impressions compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// Position of the probe's impression.
    pub probe: Position,
    /// Position of the gallery's impression.
    pub gallery: Position,
    /// Places of the two impressions among those of their records.
    pub prints: (usize, usize),
    /// Calibrated evidence, after the price of several tries.
    pub score_mban: i32,
    /// Similarity of the kernel.
    pub similarity: i32,
    /// Minutiae paired.
    pub paired: u32,
    /// Whether the evidence is within what was measured.
    pub is_measured: bool,
}

/// Two records compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// -log10 of the rate at which records of different persons reach this, millibans.
    pub score_mban: i32,
    /// Whether that rate is measured, not extrapolated.
    pub is_measured: bool,
    /// How the impressions correspond.
    pub correspondence: Correspondence,
    /// The impressions compared.
    pub pairs: Vec<Compared>,
}

impl Comparison {
    fn nothing(correspondence: Correspondence) -> Comparison {
        Comparison { score_mban: 0, is_measured: true, correspondence, pairs: Vec::new() }
    }

    /// Minutiae paired, over all impressions compared.
    pub fn paired(&self) -> u32 {
        self.pairs.iter().map(|pair| pair.paired).sum()
    }

    /// The impressions compared as a hit lists them.
    pub fn fingers(&self) -> Vec<FingerPair> {
        let mut fingers: Vec<FingerPair> = self
            .pairs
            .iter()
            .map(|pair| FingerPair {
                probe_position: pair.probe.code(),
                gallery_position: pair.gallery.code(),
                score_mban: pair.score_mban,
            })
            .collect();
        fingers.sort_unstable();
        fingers
    }

    /// How the rate is known, as a hit states it.
    pub fn calibration(&self) -> &'static str {
        if self.is_measured { "measured" } else { "extrapolated" }
    }

    /// The same comparison with the sides exchanged.
    pub fn swapped(mut self) -> Comparison {
        for pair in &mut self.pairs {
            std::mem::swap(&mut pair.probe, &mut pair.gallery);
            std::mem::swap(&mut pair.prints.0, &mut pair.prints.1);
        }
        self
    }
}

/// How similar two impressions are, by their places in the lists of either side.
///
/// Why a function: the processor compares when it is asked; what a card compared is looked up.
pub(super) type Similarity<'s> = &'s dyn Fn(usize, usize) -> PairScore;

/// The similarity of impressions by the processor.
pub(super) fn on_processor<'s>(
    device: &'s CpuDevice,
    rotation: Rotation,
    (a, b): (&'s [Placed<'s>], &'s [Placed<'s>]),
) -> impl Fn(usize, usize) -> PairScore + 's {
    move |i, j| match rotation {
        Rotation::Upright => device.minutia_pair(a[i].1, b[j].1),
        Rotation::Any => device.minutia_pair_best_turn(&quarter_turns(a[i].1.to_print()), b[j].1),
    }
}

/// The similarity of marks, which are in four turns, and impressions by the processor.
pub(super) fn of_marks_on_processor<'s>(
    device: &'s CpuDevice,
    (marks, rotation): (&'s [Turned], Rotation),
    prints: &'s [Placed<'s>],
) -> impl Fn(usize, usize) -> PairScore + 's {
    move |i, j| match rotation {
        Rotation::Upright => device.minutia_pair(marks[i].1[0].view(), prints[j].1),
        Rotation::Any => device.minutia_pair_best_turn(&marks[i].1, prints[j].1),
    }
}

fn of_score(
    (probe, gallery): (Position, Position),
    prints: (usize, usize),
    PairScore { similarity, paired }: PairScore,
    scale: Scale<'_>,
    tries: usize,
) -> Compared {
    let evidence = scale.evidence(similarity);
    Compared {
        probe,
        gallery,
        prints,
        score_mban: best_of_mban(evidence.score_mban, tries),
        similarity,
        paired,
        is_measured: evidence.is_measured,
    }
}

/// Which impressions of `prints` are compared at `place`.
fn at(prints: &[Placed<'_>], place: u8) -> impl Iterator<Item = usize> + Clone {
    let is_there =
        move |(_, (position, _)): &(usize, &Placed<'_>)| place_of(*position) == Some(place);
    prints.iter().enumerate().filter(is_there).map(|(number, _)| number)
}

/// The best pair of the impressions of `a` at one place and of `b` at another.
fn best_at(
    similarity: Similarity<'_>,
    scale: Scale<'_>,
    (a, place): (&[Placed<'_>], u8),
    (b, other): (&[Placed<'_>], u8),
) -> Option<Compared> {
    let tries = at(a, place).count() * at(b, other).count();
    at(a, place)
        .flat_map(|i| at(b, other).map(move |j| (i, j)))
        .map(|(i, j)| of_score((a[i].0, b[j].0), (i, j), similarity(i, j), scale, tries))
        .max_by_key(|pair| (pair.similarity, pair.paired))
}

fn places(prints: &[Placed<'_>]) -> Vec<u8> {
    let mut places: Vec<u8> = prints.iter().filter_map(|(p, _)| place_of(*p)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn fused(correspondence: Correspondence, pairs: Vec<Compared>, tries: usize) -> Comparison {
    let evidence: Vec<i32> = pairs.iter().map(|pair| pair.score_mban).collect();
    Comparison {
        score_mban: best_of_mban(fused_mban(&evidence), tries),
        // The product of several rates is never measured: too few persons were compared.
        is_measured: pairs.len() <= 1 && pairs.iter().all(|pair| pair.is_measured),
        correspondence,
        pairs,
    }
}

/// Compares equal positions.
pub(super) fn by_position(
    similarity: Similarity<'_>,
    scale: Scale<'_>,
    (a, b): (&[Placed<'_>], &[Placed<'_>]),
) -> Comparison {
    let at_place = |place| best_at(similarity, scale, (a, place), (b, place));
    let pairs = places(a).into_iter().filter_map(at_place);
    fused(Correspondence::Positions, pairs.collect(), 1)
}

/// Compares each finger with the same finger of the other hand: one record may have them exchanged.
pub(super) fn across_hands(
    similarity: Similarity<'_>,
    scale: Scale<'_>,
    (a, b): (&[Placed<'_>], &[Placed<'_>]),
) -> Comparison {
    let fingers = places(a).into_iter().filter(|place| *place <= 10);
    let at_mirror = |place| best_at(similarity, scale, (a, place), (b, mirror(place)));
    let pairs = fingers.filter_map(at_mirror);
    fused(Correspondence::SequenceError, pairs.collect(), ACROSS_TRIES)
}

/// Looks for fingers recorded at each other's places among those that contradict in `found`, a comparison
/// by position; what is found is added to its list and marks it. The score stays that of the positions.
pub(super) fn look_for_misplaced(
    similarity: Similarity<'_>,
    scale: Scale<'_>,
    (a, b): (&[Placed<'_>], &[Placed<'_>]),
    found: &mut Comparison,
) {
    let agrees = |place: u8| {
        let of_place = |pair: &&Compared| place_of(pair.probe) == Some(place);
        found.pairs.iter().find(of_place).map(|pair| pair.score_mban >= CONTRADICTS_MBAN)
    };
    let doubtful = |prints: &[Placed<'_>]| -> Vec<u8> {
        let fingers = places(prints).into_iter().filter(|place| *place <= 10);
        fingers.filter(|place| agrees(*place) != Some(true)).collect()
    };
    let (rows, columns) = (doubtful(a), doubtful(b));
    if !rows.iter().any(|place| agrees(*place) == Some(false)) {
        return;
    }
    let tries = rows.len() * columns.len();
    let mut candidates: Vec<Compared> = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| (*row, *column)))
        .filter(|(row, column)| row != column)
        .filter_map(|(row, column)| best_at(similarity, scale, (a, row), (b, column)))
        .map(|pair| Compared { score_mban: best_of_mban(pair.score_mban, tries), ..pair })
        .filter(|pair| pair.score_mban >= MISPLACED_MBAN)
        .collect();
    candidates.sort_by_key(|c| (std::cmp::Reverse(c.score_mban), c.probe, c.gallery));
    let mut taken: Vec<Compared> = Vec::new();
    for candidate in candidates {
        let is_free =
            |other: &Compared| other.probe != candidate.probe && other.gallery != candidate.gallery;
        if taken.iter().all(is_free) {
            taken.push(candidate);
        }
    }
    if !taken.is_empty() {
        found.correspondence = Correspondence::SequenceError;
        found.pairs.extend(taken);
    }
}

/// Two records or files compared as they are: by position if they have one in common, across the hands if
/// that says more, with a look for misplaced fingers where they agree at `threshold_mban`. Two single
/// impressions are compared with each other whatever they are said to be.
pub fn records(
    device: &CpuDevice,
    (a, b): (&[Placed<'_>], &[Placed<'_>]),
    scale: Scale<'_>,
    threshold_mban: i32,
) -> Comparison {
    let has_common = places(a).iter().any(|place| at(b, *place).next().is_some());
    if a.len() == 1 && b.len() == 1 || !has_common {
        let turned = |(position, view): &Placed<'_>| (*position, quarter_turns(view.to_print()));
        let marks: Vec<Turned> = a.iter().map(turned).collect();
        let similarity = of_marks_on_processor(device, (&marks, scale.rotation), b);
        return any_position(&similarity, (&marks, scale), b, |_, _| true);
    }
    let similarity = on_processor(device, scale.rotation, (a, b));
    let mut straight = by_position(&similarity, scale, (a, b));
    if straight.score_mban >= threshold_mban {
        look_for_misplaced(&similarity, scale, (a, b), &mut straight);
        return straight;
    }
    let across = across_hands(&similarity, scale, (a, b));
    if across.score_mban > straight.score_mban { across } else { straight }
}

/// Whether an impression of `a` can be of the skin that `b` shows: palms and fingers are not compared.
pub fn may_be_same_region(a: Position, b: Position) -> bool {
    let is_of_fingers = |p: Position| p.finger().is_some() || p.is_slap();
    !(a.is_palm() && is_of_fingers(b) || is_of_fingers(a) && b.is_palm())
}

/// Compares marks with impressions whatever their positions: of the pairs that `is_wanted` picks (by place
/// in either list) the best of each mark. The best of all is priced by the number of pairs of fingers that
/// could have been: a slap shows several.
pub(super) fn any_position(
    similarity: Similarity<'_>,
    (marks, scale): (&[Turned], Scale<'_>),
    prints: &[Placed<'_>],
    is_wanted: impl Fn(usize, usize) -> bool,
) -> Comparison {
    let is_single = marks.len() == 1 && prints.len() == 1;
    let may = |mark: &Turned, print: &Placed<'_>| is_single || may_be_same_region(mark.0, print.0);
    let possible =
        marks.iter().flat_map(|m| prints.iter().filter(move |p| may(m, p)).map(move |p| (m, p)));
    let fingers =
        |(mark, print): (&Turned, &Placed<'_>)| mark.0.fingers_shown() * print.0.fingers_shown();
    // The four turns of a pair are not among the tries: the table for any direction holds them.
    let tries = possible.map(fingers).sum();
    let mut best_of_marks = Vec::new();
    for (i, mark) in marks.iter().enumerate() {
        let wanted = prints.iter().enumerate().filter(|(j, p)| may(mark, p) && is_wanted(i, *j));
        let scored = wanted.map(|(j, (position, _))| {
            of_score((mark.0, *position), (i, j), similarity(i, j), scale, tries)
        });
        // The first of equal ones, so that the order of the record decides.
        best_of_marks.extend(scored.reduce(|best, next| {
            let key = |c: &Compared| (c.similarity, c.paired);
            if key(&next) > key(&best) { next } else { best }
        }));
    }
    let best = best_of_marks.iter().copied().max_by_key(|pair| pair.score_mban);
    let Some(best) = best else { return Comparison::nothing(Correspondence::AnyPosition) };
    Comparison {
        score_mban: best.score_mban,
        is_measured: best.is_measured,
        correspondence: Correspondence::AnyPosition,
        pairs: best_of_marks,
    }
}
