//! One fingerprint record as the registry holds it: the impressions of one registration. No field is
//! a name: the matcher sees the personal identifier of the biometric register (O228 pt 10).

use jiff::civil::Date;

use super::finger::Template;
use super::register::Register;

/// A fingerprint record: up to ten fingers and palms of one registration, or the marks of one lift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerRecord {
    /// Unique in the gallery.
    pub record_id: String,
    /// Personal identifier of the biometric register; none for marks and unidentified bodies.
    pub person_id: Option<String>,
    /// Case or material the record belongs to.
    pub case_id: Option<String>,
    /// Legal category.
    pub register: Register,
    /// Authority that owns the record.
    pub owner: String,
    /// Day of registration; retention counts from it.
    pub registered_on: Date,
    /// Last day kept, computed by [`crate::law`]; `None` while the law sets no date.
    pub retain_until: Option<Date>,
    /// The rule behind `retain_until`, with its article.
    pub retain_rule: String,
    /// Impressions, ascending by position, then view. A position may have several.
    pub templates: Vec<Template>,
}
