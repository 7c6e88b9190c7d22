//! The tables of a report that list something: the strongest hits, clusters, rejected imports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::Unit::{Count, Expected, Identifier, Millibans, Text};
use super::answer::{Answer, SEARCH, fields};
use super::source::{Rejected, Source};
use crate::column::hit::Hit;
use crate::hits::cluster::ClusterMember;

/// The `top` strongest hits of each search, searches in the order of the run.
pub(super) fn strongest(source: &Source, top: usize) -> Vec<&Hit> {
    let mut listed = Vec::new();
    for search in &source.report.searches {
        let own = source.hits.iter().filter(|hit| hit.search == search.search);
        let mut own: Vec<&Hit> = own.collect();
        own.sort_by(|a, b| order(a).cmp(&order(b)));
        listed.extend(own.into_iter().take(top));
    }
    listed
}

fn order(hit: &Hit) -> (std::cmp::Reverse<i32>, &str, &str, &str) {
    let family = hit.family_id.as_deref().unwrap_or_default();
    (std::cmp::Reverse(hit.score_mban), &hit.probe_id, &hit.gallery_id, family)
}

/// The strongest hits as a table.
pub(super) fn strongest_table(hits: &[&Hit], top: usize) -> Answer {
    let columns = [
        SEARCH,
        ("probe_id", "probe", Identifier),
        ("probe_person", "column-person", Identifier),
        ("gallery_id", "gallery", Identifier),
        ("gallery_person", "column-person", Identifier),
        ("family_id", "column-family", Identifier),
        ("score_mban", "column-score-log10", Millibans),
        ("expected_chance_hits", "column-chance-this-good", Expected),
        ("rule", "rule", Text),
        ("hit_id", "hit", Identifier),
    ];
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    let sql = format!(
        "SELECT {}\nFROM 'hits.parquet'\n\
         QUALIFY row_number() OVER (PARTITION BY search\n  \
         ORDER BY score_mban DESC, probe_id, gallery_id, coalesce(family_id, '')) <= {top}\n\
         ORDER BY search, score_mban DESC, probe_id, gallery_id",
        names.join(", ")
    );
    Answer::new("strongest", &columns, sql).with(fields(hits.iter().copied(), &columns))
}

/// A cluster to be drawn: its members and the hits between them.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    pub(super) members: Vec<&'a ClusterMember>,
    pub(super) links: Vec<&'a Hit>,
}

/// The `top` clusters that need an eye first: the largest, then those with the weakest link.
pub(super) fn clusters(source: &Source, top: usize) -> Vec<Cluster<'_>> {
    let mut by_cluster: BTreeMap<(&str, &str), Vec<&ClusterMember>> = BTreeMap::new();
    for member in &source.clusters {
        by_cluster.entry((&member.search, &member.cluster_id)).or_default().push(member);
    }
    let mut all: Vec<((&str, &str), Vec<&ClusterMember>)> = by_cluster.into_iter().collect();
    all.sort_by_key(|(key, members)| {
        let first = members.first().map(|m| (std::cmp::Reverse(m.size), m.weakest_link_mban));
        (first, *key)
    });
    let drawn = all.into_iter().take(top).map(|((search, _), members)| {
        let is_member = |id: &str| members.iter().any(|member| member.record_id == id);
        let is_link = |hit: &&Hit| {
            hit.search == search && is_member(&hit.probe_id) && is_member(&hit.gallery_id)
        };
        let links = source.hits.iter().filter(is_link).collect();
        Cluster { members, links }
    });
    drawn.collect()
}

/// Clusters by size.
pub(super) fn cluster_sizes(source: &Source) -> Answer {
    let columns = [
        SEARCH,
        ("size", "column-records-in-cluster", Count),
        ("clusters", "column-clusters", Count),
        ("weakest", "column-weakest-of-all", Millibans),
    ];
    let sql = "SELECT search, size, count(DISTINCT cluster_id) AS clusters, min(weakest_link_mban) AS weakest\n\
               FROM 'clusters.parquet'\nGROUP BY search, size\nORDER BY search, size";
    let mut sizes: BTreeMap<(&str, u32), (u64, i32)> = BTreeMap::new();
    for member in &source.clusters {
        let size = sizes.entry((&member.search, member.size)).or_insert((0, i32::MAX));
        size.0 += u64::from(member.record_id == member.cluster_id);
        size.1 = size.1.min(member.weakest_link_mban);
    }
    let rows = sizes.into_iter().map(|((search, size), (clusters, weakest))| {
        vec![json!(search), json!(size), json!(clusters), json!(weakest)]
    });
    Answer::new("cluster_sizes", &columns, sql.to_owned()).with(rows)
}

/// The clusters that are drawn, one a row.
pub(super) fn cluster_list(clusters: &[Cluster], top: usize) -> Answer {
    let columns = [
        SEARCH,
        ("cluster_id", "column-cluster", Identifier),
        ("size", "column-records", Count),
        ("weakest_link_mban", "column-weakest-link", Millibans),
        ("weakest_link_probe", "column-between", Identifier),
        ("weakest_link_gallery", "column-and", Identifier),
    ];
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    let names = names.join(", ");
    let sql = format!(
        "SELECT DISTINCT {names}\nFROM 'clusters.parquet'\n\
         ORDER BY size DESC, weakest_link_mban, search, cluster_id\nLIMIT {top}"
    );
    let rows = clusters.iter().filter_map(|cluster| cluster.members.first()).map(|member| {
        vec![
            json!(member.search),
            json!(member.cluster_id),
            json!(member.size),
            json!(member.weakest_link_mban),
            json!(member.weakest_link.0),
            json!(member.weakest_link.1),
        ]
    });
    Answer::new("clusters", &columns, sql).with(rows)
}

/// Lines of the gallery's quarantine by file and rule; none without a gallery that has one.
pub(super) fn rejected(source: &Source) -> Option<Answer> {
    let lines = source.rejected.as_ref()?;
    let columns = [
        ("file", "column-file", Identifier),
        ("rule", "rule", Text),
        ("rejected", "column-rejected", Count),
    ];
    let sql = "-- first: SET VARIABLE quarantine = 'GALLERY/quarantine/*.parquet';\n\
               SELECT file, rule, count(*) AS rejected\n\
               FROM read_parquet(getvariable('quarantine'))\n\
               GROUP BY file, rule\nORDER BY rejected DESC, file, rule";
    let mut counts: BTreeMap<&Rejected, u64> = BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_default() += 1;
    }
    let mut rows: Vec<(&Rejected, u64)> = counts.into_iter().collect();
    rows.sort_by_key(|(line, count)| (std::cmp::Reverse(*count), *line));
    let rows = rows.into_iter().map(|(line, count)| -> Vec<Value> {
        vec![json!(line.file), json!(line.rule), json!(count)]
    });
    Some(Answer::new("rejected", &columns, sql.to_owned()).with(rows))
}
