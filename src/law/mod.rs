//! The law as tables: what may be compared for which purpose, who may ask, and how long a record lives. Each row
//! cites its article. `L40` is Law 40-VI of 30 December 2016 on fingerprint and genomic registration,
//! `L510` the law on legal statistics and special records, `O228` the order of 2026 that amends the
//! rules of registration.

pub mod access;
pub mod finger_purpose;
pub mod finger_retention;
pub mod life_event;
pub mod purpose;
pub mod registration;
pub mod retention;
