//! Ingestion through its own door: YAML in, a lake and raw tables out.

#[cfg(feature = "bigquery")]
mod emulated;

mod fixture;

mod pipelines;

mod problems;

mod web;
