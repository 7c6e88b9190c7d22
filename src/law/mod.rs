//! The law as tables: what may be compared for which purpose, and how long a record lives. Each row
//! cites its article. `L40` is Law 40-VI of 30 December 2016 on fingerprint and genomic registration.

pub mod purpose;
pub mod retention;
