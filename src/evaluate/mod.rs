//! Accuracy of a run against known truth.
