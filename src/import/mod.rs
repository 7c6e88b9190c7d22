//! Importers: one file per format; bounded, never panicking.
