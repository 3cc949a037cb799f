mod duckdb;
