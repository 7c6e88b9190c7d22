//! Hit lists: shards of tiles, the final order, clusters, histograms, and the files of a run.

pub mod account;
pub mod bucket;
pub mod cluster;
pub mod commit;
pub mod contested;
pub mod decision;
pub mod difference;
pub mod export;
pub mod expunge;
pub mod finish;
pub mod histogram;
pub mod job;
pub mod journal;
pub mod lock;
pub mod output;
pub mod part;
pub mod removal;
pub mod report;
pub mod select;
pub mod shard;
pub mod statistics;

pub use output::read_hits;
