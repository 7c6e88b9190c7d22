//! Posterior probabilities of the hits of a search of pedigrees, where a prior is stated.
//!
//! What: of N bodies searched, that body i is the missing person: (π/N) LR_i / (1 − π + (π/N) Σ LR_j), π being the
//! prior probability that the missing person is among them, each body as likely (Slooten and Meester 2011, arXiv
//! 1201.4261). The sum is over every body, hits or not, so the ratios of all are computed for each family that has
//! a hit. Limits: at most one body is the missing person, and the others are unrelated to the family; bodies of
//! two members of one family break that. When not to use it: without a prior that somebody can answer for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use crate::column::hit::Hit;
use crate::domain::dna::{Profile, Typing};
use crate::domain::likelihood::Population;
use crate::domain::locus::Locus;
use crate::error::Result;
use crate::plan::family_question::FamilyQuestion;
use crate::plan::job::Comparator;
use crate::plan::pedigree::refused;
use crate::plan::search::ReadySearch;

/// Fills the posterior of every hit of searches of pedigrees among `searches`.
///
/// # Errors
/// A profile cannot be read, or a ratio is over a limit.
pub(super) fn fill(
    hits: &mut [Hit],
    searches: &[ReadySearch],
    prior: f64,
    population: &Population,
) -> Result<()> {
    for search in searches.iter().filter(|s| s.spec.comparator == Comparator::Pedigree) {
        let of_search = |hit: &&Hit| hit.search == search.spec.name;
        let wanted = hits.iter().filter(of_search).filter_map(|hit| hit.family_id.as_deref());
        let wanted: BTreeSet<&str> = wanted.collect();
        let bodies = bodies(search)?;
        let families = search.pedigrees.families.iter();
        let families: Vec<&FamilyQuestion> =
            families.filter(|family| wanted.contains(family.family_id.as_str())).collect();
        let posteriors = families
            .par_iter()
            .map(|family| Ok((&*family.family_id, of_family(family, &bodies, prior, population)?)))
            .collect::<Result<BTreeMap<&str, HashMap<&str, f64>>>>()?;
        for hit in hits.iter_mut().filter(|hit| hit.search == search.spec.name) {
            let of_bodies = hit.family_id.as_deref().and_then(|family| posteriors.get(family));
            hit.posterior = of_bodies.and_then(|all| all.get(hit.probe_id.as_str())).copied();
        }
    }
    Ok(())
}

/// The bodies searched: record id and profile.
fn bodies(search: &ReadySearch) -> Result<Vec<(&str, Profile)>> {
    let probes = &search.probes;
    let body = |(segment, row): (usize, usize)| {
        Ok((probes.segments[segment].record_id(row), probes.profile(segment, row)?))
    };
    probes.living().map(body).collect()
}

/// The posterior of each body to be the one this family looks for.
fn of_family<'b>(
    family: &FamilyQuestion,
    bodies: &'b [(&'b str, Profile)],
    prior: f64,
    population: &Population,
) -> Result<HashMap<&'b str, f64>> {
    let mut known: HashMap<(Locus, &Typing), f64> = HashMap::new();
    let mut ratios = Vec::with_capacity(bodies.len());
    for (_, body) in bodies {
        let mut product = 1.0;
        for (locus, typing) in body.iter() {
            let ratio = match known.get(&(locus, typing)) {
                Some(ratio) => *ratio,
                None => {
                    let ratio = family
                        .ratio(locus, typing, population)
                        .map_err(|error| refused(&family.family_id, &error))?
                        .unwrap_or(1.0);
                    known.insert((locus, typing), ratio);
                    ratio
                }
            };
            product *= ratio;
        }
        ratios.push(product);
    }
    let ids = bodies.iter().map(|(id, _)| *id);
    Ok(ids.zip(posteriors(&ratios, prior)).collect())
}

/// The posterior of each candidate from the likelihood ratios of all.
fn posteriors(ratios: &[f64], prior: f64) -> Vec<f64> {
    let each = prior / ratios.len().max(1) as f64;
    let sum: f64 = ratios.iter().sum();
    let all = 1.0 - prior + each * sum;
    // All weight is on ratios of zero only where the prior left nobody outside the list.
    ratios.iter().map(|ratio| if all > 0.0 { each * ratio / all } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_candidate_with_an_even_prior_has_the_odds_of_its_ratio() {
        assert_eq!(posteriors(&[3.0], 0.5), [0.75]);
        assert_eq!(posteriors(&[1e4, 0.0], 1.0), [1.0, 0.0]);
        assert_eq!(posteriors(&[0.0], 1.0), [0.0]);
        // Ten equal candidates share the prior.
        assert!(posteriors(&[1.0; 10], 0.4).iter().all(|p| (p - 0.04).abs() < 1e-15));
    }

    proptest! {
        #[test]
        fn posteriors_sum_to_the_complement_of_nobody_and_keep_the_order_of_the_ratios(
            logs in prop::collection::vec(-20.0..20.0f64, 1..50),
            prior in 0.001..0.999f64,
        ) {
            let ratios: Vec<f64> = logs.iter().map(|log| 10f64.powf(*log)).collect();
            let found = posteriors(&ratios, prior);
            let each = prior / ratios.len() as f64;
            let all = 1.0 - prior + each * ratios.iter().sum::<f64>();
            let nobody = (1.0 - prior) / all;
            prop_assert!((found.iter().sum::<f64>() + nobody - 1.0).abs() < 1e-9);
            for (a, b) in ratios.iter().zip(&ratios[1..]).zip(found.iter().zip(&found[1..])).map(|((a, b), (c, d))| (a > b, c > d)) {
                prop_assert_eq!(a, b);
            }
        }
    }
}
