//! A way to the survivors of an N:N search that does not look at every pair: records with the same key.
//!
//! What: where a pair of records may fail at most t loci at high stringency, t + 1 disjoint blocks of loci hold
//! at least one block at which all sets of alleles are equal (pigeonhole). Records that are typed at all loci of
//! the blocks are looked up by the blocks they have in common with others; all other records make the pool, which
//! is screened on bit planes with everything.
//!
//! Why it loses nothing: a locus typed in one of two records is not compared and cannot fail, and a call that
//! names no allele agrees with more than its equal, so a record has keys only if every locus of the blocks is
//! typed by known alleles alone. What it may be typed at beside them does not matter. Equal keys only nominate a
//! pair; the rule of the search decides on it as it does on any other. Required alleles do not matter either: the
//! screen does not know them, and equal sets carry them.
//!
//! Source: `research/dna.md` 7.3. When not to use it: at moderate stringency, where sets that differ may agree;
//! when most records are in the pool; or when so many loci may fail that the blocks are a few loci each and
//! everybody shares one with somebody.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use rayon::prelude::*;

use super::census::Side;
use super::chance::LocusSetCounts;
use crate::domain::dna::Profile;
use crate::domain::likelihood::Population;
use crate::domain::locus::{Locus, LocusSet};
use crate::domain::match_matrix::LocusAgreement;
use crate::error::Result;
use crate::kernel::Overflow;

/// Place of a record: segment of its side, and row.
pub type Place = (u32, u32);

/// The disjoint blocks of loci that keys are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    blocks: Vec<LocusSet>,
}

/// What blocks are expected to bring, of unrelated persons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Records with keys.
    pub keyed: u64,
    /// Records without.
    pub pool: u64,
    /// Pairs of which one record at least is in the pool.
    pub pool_pairs: u64,
    /// Pairs of records with keys that have one in common.
    pub candidates: f64,
}

/// Pairs on bit planes that cost as much as one candidate, where the loci of the blocks are chosen. Only the
/// order matters; what a search takes is measured.
const PAIRS_PER_CANDIDATE: f64 = 50_000.0;

/// Sets of typed loci, the most frequent first, that blocks are sought in.
const MOST_SETS: usize = 32;

impl Blocks {
    /// The blocks that cost least for records with these `sets` of loci typed by known alleles alone, where
    /// `mismatches` loci may fail; `None` where no set has so many loci. Depends on the sets and the population
    /// alone.
    pub fn choose(
        sets: &LocusSetCounts,
        mismatches: u32,
        population: &Population,
    ) -> Option<(Blocks, Expected)> {
        let equal = chances_of_equality(population);
        let mut frequent: Vec<(LocusSet, u64)> = sets.iter().map(|(s, n)| (*s, *n)).collect();
        frequent.sort_by_key(|(set, count)| (std::cmp::Reverse(*count), *set));
        frequent.truncate(MOST_SETS);
        // Each of them, and what the first few have in common: laboratories type with different kits.
        let mut common = LocusSet(u64::MAX);
        let mut options: Vec<LocusSet> = Vec::new();
        for (set, _) in &frequent {
            common = common.intersection(*set);
            options.extend([*set, common]);
        }
        let weighed = options.into_iter().filter_map(|loci| {
            let blocks = Blocks::of(loci, mismatches, &equal)?;
            let expected = blocks.expected(loci, sets, &equal);
            let cost = expected.pool_pairs as f64 + expected.candidates * PAIRS_PER_CANDIDATE;
            Some((cost, blocks, expected))
        });
        let best = weighed.reduce(|best, next| if next.0 < best.0 { next } else { best });
        best.map(|(_, blocks, expected)| (blocks, expected))
    }

    /// The `loci` dealt out, the most telling first, each to the block that tells least so far.
    fn of(loci: LocusSet, mismatches: u32, equal: &BTreeMap<Locus, f64>) -> Option<Blocks> {
        let count = (mismatches as usize).checked_add(1).filter(|count| *count <= loci.len())?;
        let chance = |locus: &Locus| equal.get(locus).copied().unwrap_or(1.0);
        let mut dealt: Vec<Locus> = Locus::all().filter(|locus| loci.contains(*locus)).collect();
        dealt.sort_by(|a, b| chance(a).total_cmp(&chance(b)).then(a.cmp(b)));
        let mut blocks = vec![(1.0, LocusSet::default()); count];
        for locus in dealt {
            let weakest = blocks.iter_mut().reduce(|weakest, next| {
                let is_weaker = (next.0, weakest.1.len()) > (weakest.0, next.1.len());
                if is_weaker { next } else { weakest }
            })?;
            weakest.0 *= chance(&locus);
            weakest.1.insert(locus);
        }
        Some(Blocks { blocks: blocks.into_iter().map(|(_, block)| block).collect() })
    }

    fn expected(
        &self,
        loci: LocusSet,
        sets: &LocusSetCounts,
        equal: &BTreeMap<Locus, f64>,
    ) -> Expected {
        let has_keys = |set: &LocusSet| set.intersection(loci) == loci;
        let count = |of: &dyn Fn(&LocusSet) -> bool| {
            sets.iter().filter(|(set, _)| of(set)).map(|(_, count)| count).sum::<u64>()
        };
        let (keyed, pool) = (count(&has_keys), count(&|set| !has_keys(set)));
        let in_common = self.blocks.iter().map(|block| {
            let chances = equal.iter().filter(|(locus, _)| block.contains(**locus));
            chances.map(|(_, chance)| chance).product::<f64>()
        });
        Expected {
            keyed,
            pool,
            pool_pairs: pool * keyed + pool * pool.saturating_sub(1) / 2,
            candidates: keyed as f64 * keyed.saturating_sub(1) as f64 / 2.0
                * in_common.sum::<f64>(),
        }
    }

    /// The blocks.
    pub fn sets(&self) -> &[LocusSet] {
        &self.blocks
    }

    /// The key of `profile` for each block; `None` if it has none, because a locus of the blocks is not typed
    /// or holds a call that names no allele.
    pub fn keys(&self, profile: &Profile) -> Option<Vec<u64>> {
        let loci = self.blocks.iter().fold(LocusSet::default(), |all, block| all.union(*block));
        if exactly_typed(profile).intersection(loci) != loci {
            return None;
        }
        let key = |block: &LocusSet| {
            // Two sets of typings may share a key: the pair is then a candidate for nothing.
            let mut hasher = std::hash::DefaultHasher::new();
            for (locus, typing) in profile.iter().filter(|(locus, _)| block.contains(*locus)) {
                (locus.number(), typing.alleles().len() as u8).hash(&mut hasher);
                typing.alleles().iter().for_each(|allele| allele.code().hash(&mut hasher));
            }
            hasher.finish()
        };
        Some(self.blocks.iter().map(key).collect())
    }
}

/// Chance that two unrelated persons' sets of alleles are equal, by locus of the frequency table.
fn chances_of_equality(population: &Population) -> BTreeMap<Locus, f64> {
    let loci = population.frequencies.loci();
    loci.map(|(locus, frequencies)| {
        (locus, LocusAgreement::new(frequencies, population.theta, None).full)
    })
    .collect()
}

/// The loci that `profile` has typed by known alleles alone.
fn exactly_typed(profile: &Profile) -> LocusSet {
    let mut set = LocusSet::default();
    let exact = profile.iter().filter(|(_, t)| t.alleles().iter().all(|a| a.is_known()));
    exact.for_each(|(locus, _)| set.insert(locus));
    set
}

/// Living records of `side` per set of loci typed by known alleles alone.
///
/// # Errors
/// A stored profile cannot be read.
pub fn exact_locus_sets(side: &Side) -> Result<LocusSetCounts> {
    let living: Vec<(usize, usize)> = side.living().collect();
    let count = |mut counts: LocusSetCounts, (segment, row): &(usize, usize)| {
        *counts.entry(exactly_typed(&side.profile(*segment, *row)?)).or_insert(0) += 1;
        Ok(counts)
    };
    let merge = |mut a: LocusSetCounts, b: LocusSetCounts| {
        b.into_iter().for_each(|(set, count)| *a.entry(set).or_insert(0) += count);
        Ok(a)
    };
    living.par_iter().try_fold(LocusSetCounts::new, count).try_reduce(LocusSetCounts::new, merge)
}

/// Records of one block that share a key with others.
#[derive(Debug, Default)]
struct Groups {
    /// Keyed records group by group, ascending within each.
    members: Vec<u32>,
    /// Where each group starts in `members`, and the end of the last.
    starts: Vec<u32>,
    /// Each member with its group, ascending by member.
    group_of: Vec<(u32, u32)>,
}

impl Groups {
    fn of(mut keys: Vec<(u64, u32)>) -> Groups {
        keys.par_sort_unstable();
        let mut groups = Groups::default();
        for group in keys.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let number = groups.starts.len() as u32;
            groups.starts.push(groups.members.len() as u32);
            groups.members.extend(group.iter().map(|(_, record)| record));
            groups.group_of.extend(group.iter().map(|(_, record)| (*record, number)));
        }
        groups.starts.push(groups.members.len() as u32);
        groups.group_of.par_sort_unstable();
        groups
    }

    fn members(&self, group: u32) -> &[u32] {
        let [start, end] = [0, 1].map(|next| self.starts[group as usize + next] as usize);
        &self.members[start..end]
    }

    fn pairs(&self) -> u64 {
        let sizes = self.starts.windows(2).map(|ends| u64::from(ends[1] - ends[0]));
        sizes.map(|size| size * (size - 1) / 2).sum()
    }
}

/// The records of one side, joined by the keys they have in common.
#[derive(Debug)]
pub struct Join {
    /// Living records with keys, ascending.
    pub keyed: Vec<Place>,
    /// Living records without, ascending.
    pub pool: Vec<Place>,
    groups: Vec<Groups>,
}

impl Join {
    /// The join of the living records of `side` by `blocks`.
    ///
    /// # Errors
    /// A stored profile cannot be read.
    pub fn new(side: &Side, blocks: &Blocks) -> Result<Join> {
        let living: Vec<(usize, usize)> = side.living().collect();
        let keys =
            |(segment, row): &(usize, usize)| Ok(blocks.keys(&side.profile(*segment, *row)?));
        let keys = living.par_iter().map(keys).collect::<Result<Vec<_>>>()?;
        let mut join = Join { keyed: Vec::new(), pool: Vec::new(), groups: Vec::new() };
        let mut by_block = vec![Vec::new(); blocks.sets().len()];
        for ((segment, row), keys) in living.into_iter().zip(keys) {
            let place = (segment as u32, row as u32);
            let Some(keys) = keys else {
                join.pool.push(place);
                continue;
            };
            for (list, key) in by_block.iter_mut().zip(keys) {
                list.push((key, join.keyed.len() as u32));
            }
            join.keyed.push(place);
        }
        join.groups = by_block.into_iter().map(Groups::of).collect();
        Ok(join)
    }

    /// Pairs with a key in common; those with several are counted for each.
    pub fn pairs(&self) -> u64 {
        self.groups.iter().map(Groups::pairs).sum()
    }

    /// Pairs of keyed records with a key in common: the first of `probes`, the other of `rows` and after the
    /// first. Each once, ascending.
    ///
    /// # Errors
    /// There are more than `capacity`.
    pub fn candidates(
        &self,
        probes: Range<usize>,
        rows: Range<usize>,
        capacity: usize,
    ) -> std::result::Result<Vec<(u32, u32)>, Overflow> {
        let mut found: Vec<(u32, u32)> = Vec::new();
        for groups in &self.groups {
            let place = |at: usize| groups.group_of.partition_point(|(m, _)| (*m as usize) < at);
            for (probe, group) in &groups.group_of[place(probes.start)..place(probes.end)] {
                let first = rows.start.max(*probe as usize + 1);
                let members = groups.members(*group);
                let start = members.partition_point(|member| (*member as usize) < first);
                let others = members[start..].iter().take_while(|m| (**m as usize) < rows.end);
                for other in others {
                    // A pair may be found once for each block.
                    if found.len() >= capacity.saturating_mul(self.groups.len()) {
                        return Err(Overflow { capacity });
                    }
                    found.push((*probe, *other));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        if found.len() > capacity { Err(Overflow { capacity }) } else { Ok(found) }
    }

    /// Whether the record at `place` is in the pool.
    pub fn is_pooled(&self, place: Place) -> bool {
        self.pool.binary_search(&place).is_ok()
    }

    /// Records of the pool in `rows` of a segment that come no later than `last`.
    pub fn pooled_up_to(&self, last: Place, segment: u32, rows: Range<usize>) -> u64 {
        let until = |row: usize| self.pool.partition_point(|place| *place < (segment, row as u32));
        let end = until(rows.end).min(self.pool.partition_point(|place| *place <= last));
        end.saturating_sub(until(rows.start)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::allele::Allele;
    use crate::domain::builtin_frequencies::{DEFAULT_NAME, builtin};
    use crate::domain::dna::Typing;
    use crate::domain::frequency::MinimumFrequency;
    use proptest::prelude::*;

    fn core() -> LocusSet {
        let mut set = LocusSet::default();
        Locus::core().for_each(|locus| set.insert(locus));
        set
    }

    #[test]
    fn blocks_are_disjoint_about_equally_telling_and_hold_every_locus_that_most_records_have() {
        let table = builtin(DEFAULT_NAME).unwrap().unwrap();
        let minimum = MinimumFrequency::FiveObservations;
        let population = Population { frequencies: &table, theta: 0.01, minimum };
        let kit = LocusSet(core().0 & !0b111);
        let sets = LocusSetCounts::from([(core(), 900_000), (kit, 95_000), (LocusSet(0b11), 10)]);
        for mismatches in 0..3 {
            let (blocks, expected) = Blocks::choose(&sets, mismatches, &population).unwrap();
            assert_eq!(blocks.sets().len(), mismatches as usize + 1);
            let all = blocks.sets().iter().fold(0, |all, block| all ^ block.0);
            // While the keys tell enough, nobody of the smaller kit has to be in the pool.
            assert_eq!(all, kit.0, "{mismatches}");
            assert_eq!((expected.keyed, expected.pool), (995_000, 10));
            let equal = chances_of_equality(&population);
            let chances = blocks.sets().iter().map(|block| {
                equal.iter().filter(|(l, _)| block.contains(**l)).map(|(_, c)| c).product::<f64>()
            });
            let (low, high) = chances.fold((1.0f64, 0.0f64), |(a, b), c| (a.min(c), b.max(c)));
            assert!(high / low < 12.0, "{mismatches}: {low} {high}");
        }
        assert!(Blocks::choose(&sets, 23, &population).is_none());
        assert!(Blocks::choose(&LocusSetCounts::new(), 0, &population).is_none());
    }

    #[test]
    fn only_a_record_typed_exactly_at_every_locus_of_the_blocks_has_keys() {
        let blocks = Blocks { blocks: vec![LocusSet(0b01), LocusSet(0b10)] };
        let profile = |calls: [&[&str]; 3]| -> Profile {
            let typing = |calls: &[&str]| {
                let alleles: Vec<Allele> =
                    calls.iter().map(|call| Allele::parse(call).unwrap().unwrap()).collect();
                Typing::new(&alleles).ok()
            };
            Locus::all().zip(calls).filter_map(|(l, calls)| Some((l, typing(calls)?))).collect()
        };
        let keys = |calls| blocks.keys(&profile(calls));
        let whole = keys([&["8", "9"], &["10"], &[]]).unwrap();
        assert_eq!(keys([&["9", "8"], &["10", "10"], &["*"]]), Some(whole.clone()));
        let other = keys([&["8", "9"], &["10", "11"], &[]]).unwrap();
        assert!(other[0] == whole[0] && other[1] != whole[1]);
        assert!(keys([&["8", "9", "10"], &["10"], &[]]).unwrap()[0] != whole[0]);
        for partial in [&["8", "*"][..], &["8", ">17"], &["OL"], &[]] {
            assert_eq!(keys([partial, &["10"], &[]]), None, "{partial:?}");
        }
    }

    proptest! {
        #[test]
        fn candidates_are_the_pairs_with_a_key_in_common_each_once(
            keys in prop::collection::vec((0u64..6, 0u64..4), 0..40),
            a in 0usize..40, b in 0usize..40, c in 0usize..40, d in 0usize..40,
        ) {
            let list = |of: fn(&(u64, u64)) -> u64| {
                Groups::of(keys.iter().map(of).zip(0u32..).collect())
            };
            let groups = vec![list(|k| k.0), list(|k| k.1)];
            let join = Join { keyed: vec![(0, 0); keys.len()], pool: vec![], groups };
            let (probes, rows) = (a.min(b)..a.max(b), c.min(d)..c.max(d));
            let expected: Vec<(u32, u32)> = (0..keys.len())
                .flat_map(|i| (i + 1..keys.len()).map(move |j| (i, j)))
                .filter(|(i, j)| probes.contains(i) && rows.contains(j))
                .filter(|(i, j)| keys[*i].0 == keys[*j].0 || keys[*i].1 == keys[*j].1)
                .map(|(i, j)| (i as u32, j as u32))
                .collect();
            let count = expected.len();
            prop_assert_eq!(join.candidates(probes.clone(), rows.clone(), count), Ok(expected));
            if let Some(capacity) = count.checked_sub(1) {
                prop_assert_eq!(join.candidates(probes, rows, capacity), Err(Overflow { capacity }));
            }
        }

        #[test]
        fn records_of_the_pool_are_counted_up_to_a_place(
            pool in prop::collection::btree_set((0u32..3, 0u32..12), 0..25),
            last in (0u32..3, 0u32..12), segment in 0u32..3, a in 0usize..12, b in 0usize..12,
        ) {
            let pool: Vec<Place> = pool.into_iter().collect();
            let rows = a.min(b)..a.max(b);
            let wanted = pool.iter().filter(|place| {
                place.0 == segment && rows.contains(&(place.1 as usize)) && **place <= last
            });
            let wanted = wanted.count() as u64;
            let join = Join { keyed: vec![], pool: pool.clone(), groups: vec![] };
            prop_assert_eq!(join.pooled_up_to(last, segment, rows), wanted);
            prop_assert!(pool.iter().all(|place| join.is_pooled(*place)));
        }
    }
}
