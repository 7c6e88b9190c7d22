//! The command line: one file per verb. The only layer that prints.

pub mod evaluate;
pub mod frequencies;
pub mod synth;
pub mod ui;
