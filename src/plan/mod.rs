//! From arguments to searches, tiles, thresholds and estimates: everything decided before any work.

pub mod census;
pub mod chance;
pub mod cost;
pub mod delta;
pub mod family_question;
pub mod finger_job;
pub mod finger_screen;
pub mod finger_search;
pub mod finger_side;
pub mod job;
pub mod join;
pub mod match_matrix;
pub mod pedigree;
pub mod power;
pub mod rule_screen;
pub mod search;
pub mod tile;
pub mod way;
