//! A mixed trace against every record of a gallery: who may have left a part of it?
//!
//! What: each record stands in the suspect's place, against an unknown person there. The ratio depends on the
//! record's genotype locus by locus, so every genotype is weighed once, records are looked up in
//! `genotype_screen`, and those that reach the threshold are weighed in full. Why not an inclusion screen: with
//! drop-out no number of missing alleles excludes, and the ratio itself says how much one costs.
//!
//! Limits: one candidate at a time; what else is known of the trace is in the hypotheses. When not to use it: a
//! trace that reads as one person's, which `tanba search` compares by stringency.

use rayon::prelude::*;

use crate::domain::dna::{Profile, Typing};
use crate::domain::likelihood::{Population, log10_product};
use crate::domain::locus::Locus;
use crate::domain::mixture::{Contributor, Evidence, MixtureCase};
use crate::error::{Error, Result};
use crate::kernel::Window;
use crate::kernel::genotype_screen::{self, GenotypeCodes, GenotypeMap, Params, Query};
use crate::plan::census::Side;

/// A trace and two hypotheses with a place for a candidate.
#[derive(Debug, Clone)]
pub struct MixtureQuestion<'a> {
    /// What was seen.
    pub evidence: &'a Evidence,
    /// Typed persons besides the candidate, who is person 0 of the hypotheses.
    pub known: &'a [Profile],
    /// With the candidate.
    pub prosecution: &'a [Contributor],
    /// Without.
    pub defence: &'a [Contributor],
    /// Probability of drop-in.
    pub drop_in: f64,
    /// Frequencies and theta.
    pub population: Population<'a>,
}

/// A record that may have contributed.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its identifier.
    pub record_id: String,
    /// log10 of the likelihood ratio.
    pub log10_lr: f64,
    /// Loci of the evidence at which it is typed.
    pub loci: usize,
}

/// What a search of a mixture brought.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureSearch {
    /// Records compared.
    pub compared: u64,
    /// Records that the screen left, weighed in full.
    pub weighed: u64,
    /// Those that reach the threshold, strongest first, of equal ones by identifier.
    pub candidates: Vec<Candidate>,
}

impl MixtureQuestion<'_> {
    /// Loci with their ratios for a candidate of these genotypes.
    fn ratios(&self, candidate: &Profile) -> Result<Vec<(Locus, f64)>> {
        let persons: Vec<Profile> = std::iter::once(candidate).chain(self.known).cloned().collect();
        let case = MixtureCase::new(self.evidence, &persons, self.prosecution, self.defence)?;
        let likelihoods = case.likelihoods(&self.population, self.drop_in)?;
        let typed = likelihoods.iter().filter(|l| candidate.get(l.locus).is_some());
        typed
            .map(|likelihoods| {
                let locus = likelihoods.locus;
                let unexplained = || {
                    Error::usage(
                        format!("neither hypothesis explains what was seen at {locus}"),
                        "give a drop-in probability above 0, or more unknown contributors",
                    )
                };
                Ok((locus, likelihoods.ratio().ok_or_else(unexplained)?))
            })
            .collect()
    }

    /// The ratio of every genotype of `map`, as the screen's question.
    fn query(&self, map: &GenotypeMap) -> Result<Query> {
        let loci: Vec<(Locus, &[Typing])> = map.loci().collect();
        let most = loci.iter().map(|(_, genotypes)| genotypes.len()).max().unwrap_or(0);
        // One made-up candidate has the n-th genotype of every locus.
        let ratios = (0..most).into_par_iter().map(|number| {
            let of_locus = |(locus, all): &(Locus, &[Typing])| Some((*locus, *all.get(number)?));
            self.ratios(&loci.iter().filter_map(of_locus).collect())
        });
        let ratios = ratios.collect::<Result<Vec<_>>>()?;
        Ok(Query::compile(map, |locus, typing| {
            let (_, all) = loci.iter().find(|(other, _)| *other == locus)?;
            let of_genotype = ratios.get(all.binary_search(typing).ok()?)?;
            of_genotype.iter().find(|(other, _)| *other == locus).map(|(_, ratio)| *ratio)
        }))
    }

    /// Asks every living record of `side`; candidates have a ratio of at least `least_log10`, log10.
    ///
    /// # Errors
    /// The hypotheses or numbers have no meaning, a locus is not in the frequency table, a sum is over its
    /// limit, or a record cannot be read.
    pub fn search(&self, side: &Side, least_log10: f64) -> Result<MixtureSearch> {
        let profiles = side.living_profiles()?;
        let map = GenotypeMap::from_profiles(profiles.iter().flatten());
        let query = self.query(&map)?;
        let params = Params { least_mban: (1000.0 * least_log10).floor() as i32 };
        let of_segment = |(place, rows): (usize, &Vec<Profile>)| {
            let codes = GenotypeCodes::new(&map, rows);
            // There is room for every row.
            let (room, windows) = (rows.len(), [Window::ALL]);
            let found = genotype_screen::run(&params, &[&query], &windows, &codes.rows(), room)
                .map_err(|overflow| Error::usage(overflow.to_string(), "report this"))?;
            let rows = found.into_iter().map(|survivor| survivor.row as usize);
            let living = rows.filter(|row| side.alive[place][*row]);
            Ok(living.map(|row| (place, row)).collect::<Vec<_>>())
        };
        let survivors = profiles.par_iter().enumerate().map(of_segment);
        let survivors = survivors.collect::<Result<Vec<_>>>()?.concat();
        let weigh = |(place, row): &(usize, usize)| {
            let read = profiles[*place][*row].iter();
            let genotypes = read.filter(|(_, typing)| typing.genotype().is_some());
            let candidate: Profile = genotypes.map(|(locus, typing)| (locus, *typing)).collect();
            let ratios = self.ratios(&candidate)?;
            Ok(Candidate {
                record_id: side.segments[*place].record_id(*row).to_owned(),
                log10_lr: log10_product(ratios.iter().map(|(_, ratio)| *ratio)),
                loci: ratios.len(),
            })
        };
        let weighed = survivors.par_iter().map(weigh).collect::<Result<Vec<_>>>()?;
        let mut candidates = weighed;
        candidates.retain(|candidate| candidate.log10_lr >= least_log10);
        candidates.sort_by(|a, b| {
            b.log10_lr.total_cmp(&a.log10_lr).then_with(|| a.record_id.cmp(&b.record_id))
        });
        Ok(MixtureSearch { compared: side.records, weighed: survivors.len() as u64, candidates })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::category::Index;
    use crate::domain::frequency::MinimumFrequency;
    use crate::gallery::segment::Segment;
    use crate::synth::{SynthOptions, generate};

    #[test]
    fn every_record_that_a_mixture_supports_is_found_with_its_ratio_and_no_other() {
        let options = SynthOptions::with_default_frequencies(4_000).unwrap();
        let records = generate(&options).unwrap().records;
        let convicts: Vec<_> =
            records.into_iter().filter(|r| r.index == Index::Convict).take(700).collect();
        let day = jiff::civil::date(2026, 11, 21);
        let segments = convicts
            .chunks(300)
            .map(|part| Arc::new(Segment::in_memory(Index::Convict, part).unwrap()));
        let side = Side::new(segments.collect(), &Default::default(), day);
        // A mixture of two of them, an allele lost now and then; the second is known.
        let mut evidence = Evidence::new();
        let [first, second] = [&convicts[5].profile, &convicts[77].profile];
        for (number, (locus, typing)) in first.iter().enumerate() {
            let other = second.get(locus).into_iter().flat_map(|t| t.known());
            let seen = typing.known().skip(usize::from(number % 9 == 0)).chain(other);
            evidence.add(locus, seen.collect::<Vec<_>>()).unwrap();
        }
        let contributor = |person| Contributor { person, drop_out: 0.1 };
        let minimum = MinimumFrequency::UnseenOnly;
        let population = Population { frequencies: &options.frequencies, theta: 0.01, minimum };
        for (known, others) in [(vec![second.clone()], Some(1)), (Vec::new(), None)] {
            let question = MixtureQuestion {
                evidence: &evidence,
                known: &known,
                prosecution: &[contributor(Some(0)), contributor(others)],
                defence: &[contributor(None), contributor(others)],
                drop_in: 0.02,
                population,
            };
            for least_log10 in [3.0, -4.0] {
                let found = question.search(&side, least_log10).unwrap();
                let mut expected = Vec::new();
                for (segment, row) in side.living() {
                    let profile = side.profile(segment, row).unwrap();
                    let ratios = question.ratios(&profile).unwrap();
                    let log10_lr: f64 = ratios.iter().map(|(_, ratio)| ratio.log10()).sum();
                    if log10_lr >= least_log10 {
                        expected.push((side.segments[segment].record_id(row).to_owned(), log10_lr));
                    }
                }
                let ids = |c: &Candidate| c.record_id.clone();
                let mut names: Vec<String> = found.candidates.iter().map(ids).collect();
                let mut wanted: Vec<String> = expected.iter().map(|(id, _)| id.clone()).collect();
                assert!(names.contains(&convicts[5].record_id));
                names.sort();
                wanted.sort();
                assert_eq!(names, wanted, "from {least_log10}");
                for candidate in &found.candidates {
                    let (_, log10_lr) =
                        expected.iter().find(|(id, _)| *id == candidate.record_id).unwrap();
                    assert!((candidate.log10_lr - log10_lr).abs() < 1e-9);
                }
                assert!(found.weighed >= names.len() as u64 && found.compared == side.records);
            }
        }
    }
}
