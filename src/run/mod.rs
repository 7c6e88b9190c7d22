//! Runs a plan: workers, progress, the state of a run.
