//! The score of an identity comparison: do two profiles come from one person?
//!
//! Per locus that agrees, the score adds −log10 of the chance that an unrelated person would agree
//! as well: the match probability (NRC II 4.10) where both genotypes are equal, else the probability
//! of inclusion of the commoner side, which is the cautious reading when one side is partial or
//! mixed. Per discordant locus it takes [`DISCORDANCE_LOG10`] away, while the likelihood ratio is
//! exactly zero and says so. A locus also fails where one side lacks an allele that the other marks
//! as required (CODIS). Loci outside the frequency table are compared but add nothing.

use super::dna::{Profile, Typing};
use super::likelihood::Population;
use super::locus::Locus;
use super::rarity::DISCORDANCE_LOG10;
use super::stringency::{Agreement, Stringency, agreement, carries_required};

/// Result of an identity comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdentityScore {
    /// Agreement over the loci compared.
    pub agreement: Agreement,
    /// Loci compared that do not reach the stringency.
    pub failing: u32,
    /// log10 LR of identity; minus infinity if a locus fails.
    pub log10_lr: f64,
    /// log10 score that orders hits: as `log10_lr`, with a penalty instead of an exclusion.
    pub score_log10: f64,
}

impl Population<'_> {
    /// Compares two profiles as samples of one person, with `stringency` required per locus.
    pub fn identity_score(
        &self,
        a: &Profile,
        b: &Profile,
        stringency: Stringency,
    ) -> IdentityScore {
        let mut counts = Agreement::default();
        let mut failing = 0;
        let mut score_log10 = 0.0;
        for (locus, x) in a.iter() {
            let Some(y) = b.get(locus) else { continue };
            if !x.is_comparable() || !y.is_comparable() {
                continue;
            }
            let reached = agreement(x, y);
            counts.count(reached);
            let required = carries_required(x, y) && carries_required(y, x);
            if reached >= Some(stringency) && required {
                let equal = reached == Some(Stringency::High);
                score_log10 -= self.chance(locus, x, y, equal).map_or(0.0, f64::log10);
            } else {
                failing += 1;
                score_log10 += DISCORDANCE_LOG10;
            }
        }
        let log10_lr = if failing == 0 { score_log10 } else { f64::NEG_INFINITY };
        IdentityScore { agreement: counts, failing, log10_lr, score_log10 }
    }

    /// Chance that an unrelated person agrees as these two typings do.
    fn chance(&self, locus: Locus, x: &Typing, y: &Typing, equal: bool) -> Option<f64> {
        let exact = equal && x.genotype().is_some() && y.genotype().is_some();
        let of_x = self.chance_of_agreement(locus, x, exact)?;
        let of_y = self.chance_of_agreement(locus, y, exact)?;
        Some(of_x.agree.max(of_y.agree))
    }
}

#[cfg(test)]
mod tests {
    use super::super::allele::Allele;
    use super::super::frequency::{FrequencyTable, MinimumFrequency};
    use super::*;

    fn profile(text: &str) -> Profile {
        text.split(' ')
            .map(|part| {
                let (locus, alleles) = part.split_once(':').unwrap();
                let alleles: Vec<Allele> =
                    alleles.split(',').map(|a| Allele::parse(a).unwrap().unwrap()).collect();
                (Locus::parse(locus).unwrap(), Typing::new(&alleles).unwrap())
            })
            .collect()
    }

    #[test]
    fn drop_out_scores_less_than_a_full_match_and_a_discordance_excludes() {
        let table = FrequencyTable::from_csv(
            "t",
            "locus,allele,frequency,count,n_alleles\nTH01,6,0.2,,\nTH01,7,0.1,,\nFGA,20,0.25,,\nFGA,21,0.1,,\n",
        )
        .unwrap();
        let population =
            Population { frequencies: &table, theta: 0.0, minimum: MinimumFrequency::UnseenOnly };
        let score = |a: &str, b: &str, s| population.identity_score(&profile(a), &profile(b), s);
        let full = score("TH01:6,7 FGA:20", "TH01:6,7 FGA:20", Stringency::High);
        assert!((full.log10_lr + (0.04f64 * 0.0625).log10()).abs() < 1e-12);
        let partial = score("TH01:6 FGA:20", "TH01:6,7 FGA:20", Stringency::Moderate);
        assert!((partial.log10_lr + ((0.4 - 0.04f64) * 0.0625).log10()).abs() < 1e-12);
        assert_eq!(
            (partial.agreement.high, partial.agreement.moderate, partial.failing),
            (1, 2, 0)
        );
        let discordant = score("TH01:6,7 FGA:20,21", "TH01:6,7 FGA:20", Stringency::High);
        assert_eq!(discordant.log10_lr, f64::NEG_INFINITY);
        assert!((discordant.score_log10 - (-(0.04f64.log10()) - 3.0)).abs() < 1e-12);
        assert_eq!(discordant.failing, 1);
    }
}
