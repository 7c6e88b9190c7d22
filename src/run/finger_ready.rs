//! Prints of a tile made ready for the gate, each when it is first needed.
//!
//! Why: a print is cut down to its best minutiae, packed for an instruction set or brought to a card once, and
//! then compared with many others; most fingers of most records are never looked at.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::ops::Range;
use std::rc::Rc;

use crate::device::{Batch, Device, DeviceError, Prints};
use crate::kernel::minutia::{Print, PrintView};
use crate::kernel::minutia_gate;
use crate::plan::finger_side::{FingerSide, mirror};

type Ready<T> = Result<Rc<T>, DeviceError>;

/// The value of `key`, made if it is not there.
fn made<K: Eq + Hash, T>(
    map: &mut HashMap<K, Rc<T>>,
    key: K,
    make: impl FnOnce() -> Result<T, DeviceError>,
) -> Ready<T> {
    Ok(match map.entry(key) {
        Entry::Occupied(entry) => entry.get().clone(),
        Entry::Vacant(entry) => entry.insert(Rc::new(make()?)).clone(),
    })
}

/// Prints as they are screened: a row per record, a column per place.
pub(super) struct Shown<'a> {
    side: &'a FingerSide,
    rows: Range<usize>,
    minutiae: usize,
    cells: Vec<OnceCell<Print>>,
}

/// Places in a row of [`Shown`]: codes of positions are below.
const PLACES: usize = 37;

impl<'a> Shown<'a> {
    /// The prints of `rows`, cut to their best `minutiae`.
    pub(super) fn new(side: &'a FingerSide, rows: Range<usize>, minutiae: usize) -> Shown<'a> {
        let cells = (0..rows.len() * PLACES).map(|_| OnceCell::new()).collect();
        Shown { side, rows, minutiae, cells }
    }

    /// The first record.
    pub(super) fn start(&self) -> usize {
        self.rows.start
    }

    /// The print of `record` at `place`, which it has.
    pub(super) fn view(&self, record: usize, place: u8) -> PrintView<'_> {
        let cell = &self.cells[(record - self.rows.start) * PLACES + usize::from(place)];
        let record = &self.side.records[record];
        let made = || self.side.screened_print(record, place, self.minutiae);
        cell.get_or_init(made).view()
    }

    fn views(&self, records: Range<usize>, place: u8) -> Vec<PrintView<'_>> {
        records.map(|record| self.view(record, place)).collect()
    }
}

/// Probes by their first record and place. Those that meet whole blocks are made ready for the device, single
/// ones for the processor, which has done with them before a card has begun.
pub(super) struct Probes<'a> {
    device: Device,
    /// As they are shown by position.
    pub(super) first: &'a Shown<'a>,
    /// As they are shown across the hands.
    pub(super) across: &'a Shown<'a>,
    by_position: HashMap<(usize, u8), Rc<Batch<'a>>>,
    across_hands: HashMap<(usize, u8), Rc<Batch<'a>>>,
    one_across: HashMap<(usize, u8), minutia_gate::Batch<'a>>,
    whole: HashMap<(usize, u8), minutia_gate::Batch<'a>>,
}

impl<'a> Probes<'a> {
    pub(super) fn new(device: &Device, first: &'a Shown<'a>, across: &'a Shown<'a>) -> Probes<'a> {
        Probes {
            device: device.clone(),
            first,
            across,
            by_position: HashMap::new(),
            across_hands: HashMap::new(),
            one_across: HashMap::new(),
            whole: HashMap::new(),
        }
    }

    /// The prints at `place` of the records in `range`, all of which have it.
    pub(super) fn by_position(&mut self, range: &Range<usize>, place: u8) -> Ready<Batch<'a>> {
        let (shown, device) = (self.first, &self.device);
        let make = || device.minutia_batch(&shown.views(range.clone(), place));
        made(&mut self.by_position, (range.start, place), make)
    }

    /// The same for a comparison across the hands.
    pub(super) fn across_hands(&mut self, range: &Range<usize>, place: u8) -> Ready<Batch<'a>> {
        let (shown, device) = (self.across, &self.device);
        let make = || device.minutia_batch(&shown.views(range.clone(), place));
        made(&mut self.across_hands, (range.start, place), make)
    }

    /// The print at `place` of one record, for a comparison across the hands.
    pub(super) fn one_across(&mut self, record: usize, place: u8) -> &minutia_gate::Batch<'a> {
        let (shown, device) = (self.across, self.device.cpu());
        let make = || device.minutia_batch(&[shown.view(record, place)]);
        self.one_across.entry((record, place)).or_insert_with(make)
    }

    /// The print at `place` of one record with all its minutiae.
    pub(super) fn whole(&mut self, record: usize, place: u8) -> &minutia_gate::Batch<'a> {
        let (side, device) = (self.first.side, self.device.cpu());
        let print = side.best_print(&side.records[record], place);
        let make = || device.minutia_batch(print.as_slice());
        self.whole.entry((record, place)).or_insert_with(make)
    }
}

/// A block of gallery records of one set of positions.
pub(super) struct Block<'a> {
    pub(super) rows: Range<usize>,
    /// As they are shown by position.
    pub(super) first: &'a Shown<'a>,
    /// As they are shown across the hands.
    pub(super) across: &'a Shown<'a>,
    by_position: HashMap<u8, Rc<Prints<'a>>>,
    at_mirror: HashMap<u8, Rc<Prints<'a>>>,
}

impl<'a> Block<'a> {
    pub(super) fn new(first: &'a Shown<'a>, across: &'a Shown<'a>) -> Block<'a> {
        let [by_position, at_mirror] = [(); 2].map(|()| HashMap::new());
        Block { rows: first.rows.clone(), first, across, by_position, at_mirror }
    }

    /// The prints at `place`, for the gate.
    pub(super) fn by_position(&mut self, device: &Device, place: u8) -> Ready<Prints<'a>> {
        let (shown, rows) = (self.first, self.rows.clone());
        made(&mut self.by_position, place, || device.minutia_gallery(&shown.views(rows, place)))
    }

    /// The prints at the same place of the other hand, for the gate.
    pub(super) fn at_mirror(&mut self, device: &Device, place: u8) -> Ready<Prints<'a>> {
        let views = self.views_at_mirror(place);
        made(&mut self.at_mirror, place, || device.minutia_gallery(&views))
    }

    /// The same, to choose from.
    pub(super) fn views_at_mirror(&self, place: u8) -> Vec<PrintView<'a>> {
        self.across.views(self.rows.clone(), mirror(place))
    }
}
