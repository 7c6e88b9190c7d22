//! Tiles: the unit of dispatch and output. A tile is a range of probe rows of one segment against a
//! range of gallery rows of one segment.

use std::ops::Range;

/// How large tiles are. Results do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileSize {
    /// Probes per tile.
    pub probes: usize,
    /// Gallery rows per tile.
    pub rows: usize,
}

impl Default for TileSize {
    /// 256 probes amortise reading a gallery range once; 262,144 rows keep the compiling of probes
    /// below a tenth of the comparing.
    fn default() -> Self {
        TileSize { probes: 256, rows: 1 << 18 }
    }
}

/// One tile of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Place in the search's list of probe segments.
    pub probe_segment: usize,
    /// Probe rows.
    pub probes: Range<usize>,
    /// Place in the search's list of gallery segments.
    pub gallery_segment: usize,
    /// Gallery rows.
    pub rows: Range<usize>,
    /// Both sides are the same segment of an N:N search: only rows after the probe count.
    pub diagonal: bool,
    /// What the numbers of probes and rows count.
    pub part: Part,
}

/// What the numbers of a tile's probes and rows count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// Rows of segments.
    #[default]
    Rows,
    /// Probes are places in the pool of a [`super::join::Join`], rows those of a segment.
    Pool,
    /// Both are places among the keyed records of a [`super::join::Join`].
    Keyed,
}

/// The tiles of one pair of segments with `probe_rows` and `gallery_rows` records.
pub fn tiles(
    (probe_segment, probe_rows): (usize, usize),
    (gallery_segment, gallery_rows): (usize, usize),
    diagonal: bool,
    size: TileSize,
) -> Vec<Tile> {
    let mut list = Vec::new();
    for rows in ranges(gallery_rows, size.rows) {
        for probes in ranges(probe_rows, size.probes) {
            // Below the diagonal no row comes after any probe.
            if !diagonal || rows.end > probes.start + 1 {
                let rows = rows.clone();
                let part = Part::Rows;
                list.push(Tile { probe_segment, probes, gallery_segment, rows, diagonal, part });
            }
        }
    }
    list
}

/// BLAKE3 of where the tiles of a search begin and end, in their order. Two runs whose tiles differ in anything have
/// different ones, however many tiles each has.
pub fn layout_blake3(tiles: &[Tile]) -> String {
    let mut hasher = blake3::Hasher::new();
    for tile in tiles {
        let part: usize = match tile.part {
            Part::Rows => 0,
            Part::Pool => 1,
            Part::Keyed => 2,
        };
        for number in [
            tile.probe_segment,
            tile.probes.start,
            tile.probes.end,
            tile.gallery_segment,
            tile.rows.start,
            tile.rows.end,
            usize::from(tile.diagonal),
            part,
        ] {
            hasher.update(&(number as u64).to_le_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

impl Tile {
    /// The tile in two halves, along its longer side; `None` if it is a single pair.
    pub fn halves(&self) -> Option<[Tile; 2]> {
        let (mut first, mut second) = (self.clone(), self.clone());
        if self.probes.len() > 1 {
            let middle = self.probes.start + self.probes.len() / 2;
            (first.probes.end, second.probes.start) = (middle, middle);
        } else if self.rows.len() > 1 {
            let middle = self.rows.start + self.rows.len() / 2;
            (first.rows.end, second.rows.start) = (middle, middle);
        } else {
            return None;
        }
        Some([first, second])
    }

    /// First gallery row that `probe` is compared with.
    pub fn first_row(&self, probe: usize) -> usize {
        if self.diagonal { self.rows.start.max(probe + 1) } else { self.rows.start }
    }
}

fn ranges(length: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    let step = step.max(1);
    (0..length).step_by(step).map(move |start| start..(start + step).min(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(tile: &Tile) -> Vec<(usize, usize)> {
        tile.probes
            .clone()
            .flat_map(|p| (tile.first_row(p)..tile.rows.end).map(move |r| (p, r)))
            .collect()
    }

    #[test]
    fn lists_of_as_many_tiles_that_begin_elsewhere_have_another_layout() {
        let of = |probes, rows| tiles((0, 1024), (0, 1 << 20), false, TileSize { probes, rows });
        let (wide, narrow) = (of(256, 1 << 18), of(2048, 1 << 16));
        assert_eq!(wide.len(), narrow.len());
        assert_ne!(layout_blake3(&wide), layout_blake3(&narrow));
        assert_eq!(layout_blake3(&wide), layout_blake3(&of(256, 1 << 18)));
        let mut pooled = wide.clone();
        pooled[3].part = Part::Pool;
        assert_ne!(layout_blake3(&wide), layout_blake3(&pooled));
    }

    proptest! {
        #[test]
        fn tiles_cover_every_pair_exactly_once(
            n in 0usize..40, m in 0usize..40, probes in 1usize..15, rows in 1usize..15, diagonal: bool,
        ) {
            let m = if diagonal { n } else { m };
            let list = tiles((0, n), (0, m), diagonal, TileSize { probes, rows });
            let mut covered: Vec<(usize, usize)> = list.iter().flat_map(pairs).collect();
            covered.sort_unstable();
            let expected: Vec<(usize, usize)> = (0..n)
                .flat_map(|p| (if diagonal { p + 1 } else { 0 }..m).map(move |r| (p, r)))
                .collect();
            prop_assert_eq!(covered, expected);
        }

        #[test]
        fn halves_of_a_tile_cover_what_the_tile_covers(
            p in 0usize..5, np in 1usize..6, r in 0usize..5, nr in 1usize..6, diagonal: bool,
        ) {
            let tile = Tile { probe_segment: 0, probes: p..p + np, gallery_segment: 0, rows: r..r + nr, diagonal, part: Part::Rows };
            match tile.halves() {
                None => prop_assert_eq!(np * nr, 1),
                Some([a, b]) => {
                    let mut both = pairs(&a);
                    both.extend(pairs(&b));
                    both.sort_unstable();
                    prop_assert_eq!(both, pairs(&tile));
                }
            }
        }
    }
}
