//! Integration tests, in one binary because each one links DuckDB.

mod artifacts;

mod bigquery;

mod binary;

mod built;

mod cli;

mod duckdb;

mod emulator;

mod ingest;

mod macros;

mod plan;

mod project;

mod rooms;

mod select;

mod selectors_yml;

mod support;
