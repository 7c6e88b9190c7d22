//! Synthetic registry with ground truth.
