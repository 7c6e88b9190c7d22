//! The tables of a report that come from `run.json` and the Parquet files of the run alone.
//!
//! Every query is written to be asked in the folder of the run. `run.json` lists searches in the order of the run;
//! rows are shown in that order, which a query does not promise.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::Unit::{Count, Expected, Identifier, Log10, Seconds, Text};
use super::answer::{Answer, Heading, SEARCH, Unit, fields};
use super::source::Source;
use crate::column::hit::Hit;
use crate::score::Millibans;

/// The searches of `run.json`, one a row, for queries.
const SEARCHES: &str = "(SELECT unnest(searches) AS s FROM 'run.json')";

/// The whole run in one row.
pub(super) fn night(source: &Source) -> Answer {
    let columns = [
        ("searches", "column-searches", Count),
        ("comparisons", "comparisons", Count),
        ("in_full", "column-in-full", Count),
        ("hits", "hits", Count),
        ("expected_chance_hits", "expected-by-chance", Expected),
        ("clusters", "column-clusters", Count),
        ("left_out", "column-records-left-out", Count),
        ("seconds", "seconds", Seconds),
    ];
    let sql = format!(
        "SELECT (SELECT len(searches) FROM 'run.json') AS searches,\n       \
         (SELECT coalesce(sum(comparisons), 0)::BIGINT FROM 'histogram.parquet') AS comparisons,\n       \
         (SELECT coalesce(sum(comparisons), 0)::BIGINT FROM 'histogram.parquet' WHERE stage = 'rescored') AS in_full,\n       \
         (SELECT count(*) FROM 'hits.parquet') AS hits,\n       \
         (SELECT coalesce(sum(s.expected_chance_hits), 0) FROM {SEARCHES}) AS expected_chance_hits,\n       \
         (SELECT count(DISTINCT (search, cluster_id)) FROM 'clusters.parquet') AS clusters,\n       \
         (SELECT coalesce(sum(s.left_out_expired + s.left_out_blocked + s.left_out_family_members), 0)::BIGINT FROM {SEARCHES})\n         \
         AS left_out,\n       \
         (SELECT seconds FROM 'run.json') AS seconds"
    );
    let searches = &source.report.searches;
    let compared = |of: fn(&(i32, i32)) -> bool, has_screened: bool| -> u64 {
        let counts = source.histogram.iter();
        counts.filter(|r| r.bin_mban.as_ref().map_or(has_screened, of)).map(|r| r.comparisons).sum()
    };
    let clusters: std::collections::BTreeSet<_> =
        source.clusters.iter().map(|m| (&m.search, &m.cluster_id)).collect();
    let left_out = |s: &crate::hits::report::SearchReport| {
        s.left_out_expired + s.left_out_blocked + s.left_out_family_members
    };
    let row = vec![
        json!(searches.len()),
        json!(compared(|_| true, true)),
        json!(compared(|_| true, false)),
        json!(source.hits.len()),
        json!(searches.iter().map(|s| s.expected_chance_hits).sum::<f64>()),
        json!(clusters.len()),
        json!(searches.iter().map(left_out).sum::<u64>()),
        json!(source.report.seconds),
    ];
    Answer::new("night", &columns, sql).with([row])
}

/// What each search was and on what ground.
pub(super) fn searches(source: &Source) -> Answer {
    let columns = [
        SEARCH,
        ("purpose", "column-article", Text),
        ("probe_index", "column-searched", Text),
        ("probes", "column-records", Count),
        ("gallery_index", "column-searched-in", Text),
        ("gallery", "column-records", Count),
        ("threshold_log10", "column-threshold-log10", Log10),
        ("since_generation", "column-since-generation", Count),
    ];
    per_search(source, "searches", &columns)
}

/// A row per search of columns that `run.json` has under these names.
fn per_search(source: &Source, id: &str, columns: &[Heading]) -> Answer {
    let names: Vec<String> = columns.iter().map(|(name, ..)| format!("s.{name}")).collect();
    let sql = format!("SELECT {}\nFROM {SEARCHES}\nORDER BY s.search", names.join(", "));
    Answer::new(id, columns, sql).with(fields(&source.report.searches, columns))
}

/// Pairs at each stage: compared, scored in full, hits.
pub(super) fn stages(source: &Source) -> Answer {
    let columns = [
        SEARCH,
        ("comparisons", "comparisons", Count),
        ("screened_out", "column-screened-out", Count),
        ("in_full", "column-in-full", Count),
        ("hits", "hits", Count),
    ];
    let sql = "SELECT g.search,\n       \
               sum(g.comparisons)::BIGINT AS comparisons,\n       \
               coalesce(sum(g.comparisons) FILTER (g.stage = 'screened_out'), 0)::BIGINT AS screened_out,\n       \
               coalesce(sum(g.comparisons) FILTER (g.stage = 'rescored'), 0)::BIGINT AS in_full,\n       \
               (SELECT count(*) FROM 'hits.parquet' h WHERE h.search = g.search) AS hits\n\
               FROM 'histogram.parquet' g\nGROUP BY g.search\nORDER BY g.search";
    let hits = hits_by_search(source);
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in &source.histogram {
        let count = counts.entry(&row.search).or_default();
        match row.bin_mban {
            None => count.0 += row.comparisons,
            Some(_) => count.1 += row.comparisons,
        }
    }
    let names = source.report.searches.iter().map(|s| s.search.as_str());
    let rows = names.filter_map(|name| {
        let (screened, full) = counts.get(name)?;
        let hits = hits.get(name).copied().unwrap_or(0);
        Some(vec![json!(name), json!(screened + full), json!(screened), json!(full), json!(hits)])
    });
    Answer::new("stages", &columns, sql.to_owned()).with(rows)
}

/// Pairs of fingerprint records that passed each stage of their screen; none without such searches.
pub(super) fn finger_stages(source: &Source) -> Option<Answer> {
    let columns = [SEARCH, ("stage", "column-stage", Text), ("passed", "column-passed", Count)];
    let sql = format!(
        "SELECT search, stage.stage, stage.passed\n\
         FROM (SELECT s.search AS search, unnest(s.stages) AS stage FROM {SEARCHES})\n\
         ORDER BY ALL"
    );
    let rows: Vec<Vec<Value>> = source
        .report
        .searches
        .iter()
        .flat_map(|s| {
            s.stages.iter().map(|t| vec![json!(s.search), json!(t.stage), json!(t.passed)])
        })
        .collect();
    (!rows.is_empty()).then(|| Answer::new("finger_stages", &columns, sql).with(rows))
}

pub(super) fn hits_by_search(source: &Source) -> BTreeMap<&str, u64> {
    let mut hits = BTreeMap::new();
    for hit in &source.hits {
        *hits.entry(hit.search.as_str()).or_default() += 1;
    }
    hits
}

/// Hits in bands of score beside what chance lets expect there; none where no search has bands.
pub(super) fn bands(source: &Source) -> Option<Answer> {
    let columns = [
        SEARCH,
        ("from_log10", "column-from-log10", Log10),
        ("to_log10", "column-to-log10", Log10),
        ("expected_chance_hits", "expected-by-chance", Expected),
        ("hits", "hits", Count),
    ];
    let sql = format!(
        "SELECT b.search, b.band.from_log10, b.band.to_log10, b.band.expected_chance_hits, count(h.hit_id) AS hits\n\
         FROM (SELECT s.search AS search, unnest(s.bands) AS band FROM {SEARCHES}) b\n\
         LEFT JOIN 'hits.parquet' h ON h.search = b.search\n  \
         AND h.score_mban >= round(b.band.from_log10 * 1000)\n  \
         AND h.score_mban < coalesce(round(b.band.to_log10 * 1000), 'infinity'::DOUBLE)\n\
         GROUP BY ALL\nORDER BY ALL"
    );
    let mut rows = Vec::new();
    for search in &source.report.searches {
        let own: Vec<&Hit> = source.hits.iter().filter(|h| h.search == search.search).collect();
        for band in &search.bands {
            let least = Millibans::from_log10(band.from_log10).0;
            let end = band.to_log10.map(|edge| Millibans::from_log10(edge).0);
            let is_in =
                |h: &&&Hit| h.score_mban >= least && end.is_none_or(|end| h.score_mban < end);
            rows.push(vec![
                json!(search.search),
                json!(band.from_log10),
                json!(band.to_log10),
                json!(band.expected_chance_hits),
                json!(own.iter().filter(is_in).count()),
            ]);
        }
    }
    (!rows.is_empty()).then(|| Answer::new("bands", &columns, sql).with(rows))
}

/// The spread of the scores of what was scored in full.
pub(super) fn histogram(source: &Source) -> Answer {
    let columns = [
        SEARCH,
        ("score_low_mban", "column-from-log10", Unit::Millibans),
        ("comparisons", "column-in-full", Count),
        ("hits", "column-of-these-hits", Count),
    ];
    let sql = "SELECT g.search, g.score_low_mban, g.comparisons, count(h.hit_id) AS hits\n\
               FROM 'histogram.parquet' g\n\
               LEFT JOIN 'hits.parquet' h ON h.search = g.search\n  \
               AND h.score_mban >= g.score_low_mban AND h.score_mban < g.score_high_mban\n\
               WHERE g.stage = 'rescored'\nGROUP BY ALL\nORDER BY ALL";
    let mut scores: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for hit in &source.hits {
        scores.entry(&hit.search).or_default().push(hit.score_mban);
    }
    let rows = source.histogram.iter().filter_map(|row| {
        let (low, high) = row.bin_mban?;
        let own = scores.get(row.search.as_str()).map_or(&[][..], Vec::as_slice);
        let hits = own.iter().filter(|score| (low..high).contains(score)).count();
        Some(vec![json!(row.search), json!(low), json!(row.comparisons), json!(hits)])
    });
    Answer::new("histogram", &columns, sql.to_owned()).with(rows)
}

/// Hits by the generation since which the pair could be compared.
pub(super) fn generations(source: &Source) -> Answer {
    let columns = [("new_since", "column-generation", Count), ("hits", "hits", Count)];
    let sql = "SELECT new_since, count(*) AS hits\nFROM 'hits.parquet'\n\
               GROUP BY new_since\nORDER BY new_since";
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for hit in &source.hits {
        *counts.entry(hit.new_since).or_default() += 1;
    }
    Answer::new("generations", &columns, sql.to_owned())
        .with(counts.into_iter().map(|(generation, hits)| vec![json!(generation), json!(hits)]))
}

/// Hits that the run before did not have, and hits that it alone had; none without a run before.
pub(super) fn new_hits(source: &Source) -> Option<Answer> {
    let (_, before) = source.previous.as_ref()?;
    let columns = [
        SEARCH,
        ("hits", "hits", Count),
        ("new", "new", Count),
        ("known", "column-known-before", Count),
        ("only_before", "column-only-before", Count),
    ];
    let sql = "-- first: SET VARIABLE previous = 'EARLIER-RUN/hits.parquet';\n\
               SELECT coalesce(h.search, p.search) AS search,\n       \
               count(h.hit_id) AS hits,\n       \
               count(h.hit_id) FILTER (p.hit_id IS NULL) AS new,\n       \
               count(h.hit_id) FILTER (p.hit_id IS NOT NULL) AS known,\n       \
               count(p.hit_id) FILTER (h.hit_id IS NULL) AS only_before\n\
               FROM 'hits.parquet' h\n\
               FULL JOIN read_parquet(getvariable('previous')) p ON p.search = h.search AND p.hit_id = h.hit_id\n\
               GROUP BY ALL\nORDER BY ALL";
    let key = |hit: &Hit| (hit.search.clone(), hit.hit_id.clone());
    let known: std::collections::HashSet<_> = before.iter().map(key).collect();
    let present: std::collections::HashSet<_> = source.hits.iter().map(key).collect();
    let mut counts: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    for hit in &source.hits {
        let count = counts.entry(&hit.search).or_default();
        let is_known = known.contains(&key(hit));
        count[0] += 1;
        count[1] += u64::from(!is_known);
        count[2] += u64::from(is_known);
    }
    for hit in before.iter().filter(|hit| !present.contains(&key(hit))) {
        counts.entry(&hit.search).or_default()[3] += 1;
    }
    let rows = counts.into_iter().map(|(search, counts)| {
        std::iter::once(json!(search)).chain(counts.map(|count| json!(count))).collect()
    });
    Some(Answer::new("new", &columns, sql.to_owned()).with(rows))
}

/// Records that took no part, and why.
pub(super) fn left_out(source: &Source) -> Answer {
    let columns = [
        SEARCH,
        ("left_out_expired", "column-expired", Count),
        ("left_out_blocked", "column-blocked", Count),
        ("left_out_family_members", "column-relatives-not-usable", Count),
        ("records_not_compared", "column-no-impression", Count),
        ("impressions_not_compared", "column-impressions-not-compared", Count),
    ];
    per_search(source, "left_out", &columns)
}

/// Segments of the gallery that were not searched, because a file of theirs is broken; none where there is none.
pub(super) fn set_aside(source: &Source) -> Option<Answer> {
    let listed = source.account.pointer("/parameters/set_aside")?.as_array()?;
    let columns = [
        ("segment", "column-segment", Identifier),
        ("of", "column-of", Text),
        ("records", "column-records", Count),
        ("file", "column-file", Identifier),
        ("rule", "column-what-is-wrong", Text),
    ];
    let sql = "SELECT a.segment, a.\"of\", a.records, a.file, a.rule\n\
               FROM (SELECT unnest(parameters.set_aside) AS a FROM 'run.json')\nORDER BY ALL";
    Some(Answer::new("set_aside", &columns, sql.to_owned()).with(fields(listed, &columns)))
}

/// What was foreseen and what came.
pub(super) fn prediction(source: &Source) -> Answer {
    let columns = [
        SEARCH,
        ("expected_chance_hits", "expected-by-chance", Expected),
        ("hits", "hits", Count),
        ("predicted_seconds", "column-predicted-seconds", Seconds),
        ("seconds", "seconds", Seconds),
    ];
    per_search(source, "prediction", &columns)
}

/// What each device did.
pub(super) fn devices(source: &Source) -> Answer {
    let columns = [
        ("device", "column-device", Text),
        ("tiles", "column-tiles", Count),
        ("comparisons", "comparisons", Count),
        ("put_out", "column-put-out-because", Text),
    ];
    let sql = "SELECT d.device, d.tiles, d.comparisons, d.put_out\n\
               FROM (SELECT unnest(devices) AS d FROM 'run.json')\nORDER BY d.device";
    Answer::new("devices", &columns, sql.to_owned()).with(fields(&source.report.devices, &columns))
}

/// What the lineage markers of the hits say; none where none were compared.
pub(super) fn lineage(source: &Source) -> Option<Answer> {
    let columns = [
        SEARCH,
        ("y_supported", "column-y-supported", Count),
        ("y_inconclusive", "column-inconclusive", Count),
        ("y_excluded", "column-exclude", Count),
        ("mt_supported", "column-mt-supported", Count),
        ("mt_inconclusive", "column-inconclusive", Count),
        ("mt_excluded", "column-excludes", Count),
        ("sex_agrees", "column-amelogenin-agrees", Count),
        ("sex_differs", "column-differs", Count),
    ];
    let said = [
        ("y_statement", "inclusion"),
        ("y_statement", "inconclusive"),
        ("y_statement", "exclusion"),
        ("mt_statement", "inclusion"),
        ("mt_statement", "inconclusive"),
        ("mt_statement", "exclusion"),
        ("amelogenin", "agrees"),
        ("amelogenin", "differs"),
    ];
    let counts: Vec<String> = said
        .iter()
        .zip(&columns[1..])
        .map(|((column, word), (name, ..))| {
            format!("count(*) FILTER ({column} = '{word}') AS {name}")
        })
        .collect();
    let sql = format!(
        "SELECT search, {}\nFROM 'hits.parquet'\n\
         WHERE coalesce(y_statement, mt_statement, amelogenin) IS NOT NULL\nGROUP BY search\nORDER BY search",
        counts.join(",\n       ")
    );
    let statement = |hit: &Hit, column: &str| -> Option<String> {
        let lineage = hit.lineage.as_ref()?;
        match column {
            "y_statement" => lineage.y.as_ref().map(|y| y.y_statement.clone()),
            "mt_statement" => lineage.mitochondrial.as_ref().map(|mt| mt.mt_statement.clone()),
            _ => lineage.amelogenin.clone(),
        }
    };
    let mut rows = Vec::new();
    for search in &source.report.searches {
        let own = source.hits.iter().filter(|h| h.search == search.search && h.lineage.is_some());
        let own: Vec<&Hit> = own.collect();
        if own.is_empty() {
            continue;
        }
        let count = |(column, word): &(&str, &str)| {
            let says = |hit: &&&Hit| statement(hit, column).as_deref() == Some(word);
            json!(own.iter().filter(says).count())
        };
        rows.push(std::iter::once(json!(search.search)).chain(said.iter().map(count)).collect());
    }
    (!rows.is_empty()).then(|| Answer::new("lineage", &columns, sql).with(rows))
}
