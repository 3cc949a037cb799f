//! What several groups of tests stand on.

pub mod engine;

#[cfg(feature = "bigquery")]
pub mod fake_bigquery;

pub mod project;
