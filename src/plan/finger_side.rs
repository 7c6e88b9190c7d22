//! Who takes part in a search of fingerprints: the living records of a register and their impressions by
//! position.
//!
//! Records stand in an order made for screening: those of one set of positions together, and within a
//! set by the number of minutiae of the finger screened first. A block of such records compares the same
//! fingers with the same effort. The order depends on the records alone, not on how they are spread
//! over segments.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::finger::Position;
use crate::domain::register::Register;
use crate::error::Result;
use crate::gallery::finger_segment::FingerSegment;
use crate::gallery::status::StatusTable;
use crate::gallery::{Absence, Gallery, absence, memory};
use crate::kernel::minutia::{Print, PrintView};

use super::census::LeftOut;

/// Positions in the order in which they are screened: index fingers, thumbs, middle and ring fingers,
/// little fingers; then palms, whole before part.
pub const SCREENING_ORDER: [u8; 24] =
    [2, 7, 1, 6, 3, 8, 4, 9, 5, 10, 21, 23, 25, 27, 26, 28, 22, 24, 31, 34, 33, 36, 32, 35];

/// A set of positions that can be compared with themselves: fingers and parts of palms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PositionSet(u64);

impl PositionSet {
    /// Adds the place an impression of `position` is compared at, if it has one.
    pub fn insert(&mut self, position: Position) {
        if let Some(place) = place_of(position) {
            self.0 |= 1 << place;
        }
    }

    /// Positions in both sets.
    pub fn common(self, other: PositionSet) -> PositionSet {
        PositionSet(self.0 & other.0)
    }

    /// The set with the hands exchanged; palms are left out.
    pub fn mirrored(self) -> PositionSet {
        let mut mirrored = PositionSet::default();
        for place in self.fingers() {
            mirrored.0 |= 1 << mirror(place);
        }
        mirrored
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of positions.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it has `place`.
    pub fn contains(self, place: u8) -> bool {
        self.0 >> place & 1 == 1
    }

    /// The places in [`SCREENING_ORDER`].
    pub fn in_order(self) -> impl Iterator<Item = u8> {
        SCREENING_ORDER.into_iter().filter(move |place| self.contains(*place))
    }

    /// The fingers among the places, in [`SCREENING_ORDER`].
    pub fn fingers(self) -> impl Iterator<Item = u8> {
        self.in_order().filter(|place| *place <= 10)
    }
}

/// The code under which an impression is compared: a finger, or a part of a palm; `None` for slaps, joints
/// and impressions of unknown position.
pub fn place_of(position: Position) -> Option<u8> {
    let palm = || {
        let code = position.code();
        SCREENING_ORDER.contains(&code).then_some(code).filter(|code| *code > 10)
    };
    position.finger().or_else(palm)
}

/// The same finger of the other hand; `place` is a finger.
pub const fn mirror(place: u8) -> u8 {
    if place > 5 { place - 5 } else { place + 5 }
}

/// What a search by position cannot compare: slaps, joints, and impressions of unknown position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unplaced {
    /// Impressions without a place.
    pub impressions: u64,
    /// Records without an impression that has one: they are compared with nobody.
    pub records: u64,
}

/// A record that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FingerPlace {
    /// Place of its segment.
    pub segment: u32,
    /// Its row there.
    pub row: u32,
    /// What it can be compared at.
    pub positions: PositionSet,
}

/// The records of one side of a search of fingerprints.
#[derive(Debug, Default)]
pub struct FingerSide {
    /// Segments, in commit order.
    pub segments: Vec<Arc<FingerSegment>>,
    /// Living records, in the order of the module.
    pub records: Vec<FingerPlace>,
    /// Those that do not take part.
    pub left_out: LeftOut,
    /// Records of the gallery whose personal identifier is not shown (L40 9(1)).
    pub(super) depersonalised: Arc<HashSet<String>>,
}

impl FingerSide {
    /// The side made of `segments` on `day`.
    pub fn new(
        segments: Vec<Arc<FingerSegment>>,
        statuses: &StatusTable,
        day: jiff::civil::Date,
    ) -> FingerSide {
        let depersonalised = Arc::new(statuses.depersonalised().clone());
        let mut side = FingerSide { segments, depersonalised, ..FingerSide::default() };
        for (place, segment) in side.segments.iter().enumerate() {
            for row in 0..segment.rows() {
                memory::keep_each_group(row);
                match absence(segment.record_id(row), segment.retain_until(row), statuses, day) {
                    Some(Absence::Expired) => side.left_out.expired += 1,
                    Some(Absence::Blocked) => side.left_out.blocked += 1,
                    None => side.records.push(FingerPlace {
                        segment: place as u32,
                        row: row as u32,
                        positions: positions_of(segment, row),
                    }),
                }
            }
        }
        let mut records = std::mem::take(&mut side.records);
        records.sort_by_cached_key(|record| {
            let first = record.positions.in_order().next();
            let print = first.and_then(|place| side.best_print(record, place));
            (
                Reverse(record.positions.len()),
                record.positions,
                print.map_or(0, |print| print.len()),
                side.record_id(record).to_owned(),
            )
        });
        side.records = records;
        side
    }

    /// Opens the records of `register` in the gallery.
    ///
    /// # Errors
    /// A segment is missing, changed or cannot be understood.
    pub fn open(
        gallery: &Gallery,
        register: Register,
        statuses: &StatusTable,
        day: jiff::civil::Date,
    ) -> Result<FingerSide> {
        let segments = gallery
            .finger_segments(register)
            .into_iter()
            .map(|entry| gallery.open_finger_segment(entry).map(Arc::new))
            .collect::<Result<_>>()?;
        Ok(FingerSide::new(segments, statuses, day))
    }

    /// The same side with the records of `owner` alone.
    pub fn of_owner(&self, owner: &str) -> FingerSide {
        let is_own =
            |record: &&FingerPlace| self.segments[record.segment as usize].entry().owner == owner;
        FingerSide {
            segments: self.segments.clone(),
            records: self.records.iter().filter(is_own).copied().collect(),
            left_out: self.left_out,
            depersonalised: Arc::clone(&self.depersonalised),
        }
    }

    /// The personal identifier that a hit of a record shows.
    pub fn shown_person(&self, record: &FingerPlace) -> Option<&str> {
        let is_hidden = self.depersonalised.contains(self.record_id(record));
        self.segment(record).person_id(record.row as usize).filter(|_| !is_hidden)
    }

    /// The first record that takes part and would not, or not with its personal identifier, on `day` with
    /// `statuses`.
    pub fn first_ended(&self, statuses: &StatusTable, day: jiff::civil::Date) -> Option<&str> {
        let ended = self.records.iter().find(|record| {
            let until = self.segment(record).retain_until(record.row as usize);
            let id = self.record_id(record);
            absence(id, until, statuses, day).is_some()
                || statuses.is_depersonalised(id) && !self.depersonalised.contains(id)
        });
        ended.map(|record| self.record_id(record))
    }

    /// The same side with the records first that `is_first` says, by id, segment and row; how many they are.
    pub fn partitioned(
        &self,
        is_first: impl Fn(&str, &FingerSegment, usize) -> bool,
    ) -> (FingerSide, usize) {
        let is_first = |record: &&FingerPlace| {
            is_first(self.record_id(record), self.segment(record), record.row as usize)
        };
        let (first, rest): (Vec<&FingerPlace>, Vec<&FingerPlace>) =
            self.records.iter().partition(is_first);
        let count = first.len();
        let side = FingerSide {
            segments: self.segments.clone(),
            records: first.into_iter().chain(rest).copied().collect(),
            left_out: self.left_out,
            depersonalised: Arc::clone(&self.depersonalised),
        };
        (side, count)
    }

    /// What of the records cannot be compared by position.
    pub fn unplaced(&self) -> Unplaced {
        let without =
            |record| self.prints(record).filter(|(at, _)| place_of(*at).is_none()).count();
        Unplaced {
            impressions: self.records.iter().map(|record| without(record) as u64).sum(),
            records: self.records.iter().filter(|r| r.positions.is_empty()).count() as u64,
        }
    }

    /// The segment of a record.
    pub fn segment(&self, record: &FingerPlace) -> &FingerSegment {
        &self.segments[record.segment as usize]
    }

    /// Identifier of a record.
    pub fn record_id(&self, record: &FingerPlace) -> &str {
        self.segment(record).record_id(record.row as usize)
    }

    /// Every impression of a record that can be matched, as stored: ascending by position.
    pub fn prints(
        &self,
        record: &FingerPlace,
    ) -> impl Iterator<Item = (Position, PrintView<'_>)> + '_ {
        let segment = self.segment(record);
        let prints = segment.prints_of_record(record.row as usize).iter();
        prints.map(|print| (segment.position(*print as usize), segment.print(*print as usize)))
    }

    /// The [`Self::best_print`] of a record at `place` with its `most` best minutiae, which costs less to
    /// screen and says nearly as much. Empty where the record has none.
    pub fn screened_print(&self, record: &FingerPlace, place: u8, most: usize) -> Print {
        self.best_print(record, place).map(|p| best_minutiae(p, most)).unwrap_or_default()
    }

    /// The impression of a record at `place`: the best of several by quality, then
    /// minutiae, then the first.
    pub fn best_print(&self, record: &FingerPlace, place: u8) -> Option<PrintView<'_>> {
        let segment = self.segment(record);
        let prints = segment.prints_of_record(record.row as usize).iter().rev();
        prints
            .map(|print| *print as usize)
            .filter(|print| place_of(segment.position(*print)) == Some(place))
            .max_by_key(|print| (segment.quality(*print), segment.minutiae(*print)))
            .map(|print| segment.print(print))
    }
}

/// The `most` best minutiae of a print: the best by quality, then those nearest to the
/// centroid, in the order they have.
fn best_minutiae(print: PrintView<'_>, most: usize) -> Print {
    if print.len() <= most {
        return print.to_print();
    }
    let count = print.len() as i64;
    let sum = |values: &[i16]| values.iter().map(|value| i64::from(*value)).sum::<i64>();
    let (sum_x, sum_y) = (sum(print.x), sum(print.y));
    let key = |i: usize| {
        let dx = i64::from(print.x[i]) * count - sum_x;
        let dy = i64::from(print.y[i]) * count - sum_y;
        (Reverse(print.qualities[i]), dx * dx + dy * dy, i)
    };
    let mut chosen: Vec<usize> = (0..print.len()).collect();
    chosen.sort_unstable_by_key(|i| key(*i));
    chosen.truncate(most);
    chosen.sort_unstable();
    Print {
        descriptors: chosen.iter().map(|i| print.descriptors[*i]).collect(),
        x: chosen.iter().map(|i| print.x[*i]).collect(),
        y: chosen.iter().map(|i| print.y[*i]).collect(),
        directions: chosen.iter().map(|i| print.directions[*i]).collect(),
        qualities: chosen.iter().map(|i| print.qualities[*i]).collect(),
        order_key: print.order_key,
    }
}

fn positions_of(segment: &FingerSegment, row: usize) -> PositionSet {
    let mut set = PositionSet::default();
    for print in segment.prints_of_record(row) {
        set.insert(segment.position(*print as usize));
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(codes: &[u8]) -> PositionSet {
        let mut set = PositionSet::default();
        codes.iter().for_each(|code| set.insert(Position::from_code(*code).unwrap()));
        set
    }

    #[test]
    fn plain_thumbs_are_thumbs_and_slaps_have_no_place() {
        assert_eq!(set(&[11, 12]), set(&[1, 6]));
        assert!(set(&[0, 13, 14, 15, 19, 20]).is_empty());
        assert_eq!(set(&[7, 2, 21, 1]).in_order().collect::<Vec<_>>(), [2, 7, 1, 21]);
    }

    #[test]
    fn mirroring_twice_gives_the_fingers_back() {
        let fingers = set(&[1, 2, 9, 10]);
        assert_eq!(fingers.mirrored(), set(&[6, 7, 4, 5]));
        assert_eq!(fingers.mirrored().mirrored(), fingers);
        assert!(set(&[21]).mirrored().is_empty());
        for finger in Position::FINGERS {
            assert_ne!(mirror(finger.code()), finger.code());
        }
    }

    #[test]
    fn the_best_minutiae_are_kept_in_their_order() {
        let mut print = Print::default();
        for i in 0..100_i16 {
            print.descriptors.push([i as i8; 64]);
            print.x.push(i);
            print.y.push(0);
            print.directions.push(i as u8);
            print.qualities.push(if i % 2 == 0 { 80 } else { 20 });
        }
        let kept = best_minutiae(print.view(), 32);
        assert_eq!(kept.x.len(), 32);
        assert!(kept.x.is_sorted() && kept.x.iter().all(|x| x % 2 == 0));
        // Of equal quality those around the middle.
        assert!(kept.x.iter().all(|x| (x - 50).abs() <= 33), "{:?}", kept.x);
        assert_eq!(best_minutiae(kept.view(), 32), kept);
    }

    #[test]
    fn every_position_that_can_be_compared_is_screened_once() {
        let mut order = SCREENING_ORDER.to_vec();
        order.sort_unstable();
        order.dedup();
        assert_eq!(order.len(), SCREENING_ORDER.len());
        let known = (0..=36).filter_map(Position::from_code);
        for position in known.filter(|p| p.finger().is_some() || p.is_palm()) {
            let is_whole_unknown_palm = position.code() == 20;
            assert_eq!(place_of(position).is_none(), is_whole_unknown_palm, "{position}");
        }
    }
}
