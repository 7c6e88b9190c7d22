//! The hit list: the product's interface to analysts (`docs/hits.md`).

/// Version of the hit schema, written into the Parquet metadata.
pub const HIT_SCHEMA_VERSION: u32 = 1;

/// One hit: a comparison at or over the threshold of its search.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Identity of pair, comparator and version; stable over runs.
    pub hit_id: String,
    /// The run that wrote this row.
    pub run_id: String,
    /// Search within the run, such as `cold-case/trace-convict`.
    pub search: String,
    /// `dna`.
    pub modality: String,
    /// Probe record.
    pub probe_id: String,
    /// Personal identifier of the probe, where it has one.
    pub probe_person: Option<String>,
    /// Index of the probe.
    pub probe_index: String,
    /// Gallery record.
    pub gallery_id: String,
    /// Personal identifier of the gallery record, where it has one.
    pub gallery_person: Option<String>,
    /// Index of the gallery record.
    pub gallery_index: String,
    /// Place among the hits of this probe in this search, from 1.
    pub rank: u32,
    /// Score, millibans; orders the list.
    pub score_mban: i32,
    /// log10 likelihood ratio of the hypothesis in `relation`; minus infinity when excluded.
    pub log10_lr: f64,
    /// Chance hits to expect at this score or higher in this whole search.
    pub expected_chance_hits: f64,
    /// How the chance is known: `model`, `measured` or `extrapolated`.
    pub calibration: String,
    /// Rule the pair satisfied, such as `high<=1` or `moderate<=0`.
    pub rule: String,
    /// Loci compared.
    pub loci_compared: u32,
    /// Loci with equal allele sets.
    pub loci_full: u32,
    /// Loci that share an allele without being equal.
    pub loci_partial: u32,
    /// Loci compared that share no allele.
    pub loci_mismatched: u32,
    /// Loci whose likelihood ratio is exactly zero under `relation`.
    pub loci_excluding: u32,
    /// Two-letter code of the relation tested (`MZ` is identity).
    pub relation: String,
    /// Family searched for, in missing-person searches by kinship.
    pub family_id: Option<String>,
    /// What the gallery record's person is to the missing person, in kinship searches.
    pub kinship: Option<String>,
    /// Frequency table of the likelihood ratio.
    pub frequencies: String,
    /// Coancestry coefficient of the likelihood ratio.
    pub theta: f64,
    /// Article that allows the comparison.
    pub purpose: String,
    /// Gallery generation since which the pair could be compared.
    pub new_since: u64,
    /// Kind of device that did the work; its result does not depend on it.
    pub device: String,
}
