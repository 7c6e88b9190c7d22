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
    pub what: [&'static str; 2],
    /// What follows from it, or what to do.
    pub advice: &'static str,
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
}

fn check(
    (id, weight, part): (&str, Weight, &'static str),
    (what, advice): ([&'static str; 2], &'static str),
    count: usize,
    sql: &str,
) -> Check {
    let mut check = without_query((id, weight, part), (what, advice), count);
    check.answer.sql = Some(sql.to_owned());
    check
}

/// A count that no query over the run gives.
fn without_query(
    (id, weight, part): (&str, Weight, &'static str),
    (what, advice): ([&'static str; 2], &'static str),
    count: usize,
) -> Check {
    let columns = [("count", "count", Unit::Count)];
    let answer = Answer::new(format!("check_{id}"), what[1], &columns, None);
    Check { weight, what, advice, part, answer: answer.with([vec![json!(count)]]) }
}

/// Everything that was looked for, in the order of its weight.
pub(super) fn checks(
    source: &Source,
    evaluation: Option<&Evaluation>,
    pictured: &[Pictured],
) -> Vec<Check> {
    let mut all = Vec::new();
    if let Some(evaluation) = evaluation {
        let what = ["hit that must not exist", "hits that must not exist"];
        let advice = "of records that may not be compared, by the truth: stop and report it";
        let count = usize::try_from(evaluation.hits_unlawful()).unwrap_or(usize::MAX);
        all.push(without_query(("unlawful", Weight::Wrong, "accuracy"), (what, advice), count));
    }
    if !pictured.is_empty() {
        let what = ["hit that could not be drawn", "hits that could not be drawn"];
        let advice = "the reason stands in the place of the picture";
        let count = pictured.iter().filter(|hit| hit.refused.is_some()).count();
        all.push(without_query(("not_drawn", Weight::Look, "hits"), (what, advice), count));
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
    let mut checks = Vec::new();
    let put_out = source.report.devices.iter().filter(|d| d.put_out.is_some()).count();
    checks.push(check(
        ("put_out", Weight::Look, "ran"),
        (
            ["device put out", "devices put out"],
            "the processor did their tiles; the hits are the same",
        ),
        put_out,
        "SELECT count(d.put_out) AS count\nFROM (SELECT unnest(devices) AS d FROM 'run.json')",
    ));
    let aside = source.account.pointer("/parameters/set_aside");
    if let Some(aside) = aside.and_then(serde_json::Value::as_array) {
        checks.push(check(
            ("set_aside", Weight::Wrong, "left-out"),
            (
                ["segment of the gallery not searched", "segments of the gallery not searched"],
                "restore them from a backup and run again: their records were compared with nobody",
            ),
            aside.len(),
            "SELECT len(parameters.set_aside) AS count FROM 'run.json'",
        ));
    }
    checks
}

fn of_clusters(source: &Source) -> Vec<Check> {
    let large: BTreeSet<_> = source
        .clusters
        .iter()
        .filter(|member| member.size > 2)
        .map(|member| (&member.search, &member.cluster_id))
        .collect();
    let all: BTreeSet<_> =
        source.clusters.iter().map(|member| (&member.search, &member.cluster_id)).collect();
    vec![
        check(
            ("large_clusters", Weight::Look, "clusters"),
            (
                ["cluster of three or more records", "clusters of three or more records"],
                "one weak link may join two persons: look at it before anything is merged",
            ),
            large.len(),
            "SELECT count(DISTINCT (search, cluster_id)) AS count FROM 'clusters.parquet' WHERE size > 2",
        ),
        check(
            ("clusters", Weight::Know, "clusters"),
            (
                [
                    "cluster of records that may be one source",
                    "clusters of records that may be one source",
                ],
                "persons registered more than once, stains of one source",
            ),
            all.len(),
            "SELECT count(DISTINCT (search, cluster_id)) AS count FROM 'clusters.parquet'",
        ),
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
    vec![
        check(
            ("excluding", Weight::Look, "hits"),
            (
                ["hit with a locus that excludes", "hits with a locus that excludes"],
                "listed because typing errors exist; the likelihood ratio is zero as typed",
            ),
            source.hits.iter().filter(excluded).count(),
            "SELECT count(*) AS count FROM 'hits.parquet' WHERE loci_excluding > 0",
        ),
        check(
            ("contradicted", Weight::Look, "hits"),
            (
                [
                    "hit that lineage markers or amelogenin speak against",
                    "hits that lineage markers or amelogenin speak against",
                ],
                "the score does not know of these markers: read them beside it",
            ),
            source.hits.iter().filter(contradicted).count(),
            "SELECT count(*) AS count FROM 'hits.parquet'\n\
             WHERE y_statement = 'exclusion' OR mt_statement = 'exclusion' OR amelogenin = 'differs'",
        ),
    ]
}

fn of_families(source: &Source) -> Vec<Check> {
    let is_pedigree = |hit: &&Hit| hit.dna.as_ref().is_some_and(|dna| dna.relation == PEDIGREE);
    let several = |of: fn(&Hit) -> Option<&str>| {
        let mut counts: BTreeMap<(&str, Option<&str>), u64> = BTreeMap::new();
        for hit in source.hits.iter().filter(is_pedigree) {
            *counts.entry((&hit.search, of(hit))).or_default() += 1;
        }
        counts.values().filter(|count| **count > 1).count()
    };
    let sql = |column: &str| {
        format!(
            "SELECT count(*) AS count\nFROM (SELECT 1 FROM 'hits.parquet' WHERE relation = '{PEDIGREE}'\n      \
             GROUP BY search, {column} HAVING count(*) > 1)"
        )
    };
    vec![
        check(
            ("contested_bodies", Weight::Look, "hits"),
            (
                ["body that fits more than one family", "bodies that fit more than one family"],
                "at most one is theirs: decide together",
            ),
            several(|hit| Some(&hit.probe_id)),
            &sql("probe_id"),
        ),
        check(
            ("contested_families", Weight::Look, "hits"),
            (
                ["family that more than one body fits", "families that more than one body fits"],
                "at most one is theirs: decide together",
            ),
            several(|hit| hit.family_id.as_deref()),
            &sql("family_id"),
        ),
    ]
}

fn of_others(source: &Source) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some((_, before)) = &source.previous {
        let known: BTreeSet<(&str, &str)> =
            before.iter().map(|hit| (hit.search.as_str(), hit.hit_id.as_str())).collect();
        let is_new = |hit: &&Hit| !known.contains(&(hit.search.as_str(), hit.hit_id.as_str()));
        checks.push(check(
            ("new", Weight::Know, "new"),
            (
                ["hit that the earlier run did not have", "hits that the earlier run did not have"],
                "to be looked at first",
            ),
            source.hits.iter().filter(is_new).count(),
            "-- first: SET VARIABLE previous = 'EARLIER-RUN/hits.parquet';\n\
             SELECT count(*) AS count\nFROM 'hits.parquet' h\n\
             ANTI JOIN read_parquet(getvariable('previous')) p ON p.search = h.search AND p.hit_id = h.hit_id",
        ));
    }
    if let Some(decided) = &source.decided {
        let is_open = |hit: &&Hit| decided.binary_search(&hit.hit_id).is_err();
        checks.push(check(
            ("undecided", Weight::Look, "hits"),
            (
                ["hit no examiner has decided on", "hits no examiner has decided on"],
                "tanba adjudicate next shows the queue",
            ),
            source.hits.iter().filter(is_open).count(),
            "-- first: SET VARIABLE decisions = 'GALLERY/decisions/*.parquet';\n\
             SELECT count(*) AS count\nFROM 'hits.parquet' h\n\
             ANTI JOIN read_parquet(getvariable('decisions')) d ON d.hit_id = h.hit_id",
        ));
    }
    if let Some(rejected) = &source.rejected {
        checks.push(check(
            ("rejected", Weight::Look, "rejected"),
            (
                ["line in the gallery's quarantine", "lines in the gallery's quarantine"],
                "records of these files are not in the gallery",
            ),
            rejected.len(),
            "-- first: SET VARIABLE quarantine = 'GALLERY/quarantine/*.parquet';\n\
             SELECT count(*) AS count FROM read_parquet(getvariable('quarantine'))",
        ));
    }
    checks
}
