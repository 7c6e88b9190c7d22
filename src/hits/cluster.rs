//! Duplicate clusters: records that hang together by deduplication hits, with the weakest link.
//!
//! The weakest link of a cluster is the lowest score on its maximum spanning tree: the evidence
//! without which the cluster would fall apart. A cluster of three whose weakest link is far below
//! the others deserves an examiner's eye before anybody is merged.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, UInt32Type};

use crate::column::ColumnError;
use crate::column::hit::Hit;

/// One record of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterMember {
    /// Search that linked the records.
    pub search: String,
    /// The lowest record id of the cluster.
    pub cluster_id: String,
    /// The record.
    pub record_id: String,
    /// Its personal identifier, where it has one.
    pub person_id: Option<String>,
    /// Records in the cluster.
    pub size: u32,
    /// Score of the weakest link, millibans.
    pub weakest_link_mban: i32,
    /// The two records of the weakest link.
    pub weakest_link: (String, String),
}

/// Clusters of the N:N searches named in `searches`, ordered by search, cluster and record.
pub fn clusters(hits: &[Hit], searches: &[String]) -> Vec<ClusterMember> {
    let mut members = Vec::new();
    for search in searches {
        let links: Vec<&Hit> = hits.iter().filter(|h| h.search == *search).collect();
        members.extend(clusters_of(search, links));
    }
    members
}

/// Number of clusters among `members`, which are in the order of [`clusters`].
pub fn cluster_count(members: &[ClusterMember]) -> u64 {
    let same =
        |a: &ClusterMember, b: &ClusterMember| a.search == b.search && a.cluster_id == b.cluster_id;
    members.chunk_by(same).count() as u64
}

fn clusters_of(search: &str, mut links: Vec<&Hit>) -> Vec<ClusterMember> {
    // Kruskal on descending scores: the last link that joins two parts is the weakest of the tree.
    links.sort_by(|a, b| {
        (b.score_mban, &a.probe_id, &a.gallery_id).cmp(&(a.score_mban, &b.probe_id, &b.gallery_id))
    });
    let mut persons: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for link in &links {
        persons.insert(&link.probe_id, link.probe_person.as_deref());
        persons.insert(&link.gallery_id, link.gallery_person.as_deref());
    }
    let places: HashMap<&str, usize> =
        persons.keys().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut parents: Vec<usize> = (0..persons.len()).collect();
    let mut weakest: Vec<Option<&Hit>> = vec![None; persons.len()];
    for link in links {
        let a = root(&mut parents, places[link.probe_id.as_str()]);
        let b = root(&mut parents, places[link.gallery_id.as_str()]);
        if a != b {
            // The lower place stays the root, so a cluster is named by its lowest record id.
            let (low, high) = (a.min(b), a.max(b));
            parents[high] = low;
            weakest[low] = Some(link);
        }
    }
    let ids: Vec<&str> = persons.keys().copied().collect();
    let roots: Vec<usize> = (0..ids.len()).map(|place| root(&mut parents, place)).collect();
    let mut sizes: HashMap<usize, u32> = HashMap::new();
    for root in &roots {
        *sizes.entry(*root).or_insert(0) += 1;
    }
    let mut members: Vec<ClusterMember> = roots
        .iter()
        .zip(&ids)
        .filter_map(|(root, id)| {
            let link = weakest[*root]?;
            Some(ClusterMember {
                search: search.to_owned(),
                cluster_id: ids[*root].to_owned(),
                record_id: (*id).to_owned(),
                person_id: persons[id].map(str::to_owned),
                size: sizes[root],
                weakest_link_mban: link.score_mban,
                weakest_link: (link.probe_id.clone(), link.gallery_id.clone()),
            })
        })
        .collect();
    members.sort();
    members
}

fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}

/// Schema of `clusters.parquet`.
pub fn cluster_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("search", false),
        text("cluster_id", false),
        text("record_id", false),
        text("person_id", true),
        Field::new("size", DataType::UInt32, false),
        Field::new("weakest_link_mban", DataType::Int32, false),
        text("weakest_link_probe", false),
        text("weakest_link_gallery", false),
    ]))
}

/// Members as one batch.
///
/// # Errors
/// Arrow refuses the batch.
pub fn encode_clusters(members: &[ClusterMember]) -> Result<RecordBatch, ColumnError> {
    let text = |value: &dyn Fn(&ClusterMember) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(members.iter().map(value)))
    };
    let columns: Vec<ArrayRef> = vec![
        text(&|m| &m.search),
        text(&|m| &m.cluster_id),
        text(&|m| &m.record_id),
        Arc::new(StringArray::from_iter(members.iter().map(|m| m.person_id.as_deref()))),
        Arc::new(UInt32Array::from_iter_values(members.iter().map(|m| m.size))),
        Arc::new(Int32Array::from_iter_values(members.iter().map(|m| m.weakest_link_mban))),
        text(&|m| &m.weakest_link.0),
        text(&|m| &m.weakest_link.1),
    ];
    Ok(RecordBatch::try_new(cluster_schema(), columns)?)
}

/// Members of a batch of [`cluster_schema`]; `None` where it is no such batch.
pub fn decode_clusters(batch: &RecordBatch) -> Option<Vec<ClusterMember>> {
    let text = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
    let (searches, clusters) = (text("search")?, text("cluster_id")?);
    let (records, persons) = (text("record_id")?, text("person_id")?);
    let sizes = batch.column_by_name("size")?.as_primitive_opt::<UInt32Type>()?;
    let links = batch.column_by_name("weakest_link_mban")?.as_primitive_opt::<Int32Type>()?;
    let (probes, others) = (text("weakest_link_probe")?, text("weakest_link_gallery")?);
    let member = |row: usize| ClusterMember {
        search: searches.value(row).to_owned(),
        cluster_id: clusters.value(row).to_owned(),
        record_id: records.value(row).to_owned(),
        person_id: persons.is_valid(row).then(|| persons.value(row).to_owned()),
        size: sizes.value(row),
        weakest_link_mban: links.value(row),
        weakest_link: (probes.value(row).to_owned(), others.value(row).to_owned()),
    };
    Some((0..batch.num_rows()).map(member).collect())
}

#[cfg(test)]
mod tests {
    use super::super::finish::tests::hit;
    use super::*;

    #[test]
    fn the_weakest_link_is_the_one_that_holds_the_cluster_together() {
        // A-B and B-C are strong, A-C is weaker but redundant; D-E is a pair of its own.
        let hits = vec![
            hit("dedup", "A", "B", 20_000),
            hit("dedup", "B", "C", 15_000),
            hit("dedup", "A", "C", 9_000),
            hit("dedup", "D", "E", 8_000),
            hit("other", "A", "D", 30_000),
        ];
        let members = clusters(&hits, &["dedup".to_owned()]);
        let view: Vec<(&str, &str, u32, i32)> = members
            .iter()
            .map(|m| (m.cluster_id.as_str(), m.record_id.as_str(), m.size, m.weakest_link_mban))
            .collect();
        assert_eq!(
            view,
            [
                ("A", "A", 3, 15_000),
                ("A", "B", 3, 15_000),
                ("A", "C", 3, 15_000),
                ("D", "D", 2, 8_000),
                ("D", "E", 2, 8_000),
            ]
        );
        assert_eq!(decode_clusters(&encode_clusters(&members).unwrap()).unwrap(), members);
    }
}
