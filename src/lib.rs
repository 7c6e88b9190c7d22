//! Tanba: batch cross-matching of a national registry's fingerprint and DNA galleries.
//!
//! The modules are layers; each imports only from layers above it in this list
//! (`tests/layering.rs` enforces it):
//!
//! 0. [`error`], [`limits`], [`ident`], [`language`], [`score`]
//! 1. [`domain`] (words of the field), [`law`] (what may be compared, how long a record lives)
//! 2. [`kernel`] (integer arithmetic on slices), [`column`] (domain to Arrow)
//! 3. [`device`] (runs kernels), [`gallery`] (immutable segments)
//! 4. [`import`], [`synth`], [`plan`], [`hits`]
//! 5. [`run`], [`evaluate`], [`audit`], [`destroy`], [`explain`] (imports [`run`])
//! 6. [`report`] (a run as one page)
//! 7. [`cluster`] (with the feature `distributed`: a run on several computers)
//! 8. [`cli`]

pub mod error;
pub mod ident;
pub mod language;
pub mod limits;
pub mod score;

pub mod domain;
pub mod law;

pub mod column;
pub mod kernel;

pub mod device;
pub mod gallery;

pub mod hits;
pub mod import;
pub mod plan;
pub mod synth;

pub mod audit;
pub mod destroy;
pub mod evaluate;
pub mod explain;
pub mod run;

pub mod report;

#[cfg(feature = "distributed")]
pub mod cluster;

pub mod cli;
