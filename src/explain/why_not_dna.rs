//! What kept a pair of profiles out of a search: the family, an earlier run, the rules, the threshold.

use super::dna::{Question, spec_of};
use super::loci::identity_score;
use super::why_not::{Answer, Asked, Reason};
use super::{Evidence, dna::DnaExplanation};
use crate::domain::category::Index;
use crate::domain::family::{FamilyMember, FamilyPedigrees};
use crate::domain::rule_set::SearchKind;
use crate::error::Result;
use crate::gallery::Gallery;
use crate::language::Message;
use crate::plan::delta::Watermark;
use crate::plan::job::Comparator;
use crate::plan::search::Sides;
use crate::run::pair;
use crate::score::Millibans;

/// The answer of a search of profiles that does not list the pair.
///
/// # Errors
/// As [`super::why_not::why_not`].
pub(super) fn answer(asked: &Asked) -> Result<Answer> {
    let spec = spec_of(asked.report)?;
    let families = match spec.comparator {
        Comparator::Identity { .. } => Default::default(),
        comparator => match families(asked, comparator)? {
            Ok(families) => families,
            Err(answer) => return Ok(answer),
        },
    };
    let (run, ids) = (asked.run, asked.ids);
    let mut question = Question::new(asked.records, run, asked.report, ids, families)?;
    if let Some(generation) = asked.report.since_generation {
        mark(asked, generation, &mut question)?;
    }
    let population = run.population();
    let found = pair::profiles(&question.search, &run.parameters, &population, &run.report.run_id)?;
    if let Some(hit) = found.hits.first() {
        return listed_for_the_family(asked, hit).map_or_else(|| asked.unlisted(hit), Ok);
    }
    if found.comparisons == 0
        && let Some(old) = &question.search.old
    {
        return Ok(asked.earlier(old.generation));
    }
    match spec.comparator {
        Comparator::Identity { kind } => identity(asked, &question, kind),
        _ => kinship(asked, &question),
    }
}

/// A family that is a hit by another relative, who stands for it.
fn listed_for_the_family(asked: &Asked, hit: &crate::column::hit::Hit) -> Option<Answer> {
    let listed =
        asked.hits.iter().find(|other| other.hit_id == hit.hit_id && other.search == hit.search)?;
    let text = Message::new("why-stands-for")
        .with("hit", &listed.hit_id)
        .with("record", &listed.gallery_id);
    let answer = Answer::new(Reason::Hit, text);
    Some(Answer {
        hit_id: Some(listed.hit_id.clone()),
        score_mban: Some(listed.score_mban),
        ..answer
    })
}

/// Marks what an earlier run had compared, as the run did.
fn mark(asked: &Asked, generation: u64, question: &mut Question) -> Result<()> {
    let watermark = watermark(asked, generation)?;
    let sides = Sides {
        family_members: question.members.clone(),
        family_pedigrees: question.pedigrees.clone(),
        ..Sides::default()
    };
    watermark.mark(&mut question.search, &sides);
    Ok(())
}

/// The state of the gallery that an earlier run had compared.
///
/// # Errors
/// The gallery cannot be read.
pub(super) fn watermark(asked: &Asked, generation: u64) -> Result<Watermark> {
    let gallery = asked.records.gallery;
    let then = match gallery.manifest().purged().contains_key(&generation) {
        true => Gallery::open(gallery.root())?,
        false => Gallery::open_at(gallery.root(), generation)?,
    };
    Ok(Watermark {
        generation,
        // Of an earlier run that was not given the day is not known; retention seldom ends between two nights.
        as_of: asked.earlier.map_or(asked.records.day, |earlier| earlier.parameters.as_of),
        statuses: then.statuses()?,
        family_members: then.family_members()?,
        family_pedigrees: then.family_pedigrees()?,
    })
}

type Families = (Vec<FamilyMember>, FamilyPedigrees);

/// The families that the relative of a pair stands in, or why none of them is searched.
fn families(
    asked: &Asked,
    comparator: Comparator,
) -> Result<std::result::Result<Families, Answer>> {
    let relative = asked.ids.1;
    let (lines, _) = asked.records.families(|member| member.relative_record_id == relative)?;
    let no = |id: &'static str, family: Option<&FamilyMember>| {
        let text = Message::new(id).with("record", relative);
        let text = match family {
            Some(line) => text.with("family", &line.family_id),
            None => text,
        };
        Ok(Err(Answer::new(Reason::Family, text)))
    };
    if lines.is_empty() {
        return no("why-no-family", None);
    }
    if let Some(line) = lines.iter().find(|line| !line.consent) {
        return no("why-no-consent", Some(line));
    }
    if let Some(line) = lines.iter().find(|line| !line.case_open) {
        return no("why-case-closed", Some(line));
    }
    let names: Vec<&str> = lines.iter().map(|line| line.family_id.as_str()).collect();
    let is_alone = comparator == Comparator::Kinship;
    asked
        .records
        .families(|member| {
            names.contains(&member.family_id.as_str())
                && (!is_alone || member.relative_record_id == relative)
        })
        .map(Ok)
}

pub(super) fn below(score: f64, threshold: f64) -> Message {
    let below = Message::new("why-below").with("score", format!("{score:.3}"));
    below.with("threshold", format!("{threshold:.3}"))
}

fn identity(asked: &Asked, question: &Question, kind: SearchKind) -> Result<Answer> {
    let run = asked.run;
    let rules = &run.parameters.rules;
    let evidence = question.evidence(run, asked.ids, None)?;
    let record = |id: &str| question.records.get(id);
    let (Some(a), Some(b)) = (record(asked.ids.0), record(asked.ids.1)) else {
        return Ok(Answer::new(Reason::NotHeld, Message::new("why-one-not-held")));
    };
    let score = identity_score([&a.profile, &b.profile], (rules, kind), &run.population());
    let excluded: Vec<&str> = [a, b]
        .into_iter()
        .filter(|record| !rules.includes(record.index, &record.profile))
        .map(|record| record.record_id.as_str())
        .collect();
    let compared = score.agreement.compared;
    let failing: Vec<&str> =
        evidence.loci.iter().filter(|row| row.fails).map(|row| row.locus).collect();
    let of_rules = |id: &'static str| Message::new(id).with("rules", &rules.name);
    let text = if !excluded.is_empty() {
        let profiles = excluded.into_iter().map(Message::from).collect();
        Some(of_rules("why-not-included").with("records", Message::List(profiles, ", ")))
    } else if compared < rules.least_loci {
        let text = of_rules("why-few-loci").with("compared", Message::data(compared));
        Some(text.with("least", Message::data(rules.least_loci)))
    } else if score.failing > rules.most_failing {
        let text = of_rules("why-many-fail").with("failing", Message::data(score.failing));
        let text = text.with("loci", failing.join(", "));
        Some(text.with("most", Message::data(rules.most_failing)))
    } else if !rules.is_satisfied(&score) {
        Some(of_rules("why-not-satisfied"))
    } else {
        None
    };
    let (reason, text) = match text {
        Some(text) => (Reason::Rules, text),
        None => (Reason::Threshold, below(score.score_log10, asked.report.threshold_log10)),
    };
    let mban = Millibans::from_log10(score.score_log10).0;
    Ok(Answer::new(reason, text).with_score(mban, Evidence::Dna(evidence)))
}

fn kinship(asked: &Asked, question: &Question) -> Result<Answer> {
    let search = &question.search;
    let is_body = question.records.get(asked.ids.0).is_some_and(|body| body.index == Index::Corpse);
    let has_family = match search.is_by_genotype {
        true => !search.pedigrees.families.is_empty(),
        false => !search.relatives.is_empty(),
    };
    if !is_body || !has_family {
        let left_out = search.pedigrees.left_out.first().map(|(_, why)| Message::from(why));
        let why = left_out.unwrap_or_else(|| Message::new("why-no-place"));
        let text = Message::new("why-family-not-searched").with("why", why);
        return Ok(Answer::new(Reason::Family, text));
    }
    let evidence = question.evidence(asked.run, asked.ids, None)?;
    let counted = evidence.loci.iter().filter(|row| row.likelihood_ratio.is_some()).count();
    let least = asked.run.parameters.min_loci;
    let threshold = asked.report.threshold_log10;
    let (reason, text) = match evidence.log10_lr {
        None => (Reason::Threshold, excluding(&evidence, threshold)),
        Some(log10) if log10 < threshold => (Reason::Threshold, below(log10, threshold)),
        Some(_) => {
            let text = Message::new("why-few-say").with("counted", Message::data(counted));
            (Reason::Rules, text.with("least", Message::data(least)))
        }
    };
    let mban = evidence.log10_lr.map_or(Millibans::EXCLUDED, Millibans::from_log10).0;
    Ok(Answer::new(reason, text).with_score(mban, Evidence::Dna(evidence)))
}

fn excluding(evidence: &DnaExplanation, threshold: f64) -> Message {
    let loci = evidence.loci.iter().filter(|row| row.likelihood_ratio == Some(0.0));
    let loci: Vec<&str> = loci.map(|row| row.locus).collect();
    let text = Message::new("why-excluding").with("threshold", format!("{threshold:.3}"));
    text.with("loci", loci.join(", "))
}
