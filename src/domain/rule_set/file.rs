//! A rule set as TOML. Unknown keys are refused: a misspelt condition must not be a condition less.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::locus::{Locus, LocusSet};
use super::super::stringency::Stringency;
use super::class::RuleClasses;
use super::{
    Inclusion, LeastAgreeing, Microvariants, Mixtures, Records, RuleSet, SearchKind, TriAlleles,
    Wildcards,
};

/// Longest name of a rule set, characters.
const MAX_NAME_CHARS: usize = 64;

/// What is wrong with the text of a rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}; found {found:?}")]
pub struct RuleSetError {
    /// Line, from 1.
    pub line: u64,
    /// The rule broken.
    pub rule: String,
    /// What stands there instead.
    pub found: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: String,
    version: u32,
    source: String,
    classes: RuleClasses,
    loci: Option<Vec<LocusName>>,
    least_loci: u32,
    most_failing: u32,
    failing_agree_at: Option<StringencyName>,
    #[serde(default = "yes")]
    required_alleles: bool,
    #[serde(default)]
    wildcards: Wildcards,
    #[serde(default)]
    tri_alleles: TriAlleles,
    #[serde(default)]
    mixtures: Mixtures,
    #[serde(default)]
    microvariants: Microvariants,
    least_score_log10: Option<f64>,
    stringency: StringencyForm,
    #[serde(default)]
    least_agreeing: LeastAgreeing,
    #[serde(default)]
    inclusion: Vec<InclusionForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StringencyForm {
    persons: StringencyName,
    traces: StringencyName,
    #[serde(default)]
    loci: BTreeMap<LocusName, StringencyName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InclusionForm {
    records: Records,
    loci: Option<Vec<LocusName>>,
    least: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StringencyName {
    High,
    Moderate,
    Low,
}

impl From<StringencyName> for Stringency {
    fn from(name: StringencyName) -> Stringency {
        match name {
            StringencyName::High => Stringency::High,
            StringencyName::Moderate => Stringency::Moderate,
            StringencyName::Low => Stringency::Low,
        }
    }
}

/// A locus, by any spelling of its name.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct LocusName(Locus);

impl TryFrom<String> for LocusName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Locus::parse(&text)
            .map(LocusName)
            .ok_or_else(|| format!("{text} is no autosomal STR locus the program knows"))
    }
}

const fn yes() -> bool {
    true
}

/// Line of byte `place`, from 1.
fn line_of(text: &str, place: usize) -> u64 {
    let before = text.as_bytes().iter().take(place);
    1 + before.filter(|byte| **byte == b'\n').count() as u64
}

/// The line `number` of `text`.
fn quoted(text: &str, number: u64) -> String {
    text.lines().nth(number as usize - 1).unwrap_or_default().trim().to_owned()
}

/// A fault of the value of `key`: its line is the first that begins with it, else the first of all.
fn fault(text: &str, key: &str, rule: impl Into<String>) -> RuleSetError {
    let begins = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let line = text.lines().position(begins).map_or(1, |place| place as u64 + 1);
    RuleSetError { line, rule: rule.into(), found: quoted(text, line) }
}

/// The set of `names`, all loci where none are named.
fn locus_set(
    text: &str,
    names: Option<Vec<LocusName>>,
    all: LocusSet,
) -> Result<LocusSet, RuleSetError> {
    let Some(names) = names else { return Ok(all) };
    let mut set = LocusSet::default();
    for LocusName(locus) in names {
        if set.contains(locus) {
            return Err(fault(text, "loci", format!("a locus is listed once; {locus} is twice")));
        }
        if !all.contains(locus) {
            let rule = format!("a condition is about loci that are compared; {locus} is not");
            return Err(fault(text, "loci", rule));
        }
        set.insert(locus);
    }
    if set.is_empty() {
        return Err(fault(text, "loci", "a list of loci names at least one"));
    }
    Ok(set)
}

impl RuleSet {
    /// Reads a rule set.
    ///
    /// # Errors
    /// The text is not TOML, has an unknown key or value, lacks a key, or contradicts itself.
    pub fn parse(text: &str) -> Result<RuleSet, RuleSetError> {
        let form: Form = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let rule = error.message().trim().replace('\n', ", ");
            let is_missing = rule.starts_with("missing field");
            let found = if is_missing { "no such key".into() } else { quoted(text, line) };
            RuleSetError { line, rule, found }
        })?;
        let mut every = LocusSet::default();
        Locus::all().for_each(|locus| every.insert(locus));
        let loci = locus_set(text, form.loci, every)?;
        let mut inclusion = Vec::new();
        for condition in form.inclusion {
            let counted = locus_set(text, condition.loci, loci)?;
            let InclusionForm { records, least, .. } = condition;
            if least == 0 || least as usize > counted.len() {
                let rule = format!("`least` is from 1 to the loci that count ({})", counted.len());
                return Err(fault(text, "least", rule));
            }
            inclusion.push(Inclusion { records, loci: counted, least });
        }
        let own = form.stringency.loci.into_iter();
        let rules = RuleSet {
            name: form.name,
            version: form.version,
            source: form.source,
            blake3: blake3::hash(text.as_bytes()).to_hex().to_string(),
            text: text.to_owned(),
            classes: form.classes,
            loci,
            least_loci: form.least_loci,
            most_failing: form.most_failing,
            failing_agree_at: form.failing_agree_at.map(Stringency::from),
            required_alleles: form.required_alleles,
            wildcards: form.wildcards,
            tri_alleles: form.tri_alleles,
            mixtures: form.mixtures,
            microvariants: form.microvariants,
            least_score_log10: form.least_score_log10,
            persons: form.stringency.persons.into(),
            traces: form.stringency.traces.into(),
            own_stringency: own.map(|(locus, s)| (locus.0, s.into())).collect(),
            least_agreeing: form.least_agreeing,
            inclusion,
        };
        rules.check()?;
        Ok(rules)
    }

    /// What the form alone does not say.
    fn check(&self) -> Result<(), RuleSetError> {
        let refuse = |key: &str, rule: &str| Err(fault(&self.text, key, rule));
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let length = self.name.chars().count();
        if !(1..=MAX_NAME_CHARS).contains(&length) || !self.name.chars().all(is_plain) {
            return refuse("name", "a name is 1 to 64 letters a to z, digits and hyphens");
        }
        if self.version == 0 {
            return refuse("version", "versions count from 1");
        }
        if self.source.trim().is_empty() {
            return refuse("source", "a rule set names the text it comes from");
        }
        if self.least_loci == 0 || self.least_loci as usize > self.loci.len() {
            return refuse("least_loci", "`least_loci` is from 1 to the number of loci compared");
        }
        if self.most_failing >= self.least_loci && self.least_agreeing == LeastAgreeing::default() {
            let rule =
                "fewer loci may fail than must be compared, or [least_agreeing] asks for some";
            return refuse("most_failing", rule);
        }
        if let Some(own) = self.own_stringency.keys().find(|locus| !self.loci.contains(**locus)) {
            let rule = format!("a stringency is that of a locus that is compared; {own} is not");
            return refuse(own.name(), &rule);
        }
        if self.least_score_log10.is_some_and(|score| !score.is_finite()) {
            return refuse("least_score_log10", "a score is a finite number");
        }
        let least = &self.least_agreeing;
        for (key, count) in [
            ("designated", least.designated),
            ("high", least.high),
            ("moderate", least.moderate),
            ("low", least.low),
        ] {
            if count as usize > self.loci.len() {
                return refuse(key, "no more loci can agree than are compared");
            }
        }
        let is_near_or_full = self.most_failing <= 1
            && self.failing_agree_at.is_some()
            && self.weakest_stringency(SearchKind::Persons) == Stringency::High
            && self.weakest_stringency(SearchKind::Traces) == Stringency::High;
        if self.classes == RuleClasses::Pruem && !is_near_or_full {
            return refuse(
                "classes",
                "the classes of Prüm are for high stringency at every locus and at most one failing locus with \
                 `failing_agree_at`",
            );
        }
        let is_of_pairs =
            self.tri_alleles != TriAlleles::AsTyped && self.mixtures == Mixtures::NotCompared;
        if self.microvariants == Microvariants::Neighbouring && !is_of_pairs {
            return refuse(
                "microvariants",
                "neighbouring microvariants are for typings of at most two alleles: `tri_alleles` is not \
                 \"as-typed\" and `mixtures` is \"not-compared\"",
            );
        }
        Ok(())
    }
}
