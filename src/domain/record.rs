//! One genomic record as the registry holds it. No field is a name: the matcher sees the personal
//! identifier of the biometric register, never personal data (O228 pt 10).

use jiff::civil::Date;

use super::apart::ApartMarkers;
use super::category::Index;
use super::dna::Profile;

/// A genomic record: who or what it belongs to in law, and the profile.
#[derive(Debug, Clone, PartialEq)]
pub struct DnaRecord {
    /// Unique in the gallery.
    pub record_id: String,
    /// Personal identifier of the biometric register; none for traces and unidentified bodies.
    pub person_id: Option<String>,
    /// Case or material the record belongs to.
    pub case_id: Option<String>,
    /// Legal category.
    pub index: Index,
    /// Authority that owns the record.
    pub owner: String,
    /// Day of registration; retention counts from it.
    pub registered_on: Date,
    /// Last day kept, computed by [`crate::law::retention`]; `None` while the law sets no date.
    pub retain_until: Option<Date>,
    /// The rule behind `retain_until`, with its article.
    pub retain_rule: String,
    /// Typing kit, as the file names it.
    pub kit: Option<String>,
    /// The laboratory marks the profile as partial.
    pub partial: bool,
    /// Autosomal loci.
    pub profile: Profile,
    /// Amelogenin, Y-STR and other markers that are never counted as loci.
    pub apart: ApartMarkers,
}
