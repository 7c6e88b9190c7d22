//! Immutable segments, generations, manifests.
