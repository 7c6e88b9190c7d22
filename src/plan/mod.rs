//! From arguments to tiles and estimates.
