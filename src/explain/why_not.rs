//! What kept a pair of records out of a hit list: the law, the status of a record, a run that has not compared them,
//! the screen, the rules, the threshold; or that it is a hit.
//!
//! What: every search of the run that could have had the pair is answered for, by the same code that compares
//! ([`crate::run::pair`]) with the parameters, thresholds and bounds of the run's own account. Limits: of a run
//! that has not ended only that is known. When not to use it: to look for hits; it answers for one pair.

use std::path::PathBuf;

use serde::Serialize;

use super::account::{FinishedRun, GivenProbes};
use super::dna::facts_of;
use super::finger;
use super::records::Records;
use super::{Evidence, RecordFacts, why_not_dna, why_not_finger};
use crate::column::hit::Hit;
use crate::domain::finger_record::FingerRecord;
use crate::domain::record::DnaRecord;
use crate::error::{Error, Result};
use crate::gallery::{Absence, Gallery};
use crate::hits::job::Job;
use crate::hits::journal;
use crate::hits::output::RUN_FILE;
use crate::hits::part;
use crate::hits::report::SearchReport;
use crate::language::{Message, category};
use crate::law::finger_purpose::{self, Holding, Policy};
use crate::law::purpose::{self, Verdict};

/// What kept a pair out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing: it is a hit.
    Hit,
    /// The law does not allow the comparison.
    Law,
    /// A record is not in the gallery.
    NotHeld,
    /// The run has no search that compares such records.
    NoSearch,
    /// The run has not ended.
    NotFinished,
    /// A record came after the generation that the run compared.
    NotYet,
    /// A record was in a segment that the run left aside.
    SetAside,
    /// A record was blocked.
    Blocked,
    /// The retention of a record had ended.
    Expired,
    /// The relative took no part: family, consent, case, or relation.
    Family,
    /// An earlier run had compared the pair.
    EarlierRun,
    /// The screen of fingerprints did not let it pass.
    Screen,
    /// The rules of the search are not satisfied, or there is nothing to compare.
    Rules,
    /// The score is below the threshold.
    Threshold,
    /// Another relative of the family has the higher score.
    BetterRelative,
    /// `--top` keeps fewer.
    Top,
}

/// The answer of one search, or of the run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The run.
    pub run: String,
    /// The search; null where the answer is about the run as a whole.
    pub search: Option<String>,
    /// What kept the pair out.
    pub reason: Reason,
    /// The same in words, with the numbers.
    pub text: Message,
    /// Article, where the law is the reason.
    pub article: Option<&'static str>,
    /// The hit, if it is one.
    pub hit_id: Option<String>,
    /// Score, millibans, where the pair can be scored.
    pub score_mban: Option<i32>,
    /// Least score of a hit, log10.
    pub threshold_log10: Option<f64>,
    /// What the score is made of.
    pub evidence: Option<Evidence>,
}

impl Answer {
    pub(super) fn new(reason: Reason, text: Message) -> Answer {
        Answer {
            run: String::new(),
            search: None,
            reason,
            text,
            article: None,
            hit_id: None,
            score_mban: None,
            threshold_log10: None,
            evidence: None,
        }
    }

    pub(super) fn with_score(self, score_mban: i32, evidence: Evidence) -> Answer {
        Answer { score_mban: Some(score_mban), evidence: Some(evidence), ..self }
    }
}

/// A record of either kind.
pub(super) enum Held {
    Dna(Box<DnaRecord>),
    Finger(Box<FingerRecord>),
}

impl Held {
    fn facts(&self) -> RecordFacts {
        match self {
            Held::Dna(record) => facts_of(record),
            Held::Finger(record) => finger::facts_of(record),
        }
    }

    fn retain_until(&self) -> Option<jiff::civil::Date> {
        match self {
            Held::Dna(record) => record.retain_until,
            Held::Finger(record) => record.retain_until,
        }
    }
}

/// What one search is asked.
pub(super) struct Asked<'a> {
    pub(super) records: &'a Records<'a>,
    pub(super) run: &'a FinishedRun,
    pub(super) hits: &'a [Hit],
    /// An earlier run that this one went on from, if it was given.
    pub(super) earlier: Option<&'a FinishedRun>,
    pub(super) report: &'a SearchReport,
    /// The two records, the probe of the search first.
    pub(super) ids: (&'a str, &'a str),
}

impl Asked<'_> {
    /// The hit of the list that is about the pair.
    pub(super) fn listed(&self) -> Option<&Hit> {
        let (a, b) = self.ids;
        self.hits.iter().find(|hit| {
            let ids = (hit.probe_id.as_str(), hit.gallery_id.as_str());
            hit.search == self.report.search && (ids == (a, b) || ids == (b, a))
        })
    }

    /// The answer of a pair that an earlier run had compared.
    pub(super) fn earlier(&self, generation: u64) -> Answer {
        let since = self.run.parameters.since.as_ref();
        let run = since.map_or_else(|| Message::new("why-an-earlier-run"), Message::from);
        let text = Message::new(match self.earlier {
            Some(_) => "why-earlier",
            None => "why-earlier-not-given",
        });
        let text = text.with("generation", Message::data(generation)).with("run", run);
        Answer::new(Reason::EarlierRun, text)
    }

    /// The answer of a pair that is a hit compared again, and not in the list.
    ///
    /// # Errors
    /// The list lacks it for no reason.
    pub(super) fn unlisted(&self, hit: &Hit) -> Result<Answer> {
        let family = hit.family_id.as_deref();
        let better = self.hits.iter().find(|other| {
            family.is_some()
                && other.family_id.as_deref() == family
                && other.search == hit.search
                && other.probe_id == hit.probe_id
        });
        if let Some(better) = better {
            let text = Message::new("why-better-relative")
                .with("record", &better.gallery_id)
                .with("hit", &better.hit_id);
            let answer = Answer::new(Reason::BetterRelative, text);
            return Ok(Answer { hit_id: Some(better.hit_id.clone()), ..answer });
        }
        if let Some(top) = self.run.parameters.top {
            let text = Message::new("why-top").with("top", Message::data(top));
            return Ok(Answer::new(Reason::Top, text));
        }
        let rule = format!(
            "the list has no hit of {} and {}, which compared again reach {} millibans",
            hit.probe_id, hit.gallery_id, hit.score_mban
        );
        Err(super::not_reproduced(self.run, rule))
    }
}

/// What kept the records `a` and `b` out of the lists of `runs`; a run that goes on from another one is followed into
/// that one where it is among them. `given` has the probes of a run that came from a file.
///
/// # Errors
/// A folder holds no run, or one of another gallery; a record may not be shown today ([`Error::Refused`]); or a list
/// lacks a pair for no reason ([`Error::Integrity`]).
pub fn why_not(
    gallery: &Gallery,
    runs: &[PathBuf],
    (a, b): (&str, &str),
    given: impl Fn(&FinishedRun) -> Result<GivenProbes>,
) -> Result<Vec<Answer>> {
    if a == b {
        return Err(Error::usage("a record is not compared with itself", "name two records"));
    }
    let mut finished = Vec::new();
    let mut answers = Vec::new();
    for directory in runs {
        match not_finished(directory)? {
            Some(text) => answers.push(Answer {
                run: directory.display().to_string(),
                ..Answer::new(Reason::NotFinished, text)
            }),
            None => {
                let mut run = FinishedRun::open(directory)?;
                run.given = given(&run)?;
                finished.push(run);
            }
        }
    }
    for run in &finished {
        let since = run.parameters.since.as_deref();
        let earlier = finished.iter().find(|other| Some(other.report.run_id.as_str()) == since);
        let of_run = of_run(gallery, run, earlier, (a, b))?;
        answers.extend(
            of_run.into_iter().map(|answer| Answer { run: run.report.run_id.clone(), ..answer }),
        );
    }
    Ok(answers)
}

/// How far a run is that has not ended.
fn not_finished(directory: &std::path::Path) -> Result<Option<Message>> {
    if directory.join(RUN_FILE).exists() {
        return Ok(None);
    }
    let Some(job) = Job::read(directory)? else { return Ok(None) };
    let mut done = journal::read(directory, &job.run_id)?.tiles.len();
    for part in part::directories(directory)? {
        done += journal::read(&part, &job.run_id)?.tiles.len();
    }
    let text = Message::new("why-not-finished")
        .with("out", Message::data(directory.display()))
        .with("done", Message::data(done));
    Ok(Some(text.with("all", Message::data(job.tiles()))))
}

fn held(gallery: &Gallery, given: &GivenProbes, id: &str) -> Result<Option<Held>> {
    let ids = [id].into();
    if let Some(record) = gallery.find_records(&ids)?.remove(id) {
        return Ok(Some(Held::Dna(Box::new(record))));
    }
    if let Some(record) = gallery.find_finger_records(&ids)?.remove(id) {
        return Ok(Some(Held::Finger(Box::new(record))));
    }
    let profile = given.profiles.get(id).map(|record| Held::Dna(Box::new(record.clone())));
    let fingers = given.fingers.get(id).map(|record| Held::Finger(Box::new(record.clone())));
    Ok(profile.or(fingers))
}

fn of_run(
    gallery: &Gallery,
    run: &FinishedRun,
    earlier: Option<&FinishedRun>,
    (a, b): (&str, &str),
) -> Result<Vec<Answer>> {
    let records = Records::of(gallery, run)?;
    let mut both = Vec::new();
    for id in [a, b] {
        match held(gallery, &run.given, id)? {
            Some(record) => both.push(record),
            None => {
                let text = Message::new("why-not-held").with("record", id);
                return Ok(vec![Answer::new(Reason::NotHeld, text)]);
            }
        }
    }
    let facts: Vec<RecordFacts> = both.iter().map(Held::facts).collect();
    if let Some(answer) = forbidden(run, &both) {
        return Ok(vec![answer]);
    }
    for (record, facts) in both.iter().zip(&facts) {
        if let Some(answer) = absent(&records, run, facts, record)? {
            return Ok(vec![answer]);
        }
    }
    for record in both.iter().zip(&facts) {
        records.may_be_shown(&record.1.record_id, record.0.retain_until())?;
    }
    let categories = (facts[0].category.as_str(), facts[1].category.as_str());
    let modality = match &both[0] {
        Held::Dna(_) => "dna",
        Held::Finger(_) => "finger",
    };
    of_searches(&records, (run, earlier), modality, ((a, b), categories))
}

/// The answers of the searches of a run that compare records of two categories.
fn of_searches(
    records: &Records,
    (run, earlier): (&FinishedRun, Option<&FinishedRun>),
    modality: &str,
    ((a, b), categories): ((&str, &str), (&str, &str)),
) -> Result<Vec<Answer>> {
    let hits = run.hits()?;
    let mut answers = Vec::new();
    for report in run.report.searches.iter().filter(|report| report.modality == modality) {
        let sides = (report.probe_index.as_str(), report.gallery_index.as_str());
        let ids = match sides {
            sides if sides == categories => (a, b),
            sides if sides == (categories.1, categories.0) => (b, a),
            _ => continue,
        };
        let asked = Asked { records, run, hits: &hits, earlier, report, ids };
        let answer = match (asked.listed(), modality) {
            (Some(hit), _) => Answer {
                hit_id: Some(hit.hit_id.clone()),
                score_mban: Some(hit.score_mban),
                ..Answer::new(Reason::Hit, Message::new("why-hit").with("hit", &hit.hit_id))
            },
            (None, "dna") => why_not_dna::answer(&asked)?,
            (None, _) => why_not_finger::answer(&asked)?,
        };
        answers.push(Answer {
            search: Some(report.search.clone()),
            threshold_log10: Some(report.threshold_log10),
            ..answer
        });
    }
    if answers.is_empty() {
        let names: Vec<&str> = run.report.searches.iter().map(|s| s.search.as_str()).collect();
        let category = |word: &str| category(word, modality == "finger");
        let text = Message::new("why-no-search")
            .with("probe", category(categories.0))
            .with("gallery", category(categories.1))
            .with("list", names.join(", "));
        answers.push(Answer::new(Reason::NoSearch, text));
    }
    Ok(answers)
}

/// Whether the law keeps the two apart.
fn forbidden(run: &FinishedRun, both: &[Held]) -> Option<Answer> {
    let refused = |rule: Message, article: &'static str| {
        let text = Message::new("why-law").with("rule", rule).with("article", article);
        Answer { article: Some(article), ..Answer::new(Reason::Law, text) }
    };
    match both {
        [Held::Dna(a), Held::Dna(b)] => match purpose::verdict(a.index, b.index) {
            Verdict::Allowed(_) => None,
            Verdict::Forbidden { article: "L40 28(2)", .. } => {
                Some(refused(Message::new("why-law-relatives"), "L40 28(2)"))
            }
            Verdict::Forbidden { article, rule } => Some(refused(rule.into(), article)),
        },
        [Held::Finger(a), Held::Finger(b)] => {
            let policy = Policy { across_owners: run.parameters.across_owners };
            let holding = |r| -> Holding<'_> {
                let record: &FingerRecord = r;
                Holding { register: record.register, owner: &record.owner }
            };
            let error = finger_purpose::require_holdings(holding(a), holding(b), policy).err()?;
            Some(refused(error.to_string().into(), error.article()?))
        }
        _ => Some(Answer::new(Reason::NoSearch, Message::new("why-two-kinds"))),
    }
}

/// Why a record took no part in the run.
fn absent(
    records: &Records,
    run: &FinishedRun,
    facts: &RecordFacts,
    record: &Held,
) -> Result<Option<Answer>> {
    let id = &facts.record_id;
    let generation = records.generation_of(id)?;
    let compared = run.report.gallery_generation;
    if generation > compared {
        let text = Message::new("why-not-yet")
            .with("record", id)
            .with("generation", Message::data(generation))
            .with("compared", Message::data(compared));
        return Ok(Some(Answer::new(Reason::NotYet, text)));
    }
    let set_aside = &run.parameters.set_aside;
    if !set_aside.is_empty() {
        let then = Gallery::open(records.gallery.root())?.without(set_aside);
        if held(&then, &run.given, id)?.is_none() {
            let text = Message::new("why-set-aside").with("record", id);
            return Ok(Some(Answer::new(Reason::SetAside, text)));
        }
    }
    Ok(records.absence_then(id, record.retain_until()).map(|absence| {
        let (reason, text, article) = match absence {
            Absence::Blocked => (Reason::Blocked, "why-blocked", "L40 1(7), 9(2)"),
            Absence::Expired => (Reason::Expired, "why-expired", "L40 15, 29"),
        };
        let text = Message::new(text).with("record", id).with("article", article);
        let text = match absence {
            Absence::Blocked => text,
            Absence::Expired => text.with("day", Message::data(records.day)),
        };
        Answer { article: Some(article), ..Answer::new(reason, text) }
    }))
}
