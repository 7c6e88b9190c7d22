//! A run as one page for the morning: what needs attention, what ran, what was found, and how sure that is.
//!
//! What: [`facts`] counts everything a report says, from the files of the run; [`html`] makes one self-contained
//! page of it, with charts as inline SVG and without scripts. Why two steps: every number on the page is in the facts,
//! beside the query over the Parquet files that gives it again, and a test asks these queries.
//!
//! Limits: a page names records, persons and families as the hit list does, and is not encrypted. When not to use it:
//! as an archive; the files of the run are the record, and a page can be made again.

mod accuracy;
pub mod answer;
mod chart;
mod checks;
mod facts;
mod lists;
mod page;
mod pictured;
mod source;
mod tables;

pub use checks::{Check, Weight};
pub use facts::{Chart, Facts, Table, facts};
pub use page::html;
pub use pictured::Pictured;
pub use source::{Request, is_of_encrypted_hits};
