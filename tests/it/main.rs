//! Integration tests, in one binary because each one links DuckDB.

mod binary;

mod cli;

mod duckdb;

mod macros;

mod rooms;
