//! What a run says of itself: `run.json`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::column::hit::Hit;

/// Pairs that passed one stage of a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Stage.
    pub stage: String,
    /// Pairs that passed it.
    pub passed: u64,
}

/// A band of scores: what chance lets expect there and what the list holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandReport {
    /// Least score, log10.
    pub from_log10: f64,
    /// Score, log10, that is no longer in the band; none: the band has no end.
    pub to_log10: Option<f64>,
    /// Chance hits the model expects in the band, among unrelated persons.
    pub expected_chance_hits: f64,
    /// Rows of the hit list in the band.
    pub hits: u64,
}

/// Hits by what their lineage markers say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageCounts {
    /// By Y-STR.
    pub y: StatementCounts,
    /// By mitochondrial DNA.
    pub mt: StatementCounts,
    /// Hits whose amelogenin agrees.
    pub amelogenin_agrees: u64,
    /// Hits whose amelogenin differs.
    pub amelogenin_differs: u64,
}

/// Hits by statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementCounts {
    /// No difference.
    pub inclusion: u64,
    /// Differences that errors or mutation explain.
    pub inconclusive: u64,
    /// More differences than that.
    pub exclusion: u64,
    /// Compared, but the relation leaves the line open.
    pub line_unknown: u64,
}

/// What reports of the first version compared, which do not say it.
fn dna() -> String {
    "dna".into()
}

/// Counts and limits of one search.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchReport {
    /// Name.
    pub search: String,
    /// `dna` or `finger`.
    #[serde(default = "dna")]
    pub modality: String,
    /// Article that allows it.
    pub purpose: String,
    /// Index or register searched.
    pub probe_index: String,
    /// Index or register searched in.
    pub gallery_index: String,
    /// Probe records that took part.
    pub probes: u64,
    /// Gallery records that took part (typed relatives, in kinship searches).
    pub gallery: u64,
    /// Records of both sides left out because their retention ended.
    pub left_out_expired: u64,
    /// Records of both sides left out because they are blocked.
    pub left_out_blocked: u64,
    /// Family members left out for want of consent, a closed case, a missing or left-out record, or
    /// because they are no biological relatives.
    pub left_out_family_members: u64,
    /// Impressions of both sides that a search of fingerprints by position does not compare: slaps, joints,
    /// and those of unknown position.
    #[serde(default)]
    pub impressions_not_compared: u64,
    /// Records of both sides that have no other impression, and are compared with nobody.
    #[serde(default)]
    pub records_not_compared: u64,
    /// How a search of records in themselves found its survivors, `pairs` or `join`; none of others.
    #[serde(default)]
    pub way: Option<String>,
    /// Why this way.
    #[serde(default)]
    pub way_reason: Option<String>,
    /// Generation that an earlier run had compared: pairs that were in it are not compared again.
    #[serde(default)]
    pub since_generation: Option<u64>,
    /// Pairs compared.
    pub comparisons: u64,
    /// Least sums of gate scores by which a pair of fingerprint records passed the screen; none for profiles and
    /// in accounts of earlier releases.
    #[serde(default)]
    pub screen: Option<serde_json::Value>,
    /// Pairs that passed the stages of a screen of fingerprints; empty for profiles.
    #[serde(default)]
    pub stages: Vec<StageReport>,
    /// Pairs that passed the screen.
    pub survivors: u64,
    /// Hits in the list.
    pub hits: u64,
    /// Those by what their lineage markers say; none where no pair has any.
    #[serde(default)]
    pub lineage: Option<Box<LineageCounts>>,
    /// Least score of a hit, log10.
    pub threshold_log10: f64,
    /// Chance hits to expect among unrelated persons.
    pub expected_chance_hits: f64,
    /// Expected and observed by bands of score, from the threshold up; empty for fingerprints.
    #[serde(default)]
    pub bands: Vec<BandReport>,
    /// Tiles done.
    pub tiles: u64,
    /// Tiles redone in halves because their survivors overflowed.
    pub tiles_split: u64,
    /// Seconds the plan's rates let expect of the processor for the whole search; null of a run that went on, or in
    /// parts.
    #[serde(default)]
    pub predicted_seconds: Option<f64>,
    /// Seconds.
    pub seconds: f64,
}

/// What a device did in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The device: `cpu` with its instruction set, or `gpu:N` with the adapter's name.
    pub device: String,
    /// Tiles it did.
    pub tiles: u64,
    /// Comparisons of those tiles.
    pub comparisons: u64,
    /// Why it took no further part, if so; the processor did its tiles.
    pub put_out: Option<String>,
}

/// The case that the result of an ad-hoc search is bound to, as the asker stated it (L510 16-3(2)-(3)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseBinding {
    /// Number of the case.
    pub case: String,
    /// Role of the asker.
    pub role: Option<String>,
    /// Ground.
    pub ground: Option<String>,
    /// Identifier of the asker.
    pub person_id: Option<String>,
    /// Unit of the asker.
    pub unit: Option<String>,
    /// Purpose, in words.
    pub purpose: Option<String>,
}

/// Tables of a run that are not built into the program. With them its scores can be had again from the gallery and
/// this account alone; the parameters hold a hash of each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTables {
    /// Allele frequencies, in the layout of the built-in tables (CSV).
    pub frequencies: Option<String>,
    /// Rule set of the searches of identity (TOML).
    pub rules: Option<String>,
    /// Models of mutation of the searches of families.
    pub mutation: Option<Vec<MutationRow>>,
    /// Table from similarity of fingerprints to false match rate: its file, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<String>,
}

/// The model of mutation of one locus and sex of the parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MutationRow {
    /// Locus; none stands for every other.
    pub locus: Option<String>,
    /// Sex of the parent.
    pub sex: String,
    /// Model.
    pub model: String,
    /// Probability that a transmitted allele mutates.
    pub rate: f64,
    /// How much rarer one step more is, where the model has steps.
    pub range: Option<f64>,
    /// Probability of another incomplete repeat.
    pub rate2: f64,
}

/// A run: inputs, parameters, counts, timings. Only `devices` and times may differ between two runs
/// of one `run_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Hash of everything that determines the hits.
    pub run_id: String,
    /// Case the result is bound to; none for the standing searches of a night.
    #[serde(default)]
    pub case: Option<CaseBinding>,
    /// Release of the program.
    pub tanba_version: String,
    /// Version of the hit schema.
    pub hit_schema_version: u32,
    /// Kernel names with versions.
    pub kernels: Vec<String>,
    /// Generation of the gallery.
    pub gallery_generation: u64,
    /// BLAKE3 of its manifest.
    pub gallery_manifest_blake3: String,
    /// The parameters, as given.
    pub parameters: serde_json::Value,
    /// Tables the parameters name that are not built into the program.
    #[serde(default)]
    pub tables: RunTables,
    /// Searches in order.
    pub searches: Vec<SearchReport>,
    /// Hits in the list.
    pub hits: u64,
    /// Clusters of duplicates.
    pub clusters: u64,
    /// What each device did.
    #[serde(default)]
    pub devices: Vec<DeviceReport>,
    /// SIMD level.
    pub simd_level: String,
    /// Worker threads.
    pub threads: usize,
    /// Probes per tile.
    pub tile_probes: usize,
    /// Gallery rows per tile.
    pub tile_rows: usize,
    /// Most memory that was resident until the hits were ordered, bytes; null where the system does not say.
    #[serde(default)]
    pub peak_resident_bytes: Option<u64>,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// Seconds from the first tile to the hits in their final order; opening the gallery and writing
    /// the four files are not in it.
    pub seconds: f64,
}

/// Counts the statements of the hits of every search.
pub fn count_lineage(hits: &[Hit], reports: &mut [SearchReport]) {
    let mut counts: HashMap<&str, LineageCounts> = HashMap::new();
    for hit in hits {
        let Some(lineage) = &hit.lineage else { continue };
        let counts = counts.entry(&hit.search).or_default();
        if let Some(y) = &lineage.y {
            add(&mut counts.y, &y.y_statement);
        }
        if let Some(mt) = &lineage.mitochondrial {
            add(&mut counts.mt, &mt.mt_statement);
        }
        match lineage.amelogenin.as_deref() {
            Some("agrees") => counts.amelogenin_agrees += 1,
            Some(_) => counts.amelogenin_differs += 1,
            None => {}
        }
    }
    for report in reports {
        report.lineage = counts.get(report.search.as_str()).copied().map(Box::new);
    }
}

fn add(counts: &mut StatementCounts, statement: &str) {
    let count = match statement {
        "inclusion" => &mut counts.inclusion,
        "inconclusive" => &mut counts.inconclusive,
        "exclusion" => &mut counts.exclusion,
        _ => &mut counts.line_unknown,
    };
    *count += 1;
}
