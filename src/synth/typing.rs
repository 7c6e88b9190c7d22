//! How a laboratory types a sample: well, or with the damage that traces have.

use rand::Rng;
use rand::seq::{IndexedMutRandom, SliceRandom};

use super::genome::AlleleSampler;
use super::truth::RecordKind;
use crate::domain::allele::Allele;
use crate::domain::dna::{Profile, Typing, TypingError};
use crate::domain::locus::Locus;

/// Kit of all core loci.
pub(super) const KIT: &str = "PowerPlex Fusion 6C";
/// Kit of [`OLDER_KIT_LOCI`].
pub(super) const OLDER_KIT: &str = "AmpFlSTR Identifiler Plus";

/// The loci of [`OLDER_KIT`].
pub(super) const OLDER_KIT_LOCI: [&str; 15] = [
    "D3S1358", "vWA", "D16S539", "CSF1PO", "TPOX", "D8S1179", "D21S11", "D18S51", "D19S433",
    "TH01", "FGA", "D5S818", "D13S317", "D7S820", "D2S1338",
];

/// Approximate middle length of each locus's amplicons in a kit of all core loci, base pairs. Only
/// the order matters: degraded DNA loses the long ones first. Rounded figures of our own, of the
/// order that kits of this size have; no particular kit is reproduced.
const AMPLICON_BP: [(&str, u32); 23] = [
    ("TH01", 95),
    ("D8S1179", 100),
    ("D16S539", 110),
    ("D3S1358", 125),
    ("vWA", 155),
    ("D12S391", 160),
    ("D18S51", 175),
    ("D1S1656", 185),
    ("D19S433", 220),
    ("D21S11", 230),
    ("D2S441", 232),
    ("D2S1338", 260),
    ("D10S1248", 280),
    ("D7S820", 290),
    ("D13S317", 325),
    ("FGA", 338),
    ("CSF1PO", 340),
    ("D5S818", 345),
    ("SE33", 390),
    ("PentaD", 413),
    ("TPOX", 417),
    ("PentaE", 420),
    ("D22S1045", 450),
];

/// Amplicons longer than a length in this range are gone from a degraded sample, base pairs.
const DEGRADED_CUT_BP: std::ops::Range<u32> = 200..330;
/// Loci left in a partial sample.
const PARTIAL_LOCI: std::ops::RangeInclusive<usize> = 8..=16;

/// A typed sample.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) profile: Profile,
    pub(super) kit: &'static str,
    /// The laboratory says that the profile is not complete.
    pub(super) partial: bool,
    pub(super) note: String,
}

/// The genotypes of one person with the samplers of their loci.
pub(super) struct Source<'a> {
    pub(super) genotypes: Vec<(Locus, [Allele; 2])>,
    pub(super) samplers: &'a [AlleleSampler],
}

impl Source<'_> {
    /// Types the person's material as `kind` says; `older_kit` narrows it to [`OLDER_KIT_LOCI`].
    ///
    /// # Errors
    /// Never with one to three alleles per locus; the error is [`Typing::new`]'s.
    pub(super) fn typed(
        mut self,
        kind: RecordKind,
        older_kit: bool,
        rng: &mut impl Rng,
    ) -> Result<Sample, TypingError> {
        let older_kit = older_kit || kind == RecordKind::DoubleRegistrationOlderKit;
        if older_kit {
            self.genotypes.retain(|(locus, _)| OLDER_KIT_LOCI.contains(&locus.name()));
        }
        let mut calls: Vec<(Locus, Vec<Allele>)> =
            self.genotypes.iter().map(|(locus, alleles)| (*locus, alleles.to_vec())).collect();
        let note = match kind {
            RecordKind::DoubleRegistrationTypingError => wrong_call(&mut calls, rng),
            RecordKind::TracePartial => keep_some(&mut calls, rng),
            RecordKind::TraceDegraded | RecordKind::CorpseDegraded => degrade(&mut calls, rng),
            RecordKind::TraceDropOut => drop_out(&mut calls, rng),
            RecordKind::TraceDropIn => self.drop_in(&mut calls, rng),
            _ => String::new(),
        };
        let profile = calls
            .iter()
            .map(|(locus, alleles)| Ok((*locus, Typing::new(alleles)?)))
            .collect::<Result<Profile, TypingError>>()?;
        let partial = matches!(
            kind,
            RecordKind::TracePartial
                | RecordKind::TraceDegraded
                | RecordKind::TraceDropOut
                | RecordKind::CorpseDegraded
        );
        Ok(Sample { profile, kit: if older_kit { OLDER_KIT } else { KIT }, partial, note })
    }

    /// Adds a foreign allele to one or two heterozygotes.
    fn drop_in(&self, calls: &mut [(Locus, Vec<Allele>)], rng: &mut impl Rng) -> String {
        let count = rng.random_range(1..=2);
        let mut names = Vec::new();
        for place in some_heterozygotes(calls, count, rng) {
            let (locus, alleles) = &mut calls[place];
            let Some(sampler) = self.samplers.iter().find(|s| s.locus == *locus) else { continue };
            let foreign = sampler.draw(rng);
            // A foreign allele that the person carries too is not seen.
            if !alleles.contains(&foreign) {
                alleles.push(foreign);
                names.push(locus.name());
            }
        }
        format!("drop-in at {}", list(&names))
    }
}

/// Replaces one allele at one locus by its neighbour one repeat longer.
fn wrong_call(calls: &mut [(Locus, Vec<Allele>)], rng: &mut impl Rng) -> String {
    let Some((locus, alleles)) = calls.choose_mut(rng) else { return String::new() };
    let Some(longest) = alleles.iter_mut().max() else { return String::new() };
    let Some(neighbour) = Allele::repeat(longest.code() + 10) else { return String::new() };
    let note = format!("{locus}: {neighbour} called for {longest}");
    *longest = neighbour;
    note
}

fn keep_some(calls: &mut Vec<(Locus, Vec<Allele>)>, rng: &mut impl Rng) -> String {
    let kept = rng.random_range(PARTIAL_LOCI);
    calls.shuffle(rng);
    calls.truncate(kept);
    calls.sort_unstable_by_key(|(locus, _)| *locus);
    format!("{} loci left", calls.len())
}

/// Loses the loci with long amplicons; the longest heterozygote that is left shows its shorter
/// allele and, as the laboratory recognises the risk, a wildcard.
fn degrade(calls: &mut Vec<(Locus, Vec<Allele>)>, rng: &mut impl Rng) -> String {
    let cut_bp = rng.random_range(DEGRADED_CUT_BP);
    calls.retain(|(locus, _)| amplicon_bp(*locus) <= cut_bp);
    let longest = calls
        .iter_mut()
        .filter(|(_, alleles)| is_heterozygote(alleles))
        .max_by_key(|(locus, _)| amplicon_bp(*locus));
    let mut faded = "no locus";
    if let Some((locus, alleles)) = longest {
        alleles.sort_unstable();
        alleles.truncate(1);
        alleles.push(Allele::WILDCARD);
        faded = locus.name();
    }
    format!("{} loci up to {cut_bp} bp left; {faded} lost its longer allele", calls.len())
}

/// Loses one allele at one to three heterozygotes; a wildcard stands for it, or nothing does.
fn drop_out(calls: &mut [(Locus, Vec<Allele>)], rng: &mut impl Rng) -> String {
    let count = rng.random_range(1..=3);
    let mut names = Vec::new();
    for place in some_heterozygotes(calls, count, rng) {
        let (locus, alleles) = &mut calls[place];
        let recognised = rng.random_bool(0.5);
        alleles.remove(usize::from(rng.random_bool(0.5)));
        if recognised {
            alleles.push(Allele::WILDCARD);
        }
        names.push(locus.name());
    }
    format!("drop-out at {}", list(&names))
}

fn is_heterozygote(alleles: &[Allele]) -> bool {
    matches!(alleles, [a, b] if a != b)
}

/// Places of at most `count` heterozygotes, at random.
fn some_heterozygotes(
    calls: &[(Locus, Vec<Allele>)],
    count: usize,
    rng: &mut impl Rng,
) -> Vec<usize> {
    let mut places: Vec<usize> =
        (0..calls.len()).filter(|place| is_heterozygote(&calls[*place].1)).collect();
    places.shuffle(rng);
    places.truncate(count);
    places.sort_unstable();
    places
}

fn amplicon_bp(locus: Locus) -> u32 {
    AMPLICON_BP.iter().find(|(name, _)| *name == locus.name()).map_or(u32::MAX, |(_, bp)| *bp)
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "no locus".into() } else { names.join(" ") }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::domain::stringency::{Agreement, compare};
    use crate::synth::SynthOptions;
    use crate::synth::genome::samplers;

    #[test]
    fn every_core_locus_has_an_amplicon_length_and_the_older_kit_is_known() {
        assert!(Locus::core().all(|locus| amplicon_bp(locus) < u32::MAX));
        let known = OLDER_KIT_LOCI.map(|name| Locus::parse(name).unwrap().name());
        assert_eq!(known, OLDER_KIT_LOCI);
    }

    /// How 300 samples of a kind agree with the person's true profile.
    fn agreements(kind: RecordKind) -> Vec<(Sample, Agreement)> {
        let options = SynthOptions::with_default_frequencies(0).unwrap();
        let samplers = samplers(&options);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        (0..300)
            .map(|_| {
                let genotypes: Vec<(Locus, [Allele; 2])> = options
                    .loci()
                    .into_iter()
                    .zip(&samplers)
                    .map(|(locus, sampler)| {
                        (locus, [sampler.draw(&mut rng), sampler.draw(&mut rng)])
                    })
                    .collect();
                let truth: Profile = genotypes
                    .iter()
                    .map(|(locus, alleles)| (*locus, Typing::new(alleles).unwrap()))
                    .collect();
                let source = Source { genotypes, samplers: &samplers };
                let sample = source.typed(kind, false, &mut rng).unwrap();
                let agreement = compare(&sample.profile, &truth);
                (sample, agreement)
            })
            .collect()
    }

    #[test]
    fn undamaged_samples_equal_the_person() {
        for (kind, loci) in [
            (RecordKind::Registration, 23),
            (RecordKind::TraceFull, 23),
            (RecordKind::DoubleRegistrationOlderKit, 15),
        ] {
            for (_, agreement) in agreements(kind) {
                assert_eq!((agreement.compared, agreement.high), (loci, loci), "{kind}");
            }
        }
    }

    #[test]
    fn damaged_traces_agree_at_moderate_stringency_everywhere() {
        for kind in [
            RecordKind::TracePartial,
            RecordKind::TraceDegraded,
            RecordKind::TraceDropOut,
            RecordKind::TraceDropIn,
        ] {
            for (sample, agreement) in agreements(kind) {
                assert_eq!(agreement.moderate, agreement.compared, "{kind} {}", sample.note);
                assert!(agreement.compared >= 8, "{kind} {}", sample.note);
            }
        }
    }

    #[test]
    fn each_damage_leaves_its_mark() {
        let partial = agreements(RecordKind::TracePartial);
        assert!(partial.iter().all(|(_, a)| a.high == a.compared && PARTIAL_LOCI.contains(&(a.compared as usize))));
        let degraded = agreements(RecordKind::TraceDegraded);
        for (sample, _) in &degraded {
            assert!(sample.profile.get(Locus::parse("D22S1045").unwrap()).is_none());
            assert!(sample.profile.get(Locus::parse("TH01").unwrap()).is_some());
        }
        for (sample, agreement) in agreements(RecordKind::TraceDropOut) {
            let single = agreement.compared - agreement.high;
            let wild = sample.profile.iter().filter(|(_, t)| t.unknown().is_some()).count() as u32;
            assert!((1..=3).contains(&(single + wild)), "{}", sample.note);
        }
        let drop_in = agreements(RecordKind::TraceDropIn);
        let third = |p: &Profile| p.iter().filter(|(_, t)| t.alleles().len() == 3).count();
        assert!(drop_in.iter().filter(|(s, _)| third(&s.profile) > 0).count() > 200);
        assert!(drop_in.iter().all(|(s, _)| third(&s.profile) <= 2));
    }

    #[test]
    fn a_typing_error_spoils_exactly_one_locus() {
        for (sample, agreement) in agreements(RecordKind::DoubleRegistrationTypingError) {
            assert_eq!(agreement.compared - agreement.high, 1, "{}", sample.note);
        }
    }
}
