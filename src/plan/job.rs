//! What a run does: searches, their rules and thresholds.
//!
//! A sweep (`dedup`, `cold-case`, `missing-person`) is a fixed list of searches; `nightly` is all of
//! them. A search names two indexes, a comparator and the article that allows it; one that the law
//! forbids cannot be built.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use crate::domain::calibration::Calibration;
use crate::domain::category::Index;
use crate::domain::frequency::MinimumFrequency;
use crate::domain::likelihood::check_model;
use crate::domain::pedigree::transmission::Transmission;
use crate::domain::rule_set::{RuleSet, SearchKind};
use crate::error::{Error, Result};
use crate::gallery::set_aside::SetAside;
use crate::law::purpose::{self, Purpose, Verdict};

/// A list of searches with one aim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sweep {
    /// Persons registered twice.
    Dedup,
    /// Traces against convicts, other traces and corpses.
    ColdCase,
    /// Corpses against families, convicts and other corpses.
    MissingPerson,
}

impl Sweep {
    /// All sweeps of a night, in order.
    pub const NIGHTLY: [Sweep; 3] = [Sweep::Dedup, Sweep::ColdCase, Sweep::MissingPerson];

    /// Word used on the command line and before the `/` of a search's name.
    pub const fn name(self) -> &'static str {
        match self {
            Sweep::Dedup => "dedup",
            Sweep::ColdCase => "cold-case",
            Sweep::MissingPerson => "missing-person",
        }
    }
}

/// Least score of a hit, log10, whatever number of chance hits is accepted: a thousand to one.
pub const FLOOR_LOG10: f64 = 3.0;

/// How the threshold of a search is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Threshold {
    /// The lowest score at which at most this many chance hits are expected in a search, never
    /// below [`FLOOR_LOG10`].
    ExpectFalse(f64),
    /// A score: a log10 likelihood ratio, or -log10 of a false match rate.
    Log10(f64),
    /// A false match rate: chance hits accepted per comparison.
    Fmr(f64),
    /// A false positive identification rate: chance hits accepted per probe.
    Fpir(f64),
}

impl Threshold {
    /// Chance hits accepted in a whole search; for a threshold stated as a score, none.
    pub fn expected(self, comparisons: u64, probes: u64) -> f64 {
        match self {
            Threshold::ExpectFalse(expected) => expected,
            Threshold::Fmr(rate) => rate * comparisons as f64,
            Threshold::Fpir(rate) => rate * probes as f64,
            Threshold::Log10(_) => 0.0,
        }
    }
}

/// Everything that can change a result, and nothing that cannot: part of a run's identity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameters {
    /// Day on which records must be alive.
    pub as_of: Date,
    /// Name of the frequency table.
    pub frequencies: String,
    /// Hash of the frequency table.
    pub frequencies_id: String,
    /// Coancestry coefficient.
    pub theta: f64,
    /// Rule for rare and unseen alleles.
    pub minimum_frequency: MinimumFrequency,
    /// Threshold of every search.
    pub threshold: Threshold,
    /// Rules of the searches of identity; name, version and hash are written.
    pub rules: RuleSet,
    /// Loci that may fail in a search of identity: those of the rules.
    pub mismatches: u32,
    /// Least number of loci compared in a search of relatives; in one of identity the rules say it.
    pub min_loci: u32,
    /// Hits kept per probe and search; none keeps all.
    pub top: Option<u32>,
    /// The owners of fingerprint databases have agreed that these may be compared with one another.
    pub across_owners: bool,
    /// How alleles are transmitted in searches of families, if it is named: without it pairs have no mutation
    /// and pedigrees [`Transmission::of_pedigrees`].
    pub transmission: Option<Transmission>,
    /// Probability, before the search, that the missing person of a family is among the bodies; with it hits of
    /// pedigrees have a posterior.
    pub prior: Option<f64>,
    /// Run id of an earlier run after which only pairs with a newer side are compared.
    pub since: Option<String>,
    /// Table from similarity of fingerprints to false match rate; its hash is written where it is not the built-in one,
    /// so that other runs keep their identity.
    #[serde(skip_serializing_if = "is_builtin", serialize_with = "as_blake3")]
    pub calibration: Arc<Calibration>,
    /// Segments of the gallery that are broken and were not searched; written only where there are some, so that other
    /// runs keep their identity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
}

fn is_builtin(calibration: &Arc<Calibration>) -> bool {
    calibration.is_builtin()
}

fn as_blake3<S: Serializer>(
    calibration: &Arc<Calibration>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&calibration.blake3())
}

impl Parameters {
    /// How alleles are transmitted in searches of whole families.
    pub fn of_pedigrees(&self) -> Transmission {
        self.transmission.clone().unwrap_or_else(Transmission::of_pedigrees)
    }

    /// How alleles are transmitted between a relative and a body; `None` where nothing mutates.
    pub fn of_pairs(&self) -> Option<&Transmission> {
        self.transmission.as_ref().filter(|transmission| !transmission.is_plain)
    }

    /// Refuses values without meaning.
    ///
    /// # Errors
    /// Theta outside 0 to 0.5, a threshold that is not a finite number, an expectation that is not
    /// positive, a rate outside 0 to 1, or a list of length 0.
    pub fn validate(&self) -> Result<()> {
        let fail = |message: &str, help: &str| Err(Error::usage(message, help));
        check_model(self.theta, self.minimum_frequency)?;
        match self.threshold {
            Threshold::ExpectFalse(e) if !(e.is_finite() && e > 0.0) => {
                return fail(
                    "--expect-false is a number above 0",
                    "use 1 for one chance hit per search",
                );
            }
            Threshold::Log10(t) if !t.is_finite() => {
                return fail("--threshold is a log10 likelihood ratio", "use 6 for a million");
            }
            Threshold::Fmr(rate) | Threshold::Fpir(rate) if !(rate > 0.0 && rate <= 1.0) => {
                return fail(
                    "--fmr and --fpir are rates above 0 and at most 1",
                    "use 1e-6 for one chance hit in a million",
                );
            }
            _ => {}
        }
        if self.prior.is_some_and(|prior| !(prior > 0.0 && prior <= 1.0)) {
            return fail(
                "--prior is a probability above 0 and at most 1",
                "state how likely the missing person is among the bodies, or leave it out",
            );
        }
        if self.top == Some(0) || self.min_loci == 0 {
            return fail("--top and --min-loci start at 1", "leave the option out for the default");
        }
        Ok(())
    }
}

impl Comparator {
    /// Whether bodies are compared with the families of missing persons.
    pub const fn is_of_families(self) -> bool {
        matches!(self, Comparator::Kinship | Comparator::Pedigree)
    }
}

/// How a search compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// The same person: allele sets agree.
    Identity {
        /// What is compared: the rules of the run have a stringency for it.
        kind: SearchKind,
    },
    /// A stated relation: likelihood ratio against unrelated.
    Kinship,
    /// All relatives of a missing person together, with mutation.
    Pedigree,
}

/// One search of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSpec {
    /// Unique in the run, such as `cold-case/trace-convict`.
    pub name: String,
    /// Searched side.
    pub probe: Index,
    /// Enrolled side.
    pub gallery: Index,
    /// Article that allows it.
    pub purpose: Purpose,
    /// How pairs are compared.
    pub comparator: Comparator,
    /// Both sides are the same records: each pair once.
    pub triangle: bool,
}

impl SearchSpec {
    /// A search of `probe` in `gallery`.
    ///
    /// # Errors
    /// [`Error::Refused`] where the law forbids it.
    pub fn new(name: &str, probe: Index, gallery: Index, comparator: Comparator) -> Result<Self> {
        Ok(SearchSpec {
            name: name.to_owned(),
            probe,
            gallery,
            purpose: purpose::require(probe, gallery)?,
            comparator,
            triangle: probe == gallery,
        })
    }

    /// The rule as a hit states it.
    pub fn rule(&self, parameters: &Parameters) -> String {
        match self.comparator {
            Comparator::Identity { kind } => parameters.rules.statement(kind),
            Comparator::Kinship => match parameters.of_pairs() {
                Some(transmission) => format!("best-relative; {}", transmission.rule()),
                None => "best-relative".into(),
            },
            Comparator::Pedigree => format!("pedigree; {}", parameters.of_pedigrees().rule()),
        }
    }
}

const PERSONS: Comparator = Comparator::Identity { kind: SearchKind::Persons };
const TRACES: Comparator = Comparator::Identity { kind: SearchKind::Traces };

/// The searches of a sweep.
///
/// # Errors
/// [`Error::Refused`] if the law table does not allow one of them.
pub fn searches(sweep: Sweep) -> Result<Vec<SearchSpec>> {
    use Index::{Convict, Corpse, Relative, Trace};
    let list: &[(&str, Index, Index, Comparator)] = match sweep {
        Sweep::Dedup => &[("dedup/convict", Convict, Convict, PERSONS)],
        Sweep::ColdCase => &[
            ("cold-case/trace-convict", Trace, Convict, TRACES),
            ("cold-case/trace-trace", Trace, Trace, TRACES),
            ("cold-case/trace-corpse", Trace, Corpse, TRACES),
        ],
        Sweep::MissingPerson => &[
            ("missing-person/corpse-family", Corpse, Relative, Comparator::Kinship),
            ("missing-person/corpse-pedigree", Corpse, Relative, Comparator::Pedigree),
            ("missing-person/corpse-convict", Corpse, Convict, TRACES),
            ("missing-person/corpse-corpse", Corpse, Corpse, TRACES),
        ],
    };
    list.iter()
        .map(|(name, probe, gallery, c)| SearchSpec::new(name, *probe, *gallery, *c))
        .collect()
}

/// The searches of an ad-hoc probe in the named galleries (all lawful identity galleries if none).
///
/// # Errors
/// [`Error::Refused`] where the law forbids one; the refusal comes before any work.
pub fn ad_hoc_searches(probe: Index, galleries: &[Index]) -> Result<Vec<SearchSpec>> {
    let wanted: BTreeSet<Index> = if galleries.is_empty() {
        purpose::lawful_galleries(probe).into_iter().collect()
    } else {
        galleries.iter().copied().collect()
    };
    let mut list = Vec::new();
    for gallery in wanted {
        let comparator = match (probe, gallery) {
            (Index::Corpse, Index::Relative) => Comparator::Kinship,
            (Index::Relative, Index::Corpse) => {
                purpose::require(probe, gallery)?;
                return Err(Error::usage(
                    "a relative is searched as part of a family",
                    "import the relative and its family, then `tanba run missing-person`",
                ));
            }
            (Index::Convict, Index::Convict) => PERSONS,
            _ => TRACES,
        };
        let name = format!("search/{probe}-{gallery}");
        let mut spec = SearchSpec::new(&name, probe, gallery, comparator)?;
        spec.triangle = false;
        list.push(spec);
        if comparator == Comparator::Kinship {
            let name = format!("search/{probe}-pedigree");
            list.push(SearchSpec::new(&name, probe, gallery, Comparator::Pedigree)?);
        }
    }
    Ok(list)
}

/// The pairs of indexes no search of this program compares, with the article.
pub fn refusals() -> Vec<(Index, Index, &'static str)> {
    let mut list = Vec::new();
    for probe in Index::ALL {
        for gallery in Index::ALL.into_iter().filter(|g| *g >= probe) {
            if let Verdict::Forbidden { article, .. } = purpose::verdict(probe, gallery) {
                list.push((probe, gallery, article));
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_search_of_the_night_is_lawful_and_named_once() {
        let mut names = Vec::new();
        for sweep in Sweep::NIGHTLY {
            for search in searches(sweep).unwrap() {
                assert!(search.name.starts_with(sweep.name()));
                assert!(
                    search.purpose.article.starts_with("L40 28") || search.probe == search.gallery
                );
                names.push(search.name);
            }
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_trace_is_never_searched_in_relatives() {
        let refused =
            ad_hoc_searches(Index::Trace, &[Index::Convict, Index::Relative]).unwrap_err();
        assert_eq!(refused.article(), Some("L40 28(2)"));
        let lawful = ad_hoc_searches(Index::Trace, &[]).unwrap();
        assert!(lawful.iter().all(|s| s.gallery != Index::Relative));
        assert_eq!(refusals().len(), 3);
    }
}
