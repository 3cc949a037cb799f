//! Integration tests, in one binary because each one links DuckDB.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should stop there")]

mod artifacts;

#[cfg(feature = "bigquery")]
mod bigquery;

mod binary;

mod built;

mod cli;

mod deps;

mod duckdb;

#[cfg(feature = "bigquery")]
mod emulator;

mod errors;

mod example;
mod expressions;

mod faults;

mod fuzz;

mod ingest;

mod interrupt;

mod jinja;

mod kill;

mod macros;

mod materializations;

mod memory;

mod metadata;

mod parse;

mod plan;

mod project;

mod project_keys;

mod rendered;

mod rooms;

mod runs;

mod select;

mod selectors_yml;
mod semantic;

mod support;
