//! What several groups of tests stand on.

#[cfg(feature = "bigquery")]
pub mod fake_bigquery;

pub mod project;
