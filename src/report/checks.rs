//! What needs attention: things that are counted in every report, each by its own query.
//!
//! Limits: a count of zero says that this was looked for and is not there; it does not say that all is well.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;

use super::answer::{Answer, Unit};
use super::pictured::Pictured;
use super::source::Source;
use crate::column::hit::Hit;
use crate::evaluate::Evaluation;
use crate::language::Message;
use crate::plan::pedigree::PEDIGREE;

/// How much a count above zero matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The run is not whole, or something is wrong.
    Wrong,
    /// An examiner or an operator has to look.
    Look,
    /// To be known.
    Know,
}

/// One thing that was looked for.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// How much it matters.
    pub weight: Weight,
    /// What is counted, if it is one, and if it is several.
    pub what: [Message; 2],
    /// What follows from it, or what to do.
    pub advice: Message,
    /// Part of the report that says more.
    pub part: &'static str,
    /// The count, as a table of one cell.
    pub answer: Answer,
}

impl Check {
    /// The count.
    pub(super) fn count(&self) -> u64 {
        self.answer.rows.first().and_then(|row| row.first()?.as_u64()).unwrap_or(0)
    }

    /// What is counted, in the form of the count.
    pub(super) fn counted(&self) -> Message {
        what(&self.answer.id).counted(self.count())
    }
}

/// The message of an answer `check_…`.
fn what(answer: &str) -> Message {
    Message::new(format!("report-{}", answer.replace('_', "-")))
}

/// A thing that was looked for: its name, how much it matters, the part of the report that says more.
fn check(
    (id, weight, part): (&str, Weight, &'static str),
    count: usize,
    sql: impl Into<Option<String>>,
) -> Check {
    let id = format!("check_{id}");
    let answer = Answer::new(id.clone(), &[("count", "column-count", Unit::Count)], sql);
    Check {
        weight,
        what: [1, 2].map(|count| what(&id).counted(count)),
        advice: what(&format!("{id}_advice")),
        part,
        answer: Answer { caption: what(&id).counted(2), ..answer.with([vec![json!(count)]]) },
    }
}

/// A count over a file beside the run: `count` of the query `from`, after the `variable` was set to its `path`.
fn of_file((variable, path): (&str, &str), from: &str) -> String {
    format!("-- first: SET VARIABLE {variable} = '{path}';\nSELECT count(*) AS count\nFROM {from}")
}

/// Everything that was looked for, in the order of its weight.
pub(super) fn checks(
    source: &Source,
    evaluation: Option<&Evaluation>,
    pictured: &[Pictured],
) -> Vec<Check> {
    let mut all = Vec::new();
    if let Some(evaluation) = evaluation {
        let count = usize::try_from(evaluation.hits_unlawful()).unwrap_or(usize::MAX);
        all.push(check(("unlawful", Weight::Wrong, "accuracy"), count, None));
    }
    if !pictured.is_empty() {
        let count = pictured.iter().filter(|hit| hit.refused.is_some()).count();
        all.push(check(("not_drawn", Weight::Look, "hits"), count, None));
    }
    all.extend(of_run(source));
    all.extend(of_clusters(source));
    all.extend(of_hits(source));
    all.extend(of_families(source));
    all.extend(of_others(source));
    all.sort_by_key(|check| check.weight);
    all
}

fn of_run(source: &Source) -> Vec<Check> {
    let put_out = source.report.devices.iter().filter(|d| d.put_out.is_some()).count();
    let sql =
        "SELECT count(d.put_out) AS count\nFROM (SELECT unnest(devices) AS d FROM 'run.json')";
    let mut checks = vec![check(("put_out", Weight::Look, "ran"), put_out, sql.to_owned())];
    let aside = source.account.pointer("/parameters/set_aside");
    if let Some(aside) = aside.and_then(serde_json::Value::as_array) {
        let sql = "SELECT len(parameters.set_aside) AS count FROM 'run.json'";
        checks.push(check(("set_aside", Weight::Wrong, "left-out"), aside.len(), sql.to_owned()));
    }
    checks
}

fn of_clusters(source: &Source) -> Vec<Check> {
    let count = |least: u32| {
        let of_size = source.clusters.iter().filter(|member| member.size >= least);
        of_size.map(|member| (&member.search, &member.cluster_id)).collect::<BTreeSet<_>>().len()
    };
    let sql = "SELECT count(DISTINCT (search, cluster_id)) AS count FROM 'clusters.parquet'";
    let large = format!("{sql} WHERE size > 2");
    vec![
        check(("large_clusters", Weight::Look, "clusters"), count(3), large),
        check(("clusters", Weight::Know, "clusters"), count(0), sql.to_owned()),
    ]
}

fn of_hits(source: &Source) -> Vec<Check> {
    let excluded = |hit: &&Hit| hit.dna.as_ref().is_some_and(|dna| dna.loci_excluding > 0);
    let contradicted = |hit: &&Hit| {
        hit.lineage.as_ref().is_some_and(|lineage| {
            let y = lineage.y.as_ref().is_some_and(|y| y.y_statement == "exclusion");
            let mt = lineage.mitochondrial.as_ref();
            let mt = mt.is_some_and(|mt| mt.mt_statement == "exclusion");
            y || mt || lineage.amelogenin.as_deref() == Some("differs")
        })
    };
    let of = |id: &str, count: usize, those: &str| {
        let sql = format!("SELECT count(*) AS count FROM 'hits.parquet'\nWHERE {those}");
        check((id, Weight::Look, "hits"), count, sql)
    };
    let count = |has: &dyn Fn(&&Hit) -> bool| source.hits.iter().filter(has).count();
    vec![
        of("excluding", count(&excluded), "loci_excluding > 0"),
        of(
            "contradicted",
            count(&contradicted),
            "y_statement = 'exclusion' OR mt_statement = 'exclusion' OR amelogenin = 'differs'",
        ),
    ]
}

fn of_families(source: &Source) -> Vec<Check> {
    let is_pedigree = |hit: &&Hit| hit.dna.as_ref().is_some_and(|dna| dna.relation == PEDIGREE);
    let of = |id: &str, column: &str, of: fn(&Hit) -> Option<&str>| {
        let mut counts: BTreeMap<(&str, Option<&str>), u64> = BTreeMap::new();
        for hit in source.hits.iter().filter(is_pedigree) {
            *counts.entry((&hit.search, of(hit))).or_default() += 1;
        }
        let sql = format!(
            "SELECT count(*) AS count\nFROM (SELECT 1 FROM 'hits.parquet' WHERE relation = '{PEDIGREE}'\n      \
             GROUP BY search, {column} HAVING count(*) > 1)"
        );
        let several = counts.values().filter(|count| **count > 1).count();
        check((id, Weight::Look, "hits"), several, sql)
    };
    vec![
        of("contested_bodies", "probe_id", |hit| Some(&hit.probe_id)),
        of("contested_families", "family_id", |hit| hit.family_id.as_deref()),
    ]
}

fn of_others(source: &Source) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some((_, before)) = &source.previous {
        let known: BTreeSet<(&str, &str)> =
            before.iter().map(|hit| (hit.search.as_str(), hit.hit_id.as_str())).collect();
        let is_new = |hit: &&Hit| !known.contains(&(hit.search.as_str(), hit.hit_id.as_str()));
        let sql = of_file(
            ("previous", "EARLIER-RUN/hits.parquet"),
            "'hits.parquet' h\n\
             ANTI JOIN read_parquet(getvariable('previous')) p ON p.search = h.search AND p.hit_id = h.hit_id",
        );
        let count = source.hits.iter().filter(is_new).count();
        checks.push(check(("new", Weight::Know, "new"), count, sql));
    }
    if let Some(decided) = &source.decided {
        let is_open = |hit: &&Hit| decided.binary_search(&hit.hit_id).is_err();
        let sql = of_file(
            ("decisions", "GALLERY/decisions/*.parquet"),
            "'hits.parquet' h\nANTI JOIN read_parquet(getvariable('decisions')) d ON d.hit_id = h.hit_id",
        );
        let count = source.hits.iter().filter(is_open).count();
        checks.push(check(("undecided", Weight::Look, "hits"), count, sql));
    }
    if let Some(rejected) = &source.rejected {
        let sql = of_file(
            ("quarantine", "GALLERY/quarantine/*.parquet"),
            "read_parquet(getvariable('quarantine'))",
        );
        checks.push(check(("rejected", Weight::Look, "rejected"), rejected.len(), sql));
    }
    checks
}
