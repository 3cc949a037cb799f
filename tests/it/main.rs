//! Integration tests, in one binary because each one links DuckDB.

#[cfg(feature = "bigquery")]
mod bigquery;

mod binary;

mod cli;

mod duckdb;

#[cfg(feature = "bigquery")]
mod emulator;

mod macros;

mod rooms;

mod support;
