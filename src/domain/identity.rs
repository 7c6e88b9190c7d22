//! The score of an identity comparison: do two profiles come from one person?
//!
//! Per locus that agrees, the score adds −log10 of the chance that an unrelated person would agree
//! as well: the match probability (NRC II 4.10) where both genotypes are equal, else the probability
//! of inclusion of the commoner side, which is the cautious reading when one side is partial or
//! mixed. Per discordant locus it takes [`DISCORDANCE_LOG10`] away, while the likelihood ratio is
//! exactly zero and says so. What fails is said by a rule set ([`super::rule_set`]). Loci outside the frequency table are compared but add nothing.

use super::dna::{Profile, Typing};
use super::likelihood::Population;
use super::locus::Locus;
use super::rarity::DISCORDANCE_LOG10;
use super::rule_set::{LocusJudgement, RuleSet, SearchKind};
use super::stringency::{Agreement, Stringency};

/// Result of an identity comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdentityScore {
    /// Agreement over the loci compared, as typed.
    pub agreement: Agreement,
    /// Loci compared that do not satisfy the rule.
    pub failing: u32,
    /// Of these, loci below what a failing locus must reach.
    pub below_floor: u32,
    /// Loci compared where one side lacks an allele that the other marks as required, if the rule asks.
    pub lacking_required: u32,
    /// Loci that satisfy the rule only because neighbouring microvariants are the same.
    pub by_microvariant: u32,
    /// Loci compared where a call of either side names no allele.
    pub with_wildcard: u32,
    /// Loci that agree at high stringency as the rule reads alleles, every call named.
    pub designated: u32,
    /// log10 LR of identity; minus infinity if a locus fails, or agrees neither equal nor contained.
    pub log10_lr: f64,
    /// log10 score that orders hits: as `log10_lr`, with a penalty instead of an exclusion.
    pub score_log10: f64,
}

/// What the chance of an agreement is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChanceOf {
    /// Equal genotypes: the match probability (NRC II 4.10).
    Match,
    /// One set contains the other, or a call names no allele: the probability of inclusion.
    Inclusion,
    /// The sets share an allele: the probability of sharing one.
    Sharing,
    /// They agree where neighbouring microvariants are the same: the probability of inclusion with these.
    Neighbours,
}

/// One locus that two profiles are compared at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocusIdentity {
    /// The locus.
    pub locus: Locus,
    /// What the rules say of it.
    pub judged: LocusJudgement,
    /// What the chance is that of.
    pub chance_of: ChanceOf,
    /// Chance that an unrelated person agrees as well; `None` where the locus fails or the table lacks it.
    pub chance: Option<f64>,
    /// What the locus adds to the score, log10.
    pub score_log10: f64,
}

impl Population<'_> {
    /// The loci that two profiles are compared at, ascending; what they add up to is
    /// [`Self::identity_score`].
    pub fn identity_loci<'a>(
        &'a self,
        a: &'a Profile,
        b: &'a Profile,
        rules: &'a RuleSet,
        kind: SearchKind,
    ) -> impl Iterator<Item = LocusIdentity> + 'a {
        let compared = a.iter().filter_map(|(locus, x)| Some((locus, x, b.get(locus)?)));
        let compared = compared.filter(|(_, x, y)| x.is_comparable() && y.is_comparable());
        compared.map(move |(locus, x, y)| {
            let judged = rules.judge(kind, locus, x, y);
            let demanded = rules.stringency(kind, locus);
            let chance_of = chance_of((x, y), judged);
            let chance = judged.passes.then(|| self.chance(locus, (x, y), chance_of, demanded));
            let chance = chance.flatten();
            let score_log10 = match judged.passes {
                true => chance.map_or(0.0, |chance| -chance.log10()),
                false => DISCORDANCE_LOG10,
            };
            LocusIdentity { locus, judged, chance_of, chance, score_log10 }
        })
    }

    /// Compares two profiles as samples of one person under `rules`, which must have read both
    /// ([`RuleSet::read_profile`]).
    pub fn identity_score(
        &self,
        a: &Profile,
        b: &Profile,
        rules: &RuleSet,
        kind: SearchKind,
    ) -> IdentityScore {
        let mut score = IdentityScore {
            agreement: Agreement::default(),
            failing: 0,
            below_floor: 0,
            lacking_required: 0,
            by_microvariant: 0,
            with_wildcard: 0,
            designated: 0,
            log10_lr: 0.0,
            score_log10: 0.0,
        };
        let mut is_excluded = false;
        for LocusIdentity { judged, score_log10, .. } in self.identity_loci(a, b, rules, kind) {
            score.agreement.count(judged.reached);
            score.by_microvariant += u32::from(judged.by_microvariant);
            score.with_wildcard += u32::from(judged.has_wildcard);
            score.designated += u32::from(judged.designated);
            score.lacking_required += u32::from(judged.lacks_required);
            is_excluded |= !judged.passes || judged.reached < Some(Stringency::Moderate);
            score.failing += u32::from(!judged.passes);
            score.below_floor += u32::from(!judged.passes && !judged.above_floor);
            score.score_log10 += score_log10;
        }
        score.log10_lr = if is_excluded { f64::NEG_INFINITY } else { score.score_log10 };
        score
    }

    /// Chance that an unrelated person agrees as these two typings do.
    fn chance(
        &self,
        locus: Locus,
        (x, y): (&Typing, &Typing),
        chance_of: ChanceOf,
        demanded: Stringency,
    ) -> Option<f64> {
        let both = |of: &dyn Fn(&Typing) -> Option<f64>| Some(of(x)?.max(of(y)?));
        let agreement =
            |exact| both(&|typing| Some(self.chance_of_agreement(locus, typing, exact)?.agree));
        match chance_of {
            ChanceOf::Neighbours => {
                both(&|typing| self.chance_with_neighbours(locus, typing, demanded))
            }
            ChanceOf::Sharing => both(&|typing| self.chance_of_sharing(locus, typing, false)),
            ChanceOf::Match => agreement(true),
            ChanceOf::Inclusion => agreement(false),
        }
    }
}

fn chance_of((x, y): (&Typing, &Typing), judged: LocusJudgement) -> ChanceOf {
    let equal = judged.reached == Some(Stringency::High);
    match judged.reached {
        _ if judged.by_microvariant => ChanceOf::Neighbours,
        Some(Stringency::Low) => ChanceOf::Sharing,
        _ if equal && x.genotype().is_some() && y.genotype().is_some() => ChanceOf::Match,
        _ => ChanceOf::Inclusion,
    }
}

#[cfg(test)]
mod tests {
    use super::super::allele::Allele;
    use super::super::frequency::{FrequencyTable, MinimumFrequency};
    use super::super::rule_set;
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
        let rules = rule_set::builtin("tanba").unwrap().unwrap();
        let score =
            |a: &str, b: &str, s| population.identity_score(&profile(a), &profile(b), &rules, s);
        let full = score("TH01:6,7 FGA:20", "TH01:6,7 FGA:20", SearchKind::Persons);
        assert!((full.log10_lr + (0.04f64 * 0.0625).log10()).abs() < 1e-12);
        let partial = score("TH01:6 FGA:20", "TH01:6,7 FGA:20", SearchKind::Traces);
        assert!((partial.log10_lr + ((0.4 - 0.04f64) * 0.0625).log10()).abs() < 1e-12);
        assert_eq!(
            (partial.agreement.high, partial.agreement.moderate, partial.failing),
            (1, 2, 0)
        );
        let discordant = score("TH01:6,7 FGA:20,21", "TH01:6,7 FGA:20", SearchKind::Persons);
        assert_eq!(discordant.log10_lr, f64::NEG_INFINITY);
        assert!((discordant.score_log10 - (-(0.04f64.log10()) - 3.0)).abs() < 1e-12);
        assert_eq!(discordant.failing, 1);
    }
}
